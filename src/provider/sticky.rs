//! One comment that stays: found again by a hidden mark, updated in place.

use crate::provider::api::Provider;
use crate::provider::error::ProviderError;
use crate::provider::pull_request::{Deed, says_the_same};
use crate::provider::site::RepositoryName;

/// Says something on a pull request: anew, or in the place of what the mark says we said before.
///
/// # Errors
/// No such pull request, or no right to comment.
pub fn stick(
    provider: &dyn Provider,
    repository: &RepositoryName,
    number: u64,
    key: &str,
    text: &str,
) -> Result<Deed, ProviderError> {
    let marker = provider.marker(key);
    let body = format!("{marker}\n{text}");
    let find = || -> Result<_, ProviderError> {
        let comments = provider.comments(repository, number)?;
        // A comment that quotes ours holds the mark further down.
        let own = |body: &str| body.lines().next().map(str::trim) == Some(marker.as_str());
        Ok(comments.into_iter().find(|comment| own(&comment.body)))
    };
    let Some(there) = find()? else {
        return match provider.add_comment(repository, number, &body) {
            Err(error) if error.is_in_doubt() => match find() {
                Ok(Some(_)) => Ok(Deed::Made),
                _ => Err(error),
            },
            other => other.map(|_| Deed::Made),
        };
    };
    if says_the_same(&there.body, &body) {
        return Ok(Deed::Unchanged);
    }
    provider.edit_comment(repository, number, &there, &body)?;
    Ok(Deed::Updated)
}
