//! The services that host repositories: which one this is, what it can do, and one seam to all of them.

pub mod api;
pub mod azure;
pub(crate) mod azure_files;
pub(crate) mod azure_refusal;
pub(crate) mod azure_wire;
pub(crate) mod by_git;
pub mod capability;
pub mod conditional;
pub mod error;
pub mod github;
pub(crate) mod github_access;
pub(crate) mod github_account;
pub(crate) mod github_calls;
pub(crate) mod github_commit;
pub(crate) mod github_refusal;
pub(crate) mod github_token;
pub(crate) mod github_tree;
pub(crate) mod github_wire;
pub mod gitlab;
pub(crate) mod gitlab_access;
pub(crate) mod gitlab_calls;
pub(crate) mod gitlab_endpoints;
pub(crate) mod gitlab_files;
pub(crate) mod gitlab_refusal;
pub(crate) mod gitlab_text;
pub mod gitlab_token;
pub(crate) mod gitlab_wire;
pub mod kind;
pub mod locate;
pub mod probe;
pub mod pull_request;
pub(crate) mod remote_snapshot;
pub(crate) mod rest;
pub mod site;
pub mod sticky;
pub(crate) mod tar;
pub(crate) mod text_limit;
pub(crate) mod zip;

use crate::model::secret::Secret;
use crate::net::client::Settings;
use crate::provider::api::Provider;
use crate::provider::error::ProviderError;
use crate::provider::github::GitHub;
use crate::provider::gitlab::GitLab;
use crate::provider::gitlab_token::GitLabToken;
use crate::provider::kind::ProviderKind;
use crate::provider::site::Site;

/// The provider of a site, with one token. `tune` is shown what the site would be called with.
///
/// # Errors
/// No token, or a product that this version does not speak to.
pub fn open(
    site: &Site,
    token: Secret,
    tune: impl FnOnce(Settings) -> Settings,
) -> Result<Box<dyn Provider>, ProviderError> {
    match site.kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => {
            let settings = tune(GitHub::settings(site)?);
            Ok(Box::new(GitHub::new(site.clone(), token, settings)?))
        }
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => {
            let settings = tune(GitLab::settings(site));
            let token = GitLabToken::of(token);
            Ok(Box::new(GitLab::new(site.clone(), token, settings)?))
        }
        product => Err(ProviderError::NotSpokenTo { product }),
    }
}

#[cfg(test)]
mod tests {
    use super::open;
    use crate::model::secret::Secret;
    use crate::provider::error::ProviderError;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::Site;

    #[test]
    fn a_site_is_opened_by_its_product() {
        let opened = |kind, web: &str| {
            let site = Site::new(kind, web).unwrap();
            open(&site, Secret::new("x"), |settings| settings).map(|one| one.site().clone())
        };
        let github = opened(ProviderKind::GitHub, "https://github.com").unwrap();
        assert_eq!(github.api.to_string(), "https://api.github.com");
        assert!(opened(ProviderKind::GitHubEnterprise, "https://ghe.example.com").is_ok());
        let gitlab = opened(
            ProviderKind::GitLabSelfManaged,
            "https://git.example.com/in",
        );
        assert_eq!(
            gitlab.unwrap().api.to_string(),
            "https://git.example.com/in/api/v4"
        );
        assert!(opened(ProviderKind::GitLab, "https://gitlab.com").is_ok());
        let error = opened(ProviderKind::BitbucketCloud, "https://bitbucket.org").unwrap_err();
        assert!(
            matches!(error, ProviderError::NotSpokenTo { .. }),
            "{error}"
        );
    }
}
