//! Work that Postman does in the background: asked for again and again, at growing intervals, until it ends.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::model::text::{shortened, visible};
use crate::net::response::Response;
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::postman::wire::AnyId;

/// Longer than this nobody in the field waits.
pub const DEADLINE: Duration = Duration::from_secs(180);

/// Something under way in Postman.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Where to ask: a path of the same service.
    pub location: String,
    /// What is being done, for messages: `publishing version 1.0`.
    pub what: String,
}

/// What a task has made.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Resource {
    /// Its id; a uid for a collection.
    #[serde(default)]
    pub id: AnyId,
    /// Where it is.
    #[serde(default)]
    pub url: Option<String>,
}

/// `{taskId, url}`: how the newer calls name a task.
#[derive(Deserialize)]
pub(crate) struct Started {
    pub(crate) url: String,
}

#[derive(Deserialize)]
struct State {
    status: String,
    #[serde(default)]
    details: Value,
    #[serde(default)]
    reason: Option<String>,
}

impl Postman {
    /// Waits for the end of a task, and gives what it has made. `progress` is told how long it has been.
    pub fn finish(
        &self,
        task: &Task,
        progress: &mut dyn FnMut(Duration),
    ) -> Result<Vec<Resource>, PostmanError> {
        let request = self.follow(&task.location)?;
        let start = self.http().clock().now();
        let mut interval = Duration::from_millis(500);
        loop {
            let state: State = self.read_json(&request)?;
            match state.status.as_str() {
                "completed" | "successful" | "success" => return Ok(resources(&state.details)),
                "failed" => {
                    let what = task.what.clone();
                    return Err(PostmanError::TaskFailed {
                        what,
                        reason: reason(&state),
                    });
                }
                // Pending, in progress, or a word that is newer than this program.
                _ => {}
            }
            let waited = self.http().clock().now().saturating_sub(start);
            if waited >= DEADLINE {
                return Err(PostmanError::TaskSlow {
                    what: task.what.clone(),
                    waited,
                });
            }
            progress(waited);
            self.http().wait(interval);
            interval = (interval * 3 / 2).min(Duration::from_secs(8));
        }
    }
}

/// The task that an answer points to by its `Location`.
pub(crate) fn located(response: &Response, what: String) -> Option<Task> {
    let location = response.header("location")?.to_owned();
    Some(Task { location, what })
}

fn resources(details: &Value) -> Vec<Resource> {
    let list = details.get("resources").cloned().unwrap_or_default();
    serde_json::from_value(list).unwrap_or_default()
}

fn reason(state: &State) -> String {
    let error = state.details.get("error");
    let text = [
        error
            .and_then(|error| error.get("message"))
            .and_then(Value::as_str),
        error.and_then(Value::as_str),
        state.details.as_str(),
        state.reason.as_deref(),
    ];
    let text = text.into_iter().flatten().find(|text| !text.is_empty());
    shortened(&visible(text.unwrap_or("it does not say why")), 300)
}
