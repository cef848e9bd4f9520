//! What GitHub answers, as far as it is needed: lenient, since its servers of several years answer differently.

use serde::Deserialize;

use crate::git::object::ObjectId;
use crate::model::id::{BranchName, CommitId};
use crate::model::snapshot::FileKind;
use crate::provider::api::{Branch, Comment, PullRequest, Repository, Role};
use crate::provider::content::remote_snapshot::{RemoteEntry, RemoteList};
use crate::provider::github::refusal::Complaint;
use crate::provider::site::{RepositoryName, Site};

/// What names of apps end with.
pub(crate) const APP: &str = "[bot]";

#[derive(Deserialize)]
pub(crate) struct RepositoryShape {
    id: u64,
    full_name: String,
    #[serde(default)]
    default_branch: Option<String>,
    #[serde(default)]
    archived: Option<bool>,
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default)]
    fork: bool,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    permissions: Option<PermissionsShape>,
    #[serde(default)]
    pushed_at: Option<String>,
}

#[derive(Deserialize)]
struct PermissionsShape {
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    push: bool,
    #[serde(default)]
    pull: bool,
}

#[derive(Deserialize)]
pub(crate) struct BranchShape {
    name: String,
    commit: ObjectShape,
    #[serde(default)]
    protected: bool,
}

#[derive(Deserialize)]
pub(crate) struct ObjectShape {
    pub(crate) sha: String,
}

#[derive(Deserialize)]
pub(crate) struct RefShape {
    #[serde(rename = "ref")]
    pub(crate) name: String,
    pub(crate) object: ObjectShape,
}

#[derive(Deserialize)]
pub(crate) struct CommitShape {
    pub(crate) sha: String,
    #[serde(default)]
    pub(crate) message: String,
    pub(crate) tree: ObjectShape,
    #[serde(default)]
    pub(crate) parents: Vec<ObjectShape>,
}

#[derive(Deserialize)]
pub(crate) struct TreeShape {
    #[serde(default)]
    pub(crate) tree: Vec<TreeEntryShape>,
    #[serde(default)]
    pub(crate) truncated: bool,
}

#[derive(Deserialize)]
pub(crate) struct TreeEntryShape {
    pub(crate) path: String,
    pub(crate) mode: String,
    #[serde(default)]
    pub(crate) sha: String,
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct PullRequestShape {
    number: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<String>,
    head: EndShape,
    base: EndShape,
}

#[derive(Deserialize)]
struct EndShape {
    #[serde(rename = "ref")]
    name: String,
    #[serde(default)]
    repo: Option<EndRepositoryShape>,
}

#[derive(Deserialize)]
struct EndRepositoryShape {
    id: u64,
}

#[derive(Deserialize)]
pub(crate) struct CommentShape {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<AccountShape>,
}

#[derive(Deserialize)]
pub(crate) struct AccountShape {
    pub(crate) login: String,
}

#[derive(Deserialize)]
pub(crate) struct RuleShape {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// An answer to a GraphQL query: data, errors, or both.
#[derive(Deserialize)]
pub(crate) struct Answered<T> {
    pub(crate) data: Option<T>,
    #[serde(default)]
    pub(crate) errors: Vec<Complaint>,
}

impl RepositoryShape {
    /// The repository; `None` where its name is none.
    pub(crate) fn read(self, site: &Site) -> Option<Repository> {
        let name = RepositoryName::parse(&self.full_name).ok()?;
        let role = self.permissions.and_then(|permissions| {
            let PermissionsShape { admin, push, pull } = permissions;
            let roles = [
                (admin, Role::Admin),
                (push, Role::Write),
                (pull, Role::Read),
            ];
            let found = roles.into_iter().find(|(has, _)| *has);
            found.map(|(_, role)| role)
        });
        Some(Repository {
            id: self.id.to_string(),
            page: site.page(&name.to_string()),
            name,
            default_branch: self.default_branch.as_deref().and_then(BranchName::parse),
            is_archived: self.archived.unwrap_or(false),
            is_disabled: self.disabled.unwrap_or(false),
            is_fork: self.fork,
            is_private: self.private,
            role,
            pushed: self.pushed_at,
        })
    }
}

impl BranchShape {
    /// The branch; `None` where name or tip are none.
    pub(crate) fn read(self) -> Option<Branch> {
        Some(Branch {
            name: BranchName::parse(&self.name)?,
            head: CommitId::parse(&self.commit.sha)?,
            is_protected: self.protected,
        })
    }
}

impl TreeEntryShape {
    /// A directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.mode == "040000"
    }

