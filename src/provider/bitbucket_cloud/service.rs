//! Bitbucket Cloud. An owner is a workspace.
//!
//! A commit is one form that names its parent; the service refuses it where the branch has another tip. Endpoints that
//! span workspaces ended in April 2026 and are not used.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::json;

use crate::model::base64::encode_standard;
use crate::model::digest::Digest;
use crate::model::id::{BranchName, CommitId};
use crate::model::path::RepoPath;
use crate::model::secret::Secret;
use crate::model::snapshot::Snapshot;
use crate::net::base_url::segment;
use crate::net::client::Settings;
use crate::net::error::HttpError;
use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::provider::api::{
    Access, Branch, Comment, CommitDraft, CommitStatus, Provider, PullRequest, PullRequestDraft,
    Repository, StatusState,
};
use crate::provider::bitbucket_cloud::files::CloudFiles;
use crate::provider::bitbucket_cloud::refusal::{Asked, TokenForm, protected};
use crate::provider::bitbucket_cloud::wire;
use crate::provider::capability::{Capabilities, Means, Operation};
use crate::provider::conditional::{Memory, NoMemory};
use crate::provider::content::remote_snapshot::{RemoteEntry, RemoteSnapshot};
use crate::provider::error::{ProviderError, Remedy};
use crate::provider::kind::ProviderKind;
use crate::provider::rest::{self, Rest, body, lacking, parsed, renamed};
use crate::provider::site::{RepositoryName, Site};
use crate::provider::text_limit::fitted;

/// More pages than this are no list.
const MOST_PAGES: usize = 1000;
/// Items of a page.
pub(crate) const PAGE: &str = "100";
/// What the service takes at most, in characters.
const LONGEST_TITLE: usize = 255;
const LONGEST_TEXT: usize = 32_000;
const LONGEST_KEY: usize = 40;

/// Bitbucket Cloud, with one token.
pub struct BitbucketCloud {
    pub(crate) calls: CloudCalls,
}

/// The calls, which snapshots share.
#[derive(Clone)]
pub(crate) struct CloudCalls {
    rest: Arc<Rest>,
    pub(crate) asked: Asked,
}

impl BitbucketCloud {
    /// Makes it known with which token; nothing is sent yet. A token with a colon is an address and an API token.
    ///
    /// # Errors
    /// No token.
    pub fn new(site: Site, token: Secret, settings: Settings) -> Result<Self, ProviderError> {
        ProviderError::unless_token(site.kind, &token)?;
        let header = authorization(&token);
        let asked = Asked {
            site,
            form: TokenForm::of(token.reveal()),
            token: token.clone(),
        };
        let judge = asked.clone();
        let rest = Rest::new(settings, token, header, move |request, answer| {
            Err(judge.judged(request, &answer))
        });
        Ok(Self {
            calls: CloudCalls {
                rest: Arc::new(rest),
                asked,
            },
        })
    }

