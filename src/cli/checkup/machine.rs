//! What can be looked at without a network: git, the repository, its configuration, the hook and the drivers.

use std::path::Path;

use crate::cli::checkup::examined::{Examined, Group};
use crate::cli::failure::Failure;
use crate::cli::session::{Decided, Session};
use crate::config::file::FILE_NAME;
use crate::git::command::Git;
use crate::git::repository::Repository;
use crate::model::path::RepoPath;
use crate::model::snapshot::Content;
use crate::model::text::{counted, shortened, visible};
use crate::project::Project;
use crate::setup::drivers::{Attributes, DRIVER, program_of, with_block};
use crate::setup::hook_script::HookType;
use crate::setup::hook_status::status;

/// The oldest git that has all that we ask of it.
const OLDEST_GIT: (u32, u32) = (2, 31);

/// What was found on this machine.
pub struct Machine {
    /// What was looked at.
    pub group: Group,
    /// The repository, where it can be used.
    pub repository: Option<Repository>,
    /// Its configuration, where it is understood.
    pub decided: Option<Decided>,
}

/// Looks at all of it.
pub fn examine(session: &Session) -> Machine {
    let mut examined = vec![git_version(session)];
    let repository = match session.repository() {
        Ok(repository) => repository,
        Err(failure) => {
            examined.push(Examined::of_failure("repository", &failure));
            return Machine {
                group: group(examined),
                repository: None,
                decided: None,
            };
        }
    };
    examined.extend(condition(session, &repository));
    let decided = match configuration(session, &repository) {
        Ok((decided, one)) => {
            examined.push(one);
            Some(decided)
        }
        Err(failure) => {
            examined.push(Examined::of_failure("configuration", &failure));
            None
        }
    };
    examined.push(hook(session, &repository));
    if let Some(decided) = &decided
        && !repository.is_bare()
    {
        let one = drivers(&repository, decided);
        examined.push(one.unwrap_or_else(|failure| Examined::of_failure("drivers", &failure)));
    }
    Machine {
        group: group(examined),
        repository: Some(repository),
        decided,
    }
}

fn group(examined: Vec<Examined>) -> Group {
    Group {
        name: "repository",
        examined,
        is_answered: false,
    }
}

fn git_version(session: &Session) -> Examined {
    let id = "git";
    let output = match Git::at(&session.directory).output(&["version"], None) {
        Ok(output) => String::from_utf8_lossy(&output).trim().to_owned(),
        Err(error) => return Examined::of_failure(id, &error.into()),
    };
    let said = shortened(&visible(&output), 60);
    match version(&output) {
        Some(found) if found < OLDEST_GIT => Examined::wrong(
            id,
            format!("{said} is too old"),
            format!("install git {}.{} or later", OLDEST_GIT.0, OLDEST_GIT.1),
        ),
        Some(_) => Examined::ok(id, said),
        None => Examined::warning(
            id,
            format!("`{said}` names no version"),
            "look which program `git` is",
        ),
    }
}

