//! A small GitLab: its calls and its git over a bare repository, refusing what the real one refuses, in its words.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use git_postman::model::base64::decode;
use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::provider::gitlab::service::GitLab;
use git_postman::provider::gitlab::token::GitLabToken;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::contract::{Contract, pairs};
use crate::support::git_http::served;
use crate::support::service::{Answer, Call, Service};

/// The token of a person.
pub(crate) const TOKEN: &str = "glpat-0123456789abcdefghij";
/// The token of a job.
pub(crate) const JOB: &str = "glcbt-64_0123456789abcdefghij";
/// The token of a job on an older installation: nothing in it says what it is.
pub(crate) const OLD_JOB: &str = "64-chars-no-prefix-0123456789";
/// The project.
const PATH: &str = "acme/apis/orders";
/// What it was called before.
const OLD_PATH: &str = "acme/orders-old";
const DATE: &str = "Sun, 22 Nov 2026 18:00:00 GMT";
/// Files asked for in one page, whatever the client wants: so that small repositories have pages.
const MOST: usize = 100;

/// What a test may turn.
#[derive(Debug)]
pub(crate) struct Knobs {
    /// The account's role.
    pub(crate) level: u64,
    /// The role comes from an invited group, which the project does not show.
    pub(crate) invited: bool,
    /// The scopes of the token.
    pub(crate) scopes: Vec<&'static str>,
    /// Protected branches, and whether the account may push to them.
    pub(crate) protected: BTreeMap<String, bool>,
    /// What a push rule says to every push.
    pub(crate) push_rule: Option<&'static str>,
    /// Nothing can be changed.
    pub(crate) archived: bool,
    /// Job tokens may push.
    pub(crate) jobs_push: bool,
    /// The whole tree is given in one go (GitLab 15.2 and later).
    pub(crate) whole_trees: bool,
    /// How a tree is to be given in pages is not understood (GitLab before 15.0): pages come, by their numbers.
    pub(crate) ignores_pagination: bool,
    /// What a status cannot go to from where it stands.
    pub(crate) refused_state: Option<&'static str>,
    /// Archives are given.
    pub(crate) archives: bool,
    /// Projects beside the one, in the group.
    pub(crate) others: usize,
    /// Pushes are carried out, and a gateway loses the answers.
    pub(crate) loses_pushes: bool,
}

#[derive(Default)]
struct Kept {
    merge_requests: Vec<Value>,
    notes: Vec<Value>,
    statuses: BTreeMap<(String, String), Value>,
    commands: BTreeSet<String>,
}

struct State {
    knobs: Knobs,
    kept: Kept,
    url: String,
}

/// The service and the repository behind it.
pub(crate) struct FakeGitLab {
    /// Where it stands, and what it heard.
    pub(crate) service: Service,
    /// What it keeps.
    pub(crate) bare: Arc<Bare>,
    state: Arc<Mutex<State>>,
    kind: ProviderKind,
    prefix: &'static str,
}

impl FakeGitLab {
    /// GitLab.com.
    pub(crate) fn cloud(bare: Bare) -> Self {
        Self::start(ProviderKind::GitLab, "", bare)
    }

    /// GitLab Self-Managed below a path.
    pub(crate) fn self_managed(bare: Bare) -> Self {
        Self::start(ProviderKind::GitLabSelfManaged, "/tools/gitlab", bare)
    }

