//! What the stand-in for GitHub does to its repository: everything by git, so that the verdict is git's.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::support::hub::{Hub, Switches};
use crate::support::hub_wire::{Call, Reply, refused, said, unbase64};

impl Hub {
    pub(crate) fn branches(&self, switches: &Switches) -> Value {
        let list = self.git(&[
            "for-each-ref",
            "--format=%(objectname) %(refname:lstrip=2)",
            "refs/heads",
        ]);
        let list = list.unwrap_or_default();
        let branches = list.lines().filter_map(|line| line.split_once(' ')).map(|(id, name)| {
            let is_protected = name == "main" && !switches.rules.is_empty();
            json!({ "name": name, "commit": { "sha": id, "url": "https://example.com" }, "protected": is_protected })
        });
        json!(branches.collect::<Vec<_>>())
    }

    pub(crate) fn new_ref(&self, name: &str, id: &str) -> Reply {
        if self.git(&["cat-file", "-e", id]).is_none() {
            return refused(422, "Object does not exist");
        }
        match self.git(&["update-ref", name, id, &"0".repeat(40)]) {
            Some(_) => said(201, &reference(name, id)),
            None => refused(422, "Reference already exists"),
        }
    }

    pub(crate) fn move_ref(&self, name: &str, id: &str, is_forced: bool) -> Reply {
        let Some(tip) = self.git(&["rev-parse", "--verify", "--quiet", name]) else {
            return refused(422, "Reference does not exist");
        };
        if !is_forced
            && self
                .git(&["merge-base", "--is-ancestor", &tip, id])
                .is_none()
        {
            return refused(422, "Update is not a fast forward");
        }
        match self.git(&["update-ref", name, id, &tip]) {
            Some(_) => said(200, &reference(name, id)),
            None => refused(422, "Reference cannot be updated"),
        }
    }

