//! One request as its handler sees it: who asks, for what, and the transaction it works in.

use std::collections::HashMap;

use axum::http::HeaderMap;
use fastrand::Rng;
use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::answer::{Answer, Family, bare, invalid, problem, typed};
use crate::sandbox::options::Settings;
use crate::sandbox::record::{Key, Role, Stamp, Workspace};
use crate::sandbox::store::{StoreError, Transaction, WORKSPACES};

/// The deepest body that is read.
const MAX_DEPTH: usize = 120;

/// One request.
pub struct Call<'a> {
    /// The transaction it works in.
    pub store: &'a Transaction,
    /// Who asks.
    pub key: &'a Key,
    /// Now, in milliseconds since 1970.
    pub now: i64,
    /// How the sandbox is set.
    pub settings: &'a Settings,
    /// The dice that choose among what Postman does at random.
    pub dice: &'a mut Rng,
    /// From how many more lists a new object is missing.
    pub lagging: &'a mut HashMap<String, u64>,
    /// The decoded parameters behind the `?`.
    pub query: &'a [(String, String)],
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// How many calls the user made this month.
    pub used: u64,
    /// A fault: a task that is started fails.
    pub task_fails: bool,
    /// A fault: a page names its own cursor as the next.
    pub cursor_repeats: bool,
}

/// A page of a list.
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next one.
    pub next: Option<String>,
    /// How long a page is.
    pub limit: u64,
    /// How many there are on all pages.
    pub total: usize,
}

impl Call<'_> {
    /// The user's id.
    pub fn user(&self) -> u64 {
        self.key.user
    }

    /// The user may only read.
    pub fn is_viewer(&self) -> bool {
        self.key.role == Role::Viewer
    }

    /// The stamp of what is made now.
    pub fn stamp(&self) -> Stamp {
        Stamp::new(self.user(), self.now)
    }

    /// A fresh id.
    pub fn new_id(&self) -> String {
        Uuid::new_v4().to_string()
    }

    /// The next number in the order of creation.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn sequence(&self) -> Result<u64, StoreError> {
        self.store.next("sequence")
    }

    /// A coin, for what Postman writes now this way and now that.
    pub fn coin(&mut self) -> bool {
        self.dice.bool()
    }

    /// A parameter behind the `?`; of several the last, and an empty one counts as absent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A new object: lists may not know it yet.
    pub fn hide(&mut self, id: &str) {
        if self.settings.lag > 0 {
            self.lagging.insert(id.to_owned(), self.settings.lag);
        }
    }

    /// Whether a list shows this object already.
    pub fn is_listed(&mut self, id: &str) -> bool {
        match self.lagging.get_mut(id) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            Some(_) => {
                self.lagging.remove(id);
                true
            }
            None => true,
        }
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON, or does not call itself so.
    pub fn json(&self, family: Family) -> Result<Value, Box<Answer>> {
        let declared = self.headers.get("content-type");
        let kind = declared.and_then(|value| value.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let detail = "The request body must be JSON, sent with Content-Type: application/json.";
            return Err(invalid(family, detail));
        }
        let value = serde_json::from_slice::<Value>(self.body).map_err(|error| {
            let detail = format!("The request body is not valid JSON: {error}");
            invalid(family, &detail)
        })?;
        if !is_shallow(&value, MAX_DEPTH) {
            return Err(invalid(family, "The request body is nested too deeply."));
        }
        Ok(value)
    }

    /// The workspace of a `workspaceId` parameter.
    ///
    /// # Errors
    /// The parameter is missing, or there is no such workspace; each family says it in its way.
    pub fn workspace(&self, family: Family, creates: bool) -> Result<Workspace, Box<Answer>> {
        let Some(id) = self.parameter("workspaceId") else {
            return Err(match family {
                Family::Specs => problem(
                    400,
                    "bad-request",
                    "Malformed request",
                    "Required parameter workspaceId is missing.",
                ),
                Family::Apis | Family::Plain => typed(
                    400,
                    "paramMissingError",
                    "Parameter is missing in the request.",
                    "Parameter, workspaceId is missing in the request.",
                ),
            });
        };
        if let Some(workspace) = self.store.get(WORKSPACES, &id.to_ascii_lowercase())? {
            return Ok(workspace);
        }
        let words = "We could not find the workspace you are looking for";
        let detail = "We could not find the workspace you are looking for.";
        Err(match (family, creates) {
            (Family::Specs, false) => problem(400, "bad-request", "Malformed request", detail),
            _ => typed(404, "instanceNotFoundError", words, detail),
        })
    }

    /// One page of a list whose entries have ever growing numbers.
    ///
    /// # Errors
    /// `limit` or `cursor` is not what it should be.
    pub fn page<T>(
        &self,
        family: Family,
        items: Vec<T>,
        number: impl Fn(&T) -> u64,
        most: Option<u64>,
    ) -> Result<Page<T>, Box<Answer>> {
        let limit = match self.parameter("limit") {
            None => most.unwrap_or(10),
            Some(text) => match text.parse::<u64>() {
                Ok(limit) if limit > 0 => limit,
                _ => return Err(invalid(family, "Parameter, limit is in an invalid format.")),
            },
        };
        let cursor = self.parameter("cursor");
        let after = match cursor {
            None => 0,
            Some(text) => match u64::from_str_radix(text, 16) {
                Ok(after) => after,
                Err(_) if family == Family::Plain => {
                    return Err(bare(400, "badRequest", "cursor is invalid"));
                }
                Err(_) => {
                    return Err(invalid(
                        family,
                        "Parameter, cursor is in an invalid format.",
                    ));
                }
            },
        };
        let total = items.len();
        let mut rest: Vec<T> = items
            .into_iter()
            .filter(|item| number(item) > after)
            .collect();
        rest.sort_by_key(&number);
        let length = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rest.len() > length;
        rest.truncate(length);
        let last = rest.last().map(&number);
        let mut next = last.filter(|_| more).map(|last| format!("{last:x}"));
        if self.cursor_repeats {
            next = cursor.map(str::to_owned).or(next);
        }
        Ok(Page {
            items: rest,
            next,
            limit,
            total,
        })
    }
}

/// The id in an id or uid, and the owner of a uid.
pub fn split_uid(text: &str) -> Option<(Option<u64>, String)> {
    let (owner, id) = match text.len().checked_sub(36) {
        Some(0) => (None, text),
        Some(at) if text.is_char_boundary(at) => {
            let (owner, id) = text.split_at(at);
            let digits = owner.strip_suffix('-')?;
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (Some(digits.parse().ok()?), id)
        }
        _ => return None,
    };
    Uuid::try_parse(id).ok()?;
    Some((owner, id.to_ascii_lowercase()))
}

fn is_shallow(value: &Value, left: usize) -> bool {
    let Some(below) = left.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(items) => items.iter().all(|item| is_shallow(item, below)),
        Value::Object(members) => members.values().all(|member| is_shallow(member, below)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::split_uid;

    #[test]
    fn a_uid_is_split_behind_its_owner_and_not_at_the_first_hyphen() {
        let id = "12ece9e1-2abf-4edc-8e34-de66e74114d2";
        assert_eq!(split_uid(id), Some((None, id.to_owned())));
        assert_eq!(
            split_uid(&format!("12345678-{id}")),
            Some((Some(12_345_678), id.to_owned()))
        );
        for wrong in [
            "",
            "x",
            "-",
            &format!("-{id}"),
            &format!("a-{id}"),
            "ä",
            &id[1..],
        ] {
            assert_eq!(split_uid(wrong), None, "{wrong}");
        }
    }
}
