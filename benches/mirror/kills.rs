//! Runs that are killed at every step they take.

use std::thread;

use crate::garden::Garden;
#[cfg(target_os = "linux")]
use crate::kill_at_file::Killer;
use crate::support::postman::{Scene, When};

const PUSH: &[&str] = &["push", "--force"];
const PULL_TO_COMMIT: &[&str] = &["pull", "--to", "commit", "--force"];
const PULL_TO_WORKTREE: &[&str] = &["pull", "--force"];
/// A garden grows with every point, and is left for a new one after so many.
const POINTS_EACH: usize = 6;
/// So many gardens share the points at files.
const WORKERS: usize = 3;

pub(crate) fn kills(every: usize) {
    println!("\n## Kill points: a run is killed, and the next one heals what it left\n");
    println!(
        "| run | killed at calls | at moves of the state | at changes of files |\n|---|---|---|---|"
    );
    let mut all = 0;
    for arguments in [PUSH, PULL_TO_COMMIT, PULL_TO_WORKTREE] {
        let (calls, moves, files) = thread::scope(|scope| {
            let calls = scope.spawn(|| at_calls(arguments));
            let moves = scope.spawn(|| at_moves(arguments));
            let files = at_files(arguments, every);
            (calls.join().unwrap(), moves.join().unwrap(), files)
        });
        println!(
            "| `{}` | {calls} | {moves} | {files} |",
            arguments.join(" ")
        );
        all += calls + moves + files;
    }
    println!("\n{all} kill points: all healed by the next run, nothing lost, nothing twice");
}

/// A point of a run: `kill` starts the run, kills it there and says whether it came to that.
struct Points<'a> {
    what: &'static str,
    seed: u64,
    first: usize,
    step: usize,
    kill: &'a dyn Fn(&Scene, usize) -> bool,
}

impl Points<'_> {
    /// Kills a run at each of its points, and looks what the next run makes of it. Says how many there were.
    fn all(&self, arguments: &[&str]) -> usize {
        let mut garden = Garden::new(self.seed);
        let mut points = 0;
        for point in (self.first..).step_by(self.step) {
            if points % POINTS_EACH == POINTS_EACH - 1 {
                garden = Garden::new(self.seed + points as u64);
            }
            edit(&mut garden, arguments);
            let was_killed = (self.kill)(&garden.scene, point);
            let at = format!("{arguments:?} killed at {} {point}", self.what);
            look(&garden, arguments, &at);
            if !was_killed {
                return points;
            }
            points += 1;
        }
        points
    }
}

/// Everything is edited on both sides. A push is for what was pulled before, and a pull to the worktree leaves a commit to
/// somebody.
fn edit(garden: &mut Garden, arguments: &[&str]) {
    garden.edit_everything();
    if arguments == PUSH {
        garden.scene.run(PULL_TO_COMMIT).expect(0);
    }
}

/// The same command again has to heal it by itself; then both sides are looked at.
#[track_caller]
fn look(garden: &Garden, arguments: &[&str], at: &str) {
    let run = garden.scene.run(arguments);
    assert_eq!(run.code, 0, "{at}: {run}");
    if arguments == PULL_TO_WORKTREE {
        garden.scene.repository.commit(&[], "what was pulled");
    }
    garden.look(at);
}

/// Before a step that has the number of the point, or after it.
fn step_of(point: usize) -> (usize, When) {
    let when = if point.is_multiple_of(2) {
        When::Before
    } else {
        When::After
    };
    (point / 2 + 1, when)
}

fn at_calls(arguments: &[&str]) -> usize {
    let points = Points {
        what: "a call, before or after",
        seed: 1000,
        first: 0,
        step: 1,
        kill: &|scene, point| {
            let (call, when) = step_of(point);
            scene.killed_at(arguments, call, when)
        },
    };
    let count = points.all(arguments);
    assert!(count > 0);
    count
}

#[cfg(unix)]
fn at_moves(arguments: &[&str]) -> usize {
    let points = Points {
        what: "a move of the state, before or after",
        seed: 2000,
        first: 0,
        step: 1,
        kill: &|scene, point| {
            let (time, when) = step_of(point);
            scene.killed_at_ref(arguments, time, when)
        },
    };
    let count = points.all(arguments);
    assert!(count > 0);
    count
}

#[cfg(not(unix))]
fn at_moves(_: &[&str]) -> usize {
    0
}

#[cfg(target_os = "linux")]
fn at_files(arguments: &[&str], every: usize) -> usize {
    let Some(killer) = Killer::new() else {
        println!("there is no C compiler, so no run is killed at its files");
        return 0;
    };
    let share = |worker: usize| {
        let points = Points {
            what: "a change of a file",
            seed: 3000 + 100 * worker as u64,
            first: 1 + worker * every,
            step: WORKERS * every,
            kill: &|scene, point| killer.killed_at(scene, arguments, point),
        };
        points.all(arguments)
    };
    let count = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| scope.spawn(move || share(worker)))
            .collect();
        let counts = workers.into_iter().map(|worker| worker.join().unwrap());
        counts.sum()
    });
    assert!(count > 0);
    count
}

#[cfg(not(target_os = "linux"))]
fn at_files(_: &[&str], _: usize) -> usize {
    0
}
