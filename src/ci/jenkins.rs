//! Jenkins: multibranch projects, the plugins that build requests of GitHub and GitLab, and plain jobs.

use crate::ci::run::{Base, Cause, CiRun, CiSystem, Origin, PullRequest, Reference};
use crate::ci::variables::{Variables, branch};

/// Whether Jenkins runs this. A server that was not told its own address sets no `JENKINS_URL`.
pub(crate) fn is_here(variables: Variables<'_>) -> bool {
    variables.get("JENKINS_URL").is_some()
        || variables
            .get("BUILD_TAG")
            .is_some_and(|tag| tag.starts_with("jenkins-"))
}

/// The run that the variables tell of.
pub(crate) fn run(variables: Variables<'_>) -> CiRun {
    let mut run = CiRun {
        repository: variables.get("GIT_URL").map(name_in),
        commit: variables
            .revision("ghprbActualCommit")
            .filter(|_| variables.get("GIT_COMMIT").is_none())
            .or_else(|| variables.revision("GIT_COMMIT")),
        ..CiRun::of(CiSystem::Jenkins)
    };
    run.pull_request = change(variables)
        .or_else(|| github_plugin(variables))
        .or_else(|| gitlab_plugin(variables));
    if run.pull_request.is_some() {
        run.cause = Cause::PullRequest;
        // The job may have merged it or not; the commit that is checked out tells.
        run.reference = Reference::Merged;
        return run;
    }
    run.reference = reference(variables);
    if run.reference == Reference::Unsaid {
        run.doubts
            .push("neither BRANCH_NAME nor GIT_BRANCH names a branch".to_owned());
    }
    if matches!(run.reference, Reference::Tag(_)) {
        return run;
    }
    // What broke a build is looked at again until one succeeds.
    let before = variables
        .revision("GIT_PREVIOUS_SUCCESSFUL_COMMIT")
        .or_else(|| variables.revision("GIT_PREVIOUS_COMMIT"));
    run.base = before
        .filter(|before| Some(before) != run.commit.as_ref())
        .map(Base::Before);
    run
}

/// The branch of a multibranch project is in `BRANCH_NAME`, which also holds the names of tags, and `PR-12` for a request.
fn reference(variables: Variables<'_>) -> Reference {
    if let Some(tag) = variables.get("TAG_NAME") {
        return Reference::Tag(tag.to_owned());
    }
    let own = variables
        .branch("BRANCH_NAME")
        .or_else(|| variables.branch("GIT_LOCAL_BRANCH"));
    if let Some(branch) = own {
        return Reference::Branch(branch);
    }
    let Some(named) = variables.get("GIT_BRANCH") else {
        return Reference::Unsaid;
    };
    let tag = named
        .strip_prefix("refs/tags/")
        .or_else(|| named.strip_prefix("tags/"));
    if let Some(tag) = tag {
        return Reference::Tag(tag.to_owned());
    }
    // The Git plugin writes the remote before the branch.
    let short = ["refs/remotes/origin/", "remotes/origin/", "origin/"]
        .iter()
        .find_map(|prefix| named.strip_prefix(prefix))
        .unwrap_or(named);
    match short {
        "detached" => Reference::Unsaid,
        short => branch(short).map_or(Reference::Unsaid, Reference::Branch),
    }
}

/// A change request of a multibranch project.
fn change(variables: Variables<'_>) -> Option<PullRequest> {
    let id = variables.get("CHANGE_ID")?;
    Some(PullRequest {
        number: id.parse().ok(),
        source: variables.branch("CHANGE_BRANCH"),
        target: variables.branch("CHANGE_TARGET"),
        head: None,
        origin: match (variables.get("CHANGE_FORK"), variables.get("CHANGE_BRANCH")) {
            (Some(fork), _) => Origin::Fork(fork.to_owned()),
            (None, Some(_)) => Origin::Same,
            // A source of branches that does not name the branch names no fork either.
            (None, None) => Origin::Unsaid,
        },
    })
}

/// The GitHub Pull Request Builder.
fn github_plugin(variables: Variables<'_>) -> Option<PullRequest> {
    let id = variables.get("ghprbPullId")?;
    let theirs = variables.get("ghprbAuthorRepoGitUrl").map(name_in);
    let ours = variables.get("ghprbGhRepository").map(str::to_owned);
    Some(PullRequest {
        number: id.parse().ok(),
        source: variables.branch("ghprbSourceBranch"),
        target: variables.branch("ghprbTargetBranch"),
        head: variables.revision("ghprbActualCommit"),
        origin: from(theirs, ours),
    })
}

/// The GitLab plugin, which also builds pushes.
fn gitlab_plugin(variables: Variables<'_>) -> Option<PullRequest> {
    let id = variables.get("gitlabMergeRequestIid")?;
    let theirs = variables.get("gitlabSourceRepoHttpUrl").map(name_in);
    let ours = variables.get("gitlabTargetRepoHttpUrl").map(name_in);
    Some(PullRequest {
        number: id.parse().ok(),
        source: variables.branch("gitlabSourceBranch"),
        target: variables.branch("gitlabTargetBranch"),
        head: variables.revision("gitlabMergeRequestLastCommit"),
        origin: from(theirs, ours),
    })
}

fn from(theirs: Option<String>, ours: Option<String>) -> Origin {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs.eq_ignore_ascii_case(&ours) => Origin::Same,
        (Some(theirs), Some(_)) => Origin::Fork(theirs),
        _ => Origin::Unsaid,
    }
}

/// The path of a repository in its address, without user, password and host.
fn name_in(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = match address.contains("://") {
        true => rest.split_once('/').map_or("", |(_, path)| path),
        false => rest.split_once(':').map_or(rest, |(_, path)| path),
    };
    let path = path.trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path).to_owned()
}
