//! Which provider is this? What the URL of a remote says, and what it leaves open.
//!
//! Git resolves `url.<base>.insteadOf` before ([`Repository::effective_url`]). A port of ssh says nothing of the pages, so
//! it is dropped; the path of an on-premises product says more than its host.
//!
//! [`Repository::effective_url`]: crate::git::repository::Repository::effective_url

use crate::git::remote_url::{NoAddress, RemoteUrl, Transport, decoded};
use crate::model::text::{shortened, visible};
use crate::net::base_url::{BaseUrlError, segment};
use crate::provider::kind::ProviderKind;
use crate::provider::site::{NoRepositoryName, Place, RepositoryName, Site};

/// What the URL of a remote says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// Everything: host or path can only be this product.
    Place(Place),
    /// A host that may run several products: somebody has to ask it, or to say.
    Unknown(UnknownHost),
    /// A directory of this machine: no provider at all.
    Directory,
}

/// A host of its own, and what the path leaves possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHost {
    /// The URL, taken apart.
    pub url: RemoteUrl,
    /// What may stand there, the likelier first, each with the address of its pages.
    pub candidates: Vec<Candidate>,
}

/// A product that may stand at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The product.
    pub kind: ProviderKind,
    /// The address of its pages.
    pub web: String,
}

/// Why a URL does not lead to a repository of a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// It names nothing.
    #[error(transparent)]
    Address(#[from] NoAddress),
    /// Its host may not be sent a token.
    #[error(transparent)]
    Base(#[from] BaseUrlError),
    /// The host is known, and the path is none of its repositories.
    #[error("`{path}` is no repository of {product}: {form} is expected")]
    Path {
        /// What stands behind the host.
        path: String,
        /// The product.
        product: &'static str,
        /// How its repositories are addressed.
        form: &'static str,
    },
    /// Parts that no name has.
    #[error(transparent)]
    Name(#[from] NoRepositoryName),
    /// The remote lies elsewhere than the site that was named.
    #[error("the remote is on {found}, not on {named}")]
    OtherHost {
        /// The host of the remote.
        found: String,
        /// The host of the site.
        named: String,
    },
    /// No provider hosts a directory.
    #[error("the remote is a directory of this machine, which no provider hosts")]
    Directory,
}

const BITBUCKET_SSH_PORT: u16 = 7999;
/// What stands before the name of a repository on Azure; further ones are ways to clone it.
const AZURE_MARKS: [&str; 4] = ["_git", "_full", "_optimized", "_ssh"];

impl LocateError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Base(_) => {
                "name the site yourself, with https: --provider KIND --url https://HOST"
            }
            Self::OtherHost { .. } => "look at --url, or at the remote: `git remote -v`",
            Self::Directory => "add the remote that the provider hosts: `git remote add`",
            Self::Address(_) | Self::Path { .. } | Self::Name(_) => {
                "look at the remote's address: `git remote -v`"
            }
        }
    }
}

/// Reads the URL of a remote, as git resolves it.
///
/// # Errors
/// A URL that names no repository, or a known host with a path of something else.
pub fn locate(remote: &str) -> Result<Located, LocateError> {
    let Some(url) = RemoteUrl::parse(remote)? else {
        return Ok(Located::Directory);
    };
    if let Some((site, path)) = cloud_site(&url)? {
        let repository = repository(&site, &path)?;
        return Ok(Located::Place(Place { site, repository }));
    }
    if let Some(site) = site_by_path(&url)? {
        let path = below(&site, &url.path);
        let repository = repository(&site, path)?;
        return Ok(Located::Place(Place { site, repository }));
    }
    let candidates = candidates(&url);
    Ok(Located::Unknown(UnknownHost { url, candidates }))
}

/// Reads the URL of a remote on a site that somebody named. Over ssh the host may be an alias.
///
/// # Errors
/// A directory, another host, or a path that is no repository of the product.
pub fn locate_on(site: &Site, remote: &str) -> Result<Place, LocateError> {
    let url = RemoteUrl::parse(remote)?.ok_or(LocateError::Directory)?;
    // A cloud has several hosts, and Azure's name the organisation.
    if let Some((known, path)) = cloud_site(&url)? {
        if known.kind != site.kind || known.web != site.web {
            return Err(LocateError::OtherHost {
                found: known.web.to_string(),
                named: site.web.to_string(),
            });
        }
        let repository = repository(site, &path)?;
        return Ok(Place {
            site: site.clone(),
            repository,
        });
    }
    let over_web = matches!(url.transport, Transport::Http | Transport::Https);
    let named = site.web.host();
    let same = |host: &str| named.split(':').next() == Some(host) || named == host;
    if over_web && !same(&url.host) && !named.starts_with('[') {
        return Err(LocateError::OtherHost {
            found: visible(&url.host),
            named,
        });
    }
    let repository = repository(site, below(site, &url.path))?;
    Ok(Place {
        site: site.clone(),
        repository,
    })
}

