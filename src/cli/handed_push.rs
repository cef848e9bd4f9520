//! Which references a push brings: as git hands them to its hook, else as a hook manager does, else what is checked out.
//!
//! Git writes every reference to the standard input of its hook. Some managers keep that to themselves, and then the hook
//! can look at a part of the push only; it has to say so.

use std::io::Read as _;

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::config::env::PreCommitPush;
use crate::git::error::GitError;
use crate::git::pushed::{PushLineError, RefUpdate, parse};
use crate::git::repository::Repository;
use crate::model::id::CommitId;
use crate::model::text::visible;
use crate::setup::foreign_hook::HookManager;
use crate::setup::hook_script::HookType;
use crate::setup::hook_status::{HookState, status};
use crate::setup::manager_files::managers_of;

/// No push names more than this: git's own line is at most a few hundred bytes, and a mirror has 100,000 of them.
const MAX_INPUT: u64 = 256 * 1024 * 1024;

/// What a push brings, as far as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The references; none where the push is up to date.
    pub updates: Vec<RefUpdate>,
    /// Why there may be more; `None` where these are all.
    pub limited: Option<Limited>,
}

/// That a part of the push was looked at only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// What was looked at, and why no more.
    pub note: String,
    /// How to get the whole.
    pub hint: String,
}

/// Reads what git writes to the standard input of a hook.
///
/// # Errors
/// What cannot be read, or is not of git's form.
pub fn lines(
    parse: impl Fn(&str) -> Result<Vec<RefUpdate>, PushLineError>,
) -> Result<Vec<RefUpdate>, Failure> {
    let unread = |why: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "what git pushes cannot be read from standard input: {why}"
        ))
    };
    let mut input = Vec::new();
    std::io::stdin()
        .take(MAX_INPUT + 1)
        .read_to_end(&mut input)
        .map_err(|error| unread(&error))?;
    if input.len() as u64 > MAX_INPUT {
        return Err(unread(&"there is more than 256 MiB of it"));
    }
    parse(&String::from_utf8_lossy(&input)).map_err(|error| Failure::usage(error.to_string()))
}

/// What git, or a manager in its place, hands to `pre-push`.
///
/// # Errors
/// What cannot be read, or is not of git's form; a repository that cannot be read.
pub fn handed(session: &Session) -> Result<Handed, Failure> {
    // Git always makes a pipe. A terminal or `/dev/null` has nothing to say, and the former never ends.
    let has_list = !is_device(&std::io::stdin());
    let updates = match has_list {
        true => lines(parse)?,
        false => Vec::new(),
    };
    if !updates.is_empty() {
        let limited = None;
        return Ok(Handed { updates, limited });
    }
    if let Some(push) = &session.environment.pre_commit {
        return of_pre_commit(push, &session.repository()?);
    }
    if !has_list {
        let why = "whoever started this hook did not hand on what git pushes";
        let hint = "let it pass on the hook's standard input: docs/hooks.md has a recipe for each hook manager";
        return of_head(&session.repository()?, why, hint);
    }
    let repository = session.repository()?;
    if lefthook_keeps_lines(&repository)? {
        let why = "lefthook did not hand on what git pushes";
        let hint = "add `use_stdin: true` to the command in lefthook's configuration";
        return of_head(&repository, why, hint);
    }
    // A push that is up to date.
    let limited = None;
    Ok(Handed { updates, limited })
}

fn of_pre_commit(push: &PreCommitPush, repository: &Repository) -> Result<Handed, Failure> {
    let manager = push.manager;
    let named = push.to.as_deref().or(push.local_branch.as_deref());
    let Some(named) = named else {
        let why = format!("{manager} did not hand on what git pushes");
        return of_head(repository, &why, &whole_beside(manager));
    };
    // A person may have named branches: `pre-commit run --from-ref main --to-ref HEAD`.
    let tip = repository.resolve(named)?;
    let from = push.from.as_deref();
    let from = from.and_then(|from| repository.resolve(from).ok());
    let local_ref = push.local_branch.clone();
    let local_ref = local_ref.unwrap_or_else(|| named.to_owned());
    let remote_ref = push.remote_branch.clone();
    let update = RefUpdate {
        remote_ref: remote_ref.unwrap_or_else(|| local_ref.clone()),
        local_ref,
        local: Some(tip),
        remote: from,
    };
    // Where our own hook is in place, the manager has run it first, and that one saw the whole.
    if native_hook_checks(repository)? {
        let (updates, limited) = (vec![update], None);
        return Ok(Handed { updates, limited });
    }
    let why = format!("{manager} hands on one reference of a push and says nothing of the others");
    Ok(limited(update, &why, &whole_beside(manager)))
}

fn whole_beside(manager: &str) -> String {
    format!(
        "to look at all of a push, run `git postman hook install` here too: {manager} starts that hook first and gives it everything"
    )
}

/// The branch that is checked out, where nobody says what is pushed.
fn of_head(repository: &Repository, why: &str, hint: &str) -> Result<Handed, Failure> {
    let tip = match repository.resolve("HEAD") {
        Ok(tip) => tip,
        Err(GitError::Unborn { .. } | GitError::UnknownRevision { .. }) => {
            let (updates, limited) = (Vec::new(), None);
            return Ok(Handed { updates, limited });
        }
        Err(error) => return Err(error.into()),
    };
    Ok(limited(update_of_head(repository, tip)?, why, hint))
}

fn update_of_head(repository: &Repository, tip: CommitId) -> Result<RefUpdate, GitError> {
    let branch = repository.current_branch()?;
    let name = branch.map_or_else(
        || "HEAD".to_owned(),
        |branch| format!("refs/heads/{branch}"),
    );
    Ok(RefUpdate {
        local_ref: name.clone(),
        local: Some(tip),
        remote_ref: name,
        remote: None,
    })
}

fn limited(update: RefUpdate, why: &str, hint: &str) -> Handed {
    let note = format!(
        "the check was limited to {}: {why}",
        visible(&update.local_ref)
    );
    let hint = hint.to_owned();
    Handed {
        updates: vec![update],
        limited: Some(Limited { note, hint }),
    }
}

fn native_hook_checks(repository: &Repository) -> Result<bool, GitError> {
    let hooks = status(&repository.hooks_dir()?, &[HookType::PrePush]);
    Ok(hooks
        .iter()
        .any(|hook| hook.checks() && matches!(hook.state, HookState::Ours { .. })))
}

/// Whether git has started lefthook, and lefthook does not pass on what it got: that is what it does unasked.
fn lefthook_keeps_lines(repository: &Repository) -> Result<bool, GitError> {
    let Some(root) = repository.root() else {
        return Ok(false);
    };
    let hooks = status(&repository.hooks_dir()?, &[HookType::PrePush]);
    let lefthook = Some(HookManager::Lefthook);
    let is_lefthook = hooks.iter().any(
        |hook| matches!(&hook.state, HookState::Foreign { manager, .. } if *manager == lefthook),
    );
    Ok(is_lefthook
        && managers_of(root)
            .iter()
            .any(|found| Some(found.manager) == lefthook && !found.hands_lines_on))
}

/// Whether this is a terminal, `/dev/null` or another device, none of which git gives to a hook.
#[cfg(unix)]
fn is_device(stdin: &std::io::Stdin) -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;
    let own = stdin.as_fd().try_clone_to_owned().map(std::fs::File::from);
    own.and_then(|file| file.metadata())
        .is_ok_and(|metadata| metadata.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_device(stdin: &std::io::Stdin) -> bool {
    use std::io::IsTerminal as _;
    stdin.is_terminal()
}
