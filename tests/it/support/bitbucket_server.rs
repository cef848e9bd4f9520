//! A small Bitbucket Data Center: its API and git's own server over one bare repository, below a path of its own.

use std::sync::{Arc, Mutex};

use git_postman::model::base64::encode_standard;
use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::provider::bitbucket_server::service::BitbucketServer;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::git_http::served;
use crate::support::service::{Answer, Call, Service};

/// The token that it takes.
pub(crate) const TOKEN: &str = "NjM4Njk0MTU2";
const PAGE: usize = 2;

/// What a test may turn.
pub(crate) struct Knobs {
    /// Account and token may write.
    pub(crate) writes: bool,
    /// Somebody edits a comment or a pull request between a read and the next write.
    pub(crate) edits_between: bool,
    /// What stands before `main`.
    pub(crate) restriction: Option<&'static str>,
    /// Nothing can be changed.
    pub(crate) archived: bool,
}

struct State {
    knobs: Knobs,
    pull_requests: Vec<Value>,
    comments: Vec<Value>,
    builds: Vec<Value>,
}

/// The service and the repository behind it.
pub(crate) struct FakeServer {
    /// Where it stands, and what it heard.
    pub(crate) service: Service,
    /// What it keeps.
    pub(crate) bare: Arc<Bare>,
    state: Arc<Mutex<State>>,
}

impl FakeServer {
    /// A project `SHOP` with one repository.
    pub(crate) fn start(bare: Bare) -> Self {
        let bare = Arc::new(bare);
        let state = Arc::new(Mutex::new(State {
            knobs: Knobs {
                writes: true,
                edits_between: false,
                restriction: None,
                archived: false,
            },
            pull_requests: Vec::new(),
            comments: Vec::new(),
            builds: Vec::new(),
        }));
        let (kept, behind) = (Arc::clone(&state), Arc::clone(&bare));
        let service = Service::start("/git", move |call| {
            if let ["scm", "shop", "orders.git", service @ ..] = call.path().as_slice() {
                let writes = kept.lock().unwrap().knobs.writes;
                return over_git(&behind, call, &service.join("/"), writes);
            }
            let mut state = kept.lock().unwrap();
            answer(&mut state, &behind, call).with("x-ausername", "kim")
        });
        Self {
            service,
            bare,
            state,
        }
    }

    /// A client with a token.
    pub(crate) fn client(&self, token: &str) -> BitbucketServer {
        let web = format!("{}/git", self.service.url);
        let site = Site::new(ProviderKind::BitbucketDataCenter, &web).unwrap();
        let mut settings = BitbucketServer::settings(&site);
        settings.clock = Arc::new(SteppedClock::default());
        BitbucketServer::new(site, Secret::new(token), settings).unwrap()
    }

    /// The one repository.
    pub(crate) fn name() -> RepositoryName {
        RepositoryName::new("SHOP", "orders").unwrap()
    }

    /// Turns knobs.
    pub(crate) fn turn(&self, turn: impl FnOnce(&mut Knobs)) {
        turn(&mut self.state.lock().unwrap().knobs);
    }

    /// Builds that were set.
    pub(crate) fn builds(&self) -> Vec<Value> {
        self.state.lock().unwrap().builds.clone()
    }

    /// A pull request as it stands.
    pub(crate) fn pull_request(&self, number: usize) -> Value {
        self.state.lock().unwrap().pull_requests[number - 1].clone()
    }

    /// Somebody asks a colleague to look at it.
    pub(crate) fn add_reviewer(&self, number: usize, name: &str) {
        let one = &mut self.state.lock().unwrap().pull_requests[number - 1];
        one["reviewers"] = json!([{ "user": { "name": name } }]);
        one["version"] = json!(one["version"].as_u64().unwrap() + 1);
    }
}

fn over_git(bare: &Bare, call: &Call, service: &str, writes: bool) -> Answer {
    let pair = format!(
        "Basic {}",
        encode_standard(format!("kim:{TOKEN}").as_bytes())
    );
    if call.header("authorization") != pair {
        return Answer::of(401, "text/plain", "")
            .with("www-authenticate", "Basic realm=\"Atlassian Bitbucket\"");
    }
    let is_push = service.contains("receive-pack") || call.asks("service").contains("receive-pack");
    if is_push && !writes {
        return Answer::of(403, "text/plain", "You are not permitted to push");
    }
    served(bare, call, service, "kim")
}

