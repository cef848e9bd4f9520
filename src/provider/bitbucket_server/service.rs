//! Bitbucket Data Center. An owner is a project's key; `~name` is a user's own project.
//!
//! Its API writes one file at a time, and lists files without saying what is a link. So files are fetched and commits pushed
//! by git, with a lease; everything else goes through the API, where an edit names the version that it replaces.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::git::visit::{Identity, Login};
use crate::model::id::{BranchName, CommitId};
use crate::model::secret::Secret;
use crate::model::snapshot::Snapshot;
use crate::net::base_url::segment;
use crate::net::client::Settings;
use crate::net::error::HttpError;
use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::provider::api::{
    Access, Branch, Comment, CommitDraft, CommitStatus, Fact, Heads, Provider, PullRequest,
    PullRequestDraft, Repository,
};
use crate::provider::bitbucket_cloud::service::{authorization, build, link_marker};
use crate::provider::bitbucket_server::refusal::Asked;
use crate::provider::bitbucket_server::wire;
use crate::provider::capability::{Capabilities, Means, Operation};
use crate::provider::conditional::{Memory, NoMemory};
use crate::provider::content::by_git::ByGit;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::rest::{self, Rest, body, lacking, parsed, renamed};
use crate::provider::site::{RepositoryName, Site};
use crate::provider::text_limit::fitted;

/// More pages than this are no list.
const MOST_PAGES: usize = 1000;
const PAGE: &str = "500";
/// What the product takes at most, in characters.
const LONGEST_TITLE: usize = 255;
const LONGEST_TEXT: usize = 32_000;
/// An edit that met somebody else's is made again so often.
const EDITS: usize = 3;
/// The user of access tokens that belong to no user.
const NOBODY: &str = "x-token-auth";

/// A server, with one token.
pub struct BitbucketServer {
    rest: Rest,
    pub(crate) asked: Asked,
    settings: Settings,
}

impl BitbucketServer {
    /// Makes it known with which token; nothing is sent yet. A token with a colon is a user and a password.
    ///
    /// # Errors
    /// No token.
    pub fn new(site: Site, token: Secret, settings: Settings) -> Result<Self, ProviderError> {
        ProviderError::unless_token(site.kind, &token)?;
        let header = authorization(&token);
        let asked = Asked {
            site,
            token: token.clone(),
        };
        let judge = asked.clone();
        let rest = Rest::new(settings.clone(), token, header, move |request, answer| {
            Err(judge.judged(request, &answer))
        });
        Ok(Self {
            rest,
            asked,
            settings,
        })
    }

    /// What Bitbucket Data Center is called with.
    pub fn settings(site: &Site) -> Settings {
        rest::settings(site)
    }

    fn read<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ProviderError> {
        parsed(request, &self.rest.read(request)?)
    }

    fn write(&self, name: &RepositoryName, request: &Request) -> Result<Response, ProviderError> {
        self.rest.write(request).map_err(|error| {
            renamed(error, name, || {
                self.repository(name).ok().map(|one| one.name)
            })
        })
    }

    pub(crate) fn pages<T: DeserializeOwned>(
        &self,
        request: &Request,
        memory: &dyn Memory,
    ) -> Result<Vec<T>, ProviderError> {
        let mut items = Vec::new();
        let mut start = 0;
        for _ in 0..MOST_PAGES {
            let request = request
                .clone()
                .with_query("limit", PAGE)
                .with_query("start", start.to_string());
            let answer = self.rest.recall(&request, memory)?;
            let page: wire::Page<T> = parsed(&request, &answer)?;
            items.extend(page.values);
            match page.next_page_start {
                Some(next) if !page.is_last_page && next > start => start = next,
                _ => return Ok(items),
            }
        }
        Err(HttpError::Endless { pages: MOST_PAGES }.into())
    }