    fn start(kind: ProviderKind, prefix: &'static str, bare: Bare) -> Self {
        for (key, value) in [
            ("uploadpack.allowFilter", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("http.receivepack", "true"),
            ("gc.auto", "0"),
        ] {
            git(&bare, &["config", key, value]);
        }
        let bare = Arc::new(bare);
        let state = Arc::new(Mutex::new(State {
            knobs: Knobs {
                level: 30,
                invited: false,
                scopes: vec!["api"],
                protected: BTreeMap::new(),
                push_rule: None,
                archived: false,
                jobs_push: false,
                whole_trees: true,
                ignores_pagination: false,
                refused_state: None,
                archives: true,
                others: 0,
                loses_pushes: false,
            },
            kept: Kept::default(),
            url: String::new(),
        }));
        let (shared, behind) = (Arc::clone(&state), Arc::clone(&bare));
        let service = Service::start(prefix, move |call| answer(&shared, &behind, call));
        state.lock().unwrap().url = format!("{}{prefix}", service.url);
        Self {
            service,
            bare,
            state,
            kind,
            prefix,
        }
    }

    /// Where it stands.
    pub(crate) fn site(&self) -> Site {
        Site::new(self.kind, &format!("{}{}", self.service.url, self.prefix)).unwrap()
    }

    /// A client with a token.
    pub(crate) fn client(&self, token: &str) -> GitLab {
        let site = self.site();
        let mut settings = GitLab::settings(&site);
        settings.clock = Arc::new(SteppedClock::default());
        GitLab::new(site, GitLabToken::of(Secret::new(token)), settings).unwrap()
    }

    /// The one repository.
    pub(crate) fn name() -> RepositoryName {
        RepositoryName::parse(PATH).unwrap()
    }

    /// What it was called before.
    pub(crate) fn old_name() -> RepositoryName {
        RepositoryName::parse(OLD_PATH).unwrap()
    }

    /// Turns knobs.
    pub(crate) fn turn(&self, turn: impl FnOnce(&mut Knobs)) {
        turn(&mut self.state.lock().unwrap().knobs);
        let state = self.state.lock().unwrap();
        hook(&self.bare, &state.knobs);
    }

    /// Statuses that were set.
    pub(crate) fn statuses(&self) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.kept.statuses.values().cloned().collect()
    }

    /// Merge requests, open and closed.
    pub(crate) fn merge_requests(&self) -> Vec<Value> {
        self.state.lock().unwrap().kept.merge_requests.clone()
    }

    /// Commands that stood in texts and were carried out.
    pub(crate) fn commands(&self) -> BTreeSet<String> {
        self.state.lock().unwrap().kept.commands.clone()
    }

    /// Somebody else opens a merge request with this text, or from a fork.
    pub(crate) fn open_by_hand(&self, source: &str, text: &str, fork: bool) {
        let mut state = self.state.lock().unwrap();
        let url = state.url.clone();
        let mut made = merge_request(
            &url,
            state.kept.merge_requests.len() + 1,
            &BTreeMap::from([
                ("title".to_owned(), "By hand".to_owned()),
                ("description".to_owned(), text.to_owned()),
                ("source_branch".to_owned(), source.to_owned()),
                ("target_branch".to_owned(), "main".to_owned()),
            ]),
        );
        if fork {
            made["source_project_id"] = json!(99);
        }
        state.kept.merge_requests.push(made);
    }

    /// Somebody else writes a note.
    pub(crate) fn note_by_hand(&self, number: u64, text: &str) {
        let mut state = self.state.lock().unwrap();
        let id = 900 + state.kept.notes.len();
        state.kept.notes.push(
            json!({ "id": id, "body": text, "system": false, "noteable_type": "MergeRequest",
            "noteable_iid": number, "author": { "id": 99 } }),
        );
    }

    /// How many requests of the API were held against GitLab's description; none may break it.
    pub(crate) fn holds_the_contract(&self) -> usize {
        let contract = Contract::new(include_str!("contract_gitlab.json"));
        let (count, violations) = self.service.violations_below("/api/v4/", &contract);
        assert!(violations.is_empty(), "{violations:#?}");
        assert!(count > 0);
        count
    }
}

/// What the server checks when something is pushed, as a hook of the repository.
fn hook(bare: &Bare, knobs: &Knobs) {
    let mut script = "#!/bin/sh\nwhile read old new name; do\n:\n".to_owned();
    for (branch, may) in &knobs.protected {
        if !may {
            script.push_str(&format!(
                "test \"$name\" = 'refs/heads/{branch}' && echo 'GitLab: You are not allowed to push code to protected branches on this project.' >&2 && exit 1\n"
            ));
        }
    }
    if let Some(rule) = knobs.push_rule {
        script.push_str(&format!("echo 'GitLab: {rule}' >&2; exit 1\n"));
    }
    script.push_str("done\nexit 0\n");
    let file = bare.path().join("hooks/pre-receive");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests start git")]
fn git(bare: &Bare, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    command
        .current_dir(bare.path())
        .args(arguments)
        .env_remove("GIT_DIR");
    command.output().unwrap().stdout
}

fn message(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "message": text })).with("date", DATE)
}

