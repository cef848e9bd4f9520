//! A service to call: base URL, key, limiter. One call in, one whole answer out, whatever its status.

use std::sync::Arc;
use std::time::Duration;

use crate::model::secret::Secret;
use crate::net::base_url::BaseUrl;
use crate::net::clock::{Clock, SystemClock};
use crate::net::connection::{Connection, ConnectionOptions};
use crate::net::error::HttpError;
use crate::net::limiter::{Budget, Limiter, Quota};
use crate::net::rate::{Rates, read};
use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::net::trace::{Calls, Event, Exchange, Observer};

/// More redirects than this are a circle.
const MOST_REDIRECTS: usize = 5;

/// What a client is made of.
#[derive(Clone)]
pub struct Settings {
    /// Where the service stands.
    pub base: BaseUrl,
    /// The header that carries the key, in lower case, and the key.
    pub key: Option<(&'static str, Secret)>,
    /// Every call is refused.
    pub offline: bool,
    /// How connections are made.
    pub connection: ConnectionOptions,
    /// The limit of all calls.
    pub general: Budget,
    /// The limit of the few.
    pub strict: Budget,
    /// The longest wait for a limit.
    pub longest_wait: Duration,
    /// What waiting is done by.
    pub clock: Arc<dyn Clock>,
    /// Who watches.
    pub observer: Option<Observer>,
}

/// A service to call. Clones share everything.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    connection: Connection,
    limiter: Limiter,
    calls: Calls,
}

impl Settings {
    /// Sensible settings for a service, with Postman's limits.
    pub fn to(base: BaseUrl) -> Self {
        let connection = ConnectionOptions {
            local: base.is_loopback(),
            plain: base.is_plain(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(300),
            body_limit: 64 * 1024 * 1024,
            certificates: None,
            identity: None,
        };
        Self {
            base,
            key: None,
            offline: false,
            connection,
            general: Budget {
                calls: 300,
                per: Duration::from_secs(60),
            },
            strict: Budget {
                calls: 10,
                per: Duration::from_secs(10),
            },
            longest_wait: Duration::from_secs(300),
            clock: Arc::new(SystemClock::start()),
            observer: None,
        }
    }
}

impl Client {
    /// A client. Nothing is opened yet.
    pub fn new(settings: Settings) -> Self {
        let limiter = Limiter::new(
            Arc::clone(&settings.clock),
            settings.general,
            settings.strict,
            settings.longest_wait,
        );
        let connection = Connection::new(settings.connection.clone());
        let inner = Inner {
            settings,
            connection,
            limiter,
            calls: Calls::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Sends one call, once, when the limit allows it, and gives back what came: any status is an answer.
    /// Redirects on the same host are followed for a GET.
    pub fn exchange(&self, request: &Request) -> Result<Response, HttpError> {
        let settings = &self.inner.settings;
        if settings.offline {
            return Err(HttpError::Offline {
                host: settings.base.host(),
            });
        }
        let mut response = self.once(request)?;
        let mut hops = 0;
        while let Some(location) = redirect(&response) {
            if !request.follow && self.here(location).is_some() {
                break;
            }
            let path = self
                .here(location)
                .ok_or_else(|| self.away(request, location))?;
            if request.method != Method::Get || hops == MOST_REDIRECTS {
                let looped = request.method == Method::Get;
                return Err(HttpError::Redirected {
                    call: request.name(),
                    looped,
                });
            }
            let next = Request {
                path,
                query: Vec::new(),
                ..request.clone()
            };
            response = self.once(&next)?;
            hops += 1;
        }
        Ok(response)
    }

    /// What an answer says of the limits.
    pub fn rates(response: &Response) -> Rates {
        read(&response.headers)
    }

    /// What is left of the month.
    pub fn quota(&self) -> Quota {
        self.inner.limiter.quota()
    }

    /// How long so many calls take at least, of which some count for the tight limit too.
    pub fn estimate(&self, general: u32, strict: u32) -> Duration {
        self.inner.limiter.estimate(general, strict)
    }

    /// Where the service stands.
    pub fn base(&self) -> &BaseUrl {
        &self.inner.settings.base
    }

    /// What waiting is done by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.settings.clock
    }

    /// How many calls were sent.
    pub fn calls(&self) -> &Calls {
        &self.inner.calls
    }

    /// Waits, and tells who watches.
    pub fn wait(&self, duration: Duration) {
        self.tell(&Event::Waiting(duration));
        self.clock().sleep(duration);
    }

    fn once(&self, request: &Request) -> Result<Response, HttpError> {
        let inner = &self.inner;
        let url = inner.settings.base.join(&request.path, &request.query)?;
        let told = |duration| self.tell(&Event::Waiting(duration));
        let pass = inner
            .limiter
            .acquire(request.bucket, &told)
            .map_err(|wait| HttpError::RateLimit {
                host: inner.settings.base.host(),
                wait,
            })?;
        inner.calls.count();
        let start = inner.settings.clock.now();
        let key = inner.settings.key.as_ref().map(|(name, key)| (*name, key));
        let outcome = inner.connection.send(url, request, key);
        if let Ok(response) = &outcome {
            let rates = read(&response.headers);
            inner.limiter.learn(request.bucket, &rates);
            if response.status == 429
                && let Some(wait) = rates.retry_after.or(rates.reset)
            {
                inner.limiter.pause(request.bucket, wait);
            }
        }
        drop(pass);
        let took = inner.settings.clock.now().saturating_sub(start);
        self.tell(&Event::Exchange(Exchange {
            request,
            outcome: outcome.as_ref(),
            took,
        }));
        outcome
    }

    fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.inner.settings.observer {
            observer(event);
        }
    }

