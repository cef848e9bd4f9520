//! One comment that stays: found again by a hidden mark, updated in place.

use crate::provider::api::{Comment, Provider};
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
    let find = || -> Result<Vec<Comment>, ProviderError> {
        let mut comments = provider.comments(repository, number)?;
        // A comment that quotes ours holds the mark further down.
        let is_marked = |body: &str| body.lines().next().map(str::trim) == Some(marker.as_str());
        comments.retain(|comment| is_marked(&comment.body));
        if comments.is_empty() {
            return Ok(comments);
        }
        // Anybody can write the mark, and whoever may write to the repository may often edit what others wrote: a comment of
        // somebody else would say our words for as long as its author likes.
        let me = provider.author()?;
        comments.retain(|comment| match (&me, &comment.author) {
            (Some(me), Some(author)) => me == author,
            _ => true,
        });
        Ok(comments)
    };
    for there in find()? {
        if says_the_same(&there.body, &body) {
            return Ok(Deed::Unchanged);
        }
        match provider.edit_comment(repository, number, &there, &body) {
            // Nobody else's can be edited here, so this one is somebody else's.
            Err(ProviderError::Forbidden { .. } | ProviderError::NotFound { .. }) => {}
            other => return other.map(|()| Deed::Updated),
        }
    }
    match provider.add_comment(repository, number, &body) {
        Err(error) if error.is_in_doubt() => match find() {
            Ok(there) if there.iter().any(|one| says_the_same(&one.body, &body)) => Ok(Deed::Made),
            _ => Err(error),
        },
        other => other.map(|_| Deed::Made),
    }
}
