//! GitHub.com and GitHub Enterprise Server.

use std::time::Duration;

use octocrab::models::StatusState as Shown;
use octocrab::params::State as Listed;
use octocrab::params::repos::Reference;
use serde_json::{Value, json};

use crate::model::id::{BranchName, CommitId};
use crate::model::secret::Secret;
use crate::model::snapshot::Snapshot;
use crate::model::text::shortened;
use crate::net::base_url::{BaseUrl, segment};
use crate::net::client::{Client, Settings};
use crate::net::error::HttpError;
use crate::net::limiter::Budget;
use crate::net::retry::Patience;
use crate::provider::api::{
    Access, Branch, Comment, CommitDraft, CommitStatus, Provider, PullRequest, PullRequestDraft,
    Repository, StatusState,
};
use crate::provider::capability::{Capabilities, Means};
use crate::provider::conditional::{Memory, NoMemory};
use crate::provider::content::remote_snapshot::RemoteSnapshot;
use crate::provider::error::{ProviderError, Remedy};
use crate::provider::github::access::access;
use crate::provider::github::account::Account;
use crate::provider::github::calls::Calls;
use crate::provider::github::commit::commit;
use crate::provider::github::refusal::{About, unarchiving};
use crate::provider::github::token::{Doing, TokenKind};
use crate::provider::github::tree::encoded;
use crate::provider::github::wire::{
    APP, BranchShape, CommentShape, PullRequestShape, RepositoryShape, author,
};
use crate::provider::kind::ProviderKind;
use crate::provider::site::{RepositoryName, Site};

const HOUR: Duration = Duration::from_secs(3600);
/// GitHub keeps no more of the description of a status.
const LONGEST_DESCRIPTION: usize = 140;

/// GitHub, with one token.
#[derive(Clone)]
pub struct GitHub {
    account: Account,
}

impl GitHub {
    /// An account on a site; nothing is opened yet. `settings` are those of [`Self::settings`].
    ///
    /// # Errors
    /// No token.
    pub fn new(site: Site, token: Secret, settings: Settings) -> Result<Self, ProviderError> {
        ProviderError::unless_token(site.kind, &token)?;
        let rest = match site.kind {
            ProviderKind::GitHubEnterprise => "/v3",
            _ => "",
        };
        let patience = Patience {
            tries: 3,
            longest: settings.longest_wait,
            ..Patience::default()
        };
        let kind = TokenKind::of(token.reveal());
        let calls = Calls::new(settings, rest, token, patience);
        let account = Account { site, calls, kind };
        Ok(Self { account })
    }

    /// What GitHub on a site is called with. Waits are no longer than two minutes.
    ///
    /// # Errors
    /// A site that may not be sent a token.
    pub fn settings(site: &Site) -> Result<Settings, ProviderError> {
        // On servers GraphQL has another root than REST, and this one is common to both.
        let base = match site.kind {
            ProviderKind::GitHubEnterprise => BaseUrl::parse(&format!("{}/api", site.web)),
            _ => Ok(site.api.clone()),
        };
        let mut settings = Settings::to(base.map_err(HttpError::from)?);
        // What holds until headers say more; servers limit nothing unless they are told to.
        let calls = match site.kind {
            ProviderKind::GitHubEnterprise => u32::MAX,
            _ => 5000,
        };
        settings.general = Budget { calls, per: HOUR };
        settings.strict = Budget { calls, per: HOUR };
        settings.longest_wait = Duration::from_secs(120);
        Ok(settings)
    }

    /// The client below: calls so far.
    pub fn http(&self) -> &Client {
        self.account.calls.http()
    }
}

impl Provider for GitHub {
    fn site(&self) -> &Site {
        &self.account.site
    }