    fn here(&self, location: &str) -> Option<String> {
        self.inner.settings.base.same_service(location)
    }

    fn away(&self, request: &Request, location: &str) -> HttpError {
        let base = &self.inner.settings.base;
        HttpError::RedirectAway {
            call: request.name(),
            host: base.host(),
            to: base
                .target_host(location)
                .unwrap_or_else(|| "an address that cannot be read".to_owned()),
        }
    }
}

fn redirect(response: &Response) -> Option<&str> {
    matches!(response.status, 301 | 302 | 303 | 307 | 308)
        .then(|| response.header("location"))
        .flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{Client, Settings};
    use crate::model::secret::Secret;
    use crate::net::clock::SteppedClock;
    use crate::net::error::{Fate, HttpError};
    use crate::net::pool;
    use crate::net::request::{Method, Request};
    use crate::net::testing::{Reply, Server};
    use crate::net::trace::Event;

    fn settings(server: &Server) -> Settings {
        let mut settings = Settings::to(server.base());
        settings.key = Some(("x-api-key", Secret::new("PMAK-secret")));
        settings.clock = Arc::new(SteppedClock::default());
        settings.connection.total_timeout = Duration::from_secs(5);
        settings
    }

    fn client(server: &Server) -> Client {
        Client::new(settings(server))
    }

    fn get(client: &Client) -> Result<super::Response, HttpError> {
        client.exchange(&Request::new(Method::Get, &["me"]).unwrap())
    }

    #[test]
    fn a_call_carries_key_agent_body_and_encoded_parts() {
        let server = Server::script(vec![Reply::json(200, "{}")]);
        let request = Request::new(Method::Put, &["specs", "a/b"]).unwrap();
        let request = request
            .with_query("x", "1&2")
            .with_json(b"{\"a\":1}".to_vec());
        let answer = client(&server).exchange(&request).unwrap();
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (200, b"{}".as_slice())
        );
        let heard = &server.heard()[0];
        assert_eq!(heard.line, "PUT /specs/a%2Fb?x=1%262");
        assert_eq!(heard.body, "{\"a\":1}");
        assert_eq!(heard.header("x-api-key"), Some("PMAK-secret"));
        assert!(
            heard
                .header("user-agent")
                .unwrap()
                .starts_with("git-postman/")
        );
    }

    #[test]
    fn the_key_never_follows_to_another_host() {
        let elsewhere = Server::script(vec![Reply::json(200, "{}")]);
        for status in [301, 302, 303, 307, 308] {
            let target = format!("{}/me?token=1", elsewhere.base());
            let server = Server::script(vec![Reply::json(status, "").with("location", &target)]);
            let error = get(&client(&server)).unwrap_err();
            let text = error.to_string();
            assert!(matches!(error, HttpError::RedirectAway { .. }), "{text}");
            assert!(
                text.contains(&elsewhere.base().host()) && !text.contains("token"),
                "{text}"
            );
        }
        assert!(elsewhere.heard().is_empty());
    }

    #[test]
    fn a_redirect_on_the_same_host_is_followed_for_a_get_and_never_in_a_circle() {
        let server = Server::script(vec![
            Reply::json(302, "").with("location", "/moved?page=2"),
            Reply::json(200, "[]"),
        ]);
        assert_eq!(get(&client(&server)).unwrap().body, b"[]");
        assert_eq!(server.lines(), ["GET /me", "GET /moved?page=2"]);

        let circle = Server::script(vec![Reply::json(302, "").with("location", "/me")]);
        let error = get(&client(&circle)).unwrap_err();
        assert!(matches!(error, HttpError::Redirected { looped: true, .. }));
        assert_eq!(circle.lines().len(), 6);

        let writing = Server::script(vec![Reply::json(307, "").with("location", "/other")]);
        let put = Request::to_path(Method::Put, "/me".to_owned());
        let put = Request {
            follow: true,
            ..put
        };
        let error = client(&writing).exchange(&put).unwrap_err();
        assert!(matches!(error, HttpError::Redirected { looped: false, .. }));
        assert_eq!(writing.lines(), ["PUT /me"]);

        let shown = Server::script(vec![Reply::json(302, "").with("location", "/task")]);
        let request = Request::to_path(Method::Get, "/v".to_owned()).without_following();
        assert_eq!(client(&shown).exchange(&request).unwrap().status, 302);
    }

