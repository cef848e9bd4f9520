//! Postman collections in one file: versions 1.0, 2.0 and 2.1.

use crate::format::detect::Format;
use crate::format::fault::{Fault, FaultKind};
use crate::format::node::NodeRef;
use crate::format::schema::Schema;

static VERSION_1: Schema = Schema::new(
    "collection-1.0",
    include_str!("schemas/collection-1.0.json"),
);
static VERSION_2_0: Schema = Schema::new(
    "collection-2.0",
    include_str!("schemas/collection-2.0.json"),
);
static VERSION_2_1: Schema = Schema::new(
    "collection-2.1",
    include_str!("schemas/collection-2.1.json"),
);

/// What the schema of its version says of a collection, and what there is to say of the version.
pub fn validate(format: Format, root: NodeRef<'_>, prefix: &str) -> Vec<Fault> {
    let schema = match format {
        Format::Collection1 => &VERSION_1,
        Format::Collection20 => &VERSION_2_0,
        _ => &VERSION_2_1,
    };
    let mut faults = schema.faults(root, prefix);
    if format == Format::Collection21 {
        faults.extend(unknown_version(root, prefix));
    }
    faults
}

/// A collection that names no version, or one that nobody knows, is read as 2.1; that is worth a word.
fn unknown_version(root: NodeRef<'_>, prefix: &str) -> Option<Fault> {
    let schema = root.at("/info/schema")?;
    let address = schema.as_str()?;
    if address.contains("v2.1.0") {
        return None;
    }
    let pointer = format!("{prefix}/info/schema");
    let message = "collection names a schema version that Postman does not have";
    let help = "write `https://schema.getpostman.com/json/collection/v2.1.0/collection.json`";
    Some(Fault::at(FaultKind::UnknownVersion, schema.span(), pointer, message).with_help(help))
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::format::detect::Format;
    use crate::format::fault::FaultKind;
    use crate::format::json;

    fn told(format: Format, text: &str) -> Vec<(FaultKind, String)> {
        let (document, faults) = json::parse(text.to_owned());
        assert_eq!(faults, []);
        let faults = validate(format, document.root().unwrap(), "");
        faults
            .into_iter()
            .map(|fault| (fault.kind, fault.pointer.unwrap()))
            .collect()
    }

    const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

    #[test]
    fn a_fault_deep_in_a_folder_is_told_there() {
        let text = format!(
            r#"{{"info": {{"name": "x", "schema": "{SCHEMA}"}}, "item": [{{"name": "folder", "item": [
            {{"request": {{"method": "GET", "header": [{{"key": "A"}}], "url": "x"}}}}]}}]}}"#
        );
        assert_eq!(
            told(Format::Collection21, &text),
            [(
                FaultKind::Schema,
                "/item/0/item/0/request/header/0".to_owned()
            )]
        );
    }

    #[test]
    fn a_hundred_faults_are_a_hundred_faults() {
        let headers = r#"{"key": "A", "value": 1},"#.repeat(100);
        let text = format!(
            r#"{{"info": {{"name": "x", "schema": "{SCHEMA}"}}, "item": [{{"request": {{"header": [{}]}}}}]}}"#,
            headers.trim_end_matches(',')
        );
        assert_eq!(told(Format::Collection21, &text).len(), 100);
    }

    #[test]
    fn a_version_nobody_knows_is_told_and_read_as_the_newest() {
        let text = r#"{"info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v3.9.9/"}, "item": []}"#;
        assert_eq!(
            told(Format::Collection21, text),
            [(FaultKind::UnknownVersion, "/info/schema".to_owned())]
        );
    }

    #[test]
    fn every_version_has_its_schema() {
        assert_eq!(told(Format::Collection1, r#"{"requests": []}"#).len(), 3);
        assert_eq!(told(Format::Collection20, r#"{"info": {}}"#).len(), 3);
    }
}
