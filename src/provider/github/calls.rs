//! GitHub's calls: octocrab makes the requests, `net` sends them, and the answers are read here.
//!
//! octocrab would bring a client, retries and a cache of its own, which repeat writes and know nothing of limits or proxies.
//! So it is given a service that sends one request through [`Client`], whose rules then hold for every call. It encodes
//! no part of a path, so names are encoded before it gets them; and its models refuse answers that lack a member, so
//! ours read what came.

use std::cell::RefCell;
use std::future::{Future, Ready, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use serde::de::DeserializeOwned;
use tower_service::Service;

use crate::model::secret::Secret;
use crate::model::text::{shortened, visible};
use crate::net::client::{Client, Settings};
use crate::net::error::{Fate, HttpError};
use crate::net::request::{Bucket, Method, Request};
use crate::net::response::Response;
use crate::net::retry::{Patience, Verdict, repeat};
use crate::provider::conditional::{Memory, Remembered, is_worth_keeping, key};
use crate::provider::error::ProviderError;
use crate::provider::github::refusal::{About, left_out, refusal};

/// More turns than this without an end are no call.
const MOST_TURNS: usize = 10_000;
/// What every list is asked for on one page; GitHub gives no more.
const PAGE: usize = 100;
/// More pages than this are no list of one owner.
const MOST_PAGES: usize = 1000;
const JSON: &str = "application/vnd.github+json";

/// One account of GitHub. Clones share limits and connections.
#[derive(Clone)]
pub(crate) struct Calls {
    client: Client,
    /// What stands between the base and a path of REST: on servers GraphQL has another root than REST.
    rest: &'static str,
    token: Secret,
    patience: Patience,
}

/// The service under octocrab: one request, one exchange.
struct Wire {
    calls: Calls,
    answer: Answer,
}

type Answer = Arc<Mutex<Option<Result<Response, HttpError>>>>;
type Worker = Pin<Box<dyn Future<Output = ()>>>;

impl Calls {
    /// An account by the settings of its client, whose base is the common root of REST and GraphQL.
    pub(crate) fn new(
        mut settings: Settings,
        rest: &'static str,
        token: Secret,
        patience: Patience,
    ) -> Self {
        let bearer = Secret::new(format!("Bearer {}", token.reveal()));
        settings.key = Some(("authorization", bearer));
        Self {
            client: Client::new(settings),
            rest,
            token,
            patience,
        }
    }

    /// The client below: calls so far.
    pub(crate) fn http(&self) -> &Client {
        &self.client
    }

    /// The token.
    pub(crate) fn token(&self) -> &Secret {
        &self.token
    }

    /// Makes a call that may be made twice, and tries again where that may help.
    pub(crate) fn repeatable<F: Future>(
        &self,
        about: &About<'_>,
        work: impl Fn(Octocrab) -> F,
    ) -> Result<Response, ProviderError> {
        self.patiently(|| self.judged(about, self.run(&work)), |fate| fate)
    }

    /// Makes a call that must not be made twice: it is tried again only where it certainly was not carried out.
    pub(crate) fn once<F: Future>(
        &self,
        about: &About<'_>,
        work: impl Fn(Octocrab) -> F,
    ) -> Result<Response, ProviderError> {
        let certain = |fate| match fate {
            Fate::InDoubt => Fate::Final,
            other => other,
        };
        self.patiently(|| self.judged(about, self.run(&work)), certain)
    }

    /// Reads all pages of a list, of which only those are sent again that changed since `memory` saw them.
    pub(crate) fn pages<T: DeserializeOwned>(
        &self,
        about: &About<'_>,
        route: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<T>, ProviderError> {
        let mut items = Vec::new();
        let mut path = format!("{}{route}", self.rest);
        let own = path.split('?').next().unwrap_or_default().to_owned();
        let mut next;
        for _ in 0..MOST_PAGES {
            let known = key(&format!("{}{path}", self.client.base()), &self.token);
            let before = memory.recall(&known);
            let mut request = Request::to_path(Method::Get, path).with_header("accept", JSON);
            if let Some(before) = &before {
                request = request.with_header("if-none-match", before.etag.clone());
            }
            let ask = || self.judged(about, self.client.exchange(&request));
            let answer = self.patiently(ask, |fate| fate)?;
            // A list that leaves something out must not pass for all there is.
            if let Some(error) = left_out(about, &answer) {
                return Err(error);
            }
            match before {
                Some(before) if answer.status == 304 => {
                    let body = before.body;
                    let again = Response {
                        status: 200,
                        body,
                        ..answer
                    };
                    items.extend(self.json::<Vec<T>>(about, &again)?);
                    next = before.next;
                }
                _ => {
                    let found = self.json::<Vec<T>>(about, &answer)?;
                    next = self.next_page(&answer, &own);
                    // Only what was understood is kept: it may not come again.
                    if let Some(etag) = answer.header("etag")
                        && is_worth_keeping(found.len(), PAGE, next.as_deref())
                    {
                        let (etag, next) = (etag.to_owned(), next.clone());
                        let body = answer.body.clone();
                        memory.remember(&known, Remembered { etag, body, next });
                    }
                    items.extend(found);
                }
            }
            match next.take() {
                Some(further) => path = further,
                None => return Ok(items),
            }
        }
        Err(ProviderError::TooLarge {
            product: about.site.kind,
            what: "the list".to_owned(),
        })
    }

    /// The answer as a value.
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        about: &About<'_>,
        answer: &Response,
    ) -> Result<T, ProviderError> {
        answer.json().map_err(|problem| ProviderError::Malformed {
            call: about.call(),
            status: answer.status,
            problem,
        })
    }

    fn patiently(
        &self,
        ask: impl Fn() -> Result<Response, ProviderError>,
        fate: impl Fn(Fate) -> Fate,
    ) -> Result<Response, ProviderError> {
        repeat(
            &self.patience,
            |duration| self.client.wait(duration),
            |_| ask(),
            |error: &ProviderError| {
                let verdict = error.verdict();
                Verdict {
                    fate: fate(verdict.fate),
                    ..verdict
                }
            },
        )
    }

    fn judged(
        &self,
        about: &About<'_>,
        answer: Result<Response, HttpError>,
    ) -> Result<Response, ProviderError> {
        let answer = answer?;
        if answer.is_success() || answer.status == 304 {
            return Ok(answer);
        }
        let rates = Client::rates(&answer);
        Err(refusal(about, &answer, &rates, self.token.reveal()))
    }

    /// Lets octocrab make one call, and gives what came back. What octocrab made of it is dropped.
    fn run<F: Future>(&self, work: impl Fn(Octocrab) -> F) -> Result<Response, HttpError> {
        let answer = Answer::default();
        let worker: Rc<RefCell<Option<Worker>>> = Rc::default();
        let kept = Rc::clone(&worker);
        let wire = Wire {
            calls: self.clone(),
            answer: Arc::clone(&answer),
        };
        let built = OctocrabBuilder::new_empty()
            .with_service(wire)
            .with_executor(Box::new(move |one| *kept.borrow_mut() = Some(one)))
            .with_auth(AuthState::None)
            .build();
        let crab = match built {
            Ok(crab) => crab,
            Err(never) => match never {},
        };
        let worker = worker.borrow_mut().take();
        drive(work(crab), worker);
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = || HttpError::Setup("the request could not be made".to_owned());
        answer.take().unwrap_or_else(|| Err(nothing()))
    }

    /// The path of the next page. Behind a proxy a server may name itself by another host than the one that we call: the list
    /// must neither end there nor the token go there, so it goes on below the path of the list.
    fn next_page(&self, answer: &Response, own: &str) -> Option<String> {
        let links = answer.header("link")?;
        let next = links
            .split(',')
            .find(|link| link.contains("rel=\"next\""))?;
        let url = next.split_once('<')?.1.split_once('>')?.0;
        self.client.base().same_service(url).or_else(|| {
            let (_, query) = url.split_once('?')?;
            Some(format!("{own}?{query}"))
        })
    }

    /// One exchange, as octocrab asked for it.
    fn exchange(&self, request: http::Request<OctoBody>) -> Result<Response, HttpError> {
        let (parts, body) = request.into_parts();
        let route = parts
            .uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str);
        let is_query = parts.uri.path() == "/graphql";
        let prefix = if is_query { "" } else { self.rest };
        let mut call = Request::to_path(method(&parts.method)?, format!("{prefix}{route}"));
        call.bucket = if is_query {
            Bucket::Strict
        } else {
            Bucket::General
        };
        let mut accept = JSON.to_owned();
        for (name, value) in &parts.headers {
            let value = value.to_str().unwrap_or_default().to_owned();
            match name.as_str() {
                "accept" => accept = value,
                "content-type" => call = call.with_header("content-type", value),
                "x-github-api-version" => call = call.with_header("x-github-api-version", value),
                // The length is counted where it is sent.
                _ => {}
            }
        }
        call = call.with_header("accept", accept);
        let body = now(body.collect()).and_then(Result::ok);
        let body = body
            .map(|body| body.to_bytes().to_vec())
            .unwrap_or_default();
        if call.method != Method::Get {
            call.body = Some(body);
        }
        self.client.exchange(&call)
    }
}

