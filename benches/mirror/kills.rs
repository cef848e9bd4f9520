//! Runs that are killed at every step they take.

use crate::garden::Garden;
#[cfg(target_os = "linux")]
use crate::kill_at_file::Killer;
use crate::support::postman::When;

const PUSH: &[&str] = &["push", "--force"];
const PULL_TO_COMMIT: &[&str] = &["pull", "--to", "commit", "--force"];
const PULL_TO_WORKTREE: &[&str] = &["pull", "--force"];

pub(crate) fn kills(every: usize) {
    println!("\n## Kill points: a run is killed, and the next one heals what it left\n");
    println!(
        "| run | killed at calls | at moves of the state | at changes of files |\n|---|---|---|---|"
    );
    let mut all = 0;
    for arguments in [PUSH, PULL_TO_COMMIT, PULL_TO_WORKTREE] {
        let at_calls = at_calls(arguments);
        let at_moves = at_moves(arguments);
        let at_files = at_files(arguments, every);
        println!(
            "| `{}` | {at_calls} | {at_moves} | {at_files} |",
            arguments.join(" ")
        );
        all += at_calls + at_moves + at_files;
    }
    println!("\n{all} kill points: all healed by the next run, nothing lost, nothing twice");
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

fn at_calls(arguments: &[&str]) -> usize {
    let mut garden = Garden::new(1);
    let mut points = 0;
    for call in 1.. {
        for when in [When::Before, When::After] {
            edit(&mut garden, arguments);
            if !garden.scene.killed_at(arguments, call, when) {
                look(&garden, arguments, "at the end");
                assert!(points > 0);
                return points;
            }
            points += 1;
            look(
                &garden,
                arguments,
                &format!("{arguments:?} killed {when:?} call {call}"),
            );
        }
    }
    points
}

#[cfg(unix)]
fn at_moves(arguments: &[&str]) -> usize {
    let mut garden = Garden::new(2);
    let mut points = 0;
    for time in 1.. {
        for when in [When::Before, When::After] {
            edit(&mut garden, arguments);
            if !garden.scene.killed_at_ref(arguments, time, when) {
                look(&garden, arguments, "at the end");
                assert!(points > 0);
                return points;
            }
            points += 1;
            look(
                &garden,
                arguments,
                &format!("{arguments:?} killed {when:?} move {time} of the state"),
            );
        }
    }
    points
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
    let mut garden = Garden::new(3);
    let mut points = 0;
    for change in (1..).step_by(every) {
        edit(&mut garden, arguments);
        if !killer.killed_at(&garden.scene, arguments, change) {
            look(&garden, arguments, "at the end");
            assert!(points > 0);
            return points;
        }
        points += 1;
        look(
            &garden,
            arguments,
            &format!("{arguments:?} killed at the change {change} of a file"),
        );
    }
    points
}

#[cfg(not(target_os = "linux"))]
fn at_files(_: &[&str], _: usize) -> usize {
    0
}
