//! Where am I: what the variables of a CI system say of the run, and what its change is compared with.
//!
//! Only the context comes from here. Which product hosts the repository is told by its remote: a pipeline of one product
//! often works on a repository of another.

mod azure;
mod bitbucket;
mod github;
mod gitlab;
mod jenkins;
pub mod ladder;
#[cfg(test)]
mod recorded;
pub mod run;
pub mod variables;

use serde_json::Value;

use crate::ci::run::CiRun;
use crate::ci::variables::Variables;
use crate::config::env::Environment;

/// The run, where one of the systems that we know started this program. `event` is the file that GitHub Actions writes; why it
/// could not be read is a doubt.
pub fn detect(environment: &Environment, event: Result<Option<&Value>, &str>) -> Option<CiRun> {
    let variables = Variables::of(environment);
    let mut run = if variables.is_true("GITHUB_ACTIONS") {
        github::run(variables, event.unwrap_or_default())
    } else if variables.is_true("GITLAB_CI") {
        gitlab::run(variables)
    } else if variables.is_true("TF_BUILD") {
        azure::run(variables)
    } else if variables.get("BITBUCKET_BUILD_NUMBER").is_some() {
        bitbucket::run(variables)
    } else if jenkins::is_here(variables) {
        jenkins::run(variables)
    } else {
        return None;
    };
    if let Err(cause) = event {
        run.doubts.push(cause.to_owned());
    }
    Some(run)
}
