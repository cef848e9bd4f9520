//! Asking a host which product it runs: each product has one call that answers without a token and gives it away.
//!
//! No token is ever sent here: who answers is not known yet.

use serde::Deserialize;

use crate::model::text::visible;
use crate::net::base_url::BaseUrl;
use crate::net::client::{Client, Settings};
use crate::net::error::HttpError;
use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::provider::kind::ProviderKind;
use crate::provider::locate::{Candidate, LocateError, UnknownHost, locate_on};
use crate::provider::site::{Place, Site};

/// Why it is still not known which product runs on a host.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It answered, and none of its answers is one of a product we know.
    #[error("{host} does not say which product it runs; it was asked for {asked}")]
    Unrecognised {
        /// The host.
        host: String,
        /// What it was asked for.
        asked: String,
    },
    /// No question was answered at all.
    #[error("{host} cannot be asked which product it runs: {cause}")]
    Silent {
        /// The host.
        host: String,
        /// Why the last question was not answered.
        cause: HttpError,
    },
    /// The path is no repository of what runs there, or its address may not be called.
    #[error(transparent)]
    Locate(#[from] LocateError),
}

impl ProbeError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let name = "name it yourself: --provider KIND --url https://HOST, with the path that the product is installed under";
        match self {
            Self::Unrecognised { .. } => name.to_owned(),
            Self::Silent { cause, .. } => format!("{}; or {name}", cause.hint()),
            Self::Locate(error) => error.hint().to_owned(),
        }
    }
}

/// Asks for each candidate in turn; the first whose tell-tale answer comes is it. `settings` makes what a host is called
/// with; a key in it is dropped.
///
/// # Errors
/// A host that does not answer, or whose answers fit no product.
pub fn ask(
    host: &UnknownHost,
    remote: &str,
    settings: &dyn Fn(BaseUrl) -> Settings,
) -> Result<Place, ProbeError> {
    let mut silence = None;
    let mut answered = false;
    for candidate in &host.candidates {
        let site = Site::new(candidate.kind, &candidate.web).map_err(LocateError::from)?;
        let mut settings = settings(site.web.clone());
        settings.key = None;
        match asked(&Client::new(settings), candidate.kind) {
            Ok(true) => return Ok(locate_on(&site, remote)?),
            Ok(false) => answered = true,
            // Whoever sends strangers to sign in elsewhere is there, and says nothing.
            Err(HttpError::RedirectAway { .. } | HttpError::Redirected { .. }) => answered = true,
            Err(error) => silence = Some(error),
        }
    }
    let name = visible(&host.url.host);
    match silence {
        Some(cause) if !answered => Err(ProbeError::Silent { host: name, cause }),
        _ => {
            let kinds = host
                .candidates
                .iter()
                .map(|one: &Candidate| one.kind.name());
            let mut kinds: Vec<&str> = kinds.collect();
            kinds.dedup();
            Err(ProbeError::Unrecognised {
                host: name,
                asked: kinds.join(", "),
            })
        }
    }
}

