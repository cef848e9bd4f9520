//! What GitLab's answers hold, as far as it is read. Members that older installations lack may be missing.

use serde::Deserialize;
use serde_json::Value;

use crate::model::id::{BranchName, CommitId};
use crate::model::text::visible;
use crate::net::moment::moment;
use crate::net::rate::http_date;
use crate::net::response::Response;
use crate::provider::api::{Branch, Comment, PullRequest, Repository, Role};
use crate::provider::gitlab::text::as_meant;
use crate::provider::site::RepositoryName;

/// GitLab notes when a project was active at most once in this time.
const ACTIVITY_SECONDS: u64 = 3600;

/// A project.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Project {
    id: u64,
    path_with_namespace: String,
    default_branch: Option<String>,
    #[serde(default)]
    web_url: String,
    archived: Option<bool>,
    empty_repo: Option<bool>,
    visibility: Option<String>,
    forked_from_project: Option<Value>,
    last_activity_at: Option<String>,
    marked_for_deletion_on: Option<String>,
    repository_access_level: Option<String>,
    permissions: Option<Permissions>,
}

#[derive(Clone, Debug, Deserialize)]
struct Permissions {
    project_access: Option<Level>,
    group_access: Option<Level>,
}

/// A role, by its number.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Level {
    /// 30 is a developer.
    pub(crate) access_level: u64,
}

/// A branch.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WireBranch {
    pub(crate) name: String,
    commit: WireCommit,
    pub(crate) protected: Option<bool>,
    /// Whether this account may push to it.
    pub(crate) can_push: Option<bool>,
    pub(crate) default: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
struct WireCommit {
    id: String,
}

/// A merge request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MergeRequest {
    iid: u64,
    title: String,
    description: Option<String>,
    source_branch: String,
    target_branch: String,
    source_project_id: Option<u64>,
    target_project_id: Option<u64>,
    #[serde(default)]
    web_url: String,
}

/// A note on a merge request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Note {
    id: u64,
    #[serde(default)]
    body: String,
    /// GitLab wrote it itself: somebody pushed, somebody changed the title.
    #[serde(default)]
    system: bool,
    #[serde(default)]
    author: Option<NoteAuthor>,
}

#[derive(Clone, Debug, Deserialize)]
struct NoteAuthor {
    id: u64,
}

/// What a token says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TokenFacts {
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    pub(crate) active: Option<bool>,
    pub(crate) revoked: Option<bool>,
    pub(crate) expires_at: Option<String>,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: Option<String>,
    commit_email: Option<String>,
    email: Option<String>,
}

/// The job that a job token belongs to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Job {
    pub(crate) user: Option<User>,
    pipeline: JobPipeline,
    web_url: String,
}

#[derive(Clone, Debug, Deserialize)]
struct JobPipeline {
    project_id: u64,
}

/// What differs between two branches.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) commits: Vec<Value>,
}

/// One name in a commit.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TreeEntry {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) mode: String,
}

impl Project {
    /// As the seam has it; `None` where GitLab's own name for it cannot be read.
    pub(crate) fn repository(self, answer: &Response) -> Option<Repository> {
        let role = self.role();
        let pushed = self.pushed(answer);
        let default_branch = self.default_branch.as_deref().and_then(BranchName::parse);
        Some(Repository {
            id: self.id.to_string(),
            name: RepositoryName::parse(&self.path_with_namespace).ok()?,
            default_branch: default_branch.filter(|_| self.empty_repo != Some(true)),
            is_archived: self.is_archived(),
            is_disabled: self.marked_for_deletion_on.is_some()
                || self.repository_access_level.as_deref() == Some("disabled"),
            is_fork: self
                .forked_from_project
                .is_some_and(|origin| !origin.is_null()),
            is_private: self.visibility.as_deref() != Some("public"),
            role,
            pushed,
            page: visible(&self.web_url),
        })
    }

