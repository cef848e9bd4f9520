//! A token or a key: usable where it is sent, and `***` wherever it could be seen.

use std::fmt;
use std::hint::black_box;
use std::mem::take;

/// A text that never shows itself. It has no serialisation, and its memory is overwritten when it goes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text in. White space around it is a mistake of pasting and is dropped.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().len() == text.len() {
            return Self(text);
        }
        let trimmed = Self(text.trim().to_owned());
        drop(Self(text));
        trimmed
    }

    /// The text itself: only for the place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Nothing was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = take(&mut self.0).into_bytes();
        bytes.fill(0);
        black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = Secret::new(" PMAK-0123\n");
        assert_eq!(secret.reveal(), "PMAK-0123");
        assert_eq!(
            format!("{secret} {secret:?} {:?}", Some(&secret)),
            "*** *** Some(***)"
        );
        assert!(Secret::new("  ").is_empty());
    }
}
