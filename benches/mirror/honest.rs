//! Whether plans told the truth: calls they predicted, and calls that were made.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::postman::Scene;
use crate::support::{Repository, Run};

/// What plans have said, and what was done, in runs without faults.
static PLANS: AtomicUsize = AtomicUsize::new(0);
static PREDICTED: AtomicU64 = AtomicU64::new(0);
static MADE: AtomicU64 = AtomicU64::new(0);
static DISHONEST: AtomicUsize = AtomicUsize::new(0);

/// A push whose plan must have told the truth.
#[track_caller]
pub(crate) fn honest_push(scene: &Scene, repository: &Repository, more: &[&str]) -> (Run, Value) {
    let mut arguments = vec!["push", "--format", "json"];
    arguments.extend(more);
    let run = scene.run_in(repository, &arguments);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
    weigh(&report);
    (run, report)
}

/// Counts a report of a run without faults. What Postman refused is not read back, so those plans say nothing.
pub(crate) fn weigh(report: &Value) {
    let failed = report["outcome"]["failed"].as_array();
    if failed.is_some_and(|failed| !failed.is_empty()) {
        return;
    }
    let said = report["plan"]["calls"].as_u64();
    let Some((said, made)) = said.zip(report["outcome"]["calls"].as_u64()) else {
        return;
    };
    PLANS.fetch_add(1, Ordering::Relaxed);
    PREDICTED.fetch_add(said, Ordering::Relaxed);
    MADE.fetch_add(made, Ordering::Relaxed);
    if said != made {
        DISHONEST.fetch_add(1, Ordering::Relaxed);
        println!("predicted {said}, made {made}: {}", report["plan"]["steps"]);
    }
}

/// How many steps were carried out.
pub(crate) fn applied(report: &Value) -> usize {
    report["outcome"]["applied"].as_array().map_or(0, Vec::len)
}

/// The totals; a plan that was wrong ends the run.
pub(crate) fn tell() {
    let wrong = DISHONEST.load(Ordering::Relaxed);
    println!(
        "\nPlans carried out without faults: {}; calls predicted {}, made {}; plans that were wrong: {wrong}",
        PLANS.load(Ordering::Relaxed),
        PREDICTED.load(Ordering::Relaxed),
        MADE.load(Ordering::Relaxed),
    );
    assert_eq!(wrong, 0);
}
