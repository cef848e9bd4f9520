//! Definitions that are of another type than declared.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::check::rules::secret::cover::told;
use crate::format::detect::Format;
use crate::model::finding::{RuleId, Severity};
use crate::project::Project;
use crate::project::connected::connected_apis;

/// The root file's format is not the declared type.
pub static RULE: Rule = Rule {
    id: RuleId("definition-type-mismatch"),
    group: Group::Mapping,
    summary: "the definition is of another type than its metadata declares",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A `type` of the definition that Postman does not know, or that does not fit the root file: `openapi:3` for a document that says 3.1, `proto:2`
for one in `proto3`. A root file of another kind altogether is told by `unfit-root-file`. A type that Postman left open (`null` or none) is
right, and so is a root file whose format is not known.

#### Why it matters

Postman validates the definition and generates collections from it by the declared type.

#### Example

```ini
[config.relations.apiDefinition.metaData]
type = openapi:3
rootFiles[] = openapi.yaml
```

while `openapi.yaml` starts with `openapi: 3.1.0`.

#### How to fix

Write the type that the file has, or push the definition from Postman again, which finds it out anew.
"#,
    check: Check::Project(check),
};

/// The types that Postman writes, and the formats each stands for. No validator here knows OpenAPI 1.
const TYPES: [(&str, &[Format]); 12] = [
    ("openapi:1", &[]),
    ("openapi:2", &[Format::OpenApi20]),
    ("openapi:3", &[Format::OpenApi30]),
    ("openapi:3_1", &[Format::OpenApi31, Format::OpenApi32]),
    ("proto:2", &[Format::Protobuf2]),
    ("proto:3", &[Format::Protobuf3]),
    ("graphql", &[Format::GraphQl]),
    ("wsdl:1", &[Format::Wsdl11]),
    ("wsdl:2", &[Format::Wsdl20]),
    ("raml:0_8", &[Format::Raml08]),
    ("raml:1", &[Format::Raml10]),
    ("null", &[]),
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for api in connected_apis(project) {
        let Some(declared) = api.definition_type.as_ref().filter(|d| !d.text.is_empty()) else {
            continue;
        };
        let root = api.root_files.first().and_then(|root| root.resolved());
        let format = root
            .and_then(|root| project.facts.get(root))
            .map(|f| f.format);
        let format = format.filter(|format| format.is_definition());
        let fitting = format.and_then(|format| {
            let mut types = TYPES
                .iter()
                .filter(|(_, formats)| formats.contains(&format));
            types.next().map(|(name, _)| *name)
        });
        let help = match fitting {
            Some(name) => format!("write `{name}`, or push the definition from Postman again"),
            None => "push the definition from Postman again, which finds out its type".to_owned(),
        };
        let Some((_, formats)) = TYPES.iter().find(|(name, _)| *name == declared.text) else {
            let message = format!(
                "`{}` is no definition type that Postman knows",
                told(&declared.text, 40)
            );
            findings.push(declared.place.clone(), message, help);
            continue;
        };
        if let (Some(root), Some(format), Some(fitting)) = (root, format, fitting)
            && kind(fitting) == kind(&declared.text)
            && !formats.is_empty()
            && !formats.contains(&format)
        {
            let message = format!(
                "definition is declared as `{}`, and `{root}` is {format}",
                declared.text
            );
            findings.push(declared.place.clone(), message, help);
        }
    }
}

/// A type without its version: `openapi` of `openapi:3_1`.
fn kind(written: &str) -> &str {
    written.split(':').next().unwrap_or(written)
}

#[cfg(test)]
mod tests {
    use crate::check::testing::{check, findings, read, words};
    use crate::project::Branches;

    fn repository(declared: &str, root: &str) -> String {
        format!(
            "//- .postman/api\nid = 11111111-2222-4333-8444-555555555555\n[relations.apiDefinition]\nrootDirectory = s\n[relations.apiDefinition.metaData]\ntype = {declared}\nrootFiles[] = a.yaml\n//- s/a.yaml\n{root}\n"
        )
    }

    #[test]
    fn another_version_is_marked() {
        let fixture = repository("openapi:3", "openapi: 3.1.0").replace(
            "type = openapi:3\n",
            "type = openapi:3\n       ^^^^^^^^^ definition-type-mismatch\n",
        );
        check("definition-type-mismatch", &fixture);
        let told = words("definition-type-mismatch", &fixture);
        assert!(told[0].1.starts_with("write `openapi:3_1`"));
    }

    #[test]
    fn the_right_type_and_none_are_right() {
        for (declared, root) in [
            ("openapi:3", "openapi: 3.0.3"),
            ("openapi:2", "swagger: '2.0'"),
            ("null", "openapi: 3.0.3"),
            ("openapi:3", "something: else"),
        ] {
            assert_eq!(
                words("definition-type-mismatch", &repository(declared, root)),
                [],
                "{declared}"
            );
        }
    }

    #[test]
    fn a_root_file_of_another_kind_is_told_once() {
        let (files, _) = read(&repository("proto:3", "openapi: 3.0.3"));
        let told: Vec<&str> = findings(files, Branches::default())
            .iter()
            .map(|finding| finding.rule.0)
            .filter(|rule| ["definition-type-mismatch", "unfit-root-file"].contains(rule))
            .collect();
        assert_eq!(told, ["unfit-root-file"]);
    }

    #[test]
    fn a_type_that_nobody_knows_is_told() {
        let told = words("definition-type-mismatch", &repository("proto_3", "a: b"));
        assert_eq!(
            told[0].0,
            "`proto_3` is no definition type that Postman knows"
        );
    }
}
