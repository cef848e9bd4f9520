//! Merges of edits side by side: by this engine and by git's text merge.
//!
//! `cargo bench --bench merges` prints two tables: edits anywhere in a collection, and edits that meet. They come from fixed
//! seeds, so the figures are the same everywhere.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "../tests/it/support/edits.rs"]
mod edits;

use edits::{Edit, edited, generated, number, random, tabbed, unordered, without_numbers};
use git_postman::mirror::merging::{Versions, merge_documents};
use git2::{MergeFileInput, MergeFileOptions};
use rayon::prelude::*;
use serde_json::Value;

const REQUESTS: usize = 500;
/// Where edits meet does not depend on what else there is.
const REQUESTS_AROUND: usize = 100;
const PAIRS: u64 = 300;
const MOST_EDITS: usize = 3;

/// What came of a merge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Right,
    Conflict,
    NoJson,
    /// Readable, and not what both sides wanted.
    Wrong,
}

/// One way in which two people meet: the edits of one and of the other.
struct Meeting {
    name: &'static str,
    /// Our side is written with two spaces instead of tabs.
    is_formatted: bool,
    edits: fn(&mut fastrand::Rng, &[Folder]) -> [Vec<Edit>; 2],
}

/// A folder that holds requests, by their numbers.
struct Folder {
    number: usize,
    requests: Vec<usize>,
}

/// Kinds of edits of one request, each of another field.
const FIELDS: [u8; 9] = [2, 3, 4, 5, 6, 11, 13, 14, 15];
/// The edit that gives every folder and request a new id.
const NEW_IDS: u8 = 21;

const MEETINGS: &[Meeting] = &[
    meeting(
        "each adds a request at the end of one folder",
        |random, folders| {
            let folder = folders[random.usize(..folders.len())].number;
            [(2, folder), (2, folder)].map(|(kind, target)| vec![edit(random, kind, target)])
        },
    ),
    meeting("each adds a header to one request", |random, folders| {
        let target = request(random, folders);
        [vec![edit(random, 4, target)], vec![edit(random, 4, target)]]
    }),
    meeting(
        "each edits another field of one request",
        |random, folders| {
            let target = request(random, folders);
            let mut kinds = FIELDS;
            random.shuffle(&mut kinds);
            [
                vec![edit(random, kinds[0], target)],
                vec![edit(random, kinds[1], target)],
            ]
        },
    ),
    meeting(
        "each adds a line elsewhere in one script",
        |random, folders| {
            let target = request(random, folders);
            let mut lines = [0, 1, 2, 3];
            random.shuffle(&mut lines);
            [lines[0], lines[1]].map(|other| {
                vec![Edit {
                    other,
                    ..edit(random, 6, target)
                }]
            })
        },
    ),
    meeting(
        "one renames a request, the other edits it",
        |random, folders| {
            let target = request(random, folders);
            let kind = FIELDS[random.usize(..FIELDS.len())];
            [
                vec![edit(random, 1, target)],
                vec![edit(random, kind, target)],
            ]
        },
    ),
    meeting(
        "one moves a folder, the other edits inside",
        |random, folders| {
            let (from, to) = two(random, folders.len());
            let target = folders[from].requests[random.usize(..folders[from].requests.len())];
            let kind = FIELDS[random.usize(..FIELDS.len())];
            let moved = Edit {
                other: folders[to].number,
                ..edit(random, 8, folders[from].number)
            };
            [vec![moved], vec![edit(random, kind, target)]]
        },
    ),
    meeting(
        "one moves a request, the other edits it",
        |random, folders| {
            let (from, to) = two(random, folders.len());
            let target = folders[from].requests[random.usize(..folders[from].requests.len())];
            let kind = FIELDS[random.usize(..FIELDS.len())];
            let moved = Edit {
                other: folders[to].number,
                ..edit(random, 8, target)
            };
            [vec![moved], vec![edit(random, kind, target)]]
        },
    ),
    meeting(
        "one puts a request first, the other edits it",
        |random, folders| {
            let folder = &folders[random.usize(..folders.len())];
            let target = folder.requests[random.usize(1..folder.requests.len())];
            let kind = FIELDS[random.usize(..FIELDS.len())];
            [
                vec![edit(random, 9, target)],
                vec![edit(random, kind, target)],
            ]
        },
    ),
    meeting(
        "one deletes a request, the other edits the next",
        |random, folders| {
            let folder = &folders[random.usize(..folders.len())];
            let at = random.usize(..folder.requests.len() - 1);
            let kind = FIELDS[random.usize(..FIELDS.len())];
            [
                vec![edit(random, 7, folder.requests[at])],
                vec![edit(random, kind, folder.requests[at + 1])],
            ]
        },
    ),
    meeting("each adds a variable to the collection", |random, _| {
        [vec![edit(random, 20, 0)], vec![edit(random, 20, 0)]]
    }),
    meeting(
        "one exports again with new ids, the other edits",
        |random, folders| [vec![edit(random, NEW_IDS, 0)], session(random, folders)],
    ),
    Meeting {
        name: "one formats with two spaces, the other edits",
        is_formatted: true,
        edits: |random, folders| [Vec::new(), session(random, folders)],
    },
    meeting(
        "each makes one to three edits in one folder",
        |random, folders| {
            let at = random.usize(..folders.len());
            [
                session(random, &folders[at..=at]),
                session(random, &folders[at..=at]),
            ]
        },
    ),
    meeting(
        "each changes the same value: nobody can merge that",
        |random, folders| {
            let target = request(random, folders);
            [vec![edit(random, 3, target)], vec![edit(random, 3, target)]]
        },
    ),
];

