//! The services that host repositories: which one this is, what it can do, and one seam to all of them.

pub mod api;
pub mod azure;
pub mod bitbucket_cloud;
pub mod bitbucket_server;
pub mod capability;
pub mod conditional;
pub(crate) mod content;
pub mod error;
pub mod github;
pub mod gitlab;
pub mod kind;
pub mod locate;
pub mod probe;
pub mod pull_request;
pub(crate) mod rest;
pub mod site;
pub mod sticky;
pub(crate) mod text_limit;

use crate::model::secret::Secret;
use crate::net::client::Settings;
use crate::provider::api::Provider;
use crate::provider::azure::service::Azure;
use crate::provider::bitbucket_cloud::service::BitbucketCloud;
use crate::provider::bitbucket_server::service::BitbucketServer;
use crate::provider::error::ProviderError;
use crate::provider::github::service::GitHub;
use crate::provider::gitlab::service::GitLab;
use crate::provider::gitlab::token::GitLabToken;
use crate::provider::kind::ProviderKind;
use crate::provider::site::Site;

/// A token, and what its looks may not tell of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credential {
    /// The token; empty where there is none.
    pub token: Secret,
    /// A running job of GitLab CI was handed it: older installations give such a token no prefix.
    pub is_of_job: bool,
}

/// The provider of a site, with one token. `tune` is shown what the site would be called with.
///
/// # Errors
/// No token.
pub fn open(
    site: &Site,
    credential: Credential,
    tune: impl FnOnce(Settings) -> Settings,
) -> Result<Box<dyn Provider>, ProviderError> {
    let Credential { token, is_of_job } = credential;
    match site.kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => {
            let settings = tune(GitHub::settings(site)?);
            Ok(Box::new(GitHub::new(site.clone(), token, settings)?))
        }
        ProviderKind::AzureServices | ProviderKind::AzureServer => {
            let settings = tune(Azure::settings(site));
            Ok(Box::new(Azure::new(site.clone(), token, settings)?))
        }
        ProviderKind::BitbucketCloud => {
            let settings = tune(BitbucketCloud::settings(site));
            Ok(Box::new(BitbucketCloud::new(
                site.clone(),
                token,
                settings,
            )?))
        }
        ProviderKind::BitbucketDataCenter => {
            let settings = tune(BitbucketServer::settings(site));
            Ok(Box::new(BitbucketServer::new(
                site.clone(),
                token,
                settings,
            )?))
        }
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => {
            let settings = tune(GitLab::settings(site));
            let token = match is_of_job {
                true => GitLabToken::of_job(token),
                false => GitLabToken::of(token),
            };
            Ok(Box::new(GitLab::new(site.clone(), token, settings)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, open};
    use crate::model::secret::Secret;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::Site;

    #[test]
    fn a_site_is_opened_by_its_product() {
        let opened = |kind, web: &str| {
            let site = Site::new(kind, web).unwrap();
            let credential = Credential {
                token: Secret::new("x"),
                is_of_job: false,
            };
            open(&site, credential, |settings| settings).map(|one| one.site().clone())
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
        for (kind, web) in [
            (ProviderKind::AzureServices, "https://dev.azure.com/acme"),
            (
                ProviderKind::AzureServer,
                "https://tfs.example.com/tfs/Main",
            ),
            (ProviderKind::BitbucketCloud, "https://bitbucket.org"),
            (ProviderKind::BitbucketDataCenter, "https://bb.example.com"),
        ] {
            assert_eq!(opened(kind, web).unwrap().kind, kind);
        }
    }
}
