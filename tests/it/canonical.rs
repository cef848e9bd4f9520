//! `canonicalize` from outside, and the canonical form of real documents. The latter need a corpus that is no part of the
//! repository: where it is missing they say so.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use git_postman::format::detect::{Format, Syntax};
use git_postman::format::{folder, parse, read};
use serde_json::{Value, json};

use crate::support::Repository;
use crate::support::corpus::{corpus, files_below};

/// What another export of a collection may look like: other ids, other order of keys, defaults there and not there.
fn exported_again(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(exported_again),
        Value::Object(members) => {
            // Postman has never read `events`, so everything in them counts.
            let known = members.iter_mut().filter(|(key, _)| *key != "events");
            known.for_each(|(_, value)| exported_again(value));
            if members.contains_key("_postman_id") && members.contains_key("schema") {
                members.insert("_postman_id".to_owned(), json!("another"));
                members.insert("_exporter_id".to_owned(), json!("4711"));
                members.insert("updatedAt".to_owned(), json!("2026-01-01T00:00:00Z"));
            }
            let is_request = members.get("request").is_some_and(Value::is_object);
            if is_request && members.contains_key("name") && members.contains_key("response") {
                members.insert("id".to_owned(), json!("another"));
                members.insert("uid".to_owned(), json!("1-another"));
                if members["response"] == json!([]) {
                    members.shift_remove("response");
                }
            }
            if members.contains_key("listen")
                && let Some(script) = members.get_mut("script").and_then(Value::as_object_mut)
            {
                script.insert("id".to_owned(), json!("another"));
                if let Some(lines) = script.get("exec").and_then(Value::as_array)
                    && let Some(lines) = lines.iter().map(Value::as_str).collect::<Option<Vec<_>>>()
                {
                    let text = lines.join("\r\n");
                    script.insert("exec".to_owned(), json!(text));
                }
            }
            let reversed: Vec<(String, Value)> =
                std::mem::take(members).into_iter().rev().collect();
            members.extend(reversed);
        }
        _ => {}
    }
}

#[test]
fn every_real_document_has_one_text_and_its_exports_share_it() {
    let Some(corpus) = corpus() else { return };
    let paths = files_below(&corpus);
    let mut digests: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let (mut documents, mut exports, mut refused) = (0, 0, 0);
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        if bytes.len() > 3_000_000 {
            continue;
        }
        let parsed = read(&name, bytes.clone());
        let known = parsed.format != Format::Unknown;
        if !known || parsed.format == Format::PostmanResources {
            continue;
        }
        let Ok(text) = parsed.canonical_text() else {
            refused += 1;
            continue;
        };
        documents += 1;
        let again = read(&name, text.clone().into_bytes());
        assert_eq!(again.format, parsed.format, "{name}");
        assert_eq!(again.canonical_text().as_ref(), Ok(&text), "{name}");
        let digest = parsed.canonical_digest().unwrap().to_string();
        assert_eq!(
            again.canonical_digest().unwrap().to_string(),
            digest,
            "{name}"
        );
        digests.entry(digest).or_default().push(path);
        let is_version_2 = matches!(parsed.format, Format::Collection20 | Format::Collection21);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        // Postman exports what it could import, and that is valid.
        if is_version_2
            && parse(&name, bytes.to_vec()).valid == Some(true)
            && parsed.faults.is_empty()
            && let Ok(mut value) = serde_json::from_slice::<Value>(bytes)
            && value.to_string().matches("e+").count() == 0
        {
            exported_again(&mut value);
            let export = read(&name, serde_json::to_vec_pretty(&value).unwrap());
            if export.format == parsed.format {
                exports += 1;
                assert_eq!(export.canonical_text().as_ref(), Ok(&text), "{name}");
            }
        }
        if parsed.format.is_definition() && parsed.syntax == Syntax::Json {
            let yaml = [b"# as YAML\n".as_slice(), text.as_bytes()].concat();
            let yaml = read("definition.yaml", yaml.replace_tabs());
            if yaml.syntax == Syntax::Yaml && yaml.faults.is_empty() {
                assert_eq!(yaml.canonical_text().as_ref(), Ok(&text), "{name}");
            }
        }
    }
    eprintln!("{documents} documents, {exports} exported again, {refused} refused");
    assert!(documents > 700 && exports > 350, "{documents} {exports}");
    // Files that share a digest are copies, or differ in nothing that counts: few enough to look at.
    let shared: Vec<_> = digests.values().filter(|paths| paths.len() > 1).collect();
    let odd: Vec<_> = shared
        .iter()
        .filter(|paths| {
            let mut values = paths.iter().map(|path| {
                let bytes = fs::read(path).unwrap();
                let size = bytes.len();
                (size, bytes)
            });
            let first = values.next().unwrap();
            values.any(|other| other.1 != first.1)
        })
        .collect();
    eprintln!(
        "{} digests of several files, {} of files that are no copies",
        shared.len(),
        odd.len()
    );
    for paths in odd {
        eprintln!("  {paths:?}");
    }
}