/// The site of a host that only one product has, and what is left of the path there.
fn cloud_site(url: &RemoteUrl) -> Result<Option<(Site, Vec<String>)>, LocateError> {
    let host = url.host.as_str();
    let (kind, web) = match host {
        "github.com" | "www.github.com" | "ssh.github.com" => {
            (ProviderKind::GitHub, "https://github.com".to_owned())
        }
        "gitlab.com" | "www.gitlab.com" | "altssh.gitlab.com" => {
            (ProviderKind::GitLab, "https://gitlab.com".to_owned())
        }
        "bitbucket.org" | "www.bitbucket.org" | "altssh.bitbucket.org" => (
            ProviderKind::BitbucketCloud,
            "https://bitbucket.org".to_owned(),
        ),
        _ if host.ends_with(".ghe.com") => {
            let host = host.strip_prefix("ssh.").unwrap_or(host);
            (ProviderKind::GitHub, format!("https://{host}"))
        }
        _ => return azure_services(url),
    };
    Ok(Some((Site::new(kind, &web)?, url.path.clone())))
}

/// Azure DevOps Services: the organisation is the first part, or the name of the host in the older form.
fn azure_services(url: &RemoteUrl) -> Result<Option<(Site, Vec<String>)>, LocateError> {
    let (host, path) = (url.host.as_str(), url.path.as_slice());
    let none = || wrong_path(ProviderKind::AzureServices, path);
    let is_over_ssh = matches!(host, "ssh.dev.azure.com" | "vs-ssh.visualstudio.com");
    let (organisation, rest) = if is_over_ssh {
        // The oldest form names the organisation as the user only.
        let [version, organisation, project, name] = path else {
            return Err(none());
        };
        if version != "v3" {
            return Err(none());
        }
        let git = AZURE_MARKS[0].to_owned();
        (
            decoded(organisation),
            vec![decoded(project), git, decoded(name)],
        )
    } else if host == "dev.azure.com" {
        let [organisation, rest @ ..] = path else {
            return Err(none());
        };
        (organisation.clone(), rest.to_vec())
    } else if let Some(organisation) = host.strip_suffix(".visualstudio.com") {
        let is_collection = |part: &String| part.eq_ignore_ascii_case("DefaultCollection");
        let skipped = usize::from(path.first().is_some_and(is_collection));
        (organisation.to_owned(), path[skipped..].to_vec())
    } else {
        return Ok(None);
    };
    let web = format!("https://dev.azure.com/{}", encoded(&organisation));
    let site = Site::new(ProviderKind::AzureServices, &web)?;
    Ok(Some((site, rest)))
}

/// The site of a product that its path gives away: `/scm/` and `/_git/`.
fn site_by_path(url: &RemoteUrl) -> Result<Option<Site>, LocateError> {
    let (Transport::Https | Transport::Http) = url.transport else {
        return Ok(None);
    };
    if let Some(mark) = azure_mark(&url.path) {
        let root = azure_server_root(&url.path[..mark])
            .ok_or_else(|| wrong_path(ProviderKind::AzureServer, &url.path))?;
        return Ok(Some(Site::new(ProviderKind::AzureServer, &web(url, root))?));
    }
    let length = url.path.len();
    if length >= 3 && url.path[length - 3].eq_ignore_ascii_case("scm") {
        let context = &url.path[..length - 3];
        return Ok(Some(Site::new(
            ProviderKind::BitbucketDataCenter,
            &web(url, context),
        )?));
    }
    Ok(None)
}

