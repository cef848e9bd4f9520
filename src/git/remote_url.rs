//! The URL of a remote, taken apart: every form that git takes.
//!
//! `https://`, `ssh://`, `git://`, the short `user@host:path`, and directories of this machine. Users and passwords are
//! dropped where they are read, so that nothing made from this can show them.

use crate::model::text::{shortened, visible};

/// How a remote is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `https`, encrypted.
    Https,
    /// `http`, not encrypted.
    Http,
    /// Over ssh, in its long or its short form.
    Ssh,
    /// Another one: `git://`, a remote helper.
    Other,
}

/// A repository on a host, as the URL says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteUrl {
    /// How it is reached.
    pub transport: Transport,
    /// The host in lower case, without port. Over ssh it may be an alias of somebody's configuration.
    pub host: String,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// The parts of the path, decoded where the form encodes them, without the ending `.git`. Never empty.
    pub path: Vec<String>,
}

/// An address that git may understand and that names no repository here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the remote's address `{0}` names no repository")]
pub struct NoAddress(String);

impl NoAddress {
    /// About an address. What stands before an `@` may be a password and is left out.
    pub fn of(text: &str) -> Self {
        let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
        Self(shortened(&visible(shown.trim()), 80))
    }
}

impl RemoteUrl {
    /// Reads the URL of a remote; `None` for a directory of this machine.
    ///
    /// # Errors
    /// One that has no path, or no host where its form needs one.
    pub fn parse(text: &str) -> Result<Option<Self>, NoAddress> {
        let text = text.trim();
        if let Some((scheme, rest)) = text.split_once("://") {
            let scheme = scheme.to_ascii_lowercase();
            if scheme == "file" {
                return Ok(None);
            }
            let transport = match scheme.as_str() {
                "https" => Transport::Https,
                "http" => Transport::Http,
                "ssh" | "git+ssh" | "ssh+git" => Transport::Ssh,
                _ => Transport::Other,
            };
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let path = path.split(['?', '#']).next().unwrap_or(path);
            let url = Self::new(transport, authority, path, decoded);
            return url.map(Some).ok_or_else(|| NoAddress::of(text));
        }
        if is_windows_path(text) {
            return Ok(None);
        }
        match short_form(text) {
            Some((host, path)) => Self::new(Transport::Ssh, host, path, str::to_owned)
                .map(Some)
                .ok_or_else(|| NoAddress::of(text)),
            None if text.is_empty() => Err(NoAddress::of(text)),
            None => Ok(None),
        }
    }

    fn new(
        transport: Transport,
        authority: &str,
        path: &str,
        read: fn(&str) -> String,
    ) -> Option<Self> {
        let (host, port) = host_and_port(authority);
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let mut path: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(read)
            .collect();
        if let Some(last) = path.last_mut() {
            *last = without_git(last).to_owned();
        }
        // A part that decodes to several would be another path than the one that is written.
        let odd = |part: &String| part == ".." || part == "." || part.contains(['\0', '/']);
        if host.is_empty() || path.is_empty() || path.iter().any(odd) {
            return None;
        }
        Some(Self {
            transport,
            host,
            port,
            path,
        })
    }
}

/// A text in which no address says who signs in: a token may stand there, as the password or as the user.
pub fn without_logins(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let is_end = |character: char| character.is_whitespace() || "/'\"`".contains(character);
        let authority = after.split(is_end).next().unwrap_or_default();
        rest = match authority.rfind('@') {
            Some(at) => &after[at + 1..],
            None => after,
        };
    }
    shown + rest
}

/// The host of an authority: neither user nor port.
pub fn host_of(authority: &str) -> &str {
    host_and_port(authority).0
}

/// A name without the ending that git allows to leave out.
pub fn without_git(name: &str) -> &str {
    match name.strip_suffix(".git") {
        Some(short) if !short.is_empty() => short,
        _ => name,
    }
}

