//! One file that moved in Postman, or on both sides, made into what the repository gets: merged with what both sides last
//! had, in the file's own words and layout, or in conflict with both versions kept.
//!
//! Postman stores some things in its own words: it fills in defaults and takes addresses apart. So there are two bases, what
//! Git had and what Postman had. What Postman changed since is carried over to Git's base first, and only that is merged
//! with what Git has now. A word that was changed in Postman is then a word that is changed in the file.

use crate::format::diff::{Dialect, diff};
use crate::format::diff_told::told;
use crate::format::merge_text::merge_lines;
use crate::format::merge_value::Conflict;
use crate::format::{Parsed, read};
use crate::mirror::element::ElementKind;
use crate::mirror::ids::IdTable;
use crate::mirror::local_words::in_local_words;
use crate::mirror::merging::{Take, Versions, merge_answered, rewritten};
use crate::model::text::counted;

/// One file on all sides.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// What it is a file of.
    pub kind: ElementKind,
    /// Its path, which may decide what format it has.
    pub path: &'a str,
    /// What Git and what Postman had when they agreed.
    pub base: Option<(&'a [u8], &'a [u8])>,
    /// What Git has.
    pub git: &'a [u8],
    /// What Postman has.
    pub postman: &'a [u8],
    /// Ids of the file, and for each the one in Postman.
    pub ids: &'a IdTable,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// It can be written.
    Clean {
        /// What the file shall hold.
        merged: Vec<u8>,
        /// What Postman has, in the file's words: what both sides agree on from now on. Whatever else `merged` has is news
        /// to Postman.
        agreed: Vec<u8>,
    },
    /// A person has to decide.
    Conflicts(Vec<Conflict>),
}

/// Who decides where both sides changed one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolve {
    /// Nobody: what merges is merged, and a conflict is told.
    #[default]
    Nobody,
    /// `ours`: Git's side counts.
    Ours,
    /// `theirs`: Postman's side counts.
    Theirs,
    /// `merge`: nobody decides, and what never was the same is merged all the same.
    Merge,
}

/// Asked for every conflict: whose side counts, or nothing where a person still has to decide.
pub type Answer<'f> = &'f mut dyn FnMut(&Conflict) -> Option<Take>;

impl Resolve {
    /// The answer to every conflict.
    pub fn answer(self) -> Option<Take> {
        match self {
            Self::Ours => Some(Take::Ours),
            Self::Theirs => Some(Take::Theirs),
            Self::Nobody | Self::Merge => None,
        }
    }
}

/// Reconciles a file. `without_base` says that two versions that never were the same may be merged.
///
/// # Errors
/// A sentence about what is in the way: a version that cannot be read, a layout that cannot be written.
pub fn reconcile(
    sides: &Sides<'_>,
    without_base: bool,
    answer: Answer<'_>,
) -> Result<Reconciled, String> {
    let Some((git_base, _)) = sides.base else {
        return never_agreed(sides, without_base, answer);
    };
    let agreed = carried_over(sides)?;
    if agreed == git_base || agreed == sides.git {
        let merged = sides.git.to_vec();
        return Ok(Reconciled::Clean { merged, agreed });
    }
    if sides.git == git_base {
        let merged = agreed.clone();
        return Ok(Reconciled::Clean { merged, agreed });
    }
    let versions = Versions {
        base: git_base.to_vec(),
        ours: sides.git.to_vec(),
        theirs: agreed.clone(),
    };
    // A push may have come through that was never recorded: what Git has is in Postman then, in Postman's own words.
    let mut own = |conflict: &Conflict| match is_trimmed_name(conflict) {
        true => Some(Take::Ours),
        false => answer(conflict),
    };
    Ok(match merged_with(sides.path, versions, &mut own)? {
        Ok(merged) => Reconciled::Clean { merged, agreed },
        Err(conflicts) => Reconciled::Conflicts(conflicts),
    })
}

