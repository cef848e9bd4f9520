//! What the engine costs beside reading with `serde_json::Value` alone, and how it grows with the number of requests.
//!
//! `cargo bench --bench figures` prints two tables; each time is the fastest of several runs, each ratio is one to the first row.
//! `cargo bench --bench figures -- --write DIR` writes the documents instead, for `benches/memory.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "support/documents.rs"]
mod documents;

use std::path::Path;
use std::time::{Duration, Instant};

use documents::{Version, collection, definition};
use git_postman::cli::comparing;
use git_postman::format::edit::{Change, Edit, apply};
use git_postman::format::read;
use git_postman::mirror::merging;
use serde_json::Value;

/// So many requests are a file of ten megabytes.
const REQUESTS: usize = 11_100;
/// So many paths are a definition of ten megabytes.
const PATHS: usize = 13_200;
const ROUNDS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if let [flag, folder] = &arguments[..]
        && flag == "--write"
    {
        write(Path::new(folder));
        return;
    }
    sizes();
    growth();
}

fn write(folder: &Path) {
    let versions = [
        ("base.json", Version::Base),
        ("ours.json", Version::Ours),
        ("theirs.json", Version::Theirs),
        ("exported.json", Version::Exported),
    ];
    for (name, version) in versions {
        std::fs::write(folder.join(name), collection(REQUESTS, version)).unwrap();
    }
    std::fs::write(folder.join("definition.yaml"), definition(PATHS)).unwrap();
}

/// The fastest of several runs; what a run gives is dropped outside of its time.
fn fastest<T>(rounds: usize, mut run: impl FnMut() -> T) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let result = run();
            let time = start.elapsed();
            drop(std::hint::black_box(result));
            time
        })
        .min()
        .unwrap()
}

fn digest(path: &str, text: &str) -> String {
    let parsed = read(path, text.as_bytes().to_vec());
    parsed.canonical_digest().unwrap().to_string()
}

fn changes(path: &str, before: &str, after: &str) -> usize {
    let versions = comparing::Versions {
        path: path.to_owned(),
        earlier_path: None,
        before: Some(before.as_bytes().to_vec()),
        after: Some(after.as_bytes().to_vec()),
    };
    let compared = comparing::compare(versions, comparing::Whole::Counted);
    match compared.map(|file| file.content) {
        Some(git_postman::model::difference::ContentDifference::Meaning(changes)) => changes.len(),
        other => panic!("not compared by meaning: {other:?}"),
    }
}

fn merged(path: &str, base: &str, ours: &str, theirs: &str) -> merging::MergedText {
    let versions = merging::Versions {
        base: base.as_bytes().to_vec(),
        ours: ours.as_bytes().to_vec(),
        theirs: theirs.as_bytes().to_vec(),
    };
    merging::merge_documents(path, versions, false).unwrap()
}

struct Table {
    unit: Duration,
}

impl Table {
    fn row(&self, what: &str, time: Duration) {
        println!(
            "| {what} | {:.1} ms | {:.2} |",
            time.as_secs_f64() * 1e3,
            time.as_secs_f64() / self.unit.as_secs_f64()
        );
    }
}