    /// The id of the branch that is marked as the one shown first, and all of them by name.
    fn listed_branches(
        &self,
        repository: &RepositoryName,
    ) -> Result<(Option<String>, Vec<Branch>), ProviderError> {
        let request = in_repository(Method::Get, repository, &["branches"])?;
        let listed: Vec<wire::Branch> = self.pages(&request, &NoMemory)?;
        let marked = listed.iter().find(|branch| branch.is_default);
        let marked = marked.map(|branch| branch.id.clone());
        let mut branches: Vec<Branch> = listed.into_iter().filter_map(branch_of).collect();
        branches.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((marked, branches))
    }

    fn all_heads(&self, repository: &RepositoryName) -> Result<Heads, ProviderError> {
        let (marked, branches) = self.listed_branches(repository)?;
        let shown_first = match marked {
            Some(id) => BranchName::of_reference(&id),
            None if branches.is_empty() => None,
            None => self.default_branch(repository)?,
        };
        Ok(Heads {
            shown_first,
            branches,
        })
    }

    fn repository_of(
        &self,
        one: wire::Repository,
        default_branch: Option<BranchName>,
        request: &Request,
        answer: &Response,
    ) -> Result<Repository, ProviderError> {
        let name = RepositoryName::new(&one.project.key, &one.slug)
            .map_err(|error| lacking(request, answer, &error.to_string()))?;
        Ok(Repository {
            page: self.asked.page(&name, ""),
            name,
            id: one.id.to_string(),
            default_branch,
            is_archived: one.archived,
            is_disabled: one.state.is_some_and(|state| state != "AVAILABLE"),
            is_fork: one.origin.is_some_and(|origin| !origin.is_null()),
            is_private: !one.public,
            role: None,
            pushed: None,
        })
    }

    fn default_branch(&self, name: &RepositoryName) -> Result<Option<BranchName>, ProviderError> {
        let request = in_repository(Method::Get, name, &["default-branch"])?;
        let answer = match self.rest.read(&request) {
            Ok(answer) => answer,
            // It names a branch that is not there, as in an empty repository.
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if answer.body.is_empty() {
            return Ok(None);
        }
        let branch: wire::Branch = parsed(&request, &answer)?;
        Ok(BranchName::of_reference(&branch.id))
    }

    /// Who the token is of, as a header of every answer says.
    fn user(&self, name: &RepositoryName) -> Result<Option<String>, ProviderError> {
        let request = in_repository(Method::Get, name, &[])?;
        let answer = self.rest.read(&request)?;
        let user = answer
            .header("x-ausername")
            .map(crate::git::remote_url::decoded);
        // Tokens of projects and repositories have users that nobody can sign in as.
        Ok(user.filter(|user| !user.is_empty() && !user.contains('/')))
    }

    fn by_git<T>(
        &self,
        name: &RepositoryName,
        work: impl FnOnce(&ByGit<'_>, Option<&str>) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let token = self.asked.token.reveal();
        let (user, password) = match token.split_once(':') {
            Some((user, password)) => (Some(user.to_owned()), password),
            None => (self.user(name)?, token),
        };
        let login = Login {
            user: user.clone().unwrap_or_else(|| NOBODY.to_owned()),
            password: Secret::new(password),
        };
        let means = |said: Said| self.asked.declined(name, &said);
        let part = |part: &str| segment(part).map_err(HttpError::from);
        let url = self.asked.site.page(&format!(
            "scm/{}/{}.git",
            part(&name.owner().to_lowercase())?,
            part(name.name())?
        ));
        work(
            &ByGit::new(url, Some(login), &self.settings, &means),
            user.as_deref(),
        )
    }

    fn pull_request_of(
        &self,
        name: &RepositoryName,
        one: &wire::PullRequest,
    ) -> Option<PullRequest> {
        Some(PullRequest {
            number: one.id,
            page: self.asked.page(name, &format!("/pull-requests/{}", one.id)),
            source: BranchName::of_reference(&one.from_ref.id)?,
            target: BranchName::of_reference(&one.to_ref.id)?,
            title: one.title.clone(),
            body: one.description.clone().unwrap_or_default(),
            version: Some(one.version),
        })
    }

    fn whole(
        &self,
        name: &RepositoryName,
        number: u64,
    ) -> Result<wire::PullRequest, ProviderError> {
        let number = number.to_string();
        self.read(&in_repository(
            Method::Get,
            name,
            &["pull-requests", &number],
        )?)
    }

    /// Makes a change that names a version, and again where somebody changed something else in between.
    fn versioned<T>(
        &self,
        mut change: impl FnMut() -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match change() {
                Err(ProviderError::Refused {
                    status: 409, said, ..
                }) if tries < EDITS && said.mentions(&["outofdate", "out-of-date", "version"]) => {}
                other => return other,
            }
        }
    }
}

impl Provider for BitbucketServer {
    fn site(&self) -> &Site {
        &self.asked.site
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::by(|operation| match operation {
            Operation::Snapshot | Operation::Commit => Means::Git,
            _ => Means::Api,
        })
    }

    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        let request = in_repository(Method::Get, name, &[])?;
        let answer = self.rest.read(&request)?;
        let default_branch = self.default_branch(name)?;
        self.repository_of(
            parsed(&request, &answer)?,
            default_branch,
            &request,
            &answer,
        )
    }

