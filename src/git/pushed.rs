//! What git hands to the hooks of a push, on either end of it, and what each reference would bring to who receives it.

use crate::git::error::GitError;
use crate::git::repository::{IntroducedBlob, Repository};
use crate::model::id::CommitId;
use crate::model::path::RepoPath;

/// One reference of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// What is pushed, as it was named: a reference, or an expression such as `HEAD~1`. `(delete)` for a
    /// deletion.
    pub local_ref: String,
    /// The object that is pushed; `None` for a deletion. It may be a tag.
    pub local: Option<CommitId>,
    /// The reference on the remote.
    pub remote_ref: String,
    /// What the reference stood for on the remote; `None` where it is new.
    pub remote: Option<CommitId>,
}

/// A line that is not of git's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of what git handed over is not `{form}`")]
pub struct PushLineError {
    /// Counted from one.
    pub line: usize,
    /// What git writes.
    pub form: &'static str,
}

/// The repository that a push goes to, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The references that show what it has, such as `refs/remotes/origin/*`.
    known_refs: String,
    /// The reference that shows its default branch.
    head: String,
    /// What a person should know about that.
    note: Option<String>,
}

/// What one update means for the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// A reference goes away; nothing is brought.
    Deleted,
    /// The object is no commit, so that it has no files to look at.
    NotACommit {
        /// `blob` or `tree`.
        kind: String,
    },
    /// Commits.
    Range(PushRange),
}

/// The commits that one update brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRange {
    /// The commit at the top; for a tag, the one it names.
    pub tip: CommitId,
    /// What the files are compared with.
    pub base: Base,
    /// The references that show what the remote has, such as `refs/remotes/origin/*`.
    pub known_refs: String,
    /// What a person should know about the comparison.
    pub notes: Vec<String>,
}

/// What a push is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// What the reference stands for on the remote.
    Remote(CommitId),
    /// The newest commit that the remote is known to have of this history.
    Shared(CommitId),
    /// The remote is not known to have anything of this history: everything is new.
    Nothing,
}

impl Base {
    /// The commit, where there is one.
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Remote(id) | Self::Shared(id) => Some(id),
            Self::Nothing => None,
        }
    }
}

impl PushRange {
    /// The paths that the push adds or changes.
    ///
    /// # Errors
    /// As for [`Repository::changed_paths`].
    pub fn changed_paths(&self, repository: &Repository) -> Result<Vec<RepoPath>, GitError> {
        repository.changed_paths(self.base.commit(), &self.tip)
    }

    /// The blobs that the push brings, those of its older commits among them.
    ///
    /// # Errors
    /// As for [`Repository::introduced_blobs`].
    pub fn introduced_blobs(
        &self,
        repository: &Repository,
    ) -> Result<Vec<IntroducedBlob>, GitError> {
        let known: Vec<CommitId> = self.base.commit().cloned().into_iter().collect();
        let tips = std::slice::from_ref(&self.tip);
        repository.introduced_blobs(tips, &known, Some(&self.known_refs))
    }
}

impl Receiver {
    /// A remote, named or given by its address.
    ///
    /// # Errors
    /// A configuration that cannot be read.
    pub fn remote(repository: &Repository, remote: &str) -> Result<Self, GitError> {
        let names = repository.remote_names()?;
        let name = if names.iter().any(|name| name == remote) {
            Some(remote.to_owned())
        } else {
            repository.remote_at(remote)?
        };
        Ok(match name {
            Some(name) => Self {
                known_refs: format!("refs/remotes/{name}/*"),
                head: format!("refs/remotes/{name}/HEAD"),
                note: None,
            },
            None => Self {
                known_refs: "refs/remotes/*".to_owned(),
                head: "refs/remotes/HEAD".to_owned(),
                note: Some(
                    "this remote has no name here: compared with what was fetched from all remotes"
                        .to_owned(),
                ),
            },
        })
    }

    /// The repository at hand, which somebody pushes to.
    pub fn here() -> Self {
        Self {
            known_refs: "refs/heads/*".to_owned(),
            head: "HEAD".to_owned(),
            note: None,
        }
    }

    /// The references that show what it has of a branch, else of its default branch: best first.
    pub fn branch_or_head(&self, branch: Option<&str>) -> Vec<String> {
        let branch = branch.map(|branch| self.known_refs.replace('*', branch));
        branch.into_iter().chain([self.head.clone()]).collect()
    }
}

/// Reads the standard input of `pre-push`. Nothing to push is no line at all.
///
/// # Errors
/// The first line that is not of git's form.
pub fn parse(stdin: &str) -> Result<Vec<RefUpdate>, PushLineError> {
    let form = "<local ref> <local id> <remote ref> <remote id>";
    parse_lines(stdin, form, parse_line)
}

