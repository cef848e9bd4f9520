//! The runtime and the HTTP client under everything: made when the first call needs them, so that a check never
//! pays for them, and the only place that knows `reqwest` and `tokio`.

use std::error::Error;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Method as Verb};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::model::secret::Secret;
use crate::model::text::{shortened, visible};
use crate::net::error::{HttpError, Obstacle};
use crate::net::request::{Method, Request};
use crate::net::response::Response;

/// How connections are made.
#[derive(Clone, Debug)]
pub struct ConnectionOptions {
    /// Straight to this machine, past every proxy.
    pub local: bool,
    /// Without TLS, so no certificates are loaded.
    pub plain: bool,
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// Without a byte.
    pub idle_timeout: Duration,
    /// For one exchange as a whole.
    pub total_timeout: Duration,
    /// The largest body that is read, in bytes after unpacking.
    pub body_limit: usize,
    /// Further certificate authorities, as PEM.
    pub certificates: Option<Vec<u8>>,
    /// Certificate and key that are shown to a service that wants to see them, as PEM, one behind the other.
    pub identity: Option<Secret>,
}

/// Connections to one service or several, made on first use and shared by all threads.
pub struct Connection {
    options: ConnectionOptions,
    live: Mutex<Option<Arc<Live>>>,
}

struct Live {
    runtime: Runtime,
    client: Client,
}

/// Who is asked for what, for errors.
struct Asked {
    name: String,
    host: String,
    /// Whether a certificate of ours was at hand.
    is_identified: bool,
}

impl Connection {
    /// Nothing is made yet.
    pub fn new(options: ConnectionOptions) -> Self {
        Self {
            options,
            live: Mutex::new(None),
        }
    }

    /// One exchange, without redirects. Blocks; several threads may call at once.
    pub fn send(
        &self,
        url: Url,
        request: &Request,
        key: Option<(&'static str, &Secret)>,
    ) -> Result<Response, HttpError> {
        let headers = headers(request, key)?;
        let live = self.live()?;
        let mut call = live
            .client
            .request(verb(request.method), url.clone())
            .headers(headers);
        if let Some(body) = &request.body {
            call = call.body(body.clone());
        } else if request.method != Method::Get {
            // Some gateways answer 411 to a write without a length.
            call = call.header("content-length", "0");
        }
        let asked = Asked {
            name: request.name(),
            host: host(&url),
            is_identified: self.options.identity.is_some(),
        };
        live.runtime
            .block_on(read(call, self.options.body_limit, &asked))
    }

    fn live(&self) -> Result<Arc<Live>, HttpError> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(live) = &*live {
            return Ok(Arc::clone(live));
        }
        let made = Arc::new(make(&self.options)?);
        *live = Some(Arc::clone(&made));
        Ok(made)
    }
}

/// The host of a URL with an unusual port: all that a message may say of where something went.
fn host(url: &Url) -> String {
    let host = visible(url.host_str().unwrap_or_default());
    url.port()
        .map_or(host.clone(), |port| format!("{host}:{port}"))
}

