//! What must be true of every merge and of every difference, on random edits of real collections.
//!
//! `cargo bench --bench properties -- FOLDER [SEED]` takes every valid collection of version 2.1 below a folder; another
//! number gives other edits. Of each merge the result is valid, what either side wrote is in it or in a conflict, a merge
//! without conflict is what both wanted, and the sides may be swapped; a side that changed nothing changes nothing. A
//! difference applied to the one gives the other. It fails where any of it does not hold.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "../tests/it/support/edits.rs"]
mod edits;

use edits::{Edit, edited, generated, number, random, tabbed, unordered, without_numbers};
use git_postman::format::detect::Format;
use git_postman::format::diff::{Dialect, diff};
use git_postman::format::diff_apply::apply;
use git_postman::format::item_pairing;
use git_postman::format::items::Items;
use git_postman::format::meaning::{Within, same};
use git_postman::format::write::to_text;
use git_postman::format::{json, parse};
use git_postman::mirror::merging::{MergedText, Versions, merge_documents};
use rayon::prelude::*;
use serde_json::Value;

/// So many pairs of edits for each collection.
const PAIRS: u64 = 30;
const MOST_EDITS: usize = 4;
/// Larger collections get fewer pairs: those for so many bytes of all their texts.
const MOST_BYTES: u64 = 3_000_000;

#[derive(Default)]
struct Counts {
    collections: usize,
    pairs: usize,
    merges: usize,
    clean: usize,
    beyond_recognition: usize,
    differences: usize,
    wrong: Vec<String>,
}

impl Counts {
    fn with(mut self, other: Self) -> Self {
        self.collections += other.collections;
        self.pairs += other.pairs;
        self.merges += other.merges;
        self.clean += other.clean;
        self.beyond_recognition += other.beyond_recognition;
        self.differences += other.differences;
        self.wrong.extend(other.wrong);
        self
    }
}

fn merged(base: &str, ours: &str, theirs: &str) -> Result<MergedText, String> {
    let versions = Versions {
        base: base.as_bytes().to_vec(),
        ours: ours.as_bytes().to_vec(),
        theirs: theirs.as_bytes().to_vec(),
    };
    merge_documents("a.json", versions, false)
}

/// Whether a difference applied to the one gives the other, and nothing differs from itself.
fn differs_rightly(before: &str, after: &str) -> Result<(), String> {
    let (before, after) = (
        json::parse(before.to_owned()).0,
        json::parse(after.to_owned()).0,
    );
    let (one, other) = (before.root().unwrap(), after.root().unwrap());
    if diff(one, one, Dialect::Collection).delta.is_some() {
        return Err("differs from itself".to_owned());
    }
    let compared = diff(one, other, Dialect::Collection);
    let Some(delta) = &compared.delta else {
        let alike = same(one, other, Within::Collection);
        return if alike {
            Ok(())
        } else {
            Err("a difference is not seen".to_owned())
        };
    };
    if same(one, other, Within::Collection) {
        return Err("a difference of what means the same".to_owned());
    }
    let text = to_text(&apply(delta), &before).map_err(|error| error.to_string())?;
    let (applied, _) = json::parse(text);
    if same(applied.root().unwrap(), other, Within::Collection) {
        Ok(())
    } else {
        Err("the difference applied gives something else".to_owned())
    }
}

/// The numbers of all folders and requests, in the order in which they stand.
fn numbers(collection: &Value) -> Vec<u64> {
    let mut numbers = Vec::new();
    let items = collection.get("item").and_then(Value::as_array);
    for item in items.into_iter().flatten() {
        numbers.push(item[edits::NUMBER].as_u64().unwrap_or(u64::MAX));
        numbers.extend(self::numbers(item));
    }
    numbers
}

/// Whether every folder and request that is still there is found again after these edits, and no other for it.
fn is_recognised(base: &Value, edits: &[Edit]) -> bool {
    let side = edited(base, edits);
    let (known, numbers) = (numbers(base), numbers(&side));
    let texts = [base, &side].map(|value| without_numbers(value).to_string());
    let [one, other] = texts.map(|text| json::parse(text).0);
    let (one, other) = (one.root().unwrap(), other.root().unwrap());
    let pairs = item_pairing::pair(&Items::of(one), &Items::of(other));
    let mut pairs = pairs.iter().zip(&known);
    pairs.all(|(found, number)| match found {
        Some(found) => numbers[*found] == *number,
        None => !numbers.contains(number),
    })
}

/// Whether a merge is what comes of the edits of one side after those of the other.
fn wanted_by_both(base: &Value, own: &[Edit], other: &[Edit], result: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(result).unwrap();
    let is = |first: &[Edit], second: &[Edit]| {
        let wanted = without_numbers(&edited(base, first.iter().chain(second)));
        wanted == value || unordered(&wanted) == unordered(&value)
    };
    if is(own, other) || is(other, own) {
        Ok(())
    } else {
        Err("not what both wanted".to_owned())
    }
}