    /// The highest role that GitLab names for the account; `None` where it names none, as it does for roles that come
    /// from invited groups.
    pub(crate) fn level(&self) -> Option<u64> {
        let permissions = self.permissions.as_ref()?;
        let levels = [permissions.project_access, permissions.group_access];
        levels
            .into_iter()
            .flatten()
            .map(|one| one.access_level)
            .max()
    }

    /// Whether nothing in it can be changed.
    pub(crate) fn is_archived(&self) -> bool {
        self.archived == Some(true)
    }

    fn role(&self) -> Option<Role> {
        self.level().map(role)
    }

    /// When something happened last. A push within an hour of it leaves it as it is, so that it says nothing then.
    fn pushed(&self, answer: &Response) -> Option<String> {
        let last = self.last_activity_at.as_ref()?;
        let now = http_date(answer.header("date")?)?;
        let then = moment(last)?;
        (now > then + ACTIVITY_SECONDS).then(|| last.clone())
    }
}

impl WireBranch {
    /// As the seam has it; `None` where it has a name that git does not allow.
    pub(crate) fn branch(&self) -> Option<Branch> {
        Some(Branch {
            name: BranchName::parse(&self.name)?,
            head: CommitId::parse(&self.commit.id)?,
            is_protected: self.protected == Some(true),
        })
    }
}

impl MergeRequest {
    /// As the seam has it; `None` where it comes from a fork, whose branches have names of their own.
    pub(crate) fn pull_request(self) -> Option<PullRequest> {
        if self.source_project_id != self.target_project_id {
            return None;
        }
        Some(PullRequest {
            number: self.iid,
            page: visible(&self.web_url),
            source: BranchName::parse(&self.source_branch)?,
            target: BranchName::parse(&self.target_branch)?,
            title: self.title,
            body: as_meant(&self.description.unwrap_or_default()),
            version: None,
        })
    }
}

impl Note {
    /// As the seam has it; `None` for what GitLab wrote itself.
    pub(crate) fn comment(self) -> Option<Comment> {
        (!self.system).then(|| Comment {
            id: self.id.to_string(),
            body: as_meant(&self.body),
            author: self.author.map(|author| author.id.to_string()),
            version: None,
        })
    }
}

impl User {
    /// The address for commits; where none is shown, the one that GitLab gives everybody.
    pub(crate) fn address(&self, host: &str) -> String {
        let shown = [&self.commit_email, &self.email].into_iter().flatten();
        let own = shown.into_iter().find(|address| address.contains('@'));
        own.cloned()
            .unwrap_or_else(|| format!("{}-{}@users.noreply.{host}", self.id, self.username))
    }
}

impl Job {
    /// The id of the project that the job belongs to, and its name by the address of the job's page, which begins with
    /// `web` and goes on with `/-/jobs/`.
    pub(crate) fn project(&self, web: &str) -> Option<(u64, RepositoryName)> {
        let path = self.web_url.strip_prefix(web)?.strip_prefix('/')?;
        let (name, _) = path.split_once("/-/")?;
        Some((self.pipeline.project_id, RepositoryName::parse(name).ok()?))
    }
}