const fn meeting(
    name: &'static str,
    edits: fn(&mut fastrand::Rng, &[Folder]) -> [Vec<Edit>; 2],
) -> Meeting {
    Meeting {
        name,
        is_formatted: false,
        edits,
    }
}

fn edit(random: &mut fastrand::Rng, kind: u8, target: usize) -> Edit {
    let mark = format!("m{}z", random.u32(..));
    Edit {
        kind,
        target,
        other: random.usize(..1000),
        mark,
    }
}

fn request(random: &mut fastrand::Rng, folders: &[Folder]) -> usize {
    let folder = &folders[random.usize(..folders.len())];
    folder.requests[random.usize(..folder.requests.len())]
}

fn two(random: &mut fastrand::Rng, below: usize) -> (usize, usize) {
    let one = random.usize(..below);
    (one, (one + random.usize(1..below)) % below)
}

/// One to three edits of requests in these folders, as they come in an afternoon.
fn session(random: &mut fastrand::Rng, folders: &[Folder]) -> Vec<Edit> {
    let count = random.usize(1..=MOST_EDITS);
    let kinds = [1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 14, 15, 17];
    (0..count)
        .map(|_| {
            let kind = kinds[random.usize(..kinds.len())];
            let target = request(random, folders);
            edit(random, kind, target)
        })
        .collect()
}

fn folders(base: &Value) -> Vec<Folder> {
    fn add(holder: &Value, into: &mut Vec<Folder>) {
        for item in holder["item"].as_array().into_iter().flatten() {
            let Some(children) = item["item"].as_array() else {
                continue;
            };
            let number =
                |item: &Value| usize::try_from(item[edits::NUMBER].as_u64().unwrap()).unwrap();
            let requests = children
                .iter()
                .filter(|child| child.get("request").is_some())
                .map(number);
            into.push(Folder {
                number: number(item),
                requests: requests.collect(),
            });
            add(item, into);
        }
    }
    let mut folders = Vec::new();
    add(base, &mut folders);
    folders
}

/// What a merge without conflict gave. `wanted` makes what the edits of both sides give, in the one order or in the other.
fn judged(text: Option<&str>, wanted: impl Fn(bool) -> Value) -> Outcome {
    let Some(text) = text else {
        return Outcome::Conflict;
    };
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Outcome::NoJson;
    };
    // Most are the same to the letter; only the others are sorted.
    if without_numbers(&wanted(true)) == value {
        return Outcome::Right;
    }
    let value = told(&value);
    if [true, false]
        .into_iter()
        .any(|first| told(&wanted(first)) == value)
    {
        Outcome::Right
    } else {
        Outcome::Wrong
    }
}

