//! The program under GNU time, where that is there: what it had in memory at most.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Repository, program};

/// A run of the program, and where its peak memory will be told.
pub(crate) fn timed(repository: &Repository, arguments: &[&str]) -> (Command, PathBuf) {
    let told = repository.beside("measured");
    let time = Path::new("/usr/bin/time");
    if !time.exists() {
        let command = repository.command(program(), repository.root(), arguments);
        return (command, told);
    }
    let mut all = vec![
        "-f",
        "%M",
        "-o",
        told.to_str().unwrap(),
        program().to_str().unwrap(),
    ];
    all.extend(arguments);
    let command = repository.command(time.as_os_str(), repository.root(), &all);
    (command, told)
}

/// The peak memory that was told, in MiB. A line before it says that the exit code was not 0.
pub(crate) fn peak(told: &Path) -> String {
    let text = fs::read_to_string(told).unwrap_or_default();
    let kib = text
        .lines()
        .last()
        .and_then(|line| line.trim().parse::<f64>().ok());
    kib.map_or_else(|| "?".to_owned(), |kib| format!("{:.0} MiB", kib / 1024.0))
}
