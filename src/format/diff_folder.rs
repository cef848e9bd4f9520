//! Comparing collections of version 3: the folder of files is one collection, whose requests and folders are found again
//! wherever their files lie, by the same means as those of version 2.

use std::borrow::Cow;

use crate::format::diff::{Compared, Delta, Dialect};
use crate::format::diff_items::item_deltas;
use crate::format::diff_lines::changed_lines;
use crate::format::diff_renames::Renames;
use crate::format::diff_told::told;
use crate::format::diff_value::Compare;
use crate::format::folder::{CollectionFolder, FolderEntry, FolderRead, RequestFile};
use crate::format::items::{Item, Items};
use crate::format::meaning::Within;
use crate::format::node::{Document, NodeRef};
use crate::format::url_template::address_template;
use crate::format::yaml;
use crate::model::difference::{Change, ChangeKind};

/// Lines around those of a script that changed.
const CONTEXT: usize = 2;

/// What changed from one collection to another, as people tell it; `None` where a file of either cannot be read.
pub fn told_folders(before: &FolderRead, after: &FolderRead) -> Option<Vec<Change>> {
    let (old, new) = (
        before.canonical_digest().ok()?,
        after.canonical_digest().ok()?,
    );
    if old == new {
        return Some(Vec::new());
    }
    // What a folder without a definition says of itself.
    let nothing = yaml::parse("{}".to_owned()).0;
    let (before, after) = (&before.collection, &after.collection);
    let (from, to) = (Flat::of(before, &nothing), Flat::of(after, &nothing));
    let compare = Compare {
        dialect: Dialect::CollectionFile,
        renames: Renames::default(),
    };
    let mut changes = Vec::new();
    if before.name() != after.name() {
        let what = Vec::new();
        let mut change = change(ChangeKind::Renamed, "document", Vec::new(), what);
        change.before = Some(before.name().into_owned());
        change.after = Some(after.name().into_owned());
        changes.push(change);
    }
    let roots = (
        root_of(before.definition.as_ref(), &nothing)?,
        root_of(after.definition.as_ref(), &nothing)?,
    );
    let (old_files, new_files) = (from.requests, to.requests);
    let mut delta = item_deltas(
        roots,
        (from.items, to.items),
        &compare,
        (Within::TreeEntry, Within::TreeEntry),
    );
    delta.members.retain(|member| {
        member
            .after
            .or(member.before)
            .is_some_and(|own| own.key != "name")
    });
    let mut belongings = Vec::new();
    for (index, item) in delta.items.iter().enumerate() {
        let Some(old) = item.before else { continue };
        if let (Some(one), Some(other)) = (old_files[old], new_files[index]) {
            belongings.extend(of_belongings(one, other, &delta.to.names(index), &compare));
        }
    }
    changes.extend(told(&Compared {
        delta: (!delta.is_empty()).then(|| Delta::Collection(Box::new(delta))),
        dialect: Dialect::CollectionFile,
        renames: Renames::default(),
    }));
    changes.extend(belongings);
    if changes.is_empty() {
        changes.push(change(
            ChangeKind::Changed,
            "document",
            Vec::new(),
            Vec::new(),
        ));
    }
    Some(changes)
}

/// How many requests a collection has.
pub fn count_requests(folder: &CollectionFolder) -> usize {
    let entries = folder.entries.iter().map(|entry| match entry {
        FolderEntry::Folder(folder) => count_requests(folder),
        FolderEntry::Request(_) => 1,
    });
    entries.sum()
}

/// The folders and requests of a collection as items, and beside each request its file.
struct Flat<'a> {
    items: Items<'a>,
    requests: Vec<Option<&'a RequestFile>>,
}

impl<'a> Flat<'a> {
    fn of(collection: &'a CollectionFolder, nothing: &'a Document) -> Self {
        let mut flat = Self {
            items: Items::default(),
            requests: Vec::new(),
        };
        flat.items.top = flat.read(collection, None, nothing);
        flat
    }

