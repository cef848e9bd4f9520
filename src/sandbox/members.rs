//! Bodies read strictly: what must be there, what may be, and nothing else.

use serde_json::{Map, Value};

use crate::sandbox::answer::{Answer, Family, invalid};

/// The members of one object of a body.
#[derive(Clone, Copy)]
pub struct Members<'a> {
    map: &'a Map<String, Value>,
    family: Family,
}

impl<'a> Members<'a> {
    /// An object that has no members but these.
    ///
    /// # Errors
    /// It is no object, or has other members.
    pub fn of(value: &'a Value, family: Family, known: &[&str]) -> Result<Self, Box<Answer>> {
        let Value::Object(map) = value else {
            return Err(invalid(family, "The request body must be a JSON object."));
        };
        for key in map.keys() {
            if !known.contains(&key.as_str()) {
                let detail = format!("Property `{key}` is not allowed.");
                return Err(invalid(family, &detail));
            }
        }
        Ok(Self { map, family })
    }

    /// A member of any kind.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name)
    }

    /// A text that must be there and not be empty.
    ///
    /// # Errors
    /// It is not there, no text, or empty.
    pub fn text(&self, name: &str) -> Result<&'a str, Box<Answer>> {
        match self.map.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            None => {
                let detail = format!("Required property `{name}` is missing.");
                Err(invalid(self.family, &detail))
            }
            Some(_) => {
                let detail = format!("Property `{name}` must be a string that is not empty.");
                Err(invalid(self.family, &detail))
            }
        }
    }

    /// A text that may be there.
    ///
    /// # Errors
    /// It is no text.
    pub fn optional(&self, name: &str) -> Result<Option<&'a str>, Box<Answer>> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => {
                let detail = format!("Property `{name}` must be a string.");
                Err(invalid(self.family, &detail))
            }
        }
    }

    /// A list that must be there.
    ///
    /// # Errors
    /// It is not there, or no list.
    pub fn list(&self, name: &str) -> Result<&'a [Value], Box<Answer>> {
        match self.map.get(name) {
            Some(Value::Array(items)) => Ok(items),
            Some(_) => {
                let detail = format!("Property `{name}` must be an array.");
                Err(invalid(self.family, &detail))
            }
            None => {
                let detail = format!("Required property `{name}` is missing.");
                Err(invalid(self.family, &detail))
            }
        }
    }

    /// Yes or no, where it is there.
    ///
    /// # Errors
    /// It is neither.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Box<Answer>> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => {
                let detail = format!("Property `{name}` must be a boolean.");
                Err(invalid(self.family, &detail))
            }
        }
    }
}
