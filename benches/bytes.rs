//! Real documents written back: nothing changed is nothing written, and one changed value is one changed line.
//!
//! `cargo bench --bench bytes -- FOLDER` takes every JSON and YAML document below a folder and changes values of it, up to
//! a number in each. It fails where bytes change that no edit asked for, and where an edited document says something else.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "../tests/it/support/values.rs"]
mod values;

use std::collections::BTreeMap;

use git_postman::format::edit::{Change, Edit, apply};
use git_postman::format::fault::FaultKind;
use git_postman::format::node::Document;
use git_postman::format::reshape::reshape;
use git_postman::format::{json, parse, yaml};
use rayon::prelude::*;
use serde_json::Value;

use crate::values::{changed_lines, plain, pointers};

/// So many values of each document are changed, evenly spread.
const MOST_VALUES: usize = 60;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    Json,
    OneLine,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// Plain or quoted, over several lines.
    Flowing,
}

impl Style {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::OneLine => "YAML, on one line",
            Self::Literal => "YAML, `|`",
            Self::Folded => "YAML, `>`",
            Self::Flowing => "YAML, plain or quoted over several lines",
        }
    }
}

#[derive(Default)]
struct Counts {
    files: usize,
    unreadable: usize,
    identical: usize,
    /// How many lines changed, by style.
    lines: BTreeMap<Style, BTreeMap<usize, usize>>,
    wrong: Vec<String>,
    /// Edits of more than one line.
    long: Vec<String>,
}

impl Counts {
    fn with(mut self, other: Self) -> Self {
        self.files += other.files;
        self.unreadable += other.unreadable;
        self.identical += other.identical;
        for (style, counts) in other.lines {
            for (lines, count) in counts {
                *self
                    .lines
                    .entry(style)
                    .or_default()
                    .entry(lines)
                    .or_default() += count;
            }
        }
        self.wrong.extend(other.wrong);
        self.long.extend(other.long);
        self
    }
}

fn style(document: &Document, pointer: &str) -> Option<Style> {
    if !document.is_yaml() {
        return Some(Style::Json);
    }
    let span = document.at(pointer)?.span();
    let text = span.of(document.text());
    // The sign of a block stands at the end of the line before it.
    let head = document.text()[..span.start as usize].trim_end();
    let head = head.rsplit('\n').next().unwrap_or_default();
    let sign = head.rsplit([' ', '\t']).next().unwrap_or_default();
    let is_block = sign.starts_with(['|', '>'])
        && sign[1..]
            .bytes()
            .all(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'));
    Some(match sign.as_bytes().first().filter(|_| is_block) {
        Some(b'|') => Style::Literal,
        Some(_) => Style::Folded,
        None if text.trim_end().contains('\n') => Style::Flowing,
        None => Style::OneLine,
    })
}

fn one(name: &str, bytes: Vec<u8>) -> Counts {
    let mut counts = Counts::default();
    let parsed = parse(name, bytes);
    let faulty = |kind| parsed.faults.iter().any(|fault| fault.kind == kind);
    let is_readable =
        !faulty(FaultKind::Syntax) && !faulty(FaultKind::LoneSurrogate) && parsed.is_utf8;
    let document = parsed.document.as_ref().filter(|_| is_readable);
    let Some((document, root)) = document.and_then(|document| Some((document, document.root()?)))
    else {
        counts.unreadable += 1;
        return counts;
    };
    counts.files += 1;
    let text = document.text().to_owned();
    let own = plain(root);
    if apply(document, &[]).as_deref() == Ok(&text)
        && reshape(document, &own).as_deref() == Ok(&text)
    {
        counts.identical += 1;
    } else {
        counts.wrong.push(format!("{name}: changed by no edit"));
    }
    let mut all = pointers(&own);
    all.retain(|pointer| {
        own.pointer(pointer)
            .is_some_and(|value| !value.is_null() && !value.is_object() && !value.is_array())
    });
    for pointer in all.iter().step_by(all.len().div_ceil(MOST_VALUES).max(1)) {
        let Some(style) = style(document, pointer) else {
            continue;
        };
        let old = own.pointer(pointer).unwrap();
        let new = match old {
            Value::Bool(old) => Value::Bool(!old),
            Value::String(old) => in_the_middle(old),
            _ => serde_json::json!(4711),
        };
        let mut meant = own.clone();
        *meant.pointer_mut(pointer).unwrap() = new.clone();
        let edit = Edit {
            pointer: pointer.clone(),
            change: Change::Set(new),
        };
        match apply(document, &[edit]) {
            Ok(after) => {
                let lines = changed_lines(&text, &after);
                *counts
                    .lines
                    .entry(style)
                    .or_default()
                    .entry(lines)
                    .or_default() += 1;
                if lines != 1 {
                    counts
                        .long
                        .push(format!("{lines} lines, {}: {name} {pointer}", style.name()));
                }
                let read = if document.is_yaml() {
                    yaml::parse(after)
                } else {
                    json::parse(after)
                };
                // What an alias repeats changes with it.
                if read.0.root().map(plain).as_ref() != Some(&meant) && !document.shares_values() {
                    counts
                        .wrong
                        .push(format!("{name}: {pointer} says something else"));
                }
            }
            Err(error) => counts
                .wrong
                .push(format!("{name}: {pointer} not set: {error}")),
        }
    }
    counts
}

/// A text with one word more before its middle, in the line where that is.
fn in_the_middle(text: &str) -> Value {
    let at = text
        .char_indices()
        .map(|(at, _)| at)
        .nth(text.chars().count() / 2)
        .unwrap_or(0);
    let at = text[..at].rfind(' ').map_or(at, |space| space + 1);
    let (before, behind) = text.split_at(at);
    format!("{before}x{behind}").into()
}

fn main() {
    let Some((folder, files)) = corpus::documents() else {
        println!("skipped: name a folder with documents: cargo bench --bench bytes -- FOLDER");
        return;
    };
    git2::Oid::hash_object(git2::ObjectType::Blob, b"").unwrap();
    let counts = files
        .par_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&folder)
                .unwrap_or(path)
                .to_string_lossy()
                .into_owned();
            one(&name, std::fs::read(path).unwrap())
        })
        .reduce(Counts::default, Counts::with);
    println!("\n| what | count |\n|---|---|");
    println!("| JSON and YAML documents | {} |", counts.files);
    println!(
        "| passed over: they cannot be read | {} |",
        counts.unreadable
    );
    println!(
        "| written back byte by byte as they were | {} |",
        counts.identical
    );
    println!("\nOne value changed, {MOST_VALUES} at most in each document:\n");
    println!(
        "| how it was written | edits | one line | 2 to 5 | more | most |\n|---|---|---|---|---|---|"
    );
    for (style, lines) in &counts.lines {
        let sum = |range: std::ops::RangeInclusive<usize>| {
            lines.range(range).map(|(_, count)| count).sum::<usize>()
        };
        let most = lines.keys().max().unwrap();
        println!(
            "| {} | {} | {} | {} | {} | {most} |",
            style.name(),
            sum(0..=usize::MAX),
            sum(0..=1),
            sum(2..=5),
            sum(6..=usize::MAX)
        );
    }
    let every = counts.long.len().div_ceil(25).max(1);
    println!(
        "\nSome of {} edits of more than one line:",
        counts.long.len()
    );
    for long in counts.long.iter().step_by(every) {
        println!("{long}");
    }
    for wrong in counts.wrong.iter().take(60) {
        println!("{wrong}");
    }
    assert!(counts.wrong.is_empty(), "{} exceptions", counts.wrong.len());
}
