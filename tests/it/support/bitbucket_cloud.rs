//! A small Bitbucket Cloud: its calls over a bare repository, refusing what the real one refuses, in its words.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use git_postman::model::base64::encode_standard;
use git_postman::model::digest::Digest;
use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::provider::bitbucket_cloud::service::BitbucketCloud;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::contract::parts;
use crate::support::service::{Answer, Call, Service};

/// The address and the token that it takes.
pub(crate) const TOKEN: &str = "kim@example.com:ATATT3xFfGF0";
/// Deeper lists than this take it too long.
const DEEPEST: usize = 4;
/// Short pages, whatever is asked for.
const PAGE: usize = 3;
const UUID: &str = "{0f1e2d3c-0000-4000-8000-000000000001}";

/// What a test may turn.
pub(crate) struct Knobs {
    /// What the token may do.
    pub(crate) scopes: Vec<&'static str>,
    /// What the account may do.
    pub(crate) permission: &'static str,
    /// Branches that nobody may push to.
    pub(crate) restricted: BTreeSet<String>,
    /// It was called so before; reads are sent on and writes are not taken.
    pub(crate) renamed_from: Option<&'static str>,
    /// Somebody pushes in the very moment of our push.
    pub(crate) pushes_between: bool,
}

struct State {
    knobs: Knobs,
    pull_requests: Vec<Value>,
    comments: Vec<Value>,
    statuses: Vec<Value>,
}

/// The service and the repository behind it.
pub(crate) struct FakeCloud {
    /// Where it stands, and what it heard.
    pub(crate) service: Service,
    /// What it keeps.
    pub(crate) bare: Arc<Bare>,
    state: Arc<Mutex<State>>,
}

impl FakeCloud {
    /// A workspace `acme` with one repository.
    pub(crate) fn start(bare: Bare) -> Self {
        let bare = Arc::new(bare);
        let state = Arc::new(Mutex::new(State {
            knobs: Knobs {
                scopes: vec![
                    "read:repository:bitbucket",
                    "write:repository:bitbucket",
                    "read:pullrequest:bitbucket",
                    "write:pullrequest:bitbucket",
                    "admin:repository:bitbucket",
                ],
                permission: "write",
                restricted: BTreeSet::new(),
                renamed_from: None,
                pushes_between: false,
            },
            pull_requests: Vec::new(),
            comments: Vec::new(),
            statuses: Vec::new(),
        }));
        let (kept, behind) = (Arc::clone(&state), Arc::clone(&bare));
        let service = Service::start("", move |call| {
            let mut state = kept.lock().unwrap();
            let scopes = state.knobs.scopes.join(", ");
            answer(&mut state, &behind, call).with("x-oauth-scopes", &scopes)
        });
        Self {
            service,
            bare,
            state,
        }
    }

    /// A client with a token.
    pub(crate) fn client(&self, token: &str) -> BitbucketCloud {
        let site = Site::new(ProviderKind::BitbucketCloud, &self.service.url).unwrap();
        let mut settings = BitbucketCloud::settings(&site);
        settings.clock = Arc::new(SteppedClock::default());
        BitbucketCloud::new(site, Secret::new(token), settings).unwrap()
    }

    /// The one repository.
    pub(crate) fn name() -> RepositoryName {
        RepositoryName::new("acme", "orders").unwrap()
    }

    /// Turns knobs.
    pub(crate) fn turn(&self, turn: impl FnOnce(&mut Knobs)) {
        turn(&mut self.state.lock().unwrap().knobs);
    }

    /// Statuses that were set.
    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.state.lock().unwrap().statuses.clone()
    }
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "type": "error", "error": { "message": message } }),
    )
}

/// One page of a list; the next one is named by its whole URL.
fn page(call: &Call, values: &[Value]) -> Answer {
    let number: usize = call.asks("page").parse().unwrap_or(1);
    let shown: Vec<&Value> = values.iter().skip((number - 1) * PAGE).take(PAGE).collect();
    let mut body = json!({ "pagelen": PAGE, "page": number, "values": shown });
    if number * PAGE < values.len() {
        let path = call.target.split('?').next().unwrap();
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in call.query.iter().filter(|(name, _)| *name != "page") {
            query.append_pair(name, value);
        }
        query.append_pair("page", &(number + 1).to_string());
        let host = call.header("host");
        body["next"] = json!(format!("http://{host}{path}?{}", query.finish()));
    }
    Answer::json(200, &body)
}

fn repository() -> Value {
    json!({
        "type": "repository", "uuid": UUID, "full_name": "acme/orders", "name": "Orders",
        "mainbranch": { "type": "branch", "name": "main" }, "is_private": true,
        "updated_on": "2026-11-22T10:00:00.000000+00:00",
    })
}

