//! Bitbucket Pipelines, which only Bitbucket Cloud has.

use crate::ci::run::{Base, Cause, CiRun, CiSystem, Origin, PullRequest, Reference};
use crate::ci::variables::Variables;

/// The run that the variables tell of. Ids of commits may be shortened to twelve digits.
pub(crate) fn run(variables: Variables<'_>) -> CiRun {
    let mut run = CiRun {
        repository: variables.get("BITBUCKET_REPO_FULL_NAME").map(str::to_owned),
        commit: variables.revision("BITBUCKET_COMMIT"),
        ..CiRun::of(CiSystem::BitbucketPipelines)
    };
    let branch = variables.branch("BITBUCKET_BRANCH");
    if variables.get("BITBUCKET_PR_ID").is_some() {
        run.cause = Cause::PullRequest;
        run.reference = Reference::Head;
        run.base = variables
            .revision("BITBUCKET_PR_DESTINATION_COMMIT")
            .map(Base::Target);
        run.pull_request = Some(PullRequest {
            number: variables.number("BITBUCKET_PR_ID"),
            source: branch,
            target: variables.branch("BITBUCKET_PR_DESTINATION_BRANCH"),
            head: run.commit.clone(),
            // A request from a fork starts no pipeline of the repository that it goes to.
            origin: Origin::Same,
        });
    } else if let Some(tag) = variables.get("BITBUCKET_TAG") {
        run.reference = Reference::Tag(tag.to_owned());
    } else if let Some(branch) = branch {
        run.reference = Reference::Branch(branch);
    } else {
        run.doubts.push(
            "the pipeline was started for a commit, and no branch or tag is named".to_owned(),
        );
    }
    run
}