    /// Default branches are not in the list; each would be a call of its own.
    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        let request = call(Method::Get, &["api", "latest", "projects", owner, "repos"])?;
        let listed: Vec<wire::Repository> = self.pages(&request, memory)?;
        let none = Response {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let named = listed
            .into_iter()
            .map(|one| self.repository_of(one, None, &request, &none));
        let mut repositories = named.collect::<Result<Vec<_>, _>>()?;
        repositories.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(repositories)
    }

    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError> {
        Ok(self.listed_branches(repository)?.1)
    }

    /// Its lists of repositories name no branch; its lists of branches do.
    fn heads(&self, repository: &Repository) -> Result<Heads, ProviderError> {
        self.all_heads(&repository.name)
    }

    fn resolve(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError> {
        // The filter finds whatever holds the text.
        let request = in_repository(Method::Get, repository, &["branches"])?
            .with_query("filterText", branch.as_str())
            .with_query("boostMatches", "true");
        let listed: Vec<wire::Branch> = self.pages(&request, &NoMemory)?;
        let mut found = listed.into_iter().filter_map(branch_of);
        Ok(found.find(|one| one.name == *branch).map(|one| one.head))
    }

    fn snapshot(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Box<dyn Snapshot>, ProviderError> {
        self.by_git(repository, |git, _| git.snapshot(commit))
    }

    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError> {
        let host = self.asked.site.web.host();
        let host = host.split(':').next().unwrap_or_default().to_owned();
        self.by_git(repository, |git, user| {
            let name = user.unwrap_or("git-postman").to_owned();
            git.commit(draft, || {
                Ok(Identity {
                    email: format!("{name}@{host}"),
                    name,
                })
            })
        })
    }

    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        let new = json!({ "name": branch.as_str(), "startPoint": at.as_str() });
        let request = in_repository(Method::Post, repository, &["branches"])?.with_json(body(&new));
        match self.write(repository, &request) {
            Ok(_) => Ok(()),
            Err(ProviderError::Refused {
                status: 409, said, ..
            }) if said.mentions(&["already exists", "duplicateref"]) => {
                Err(ProviderError::BranchExists {
                    branch: branch.clone(),
                })
            }
            Err(error) => Err(error),
        }
    }

    fn open_pull_requests(
        &self,
        repository: &RepositoryName,
        source: &BranchName,
        target: &BranchName,
    ) -> Result<Vec<PullRequest>, ProviderError> {
        let request = in_repository(Method::Get, repository, &["pull-requests"])?
            .with_query("state", "OPEN")
            .with_query("direction", "OUTGOING")
            .with_query("at", source.reference());
        let listed: Vec<wire::PullRequest> = self.pages(&request, &NoMemory)?;
        let own = listed
            .iter()
            .filter(|one| one.from_ref.repository.id == one.to_ref.repository.id)
            .filter_map(|one| self.pull_request_of(repository, one))
            .filter(|one| one.source == *source && one.target == *target);
        Ok(own.collect())
    }

    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError> {
        let end = |branch: &BranchName| {
            json!({
                "id": branch.reference(),
                "repository": { "slug": repository.name(), "project": { "key": repository.owner() } },
            })
        };
        let new = json!({
            "title": fitted(draft.title, LONGEST_TITLE),
            "description": fitted(draft.body, LONGEST_TEXT),
            "fromRef": end(draft.source),
            "toRef": end(draft.target),
        });
        let request =
            in_repository(Method::Post, repository, &["pull-requests"])?.with_json(body(&new));
        let answer = self
            .write(repository, &request)
            .map_err(|error| match error {
                ProviderError::Refused { said, .. }
                    if said.mentions(&["up-to-date", "emptypullrequest"]) =>
                {
                    ProviderError::NothingToMerge { said }
                }
                ProviderError::Refused {
                    status: 409, said, ..
                } if said.mentions(&[
                    "duplicatepullrequest",
                    "already exists",
                    "one pull request",
                ]) =>
                {
                    ProviderError::PullRequestOpen { said }
                }
                other => other,
            })?;
        self.pull_request_of(repository, &parsed(&request, &answer)?)
            .ok_or_else(|| lacking(&request, &answer, "its branches are none"))
    }

    fn edit_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
        title: &str,
        text: &str,
    ) -> Result<PullRequest, ProviderError> {
        self.versioned(|| {
            let now = self.whole(repository, pull_request.number)?;
            // Reviewers who are left out are taken off.
            let reviewers: Vec<Value> = now
                .reviewers
                .iter()
                .map(|one| json!({ "user": { "name": one.user.name } }))
                .collect();
            let change = json!({
                "title": fitted(title, LONGEST_TITLE),
                "description": fitted(text, LONGEST_TEXT),
                "version": now.version,
                "reviewers": reviewers,
            });
            let number = pull_request.number.to_string();
            let request = in_repository(Method::Put, repository, &["pull-requests", &number])?
                .with_json(body(&change));
            let answer = self.write(repository, &request)?;
            self.pull_request_of(repository, &parsed(&request, &answer)?)
                .ok_or_else(|| lacking(&request, &answer, "its branches are none"))
        })
    }

