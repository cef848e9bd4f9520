//! One account of Postman to call: reads are tried again, writes look first what became of the last try.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::secret::Secret;
use crate::net::base_url::BaseUrl;
use crate::net::client::{Client, Settings};
use crate::net::error::{Fate, HttpError};
use crate::net::page::{Page, all};
use crate::net::request::{Method, Request};
use crate::net::response::{NotJson, Response};
use crate::net::retry::{Patience, Verdict, repeat};
use crate::postman::error::{PostmanError, refusal};
use crate::postman::raw::RawJson;
use crate::postman::said::hidden;
use crate::postman::wire::Meta;

/// Where the API stands for everybody outside of the EU region.
pub const DEFAULT_BASE_URL: &str = "https://api.getpostman.com";

/// Every call of the `/apis` family needs exactly this; without it the API reads as missing.
const ACCEPT_V10: &str = "application/vnd.api.v10+json";

/// Lists lag behind creates by seconds, so a create whose answer was lost is looked for more than once.
const LOOKS: u32 = 4;

/// Postman, with one key. Clones share limits, connections and counts.
#[derive(Clone)]
pub struct Postman {
    client: Client,
    patience: Patience,
    key: Secret,
}

/// How to find what an earlier try of a create may have made: by an owner's mark, or by name and content. It must not
/// find what was there before.
pub type Find<'a, T> = &'a mut dyn FnMut() -> Result<Option<T>, PostmanError>;

/// What is being written, and so what is done when the answer is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// A repeat would make a second one.
    Create,
    /// A repeat writes the same again.
    Replace,
}

/// An error of one try, or of the look before it, which is not tried again.
struct Tried {
    error: PostmanError,
    looking: bool,
}

impl Postman {
    /// Postman by its settings; nothing is opened yet.
    pub fn new(mut settings: Settings, key: Secret) -> Result<Self, PostmanError> {
        if key.is_empty() {
            return Err(PostmanError::NoKey);
        }
        settings.key = Some(("x-api-key", key.clone()));
        Ok(Self {
            client: Client::new(settings),
            patience: Patience::default(),
            key,
        })
    }

    /// Settings for a base URL, `None` for the usual one.
    pub fn settings(base_url: Option<&str>) -> Result<Settings, PostmanError> {
        let base = BaseUrl::parse(base_url.unwrap_or(DEFAULT_BASE_URL)).map_err(HttpError::from)?;
        Ok(Settings::to(base))
    }

    /// The client below: calls so far, quota, estimates.
    pub fn http(&self) -> &Client {
        &self.client
    }

    /// A call without the versioned header.
    pub(crate) fn call(&self, method: Method, parts: &[&str]) -> Result<Request, PostmanError> {
        let request = Request::new(method, parts).map_err(HttpError::from)?;
        Ok(request.with_header("accept", "application/json"))
    }

    /// A call of the `/apis` family.
    pub(crate) fn call_v10(&self, method: Method, parts: &[&str]) -> Result<Request, PostmanError> {
        let request = Request::new(method, parts).map_err(HttpError::from)?;
        Ok(request.with_header("accept", ACCEPT_V10))
    }

    /// A read of a path that Postman named itself. Its family decides the header.
    pub(crate) fn follow(&self, location: &str) -> Result<Request, PostmanError> {
        let path = self.client.base().same_service(location).ok_or_else(|| {
            let to = self.client.base().target_host(location).unwrap_or_default();
            HttpError::RedirectAway {
                call: "a task".to_owned(),
                host: self.client.base().host(),
                to,
            }
        })?;
        let accept = if path.starts_with("/apis/") {
            ACCEPT_V10
        } else {
            "application/json"
        };
        Ok(Request::to_path(Method::Get, path).with_header("accept", accept))
    }

    /// One try. Any answer but a success is an error; a redirect that is not to be followed is a success.
    pub(crate) fn send(&self, request: &Request) -> Result<Response, PostmanError> {
        let response = self.client.exchange(request)?;
        let shown = !request.follow && (300..400).contains(&response.status);
        if response.is_success() || shown {
            return Ok(response);
        }
        let rates = Client::rates(&response);
        Err(refusal(
            request.name(),
            &response,
            &rates,
            self.key.reveal(),
        ))
    }