    pub(crate) fn tree(&self, id: &str, is_recursive: bool, switches: &Switches) -> Reply {
        let mut arguments = vec!["ls-tree", "-l", "-z"];
        if is_recursive {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(id);
        let Some(output) = self.output(&arguments, &[], None) else {
            return refused(404, "Not Found");
        };
        let text = String::from_utf8(output).unwrap();
        let mut entries: Vec<Value> = text
            .split_terminator('\0')
            .map(|line| {
                let (facts, path) = line.split_once('\t').unwrap();
                let facts: Vec<&str> = facts.split_whitespace().collect();
                let mut entry =
                    json!({ "path": path, "mode": facts[0], "type": facts[1], "sha": facts[2] });
                if let Ok(size) = facts[3].parse::<u64>() {
                    entry["size"] = json!(size);
                }
                entry
            })
            .collect();
        let is_truncated = is_recursive && entries.len() > switches.longest_tree;
        entries.truncate(if is_recursive {
            switches.longest_tree
        } else {
            usize::MAX
        });
        said(
            200,
            &json!({ "sha": id, "url": "https://example.com", "tree": entries, "truncated": is_truncated }),
        )
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let output = self
            .output(&["hash-object", "-w", "--stdin"], bytes, None)
            .unwrap();
        String::from_utf8(output).unwrap().trim().to_owned()
    }

    pub(crate) fn new_tree(&self, base: &str, entries: &Value) -> Reply {
        let mut changes = Vec::new();
        for entry in entries.as_array().into_iter().flatten() {
            let path = entry["path"].as_str().unwrap_or_default().to_owned();
            let mode = entry["mode"].as_str().unwrap_or_default().to_owned();
            let content = match (&entry["sha"], &entry["content"]) {
                (Value::String(id), _) => Some((mode, id.clone())),
                (_, Value::String(text)) => Some((mode, self.blob(text.as_bytes()))),
                (Value::Null, _) => None,
                _ => return refused(422, "GitRPC::BadObjectState"),
            };
            changes.push((path, content));
        }
        match self.changed_tree(base, &changes) {
            Some(id) => said(
                201,
                &json!({ "sha": id, "url": "https://example.com", "tree": [], "truncated": false }),
            ),
            None => refused(422, "GitRPC::BadObjectState"),
        }
    }

    /// A tree with changes; `None` where something is deleted that is not there.
    pub(crate) fn changed_tree(
        &self,
        base: &str,
        changes: &[(String, Option<(String, String)>)],
    ) -> Option<String> {
        let index = format!("index-{}", self.counter.fetch_add(1, Ordering::SeqCst));
        self.output(&["read-tree", base], &[], Some(&index))?;
        let mut input = Vec::new();
        for (path, change) in changes {
            let line = match change {
                Some((mode, id)) => format!("{mode} {id}\t{path}\0"),
                None => {
                    self.git(&["cat-file", "-e", &format!("{base}:{path}")])?;
                    format!("0 {}\t{path}\0", "0".repeat(40))
                }
            };
            input.extend(line.into_bytes());
        }
        self.output(
            &["update-index", "-z", "--index-info"],
            &input,
            Some(&index),
        )?;
        let tree = self.output(&["write-tree"], &[], Some(&index))?;
        Some(String::from_utf8(tree).unwrap().trim().to_owned())
    }

    pub(crate) fn new_commit(&self, tree: &str, parents: &[&str], message: &str) -> Option<String> {
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        let output = self.output(&arguments, message.as_bytes(), None)?;
        Some(String::from_utf8(output).unwrap().trim().to_owned())
    }

    pub(crate) fn commit(&self, id: &str) -> Option<Value> {
        let text = self.git(&["show", "--no-patch", "--format=%H%n%T%n%P%n%B", id])?;
        let mut lines = text.splitn(4, '\n');
        let (id, tree) = (lines.next()?, lines.next()?);
        let parents: Vec<Value> = lines
            .next()?
            .split_whitespace()
            .map(|id| json!({ "sha": id }))
            .collect();
        let message = lines.next().unwrap_or_default();
        Some(
            json!({ "sha": id, "node_id": "C", "tree": { "sha": tree }, "parents": parents, "message": message }),
        )
    }

    pub(crate) fn query(&self, call: &Call, switches: &Switches) -> Reply {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
        let query = body["query"].as_str().unwrap_or_default();
        if query.starts_with("mutation") {
            return self.mutation(&body["variables"]["input"], switches);
        }
        let mut found = serde_json::Map::new();
        for part in query
            .split("object(oid:\"")
            .zip(query.split("object(oid:\"").skip(1))
        {
            let alias = part
                .0
                .rsplit(['{', '}'])
                .next()
                .unwrap_or_default()
                .trim_end_matches(':');
            let id = &part.1[..40];
            let blob = self.output(&["cat-file", "blob", id], &[], None);
            let value = blob.map_or(Value::Null, |bytes| {
                // GitHub cuts long texts, and gives none for what is not text.
                let is_truncated = bytes.len() > 512 * 1024;
                let text = String::from_utf8(bytes)
                    .ok()
                    .map(|text| text.chars().take(512 * 1024).collect::<String>());
                json!({ "text": text, "isTruncated": is_truncated })
            });
            found.insert(alias.to_owned(), value);
        }
        said(200, &json!({ "data": { "repository": found } }))
    }

    pub(crate) fn mutation(&self, input: &Value, switches: &Switches) -> Reply {
        let failed = |kind: &str, message: &str| {
            let error = json!({ "type": kind, "path": ["createCommitOnBranch"], "locations": [{ "line": 1, "column": 2 }], "message": message });
            said(
                200,
                &json!({ "data": { "createCommitOnBranch": null }, "errors": [error] }),
            )
        };
        if switches.is_archived {
            return failed("UNPROCESSABLE", "Repository was archived so is read-only.");
        }
        if switches.grant != "write" {
            return failed(
                "FORBIDDEN",
                "Resource not accessible by personal access token",
            );
        }
        let branch = input["branch"]["branchName"].as_str().unwrap_or_default();
        let expected = input["expectedHeadOid"].as_str().unwrap_or_default();
        if branch == "main" && switches.rules.contains(&"pull_request") {
            return failed(
                "UNPROCESSABLE",
                "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
            );
        }
        let Some(tip) = self.tip(branch) else {
            return failed("NOT_FOUND", &format!("No ref with the name {branch}"));
        };
        if tip != expected {
            return failed(
                "STALE_DATA",
                &format!(
                    "Expected branch to point to \"{expected}\" but it did not.  Pull and try again."
                ),
            );
        }
        let mut changes = Vec::new();
        for addition in input["fileChanges"]["additions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let bytes = unbase64(addition["contents"].as_str().unwrap_or_default());
            let path = addition["path"].as_str().unwrap_or_default().to_owned();
            changes.push((path, Some(("100644".to_owned(), self.blob(&bytes)))));
        }
        for deletion in input["fileChanges"]["deletions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            changes.push((
                deletion["path"].as_str().unwrap_or_default().to_owned(),
                None,
            ));
        }
        let Some(tree) = self.changed_tree(expected, &changes) else {
            return failed(
                "UNPROCESSABLE",
                "A path was requested for deletion which does not exist as of commit oid",
            );
        };
        let (headline, rest) = (
            input["message"]["headline"].as_str().unwrap_or_default(),
            input["message"]["body"].as_str().unwrap_or_default(),
        );
        let message = if rest.is_empty() {
            headline.to_owned()
        } else {
            format!("{headline}\n\n{rest}")
        };
        let made = self.new_commit(&tree, &[expected], &message).unwrap();
        // Of two at the same moment git lets one through; GitHub tells the other that it is forbidden.
        if self
            .git(&[
                "update-ref",
                &format!("refs/heads/{branch}"),
                &made,
                expected,
            ])
            .is_none()
        {
            return failed("FORBIDDEN", "You can't commit to this branch right now.");
        }
        let mut reply = said(
            200,
            &json!({ "data": { "createCommitOnBranch": { "commit": { "oid": made } } } }),
        );
        let mut switches = self.switches.lock().unwrap();
        if switches.lost_commits > 0 {
            switches.lost_commits -= 1;
            reply.is_lost = true;
            if switches.is_overtaken {
                let other = self
                    .new_commit(&tree, &[&made], "of somebody else")
                    .unwrap();
                let name = format!("refs/heads/{branch}");
                self.git(&["update-ref", &name, &other, &made]).unwrap();
            }
        }
        reply
    }
}

/// A reference in GitHub's form.
pub(crate) fn reference(name: &str, id: &str) -> Value {
    json!({ "ref": name, "node_id": "REF", "url": "https://example.com", "object": { "type": "commit", "sha": id, "url": "https://example.com" } })
}
