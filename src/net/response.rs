//! What came back: status, headers, the whole body; and what a body is that should have been JSON.

use serde::de::DeserializeOwned;

use crate::model::text::{shortened, visible};

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

/// Why a body is not the JSON that it should be: for people, with nothing in it that drives a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// A page for people: of a proxy, a captive portal or a gateway.
    #[error("a web page came instead of JSON{}", titled(.0))]
    Page(Option<String>),
    /// Cut off in the middle.
    #[error("the JSON ends in the middle, after {0} bytes")]
    Cut(usize),
    /// No JSON, or another shape.
    #[error("{0}")]
    Wrong(String),
}

impl Response {
    /// A header's value; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON of some type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, NotJson> {
        self.page()?;
        serde_json::from_slice(&self.body).map_err(|error| self.not_json(&error))
    }

    /// The body as text, where it is no web page.
    pub fn text(&self) -> Result<&str, NotJson> {
        self.page()?;
        std::str::from_utf8(&self.body)
            .map_err(|error| NotJson::Wrong(format!("byte {} is no UTF-8", error.valid_up_to())))
    }

    /// An error where the body is a web page.
    fn page(&self) -> Result<(), NotJson> {
        let declared = self.header("content-type").is_some_and(|kind| {
            kind.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/html")
        });
        let start = self.body.trim_ascii_start();
        let start = String::from_utf8_lossy(&start[..start.len().min(64)]).to_ascii_lowercase();
        if declared || start.starts_with("<!doctype html") || start.starts_with("<html") {
            return Err(NotJson::Page(title(&self.body)));
        }
        Ok(())
    }

    fn not_json(&self, error: &serde_json::Error) -> NotJson {
        if error.is_eof() {
            return NotJson::Cut(self.body.len());
        }
        let kind = if error.is_data() {
            "the JSON has an unexpected shape"
        } else {
            "it is no JSON"
        };
        // serde quotes the value that it met, which may be somebody's secret and may drive a terminal.
        let message = error.to_string();
        let said = match message.rfind(", expected ") {
            Some(at) => &message[at + 2..],
            None => &message,
        };
        NotJson::Wrong(format!("{kind}: {}", shortened(&visible(said), 200)))
    }
}

fn titled(title: &Option<String>) -> String {
    title
        .as_ref()
        .map_or(String::new(), |title| format!(", titled “{title}”"))
}

/// The title of a page, on one line and harmless.
fn title(body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]).into_owned();
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words: Vec<&str> = page[start..end].split_whitespace().collect();
    let title = shortened(&visible(&words.join(" ")), 80);
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{NotJson, Response};

    fn answer(kind: &str, body: &str) -> Response {
        Response {
            status: 200,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_page_of_a_proxy_is_told_by_its_title() {
        let page = "<!DOCTYPE html><HTML><Title>\n Sign\u{1b}[31m in </title>";
        for kind in ["text/html; charset=utf-8", "application/json"] {
            let error = answer(kind, page).json::<Value>().unwrap_err();
            assert_eq!(
                error.to_string(),
                "a web page came instead of JSON, titled “Sign\\x1b[31m in”"
            );
        }
        let untitled = answer("text/html", "no").json::<Value>().unwrap_err();
        assert_eq!(untitled, NotJson::Page(None));
    }

    #[test]
    fn cut_wrong_and_deep_bodies_are_errors_and_no_crash() {
        let json = |body: &str| answer("application/json", body).json::<Value>();
        assert_eq!(json("{\"a\": [1,").unwrap_err(), NotJson::Cut(9));
        assert!(
            json("{\"a\" 1}")
                .unwrap_err()
                .to_string()
                .starts_with("it is no JSON")
        );
        assert!(json(&"[".repeat(100_000)).is_err());
        let shape = answer("application/json", "{\"a\":\"\\u001b]0;x\"}").json::<Vec<u8>>();
        assert!(!shape.unwrap_err().to_string().contains('\u{1b}'));
        let secret = answer("application/json", "\"hunter2, expected\"").json::<u32>();
        let text = secret.unwrap_err().to_string();
        assert!(
            text.contains("expected u32") && !text.contains("hunter2"),
            "{text}"
        );
    }
}