/// What a role by its number may do here.
pub(crate) fn role(level: u64) -> Role {
    match level {
        40.. => Role::Admin,
        30..=39 => Role::Write,
        _ => Role::Read,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Job, MergeRequest, Project, User};
    use crate::net::response::Response;
    use crate::provider::api::Role;

    fn answer() -> Response {
        Response {
            status: 200,
            headers: vec![(
                "date".to_owned(),
                "Sun, 22 Nov 2026 18:00:00 GMT".to_owned(),
            )],
            body: Vec::new(),
        }
    }

    fn project(more: &Value) -> Project {
        let mut whole =
            json!({ "id": 7, "path_with_namespace": "a/b/c", "default_branch": "main" });
        let members = whole.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn a_project_is_read_as_it_is_written() {
        let plain = project(&json!({})).repository(&answer()).unwrap();
        assert_eq!(
            (plain.id.as_str(), plain.name.full()),
            ("7", "a/b/c".to_owned())
        );
        assert!(plain.default_branch.is_some() && plain.role.is_none() && plain.is_private);
        for (more, empty, archived, disabled, fork, role) in [
            (
                json!({ "empty_repo": true }),
                true,
                false,
                false,
                false,
                None,
            ),
            (
                json!({ "archived": true, "visibility": "internal" }),
                false,
                true,
                false,
                false,
                None,
            ),
            (
                json!({ "marked_for_deletion_on": "2026-12-01" }),
                false,
                false,
                true,
                false,
                None,
            ),
            (
                json!({ "repository_access_level": "disabled" }),
                false,
                false,
                true,
                false,
                None,
            ),
            (
                json!({ "forked_from_project": { "id": 1 } }),
                false,
                false,
                false,
                true,
                None,
            ),
            (
                json!({ "permissions": { "project_access": null, "group_access": null } }),
                false,
                false,
                false,
                false,
                None,
            ),
            (
                json!({ "permissions": { "project_access": { "access_level": 20 }, "group_access": { "access_level": 30 } } }),
                false,
                false,
                false,
                false,
                Some(Role::Write),
            ),
            (
                json!({ "permissions": { "project_access": { "access_level": 50 }, "group_access": null } }),
                false,
                false,
                false,
                false,
                Some(Role::Admin),
            ),
        ] {
            let one = project(&more).repository(&answer()).unwrap();
            assert_eq!(one.default_branch.is_none(), empty, "{more}");
            assert_eq!(
                (one.is_archived, one.is_disabled),
                (archived, disabled),
                "{more}"
            );
            assert_eq!((one.is_fork, one.role), (fork, role), "{more}");
        }
        let mut hostile = project(&json!({}));
        hostile.path_with_namespace = "a/../b".to_owned();
        assert!(hostile.repository(&answer()).is_none());
    }

    #[test]
    fn activity_counts_only_where_a_later_push_would_change_it() {
        for (last, counts) in [
            ("2026-11-22T16:59:59.000Z", true),
            ("2025-01-01T00:00:00.000Z", true),
            ("2026-11-22T17:00:01.000Z", false),
            ("2026-11-22T19:00:00.000Z", false),
            ("2026-11-22T10:00:00.000+01:00", false),
            ("yesterday", false),
        ] {
            let one = project(&json!({ "last_activity_at": last }));
            let pushed = one.repository(&answer()).unwrap().pushed;
            assert_eq!(pushed.as_deref(), counts.then_some(last));
        }
    }

    #[test]
    fn merge_requests_of_forks_and_odd_names_are_left_out() {
        let request = |more: &Value| {
            let mut whole = json!({ "iid": 3, "title": "T", "description": null, "source_branch": "x",
                "target_branch": "main", "source_project_id": 1, "target_project_id": 1 });
            let members = whole.as_object_mut().unwrap();
            members.extend(more.as_object().unwrap().clone());
            let request: MergeRequest = serde_json::from_value(whole).unwrap();
            request.pull_request()
        };
        assert_eq!(request(&json!({})).unwrap().body, "");
        assert!(request(&json!({ "source_project_id": 2 })).is_none());
        assert!(request(&json!({ "source_branch": "a..b" })).is_none());
        let hostile = request(&json!({ "web_url": "https://x/\u{1b}[2J" })).unwrap();
        assert_eq!(hostile.page, "https://x/\\x1b[2J");
    }

    #[test]
    fn a_job_says_whose_it_is() {
        let job: Job = serde_json::from_value(json!({ "pipeline": { "project_id": 9 },
            "web_url": "https://example.com/git/a/b/c/-/jobs/1" }))
        .unwrap();
        let (id, name) = job.project("https://example.com/git").unwrap();
        assert_eq!((id, name.full()), (9, "a/b/c".to_owned()));
        assert!(job.project("https://other.example.com").is_none());
        let user: User = serde_json::from_value(json!({ "id": 5, "username": "bot" })).unwrap();
        assert_eq!(user.address("gitlab.com"), "5-bot@users.noreply.gitlab.com");
    }
}