/// A text with `%20` and the like as what they stand for.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
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
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    let inner = match in_brackets(authority) {
        Some(inner) if inner.contains('@') => inner,
        _ => authority,
    };
    let host = inner.rsplit_once('@').map_or(inner, |(_, host)| host);
    let (host, after) = match host.strip_prefix('[') {
        Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
        None => (host, ""),
    };
    if let Some(port) = after.strip_prefix(':') {
        return (host, port.parse().ok());
    }
    match host.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, port.parse().ok())
        }
        _ => (host, None),
    }
}

/// What stands in brackets at the start, where there are any: in the short form `[user@host:22]`.
fn in_brackets(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    inner.split(']').next()
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

#[cfg(test)]
mod tests {
    use super::{RemoteUrl, Transport, without_logins};

    fn parsed(text: &str) -> RemoteUrl {
        RemoteUrl::parse(text).unwrap().unwrap()
    }

    #[test]
    fn a_url_is_taken_apart_without_its_credentials() {
        for (text, transport, host, port, path) in [
            (
                "https://user:p%40ss@Host.example.com:8443/a%20b/c.git/?x=1#y",
                Transport::Https,
                "host.example.com",
                Some(8443),
                "a b|c",
            ),
            ("http://host/a/b", Transport::Http, "host", None, "a|b"),
            (
                "git@host:a/b%20c.git",
                Transport::Ssh,
                "host",
                None,
                "a|b%20c",
            ),
            (
                "git+ssh://git@host:22/~a/b",
                Transport::Ssh,
                "host",
                Some(22),
                "~a|b",
            ),
            (
                "[git@host:2222]:a/b",
                Transport::Ssh,
                "host",
                Some(2222),
                "a|b",
            ),
            (
                "git@[host:2222]:a/b",
                Transport::Ssh,
                "host",
                Some(2222),
                "a|b",
            ),
            ("ssh://[::1]:22/a", Transport::Ssh, "::1", Some(22), "a"),
            ("[::1]:a/b", Transport::Ssh, "::1", None, "a|b"),
            ("git://host/a", Transport::Other, "host", None, "a"),
            ("https://host/.git", Transport::Https, "host", None, ".git"),
        ] {
            let url = parsed(text);
            let found = (url.transport, url.host.as_str(), url.port);
            assert_eq!(found, (transport, host, port), "{text}");
            assert_eq!(url.path.join("|"), path, "{text}");
            assert!(!format!("{url:?}").contains("ss@"), "{text}");
        }
    }

    #[test]
    fn no_text_says_who_signs_in() {
        for (text, shown) in [
            ("fatal: no such remote", "fatal: no such remote"),
            ("https://token@host/a@b", "https://host/a@b"),
            (
                "fatal: could not read Password for 'https://to:k@en@host': prompts disabled",
                "fatal: could not read Password for 'https://host': prompts disabled",
            ),
            (
                "ssh://a@one/x https://b:c@two:443 git@three:x ://",
                "ssh://one/x https://two:443 git@three:x ://",
            ),
        ] {
            assert_eq!(without_logins(text), shown);
        }
    }

    #[test]
    fn an_encoded_way_out_is_no_path() {
        for text in [
            "https://host/a/%2e%2e/b",
            "https://host/a/../b",
            "https://host/a%00",
            "https://host/a%2F..%2Fb",
        ] {
            assert!(RemoteUrl::parse(text).is_err(), "{text}");
        }
        let error = RemoteUrl::parse("https://user:secret@host/").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the remote's address `host/` names no repository"
        );
    }

    #[test]
    fn directories_of_this_machine_are_nobodys_address() {
        for text in [
            "/srv/a.git",
            "../a",
            "file:///srv/a",
            "C:\\a",
            "c:/a",
            "\\\\s\\a",
            "./a:b",
        ] {
            assert_eq!(RemoteUrl::parse(text), Ok(None), "{text}");
        }
    }
}
