//! What account, token and branch allow on Bitbucket Data Center: one answer for the first two, and branch permissions.

use crate::model::id::BranchName;
use crate::net::request::Method;
use crate::provider::api::Fact;
use crate::provider::bitbucket_server::service::{BitbucketServer, call};
use crate::provider::bitbucket_server::wire;
use crate::provider::conditional::NoMemory;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::site::RepositoryName;

impl BitbucketServer {
    /// What account and token may do in a repository.
    pub(crate) fn account(&self, name: &RepositoryName) -> Result<(Fact, Fact), ProviderError> {
        let request = call(Method::Get, &["api", "latest", "repos"])?
            .with_query("projectkey", name.owner())
            .with_query("name", name.name())
            .with_query("permission", "REPO_WRITE");
        let listed: Vec<wire::Repository> = self.pages(&request, &NoMemory)?;
        // The name is looked for anywhere in a name.
        let may = listed.iter().any(|one| {
            one.slug.eq_ignore_ascii_case(name.name())
                && one.project.key.eq_ignore_ascii_case(name.owner())
        });
        if may {
            return Ok((
                Fact::yes("the account has “Repository write”"),
                Fact::yes("the token has “Repository write”"),
            ));
        }
        let either = "the account or its token lacks “Repository write”; the product answers for both together";
        let remedy = self.asked.writing(name);
        Ok((Fact::no(either, remedy.clone()), Fact::no(either, remedy)))
    }

    /// What stands before a branch.
    pub(crate) fn rules(
        &self,
        name: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Fact, ProviderError> {
        let parts = [
            "branch-permissions",
            "latest",
            "projects",
            name.owner(),
            "repos",
            name.name(),
            "restrictions",
        ];
        let request = call(Method::Get, &parts)?
            .with_query("matcherType", "BRANCH")
            .with_query("matcherId", branch.reference());
        let listed: Vec<wire::Restriction> = match self.pages(&request, &NoMemory) {
            Ok(listed) => listed,
            Err(
                ProviderError::Forbidden { .. }
                | ProviderError::BadToken { .. }
                | ProviderError::NotFound { .. },
            ) => {
                return Ok(Fact::unknown(
                    "only administrators see branch permissions; they show when a push is refused",
                ));
            }
            Err(error) => return Err(error),
        };
        let stops = |one: &&wire::Restriction| {
            matches!(one.kind.as_str(), "read-only" | "pull-request-only")
        };
        Ok(match listed.iter().find(stops) {
            None => Fact::unknown(format!(
                "no branch permission names {branch}; one with a pattern may still cover it"
            )),
            Some(one) if one.users.is_empty() && one.groups.is_empty() => Fact::no(
                format!(
                    "the branch permission “{}” stands before {branch}",
                    Said::of(&one.kind, "")
                ),
                Remedy::at(
                    "use a pull request, or change Repository settings › Branch permissions",
                    self.asked.page(name, "/branch-permissions"),
                ),
            ),
            Some(one) => Fact::unknown(format!(
                "the branch permission “{}” excepts some users and groups; whether the account is one of them shows when it pushes",
                Said::of(&one.kind, "")
            )),
        })
    }
}