trait ReplaceTabs {
    /// Tabs are no indentation in YAML.
    fn replace_tabs(self) -> Vec<u8>;
}

impl ReplaceTabs for Vec<u8> {
    fn replace_tabs(self) -> Vec<u8> {
        let text = String::from_utf8(self).unwrap();
        text.replace('\t', " ").into_bytes()
    }
}

#[test]
fn every_real_collection_of_version_3_is_one_document() {
    let Some(corpus) = corpus() else { return };
    let paths = files_below(&corpus.join("native-git"));
    let mut collections: BTreeMap<PathBuf, Vec<(String, String)>> = BTreeMap::new();
    for path in paths {
        let parts: Vec<_> = path.components().collect();
        let Some(at) = parts
            .iter()
            .position(|part| part.as_os_str() == "collections")
        else {
            continue;
        };
        if parts.len() < at + 3 || path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let root: PathBuf = parts[..at + 2].iter().collect();
        let below = path
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        collections
            .entry(root)
            .or_default()
            .push((below, fs::read_to_string(&path).unwrap()));
    }
    assert!(collections.len() >= 5, "{}", collections.len());
    for (root, files) in collections {
        let name = root.file_name().unwrap().to_string_lossy().into_owned();
        let text = folder::read(&name, files.clone()).canonical_text().unwrap();
        let renumbered = files.into_iter().rev().map(|(path, text)| {
            let order = |line: &str| match line.strip_prefix("order: ").map(str::parse::<i64>) {
                Some(Ok(order)) => format!("order: {}", order * 3 + 1),
                _ => line.to_owned(),
            };
            (
                path,
                text.lines().map(order).collect::<Vec<_>>().join("\n") + "\n",
            )
        });
        let again = folder::read(&name, renumbered).canonical_text().unwrap();
        assert_eq!(again, text, "{}", root.display());
        let read_back = read("collection.json", text.clone().into_bytes());
        assert_eq!(read_back.format, Format::Collection3);
        assert_eq!(
            read_back.canonical_text().unwrap(),
            text,
            "{}",
            root.display()
        );
    }
}

const EXPORT: &str = r#"{"item": [], "info": {"_postman_id": "1", "name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}"#;

