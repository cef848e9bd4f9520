//! One installation of a product, and a repository on it.

use std::fmt;

use crate::model::text::{shortened, visible};
use crate::net::base_url::{BaseUrl, BaseUrlError};
use crate::provider::kind::ProviderKind;

/// An installation of a product: what a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The product.
    pub kind: ProviderKind,
    /// Where its pages begin: `https://github.com`, `https://git.example.com/gitlab`. On Azure the organisation or the
    /// collection is part of it, since tokens and calls belong to one of them.
    pub web: BaseUrl,
    /// Where its API begins.
    pub api: BaseUrl,
}

/// A repository as its site names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName {
    owner: String,
    name: String,
}

/// A repository on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub site: Site,
    /// Which.
    pub repository: RepositoryName,
}

/// A name that no repository can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a repository: it needs an owner, a slash and a name")]
pub struct NoRepositoryName(String);

impl Site {
    /// A site by the address of its pages, as a user types it.
    ///
    /// # Errors
    /// An address that may not be sent a token.
    pub fn new(kind: ProviderKind, web: &str) -> Result<Self, BaseUrlError> {
        let web = BaseUrl::parse(web)?;
        let api = api_of(kind, &web)?;
        Ok(Self { kind, web, api })
    }

    /// A page of the site, for people: names in it are somebody's text and are shown harmless.
    pub fn page(&self, path: &str) -> String {
        visible(&format!("{}/{}", self.web, path.trim_start_matches('/')))
    }
}

impl RepositoryName {
    /// A repository by its owner (an organisation, a user, groups in groups, a project) and its own name.
    ///
    /// # Errors
    /// Parts that are empty, that climb, or that hold characters no name has.
    pub fn new(owner: &str, name: &str) -> Result<Self, NoRepositoryName> {
        let whole = format!("{owner}/{name}");
        let is_good =
            |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
        if name.contains('/') || !whole.split('/').all(is_good) {
            return Err(NoRepositoryName(shortened(&visible(&whole), 120)));
        }
        Ok(Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Reads `owner/name`; the owner may have slashes.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn parse(text: &str) -> Result<Self, NoRepositoryName> {
        let (owner, name) = text.rsplit_once('/').unwrap_or(("", text));
        Self::new(owner, name)
    }

    /// The owner.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `owner/name`, as it is, for calls.
    pub fn full(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Whether both name one repository: no product tells names apart by case alone.
    pub fn is_same(&self, other: &Self) -> bool {
        self.full().to_lowercase() == other.full().to_lowercase()
    }
}

/// Shown harmless: a provider's names are somebody's text.
impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&visible(&self.full()))
    }
}

fn api_of(kind: ProviderKind, web: &BaseUrl) -> Result<BaseUrl, BaseUrlError> {
    let under = |path: &str| BaseUrl::parse(&format!("{web}{path}"));
    match kind {
        // A stand-in on this machine has no second host.
        ProviderKind::GitHub | ProviderKind::BitbucketCloud if web.is_loopback() => Ok(web.clone()),
        ProviderKind::GitHub => BaseUrl::parse(&format!("https://api.{}", web.host())),
        ProviderKind::GitHubEnterprise => under("/api/v3"),
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => under("/api/v4"),
        ProviderKind::BitbucketCloud => BaseUrl::parse(&format!("https://api.{}/2.0", web.host())),
        ProviderKind::BitbucketDataCenter => under("/rest"),
        ProviderKind::AzureServices | ProviderKind::AzureServer => Ok(web.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::{RepositoryName, Site};
    use crate::provider::kind::ProviderKind as Kind;

    #[test]
    fn a_site_knows_where_its_api_stands() {
        for (kind, web, api) in [
            (Kind::GitHub, "https://github.com", "https://api.github.com"),
            (
                Kind::GitHub,
                "https://acme.ghe.com/",
                "https://api.acme.ghe.com",
            ),
            (
                Kind::GitHub,
                "http://127.0.0.1:4000",
                "http://127.0.0.1:4000",
            ),
            (
                Kind::GitHubEnterprise,
                "https://ghe.example.com:8443",
                "https://ghe.example.com:8443/api/v3",
            ),
            (
                Kind::GitLab,
                "https://gitlab.com",
                "https://gitlab.com/api/v4",
            ),
            (
                Kind::GitLabSelfManaged,
                "https://example.com/gitlab",
                "https://example.com/gitlab/api/v4",
            ),
            (
                Kind::BitbucketCloud,
                "https://bitbucket.org",
                "https://api.bitbucket.org/2.0",
            ),
            (
                Kind::BitbucketDataCenter,
                "https://bb.example.com/git",
                "https://bb.example.com/git/rest",
            ),
            (
                Kind::AzureServices,
                "https://dev.azure.com/acme",
                "https://dev.azure.com/acme",
            ),
            (
                Kind::AzureServer,
                "https://tfs.example.com:8080/tfs/Main",
                "https://tfs.example.com:8080/tfs/Main",
            ),
        ] {
            assert_eq!(Site::new(kind, web).unwrap().api.to_string(), api);
        }
        assert!(Site::new(Kind::GitHubEnterprise, "http://ghe.example.com").is_err());
    }

    #[test]
    fn a_repository_has_an_owner_and_a_name() {
        let name = RepositoryName::parse("group/sub/orders").unwrap();
        assert_eq!((name.owner(), name.name()), ("group/sub", "orders"));
        assert!(name.is_same(&RepositoryName::new("Group/Sub", "Orders").unwrap()));
        for bad in ["", "orders", "/orders", "a/", "a/../b", "a//b", "a/b\u{1b}"] {
            assert!(RepositoryName::parse(bad).is_err(), "{bad}");
        }
        let odd = RepositoryName::parse("a/b\u{202e}c").unwrap();
        assert_eq!(odd.to_string(), "a/b\\u{202e}c");
    }
}
