//! Imports go down, and every file says what it is for.

use std::fs;
use std::path::Path;

use crate::support::corpus::{files_below, is_one_of};

/// Modules of one line do not know each other; a module names only modules of the lines above its own.
const LAYERS: &[&[&str]] = &[
    &["model"],
    &["config", "format", "git", "net", "report"],
    &["ci", "postman", "project", "provider"],
    &["audit", "check", "mirror", "sandbox", "setup"],
    &["cli"],
];

fn all_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = files_below(&root);
    paths.retain(|path| is_one_of(path, &["rs"]));
    let name = |path: &Path| {
        path.strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    paths
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).unwrap()))
        .collect()
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The code of a file: without its tests and comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text
        .find("\n#[cfg(test)]\nmod tests {")
        .unwrap_or(text.len());
    text[..tests]
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn imports_go_down() {
    let mut wrong = Vec::new();
    for (file, text) in all_sources() {
        let module = file
            .split('/')
            .next()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        if module == "main" || module == "lib" {
            continue;
        }
        let Some(own) = layer_of(&module) else {
            wrong.push(format!("{file}: module `{module}` stands on no layer"));
            continue;
        };
        for (number, line) in code(&text) {
            for (at, _) in line.match_indices("crate::") {
                let named: String = line[at + 7..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                let allowed = named == module || layer_of(&named).is_some_and(|other| other < own);
                if !allowed {
                    wrong.push(format!(
                        "{file}:{}: `{module}` may not name `{named}`",
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn siblings_do_not_take_from_their_parent() {
    let mut wrong = Vec::new();
    for (file, text) in all_sources() {
        for (number, line) in code(&text) {
            if line.contains("super::") {
                wrong.push(format!("{file}:{}: `super::` outside tests", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for (file, text) in all_sources() {
        assert!(text.starts_with("//! "), "{file} does not start with `//!`");
    }
}

#[test]
fn the_layers_name_modules_that_exist() {
    let files = all_sources();
    for module in LAYERS.iter().flat_map(|layer| layer.iter()) {
        let exists = files
            .iter()
            .any(|(file, _)| file.starts_with(&format!("{module}/")));
        assert!(exists, "`{module}` stands on a layer and not in src/");
    }
}