    #[test]
    fn a_body_that_is_cut_is_no_answer() {
        let server = Server::script(vec![Reply::json(200, "{\"a\":[1,2,3]}").cut(4)]);
        let error = get(&client(&server)).unwrap_err();
        assert_eq!(error.fate(), Fate::InDoubt);
        assert!(matches!(error, HttpError::Cut { .. }), "{error}");
    }

    #[test]
    fn a_broken_connection_leaves_doubt_and_a_refused_one_does_not() {
        let server = Server::script(vec![Reply::nothing()]);
        let error = get(&client(&server)).unwrap_err();
        assert_eq!(error.fate(), Fate::InDoubt, "{error}");

        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut settings = settings(&server);
        let port = nobody.local_addr().unwrap().port();
        drop(nobody);
        settings.base =
            crate::net::base_url::BaseUrl::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let error = get(&Client::new(settings)).unwrap_err();
        assert!(matches!(error, HttpError::Connect { .. }), "{error}");
        assert_eq!(error.fate(), Fate::NotDone);
    }

    #[test]
    fn a_huge_body_is_not_read_to_its_end() {
        let server = Server::script(vec![Reply::json(200, &"x".repeat(5000))]);
        let mut settings = settings(&server);
        settings.connection.body_limit = 4096;
        let error = get(&Client::new(settings)).unwrap_err();
        assert!(
            matches!(error, HttpError::TooLarge { limit: 4096, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_slow_body_meets_the_time_limit() {
        let server = Server::script(vec![
            Reply::json(200, "{}").after(Duration::from_millis(1500)),
        ]);
        let mut settings = settings(&server);
        settings.connection.total_timeout = Duration::from_millis(150);
        let error = get(&Client::new(settings)).unwrap_err();
        assert!(matches!(error, HttpError::TimedOut { .. }), "{error}");
        assert_eq!(error.fate(), Fate::InDoubt);
    }

    #[test]
    fn offline_names_the_host_and_sends_nothing() {
        let server = Server::script(vec![Reply::json(200, "{}")]);
        let mut settings = settings(&server);
        settings.offline = true;
        let error = get(&Client::new(settings)).unwrap_err();
        assert!(error.to_string().contains(&server.base().host()));
        assert!(server.heard().is_empty());
    }

    #[test]
    fn a_token_with_a_line_break_inside_is_refused_and_never_shown() {
        let server = Server::script(vec![Reply::json(200, "{}")]);
        let mut settings = settings(&server);
        settings.key = Some(("x-api-key", Secret::new("PMAK-a\nPMAK-b")));
        let error = get(&Client::new(settings)).unwrap_err();
        assert!(matches!(error, HttpError::Token));
        assert!(!format!("{error:?} {error}").contains("PMAK"));
    }

    #[test]
    fn headers_make_the_next_call_wait_and_429_pauses_everybody() {
        let server = Server::script(vec![
            Reply::json(200, "{}").with("RateLimit", "limit=300, remaining=0, reset=25"),
            Reply::json(429, "{}").with("X-RateLimit-RetryAfter", "40"),
            Reply::json(200, "{}").with("X-RateLimit-Remaining-Month", "7"),
        ]);
        let clock = Arc::new(SteppedClock::default());
        let mut settings = settings(&server);
        settings.clock = Arc::<SteppedClock>::clone(&clock);
        let waits = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&waits);
        settings.observer = Some(Arc::new(move |event| {
            if let Event::Waiting(duration) = event {
                kept.lock().unwrap().push(duration.as_secs());
            }
        }));
        let client = Client::new(settings);
        for _ in 0..3 {
            get(&client).unwrap();
        }
        assert_eq!(*waits.lock().unwrap(), [25, 40]);
        assert_eq!(client.quota().remaining, Some(7));
        assert_eq!(client.calls().so_far(), 3);
    }

    #[test]
    fn many_threads_share_one_client_and_nothing_watched_holds_the_key() {
        let server = Server::answering(|heard| Reply::json(200, &format!("\"{}\"", heard.line)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let mut settings = settings(&server);
        settings.observer = Some(Arc::new(move |event| {
            if let Event::Exchange(exchange) = event {
                kept.lock()
                    .unwrap()
                    .push(format!("{exchange} {exchange:?}"));
            }
        }));
        let client = Client::new(settings);
        let items: Vec<String> = (0..40).map(|number| number.to_string()).collect();
        let answers = pool::map(&items, 8, |item| {
            let request = Request::new(Method::Get, &["c", item]).unwrap();
            client.exchange(&request).unwrap().json::<String>().unwrap()
        });
        let expected: Vec<String> = items.iter().map(|item| format!("GET /c/{item}")).collect();
        assert_eq!(answers, expected);
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 40);
        assert!(seen.iter().all(|line| !line.contains("PMAK")));
    }
}
