//! The id of any git object, SHA-1 or SHA-256, small enough to keep a hundred thousand of them.

use std::fmt;

use git2::{ObjectType, Oid};

/// The id of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectId {
    bytes: [u8; 32],
    length: u8,
}

impl ObjectId {
    /// Takes the 20 or 32 bytes of an id; `None` for any other number.
    pub(crate) fn from_bytes(id: &[u8]) -> Option<Self> {
        if !matches!(id.len(), 20 | 32) {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..id.len()].copy_from_slice(id);
        Some(Self {
            bytes,
            length: u8::try_from(id.len()).ok()?,
        })
    }

    /// Reads 40 or 64 hexadecimal digits.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if !matches!(text.len(), 40 | 64) {
            return None;
        }
        let mut bytes = Vec::with_capacity(32);
        for pair in text.chunks_exact(2) {
            bytes.push(digit(pair[0])? << 4 | digit(pair[1])?);
        }
        Self::from_bytes(&bytes)
    }

    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The SHA-1 that git names a file of these bytes by.
pub(crate) fn blob_id(bytes: &[u8]) -> Option<ObjectId> {
    let id = Oid::hash_object(ObjectType::Blob, bytes).ok()?;
    ObjectId::from_bytes(id.as_bytes())
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.as_bytes() {
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ObjectId, blob_id};

    #[test]
    fn an_id_is_written_as_it_was_read() {
        for length in [40, 64] {
            let text: String = "0123456789abcdef".chars().cycle().take(length).collect();
            assert_eq!(ObjectId::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in ["", "0123", &"g".repeat(40), &"é".repeat(20)] {
            assert_eq!(ObjectId::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_file_has_the_id_that_git_gives_it() {
        // `printf hello | git hash-object --stdin`
        let id = blob_id(b"hello").unwrap().to_string();
        assert_eq!(id, "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    }
}
