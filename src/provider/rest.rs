//! Calls to a provider that we speak to ourselves: reads are tried again, writes are sent once, and what an answer means is
//! for who speaks the product's language.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::model::secret::Secret;
use crate::net::client::{Client, Settings};
use crate::net::error::{Fate, HttpError};
use crate::net::limiter::Budget;
use crate::net::request::Request;
use crate::net::response::{NotJson, Response};
use crate::net::retry::{Patience, Verdict, repeat};
use crate::provider::conditional::{Memory, Remembered, key};
use crate::provider::error::{ProviderError, Said};
use crate::provider::site::Site;

/// What makes an error of an answer that is no success.
type Judge = Box<dyn Fn(&Request, Response) -> Result<Response, ProviderError> + Send + Sync>;

/// What makes an error of no answer.
type Away = Box<dyn Fn(HttpError) -> ProviderError + Send + Sync>;

/// One product's API, with one token.
pub(crate) struct Rest {
    client: Client,
    token: Secret,
    patience: Patience,
    judge: Judge,
    away: Away,
}

/// What a service is called with whose limits stand in its headers alone. Waits are no longer than two minutes.
pub(crate) fn settings(site: &Site) -> Settings {
    let mut settings = Settings::to(site.api.clone());
    let unlimited = Budget {
        calls: u32::MAX,
        per: Duration::from_secs(3600),
    };
    settings.general = unlimited;
    settings.strict = unlimited;
    settings.longest_wait = Duration::from_secs(120);
    settings
}

impl Rest {
    /// An API. `header` is the value that carries the token; `judge` knows what answers mean.
    pub(crate) fn new(
        mut settings: Settings,
        token: Secret,
        header: Secret,
        judge: impl Fn(&Request, Response) -> Result<Response, ProviderError> + Send + Sync + 'static,
    ) -> Self {
        settings.key = Some(("authorization", header));
        let patience = Patience {
            tries: 3,
            longest: settings.longest_wait,
            ..Patience::default()
        };
        Self {
            client: Client::new(settings),
            token,
            patience,
            judge: Box::new(judge),
            away: Box::new(ProviderError::from),
        }
    }

    /// The same, where it means something that no answer came: a redirect to a page for signing in.
    pub(crate) fn with_away(
        mut self,
        away: impl Fn(HttpError) -> ProviderError + Send + Sync + 'static,
    ) -> Self {
        self.away = Box::new(away);
        self
    }

    /// Asks for something, and again where the answer was lost or the service is busy.
    pub(crate) fn read(&self, request: &Request) -> Result<Response, ProviderError> {
        self.repeated(request, ProviderError::verdict)
    }

    /// Changes something. It is sent again only where it was not carried out.
    pub(crate) fn write(&self, request: &Request) -> Result<Response, ProviderError> {
        self.repeated(request, |error| {
            let verdict = error.verdict();
            if verdict.fate == Fate::InDoubt {
                Verdict::of(Fate::Final)
            } else {
                verdict
            }
        })
    }

    /// Asks for something that an earlier run may know: only what changed is sent.
    pub(crate) fn recall(
        &self,
        request: &Request,
        memory: &dyn Memory,
    ) -> Result<Response, ProviderError> {
        let url = self.client.base().join(&request.path, &request.query);
        let key = key(url.map_err(HttpError::from)?.as_str(), &self.token);
        let known = memory.recall(&key);
        let mut conditional = request.clone();
        if let Some(known) = &known {
            conditional = conditional.with_header("if-none-match", known.etag.clone());
        }
        let mut answer = self.read(&conditional)?;
        match (answer.status, known) {
            (304, Some(known)) => {
                answer.status = 200;
                answer.body = known.body;
            }
            _ => {
                if let Some(etag) = answer.header("etag") {
                    let remembered = Remembered {
                        etag: etag.to_owned(),
                        body: answer.body.clone(),
                        next: None,
                    };
                    memory.remember(&key, remembered);
                }
            }
        }
        Ok(answer)
    }

    /// A provider's words without the token.
    pub(crate) fn said(&self, words: &str) -> Said {
        Said::of(words, self.token.reveal())
    }

    fn repeated(
        &self,
        request: &Request,
        verdict: impl Fn(&ProviderError) -> Verdict,
    ) -> Result<Response, ProviderError> {
        repeat(
            &self.patience,
            |pause| self.client.wait(pause),
            |_| {
                let answer = self.client.exchange(request).map_err(&self.away)?;
                if answer.is_success() && answer.status != 203 || answer.status == 304 {
                    return unpaged(request, answer, &self.judge);
                }
                (self.judge)(request, answer)
            },
            verdict,
        )
    }
}

/// An answer's body as a value.
pub(crate) fn parsed<T: DeserializeOwned>(
    request: &Request,
    answer: &Response,
) -> Result<T, ProviderError> {
    answer
        .json()
        .map_err(|problem| malformed(request, answer, problem))
}

/// An answer that is understood and lacks what it must hold.
pub(crate) fn lacking(request: &Request, answer: &Response, what: &str) -> ProviderError {
    malformed(request, answer, NotJson::Wrong(what.to_owned()))
}

fn malformed(request: &Request, answer: &Response, problem: NotJson) -> ProviderError {
    ProviderError::Malformed {
        call: request.name(),
        status: answer.status,
        problem,
    }
}

/// A page for people is for the judge too, whatever its status: some products let strangers sign in that way.
fn unpaged(request: &Request, answer: Response, judge: &Judge) -> Result<Response, ProviderError> {
    let is_page = answer
        .header("content-type")
        .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    // A file of somebody's may well be a page: what was asked for as bytes is taken as such.
    let wants_bytes = request
        .headers
        .iter()
        .any(|(name, value)| *name == "accept" && !value.contains("json"));
    if is_page && !wants_bytes {
        judge(request, answer)
    } else {
        Ok(answer)
    }
}
