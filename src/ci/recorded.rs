//! Every recorded set of variables, and what is read out of it: one line each.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::ci::detect;
use crate::ci::run::{Base, Cause, CiRun, Origin, Reference};
use crate::config::env::Environment;
use crate::model::id::BranchName;

/// The variables of a recorded run.
pub(crate) fn variables(name: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(recorded().join(format!("{name}.env"))).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A recorded run.
pub(crate) fn run(name: &str) -> CiRun {
    let set = variables(name);
    let event = fs::read(recorded().join(format!("{name}.event.json"))).ok();
    let event: Option<Value> = event.map(|bytes| serde_json::from_slice(&bytes).unwrap());
    let environment = Environment::from(|name| set.get(name).cloned());
    detect(&environment, Ok(event.as_ref())).unwrap()
}

fn recorded() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/ci")
}

/// One line with everything that counts.
fn line(run: &CiRun) -> String {
    let short = |text: &str| text.chars().take(4).collect::<String>();
    let or_none = |branch: &Option<BranchName>| {
        branch
            .as_ref()
            .map_or_else(|| "?".to_owned(), ToString::to_string)
    };
    let cause = match &run.cause {
        Cause::Other(word) => word.clone(),
        known => format!("{known:?}"),
    };
    let reference = match &run.reference {
        Reference::Branch(branch) => format!("branch {branch}"),
        Reference::Tag(tag) => format!("tag {tag}"),
        Reference::Queued(target) => format!("queue of {}", or_none(target)),
        other => format!("{other:?}"),
    };
    let mut line = format!("{} {cause}: {reference}", run.system.word());
    if let Some(base) = &run.base {
        let (word, commit) = match base {
            Base::Target(commit) => ("target", commit.as_str()),
            Base::Shared(commit) => ("shared", commit.as_str()),
            Base::Before(commit) => ("before", commit.as_str()),
            Base::NewBranch => ("new", ""),
        };
        line += format!(", base {word} {}", short(commit)).trim_end();
    }
    if let Some(one) = &run.pull_request {
        let number = one
            .number
            .map_or("?".to_owned(), |number| number.to_string());
        let head = one.head.as_ref().map_or("?", |head| head.as_str());
        line += &format!(
            ", #{number} {} -> {} head {} {}",
            or_none(&one.source),
            or_none(&one.target),
            short(head),
            match &one.origin {
                Origin::Same => "here".to_owned(),
                Origin::Fork(fact) => format!("FORK {fact}"),
                Origin::Unsaid => "UNSAID".to_owned(),
            }
        );
    }
    line + &format!(", default {}", or_none(&run.default_branch))
}

/// Name, and what is read out of it.
#[rustfmt::skip]
const EXPECTED: &[(&str, &str)] = &[
    ("azure-fork-on-github", "azure PullRequest: Merged, #89 feature/azure-pipelines -> main head db49 FORK SYSTEM_PULLREQUEST_ISFORK is True, default ?"),
    ("azure-manual-on-a-pull-request", "azure Manual: Merged, #12 ? -> ? head ? UNSAID, default ?"),
    ("azure-pull-request", "azure PullRequest: Merged, #12 feature/x -> release/2.x head db49 here, default ?"),
    ("azure-pull-request-on-github", "azure PullRequest: Merged, #89 feature/azure-pipelines -> main head db49 here, default ?"),
    ("azure-pull-request-unfilled", "azure PullRequest: Merged, #12 feature/x -> release/2.x head db49 UNSAID, default ?"),
    ("azure-push", "azure Push: branch feature/main, default ?"),
    ("azure-schedule", "azure Schedule: branch main, default ?"),
    ("azure-tag", "azure Push: tag main, default ?"),
    ("bitbucket-custom", "bitbucket Unsaid: Unsaid, default ?"),
    ("bitbucket-pull-request", "bitbucket PullRequest: Head, base target 88a2, #2 feature/bitbucket -> master head 8d08 here, default ?"),
    ("bitbucket-push", "bitbucket Unsaid: branch main, default ?"),
    ("bitbucket-tag", "bitbucket Unsaid: tag main, default ?"),
    ("github-2019-without-an-event", "github PullRequest: branch test-github, #? ? -> ? head ? UNSAID, default ?"),
    ("github-comment", "github issue_comment: branch main, #12 ? -> ? head ? UNSAID, default main"),
    ("github-deleted-fork", "github PullRequest: Merged, base target dc78, #12 feature/x -> main head db49 FORK its repository was deleted, default main"),
    ("github-fork", "github PullRequest: Merged, base target dc78, #12 main -> main head db49 FORK somebody/orders, default main"),
    ("github-manual", "github Manual: branch feature/x, default main"),
    ("github-merge-queue", "github MergeQueue: queue of main, base target dc78, default main"),
    ("github-new-branch", "github Push: branch feature/x, base new, default main"),
    ("github-pull-request", "github PullRequest: Merged, base target dc78, #12 feature/x -> main head db49 here, default main"),
    ("github-pull-request-in-a-fork", "github PullRequest: Merged, base target dc78, #12 feature/x -> main head db49 here, default main"),
    ("github-pull-request-target", "github PullRequest: branch main, base target dc78, #12 feature/x -> main head db49 FORK somebody/orders, default main"),
    ("github-push", "github Push: branch main, base before dc78, default main"),
    ("github-queue-push", "github Push: queue of main, default main"),
    ("github-schedule", "github Schedule: branch main, default main"),
    ("github-tag", "github Push: tag v1.2.0, default main"),
    ("github-unknown-event", "github something_new: branch main, default main"),
    ("github-workflow-run-of-a-fork", "github workflow_run: branch main, #? feature/x -> ? head db49 FORK somebody/orders, default main"),
    ("gitlab-child-pipeline", "gitlab parent_pipeline: Head, #? ? -> ? head ? UNSAID, default main"),
    ("gitlab-detached", "gitlab PullRequest: Head, base shared 991f, #3 add-gh-linter -> master head ccea here, default master"),
    ("gitlab-external", "gitlab PullRequest: Head, base target dc78, #12 feature/x -> main head db49 FORK somebody/orders, default main"),
    ("gitlab-fork", "gitlab PullRequest: Merged, base target ffaf, #45 test-dev -> main head a926 FORK somebody/digger-demo, default main"),
    ("gitlab-fork-in-the-parent", "gitlab PullRequest: Merged, base target ffaf, #45 test-dev -> main head a926 FORK somebody/digger-demo, default main"),
    ("gitlab-manual", "gitlab Manual: branch main, default main"),
    ("gitlab-merge-train", "gitlab MergeQueue: queue of main, base target ffaf, #45 test-dev -> main head a926 here, default main"),
    ("gitlab-merged-results", "gitlab PullRequest: Merged, base target ffaf, #45 test-dev -> main head a926 here, default main"),
    ("gitlab-merged-results-called-detached", "gitlab PullRequest: Merged, base target ffaf, #45 test-dev -> main head a926 here, default main"),
    ("gitlab-new-branch", "gitlab Push: branch feature/x, base new, default main"),
    ("gitlab-push", "gitlab Push: branch main, base before 991f, default main"),
    ("gitlab-schedule", "gitlab Schedule: branch main, default main"),
    ("gitlab-tag", "gitlab Push: tag main, default main"),
    ("jenkins-ghprb", "jenkins PullRequest: Merged, #12 feature/x -> main head db49 here, default ?"),
    ("jenkins-ghprb-fork", "jenkins PullRequest: Merged, #12 feature/x -> main head db49 FORK somebody/orders, default ?"),
    ("jenkins-gitlab-plugin", "jenkins PullRequest: Merged, #12 feature/x -> main head ? here, default ?"),
    ("jenkins-job", "jenkins Unsaid: branch branchname, base before 783d, default ?"),
    ("jenkins-job-without-its-address", "jenkins Unsaid: branch branchname, base before 783d, default ?"),
    ("jenkins-multibranch", "jenkins Unsaid: branch main, base before 33cc, default ?"),
    ("jenkins-multibranch-fork", "jenkins PullRequest: Merged, #12 feature/x -> main head ? FORK somebody, default ?"),
    ("jenkins-multibranch-pull-request", "jenkins PullRequest: Merged, #12 feature/x -> main head ? here, default ?"),
    ("jenkins-multibranch-tag", "jenkins Unsaid: tag main, default ?"),
];

