//! One call, as it is to be sent: without host and without key.

use std::fmt;

use crate::net::base_url::{AddressError, segment};

/// The verbs that the services use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Create, or start something.
    Post,
    /// Replace.
    Put,
    /// Change a part.
    Patch,
    /// Delete.
    Delete,
}

impl Method {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Which budget a call is taken from. Every call counts as general.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// The limit of all calls together.
    General,
    /// A few calls have a tight limit on top of it.
    Strict,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Encoded, beginning with a slash, without the prefix of the base URL; may hold a query that the service made.
    pub path: String,
    /// Name and value, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// Further headers. The key is none of them.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Option<Vec<u8>>,
    /// Which budget it is taken from.
    pub bucket: Bucket,
    /// Whether a redirect on the same host is followed. Only a GET ever is.
    pub follow: bool,
}

impl Request {
    /// A call to the path made of these parts, each encoded whole.
    pub fn new(method: Method, parts: &[&str]) -> Result<Self, AddressError> {
        let mut path = String::new();
        for part in parts {
            path.push('/');
            path.push_str(&segment(part)?);
        }
        Ok(Self::to_path(method, path))
    }

    /// A call to a path that is encoded already, such as one that the service named itself.
    pub fn to_path(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            bucket: Bucket::General,
            follow: method == Method::Get,
        }
    }

    /// The same with a query parameter.
    #[must_use]
    pub fn with_query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn with_json(mut self, body: Vec<u8>) -> Self {
        self.headers
            .push(("content-type", "application/json".to_owned()));
        self.body = Some(body);
        self
    }

    /// The same from the tight budget.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.bucket = Bucket::Strict;
        self
    }

    /// The same, and a redirect is an answer like any other.
    #[must_use]
    pub fn without_following(mut self) -> Self {
        self.follow = false;
        self
    }

    /// `GET /me`: for messages.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}
