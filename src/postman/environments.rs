//! Environments of a workspace, carried as text. Only values that are shared are visible here.

use serde::Deserialize;

use crate::net::request::Method;
use crate::net::response::Response;
use crate::postman::client::{Find, Postman, raw};
use crate::postman::error::PostmanError;
use crate::postman::limits::{ENVIRONMENT, within};
use crate::postman::raw::RawJson;
use crate::postman::wire::AnyId;

/// An environment in a list, or what Postman says of one that was written.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct EnvironmentSummary {
    /// Its id without owner.
    pub id: AnyId,
    /// Its name.
    pub name: String,
    /// Its id with owner.
    #[serde(default)]
    pub uid: Option<AnyId>,
    /// When it was changed last, where a list says it.
    #[serde(default, rename = "updatedAt")]
    pub updated_at: Option<String>,
}

#[derive(Deserialize)]
struct List {
    environments: Vec<EnvironmentSummary>,
}

#[derive(Deserialize)]
struct One {
    environment: EnvironmentSummary,
}

impl Postman {
    /// The environments of a workspace. This list has no pages.
    pub fn environments(&self, workspace: &str) -> Result<Vec<EnvironmentSummary>, PostmanError> {
        let request = self
            .call(Method::Get, &["environments"])?
            .with_query("workspace", workspace);
        Ok(self.read_json::<List>(&request)?.environments)
    }

    /// An environment: its text without the wrapper.
    pub fn environment(&self, id: &str) -> Result<RawJson, PostmanError> {
        let request = self.call(Method::Get, &["environments", id])?;
        self.read(&request, |response| raw(response, "environment", "values"))
    }

    /// A new environment in a workspace: `name` and `values`.
    pub fn create_environment(
        &self,
        workspace: &str,
        environment: &RawJson,
        find: Find<'_, EnvironmentSummary>,
    ) -> Result<EnvironmentSummary, PostmanError> {
        within("this environment", environment.len(), ENVIRONMENT)?;
        let request = self
            .call(Method::Post, &["environments"])?
            .with_query("workspace", workspace);
        let request = request.with_json(environment.wrapped("environment"));
        self.create(
            || {
                self.write(&request, Response::json::<One>)
                    .map(|one| one.environment)
            },
            find,
        )
    }

    /// Replaces an environment as a whole. `same` says whether what stands in Postman is what was sent.
    pub fn replace_environment(
        &self,
        id: &str,
        environment: &RawJson,
        same: &dyn Fn(&RawJson) -> bool,
    ) -> Result<(), PostmanError> {
        within("this environment", environment.len(), ENVIRONMENT)?;
        let request = self
            .call(Method::Put, &["environments", id])?
            .with_json(environment.wrapped("environment"));
        self.replace(
            || self.write(&request, Response::json::<One>).map(drop),
            || Ok(same(&self.environment(id)?).then_some(())),
        )
    }

    /// Deletes an environment.
    pub fn delete_environment(&self, id: &str) -> Result<(), PostmanError> {
        self.delete(&self.call(Method::Delete, &["environments", id])?)
    }
}
