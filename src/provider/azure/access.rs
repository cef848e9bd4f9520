//! What account, token and branch allow on Azure DevOps: the account is asked for, token and branch show by a push of nothing.

use crate::net::request::Method;
use crate::provider::api::Fact;
use crate::provider::azure::service::{Azure, request};
use crate::provider::azure::wire;
use crate::provider::error::ProviderError;
use crate::provider::rest::{body, parsed};
use crate::provider::site::RepositoryName;

/// The security namespace of Git repositories, and the bits of it that we need.
const GIT_SECURITY: &str = "2e9eb7ed-3c0a-47d4-87c1-0ffdd275fd87";
const NEEDED: [(u32, &str); 3] = [
    (4, "Contribute"),
    (16, "Create branch"),
    (16384, "Contribute to pull requests"),
];

impl Azure {
    /// What the account may do in a repository.
    pub(crate) fn account(&self, found: &wire::Repository) -> Result<Fact, ProviderError> {
        let token = format!("repoV2/{}/{}", found.project.id, found.id);
        let question = wire::Evaluations {
            always_allow_administrators: false,
            evaluations: NEEDED
                .iter()
                .map(|(bit, _)| wire::Evaluation {
                    security_namespace_id: GIT_SECURITY.to_owned(),
                    token: token.clone(),
                    permissions: *bit,
                    value: None,
                })
                .collect(),
        };
        let request = request(
            Method::Post,
            &["_apis", "security", "permissionevaluationbatch"],
        )?
        .with_json(body(&question));
        let answer = match self.calls.read(&request) {
            Ok(answer) => answer,
            Err(ProviderError::Forbidden { .. }) => {
                return Ok(Fact::unknown(
                    "the token may not ask for the account's permissions",
                ));
            }
            Err(error) => return Err(error),
        };
        let told: wire::Evaluations = parsed(&request, &answer)?;
        let who = self.account_name().map_or_else(
            || "the account".to_owned(),
            |name| format!("the account {name}"),
        );
        let missing: Vec<String> = NEEDED
            .iter()
            .filter(|(bit, _)| {
                let has =
                    |one: &wire::Evaluation| one.permissions == *bit && one.value == Some(true);
                !told.evaluations.iter().any(has)
            })
            .map(|(_, name)| format!("“{name}”"))
            .collect();
        Ok(if missing.is_empty() {
            let all: Vec<&str> = NEEDED.iter().map(|(_, name)| *name).collect();
            Fact::yes(format!("{who} has {}", all.join(", ")))
        } else {
            let missing = missing.join(", ");
            let remedy = self
                .calls
                .inner
                .asked
                .wider_account(&found.project.name, &missing);
            Fact::no(format!("{who} lacks {missing}"), remedy)
        })
    }

    /// As whom the token signs in.
    pub(crate) fn account_name(&self) -> Option<String> {
        let request = request(Method::Get, &["_apis", "connectionData"]).ok()?;
        // This call alone has no version that is no preview.
        let answer = self.calls.inner.rest.read(&request).ok()?;
        let told: wire::Connection = parsed(&request, &answer).ok()?;
        let name = told.authenticated_user.provider_display_name?;
        Some(self.calls.inner.rest.said(&name).to_string())
    }

    /// What the probe says of the token and of the branch.
    pub(crate) fn probed(
        &self,
        repository: &RepositoryName,
        probe: Result<wire::RefUpdated, ProviderError>,
    ) -> Result<(Fact, Fact), ProviderError> {
        let unknown = || {
            Fact::unknown("branch policies show when a push is refused; a pull request always goes")
        };
        let error = match probe {
            Ok(updated) if updated.success => {
                return Ok((Fact::yes("the token can write code"), unknown()));
            }
            // Somebody pushed in between: whoever hears that may write.
            Ok(updated) if updated.update_status == "staleOldObjectId" => {
                return Ok((Fact::yes("the token can write code"), unknown()));
            }
            Ok(updated) => self.not_updated(repository, &updated),
            Err(error) => error,
        };
        match error {
            ProviderError::Protected { said, remedy } => Ok((
                Fact::yes("the token can write code"),
                Fact::no(format!("pushes are refused: {said}"), remedy),
            )),
            ProviderError::Forbidden { said, .. } => {
                let remedy = self.calls.inner.asked.wider_token();
                let fact = Fact::no(format!("the token cannot write code: {said}"), remedy);
                Ok((fact, unknown()))
            }
            // On a write a missing scope looks like a missing token.
            ProviderError::BadToken { said, .. } => {
                let remedy = self.calls.inner.asked.wider_token();
                let fact = Fact::no(
                    format!("the token reads, and is refused for writing: {said}"),
                    remedy,
                );
                Ok((fact, unknown()))
            }
            other => Err(other),
        }
    }
}
