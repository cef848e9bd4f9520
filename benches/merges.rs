//! Merges of random edits side by side: by this engine and by git's text merge.
//!
//! `cargo bench --bench merges` prints a table. The edits come from a fixed seed, so the figures are the same everywhere.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "../tests/it/support/edits.rs"]
mod edits;

use edits::{edited, generated, number, random, tabbed, unordered, without_numbers};
use git_postman::mirror::merging::{Versions, merge_documents};
use git2::{MergeFileInput, MergeFileOptions};
use serde_json::Value;

const REQUESTS: usize = 500;
const PAIRS: u64 = 300;
const MOST_EDITS: usize = 3;

#[derive(Default)]
struct Counts {
    clean: usize,
    conflicts: usize,
    unreadable: usize,
    wrong: usize,
}

impl Counts {
    fn add(&mut self, text: Option<&str>, wanted: &[Value; 2]) {
        let Some(text) = text else {
            self.conflicts += 1;
            return;
        };
        self.clean += 1;
        match serde_json::from_str::<Value>(text) {
            Err(_) => self.unreadable += 1,
            Ok(value) => self.wrong += usize::from(!wanted.contains(&unordered(&value))),
        }
    }

    fn row(&self, name: &str) {
        let Self {
            clean,
            conflicts,
            unreadable,
            wrong,
        } = self;
        println!("| {name} | {clean} | {conflicts} | {unreadable} | {wrong} |");
    }
}

fn main() {
    // The first call that starts libgit2; merging texts does not.
    git2::Oid::hash_object(git2::ObjectType::Blob, b"").unwrap();
    let mut base = generated(REQUESTS);
    let items = number(&mut base);
    let text = |value: &Value| tabbed(&without_numbers(value));
    let written = text(&base);
    let (mut by_meaning, mut by_text) = (Counts::default(), Counts::default());
    for seed in 0..PAIRS {
        let mut source = fastrand::Rng::with_seed(seed);
        let own = random(&mut source, MOST_EDITS, items, "ours");
        let other = random(&mut source, MOST_EDITS, items, "theirs");
        let (ours, theirs) = (text(&edited(&base, &own)), text(&edited(&base, &other)));
        let wanted = [
            edited(&base, own.iter().chain(&other)),
            edited(&base, other.iter().chain(&own)),
        ]
        .map(|value| unordered(&without_numbers(&value)));
        let versions = Versions {
            base: written.clone().into_bytes(),
            ours: ours.clone().into_bytes(),
            theirs: theirs.clone().into_bytes(),
        };
        let merged = merge_documents("Shop.json", versions, false).unwrap();
        let clean = merged.conflicts.is_empty().then_some(merged.text.as_str());
        by_meaning.add(clean, &wanted);
        let [base, ours, theirs] = [&written, &ours, &theirs].map(|text| {
            let mut input = MergeFileInput::new();
            input.content(text.as_bytes());
            input
        });
        let mut options = MergeFileOptions::new();
        let merged = git2::merge_file(&base, &ours, &theirs, Some(&mut options)).unwrap();
        let lines = String::from_utf8_lossy(merged.content()).into_owned();
        by_text.add(merged.is_automergeable().then_some(lines.as_str()), &wanted);
    }
    println!(
        "{PAIRS} pairs of 1 to {MOST_EDITS} random edits on each side of a collection of {REQUESTS} requests:\n"
    );
    println!(
        "| merge | clean | conflicts | clean, but no JSON | clean, but not what both wanted |"
    );
    println!("|---|---|---|---|---|");
    by_meaning.row("by meaning");
    by_text.row("by lines, git");
}