#[test]
fn a_run_for_a_fork_is_told_apart_whatever_system_and_event() {
    for (name, line) in EXPECTED {
        let foreign = run(name).foreign();
        let is_foreign = line.contains("FORK") || line.contains("UNSAID");
        assert_eq!(foreign.is_some(), is_foreign, "{name}: {foreign:?}");
    }
    let told = run("github-fork").foreign().unwrap();
    assert_eq!(told, "pull request 12 comes from a fork (somebody/orders)");
}

#[test]
fn no_tag_no_request_and_no_queue_has_a_branch() {
    for (name, line) in EXPECTED {
        let branch = run(name).branch().map(ToString::to_string);
        let expected = line.split_once(": branch ").map(|(_, rest)| {
            let end = rest.find(',').unwrap();
            rest[..end].to_owned()
        });
        assert_eq!(branch, expected, "{name}");
    }
}

#[test]
fn without_variables_there_is_no_run_and_with_half_of_them_doubts() {
    let detected = |set: &[(&str, &str)]| {
        let set: BTreeMap<&str, &str> = set.iter().copied().collect();
        let environment = Environment::from(|name| set.get(name).map(|value| (*value).to_owned()));
        detect(&environment, Ok(None))
    };
    assert_eq!(detected(&[("CI", "true")]), None);
    let unset = [("GITHUB_ACTIONS", ""), ("TF_BUILD", "False")];
    assert_eq!(detected(&unset), None);
    // An emulator says that it is none.
    let emulated = [("GITLAB_CI", "false"), ("CI_COMMIT_BRANCH", "main")];
    assert_eq!(detected(&emulated), None);
    for set in [
        ("GITHUB_ACTIONS", "true"),
        ("GITLAB_CI", "true"),
        ("TF_BUILD", "true"),
        ("BITBUCKET_BUILD_NUMBER", "1"),
        ("JENKINS_URL", "http://localhost:8080/"),
    ] {
        let run = detected(&[set]).unwrap();
        assert!(
            run.reference == Reference::Unsaid && !run.doubts.is_empty(),
            "{run:?}"
        );
        assert!(run.branch().is_none() && run.base.is_none() && run.foreign().is_none());
    }
    let hostile = detected(&[
        ("TF_BUILD", "True"),
        ("BUILD_SOURCEBRANCH", "refs/heads/--upload-pack=x\n::error"),
        ("BUILD_SOURCEVERSION", "HEAD; rm"),
    ]);
    let hostile = hostile.unwrap();
    assert_eq!((hostile.branch(), hostile.commit.clone()), (None, None));
}

#[test]
fn every_recorded_run_is_understood() {
    let files = fs::read_dir(recorded()).unwrap();
    let mut names: Vec<String> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".env").map(str::to_owned)
        })
        .collect();
    names.sort();
    let seen: Vec<(&str, String)> = names
        .iter()
        .map(|name| (name.as_str(), line(&run(name))))
        .collect();
    let expected: Vec<(&str, String)> = EXPECTED
        .iter()
        .map(|(name, line)| (*name, (*line).to_owned()))
        .collect();
    assert_eq!(seen, expected);
}
