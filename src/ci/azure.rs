//! Azure Pipelines, on repositories of its own and of others.

use crate::ci::run::{Cause, CiRun, CiSystem, Origin, PullRequest, Reference};
use crate::ci::variables::Variables;
use crate::model::id::BranchName;

/// The run that the variables tell of. `BUILD_SOURCEBRANCHNAME` is not among them: of `refs/heads/feature/x` it has the `x`.
pub(crate) fn run(variables: Variables<'_>) -> CiRun {
    let whole = variables.get("BUILD_SOURCEBRANCH");
    let mut run = CiRun {
        cause: match variables.get("BUILD_REASON") {
            Some("IndividualCI" | "BatchedCI") => Cause::Push,
            Some("PullRequest") => Cause::PullRequest,
            Some("Schedule") => Cause::Schedule,
            Some("Manual") => Cause::Manual,
            Some(other) => Cause::Other(other.to_owned()),
            None => Cause::Unsaid,
        },
        repository: variables.get("BUILD_REPOSITORY_NAME").map(str::to_owned),
        commit: variables.revision("BUILD_SOURCEVERSION"),
        ..CiRun::of(CiSystem::AzurePipelines)
    };
    let merged = whole.and_then(|whole| whole.strip_prefix("refs/pull/"));
    run.reference = match whole {
        None => Reference::Unsaid,
        Some(_) if merged.is_some() => Reference::Merged,
        Some(whole) => match whole.strip_prefix("refs/tags/") {
            Some(tag) => Reference::Tag(tag.to_owned()),
            None => BranchName::of_reference(whole).map_or(Reference::Unsaid, Reference::Branch),
        },
    };
    let id = variables.get("SYSTEM_PULLREQUEST_PULLREQUESTID");
    // Somebody may also start a run on `refs/pull/12/merge` by hand, and then nothing more is said of it.
    if id.is_some() || merged.is_some() || run.cause == Cause::PullRequest {
        run.pull_request = Some(PullRequest {
            // On GitHub the id is GitHub's own, and the number is another variable.
            number: variables
                .number("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
                .or_else(|| merged?.split('/').next()?.parse().ok())
                .or_else(|| id?.parse().ok()),
            source: variables.branch("SYSTEM_PULLREQUEST_SOURCEBRANCH"),
            target: variables.branch("SYSTEM_PULLREQUEST_TARGETBRANCH"),
            head: variables.revision("SYSTEM_PULLREQUEST_SOURCECOMMITID"),
            origin: origin(variables),
        });
    }
    if run.reference == Reference::Unsaid {
        run.doubts
            .push("BUILD_SOURCEBRANCH names no branch, tag or pull request".to_owned());
    }
    run
}

fn origin(variables: Variables<'_>) -> Origin {
    match variables.get("SYSTEM_PULLREQUEST_ISFORK") {
        Some(value) if value.eq_ignore_ascii_case("false") => Origin::Same,
        Some(value) if value.eq_ignore_ascii_case("true") => {
            Origin::Fork("SYSTEM_PULLREQUEST_ISFORK is True".to_owned())
        }
        _ => Origin::Unsaid,
    }
}
