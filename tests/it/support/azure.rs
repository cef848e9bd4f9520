//! A small Azure DevOps: its calls over a bare repository, refusing what the real one refuses, in its words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::provider::azure::service::Azure;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::service::{Answer, Call, Service};

/// The token that it takes.
pub(crate) const TOKEN: &str = "pat0123456789";
/// `:pat0123456789`, as it is sent.
const BASIC: &str = "Basic OnBhdDAxMjM0NTY3ODk=";
const ZEROS: &str = "0000000000000000000000000000000000000000";
const REPOSITORY: &str = "278d5cd2-584d-4b63-824a-2ba458937249";
const PROJECT: &str = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c";

/// What a test may turn.
#[derive(Debug)]
pub(crate) struct Knobs {
    /// Permissions of the account, as bits.
    pub(crate) account: u64,
    /// The token has the scope for writing.
    pub(crate) writes: bool,
    /// Branches whose policies want a pull request.
    pub(crate) policies: BTreeSet<String>,
    /// Branches that are locked.
    pub(crate) locked: BTreeSet<String>,
    /// The newest version it speaks.
    pub(crate) version: f32,
    /// The repository is disabled.
    pub(crate) disabled: bool,
    /// Somebody pushes in the very moment of our push.
    pub(crate) pushes_between: bool,
}

struct State {
    knobs: Knobs,
    pull_requests: Vec<Value>,
    threads: Vec<Value>,
    statuses: Vec<Value>,
}

/// The service and the repository behind it.
pub(crate) struct FakeAzure {
    /// Where it stands, and what it heard.
    pub(crate) service: Service,
    /// What it keeps.
    pub(crate) bare: Arc<Bare>,
    state: Arc<Mutex<State>>,
    kind: ProviderKind,
    prefix: &'static str,
}

impl FakeAzure {
    /// The cloud: an organisation `acme`.
    pub(crate) fn services(bare: Bare) -> Self {
        Self::start(ProviderKind::AzureServices, "/acme", bare)
    }

    /// On-premises: a collection below a virtual directory.
    pub(crate) fn server(bare: Bare) -> Self {
        Self::start(ProviderKind::AzureServer, "/tfs/Main%20One", bare)
    }

    fn start(kind: ProviderKind, prefix: &'static str, bare: Bare) -> Self {
        let bare = Arc::new(bare);
        let state = Arc::new(Mutex::new(State {
            knobs: Knobs {
                account: 4 + 16 + 16384,
                writes: true,
                policies: BTreeSet::new(),
                locked: BTreeSet::new(),
                version: 7.2,
                disabled: false,
                pushes_between: false,
            },
            pull_requests: Vec::new(),
            threads: Vec::new(),
            statuses: Vec::new(),
        }));
        let (kept, behind) = (Arc::clone(&state), Arc::clone(&bare));
        let service = Service::start(prefix, move |call| answer(&kept, &behind, call));
        Self {
            service,
            bare,
            state,
            kind,
            prefix,
        }
    }

    /// A client with a token.
    pub(crate) fn client(&self, token: &str) -> Azure {
        let site = Site::new(self.kind, &format!("{}{}", self.service.url, self.prefix)).unwrap();
        let mut settings = Azure::settings(&site);
        settings.clock = Arc::new(SteppedClock::default());
        Azure::new(site, Secret::new(token), settings).unwrap()
    }

