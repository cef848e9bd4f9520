//! The URL of a request without what may differ for one and the same request.

use crate::format::node::{Kind, NodeRef};

/// The URL with every variable as `{}`, without protocol and fragment, its query as sorted keys, no slash at the end.
/// Empty where there is no request or no URL.
pub(crate) fn url_template(item: NodeRef<'_>) -> String {
    let Some(request) = item.get("request") else {
        return String::new();
    };
    let url = if request.kind() == Kind::String {
        Some(request)
    } else {
        request.get("url")
    };
    url.map(address_template).unwrap_or_default()
}

/// The same of a URL itself.
pub(crate) fn address_template(url: NodeRef<'_>) -> String {
    template(&url_text(url))
}

/// A URL as one text, whether it is written as a string or taken apart.
pub(crate) fn url_text(url: NodeRef<'_>) -> String {
    if let Some(text) = url.as_str().or_else(|| url.get_str("raw")) {
        return text.to_owned();
    }
    let joined = |key: &str, between: &str| -> String {
        let Some(part) = url.get(key) else {
            return String::new();
        };
        if let Some(text) = part.as_str() {
            return text.to_owned();
        }
        let parts: Vec<&str> = part
            .items()
            .filter_map(|part| part.as_text().or_else(|| part.get_str("value")))
            .collect();
        parts.join(between)
    };
    let mut text = String::new();
    if let Some(protocol) = url.get_str("protocol").filter(|text| !text.is_empty()) {
        text.push_str(protocol);
        text.push_str("://");
    }
    text.push_str(&joined("host", "."));
    if let Some(port) = url.get("port").and_then(NodeRef::as_text) {
        text.push(':');
        text.push_str(port);
    }
    let path = joined("path", "/");
    if !path.is_empty() {
        if !path.starts_with('/') {
            text.push('/');
        }
        text.push_str(&path);
    }
    let query: Vec<String> = url
        .get("query")
        .into_iter()
        .flat_map(NodeRef::items)
        .filter(|parameter| parameter.get("disabled").and_then(NodeRef::as_boolean) != Some(true))
        .map(|parameter| {
            let key = parameter.get_str("key").unwrap_or_default();
            match parameter.get_str("value") {
                Some(value) => format!("{key}={value}"),
                None => key.to_owned(),
            }
        })
        .collect();
    if !query.is_empty() {
        text.push('?');
        text.push_str(&query.join("&"));
    }
    text
}

fn template(url: &str) -> String {
    let url = without_variables(url);
    let url = url.split('#').next().unwrap_or_default();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let address = address
        .split_once("://")
        .map_or(address, |(_, address)| address);
    let segments: Vec<&str> = address
        .trim_end_matches('/')
        .split('/')
        .map(|segment| {
            // `:` alone is no variable, and a port stands behind a host.
            if segment.starts_with(':') && segment.len() > 1 {
                "{}"
            } else {
                segment
            }
        })
        .collect();
    let mut keys: Vec<&str> = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default())
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort_unstable();
    let mut template = segments.join("/");
    if !keys.is_empty() {
        template.push('?');
        template.push_str(&keys.join("&"));
    }
    template
}

fn without_variables(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(start) = rest.find("{{") {
        text.push_str(&rest[..start]);
        let behind = &rest[start + 2..];
        match behind.find("}}") {
            Some(end) => {
                text.push_str("{}");
                rest = &behind[end + 2..];
            }
            None => {
                text.push_str("{{");
                rest = behind;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::{template, url_text};
    use crate::format::json;

    #[test]
    fn one_request_has_one_template() {
        for url in [
            "{{base}}/users/:id?b=1&a=2",
            "https://{{url}}/users/{{user}}/?a=1&b=#x",
        ] {
            assert_eq!(template(url), "{}/users/{}?a&b", "{url}");
        }
        assert_eq!(template("{{open"), "{{open");
        assert_eq!(template(""), "");
    }

    #[test]
    fn a_url_taken_apart_is_put_together() {
        let (document, _) = json::parse(r#"{"protocol": "https", "host": ["a", "b"], "port": "8080", "path": ["x", {"value": ":y"}], "query": [{"key": "q", "value": "1"}, {"key": "off", "disabled": true}]}"#.to_owned());
        assert_eq!(
            url_text(document.root().unwrap()),
            "https://a.b:8080/x/:y?q=1"
        );
    }
}
