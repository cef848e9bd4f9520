//! Ids of collections and whether two of them mean the same collection.

use crate::model::id::is_uuid;

/// What two ids share where they are one collection's: the UUID in lower case, without the owner before it.
///
/// An entry may have been written by hand with the bare UUID, and the owner's number changes when a collection is
/// handed over; the UUID stays.
pub fn identity(id: &str) -> String {
    let uuid = id
        .len()
        .checked_sub(36)
        .and_then(|start| id.get(start..))
        .filter(|end| is_uuid(end));
    uuid.unwrap_or(id).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn the_owner_does_not_count() {
        let uuid = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
        assert_eq!(identity(&format!("123-{}", uuid.to_uppercase())), uuid);
        assert_eq!(identity(uuid), uuid);
        assert_eq!(identity("ß-Mine"), "ß-mine");
    }
}
