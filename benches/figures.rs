//! What the engine costs beside reading with `serde_json::Value` alone, and how it grows with the number of requests.
//!
//! `cargo bench --bench figures` prints the tables; each time is the least of several runs, each ratio is one to the first row.
//! On Linux it is the time of the processors, which other programs have no part in and which counts all threads; elsewhere
//! that of the clock. `-- --growth` prints the last table only, `-- --write DIR` writes the documents for `benches/memory.sh`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where"
)]

#[path = "support/documents.rs"]
mod documents;

use std::path::Path;
use std::sync::LazyLock;
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
    if !arguments.contains(&"--growth".to_owned()) {
        sizes();
    }
    growth();
    println!("\nPeak memory: `cargo build --release`, then `benches/memory.sh`.");
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

/// What the processors have worked for this process; where the system does not tell, what the clock says.
fn worked() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // The system brings the time of a thread up to date when that gives its turn away.
    std::thread::yield_now();
    threads_worked().unwrap_or_else(|| START.elapsed())
}

fn threads_worked() -> Option<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let told = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += told.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

/// The least that several runs cost; what a run takes is made, and what it gives is dropped, outside of its time.
fn least<I, T>(rounds: usize, input: impl Fn() -> I, run: impl Fn(I) -> T) -> Duration {
    (0..rounds)
        .map(|_| {
            let input = input();
            let start = worked();
            let result = run(input);
            let time = worked() - start;
            drop(std::hint::black_box(result));
            time
        })
        .min()
        .unwrap()
}

fn bytes_of<const N: usize>(texts: [&str; N]) -> [Vec<u8>; N] {
    texts.map(|text| text.as_bytes().to_vec())
}

fn digest(path: &str, [bytes]: [Vec<u8>; 1]) -> String {
    read(path, bytes).canonical_digest().unwrap().to_string()
}

fn changes(path: &str, [before, after]: [Vec<u8>; 2]) -> usize {
    let versions = comparing::Versions {
        path: path.to_owned(),
        earlier_path: None,
        before: Some(before),
        after: Some(after),
    };
    let compared = comparing::compare(versions, comparing::Whole::Counted);
    match compared.map(|file| file.content) {
        Some(git_postman::model::difference::ContentDifference::Meaning(changes)) => changes.len(),
        other => panic!("not compared by meaning: {other:?}"),
    }
}

fn merged(path: &str, [base, ours, theirs]: [Vec<u8>; 3]) -> merging::MergedText {
    let versions = merging::Versions { base, ours, theirs };
    merging::merge_documents(path, versions, false).unwrap()
}

fn values<const N: usize>(texts: [&str; N]) -> [Value; N] {
    texts.map(|text| serde_json::from_slice(text.as_bytes()).unwrap())
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
    let unit = least(ROUNDS, || [base.as_str()], values);
    let table = Table { unit };
    table.row("`serde_json::from_slice::<Value>`", unit);
    let two = least(ROUNDS, || [base.as_str(), &ours], values);
    table.row("the same for two versions", two);
    let three = least(ROUNDS, || [base.as_str(), &ours, &theirs], values);
    table.row("the same for three versions", three);
    let one = || bytes_of([&base]);
    let path = "a.json";
    table.row("read", least(ROUNDS, one, |[bytes]| read(path, bytes)));
    let digested = least(ROUNDS, one, |bytes| digest(path, bytes));
    table.row("read and digest", digested);
    let text = |[bytes]: [Vec<u8>; 1]| read(path, bytes).canonical_text().unwrap();
    table.row("read and canonical text", least(ROUNDS, one, text));
    for (what, other) in [
        ("itself with one byte more", format!("{base} ")),
        ("one of many edits", ours.clone()),
        ("an export with new ids", exported),
    ] {
        let two = || bytes_of([&base, &other]);
        let found = changes(path, two());
        let time = least(ROUNDS, two, |versions| changes(path, versions));
        table.row(
            &format!("read two and compare: {what}, {found} changes"),
            time,
        );
    }
    let three = || bytes_of([&base, &ours, &theirs]);
    let outcome = merged(path, three());
    let time = least(ROUNDS, three, |versions| merged(path, versions));
    table.row(
        &format!("merge three, {} conflicts", outcome.conflicts.len()),
        time,
    );
    let document = read(path, base.clone().into_bytes()).document.unwrap();
    let edit = [Edit {
        pointer: "/item/7/item/3/name".to_owned(),
        change: Change::Set("x".into()),
    }];
    let edited = |()| apply(&document, &edit).unwrap();
    table.row("change one value in place", least(ROUNDS, || (), edited));

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
    let path = "a.yaml";
    let one = || bytes_of([&yaml]);
    table.row("read", least(rounds, one, |[bytes]| read(path, bytes)));
    let digested = least(rounds, one, |bytes| digest(path, bytes));
    table.row("read and digest", digested);
    let two = || bytes_of([&yaml, &changed]);
    let compared = least(rounds, two, |versions| changes(path, versions));
    table.row("read two and compare", compared);
    let three = || bytes_of([&yaml, &changed, &other]);
    let time = least(rounds, three, |versions| merged(path, versions));
    table.row("merge three", time);
    let document = read(path, yaml.clone().into_bytes()).document.unwrap();
    let edit = [Edit {
        pointer: "/info/title".to_owned(),
        change: Change::Set("Store".into()),
    }];
    let edited = |()| apply(&document, &edit).unwrap();
    table.row("change one value in place", least(rounds, || (), edited));
}

/// What one request costs in small and large collections. A small one stays in the caches of the processor and in memory
/// that the run before has used; the larger a document is, the more of its memory is fetched and is new to the process.
fn growth() {
    println!("\nMicroseconds for each request of a collection:\n");
    println!(
        "| requests | serde_json | digest | diff, many edits | diff, new ids | merge |\n|---|---|---|---|---|---|"
    );
    let sizes = [1_000, 10_000, 100_000];
    let rows = sizes.map(|requests| {
        let costs = costs_of_a_request(requests);
        let told = costs.map(|cost| format!("{cost:.2}"));
        println!("| {requests} | {} |", told.join(" | "));
        costs
    });
    let [small, medium, large] = rows;
    for (size, row) in [(sizes[0], small), (sizes[1], medium)] {
        let told: Vec<String> = large
            .iter()
            .zip(row)
            .map(|(large, small)| format!("{:.2}×", large / small))
            .collect();
        println!("| {} beside {size} | {} |", sizes[2], told.join(" | "));
    }
}

fn costs_of_a_request(requests: usize) -> [f64; 5] {
    let rounds = (100_000 / requests).clamp(3, 20);
    let of = |version| collection(requests, version);
    let (base, ours, theirs, exported) = (
        of(Version::Base),
        of(Version::Ours),
        of(Version::Theirs),
        of(Version::Exported),
    );
    let path = "a.json";
    let edits = || bytes_of([&base, &ours]);
    let ids = || bytes_of([&base, &exported]);
    let sides = || bytes_of([&base, &ours, &theirs]);
    let costs = [
        least(rounds, || [base.as_str()], values),
        least(rounds, || bytes_of([&base]), |bytes| digest(path, bytes)),
        least(rounds, edits, |versions| changes(path, versions)),
        least(rounds, ids, |versions| changes(path, versions)),
        least(rounds, sides, |versions| merged(path, versions)),
    ];
    costs.map(|time| time.as_secs_f64() * 1e6 / requests as f64)
}