fn said(status: u16, value: &Value) -> Answer {
    Answer::json(status, value).with("date", DATE)
}

fn answer(state: &Mutex<State>, bare: &Bare, call: &Call) -> Answer {
    if call.parts.first().map(String::as_str) != Some("api") {
        return by_git(state, bare, call);
    }
    let mut state = state.lock().unwrap();
    let is_job = [JOB, OLD_JOB].contains(&call.header("job-token"));
    if call.header("private-token") != TOKEN && !is_job {
        return message(401, "401 Unauthorized");
    }
    let path = call.path();
    if is_job && !open_to_jobs(&call.method, &path[2..]) {
        // GitLab does not even say who asked.
        return match path.get(2) {
            Some(&"projects") => message(404, "404 Project Not Found"),
            _ => message(401, "401 Unauthorized"),
        };
    }
    let scopes = &state.knobs.scopes;
    let is_reading = call.method == "GET";
    let is_enough = scopes.contains(&"api") || is_reading && scopes.contains(&"read_api");
    if !is_job && !is_enough && path[2..] != ["personal_access_tokens", "self"] {
        let body = json!({ "error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.",
            "scope": if is_reading { "api read_api" } else { "api" } });
        return said(403, &body);
    }
    match (call.method.as_str(), &path[2..]) {
        ("GET", ["user"]) => said(200, &user()),
        ("GET", ["personal_access_tokens", "self"]) => said(
            200,
            &json!({ "id": 1, "name": "ci", "revoked": false, "scopes": state.knobs.scopes, "user_id": 5, "active": true, "expires_at": "2027-03-01" }),
        ),
        ("GET", ["job"]) => said(
            200,
            &json!({ "id": 31, "status": "running", "name": "sync", "ref": "main", "user": user(),
                "pipeline": { "id": 30, "project_id": 7 }, "web_url": format!("{}/{PATH}/-/jobs/31", state.url) }),
        ),
        ("GET", ["groups", group, "projects"]) => match *group {
            "acme" | "acme/apis" => list(&state, call, projects(&state, group)),
            _ => message(404, "404 Group Not Found"),
        },
        ("GET", ["users", name, "projects"]) => match *name {
            "kim" => list(&state, call, vec![project(&state, 900, "kim/own")]),
            _ => message(404, "404 User Not Found"),
        },
        (method, ["projects", id, below @ ..]) => match *id {
            PATH | "7" => in_project(&mut state, bare, call, below),
            OLD_PATH if method == "GET" => {
                let rest = call.target.split_once("orders-old").unwrap().1;
                let to = format!("{}/api/v4/projects/7{rest}", state.url);
                Answer::of(301, "text/plain", "").with("location", &to)
            }
            OLD_PATH => message(405, "Non GET methods are not allowed for moved projects"),
            _ => message(404, "404 Project Not Found"),
        },
        _ => said(404, &json!({ "error": "404 Not Found" })),
    }
}

/// What a job token may ask for: <https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access>.
fn open_to_jobs(method: &str, path: &[&str]) -> bool {
    method == "GET"
        && matches!(
            path,
            ["job"]
                | ["projects", _, "repository", "branches"]
                | ["projects", _, "repository", "commits", _]
                | ["projects", _, "repository", "files", _, "raw"]
                | ["projects", _, "merge_requests"]
                | ["projects", _, "merge_requests", _]
                | ["projects", _, "merge_requests", _, "notes"]
        )
}

fn user() -> Value {
    json!({ "id": 5, "username": "kim", "name": "Kim <Lee>", "email": "kim@example.com" })
}

fn project(state: &State, id: u64, path: &str) -> Value {
    json!({
        "id": id, "path_with_namespace": path, "default_branch": "main", "visibility": "private",
        "web_url": format!("{}/{path}", state.url), "archived": state.knobs.archived && id == 7, "empty_repo": false,
        "last_activity_at": "2026-11-22T12:00:00.000Z", "repository_access_level": "enabled",
    })
}