    /// Reads, and tries again where that may help.
    pub(crate) fn read<T>(
        &self,
        request: &Request,
        understand: impl Fn(&Response) -> Result<T, NotJson>,
    ) -> Result<T, PostmanError> {
        repeat(
            &self.patience,
            |duration| self.client.wait(duration),
            |_| {
                let response = self.send(request)?;
                self.understood(request, &response, understand(&response))
            },
            PostmanError::verdict,
        )
    }

    /// Reads JSON of some type.
    pub(crate) fn read_json<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<T, PostmanError> {
        self.read(request, Response::json)
    }

    /// Reads a list to its end, page by page: `parts` takes a page apart.
    pub(crate) fn read_pages<L: DeserializeOwned, T>(
        &self,
        request: &Request,
        parts: impl Fn(L) -> (Vec<T>, Meta),
    ) -> Result<Vec<T>, PostmanError> {
        all(|cursor| {
            let list = match cursor {
                Some(cursor) => self.read_json(&request.clone().with_query("cursor", cursor))?,
                None => self.read_json(request)?,
            };
            let (items, meta) = parts(list);
            Ok(Page {
                items,
                next: meta.next_cursor,
            })
        })
    }

    /// Writes once and reads the answer. No second try.
    pub(crate) fn write<T>(
        &self,
        request: &Request,
        understand: impl Fn(&Response) -> Result<T, NotJson>,
    ) -> Result<T, PostmanError> {
        let response = self.send(request)?;
        self.understood(request, &response, understand(&response))
    }

    /// Creates. Before any second try, `find` looks for what the first may have made.
    pub(crate) fn create<T>(
        &self,
        attempt: impl FnMut() -> Result<T, PostmanError>,
        find: impl FnMut() -> Result<Option<T>, PostmanError>,
    ) -> Result<T, PostmanError> {
        self.settle(Writing::Create, attempt, find)
    }

    /// Replaces something that is known. Where the answer was lost, `landed` reads it back before another try.
    pub(crate) fn replace<T>(
        &self,
        attempt: impl FnMut() -> Result<T, PostmanError>,
        landed: impl FnMut() -> Result<Option<T>, PostmanError>,
    ) -> Result<T, PostmanError> {
        self.settle(Writing::Replace, attempt, landed)
    }

    /// Deletes something that is known. That it is gone after a lost answer is success.
    pub(crate) fn delete(&self, request: &Request) -> Result<(), PostmanError> {
        repeat(
            &self.patience,
            |duration| self.client.wait(duration),
            |before| match self.send(request) {
                Err(error) if error.is_not_found() && before == Some(Fate::InDoubt) => Ok(()),
                other => other.map(drop),
            },
            PostmanError::verdict,
        )
    }

    /// Starts something that cannot be looked for: tried again only where it certainly was not started.
    pub(crate) fn start<T>(
        &self,
        attempt: impl Fn() -> Result<T, PostmanError>,
    ) -> Result<T, PostmanError> {
        repeat(
            &self.patience,
            |duration| self.client.wait(duration),
            |_| attempt(),
            |error: &PostmanError| {
                let verdict = error.verdict();
                match verdict.fate {
                    Fate::InDoubt => Verdict::of(Fate::Final),
                    _ => verdict,
                }
            },
        )
    }

