//! Changes to a commit on a branch, without a checkout.
//!
//! The git program does it, over an index of its own: so it works in bare repositories, with SHA-256, reftable and
//! partial clones, and signs as the user has set it up. Hooks are not run, neither `pre-commit` nor those of
//! `core.hooksPath`: the caller has judged the changes before.

use std::fs;
use std::path::Path;

use crate::git::command::Git;
use crate::git::commit_stage::{Scratch, Staged, stage};
use crate::git::disk::system_path;
use crate::git::error::GitError;
use crate::git::repository::Repository;
use crate::git::worktree_write::{Differs, Replaced, index_by_path, uncommitted};
use crate::git::write_error::WriteError;
use crate::model::change::ChangeSet;
use crate::model::id::CommitId;

/// What to commit, and where.
#[derive(Clone, Debug)]
pub struct CommitRequest<'a> {
    /// The branch, without `refs/heads/`.
    pub branch: &'a str,
    /// Where the branch must stand; `None` where it must not exist yet. The changes were made from this commit.
    pub base: Option<&'a CommitId>,
    /// The parent of a new branch's first commit; taken only where `base` is `None`.
    pub start: Option<&'a CommitId>,
    /// The files, in the form that git stores.
    pub changes: &'a ChangeSet,
    /// The message.
    pub message: &'a str,
    /// What stands in the reflog.
    pub reflog: &'a str,
}

/// What a commit brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The branch's tip now; `None` where nothing had to change on a branch without commits.
    pub commit: Option<CommitId>,
    /// What was replaced by what, in the form that git stores. Empty where nothing had to change, and then no commit
    /// was made.
    pub replaced: Vec<Replaced>,
    /// Whether the worktree and its index went along, because the branch is checked out there.
    pub worktree: bool,
}

/// Commits changes on a branch and moves it there, if it still stands where it should.
///
/// Where the branch is checked out in this worktree, index and files go along as with a fast-forward merge.
///
/// # Errors
/// Everything in [`WriteError`]; the branch, the index and the worktree are then as before.
pub fn commit_changes(
    repository: &Repository,
    request: &CommitRequest<'_>,
) -> Result<Committed, WriteError> {
    let git = repository.git();
    let reference = branch_reference(git, request.branch)?;
    check_tip(git, &reference, request)?;
    let is_here = is_checked_out_here(repository, request.branch)?;
    check_other_worktrees(repository, request.branch, &reference)?;
    let parent = request.base.or(request.start);
    let made = made(repository, parent, request.changes, request.message)?;
    let Some((commit, staged)) = made else {
        return Ok(Committed {
            commit: request.base.cloned(),
            replaced: Vec::new(),
            worktree: false,
        });
    };
    if is_here {
        check_worktree(repository, &staged)?;
        move_worktree(git, parent, Some(&commit))?;
    }
    if let Err(error) = move_branch(git, &reference, request, &commit) {
        if is_here {
            move_worktree(git, Some(&commit), parent)?;
        }
        check_tip(git, &reference, request)?;
        return Err(error.into());
    }
    Ok(Committed {
        commit: Some(commit),
        replaced: staged.replaced,
        worktree: is_here,
    })
}

/// Commits changes as the child of `parent`. No reference moves: whoever pushes the commit makes it count, and where nobody
/// does, git cleans it away. `None` where nothing has to change.
///
/// # Errors
/// Everything in [`WriteError`]; nothing is changed then.
pub fn commit_onto(
    repository: &Repository,
    parent: &CommitId,
    changes: &ChangeSet,
    message: &str,
) -> Result<Option<CommitId>, WriteError> {
    let made = made(repository, Some(parent), changes, message)?;
    Ok(made.map(|(commit, _)| commit))
}

/// The full name of a branch.
///
/// # Errors
/// A name that git does not take.
pub fn branch_reference(git: &Git, branch: &str) -> Result<String, WriteError> {
    let reference = format!("refs/heads/{branch}");
    let strange = branch.starts_with('-') || branch.contains(['\0', '\n']) || branch == "HEAD";
    if strange
        || !git
            .run(&["check-ref-format", &reference], None)?
            .status
            .success()
    {
        return Err(WriteError::BranchName(branch.to_owned()));
    }
    Ok(reference)
}

