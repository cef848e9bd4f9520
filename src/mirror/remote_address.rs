//! The address of a remote, read far enough to tell whether two of them mean one repository.
//!
//! Users, passwords, schemes and ports are no part of what a repository is: the same one is reached over several of them.

use std::fmt;

use crate::git::remote_url::{NoAddress, RemoteUrl, decoded, host_of, without_git};
use crate::model::text::visible;

/// The address of a repository on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteAddress {
    /// The host in lower case, without port. It may be an alias of somebody's ssh configuration.
    host: String,
    /// Organisation, groups and repository, as they are written.
    path: Vec<String>,
}

/// What the address of a remote is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// A repository on a host.
    Hosted(RemoteAddress),
    /// A directory of this machine, which nobody else knows under this name.
    Local,
}

/// Other names of hosts that are one: ssh over the port of HTTPS, and Azure's three.
const SAME_HOSTS: [(&str, &str); 4] = [
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
    ("ssh.dev.azure.com", "dev.azure.com"),
];

const AZURE: &str = "dev.azure.com";
const OLD_AZURE: &str = ".visualstudio.com";

impl Remote {
    /// Reads the address of a remote.
    ///
    /// # Errors
    /// One that has no path, or no host where its form needs one.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        match RemoteUrl::parse(text)? {
            None => Ok(Self::Local),
            Some(url) => RemoteAddress::of(url)
                .map(Self::Hosted)
                .ok_or_else(|| NoAddress::of(text)),
        }
    }

    /// What names it in a record; nothing for a directory of this machine.
    pub fn hosted(&self) -> Option<&RemoteAddress> {
        match self {
            Self::Hosted(address) => Some(address),
            Self::Local => None,
        }
    }
}

/// Whether the directory of this machine that an address names is the repository that Postman calls by these words: its last
/// parts say so.
pub fn is_directory_called(address: &str, organisation: &str, repository: &str) -> bool {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    let own = parts(&path.replace('\\', "/"));
    let called = [parts(organisation), parts(repository)].concat();
    called.len() > 1 && own.ends_with(&called)
}

impl RemoteAddress {
    fn of(url: RemoteUrl) -> Option<Self> {
        let RemoteUrl {
            mut host, mut path, ..
        } = url;
        if let Some((_, same)) = SAME_HOSTS.iter().find(|(other, _)| *other == host) {
            host = (*same).to_owned();
        }
        if let Some(organisation) = host.strip_suffix(OLD_AZURE) {
            let organisation = organisation.to_owned();
            path.retain(|part| part != "DefaultCollection");
            // Over ssh the organisation stands in the path already.
            if organisation != "vs-ssh" {
                path.insert(0, organisation);
            }
            AZURE.clone_into(&mut host);
        }
        if host == AZURE {
            if path.first().is_some_and(|part| part == "v3") {
                path.remove(0);
            }
            path.retain(|part| part != "_git");
            // Its short form is encoded too.
            path = path.iter().map(|part| decoded(part)).collect();
        }
        (!path.is_empty()).then_some(Self { host, path })
    }

    /// The host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Everything between the host and the repository's name: an organisation, groups in groups, a project.
    pub fn organisation(&self) -> String {
        self.path[..self.path.len() - 1].join("/")
    }