fn refused(status: u16, exception: &str, message: &str) -> Answer {
    let exception = format!("com.atlassian.bitbucket.{exception}");
    let body =
        json!({ "errors": [{ "context": null, "message": message, "exceptionName": exception }] });
    Answer::json(status, &body)
}

fn page(call: &Call, values: &[Value]) -> Answer {
    let start: usize = call.asks("start").parse().unwrap_or(0);
    let shown: Vec<&Value> = values.iter().skip(start).take(PAGE).collect();
    let next = start + shown.len();
    let is_last = next >= values.len();
    let body = json!({
        "size": shown.len(), "limit": PAGE, "start": start, "isLastPage": is_last, "values": shown,
        "nextPageStart": if is_last { Value::Null } else { json!(next) },
    });
    Answer::json(200, &body)
}

fn repository(state: &State) -> Value {
    json!({
        "id": 42, "slug": "orders", "name": "Orders", "state": "AVAILABLE", "public": false,
        "archived": state.knobs.archived, "project": { "key": "SHOP", "id": 1 },
    })
}

fn answer(state: &mut State, bare: &Bare, call: &Call) -> Answer {
    if call.header("authorization") != format!("Bearer {TOKEN}") {
        return refused(
            401,
            "AuthenticationException",
            "Authentication failed. Please check your credentials and try again.",
        );
    }
    let path = call.path();
    match path.as_slice() {
        ["rest", "api", "latest", "repos"] => {
            let mut found = vec![json!({
                "id": 43, "slug": "orders-old", "project": { "key": "SHOP" },
            })];
            if state.knobs.writes {
                found.push(repository(state));
            }
            page(call, &found)
        }
        ["rest", "api", "latest", "projects", "SHOP", "repos"] => page(call, &[repository(state)]),
        [
            "rest",
            "api",
            "latest",
            "projects",
            "SHOP",
            "repos",
            "orders",
            below @ ..,
        ] => {
            if call.method != "GET" && state.knobs.archived {
                return refused(
                    409,
                    "repository.RepositoryArchivedException",
                    "The repository is archived",
                );
            }
            in_repository(state, bare, call, below)
        }
        [
            "rest",
            "branch-permissions",
            "latest",
            "projects",
            "SHOP",
            "repos",
            "orders",
            "restrictions",
        ] => {
            let all = state
                .knobs
                .restriction
                .map(|kind| json!({ "id": 1, "type": kind, "users": [], "groups": [] }));
            page(call, &all.into_iter().collect::<Vec<_>>())
        }
        _ => refused(
            404,
            "repository.NoSuchRepositoryException",
            "Repository SHOP/none does not exist.",
        ),
    }
}

fn branch(name: &str, id: &str) -> Value {
    json!({ "id": format!("refs/heads/{name}"), "displayId": name, "type": "BRANCH", "latestCommit": id })
}

fn in_repository(state: &mut State, bare: &Bare, call: &Call, below: &[&str]) -> Answer {
    match (call.method.as_str(), below) {
        ("GET", []) => Answer::json(200, &repository(state)),
        ("GET", ["default-branch"]) => match bare.tip("main") {
            Some(id) => Answer::json(200, &branch("main", &id)),
            None => refused(
                404,
                "repository.NoDefaultBranchException",
                "The default branch does not exist",
            ),
        },
        ("GET", ["branches"]) => {
            let text = call.asks("filterText");
            let heads = bare.heads();
            let fitting = heads.iter().filter(|(name, _)| name.contains(text));
            page(
                call,
                &fitting
                    .map(|(name, id)| branch(name, id))
                    .collect::<Vec<_>>(),
            )
        }
        ("POST", ["branches"]) => {
            let new = call.json();
            let (name, id) = (
                new["name"].as_str().unwrap(),
                new["startPoint"].as_str().unwrap(),
            );
            if bare.move_head(name, None, Some(id)) {
                Answer::json(200, &branch(name, id))
            } else {
                refused(
                    409,
                    "repository.DuplicateRefException",
                    &format!("Branch '{name}' already exists in repository SHOP/orders"),
                )
            }
        }
        ("POST", ["commits", _, "builds"]) => {
            state.builds.push(call.json());
            Answer::of(204, "application/json", "")
        }
        ("GET", ["pull-requests"]) => {
            let fits = |one: &&Value| {
                one["state"] == call.asks("state") && one["fromRef"]["id"] == call.asks("at")
            };
            let found: Vec<Value> = state.pull_requests.iter().filter(fits).cloned().collect();
            page(call, &found)
        }
        ("POST", ["pull-requests"]) => new_pull_request(state, bare, &call.json()),
        (_, ["pull-requests", number, more @ ..]) => {
            let at: usize = number.parse().unwrap();
            one_pull_request(state, call, at - 1, more)
        }
        other => panic!("{other:?}"),
    }
}