fn projects(state: &State, group: &str) -> Vec<Value> {
    let mut all = vec![project(state, 7, PATH)];
    all.extend((0..state.knobs.others).map(|number| {
        project(
            state,
            100 + number as u64,
            &format!("acme/apis/deep/service-{number}"),
        )
    }));
    all.retain(|one| {
        one["path_with_namespace"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{group}/"))
    });
    all
}

/// A page of a list, with an `ETag`, and links that name the host behind the proxy.
fn list(state: &State, call: &Call, items: Vec<Value>) -> Answer {
    let number = |name: &str, otherwise: usize| call.asks(name).parse().unwrap_or(otherwise);
    let (page, size) = (number("page", 1), number("per_page", 20).min(MOST));
    let end = (page * size).min(items.len());
    let shown = &items[((page - 1) * size).min(end)..end];
    let body = Value::Array(shown.to_vec()).to_string();
    let etag = format!(
        "W/\"{:x}\"",
        body.len() * 31 + body.bytes().map(usize::from).sum::<usize>()
    );
    let mut answer = if call.header("if-none-match") == etag {
        Answer::of(304, "application/json", "")
    } else {
        Answer::of(200, "application/json", body)
    };
    answer = answer.with("etag", &etag).with("date", DATE);
    answer = answer.with("x-per-page", &size.to_string());
    assert!(!state.url.is_empty());
    if end == items.len() {
        return answer.with("x-next-page", "");
    }
    let path = call.target.split('?').next().unwrap();
    let next = format!(
        "<http://gitlab.internal{path}?page={}&per_page={size}>; rel=\"next\"",
        page + 1
    );
    answer
        .with("x-next-page", &(page + 1).to_string())
        .with("link", &next)
}

fn in_project(state: &mut State, bare: &Bare, call: &Call, below: &[&str]) -> Answer {
    let is_reading = call.method == "GET";
    if !is_reading && (state.knobs.level < 30 || state.knobs.archived) {
        return message(403, "403 Forbidden");
    }
    match (call.method.as_str(), below) {
        ("GET", []) => {
            let mut body = project(state, 7, PATH);
            let access = json!({ "access_level": state.knobs.level });
            let access = if state.knobs.invited {
                Value::Null
            } else {
                access
            };
            body["permissions"] = json!({ "project_access": null, "group_access": access });
            said(200, &body)
        }
        ("GET", ["members", "all", id]) => {
            assert_eq!(*id, "5");
            said(
                200,
                &json!({ "id": 5, "username": "kim", "access_level": state.knobs.level }),
            )
        }
        (_, ["repository", more @ ..]) => repository(state, bare, call, more),
        (_, ["merge_requests", more @ ..]) => merge_requests(state, bare, call, more),
        ("POST", ["statuses", sha]) => status(state, bare, call, sha),
        other => panic!("{other:?}"),
    }
}

fn branch(state: &State, name: &str, tip: &str) -> Value {
    let protected = state.knobs.protected.get(name);
    json!({ "name": name, "commit": { "id": tip }, "protected": protected.is_some(), "default": name == "main",
        "can_push": *protected.unwrap_or(&(state.knobs.level >= 30)), "web_url": format!("{}/{PATH}/-/tree/{name}", state.url) })
}

fn repository(state: &State, bare: &Bare, call: &Call, below: &[&str]) -> Answer {
    match (call.method.as_str(), below) {
        ("GET", ["branches"]) => {
            let heads = bare.heads().into_iter();
            let found = heads.filter(|(name, _)| name.contains(call.asks("search")));
            let found = found
                .map(|(name, tip)| branch(state, &name, &tip))
                .collect();
            list(state, call, found)
        }
        ("POST", ["branches"]) => {
            let form = form(call);
            let (name, from) = (&form["branch"], &form["ref"]);
            if bare.tip(name).is_some() {
                return message(400, "Branch already exists");
            }
            if bare.tree(from).is_none() || !bare.move_head(name, None, Some(from)) {
                return message(400, &format!("Invalid reference name: {from}"));
            }
            said(201, &branch(state, name, from))
        }
        ("GET", ["branches", name]) => match bare.tip(name) {
            Some(tip) => said(200, &branch(state, name, &tip)),
            None => message(404, "404 Branch Not Found"),
        },
        ("GET", ["tree"]) => tree(state, bare, call),
        ("GET", ["blobs", id, "raw"]) => match bare.blob(id) {
            Some(bytes) => Answer::of(200, "text/plain", bytes),
            None => message(404, "404 Blob Not Found"),
        },
        ("GET", ["archive"]) => {
            if !state.knobs.archives {
                let answer = Answer::json(
                    429,
                    &json!({ "message": { "error": "This endpoint has been requested too many times. Try again later." } }),
                );
                return answer.with("retry-after", "60");
            }
            assert_eq!(
                (call.asks("format"), call.asks("include_lfs_blobs")),
                ("tar", "false")
            );
            let sha = call.asks("sha");
            let prefix = format!("--prefix=orders-{sha}/");
            let mut arguments = vec!["archive", "--format=tar", &prefix, sha];
            if !call.asks("path").is_empty() {
                arguments.push(call.asks("path"));
            }
            Answer::of(200, "application/octet-stream", git(bare, &arguments))
        }
        ("GET", ["compare"]) => {
            let range = format!("{}..{}", call.asks("from"), call.asks("to"));
            let commits = git(bare, &["rev-list", &range, "--"]);
            let commits = String::from_utf8(commits).unwrap();
            let commits: Vec<Value> = commits.lines().map(|id| json!({ "id": id })).collect();
            said(
                200,
                &json!({ "commits": commits, "diffs": [], "compare_same_ref": false }),
            )
        }
        other => panic!("{other:?}"),
    }
}

fn tree(state: &State, bare: &Bare, call: &Call) -> Answer {
    assert_eq!(call.asks("recursive"), "true");
    // A commit, or the name of a branch.
    let at = bare
        .tip(call.asks("ref"))
        .unwrap_or_else(|| call.asks("ref").to_owned());
    let Some(names) = bare.tree(&at).and_then(|tree| bare.names(&tree)) else {
        return message(404, "404 Tree Not Found");
    };
    let entries: Vec<Value> = names
        .iter()
        .map(|one| {
            let name = one.path.rsplit('/').next().unwrap();
            json!({ "id": one.id, "name": name, "type": one.kind, "path": one.path, "mode": format!("{:0>6}", one.mode) })
        })
        .collect();
    if state.knobs.ignores_pagination {
        let size: usize = call.asks("per_page").parse().unwrap_or(20);
        let number: usize = call.asks("page").parse().unwrap_or(1);
        let from = (number - 1) * size;
        let page: Vec<Value> = entries.iter().skip(from).take(size).cloned().collect();
        let answer = said(200, &Value::Array(page));
        if from + size >= entries.len() {
            return answer.with("x-next-page", "");
        }
        let query = call.target.split_once('?').unwrap().1;
        let query = query.split("&page=").next().unwrap();
        let next = format!(
            "<{}/api/v4/projects/7/repository/tree?{query}&page={}>; rel=\"next\"",
            state.url,
            number + 1
        );
        let number = (number + 1).to_string();
        return answer.with("x-next-page", &number).with("link", &next);
    }
    match call.asks("pagination") {
        "none" if state.knobs.whole_trees => said(200, &Value::Array(entries)),
        // GitLab before 15.2 does not know the value.
        "none" => said(
            400,
            &json!({ "error": "pagination does not have a valid value" }),
        ),
        _ => {
            let token = call.asks("page_token");
            let from = entries.iter().position(|one| one["path"] == token);
            let from = from.map_or(0, |at| at + 1);
            let size: usize = call.asks("per_page").parse().unwrap();
            let page: Vec<Value> = entries.iter().skip(from).take(size).cloned().collect();
            let last = page
                .last()
                .map(|one| one["path"].as_str().unwrap().to_owned());
            let is_end = from + page.len() == entries.len();
            let answer = said(200, &Value::Array(page)).with("x-per-page", &size.to_string());
            match last.filter(|_| !is_end) {
                Some(last) => {
                    let next = format!(
                        "<{}/api/v4{}?{}&page_token={}>; rel=\"next\"",
                        state.url,
                        "/projects/7/repository/tree",
                        call.target
                            .split_once('?')
                            .unwrap()
                            .1
                            .split("&page_token")
                            .next()
                            .unwrap(),
                        last.replace('%', "%25")
                            .replace('#', "%23")
                            .replace(' ', "%20"),
                    );
                    answer.with("link", &next)
                }
                None => answer,
            }
        }
    }
}

fn form(call: &Call) -> BTreeMap<String, String> {
    assert_eq!(
        call.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    pairs(&String::from_utf8(call.body.clone()).unwrap()).collect()
}

/// Takes the commands out of a text and keeps them: lines that begin with a slash and a word.
fn obeyed(state: &mut State, text: &str) -> String {
    let is_command = |line: &str| {
        let word = line
            .strip_prefix('/')
            .map(|rest| rest.split(' ').next().unwrap_or_default());
        word.is_some_and(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|one| one.is_ascii_lowercase() || one == '_')
        })
    };
    let (commands, kept): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| is_command(line));
    state
        .kept
        .commands
        .extend(commands.into_iter().map(str::to_owned));
    kept.join("\n")
}