/// A commit that no reference has yet, and what it brings; `None` where nothing has to change.
fn made(
    repository: &Repository,
    parent: Option<&CommitId>,
    changes: &ChangeSet,
    message: &str,
) -> Result<Option<(CommitId, Staged)>, WriteError> {
    let git = repository.git();
    let scratch = Scratch::new(repository, parent)?;
    let staged = stage(repository, &scratch, changes, parent)?;
    if staged.replaced.is_empty() {
        return Ok(None);
    }
    let tree = scratch.write_tree(&staged)?;
    check_identity(git)?;
    let commit = make_commit(git, &tree, parent, message)?;
    Ok(Some((commit, staged)))
}

/// The branch stands where the caller says.
fn check_tip(git: &Git, reference: &str, request: &CommitRequest<'_>) -> Result<(), WriteError> {
    let answer = git.run(&["rev-parse", "--verify", "--quiet", reference], None)?;
    let now = CommitId::parse(&line(&answer.output));
    if now.as_ref() == request.base {
        return Ok(());
    }
    let said = |id: Option<&CommitId>| id.map_or("no commit".to_owned(), ToString::to_string);
    Err(WriteError::Moved {
        branch: request.branch.to_owned(),
        expected: said(request.base),
        now: said(now.as_ref()),
    })
}

fn is_checked_out_here(repository: &Repository, branch: &str) -> Result<bool, WriteError> {
    Ok(repository.root().is_some() && repository.current_branch()?.as_deref() == Some(branch))
}

/// No other worktree may have the branch checked out, and none may be in the middle of a rebase of it.
fn check_other_worktrees(
    repository: &Repository,
    branch: &str,
    reference: &str,
) -> Result<(), WriteError> {
    let output = repository
        .git()
        .output(&["worktree", "list", "--porcelain"], None)?;
    let text = String::from_utf8_lossy(&output);
    for block in text.split("\n\n") {
        let field = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        };
        let is_bare = block.lines().any(|line| line == "bare");
        let (Some(worktree), Some(checked_out)) = (field("worktree"), field("branch")) else {
            continue;
        };
        let here = repository
            .root()
            .is_some_and(|root| same(root, Path::new(worktree)));
        if checked_out == reference && !here && !is_bare {
            return Err(WriteError::CheckedOutElsewhere {
                branch: branch.to_owned(),
                worktree: worktree.to_owned(),
            });
        }
    }
    let linked = fs::read_dir(repository.common_dir().join("worktrees"));
    let linked = linked
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    for directory in linked.chain([repository.common_dir().to_owned()]) {
        for doing in ["rebase-merge", "rebase-apply"] {
            let head = fs::read_to_string(directory.join(doing).join("head-name"));
            if head.is_ok_and(|name| name.trim() == reference) {
                return Err(WriteError::InProgress {
                    branch: branch.to_owned(),
                    doing: "rebased",
                });
            }
        }
    }
    Ok(())
}

fn same(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    canonical(one) == canonical(other)
}

/// Git may guess a name and an address from the system; a commit in somebody's name needs a real one.
fn check_identity(git: &Git) -> Result<(), WriteError> {
    for name in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
        let answer = git.run(&["-c", NO_GUESS, "var", name], None)?;
        if !answer.status.success() {
            let complaint = answer.complaint();
            let said = complaint
                .lines()
                .find_map(|line| line.strip_prefix("fatal: "))
                .unwrap_or("no name or no address is set");
            return Err(WriteError::NoIdentity(said.to_owned()));
        }
    }
    Ok(())
}