    fn read(
        &mut self,
        folder: &'a CollectionFolder,
        parent: Option<usize>,
        nothing: &'a Document,
    ) -> Vec<usize> {
        let mut children = Vec::new();
        for entry in &folder.entries {
            let (document, name, request) = match entry {
                FolderEntry::Folder(folder) => (folder.definition.as_ref(), folder.name(), None),
                FolderEntry::Request(request) => {
                    (Some(&request.document), request.name(), Some(request))
                }
            };
            let Some(node) = root_of(document, nothing) else {
                continue;
            };
            let index = self.items.list.len();
            self.items.list.push(Item {
                node,
                parent,
                is_folder: request.is_none(),
                name: borrowed(name),
                method: node.get_str("method").unwrap_or_default(),
                url: node.get("url").map(address_template).unwrap_or_default(),
                children: Vec::new(),
            });
            self.requests.push(request);
            if let FolderEntry::Folder(folder) = entry {
                self.items.list[index].children = self.read(folder, Some(index), nothing);
            }
            children.push(index);
        }
        children
    }
}

fn root_of<'a>(document: Option<&'a Document>, nothing: &'a Document) -> Option<NodeRef<'a>> {
    document.unwrap_or(nothing).root()
}

/// The saved examples and the files of scripts of one request on both sides.
fn of_belongings(
    before: &RequestFile,
    after: &RequestFile,
    item: &[String],
    compare: &Compare,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let named = |request: &'_ RequestFile| -> Vec<String> {
        let examples = request.examples.iter();
        examples
            .map(|(stem, document)| {
                let name = document.root().and_then(|root| root.get_str("name"));
                name.unwrap_or(stem).to_owned()
            })
            .collect()
    };
    let (old, new) = (named(before), named(after));
    let mut left: Vec<usize> = (0..old.len()).collect();
    let mut order = Vec::new();
    for (index, name) in new.iter().enumerate() {
        let what = vec![format!("example {name}")];
        let Some(place) = left.iter().position(|earlier| old[*earlier] == *name) else {
            changes.push(change(ChangeKind::Added, "request", item.to_vec(), what));
            continue;
        };
        let earlier = left.remove(place);
        order.push(earlier);
        let (one, other) = (&before.examples[earlier].1, &after.examples[index].1);
        let (Some(one), Some(other)) = (one.root(), other.root()) else {
            continue;
        };
        let members = compare.members(one, other, Within::TreeEntry, "", Some("name"));
        if members.is_empty() {
            continue;
        }
        let delta = Delta::Object {
            before: one,
            after: other,
            members,
        };
        let inside = told(&Compared {
            delta: Some(delta),
            dialect: Dialect::CollectionFile,
            renames: Renames::default(),
        });
        changes.extend(inside.into_iter().map(|inside| Change {
            noun: "request",
            item: item.to_vec(),
            what: what.iter().cloned().chain(inside.what).collect(),
            ..inside
        }));
    }
    for gone in left {
        let what = vec![format!("example {}", old[gone])];
        changes.push(change(ChangeKind::Removed, "request", item.to_vec(), what));
    }
    if !order.is_sorted() {
        let what = vec!["examples".to_owned()];
        changes.push(change(
            ChangeKind::Reordered,
            "request",
            item.to_vec(),
            what,
        ));
    }
    changes.extend(of_scripts(before, after, item));
    changes
}

fn of_scripts(before: &RequestFile, after: &RequestFile, item: &[String]) -> Vec<Change> {
    let mut changes = Vec::new();
    let find = |request: &'_ RequestFile, name: &str| -> Option<String> {
        let mut scripts = request.scripts.iter();
        scripts
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.clone())
    };
    let names = before.scripts.iter().chain(&after.scripts);
    let mut names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (one, other) = (find(before, name), find(after, name));
        if one == other {
            continue;
        }
        let kind = match (&one, &other) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        let what = vec![format!("script file {name}")];
        let mut change = change(kind, "request", item.to_vec(), what);
        change.lines = changed_lines(
            one.as_deref().unwrap_or_default(),
            other.as_deref().unwrap_or_default(),
            CONTEXT,
        );
        (change.before, change.after) = (one, other);
        changes.push(change);
    }
    changes
}

fn change(kind: ChangeKind, noun: &'static str, item: Vec<String>, what: Vec<String>) -> Change {
    Change {
        kind,
        noun,
        item,
        what,
        pointer: String::new(),
        before: None,
        after: None,
        lines: Vec::new(),
    }
}

