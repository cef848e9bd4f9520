//! AsyncAPI definitions: 2.x and 3.x.

use crate::format::detect::Format;
use crate::format::fault::{Fault, FaultKind};
use crate::format::node::NodeRef;
use crate::format::schema::Schema;

static VERSION_2: Schema = Schema::new("asyncapi-2", include_str!("schemas/asyncapi-2.json"));
static VERSION_3: Schema = Schema::new("asyncapi-3", include_str!("schemas/asyncapi-3.json"));

/// The versions that were published.
const PUBLISHED: [&str; 9] = [
    "2.0.0", "2.1.0", "2.2.0", "2.3.0", "2.4.0", "2.5.0", "2.6.0", "3.0.0", "3.1.0",
];

/// What the schema of its version says of a definition. References are not followed here.
pub fn validate(format: Format, root: NodeRef<'_>) -> Vec<Fault> {
    let schema = if format == Format::AsyncApi3 {
        &VERSION_3
    } else {
        &VERSION_2
    };
    let mut faults = schema.faults(root, "");
    if let Some(version) = root.get("asyncapi")
        && !version
            .as_text()
            .is_some_and(|text| PUBLISHED.contains(&text))
    {
        let message = "definition names an AsyncAPI version that there is not";
        let fault = Fault::at(
            FaultKind::UnknownVersion,
            version.span(),
            "/asyncapi".to_owned(),
            message,
        );
        faults.push(fault.with_help("write a published version, such as \"2.6.0\" or \"3.0.0\""));
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
    fn what_every_definition_must_have_is_demanded() {
        let two = "asyncapi: 2.6.0\ninfo: {title: x, version: '1'}\nchannels: {}\n";
        assert_eq!(told(Format::AsyncApi2, two), []);
        assert_eq!(
            told(Format::AsyncApi2, &two.replace("channels: {}\n", "")),
            [(FaultKind::Schema, String::new())]
        );
        let three = "asyncapi: 3.0.0\ninfo: {title: x, version: '1'}\n";
        assert_eq!(told(Format::AsyncApi3, three), []);
        assert_eq!(
            told(Format::AsyncApi3, &three.replace(", version: '1'", "")),
            [(FaultKind::Schema, "/info".to_owned())]
        );
    }

    #[test]
    fn a_version_that_there_is_not_is_told() {
        let text = "asyncapi: 2.9.0\ninfo: {title: x, version: '1'}\nchannels: {}\n";
        assert!(
            told(Format::AsyncApi2, text)
                .iter()
                .any(|(kind, _)| *kind == FaultKind::UnknownVersion)
        );
    }
}