/// Asks a site whose product is known for anything at all, without a token: whatever it says, it is there.
///
/// # Errors
/// Nobody answers.
pub fn answers(site: &Site, mut settings: Settings) -> Result<(), HttpError> {
    settings.key = None;
    let parts: &[&str] = match site.kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => &["meta"],
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => &["version"],
        ProviderKind::BitbucketCloud => &["user"],
        ProviderKind::BitbucketDataCenter => &["api", "latest", "application-properties"],
        ProviderKind::AzureServices | ProviderKind::AzureServer => &["_apis", "connectionData"],
    };
    let request = Request::new(Method::Get, parts)?.with_header("accept", "application/json");
    match Client::new(settings).exchange(&request) {
        // Who sends strangers to sign in elsewhere is there.
        Ok(_) | Err(HttpError::RedirectAway { .. } | HttpError::Redirected { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn asked(client: &Client, kind: ProviderKind) -> Result<bool, HttpError> {
    let parts: &[&str] = match kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => &["api", "v3", "meta"],
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => &["api", "v4", "version"],
        ProviderKind::BitbucketCloud | ProviderKind::BitbucketDataCenter => {
            &["rest", "api", "latest", "application-properties"]
        }
        ProviderKind::AzureServices | ProviderKind::AzureServer => &["_apis", "connectionData"],
    };
    let request = Request::new(Method::Get, parts)?
        .with_header("accept", "application/json")
        .with_header("x-tfs-fedauthredirect", "Suppress");
    let answer = client.exchange(&request)?;
    Ok(gives_away(kind, &answer))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Telling {
    /// GitHub Enterprise Server.
    #[serde(rename = "installed_version")]
    installed_version: Option<String>,
    /// GitLab to whom it knows, Bitbucket to everybody.
    version: Option<String>,
    /// GitLab to strangers.
    message: Option<String>,
    /// Bitbucket.
    display_name: Option<String>,
    /// Azure.
    instance_id: Option<String>,
}

/// Whether an answer is one that only this product gives.
fn gives_away(kind: ProviderKind, answer: &Response) -> bool {
    let told: Telling = answer.json().unwrap_or_default();
    match kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => {
            answer.header("x-github-enterprise-version").is_some()
                || told.installed_version.is_some()
        }
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => match answer.status {
            200 => told.version.is_some(),
            401 => told
                .message
                .is_some_and(|message| message.starts_with("401 Unauthorized")),
            _ => false,
        },
        ProviderKind::BitbucketCloud | ProviderKind::BitbucketDataCenter => {
            told.version.is_some() && told.display_name.as_deref() == Some("Bitbucket")
        }
        ProviderKind::AzureServices | ProviderKind::AzureServer => {
            told.instance_id.is_some()
                || answer
                    .headers
                    .iter()
                    .any(|(name, _)| name.starts_with("x-tfs-") || name.starts_with("x-vss-"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ProbeError, ask};
    use crate::model::secret::Secret;
    use crate::net::base_url::BaseUrl;
    use crate::net::client::Settings;
    use crate::net::error::HttpError;
    use crate::net::testing::{Heard, Reply, Server};
    use crate::provider::kind::ProviderKind;
    use crate::provider::locate::{Located, UnknownHost, locate};

    fn settings(base: BaseUrl) -> Settings {
        let mut settings = Settings::to(base);
        settings.key = Some(("authorization", Secret::new("Bearer never")));
        settings.connection.total_timeout = Duration::from_secs(5);
        settings
    }

    fn unknown(remote: &str) -> UnknownHost {
        match locate(remote) {
            Ok(Located::Unknown(host)) => host,
            other => panic!("{other:?}"),
        }
    }

    fn host(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
        Server::answering(move |heard: &Heard| answer(&heard.line))
    }

    fn none() -> Reply {
        Reply::of(404, "text/html", "<html><title>Not here</title>")
    }

    #[test]
    fn each_product_gives_itself_away() {
        let ghes = host(|line| match line {
            "GET /api/v3/meta" => Reply::json(200, r#"{"installed_version":"3.19.1"}"#),
            _ => none(),
        });
        let private = host(|line| match line {
            "GET /api/v3/meta" => Reply::json(
                401,
                r#"{"message":"Must authenticate to access this API."}"#,
            )
            .with("X-GitHub-Enterprise-Version", "3.19.1"),
            _ => none(),
        });
        let gitlab = host(|line| match line {
            "GET /api/v4/version" => Reply::json(401, r#"{"message":"401 Unauthorized"}"#),
            _ => none(),
        });
        let rooted = host(|line| match line {
            "GET /gitlab/api/v4/version" => Reply::json(200, r#"{"version":"19.5.0"}"#),
            _ => none(),
        });
        let table = [
            (
                &ghes,
                "acme/orders",
                ProviderKind::GitHubEnterprise,
                "",
                "acme/orders",
            ),
            (
                &private,
                "acme/orders",
                ProviderKind::GitHubEnterprise,
                "",
                "acme/orders",
            ),
            (
                &gitlab,
                "acme/orders",
                ProviderKind::GitLabSelfManaged,
                "",
                "acme/orders",
            ),
            (
                &gitlab,
                "g/s/orders",
                ProviderKind::GitLabSelfManaged,
                "",
                "g/s/orders",
            ),
            (
                &rooted,
                "gitlab/g/orders",
                ProviderKind::GitLabSelfManaged,
                "/gitlab",
                "g/orders",
            ),
        ];
        for (server, path, kind, root, repository) in table {
            let remote = format!("{}/{path}.git", server.base());
            let place = ask(&unknown(&remote), &remote, &settings).unwrap();
            assert_eq!(place.site.kind, kind);
            assert_eq!(
                place.site.web.to_string(),
                format!("{}{root}", server.base())
            );
            assert_eq!(place.repository.to_string(), repository);
            assert!(
                server
                    .heard()
                    .iter()
                    .all(|call| call.header("authorization").is_none())
            );
        }
    }

    #[test]
    fn products_that_only_ssh_leaves_open() {
        let bitbucket = host(|line| match line {
            "GET /rest/api/latest/application-properties" => Reply::json(
                200,
                r#"{"version":"9.2.0","buildNumber":"1","displayName":"Bitbucket"}"#,
            ),
            _ => none(),
        });
        let azure = host(|line| match line {
            "GET /tfs/Main/_apis/connectionData" => {
                Reply::of(401, "text/html", "no").with("X-TFS-ProcessId", "1")
            }
            _ => none(),
        });
        for (server, remote, kind) in [
            (
                &bitbucket,
                "ssh://git@host:7999/ord/orders.git",
                ProviderKind::BitbucketDataCenter,
            ),
            (
                &azure,
                "ssh://host:22/tfs/Main/shop/_git/orders",
                ProviderKind::AzureServer,
            ),
        ] {
            let mut host = unknown(remote);
            for candidate in &mut host.candidates {
                // The test's host has no certificate.
                candidate.web = candidate
                    .web
                    .replace("https://host", &server.base().to_string());
            }
            assert_eq!(ask(&host, remote, &settings).unwrap().site.kind, kind);
        }
    }

    #[test]
    fn what_gives_nothing_away_is_not_guessed() {
        let other = host(|line| match line {
            "GET /api/v4/version" => Reply::json(401, r#"{"message":"token is required"}"#),
            "GET /api/v3/meta" => {
                Reply::json(200, r#"{"verifiable_password_authentication":true}"#)
            }
            _ => Reply::json(302, "").with("location", "https://login.example.com/?next=x"),
        });
        let remote = format!("{}/acme/orders", other.base());
        let error = ask(&unknown(&remote), &remote, &settings).unwrap_err();
        assert_eq!(
            error.to_string(),
            "127.0.0.1 does not say which product it runs; it was asked for GitHub Enterprise Server, GitLab Self-Managed"
        );
        assert!(error.hint().contains("--provider KIND --url"));

        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let remote = format!("http://{}/acme/orders", closed.local_addr().unwrap());
        drop(closed);
        let error = ask(&unknown(&remote), &remote, &settings).unwrap_err();
        assert!(matches!(
            error,
            ProbeError::Silent {
                cause: HttpError::Connect { .. },
                ..
            }
        ));
        let insecure = "http://git.example.com/acme/orders";
        let error = ask(&unknown(insecure), insecure, &settings).unwrap_err();
        assert!(matches!(error, ProbeError::Locate(_)), "{error}");
    }
}
