//! SHA-256 digests: of contents, and of what makes a finding the same finding tomorrow.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several parts, each with its length, so that no two lists of parts are alike.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// Reads a digest as it is written: 64 hexadecimal digits in lower case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first sixteen bytes as 32 hexadecimal digits: enough to tell findings apart.
    pub fn short(&self) -> String {
        self.to_string()[..32].to_owned()
    }
}

/// A digest in the making, for what is never in memory as a whole.
#[derive(Clone, Debug, Default)]
pub struct DigestWriter(Sha256);

impl DigestWriter {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them: the same as `Digest::of` has for them in one piece.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, DigestWriter};

    #[test]
    fn a_digest_in_pieces_is_the_digest_of_the_whole() {
        let mut writer = DigestWriter::default();
        writer.update(b"ab");
        writer.update(b"c");
        assert_eq!(writer.finish(), Digest::of(b"abc"));
    }

    #[test]
    fn a_digest_is_read_as_it_was_written() {
        let digest = Digest::of(b"x");
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        for text in ["", "0", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let split = Digest::of_parts([b"ab".as_slice(), b"c"]);
        assert_ne!(split, Digest::of_parts([b"a".as_slice(), b"bc"]));
        assert_eq!(split, Digest::of_parts([b"ab".as_slice(), b"c"]));
        assert_eq!(split.short().len(), 32);
    }
}
