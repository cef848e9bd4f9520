//! Azure DevOps, Services and Server: one API, whose base is the organisation or the collection.
//!
//! An owner is a project. A commit is one push that names the object it replaces; a sign-in page, a code in a message and a
//! `success: false` are read in `azure_refusal`.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use crate::model::base64::encode_standard;
use crate::model::change::Expected;
use crate::model::id::{BranchName, CommitId};
use crate::model::secret::Secret;
use crate::model::snapshot::Snapshot;
use crate::net::base_url::segment;
use crate::net::client::Settings;
use crate::net::error::HttpError;
use crate::net::page::{Page, all, all_by_offset};
use crate::net::pool;
use crate::net::request::{Method, Request};
use crate::net::response::Response;
use crate::provider::api::{
    Access, Branch, Comment, CommitDraft, CommitStatus, Fact, Provider, PullRequest,
    PullRequestDraft, Repository, StatusState,
};
use crate::provider::azure::files::AzureFiles;
use crate::provider::azure::refusal::{Asked, TokenForm, is_stale, protected};
use crate::provider::azure::wire;
use crate::provider::capability::{Capabilities, Means};
use crate::provider::conditional::Memory;
use crate::provider::content::remote_snapshot::RemoteSnapshot;
use crate::provider::error::{ProviderError, Remedy};
use crate::provider::rest::{self, Rest, body, lacking, parsed};
use crate::provider::site::{RepositoryName, Site};
use crate::provider::text_limit::fitted;

/// The oldest version with every call that we make; older servers say what they have.
const VERSION: &str = "6.0";
/// No object.
const ZEROS: &str = "0000000000000000000000000000000000000000";
/// What a pull request holds at most, in characters.
const LONGEST_TITLE: usize = 400;
const LONGEST_TEXT: usize = 4000;
/// Projects whose repositories are asked for at once.
const AT_ONCE: usize = 4;
const PAGE: usize = 100;

/// An organisation of Azure DevOps Services or a collection of Azure DevOps Server, with one token.
pub struct Azure {
    pub(crate) calls: AzureCalls,
}

/// The calls, which snapshots share.
#[derive(Clone)]
pub(crate) struct AzureCalls {
    pub(crate) inner: Arc<Inner>,
}

/// What all of them share.
pub(crate) struct Inner {
    pub(crate) rest: Rest,
    pub(crate) asked: Asked,
    version: Mutex<String>,
}

impl Azure {
    /// Makes it known with which token; nothing is sent yet. `settings` belong to the API's base.
    ///
    /// A token of Microsoft Entra ID or of a pipeline is told from a personal one by its form: it is a JSON web token.
    ///
    /// # Errors
    /// No token.
    pub fn new(site: Site, token: Secret, settings: Settings) -> Result<Self, ProviderError> {
        ProviderError::unless_token(site.kind, &token)?;
        let form = if token.reveal().starts_with("eyJ") && token.reveal().matches('.').count() == 2
        {
            TokenForm::Bearer
        } else {
            TokenForm::Personal
        };
        let header = match form {
            TokenForm::Bearer => format!("Bearer {}", token.reveal()),
            TokenForm::Personal => {
                let pair = Secret::new(format!(":{}", token.reveal()));
                format!("Basic {}", encode_standard(pair.reveal().as_bytes()))
            }
        };
        let asked = Asked {
            site,
            form,
            token: token.clone(),
        };
        let (judge, away) = (asked.clone(), asked.clone());
        let rest = Rest::new(
            settings,
            token,
            Secret::new(header),
            move |request, answer| judge.judged(request, answer),
        )
        .with_away(move |error| away.unreachable(error));
        let inner = Inner {
            rest,
            asked,
            version: Mutex::new(VERSION.to_owned()),
        };
        Ok(Self {
            calls: AzureCalls {
                inner: Arc::new(inner),
            },
        })
    }

    /// What Azure DevOps is called with.
    pub fn settings(site: &Site) -> Settings {
        rest::settings(site)
    }

