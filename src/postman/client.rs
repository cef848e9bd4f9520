//! One account of Postman to call: reads are tried again, writes look first what became of the last try.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::secret::Secret;
use crate::net::base_url::BaseUrl;
use crate::net::client::{Client, Settings};
use crate::net::error::{Fate, HttpError};
use crate::net::request::{Method, Request};
use crate::net::response::{NotJson, Response};
use crate::net::retry::{Patience, Verdict, repeat};
use crate::postman::error::{PostmanError, refusal};
use crate::postman::raw::RawJson;
use crate::postman::said::hidden;

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
                    Fate::InDoubt => Verdict {
                        fate: Fate::Final,
                        after: None,
                    },
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
                    return Verdict {
                        fate: Fate::Final,
                        after: None,
                    };
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