    /// The repository's name.
    pub fn repository(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// What names the repository in a record: host and path. No host tells names apart by case alone.
    pub fn identity(&self) -> String {
        format!("{}/{}", self.host, self.path.join("/")).to_lowercase()
    }

    /// Whether this is the repository that Postman calls by these words. `domain` is there for self-managed hosts only, and
    /// may be a whole address with a path of its own.
    pub fn is_called(&self, domain: Option<&str>, organisation: &str, repository: &str) -> bool {
        let mut own: Vec<String> = self.path.iter().map(|part| part.to_lowercase()).collect();
        if let Some(domain) = domain.filter(|domain| !domain.trim().is_empty()) {
            let rest = domain.split_once("://").map_or(domain, |(_, rest)| rest);
            let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if !self.is_alias() && !host_of(authority).eq_ignore_ascii_case(&self.host) {
                return false;
            }
            // A host may keep its repositories below a path, which addresses over ssh leave out.
            let prefix = parts(prefix);
            if !prefix.is_empty() && own.starts_with(&prefix) && own.len() > prefix.len() + 1 {
                own.drain(..prefix.len());
            }
        }
        let (organisation, repository) = (parts(organisation), parts(repository));
        let called = [organisation.as_slice(), repository.as_slice()].concat();
        if own == called {
            return true;
        }
        // On Azure a project stands between the two, and Postman does not always name it.
        self.host == AZURE
            && own.len() == 3
            && organisation.len() == 1
            && repository.len() == 1
            && own.first() == organisation.first()
            && own.last() == repository.first()
    }

    /// Whether the host can only be a name in somebody's ssh configuration. Hosts that others reach have a dot.
    pub fn is_alias(&self) -> bool {
        !self.host.contains(['.', ':']) && self.host != "localhost"
    }
}

impl fmt::Display for RemoteAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.join("/");
        formatter.write_str(&visible(&format!("{}/{path}", self.host)))
    }
}

