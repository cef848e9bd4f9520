//! Several files in one commit on GitHub, only where the branch still stands where it stood.
//!
//! The mutation `createCommitOnBranch` says which head it replaces, and GitHub holds it to that. A server that has no such
//! mutation gets the commit object by object, and the branch moved last: a tip that somebody moved on is no fast-forward
//! then and refuses; one that somebody moved back is looked for right before.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::git::object::blob_id;
use crate::model::base64::encode_standard;
use crate::model::id::CommitId;
use crate::provider::api::CommitDraft;
use crate::provider::content::remote_snapshot::{RemoteFiles as _, RemoteSnapshot};
use crate::provider::error::{ProviderError, Said};
use crate::provider::github::account::Account;
use crate::provider::github::refusal::{Complaint, meant};
use crate::provider::github::token::Doing;
use crate::provider::github::tree::encoded;
use crate::provider::github::wire::{Answered, CommitShape, ObjectShape};
use crate::provider::site::RepositoryName;

const MUTATION: &str =
    "mutation($input:CreateCommitOnBranchInput!){createCommitOnBranch(input:$input){commit{oid}}}";
/// Tries while nobody knows what became of the last one.
const TRIES: usize = 3;
/// How far behind the tip a commit whose answer was lost is looked for.
const LOOKED_BACK: usize = 20;

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "createCommitOnBranch")]
    made: Option<Made>,
}

#[derive(Deserialize)]
struct Made {
    commit: Option<Oid>,
}

#[derive(Deserialize)]
struct Oid {
    oid: String,
}

/// What one try came to.
enum Try {
    Made(CommitId),
    /// The server has no such mutation.
    Unknown,
}

/// Makes the commit.
pub(crate) fn commit(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
) -> Result<CommitId, ProviderError> {
    if draft.changes.is_empty() {
        return Ok(draft.head.clone());
    }
    hold_against_head(account, repository, draft)?;
    let mut doubt = None;
    for _ in 0..TRIES {
        let error = match by_mutation(account, repository, draft) {
            Ok(Try::Made(id)) => return Ok(id),
            Ok(Try::Unknown) => return by_objects(account, repository, draft),
            Err(error) => error,
        };
        // A try that was lost may have moved the branch, and the next one then finds it moved.
        let is_lost = error.is_in_doubt();
        let may_have_moved = doubt.is_some() && matches!(error, ProviderError::Moved { .. });
        if (is_lost || may_have_moved)
            && let Some(id) = landed(account, repository, draft)?
        {
            return Ok(id);
        }
        if !is_lost {
            return Err(error);
        }
        doubt = Some(error);
    }
    Err(doubt.unwrap_or_else(|| moved(draft, None)))
}

/// GitHub is told which head is replaced, and never which files: these are held against that head here.
fn hold_against_head(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
) -> Result<(), ProviderError> {
    let files = account.files(repository, draft.head);
    let error = match draft.check(&RemoteSnapshot::new(files, draft.head.clone())) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    // A head that nothing stands on any more may be gone from the server; that it moved says more.
    let found = account.tip(repository, draft.branch)?;
    if found.as_ref() == Some(draft.head) {
        Err(error)
    } else {
        Err(moved(draft, found))
    }
}

