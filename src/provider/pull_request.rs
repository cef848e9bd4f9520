//! The one pull request for a purpose: found again by its branch and a hidden mark, updated in place, never doubled.

use crate::model::id::BranchName;
use crate::provider::api::{Provider, PullRequest, PullRequestDraft};
use crate::provider::error::ProviderError;
use crate::provider::site::RepositoryName;

/// What the name of every branch begins with that a pull has made for its request.
pub const BRANCHES: &str = "git-postman/pull-";

/// What a pull request is for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    /// What the mark says; the same for the same purpose.
    pub key: &'a str,
    /// The branch with the changes, which is ours alone.
    pub source: &'a BranchName,
    /// The branch to merge into.
    pub target: &'a BranchName,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// There was none.
    Made,
    /// It said something else.
    Updated,
    /// It said so already.
    Unchanged,
}

/// Opens the pull request, or gives the open one this title and text.
///
/// # Errors
/// [`ProviderError::ForeignPullRequest`] where the branch has one without our mark: its text is somebody's.
pub fn offer(
    provider: &dyn Provider,
    repository: &RepositoryName,
    purpose: &Purpose<'_>,
    title: &str,
    text: &str,
) -> Result<(PullRequest, Deed), ProviderError> {
    let body = format!("{text}\n\n{}", provider.marker(purpose.key));
    if let Some(there) = find(provider, repository, purpose)? {
        return update(provider, repository, there, title, &body);
    }
    let draft = PullRequestDraft {
        source: purpose.source,
        target: purpose.target,
        title,
        body: &body,
    };
    let opened = match provider.open_pull_request(repository, &draft) {
        Ok(opened) => opened,
        // Somebody was faster, or the answer was lost: whichever it was, it is to be found now.
        Err(error @ ProviderError::PullRequestOpen { .. }) => {
            let there = find(provider, repository, purpose)?.ok_or(error)?;
            return update(provider, repository, there, title, &body);
        }
        Err(error) if error.is_in_doubt() => {
            return match find(provider, repository, purpose) {
                Ok(Some(there)) => Ok((there, Deed::Made)),
                _ => Err(error),
            };
        }
        Err(error) => return Err(error),
    };
    // Some services let two runs at once open one each: the older one stays.
    match find(provider, repository, purpose)? {
        Some(first) if first.number < opened.number => {
            provider.close_pull_request(repository, &opened)?;
            update(provider, repository, first, title, &body)
        }
        _ => Ok((opened, Deed::Made)),
    }
}

/// Closes the pull request with a comment, where there is one: what it was for has come about in another way.
///
/// # Errors
/// As for [`offer`].
pub fn withdraw(
    provider: &dyn Provider,
    repository: &RepositoryName,
    purpose: &Purpose<'_>,
    comment: &str,
) -> Result<Option<PullRequest>, ProviderError> {
    let Some(there) = find(provider, repository, purpose)? else {
        return Ok(None);
    };
    provider.add_comment(repository, there.number, comment)?;
    provider.close_pull_request(repository, &there)?;
    Ok(Some(there))
}

/// The open pull request with our mark; the oldest of several.
///
/// # Errors
/// As for [`offer`].
pub fn find(
    provider: &dyn Provider,
    repository: &RepositoryName,
    purpose: &Purpose<'_>,
) -> Result<Option<PullRequest>, ProviderError> {
    let marker = provider.marker(purpose.key);
    let mut there = provider.open_pull_requests(repository, purpose.source, purpose.target)?;
    there.sort_by_key(|one| one.number);
    let own = there.iter().find(|one| one.body.contains(&marker));
    match (own, there.first()) {
        (Some(own), _) => Ok(Some(own.clone())),
        (None, Some(foreign)) => Err(ProviderError::ForeignPullRequest {
            number: foreign.number,
            page: foreign.page.clone(),
            branch: purpose.source.clone(),
        }),
        (None, None) => Ok(None),
    }
}

/// Whether a pull request says already what it would be given, as far as its service keeps that.
pub fn says_so(provider: &dyn Provider, there: &PullRequest, title: &str, body: &str) -> bool {
    let (title, body) = provider.kept(title, body);
    there.title.trim() == title.trim() && says_the_same(&there.body, &body)
}

/// Whether two texts are the same to a service that keeps line ends and blanks at the end in its own way.
pub fn says_the_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.trim_end().lines();
        lines.map(|line| line.trim_end().to_owned()).collect()
    };
    lines(one) == lines(other)
}

fn update(
    provider: &dyn Provider,
    repository: &RepositoryName,
    there: PullRequest,
    title: &str,
    body: &str,
) -> Result<(PullRequest, Deed), ProviderError> {
    if says_so(provider, &there, title, body) {
        return Ok((there, Deed::Unchanged));
    }
    let updated = provider.edit_pull_request(repository, &there, title, body)?;
    Ok((updated, Deed::Updated))
}

#[cfg(test)]
mod tests {
    use super::says_the_same;

    #[test]
    fn line_ends_and_blanks_at_the_end_are_no_change() {
        assert!(says_the_same("a\n\nb  \n", "a\r\n\r\nb"));
        assert!(!says_the_same("a\nb", "a\n\nb"));
    }
}
