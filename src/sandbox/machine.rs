//! The sandbox without its sockets: a request in, a response out.

use std::collections::HashMap;

use axum::http::HeaderMap;
use fastrand::Rng;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

use crate::sandbox::answer::{
    Answer, Content, Family, bare, enveloped, forbidden, key_missing, key_unknown, no_route,
    of_status, quota_used_up, too_large,
};
use crate::sandbox::call::Call;
use crate::sandbox::clock::{Clock, timestamp};
use crate::sandbox::diary::{Diary, Entry};
use crate::sandbox::fault::{FaultKind, Faults};
use crate::sandbox::limits::{Limits, Standing, headers, seconds_left};
use crate::sandbox::options::{Options, Settings};
use crate::sandbox::record::{Key, Role, Workspace};
use crate::sandbox::routes::{Route, find};
use crate::sandbox::seed::{self, SeedError};
use crate::sandbox::store::{KEYS, META, Store, StoreError, Transaction, WORKSPACES};
use crate::sandbox::tasks::settle_due;

/// The user id of the first key.
const FIRST_USER: u64 = 10_000_001;
/// The most bytes of a body on the environment endpoints.
const MOST_ENVIRONMENT: u64 = 30 * 1024 * 1024;

/// A request, read.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, percent signs and all.
    pub path: String,
    /// The decoded parameters behind the `?`.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; nothing where it was over the limit.
    pub body: Option<axum::body::Bytes>,
}

/// A response, and what is done to it on its way.
#[derive(Debug)]
pub struct Response {
    /// What goes back.
    pub answer: Answer,
    /// How many milliseconds it waits first.
    pub wait: u64,
    /// Where the connection is cut.
    pub cut: Cut,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere.
    Nowhere,
    /// Before the answer.
    BeforeTheAnswer,
    /// In the middle of the body.
    InTheBody,
}

/// A sandbox cannot be started.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seed.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The key.
    #[error("an API key is 8 to 200 visible ASCII characters without spaces")]
    Key,
}

/// The sandbox without its sockets.
#[derive(Debug)]
pub struct Machine {
    /// What is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How it is set.
    pub settings: Settings,
    /// What goes wrong.
    pub faults: Faults,
    /// What was asked.
    pub diary: Diary,
    limits: Limits,
    dice: Rng,
    lagging: HashMap<String, u64>,
    used: HashMap<(u64, String), u64>,
    tasks_may_be_due: bool,
    turn: usize,
}

/// The keys that a sandbox starts with.
#[derive(Clone, Debug)]
pub struct FirstKeys {
    /// May do everything.
    pub admin: String,
    /// May read.
    pub viewer: String,
}

