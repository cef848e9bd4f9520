//! Answers kept from earlier runs, so that asking again costs next to nothing: `If-None-Match`, and 304.
//!
//! Only reads are ever conditional. A key names URL and token without holding either, since who may see what depends on
//! the token.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::digest::Digest;
use crate::model::secret::Secret;

/// An answer, and what names its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The `ETag`, as it came.
    pub etag: String,
    /// The body.
    pub body: Vec<u8>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Where answers are kept.
pub trait Memory: Send + Sync {
    /// What is known under a key.
    fn recall(&self, key: &str) -> Option<Remembered>;
    /// Keeps an answer in the place of an older one.
    fn remember(&self, key: &str, answer: Remembered);
}

/// Nothing is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMemory;

/// Kept as long as this lives.
#[derive(Debug, Default)]
pub struct ShortMemory(Mutex<BTreeMap<String, Remembered>>);

impl Memory for NoMemory {
    fn recall(&self, _: &str) -> Option<Remembered> {
        None
    }

    fn remember(&self, _: &str, _: Remembered) {}
}

impl Memory for ShortMemory {
    fn recall(&self, key: &str) -> Option<Remembered> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).cloned()
    }

    fn remember(&self, key: &str, answer: Remembered) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(key.to_owned(), answer);
    }
}

/// Whether a page of a list may be asked for by its `ETag` from now on. Not a full one that ends the list: what comes behind
/// it later changes nothing on it, so that it would seem to be the last one for ever.
pub(crate) fn is_worth_keeping(count: usize, size: usize, next: Option<&str>) -> bool {
    count < size || next.is_some()
}

/// The key of a read.
pub fn key(url: &str, token: &Secret) -> String {
    Digest::of_parts([token.reveal().as_bytes(), url.as_bytes()]).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Memory as _, NoMemory, Remembered, ShortMemory, is_worth_keeping, key};
    use crate::model::secret::Secret;

    #[test]
    fn answers_are_kept_by_url_and_token() {
        let answer = Remembered {
            etag: "\"1\"".to_owned(),
            body: b"[]".to_vec(),
            next: None,
        };
        let (one, other) = (Secret::new("ghp_1"), Secret::new("ghp_2"));
        let memory = ShortMemory::default();
        memory.remember(&key("https://x/y", &one), answer.clone());
        assert_eq!(
            memory.recall(&key("https://x/y", &one)),
            Some(answer.clone())
        );
        assert_eq!(memory.recall(&key("https://x/y", &other)), None);
        assert_eq!(memory.recall(&key("https://x/z", &one)), None);
        NoMemory.remember("a", answer);
        assert_eq!(NoMemory.recall("a"), None);
        assert!(!key("https://x/y", &one).contains("ghp"));
    }

    #[test]
    fn a_full_page_at_the_end_is_asked_for_anew() {
        assert!(is_worth_keeping(100, 100, Some("/list?page=2")));
        assert!(is_worth_keeping(99, 100, None));
        assert!(!is_worth_keeping(100, 100, None));
    }
}
