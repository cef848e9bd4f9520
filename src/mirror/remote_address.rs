//! The address of a remote, read far enough to tell whether two of them mean one repository.
//!
//! Every form that git takes: `https://`, `ssh://`, `git://`, the short `user@host:path`, and directories of this machine.
//! Users, passwords, schemes and ports are no part of what a repository is: the same one is reached over several of them.

use std::fmt;

use crate::model::text::{shortened, visible};

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
    Local(String),
}

/// An address that git may understand and that names no repository here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the remote's address `{0}` names no repository")]
pub struct NoAddress(String);

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
        let text = text.trim();
        // What stands before an `@` may be a password.
        let none = || {
            let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
            NoAddress(shortened(&visible(shown), 80))
        };
        if let Some((scheme, rest)) = text.split_once("://") {
            if scheme.eq_ignore_ascii_case("file") {
                return Ok(Self::Local(rest.to_owned()));
            }
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let address = RemoteAddress::new(host_of(authority), &decoded(path));
            return address.map(Self::Hosted).ok_or_else(none);
        }
        if is_windows_path(text) {
            return Ok(Self::Local(text.to_owned()));
        }
        match short_form(text) {
            Some((host, path)) => RemoteAddress::new(host_of(host), path)
                .map(Self::Hosted)
                .ok_or_else(none),
            None if text.is_empty() => Err(none()),
            None => Ok(Self::Local(text.to_owned())),
        }
    }

    /// Whether this is the repository that Postman calls by these words: see [`RemoteAddress::is_called`]. A directory of
    /// this machine is known by its last parts.
    pub fn is_called(&self, domain: Option<&str>, organisation: &str, repository: &str) -> bool {
        match self {
            Self::Hosted(address) => address.is_called(domain, organisation, repository),
            Self::Local(path) => {
                let own = parts(&path.replace('\\', "/"));
                let called = [parts(organisation), parts(repository)].concat();
                called.len() > 1 && own.ends_with(&called)
            }
        }
    }

    /// What names it in a record; nothing for a directory of this machine.
    pub fn hosted(&self) -> Option<&RemoteAddress> {
        match self {
            Self::Hosted(address) => Some(address),
            Self::Local(_) => None,
        }
    }
}

impl RemoteAddress {
    fn new(host: &str, path: &str) -> Option<Self> {
        let mut host = host.trim_end_matches('.').to_ascii_lowercase();
        let mut path: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_owned)
            .collect();
        if let Some(last) = path.last_mut()
            && let Some(name) = last.strip_suffix(".git")
            && !name.is_empty()
        {
            *last = name.to_owned();
        }
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
        }
        if host.is_empty() || path.is_empty() || path.iter().any(|part| part == "..") {
            return None;
        }
        Some(Self { host, path })
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
    if let Some(last) = parts.last_mut()
        && let Some(name) = last.strip_suffix(".git")
        && !name.is_empty()
    {
        *last = name.to_owned();
    }
    parts
}

/// The host of an authority: neither user nor port.
fn host_of(authority: &str) -> &str {
    let inner = in_brackets(authority);
    let host = inner.rsplit_once('@').map_or(inner, |(_, host)| host);
    let host = in_brackets(host);
    match host.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// What stands in brackets at the start, where there are any: `[::1]:22`, and in the short form `[host:22]`.
fn in_brackets(text: &str) -> &str {
    let inner = text.strip_prefix('[');
    inner.map_or(text, |inner| inner.split(']').next().unwrap_or(inner))
}

/// `user@host:path`, as git reads it: a colon before the first slash. Brackets may hold colons of their own.
fn short_form(text: &str) -> Option<(&str, &str)> {
    let before_path = text.split('/').next()?;
    let closed = before_path.rfind(']').unwrap_or(0);
    let colon = closed + before_path.get(closed..)?.find(':')?;
    let (host, path) = (text.get(..colon)?, text.get(colon + 1..)?);
    (!host.is_empty()).then_some((host, path))
}

fn is_windows_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
        || text.starts_with("\\\\")
}

/// A path with `%20` and the like as what they stand for.
fn decoded(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
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
        let table: [(&str, &[&str]); 6] = [
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
            assert!(
                matches!(Remote::parse(text), Ok(Remote::Local(_))),
                "{text}"
            );
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
