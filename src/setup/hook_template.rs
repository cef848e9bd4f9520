//! Hooks for every new repository: the template directory that `git init` and `git clone` copy from.
//!
//! git copies `<template>/hooks` into each new repository (`git help init`, "TEMPLATE DIRECTORY").
//! A repository that exists gets missing hooks by `git init` inside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::setup::hook_changes::SetupError;

/// Where hooks of the template go, and what git must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePlan {
    /// The template directory.
    pub template_dir: PathBuf,
    /// Where the hooks go: pass it to `install`, `uninstall` and `status`.
    pub hooks_dir: PathBuf,
    /// The arguments for git that make it use the directory; `None` where it does already. To be run
    /// after the hooks are installed. From then on git no longer copies its own template (sample hooks,
    /// `description`, `info/exclude`), which no command of git needs.
    pub tell_git: Option<Vec<OsString>>,
}

/// Decides on the template directory.
///
/// `current` is the value of `git config --global init.templateDir`, where there is one; `home` the
/// user's home directory; `config_home` the value of `XDG_CONFIG_HOME`, where that is set.
///
/// # Errors
/// A value that only git can resolve: `~user`, `%(prefix)`, or a relative path.
pub fn template_plan(
    current: Option<&str>,
    home: &Path,
    config_home: Option<&Path>,
) -> Result<TemplatePlan, SetupError> {
    match current.filter(|value| !value.is_empty()) {
        Some(value) => {
            let template_dir = expanded(value, home)?;
            Ok(TemplatePlan {
                hooks_dir: template_dir.join("hooks"),
                template_dir,
                tell_git: None,
            })
        }
        None => {
            let template_dir = own_template_dir(home, config_home);
            let arguments = ["config", "--global", "init.templateDir"];
            let mut tell_git: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            tell_git.push(template_dir.clone().into_os_string());
            Ok(TemplatePlan {
                hooks_dir: template_dir.join("hooks"),
                template_dir,
                tell_git: Some(tell_git),
            })
        }
    }
}

/// The arguments for git that undo the setting after an uninstall: where the template directory is gone
/// and it is the one that [`template_plan`] chooses by itself. Otherwise `None`: the setting is the user's.
pub fn forget_template(
    plan: &TemplatePlan,
    home: &Path,
    config_home: Option<&Path>,
) -> Option<Vec<OsString>> {
    let is_own = plan.template_dir == own_template_dir(home, config_home);
    (plan.tell_git.is_none() && is_own && !plan.template_dir.exists()).then(|| {
        ["config", "--global", "--unset", "init.templateDir"]
            .iter()
            .map(OsString::from)
            .collect()
    })
}

fn own_template_dir(home: &Path, config_home: Option<&Path>) -> PathBuf {
    // As git does for its own files: an empty or relative XDG_CONFIG_HOME does not count.
    config_home
        .filter(|directory| directory.is_absolute())
        .map_or_else(|| home.join(".config"), Path::to_owned)
        .join("git")
        .join("template")
}

fn expanded(value: &str, home: &Path) -> Result<PathBuf, SetupError> {
    let refused = |reason| SetupError::TemplateDirectory {
        value: value.to_owned(),
        reason,
    };
    if value == "~" {
        return Ok(home.to_owned());
    }
    if let Some(rest) = value.strip_prefix("~/") {
        return Ok(home.join(rest));
    }
    if value.starts_with('~') {
        return Err(refused("it names the home directory of another user"));
    }
    if value.starts_with("%(prefix)") {
        return Err(refused("it lies in git's own installation"));
    }
    let path = Path::new(value);
    if !path.is_absolute() {
        return Err(refused(
            "it is relative, so every command finds another directory",
        ));
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use super::{forget_template, template_plan};

    #[test]
    fn without_a_setting_git_is_told_of_a_directory_below_its_configuration() {
        let plan = template_plan(None, Path::new("/home/u"), None).unwrap();
        assert_eq!(
            plan.hooks_dir,
            PathBuf::from("/home/u/.config/git/template/hooks")
        );
        let expected = [
            "config",
            "--global",
            "init.templateDir",
            "/home/u/.config/git/template",
        ];
        assert_eq!(plan.tell_git, Some(expected.map(OsString::from).to_vec()));
        let moved = template_plan(Some(""), Path::new("/home/u"), Some(Path::new("/cfg"))).unwrap();
        assert_eq!(moved.template_dir, PathBuf::from("/cfg/git/template"));
        let relative = template_plan(None, Path::new("/home/u"), Some(Path::new("cfg"))).unwrap();
        assert_eq!(
            relative.template_dir,
            PathBuf::from("/home/u/.config/git/template")
        );
    }

    #[test]
    fn the_directory_of_the_user_is_used_and_not_set_again() {
        for (value, directory) in [
            ("~/tpl", "/home/u/tpl"),
            ("/srv/tpl", "/srv/tpl"),
            ("~", "/home/u"),
        ] {
            let plan = template_plan(Some(value), Path::new("/home/u"), None).unwrap();
            assert_eq!(plan.template_dir, PathBuf::from(directory));
            assert_eq!(plan.tell_git, None);
        }
    }

    #[test]
    fn a_value_that_only_git_understands_is_refused_by_name() {
        for value in ["~other/tpl", "%(prefix)/share/tpl", "tpl", "../tpl"] {
            let error = template_plan(Some(value), Path::new("/home/u"), None).unwrap_err();
            assert!(error.to_string().contains(value), "{error}");
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn only_our_own_setting_is_forgotten_and_only_when_the_directory_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join(".config/git/template");
        let plan = template_plan(directory.to_str(), home.path(), None).unwrap();
        assert!(forget_template(&plan, home.path(), None).is_some());
        std::fs::create_dir_all(&directory).unwrap();
        assert_eq!(forget_template(&plan, home.path(), None), None);
        let other = template_plan(Some("/srv/no-such-template"), home.path(), None).unwrap();
        assert_eq!(forget_template(&other, home.path(), None), None);
    }
}
