//! Other directories in `.postman/` than in Postman.

use crate::audit::rule::{Rule, Trouble, Words};
use crate::audit::survey::{Survey, directories, parts, shown};
use crate::model::finding::{RuleId, Severity};
use std::collections::BTreeSet;

/// Other directories in `.postman/` than in Postman.
pub static RULE: Rule = Rule {
    id: RuleId("directory-mismatch"),
    severity: Severity::Error,
    words: Words::Own {
        summary: "`.postman/` and Postman name different directories",
        since: "0.1.0",
        docs: r#"
#### What it finds

An API whose repository claims it, where the schema directory or the collection directory in `.postman/` is another one than Postman
has for it.

#### Why it matters

Postman reads and writes its own directory, people and checks look into the other one. Changes are made where nobody reads them.

#### Example

`rootDirectory = postman/collections` in `.postman/api_<id>`, and `collectionFolder: tests/postman` in what Postman says of the API.

#### How to fix

Choose one of both: connect the API again with the right directory, or correct `.postman/` and move the files with `git mv`.
"#,
    },
    check,
};

fn check(survey: &Survey<'_>) -> Vec<Trouble> {
    let mut found = Vec::new();
    for (api, connection) in survey.connections() {
        let told = [
            ("schema directory", &connection.told.schema_folder),
            ("collection directory", &connection.told.collection_folder),
        ];
        let mut seen = BTreeSet::new();
        for claimed in survey.claims_of(api.id) {
            let repository = claimed.repository;
            let is_first = seen.insert((repository, claimed.service.folder.as_str()));
            if !is_first || !connection.means(repository) {
                continue;
            }
            for (role, folder) in told {
                let folder = parts(folder.as_deref().unwrap_or_default()).join("/");
                let own = directories(claimed.service, role);
                // Of several the files do not say here which API has which: one that fits is enough.
                if folder.is_empty() || own.is_empty() || own.contains_key(&folder) {
                    continue;
                }
                let (Some(path), Some(at)) = (own.keys().next(), own.values().next()) else {
                    continue;
                };
                found.push(Trouble::new(
                    repository.spot(&at.at),
                    format!(
                        "{role} is `{}` here and `{}` in Postman",
                        shown(path),
                        shown(&folder)
                    ),
                    "choose the same directory in Postman and in `.postman/`",
                ));
            }
        }
    }
    found
}
