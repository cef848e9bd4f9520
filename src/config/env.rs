//! Every environment variable that the tool reads itself. Git and libgit2 read their own, among them the
//! variables that git hands to hooks; proxies and `SSL_CERT_FILE` are read by the HTTP library.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::secret::Secret;

/// The environment, read once and handed on as a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR` is set and not empty: <https://no-color.org>.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor `0`.
    pub clicolor_force: bool,
    /// `TERM` is `dumb`.
    pub dumb_terminal: bool,
    /// `CI` is set and neither empty, `0` nor `false`.
    pub ci: bool,
    /// `GIT_PAGER_IN_USE` is `true`: git started us and pages what we print, on a terminal.
    pub pager_in_use: bool,
    /// `HOME`, on Windows `USERPROFILE`.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, where it is absolute.
    pub config_home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`, on Windows `LOCALAPPDATA`, where it is absolute.
    pub cache_home: Option<PathBuf>,
    /// What pre-commit or prek, which set `PRE_COMMIT`, say of a push, whose standard input they keep to themselves.
    pub pre_commit: Option<PreCommitPush>,
    /// `GL_PROTOCOL` is set: GitLab runs this as a hook of its server.
    pub gitlab_server: bool,
    /// `POSTMAN_API_KEY`.
    pub postman_api_key: Option<Secret>,
    /// `POSTMAN_API_URL`: the EU region, a gateway, the sandbox.
    pub postman_api_url: Option<String>,
    /// The tokens for providers that are set, by [`PROVIDER_TOKENS`].
    pub provider_tokens: BTreeMap<&'static str, Secret>,
    /// What a CI system says of the server that it belongs to, by [`CI_SERVERS`]: its own token is for no other.
    pub ci_servers: BTreeMap<&'static str, String>,
    /// What the HTTP library is told about the way out, by [`NETWORK`]: it reads them itself, and here they are only told of.
    pub network: BTreeMap<&'static str, String>,
    /// What a CI system says of the repository that its pipeline belongs to, by [`CI_REPOSITORY`].
    pub ci_repository: BTreeMap<&'static str, String>,
    /// `BITBUCKET_USERNAME`: whose the token of Bitbucket is, where it goes as user and password.
    pub bitbucket_username: Option<String>,
    /// What a CI system says of its run, by [`CI_RUN`]. None of it is a secret.
    pub ci_run: BTreeMap<&'static str, String>,
    /// Where the CI system that runs us wants to be told something.
    pub ci_files: CiFiles,
}

/// The files and folders that a CI system names for what its steps have to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CiFiles {
    /// `GITHUB_OUTPUT`: the outputs of a step of GitHub Actions.
    pub github_output: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: its summary.
    pub github_step_summary: Option<PathBuf>,
    /// `AGENT_TEMPDIRECTORY`: a folder of Azure Pipelines that goes with the job.
    pub agent_temp_directory: Option<PathBuf>,
}

/// The variables that hold a token for a provider.
pub const PROVIDER_TOKENS: [&str; 9] = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITLAB_TOKEN",
    "CI_JOB_TOKEN",
    "BITBUCKET_TOKEN",
    "AZURE_DEVOPS_TOKEN",
    "AZURE_DEVOPS_EXT_PAT",
    "SYSTEM_ACCESSTOKEN",
];

/// The variables in which GitHub Actions, GitLab CI and Azure Pipelines name their server.
pub const CI_SERVERS: [&str; 3] = ["GITHUB_SERVER_URL", "CI_SERVER_URL", "SYSTEM_COLLECTIONURI"];

/// The variables that say how the network is reached.
pub const NETWORK: [&str; 10] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The variables in which GitHub Actions, GitLab CI, Azure Pipelines, Bitbucket Pipelines and Jenkins with its plugins say what
/// a run is about.
pub const CI_RUN: [&str; 80] = [
    "GITHUB_ACTIONS",
    "GITHUB_BASE_REF",
    "GITHUB_EVENT_NAME",
    "GITHUB_EVENT_PATH",
    "GITHUB_HEAD_REF",
    "GITHUB_REF",
    "GITHUB_REPOSITORY",
    "GITHUB_SHA",
    "CI_COMMIT_BEFORE_SHA",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_SHA",
    "CI_COMMIT_TAG",
    "CI_DEFAULT_BRANCH",
    "CI_EXTERNAL_PULL_REQUEST_IID",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_EVENT_TYPE",
    "CI_MERGE_REQUEST_IID",
    "CI_MERGE_REQUEST_PROJECT_ID",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    "CI_PIPELINE_SOURCE",
    "CI_PROJECT_ID",
    "CI_PROJECT_PATH",
    "GITLAB_CI",
    "BUILD_REASON",
    "BUILD_REPOSITORY_NAME",
    "BUILD_SOURCEBRANCH",
    "BUILD_SOURCEVERSION",
    "SYSTEM_PULLREQUEST_ISFORK",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
    "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "SYSTEM_PULLREQUEST_SOURCECOMMITID",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "TF_BUILD",
    "BITBUCKET_BRANCH",
    "BITBUCKET_BUILD_NUMBER",
    "BITBUCKET_COMMIT",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BITBUCKET_PR_DESTINATION_COMMIT",
    "BITBUCKET_PR_ID",
    "BITBUCKET_REPO_FULL_NAME",
    "BITBUCKET_TAG",
    "BRANCH_NAME",
    "BUILD_TAG",
    "CHANGE_BRANCH",
    "CHANGE_FORK",
    "CHANGE_ID",
    "CHANGE_TARGET",
    "GIT_BRANCH",
    "GIT_COMMIT",
    "GIT_LOCAL_BRANCH",
    "GIT_PREVIOUS_COMMIT",
    "GIT_PREVIOUS_SUCCESSFUL_COMMIT",
    "GIT_URL",
    "JENKINS_URL",
    "TAG_NAME",
    "ghprbActualCommit",
    "ghprbAuthorRepoGitUrl",
    "ghprbGhRepository",
    "ghprbPullId",
    "ghprbSourceBranch",
    "ghprbTargetBranch",
    "gitlabMergeRequestIid",
    "gitlabMergeRequestLastCommit",
    "gitlabSourceBranch",
    "gitlabSourceRepoHttpUrl",
    "gitlabTargetBranch",
    "gitlabTargetRepoHttpUrl",
];

/// The variables in which GitHub Actions, GitLab CI, Azure Pipelines and Bitbucket Pipelines say which repository their
/// pipeline belongs to, and the id that their service gives it.
pub const CI_REPOSITORY: [&str; 9] = [
    "GITHUB_REPOSITORY",
    "GITHUB_REPOSITORY_ID",
    "CI_PROJECT_URL",
    "CI_PROJECT_ID",
    "BUILD_REPOSITORY_PROVIDER",
    "BUILD_REPOSITORY_URI",
    "BUILD_REPOSITORY_ID",
    "BITBUCKET_REPO_FULL_NAME",
    "BITBUCKET_REPO_UUID",
];

/// One reference of a push as pre-commit and prek hand it on. Of several they name the first only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreCommitPush {
    /// Who hands it on: prek sets `PREK_HOOK_STAGE`.
    pub manager: &'static str,
    /// `PRE_COMMIT_LOCAL_BRANCH`: what is pushed, as it was named.
    pub local_branch: Option<String>,
    /// `PRE_COMMIT_TO_REF`: the commit that is pushed. pre-commit leaves it out where the first commit is pushed.
    pub to: Option<String>,
    /// `PRE_COMMIT_REMOTE_BRANCH`: the reference on the remote.
    pub remote_branch: Option<String>,
    /// `PRE_COMMIT_FROM_REF`: what the remote has.
    pub from: Option<String>,
    /// `PRE_COMMIT_REMOTE_NAME`: where it goes.
    pub remote_name: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub fn of_this_process() -> Self {
        Self::from(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Drops everything that is secret.
    pub fn forget_tokens(&mut self) {
        self.postman_api_key = None;
        self.provider_tokens.clear();
    }

    /// Reads the environment from a lookup.
    pub fn from(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let path = |name: &str| {
            set(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        Self {
            no_color: set("NO_COLOR").is_some(),
            clicolor_force: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb_terminal: set("TERM").is_some_and(|value| value == "dumb"),
            ci: set("CI").is_some_and(|value| value != "0" && value != "false"),
            pager_in_use: set("GIT_PAGER_IN_USE").is_some_and(|value| value == "true"),
            home: path("HOME").or_else(|| path("USERPROFILE")),
            config_home: path("XDG_CONFIG_HOME"),
            cache_home: path("XDG_CACHE_HOME").or_else(|| path("LOCALAPPDATA")),
            pre_commit: set("PRE_COMMIT")
                .or_else(|| set("PRE_COMMIT_TO_REF"))
                .map(|_| PreCommitPush {
                    manager: match set("PREK_HOOK_STAGE") {
                        Some(_) => "prek",
                        None => "pre-commit",
                    },
                    local_branch: set("PRE_COMMIT_LOCAL_BRANCH"),
                    to: set("PRE_COMMIT_TO_REF"),
                    remote_branch: set("PRE_COMMIT_REMOTE_BRANCH"),
                    from: set("PRE_COMMIT_FROM_REF"),
                    remote_name: set("PRE_COMMIT_REMOTE_NAME"),
                }),
            gitlab_server: set("GL_PROTOCOL").is_some(),
            postman_api_key: set("POSTMAN_API_KEY")
                .map(Secret::new)
                .filter(|key| !key.is_empty()),
            postman_api_url: set("POSTMAN_API_URL"),
            provider_tokens: PROVIDER_TOKENS
                .into_iter()
                .filter_map(|name| Some((name, Secret::new(set(name)?))))
                .filter(|(_, token)| !token.is_empty())
                .collect(),
            ci_servers: all_set(&CI_SERVERS, set),
            ci_repository: all_set(&CI_REPOSITORY, set),
            network: all_set(&NETWORK, set),
            bitbucket_username: set("BITBUCKET_USERNAME"),
            ci_run: all_set(&CI_RUN, set),
            ci_files: CiFiles {
                github_output: set("GITHUB_OUTPUT").map(PathBuf::from),
                github_step_summary: set("GITHUB_STEP_SUMMARY").map(PathBuf::from),
                agent_temp_directory: path("AGENT_TEMPDIRECTORY"),
            },
        }
    }
}

fn all_set(
    names: &[&'static str],
    set: impl Fn(&str) -> Option<String>,
) -> BTreeMap<&'static str, String> {
    let found = names.iter().filter_map(|name| Some((*name, set(name)?)));
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn an_empty_variable_is_not_set() {
        let read = |name: &str| match name {
            "NO_COLOR" => Some(String::new()),
            "CI" => Some("true".to_owned()),
            "CLICOLOR_FORCE" => Some("0".to_owned()),
            "HOME" => Some("relative".to_owned()),
            _ => None,
        };
        let environment = Environment::from(read);
        assert!(!environment.no_color && environment.ci && !environment.clicolor_force);
        assert_eq!(environment.home, None);
    }

    #[test]
    fn a_key_in_the_environment_is_never_shown() {
        let read = |name: &str| match name {
            "POSTMAN_API_KEY" => Some("PMAK-0123\n".to_owned()),
            "POSTMAN_API_URL" => Some("https://api.eu.postman.com".to_owned()),
            _ => None,
        };
        let environment = Environment::from(read);
        assert!(!format!("{environment:?}").contains("PMAK"));
        let key = environment.postman_api_key.unwrap();
        assert_eq!(key.reveal(), "PMAK-0123");
        let blank = Environment::from(|name| (name == "POSTMAN_API_KEY").then(|| " ".to_owned()));
        assert_eq!(blank.postman_api_key, None);
    }
}
