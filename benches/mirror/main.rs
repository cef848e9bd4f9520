//! What the mirror does and costs, with the real program, real git and the sandbox over loopback.
//!
//! `cargo bench --bench mirror` prints every table; `-- real`, `lines`, `big`, `races`, `kills`, `faults` only that one. `--syncs N`,
//! `--seed N`, `--racers N`, `--collections N` and `--fewest N` change the sizes; `--every N` takes only each so-manieth kill point at a
//! file; `--fault KIND` leaves one fault; `--corpus DIR` names the folder of real repositories and documents. Every call on the wire
//! is held against the contract, and anything that is lost, doubled or unequal ends the run with a panic, so with another exit code
//! than 0. Peak memory needs GNU time, kill points at files need Linux and a C compiler.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on should say where"
)]

#[allow(dead_code, reason = "the end-to-end tests use the rest")]
#[path = "../../tests/it/support/mod.rs"]
mod support;

mod big;
mod edits;
mod faults;
mod garden;
mod honest;
#[cfg(target_os = "linux")]
mod kill_at_file;
mod kills;
mod lines;
mod races;
mod real;
mod sides;
#[path = "../support/timing.rs"]
mod timing;

use std::path::{Path, PathBuf};

struct Sizes {
    only: Vec<String>,
    syncs: usize,
    seed: u64,
    racers: usize,
    collections: usize,
    fewest: usize,
    every: usize,
    corpus: PathBuf,
    fault: Option<String>,
}

fn main() {
    let sizes = sizes();
    let wanted = |name: &str| sizes.only.is_empty() || sizes.only.iter().any(|one| one == name);
    if wanted("real") {
        real::real(&sizes.corpus.join("api-builder"), sizes.fewest);
    }
    if wanted("lines") {
        lines::lines(&sizes.corpus);
    }
    if wanted("big") {
        big::big(sizes.collections);
    }
    if wanted("races") {
        races::races(sizes.racers);
    }
    if wanted("kills") {
        kills::kills(sizes.every);
    }
    if wanted("faults") {
        faults::faults(sizes.syncs, sizes.seed, sizes.fault.as_deref());
    }
    honest::tell();
}

fn sizes() -> Sizes {
    let mut sizes = Sizes {
        only: Vec::new(),
        syncs: 207,
        seed: 7,
        racers: 50,
        collections: 300,
        fewest: 18,
        every: 1,
        corpus: Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"),
        fault: None,
    };
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut number = || words.next().unwrap().parse::<usize>().unwrap();
        match word.as_str() {
            "--syncs" => sizes.syncs = number(),
            "--seed" => sizes.seed = number() as u64,
            "--racers" => sizes.racers = number(),
            "--collections" => sizes.collections = number(),
            "--fewest" => sizes.fewest = number(),
            "--every" => sizes.every = number(),
            "--fault" => sizes.fault = words.next(),
            "--corpus" => sizes.corpus = words.next().unwrap().into(),
            _ => sizes.only.push(word),
        }
    }
    let known = ["real", "lines", "big", "races", "kills", "faults"];
    let unknown = sizes
        .only
        .iter()
        .find(|name| !known.contains(&name.as_str()));
    assert!(unknown.is_none(), "{unknown:?} is none of {known:?}");
    sizes
}
