//! Hook managers of a repository, recognised by the files in which their users write down what is to run.
//!
//! A manager may be at work whose hooks are not installed in this clone yet; whoever installs ours should hear of it now.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::setup::foreign_hook::HookManager;

/// The names lefthook looks for, each also with a dot before it.
const LEFTHOOK: [&str; 5] = [
    "lefthook.yml",
    "lefthook.yaml",
    "lefthook.json",
    "lefthook.jsonc",
    "lefthook.toml",
];

/// The names simple-git-hooks looks for beside `package.json`.
const SIMPLE_GIT_HOOKS: [&str; 8] = [
    ".simple-git-hooks.json",
    ".simple-git-hooks.js",
    ".simple-git-hooks.cjs",
    ".simple-git-hooks.mjs",
    "simple-git-hooks.json",
    "simple-git-hooks.js",
    "simple-git-hooks.cjs",
    "simple-git-hooks.mjs",
];

/// More than any of these files has; one that is larger is not read.
const MOST_READ: u64 = 1024 * 1024;

/// A manager that a repository is set up for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUpManager {
    /// Which one.
    pub manager: HookManager,
    /// The file that says so, from the root of the worktree.
    pub file: String,
    /// Whether that file starts git-postman already.
    pub calls_git_postman: bool,
    /// Whether it hands standard input on; matters for lefthook, which keeps it back unasked.
    pub hands_lines_on: bool,
}

/// The managers that the worktree at `root` is set up for. Links are not followed: they may lead out of the repository.
pub fn managers_of(root: &Path) -> Vec<SetUpManager> {
    let mut found = Vec::new();
    let dotted = LEFTHOOK.iter().map(|name| format!(".{name}"));
    let lefthook = LEFTHOOK.iter().map(|name| (*name).to_owned()).chain(dotted);
    found.extend(first_of(root, HookManager::Lefthook, lefthook));
    found.extend(husky(root));
    let simple = SIMPLE_GIT_HOOKS.iter().map(|name| (*name).to_owned());
    let simple = first_of(root, HookManager::SimpleGitHooks, simple);
    found.extend(simple.or_else(|| in_package(root, "simple-git-hooks")));
    let prek = ["prek.toml".to_owned()].into_iter();
    found.extend(first_of(root, HookManager::Prek, prek));
    let configurations = [".pre-commit-config.yaml", ".pre-commit-config.yml"];
    let configurations = configurations.iter().map(|name| (*name).to_owned());
    found.extend(first_of(root, HookManager::PreCommit, configurations));
    let overcommit = [".overcommit.yml".to_owned()].into_iter();
    found.extend(first_of(root, HookManager::Overcommit, overcommit));
    found
}

/// Reads a small file that is no link.
pub fn read_own(path: &Path) -> Option<String> {
    let metadata = path.symlink_metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MOST_READ {
        return None;
    }
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST_READ).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn first_of(
    root: &Path,
    manager: HookManager,
    mut names: impl Iterator<Item = String>,
) -> Option<SetUpManager> {
    names.find_map(|name| {
        let text = read_own(&root.join(&name))?;
        Some(of_text(manager, name, &text))
    })
}

fn of_text(manager: HookManager, file: String, text: &str) -> SetUpManager {
    SetUpManager {
        manager,
        file,
        calls_git_postman: text.contains("postman hook run "),
        hands_lines_on: manager != HookManager::Lefthook || text.contains("use_stdin"),
    }
}

/// husky 9 has a folder, husky 4 a key of `package.json`.
fn husky(root: &Path) -> Option<SetUpManager> {
    let is_folder = root
        .join(".husky")
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_dir());
    if !is_folder {
        return in_package(root, "husky");
    }
    let text = read_own(&root.join(".husky/pre-push")).unwrap_or_default();
    Some(of_text(
        HookManager::Husky,
        ".husky/pre-push".to_owned(),
        &text,
    ))
}

fn in_package(root: &Path, key: &str) -> Option<SetUpManager> {
    let text = read_own(&root.join("package.json"))?;
    let package: Value = serde_json::from_str(&text).ok()?;
    let hooks = package.get(key)?;
    let manager = match key {
        "husky" => HookManager::Husky,
        _ => HookManager::SimpleGitHooks,
    };
    Some(of_text(
        manager,
        "package.json".to_owned(),
        &hooks.to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{managers_of, read_own};
    use crate::setup::foreign_hook::HookManager;

    #[test]
    fn each_manager_is_known_by_its_files() {
        let cases = [
            ("lefthook.yml", "pre-push:\n", HookManager::Lefthook),
            (".lefthook.toml", "", HookManager::Lefthook),
            (".husky/pre-push", "npm test\n", HookManager::Husky),
            (
                "package.json",
                "{\"husky\": {\"hooks\": {}}}",
                HookManager::Husky,
            ),
            (
                "package.json",
                "{\"simple-git-hooks\": {\"pre-push\": \"x\"}}",
                HookManager::SimpleGitHooks,
            ),
            (".simple-git-hooks.json", "{}", HookManager::SimpleGitHooks),
            (
                ".pre-commit-config.yaml",
                "repos: []\n",
                HookManager::PreCommit,
            ),
            ("prek.toml", "", HookManager::Prek),
            (".overcommit.yml", "", HookManager::Overcommit),
        ];
        for (file, text, manager) in cases {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let found = managers_of(root.path());
            assert_eq!(found.len(), 1, "{file}");
            assert_eq!(found[0].manager, manager, "{file}");
            assert_eq!(found[0].file, file);
            assert!(!found[0].calls_git_postman);
        }
    }

    #[test]
    fn what_the_file_says_of_us_is_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("lefthook.yml");
        let job = "pre-push:\n  jobs:\n    - run: git postman hook run pre-push -- {1} {2}\n";
        fs::write(&path, job).unwrap();
        let found = managers_of(root.path()).remove(0);
        assert!(found.calls_git_postman && !found.hands_lines_on);
        fs::write(&path, format!("{job}      use_stdin: true\n")).unwrap();
        assert!(managers_of(root.path())[0].hands_lines_on);
    }

    #[test]
    fn nothing_and_broken_files_are_no_manager() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(managers_of(root.path()), []);
        for text in ["{", "[]", "{\"name\": \"husky\"}"] {
            fs::write(root.path().join("package.json"), text).unwrap();
            assert_eq!(managers_of(root.path()), [], "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.path().join("lefthook.yml")).unwrap();
        assert_eq!(managers_of(root.path()), []);
        assert_eq!(read_own(&root.path().join("lefthook.yml")), None);
    }
}