    fn close_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
    ) -> Result<(), ProviderError> {
        self.versioned(|| {
            let now = self.whole(repository, pull_request.number)?;
            let number = pull_request.number.to_string();
            let parts = ["pull-requests", &number, "decline"];
            let request = in_repository(Method::Post, repository, &parts)?
                .with_query("version", now.version.to_string());
            self.write(repository, &request).map(|_| ())
        })
    }

    /// The list of comments wants the path of a file, so they are taken from what happened.
    fn comments(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Vec<Comment>, ProviderError> {
        let number = number.to_string();
        let parts = ["pull-requests", &number, "activities"];
        let request = in_repository(Method::Get, repository, &parts)?;
        let happened: Vec<wire::Activity> = self.pages(&request, &NoMemory)?;
        let mut comments: Vec<wire::Comment> = happened
            .into_iter()
            .filter(|one| one.action == "COMMENTED" && one.comment_anchor.is_none())
            .filter(|one| {
                one.comment_action
                    .as_deref()
                    .is_none_or(|action| action == "ADDED")
            })
            .filter_map(|one| one.comment)
            .collect();
        comments.sort_by_key(|one| one.id);
        Ok(comments.into_iter().map(comment_of).collect())
    }

    fn add_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        text: &str,
    ) -> Result<Comment, ProviderError> {
        let number = number.to_string();
        let parts = ["pull-requests", &number, "comments"];
        let request = in_repository(Method::Post, repository, &parts)?
            .with_json(body(&json!({ "text": fitted(text, LONGEST_TEXT) })));
        let answer = self.write(repository, &request)?;
        Ok(comment_of(parsed(&request, &answer)?))
    }

    fn edit_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        comment: &Comment,
        text: &str,
    ) -> Result<(), ProviderError> {
        let mut version = comment.version;
        self.versioned(|| {
            let version = match version.take() {
                Some(version) => version,
                // Somebody edited it in between: our text takes the place of what stands there now.
                None => self.version_of(repository, number, comment)?,
            };
            let change = json!({ "text": fitted(text, LONGEST_TEXT), "version": version });
            let number = number.to_string();
            let parts = ["pull-requests", &number, "comments", &comment.id];
            let request = in_repository(Method::Put, repository, &parts)?.with_json(body(&change));
            self.write(repository, &request).map(|_| ())
        })
    }

    fn kept(&self, title: &str, body: &str) -> (String, String) {
        (fitted(title, LONGEST_TITLE), fitted(body, LONGEST_TEXT))
    }

    fn set_status(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        status: &CommitStatus<'_>,
    ) -> Result<(), ProviderError> {
        let page = || self.asked.page(repository, &format!("/commits/{commit}"));
        let parts = ["commits", commit.as_str(), "builds"];
        let request =
            in_repository(Method::Post, repository, &parts)?.with_json(body(&build(status, page)));
        self.write(repository, &request).map(|_| ())
    }

    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError> {
        let request = in_repository(Method::Get, repository, &[])?;
        let found: wire::Repository = self.read(&request)?;
        let (account, token) = self.account(repository)?;
        let rules = if found.archived {
            Fact::no(
                "the repository is archived, so nothing in it can be changed",
                self.asked.unarchiving(repository),
            )
        } else {
            self.rules(repository, branch)?
        };
        Ok(Access {
            account,
            token,
            branch: rules,
        })
    }

    fn unlocking(&self, repository: &RepositoryName) -> Remedy {
        self.asked.unarchiving(repository)
    }

    /// Comments of HTML would show; the definition of a link that nothing uses does not.
    fn marker(&self, key: &str) -> String {
        link_marker(key)
    }
}