    /// Puts the entry into a list, below a directory.
    pub(crate) fn add_to(&self, list: &mut RemoteList, below: &str) {
        let kind = match self.mode.as_str() {
            "040000" => return,
            "120000" => FileKind::Link,
            "160000" => FileKind::Submodule,
            _ => FileKind::File,
        };
        list.add(&format!("{below}{}", self.path), |path| {
            Some(RemoteEntry {
                path,
                kind,
                is_executable: self.mode == "100755",
                id: ObjectId::parse(self.sha.as_bytes())?,
                size: self.size,
            })
        });
    }
}

impl PullRequestShape {
    /// The pull request; `None` where it comes from another repository, or from one that is gone.
    pub(crate) fn read(self, site: &Site, repository: &RepositoryName) -> Option<PullRequest> {
        let same = match (&self.head.repo, &self.base.repo) {
            (Some(head), Some(base)) => head.id == base.id,
            (None, _) => false,
            (Some(_), None) => true,
        };
        let number = self.number;
        let read = PullRequest {
            number,
            page: site.page(&format!("{repository}/pull/{number}")),
            source: BranchName::parse(&self.head.name)?,
            target: BranchName::parse(&self.base.name)?,
            title: self.title.unwrap_or_default(),
            body: self.body.unwrap_or_default(),
            version: None,
        };
        same.then_some(read)
    }
}

impl CommentShape {
    /// The comment.
    pub(crate) fn read(self) -> Comment {
        Comment {
            id: self.id.to_string(),
            body: self.body.unwrap_or_default(),
            author: self.user.map(|user| author(&user.login)),
            version: None,
        }
    }
}

/// An account as the author of a comment. An app does not learn its own name, and no person has such a one as apps have.
pub(crate) fn author(login: &str) -> String {
    if login.ends_with(APP) {
        APP.to_owned()
    } else {
        login.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::{PullRequestShape, RepositoryShape, TreeShape};
    use crate::model::snapshot::FileKind;
    use crate::provider::api::Role;
    use crate::provider::content::remote_snapshot::RemoteList;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    fn site() -> Site {
        Site::new(ProviderKind::GitHub, "https://github.com").unwrap()
    }

    #[test]
    fn a_repository_is_read_with_the_little_that_it_must_have() {
        let shape = json!({ "id": 1296269, "full_name": "octocat/Hello-World" });
        let read = from_value::<RepositoryShape>(shape)
            .unwrap()
            .read(&site())
            .unwrap();
        assert_eq!(
            (read.id.as_str(), read.role, read.default_branch),
            ("1296269", None, None)
        );
        assert_eq!(read.page, "https://github.com/octocat/Hello-World");
        let shape = json!({
            "id": 1, "full_name": "octocat/x", "archived": true, "fork": true, "private": true, "default_branch": "main",
            "permissions": { "admin": false, "maintain": true, "push": true, "triage": true, "pull": true },
        });
        let read = from_value::<RepositoryShape>(shape)
            .unwrap()
            .read(&site())
            .unwrap();
        assert_eq!(read.role, Some(Role::Write));
        assert!(read.is_archived && read.is_fork && read.is_private);
        let odd = json!({ "id": 1, "full_name": "../x" });
        assert_eq!(
            from_value::<RepositoryShape>(odd).unwrap().read(&site()),
            None
        );
    }

    #[test]
    fn a_tree_keeps_kinds_and_refuses_names_that_climb() {
        let sha = "a".repeat(40);
        let entry = |path: &str, mode: &str| json!({ "path": path, "mode": mode, "type": "x", "sha": sha, "size": 3 });
        let shape = json!({ "sha": sha, "truncated": false, "tree": [
            entry("d", "040000"), entry("d/a", "100644"), entry("run", "100755"), entry("l", "120000"),
            entry("m", "160000"), entry("../x", "100644"),
        ] });
        let shape: TreeShape = from_value(shape).unwrap();
        let mut list = RemoteList::default();
        for entry in &shape.tree {
            entry.add_to(&mut list, "");
        }
        let told: Vec<_> = list
            .entries
            .iter()
            .map(|one| (one.path.as_str(), one.kind, one.is_executable))
            .collect();
        assert_eq!(
            told,
            [
                ("d/a", FileKind::File, false),
                ("run", FileKind::File, true),
                ("l", FileKind::Link, false),
                ("m", FileKind::Submodule, false),
            ]
        );
        assert_eq!(list.refused.len(), 1);
    }

    #[test]
    fn a_pull_request_of_a_fork_is_not_ours() {
        let repository = RepositoryName::parse("acme/orders").unwrap();
        let read = |head: serde_json::Value| {
            let shape = json!({ "number": 5, "title": "t", "body": null,
                "head": { "ref": "x", "repo": head }, "base": { "ref": "main", "repo": { "id": 1 } } });
            from_value::<PullRequestShape>(shape)
                .unwrap()
                .read(&site(), &repository)
        };
        let own = read(json!({ "id": 1 })).unwrap();
        assert_eq!(own.page, "https://github.com/acme/orders/pull/5");
        assert_eq!(read(json!({ "id": 2 })), None);
        assert_eq!(read(json!(null)), None);
    }
}