/// What may stand on a host that nothing else is known of.
fn candidates(url: &RemoteUrl) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |kind, context: &[String]| {
        found.push(Candidate {
            kind,
            web: web(url, context),
        });
    };
    if let Some(mark) = azure_mark(&url.path) {
        if let Some(root) = azure_server_root(&url.path[..mark]) {
            add(ProviderKind::AzureServer, root);
        }
        return found;
    }
    let (none, length) = ([].as_slice(), url.path.len());
    let over_ssh = url.transport == Transport::Ssh;
    let is_bitbucket_port = over_ssh && url.port == Some(BITBUCKET_SSH_PORT);
    if is_bitbucket_port && length == 2 {
        add(ProviderKind::BitbucketDataCenter, none);
    }
    if length == 2 {
        add(ProviderKind::GitHubEnterprise, none);
    }
    if length >= 2 {
        add(ProviderKind::GitLabSelfManaged, none);
    }
    if over_ssh && !is_bitbucket_port && length == 2 {
        add(ProviderKind::BitbucketDataCenter, none);
    }
    // The first part may be the relative root that GitLab is installed under.
    if !over_ssh && length >= 3 {
        add(ProviderKind::GitLabSelfManaged, &url.path[..1]);
    }
    found
}

/// The address of pages below a path of a host. Over ssh neither the port nor the scheme of the remote says anything.
fn web(url: &RemoteUrl, context: &[String]) -> String {
    let host = if url.host.contains(':') {
        format!("[{}]", url.host)
    } else {
        url.host.clone()
    };
    let (scheme, port) = match url.transport {
        Transport::Https => ("https", url.port),
        Transport::Http => ("http", url.port),
        Transport::Ssh | Transport::Other => ("https", None),
    };
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    let context: String = context
        .iter()
        .map(|part| format!("/{}", encoded(part)))
        .collect();
    format!("{scheme}://{host}{port}{context}")
}

/// A part as an address writes it. No part of a remote's path is empty or climbs, which is all that cannot be written.
fn encoded(part: &str) -> String {
    segment(part).unwrap_or_else(|_| part.to_owned())
}

/// Where the mark of Azure stands, with something behind it.
fn azure_mark(path: &[String]) -> Option<usize> {
    path.iter()
        .position(|part| AZURE_MARKS.contains(&part.as_str()))
        .filter(|mark| mark + 1 < path.len())
}

/// Virtual directory and collection: what a server's API stands below. `before` is all that stands before the mark.
fn azure_server_root(before: &[String]) -> Option<&[String]> {
    // `tfs` is the virtual directory that the installer proposes.
    let has_directory = before
        .first()
        .is_some_and(|part| part.eq_ignore_ascii_case("tfs"));
    match (before.len(), has_directory) {
        (0, _) | (1, true) => None,
        (1, false) => Some(before),
        (2, true) => Some(before),
        (2, false) => Some(&before[..1]),
        // Whatever the directory is, collection and project end it.
        (length, _) => Some(&before[..length - 1]),
    }
}

/// What stands in a path behind the address of a site.
fn below<'a>(site: &Site, path: &'a [String]) -> &'a [String] {
    let web = site.web.to_string();
    let context = web
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    let context: Vec<String> = context.map_or_else(Vec::new, |(_, context)| {
        context.split('/').map(decoded).collect()
    });
    let starts = path.len() > context.len()
        && path
            .iter()
            .zip(&context)
            .all(|(part, wanted)| part.eq_ignore_ascii_case(wanted));
    if starts { &path[context.len()..] } else { path }
}

fn repository(site: &Site, path: &[String]) -> Result<RepositoryName, LocateError> {
    let kind = site.kind;
    let wrong = || wrong_path(kind, path);
    let name = match kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => match path {
            [owner, name] => RepositoryName::new(owner, name)?,
            _ => return Err(wrong()),
        },
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => match path {
            [groups @ .., name] if !groups.is_empty() => {
                RepositoryName::new(&groups.join("/"), name)?
            }
            _ => return Err(wrong()),
        },
        ProviderKind::BitbucketCloud => match path {
            [workspace, slug] => {
                RepositoryName::new(&workspace.to_lowercase(), &slug.to_lowercase())?
            }
            _ => return Err(wrong()),
        },
        ProviderKind::BitbucketDataCenter => match path {
            [scm, project, slug] if scm.eq_ignore_ascii_case("scm") => {
                RepositoryName::new(project, slug)?
            }
            [project, slug] => RepositoryName::new(project, slug)?,
            _ => return Err(wrong()),
        },
        ProviderKind::AzureServices | ProviderKind::AzureServer => {
            let (project, name) = azure_repository(path).ok_or_else(wrong)?;
            RepositoryName::new(project, name)?
        }
    };
    Ok(name)
}

/// Project and name around the mark. A repository that is called as its project is addressed without it.
fn azure_repository(path: &[String]) -> Option<(&str, &str)> {
    let mark = azure_mark(path)?;
    let is_mark = |part: &&String| AZURE_MARKS.contains(&part.as_str());
    let mut behind = path[mark..].iter().skip_while(is_mark);
    let (Some(name), None) = (behind.next(), behind.next()) else {
        return None;
    };
    match &path[..mark] {
        [] => Some((name, name)),
        [project] => Some((project, name)),
        _ => None,
    }
}