    /// The one repository.
    pub(crate) fn name() -> RepositoryName {
        RepositoryName::new("My Proj", "orders").unwrap()
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

fn refused(status: u16, key: &str, message: &str) -> Answer {
    let body = json!({
        "$id": "1", "innerException": null, "message": message,
        "typeName": format!("Microsoft.TeamFoundation.Git.Server.{key}, Microsoft.TeamFoundation.Git.Server"),
        "typeKey": key, "errorCode": 0, "eventId": 3000,
    });
    Answer::json(status, &body)
}

fn many(value: Vec<Value>) -> Answer {
    Answer::json(200, &json!({ "count": value.len(), "value": value }))
}

fn sign_in() -> Answer {
    let page =
        "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head></html>";
    Answer::of(203, "text/html; charset=utf-8", page)
}

fn answer(state: &Mutex<State>, bare: &Bare, call: &Call) -> Answer {
    let mut state = state.lock().unwrap();
    if call.header("authorization") != BASIC {
        return match call.method.as_str() {
            "PATCH" => Answer::of(401, "text/html", ""),
            _ => sign_in(),
        };
    }
    let path = call.path();
    let asked: f32 = call.asks("api-version").parse().unwrap_or(0.0);
    let newest = state.knobs.version;
    if asked > newest {
        let words = format!(
            "The requested REST API version of {asked:.1} is out of range for this server. The latest REST API version this server supports is {newest:.1}."
        );
        return refused(400, "VssVersionOutOfRangeException", &words);
    }
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["_apis", "connectionData"]) => Answer::json(
            200,
            &json!({ "instanceId": PROJECT, "authenticatedUser": { "id": PROJECT, "providerDisplayName": "Kim\u{1b}[31m Lee" } }),
        ),
        ("GET", ["_apis", "projects"]) => many(vec![project()]),
        ("POST", ["_apis", "security", "permissionevaluationbatch"]) => evaluated(&state, call),
        ("GET", [project, "_apis", "git", "repositories"]) if is_project(project) => {
            many(vec![repository(&state)])
        }
        (_, [project, "_apis", "git", "repositories", name, below @ ..]) if is_project(project) => {
            if !name.eq_ignore_ascii_case("orders") && *name != REPOSITORY {
                let words = format!(
                    "TF401019: The Git repository with name or identifier {name} does not exist or you do not have permissions for the operation you are attempting."
                );
                return refused(404, "GitRepositoryNotFoundException", &words);
            }
            if state.knobs.disabled && !below.is_empty() {
                return refused(
                    403,
                    "GitRepositoryDisabledException",
                    "TF401019: The Git repository with name or identifier orders is disabled.",
                );
            }
            in_repository(&mut state, bare, call, below)
        }
        _ => refused(
            404,
            "ProjectDoesNotExistWithNameException",
            "TF200016: The following project does not exist: nowhere. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.",
        ),
    }
}

fn is_project(name: &str) -> bool {
    name.eq_ignore_ascii_case("My Proj") || name == PROJECT
}

fn project() -> Value {
    json!({ "id": PROJECT, "name": "My Proj", "state": "wellFormed", "visibility": "private" })
}

fn repository(state: &State) -> Value {
    json!({
        "id": REPOSITORY, "name": "orders", "project": project(),
        "defaultBranch": "refs/heads/main", "isDisabled": state.knobs.disabled, "size": 1,
    })
}

fn evaluated(state: &State, call: &Call) -> Answer {
    let mut batch = call.json();
    for one in batch["evaluations"].as_array_mut().unwrap() {
        assert_eq!(one["token"], format!("repoV2/{PROJECT}/{REPOSITORY}"));
        let bits = one["permissions"].as_u64().unwrap();
        one["value"] = json!(state.knobs.account & bits == bits);
    }
    Answer::json(200, &batch)
}

