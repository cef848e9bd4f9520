//! Every operation: method, path, and who answers.

use crate::sandbox::answer::{Family, Outcome};
use crate::sandbox::call::Call;
use crate::sandbox::{
    api_schemas, api_versions, apis, collections, environments, spec_files, specs, tasks,
    workspaces,
};

/// Answers an operation, given the variable parts of its path.
pub type Handler = fn(&mut Call<'_>, &[String]) -> Outcome;

/// One operation.
#[derive(Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `*` for each variable part.
    pub pattern: &'static str,
    /// How it says no.
    pub family: Family,
    /// It counts against the strict limit too.
    pub strict: bool,
    /// Who answers.
    pub handler: Handler,
}

impl Route {
    /// Viewers may not do it.
    pub fn writes(&self) -> bool {
        self.method != "GET"
    }
}

/// The operation of a request and the variable parts of its path, decoded.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, parts(route.pattern, &segments)?)))
}

/// The variable parts of a path that fits a pattern.
fn parts(pattern: &str, segments: &[&str]) -> Option<Vec<String>> {
    let wanted: Vec<&str> = pattern.strip_prefix('/')?.split('/').collect();
    if wanted.len() != segments.len() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, segment) in wanted.iter().zip(segments) {
        if *wanted == "*" {
            found.push(decoded(segment).filter(|part| !part.is_empty())?);
        } else if wanted != segment {
            return None;
        }
    }
    Some(found)
}

/// A part of a path without its percent signs; nothing where it is no UTF-8.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

const fn route(
    method: &'static str,
    pattern: &'static str,
    family: Family,
    handler: Handler,
) -> Route {
    Route {
        method,
        pattern,
        family,
        strict: false,
        handler,
    }
}

const fn strict(method: &'static str, pattern: &'static str, handler: Handler) -> Route {
    Route {
        method,
        pattern,
        family: Family::Plain,
        strict: true,
        handler,
    }
}

const PLAIN: Family = Family::Plain;
const APIS: Family = Family::Apis;
const SPECS: Family = Family::Specs;

static ROUTES: &[Route] = &[
    route("GET", "/me", PLAIN, workspaces::me),
    strict("GET", "/workspaces", workspaces::list),
    route("POST", "/workspaces", PLAIN, workspaces::create),
    strict("GET", "/workspaces/*", workspaces::read),
    strict("GET", "/collections", collections::list),
    route("POST", "/collections", PLAIN, collections::create),
    route("GET", "/collections/*", PLAIN, collections::read),
    route("PUT", "/collections/*", PLAIN, collections::replace),
    route("PATCH", "/collections/*", PLAIN, collections::change),
    route("DELETE", "/collections/*", PLAIN, collections::delete),
    route(
        "GET",
        "/collection-updates-tasks/*",
        PLAIN,
        collections::update_task,
    ),
    route(
        "PUT",
        "/collections/*/synchronizations",
        SPECS,
        specs::follow_spec,
    ),
    route("GET", "/collections/*/tasks/*", SPECS, tasks::of_element),
    route("GET", "/environments", PLAIN, environments::list),
    route("POST", "/environments", PLAIN, environments::create),
    route("GET", "/environments/*", PLAIN, environments::read),
    route("PUT", "/environments/*", PLAIN, environments::replace),
    route("PATCH", "/environments/*", PLAIN, environments::change),
    route("DELETE", "/environments/*", PLAIN, environments::delete),
    route("GET", "/apis", APIS, apis::list),
    route("POST", "/apis", APIS, apis::create),
    route("GET", "/apis/*", APIS, apis::read),
    route("PUT", "/apis/*", APIS, apis::update),
    route("DELETE", "/apis/*", APIS, apis::delete),
    route("POST", "/apis/*/schemas", APIS, api_schemas::create),
    route("GET", "/apis/*/schemas/*", APIS, api_schemas::read),
    route(
        "GET",
        "/apis/*/schemas/*/files",
        APIS,
        api_schemas::list_files,
    ),
    route(
        "GET",
        "/apis/*/schemas/*/files/*",
        APIS,
        api_schemas::read_file,
    ),
    route(
        "PUT",
        "/apis/*/schemas/*/files/*",
        APIS,
        api_schemas::write_file,
    ),
    route(
        "DELETE",
        "/apis/*/schemas/*/files/*",
        APIS,
        api_schemas::delete_file,
    ),
    route("POST", "/apis/*/collections", APIS, apis::add_collection),
    route("GET", "/apis/*/collections/*", APIS, apis::read_collection),
    route(
        "PUT",
        "/apis/*/collections/*/sync-with-schema-tasks",
        APIS,
        apis::follow_schema,
    ),
    route("GET", "/apis/*/versions", APIS, api_versions::list),
    route("POST", "/apis/*/versions", APIS, api_versions::create),
    route("GET", "/apis/*/versions/*", APIS, api_versions::read),
    route("PUT", "/apis/*/versions/*", APIS, api_versions::update),
    route("DELETE", "/apis/*/versions/*", APIS, api_versions::delete),
    route("GET", "/apis/*/tasks/*", APIS, tasks::of_api),
    route(
        "GET",
        "/apis/*/spec-migrations",
        APIS,
        api_versions::migration,
    ),
    route(
        "POST",
        "/apis/*/spec-migrations",
        APIS,
        api_versions::migrate,
    ),
    route("GET", "/specs", SPECS, specs::list),
    route("POST", "/specs", SPECS, specs::create),
    route("GET", "/specs/*", SPECS, specs::read),
    route("PATCH", "/specs/*", SPECS, specs::rename),
    route("DELETE", "/specs/*", SPECS, specs::delete),
    route("GET", "/specs/*/definitions", SPECS, specs::definition),
    route("GET", "/specs/*/files", SPECS, spec_files::list),
    route("POST", "/specs/*/files", SPECS, spec_files::create),
    route("GET", "/specs/*/files/*", SPECS, spec_files::read),
    route("PATCH", "/specs/*/files/*", SPECS, spec_files::change),
    route("DELETE", "/specs/*/files/*", SPECS, spec_files::delete),
    route(
        "GET",
        "/specs/*/generations/collection",
        SPECS,
        specs::generated,
    ),
    route(
        "POST",
        "/specs/*/generations/collection",
        SPECS,
        specs::generate,
    ),
    route(
        "PUT",
        "/specs/*/synchronizations",
        SPECS,
        specs::follow_collection,
    ),
    route(
        "PATCH",
        "/specs/*/collections/*/sync-options",
        SPECS,
        specs::sync_options,
    ),
    route("GET", "/specs/*/tasks/*", SPECS, tasks::of_element),
    route("GET", "/specs/*/version-tags", SPECS, specs::tags),
    route("POST", "/specs/*/version-tags", SPECS, specs::tag),
];

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_file_path_is_one_encoded_part() {
        let (route, parts) = find("GET", "/specs/1/files/components%2Fa%20b.yaml").unwrap();
        assert_eq!(route.pattern, "/specs/*/files/*");
        assert_eq!(parts, ["1", "components/a b.yaml"]);
        assert!(find("GET", "/specs/1/files/components/a.yaml").is_none());
    }

    #[test]
    fn what_is_no_operation_is_not_found() {
        for (method, path) in [
            ("PUT", "/specs/1"),
            ("GET", "/"),
            ("GET", "me"),
            ("GET", "/me/"),
            ("GET", "/collections/"),
            ("GET", "/collections/%zz"),
            ("GET", "/collections/%ff"),
            ("HEAD", "/me"),
        ] {
            assert!(find(method, path).is_none(), "{method} {path}");
        }
    }
}
