//! The program at a terminal, with somebody who types: `script` of util-linux makes the terminal.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::optional::skipped;
use crate::support::{Repository, Run, program};

/// Runs the program at a terminal where these lines are typed, and gives what was shown there. `None`, and said aloud, where
/// there is nothing that makes a terminal.
pub(crate) fn at_terminal(
    repository: &Repository,
    variables: &[(&str, &str)],
    arguments: &[&str],
    typed: &str,
) -> Option<Run> {
    let known = repository
        .command(OsStr::new("script"), repository.root(), &["--version"])
        .output();
    if !known.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        skipped("`script` of util-linux is not there to make a terminal");
        return None;
    }
    let words = [program().to_str().unwrap()]
        .into_iter()
        .chain(arguments.iter().copied());
    let line: Vec<String> = words
        .map(|word| format!("'{}'", word.replace('\'', "'\\''")))
        .collect();
    let line = line.join(" ");
    let mut child = repository
        .command(
            OsStr::new("script"),
            repository.root(),
            &["-qec", &line, "/dev/null"],
        )
        .envs(variables.iter().copied())
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let what = format!("`git-postman {}` at a terminal", arguments.join(" "));
    Some(Run::of(what, &output))
}