/// Whether both sides gave something the same name, but for the blanks around it, which Postman does not store.
fn is_trimmed_name(conflict: &Conflict) -> bool {
    let name = |text: &Option<String>| serde_json::from_str::<String>(text.as_deref()?).ok();
    let (ours, theirs) = (name(&conflict.ours), name(&conflict.theirs));
    conflict.field.ends_with("/name")
        && ours
            .zip(theirs)
            .is_some_and(|(ours, theirs)| ours.trim() == theirs.trim())
}

/// The text of a file that is new in Git.
///
/// # Errors
/// As for [`reconcile`].
pub fn new_file(kind: ElementKind, postman: &[u8]) -> Result<Vec<u8>, String> {
    in_local_words(kind, postman, None, &IdTable::new())
}

/// What differs between two versions of a file, one conflict for each part of the difference, as people tell it; secrets are
/// masked.
pub fn differences(path: &str, ours: &[u8], theirs: &[u8], message: &str) -> Vec<Conflict> {
    let (ours, theirs) = (read(path, ours.to_vec()), read(path, theirs.to_vec()));
    let (Some((one, _)), Some((other, _))) = (ours.subject(), theirs.subject()) else {
        return vec![whole(message)];
    };
    let compared = diff(one, other, dialect(&ours));
    // Postman fills in what is empty.
    let is_empty = |text: &Option<String>| {
        text.as_deref()
            .is_none_or(|text| ["[]", "{}", "\"\"", ""].contains(&text))
    };
    let conflicts: Vec<Conflict> = told(&compared)
        .into_iter()
        .filter(|change| {
            !change.lines.is_empty() || !is_empty(&change.before) || !is_empty(&change.after)
        })
        .map(|change| Conflict {
            item: change.item.join(" / "),
            field: change.what.join(" / "),
            message: message.to_owned(),
            base: None,
            ours: change.before,
            theirs: change.after,
        })
        .collect();
    if conflicts.is_empty() {
        return vec![whole(message)];
    }
    conflicts
}

/// A conflict about all of an element.
pub fn whole(message: &str) -> Conflict {
    Conflict {
        item: String::new(),
        field: String::new(),
        message: message.to_owned(),
        base: None,
        ours: None,
        theirs: None,
    }
}

/// Why two versions that never were the same are in conflict.
pub const NEVER_AGREED: &str = "both sides have it, and they never were the same";

/// Git's base with what Postman changed since.
fn carried_over(sides: &Sides<'_>) -> Result<Vec<u8>, String> {
    let Some((git_base, postman_base)) = sides.base else {
        return Ok(sides.postman.to_vec());
    };
    if postman_base == sides.postman {
        return Ok(git_base.to_vec());
    }
    let words = |remote: &[u8]| in_local_words(sides.kind, remote, Some(git_base), sides.ids);
    let before = words(postman_base)?;
    let now = words(sides.postman)?;
    if before == now {
        return Ok(git_base.to_vec());
    }
    if before == git_base {
        return Ok(now);
    }
    let versions = Versions {
        base: before,
        ours: git_base.to_vec(),
        theirs: now,
    };
    // Git did not change this base: where the words differ, Postman's are the newer ones.
    let result = merged_with(sides.path, versions, &mut |_| Some(Take::Theirs))?;
    result
        .map_err(|_| "what Postman changed cannot be told from what it writes by itself".to_owned())
}

fn never_agreed(
    sides: &Sides<'_>,
    without_base: bool,
    answer: Answer<'_>,
) -> Result<Reconciled, String> {
    let theirs = in_local_words(sides.kind, sides.postman, Some(sides.git), sides.ids)?;
    let path = sides.path;
    let (ours_read, theirs_read) = (read(path, sides.git.to_vec()), read(path, theirs.clone()));
    let agreed = if ours_read.document.is_some() && theirs_read.document.is_some() {
        rewritten(&ours_read, &theirs_read)?.into_bytes()
    } else {
        theirs
    };
    if same_meaning(&ours_read, &theirs_read) {
        let merged = sides.git.to_vec();
        return Ok(Reconciled::Clean { merged, agreed });
    }
    if without_base {
        let versions = Versions {
            base: Vec::new(),
            ours: sides.git.to_vec(),
            theirs: agreed.clone(),
        };
        return Ok(match merged_with(path, versions, answer)? {
            Ok(merged) => Reconciled::Clean { merged, agreed },
            Err(conflicts) => Reconciled::Conflicts(conflicts),
        });
    }
    let told = differences(path, sides.git, &agreed, NEVER_AGREED);
    let take = match told.as_slice() {
        [only] => answer(only),
        several => answer(&whole(&format!(
            "{NEVER_AGREED}: {}",
            counted(several.len(), "difference")
        ))),
    };
    Ok(match take {
        None => Reconciled::Conflicts(told),
        Some(Take::Ours) => Reconciled::Clean {
            merged: sides.git.to_vec(),
            agreed,
        },
        Some(Take::Theirs) => Reconciled::Clean {
            merged: agreed.clone(),
            agreed,
        },
    })
}

