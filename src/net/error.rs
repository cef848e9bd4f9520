//! Why no answer came, what became of the call, and what to do.

use std::time::Duration;

use crate::net::base_url::{AddressError, BaseUrlError};

/// What became of a call that brought no good answer: this decides whether it may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not carried out, and the reason may pass: sending it again is safe.
    NotDone,
    /// Nobody knows: it may have been carried out before the answer was lost.
    InDoubt,
    /// Sending it again would bring the same.
    Final,
}

/// What stood in the way of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The name of the host leads to no address.
    Name,
    /// Somebody said no at once: nothing listens.
    Refused,
    /// Nobody said anything in time.
    Silence,
    /// A proxy between.
    Proxy,
    /// Anything else.
    Other,
}

/// No answer that could be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The base URL.
    #[error(transparent)]
    Base(#[from] BaseUrlError),
    /// A path that is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A token with a line break or a letter outside of ASCII in it.
    #[error("the token holds characters that no token has")]
    Token,
    /// `--offline`.
    #[error("{host} is needed, and --offline refuses every network access")]
    Offline {
        /// Who was to be called.
        host: String,
    },
    /// No certificate authorities on this machine.
    #[error(
        "this machine has no list of certificate authorities, so no https connection can be trusted"
    )]
    NoRoots,
    /// The client cannot be made.
    #[error("the network client cannot be set up: {0}")]
    Setup(String),
    /// The certificate of the service, or of a proxy that opens the traffic.
    #[error("the certificate of {host} is not trusted: {why}")]
    Certificate {
        /// Who was called.
        host: String,
        /// In the words of the TLS library.
        why: String,
    },
    /// The service wants to see a certificate of ours, and takes none or another one.
    #[error("{host} wants a client certificate, and {}: {why}", if *.shown { "does not take the one it was shown" } else { "was shown none" })]
    ClientCertificate {
        /// Who was called.
        host: String,
        /// Whether it was shown one.
        shown: bool,
        /// In the words of the TLS library.
        why: String,
    },
    /// Nobody answered at that address.
    #[error("{host} cannot be reached: {}{why}", .obstacle.words())]
    Connect {
        /// Who was called.
        host: String,
        /// What stood in the way.
        obstacle: Obstacle,
        /// In the words of the system.
        why: String,
    },
    /// Too slow.
    #[error("{call}: no whole answer from {host} within the time limit")]
    TimedOut {
        /// The call.
        call: String,
        /// Who was called.
        host: String,
    },
    /// The connection broke before an answer came.
    #[error("{call}: the connection to {host} broke: {why}")]
    Broken {
        /// The call.
        call: String,
        /// Who was called.
        host: String,
        /// In the words of the library.
        why: String,
    },
    /// The connection broke in the middle of the answer.
    #[error("{call}: the answer was cut off after {got} bytes")]
    Cut {
        /// The call.
        call: String,
        /// How much came.
        got: usize,
    },
    /// More than we are ready to read.
    #[error("{call}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The call.
        call: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// A list that goes on and on.
    #[error("a list does not end: {pages} pages of it were read")]
    Endless {
        /// So many were read.
        pages: usize,
    },
    /// A redirect to another host, which must not see the key.
    #[error("{call}: {host} sends us to another host, {to}; the key was not sent there")]
    RedirectAway {
        /// The call.
        call: String,
        /// Who answered.
        host: String,
        /// Where it pointed, without path.
        to: String,
    },
    /// A redirect that is not followed.
    #[error("{call}: redirected {0}", if *.looped { "in a circle" } else { "although it changes something" })]
    Redirected {
        /// The call.
        call: String,
        /// Too many of them.
        looped: bool,
    },
    /// The rate limit would make us wait longer than we are ready to.
    #[error("the rate limit of {host} leaves no call for the next {} seconds", .wait.as_secs())]
    RateLimit {
        /// Who limits.
        host: String,
        /// How long.
        wait: Duration,
    },
}

impl Obstacle {
    /// In words that stand before the system's own.
    fn words(self) -> &'static str {
        match self {
            Self::Name => "its name leads to no address: ",
            Self::Refused => "nothing listens there: ",
            Self::Silence => "nobody answers there: ",
            Self::Proxy => "the proxy on the way does not let it through: ",
            Self::Other => "",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Name => {
                "look at the name of the host; a name of an internal network is known only inside of it, or over its VPN"
            }
            Self::Refused => {
                "look at the port and whether the service runs; where HTTPS_PROXY is set, at the proxy itself"
            }
            Self::Silence => {
                "a firewall drops it, or the network is another one: look at the VPN, at HTTPS_PROXY and at NO_PROXY"
            }
            Self::Proxy => {
                "look at HTTPS_PROXY (with user and password where the proxy wants them: http://USER:PASSWORD@HOST:PORT), and name in NO_PROXY what is reached without it"
            }
            Self::Other => {
                "look at the network, at HTTPS_PROXY and NO_PROXY, and at the name of the host"
            }
        }
    }
}

impl HttpError {
    /// What became of the call.
    pub fn fate(&self) -> Fate {
        match self {
            Self::Connect { .. } => Fate::NotDone,
            Self::TimedOut { .. } | Self::Broken { .. } | Self::Cut { .. } => Fate::InDoubt,
            _ => Fate::Final,
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Base(_) => {
                "set the base URL of the service, for example https://api.getpostman.com"
            }
            Self::Address(_) => "this id or path cannot be right: look where it comes from",
            Self::Token => "copy the token again, without line breaks",
            Self::Offline { .. } => "run it without --offline",
            Self::NoRoots => {
                "install the package ca-certificates, or name a bundle of certificates in SSL_CERT_FILE"
            }
            Self::Setup(_) => "look at HTTPS_PROXY, HTTP_PROXY and SSL_CERT_FILE",
            Self::Certificate { .. } => {
                "where a company's own authority or proxy has signed it, name that authority's certificate in SSL_CERT_FILE, or for a provider in git's `http.<url>.sslCAInfo`; otherwise do not go on"
            }
            Self::ClientCertificate { .. } => {
                "name certificate and key in git's own settings: `git config --global http.<url>.sslCert FILE` and `http.<url>.sslKey FILE`"
            }
            Self::Connect { obstacle, .. } => obstacle.hint(),
            Self::TimedOut { .. } | Self::Broken { .. } | Self::Cut { .. } => {
                "try again; where it stays so, a proxy or a firewall on the way is the likely cause"
            }
            Self::TooLarge { .. } => {
                "this is far more than expected: look whether the base URL is right"
            }
            Self::RedirectAway { .. } => {
                "set the base URL to the host that really answers, if it is one to trust"
            }
            Self::Endless { .. } => {
                "no list is that long: look whether the base URL is right, or tell whoever runs the service"
            }
            Self::Redirected { .. } => "look whether the base URL is right",
            Self::RateLimit { .. } => "wait, or let fewer runs use the same key at once",
        }
    }
}
