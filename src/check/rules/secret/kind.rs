//! What is known about one kind of credential, and how a part of a text is put before its proof.

use std::ops::Range;

use memchr::memmem;

/// One kind of credential: how it is found, how it is proved, and what its owner should do.
#[derive(Debug)]
pub struct Kind {
    /// The id, kebab-case. Stable.
    pub id: &'static str,
    /// What people call it, to stand after "a" or "an" or alone.
    pub name: &'static str,
    /// Fixed strings of which one is always in or before the credential.
    pub keywords: &'static [&'static str],
    /// Whether the keywords count in any case.
    pub ignore_case: bool,
    /// Where the pattern begins, seen from the keyword.
    pub lead: Lead,
    /// A regular expression on bytes that begins with `\A`. A group `secret` is what is reported (else all of it),
    /// a group `body` is what must not look like a placeholder (else what follows the keyword).
    pub pattern: &'static str,
    /// How many bytes the longest match has. A longer one is not found.
    pub max_len: usize,
    /// The characters that would make the credential longer: none of them may come next.
    pub alphabet: Alphabet,
    /// What the pattern cannot say: checksums, encodings, words that must be near.
    pub verify: fn(&Candidate<'_>) -> bool,
    /// What makes it useless to whoever read it; goes on with "; keep the new one …".
    pub revoke: &'static str,
    /// How to make one up for tests and demonstrations.
    pub example: Shape,
}

impl Kind {
    /// What to do about one, as a sentence without a full stop.
    pub fn help(&self) -> String {
        format!(
            "{}; keep the new one in a Postman Vault secret or a secret-typed environment variable and write {{{{name}}}} here",
            self.revoke
        )
    }
}

/// Where the pattern of a kind begins, seen from its keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// The credential begins with the keyword, and the keyword does not continue a word.
    Word,
    /// The keyword is a name or its end, so anything may come before.
    Anything,
    /// The credential begins before the keyword: at most this many characters of that alphabet.
    Run(Alphabet, usize),
}

/// Sets of ASCII characters that credentials are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `0-9`
    Digit,
    /// `0-9 A-Z a-z`
    Alphanumeric,
    /// `0-9 A-Z a-z _`
    Word,
    /// `0-9 A-Z a-z _ -`
    UrlSafe,
    /// `0-9 A-Z a-z + /`
    Base64,
}

impl Alphabet {
    /// Whether the byte is in the set.
    pub fn has(self, byte: u8) -> bool {
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::UrlSafe => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
        }
    }
}

/// A part of a text that the pattern of a kind matched.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The whole text.
    pub text: &'a [u8],
    /// Where the credential is.
    pub secret: Range<usize>,
    /// Where the part is that its issuer draws at random.
    pub body: Range<usize>,
}

impl<'a> Candidate<'a> {
    /// The bytes of the credential.
    pub fn secret(&self) -> &'a [u8] {
        self.text.get(self.secret.clone()).unwrap_or_default()
    }

    /// The bytes of the random part.
    pub fn body(&self) -> &'a [u8] {
        self.text.get(self.body.clone()).unwrap_or_default()
    }

    /// Whether one of the words, given in lower case, stands within `distance` bytes.
    pub fn is_near(&self, words: &[&str], distance: usize) -> bool {
        let from = self.secret.start.saturating_sub(distance);
        let to = (self.secret.end + distance).min(self.text.len());
        let around = self
            .text
            .get(from..to)
            .unwrap_or_default()
            .to_ascii_lowercase();
        words
            .iter()
            .any(|word| memmem::find(&around, word.as_bytes()).is_some())
    }
}

/// How an example of a kind is put together.
#[derive(Debug)]
pub struct Shape {
    /// What stands before the credential in the text.
    pub before: &'static str,
    /// The credential, piece by piece: no literal credential stands in the sources.
    pub parts: &'static [Part],
    /// What stands after it.
    pub after: &'static str,
}

/// A piece of a made-up credential.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// As it stands.
    Text(&'static str),
    /// So many characters drawn from these.
    Draw(&'static str, usize),
    /// The six characters that GitHub and npm append: the CRC-32 of the characters drawn so far, in base 62.
    Checksum,
    /// This text in URL-safe Base64 without padding.
    Encoded(&'static str),
    /// Lines of Base64 of a DER sequence with so many random bytes.
    Der(usize),
}