    fn refs(
        &self,
        repository: &RepositoryName,
        filter: &str,
    ) -> Result<Vec<wire::Ref>, ProviderError> {
        all(|next| {
            let mut request = in_repository(Method::Get, repository, &["refs"])?
                .with_query("filter", filter)
                .with_query("$top", "1000");
            if let Some(next) = next {
                request = request.with_query("continuationToken", next);
            }
            let answer = self.calls.read(&request)?;
            let page: wire::Many<wire::Ref> = parsed(&request, &answer)?;
            let next = answer.header("x-ms-continuationtoken");
            Ok(Page {
                next: next.filter(|_| !page.value.is_empty()).map(str::to_owned),
                items: page.value,
            })
        })
    }

    /// The branch as the service has it; its filter finds whatever begins like it.
    fn branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<Branch>, ProviderError> {
        let refs = self.refs(repository, &format!("heads/{}", branch.as_str()))?;
        let found = refs.into_iter().filter_map(branch_of);
        Ok(found.into_iter().find(|one| one.name == *branch))
    }

    fn update_ref(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        old: &str,
        new: &CommitId,
    ) -> Result<wire::RefUpdated, ProviderError> {
        let update = wire::RefUpdate {
            name: branch.reference(),
            old_object_id: old.to_owned(),
            new_object_id: Some(new.as_str().to_owned()),
        };
        let request =
            in_repository(Method::Post, repository, &["refs"])?.with_json(body(&[update]));
        let answer = self.calls.write(&request)?;
        let updated: wire::Many<wire::RefUpdated> = parsed(&request, &answer)?;
        let first = updated.value.into_iter().next();
        first.ok_or_else(|| lacking(&request, &answer, "it says nothing of the reference"))
    }

    /// The error that a reference's own status is: the call itself answers 200 whatever became of it.
    pub(crate) fn not_updated(
        &self,
        repository: &RepositoryName,
        updated: &wire::RefUpdated,
    ) -> ProviderError {
        let asked = &self.calls.inner.asked;
        let words = [
            Some(updated.update_status.as_str()),
            updated.custom_message.as_deref(),
            updated.rejected_by.as_deref(),
        ];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let said = self.calls.inner.rest.said(&words.join(": "));
        let call = "POST refs".to_owned();
        let product = asked.site.kind;
        let needs = match updated.update_status.as_str() {
            "rejectedByPolicy" | "rejectedByPlugin" | "locked" => return protected(said),
            "createBranchPermissionRequired" => "“Create branch”",
            "writePermissionRequired" => "“Contribute”",
            "forcePushRequired" => "“Force push (rewrite history, delete branches and tags)”",
            _ => {
                return ProviderError::Refused {
                    product,
                    call,
                    status: 200,
                    said,
                };
            }
        };
        ProviderError::Forbidden {
            product,
            call,
            said,
            remedy: asked.wider_account(repository.owner(), needs),
        }
    }

    fn project_repositories(
        &self,
        project: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        let request = request(Method::Get, &[project, "_apis", "git", "repositories"])?;
        let answer = self.calls.recall(&request, memory)?;
        let listed: wire::Many<wire::Repository> = parsed(&request, &answer)?;
        let mut repositories = Vec::new();
        for one in listed.value {
            repositories.push(self.repository_of(one, &request, &answer)?);
        }
        Ok(repositories)
    }

    fn projects(&self) -> Result<Vec<String>, ProviderError> {
        let projects = all_by_offset(PAGE, |skip| {
            let request = request(Method::Get, &["_apis", "projects"])?
                .with_query("$top", PAGE.to_string())
                .with_query("$skip", skip.to_string());
            let answer = self.calls.read(&request)?;
            let page: wire::Many<wire::Project> = parsed(&request, &answer)?;
            Ok::<_, ProviderError>((page.value, None))
        })?;
        Ok(projects.into_iter().map(|project| project.name).collect())
    }

