//! Where a service stands: a URL that may be sent a key.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::model::text::{shortened, visible};

/// A base URL: `https`, or `http` to this machine; no credentials, no query, perhaps a path in front of every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    prefix: String,
}

/// Why a text is no base URL. It never repeats what could be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// No URL at all.
    #[error("`{0}` is no URL")]
    NotUrl(String),
    /// Neither `https` nor `http` to this machine.
    #[error(
        "`{0}` would carry the key unencrypted: only https is allowed, and http to this machine"
    )]
    Unencrypted(String),
    /// A user name or a password stands in it.
    #[error(
        "the URL of `{0}` holds credentials: a URL is shown and logged, so they do not belong there"
    )]
    Credentials(String),
    /// A question mark or a hash.
    #[error(
        "the URL of `{0}` holds a query or a fragment: only scheme, host and path make a base URL"
    )]
    Query(String),
}

/// Why a call cannot be addressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be part of an address")]
pub struct AddressError(pub String);

impl BaseUrl {
    /// Reads a base URL.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let unreadable = || {
            // Whatever stands before an `@` may be a password.
            let after = text.rsplit('@').next().unwrap_or(text);
            BaseUrlError::NotUrl(shortened(&visible(after), 80))
        };
        let url = Url::parse(text).map_err(|_| unreadable())?;
        let host = url.host_str().ok_or_else(unreadable)?.to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials(host));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(BaseUrlError::Unencrypted(host)),
            _ => return Err(unreadable()),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query(host));
        }
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self { url, prefix })
    }

    /// The host, with its port where that is not the usual one.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// It is spoken to without TLS.
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// It is this machine: no proxy stands between.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The URL of a call. `path` begins with a slash and is encoded already.
    pub fn join(&self, path: &str, query: &[(&'static str, String)]) -> Result<Url, AddressError> {
        let refused = || AddressError(shortened(&visible(path), 120));
        let mut url = self.url.clone();
        let (path, own_query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let whole = format!("{}{path}", self.prefix);
        url.set_path(&whole);
        url.set_query(own_query);
        // A path that the URL standard shortens (`..`) would be another call than the one that was meant.
        if !path.starts_with('/') || url.path() != whole {
            return Err(refused());
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Where the service's own answer points: a path of the same service, without the prefix. `None` where it
    /// leads to another host.
    pub fn same_service(&self, location: &str) -> Option<String> {
        let target = self.url.join(location).ok()?;
        if target.origin() != self.url.origin() || !target.username().is_empty() {
            return None;
        }
        let path = match target.query() {
            Some(query) => format!("{}?{query}", target.path()),
            None => target.path().to_owned(),
        };
        // Behind a gateway the service may know its prefix or not.
        let inner = path
            .strip_prefix(&self.prefix)
            .filter(|rest| rest.starts_with('/'));
        Some(inner.map_or(path.clone(), str::to_owned))
    }

    /// The host that an answer points to, with an unusual port: for messages.
    pub fn target_host(&self, location: &str) -> Option<String> {
        let target = self.url.join(location).ok()?;
        let host = visible(target.host_str()?);
        Some(
            target
                .port()
                .map_or(host.clone(), |port| format!("{host}:{port}")),
        )
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

/// One part of a path, encoded whole: a slash in it becomes `%2F`. An empty part or dots would be another address.
pub fn segment(part: &str) -> Result<String, AddressError> {
    if part.is_empty() || part == "." || part == ".." {
        return Err(AddressError(part.to_owned()));
    }
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(encoded)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{BaseUrl, BaseUrlError, segment};

    #[test]
    fn a_key_travels_encrypted_or_stays_on_this_machine() {
        for good in [
            "https://api.getpostman.com",
            "https://gateway.example.com:8443/postman/",
            "http://127.0.0.1:4000",
            "http://[::1]:4000",
            "http://localhost",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for plain in [
            "http://api.getpostman.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
        ] {
            let error = BaseUrl::parse(plain).unwrap_err();
            assert!(matches!(error, BaseUrlError::Unencrypted(_)), "{plain}");
        }
        for wrong in [
            "",
            "api.getpostman.com",
            "ftp://a.example.com",
            "file:///etc",
        ] {
            let error = BaseUrl::parse(wrong).unwrap_err();
            assert!(matches!(error, BaseUrlError::NotUrl(_)), "{wrong}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        for text in ["https://user:hunter2@example.com", "ftp://u:hunter2@[bad"] {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(matches!(
            BaseUrl::parse("https://example.com/?apikey=1"),
            Err(BaseUrlError::Query(_))
        ));
    }

    #[test]
    fn a_part_of_a_path_cannot_leave_its_place() {
        assert_eq!(
            segment("components/a b.yaml").unwrap(),
            "components%2Fa%20b.yaml"
        );
        assert_eq!(segment("ü?#%").unwrap(), "%C3%BC%3F%23%25");
        for wrong in ["", ".", ".."] {
            assert!(segment(wrong).is_err());
        }
        let base = BaseUrl::parse("https://example.com/gate").unwrap();
        let url = base.join("/specs/a%2Fb", &[("cursor", "x&y".to_owned())]);
        assert_eq!(
            url.unwrap().as_str(),
            "https://example.com/gate/specs/a%2Fb?cursor=x%26y"
        );
        for climbing in ["/specs/../me", "/specs/%2e%2e/me", "specs"] {
            assert!(base.join(climbing, &[]).is_err(), "{climbing}");
        }
    }

    #[test]
    fn where_an_answer_points_stays_on_the_host() {
        let base = BaseUrl::parse("https://example.com/gate").unwrap();
        assert_eq!(
            base.same_service("/apis/1/tasks/2").unwrap(),
            "/apis/1/tasks/2"
        );
        assert_eq!(
            base.same_service("/gate/apis/1?a=b").unwrap(),
            "/apis/1?a=b"
        );
        assert_eq!(base.same_service("https://example.com/x").unwrap(), "/x");
        for away in [
            "https://evil.example.com/x",
            "//evil.example.com",
            "http://example.com/x",
        ] {
            assert_eq!(base.same_service(away), None, "{away}");
        }
    }
}