fn make_commit(
    git: &Git,
    tree: &str,
    parent: Option<&CommitId>,
    message: &str,
) -> Result<CommitId, WriteError> {
    let signs = git.run(&["config", "--type=bool", "--get", "commit.gpgsign"], None)?;
    let signs = line(&signs.output) == "true";
    let mut arguments = vec![
        "-c",
        NO_GUESS,
        "-c",
        "i18n.commitEncoding=UTF-8",
        "commit-tree",
        tree,
        "-F",
        "-",
    ];
    if let Some(parent) = parent {
        arguments.extend(["-p", parent.as_str()]);
    }
    if signs {
        arguments.push("-S");
    }
    let message = format!("{}\n", message.trim_end());
    let answer = git.run(&arguments, Some(message.as_bytes()))?;
    if !answer.status.success() {
        let stderr = answer.complaint();
        return Err(if signs {
            WriteError::NotSigned(stderr)
        } else {
            WriteError::Git(GitError::Program {
                command: "commit-tree".to_owned(),
                stderr,
            })
        });
    }
    CommitId::parse(&line(&answer.output)).ok_or_else(|| {
        WriteError::Git(GitError::Program {
            command: "commit-tree".to_owned(),
            stderr: "it gave no commit".to_owned(),
        })
    })
}

/// The files of this worktree and its index must be as they were committed, or all as they will be: a run that was
/// killed between the files and the branch leaves that.
fn check_worktree(repository: &Repository, staged: &Staged) -> Result<(), WriteError> {
    let root = repository.root().ok_or(GitError::NoWorktree)?;
    let index = index_by_path(repository)?;
    let uncommitted = uncommitted(repository)?;
    let mut dirty = Vec::new();
    for (path, wanted) in &staged.ids {
        let entry = index.get(path);
        let on_disk = fs::symlink_metadata(root.join(system_path(path.as_bytes())))
            .is_ok_and(|data| !data.is_dir());
        let is_dirty = match uncommitted.get(path) {
            None => entry.is_none() && on_disk,
            // Only the index differs from `HEAD`, and it has what we are about to commit.
            Some(Differs { on_disk: false }) => {
                entry.map(|entry| entry.id.to_string()) != *wanted || entry.is_some() != on_disk
            }
            Some(Differs { on_disk: true }) => true,
        };
        if is_dirty {
            dirty.push(path.clone());
        }
    }
    if dirty.is_empty() {
        Ok(())
    } else {
        Err(WriteError::Uncommitted(dirty))
    }
}

/// Index and files from one tree to another, as a fast-forward merge does it: all is looked at before anything is
/// touched, and line ends and filters are git's own.
fn move_worktree(
    git: &Git,
    from: Option<&CommitId>,
    to: Option<&CommitId>,
) -> Result<(), WriteError> {
    let empty = match (from, to) {
        (Some(_), Some(_)) => String::new(),
        _ => line(&git.output(&["hash-object", "-w", "-t", "tree", "--stdin"], Some(b""))?),
    };
    let tree = |commit: Option<&CommitId>, empty: &str| {
        commit.map_or_else(|| empty.to_owned(), ToString::to_string)
    };
    let (from, to) = (tree(from, &empty), tree(to, &empty));
    // A file that was written anew with what it had is no change, and git only knows once it has looked. Where other files
    // did change, it ends with an error.
    git.run(&["-c", NO_HOOKS, "update-index", "-q", "--refresh"], None)?;
    git.output(&["-c", NO_HOOKS, "read-tree", "-m", "-u", &from, &to], None)?;
    Ok(())
}

fn move_branch(
    git: &Git,
    reference: &str,
    request: &CommitRequest<'_>,
    commit: &CommitId,
) -> Result<(), GitError> {
    let zero = "0".repeat(commit.as_str().len());
    let old = request.base.map_or(zero.as_str(), CommitId::as_str);
    let arguments = [
        "-c",
        NO_HOOKS,
        "update-ref",
        "-m",
        request.reflog,
        reference,
        commit.as_str(),
        old,
    ];
    git.output(&arguments, None).map(|_| ())
}

const NO_GUESS: &str = "user.useConfigOnly=true";
/// `reference-transaction` and `post-index-change` are hooks too.
const NO_HOOKS: &str = "core.hooksPath=/dev/null";