    fn repository_of(
        &self,
        one: wire::Repository,
        request: &Request,
        answer: &Response,
    ) -> Result<Repository, ProviderError> {
        let name = RepositoryName::new(&one.project.name, &one.name)
            .map_err(|error| lacking(request, answer, &error.to_string()))?;
        let page = self.page(&name, "");
        Ok(Repository {
            id: one.id,
            default_branch: one
                .default_branch
                .as_deref()
                .and_then(BranchName::of_reference),
            is_archived: false,
            is_disabled: one.is_disabled,
            is_fork: one.is_fork,
            is_private: one.project.visibility.as_deref() != Some("public"),
            role: None,
            pushed: None,
            page,
            name,
        })
    }

    fn page(&self, name: &RepositoryName, below: &str) -> String {
        let part = |part: &str| segment(part).unwrap_or_default();
        let (project, repository) = (part(name.owner()), part(name.name()));
        let path = format!("{project}/_git/{repository}{below}");
        self.calls.inner.asked.site.page(&path)
    }

    fn pull_request_of(
        &self,
        name: &RepositoryName,
        one: wire::PullRequest,
    ) -> Option<PullRequest> {
        Some(PullRequest {
            number: one.pull_request_id,
            page: self.page(name, &format!("/pullrequest/{}", one.pull_request_id)),
            source: BranchName::of_reference(&one.source_ref_name)?,
            target: BranchName::of_reference(&one.target_ref_name)?,
            title: one.title,
            body: one.description.unwrap_or_default(),
            version: None,
        })
    }

    fn whole_pull_request(
        &self,
        name: &RepositoryName,
        request: &Request,
        answer: &Response,
    ) -> Result<PullRequest, ProviderError> {
        let one: wire::PullRequest = parsed(request, answer)?;
        self.pull_request_of(name, one)
            .ok_or_else(|| lacking(request, answer, "its branches are none"))
    }

    fn patch_pull_request(
        &self,
        repository: &RepositoryName,
        number: u64,
        change: &serde_json::Value,
    ) -> Result<PullRequest, ProviderError> {
        let number = number.to_string();
        let request = in_repository(Method::Patch, repository, &["pullrequests", &number])?
            .with_json(body(change));
        let answer = self.calls.write(&request)?;
        self.whole_pull_request(repository, &request, &answer)
    }
}

impl Provider for Azure {
    fn site(&self) -> &Site {
        &self.calls.inner.asked.site
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::by(|_| Means::Api)
    }

    fn repository(&self, name: &RepositoryName) -> Result<Repository, ProviderError> {
        let request = in_repository(Method::Get, name, &[])?;
        let answer = self.calls.read(&request)?;
        let found: wire::Repository = parsed(&request, &answer)?;
        self.repository_of(found, &request, &answer)
    }

    /// An owner is a project; an empty one means every project of the organisation or collection.
    fn repositories(
        &self,
        owner: &str,
        memory: &dyn Memory,
    ) -> Result<Vec<Repository>, ProviderError> {
        let projects = if owner.is_empty() {
            self.projects()?
        } else {
            vec![owner.to_owned()]
        };
        let listed = pool::map(&projects, AT_ONCE, |project| {
            self.project_repositories(project, memory)
        });
        let mut repositories = Vec::new();
        for some in listed {
            repositories.extend(some?);
        }
        repositories.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(repositories)
    }

    fn branches(&self, repository: &RepositoryName) -> Result<Vec<Branch>, ProviderError> {
        let refs = self.refs(repository, "heads/")?;
        let mut branches: Vec<Branch> = refs.into_iter().filter_map(branch_of).collect();
        branches.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(branches)
    }

