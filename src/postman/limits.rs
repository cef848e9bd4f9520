//! Sizes that Postman takes, checked before the upload: a refusal after a hundred megabytes helps nobody.

use crate::postman::error::PostmanError;

/// A whole collection: 100 MB by the reference (an older text says 20 MB, and users have met 413 and 504 from 10 MB on).
pub const COLLECTION: usize = 100 * 1000 * 1000;

/// From this size on a collection is replaced in the background (`Prefer: respond-async`), since the gateway's
/// patience ends before the work does.
pub const COLLECTION_IN_BACKGROUND: usize = 5 * 1000 * 1000;

/// An environment.
pub const ENVIRONMENT: usize = 30 * 1000 * 1000;

/// One file of a specification. The reference says 12 MB for a new specification and 10 MB for its files; what is
/// under the smaller one fits both.
pub const SPEC_FILE: usize = 10 * 1024 * 1024;

/// An error where `bytes` is more than `limit`.
pub fn within(what: &str, bytes: usize, limit: usize) -> Result<(), PostmanError> {
    if bytes <= limit {
        return Ok(());
    }
    Err(PostmanError::TooLarge {
        what: what.to_owned(),
        bytes: Some(bytes),
        limit: Some(limit),
    })
}