#[test]
fn the_text_its_digest_and_whether_a_file_is_it() {
    let place = Repository::none();
    place.write("a.json", EXPORT);
    place.write("b.json", EXPORT.replace("\"1\"", "\"2\""));
    let text = place.run(&["canonicalize", "a.json"]).expect(0).stdout;
    assert!(text.starts_with("{\n\t\"info\": {\n\t\t\"name\": \"x\"") && text.ends_with("}\n"));
    assert_eq!(
        place.run(&["canonicalize", "b.json"]).expect(0).stdout,
        text
    );
    let both = place.run(&["canonicalize", "."]).expect(0).stdout;
    assert_eq!(both, format!("{text}{text}"));
    let digests = place
        .run(&["canonicalize", "--digest", "."])
        .expect(0)
        .stdout;
    let lines: Vec<_> = digests
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .collect();
    assert_eq!(
        (lines[0].0, lines[0].1, lines[1].1),
        (lines[1].0, "a.json", "b.json")
    );
    let told = place.run(&["canonicalize", "--check", "a.json"]).expect(1);
    assert_eq!(told.stdout, "a.json\n");
    place.write("c.json", &text);
    place.run(&["canonicalize", "--check", "c.json"]).expect(0);
    let json = place
        .run(&["canonicalize", "--format", "json", "a.json", "c.json"])
        .expect(0)
        .json();
    assert_eq!(json["documents"][0]["digest"], lines[0].0);
    assert_eq!(json["documents"][0]["format"], "collection-2.1");
    assert_eq!(
        (
            &json["documents"][0]["canonical"],
            &json["documents"][1]["canonical"]
        ),
        (&json!(false), &json!(true))
    );
}

#[test]
fn a_folder_of_version_3_is_one_document() {
    let place = Repository::none();
    place.write(
        "Shop/.resources/definition.yaml",
        "$kind: collection\nvariables:\n  a: b\n",
    );
    place.write(
        "Shop/Get.request.yaml",
        "$kind: http-request\nurl: x\nmethod: GET\norder: 2000\n",
    );
    place.write(
        "Shop/.resources/Get.resources/examples/OK.example.yaml",
        "$kind: http-example\norder: 1\nresponse:\n  statusCode: 200\n",
    );
    place.write(
        "Shop/Admin/.resources/definition.yaml",
        "$kind: collection\norder: 1000\n",
    );
    let text = place.run(&["canonicalize", "Shop"]).expect(0).stdout;
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        value,
        json!({
            "$kind": "collection", "name": "Shop", "variables": [{"key": "a", "value": "b"}],
            "items": [
                {"$kind": "collection", "name": "Admin"},
                {"$kind": "http-request", "name": "Get", "method": "GET", "url": "x",
                 "examples": [{"$kind": "http-example", "name": "OK", "response": {"statusCode": 200}}]},
            ],
        })
    );
    place.write(
        "Shop/Bad.request.yaml",
        "$kind: http-request\nurl: {{x}}/y\n",
    );
    let told = place.run(&["canonicalize", "."]).expect(2);
    assert!(
        told.stderr.contains("Shop/Bad.request.yaml:2:"),
        "{}",
        told.stderr
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let place = Repository::none();
    let deep = "[".repeat(10_000);
    let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [*a{}, *a{0}]\n", level - 1)
    });
    for (name, text, message) in [
        ("a.json", "{\n\"a\": }", "a.json:2:"),
        (
            "b.json",
            deep.as_str(),
            "b.json:1:257: nested deeper than 256 levels",
        ),
        ("c.yaml", bomb.as_str(), "aliases would expand"),
        (
            "d.graphql",
            "type A {\n<<<<<<< HEAD\n=======\n>>>>>>> x\n}",
            "d.graphql:2:1: a merge conflict",
        ),
        ("e.json", r#"{"a": "\ud800"}"#, "e.json:1:7:"),
    ] {
        place.write(name, text);
        let told = place.run(&["canonicalize", name]).expect(2);
        assert!(told.stderr.contains(message), "{name}: {}", told.stderr);
        assert_eq!(told.stdout, "");
    }
    place.write("f.proto", b"syntax = \"\xff\";");
    let told = place.run(&["canonicalize", "f.proto"]).expect(2);
    assert!(
        told.stderr.contains("f.proto:1:11: file is not UTF-8"),
        "{}",
        told.stderr
    );
    place.run(&["canonicalize", "missing.json"]).expect(2);
}
