//! A repository in the words of the service that hosts it: an id that stays where it is renamed, and that no fork and no copy
//! has.
//!
//! A pipeline of the service says it without a call. What it says counts only where it speaks of the very remote that the
//! record is shared through: a job may have checked out another repository than the one it belongs to.

use crate::config::env::Environment;
use crate::mirror::remote_address::{Remote, RemoteAddress};
use crate::provider::kind::ProviderKind;
use crate::provider::locate::{Located, locate};
use crate::provider::site::{RepositoryName, Site};

/// A repository as its service knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// The installation of the service: where its pages begin, in lower case. Ids of two installations mean nothing to each
    /// other.
    pub site: String,
    /// The service's own id.
    pub id: String,
    /// What it was called, for people.
    pub name: String,
}

/// Who says which repository this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The variables of the pipeline that we run in.
    Pipeline,
    /// The service itself, asked with a token.
    Provider,
}

/// Which repository this is, as somebody says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The repository.
    pub hosted: Hosted,
    /// Who says so.
    pub source: Source,
}

/// No site, id or name is longer than this, in bytes.
const LONGEST: usize = 500;

impl Hosted {
    /// A repository by what is said of it; `None` where that cannot be an id.
    pub fn new(site: &str, id: &str, name: &str) -> Option<Self> {
        let is_good = |text: &str| {
            !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
        };
        let site = site.trim_end_matches('/').to_lowercase();
        // Azure's are GUIDs, which are written either way.
        let id = id.to_lowercase();
        let has_space = |text: &str| text.contains(char::is_whitespace);
        let usable =
            is_good(&site) && is_good(&id) && is_good(name) && !has_space(&site) && !has_space(&id);
        usable.then(|| Self {
            site,
            id,
            name: name.to_owned(),
        })
    }

    /// A repository on a site, by the id that the service gives it.
    pub fn on(site: &Site, id: &str, name: &RepositoryName) -> Option<Self> {
        Self::new(&site.web.to_string(), id, &name.full())
    }

    /// Whether the ids of both say something about each other.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.site == other.site
    }

    /// Whether both are called the same: no product tells names apart by case alone.
    pub fn has_name_of(&self, other: &Self) -> bool {
        self.name.to_lowercase() == other.name.to_lowercase()
    }
}

/// What the pipeline says of the repository at this address; `None` outside of one, and where it speaks of another one.
pub fn of_pipeline(environment: &Environment, address: &RemoteAddress) -> Option<Hosted> {
    let known = [github, gitlab, azure, bitbucket];
    known.iter().find_map(|read| read(environment, address))
}

fn github(environment: &Environment, address: &RemoteAddress) -> Option<Hosted> {
    let server = environment.ci_servers.get("GITHUB_SERVER_URL")?;
    let name = said(environment, "GITHUB_REPOSITORY")?;
    let id = said(environment, "GITHUB_REPOSITORY_ID")?;
    is_at(&format!("{}/{name}", plain(server)), address)?;
    // The kind makes no difference to the address of the pages.
    let site = Site::new(ProviderKind::GitHubEnterprise, server).ok()?;
    Hosted::on(&site, id, &RepositoryName::parse(name).ok()?)
}

fn gitlab(environment: &Environment, address: &RemoteAddress) -> Option<Hosted> {
    let server = environment.ci_servers.get("CI_SERVER_URL")?;
    let project = said(environment, "CI_PROJECT_URL")?;
    let id = said(environment, "CI_PROJECT_ID")?;
    is_at(project, address)?;
    let name = project.strip_prefix(plain(server))?.trim_matches('/');
    let site = Site::new(ProviderKind::GitLabSelfManaged, server).ok()?;
    Hosted::on(&site, id, &RepositoryName::parse(name).ok()?)
}

fn azure(environment: &Environment, address: &RemoteAddress) -> Option<Hosted> {
    // Of repositories elsewhere, Azure says their address and no id of theirs.
    let provider = said(environment, "BUILD_REPOSITORY_PROVIDER")?;
    if !provider.eq_ignore_ascii_case("TfsGit") {
        return None;
    }
    let url = said(environment, "BUILD_REPOSITORY_URI")?;
    let id = said(environment, "BUILD_REPOSITORY_ID")?;
    is_at(url, address)?;
    match locate(url).ok()? {
        Located::Place(place) if is_azure(place.site.kind) => {
            Hosted::on(&place.site, id, &place.repository)
        }
        _ => None,
    }
}

fn bitbucket(environment: &Environment, address: &RemoteAddress) -> Option<Hosted> {
    let name = said(environment, "BITBUCKET_REPO_FULL_NAME")?;
    let id = said(environment, "BITBUCKET_REPO_UUID")?;
    is_at(&format!("{BITBUCKET}/{name}"), address)?;
    let site = Site::new(ProviderKind::BitbucketCloud, BITBUCKET).ok()?;
    Hosted::on(&site, id, &RepositoryName::parse(name).ok()?)
}

const BITBUCKET: &str = "https://bitbucket.org";

fn said<'e>(environment: &'e Environment, name: &str) -> Option<&'e str> {
    environment.ci_repository.get(name).map(String::as_str)
}

fn is_azure(kind: ProviderKind) -> bool {
    matches!(
        kind,
        ProviderKind::AzureServices | ProviderKind::AzureServer
    )
}