/// Reads the standard input of `pre-receive` and `post-receive`.
///
/// # Errors
/// The first line that is not of git's form.
pub fn parse_received(stdin: &str) -> Result<Vec<RefUpdate>, PushLineError> {
    parse_lines(stdin, "<old id> <new id> <ref>", |line| {
        let mut fields = line.splitn(3, ' ');
        let (old, new, name) = (fields.next()?, fields.next()?, fields.next()?);
        received(name, old, new)
    })
}

/// One reference as a server hears of it; `None` where this is not of git's form.
pub fn received(name: &str, old: &str, new: &str) -> Option<RefUpdate> {
    let some = |text: &str| {
        let id = CommitId::parse(text)?;
        Some((!id.is_zero()).then_some(id))
    };
    (!name.is_empty()).then_some(RefUpdate {
        local_ref: name.to_owned(),
        local: some(new)?,
        remote_ref: name.to_owned(),
        remote: some(old)?,
    })
}

/// What an update would bring to who receives it.
///
/// # Errors
/// A history that cannot be read.
pub fn range(
    repository: &Repository,
    update: &RefUpdate,
    receiver: &Receiver,
) -> Result<Pushed, GitError> {
    let Some(local) = &update.local else {
        return Ok(Pushed::Deleted);
    };
    let tip = match repository.resolve(local.as_str()) {
        Ok(tip) => tip,
        Err(GitError::NotACommit { kind, .. }) => return Ok(Pushed::NotACommit { kind }),
        Err(error) => return Err(error),
    };
    let mut notes: Vec<String> = receiver.note.iter().cloned().collect();
    let known_refs = receiver.known_refs.clone();
    if let Some(theirs) = &update.remote {
        match repository.resolve(theirs.as_str()) {
            Ok(theirs) => {
                if !repository.is_ancestor(&theirs, &tip)? {
                    notes.push(format!(
                        "{} is rewritten: the remote's commit {} would go",
                        update.remote_ref,
                        short(&theirs)
                    ));
                }
                return Ok(Pushed::Range(PushRange {
                    tip,
                    base: Base::Remote(theirs),
                    known_refs,
                    notes,
                }));
            }
            Err(
                GitError::UnknownRevision { .. }
                | GitError::Shallow { .. }
                | GitError::NotACommit { .. }
                | GitError::Unborn { .. }
                | GitError::MissingObjects { .. },
            ) => notes.push(format!(
                "the remote's {} is at {}, which is not here: compared with what was last fetched",
                update.remote_ref,
                short(theirs)
            )),
            Err(error) => return Err(error),
        }
    }
    let base = match repository.merge_base_with_refs(&tip, &known_refs)? {
        Some(base) => Base::Shared(base),
        None => {
            notes.push(
                "nothing of this history is known to be on the remote: everything counts as new"
                    .to_owned(),
            );
            Base::Nothing
        }
    };
    Ok(Pushed::Range(PushRange {
        tip,
        base,
        known_refs,
        notes,
    }))
}

fn parse_lines(
    stdin: &str,
    form: &'static str,
    parse: impl Fn(&str) -> Option<RefUpdate>,
) -> Result<Vec<RefUpdate>, PushLineError> {
    stdin
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            parse(line).ok_or(PushLineError {
                line: index + 1,
                form,
            })
        })
        .collect()
}

fn parse_line(line: &str) -> Option<RefUpdate> {
    // What is pushed may be an expression with blanks in it, such as `:/a message`; the rest never is.
    let mut fields = line.rsplitn(4, ' ');
    let remote = CommitId::parse(fields.next()?)?;
    let remote_ref = fields.next()?.to_owned();
    let local = CommitId::parse(fields.next()?)?;
    let local_ref = fields.next()?.to_owned();
    if remote_ref.is_empty() || local_ref.is_empty() {
        return None;
    }
    let some = |id: CommitId| (!id.is_zero()).then_some(id);
    Some(RefUpdate {
        local_ref,
        local: some(local),
        remote_ref,
        remote: some(remote),
    })
}

