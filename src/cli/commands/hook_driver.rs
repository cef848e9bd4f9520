//! `hook install --drivers`: tells git to merge documents and to show their differences by what they mean, and `uninstall`
//! takes it back.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::reporting::{print, write_atomically};
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::project::Project;
use crate::setup::drivers::{Attributes, SECTIONS, settings, with_block};

const FILE: &str = ".gitattributes";

/// Puts the drivers in place for the directories that Postman manages.
///
/// # Errors
/// A bare repository, a `.gitattributes` that is no file of ours to change.
pub fn install(
    repository: &Repository,
    program: &Path,
    dry_run: bool,
    session: &Session,
) -> Result<(), Failure> {
    let snapshot = repository.worktree()?;
    let decided = session.decided(Some(&*snapshot))?;
    let project = Project::load(&*snapshot, &decided.config)?;
    change_attributes(repository, &Attributes::of(&project), dry_run, session)?;
    for (key, value) in settings(&program.to_string_lossy()) {
        let known = repository.config_string(&key)?;
        if known.as_deref() != Some(&value) {
            run(
                repository,
                &["config", "--local", &key, &value],
                dry_run,
                session,
            )?;
        }
    }
    Ok(())
}

/// Takes the drivers away again.
///
/// # Errors
/// As for [`install`].
pub fn uninstall(repository: &Repository, dry_run: bool, session: &Session) -> Result<(), Failure> {
    if repository.root().is_some() {
        change_attributes(
            repository,
            &Attributes {
                directories: Vec::new(),
            },
            dry_run,
            session,
        )?;
    }
    let known = settings("");
    for section in SECTIONS {
        let mut is_set = false;
        for (key, _) in known.iter().filter(|(key, _)| {
            key.strip_prefix(section)
                .is_some_and(|rest| rest.starts_with('.'))
        }) {
            is_set |= repository.config_string(key)?.is_some();
        }
        if is_set {
            run(
                repository,
                &["config", "--local", "--remove-section", section],
                dry_run,
                session,
            )?;
        }
    }
    Ok(())
}

fn change_attributes(
    repository: &Repository,
    attributes: &Attributes,
    dry_run: bool,
    session: &Session,
) -> Result<(), Failure> {
    let root = repository.root().ok_or_else(|| {
        Failure::usage("the repository is bare: it has no .gitattributes")
            .with_hint("run it in a clone")
    })?;
    let path = root.join(FILE);
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{FILE} cannot be read or written: {error}"))
    };
    let text = match path.symlink_metadata() {
        Ok(file) if !file.is_file() => {
            return Err(Failure::usage(format!("{FILE} is no file"))
                .with_hint("git does not read it either; move it away"));
        }
        Ok(_) => std::fs::read_to_string(&path).map_err(failed)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let changed = with_block(&text, attributes)?;
    if changed == text {
        return Ok(());
    }
    let verb = match (dry_run, changed.is_empty()) {
        (true, _) => "would change",
        (false, true) => {
            std::fs::remove_file(&path).map_err(failed)?;
            "removed"
        }
        (false, false) => {
            write_atomically(&path, changed.as_bytes()).map_err(failed)?;
            "changed"
        }
    };
    print(session, &format!("{verb} {FILE}\n"))
}

fn run(
    repository: &Repository,
    arguments: &[&str],
    dry_run: bool,
    session: &Session,
) -> Result<(), Failure> {
    if !dry_run {
        repository.git().output(arguments, None)?;
    }
    let verb = if dry_run { "would run" } else { "ran" };
    print(
        session,
        &format!(
            "{verb} `git {}`\n",
            crate::model::text::visible(&arguments.join(" "))
        ),
    )
}