    fn resolve(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ProviderError> {
        Ok(self.branch(repository, branch)?.map(|found| found.head))
    }

    fn snapshot(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Box<dyn Snapshot>, ProviderError> {
        let files = AzureFiles::new(self.calls.clone(), repository.clone(), commit.clone());
        Ok(Box::new(RemoteSnapshot::new(files, commit.clone())))
    }

    fn commit(
        &self,
        repository: &RepositoryName,
        draft: &CommitDraft<'_>,
    ) -> Result<CommitId, ProviderError> {
        draft.check(&*self.snapshot(repository, draft.head)?)?;
        let moved = |found| ProviderError::Moved {
            branch: draft.branch.clone(),
            expected: draft.head.clone(),
            found,
        };
        // The same push makes a branch that is gone anew: so it must be there.
        let now = self.resolve(repository, draft.branch)?;
        if now.as_ref() != Some(draft.head) {
            return Err(moved(now));
        }
        let request =
            in_repository(Method::Post, repository, &["pushes"])?.with_json(body(&push_of(draft)));
        let answer = match self.calls.write(&request) {
            Ok(answer) => answer,
            Err(ProviderError::Refused { said, .. }) if is_stale(&said) => {
                return Err(moved(self.resolve(repository, draft.branch)?));
            }
            Err(error) => return Err(error),
        };
        let pushed: wire::Pushed = parsed(&request, &answer)?;
        pushed
            .ref_updates
            .iter()
            .find(|one| one.name == draft.branch.reference())
            .and_then(|one| CommitId::parse(one.new_object_id.as_deref()?))
            .ok_or_else(|| lacking(&request, &answer, "it does not say which commit was made"))
    }

    fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
    ) -> Result<(), ProviderError> {
        let updated = self.update_ref(repository, branch, ZEROS, at)?;
        if updated.success {
            return Ok(());
        }
        if updated.update_status == "staleOldObjectId" {
            return Err(ProviderError::BranchExists {
                branch: branch.clone(),
            });
        }
        Err(self.not_updated(repository, &updated))
    }

    fn open_pull_requests(
        &self,
        repository: &RepositoryName,
        source: &BranchName,
        target: &BranchName,
    ) -> Result<Vec<PullRequest>, ProviderError> {
        let request = in_repository(Method::Get, repository, &["pullrequests"])?
            .with_query("searchCriteria.status", "active")
            .with_query("searchCriteria.sourceRefName", source.reference())
            .with_query("searchCriteria.targetRefName", target.reference())
            .with_query("$top", PAGE.to_string());
        let answer = self.calls.read(&request)?;
        let listed: wire::Many<wire::PullRequest> = parsed(&request, &answer)?;
        let mut open = Vec::new();
        for one in listed.value {
            // A fork's branch may have the same name.
            if one.fork_source.is_some() {
                continue;
            }
            // A list shows the first 400 characters of a text.
            let number = one.pull_request_id.to_string();
            let request = in_repository(Method::Get, repository, &["pullrequests", &number])?;
            let answer = self.calls.read(&request)?;
            open.push(self.whole_pull_request(repository, &request, &answer)?);
        }
        Ok(open)
    }

    fn open_pull_request(
        &self,
        repository: &RepositoryName,
        draft: &PullRequestDraft<'_>,
    ) -> Result<PullRequest, ProviderError> {
        let new = json!({
            "sourceRefName": draft.source.reference(),
            "targetRefName": draft.target.reference(),
            "title": fitted(draft.title, LONGEST_TITLE),
            "description": fitted(draft.body, LONGEST_TEXT),
        });
        let request =
            in_repository(Method::Post, repository, &["pullrequests"])?.with_json(body(&new));
        let answer = self.calls.write(&request)?;
        self.whole_pull_request(repository, &request, &answer)
    }

    fn edit_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
        title: &str,
        body: &str,
    ) -> Result<PullRequest, ProviderError> {
        let change = json!({
            "title": fitted(title, LONGEST_TITLE),
            "description": fitted(body, LONGEST_TEXT),
        });
        self.patch_pull_request(repository, pull_request.number, &change)
    }