fn answer(state: &mut State, bare: &Bare, call: &Call) -> Answer {
    if call.header("authorization") != format!("Basic {}", encode_standard(TOKEN.as_bytes())) {
        return Answer::of(401, "text/plain", "");
    }
    let is_write = call.method != "GET";
    let path = call.path();
    let about_requests = path.get(3) == Some(&"pullrequests");
    let needed = match (about_requests, is_write) {
        (true, true) => "write:pullrequest:bitbucket",
        (true, false) => "read:pullrequest:bitbucket",
        (false, true) => "write:repository:bitbucket",
        (false, false) if path.get(3) == Some(&"branch-restrictions") => {
            "admin:repository:bitbucket"
        }
        (false, false) => "read:repository:bitbucket",
    };
    if !state.knobs.scopes.contains(&needed) {
        let body = json!({ "type": "error", "error": {
            "message": "Your credentials lack one or more required privilege scopes.",
            "detail": { "granted": state.knobs.scopes, "required": [needed] },
        } });
        return Answer::json(403, &body);
    }
    match path.as_slice() {
        ["user", "workspaces", "acme", "permissions", "repositories"] => {
            assert_eq!(call.asks("q"), "repository.full_name=\"acme/orders\"");
            let one =
                json!({ "type": "repository_permission", "permission": state.knobs.permission });
            page(call, &[one])
        }
        ["repositories", "acme"] => {
            let list = page(call, &[repository()]);
            let etag = format!("\"{}\"", Digest::of(&list.body).short());
            if call.header("if-none-match") == etag {
                return Answer {
                    status: 304,
                    body: Vec::new(),
                    ..list
                };
            }
            list.with("etag", &etag)
        }
        ["repositories", "acme", name, below @ ..] => {
            if state.knobs.renamed_from == Some(name) {
                let to = call.target.replacen(name, "orders", 1);
                return Answer::of(301, "text/html", "").with("location", &to);
            }
            if *name != "orders" {
                return refused(
                    404,
                    "You may not have access to this repository or it no longer exists in this workspace. If you think this repository exists and you have access, make sure you are authenticated.",
                );
            }
            in_repository(state, bare, call, below)
        }
        _ => refused(404, "Resource not found"),
    }
}

