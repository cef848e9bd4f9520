//! Two stores of one repository held in the same state: a bare one, and one behind the calls of GitHub for objects of git.
//! What either has and the other lacks is copied object by object, and an object that gets another id there ends the test.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use git_postman::model::base64::{decode, encode_standard};
use git2::{ObjectType, Oid};
use serde_json::{Value, json};

use crate::support::bare::Bare;
use crate::support::http::send;

/// Both of them.
pub(crate) struct Twins {
    url: String,
    token: &'static str,
    root: String,
    bare: Arc<Bare>,
    /// Branches as both had them last.
    heads: BTreeMap<String, String>,
}

impl Twins {
    /// One of them is empty.
    pub(crate) fn new(url: &str, token: &'static str, name: &str, bare: Arc<Bare>) -> Self {
        Self {
            url: url.to_owned(),
            token,
            root: format!("/repos/{name}/git"),
            bare,
            heads: BTreeMap::new(),
        }
    }

    /// Calls the service.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let sent = (!body.is_null()).then(|| body.to_string());
        let sent = sent.as_ref().map(String::as_bytes);
        let reply = send(&self.url, method, path, &headers, sent).unwrap();
        let body = reply.unchunked();
        let told = String::from_utf8_lossy(&body);
        assert!(
            reply.status < 300,
            "{method} {path}: {} {told}",
            reply.status
        );
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    }

    /// What came to the bare repository goes to the service.
    pub(crate) fn give(&mut self) {
        let now = self.bare.heads();
        if now == self.heads {
            return;
        }
        for (name, tip) in &now {
            if self.heads.get(name) == Some(tip) {
                continue;
            }
            self.give_commits(tip);
            if self.heads.contains_key(name) {
                let path = self.at(&format!("refs/heads/{}", in_path(name)));
                self.ask("PATCH", &path, &json!({ "sha": tip, "force": true }));
            } else {
                let made = json!({ "ref": format!("refs/heads/{name}"), "sha": tip });
                self.ask("POST", &self.at("refs"), &made);
            }
        }
        for name in self.heads.keys().filter(|name| !now.contains_key(*name)) {
            let path = self.at(&format!("refs/heads/{}", in_path(name)));
            self.ask("DELETE", &path, &Value::Null);
        }
        self.heads = now;
    }

    /// What came to the service goes to the bare repository.
    pub(crate) fn take(&mut self) {
        let all = self.ask("GET", &self.at("matching-refs/heads"), &Value::Null);
        let mut now = BTreeMap::new();
        for one in all.as_array().unwrap() {
            let name = one["ref"]
                .as_str()
                .unwrap()
                .trim_start_matches("refs/heads/");
            now.insert(name.to_owned(), text(&one["object"]["sha"]).to_owned());
        }
        for (name, tip) in &now {
            let old = self.heads.get(name).map(String::as_str);
            if old != Some(tip) {
                self.take_commits(tip);
                assert!(self.bare.move_head(name, old, Some(tip)), "{name}");
            }
        }
        for (name, tip) in &self.heads {
            if !now.contains_key(name) {
                assert!(self.bare.move_head(name, Some(tip), None), "{name}");
            }
        }
        self.heads = now;
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn give_commits(&self, tip: &str) {
        let mut list = vec!["rev-list", "--reverse", "--topo-order", tip, "--not"];
        list.extend(self.heads.values().map(String::as_str));
        for id in self.git(&list, "").lines() {
            let commit = self.bare.open();
            let commit = commit.find_commit(Oid::from_str(id).unwrap()).unwrap();
            self.give_tree(&commit.tree_id().to_string());
            let who = self.git(
                &[
                    "show",
                    "--no-patch",
                    "--format=%an%n%ae%n%aI%n%cn%n%ce%n%cI",
                    id,
                ],
                "",
            );
            let who: Vec<&str> = who.lines().collect();
            let parents: Vec<String> = commit.parent_ids().map(|one| one.to_string()).collect();
            let made = json!({
                "message": commit.message().unwrap(), "tree": commit.tree_id().to_string(), "parents": parents,
                "author": { "name": who[0], "email": who[1], "date": who[2] },
                "committer": { "name": who[3], "email": who[4], "date": who[5] },
            });
            let made = self.ask("POST", &self.at("commits"), &made);
            assert_eq!(made["sha"], id, "a commit is another one there");
        }
    }

    fn give_tree(&self, tree: &str) {
        let mut entries = Vec::new();
        for named in self.bare.names(tree).unwrap() {
            if named.kind == "blob" {
                let content = encode_standard(&self.bare.blob(&named.id).unwrap());
                let blob = json!({ "content": content, "encoding": "base64" });
                let made = self.ask("POST", &self.at("blobs"), &blob);
                assert_eq!(made["sha"], named.id, "a file is another one there");
            }
            if named.kind != "tree" {
                entries.push(json!({ "path": named.path, "mode": named.mode, "type": named.kind, "sha": named.id }));
            }
        }
        let made = self.ask("POST", &self.at("trees"), &json!({ "tree": entries }));
        assert_eq!(made["sha"], tree, "a tree is another one there");
    }

    fn take_commits(&self, tip: &str) {
        let known = self.bare.open();
        let known = known.odb().unwrap();
        let mut open = vec![tip.to_owned()];
        let mut lacking = Vec::new();
        while let Some(id) = open.pop() {
            if known.exists(Oid::from_str(&id).unwrap()) {
                continue;
            }
            let commit = self.ask("GET", &self.at(&format!("commits/{id}")), &Value::Null);
            let parents = commit["parents"].as_array().unwrap();
            open.extend(parents.iter().map(|one| text(&one["sha"]).to_owned()));
            lacking.push(commit);
        }
        for commit in lacking.iter().rev() {
            self.take_tree(text(&commit["tree"]["sha"]));
            let mut arguments = vec!["commit-tree", text(&commit["tree"]["sha"])];
            for parent in commit["parents"].as_array().unwrap() {
                arguments.extend(["-p", text(&parent["sha"])]);
            }
            let message = format!("{}\n", text(&commit["message"]).trim_end_matches('\n'));
            let variables = ["author", "committer"].map(|role| {
                ["name", "email", "date"].map(|part| {
                    let name = format!("GIT_{}_{}", role.to_uppercase(), part.to_uppercase());
                    (name, text(&commit[role][part]).to_owned())
                })
            });
            let made = self.git_as(variables.as_flattened(), &arguments, &message);
            assert_eq!(made, text(&commit["sha"]), "a commit is another one here");
        }
    }

    fn take_tree(&self, tree: &str) {
        let bare = self.bare.open();
        let known = bare.odb().unwrap();
        if known.exists(Oid::from_str(tree).unwrap()) {
            return;
        }
        let told = self.ask("GET", &self.at(&format!("trees/{tree}")), &Value::Null);
        let mut builder = bare.treebuilder(None).unwrap();
        for entry in told["tree"].as_array().unwrap() {
            let id = Oid::from_str(text(&entry["sha"])).unwrap();
            match text(&entry["type"]) {
                "tree" => self.take_tree(text(&entry["sha"])),
                "blob" if !known.exists(id) => {
                    let path = self.at(&format!("blobs/{id}"));
                    let blob = self.ask("GET", &path, &Value::Null);
                    let content: String = text(&blob["content"]).split_whitespace().collect();
                    let content = decode(content.as_bytes()).unwrap();
                    let made = known.write(ObjectType::Blob, &content).unwrap();
                    assert_eq!(made, id, "a file is another one here");
                }
                _ => {}
            }
            let mode = i32::from_str_radix(text(&entry["mode"]), 8).unwrap();
            builder.insert(text(&entry["path"]), id, mode).unwrap();
        }
        let made = builder.write().unwrap().to_string();
        assert_eq!(made, tree, "a tree is another one here");
    }

    fn git(&self, arguments: &[&str], input: &str) -> String {
        self.git_as(&[], arguments, input)
    }

    #[expect(clippy::disallowed_methods, reason = "tests start git")]
    fn git_as(&self, variables: &[(String, String)], arguments: &[&str], input: &str) -> String {
        let mut child = Command::new("git")
            .current_dir(self.bare.path())
            .args(arguments)
            .env_remove("GIT_DIR")
            .envs(variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {}", arguments.join(" "));
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A name of a branch as a path has it.
fn in_path(name: &str) -> String {
    name.replace('%', "%25").replace('#', "%23")
}