/// Names are never made up here: they stand in a file or are the name of one.
fn borrowed(name: Cow<'_, str>) -> &str {
    match name {
        Cow::Borrowed(name) => name,
        Cow::Owned(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::told_folders;
    use crate::format::folder::{FolderRead, read};

    type Files<'a> = Vec<(&'a str, String)>;

    fn request(name: &str, url: &str, order: u32) -> String {
        format!(
            "$kind: http-request\nname: {name}\nmethod: GET\nurl: '{url}'\norder: {order}\nheaders:\n  - key: A\n    value: '1'\n"
        )
    }

    fn shop() -> Files<'static> {
        vec![
            (
                ".resources/definition.yaml",
                "$kind: collection\nname: Shop\n".to_owned(),
            ),
            (
                "List.request.yaml",
                request("List", "{{base}}/orders", 1000),
            ),
            (
                "Orders/Create.request.yaml",
                request("Create", "{{base}}/new", 1000),
            ),
            (
                "Orders/Show.request.yaml",
                request("Show", "{{base}}/one", 2000),
            ),
            (
                "Orders/.resources/Show.resources/examples/OK.example.yaml",
                "$kind: http-example\nname: OK\nresponse:\n  statusCode: 200\n".to_owned(),
            ),
        ]
    }

    fn folder(files: &Files<'_>) -> FolderRead {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.clone()));
        read("Shop", files)
    }

    fn lines(before: &Files<'_>, after: &Files<'_>) -> Vec<String> {
        let (before, after) = (folder(before), folder(after));
        let changes = told_folders(&before, &after).unwrap();
        let equal = before.canonical_digest().unwrap() == after.canonical_digest().unwrap();
        assert_eq!(equal, changes.is_empty());
        changes
            .iter()
            .map(|change| {
                let (item, what) = change.place();
                let mut line = format!("{} {} {item}", change.kind.word(), change.noun);
                for text in [&what]
                    .into_iter()
                    .chain(&change.before)
                    .chain(&change.after)
                    .filter(|text| !text.is_empty())
                {
                    line.push_str(&format!(" | {text}"));
                }
                line
            })
            .collect()
    }

    #[test]
    fn files_that_move_or_get_another_name_are_the_same_requests() {
        let mut after = shop();
        after[1].0 = "Orders/List all.request.yaml";
        after[1].1 = request("List all", "{{base}}/orders", 3000);
        assert_eq!(
            lines(&shop(), &after),
            [
                "renamed request Orders / List all | List | List all",
                "moved request Orders / List all | Orders"
            ]
        );
    }

    #[test]
    fn other_numbers_in_the_same_order_are_no_difference() {
        let mut after = shop();
        after[2].1 = after[2].1.replace("1000", "7");
        after[3].1 = after[3].1.replace("2000", "8.5");
        assert_eq!(lines(&shop(), &after), Vec::<String>::new());
        after[2].1 = after[2].1.replace("order: 7", "order: 9");
        assert_eq!(
            lines(&shop(), &after),
            ["reordered request Orders / Show | first"]
        );
    }

    #[test]
    fn what_lies_in_other_files_of_a_request_is_told_with_it() {
        let mut after = shop();
        after[4].1 = after[4].1.replace("200", "201");
        after.push((
            "Orders/.resources/Show.resources/scripts/test.js",
            "one();\n".to_owned(),
        ));
        after[3].1 = after[3].1.replace("value: '1'", "value: '2'");
        assert_eq!(
            lines(&shop(), &after),
            [
                "changed request Orders / Show | header A › value | 1 | 2",
                "changed request Orders / Show | example OK › response › statusCode | 200 | 201",
                "added request Orders / Show | script file test.js | one();\n",
            ]
        );
    }

    #[test]
    fn a_folder_without_a_definition_is_called_like_itself() {
        let mut after = shop();
        after.push((
            "Orders/.resources/definition.yaml",
            "$kind: collection\nname: Orders\n".to_owned(),
        ));
        assert_eq!(lines(&shop(), &after), Vec::<String>::new());
        after.pop();
        after.push((
            "Orders/.resources/definition.yaml",
            "$kind: collection\nname: Purchases\n".to_owned(),
        ));
        assert_eq!(
            lines(&shop(), &after),
            ["renamed folder Purchases | Orders | Purchases"]
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_difference_to_tell() {
        let mut after = shop();
        after[1].1 = "a: [".to_owned();
        assert_eq!(told_folders(&folder(&shop()), &folder(&after)), None);
    }
}