impl BitbucketServer {
    fn version_of(
        &self,
        repository: &RepositoryName,
        number: u64,
        comment: &Comment,
    ) -> Result<u64, ProviderError> {
        let number = number.to_string();
        let parts = ["pull-requests", &number, "comments", &comment.id];
        let there: wire::Comment = self.read(&in_repository(Method::Get, repository, &parts)?)?;
        Ok(there.version)
    }
}

/// A call about a repository.
fn in_repository(
    method: Method,
    repository: &RepositoryName,
    more: &[&str],
) -> Result<Request, ProviderError> {
    let mut parts = vec![
        "api",
        "latest",
        "projects",
        repository.owner(),
        "repos",
        repository.name(),
    ];
    parts.extend(more);
    call(method, &parts)
}

/// A call.
pub(crate) fn call(method: Method, parts: &[&str]) -> Result<Request, ProviderError> {
    let request = Request::new(method, parts).map_err(HttpError::from)?;
    let request = request.with_header("accept", "application/json");
    // Without it the server takes a write for a page's that somebody was lured to.
    Ok(request.with_header("x-atlassian-token", "no-check"))
}

fn branch_of(one: wire::Branch) -> Option<Branch> {
    Some(Branch {
        name: BranchName::of_reference(&one.id)?,
        head: CommitId::parse(&one.latest_commit?)?,
        is_protected: false,
    })
}

fn comment_of(one: wire::Comment) -> Comment {
    Comment {
        id: one.id.to_string(),
        body: one.text,
        author: None,
        version: Some(one.version),
    }
}