fn by_mutation(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
) -> Result<Try, ProviderError> {
    let additions: Vec<Value> = draft
        .changes
        .writes()
        .map(|change| {
            let content = encode_standard(change.content.as_deref().unwrap_or_default());
            json!({ "path": change.path.as_str(), "contents": content })
        })
        .collect();
    let deletions: Vec<Value> = draft
        .changes
        .deletes()
        .map(|change| json!({ "path": change.path.as_str() }))
        .collect();
    let payload = json!({ "query": MUTATION, "variables": { "input": {
        "branch": {
            "repositoryNameWithOwner": repository.full(),
            "branchName": draft.branch.as_str(),
        },
        "expectedHeadOid": draft.head.as_str(),
        "message": { "headline": draft.headline, "body": draft.body },
        "fileChanges": { "additions": additions, "deletions": deletions },
    } } });
    let about = account.about(repository, Doing::Writing);
    let answer = account.calls.once(&about, |crab| {
        let payload = payload.clone();
        async move { crab.graphql::<Value>(&payload).await }
    });
    let answer = match answer {
        Ok(answer) => answer,
        Err(ProviderError::NotFound { .. }) => return Ok(Try::Unknown),
        Err(error) => return Err(error),
    };
    let answered: Answered<Data> = account.calls.json(&about, &answer)?;
    let made = answered.data.and_then(|data| data.made);
    let oid = made.and_then(|made| made.commit).map(|commit| commit.oid);
    match oid.as_deref().and_then(CommitId::parse) {
        Some(id) => Ok(Try::Made(id)),
        None => refused(account, repository, draft, &answered.errors),
    }
}

/// What the errors of the mutation mean. Of two who write at the same moment, the slower one may be told that it is
/// forbidden; so the branch is looked at before anything else is believed.
fn refused(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
    errors: &[Complaint],
) -> Result<Try, ProviderError> {
    let about = account.about(repository, Doing::Writing);
    let token = account.calls.token().reveal();
    let words: Vec<&str> = errors
        .iter()
        .filter_map(|error| error.message.as_deref())
        .collect();
    let said = Said::of(&words.join("; "), token);
    let is = |kind: &str| {
        errors
            .iter()
            .any(|error| error.kind.as_deref() == Some(kind))
    };
    if said.mentions(&[
        "doesn't exist on type 'mutation'",
        "isn't a defined input type",
    ]) {
        return Ok(Try::Unknown);
    }
    if is("RATE_LIMITED") {
        return Err(ProviderError::RateLimited {
            product: about.site.kind,
            wait: None,
        });
    }
    let found = account.tip(repository, draft.branch)?;
    if is("STALE_DATA") || found.as_ref() != Some(draft.head) {
        return Err(moved(draft, found));
    }
    let status = match () {
        () if is("FORBIDDEN") => 403,
        () if is("NOT_FOUND") => 404,
        () => 422,
    };
    Err(meant(&about, status, said, token))
}

/// The commit of an earlier try, where it stands on the branch after all.
fn landed(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
) -> Result<Option<CommitId>, ProviderError> {
    let mut next = account.tip(repository, draft.branch)?;
    for _ in 0..LOOKED_BACK {
        let Some(id) = next.filter(|id| id != draft.head) else {
            return Ok(None);
        };
        let shape = object(account, repository, &id)?;
        let parent = shape.parents.first();
        let parent = parent.and_then(|parent| CommitId::parse(&parent.sha));
        if parent.as_ref() == Some(draft.head) {
            let says = shape.message.trim_end() == draft.message().trim_end();
            let is_ours = says && holds(account, repository, &id, draft)?;
            return Ok(is_ours.then_some(id));
        }
        next = parent;
    }
    Ok(None)
}

/// Whether a commit has the files of the draft.
fn holds(
    account: &Account,
    repository: &RepositoryName,
    commit: &CommitId,
    draft: &CommitDraft<'_>,
) -> Result<bool, ProviderError> {
    let list = account.files(repository, commit).list()?;
    Ok(draft.changes.iter().all(|change| {
        let there = list.entries.iter().find(|entry| entry.path == change.path);
        let wanted = change.content.as_deref().map(blob_id);
        match (there, wanted) {
            (None, None) => true,
            (Some(entry), Some(id)) => Some(entry.id) == id,
            _ => false,
        }
    }))
}

fn object(
    account: &Account,
    repository: &RepositoryName,
    id: &CommitId,
) -> Result<CommitShape, ProviderError> {
    let (owner, name) = encoded(repository)?;
    let about = account.about(repository, Doing::Reading);
    let answer = account.calls.repeatable(&about, |crab| {
        let (owner, name, id) = (owner.clone(), name.clone(), id.to_string());
        async move { crab.git(owner, name).get_commit(id).await }
    })?;
    account.calls.json(&about, &answer)
}