/// What is compared: all but ids, and the order of lists.
fn told(value: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(members) => {
                members.shift_remove("id");
                members.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut value = without_numbers(value);
    strip(&mut value);
    unordered(&value)
}

/// What comes of the edits of both sides, by meaning and by lines.
fn both_ways(
    base: &Value,
    written: &str,
    [own, other]: [Vec<Edit>; 2],
    is_formatted: bool,
) -> [Outcome; 2] {
    let text = |value: &Value| tabbed(&without_numbers(value));
    let ours = edited(base, &own);
    let ours = if is_formatted {
        format!("{:#}", without_numbers(&ours))
    } else {
        text(&ours)
    };
    let theirs = text(&edited(base, &other));
    let wanted = |own_first: bool| {
        if own_first {
            edited(base, own.iter().chain(&other))
        } else {
            edited(base, other.iter().chain(&own))
        }
    };
    let versions = Versions {
        base: written.as_bytes().to_vec(),
        ours: ours.clone().into_bytes(),
        theirs: theirs.clone().into_bytes(),
    };
    let merged = merge_documents("Shop.json", versions, false).unwrap();
    let clean = merged.conflicts.is_empty().then_some(merged.text.as_str());
    let by_meaning = judged(clean, wanted);
    let text_by_meaning = clean.map(str::to_owned);
    let [base, ours, theirs] = [written, &ours, &theirs].map(|text| {
        let mut input = MergeFileInput::new();
        input.content(text.as_bytes());
        input
    });
    let mut options = MergeFileOptions::new();
    let merged = git2::merge_file(&base, &ours, &theirs, Some(&mut options)).unwrap();
    let lines = String::from_utf8_lossy(merged.content()).into_owned();
    let text = merged.is_automergeable().then_some(lines);
    let by_lines = if text.is_some() && text == text_by_meaning {
        by_meaning
    } else {
        judged(text.as_deref(), wanted)
    };
    [by_meaning, by_lines]
}

fn head(first: &str) {
    println!(
        "| {first} | by meaning: right | conflict | no JSON | wrong | by lines, git: right | conflict | no JSON | wrong |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
}

fn row(name: &str, outcomes: &[[Outcome; 2]]) {
    let count = |way: usize, wanted: Outcome| {
        outcomes
            .iter()
            .filter(|outcome| outcome[way] == wanted)
            .count()
            .to_string()
    };
    let all = [
        Outcome::Right,
        Outcome::Conflict,
        Outcome::NoJson,
        Outcome::Wrong,
    ];
    let cells: Vec<String> = (0..2)
        .flat_map(|way| all.map(|outcome| count(way, outcome)))
        .collect();
    println!("| {name} | {} |", cells.join(" | "));
}

fn main() {
    // The first call that starts libgit2; merging texts does not.
    git2::Oid::hash_object(git2::ObjectType::Blob, b"").unwrap();
    let written = |base: &Value| tabbed(&without_numbers(base));
    let mut base = generated(REQUESTS);
    let items = number(&mut base);
    println!("\n{PAIRS} pairs of edits in each line, on a collection of {REQUESTS} requests.\n");
    head(&format!("edits anywhere, 1 to {MOST_EDITS} on each side"));
    let text = written(&base);
    let outcomes: Vec<_> = (0..PAIRS)
        .into_par_iter()
        .map(|seed| {
            let mut source = fastrand::Rng::with_seed(seed);
            let own = random(&mut source, MOST_EDITS, items, "ours");
            let other = random(&mut source, MOST_EDITS, items, "theirs");
            both_ways(&base, &text, [own, other], false)
        })
        .collect();
    row("folders and requests by chance", &outcomes);
    println!(
        "\n{PAIRS} pairs of edits in each line, on a collection of {REQUESTS_AROUND} requests:\n"
    );
    let mut base = generated(REQUESTS_AROUND);
    number(&mut base);
    let with_ids = edited(
        &base,
        [&Edit {
            kind: NEW_IDS,
            target: 0,
            other: 0,
            mark: "first".to_owned(),
        }],
    );
    let folders = folders(&base);
    let text = written(&with_ids);
    head("edits that meet");
    for meeting in MEETINGS {
        let outcomes: Vec<_> = (0..PAIRS)
            .into_par_iter()
            .map(|seed| {
                let mut source = fastrand::Rng::with_seed(seed);
                let edits = (meeting.edits)(&mut source, &folders);
                both_ways(&with_ids, &text, edits, meeting.is_formatted)
            })
            .collect();
        row(meeting.name, &outcomes);
    }
}
