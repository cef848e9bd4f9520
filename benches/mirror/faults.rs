//! Syncs while everything goes wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::garden::Garden;

/// Every fault of the sandbox.
const FAULTS: [&str; 23] = [
    "401",
    "403",
    "404",
    "409",
    "413",
    "423",
    "429",
    "500",
    "502",
    "503",
    "504",
    "quota",
    "drop",
    "commit-then-drop",
    "commit-then-500",
    "commit-then-504",
    "slow=20",
    "malformed",
    "html",
    "redirect",
    "task-failed",
    "repeat-cursor",
    "all",
];
/// What meets at once under the name `all`.
const TOGETHER: [&str; 5] = [
    "500:0.05",
    "drop:0.05",
    "commit-then-drop:0.05",
    "malformed:0.03",
    "429:0.02",
];
const RATE: &str = "0.2";
/// Syncs with faults between two looks at both sides.
const BETWEEN_LOOKS: usize = 5;
/// So many kinds of fault are tried at once.
const AT_ONCE: usize = 6;

#[derive(Default)]
struct Total {
    syncs: usize,
    edits: usize,
    struck: usize,
    looks: usize,
    seconds: f64,
    ends: BTreeMap<i32, usize>,
}

pub(crate) fn faults(syncs: usize, seed: u64, only: Option<&str>) {
    println!("\n## Faults: each kind at rate {RATE}, {syncs} syncs, seed {seed}\n");
    println!(
        "| fault | syncs | edits | struck | runs by exit code | looks: equal, nothing lost, nothing twice | seconds |\n|---|---|---|---|---|---|---|"
    );
    let next = AtomicUsize::new(0);
    let kinds = if only.is_some() { 1 } else { FAULTS.len() };
    let each = syncs.div_ceil(kinds);
    let totals = Mutex::new(Total::default());
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let kind = next.fetch_add(1, Ordering::Relaxed);
                    let Some(fault) = FAULTS.get(kind) else { break };
                    if only.is_some_and(|only| only != *fault) {
                        continue;
                    }
                    let one = under(fault, each, seed.wrapping_mul(1000) + kind as u64);
                    println!(
                        "| `{fault}` | {} | {} | {} | {:?} | {} | {:.0} |",
                        one.syncs, one.edits, one.struck, one.ends, one.looks, one.seconds
                    );
                    let mut all = totals.lock().unwrap();
                    all.syncs += one.syncs;
                    all.edits += one.edits;
                    all.struck += one.struck;
                    all.looks += one.looks;
                    for (code, times) in one.ends {
                        *all.ends.entry(code).or_default() += times;
                    }
                }
            });
        }
    });
    let all = totals.into_inner().unwrap();
    println!(
        "\n{} syncs, {} edits, {} faults struck, runs by exit code {:?}; {} looks, all equal, 0 edits lost, 0 doubles; {:.0} s",
        all.syncs,
        all.edits,
        all.struck,
        all.ends,
        all.looks,
        start.elapsed().as_secs_f64()
    );
}

fn under(fault: &str, syncs: usize, seed: u64) -> Total {
    let start = Instant::now();
    let mut garden = Garden::new(seed);
    let mut total = Total::default();
    for sync in 1..=syncs {
        garden.edit_git();
        garden.edit_postman();
        if fault == "all" {
            for spec in TOGETHER {
                garden.scene.fault(spec, 0, 1_000_000);
            }
        } else {
            garden.scene.fault(&format!("{fault}:{RATE}"), 0, 1_000_000);
        }
        let commands: [&[&str]; 2] = [&["pull", "--to", "commit", "--force"], &["push", "--force"]];
        for command in commands {
            let run = garden.scene.run(command);
            assert!(
                matches!(run.code, 0 | 3..=5) && !run.stderr.contains("panicked"),
                "{fault}: {run}"
            );
            *total.ends.entry(run.code).or_default() += 1;
        }
        garden.scene.heal();
        total.syncs += 1;
        if sync % BETWEEN_LOOKS == 0 || sync == syncs {
            garden.look(&format!(
                "after sync {sync} with the fault {fault}, seed {seed}"
            ));
            total.looks += 1;
        }
    }
    let log = garden.scene.ask("GET", "/sandbox/log", &Value::Null);
    let entries = log["entries"].as_array().unwrap();
    total.struck = entries
        .iter()
        .filter(|entry| !entry["fault"].is_null())
        .count();
    total.edits = garden.fresh;
    total.seconds = start.elapsed().as_secs_f64();
    total
}