fn make(options: &ConnectionOptions) -> Result<Live, HttpError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| HttpError::Setup(error.to_string()))?;
    let mut builder = Client::builder()
        .user_agent(concat!("git-postman/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.idle_timeout)
        .timeout(options.total_timeout)
        // Followed in `client`, which knows what may see the key.
        .redirect(Policy::none())
        // Shorter than what servers and gateways usually grant, so that no call goes out on a closed connection.
        .pool_idle_timeout(Duration::from_secs(20))
        .referer(false);
    if options.local {
        builder = builder.no_proxy();
    }
    if options.plain {
        builder = builder.tls_certs_only([]);
    }
    if let Some(pem) = &options.certificates {
        let certificates = Certificate::from_pem_bundle(pem)
            .map_err(|error| HttpError::Setup(reason(&error.without_url())))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(pem) = &options.identity {
        // What is wrong with a key is not told in its own words.
        let identity = Identity::from_pem(pem.reveal().as_bytes()).map_err(|_| {
            HttpError::Setup(
                "the client certificate or its key is no PEM, or the key is encrypted".to_owned(),
            )
        })?;
        builder = builder.identity(identity);
    }
    let client = builder.build().map_err(|error| {
        let reason = reason(&error.without_url());
        if reason.contains("No CA certificates") {
            HttpError::NoRoots
        } else {
            HttpError::Setup(reason)
        }
    })?;
    Ok(Live { runtime, client })
}

async fn read(
    call: reqwest::RequestBuilder,
    limit: usize,
    asked: &Asked,
) -> Result<Response, HttpError> {
    let mut answer = call.send().await.map_err(|error| no_answer(error, asked))?;
    let too_large = || HttpError::TooLarge {
        call: asked.name.clone(),
        limit,
    };
    if answer
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(too_large());
    }
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => {
                return Ok(Response {
                    status,
                    headers,
                    body,
                });
            }
            Err(error) if error.is_timeout() => {
                return Err(HttpError::TimedOut {
                    call: asked.name.clone(),
                    host: asked.host.clone(),
                });
            }
            Err(_) => {
                return Err(HttpError::Cut {
                    call: asked.name.clone(),
                    got: body.len(),
                });
            }
        }
    }
}

fn no_answer(error: reqwest::Error, asked: &Asked) -> HttpError {
    let error = error.without_url();
    let why = reason(&error);
    let (call, host) = (asked.name.clone(), asked.host.clone());
    // What the other side says of our certificate comes as an alert.
    if why.contains("fatal alert") && is_about_ours(&why) {
        let shown = asked.is_identified;
        HttpError::ClientCertificate { host, shown, why }
    } else if why.contains("certificate") {
        HttpError::Certificate { host, why }
    } else if error.is_connect() {
        let obstacle = obstacle(&error, &why);
        HttpError::Connect {
            host,
            obstacle,
            why,
        }
    } else if error.is_timeout() {
        HttpError::TimedOut { call, host }
    } else {
        HttpError::Broken { call, host, why }
    }
}

/// Whether an alert of the other side is about our certificate, by the names that the library has for alerts.
fn is_about_ours(why: &str) -> bool {
    [
        "CertificateRequired",
        "BadCertificate",
        "UnknownCA",
        "CertificateExpired",
        "CertificateRevoked",
        "CertificateUnknown",
        "UnsupportedCertificate",
    ]
    .iter()
    .any(|alert| why.contains(alert))
}

fn obstacle(error: &reqwest::Error, why: &str) -> Obstacle {
    if error.is_dns() {
        Obstacle::Name
    } else if why.contains("tunnel error") || why.contains("proxy") {
        Obstacle::Proxy
    } else if error.is_timeout() {
        Obstacle::Silence
    } else if kinds(error).any(|kind| kind == ErrorKind::ConnectionRefused) {
        Obstacle::Refused
    } else {
        Obstacle::Other
    }
}

/// The kinds of all errors of the system below an error.
fn kinds(error: &reqwest::Error) -> impl Iterator<Item = ErrorKind> {
    let mut next: Option<&dyn Error> = Some(error);
    std::iter::from_fn(move || {
        let here = next?;
        next = here.source();
        Some(
            here.downcast_ref::<std::io::Error>()
                .map(std::io::Error::kind),
        )
    })
    .flatten()
}

/// The innermost cause: what the layers above add is their own names.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    shortened(&visible(&innermost.to_string()), 200)
}

fn headers(
    request: &Request,
    key: Option<(&'static str, &Secret)>,
) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let value = HeaderValue::from_str(value)
            .map_err(|_| HttpError::Setup(format!("the header {name} cannot hold its value")))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    if let Some((name, key)) = key {
        let printable = key
            .reveal()
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let mut value = HeaderValue::from_str(key.reveal())
            .ok()
            .filter(|_| printable)
            .ok_or(HttpError::Token)?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

fn verb(method: Method) -> Verb {
    match method {
        Method::Get => Verb::GET,
        Method::Post => Verb::POST,
        Method::Put => Verb::PUT,
        Method::Patch => Verb::PATCH,
        Method::Delete => Verb::DELETE,
    }
}