/// The commit object by object. Nothing of it is seen before the branch moves; what comes before may be made twice.
fn by_objects(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
) -> Result<CommitId, ProviderError> {
    let found = account.tip(repository, draft.branch)?;
    if found.as_ref() != Some(draft.head) {
        return Err(moved(draft, found));
    }
    let base = object(account, repository, draft.head)?;
    let tree = tree(account, repository, draft, &base.tree.sha)?;
    let (owner, name) = encoded(repository)?;
    let about = account.about(repository, Doing::Writing);
    let calls = &account.calls;
    let (message, parent) = (draft.message(), draft.head.to_string());
    let answer = calls.repeatable(&about, |crab| {
        let (owner, name) = (owner.clone(), name.clone());
        let (message, tree, parents) = (message.clone(), tree.clone(), vec![parent.clone()]);
        async move {
            let git = crab.git(owner, name);
            git.create_commit(message, tree)
                .parents(parents)
                .send()
                .await
        }
    })?;
    let made: CommitShape = calls.json(&about, &answer)?;
    let made = CommitId::parse(&made.sha).ok_or_else(|| moved(draft, None))?;
    let found = account.tip(repository, draft.branch)?;
    if found.as_ref() != Some(draft.head) {
        return Err(moved(draft, found));
    }
    match account.move_branch(repository, draft.branch, &made) {
        Ok(()) => Ok(made),
        Err(error) => {
            let found = account.tip(repository, draft.branch)?;
            match &found {
                Some(tip) if *tip == made => Ok(made),
                Some(tip) if tip == draft.head => Err(error),
                _ if error.is_in_doubt() => {
                    landed(account, repository, draft)?.ok_or_else(|| moved(draft, found))
                }
                _ => Err(moved(draft, found)),
            }
        }
    }
}

/// Writes the tree: that of the head with the changes in it. What may be run as a program stays so.
fn tree(
    account: &Account,
    repository: &RepositoryName,
    draft: &CommitDraft<'_>,
    base: &str,
) -> Result<String, ProviderError> {
    let (owner, name) = encoded(repository)?;
    let about = account.about(repository, Doing::Writing);
    let calls = &account.calls;
    let there = account.files(repository, draft.head).list()?;
    let mut entries = Vec::new();
    for change in draft.changes.iter() {
        let path = change.path.as_str();
        let old = there.entries.iter().find(|entry| entry.path == change.path);
        let mode = match old {
            Some(old) if old.is_executable => "100755",
            _ => "100644",
        };
        let mut entry = json!({ "path": path, "mode": mode, "type": "blob" });
        match &change.content {
            None => entry["sha"] = Value::Null,
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => entry["content"] = json!(text),
                Err(_) => {
                    let content = encode_standard(bytes);
                    let answer = calls.repeatable(&about, |crab| {
                        let (owner, name) = (owner.clone(), name.clone());
                        let content = content.clone();
                        async move {
                            let git = crab.git(owner, name);
                            git.create_blob(content).encoding("base64").send().await
                        }
                    })?;
                    let blob: ObjectShape = calls.json(&about, &answer)?;
                    entry["sha"] = json!(blob.sha);
                }
            },
        }
        entries.push(entry);
    }
    // octocrab's own entries cannot delete: they leave a `sha` of null out.
    let payload = json!({ "base_tree": base, "tree": entries });
    let route = format!("/repos/{owner}/{name}/git/trees");
    let answer = calls.repeatable(&about, |crab| {
        let (route, payload) = (route.clone(), payload.clone());
        async move { crab.post::<_, Value>(route, Some(&payload)).await }
    })?;
    let made: ObjectShape = calls.json(&about, &answer)?;
    Ok(made.sha)
}

fn moved(draft: &CommitDraft<'_>, found: Option<CommitId>) -> ProviderError {
    ProviderError::Moved {
        branch: draft.branch.clone(),
        expected: draft.head.clone(),
        found,
    }
}