impl Service<http::Request<OctoBody>> for Wire {
    type Response = http::Response<Full<Bytes>>;
    type Error = http::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<OctoBody>) -> Self::Future {
        let answer = self.calls.exchange(request);
        // octocrab is shown the status only: the body is read by us.
        let status = answer.as_ref().map_or(599, |answer| answer.status);
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        let shown = http::Response::builder().status(status);
        ready(shown.body(Full::new(Bytes::from_static(b"null"))))
    }
}

fn method(method: &http::Method) -> Result<Method, HttpError> {
    Ok(match method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => {
            let other = shortened(&visible(other), 20);
            return Err(HttpError::Setup(format!("the verb {other} is not used")));
        }
    })
}

/// Turns octocrab's call and its worker in turn until the call has ended. Everything that takes time happens inside of a
/// turn, since the exchange blocks; so no turn is in vain for long, and no runtime is needed.
fn drive<F: Future>(work: F, mut worker: Option<Worker>) {
    let mut context = Context::from_waker(Waker::noop());
    let mut work = pin!(work);
    for _ in 0..MOST_TURNS {
        if work.as_mut().poll(&mut context).is_ready() {
            return;
        }
        if let Some(one) = &mut worker
            && one.as_mut().poll(&mut context).is_ready()
        {
            worker = None;
        }
    }
}

/// The value of a future that need not wait.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
