//! Pull requests and comments of the stand-in for GitHub.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::hub::{Hub, NAME};
use crate::support::hub_wire::{Call, Reply, invalid, refused, said};

/// What is no matter of git.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) last: u64,
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) comments: BTreeMap<u64, (u64, String)>,
    pub(crate) statuses: BTreeMap<(String, String), Value>,
}

/// A pull request.
#[derive(Clone)]
pub(crate) struct Pull {
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) is_open: bool,
}

impl Hub {
    pub(crate) fn pull_shape(&self, number: u64, pull: &Pull) -> Value {
        let end = |name: &str| json!({ "ref": name, "label": format!("acme:{name}"), "sha": self.tip(name), "repo": { "id": 4711, "full_name": NAME } });
        json!({
            "number": number, "id": 1000 + number, "title": pull.title, "body": pull.body,
            "state": if pull.is_open { "open" } else { "closed" }, "html_url": format!("{}/{NAME}/pull/{number}", self.base),
            "head": end(&pull.head), "base": end(&pull.base),
        })
    }

    pub(crate) fn pulls(&self, call: &Call) -> Reply {
        let wanted = |name: &str| call.query.get(name).cloned();
        let state = wanted("state").unwrap_or_else(|| "open".to_owned());
        // A head without its owner is ignored.
        let head = wanted("head").and_then(|head| {
            head.split_once(':')
                .map(|(owner, name)| (owner.to_owned(), name.to_owned()))
        });
        let pulls = self.world().pulls.clone();
        let list = pulls.iter().filter(|(_, pull)| {
            let state = state == "all" || pull.is_open == (state == "open");
            let head = head
                .as_ref()
                .is_none_or(|(owner, name)| owner == "acme" && *name == pull.head);
            state && head && wanted("base").is_none_or(|base| base == pull.base)
        });
        let list: Vec<Value> = list
            .map(|(number, pull)| self.pull_shape(*number, pull))
            .collect();
        said(200, &json!(list))
    }

    pub(crate) fn new_pull(&self, head: &str, base: &str, title: &str, body: &str) -> Reply {
        if self.tip(head).is_none() || self.tip(base).is_none() {
            let field = if self.tip(head).is_none() {
                "head"
            } else {
                "base"
            };
            let error = json!({ "resource": "PullRequest", "field": field, "code": "invalid" });
            return said(
                422,
                &json!({ "message": "Validation Failed", "errors": [error] }),
            );
        }
        if self
            .git(&[
                "rev-list",
                "--count",
                &format!("refs/heads/{base}..refs/heads/{head}"),
            ])
            .as_deref()
            == Some("0")
        {
            return invalid(&format!("No commits between {base} and {head}"));
        }
        let (takes_doubles, is_lost) = {
            let mut switches = self.switches.lock().unwrap();
            let is_lost = switches.lost_pulls > 0;
            switches.lost_pulls = switches.lost_pulls.saturating_sub(1);
            (switches.takes_doubles, is_lost)
        };
        let mut world = self.world();
        let is_double = world
            .pulls
            .values()
            .any(|pull| pull.is_open && pull.head == head && pull.base == base);
        if is_double && !takes_doubles {
            return invalid(&format!("A pull request already exists for acme:{head}."));
        }
        world.last += 1;
        let number = world.last;
        // A text field of a form ends its lines so.
        let body = body.replace('\n', "\r\n");
        let pull = Pull {
            head: head.to_owned(),
            base: base.to_owned(),
            title: title.to_owned(),
            body,
            is_open: true,
        };
        world.pulls.insert(number, pull.clone());
        drop(world);
        let mut reply = said(201, &self.pull_shape(number, &pull));
        reply.is_lost = is_lost;
        reply
    }

    pub(crate) fn edit_pull(&self, number: u64, body: &Value) -> Reply {
        let mut world = self.world();
        let Some(pull) = world.pulls.get_mut(&number) else {
            return refused(404, "Not Found");
        };
        if let Some(title) = body["title"].as_str() {
            title.clone_into(&mut pull.title);
        }
        if let Some(text) = body["body"].as_str() {
            text.clone_into(&mut pull.body);
        }
        if let Some(state) = body["state"].as_str() {
            pull.is_open = state == "open";
        }
        let pull = pull.clone();
        drop(world);
        said(200, &self.pull_shape(number, &pull))
    }
}

/// A comment in GitHub's form.
pub(crate) fn comment(id: u64, body: &str) -> Value {
    json!({ "id": id, "node_id": "IC", "body": body, "user": { "login": "octocat" } })
}