fn line(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{CommitRequest, Committed, commit_changes};
    use crate::git::repository::Repository;
    use crate::git::testing::{Fixture, path, set};
    use crate::git::write_error::{Refusal, WriteError};
    use crate::model::change::ChangeSet;
    use crate::model::id::CommitId;

    /// A repository `work` with somebody's name in it, whatever the person who runs the tests has.
    fn fixture(files: &[(&str, &str)]) -> Fixture {
        let fixture = Fixture::with_files(files);
        named(&fixture, "work");
        fixture
    }

    fn named(fixture: &Fixture, repository: &str) {
        for (key, value) in [
            ("user.name", "Jo Doe"),
            ("user.email", "jo@example.com"),
            ("commit.gpgsign", "false"),
            ("core.autocrlf", "false"),
        ] {
            fixture.git(repository, &["config", key, value]);
        }
    }

    fn commit(
        repository: &Repository,
        branch: &str,
        base: Option<&CommitId>,
        changes: &ChangeSet,
    ) -> Result<Committed, WriteError> {
        commit_changes(
            repository,
            &CommitRequest {
                branch,
                base,
                start: None,
                changes,
                message: "Take over from Postman\n\nAll of it.",
                reflog: "git-postman: test",
            },
        )
    }

    fn shown(fixture: &Fixture, repository: &str, revision: &str) -> String {
        fixture.git(
            repository,
            &["ls-tree", "-r", "--format=%(objectmode) %(path)", revision],
        )
    }

    #[test]
    fn a_branch_gets_a_commit_without_a_checkout() {
        let fixture = fixture(&[("a", "a"), ("d/b", "b"), ("f", "f"), ("s/x", "x")]);
        fixture.git("work", &["update-index", "--chmod=+x", "a"]);
        let base = fixture.commit("work", "executable");
        fixture.git("work", &["branch", "active"]);
        fixture.git("work", &["checkout", "--quiet", "-f", "main"]);
        let repository = fixture.open("work");
        let changes = set(&[
            ("a", Some("a"), Some("a2")),
            ("d/b", Some("b"), None),
            ("n/new", None, Some("n")),
            ("f", Some("f"), None),
            ("f/below", None, Some("x")),
            ("s", None, Some("file")),
            ("s/x", Some("x"), None),
        ]);
        let committed = commit(&repository, "active", Some(&base), &changes).unwrap();
        assert_eq!(committed.replaced.len(), 7);
        assert!(!committed.worktree);
        assert_eq!(
            shown(&fixture, "work", "active"),
            "100755 a\n100644 f/below\n100644 n/new\n100644 s"
        );
        assert_eq!(fixture.git("work", &["show", "active:a"]), "a2");
        let said = fixture.git("work", &["log", "-1", "--format=%an|%ce|%P|%B", "active"]);
        assert_eq!(
            said,
            format!("Jo Doe|jo@example.com|{base}|Take over from Postman\n\nAll of it.")
        );
        let reflog = fixture.git("work", &["reflog", "-1", "--format=%gs", "active"]);
        assert_eq!(reflog, "git-postman: test");
        assert_eq!(fixture.git("work", &["status", "--porcelain"]), "");
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
        // Again: there is nothing to do, and no commit is made.
        let tip = committed.commit.unwrap();
        let again = commit(&repository, "active", Some(&tip), &changes).unwrap();
        assert_eq!((again.commit, again.replaced.len()), (Some(tip), 0));
        let leftovers = fs::read_dir(fixture.path("work/.git")).unwrap().flatten();
        let names = leftovers.map(|entry| entry.file_name().to_string_lossy().into_owned());
        assert!(
            !names
                .into_iter()
                .any(|name| name.starts_with("postman-commit-"))
        );
    }

    #[test]
    fn a_branch_that_moved_is_told_and_stays() {
        let fixture = fixture(&[("a", "a")]);
        let base = fixture.id("work", "HEAD");
        fixture.git("work", &["branch", "active"]);
        let now = fixture.commit_files("work", &[("a", "other")], "other");
        fixture.git("work", &["branch", "-f", "active"]);
        let repository = fixture.open("work");
        let changes = set(&[("a", Some("a"), Some("b"))]);
        for (branch, base) in [
            ("active", Some(&base)),
            ("active", None),
            ("none", Some(&base)),
        ] {
            let error = commit(&repository, branch, base, &changes).unwrap_err();
            assert!(matches!(error, WriteError::Moved { .. }), "{error:?}");
        }
        assert_eq!(fixture.id("work", "active"), now);
        let stale = commit(&repository, "active", Some(&now), &changes).unwrap_err();
        assert!(matches!(stale, WriteError::Unexpected(_)), "{stale:?}");
    }

    #[test]
    fn the_branch_that_is_checked_out_takes_index_and_files_along() {
        let fixture = fixture(&[
            ("a", "a"),
            ("b", "b"),
            ("c", "c"),
            (".gitattributes", "*.j text eol=crlf\n"),
        ]);
        let base = fixture.id("work", "HEAD");
        let repository = fixture.open("work");
        let changes = set(&[
            ("a", Some("a"), Some("a2")),
            ("c", Some("c"), None),
            ("new.j", None, Some("{\r\n}\r\n")),
        ]);
        // Work elsewhere does not matter, work on one of these files does.
        fixture.write("work/b", "my work");
        fixture.write("work/a", "my work");
        let error = commit(&repository, "main", Some(&base), &changes).unwrap_err();
        assert!(matches!(&error, WriteError::Uncommitted(paths) if *paths == [path("a")]));
        fixture.write("work/a", "a");
        fixture.write("work/new.j", "in the way");
        let error = commit(&repository, "main", Some(&base), &changes).unwrap_err();
        assert!(matches!(&error, WriteError::Uncommitted(paths) if *paths == [path("new.j")]));
        fs::remove_file(fixture.path("work/new.j")).unwrap();
        assert_eq!(fixture.id("work", "main"), base);
        let committed = commit(&repository, "main", Some(&base), &changes).unwrap();
        assert!(committed.worktree);
        assert_eq!(fixture.git("work", &["status", "--porcelain"]), "M b");
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a2");
        assert_eq!(fs::read(fixture.path("work/new.j")).unwrap(), b"{\r\n}\r\n");
        assert_eq!(
            fixture.git("work", &["cat-file", "-p", "main:new.j"]),
            "{\n}"
        );
        assert!(!fixture.path("work/c").exists());
    }

    #[test]
    fn a_run_that_was_killed_between_files_and_branch_is_finished() {
        let fixture = fixture(&[("a", "a"), ("c", "c")]);
        let base = fixture.id("work", "HEAD");
        let repository = fixture.open("work");
        let changes = set(&[
            ("a", Some("a"), Some("a2")),
            ("c", Some("c"), None),
            ("n", None, Some("n")),
        ]);
        let done = commit(&repository, "main", Some(&base), &changes).unwrap();
        fixture.git("work", &["update-ref", "refs/heads/main", base.as_str()]);
        assert_ne!(fixture.git("work", &["status", "--porcelain"]), "");
        let again = commit(&repository, "main", Some(&base), &changes).unwrap();
        assert_eq!(again.replaced, done.replaced);
        assert_eq!(fixture.git("work", &["status", "--porcelain"]), "");
    }

    #[test]
    fn a_branch_that_cannot_be_moved_leaves_the_worktree_as_it_was() {
        let fixture = fixture(&[("a", "a")]);
        let base = fixture.id("work", "HEAD");
        fixture.write("work/.git/refs/heads/main.lock", "");
        let repository = fixture.open("work");
        let changes = set(&[("a", Some("a"), Some("b")), ("n", None, Some("n"))]);
        let error = commit(&repository, "main", Some(&base), &changes).unwrap_err();
        assert!(matches!(error, WriteError::Git(_)), "{error:?}");
        assert_eq!(fixture.git("work", &["status", "--porcelain"]), "");
        assert_eq!(fixture.id("work", "main"), base);
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
    }

    #[test]
    fn detached_bare_unborn_and_linked() {
        let fixture = fixture(&[("a", "a")]);
        let base = fixture.id("work", "HEAD");
        let changes = set(&[("a", Some("a"), Some("b"))]);
        fixture.git("work", &["clone", "--quiet", "--bare", ".", "../bare"]);
        named(&fixture, "bare");
        fixture.git(
            "work",
            &["worktree", "add", "--quiet", "../linked", "-b", "other"],
        );
        let error = commit(&fixture.open("work"), "other", Some(&base), &changes).unwrap_err();
        assert!(
            matches!(error, WriteError::CheckedOutElsewhere { .. }),
            "{error:?}"
        );
        assert!(
            commit(&fixture.open("linked"), "other", Some(&base), &changes)
                .unwrap()
                .worktree
        );
        assert_eq!(fs::read(fixture.path("linked/a")).unwrap(), b"b");
        fixture.git("work", &["checkout", "--quiet", "--detach"]);
        let detached = commit(&fixture.open("work"), "main", Some(&base), &changes).unwrap();
        assert!(!detached.worktree);
        assert_eq!(fs::read(fixture.path("work/a")).unwrap(), b"a");
        assert!(commit(&fixture.open("bare"), "main", Some(&base), &changes).is_ok());
        assert_eq!(fixture.git("bare", &["show", "main:a"]), "b");
        // An unborn branch, with something staged beside.
        fixture.init("fresh", &[]);
        named(&fixture, "fresh");
        fixture.write("fresh/mine", "m");
        fixture.git("fresh", &["add", "mine"]);
        let first = set(&[("a", None, Some("b"))]);
        let committed = commit(&fixture.open("fresh"), "main", None, &first).unwrap();
        assert!(committed.worktree && committed.commit.is_some());
        assert_eq!(fs::read(fixture.path("fresh/a")).unwrap(), b"b");
        assert_eq!(fixture.git("fresh", &["status", "--porcelain"]), "A  mine");
        assert_eq!(shown(&fixture, "fresh", "HEAD"), "100644 a");
    }

    #[test]
    fn a_new_branch_may_start_at_a_commit() {
        let fixture = fixture(&[("a", "a"), ("b", "b")]);
        let start = fixture.id("work", "HEAD");
        let changes = set(&[("a", Some("a"), Some("a2"))]);
        let request = CommitRequest {
            branch: "git-postman/pull",
            base: None,
            start: Some(&start),
            changes: &changes,
            message: "x",
            reflog: "x",
        };
        commit_changes(&fixture.open("work"), &request).unwrap();
        assert_eq!(
            shown(&fixture, "work", "git-postman/pull"),
            "100644 a\n100644 b"
        );
        assert_eq!(fixture.id("work", "git-postman/pull^"), start);
    }

    #[test]
    fn sha256_and_reftable_repositories() {
        for (name, arguments) in [
            ("sha256", ["--object-format=sha256"]),
            ("reftable", ["--ref-format=reftable"]),
        ] {
            let fixture = Fixture::empty();
            if !fixture.can_init(name, &arguments) {
                continue;
            }
            named(&fixture, name);
            let base = fixture.commit_files(name, &[("a", "a"), ("b", "b")], "first");
            let changes = set(&[("a", Some("a"), Some("a2")), ("b", Some("b"), None)]);
            let repository = fixture.open(name);
            let committed = commit(&repository, "main", Some(&base), &changes).unwrap();
            assert_eq!(shown(&fixture, name, "HEAD"), "100644 a");
            assert_eq!(committed.commit.unwrap(), fixture.id(name, "HEAD"));
            assert_eq!(fixture.git(name, &["status", "--porcelain"]), "");
            let moved = commit(&repository, "main", Some(&base), &changes).unwrap_err();
            assert!(matches!(moved, WriteError::Moved { .. }));
        }
    }

    #[test]
    fn who_commits_must_be_known_and_a_key_must_be_there() {
        let fixture = fixture(&[("a", "a")]);
        let base = fixture.id("work", "HEAD");
        let changes = set(&[("a", Some("a"), Some("b"))]);
        let repository = fixture.open("work");
        fixture.git("work", &["config", "user.name", ""]);
        let error = commit(&repository, "main", Some(&base), &changes).unwrap_err();
        assert!(matches!(error, WriteError::NoIdentity(_)), "{error:?}");
        assert!(error.hint().unwrap().contains("git config user.name"));
        fixture.git("work", &["config", "user.name", "Jo"]);
        fixture.git("work", &["config", "commit.gpgsign", "true"]);
        fixture.git("work", &["config", "gpg.program", "no-such-program"]);
        let error = commit(&repository, "main", Some(&base), &changes).unwrap_err();
        assert!(matches!(error, WriteError::NotSigned(_)), "{error:?}");
        assert_eq!(fixture.id("work", "main"), base);
        assert_eq!(fixture.git("work", &["status", "--porcelain"]), "");
    }

    #[cfg(unix)]
    #[test]
    fn what_must_not_be_written_is_refused_by_name() {
        let fixture = fixture(&[
            ("file", "f"),
            ("dir/x", "x"),
            (".gitattributes", "*.big filter=lfs\n"),
        ]);
        std::os::unix::fs::symlink("file", fixture.path("work/link")).unwrap();
        fixture.git("work", &["add", "link"]);
        let id = fixture.id("work", "HEAD");
        let entry = format!("160000,{id},sub");
        fixture.git("work", &["update-index", "--add", "--cacheinfo", &entry]);
        let base = fixture.commit("work", "odd");
        let repository = fixture.open("work");
        for (name, expected) in [
            ("link", Refusal::Link(path("link"))),
            ("link/x", Refusal::Link(path("link"))),
            ("sub", Refusal::Submodule(path("sub"))),
            ("sub/x", Refusal::Submodule(path("sub"))),
            ("file/x", Refusal::FileInTheWay(path("file"))),
            ("dir", Refusal::DirectoryInTheWay(path("dir"))),
            ("a/.git/config", Refusal::GitDirectory),
            ("x.big", Refusal::Filter("lfs".to_owned())),
        ] {
            let changes = set(&[(name, None, Some("x"))]);
            let error = commit(&repository, "main", Some(&base), &changes).unwrap_err();
            let WriteError::Refused { reason, .. } = error else {
                panic!("{name}: {error:?}");
            };
            assert_eq!(reason, expected, "{name}");
        }
        for branch in ["-x", "a..b", "", "HEAD", "a b"] {
            let changes = set(&[("n", None, Some("x"))]);
            let error = commit(&repository, branch, None, &changes).unwrap_err();
            assert!(matches!(error, WriteError::BranchName(_)), "{branch}");
        }
    }

    #[test]
    fn of_many_writers_at_once_one_wins_each_time() {
        let fixture = fixture(&[("a", "0")]);
        fixture.git("work", &["checkout", "--quiet", "--detach"]);
        let base = fixture.id("work", "main");
        let changes: Vec<ChangeSet> = (1..6)
            .map(|number| set(&[("a", Some("0"), Some(&number.to_string()))]))
            .collect();
        let wins = std::thread::scope(|scope| {
            let runs: Vec<_> = changes
                .iter()
                .map(|changes| {
                    let (fixture, base) = (&fixture, &base);
                    scope.spawn(move || {
                        match commit(&fixture.open("work"), "main", Some(base), changes) {
                            Ok(_) => 1,
                            Err(WriteError::Moved { .. } | WriteError::Git(_)) => 0,
                            Err(error) => panic!("{error:?}"),
                        }
                    })
                })
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).sum::<i32>()
        });
        assert_eq!(wins, 1);
        assert_eq!(fixture.git("work", &["rev-list", "--count", "main"]), "2");
    }
}
