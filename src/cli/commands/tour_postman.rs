//! Postman in the tour: the embedded sandbox, and somebody who edits a collection there through the Postman API.

use serde_json::Value;

use crate::cli::failure::Failure;
use crate::model::secret::Secret;
use crate::postman::client::Postman;
use crate::postman::raw::RawJson;
use crate::sandbox::options::Options;
use crate::sandbox::running::{Running, Sandbox};

/// A sandbox that runs as long as the tour, and a colleague who works in it.
pub struct Workspace {
    /// The sandbox.
    pub sandbox: Running,
    /// The id of the workspace.
    pub id: String,
    colleague: Postman,
}

impl Workspace {
    /// Starts the sandbox.
    ///
    /// # Errors
    /// Where it cannot be started, or has no workspace.
    pub fn open() -> Result<Self, Failure> {
        let sandbox = Sandbox::start(Options::default())?;
        let settings = Postman::settings(Some(&sandbox.url))?;
        let colleague = Postman::new(settings, Secret::new(sandbox.key.as_str()))?;
        let workspaces = colleague.workspaces()?;
        let first = workspaces
            .first()
            .ok_or_else(|| Failure::usage("the sandbox has no workspace"))?;
        Ok(Self {
            id: first.id.to_string(),
            sandbox,
            colleague,
        })
    }

    /// The names of the requests of the only collection, in their order.
    ///
    /// # Errors
    /// Where Postman does not have exactly one collection.
    pub fn requests(&self) -> Result<Vec<String>, Failure> {
        let (_, collection) = self.collection()?;
        let items = collection["item"].as_array().into_iter().flatten();
        Ok(items
            .filter_map(|item| item["name"].as_str())
            .map(str::to_owned)
            .collect())
    }

    /// Gives a request another name, as somebody does in Postman. All ids stay.
    ///
    /// # Errors
    /// Where there is no such request, or Postman refuses.
    pub fn rename_request(&self, from: &str, to: &str) -> Result<(), Failure> {
        let (id, mut collection) = self.collection()?;
        let mut items = collection["item"].as_array_mut().into_iter().flatten();
        let item = items
            .find(|item| item["name"] == from)
            .ok_or_else(|| Failure::usage(format!("Postman has no request `{from}`")))?;
        item["name"] = Value::from(to);
        let edited = RawJson::parse(&collection.to_string())
            .map_err(|error| Failure::usage(error.to_string()))?;
        let wanted = Value::from(to).to_string();
        self.colleague.replace_collection(
            &id,
            &edited,
            &|stored| stored.text().contains(&wanted),
            &mut |_| {},
        )?;
        Ok(())
    }

    fn collection(&self) -> Result<(String, Value), Failure> {
        let all = self.colleague.collections(&self.id)?;
        let [only] = all.as_slice() else {
            return Err(Failure::usage(format!(
                "Postman should have one collection, and has {}",
                all.len()
            )));
        };
        let id = only.uid.to_string();
        let text = self.colleague.collection(&id)?;
        let value = serde_json::from_str(text.text())
            .map_err(|error| Failure::usage(format!("the collection is no JSON: {error}")))?;
        Ok((id, value))
    }
}