    fn close_pull_request(
        &self,
        repository: &RepositoryName,
        pull_request: &PullRequest,
    ) -> Result<(), ProviderError> {
        let change = json!({ "status": "abandoned" });
        self.patch_pull_request(repository, pull_request.number, &change)
            .map(|_| ())
    }

    fn comments(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Vec<Comment>, ProviderError> {
        let number = number.to_string();
        let parts = ["pullRequests", &number, "threads"];
        let request = in_repository(Method::Get, repository, &parts)?;
        let answer = self.calls.read(&request)?;
        let mut threads: wire::Many<wire::Thread> = parsed(&request, &answer)?;
        threads.value.sort_by_key(|thread| thread.id);
        let mut comments = Vec::new();
        for thread in threads.value.iter().filter(|thread| !thread.is_deleted) {
            for one in &thread.comments {
                if !one.is_deleted && one.comment_type != "system" {
                    comments.push(comment_of(thread.id, one));
                }
            }
        }
        Ok(comments)
    }

    fn add_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        text: &str,
    ) -> Result<Comment, ProviderError> {
        // A closed thread does not hold a request up whose policy wants every thread resolved.
        let new = json!({
            "comments": [{ "parentCommentId": 0, "content": text, "commentType": "text" }],
            "status": "closed",
        });
        let number = number.to_string();
        let parts = ["pullRequests", &number, "threads"];
        let request = in_repository(Method::Post, repository, &parts)?.with_json(body(&new));
        let answer = self.calls.write(&request)?;
        let thread: wire::Thread = parsed(&request, &answer)?;
        let first = thread.comments.first();
        first
            .map(|one| comment_of(thread.id, one))
            .ok_or_else(|| lacking(&request, &answer, "the new thread has no comment"))
    }

    fn edit_comment(
        &self,
        repository: &RepositoryName,
        number: u64,
        comment: &Comment,
        text: &str,
    ) -> Result<(), ProviderError> {
        let (thread, id) = comment.id.split_once('/').unwrap_or((&comment.id, "1"));
        let number = number.to_string();
        let parts = ["pullRequests", &number, "threads", thread, "comments", id];
        let request = in_repository(Method::Patch, repository, &parts)?
            .with_json(body(&json!({ "content": text })));
        self.calls.write(&request).map(|_| ())
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
        let (genre, name) = status
            .context
            .split_once('/')
            .unwrap_or(("git-postman", status.context));
        let mut new = json!({
            "state": match status.state {
                StatusState::Pending => "pending",
                StatusState::Success => "succeeded",
                StatusState::Failure => "failed",
                StatusState::Error => "error",
            },
            "description": status.description,
            "context": { "genre": genre, "name": name },
        });
        if let Some(page) = status.page {
            new["targetUrl"] = json!(page);
        }
        let parts = ["commits", commit.as_str(), "statuses"];
        let request = in_repository(Method::Post, repository, &parts)?.with_json(body(&new));
        self.calls.write(&request).map(|_| ())
    }

    fn access(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Access, ProviderError> {
        let request = in_repository(Method::Get, repository, &[])?;
        let answer = self.calls.read(&request)?;
        let found: wire::Repository = parsed(&request, &answer)?;
        let account = self.account(&found)?;
        let Some(there) = self.branch(repository, branch)? else {
            return Ok(Access {
                account,
                token: Fact::unknown("the token can read; whether it can write shows when it does"),
                branch: Fact::unknown(format!("there is no branch {branch}")),
            });
        };
        // A branch moved from its tip to its tip changes nothing and needs every right that a push needs.
        let probe = self.update_ref(repository, branch, there.head.as_str(), &there.head);
        let (token, mut rules) = self.probed(repository, probe)?;
        if there.is_protected && rules.allows != Some(false) {
            rules = Fact::no(
                format!("{branch} is locked"),
                Remedy::at(
                    "unlock it under Repos › Branches, or use a pull request",
                    self.page(repository, "/branches"),
                ),
            );
        }
        Ok(Access {
            account,
            token,
            branch: rules,
        })
    }

    fn unlocking(&self, repository: &RepositoryName) -> Remedy {
        self.calls.inner.asked.enabling(repository.owner())
    }
}

impl AzureCalls {
    /// Reads, in the newest version that both sides know.
    pub(crate) fn read(&self, request: &Request) -> Result<Response, ProviderError> {
        self.versioned(request, |request| self.inner.rest.read(request))
    }

