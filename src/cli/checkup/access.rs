//! The three facts that decide whether a write will go through, looked up and told: the account, the token, the branch.

use serde_json::{Value, json};

use crate::cli::checkup::examined::{Examined, State};
use crate::cli::hosting::{SiteChoice, known, opened};
use crate::cli::provider_token::token;
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::model::id::BranchName;
use crate::model::text::visible;
use crate::provider::api::{Access, Fact};

/// What is known of the access to a repository.
#[derive(Clone, Debug)]
pub enum Looked {
    /// The facts.
    Facts(Box<Access>),
    /// Why they were not looked at.
    Not(String),
}

impl Looked {
    /// Looks the facts up, where there is a token to do it with. Whatever goes wrong is told and stops nobody.
    pub fn at(
        session: &Session,
        repository: &Repository,
        remote: Option<&str>,
        choice: &SiteChoice,
        branch: &str,
    ) -> Self {
        match facts_of(session, repository, remote, choice, branch) {
            Ok(access) => Self::Facts(Box::new(access)),
            Err(why) => Self::Not(why),
        }
    }

    /// Words and what they say, for a table of the command line.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Not(why) => vec![("access", format!("not looked at: {why}"))],
            Self::Facts(access) => named(access)
                .into_iter()
                .map(|(name, fact)| {
                    let no = if fact.allows == Some(false) {
                        "no: "
                    } else {
                        ""
                    };
                    (name, format!("{no}{}", fact.said))
                })
                .collect(),
        }
    }

    /// What stands in the way, with its remedies: to be said before anything is written.
    pub fn warnings(&self) -> Vec<(String, Option<String>)> {
        let Self::Facts(access) = self else {
            return Vec::new();
        };
        let against = named(access)
            .into_iter()
            .filter(|(_, fact)| fact.allows == Some(false));
        against
            .map(|(name, fact)| {
                let remedy = fact.remedy.as_ref().map(ToString::to_string);
                (format!("{name}: {}", fact.said), remedy)
            })
            .collect()
    }

    /// The same for scripts.
    pub fn for_scripts(&self) -> Value {
        let told = |fact: &Fact| {
            json!({
                "allows": fact.allows,
                "said": fact.said,
                "fix": fact.remedy.as_ref().map(|remedy| remedy.say.as_str()),
                "page": fact.remedy.as_ref().and_then(|remedy| remedy.page.as_deref()),
            })
        };
        match self {
            Self::Facts(access) => json!({
                "examined": true,
                "why_not": null,
                "account": told(&access.account),
                "token": told(&access.token),
                "branch": told(&access.branch),
            }),
            Self::Not(why) => json!({ "examined": false, "why_not": why }),
        }
    }
}

/// The facts, one by one. A branch that is protected still takes pull requests, so that is no fault.
pub fn facts(access: &Access) -> [Examined; 3] {
    [
        Examined::of_fact("account-access", &access.account, State::Wrong),
        Examined::of_fact("token-access", &access.token, State::Wrong),
        Examined::of_fact("branch-access", &access.branch, State::Warning),
    ]
}

fn named(access: &Access) -> [(&'static str, &Fact); 3] {
    [
        ("account", &access.account),
        ("token", &access.token),
        ("branch", &access.branch),
    ]
}

fn facts_of(
    session: &Session,
    repository: &Repository,
    remote: Option<&str>,
    choice: &SiteChoice,
    branch: &str,
) -> Result<Access, String> {
    if session.offline {
        return Err("--offline".to_owned());
    }
    let remote = remote.ok_or("the repository has no remote")?;
    // Without any token nobody needs to be asked which product it is.
    if session.environment.provider_tokens.is_empty() {
        return Err(
            "there is no token for a provider in the environment (`git postman doctor` says which one)"
                .to_owned(),
        );
    }
    // Nobody said that a token may be shown to a host that only an address names.
    let place = known(repository, remote, choice).map_err(|failure| failure.message)?;
    let place = place.ok_or(
        "its address does not tell who hosts it: name the provider with --provider and --url",
    )?;
    let site = &place.site;
    if token(&session.environment, site).is_none() {
        return Err(format!(
            "there is no token for {} in {}",
            site.kind,
            site.kind.token_variables()
        ));
    }
    let provider = opened(session, repository.git(), site).map_err(|failure| failure.message)?;
    let branch = BranchName::parse(branch)
        .ok_or_else(|| format!("`{}` is no name of a branch", visible(branch)))?;
    provider
        .access(&place.repository, &branch)
        .map_err(|error| format!("{error} (`git postman doctor` says what to do)"))
}