fn pair(
    base: &Value,
    written: &str,
    own: &[Edit],
    other: &[Edit],
    counts: &mut Counts,
) -> Result<(), String> {
    let text = |value: &Value| tabbed(&without_numbers(value));
    let (ours, theirs) = (text(&edited(base, own)), text(&edited(base, other)));
    for (one, two) in [
        (ours.as_str(), written),
        (written, ours.as_str()),
        (ours.as_str(), ours.as_str()),
    ] {
        counts.merges += 1;
        let neutral = merged(written, one, two)?;
        if neutral.text != ours || !neutral.conflicts.is_empty() {
            return Err("a side that changed nothing changes something".to_owned());
        }
    }
    counts.merges += 2;
    let result = merged(written, &ours, &theirs)?;
    let swapped = merged(written, &theirs, &ours)?;
    if result.conflicts.is_empty() != swapped.conflicts.is_empty() {
        return Err("the sides matter".to_owned());
    }
    let told: String = result
        .conflicts
        .iter()
        .flat_map(|conflict| [&conflict.base, &conflict.ours, &conflict.theirs])
        .flatten()
        .cloned()
        .collect();
    for edit in own.iter().chain(other) {
        let mark = if edit.kind == 2 {
            edit.mark.to_uppercase()
        } else {
            edit.mark.clone()
        };
        let stood = ours.contains(&mark) || theirs.contains(&mark);
        if stood && !result.text.contains(&mark) && !told.contains(&mark) {
            return Err(format!("{mark} is lost"));
        }
    }
    if parse("a.json", result.text.clone().into_bytes()).valid != Some(true) {
        return Err("the result is not valid".to_owned());
    }
    if result.conflicts.is_empty() {
        counts.clean += 1;
        // Whoever gives a request another name and another method makes it another request.
        if [own, other].iter().any(|edits| !is_recognised(base, edits)) {
            counts.beyond_recognition += 1;
        } else {
            wanted_by_both(base, own, other, &result.text)?;
        }
    }
    for (one, two) in [(written, &ours), (&ours, &theirs), (&theirs, &result.text)] {
        counts.differences += 1;
        differs_rightly(one, two)?;
    }
    Ok(())
}

fn collection(name: &str, mut base: Value, first: u64) -> Counts {
    let mut counts = Counts {
        collections: 1,
        ..Counts::default()
    };
    let items = number(&mut base);
    let written = tabbed(&without_numbers(&base));
    let pairs = (MOST_BYTES / written.len().max(1) as u64).clamp(2, PAIRS);
    for seed in (0..pairs).map(|number| first.wrapping_mul(PAIRS) + number) {
        let mut source = fastrand::Rng::with_seed(seed ^ (written.len() as u64) << 16);
        let own = random(&mut source, MOST_EDITS, items, "ours");
        let other = random(&mut source, MOST_EDITS, items, "theirs");
        counts.pairs += 1;
        if let Err(why) = pair(&base, &written, &own, &other, &mut counts) {
            counts
                .wrong
                .push(format!("{name}, {seed}: {why}\n    {own:?}\n    {other:?}"));
        }
    }
    counts
}

fn main() {
    let mut all: Vec<(String, Value)> = vec![("generated".to_owned(), generated(60))];
    let Some((folder, files)) = corpus::documents() else {
        println!(
            "skipped: name a folder with collections: cargo bench --bench properties -- FOLDER"
        );
        return;
    };
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let name = path
            .strip_prefix(&folder)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let Ok(value) = serde_json::from_slice::<Value>(&bytes) else {
            continue;
        };
        let parsed = parse(&name, tabbed(&value).into_bytes());
        if parsed.format == Format::Collection21
            && parsed.valid == Some(true)
            && value.get("item").is_some()
        {
            all.push((name, value));
        }
    }
    let first = std::env::args().find_map(|word| word.parse().ok());
    let first = first.unwrap_or(0);
    let counts = all
        .into_par_iter()
        .map(|(name, value)| collection(&name, value, first))
        .reduce(Counts::default, Counts::with);
    println!("\n| what | count |\n|---|---|");
    println!("| collections | {} |", counts.collections);
    println!("| pairs of edits | {} |", counts.pairs);
    println!("| merges | {} |", counts.merges);
    println!("| pairs that merge without conflict | {} |", counts.clean);
    println!(
        "| of these, with a request changed beyond recognition | {} |",
        counts.beyond_recognition
    );
    println!("| differences applied | {} |", counts.differences);
    println!(
        "| pairs in which something does not hold | {} |",
        counts.wrong.len()
    );
    for wrong in counts.wrong.iter().take(40) {
        println!("{}", wrong.chars().take(900).collect::<String>());
    }
    assert!(counts.wrong.is_empty(), "{} exceptions", counts.wrong.len());
}
