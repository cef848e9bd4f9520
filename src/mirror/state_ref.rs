//! Where the state of a service folder lies among the references of a repository.

use crate::model::digest::Digest;
use crate::model::path::RepoPath;

/// The reference of the service at the root, where nothing else is configured. It is no branch: nobody checks it out by
/// chance, and no branch protection stands against it.
pub const DEFAULT_STATE_REF: &str = "refs/postman/state";

/// The reference of a service folder. `configured` is `[mirror] state-ref`: a full name, or that of a branch.
pub fn state_ref(configured: Option<&str>, folder: &RepoPath) -> String {
    let base = match configured {
        None => DEFAULT_STATE_REF.to_owned(),
        Some(full) if full.starts_with("refs/") => full.to_owned(),
        Some(branch) => format!("refs/heads/{branch}"),
    };
    if folder.is_root() {
        return base;
    }
    // A reference cannot lie below another one; so folders get names beside it.
    let plain: String = folder
        .as_str()
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => character,
            _ => '-',
        })
        .take(60)
        .collect();
    let mark = Digest::of(folder.as_bytes()).short();
    format!("{base}-{plain}-{}", &mark[..8])
}

/// The name under which this clone keeps what it fetched of a state reference, so that git does not clean it away. Never a
/// branch: one that is checked out could not be fetched into.
pub fn local_copy(reference: &str) -> String {
    if reference.starts_with("refs/postman/") {
        return reference.to_owned();
    }
    let rest = reference.strip_prefix("refs/").unwrap_or(reference);
    format!("refs/postman/{rest}")
}

#[cfg(test)]
mod tests {
    use super::{local_copy, state_ref};
    use crate::mirror::testing::path;

    #[test]
    fn every_folder_has_a_reference_of_its_own() {
        let root = path("");
        assert_eq!(state_ref(None, &root), "refs/postman/state");
        assert_eq!(
            state_ref(Some("git-postman-state"), &root),
            "refs/heads/git-postman-state"
        );
        assert_eq!(state_ref(Some("refs/x/y"), &root), "refs/x/y");
        let one = state_ref(None, &path("services/orders"));
        assert!(
            one.starts_with("refs/postman/state-services-orders-"),
            "{one}"
        );
        assert_ne!(one, state_ref(None, &path("services-orders")));
        let strange = state_ref(None, &path("a..b/~x y/é.lock"));
        assert!(
            strange
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte))
        );
    }

    #[test]
    fn the_copy_in_this_clone_is_no_branch() {
        assert_eq!(local_copy("refs/postman/state"), "refs/postman/state");
        assert_eq!(
            local_copy("refs/heads/git-postman-state"),
            "refs/postman/heads/git-postman-state"
        );
    }
}
