//! Who the key is, and what its quota allows.

use serde::Deserialize;

use crate::net::request::Method;
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::postman::wire::AnyId;

/// More than any plan has: no limit.
const NO_LIMIT: f64 = 99_999_999.0;

/// The user behind a key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Me {
    /// The user's id, the owner part of uids.
    pub id: AnyId,
    /// The user's name.
    pub username: String,
    /// As people know them.
    pub full_name: Option<String>,
    /// The team's name.
    pub team: Option<String>,
    /// What the user may do in the team.
    pub roles: Vec<String>,
    /// Calls used this month; nothing for guests and partners.
    pub usage: Option<Usage>,
}

/// Calls of a month.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// All; `None` without limit.
    pub limit: Option<f64>,
    /// Used.
    pub used: f64,
}

#[derive(Deserialize)]
struct Answer {
    user: User,
    #[serde(default)]
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: AnyId,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    full_name: Option<String>,
    #[serde(default)]
    team_name: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct Operation {
    name: String,
    #[serde(default)]
    limit: f64,
    #[serde(default)]
    usage: f64,
}

impl Postman {
    /// Asks who the key is. It counts as a call like any other.
    pub fn me(&self) -> Result<Me, PostmanError> {
        let answer: Answer = self.read_json(&self.call(Method::Get, &["me"])?)?;
        let api = answer
            .operations
            .iter()
            .find(|operation| operation.name == "api_usage");
        let usage = api.map(|operation| Usage {
            limit: Some(operation.limit).filter(|limit| *limit < NO_LIMIT),
            used: operation.usage,
        });
        let user = answer.user;
        Ok(Me {
            id: user.id,
            username: user.username.unwrap_or_default(),
            full_name: user.full_name,
            team: user.team_name,
            roles: user.roles,
            usage,
        })
    }
}
