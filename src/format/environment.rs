//! Postman environments and globals, exported as JSON or kept as YAML. No schema of them is published; ours
//! demands what Postman's importer needs.

use crate::format::detect::Format;
use crate::format::fault::Fault;
use crate::format::node::NodeRef;
use crate::format::schema::Schema;

static ENVIRONMENT: Schema = Schema::new("environment", include_str!("schemas/environment.json"));
static GLOBALS: Schema = Schema::new("globals", include_str!("schemas/globals.json"));

/// What there is to say of an environment's shape. `prefix` is the pointer to it in its document.
pub fn validate(format: Format, root: NodeRef<'_>, prefix: &str) -> Vec<Fault> {
    if format == Format::Globals {
        GLOBALS.faults(root, prefix)
    } else {
        ENVIRONMENT.faults(root, prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::format::detect::Format;
    use crate::format::{json, yaml};

    #[test]
    fn a_variable_wants_a_key() {
        let (document, _) = json::parse(
            r#"{"name": "Dev", "values": [{"key": "a", "value": "b"}, {"value": "c"}]}"#.to_owned(),
        );
        let faults = validate(Format::Environment, document.root().unwrap(), "");
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].pointer.as_deref(), Some("/values/1"));
    }

    #[test]
    fn the_newer_yaml_form_is_taken_too() {
        let (document, _) = yaml::parse(
            "name: Globals\nvalues:\n  - key: a\n    value: ''\n    enabled: true\n".to_owned(),
        );
        assert_eq!(validate(Format::Globals, document.root().unwrap(), ""), []);
    }
}
