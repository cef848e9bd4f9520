//! What account, token and branch allow on Bitbucket Cloud: a permission, the scopes in a header, and branch restrictions.

use globset::GlobBuilder;

use crate::model::id::BranchName;
use crate::net::request::Method;
use crate::net::response::Response;
use crate::provider::api::Fact;
use crate::provider::bitbucket_cloud::service::{
    BitbucketCloud, PAGE, call, in_repository, quoted,
};
use crate::provider::bitbucket_cloud::wire;
use crate::provider::error::{ProviderError, Remedy, Said};
use crate::provider::site::RepositoryName;

/// What writing needs: by the names of API tokens and access tokens, and by those of OAuth apps.
const SCOPES: [(&str, &str); 4] = [
    ("read:repository:bitbucket", "repository"),
    ("write:repository:bitbucket", "repository:write"),
    ("read:pullrequest:bitbucket", "pullrequest"),
    ("write:pullrequest:bitbucket", "pullrequest:write"),
];

impl BitbucketCloud {
    /// What the account may do in a repository.
    pub(crate) fn account(&self, name: &RepositoryName) -> Result<Fact, ProviderError> {
        let parts = [
            "user",
            "workspaces",
            name.owner(),
            "permissions",
            "repositories",
        ];
        let request = call(Method::Get, &parts)?.with_query(
            "q",
            format!("repository.full_name={}", quoted(&name.full())),
        );
        let told: wire::Page<wire::Permission> = match self.read(&request) {
            Ok(told) => told,
            // An access token is no user, and a token may lack the scope for this question.
            Err(
                ProviderError::Forbidden { .. }
                | ProviderError::BadToken { .. }
                | ProviderError::NotFound { .. },
            ) => {
                return Ok(Fact::unknown(
                    "the token does not say what its account may do (API tokens need `read:workspace:bitbucket` and `read:user:bitbucket` for that)",
                ));
            }
            Err(error) => return Err(error),
        };
        Ok(
            match told.values.first().map(|one| one.permission.as_str()) {
                Some(role @ ("write" | "admin")) => Fact::yes(format!("the account has “{role}”")),
                Some(role) => Fact::no(
                    format!("the account has “{}”", Said::of(role, "")),
                    Remedy::at(
                        "give the account “Write” in Repository settings › Repository permissions",
                        self.page(name, "/admin/permissions"),
                    ),
                ),
                None => Fact::no(
                    "the account has no permission of its own on the repository",
                    Remedy::at(
                        "give the account “Write” in Repository settings › Repository permissions",
                        self.page(name, "/admin/permissions"),
                    ),
                ),
            },
        )
    }

    /// The scopes stand in a header of every answer.
    pub(crate) fn token(&self, name: &RepositoryName, answer: &Response) -> Fact {
        let Some(granted) = answer.header("x-oauth-scopes") else {
            return Fact::unknown("the service does not say which scopes the token has");
        };
        let granted: Vec<&str> = granted.split([',', ' ']).map(str::trim).collect();
        let has = |names: &(&str, &str)| {
            // Scopes of OAuth apps include the smaller ones; those of API tokens do not.
            let writes = format!("{}:write", names.1.trim_end_matches(":write"));
            granted.contains(&names.0)
                || granted.contains(&names.1)
                || granted.contains(&writes.as_str())
        };
        let missing: Vec<String> = SCOPES
            .iter()
            .filter(|names| !has(names))
            .map(|names| names.0.to_owned())
            .collect();
        if missing.is_empty() {
            return Fact::yes("the token has every scope that is needed");
        }
        let remedy = self
            .calls
            .asked
            .wider_token(&missing, name.owner(), name.name());
        Fact::no(format!("the token lacks {}", missing.join(", ")), remedy)
    }

    /// What stands before a branch.
    pub(crate) fn rules(
        &self,
        name: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Fact, ProviderError> {
        let request = in_repository(Method::Get, name, &["branch-restrictions"])?
            .with_query("kind", "push")
            .with_query("pagelen", PAGE);
        let listed: Vec<wire::Restriction> = match self.calls.pages(&request) {
            Ok(listed) => listed,
            Err(
                ProviderError::Forbidden { .. }
                | ProviderError::Protected { .. }
                | ProviderError::BadToken { .. },
            ) => {
                return Ok(Fact::unknown(
                    "only administrators see branch restrictions; they show when a push is refused",
                ));
            }
            Err(error) => return Err(error),
        };
        let fits = |one: &&wire::Restriction| {
            let glob = GlobBuilder::new(&one.pattern)
                .literal_separator(false)
                .build();
            one.kind == "push"
                && (one.branch_match_kind == "branching_model"
                    || glob.is_ok_and(|glob| glob.compile_matcher().is_match(branch.as_str())))
        };
        let fitting: Vec<&wire::Restriction> = listed.iter().filter(fits).collect();
        Ok(match fitting.first() {
            None => Fact::yes(format!("no branch restriction stands before {branch}")),
            Some(first) if first.users.is_empty() && first.groups.is_empty() => Fact::no(
                format!("nobody may push to {branch}"),
                Remedy::at(
                    "use a pull request, or change Repository settings › Branch restrictions",
                    self.page(name, "/admin/branch-restrictions"),
                ),
            ),
            Some(first) => Fact::unknown(format!(
                "pushes to {branch} are for {} users and {} groups; whether the account is one of them shows when it pushes",
                first.users.len(),
                first.groups.len()
            )),
        })
    }
}
