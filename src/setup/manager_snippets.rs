//! What a user of a hook manager writes into its configuration. The same words stand in docs/hooks.md.

use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::foreign_hook::HookManager;
use crate::setup::hook_script::HookType;
use crate::setup::manager_files::read_own;

/// What lets a manager run the check; `None` where ours beside it is the better way, or where there is none.
pub fn snippet(manager: HookManager, hook_type: HookType) -> Option<String> {
    let line = line(hook_type);
    match manager {
        HookManager::Husky => Some(line),
        HookManager::Lefthook => {
            let (arguments, stdin) = match hook_type {
                HookType::PrePush => (" -- {1} {2}", "\n      use_stdin: true"),
                _ => ("", ""),
            };
            Some(format!(
                "{hook_type}:\n  commands:\n    git-postman:\n      run: git postman hook run {hook_type}{arguments}{stdin}"
            ))
        }
        HookManager::SimpleGitHooks => Some(format!(
            "\"simple-git-hooks\": {{\n  \"{hook_type}\": \"{}\"\n}}",
            line.replace('"', "\\\"")
        )),
        HookManager::Overcommit => Some(format!(
            "{}:\n  GitPostman:\n    enabled: true\n    command: ['git', 'postman', 'hook', 'run', '{hook_type}']",
            match hook_type {
                HookType::PreCommit => "PreCommit",
                _ => "PrePush",
            }
        )),
        HookManager::PreCommit | HookManager::Prek | HookManager::GitLfs => None,
    }
}

/// The file of husky 9 in which a user writes what is to run, for one of the hooks that husky keeps in `.husky/_`.
pub fn husky_file(hook: &Path) -> Option<PathBuf> {
    let own = hook.parent()?;
    (own.file_name()? == "_").then_some(())?;
    Some(own.parent()?.join(hook.file_name()?))
}

/// What is written where husky has no such file yet. It is committed, so it names no program of this machine.
pub fn husky_text(hook_type: HookType) -> String {
    format!(
        "# Written by `git postman hook install`, removed by `git postman hook uninstall`.\n{}\n",
        line(hook_type)
    )
}

/// Whether nothing stands there, so that nothing can be lost.
pub fn is_free(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err()
}

/// Whether the file is the one that was written, and nobody added to it.
pub fn is_husky_text(path: &Path, hook_type: HookType) -> bool {
    read_own(path).is_some_and(|text| text == husky_text(hook_type))
}

fn line(hook_type: HookType) -> String {
    format!("git postman hook run {hook_type} -- \"$@\"")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{husky_file, snippet};
    use crate::setup::foreign_hook::HookManager;
    use crate::setup::hook_script::HookType;

    #[test]
    fn the_docs_have_the_same_words() {
        let page = include_str!("../../docs/hooks.md");
        for manager in [HookManager::Husky, HookManager::Lefthook] {
            let snippet = snippet(manager, HookType::PrePush).unwrap();
            assert!(page.contains(&format!("\n{snippet}\n```")), "{snippet}");
        }
        let simple = snippet(HookManager::SimpleGitHooks, HookType::PrePush).unwrap();
        for line in simple.lines() {
            assert!(page.contains(line), "{line}");
        }
    }

    #[test]
    fn only_husky_9_has_a_file_beside_its_hooks() {
        let hook = Path::new("/w/.husky/_/pre-push");
        let file = husky_file(hook).unwrap();
        assert_eq!(file, Path::new("/w/.husky/pre-push"));
        assert_eq!(husky_file(Path::new("/w/.git/hooks/pre-push")), None);
    }
}