    fn capabilities(&self) -> Capabilities {
        // Whether a token may is another question: `access` answers it.
        Capabilities::by(|_| Means::Api)
    }

    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        Ok(self.account.look(name)?.0)
    }

    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        let about = About {
            site: &self.account.site,
            repository: None,
            doing: Doing::Listing,
        };
        let encoded = segment(owner).map_err(HttpError::from)?;
        let list = |route: String| {
            self.account
                .calls
                .pages::<RepositoryShape>(&about, &route, memory)
        };
        let organisation = format!("/orgs/{encoded}/repos?per_page=100&type=all&sort=full_name");
        let shapes = match list(organisation) {
            Err(ProviderError::NotFound { .. }) => {
                // Of a user, strangers see the public ones only.
                let is_self = self
                    .account
                    .login()?
                    .is_some_and(|login| login.eq_ignore_ascii_case(owner));
                list(if is_self {
                    "/user/repos?per_page=100&affiliation=owner&sort=full_name".to_owned()
                } else {
                    format!("/users/{encoded}/repos?per_page=100&type=owner&sort=full_name")
                })?
            }
            other => other?,
        };
        let read = shapes
            .into_iter()
            .filter_map(|shape| shape.read(&self.account.site));
        let mut repositories: Vec<Repository> = read.collect();
        repositories.sort_by(|one, other| one.name.cmp(&other.name));
        repositories.dedup_by(|one, other| one.id == other.id);
        Ok(repositories)
    }

    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::Reading);
        let route = format!("/repos/{owner}/{name}/branches?per_page=100");
        let shapes: Vec<BranchShape> = self.account.calls.pages(&about, &route, &NoMemory)?;
        let mut branches: Vec<Branch> = shapes.into_iter().filter_map(BranchShape::read).collect();
        branches.sort_by(|one, other| one.name.cmp(&other.name));
        branches.dedup_by(|one, other| one.name == other.name);
        Ok(branches)
    }

    fn resolve(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError> {
        self.account.tip(repository, branch)
    }

    fn snapshot(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Box<dyn Snapshot>, ProviderError> {
        let files = self.account.files(repository, commit);
        Ok(Box::new(RemoteSnapshot::new(files, commit.clone())))
    }

    fn glance(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        tip: Option<&CommitId>,
    ) -> Result<Option<Box<dyn Snapshot>>, ProviderError> {
        if let Some(tip) = tip {
            return self.snapshot(repository, tip).map(Some);
        }
        let files = self.account.branch_files(repository, branch)?;
        let snapshot = RemoteSnapshot::at_branch(files);
        // An empty repository says so in the answer to this list.
        match snapshot.look() {
            Ok(()) => Ok(Some(Box::new(snapshot))),
            Err(ProviderError::Empty { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError> {
        commit(&self.account, repository, draft)
    }

    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::Writing);
        // In a body, so the name stays as it is.
        let reference = Reference::Branch(branch.as_str().to_owned());
        let answer = self.account.calls.once(&about, |crab| {
            let (owner, name, at) = (owner.clone(), name.clone(), at.to_string());
            let reference = reference.clone();
            async move { crab.git(owner, name).create_ref(&reference, at).await }
        });
        match answer {
            Ok(_) => Ok(()),
            Err(ProviderError::Refused { said, .. }) if said.mentions(&["already exists"]) => {
                Err(ProviderError::BranchExists {
                    branch: branch.clone(),
                })
            }
            Err(error) if error.is_in_doubt() => match self.account.tip(repository, branch) {
                Ok(Some(tip)) if tip == *at => Ok(()),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn open_pull_requests(
        &self,
        repository: &RepositoryName,
        source: &BranchName,
        target: &BranchName,
    ) -> Result<Vec<PullRequest>, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::PullRequest);
        // Without its owner the head is ignored, and every pull request comes.
        let head = format!("{}:{}", repository.owner(), source.as_str());
        let answer = self.account.calls.repeatable(&about, |crab| {
            let (owner, name, head) = (owner.clone(), name.clone(), head.clone());
            let base = target.as_str().to_owned();
            async move {
                let pulls = crab.pulls(owner, name);
                let list = pulls.list().state(Listed::Open).head(head).base(base);
                list.per_page(100).send().await.map(drop)
            }
        })?;
        let shapes: Vec<PullRequestShape> = self.account.calls.json(&about, &answer)?;
        let read = shapes
            .into_iter()
            .filter_map(|shape| shape.read(&self.account.site, repository));
        Ok(read
            .filter(|one| one.source == *source && one.target == *target)
            .collect())
    }

    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::PullRequest);
        let answer = self.account.calls.once(&about, |crab| {
            let (owner, name) = (owner.clone(), name.clone());
            let (title, body) = (draft.title.to_owned(), draft.body.to_owned());
            let (head, base) = (
                draft.source.as_str().to_owned(),
                draft.target.as_str().to_owned(),
            );
            async move {
                let pulls = crab.pulls(owner, name);
                let draft = pulls.create(title, head, base).body(body);
                draft.send().await.map(drop)
            }
        })?;
        self.account.pull_request(&about, repository, &answer)
    }

    fn edit_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
        title: &str,
        body: &str,
    ) -> Result<PullRequest, ProviderError> {
        let edit = json!({ "title": title, "body": body });
        let answer = self.account.edit(repository, pull_request.number, &edit)?;
        let about = self.account.about(repository, Doing::PullRequest);
        self.account.pull_request(&about, repository, &answer)
    }

    fn close_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
    ) -> Result<(), ProviderError> {
        let edit = json!({ "state": "closed" });
        let answer = self.account.edit(repository, pull_request.number, &edit);
        answer.map(drop)
    }

    fn comments(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Vec<Comment>, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::Comment);
        let route = format!("/repos/{owner}/{name}/issues/{number}/comments?per_page=100");
        let shapes: Vec<CommentShape> = self.account.calls.pages(&about, &route, &NoMemory)?;
        Ok(shapes.into_iter().map(CommentShape::read).collect())
    }

    fn author(&self) -> Result<Option<String>, ProviderError> {
        if self.account.kind == TokenKind::Installation {
            return Ok(Some(APP.to_owned()));
        }
        Ok(self.account.login()?.as_deref().map(author))
    }

    fn add_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        body: &str,
    ) -> Result<Comment, ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::Comment);
        let answer = self.account.calls.once(&about, |crab| {
            let (owner, name, body) = (owner.clone(), name.clone(), body.to_owned());
            async move { crab.issues(owner, name).create_comment(number, body).await }
        })?;
        let shape: CommentShape = self.account.calls.json(&about, &answer)?;
        Ok(shape.read())
    }

    fn edit_comment(
        &self,
        repository: &RepositoryName,
        _number: u64,
        comment: &Comment,
        body: &str,
    ) -> Result<(), ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::Comment);
        let id = segment(&comment.id).map_err(HttpError::from)?;
        // octocrab's own call posts where GitHub wants a patch.
        let route = format!("/repos/{owner}/{name}/issues/comments/{id}");
        let payload = json!({ "body": body });
        let answer = self.account.calls.repeatable(&about, |crab| {
            let (route, payload) = (route.clone(), payload.clone());
            async move { crab.patch::<Value, _, _>(route, Some(&payload)).await }
        });
        answer.map(drop)
    }

    fn set_status(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        status: &CommitStatus<'_>,
    ) -> Result<(), ProviderError> {
        let (owner, name) = encoded(repository)?;
        let about = self.account.about(repository, Doing::Status);
        let state = match status.state {
            StatusState::Pending => Shown::Pending,
            StatusState::Success => Shown::Success,
            StatusState::Failure => Shown::Failure,
            StatusState::Error => Shown::Error,
        };
        let description = shortened(status.description, LONGEST_DESCRIPTION - 1);
        // The same again replaces the same.
        let answer = self.account.calls.repeatable(&about, |crab| {
            let (owner, name, commit) = (owner.clone(), name.clone(), commit.to_string());
            let (context, description) = (status.context.to_owned(), description.clone());
            let page = status.page.map(str::to_owned);
            async move {
                let repository = crab.repos(owner, name);
                let made = repository.create_status(commit, state);
                let made = made.context(context).description(description);
                let made = match page {
                    Some(page) => made.target(page),
                    None => made,
                };
                made.send().await
            }
        });
        answer.map(drop)
    }

    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError> {
        access(&self.account, repository, branch)
    }

    fn unlocking(&self, repository: &RepositoryName) -> Remedy {
        unarchiving(&self.account.site, repository)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::GitHub;
    use crate::model::id::{BranchName, CommitId};
    use crate::model::secret::Secret;
    use crate::net::clock::SteppedClock;
    use crate::net::testing::{Reply, Server};
    use crate::provider::api::Provider as _;
    use crate::provider::conditional::{NoMemory, ShortMemory};
    use crate::provider::error::ProviderError;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::{RepositoryName, Site};

    const TOKEN: &str = "ghp_0123456789";

    /// A client of this server, and everything that a watcher could see of its calls.
    fn on(server: &Server, kind: ProviderKind) -> (GitHub, Arc<Mutex<Vec<String>>>) {
        let site = Site::new(kind, &server.base().to_string()).unwrap();
        let mut settings = GitHub::settings(&site).unwrap();
        settings.clock = Arc::new(SteppedClock::default());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        settings.observer = Some(Arc::new(move |event| {
            kept.lock().unwrap().push(format!("{event:?}"));
        }));
        let github = GitHub::new(site, Secret::new(TOKEN), settings).unwrap();
        (github, seen)
    }

    fn orders() -> RepositoryName {
        RepositoryName::parse("acme/orders").unwrap()
    }

    fn shape(id: u64, name: &str) -> String {
        json!({ "id": id, "full_name": name }).to_string()
    }

    #[test]
    fn a_call_carries_what_github_asks_for_and_nobody_sees_the_token() {
        for (kind, line) in [
            (ProviderKind::GitHub, "GET /repos/acme/orders"),
            (
                ProviderKind::GitHubEnterprise,
                "GET /api/v3/repos/acme/orders",
            ),
        ] {
            let server = Server::script(vec![Reply::json(200, &shape(1, "acme/orders"))]);
            let (github, seen) = on(&server, kind);
            assert_eq!(github.repository(&orders()).unwrap().id, "1");
            let heard = &server.heard()[0];
            assert_eq!(heard.line, line);
            for (name, value) in [
                ("authorization", "Bearer ghp_0123456789"),
                ("accept", "application/vnd.github+json"),
                ("x-github-api-version", "2022-11-28"),
            ] {
                assert_eq!(heard.header(name), Some(value), "{name}");
            }
            assert!(
                heard
                    .header("user-agent")
                    .unwrap()
                    .starts_with("git-postman/")
            );
            let seen = seen.lock().unwrap().join("\n");
            assert!(!seen.is_empty() && !seen.contains(TOKEN), "{seen}");
        }
        let site = Site::new(ProviderKind::GitHub, "https://github.com").unwrap();
        let settings = GitHub::settings(&site).unwrap();
        let none = GitHub::new(site, Secret::new(" "), settings);
        assert!(matches!(none, Err(ProviderError::NoToken { .. })));
    }

    #[test]
    fn a_branch_stands_in_a_path_as_itself_and_no_other_answers_for_it() {
        let tip = "a".repeat(40);
        let answer = |name: &str| {
            json!({ "ref": name, "object": { "type": "commit", "sha": tip } }).to_string()
        };
        let branch = BranchName::parse("fix/a#b%41").unwrap();
        let server = Server::script(vec![
            Reply::json(200, &answer("refs/heads/fix/a#b%41")),
            Reply::json(200, &answer("refs/heads/fix/a")),
            Reply::json(409, r#"{"message":"Git Repository is empty."}"#),
            Reply::json(404, r#"{"message":"Not Found"}"#),
            Reply::json(200, &shape(1, "acme/orders")),
            Reply::json(404, r#"{"message":"Not Found"}"#),
        ]);
        let (github, _) = on(&server, ProviderKind::GitHub);
        let resolve = || github.resolve(&orders(), &branch);
        assert_eq!(resolve().unwrap(), CommitId::parse(&tip));
        assert_eq!(
            server.lines()[0],
            "GET /repos/acme/orders/git/ref/heads/fix/a%23b%2541"
        );
        assert_eq!(resolve().unwrap(), None);
        assert_eq!(resolve().unwrap(), None);
        assert_eq!(resolve().unwrap(), None);
        assert!(resolve().unwrap_err().is_not_found());
    }

    #[test]
    fn a_read_is_tried_again_and_a_write_that_was_lost_is_looked_for() {
        let tip = "a".repeat(40);
        let branch = BranchName::parse("x").unwrap();
        let found = json!({ "ref": "refs/heads/x", "object": { "type": "commit", "sha": tip } })
            .to_string();
        let server = Server::script(vec![
            Reply::json(502, ""),
            Reply::nothing(),
            Reply::json(200, &shape(1, "acme/orders")),
            // The branch is made, and nobody hears of it.
            Reply::nothing(),
            Reply::json(200, &found),
            // A limit is no answer: nothing was done.
            Reply::json(
                403,
                r#"{"message":"You have exceeded a secondary rate limit."}"#,
            )
            .with("retry-after", "7"),
            Reply::json(422, r#"{"message":"Reference already exists"}"#),
        ]);
        let (github, _) = on(&server, ProviderKind::GitHub);
        github.repository(&orders()).unwrap();
        let at = CommitId::parse(&tip).unwrap();
        github.create_branch(&orders(), &branch, &at).unwrap();
        assert_eq!(
            server.lines()[3..],
            [
                "POST /repos/acme/orders/git/refs",
                "GET /repos/acme/orders/git/ref/heads/x"
            ]
        );
        let error = github.create_branch(&orders(), &branch, &at).unwrap_err();
        assert!(
            matches!(error, ProviderError::BranchExists { .. }),
            "{error}"
        );
        assert_eq!(server.lines().len(), 7);
        assert_eq!(
            server.heard()[3].body,
            format!(r#"{{"ref":"refs/heads/x","sha":"{tip}"}}"#)
        );
    }

    #[test]
    fn a_list_is_read_page_by_page_and_asked_for_again_only_where_it_changed() {
        let server = Server::answering(|heard| {
            let etag = if heard.line.contains("page=2&") {
                "\"two\""
            } else {
                "\"one\""
            };
            if heard.header("if-none-match") == Some(etag) {
                return Reply::json(304, "").with("etag", etag);
            }
            match heard.line.as_str() {
                "GET /orgs/acme/repos?per_page=100&type=all&sort=full_name" => {
                    let host = heard.header("host").unwrap();
                    let link = format!(
                        "<http://{host}/orgs/acme/repos?page=2&per_page=100>; rel=\"next\", <http://{host}/x>; rel=\"last\""
                    );
                    Reply::json(200, &format!("[{}]", shape(2, "acme/b")))
                        .with("link", &link)
                        .with("etag", etag)
                }
                "GET /orgs/acme/repos?page=2&per_page=100" => Reply::json(
                    200,
                    &format!("[{},{}]", shape(1, "acme/a"), shape(3, "../odd")),
                )
                .with("etag", etag),
                "GET /user" => Reply::json(200, r#"{"login":"Me"}"#),
                "GET /user/repos?per_page=100&affiliation=owner&sort=full_name" => {
                    Reply::json(200, &format!("[{}]", shape(4, "me/private")))
                }
                "GET /users/other/repos?per_page=100&type=owner&sort=full_name" => {
                    Reply::json(200, "[]")
                }
                _ => Reply::json(404, r#"{"message":"Not Found"}"#),
            }
        });
        let (github, _) = on(&server, ProviderKind::GitHub);
        let memory = ShortMemory::default();
        let names = |owner: &str| -> Vec<String> {
            let list = github.repositories(owner, &memory).unwrap();
            list.iter().map(|one| one.name.to_string()).collect()
        };
        assert_eq!(names("acme"), ["acme/a", "acme/b"]);
        assert_eq!(names("acme"), ["acme/a", "acme/b"]);
        let conditional = server
            .heard()
            .iter()
            .filter(|call| call.header("if-none-match").is_some())
            .count();
        assert_eq!((server.lines().len(), conditional), (4, 2));
        assert_eq!(names("me"), ["me/private"]);
        assert!(names("other").is_empty());
        assert!(github.repositories("no/one", &NoMemory).is_err());
    }

    #[test]
    fn a_renamed_repository_answers_with_its_new_name_and_is_not_written_to() {
        let server = Server::answering(|heard| match heard.line.as_str() {
            "GET /repos/acme/orders" => {
                let to = format!("http://{}/repositories/7", heard.header("host").unwrap());
                Reply::json(301, r#"{"message":"Moved Permanently"}"#).with("location", &to)
            }
            "GET /repositories/7" => Reply::json(200, &shape(7, "acme/shop")),
            _ => {
                let to = format!(
                    "http://{}/repositories/7/git/refs",
                    heard.header("host").unwrap()
                );
                Reply::json(307, r#"{"message":"Moved Permanently"}"#).with("location", &to)
            }
        });
        let (github, _) = on(&server, ProviderKind::GitHub);
        let shown = github.repository(&orders()).unwrap();
        assert_eq!(
            (shown.name.to_string().as_str(), shown.id.as_str()),
            ("acme/shop", "7")
        );
        let at = CommitId::parse(&"a".repeat(40)).unwrap();
        let branch = BranchName::parse("x").unwrap();
        let error = github.create_branch(&orders(), &branch, &at).unwrap_err();
        assert!(matches!(error, ProviderError::Renamed { .. }), "{error}");
    }
}