fn in_repository(state: &mut State, bare: &Bare, call: &Call, below: &[&str]) -> Answer {
    match (call.method.as_str(), below) {
        ("GET", []) => Answer::json(200, &repository(state)),
        ("GET", ["refs"]) => refs(state, bare, call),
        ("POST" | "PATCH", _) if !state.knobs.writes && below != ["blobs"] => {
            Answer::of(401, "text/html", "")
        }
        ("POST", ["refs"]) => {
            let updates = call.json();
            let done = updates.as_array().unwrap().iter();
            many(done.map(|update| updated(state, bare, update)).collect())
        }
        ("GET", ["commits", id]) => match bare.tree(id) {
            Some(tree) => Answer::json(200, &json!({ "commitId": id, "treeId": tree })),
            None => refused(
                404,
                "GitUnresolvableToCommitException",
                "TF401175: The version descriptor <Commit: 1> could not be resolved to a version in the repository orders",
            ),
        },
        ("GET", ["trees", id]) => tree(bare, id),
        ("POST", ["blobs"]) => {
            let ids = call.json();
            let ids = ids.as_array().unwrap().iter();
            let blobs = ids.map(|id| {
                let id = id.as_str().unwrap();
                (id.to_owned(), bare.blob(id).unwrap())
            });
            Answer::of(200, "application/zip", zip(&blobs.collect()))
        }
        ("GET", ["blobs", id]) => {
            Answer::of(200, "application/octet-stream", bare.blob(id).unwrap())
        }
        ("POST", ["pushes"]) => push(state, bare, &call.json()),
        ("POST", ["commits", _, "statuses"]) => {
            state.statuses.push(call.json());
            let mut body = call.json();
            body["id"] = json!(state.statuses.len());
            Answer::json(200, &body)
        }
        ("GET", ["pullrequests"]) => pull_requests(state, call),
        ("POST", ["pullrequests"]) => new_pull_request(state, bare, &call.json()),
        (_, ["pullrequests", number]) => one_pull_request(state, call, number),
        (_, ["pullRequests", _, "threads", more @ ..]) => threads(state, call, more),
        other => panic!("{other:?}"),
    }
}

fn refs(state: &State, bare: &Bare, call: &Call) -> Answer {
    let prefix = format!("refs/{}", call.asks("filter"));
    let from: usize = call.asks("continuationToken").parse().unwrap_or(0);
    let found: Vec<Value> = bare
        .heads()
        .into_iter()
        .map(|(name, id)| {
            (
                format!("refs/heads/{name}"),
                state.knobs.locked.contains(&name),
                id,
            )
        })
        .filter(|(name, _, _)| name.starts_with(&prefix))
        .map(|(name, locked, id)| json!({ "name": name, "objectId": id, "isLocked": locked }))
        .collect();
    // Whatever is asked for, a page is short here.
    let page: Vec<Value> = found.iter().skip(from).take(1).cloned().collect();
    let more = from + 1 < found.len();
    let answer = many(page);
    if more {
        answer.with("x-ms-continuationtoken", &(from + 1).to_string())
    } else {
        answer
    }
}

fn short(reference: &Value) -> String {
    let name = reference.as_str().unwrap();
    name.strip_prefix("refs/heads/").unwrap().to_owned()
}

/// What stands in the way of any write to a branch.
fn policy(state: &State, branch: &str) -> Option<&'static str> {
    if state.knobs.policies.contains(branch) {
        return Some("rejectedByPolicy");
    }
    state.knobs.locked.contains(branch).then_some("locked")
}

fn updated(state: &State, bare: &Bare, update: &Value) -> Value {
    let branch = short(&update["name"]);
    let (old, new) = (&update["oldObjectId"], &update["newObjectId"]);
    let (old, new) = (old.as_str().unwrap(), new.as_str().unwrap());
    let is_new = old == ZEROS;
    let bit = if is_new { 16 } else { 4 };
    let status = if state.knobs.account & bit == 0 {
        if is_new {
            "createBranchPermissionRequired"
        } else {
            "writePermissionRequired"
        }
    } else if let Some(policy) = policy(state, &branch) {
        policy
    } else if bare.tree(new).is_none() {
        "unresolvableToCommit"
    } else if bare.move_head(&branch, Some(old).filter(|_| !is_new), Some(new)) {
        "succeeded"
    } else {
        "staleOldObjectId"
    };
    json!({
        "name": update["name"], "oldObjectId": old, "newObjectId": new, "isLocked": false,
        "updateStatus": status, "success": status == "succeeded",
    })
}