    /// Writes, once.
    pub(crate) fn write(&self, request: &Request) -> Result<Response, ProviderError> {
        self.versioned(request, |request| self.inner.rest.write(request))
    }

    fn recall(&self, request: &Request, memory: &dyn Memory) -> Result<Response, ProviderError> {
        self.versioned(request, |request| self.inner.rest.recall(request, memory))
    }

    fn versioned(
        &self,
        request: &Request,
        send: impl Fn(&Request) -> Result<Response, ProviderError>,
    ) -> Result<Response, ProviderError> {
        let version = self.version();
        let ask = |version: &str| send(&request.clone().with_query("api-version", version));
        match ask(&version) {
            Err(ProviderError::Refused {
                status: 400, said, ..
            }) if said.mentions(&["out of range for this server"]) => {
                let words = said.to_string();
                let newest = words
                    .rsplit(' ')
                    .next()
                    .map(|word| word.trim_end_matches('.'))
                    .filter(|word| word.chars().all(|one| one.is_ascii_digit() || one == '.'))
                    .unwrap_or("5.0")
                    .to_owned();
                let mut kept = self
                    .inner
                    .version
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                kept.clone_from(&newest);
                drop(kept);
                ask(&newest)
            }
            other => other,
        }
    }

    fn version(&self) -> String {
        let version = self.inner.version.lock();
        version.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A call about a repository.
pub(crate) fn in_repository(
    method: Method,
    repository: &RepositoryName,
    more: &[&str],
) -> Result<Request, ProviderError> {
    let mut parts = vec![
        repository.owner(),
        "_apis",
        "git",
        "repositories",
        repository.name(),
    ];
    parts.extend(more);
    request(method, &parts)
}

/// A call.
pub(crate) fn request(method: Method, parts: &[&str]) -> Result<Request, ProviderError> {
    let request = Request::new(method, parts).map_err(HttpError::from)?;
    // Without it a stranger is sent to a page for signing in.
    let request = request.with_header("x-tfs-fedauthredirect", "Suppress");
    Ok(request.with_header("accept", "application/json"))
}

fn branch_of(one: wire::Ref) -> Option<Branch> {
    Some(Branch {
        name: BranchName::of_reference(&one.name)?,
        head: CommitId::parse(&one.object_id)?,
        is_protected: one.is_locked,
    })
}

fn comment_of(thread: u64, one: &wire::Comment) -> Comment {
    Comment {
        id: format!("{thread}/{}", one.id),
        body: one.content.clone().unwrap_or_default(),
        author: None,
        version: None,
    }
}

fn push_of(draft: &CommitDraft<'_>) -> wire::PushDraft {
    let changes = draft.changes.iter().map(|change| wire::Change {
        change_type: match (&change.content, &change.expected) {
            (None, _) => "delete",
            (Some(_), Expected::Absent) => "add",
            (Some(_), Expected::Digest(_)) => "edit",
        },
        item: wire::Item {
            path: format!("/{}", change.path.as_str()),
        },
        // As text, line ends and byte order marks would be the service's to decide.
        new_content: change.content.as_ref().map(|bytes| wire::NewContent {
            content: encode_standard(bytes),
            content_type: "base64Encoded",
        }),
    });
    wire::PushDraft {
        ref_updates: vec![wire::RefUpdate {
            name: draft.branch.reference(),
            old_object_id: draft.head.as_str().to_owned(),
            new_object_id: None,
        }],
        commits: vec![wire::CommitDraft {
            comment: draft.message(),
            changes: changes.collect(),
        }],
    }
}