impl Machine {
    /// Opens the database, and fills it where it is new.
    ///
    /// # Errors
    /// The database, the seed or the key cannot be used.
    pub fn open(
        options: &Options,
        directory: &std::path::Path,
    ) -> Result<(Self, FirstKeys), OpenError> {
        let good = |key: &String| {
            (8..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if options.key.as_ref().is_some_and(|key| !good(key)) {
            return Err(OpenError::Key);
        }
        let mut machine = Self {
            store: Store::open(directory)?,
            clock: Clock::default(),
            settings: options.settings.clone(),
            faults: Faults::new(options.faults.clone(), options.fault_seed),
            diary: Diary::default(),
            limits: Limits::default(),
            dice: Rng::with_seed(options.fault_seed),
            lagging: HashMap::new(),
            used: HashMap::new(),
            tasks_may_be_due: true,
            turn: 0,
        };
        let transaction = machine.store.begin()?;
        let keys = first_keys(&transaction, options.key.clone())?;
        if !transaction.has(META, "filled")? {
            transaction.put(META, "filled", &true)?;
            let seed = options.seed.as_deref();
            let described = seed.map(seed::read).transpose()?;
            let base = seed
                .and_then(std::path::Path::parent)
                .unwrap_or(std::path::Path::new("."));
            machine.fill(&transaction, described.as_ref(), base)?;
        }
        transaction.commit()?;
        Ok((machine, keys))
    }

    /// Makes what a seed describes.
    ///
    /// # Errors
    /// The seed cannot be used; nothing was kept then.
    pub fn sow(&mut self, described: &Value) -> Result<(), OpenError> {
        let transaction = self.store.begin()?;
        self.fill(&transaction, Some(described), std::path::Path::new("."))?;
        transaction.commit()?;
        Ok(())
    }

    /// The most bytes of a body at this path.
    pub fn most_bytes(&self, path: &str) -> u64 {
        if path.starts_with("/environments") {
            return self.settings.max_body.min(MOST_ENVIRONMENT);
        }
        self.settings.max_body
    }

    /// Answers a request of the Postman API.
    pub fn answer(&mut self, request: &Request) -> Response {
        self.turn = self.turn.wrapping_add(self.dice.usize(1..4));
        let struck = self.faults.strike(&request.method, &request.path);
        let mut response = Response {
            answer: Answer::empty(),
            wait: 0,
            cut: Cut::Nowhere,
        };
        let mut fault = None;
        for kind in &struck {
            match kind {
                FaultKind::Slow(millis) => response.wait += millis,
                other => fault = Some(*other),
            }
        }
        response.answer = match fault {
            Some(FaultKind::Status(status)) => {
                let mut answer = *of_status(status, self.turn);
                if status == 429 {
                    let name =
                        ["retry-after", "x-ratelimit-retryafter", "retryafter"][self.turn % 3];
                    answer.headers.push((name, "1".to_owned()));
                }
                answer
            }
            Some(FaultKind::Quota) => (*quota_used_up())
                .with_header("ratelimit-limit-month", self.settings.quota.to_string())
                .with_header("ratelimit-remaining-month", "0".to_owned()),
            Some(FaultKind::Html) => text(
                200,
                "text/html; charset=utf-8",
                "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Network login</h1></body></html>\n",
            ),
            Some(FaultKind::Redirect) => Answer {
                status: 302,
                content: Content::Empty,
                headers: vec![(
                    "location",
                    format!("http://elsewhere.invalid{}", request.path),
                )],
            },
            other => self.work(request, other),
        };
        match fault {
            Some(FaultKind::Drop) => response.cut = Cut::InTheBody,
            Some(FaultKind::CommitThenDrop) => response.cut = Cut::BeforeTheAnswer,
            Some(FaultKind::CommitThenStatus(status)) => {
                response.answer = *of_status(status, self.turn);
            }
            Some(FaultKind::Malformed) => {
                let whole = match &response.answer.content {
                    Content::Json(value) | Content::Problem(value) => value.to_string(),
                    Content::Text(_, text) => text.clone(),
                    Content::Empty => "{\"".to_owned(),
                };
                let half = (0..=whole.len() / 2)
                    .rev()
                    .find(|at| whole.is_char_boundary(*at));
                let half = &whole[..half.unwrap_or(0).max(1)];
                response.answer = text(200, "application/json", half);
            }
            _ => {}
        }
        let fault = struck.iter().map(ToString::to_string).collect::<Vec<_>>();
        let route = find(&request.method, &request.path).map(|(route, _)| route.pattern);
        self.diary.write(Entry {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            operation: route.unwrap_or("-"),
            status: match response.cut {
                Cut::BeforeTheAnswer => 0,
                _ => response.answer.status,
            },
            fault: (!fault.is_empty()).then(|| fault.join("+")),
        });
        response
    }

    /// Whose key a request carries.
    ///
    /// # Errors
    /// 401: none, or an unknown one.
    pub fn key_of(&self, request: &Request) -> Result<Key, Box<Answer>> {
        let given = request.headers.get("x-api-key");
        let Some(given) = given
            .and_then(|value| value.to_str().ok())
            .filter(|key| !key.is_empty())
        else {
            return Err(key_missing());
        };
        let found: Option<Key> = self.store.begin()?.get(KEYS, given)?;
        found.ok_or_else(key_unknown)
    }

    fn work(&mut self, request: &Request, fault: Option<FaultKind>) -> Answer {
        let key = match self.key_of(request) {
            Ok(key) => key,
            Err(answer) => return *answer,
        };
        let now = self.clock.now();
        let route = find(&request.method, &request.path);
        let is_strict = route.as_ref().is_some_and(|(route, _)| route.strict);
        let month = timestamp(now)[..7].to_owned();
        let used = self.used_in(key.user, &month);
        let mut standing = self
            .limits
            .count(key.user, false, self.settings.rate_limit, now);
        if is_strict && !standing.exceeded {
            let strict = self
                .limits
                .count(key.user, true, self.settings.strict_limit, now);
            if strict.limit > 0 {
                standing = strict;
            }
        }
        let answer = if standing.exceeded {
            let mut answer = *of_status(429, self.turn);
            if let Content::Json(value) = &mut answer.content {
                let left = seconds_left(standing, now);
                value["error"]["message"] = json!(format!(
                    "Rate limit exceeded. Please retry after {left} seconds."
                ));
            }
            answer
        } else if used >= self.settings.quota {
            *quota_used_up()
        } else {
            self.used.insert((key.user, month.clone()), used + 1);
            match route {
                Some((route, parts)) => self.operate(request, route, &parts, &key, now, fault),
                None => *no_route(),
            }
        };
        let used = self.used_in(key.user, &month);
        self.with_headers(answer, standing, used, now)
    }

    fn with_headers(&self, mut answer: Answer, standing: Standing, used: u64, now: i64) -> Answer {
        let month = (self.settings.quota, used);
        answer
            .headers
            .extend(headers(standing, month, now, self.turn));
        answer
    }

    fn operate(
        &mut self,
        request: &Request,
        route: &Route,
        parts: &[String],
        key: &Key,
        now: i64,
        fault: Option<FaultKind>,
    ) -> Answer {
        if let Err(refusal) = admit(request, route, key) {
            return *refusal;
        }
        let month = timestamp(now)[..7].to_owned();
        let used = self.used_in(key.user, &month);
        let transaction = match self.store.begin() {
            Ok(transaction) => transaction,
            Err(error) => return *Box::<Answer>::from(error),
        };
        let mut call = Call {
            store: &transaction,
            key,
            now,
            settings: &self.settings,
            dice: &mut self.dice,
            lagging: &mut self.lagging,
            query: &request.query,
            headers: &request.headers,
            body: request.body.as_deref().unwrap_or_default(),
            used,
            task_fails: fault == Some(FaultKind::TaskFailed),
            cursor_repeats: fault == Some(FaultKind::RepeatCursor),
        };
        if self.tasks_may_be_due {
            match settle_due(&mut call) {
                Ok(pending) => self.tasks_may_be_due = pending > 0,
                Err(refusal) => return *refusal,
            }
        }
        let answer = match (route.handler)(&mut call, parts) {
            Ok(answer) => answer,
            // The transaction is dropped: a refusal has no effects.
            Err(refusal) => return *refusal,
        };
        let kept = if transaction.is_touched() {
            self.tasks_may_be_due |= answer.status == 202;
            let name = format!("used/{}/{month}", key.user);
            transaction
                .put(META, &name, &used)
                .and_then(|()| transaction.commit())
        } else {
            transaction.commit()
        };
        match kept {
            Ok(()) => answer,
            Err(error) => *Box::<Answer>::from(error),
        }
    }

    fn used_in(&mut self, user: u64, month: &str) -> u64 {
        let key = (user, month.to_owned());
        if let Some(used) = self.used.get(&key) {
            return *used;
        }
        let name = format!("used/{user}/{month}");
        let stored = self
            .store
            .begin()
            .and_then(|transaction| transaction.get(META, &name));
        let used = stored.ok().flatten().unwrap_or(0);
        self.used.insert(key, used);
        used
    }

    fn fill(
        &mut self,
        transaction: &Transaction,
        described: Option<&Value>,
        base: &std::path::Path,
    ) -> Result<(), OpenError> {
        let key = Key {
            user: FIRST_USER,
            role: Role::Admin,
        };
        let headers = HeaderMap::new();
        let settings = Settings {
            lag: 0,
            ..self.settings.clone()
        };
        let mut call = Call {
            store: transaction,
            key: &key,
            now: self.clock.now(),
            settings: &settings,
            dice: &mut self.dice,
            lagging: &mut self.lagging,
            query: &[],
            headers: &headers,
            body: &[],
            used: 0,
            task_fails: false,
            cursor_repeats: false,
        };
        let made = match described {
            Some(described) => seed::apply(&mut call, described, base)?,
            None => 0,
        };
        if made == 0 {
            let workspace = Workspace {
                id: call.new_id(),
                sequence: call.sequence()?,
                name: "Team Workspace".to_owned(),
                kind: "team".to_owned(),
                description: String::new(),
                about: "The workspace that a sandbox starts with.".to_owned(),
                stamp: call.stamp(),
            };
            transaction.put(WORKSPACES, &workspace.id, &workspace)?;
        }
        Ok(())
    }
}

/// What is asked of every request before its operation sees it.
fn admit(request: &Request, route: &Route, key: &Key) -> Result<(), Box<Answer>> {
    if route.family == Family::Apis {
        let accepts = request
            .headers
            .get("accept")
            .map(axum::http::HeaderValue::as_bytes);
        if accepts != Some(b"application/vnd.api.v10+json") {
            let message = "API not found. For v10 and later APIs, ensure that your request sends the \
                           \"application/vnd.api.v10+json\" Accept header.";
            return Err(bare(400, "instanceNotFoundError", message));
        }
    }
    if route.writes() && key.role == Role::Viewer {
        return Err(forbidden(route.family));
    }
    let is_chunked = request.headers.contains_key("transfer-encoding");
    if route.writes() && is_chunked && route.pattern.starts_with("/environments") {
        return Err(enveloped(
            411,
            "lengthRequiredError",
            "The Content-Length header is required.",
        ));
    }
    if request.body.is_none() {
        return Err(too_large());
    }
    Ok(())
}

fn first_keys(transaction: &Transaction, wanted: Option<String>) -> Result<FirstKeys, StoreError> {
    let key = |name: &str, role: Role, wanted: Option<String>| -> Result<String, StoreError> {
        let stored: Option<String> = transaction.get(META, name)?;
        let user = match role {
            Role::Viewer => FIRST_USER + 1,
            _ => FIRST_USER,
        };
        let key = wanted.or(stored.clone()).unwrap_or_else(new_key);
        if let Some(old) = stored.filter(|old| *old != key) {
            transaction.remove(KEYS, &old)?;
        }
        transaction.put(META, name, &key)?;
        transaction.put(KEYS, &key, &Key { user, role })?;
        Ok(key)
    };
    Ok(FirstKeys {
        admin: key("admin-key", Role::Admin, wanted)?,
        viewer: key("viewer-key", Role::Viewer, None)?,
    })
}

/// A fresh key in the form of Postman's.
pub fn new_key() -> String {
    let (one, other) = (
        Uuid::new_v4().simple().to_string(),
        Uuid::new_v4().simple().to_string(),
    );
    format!("PMAK-{}-{}{}", &one[..24], &other, &one[24..26])
}

fn text(status: u16, kind: &'static str, text: &str) -> Answer {
    Answer {
        status,
        content: Content::Text(kind, text.to_owned()),
        headers: Vec::new(),
    }
}
