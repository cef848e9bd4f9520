//! GitHub Actions: its variables, and the event that it leaves in a file.

use serde_json::Value;

use crate::ci::run::{Base, Cause, CiRun, CiSystem, Origin, PullRequest, Reference, Revision};
use crate::ci::variables::{Variables, branch};
use crate::model::id::BranchName;

/// Branches of a merge queue are below this one. A workflow that runs on every push runs on them too.
const QUEUE: &str = "refs/heads/gh-readonly-queue/";

/// The run that the variables and the event tell of.
pub(crate) fn run(variables: Variables<'_>, event: Option<&Value>) -> CiRun {
    let name = variables.get("GITHUB_EVENT_NAME");
    let at = |path: &str| event.and_then(|event| event.pointer(path));
    let text = |path: &str| at(path).and_then(Value::as_str);
    let revision = |path: &str| Revision::parse(text(path)?);
    let mut run = CiRun {
        cause: match name {
            Some("push") => Cause::Push,
            Some("pull_request" | "pull_request_target") => Cause::PullRequest,
            Some("merge_group") => Cause::MergeQueue,
            Some("schedule") => Cause::Schedule,
            Some("workflow_dispatch") => Cause::Manual,
            Some(other) => Cause::Other(other.to_owned()),
            None => Cause::Unsaid,
        },
        repository: variables.get("GITHUB_REPOSITORY").map(str::to_owned),
        commit: variables.revision("GITHUB_SHA"),
        default_branch: text("/repository/default_branch").and_then(branch),
        ..CiRun::of(CiSystem::GitHubActions)
    };
    let whole = variables.get("GITHUB_REF");
    run.reference = reference(whole, text("/merge_group/base_ref"));
    run.pull_request = pull_request(variables, event, whole);
    run.base = match &run.reference {
        Reference::Queued(_) => revision("/merge_group/base_sha").map(Base::Target),
        _ if run.pull_request.is_some() => revision("/pull_request/base/sha").map(Base::Target),
        Reference::Branch(_) if run.cause == Cause::Push => text("/before").and_then(Base::before),
        _ => None,
    };
    if event.is_none() {
        run.doubts.push(
            "the event file of GitHub Actions is not there: neither the default branch nor what the change is compared with is said"
                .to_owned(),
        );
    }
    if whole.is_none() {
        run.doubts.push("GITHUB_REF is not set".to_owned());
    }
    run
}

/// `12/merge` is no branch, nor is a branch of the merge queue.
fn reference(whole: Option<&str>, queue_of: Option<&str>) -> Reference {
    let Some(whole) = whole else {
        return Reference::Unsaid;
    };
    if let Some(queued) = whole.strip_prefix(QUEUE) {
        let target = queued.rsplit_once('/').map(|(target, _)| target);
        return Reference::Queued(queue_of.or(target).and_then(branch));
    }
    if let Some(tag) = whole.strip_prefix("refs/tags/") {
        return Reference::Tag(tag.to_owned());
    }
    if let Some(rest) = whole.strip_prefix("refs/pull/") {
        return match rest.ends_with("/head") {
            true => Reference::Head,
            false => Reference::Merged,
        };
    }
    BranchName::of_reference(whole).map_or(Reference::Unsaid, Reference::Branch)
}

/// The pull request, whichever event speaks of it: its own, a review, a comment, or a workflow that follows another.
fn pull_request(
    variables: Variables<'_>,
    event: Option<&Value>,
    whole: Option<&str>,
) -> Option<PullRequest> {
    let at = |path: &str| event.and_then(|event| event.pointer(path));
    let text = |path: &str| at(path).and_then(Value::as_str);
    let revision = |path: &str| Revision::parse(text(path)?);
    if at("/pull_request").is_some_and(Value::is_object) {
        return Some(PullRequest {
            number: at("/pull_request/number").and_then(Value::as_u64),
            source: text("/pull_request/head/ref").and_then(branch),
            target: text("/pull_request/base/ref").and_then(branch),
            head: revision("/pull_request/head/sha"),
            origin: origin(at("/pull_request/head/repo"), at("/pull_request/base/repo")),
        });
    }
    // It has the secrets of the repository, and often takes what a run without them has left.
    let follows =
        text("/workflow_run/event").is_some_and(|event| event.starts_with("pull_request"));
    if follows {
        return Some(PullRequest {
            number: at("/workflow_run/pull_requests/0/number").and_then(Value::as_u64),
            source: text("/workflow_run/head_branch").and_then(branch),
            target: text("/workflow_run/pull_requests/0/base/ref").and_then(branch),
            head: revision("/workflow_run/head_sha"),
            origin: origin(at("/workflow_run/head_repository"), at("/repository")),
        });
    }
    // Whoever may comment starts it, and the event does not say whose the request is.
    if at("/issue/pull_request").is_some() {
        return Some(PullRequest {
            number: at("/issue/number").and_then(Value::as_u64),
            ..PullRequest::default()
        });
    }
    let named = whole.and_then(|whole| whole.strip_prefix("refs/pull/"));
    let is_event = variables
        .get("GITHUB_EVENT_NAME")
        .is_some_and(|name| name.starts_with("pull_request"));
    (named.is_some() || is_event).then(|| PullRequest {
        number: named
            .and_then(|rest| rest.split('/').next())
            .and_then(|number| number.parse().ok()),
        source: variables.branch("GITHUB_HEAD_REF"),
        target: variables.branch("GITHUB_BASE_REF"),
        ..PullRequest::default()
    })
}

/// Whether two repositories are one. The field `fork` does not tell: it is also true within a repository that was forked itself.
fn origin(head: Option<&Value>, base: Option<&Value>) -> Origin {
    let name = |repository: Option<&Value>| {
        repository?
            .get("full_name")?
            .as_str()
            .map(str::to_ascii_lowercase)
    };
    let id = |repository: Option<&Value>| repository?.get("id")?.as_u64();
    if head.is_some_and(Value::is_null) {
        return Origin::Fork("its repository was deleted".to_owned());
    }
    match (name(head), name(base)) {
        (Some(theirs), Some(ours)) if theirs == ours => match (id(head), id(base)) {
            (Some(theirs), Some(ours)) if theirs != ours => Origin::Unsaid,
            _ => Origin::Same,
        },
        (Some(theirs), Some(_)) => Origin::Fork(theirs),
        _ => Origin::Unsaid,
    }
}
