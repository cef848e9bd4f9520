//! Collections exported again: what a diff tells of what nobody changed, and of one renamed request.
//!
//! `cargo bench --bench noise -- FOLDER` looks at every valid collection of version 2 below a folder. It fails where a digest
//! changes or a diff is not empty, and tells where one renamed request is not one line: of twins nobody can say which.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/export.rs"]
mod export;

use export::exported_again;
use git_postman::cli::comparing::{Versions, Whole, compare};
use git_postman::format::detect::Format;
use git_postman::format::{Parsed, parse, read};
use git_postman::model::difference::{ContentDifference, Difference, FileDifference};
use git_postman::report::difference::{Detail, DifferenceFormat, render_difference};
use git_postman::report::style::Style;
use serde_json::Value;

/// Each collection is exported so often, each time with other chances.
const EXPORTS: u64 = 5;

#[derive(Default)]
struct Counts {
    collections: usize,
    passed_over: usize,
    invalid: usize,
    twins: Vec<String>,
    exports: usize,
    digests: usize,
    empty: usize,
    renamed: usize,
    one_line: usize,
    text_lines: u64,
    wrong: Vec<String>,
}

fn digest(parsed: &Parsed) -> Option<String> {
    parsed
        .canonical_digest()
        .ok()
        .map(|digest| digest.to_string())
}

/// The lines of `diff --stat` below the one that names the file; `None` for a difference that is not told by meaning.
fn told(path: &str, before: &[u8], after: &[u8]) -> Option<Vec<String>> {
    let versions = Versions {
        path: path.to_owned(),
        earlier_path: None,
        before: Some(before.to_vec()),
        after: Some(after.to_vec()),
    };
    let Some(file) = compare(versions, Whole::Counted) else {
        return Some(Vec::new());
    };
    let FileDifference {
        content: ContentDifference::Meaning(_),
        ..
    } = &file
    else {
        return None;
    };
    let difference = Difference {
        files: vec![file],
        ..Difference::default()
    };
    let style = Style::default();
    let text = render_difference(DifferenceFormat::Human, &difference, Detail::Lines, &style);
    Some(text.lines().skip(1).map(str::to_owned).collect())
}

/// Renames a request by chance, to a name that nothing else has.
fn rename(collection: &mut Value, chance: &mut fastrand::Rng) -> bool {
    fn requests(holder: &mut Value, act: &mut dyn FnMut(&mut Value)) {
        for item in holder
            .get_mut("item")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if item.get("request").is_some() {
                act(item);
            } else {
                requests(item, act);
            }
        }
    }
    if collection.get("info").is_none() && collection.get("collection").is_some() {
        return rename(&mut collection["collection"], chance);
    }
    let mut count = 0;
    requests(collection, &mut |_| count += 1);
    if count == 0 {
        return false;
    }
    let (mut at, wanted) = (0, chance.usize(..count));
    let mut done = false;
    requests(collection, &mut |item| {
        if at == wanted && item.get("name").is_some_and(Value::is_string) {
            item["name"] = "Renamed for the figures".into();
            done = true;
        }
        at += 1;
    });
    done
}

fn one(name: &str, bytes: &[u8], counts: &mut Counts) {
    let parsed = parse(name, bytes.to_vec());
    if !matches!(parsed.format, Format::Collection20 | Format::Collection21) {
        return;
    }
    if parsed.valid != Some(true) {
        counts.invalid += 1;
        return;
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value = serde_json::from_slice::<Value>(plain).ok();
    // Written by another writer it must still be the same, or the numbers are too large for that one.
    let written = value
        .as_ref()
        .map(|value| serde_json::to_vec(value).unwrap());
    let is_plain = written.is_some_and(|written| digest(&read(name, written)) == digest(&parsed));
    let (Some(value), Some(own), true) =
        (value, digest(&parsed), is_plain && parsed.faults.is_empty())
    else {
        counts.passed_over += 1;
        return;
    };
    counts.collections += 1;
    for seed in 0..EXPORTS {
        let mut chance = fastrand::Rng::with_seed(seed ^ (bytes.len() as u64) << 8);
        let mut export = value.clone();
        exported_again(&mut export, &mut chance);
        let after = serde_json::to_vec_pretty(&export).unwrap();
        let before = serde_json::to_vec_pretty(&value).unwrap();
        counts.exports += 1;
        if digest(&read(name, after.clone())).as_ref() == Some(&own) {
            counts.digests += 1;
        } else {
            counts
                .wrong
                .push(format!("{name}: another digest (export {seed})"));
        }
        match told(name, bytes, &after) {
            Some(lines) if lines.is_empty() => counts.empty += 1,
            other => counts
                .wrong
                .push(format!("{name}: a difference (export {seed}): {other:?}")),
        }
        counts.text_lines += u64::try_from(git2_lines(&before, &after)).unwrap();
        if rename(&mut export, &mut chance) {
            counts.renamed += 1;
            match told(name, bytes, &serde_json::to_vec_pretty(&export).unwrap()) {
                Some(lines) if lines.len() == 1 && lines[0].contains("renamed request") => {
                    counts.one_line += 1
                }
                other => counts.twins.push(format!(
                    "{name}: a renamed request is (export {seed}): {other:?}"
                )),
            }
        }
    }
}

/// How many lines git's text diff shows as added or gone.
fn git2_lines(before: &[u8], after: &[u8]) -> usize {
    let patch = git2::Patch::from_buffers(before, None, after, None, None).unwrap();
    let (_, added, gone) = patch.line_stats().unwrap();
    added + gone
}

fn main() {
    let Some((folder, files)) = corpus::documents() else {
        println!("skipped: name a folder with collections: cargo bench --bench noise -- FOLDER");
        return;
    };
    git2::Oid::hash_object(git2::ObjectType::Blob, b"").unwrap();
    let mut counts = Counts::default();
    for path in files {
        let name = path
            .strip_prefix(&folder)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        one(&name, &std::fs::read(&path).unwrap(), &mut counts);
    }
    println!("\n| what | count |\n|---|---|");
    println!("| collections of version 2 | {} |", counts.collections);
    println!(
        "| passed over: the schema finds fault with them | {} |",
        counts.invalid
    );
    println!(
        "| passed over: duplicate keys, or numbers that serde_json cannot hold | {} |",
        counts.passed_over
    );
    println!("| exports made of them | {} |", counts.exports);
    println!("| of these with the same digest | {} |", counts.digests);
    println!("| of these with an empty diff | {} |", counts.empty);
    println!(
        "| lines that git's text diff shows for them | {} |",
        counts.text_lines
    );
    println!("| exports with one renamed request | {} |", counts.renamed);
    println!(
        "| of these with exactly that one line in `diff --stat` | {} |",
        counts.one_line
    );
    for wrong in counts.twins.iter().chain(&counts.wrong).take(40) {
        println!("{}", wrong.chars().take(600).collect::<String>());
    }
    assert!(counts.wrong.is_empty(), "{} exceptions", counts.wrong.len());
}