fn wrong_path(kind: ProviderKind, path: &[String]) -> LocateError {
    let form = match kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => "owner/repository",
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => "group/…/project",
        ProviderKind::BitbucketCloud => "workspace/repository",
        ProviderKind::BitbucketDataCenter => "scm/PROJECT/repository",
        ProviderKind::AzureServices => "organisation/project/_git/repository",
        ProviderKind::AzureServer => "tfs/collection/project/_git/repository",
    };
    LocateError::Path {
        path: shortened(&visible(&path.join("/")), 120),
        product: kind.name(),
        form,
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, LocateError, Located, locate, locate_on};
    use crate::git::testing::Fixture;
    use crate::provider::kind::ProviderKind as Kind;
    use crate::provider::site::{Place, Site};

    fn told(place: &Place) -> String {
        let site = &place.site;
        format!("{} {} {}", site.kind.word(), site.web, place.repository)
    }

    fn known(remote: &str) -> String {
        match locate(remote) {
            Ok(Located::Place(place)) => told(&place),
            other => format!("{other:?}"),
        }
    }

    fn open(remote: &str) -> Vec<String> {
        let Ok(Located::Unknown(host)) = locate(remote) else {
            panic!("{remote}: {:?}", locate(remote));
        };
        let told = |one: &Candidate| format!("{} {}", one.kind.word(), one.web);
        host.candidates.iter().map(told).collect()
    }

    #[test]
    fn every_form_of_a_known_address() {
        const GITHUB: &str = "github https://github.com acme/orders";
        const GITLAB: &str = "gitlab https://gitlab.com acme/orders";
        const DEEP: &str = "gitlab https://gitlab.com g/s1/s2/orders";
        const CLOUD: &str = "bitbucket-cloud https://bitbucket.org acme/orders";
        const AZURE: &str = "azure-devops-services https://dev.azure.com/acme shop/orders";
        const ALONE: &str = "azure-devops-services https://dev.azure.com/acme orders/orders";
        const BLANK: &str = "azure-devops-services https://dev.azure.com/acme My Proj/orders";
        let table = [
            ("https://github.com/acme/orders", GITHUB),
            ("https://github.com/acme/orders.git", GITHUB),
            ("https://github.com/acme/orders/", GITHUB),
            ("https://www.github.com/acme/orders", GITHUB),
            ("HTTPS://GitHub.COM:443/acme/orders.git", GITHUB),
            (
                "https://x-access-token:ghs_secret@github.com/acme/orders.git",
                GITHUB,
            ),
            ("http://github.com/acme/orders", GITHUB),
            ("git@github.com:acme/orders.git", GITHUB),
            ("github.com:acme/orders", GITHUB),
            ("git@github.com:/acme/orders.git", GITHUB),
            ("org-123@github.com:acme/orders.git", GITHUB),
            ("ssh://git@github.com/acme/orders.git", GITHUB),
            ("ssh://git@github.com:22/acme/orders.git", GITHUB),
            ("ssh://git@ssh.github.com:443/acme/orders.git", GITHUB),
            ("git+ssh://git@github.com/acme/orders", GITHUB),
            ("git://github.com/acme/orders.git", GITHUB),
            ("https://github.com/acme/orders.git?x=1#readme", GITHUB),
            (
                "https://github.com/acme/or.ders.git",
                "github https://github.com acme/or.ders",
            ),
            (
                "https://corp.ghe.com/acme/orders",
                "github https://corp.ghe.com acme/orders",
            ),
            (
                "git@corp.ghe.com:acme/orders.git",
                "github https://corp.ghe.com acme/orders",
            ),
            ("https://gitlab.com/acme/orders.git", GITLAB),
            ("git@gitlab.com:acme/orders.git", GITLAB),
            ("ssh://git@altssh.gitlab.com:443/acme/orders.git", GITLAB),
            (
                "https://oauth2:glpat-secret@gitlab.com/acme/orders.git",
                GITLAB,
            ),
            ("https://gitlab.com/g/s1/s2/orders.git", DEEP),
            ("git@gitlab.com:g/s1/s2/orders.git", DEEP),
            ("https://bitbucket.org/acme/orders.git", CLOUD),
            ("https://user@bitbucket.org/Acme/Orders.git", CLOUD),
            ("git@bitbucket.org:acme/orders.git", CLOUD),
            ("ssh://git@altssh.bitbucket.org:443/acme/orders", CLOUD),
            ("https://acme@dev.azure.com/acme/shop/_git/orders", AZURE),
            (
                "https://dev.azure.com/acme/shop/_git/orders?path=/a&version=GBmain",
                AZURE,
            ),
            ("https://dev.azure.com/acme/shop/_git/_full/orders", AZURE),
            ("https://dev.azure.com/acme/shop/_optimized/orders", AZURE),
            ("https://dev.azure.com/acme/_git/orders", ALONE),
            ("https://dev.azure.com/acme/My%20Proj/_git/orders", BLANK),
            ("git@ssh.dev.azure.com:v3/acme/My%20Proj/orders", BLANK),
            ("git@ssh.dev.azure.com:v3/acme/shop/orders", AZURE),
            ("ssh://git@ssh.dev.azure.com:22/v3/acme/shop/orders", AZURE),
            ("acme@vs-ssh.visualstudio.com:v3/acme/shop/orders", AZURE),
            ("https://acme.visualstudio.com/shop/_git/orders", AZURE),
            (
                "https://acme.visualstudio.com/DefaultCollection/shop/_git/orders",
                AZURE,
            ),
            (
                "https://acme.visualstudio.com/DefaultCollection/_git/orders",
                ALONE,
            ),
            ("https://acme.visualstudio.com/_git/orders", ALONE),
            (
                "https://bb.example.com/scm/ORD/orders.git",
                "bitbucket-data-center https://bb.example.com ORD/orders",
            ),
            (
                "https://me@bb.example.com:8443/scm/~me/orders.git",
                "bitbucket-data-center https://bb.example.com:8443 ~me/orders",
            ),
            (
                "https://example.com/git/bb/scm/ord/orders.git",
                "bitbucket-data-center https://example.com/git/bb ord/orders",
            ),
            (
                "http://127.0.0.1:7990/scm/ord/orders.git",
                "bitbucket-data-center http://127.0.0.1:7990 ord/orders",
            ),
            (
                "https://tfs.example.com/tfs/Main/shop/_git/orders",
                "azure-devops-server https://tfs.example.com/tfs/Main shop/orders",
            ),
            (
                "https://tfs.example.com:8080/tfs/Main/_git/orders",
                "azure-devops-server https://tfs.example.com:8080/tfs/Main orders/orders",
            ),
            (
                "https://ado.example.com/Main/shop/_git/orders",
                "azure-devops-server https://ado.example.com/Main shop/orders",
            ),
            (
                "https://ado.example.com/Main/_git/orders",
                "azure-devops-server https://ado.example.com/Main orders/orders",
            ),
            (
                "https://ado.example.com/dev/Main/My%20Proj/_git/orders",
                "azure-devops-server https://ado.example.com/dev/Main My Proj/orders",
            ),
        ];
        for (remote, expected) in table {
            assert_eq!(known(remote), expected, "{remote}");
        }
    }

    #[test]
    fn a_host_of_somebodys_own_leaves_open_what_runs_there() {
        let (ghes, gitlab) = ("github-enterprise-server", "gitlab-self-managed");
        let (bitbucket, azure) = ("bitbucket-data-center", "azure-devops-server");
        let (host, port) = ("https://git.example.com", "https://git.example.com:8443");
        let table: [(&str, Vec<(&str, &str)>); 9] = [
            (
                "https://git.example.com:8443/acme/orders.git",
                vec![(ghes, port), (gitlab, port)],
            ),
            (
                "https://git.example.com/g/s/orders",
                vec![(gitlab, host), (gitlab, "https://git.example.com/g")],
            ),
            (
                "git@git.example.com:acme/orders.git",
                vec![(ghes, host), (gitlab, host), (bitbucket, host)],
            ),
            (
                "ssh://git@git.example.com:122/acme/orders.git",
                vec![(ghes, host), (gitlab, host), (bitbucket, host)],
            ),
            (
                "ssh://git@git.example.com:2222/g/s/orders.git",
                vec![(gitlab, host)],
            ),
            (
                "[git@git.example.com:2222]:g/s/orders.git",
                vec![(gitlab, host)],
            ),
            (
                "ssh://git@git.example.com:7999/ord/orders.git",
                vec![(bitbucket, host), (ghes, host), (gitlab, host)],
            ),
            (
                "ssh://git.example.com:22/tfs/Main/shop/_git/orders",
                vec![(azure, "https://git.example.com/tfs/Main")],
            ),
            (
                "ssh://git@[::1]:2222/g/s/orders",
                vec![(gitlab, "https://[::1]")],
            ),
        ];
        for (remote, expected) in table {
            let expected: Vec<String> = expected
                .iter()
                .map(|(kind, web)| format!("{kind} {web}"))
                .collect();
            assert_eq!(open(remote), expected, "{remote}");
        }
    }

    #[test]
    fn a_named_site_takes_what_its_path_leaves() {
        let table = [
            (
                Kind::GitHubEnterprise,
                "https://ghe.example.com",
                "git@ghe.example.com:acme/orders.git",
                "acme/orders",
            ),
            (
                Kind::GitHubEnterprise,
                "https://ghe.example.com",
                "work-alias:acme/orders",
                "acme/orders",
            ),
            (
                Kind::GitLabSelfManaged,
                "https://example.com/gitlab",
                "https://example.com/gitlab/g/s/orders.git",
                "g/s/orders",
            ),
            (
                Kind::GitLabSelfManaged,
                "https://example.com/gitlab",
                "git@example.com:g/orders.git",
                "g/orders",
            ),
            (
                Kind::GitLabSelfManaged,
                "https://example.com",
                "https://example.com/gitlab/orders.git",
                "gitlab/orders",
            ),
            (
                Kind::BitbucketDataCenter,
                "https://bb.example.com:8443/ctx",
                "ssh://git@bb.example.com:7999/ord/orders.git",
                "ord/orders",
            ),
            (
                Kind::BitbucketDataCenter,
                "https://bb.example.com/ctx",
                "https://bb.example.com/ctx/scm/ord/orders.git",
                "ord/orders",
            ),
            (
                Kind::AzureServer,
                "https://tfs.example.com:8080/tfs/Main",
                "ssh://tfs.example.com:22/tfs/Main/shop/_git/orders",
                "shop/orders",
            ),
            (
                Kind::GitHub,
                "https://github.com",
                "ssh://git@ssh.github.com:443/acme/orders",
                "acme/orders",
            ),
        ];
        for (kind, web, remote, expected) in table {
            let site = Site::new(kind, web).unwrap();
            let place = locate_on(&site, remote).unwrap();
            assert_eq!(place.repository.to_string(), expected, "{remote}");
            assert_eq!(place.site, site);
        }
        let site = Site::new(Kind::GitHubEnterprise, "https://ghe.example.com").unwrap();
        for elsewhere in [
            "https://evil.example.com/acme/orders",
            "git@github.com:acme/orders",
        ] {
            let error = locate_on(&site, elsewhere).unwrap_err();
            assert!(matches!(error, LocateError::OtherHost { .. }), "{error}");
        }
        assert_eq!(locate_on(&site, "/srv/orders"), Err(LocateError::Directory));
    }

    #[test]
    fn what_is_no_repository_is_told_and_no_secret_with_it() {
        assert_eq!(locate("/srv/git/orders.git"), Ok(Located::Directory));
        for remote in [
            "https://github.com/acme",
            "https://github.com/acme/orders/tree/main",
            "git@gitlab.com:orders",
            "https://dev.azure.com/acme",
            "https://dev.azure.com/acme/shop/team/_git/orders",
            "acme@vs-ssh.visualstudio.com:22/shop/_ssh/orders",
            "https://tfs.example.com/tfs/_git/orders",
            "https://user:hunter2@github.com/",
            "http://user:hunter2@bb.example.com/scm/ORD/orders.git",
            "https://user:hunter2@github.com/a/b%1b[31m",
            "",
        ] {
            let error = locate(remote).unwrap_err();
            let text = format!("{error} {error:?} {}", error.hint());
            assert!(
                !text.contains("hunter2") && !text.contains('\u{1b}'),
                "{text}"
            );
        }
    }

    #[test]
    fn what_git_makes_of_a_remote_counts() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let git = |arguments: &[&str]| fixture.git("work", arguments);
        git(&["remote", "add", "origin", "hub:acme/orders"]);
        let url = || {
            let repository = fixture.open("work");
            repository.effective_url("origin").unwrap().unwrap()
        };
        assert!(matches!(locate(&url()), Ok(Located::Unknown(_))));
        git(&["config", "url.ssh://git@github.com/.insteadOf", "hub:"]);
        assert_eq!(known(&url()), "github https://github.com acme/orders");
        let none = fixture.open("work").effective_url("nowhere").unwrap();
        assert_eq!(none, None);
    }
}