fn new_pull_request(state: &mut State, bare: &Bare, new: &Value) -> Answer {
    let name = |end: &str| new[end]["id"].as_str().unwrap().replace("refs/heads/", "");
    if bare.tip(&name("fromRef")) == bare.tip(&name("toRef")) {
        return refused(
            409,
            "pull.EmptyPullRequestException",
            "Branch \"main-2\" is already up-to-date with branch \"main\" in repository \"SHOP/orders\".",
        );
    }
    let is_same = |one: &Value| {
        one["state"] == "OPEN"
            && one["fromRef"]["id"] == new["fromRef"]["id"]
            && one["toRef"]["id"] == new["toRef"]["id"]
    };
    if let Some(there) = state.pull_requests.iter().find(|one| is_same(one)) {
        let body = json!({ "errors": [{
            "context": null, "message": "Only one pull request may be open for a given source and target branch",
            "exceptionName": "com.atlassian.bitbucket.pull.DuplicatePullRequestException", "existingPullRequest": there,
        }] });
        return Answer::json(409, &body);
    }
    let mut made = new.clone();
    made["id"] = json!(state.pull_requests.len() + 1);
    made["version"] = json!(0);
    made["state"] = json!("OPEN");
    made["reviewers"] = json!([]);
    for end in ["fromRef", "toRef"] {
        made[end]["repository"]["id"] = json!(42);
    }
    state.pull_requests.push(made.clone());
    Answer::json(201, &made)
}

/// Whether what is to be replaced still stands there; somebody else may just have been faster.
fn is_stale(edits_between: &mut bool, there: &mut Value, version: &Value) -> bool {
    if std::mem::take(edits_between) {
        there["version"] = json!(there["version"].as_u64().unwrap() + 1);
    }
    there["version"] != *version
}

fn one_pull_request(state: &mut State, call: &Call, at: usize, more: &[&str]) -> Answer {
    let between = &mut state.knobs.edits_between;
    let stale = || {
        refused(
            409,
            "pull.PullRequestOutOfDateException",
            "You are attempting to modify a pull request based on out-of-date information.",
        )
    };
    let raise = |one: &mut Value| one["version"] = json!(one["version"].as_u64().unwrap() + 1);
    match (call.method.as_str(), more) {
        ("GET", []) => Answer::json(200, &state.pull_requests[at]),
        ("PUT", []) => {
            let one = &mut state.pull_requests[at];
            let change = call.json();
            if is_stale(between, one, &change["version"]) {
                return stale();
            }
            for name in ["title", "description", "reviewers"] {
                one[name] = change[name].clone();
            }
            raise(one);
            Answer::json(200, one)
        }
        ("POST", ["decline"]) => {
            let one = &mut state.pull_requests[at];
            let version = json!(call.asks("version").parse::<u64>().unwrap());
            if is_stale(between, one, &version) {
                return stale();
            }
            one["state"] = json!("DECLINED");
            raise(one);
            Answer::json(200, one)
        }
        ("GET", ["activities"]) => {
            let mut all = vec![json!({ "id": 1, "action": "OPENED" })];
            all.extend(state.comments.iter().map(|comment| {
                json!({ "id": 2, "action": "COMMENTED", "commentAction": "ADDED", "comment": comment })
            }));
            all.reverse();
            page(call, &all)
        }
        ("POST", ["comments"]) => {
            let mut new = call.json();
            new["id"] = json!(state.comments.len() + 10);
            new["version"] = json!(0);
            state.comments.push(new.clone());
            Answer::json(201, &new)
        }
        ("GET", ["comments", id]) => {
            Answer::json(200, &state.comments[id.parse::<usize>().unwrap() - 10])
        }
        ("PUT", ["comments", id]) => {
            let one = &mut state.comments[id.parse::<usize>().unwrap() - 10];
            let change = call.json();
            if is_stale(between, one, &change["version"]) {
                return refused(
                    409,
                    "comment.CommentOutOfDateException",
                    "You are attempting to modify a comment based on out-of-date information.",
                );
            }
            one["text"] = change["text"].clone();
            raise(one);
            Answer::json(200, one)
        }
        other => panic!("{other:?}"),
    }
}