fn in_repository(state: &mut State, bare: &Bare, call: &Call, below: &[&str]) -> Answer {
    match (call.method.as_str(), below) {
        ("GET", []) => Answer::json(200, &repository()),
        ("GET", ["refs", "branches"]) => {
            let all: Vec<Value> = bare
                .heads()
                .iter()
                .map(|(name, id)| branch(name, id))
                .collect();
            page(call, &all)
        }
        ("GET", ["refs", "branches", name]) => match bare.tip(name) {
            Some(id) => Answer::json(200, &branch(name, &id)),
            None => refused(404, &format!("No such branch: {name}")),
        },
        ("POST", ["refs", "branches"]) => {
            let new = call.json();
            let (name, id) = (
                new["name"].as_str().unwrap(),
                new["target"]["hash"].as_str().unwrap(),
            );
            if bare.move_head(name, None, Some(id)) {
                Answer::json(201, &branch(name, id))
            } else {
                let body = json!({ "type": "error", "error": {
                    "message": format!("Branch \"{name}\" already exists."),
                    "data": { "key": "BRANCH_ALREADY_EXISTS" },
                } });
                Answer::json(400, &body)
            }
        }
        ("GET", ["src", commit, path @ ..]) => source(bare, call, commit, &path.join("/")),
        ("POST", ["src"]) => commit(state, bare, call),
        ("GET", ["branch-restrictions"]) => {
            let all = state.knobs.restricted.iter().map(|pattern| {
                json!({
                    "id": 1, "type": "branchrestriction", "kind": "push", "branch_match_kind": "glob",
                    "pattern": pattern, "users": [], "groups": [],
                })
            });
            page(call, &all.collect::<Vec<_>>())
        }
        ("POST", ["commit", _, "statuses", "build"]) => {
            state.statuses.push(call.json());
            Answer::json(201, &call.json())
        }
        ("GET", ["pullrequests"]) => {
            let wanted = |one: &&Value| {
                let query = format!(
                    "source.branch.name={} AND destination.branch.name={}",
                    one["source"]["branch"]["name"], one["destination"]["branch"]["name"]
                );
                one["state"] == call.asks("state") && query == call.asks("q")
            };
            let found: Vec<Value> = state.pull_requests.iter().filter(wanted).cloned().collect();
            page(call, &found)
        }
        ("POST", ["pullrequests"]) => new_pull_request(state, bare, &call.json()),
        (_, ["pullrequests", number, more @ ..]) => {
            let at: usize = number.parse().unwrap();
            if at == 0 || at > state.pull_requests.len() {
                return refused(404, "Pull request not found");
            }
            match (call.method.as_str(), more) {
                ("PUT", []) => {
                    let one = &mut state.pull_requests[at - 1];
                    for (name, value) in call.json().as_object().unwrap() {
                        one[name] = value.clone();
                    }
                    Answer::json(200, one)
                }
                ("POST", ["decline"]) => {
                    state.pull_requests[at - 1]["state"] = json!("DECLINED");
                    Answer::json(200, &state.pull_requests[at - 1])
                }
                ("GET", ["comments"]) => page(call, &state.comments.clone()),
                ("POST", ["comments"]) => {
                    let mut new = call.json();
                    new["id"] = json!(state.comments.len() + 700);
                    new["deleted"] = json!(false);
                    state.comments.push(new.clone());
                    Answer::json(201, &new)
                }
                ("PUT", ["comments", id]) => {
                    let at: usize = id.parse().unwrap();
                    let comment = &mut state.comments[at - 700];
                    comment["content"] = call.json()["content"].clone();
                    Answer::json(200, comment)
                }
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
}

fn branch(name: &str, id: &str) -> Value {
    json!({ "type": "branch", "name": name, "target": { "type": "commit", "hash": id } })
}

fn source(bare: &Bare, call: &Call, commit: &str, path: &str) -> Answer {
    let Some(tree) = bare.tree(commit) else {
        return refused(404, "Commit not found");
    };
    let names = bare.names(&tree).unwrap();
    let directory = path.trim_end_matches('/');
    if !path.is_empty() && !path.ends_with('/') {
        let found = names.iter().find(|one| one.path == path);
        return match found {
            Some(one) => Answer::of(200, "text/html", bare.blob(&one.id).unwrap()),
            None => refused(404, "No such file or directory"),
        };
    }
    let depth: usize = call.asks("max_depth").parse().unwrap_or(1);
    if depth > DEEPEST {
        return refused(555, "The request took too long");
    }
    let entries: Vec<Value> = names
        .iter()
        .filter_map(|one| {
            let below = if directory.is_empty() {
                &one.path
            } else {
                one.path.strip_prefix(directory)?.strip_prefix('/')?
            };
            (below.split('/').count() <= depth).then_some(one)
        })
        .map(|one| {
            let attributes: &[&str] = match one.mode.as_str() {
                "120000" => &["link"],
                "160000" => &["subrepository"],
                "100755" => &["executable"],
                _ => &[],
            };
            match one.kind {
                "tree" => json!({ "type": "commit_directory", "path": one.path }),
                _ => json!({ "type": "commit_file", "path": one.path, "size": one.size, "attributes": attributes }),
            }
        })
        .collect();
    page(call, &entries)
}

fn commit(state: &State, bare: &Bare, call: &Call) -> Answer {
    let kind = call.header("content-type");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let (mut message, mut parent, mut branch) = (String::new(), String::new(), String::new());
    let mut changes = Vec::new();
    for part in parts(&call.body, boundary) {
        let text = || String::from_utf8(part.content.clone()).unwrap();
        match (part.name.as_str(), &part.file) {
            (name, Some(_)) => {
                changes.push((name.trim_start_matches('/').to_owned(), Some(part.content)));
            }
            ("message", None) => message = text(),
            ("parents", None) => parent = text(),
            ("branch", None) => branch = text(),
            ("files", None) => changes.push((text(), None)),
            other => panic!("{other:?}"),
        }
    }
    if state.knobs.restricted.contains(&branch) {
        return refused(
            403,
            &format!("Permission denied to update branch {branch}. Branch restrictions apply."),
        );
    }
    if state.knobs.pushes_between {
        bare.push_something(&branch);
    }
    let there = bare.tip(&branch);
    if there.as_deref().is_some_and(|tip| tip != parent) {
        return refused(409, "The branch has moved");
    }
    let made = bare.commit(Some(&parent), &changes, &message);
    if !bare.move_head(&branch, there.as_deref(), Some(&made)) {
        return refused(409, "The branch has moved");
    }
    let location = format!(
        "http://{}/repositories/acme/orders/commit/{made}",
        call.header("host")
    );
    Answer::of(201, "application/json", "").with("location", &location)
}

fn new_pull_request(state: &mut State, bare: &Bare, new: &Value) -> Answer {
    let tip = |end: &str| bare.tip(new[end]["branch"]["name"].as_str().unwrap());
    if tip("source") == tip("destination") {
        return refused(400, "There are no changes to be pulled");
    }
    let mut made = new.clone();
    made["id"] = json!(state.pull_requests.len() + 1);
    made["type"] = json!("pullrequest");
    made["state"] = json!("OPEN");
    for end in ["source", "destination"] {
        made[end]["repository"] = json!({ "type": "repository", "uuid": UUID });
    }
    state.pull_requests.push(made.clone());
    Answer::json(201, &made)
}