/// `git version 2.47.3` as its first two numbers.
fn version(output: &str) -> Option<(u32, u32)> {
    let mut numbers = output.strip_prefix("git version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether the repository is all there, and on a branch.
fn condition(session: &Session, repository: &Repository) -> Vec<Examined> {
    let mut found = Vec::new();
    let kind = if repository.is_bare() {
        "a bare repository"
    } else {
        "a repository"
    };
    match repository.has_commits() {
        Err(error) => found.push(Examined::of_failure("repository", &error.into())),
        Ok(false) => found.push(Examined::warning(
            "repository",
            format!("{kind} without a commit"),
            "make the first commit",
        )),
        Ok(true) if repository.is_shallow() => found.push(Examined::warning(
            "repository",
            "the clone is shallow: a range of commits may begin where its history ends, and its first commits tell nothing",
            "`git fetch --unshallow`; in CI, `fetch-depth: 0` (GitHub Actions), `GIT_DEPTH: 0` (GitLab CI), `fetchDepth: 0` (Azure Pipelines), `depth: full` (Bitbucket Pipelines)",
        )),
        Ok(true) => found.push(Examined::ok("repository", format!("{kind} with its whole history"))),
    }
    match repository.current_branch() {
        Ok(Some(branch)) => {
            found.push(Examined::ok(
                "checkout",
                format!("`{}` is checked out", visible(&branch)),
            ));
        }
        // CI systems check a commit out.
        Ok(None) if session.environment.ci => {
            found.push(Examined::ok(
                "checkout",
                "a commit is checked out, as CI systems do",
            ));
        }
        Ok(None) => found.push(Examined::warning(
            "checkout",
            "no branch is checked out: commits made now belong to none",
            "`git switch BRANCH`",
        )),
        Err(error) => found.push(Examined::of_failure("checkout", &error.into())),
    }
    found
}

fn configuration(
    session: &Session,
    repository: &Repository,
) -> Result<(Decided, Examined), Failure> {
    let snapshot = match repository.is_bare() {
        true => repository.commit(&repository.resolve("HEAD")?)?,
        false => repository.worktree()?,
    };
    let decided = session.decided(Some(&*snapshot))?;
    let path = RepoPath::outside(FILE_NAME);
    let is_there = !matches!(snapshot.read(&path, 0)?, Content::Missing);
    let seen = match (&session.config, is_there) {
        (Some(path), _) => format!("{} is understood", visible(&path.display().to_string())),
        (None, true) => format!("{FILE_NAME} is understood"),
        (None, false) => format!("there is no {FILE_NAME}: everything is as it is by default"),
    };
    Ok((decided, Examined::ok("configuration", seen)))
}

fn hook(session: &Session, repository: &Repository) -> Examined {
    let id = "hook";
    let directory = match repository.hooks_dir() {
        Ok(directory) => directory,
        Err(error) => return Examined::of_failure(id, &error.into()),
    };
    let install = "`git postman hook install` puts it beside what is there";
    let found = status(&directory, &[HookType::PrePush]);
    let Some(found) = found.first() else {
        return Examined::skipped(id, "there is no such hook");
    };
    let seen = visible(&found.to_string());
    if found.checks() {
        return Examined::ok(id, seen);
    }
    if session.environment.ci {
        return Examined::skipped(id, format!("{seen}; in CI no hook is needed"));
    }
    Examined::warning(id, seen, install)
}

fn drivers(repository: &Repository, decided: &Decided) -> Result<Examined, Failure> {
    let id = "drivers";
    let install = "`git postman hook install --drivers`";
    let snapshot = repository.worktree()?;
    let project = Project::load(&*snapshot, &decided.config)?;
    let attributes = Attributes::of(&project);
    if attributes.directories.is_empty() {
        return Ok(Examined::skipped(
            id,
            "no directory is Postman's, so there is nothing to merge by meaning",
        ));
    }
    let path = RepoPath::outside(".gitattributes");
    let text = match snapshot.read(&path, 1 << 20)? {
        Content::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => String::new(),
    };
    let is_named = text.contains(&format!("merge={DRIVER}"));
    let is_current = with_block(&text, &attributes).is_ok_and(|with| with == text);
    let set = repository.config_string(&format!("merge.{DRIVER}.driver"))?;
    let shown = repository.config_string(&format!("diff.{DRIVER}.textconv"))?;
    let directories = counted(attributes.directories.len(), "folder");
    Ok(match (is_named, set) {
        (false, None) => Examined::warning(
            id,
            "merge and diff drivers are not installed: git merges documents line by line",
            install,
        ),
        (true, None) => Examined::warning(
            id,
            ".gitattributes names the drivers and git has none in this clone: it merges documents line by line",
            install,
        ),
        (_, Some(value)) if program_of(&value).is_some_and(|path| !Path::new(&path).is_file()) => {
            Examined::wrong(
                id,
                "the merge driver that git is set to is gone: every merge of a document fails",
                install,
            )
        }
        (false, Some(_)) => Examined::warning(
            id,
            "git knows the drivers, and .gitattributes names them for no file",
            install,
        ),
        (true, Some(_)) if !is_current || shown.is_none() => Examined::warning(
            id,
            "the drivers are installed for other directories than Postman's are now, or in part",
            install,
        ),
        (true, Some(_)) => Examined::ok(
            id,
            format!("merge and diff drivers are installed for {directories}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_read_as_git_of_any_system_writes_it() {
        for (said, found) in [
            ("git version 2.47.3", Some((2, 47))),
            ("git version 2.39.5 (Apple Git-154)", Some((2, 39))),
            ("git version 2.47.0.windows.2", Some((2, 47))),
            ("hub version 2", None),
        ] {
            assert_eq!(version(said), found);
        }
    }
}