fn short(id: &CommitId) -> &str {
    id.as_str().get(..10).unwrap_or(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Base, PushRange, Pushed, Receiver, RefUpdate, parse, parse_received, range};
    use crate::git::repository::Repository;
    use crate::git::testing::Fixture;
    use crate::model::id::CommitId;

    fn update(local: Option<&CommitId>, remote: Option<&CommitId>) -> RefUpdate {
        RefUpdate {
            local_ref: "refs/heads/main".to_owned(),
            local: local.cloned(),
            remote_ref: "refs/heads/main".to_owned(),
            remote: remote.cloned(),
        }
    }

    fn origin(repository: &Repository) -> Receiver {
        Receiver::remote(repository, "origin").unwrap()
    }

    fn commits(pushed: Pushed) -> PushRange {
        match pushed {
            Pushed::Range(range) => range,
            other => panic!("{other:?}"),
        }
    }

    /// A repository `work` with a remote `origin` that has its first commit, and one more commit.
    fn with_remote() -> (Fixture, CommitId, CommitId) {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let first = fixture.id("work", "HEAD");
        fixture.init("remote", &["--bare"]);
        fixture.git("work", &["remote", "add", "origin", "../remote"]);
        fixture.git("work", &["push", "--quiet", "origin", "main"]);
        let second = fixture.commit_files("work", &[("b.json", "2")], "second");
        (fixture, first, second)
    }

    #[test]
    fn the_lines_of_a_push_are_read() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let (zero, long) = ("0".repeat(40), "a".repeat(64));
        let text = format!(
            "refs/heads/main {one} refs/heads/main {two}\n\
             (delete) {zero} refs/heads/old {two}\n\
             HEAD~1 {one} refs/heads/new {zero}\n\
             :/fix a bug {long} refs/for/main {}\n",
            "0".repeat(64)
        );
        let updates = parse(&text).unwrap();
        let seen: Vec<(&str, bool, &str, bool)> = updates
            .iter()
            .map(|update| {
                (
                    update.local_ref.as_str(),
                    update.local.is_some(),
                    update.remote_ref.as_str(),
                    update.remote.is_some(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("refs/heads/main", true, "refs/heads/main", true),
                ("(delete)", false, "refs/heads/old", true),
                ("HEAD~1", true, "refs/heads/new", false),
                (":/fix a bug", true, "refs/for/main", false),
            ]
        );
        assert_eq!(parse(""), Ok(Vec::new()));
        assert_eq!(
            parse(&format!("{text}nonsense\n")).unwrap_err().line,
            5,
            "the line is named"
        );
    }

    #[test]
    fn what_a_server_receives_is_read() {
        let (one, zero) = ("1".repeat(40), "0".repeat(64));
        let text = format!("{zero} {one} refs/heads/new\n{one} {zero} refs/heads/gone\n");
        let updates = parse_received(&text).unwrap();
        let seen: Vec<(&str, bool, bool)> = updates
            .iter()
            .map(|update| {
                let name = update.remote_ref.as_str();
                (name, update.remote.is_some(), update.local.is_some())
            })
            .collect();
        let wanted = [
            ("refs/heads/new", false, true),
            ("refs/heads/gone", true, false),
        ];
        assert_eq!(seen, wanted);
        for wrong in [
            "nonsense",
            &one,
            &format!("{one} {one}"),
            &format!("{one} {one} "),
        ] {
            let error = parse_received(&format!("{text}{wrong}\n")).unwrap_err();
            assert_eq!(error.line, 3, "{wrong}");
        }
    }

    #[test]
    fn a_new_branch_on_a_server_is_compared_with_its_branches() {
        let (fixture, _, second) = with_remote();
        let repository = fixture.open("work");
        let third = fixture.commit_files("work", &[("c.json", "3")], "third");
        fixture.git("work", &["reset", "--quiet", "--hard", second.as_str()]);
        let new = update(Some(&third), None);
        let range = commits(range(&repository, &new, &Receiver::here()).unwrap());
        assert_eq!(range.base, Base::Shared(second));
        assert_eq!(range.introduced_blobs(&repository).unwrap().len(), 1);
        assert_eq!(
            Receiver::here().branch_or_head(Some("main")),
            ["refs/heads/main", "HEAD"]
        );
    }

    #[test]
    fn a_new_branch_is_compared_with_what_the_remote_has() {
        let (fixture, first, second) = with_remote();
        let repository = fixture.open("work");
        let path = fixture.path("remote").display().to_string();
        for remote in ["origin", "../remote", "../remote/"] {
            let receiver = Receiver::remote(&repository, remote).unwrap();
            let range =
                commits(range(&repository, &update(Some(&second), None), &receiver).unwrap());
            assert_eq!(range.base, Base::Shared(first.clone()), "{remote}");
            assert_eq!(range.known_refs, "refs/remotes/origin/*");
            assert!(range.notes.is_empty());
            let changed = range.changed_paths(&repository).unwrap();
            assert_eq!(changed.len(), 1);
            assert_eq!(range.introduced_blobs(&repository).unwrap().len(), 1);
        }
        // The same place under an address that no remote has: every remote counts.
        let receiver = Receiver::remote(&repository, &path).unwrap();
        let range = commits(range(&repository, &update(Some(&second), None), &receiver).unwrap());
        assert_eq!(range.base, Base::Shared(first));
        assert_eq!(range.known_refs, "refs/remotes/*");
        assert!(range.notes[0].contains("no name here"));
    }

    #[test]
    fn an_address_that_git_rewrites_leads_to_its_remote() {
        let (fixture, _, _) = with_remote();
        fixture.git(
            "work",
            &["config", "remote.origin.url", "short:team/apis.git"],
        );
        fixture.git(
            "work",
            &["config", "url.https://git.example.com/.insteadOf", "short:"],
        );
        let repository = fixture.open("work");
        let found = repository.remote_at("https://git.example.com/team/apis");
        assert_eq!(found.unwrap().as_deref(), Some("origin"));
        assert_eq!(repository.remote_at("https://example.com/x").unwrap(), None);
    }

    #[test]
    fn a_remote_that_nothing_is_known_of_gets_everything() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git("work", &["remote", "add", "origin", "../remote"]);
        let tip = fixture.commit_files("work", &[("b.json", "2")], "second");
        let repository = fixture.open("work");
        let range =
            commits(range(&repository, &update(Some(&tip), None), &origin(&repository)).unwrap());
        assert_eq!(range.base, Base::Nothing);
        assert_eq!(range.changed_paths(&repository).unwrap().len(), 2);
        assert_eq!(range.introduced_blobs(&repository).unwrap().len(), 2);
        assert!(range.notes[0].contains("everything counts as new"));
    }

    #[test]
    fn a_known_branch_is_compared_with_its_commit_and_a_rewrite_is_told() {
        let (fixture, first, second) = with_remote();
        let repository = fixture.open("work");
        let forward = update(Some(&second), Some(&first));
        let forward = commits(range(&repository, &forward, &origin(&repository)).unwrap());
        assert_eq!(forward.base, Base::Remote(first.clone()));
        assert!(forward.notes.is_empty());
        let back = update(Some(&first), Some(&second));
        let back = commits(range(&repository, &back, &origin(&repository)).unwrap());
        assert_eq!(back.base, Base::Remote(second));
        assert!(back.notes[0].contains("is rewritten"));
    }

    #[test]
    fn a_forced_push_over_an_unknown_commit_is_compared_with_what_was_fetched() {
        let (fixture, first, second) = with_remote();
        let repository = fixture.open("work");
        let unknown = CommitId::parse(&"e".repeat(40)).unwrap();
        let forced = update(Some(&second), Some(&unknown));
        let forced = commits(range(&repository, &forced, &origin(&repository)).unwrap());
        assert_eq!(forced.base, Base::Shared(first));
        assert!(forced.notes[0].contains("which is not here"));
    }

    #[test]
    fn what_the_remote_has_on_other_branches_is_not_brought_again() {
        let (fixture, first, second) = with_remote();
        fixture.git("work", &["push", "--quiet", "origin", "main"]);
        fixture.git(
            "work",
            &["checkout", "--quiet", "-b", "side", first.as_str()],
        );
        fixture.commit_files("work", &[("c.json", "3")], "side");
        fixture.git("work", &["merge", "--quiet", "-m", "merge", "main"]);
        let tip = fixture.id("work", "HEAD");
        let repository = fixture.open("work");
        let merged = update(Some(&tip), Some(&first));
        let merged = commits(range(&repository, &merged, &origin(&repository)).unwrap());
        assert_eq!(merged.changed_paths(&repository).unwrap().len(), 2);
        let blobs = merged.introduced_blobs(&repository).unwrap();
        let paths: Vec<&str> = blobs.iter().map(|blob| blob.path.as_str()).collect();
        assert_eq!(paths, ["c.json"]);
        assert!(repository.has_commit(&second).unwrap());
    }

    #[test]
    fn tags_are_followed_and_what_is_no_commit_is_told() {
        for format in ["sha1", "sha256"] {
            let fixture = Fixture::empty();
            if !fixture.can_init("work", &["--object-format", format]) {
                continue;
            }
            let commit = fixture.commit_files("work", &[("a.json", "1")], "first");
            fixture.git("work", &["tag", "-a", "-m", "x", "v1"]);
            fixture.git("work", &["tag", "-a", "-m", "x", "v2", "v1"]);
            fixture.git("work", &["tag", "-a", "-m", "x", "blob", "HEAD:a.json"]);
            fixture.git("work", &["tag", "tree", "HEAD^{tree}"]);
            let repository = fixture.open("work");
            let pushed = |name: &str| {
                let id = fixture.id("work", name);
                range(&repository, &update(Some(&id), None), &origin(&repository)).unwrap()
            };
            assert_eq!(commits(pushed("v2")).tip, commit);
            for kind in ["blob", "tree"] {
                let wanted = Pushed::NotACommit {
                    kind: kind.to_owned(),
                };
                assert_eq!(pushed(kind), wanted, "{format}");
            }
            let gone = range(
                &repository,
                &update(None, Some(&commit)),
                &origin(&repository),
            )
            .unwrap();
            assert_eq!(gone, Pushed::Deleted);
        }
    }
}
