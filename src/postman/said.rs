//! What Postman says when it refuses: five shapes of error bodies, read into one.
//!
//! `{"error":{"name","message","details"}}`, `{"type","title","detail"}`, the same with `status` (RFC 7807),
//! `{"name","message"}` and `{"error":{"type","title","detail"}}`, with no rule which call gives which.

use serde_json::{Map, Value};

use crate::model::text::{shortened, visible};
use crate::net::response::Response;

/// An error in Postman's own words, harmless to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// `instanceNotFoundError` and the like.
    pub code: Option<String>,
    /// A sentence.
    pub text: Option<String>,
    /// What exactly, where it says so.
    pub details: Vec<String>,
}

/// Reads the body of a refusal.
pub fn read(response: &Response) -> Said {
    match response.json::<Value>() {
        Ok(Value::Object(body)) => of_object(&body),
        Ok(Value::String(text)) => Said {
            text: shown(&text),
            ..Said::default()
        },
        Ok(_) => Said::default(),
        Err(_) if response.body.is_empty() => Said::default(),
        Err(problem) => Said {
            text: Some(problem.to_string()),
            ..Said::default()
        },
    }
}

/// An error inside of an answer that claims success. `None` where there is none.
pub fn hidden(response: &Response) -> Option<Said> {
    let Ok(Value::Object(body)) = response.json::<Value>() else {
        return None;
    };
    body.contains_key("error").then(|| of_object(&body))
}

impl Said {
    /// The sentence with its details, or that there is none.
    pub fn words(&self) -> String {
        let text = self
            .text
            .as_deref()
            .or(self.code.as_deref())
            .unwrap_or("it does not say why");
        if self.details.is_empty() {
            return text.to_owned();
        }
        format!("{text} ({})", self.details.join("; "))
    }

    /// One of the texts, in any case of letters, stands in code, text or details.
    pub fn mentions(&self, needles: &[&str]) -> bool {
        let parts = self.code.iter().chain(&self.text).chain(&self.details);
        let parts: Vec<String> = parts.map(|part| part.to_ascii_lowercase()).collect();
        needles
            .iter()
            .any(|needle| parts.iter().any(|part| part.contains(needle)))
    }

    /// The same without a text that must not be shown.
    #[must_use]
    pub fn without(self, secret: &str) -> Self {
        let clean = |text: String| {
            if secret.is_empty() {
                text
            } else {
                text.replace(secret, "***")
            }
        };
        Self {
            code: self.code.map(clean),
            text: self.text.map(clean),
            details: self.details.into_iter().map(clean).collect(),
        }
    }
}

fn of_object(body: &Map<String, Value>) -> Said {
    let inner = match body.get("error") {
        Some(Value::Object(inner)) => inner,
        Some(Value::String(text)) => {
            let code = string(body, "name").or_else(|| shown(text));
            let text = string(body, "message").or_else(|| shown(text));
            return Said {
                code,
                text,
                details: Vec::new(),
            };
        }
        _ => body,
    };
    // A `type` may be an address whose last part is the word.
    let code = string(inner, "name").or_else(|| {
        let kind = string(inner, "type").filter(|kind| kind != "about:blank")?;
        Some(kind.rsplit('/').next().unwrap_or_default().to_owned())
    });
    let text = ["message", "detail", "title"]
        .iter()
        .find_map(|name| string(inner, name));
    Said {
        code,
        text,
        details: details(inner.get("details")),
    }
}

fn details(value: Option<&Value>) -> Vec<String> {
    let list = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(other) => vec![other],
    };
    list.into_iter()
        .take(20)
        .filter_map(|detail| match detail {
            Value::String(text) => shown(text),
            other => shown(&other.to_string()),
        })
        .collect()
}

fn string(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => shown(text),
        Value::Object(inner) => shown(&Value::Object(inner.clone()).to_string()),
        _ => None,
    }
}

fn shown(text: &str) -> Option<String> {
    let text = shortened(&visible(text.trim()), 300);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Said, hidden, read};
    use crate::net::response::Response;

    fn said(body: &str) -> Said {
        read(&answer(body))
    }

    fn answer(body: &str) -> Response {
        Response {
            status: 400,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn five_shapes_say_the_same() {
        for body in [
            r#"{"error":{"name":"instanceNotFoundError","message":"We could not find it"}}"#,
            r#"{"type":"instanceNotFoundError","title":"Not found","detail":"We could not find it"}"#,
            r#"{"type":"https://api.postman.com/problems/instanceNotFoundError","title":"x","status":404,"detail":"We could not find it"}"#,
            r#"{"name":"instanceNotFoundError","message":"We could not find it"}"#,
            r#"{"error":{"type":"instanceNotFoundError","title":"x","detail":"We could not find it"}}"#,
        ] {
            let read = said(body);
            assert_eq!(
                read.code.as_deref(),
                Some("instanceNotFoundError"),
                "{body}"
            );
            assert_eq!(read.text.as_deref(), Some("We could not find it"), "{body}");
        }
    }

    #[test]
    fn details_of_every_form_are_kept_and_made_harmless() {
        let listed = said(
            r#"{"error":{"name":"a","message":"b","details":["c\u001b[2J",{"item":"x","id":1}]}}"#,
        );
        assert_eq!(listed.words(), r#"b (c\x1b[2J; {"item":"x","id":1})"#);
        assert_eq!(
            said(r#"{"error":{"message":"b","details":{"param":"name"}}}"#).words(),
            r#"b ({"param":"name"})"#
        );
        assert_eq!(said("").words(), "it does not say why");
        assert_eq!(said("[]").words(), "it does not say why");
        assert!(
            said("<html><title>Bad Gateway</title>")
                .words()
                .contains("Bad Gateway")
        );
        let leaking = said(r#"{"name":"x","message":"key PMAK-1 is wrong"}"#).without("PMAK-1");
        assert_eq!(leaking.words(), "key *** is wrong");
    }

    #[test]
    fn an_error_inside_of_a_success_is_seen() {
        assert!(hidden(&answer(r#"{"error":{"message":"no"}}"#)).is_some());
        assert_eq!(hidden(&answer(r#"{"collection":{}}"#)), None);
    }
}
