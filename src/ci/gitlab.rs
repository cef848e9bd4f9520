//! GitLab CI.

use crate::ci::run::{Base, Cause, CiRun, CiSystem, Origin, PullRequest, Reference};
use crate::ci::variables::Variables;

/// The run that the variables tell of.
pub(crate) fn run(variables: Variables<'_>) -> CiRun {
    let mut run = CiRun {
        cause: match variables.get("CI_PIPELINE_SOURCE") {
            Some("push") => Cause::Push,
            Some("merge_request_event" | "external_pull_request_event") => Cause::PullRequest,
            Some("schedule") => Cause::Schedule,
            Some("web") => Cause::Manual,
            Some(other) => Cause::Other(other.to_owned()),
            None => Cause::Unsaid,
        },
        repository: variables.get("CI_PROJECT_PATH").map(str::to_owned),
        commit: variables.revision("CI_COMMIT_SHA"),
        default_branch: variables.branch("CI_DEFAULT_BRANCH"),
        ..CiRun::of(CiSystem::GitLabCi)
    };
    if variables.get("CI_MERGE_REQUEST_IID").is_some() {
        merge_request(variables, &mut run);
    } else if variables.get("CI_EXTERNAL_PULL_REQUEST_IID").is_some() {
        external(variables, &mut run);
    } else if let Some(tag) = variables.get("CI_COMMIT_TAG") {
        run.reference = Reference::Tag(tag.to_owned());
    } else {
        branch(variables, &mut run);
    }
    run
}

/// No variable names a branch then: `CI_COMMIT_BRANCH` is not set, and `CI_COMMIT_REF_NAME` is that of the source.
fn merge_request(variables: Variables<'_>, run: &mut CiRun) {
    let target = variables.branch("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    let newest = variables.revision("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");
    // Some versions call a pipeline for merged results `detached`; only such a one has another commit than the source.
    let is_merged = newest.is_some() && newest != run.commit;
    let is_train = variables.get("CI_MERGE_REQUEST_EVENT_TYPE") == Some("merge_train");
    run.reference = match (is_train, is_merged) {
        (true, _) => Reference::Queued(target.clone()),
        (false, true) => Reference::Merged,
        (false, false) => Reference::Head,
    };
    if is_train {
        run.cause = Cause::MergeQueue;
    }
    // `CI_COMMIT_BEFORE_SHA` says nothing here: zeros, or the commit itself.
    let merged_into = variables.revision("CI_MERGE_REQUEST_TARGET_BRANCH_SHA");
    run.base = match merged_into.filter(|_| is_merged || is_train) {
        Some(target) => Some(Base::Target(target)),
        None => variables
            .revision("CI_MERGE_REQUEST_DIFF_BASE_SHA")
            .map(Base::Shared),
    };
    run.pull_request = Some(PullRequest {
        number: variables.number("CI_MERGE_REQUEST_IID"),
        source: variables.branch("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        target,
        head: newest.or_else(|| run.commit.clone()),
        origin: origin(variables),
    });
}

/// A request of a fork usually runs in the fork, where the project of the run is its own source.
fn origin(variables: Variables<'_>) -> Origin {
    let source = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID");
    let target = variables.get("CI_MERGE_REQUEST_PROJECT_ID");
    let here = variables.get("CI_PROJECT_ID");
    match (source, target.or(here), here) {
        (Some(source), Some(target), here)
            if source == target && here.is_none_or(|here| here == target) =>
        {
            Origin::Same
        }
        (Some(source), Some(_), _) => {
            let path = variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH");
            Origin::Fork(path.map_or_else(|| format!("project {source}"), str::to_owned))
        }
        _ => Origin::Unsaid,
    }
}

/// A pull request on GitHub of a project that GitLab mirrors.
fn external(variables: Variables<'_>, run: &mut CiRun) {
    let source = variables.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY");
    let target = variables.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY");
    run.reference = Reference::Head;
    run.base = variables
        .revision("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")
        .map(Base::Target);
    run.pull_request = Some(PullRequest {
        number: variables.number("CI_EXTERNAL_PULL_REQUEST_IID"),
        source: variables.branch("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"),
        target: variables.branch("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"),
        head: variables.revision("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA"),
        origin: match (source, target) {
            (Some(source), Some(target)) if source.eq_ignore_ascii_case(target) => Origin::Same,
            (Some(source), Some(_)) => Origin::Fork(source.to_owned()),
            _ => Origin::Unsaid,
        },
    });
}

fn branch(variables: Variables<'_>, run: &mut CiRun) {
    let name = variables.get("CI_COMMIT_REF_NAME");
    if let Some(branch) = variables.branch("CI_COMMIT_BRANCH") {
        run.reference = Reference::Branch(branch);
    } else if name.is_some_and(|name| name.starts_with("refs/merge-requests/")) {
        // A child pipeline of one for a merge request may be told no more than that.
        run.reference = Reference::Head;
        run.pull_request = Some(PullRequest::default());
    } else {
        run.doubts
            .push("CI_COMMIT_BRANCH is not set, and no tag or merge request is named".to_owned());
    }
    if run.cause != Cause::Push {
        return;
    }
    let before = variables.get("CI_COMMIT_BEFORE_SHA");
    run.base = before
        .filter(|_| variables.revision("CI_COMMIT_BEFORE_SHA") != run.commit)
        .and_then(Base::before);
}