fn sizes() {
    let of = |version| collection(REQUESTS, version);
    let (base, ours, theirs, exported) = (
        of(Version::Base),
        of(Version::Ours),
        of(Version::Theirs),
        of(Version::Exported),
    );
    println!(
        "\nA collection of {REQUESTS} requests, {:.1} MB:\n",
        base.len() as f64 / 1e6
    );
    println!("| what | time | times serde_json |\n|---|---|---|");
    let unit = fastest(ROUNDS, || {
        serde_json::from_slice::<Value>(base.as_bytes()).unwrap()
    });
    let table = Table { unit };
    table.row("`serde_json::from_slice::<Value>`", unit);
    let two = fastest(ROUNDS, || {
        [&base, &ours].map(|text| serde_json::from_slice::<Value>(text.as_bytes()).unwrap())
    });
    table.row("the same for two versions", two);
    table.row(
        "read",
        fastest(ROUNDS, || read("a.json", base.clone().into_bytes())),
    );
    table.row(
        "read and digest",
        fastest(ROUNDS, || digest("a.json", &base)),
    );
    table.row(
        "read and canonical text",
        fastest(ROUNDS, || {
            read("a.json", base.clone().into_bytes())
                .canonical_text()
                .unwrap()
        }),
    );
    for (what, other) in [
        ("itself with one byte more", format!("{base} ")),
        ("one of many edits", ours.clone()),
        ("an export with new ids", exported),
    ] {
        let found = changes("a.json", &base, &other);
        let time = fastest(ROUNDS, || changes("a.json", &base, &other));
        table.row(
            &format!("read two and compare: {what}, {found} changes"),
            time,
        );
    }
    let outcome = merged("a.json", &base, &ours, &theirs);
    let time = fastest(ROUNDS, || merged("a.json", &base, &ours, &theirs));
    table.row(
        &format!("merge three, {} conflicts", outcome.conflicts.len()),
        time,
    );
    let document = read("a.json", base.clone().into_bytes()).document.unwrap();
    let edit = [Edit {
        pointer: "/item/7/item/3/name".to_owned(),
        change: Change::Set("x".into()),
    }];
    table.row(
        "change one value in place",
        fastest(ROUNDS, || apply(&document, &edit).unwrap()),
    );

    let yaml = definition(PATHS);
    let changed = yaml.replacen("title: Shop", "title: Store", 1).replacen(
        "default: false",
        "default: true",
        1,
    );
    let other = yaml.replacen("description: fine", "description: well", 3);
    println!(
        "\nA definition of {PATHS} paths as YAML, {:.1} MB; its ratios are to `serde_json` above:\n",
        yaml.len() as f64 / 1e6
    );
    println!("| what | time | times serde_json |\n|---|---|---|");
    let rounds = 3;
    table.row(
        "read",
        fastest(rounds, || read("a.yaml", yaml.clone().into_bytes())),
    );
    table.row(
        "read and digest",
        fastest(rounds, || digest("a.yaml", &yaml)),
    );
    table.row(
        "read two and compare",
        fastest(rounds, || changes("a.yaml", &yaml, &changed)),
    );
    table.row(
        "merge three",
        fastest(rounds, || merged("a.yaml", &yaml, &changed, &other)),
    );
    let document = read("a.yaml", yaml.clone().into_bytes()).document.unwrap();
    let edit = [Edit {
        pointer: "/info/title".to_owned(),
        change: Change::Set("Store".into()),
    }];
    table.row(
        "change one value in place",
        fastest(rounds, || apply(&document, &edit).unwrap()),
    );
}

fn growth() {
    println!("\nMicroseconds for each request of a collection:\n");
    println!(
        "| requests | serde_json | digest | diff, many edits | diff, new ids | merge |\n|---|---|---|---|---|---|"
    );
    for requests in [1_000, 10_000, 100_000] {
        let rounds = (100_000 / requests).clamp(3, 20);
        let of = |version| collection(requests, version);
        let (base, ours, theirs, exported) = (
            of(Version::Base),
            of(Version::Ours),
            of(Version::Theirs),
            of(Version::Exported),
        );
        let each = |time: Duration| time.as_secs_f64() * 1e6 / requests as f64;
        let serde = each(fastest(rounds, || {
            serde_json::from_slice::<Value>(base.as_bytes()).unwrap()
        }));
        let digest = each(fastest(rounds, || digest("a.json", &base)));
        let diff = each(fastest(rounds, || changes("a.json", &base, &ours)));
        let ids = each(fastest(rounds, || changes("a.json", &base, &exported)));
        let merge = each(fastest(rounds, || merged("a.json", &base, &ours, &theirs)));
        println!("| {requests} | {serde:.2} | {digest:.2} | {diff:.2} | {ids:.2} | {merge:.2} |");
    }
}