fn tree(bare: &Bare, id: &str) -> Answer {
    let Some(names) = bare.names(id) else {
        return refused(
            404,
            "GitObjectDoesNotExistException",
            "TF401035: The object does not exist.",
        );
    };
    let entries: Vec<Value> = names
        .iter()
        .map(|one| {
            json!({
                "objectId": one.id, "relativePath": one.path, "mode": one.mode,
                "gitObjectType": one.kind, "size": one.size,
            })
        })
        .collect();
    Answer::json(
        200,
        &json!({ "objectId": id, "size": 0, "treeEntries": entries }),
    )
}

fn push(state: &State, bare: &Bare, push: &Value) -> Answer {
    let update = &push["refUpdates"][0];
    let branch = short(&update["name"]);
    let old = update["oldObjectId"].as_str().unwrap();
    if state.knobs.account & 4 == 0 {
        return refused(
            403,
            "GitNeedsPermissionException",
            "TF401027: You need the Git 'GenericContribute' permission to perform this action. Details: identity 'Kim Lee', scope 'branch'.",
        );
    }
    if policy(state, &branch).is_some() {
        return refused(
            403,
            "GitRefUpdateRejectedByPolicyException",
            "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
        );
    }
    let stale = || {
        let words = format!(
            "TF401028: The reference 'refs/heads/{branch}' has already been updated by another client, so you cannot update it. Please try again."
        );
        refused(409, "GitReferenceStaleException", &words)
    };
    if state.knobs.pushes_between {
        bare.push_something(&branch);
    }
    let there = bare.tip(&branch);
    if there.as_deref().is_some_and(|tip| tip != old) {
        return stale();
    }
    let commit = &push["commits"][0];
    let mut changes = Vec::new();
    for change in commit["changes"].as_array().unwrap() {
        let path = change["item"]["path"]
            .as_str()
            .unwrap()
            .strip_prefix('/')
            .unwrap();
        let exists = bare.file(old, path).is_some();
        let content = match change["changeType"].as_str().unwrap() {
            "delete" if exists => None,
            "add" if !exists => Some(content(&change["newContent"])),
            "edit" if exists => Some(content(&change["newContent"])),
            _ => {
                let words = format!(
                    "TF402611: The path '/{path}' specified in the change does not fit what is there."
                );
                return refused(400, "InvalidArgumentValueException", &words);
            }
        };
        changes.push((path.to_owned(), content));
    }
    let made = bare.commit(Some(old), &changes, commit["comment"].as_str().unwrap());
    if !bare.move_head(&branch, there.as_deref(), Some(&made)) {
        return stale();
    }
    Answer::json(
        201,
        &json!({
            "pushId": 83,
            "commits": [{ "commitId": made, "comment": commit["comment"] }],
            "refUpdates": [{ "name": update["name"], "oldObjectId": old, "newObjectId": made }],
        }),
    )
}

fn content(new: &Value) -> Vec<u8> {
    let text = new["content"].as_str().unwrap();
    match new["contentType"].as_str().unwrap() {
        "base64Encoded" => git_postman::model::base64::decode(text.as_bytes()).unwrap(),
        _ => text.as_bytes().to_vec(),
    }
}

fn pull_requests(state: &State, call: &Call) -> Answer {
    let fits = |one: &&Value| {
        one["status"] == call.asks("searchCriteria.status")
            && one["sourceRefName"] == call.asks("searchCriteria.sourceRefName")
            && one["targetRefName"] == call.asks("searchCriteria.targetRefName")
    };
    let found = state.pull_requests.iter().filter(fits).map(|one| {
        // A list shows the beginning of a text.
        let mut one = one.clone();
        let text: String = one["description"]
            .as_str()
            .unwrap()
            .chars()
            .take(400)
            .collect();
        one["description"] = json!(text);
        one
    });
    many(found.collect())
}