fn parts(path: &str) -> Vec<String> {
    let parts = path.trim().split('/').filter(|part| !part.is_empty());
    let mut parts: Vec<String> = parts.map(str::to_lowercase).collect();
    if let Some(last) = parts.last_mut() {
        *last = without_git(last).to_owned();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Remote, RemoteAddress};

    fn hosted(text: &str) -> RemoteAddress {
        match Remote::parse(text) {
            Ok(Remote::Hosted(address)) => address,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_form_of_one_address_names_one_repository() {
        let table: [(&str, &[&str]); 7] = [
            (
                "github.com/acme/orders",
                &[
                    "https://github.com/acme/orders",
                    "https://github.com/Acme/Orders.git",
                    "https://user:p%40ss@github.com/acme/orders.git/",
                    "HTTPS://GitHub.com:443/acme/orders",
                    "git@github.com:acme/orders.git",
                    "github.com:acme/orders",
                    "git@github.com:/acme/orders.git",
                    "ssh://git@github.com/acme/orders.git",
                    "ssh://git@ssh.github.com:443/acme/orders.git",
                    "git+ssh://git@github.com/acme/orders",
                    "git://github.com/acme/orders.git",
                    " https://github.com//acme/./orders.git ",
                ],
            ),
            (
                "gitlab.example.com/group/sub/deep/orders",
                &[
                    "https://gitlab.example.com:8443/group/sub/deep/orders.git",
                    "ssh://git@gitlab.example.com:2222/group/sub/deep/orders.git",
                    "[git@gitlab.example.com:2222]:group/sub/deep/orders.git",
                    "git@[gitlab.example.com:2222]:group/sub/deep/orders.git",
                ],
            ),
            (
                "dev.azure.com/acme/shop/orders",
                &[
                    "https://acme@dev.azure.com/acme/shop/_git/orders",
                    "git@ssh.dev.azure.com:v3/acme/shop/orders",
                    "https://acme.visualstudio.com/shop/_git/orders",
                    "https://acme.visualstudio.com/DefaultCollection/shop/_git/orders",
                    "acme@vs-ssh.visualstudio.com:v3/acme/shop/orders",
                ],
            ),
            (
                "dev.azure.com/acme/the shop/orders",
                &[
                    "https://dev.azure.com/acme/the%20shop/_git/orders",
                    "git@ssh.dev.azure.com:v3/acme/the%20shop/orders",
                ],
            ),
            (
                "::1/acme/orders",
                &[
                    "ssh://git@[::1]:22/acme/orders.git",
                    "http://[::1]/acme/orders",
                ],
            ),
            ("host/a b/é", &["https://host/a%20b/%C3%A9.git"]),
            ("host/.git", &["ssh://host/.git"]),
        ];
        for (identity, forms) in table {
            for form in forms {
                assert_eq!(hosted(form).identity(), identity, "{form}");
            }
        }
        let nested = hosted("https://gitlab.com/group/sub/orders");
        assert_eq!(
            (nested.organisation().as_str(), nested.repository()),
            ("group/sub", "orders")
        );
    }

    #[test]
    fn directories_of_this_machine_are_no_ones_address() {
        for text in [
            "/srv/git/orders.git",
            "../orders",
            "file:///srv/git/orders",
            "C:\\git\\orders",
            "c:/git/orders",
            "\\\\server\\share",
            "./a:b",
            "/a:b",
        ] {
            assert!(matches!(Remote::parse(text), Ok(Remote::Local)), "{text}");
        }
        for text in [
            "",
            "https://",
            "https://github.com/",
            "https:///x",
            "git@host:",
            "a@b://",
        ] {
            assert!(Remote::parse(text).is_err(), "{text}");
        }
        let error = Remote::parse("https://user:secret@host/").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(Remote::parse("https://host/a/../b").is_err());
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "@",
            ":",
            "[",
            "[]:",
            "a@[",
            "%",
            "https://h/%",
            "https://h/%e",
            "é:é",
            "[é",
            "://",
            "@:é",
            "[a]b:c",
        ] {
            let _ = Remote::parse(text);
        }
    }

    #[test]
    fn what_postman_says_of_a_repository_is_compared_by_meaning() {
        let called = |address: &str, domain: Option<&str>, organisation: &str, name: &str| {
            hosted(address).is_called(domain, organisation, name)
        };
        let table = [
            (
                "git@github.com:acme/orders.git",
                None,
                "acme",
                "orders",
                true,
            ),
            (
                "git@github.com:acme/orders.git",
                None,
                "Acme",
                "Orders",
                true,
            ),
            (
                "git@github.com:acme/orders.git",
                None,
                "acme",
                "orders2",
                false,
            ),
            (
                "git@github.com:fork/orders.git",
                None,
                "acme",
                "orders",
                false,
            ),
            ("https://gitlab.com/g/s/orders", None, "g/s", "orders", true),
            ("https://gitlab.com/g/s/orders", None, "g", "s/orders", true),
            ("https://gitlab.com/g/s/orders", None, "s", "orders", false),
            ("git@work:acme/orders.git", None, "acme", "orders", true),
            (
                "git@work:acme/orders.git",
                Some("git.acme.io"),
                "acme",
                "orders",
                true,
            ),
            (
                "git@git.acme.io:acme/orders.git",
                Some("git.acme.io"),
                "acme",
                "orders",
                true,
            ),
            (
                "ssh://git@git.acme.io:7999/acme/orders",
                Some("https://git.acme.io:8443"),
                "acme",
                "orders",
                true,
            ),
            (
                "git@github.com:acme/orders.git",
                Some("git.acme.io"),
                "acme",
                "orders",
                false,
            ),
            (
                "https://git.acme.io/gitlab/acme/orders",
                Some("https://git.acme.io/gitlab"),
                "acme",
                "orders",
                true,
            ),
            (
                "git@git.acme.io:acme/orders",
                Some("https://git.acme.io/gitlab"),
                "acme",
                "orders",
                true,
            ),
            (
                "https://dev.azure.com/acme/shop/_git/orders",
                None,
                "acme",
                "orders",
                true,
            ),
            (
                "https://dev.azure.com/acme/shop/_git/orders",
                None,
                "acme",
                "shop/orders",
                true,
            ),
            (
                "https://dev.azure.com/acme/shop/_git/orders",
                None,
                "shop",
                "orders",
                false,
            ),
        ];
        for (address, domain, organisation, name, expected) in table {
            assert_eq!(
                called(address, domain, organisation, name),
                expected,
                "{address} {domain:?} {organisation} {name}"
            );
        }
    }
}
