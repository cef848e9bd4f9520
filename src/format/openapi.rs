//! OpenAPI definitions: 2.0 (Swagger), 3.0, 3.1 and 3.2.

use crate::format::detect::Format;
use crate::format::fault::{Fault, FaultKind};
use crate::format::node::NodeRef;
use crate::format::schema::Schema;

static VERSION_2_0: Schema = Schema::new("openapi-2.0", include_str!("schemas/openapi-2.0.json"));
static VERSION_3_0: Schema = Schema::new("openapi-3.0", include_str!("schemas/openapi-3.0.json"));
static VERSION_3_1: Schema = Schema::new("openapi-3.1", include_str!("schemas/openapi-3.1.json"));
static VERSION_3_2: Schema = Schema::new("openapi-3.2", include_str!("schemas/openapi-3.2.json"));

/// What the schema of its version says of a definition. References are not followed here.
pub fn validate(format: Format, root: NodeRef<'_>) -> Vec<Fault> {
    let (schema, key, known) = match format {
        Format::OpenApi20 => (&VERSION_2_0, "swagger", "2.0"),
        Format::OpenApi31 => (&VERSION_3_1, "openapi", "3.1."),
        Format::OpenApi32 => (&VERSION_3_2, "openapi", "3.2."),
        _ => (&VERSION_3_0, "openapi", "3.0."),
    };
    let mut faults = schema.faults(root, "");
    if let Some(version) = root.get(key)
        && !version
            .as_text()
            .is_some_and(|text| text.starts_with(known))
    {
        let message = "definition names an OpenAPI version that there is not";
        let fault = Fault::at(
            FaultKind::UnknownVersion,
            version.span(),
            format!("/{key}"),
            message,
        );
        faults.push(
            fault.with_help("write a published version in quotes, such as \"3.0.3\" or \"3.1.0\""),
        );
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::format::detect::Format;
    use crate::format::fault::FaultKind;
    use crate::format::yaml;

    fn told(format: Format, text: &str) -> Vec<(FaultKind, String)> {
        let (document, faults) = yaml::parse(text.to_owned());
        assert_eq!(faults, []);
        let faults = validate(format, document.root().unwrap());
        faults
            .into_iter()
            .map(|fault| (fault.kind, fault.pointer.unwrap()))
            .collect()
    }

    #[test]
    fn what_every_definition_must_have_is_demanded_in_every_version() {
        for (format, head) in [
            (Format::OpenApi20, "swagger: '2.0'"),
            (Format::OpenApi30, "openapi: 3.0.3"),
            (Format::OpenApi31, "openapi: 3.1.0"),
            (Format::OpenApi32, "openapi: 3.2.0"),
        ] {
            let good = format!("{head}\ninfo: {{title: x, version: '1'}}\npaths: {{}}\n");
            assert_eq!(told(format, &good), [], "{head}");
            let bad = format!("{head}\ninfo: {{title: x}}\npaths: {{}}\n");
            assert_eq!(
                told(format, &bad),
                [(FaultKind::Schema, "/info".to_owned())],
                "{head}"
            );
        }
    }

    #[test]
    fn a_response_without_description_is_told_where_it_is() {
        let text = "openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        200: {}\n";
        assert_eq!(
            told(Format::OpenApi30, text),
            [(FaultKind::Schema, "/paths/~1a/get/responses/200".to_owned())]
        );
    }

    #[test]
    fn a_version_that_there_is_not_is_told() {
        let text = "openapi: 4.0.0\ninfo: {title: x, version: '1'}\npaths: {}\n";
        assert!(
            told(Format::OpenApi30, text)
                .contains(&(FaultKind::UnknownVersion, "/openapi".to_owned()))
        );
    }
}