    fn settle<T>(
        &self,
        writing: Writing,
        mut attempt: impl FnMut() -> Result<T, PostmanError>,
        mut look: impl FnMut() -> Result<Option<T>, PostmanError>,
    ) -> Result<T, PostmanError> {
        let mut look_times = |times: u32| {
            for time in 0..times {
                if time > 0 {
                    self.client.wait(Duration::from_secs(1 << time));
                }
                if let Some(found) = look()? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        };
        let times = |before: Option<Fate>| match (before, writing) {
            (Some(Fate::InDoubt), Writing::Create) => LOOKS,
            (Some(Fate::InDoubt), Writing::Replace) | (Some(Fate::NotDone), Writing::Create) => 1,
            _ => 0,
        };
        let result = repeat(
            &self.patience,
            |duration| self.client.wait(duration),
            |before| {
                let looked = look_times(times(before)).map_err(|error| Tried {
                    error,
                    looking: true,
                })?;
                match looked {
                    Some(found) => Ok(found),
                    None => attempt().map_err(|error| Tried {
                        error,
                        looking: false,
                    }),
                }
            },
            |tried: &Tried| {
                if tried.looking {
                    return Verdict::of(Fate::Final);
                }
                tried.error.verdict()
            },
        );
        result.or_else(|tried| {
            // The last try, too, may have done it.
            let doubt = !tried.looking && tried.error.verdict().fate == Fate::InDoubt;
            match look_times(if doubt { times(Some(Fate::InDoubt)) } else { 0 }) {
                Ok(Some(found)) => Ok(found),
                _ => Err(tried.error),
            }
        })
    }

    fn understood<T>(
        &self,
        request: &Request,
        response: &Response,
        result: Result<T, NotJson>,
    ) -> Result<T, PostmanError> {
        result.map_err(|problem| match hidden(response) {
            Some(said) => PostmanError::Refused {
                call: request.name(),
                status: response.status,
                said: said.without(self.key.reveal()),
            },
            None => PostmanError::Malformed {
                call: request.name(),
                status: response.status,
                problem,
            },
        })
    }
}

/// A body as JSON.
pub(crate) fn json(body: &impl Serialize) -> Result<Vec<u8>, PostmanError> {
    serde_json::to_vec(body).map_err(|error| HttpError::Setup(error.to_string()).into())
}

/// The object in `member` of an answer, or the answer itself where it has a member `own`.
pub(crate) fn raw(response: &Response, member: &str, own: &str) -> Result<RawJson, NotJson> {
    let text = response.text()?;
    // serde tells a body that ends in the middle from one that is wrong.
    RawJson::unwrap(text, member, own).map_err(|problem| {
        match response.json::<serde::de::IgnoredAny>() {
            Err(cut @ NotJson::Cut(_)) => cut,
            _ => NotJson::Wrong(problem.0),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeSet;
    use std::sync::Mutex;
    use std::time::Duration;

    use serde_json::json;

    use super::Postman;
    use crate::model::secret::Secret;
    use crate::net::testing::{Reply, Server};
    use crate::postman::error::PostmanError;
    use crate::postman::raw::RawJson;
    use crate::postman::testing::{Bench, ID, KEY, UID};

    const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

    fn collection(name: &str) -> RawJson {
        let text = json!({ "info": { "name": name, "schema": SCHEMA }, "item": [] }).to_string();
        RawJson::parse(&text).unwrap()
    }

    fn me() -> Reply {
        Reply::json(200, r#"{"user":{"id":1,"username":"taylor"}}"#)
    }

    /// Ways to fail that leave a read no worse than before.
    fn hiccups() -> Vec<Reply> {
        vec![
            Reply::json(503, "").with("Retry-After", "3"),
            Reply::of(502, "text/html", "<html><title>Bad Gateway</title>"),
            Reply::json(429, r#"{"error":{"name":"rateLimited","message":"x"}}"#)
                .with("RetryAfter", "2"),
            me().cut(5),
            Reply::json(200, r#"{"user":"#),
            Reply::json(200, "nonsense"),
            Reply::nothing(),
        ]
    }

    #[test]
    fn a_read_is_tried_again_through_every_kind_of_hiccup() {
        let mut script = hiccups();
        script.push(me());
        let server = Server::script(script);
        let bench = Bench::on(&server);
        assert_eq!(bench.postman.me().unwrap().username, "taylor");
        assert_eq!(server.lines().len(), 8);
        assert!(bench.waited() >= Duration::from_secs(5));
        assert_eq!(bench.own_violations(), []);
    }

    #[test]
    fn what_will_not_change_is_not_tried_again() {
        let exhausted = r#"{"error":{"name":"serviceLimitExhausted","message":"Service limit exhausted. Please contact your team admin."}}"#;
        for reply in [
            Reply::json(
                401,
                r#"{"error":{"name":"AuthenticationError","message":"Invalid API Key."}}"#,
            ),
            Reply::json(
                403,
                r#"{"type":"ForbiddenError","title":"Forbidden","detail":"no"}"#,
            ),
            Reply::json(400, r#"{"name":"paramMissingError","message":"no"}"#),
            Reply::json(429, exhausted),
            Reply::json(429, r#"{"error":{"name":"rateLimited","message":"x"}}"#)
                .with("RateLimit-Remaining-Month", "0"),
            Reply::of(200, "text/html", "<html><title>Sign in</title></html>"),
            Reply::json(
                200,
                r#"{"error":{"name":"x","message":"an error inside of a success"}}"#,
            ),
        ] {
            let server = Server::script(vec![reply]);
            let bench = Bench::on(&server);
            let error = bench.postman.me().unwrap_err();
            assert!(!error.hint().is_empty());
            assert_eq!(server.lines().len(), 1, "{error}");
            assert_eq!(bench.waited(), Duration::ZERO, "{error}");
        }
        let page = Server::script(vec![Reply::of(
            200,
            "text/html",
            "<html><title>Sign in</title>",
        )]);
        let error = Bench::on(&page).postman.me().unwrap_err().to_string();
        assert_eq!(
            error,
            "GET /me answered 200, but a web page came instead of JSON, titled “Sign in”"
        );
    }

    #[test]
    fn the_key_is_in_no_message_even_where_postman_repeats_it() {
        let body = format!(
            r#"{{"error":{{"name":"AuthenticationError","message":"Invalid key {KEY}"}}}}"#
        );
        let server = Server::script(vec![Reply::json(401, &body)]);
        let bench = Bench::on(&server);
        let error = bench.postman.me().unwrap_err();
        assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
        assert!(matches!(
            Postman::new(Postman::settings(None).unwrap(), Secret::new(" ")),
            Err(PostmanError::NoKey)
        ));
        assert!(Postman::settings(Some("http://api.getpostman.com")).is_err());
    }

    /// A workspace that carries creates out and may lose the answer; its list lags behind by some reads.
    fn workspace(losses: usize, lag: usize) -> Server {
        let state = Mutex::new((Vec::<serde_json::Value>::new(), losses, 0));
        Server::answering(move |heard| {
            let (made, losses, reads) = &mut *state.lock().unwrap();
            let entry = |number: usize, name: &serde_json::Value| {
                let id = format!("11111111-2222-4333-8444-{number:012}");
                json!({ "id": id, "uid": format!("1-{id}"), "name": name })
            };
            if heard.line.starts_with("POST") {
                let body: serde_json::Value = serde_json::from_str(&heard.body).unwrap();
                made.push(body["collection"].clone());
                if *losses > 0 {
                    *losses -= 1;
                    *reads = 0;
                    return Reply::nothing();
                }
                let answer = entry(made.len() - 1, &body["collection"]["info"]["name"]);
                return Reply::json(200, &json!({ "collection": answer }).to_string());
            }
            if heard.line.starts_with("GET /collections?") {
                *reads += 1;
                let visible = if *reads > lag { made.len() } else { 0 };
                let list = made.iter().take(visible).enumerate();
                let list: Vec<_> = list
                    .map(|(number, one)| entry(number, &one["info"]["name"]))
                    .collect();
                let total = list.len();
                return Reply::json(
                    200,
                    &json!({ "collections": list, "meta": { "total": total } }).to_string(),
                );
            }
            let number: usize = heard.line.rsplit('-').next().unwrap().parse().unwrap();
            Reply::json(200, &json!({ "collection": made[number] }).to_string())
        })
    }

    fn create(server: &Server) -> (Bench, Result<String, PostmanError>) {
        let bench = Bench::on(server);
        let wanted = collection("Pets");
        let same = |there: &RawJson| there == &wanted;
        let known = BTreeSet::new();
        let mut find = || bench.postman.find_collection(ID, "Pets", &known, &same);
        let made = bench.postman.create_collection(ID, &wanted, &mut find);
        let made = made.map(|made| made.uid.as_str().to_owned());
        (bench, made)
    }

    #[test]
    fn a_create_whose_answer_was_lost_is_found_and_not_repeated() {
        for lag in [0, 1, 3] {
            let server = workspace(1, lag);
            let (bench, made) = create(&server);
            assert!(made.unwrap().ends_with("000000000000"));
            let posts = server
                .lines()
                .into_iter()
                .filter(|line| line.starts_with("POST"));
            assert_eq!(posts.count(), 1, "lag {lag}");
            assert_eq!(bench.own_violations(), []);
        }
    }

    #[test]
    fn a_create_that_was_never_carried_out_is_repeated_after_looking() {
        let script = vec![
            Reply::json(500, r#"{"error":{"name":"serverError","message":"x"}}"#),
            Reply::json(200, r#"{"collections":[]}"#),
            Reply::json(200, r#"{"collections":[]}"#),
            Reply::json(200, r#"{"collections":[]}"#),
            Reply::json(200, r#"{"collections":[]}"#),
            Reply::json(
                200,
                &json!({ "collection": { "id": ID, "uid": UID, "name": "Pets" } }).to_string(),
            ),
        ];
        let server = Server::script(script);
        let (_, made) = create(&server);
        assert_eq!(made.unwrap(), UID);
        let verbs: String = server
            .lines()
            .iter()
            .map(|line| line.chars().next().unwrap())
            .collect();
        assert_eq!(verbs, "PGGGGP");
    }

    #[test]
    fn a_create_that_is_refused_is_neither_looked_for_nor_repeated() {
        let refusal = r#"{"error":{"name":"instanceFoundError","message":"The specified item already exists."}}"#;
        let server = Server::script(vec![Reply::json(400, refusal)]);
        let (_, made) = create(&server);
        let error = made.unwrap_err();
        assert!(error.hint().contains("another element"));
        assert_eq!(server.lines().len(), 1);
    }

    #[test]
    fn a_put_is_read_back_before_it_is_sent_again() {
        let wanted = collection("Pets");
        let there = |text: &str| Reply::json(200, &format!("{{\"collection\":{text}}}"));
        let run = |replies: Vec<Reply>| {
            let server = Server::script(replies);
            let bench = Bench::on(&server);
            let compared = Cell::new(0);
            let same = |there: &RawJson| {
                compared.set(compared.get() + 1);
                there == &wanted
            };
            bench
                .postman
                .replace_collection(UID, &wanted, &same, &mut |_| {})
                .unwrap();
            assert_eq!(bench.own_violations(), []);
            let verbs: Vec<String> = server
                .lines()
                .iter()
                .map(|line| line.split(' ').next().unwrap().to_owned())
                .collect();
            (verbs, compared.get())
        };
        let done = || {
            Reply::json(
                200,
                &json!({ "collection": { "id": ID, "uid": UID } }).to_string(),
            )
        };
        let old = collection("Old");
        // 504 although the update landed, and an answer that nobody gave.
        for lost in [
            Reply::json(504, ""),
            Reply::nothing(),
            done().cut(3),
            Reply::json(200, "{"),
        ] {
            assert_eq!(
                run(vec![lost, there(wanted.text())]),
                (vec!["PUT".to_owned(), "GET".to_owned()], 1)
            );
        }
        // The same, and the update did not land.
        let (verbs, compared) = run(vec![Reply::json(500, ""), there(old.text()), done()]);
        assert_eq!((verbs.join(" ").as_str(), compared), ("PUT GET PUT", 1));
        // Somebody else's update is under way: nothing of ours was done, so there is nothing to read back.
        let busy = r#"{"error":{"name":"x","message":"Deep update operation is already in progress for this collection."}}"#;
        let (verbs, compared) = run(vec![Reply::json(409, busy), done()]);
        assert_eq!((verbs.join(" ").as_str(), compared), ("PUT PUT", 0));
    }

    #[test]
    fn a_delete_whose_answer_was_lost_is_done_when_it_is_gone() {
        let gone = r#"{"error":{"name":"instanceNotFoundError","message":"gone"}}"#;
        let server = Server::script(vec![Reply::nothing(), Reply::json(404, gone)]);
        Bench::on(&server).postman.delete_collection(UID).unwrap();
        let never_there = Server::script(vec![Reply::json(404, gone)]);
        let error = Bench::on(&never_there)
            .postman
            .delete_collection(UID)
            .unwrap_err();
        assert!(error.is_not_found());
    }

    #[test]
    fn a_generation_whose_answer_was_lost_is_not_started_again_and_a_locked_one_is() {
        let started = Reply::json(
            202,
            &json!({ "taskId": "t", "url": format!("/specs/{ID}/tasks/t") }).to_string(),
        );
        let lost = Server::script(vec![Reply::nothing(), started.clone()]);
        assert!(
            Bench::on(&lost)
                .postman
                .generate_collection(ID, "G", &json!({}))
                .is_err()
        );
        assert_eq!(lost.lines().len(), 1);
        let locked =
            r#"{"type":"actionLockedError","title":"Locked","status":423,"detail":"running"}"#;
        let server = Server::script(vec![Reply::json(423, locked), started]);
        let bench = Bench::on(&server);
        bench
            .postman
            .generate_collection(ID, "G", &json!({}))
            .unwrap();
        assert!(bench.waited() >= Duration::from_secs(5));
    }
}