/// A merge by meaning, or by line for what has no values here.
fn merged_with(
    path: &str,
    versions: Versions,
    answer: Answer<'_>,
) -> Result<Result<Vec<u8>, Vec<Conflict>>, String> {
    let is_text = |bytes: &[u8]| read(path, bytes.to_vec()).document.is_none();
    if !is_text(&versions.ours) && !is_text(&versions.theirs) {
        let merged = merge_answered(path, versions, answer)?;
        return Ok(merged.map(String::into_bytes));
    }
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let texts = [&versions.base, &versions.ours, &versions.theirs].map(|bytes| utf8(bytes));
    if let [Some(base), Some(ours), Some(theirs)] = &texts
        && let Some(merged) = merge_lines(base, ours, theirs)
    {
        return Ok(Ok(merged.into_bytes()));
    }
    let conflict = whole("both sides changed the same lines");
    Ok(match answer(&conflict) {
        Some(Take::Ours) => Ok(versions.ours),
        Some(Take::Theirs) => Ok(versions.theirs),
        None => Err(vec![conflict]),
    })
}

fn same_meaning(ours: &Parsed, theirs: &Parsed) -> bool {
    match (ours.canonical_digest(), theirs.canonical_digest()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn dialect(parsed: &Parsed) -> Dialect {
    if parsed.format.is_collection() {
        Dialect::Collection
    } else if parsed.format.is_environment() {
        Dialect::Environment
    } else if parsed.format.is_definition() {
        Dialect::Definition
    } else {
        Dialect::Other
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Reconciled, Resolve, Sides, reconcile};
    use crate::mirror::element::ElementKind;
    use crate::mirror::ids::IdTable;

    const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

    /// What Git has: four blanks, one request a line, an address in one piece.
    const FILE: &str = r#"{
    "info": {"name": "Orders", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [
        {"name": "List", "id": "mine-1", "request": {"method": "GET", "url": "https://a.example/orders"}},
        {"name": "Make", "id": "mine-2", "request": {"method": "POST", "url": "https://a.example/orders"}}
    ]
}
"#;

    /// What Postman makes of it.
    fn stored() -> Value {
        let url = json!({"raw": "https://a.example/orders", "protocol": "https", "host": ["a", "example"], "path": ["orders"]});
        let item = |name: &str, id: &str, method: &str| json!({"name": name, "id": id, "uid": format!("9-{id}"), "request": {"method": method, "header": [], "url": url}, "response": []});
        json!({"info": {"_postman_id": "c", "name": "Orders", "schema": SCHEMA, "updatedAt": "t", "uid": "9-c"},
            "item": [item("List", "p1", "GET"), item("Make", "p2", "POST")]})
    }

    fn run(
        base: Option<(&str, &Value)>,
        git: &str,
        postman: &Value,
        resolve: Resolve,
    ) -> Reconciled {
        let ids = IdTable::from([
            ("mine-1".to_owned(), "p1".to_owned()),
            ("mine-2".to_owned(), "p2".to_owned()),
        ]);
        let (postman, base) = (
            postman.to_string(),
            base.map(|(one, two)| (one.to_owned(), two.to_string())),
        );
        let sides = Sides {
            kind: ElementKind::Collection,
            path: "postman/collections/orders.json",
            base: base
                .as_ref()
                .map(|(one, two)| (one.as_bytes(), two.as_bytes())),
            git: git.as_bytes(),
            postman: postman.as_bytes(),
            ids: &ids,
        };
        let without_base = resolve == Resolve::Merge;
        reconcile(&sides, without_base, &mut |_| resolve.answer()).unwrap()
    }

    #[track_caller]
    fn clean(reconciled: Reconciled) -> (String, String) {
        match reconciled {
            Reconciled::Clean { merged, agreed } => (
                String::from_utf8(merged).unwrap(),
                String::from_utf8(agreed).unwrap(),
            ),
            Reconciled::Conflicts(conflicts) => panic!("{conflicts:#?}"),
        }
    }

    fn lines_changed(before: &str, after: &str) -> usize {
        assert_eq!(before.lines().count(), after.lines().count(), "{after}");
        let pairs = before.lines().zip(after.lines());
        pairs.filter(|(one, other)| one != other).count()
    }

    #[test]
    fn what_postman_says_in_its_own_words_changes_nothing() {
        let (merged, agreed) = clean(run(
            Some((FILE, &stored())),
            FILE,
            &stored(),
            Resolve::Nobody,
        ));
        assert_eq!((merged.as_str(), agreed.as_str()), (FILE, FILE));
        let mut touched = stored();
        touched["info"]["updatedAt"] = json!("later");
        let (merged, _) = clean(run(
            Some((FILE, &stored())),
            FILE,
            &touched,
            Resolve::Nobody,
        ));
        assert_eq!(merged, FILE);
    }

    #[test]
    fn one_word_changed_in_postman_is_one_line_of_the_file() {
        let changes: [(&str, Value); 4] = [
            ("/item/1/name", json!("Create")),
            ("/item/1/request/method", json!("PUT")),
            ("/info/name", json!("Orders 2")),
            (
                "/item/0/request/url",
                json!({"raw": "https://a.example/all", "protocol": "https", "host": ["a", "example"], "path": ["all"]}),
            ),
        ];
        for (pointer, value) in changes {
            let mut remote = stored();
            *remote.pointer_mut(pointer).unwrap() = value;
            for file in [FILE.to_owned(), FILE.replace('\n', "\r\n")] {
                let base = Some((file.as_str(), &stored()));
                let (merged, agreed) = clean(run(base, &file, &remote, Resolve::Nobody));
                assert_eq!(merged, agreed);
                assert_eq!(merged.contains('\r'), file.contains('\r'));
                assert!(
                    !merged.contains("p1") && !merged.contains("updatedAt"),
                    "{merged}"
                );
                if pointer != "/item/0/request/url" {
                    assert_eq!(lines_changed(&file, &merged), 1, "{pointer}: {merged}");
                }
            }
        }
    }

    #[test]
    fn changes_of_different_fields_merge_and_of_one_field_are_in_conflict() {
        let mut remote = stored();
        remote["item"][1]["name"] = json!("Create");
        let git = FILE.replace("\"method\": \"GET\"", "\"method\": \"HEAD\"");
        let (merged, agreed) = clean(run(Some((FILE, &stored())), &git, &remote, Resolve::Nobody));
        assert_eq!(merged, git.replace("\"Make\"", "\"Create\""));
        assert_eq!(agreed, FILE.replace("\"Make\"", "\"Create\""));

        // Postman stores a name without the blanks around it, and that is no other name.
        let git = FILE.replace("\"Make\"", "\" Create \"");
        let (merged, _) = clean(run(Some((FILE, &stored())), &git, &remote, Resolve::Nobody));
        assert_eq!(merged, git);

        let git = FILE.replace("\"Make\"", "\"Add\"");
        let base = Some((FILE, &stored()));
        let Reconciled::Conflicts(conflicts) = run(base, &git, &remote, Resolve::Nobody) else {
            panic!("both changed one name");
        };
        assert_eq!(conflicts.len(), 1);
        let told = &conflicts[0];
        assert_eq!((told.item.as_str(), told.field.as_str()), ("Add", "/name"));
        let values = [&told.base, &told.ours, &told.theirs].map(|text| text.as_deref().unwrap());
        assert_eq!(values, ["\"Make\"", "\"Add\"", "\"Create\""]);
        let (ours, agreed) = clean(run(base, &git, &remote, Resolve::Ours));
        assert_eq!(ours, git);
        assert_eq!(agreed, FILE.replace("\"Make\"", "\"Create\""));
        let (theirs, _) = clean(run(base, &git, &remote, Resolve::Theirs));
        assert_eq!(theirs, FILE.replace("\"Make\"", "\"Create\""));
    }

    #[test]
    fn a_request_deleted_here_and_changed_there_follows_the_answer() {
        let mut remote = stored();
        remote["item"][1]["request"]["method"] = json!("PUT");
        let second = FILE.lines().nth(4).unwrap();
        let git = FILE.replace(&format!(",\n{second}"), "");
        assert_ne!(git, FILE);
        let base = Some((FILE, &stored()));
        let told = run(base, &git, &remote, Resolve::Nobody);
        assert!(matches!(told, Reconciled::Conflicts(_)));
        assert_eq!(clean(run(base, &git, &remote, Resolve::Ours)).0, git);
        let (theirs, _) = clean(run(base, &git, &remote, Resolve::Theirs));
        let value: Value = serde_json::from_str(&theirs).unwrap();
        assert_eq!(value["item"][1]["request"]["method"], "PUT");
        assert!(
            theirs.starts_with(&git[..git.find("\n    ]").unwrap()]),
            "{theirs}"
        );
    }

    #[test]
    fn versions_that_never_were_the_same_are_told_field_by_field() {
        let mut remote = stored();
        assert_eq!(clean(run(None, FILE, &remote, Resolve::Nobody)).0, FILE);
        remote["item"][1]["request"]["method"] = json!("PUT");
        remote["item"][0]["name"] = json!("All");
        let Reconciled::Conflicts(conflicts) = run(None, FILE, &remote, Resolve::Nobody) else {
            panic!("nobody knows which is newer");
        };
        assert_eq!(conflicts.len(), 2, "{conflicts:#?}");
        assert_eq!(clean(run(None, FILE, &remote, Resolve::Ours)).0, FILE);
        let (theirs, _) = clean(run(None, FILE, &remote, Resolve::Theirs));
        assert!(
            theirs.contains("\"All\"") && theirs.contains("mine-1"),
            "{theirs}"
        );
    }

    #[test]
    fn definitions_keep_their_comments_and_texts_merge_by_line() {
        let base =
            "openapi: 3.0.3 # kept\ninfo:\n  title: Pets # also\n  version: '1'\npaths: {}\n";
        let git = base.replace("version: '1'", "version: '2'");
        let postman = base
            .replace("Pets", "Animals")
            .replace("# also", "# theirs");
        let proto = "syntax = \"proto3\";\n\nmessage A {}\n\nmessage B {}\n\nmessage C {}\n";
        let cases = [
            (
                "a.yaml",
                base.to_owned(),
                git.clone(),
                postman.clone(),
                git.replace("Pets # also", "Animals # theirs"),
            ),
            (
                "a.yaml",
                base.to_owned(),
                base.to_owned(),
                postman.clone(),
                postman,
            ),
            (
                "a.proto",
                proto.to_owned(),
                proto.replace("A {}", "A1 {}"),
                proto.replace("C {}", "C1 {}"),
                proto.replace("A {}", "A1 {}").replace("C {}", "C1 {}"),
            ),
        ];
        for (path, base, git, postman, wanted) in cases {
            let ids = IdTable::new();
            let sides = Sides {
                kind: ElementKind::Definition,
                path,
                base: Some((base.as_bytes(), base.as_bytes())),
                git: git.as_bytes(),
                postman: postman.as_bytes(),
                ids: &ids,
            };
            let (merged, _) = clean(reconcile(&sides, false, &mut |_| None).unwrap());
            assert_eq!(merged, wanted, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_and_nothing_is_merged() {
        let ids = IdTable::new();
        let sides = Sides {
            kind: ElementKind::Collection,
            path: "a.json",
            base: Some((b"{}", b"{\"info\": {}}")),
            git: b"{\"a\": ",
            postman: b"{\"info\": {\"name\": \"x\"}}",
            ids: &ids,
        };
        assert!(reconcile(&sides, false, &mut |_| None).is_err());
    }
}