fn plain(server: &str) -> &str {
    server.trim_end_matches('/')
}

/// Whether a pipeline speaks of the repository at this address.
fn is_at(url: &str, address: &RemoteAddress) -> Option<()> {
    let said = Remote::parse(url).ok()?;
    (said.hosted()?.identity() == address.identity()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::{Hosted, of_pipeline};
    use crate::config::env::Environment;
    use crate::mirror::remote_address::Remote;

    fn said(set: &[(&str, &str)], address: &str) -> Option<(String, String, String)> {
        let environment = Environment::from(|name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let address = Remote::parse(address).unwrap().hosted().cloned().unwrap();
        let Hosted { site, id, name } = of_pipeline(&environment, &address)?;
        Some((site, id, name))
    }

    #[test]
    fn a_pipeline_says_the_id_of_the_repository_that_it_belongs_to() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "Acme/orders"),
            ("GITHUB_REPOSITORY_ID", "4711"),
        ];
        let gitlab = [
            ("CI_SERVER_URL", "https://git.example.com/gitlab"),
            (
                "CI_PROJECT_URL",
                "https://git.example.com/gitlab/g/s/orders",
            ),
            ("CI_PROJECT_ID", "42"),
        ];
        let guid = "5FEBEF5A-833D-4E14-B9C0-14CB638F91E6";
        let azure = [
            ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
            (
                "BUILD_REPOSITORY_URI",
                "https://acme@dev.azure.com/acme/shop/_git/orders",
            ),
            ("BUILD_REPOSITORY_ID", guid),
        ];
        let server = [
            azure[0],
            (
                "BUILD_REPOSITORY_URI",
                "https://tfs.example.com/tfs/Main/shop/_git/orders",
            ),
            azure[2],
        ];
        let bitbucket = [
            ("BITBUCKET_REPO_FULL_NAME", "acme/orders"),
            (
                "BITBUCKET_REPO_UUID",
                "{c0ffee00-0000-4000-8000-000000000001}",
            ),
        ];
        let guid = guid.to_lowercase();
        type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str, &'a str);
        let table: [Row<'_>; 7] = [
            (
                &github,
                "git@github.com:acme/orders.git",
                "https://github.com",
                "4711",
                "Acme/orders",
            ),
            (
                &github,
                "https://github.com/acme/orders",
                "https://github.com",
                "4711",
                "Acme/orders",
            ),
            (
                &gitlab,
                "https://gitlab-ci-token:x@git.example.com/gitlab/g/s/orders.git",
                "https://git.example.com/gitlab",
                "42",
                "g/s/orders",
            ),
            (
                &azure,
                "git@ssh.dev.azure.com:v3/acme/shop/orders",
                "https://dev.azure.com/acme",
                &guid,
                "shop/orders",
            ),
            (
                &azure,
                "https://acme.visualstudio.com/shop/_git/orders",
                "https://dev.azure.com/acme",
                &guid,
                "shop/orders",
            ),
            (
                &server,
                "https://tfs.example.com/tfs/Main/shop/_git/orders",
                "https://tfs.example.com/tfs/main",
                &guid,
                "shop/orders",
            ),
            (
                &bitbucket,
                "http://bitbucket.org/acme/orders",
                "https://bitbucket.org",
                "{c0ffee00-0000-4000-8000-000000000001}",
                "acme/orders",
            ),
        ];
        for (set, address, site, id, name) in table {
            let expected = (site.to_owned(), id.to_owned(), name.to_owned());
            assert_eq!(said(set, address), Some(expected), "{address}");
            // Without one of its variables it says nothing.
            for left_out in 0..set.len() {
                let mut fewer = set.to_vec();
                fewer.remove(left_out);
                assert_eq!(said(&fewer, address), None, "{address} {left_out}");
            }
        }
    }

    #[test]
    fn what_a_pipeline_says_of_another_repository_counts_for_nothing() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/orders"),
            ("GITHUB_REPOSITORY_ID", "4711"),
        ];
        for elsewhere in [
            // The fork that a pull request comes from.
            "https://github.com/fork/orders",
            "https://github.example.com/acme/orders",
            "https://github.com/acme/orders-2",
        ] {
            assert_eq!(said(&github, elsewhere), None, "{elsewhere}");
        }
        let here = "https://github.com/acme/orders";
        for (variable, value) in [
            ("GITHUB_SERVER_URL", "http://github.com"),
            ("GITHUB_SERVER_URL", "no address"),
            ("GITHUB_REPOSITORY_ID", "47\u{1b}11"),
            ("GITHUB_REPOSITORY_ID", "47 11"),
        ] {
            let mut wrong = github.to_vec();
            wrong.retain(|(name, _)| *name != variable);
            wrong.push((variable, value));
            assert_eq!(said(&wrong, here), None, "{value}");
        }
        let of_github = [
            ("BUILD_REPOSITORY_PROVIDER", "GitHub"),
            ("BUILD_REPOSITORY_URI", here),
            ("BUILD_REPOSITORY_ID", "acme/orders"),
        ];
        assert_eq!(said(&of_github, here), None);
        let untrue = [
            ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
            ("BUILD_REPOSITORY_URI", here),
            ("BUILD_REPOSITORY_ID", "acme/orders"),
        ];
        assert_eq!(said(&untrue, here), None);
    }
}