fn merge_request(url: &str, number: usize, form: &BTreeMap<String, String>) -> Value {
    json!({
        "id": 1000 + number, "iid": number, "project_id": 7, "title": form["title"], "description": form.get("description"),
        "state": "opened", "source_branch": form["source_branch"], "target_branch": form["target_branch"],
        "source_project_id": 7, "target_project_id": 7, "web_url": format!("{url}/{PATH}/-/merge_requests/{number}"),
    })
}

fn merge_requests(state: &mut State, bare: &Bare, call: &Call, below: &[&str]) -> Answer {
    match (call.method.as_str(), below) {
        ("GET", []) => {
            let wanted = |one: &Value| {
                ["state", "source_branch", "target_branch"]
                    .iter()
                    .all(|name| call.asks(name).is_empty() || one[*name] == call.asks(name))
            };
            let found = state.kept.merge_requests.iter().filter(|one| wanted(one));
            list(state, call, found.cloned().collect())
        }
        ("POST", []) => {
            let mut form = form(call);
            let source = &form["source_branch"];
            if bare.tip(source).is_none() {
                return said(
                    422,
                    &json!({ "message": { "source_branch": ["does not exist"] } }),
                );
            }
            let same = |one: &&Value| {
                one["state"] == "opened"
                    && one["source_branch"] == **source
                    && one["source_project_id"] == 7
                    && one["target_branch"] == *form["target_branch"]
            };
            if let Some(there) = state.kept.merge_requests.iter().find(same) {
                let text = format!(
                    "Another open merge request already exists for this source branch: !{}",
                    there["iid"]
                );
                return said(409, &json!({ "message": [text] }));
            }
            if let Some(text) = form.remove("description") {
                let text = obeyed(state, &text);
                form.insert("description".to_owned(), text);
            }
            let made = merge_request(&state.url, state.kept.merge_requests.len() + 1, &form);
            state.kept.merge_requests.push(made.clone());
            said(201, &made)
        }
        (_, [number, more @ ..]) => {
            let number: usize = number.parse().unwrap();
            let Some(at) = number
                .checked_sub(1)
                .filter(|at| *at < state.kept.merge_requests.len())
            else {
                return message(404, "404 Not found");
            };
            match (call.method.as_str(), more) {
                ("PUT", []) => {
                    let form = form(call);
                    let text = form.get("description").map(|text| obeyed(state, text));
                    let one = &mut state.kept.merge_requests[at];
                    if let Some(title) = form.get("title") {
                        one["title"] = json!(title);
                    }
                    if let Some(text) = text {
                        one["description"] = json!(text);
                    }
                    if form
                        .get("state_event")
                        .is_some_and(|event| event == "close")
                    {
                        one["state"] = json!("closed");
                    }
                    said(200, &one.clone())
                }
                (_, ["notes", more @ ..]) => notes(state, call, number, more),
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    }
}

fn notes(state: &mut State, call: &Call, number: usize, below: &[&str]) -> Answer {
    let note = |id: usize, body: &str, system: bool| json!({ "id": id, "body": body, "system": system, "noteable_type": "MergeRequest", "noteable_iid": number, "author": { "id": 5 } });
    match (call.method.as_str(), below) {
        ("GET", []) => {
            let mut all = vec![note(1, "added 1 commit", true)];
            all.extend(
                state
                    .kept
                    .notes
                    .iter()
                    .filter(|one| one["noteable_iid"] == number)
                    .cloned(),
            );
            list(state, call, all)
        }
        ("POST", []) => {
            let body = obeyed(state, &form(call)["body"]);
            let made = note(state.kept.notes.len() + 2, &body, false);
            state.kept.notes.push(made.clone());
            said(201, &made)
        }
        ("PUT", [id]) => {
            let id: usize = id.parse().unwrap();
            let body = obeyed(state, &form(call)["body"]);
            let one = &mut state.kept.notes[id - 2];
            one["body"] = json!(body);
            said(200, &one.clone())
        }
        other => panic!("{other:?}"),
    }
}

fn status(state: &mut State, bare: &Bare, call: &Call, sha: &str) -> Answer {
    if bare.tree(sha).is_none() {
        return message(404, "404 Commit Not Found");
    }
    let form = form(call);
    let (name, wanted) = (form["name"].clone(), form["state"].clone());
    if state.knobs.refused_state == Some(wanted.as_str()) {
        let text = format!("Cannot transition status via :{wanted} from :canceled (Reason(s): no)");
        return message(400, &text);
    }
    let key = (sha.to_owned(), name.clone());
    let before = state
        .kept
        .statuses
        .get(&key)
        .map(|one| one["status"].clone());
    if before.is_some_and(|before| before == *wanted) {
        let text = format!(
            "Cannot transition status via :{wanted} from :{wanted} (Reason(s): Status cannot transition via \"{wanted}\")"
        );
        return message(400, &text);
    }
    assert!(form["description"].chars().count() <= 255);
    let made = json!({ "id": 1, "sha": sha, "ref": "main", "status": wanted, "name": name,
        "target_url": form.get("target_url"), "description": form["description"] });
    state.kept.statuses.insert(key, made.clone());
    said(201, &made)
}

/// What git asks for, as GitLab lets it in.
fn by_git(state: &Mutex<State>, bare: &Bare, call: &Call) -> Answer {
    let login = call.header("authorization").strip_prefix("Basic ");
    let login = login.and_then(|text| decode(text.as_bytes()));
    let login = login
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let path = call.parts.join("/");
    let Some((name, below)) = path.split_once(".git/") else {
        let page = "<!DOCTYPE html><html><head><title>Sign in \u{b7} GitLab</title></head></html>";
        return Answer::of(200, "text/html; charset=utf-8", page);
    };
    if login.is_empty() {
        return Answer::of(401, "text/plain", "HTTP Basic: Access denied.")
            .with("www-authenticate", "Basic realm=\"GitLab\"");
    }
    let is_job = login == format!("gitlab-ci-token:{JOB}");
    if login != format!("oauth2:{TOKEN}") && !is_job {
        return Answer::of(401, "text/plain", "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password.")
            .with("www-authenticate", "Basic realm=\"GitLab\"");
    }
    if name != PATH {
        return Answer::of(
            404,
            "text/plain",
            "The project you were looking for could not be found or you don't have permission to view it.",
        );
    }
    let is_lost = below == "git-receive-pack" && state.lock().unwrap().knobs.loses_pushes;
    let is_push = below == "git-receive-pack" || call.asks("service") == "git-receive-pack";
    if is_push {
        let state = state.lock().unwrap();
        let has_scope = state
            .knobs
            .scopes
            .iter()
            .any(|scope| ["api", "write_repository"].contains(scope));
        if is_job && !state.knobs.jobs_push {
            return Answer::of(403, "text/plain", "You are not allowed to upload code.");
        }
        if state.knobs.archived || state.knobs.level < 30 || !is_job && !has_scope {
            return Answer::of(
                403,
                "text/plain",
                "You are not allowed to push code to this project.",
            );
        }
    }
    // The lock is free by now: git decides between those who push at once.
    let answer = served(bare, call, below, "kim");
    if is_lost {
        return Answer::of(502, "text/plain", "Bad gateway");
    }
    answer
}