    /// What Bitbucket Cloud is called with.
    pub fn settings(site: &Site) -> Settings {
        rest::settings(site)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ProviderError> {
        parsed(request, &self.calls.read(request)?)
    }

    fn write(&self, name: &RepositoryName, request: &Request) -> Result<Response, ProviderError> {
        self.calls.rest.write(request).map_err(|error| {
            renamed(error, name, || {
                self.repository(name).ok().map(|one| one.name)
            })
        })
    }

    fn repository_of(
        &self,
        one: wire::Repository,
        request: &Request,
    ) -> Result<Repository, ProviderError> {
        let name = RepositoryName::parse(&one.full_name).map_err(|_| nameless(request))?;
        Ok(Repository {
            page: self.page(&name, ""),
            name,
            id: one.uuid,
            default_branch: one
                .mainbranch
                .and_then(|main| BranchName::parse(&main.name)),
            is_archived: false,
            is_disabled: false,
            is_fork: one.parent.is_some_and(|parent| !parent.is_null()),
            is_private: one.is_private,
            role: None,
            pushed: one.updated_on,
        })
    }

    pub(crate) fn page(&self, name: &RepositoryName, below: &str) -> String {
        let part = |part: &str| segment(part).unwrap_or_default();
        let path = format!("{}/{}{below}", part(name.owner()), part(name.name()));
        self.calls.asked.site.page(&path)
    }

    fn pull_request_of(
        &self,
        name: &RepositoryName,
        one: wire::PullRequest,
    ) -> Option<PullRequest> {
        Some(PullRequest {
            number: one.id,
            page: self.page(name, &format!("/pull-requests/{}", one.id)),
            source: BranchName::parse(&one.source.branch.name)?,
            target: BranchName::parse(&one.destination.branch.name)?,
            title: one.title,
            body: one.description.unwrap_or_default(),
            version: None,
        })
    }

    fn written_pull_request(
        &self,
        name: &RepositoryName,
        request: &Request,
    ) -> Result<PullRequest, ProviderError> {
        let answer = self.write(name, request)?;
        self.pull_request_of(name, parsed(request, &answer)?)
            .ok_or_else(|| lacking(request, &answer, "its branches are none"))
    }

    /// The form that a commit is: fields of its own, one for each file, and the paths that go.
    fn form(
        &self,
        draft: &CommitDraft<'_>,
        is_executable: &dyn Fn(&RepoPath) -> bool,
    ) -> Result<(String, Vec<u8>), ProviderError> {
        let mut digests: Vec<&[u8]> = vec![draft.head.as_str().as_bytes()];
        digests.extend(
            draft
                .changes
                .iter()
                .filter_map(|change| change.content.as_deref()),
        );
        // No content holds the digest of all contents.
        let boundary = format!("git-postman-{}", Digest::of_parts(digests).short());
        let mut form = Vec::new();
        let mut part = |head: &str, content: &[u8]| {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            form.extend_from_slice(head.as_bytes());
            form.extend_from_slice(content);
            form.extend_from_slice(b"\r\n");
        };
        part("name=\"message\"", draft.message().as_bytes());
        part("name=\"parents\"", draft.head.as_str().as_bytes());
        part("name=\"branch\"", draft.branch.as_str().as_bytes());
        for change in draft.changes.iter() {
            let path = change.path.as_str();
            if path.contains(['"', '\\']) || path.chars().any(char::is_control) {
                return Err(ProviderError::Cannot {
                    product: ProviderKind::BitbucketCloud,
                    operation: Operation::Commit,
                    reason: "its form carries no path with a quotation mark, a backslash or a line break",
                });
            }
            let Some(content) = &change.content else {
                part("name=\"files\"", path.as_bytes());
                continue;
            };
            // With the name of a file it is one, whatever the field is called: `message` may be a file.
            let name = change.path.file_name();
            let mut head = format!("name=\"/{path}\"; filename=\"{name}\"");
            head.push_str("\r\nContent-Type: application/octet-stream");
            if is_executable(&change.path) {
                head.push_str("\r\nx-attributes: executable");
            }
            part(&head, content);
        }
        form.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Ok((format!("multipart/form-data; boundary={boundary}"), form))
    }
}

impl Provider for BitbucketCloud {
    fn site(&self) -> &Site {
        &self.calls.asked.site
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::by(|_| Means::Api)
    }

    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        let request = in_repository(Method::Get, name, &[])?;
        self.repository_of(self.read(&request)?, &request)
    }

    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        let request = call(Method::Get, &["repositories", owner])?.with_query("pagelen", PAGE);
        let listed: Vec<wire::Repository> = self.calls.remembered_pages(&request, memory)?;
        let named = listed
            .into_iter()
            .map(|one| self.repository_of(one, &request));
        let mut repositories = named.collect::<Result<Vec<_>, _>>()?;
        repositories.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(repositories)
    }

    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError> {
        let request = in_repository(Method::Get, repository, &["refs", "branches"])?
            .with_query("pagelen", PAGE);
        let listed: Vec<wire::Branch> = self.calls.pages(&request)?;
        let mut branches: Vec<Branch> = listed.into_iter().filter_map(branch_of).collect();
        branches.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(branches)
    }

    fn resolve(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError> {
        let parts = ["refs", "branches", branch.as_str()];
        let request = in_repository(Method::Get, repository, &parts)?;
        let found: wire::Branch = match self.read(&request) {
            Ok(found) => found,
            // The same answer as for a repository that is not there.
            Err(error) if error.is_not_found() => {
                self.repository(repository)?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(branch_of(found)
            .filter(|one| one.name == *branch)
            .map(|one| one.head))
    }

    fn snapshot(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Box<dyn Snapshot>, ProviderError> {
        let files = CloudFiles::new(self.calls.clone(), repository.clone(), commit.clone());
        Ok(Box::new(RemoteSnapshot::new(files, commit.clone())))
    }

    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError> {
        let moved = |found| ProviderError::Moved {
            branch: draft.branch.clone(),
            expected: draft.head.clone(),
            found,
        };
        // The same form makes a branch that is gone anew: so it must be there.
        let now = self.resolve(repository, draft.branch)?;
        if now.as_ref() != Some(draft.head) {
            return Err(moved(now));
        }
        let files = CloudFiles::new(self.calls.clone(), repository.clone(), draft.head.clone());
        let snapshot = RemoteSnapshot::new(files, draft.head.clone());
        draft.check(&snapshot)?;
        let is_executable = |path: &RepoPath| {
            let entry = snapshot.entry(path);
            entry
                .is_ok_and(|entry: Option<&RemoteEntry>| entry.is_some_and(|one| one.is_executable))
        };
        let (kind, form) = self.form(draft, &is_executable)?;
        let mut request =
            in_repository(Method::Post, repository, &["src"])?.with_header("content-type", kind);
        request.body = Some(form);
        let answer = match self.write(repository, &request) {
            Ok(answer) => answer,
            Err(ProviderError::Refused { status: 409, .. }) => {
                return Err(moved(self.resolve(repository, draft.branch)?));
            }
            Err(ProviderError::Refused {
                status: 400, said, ..
            }) if said.mentions(&["restrict", "protected"]) => return Err(protected(said)),
            Err(error) => return Err(error),
        };
        answer
            .header("location")
            .and_then(|location| CommitId::parse(location.rsplit('/').next()?))
            .ok_or_else(|| lacking(&request, &answer, "it does not say which commit was made"))
    }

    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        let new = json!({ "name": branch.as_str(), "target": { "hash": at.as_str() } });
        let request =
            in_repository(Method::Post, repository, &["refs", "branches"])?.with_json(body(&new));
        match self.write(repository, &request) {
            Ok(_) => Ok(()),
            Err(ProviderError::Refused { said, .. })
                if said.mentions(&["already exists", "branch_already_exists"]) =>
            {
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
        let query = format!(
            "source.branch.name={} AND destination.branch.name={}",
            quoted(source.as_str()),
            quoted(target.as_str())
        );
        let request = in_repository(Method::Get, repository, &["pullrequests"])?
            .with_query("state", "OPEN")
            .with_query("q", query)
            .with_query("pagelen", "50");
        let listed: Vec<wire::PullRequest> = self.calls.pages(&request)?;
        let own = listed
            .into_iter()
            // A fork's branch may have the same name.
            .filter(|one| one.source.repository == one.destination.repository)
            .filter_map(|one| self.pull_request_of(repository, one))
            .filter(|one| one.source == *source && one.target == *target);
        Ok(own.collect())
    }

    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError> {
        let new = json!({
            "title": fitted(draft.title, LONGEST_TITLE),
            "description": fitted(draft.body, LONGEST_TEXT),
            "source": { "branch": { "name": draft.source.as_str() } },
            "destination": { "branch": { "name": draft.target.as_str() } },
        });
        let request =
            in_repository(Method::Post, repository, &["pullrequests"])?.with_json(body(&new));
        self.written_pull_request(repository, &request)
            .map_err(|error| match error {
                ProviderError::Refused { said, .. } if said.mentions(&["no changes"]) => {
                    ProviderError::NothingToMerge { said }
                }
                ProviderError::Refused { said, .. } if said.mentions(&["already"]) => {
                    ProviderError::PullRequestOpen { said }
                }
                other => other,
            })
    }

    fn edit_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
        title: &str,
        text: &str,
    ) -> Result<PullRequest, ProviderError> {
        let change = json!({
            "title": fitted(title, LONGEST_TITLE),
            "description": fitted(text, LONGEST_TEXT),
        });
        let number = pull_request.number.to_string();
        let request = in_repository(Method::Put, repository, &["pullrequests", &number])?
            .with_json(body(&change));
        self.written_pull_request(repository, &request)
    }

    fn close_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
    ) -> Result<(), ProviderError> {
        let number = pull_request.number.to_string();
        let parts = ["pullrequests", &number, "decline"];
        let request = in_repository(Method::Post, repository, &parts)?;
        self.write(repository, &request).map(|_| ())
    }

    fn comments(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Vec<Comment>, ProviderError> {
        let request = in_repository(Method::Get, repository, &comments_of(&number.to_string()))?
            .with_query("pagelen", PAGE);
        let mut listed: Vec<wire::Comment> = self.calls.pages(&request)?;
        listed.sort_by_key(|one| one.id);
        let there = listed.into_iter().filter(|one| !one.deleted);
        Ok(there.map(comment_of).collect())
    }

    fn add_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        text: &str,
    ) -> Result<Comment, ProviderError> {
        let new = json!({ "content": { "raw": fitted(text, LONGEST_TEXT) } });
        let request = in_repository(Method::Post, repository, &comments_of(&number.to_string()))?
            .with_json(body(&new));
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
        let change = json!({ "content": { "raw": fitted(text, LONGEST_TEXT) } });
        let number = number.to_string();
        let parts = ["pullrequests", &number, "comments", &comment.id];
        let request = in_repository(Method::Put, repository, &parts)?.with_json(body(&change));
        self.write(repository, &request).map(|_| ())
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
        let new = build(status, || {
            self.page(repository, &format!("/commits/{commit}"))
        });
        let parts = ["commit", commit.as_str(), "statuses", "build"];
        let request = in_repository(Method::Post, repository, &parts)?.with_json(body(&new));
        self.write(repository, &request).map(|_| ())
    }

    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError> {
        let request = in_repository(Method::Get, repository, &[])?;
        let answer = self.calls.read(&request)?;
        Ok(Access {
            account: self.account(repository)?,
            token: self.token(repository, &answer),
            branch: self.rules(repository, branch)?,
        })
    }

    fn unlocking(&self, repository: &RepositoryName) -> Remedy {
        Remedy::at(
            "Bitbucket says under Repository settings › Repository details why it is locked",
            self.page(repository, "/admin"),
        )
    }

    /// Comments of HTML would show; the definition of a link that nothing uses does not.
    fn marker(&self, key: &str) -> String {
        link_marker(key)
    }
}

impl CloudCalls {
    /// Reads.
    pub(crate) fn read(&self, request: &Request) -> Result<Response, ProviderError> {
        self.rest.read(request)
    }

    /// Reads every page of a list.
    pub(crate) fn pages<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Vec<T>, ProviderError> {
        self.remembered_pages(request, &NoMemory)
    }

    fn remembered_pages<T: DeserializeOwned>(
        &self,
        request: &Request,
        memory: &dyn Memory,
    ) -> Result<Vec<T>, ProviderError> {
        let mut items = Vec::new();
        let mut request = request.clone();
        for _ in 0..MOST_PAGES {
            let answer = self.rest.recall(&request, memory)?;
            let page: wire::Page<T> = parsed(&request, &answer)?;
            items.extend(page.values);
            // A page on another host would be shown the token.
            let Some(next) = page.next.and_then(|next| self.rest.same_service(&next)) else {
                return Ok(items);
            };
            request.path = next;
            request.query.clear();
        }
        Err(HttpError::Endless { pages: MOST_PAGES }.into())
    }
}

/// The value of the header that carries a token: a pair goes as such, anything else is a bearer's.
pub(crate) fn authorization(token: &Secret) -> Secret {
    if token.reveal().contains(':') {
        let pair = Secret::new(encode_standard(token.reveal().as_bytes()));
        Secret::new(format!("Basic {}", pair.reveal()))
    } else {
        Secret::new(format!("Bearer {}", token.reveal()))
    }
}

/// A mark in the Markdown of both Bitbuckets.
pub(crate) fn link_marker(key: &str) -> String {
    format!("[//]: # (git-postman:{key})")
}

/// A build status, as both Bitbuckets take one. A page is compulsory there.
pub(crate) fn build(status: &CommitStatus<'_>, page: impl FnOnce() -> String) -> serde_json::Value {
    let key = if status.context.chars().count() <= LONGEST_KEY {
        status.context.to_owned()
    } else {
        Digest::of(status.context.as_bytes()).short()
    };
    json!({
        "key": key,
        "state": match status.state {
            StatusState::Pending => "INPROGRESS",
            StatusState::Success => "SUCCESSFUL",
            StatusState::Failure | StatusState::Error => "FAILED",
        },
        "name": fitted(status.context, 255),
        "description": fitted(status.description, 255),
        "url": status.page.map_or_else(page, str::to_owned),
    })
}

/// A call about a repository.
pub(crate) fn in_repository(
    method: Method,
    repository: &RepositoryName,
    more: &[&str],
) -> Result<Request, ProviderError> {
    let mut parts = vec!["repositories", repository.owner(), repository.name()];
    parts.extend(more);
    call(method, &parts)
}

/// A call.
pub(crate) fn call(method: Method, parts: &[&str]) -> Result<Request, ProviderError> {
    let request = Request::new(method, parts).map_err(HttpError::from)?;
    Ok(request.with_header("accept", "application/json"))
}

fn comments_of(number: &str) -> [&str; 3] {
    ["pullrequests", number, "comments"]
}

/// A text in the service's language for filters.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn branch_of(one: wire::Branch) -> Option<Branch> {
    Some(Branch {
        name: BranchName::parse(&one.name)?,
        head: CommitId::parse(&one.target.hash)?,
        is_protected: false,
    })
}

fn comment_of(one: wire::Comment) -> Comment {
    Comment {
        id: one.id.to_string(),
        body: one.content.raw,
        author: None,
        version: None,
    }
}

fn nameless(request: &Request) -> ProviderError {
    let answer = Response {
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
    };
    lacking(request, &answer, "a repository has a name that is none")
}