fn new_pull_request(state: &mut State, bare: &Bare, new: &Value) -> Answer {
    let is_same = |one: &Value| {
        one["status"] == "active"
            && one["sourceRefName"] == new["sourceRefName"]
            && one["targetRefName"] == new["targetRefName"]
    };
    if state.knobs.account & 16384 == 0 {
        return refused(
            403,
            "GitNeedsPermissionException",
            "TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Kim Lee', scope 'repository'.",
        );
    }
    if state.pull_requests.iter().any(is_same) {
        return refused(
            409,
            "GitPullRequestExistsException",
            "TF401179: An active pull request for the source and target branch already exists.",
        );
    }
    if bare.tip(&short(&new["sourceRefName"])).is_none() {
        return refused(
            400,
            "GitPullRequestBranchNotFound",
            "TF401398: The pull request cannot be activated because the source and/or the target branch no longer exists, or the requested iteration is not available",
        );
    }
    if let Some(long) = too_long(new) {
        return long;
    }
    let mut made = new.clone();
    made["pullRequestId"] = json!(state.pull_requests.len() + 22);
    made["status"] = json!("active");
    state.pull_requests.push(made.clone());
    Answer::json(201, &made)
}

fn too_long(new: &Value) -> Option<Answer> {
    let text = new["description"].as_str().unwrap_or_default();
    (text.chars().count() > 4000).then(|| {
        refused(400, "InvalidArgumentValueException", "Invalid argument value. A description for a pull request must not be longer than 4000 characters. Parameter name: description")
    })
}

fn one_pull_request(state: &mut State, call: &Call, number: &str) -> Answer {
    let found = state.pull_requests.iter_mut();
    let mut found = found.filter(|one| one["pullRequestId"].as_u64() == number.parse().ok());
    let Some(one) = found.next() else {
        return refused(
            404,
            "GitPullRequestNotFoundException",
            "TF401180: The requested pull request was not found.",
        );
    };
    if call.method == "PATCH" {
        if let Some(long) = too_long(&call.json()) {
            return long;
        }
        for (name, value) in call.json().as_object().unwrap() {
            one[name] = value.clone();
        }
    }
    Answer::json(200, one)
}

fn threads(state: &mut State, call: &Call, more: &[&str]) -> Answer {
    match (call.method.as_str(), more) {
        ("GET", []) => {
            // The service speaks there too.
            let mut all = vec![json!({
                "id": 1, "isDeleted": false,
                "comments": [{ "id": 1, "content": "Kim Lee joined as a reviewer", "commentType": "system" }],
            })];
            all.extend(state.threads.iter().cloned());
            many(all)
        }
        ("POST", []) => {
            let mut thread = call.json();
            thread["id"] = json!(state.threads.len() + 2);
            thread["isDeleted"] = json!(false);
            thread["comments"][0]["id"] = json!(1);
            state.threads.push(thread.clone());
            Answer::json(200, &thread)
        }
        ("PATCH", [thread, "comments", "1"]) => {
            let at: usize = thread.parse().unwrap();
            let comment = &mut state.threads[at - 2]["comments"][0];
            comment["content"] = call.json()["content"].clone();
            Answer::json(200, comment)
        }
        other => panic!("{other:?}"),
    }
}

/// A zip of files as they are.
pub(crate) fn zip(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    let long = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let short = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    for (name, content) in files {
        let common = [
            [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(),
            &long(content.len()),
            &long(content.len()),
            &short(name.len()),
            &[0, 0],
        ]
        .concat();
        let at = long(zip.len());
        zip.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), content].concat());
        let entry: [&[u8]; 5] = [
            b"PK\x01\x02\x14\x00",
            &common,
            &[0; 10],
            &at,
            name.as_bytes(),
        ];
        directory.extend(entry.concat());
    }
    let (start, size) = (long(zip.len()), long(directory.len()));
    zip.extend(directory);
    let count = short(files.len());
    let end: [&[u8]; 6] = [
        b"PK\x05\x06\0\0\0\0",
        &count,
        &count,
        &size,
        &start,
        &[0, 0],
    ];
    zip.extend(end.concat());
    zip
}
