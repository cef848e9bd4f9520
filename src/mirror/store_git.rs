//! States as a chain of commits on a reference of its own, shared through a remote.
//!
//! A commit holds `manifest.json`, the state, and `blobs/<digest>`, the bytes that it names. With a remote, the remote's
//! reference is the one that counts, and this clone keeps a copy; without one, this clone's own counts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::git::chain::{self, Link, NewFile};
use crate::git::exchange::{self, Settled};
use crate::git::repository::Repository;
use crate::git::written::Signature;
use crate::mirror::state::MirrorState;
use crate::mirror::state_form;
use crate::mirror::state_ref::local_copy;
use crate::mirror::store::{Draft, LARGEST, StateStore, StoreError, Stored, Swap};
use crate::model::digest::Digest;
use crate::model::id::CommitId;

const MANIFEST: &str = "manifest.json";
/// So many commits of a chain are looked at for the last sync; a run adds two or three.
const MOST_LOOKED_AT: usize = 64;
/// Git reads counts as 32 bits.
const MOST_COMMITS: usize = 1 << 30;

/// The chain on one reference.
pub struct GitStore<'a> {
    repository: &'a Repository,
    remote: Option<String>,
    reference: String,
    copy: String,
    /// The files of the commit that was read last: one listing serves all blobs of a run.
    last: Mutex<Option<(CommitId, Link)>>,
}

impl<'a> GitStore<'a> {
    /// The chain on `reference`, a full name; shared through `remote` where there is one.
    pub fn new(repository: &'a Repository, remote: Option<&str>, reference: &str) -> Self {
        Self {
            repository,
            remote: remote.map(str::to_owned),
            copy: local_copy(reference),
            reference: reference.to_owned(),
            last: Mutex::new(None),
        }
    }

    /// The commit that recorded the last sync of a state, and when that was, in seconds since 1970. Later commits may only
    /// have claimed or released it. `None` where nothing was synced yet, or longer ago than anybody looks.
    ///
    /// # Errors
    /// A chain that cannot be read.
    pub fn last_sync(&self, stored: &Stored) -> Result<Option<(CommitId, u64)>, StoreError> {
        let Some(sync) = &stored.state.last_sync else {
            return Ok(None);
        };
        let mut found = None;
        for commit in self.history(&stored.commit, MOST_LOOKED_AT)? {
            let state = self.state_at(&commit)?;
            if state.last_sync.is_none_or(|other| other.run != sync.run) {
                break;
            }
            found = Some(commit);
        }
        let Some(commit) = found else { return Ok(None) };
        let git = self.repository.git();
        let arguments = ["show", "--no-patch", "--format=%ct", commit.as_str(), "--"];
        let output = git.output(&arguments, None)?;
        let seconds = String::from_utf8_lossy(&output).trim().parse().unwrap_or(0);
        Ok(Some((commit, seconds)))
    }

    /// The state that the last sync of a state was made from, as far as it is still known. `None` where there is none, or where
    /// it is longer ago than anybody looks.
    ///
    /// # Errors
    /// A chain that cannot be read.
    pub fn before_last_sync(&self, stored: &Stored) -> Result<Option<Stored>, StoreError> {
        let Some(sync) = &stored.state.last_sync else {
            return Ok(None);
        };
        for commit in self.history(&stored.commit, MOST_LOOKED_AT)? {
            let state = self.state_at(&commit)?;
            let last = state.last_sync.as_ref();
            if last.is_none_or(|other| other.run != sync.run) {
                return Ok(Some(Stored { commit, state }));
            }
        }
        Ok(None)
    }

    fn state_at(&self, commit: &CommitId) -> Result<MirrorState, StoreError> {
        let link = self.link(commit)?;
        let text = chain::bytes(self.repository, &link, MANIFEST, LARGEST)?;
        let text = text.ok_or_else(|| StoreError::Foreign {
            reference: self.reference.clone(),
        })?;
        Ok(state_form::read(&text)?)
    }

    /// The last commit, as far as anybody knows. Where the remote has none and this clone has, it was never pushed or has
    /// been deleted there: the next swap brings it back, or loses to whoever brings theirs first.
    fn head(&self) -> Result<Option<CommitId>, StoreError> {
        if let Some(remote) = &self.remote
            && let Some(commit) =
                exchange::fetch(self.repository, remote, &self.reference, &self.copy)?
        {
            return Ok(Some(commit));
        }
        Ok(self.repository.reference(&self.copy)?)
    }

    fn link(&self, commit: &CommitId) -> Result<Link, StoreError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, link)) = &*last
            && known == commit
        {
            return Ok(link.clone());
        }
        let link = chain::read(self.repository, commit)?;
        *last = Some((commit.clone(), link.clone()));
        Ok(link)
    }

    /// Who writes: the user git knows, else the tool itself, since a build server often has no user.
    fn signature(&self, now: u64) -> Result<Signature, StoreError> {
        let known = |key: &str| self.repository.config_string(key);
        let named = known("user.name")?.zip(known("user.email")?);
        let (name, email) = named
            .filter(|(name, email)| !name.trim().is_empty() && !email.trim().is_empty())
            .unwrap_or_else(|| ("git-postman".to_owned(), "git-postman@localhost".to_owned()));
        Ok(Signature {
            name,
            email,
            seconds: i64::try_from(now).unwrap_or(i64::MAX),
        })
    }

    fn write(
        &self,
        expected: Option<&CommitId>,
        draft: &Draft<'_>,
    ) -> Result<CommitId, StoreError> {
        let before = match expected {
            Some(commit) => self.link(commit)?,
            None => Link::default(),
        };
        let text = state_form::write(draft.state)?;
        let mut files = BTreeMap::from([(MANIFEST.to_owned(), NewFile::Bytes(&text))]);
        for digest in draft.state.named_blobs() {
            let path = blob_path(&digest);
            let file = match draft.blobs.get(&digest) {
                _ if before.has(&path) => NewFile::Kept,
                Some(bytes) => NewFile::Bytes(bytes),
                None => return Err(StoreError::MissingBlob { digest }),
            };
            files.insert(path, file);
        }
        let signature = self.signature(draft.now)?;
        let repository = self.repository;
        Ok(chain::write(
            repository,
            expected,
            &before,
            &files,
            &signature,
            draft.message,
        )?)
    }

    /// Pushes a commit that was written here, and finds out what became of it: an answer that was lost is no answer.
    fn share(
        &self,
        remote: &str,
        expected: Option<&CommitId>,
        leased: Option<&CommitId>,
        new: &CommitId,
    ) -> Result<Swap, StoreError> {
        let (repository, reference) = (self.repository, &self.reference);
        let settled =
            exchange::push_and_look(repository, remote, new, reference, &self.copy, leased)?;
        match settled {
            Settled::Done => {
                chain::keep(repository, &self.copy, new)?;
                Ok(Swap::Done(new.clone()))
            }
            Settled::Lost(now) => {
                // Where the remote has none, this clone may still have the chain.
                let head = match now {
                    Some(commit) => Some(commit),
                    None => repository.reference(&self.copy)?,
                };
                Ok(Swap::Lost(head.filter(|head| Some(head) != expected)))
            }
            Settled::Refused(said) => Err(StoreError::Refused {
                remote: remote.to_owned(),
                reference: reference.clone(),
                said,
            }),
            Settled::Failed(said) => Err(StoreError::NotPushed {
                remote: remote.to_owned(),
                reference: reference.clone(),
                said,
            }),
        }
    }
}

impl StateStore for GitStore<'_> {
    fn load(&self) -> Result<Option<Stored>, StoreError> {
        let Some(commit) = self.head()? else {
            return Ok(None);
        };
        let state = self.state_at(&commit)?;
        Ok(Some(Stored { commit, state }))
    }

    fn blob(&self, commit: &CommitId, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let link = self.link(commit)?;
        let bytes = chain::bytes(self.repository, &link, &blob_path(digest), LARGEST)?;
        bytes
            .filter(|bytes| Digest::of(bytes) == *digest)
            .ok_or(StoreError::MissingBlob { digest: *digest })
    }

    fn swap(&self, expected: Option<&CommitId>, draft: &Draft<'_>) -> Result<Swap, StoreError> {
        let new = self.write(expected, draft)?;
        let Some(remote) = &self.remote else {
            if chain::swap(self.repository, &self.copy, expected, &new)? {
                return Ok(Swap::Done(new));
            }
            return Ok(Swap::Lost(self.repository.reference(&self.copy)?));
        };
        // The first push says most, and costs nothing where nobody else was there; only where the remote has nothing of the
        // chain that this clone still has, the lease is another.
        match self.share(remote, expected, expected, &new)? {
            Swap::Lost(None) if expected.is_some() => self.share(remote, expected, None, &new),
            swap => Ok(swap),
        }
    }

    fn history(&self, from: &CommitId, limit: usize) -> Result<Vec<CommitId>, StoreError> {
        let count = format!("--max-count={}", limit.min(MOST_COMMITS));
        let arguments = ["rev-list", "--first-parent", &count, from.as_str(), "--"];
        let output = self.repository.git().output(&arguments, None)?;
        let text = String::from_utf8_lossy(&output);
        Ok(text.lines().filter_map(CommitId::parse).collect())
    }
}

fn blob_path(digest: &Digest) -> String {
    format!("blobs/{digest}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::GitStore;
    use crate::git::chain::{self, Link, NewFile};
    use crate::git::repository::Repository;
    use crate::git::testing::Fixture;
    use crate::git::written::Signature;
    use crate::mirror::state::{Blobs, MirrorState};
    use crate::mirror::state_ref::DEFAULT_STATE_REF;
    use crate::mirror::store::{Draft, StateStore, StoreError, Swap};
    use crate::mirror::testing::{collection, counted_up, owner, record};
    use crate::model::id::CommitId;

    /// A bare repository with one commit, and a clone of it for each name.
    fn remote_and_clones(names: &[&str]) -> Fixture {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        fixture.git("", &["clone", "--quiet", "--bare", "work", "remote.git"]);
        for name in names {
            fixture.git("", &["clone", "--quiet", "remote.git", name]);
        }
        fixture
    }

    fn shared(repository: &Repository) -> GitStore<'_> {
        GitStore::new(repository, Some("origin"), DEFAULT_STATE_REF)
    }

    fn with(names: &[&str]) -> (MirrorState, Blobs) {
        let mut state = MirrorState::new(owner());
        let mut blobs = Blobs::new();
        for name in names {
            let (kept, more) = record(name, name, name, "in Postman's words");
            state.records.insert(collection(name), kept);
            blobs.extend(more);
        }
        (state, blobs)
    }

    fn swap(store: &GitStore<'_>, expected: Option<&CommitId>, names: &[&str]) -> Swap {
        try_swap(store, expected, names).unwrap()
    }

    fn try_swap(
        store: &GitStore<'_>,
        expected: Option<&CommitId>,
        names: &[&str],
    ) -> Result<Swap, StoreError> {
        let (state, blobs) = with(names);
        store.swap(
            expected,
            &Draft {
                state: &state,
                blobs: &blobs,
                message: "Sync",
                now: 1_700_000_000,
            },
        )
    }

    fn done(swap: Swap) -> CommitId {
        match swap {
            Swap::Done(commit) => commit,
            Swap::Lost(head) => panic!("lost to {head:?}"),
        }
    }

    /// Swaps, reads back, and reads every blob.
    fn keeps_a_state(store: &GitStore<'_>) {
        assert_eq!(store.load().unwrap(), None);
        let first = done(swap(store, None, &["a"]));
        let second = done(swap(store, Some(&first), &["a", "b"]));
        let stored = store.load().unwrap().unwrap();
        assert_eq!(
            (&stored.commit, &stored.state),
            (&second, &with(&["a", "b"]).0)
        );
        for (digest, bytes) in with(&["a", "b"]).1 {
            assert_eq!(store.blob(&second, &digest).unwrap(), bytes);
        }
        assert_eq!(store.history(&second, 9).unwrap(), [second, first]);
    }

    #[test]
    fn of_two_clones_one_wins_and_the_other_sees_it() {
        let fixture = remote_and_clones(&["one", "two"]);
        let (one, two) = (fixture.open("one"), fixture.open("two"));
        let (one, two) = (shared(&one), shared(&two));
        assert_eq!((one.load().unwrap(), two.load().unwrap()), (None, None));
        let first = done(swap(&one, None, &["a"]));
        assert_eq!(swap(&two, None, &["b"]), Swap::Lost(Some(first.clone())));
        let seen = two.load().unwrap().unwrap();
        assert_eq!((seen.commit, seen.state), (first.clone(), with(&["a"]).0));
        let second = done(swap(&two, Some(&first), &["a", "b"]));
        assert_eq!(
            swap(&one, Some(&first), &["a", "c"]),
            Swap::Lost(Some(second.clone()))
        );
        let third = done(swap(&one, Some(&second), &["a", "b", "c"]));
        assert_eq!(
            fixture.git("remote.git", &["rev-list", DEFAULT_STATE_REF]),
            format!("{third}\n{second}\n{first}")
        );
    }

    #[test]
    fn every_kind_of_clone_keeps_a_state() {
        let fixture = remote_and_clones(&[]);
        fixture.commit_files("work", &[("b.json", "2")], "second");
        fixture.git("work", &["push", "--quiet", "../remote.git", "main"]);
        fixture.git("remote.git", &["config", "uploadpack.allowFilter", "true"]);
        let url = format!("file://{}", fixture.path("remote.git").display());
        for (name, options) in [
            ("shallow", &["--depth=1"][..]),
            ("partial", &["--filter=blob:none"]),
            ("bare", &["--bare"]),
            ("mirrored", &["--mirror"]),
        ] {
            let all = [&["clone", "--quiet"], options, &[&url, name]].concat();
            fixture.git("", &all);
            keeps_a_state(&shared(&fixture.open(name)));
            fixture.git("remote.git", &["update-ref", "-d", DEFAULT_STATE_REF]);
        }
        fixture.git("", &["clone", "--quiet", &url, "detached"]);
        fixture.git("detached", &["checkout", "--quiet", "--detach"]);
        fixture.git("detached", &["config", "fetch.prune", "true"]);
        keeps_a_state(&shared(&fixture.open("detached")));
        // Nothing of it shows where people work.
        assert_eq!(fixture.git("detached", &["status", "--porcelain"]), "");
        assert_eq!(fixture.git("remote.git", &["branch", "--list"]), "* main");
        let partial = fixture.open("partial");
        let last = shared(&partial).load().unwrap().unwrap();
        for digest in last.state.named_blobs() {
            shared(&partial).blob(&last.commit, &digest).unwrap();
        }
    }

    #[test]
    fn a_repository_without_a_remote_keeps_its_own() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let repository = fixture.open("work");
        let store = GitStore::new(&repository, None, DEFAULT_STATE_REF);
        keeps_a_state(&store);
        assert!(matches!(swap(&store, None, &["z"]), Swap::Lost(Some(_))));
        fixture.git("work", &["gc", "--quiet", "--prune=now"]);
        let last = store.load().unwrap().unwrap();
        let again = fixture.open("work");
        let store = GitStore::new(&again, None, DEFAULT_STATE_REF);
        for digest in last.state.named_blobs() {
            store.blob(&last.commit, &digest).unwrap();
        }
    }

    #[test]
    fn sha256_and_reftable_keep_a_state_too() {
        for (option, name) in [
            ("--object-format=sha256", "work"),
            ("--ref-format=reftable", "work"),
        ] {
            let fixture = Fixture::empty();
            if !fixture.can_init(name, &[option]) {
                continue;
            }
            fixture.commit_files("work", &[("a.json", "1")], "first");
            fixture.git("", &["clone", "--quiet", "--bare", "work", "remote.git"]);
            let url = fixture.path("remote.git").display().to_string();
            fixture.git("work", &["remote", "add", "origin", &url]);
            keeps_a_state(&shared(&fixture.open("work")));
        }
    }

    #[test]
    fn a_host_that_hides_the_reference_is_told_from_a_lost_race() {
        let fixture = remote_and_clones(&["one"]);
        fixture.git(
            "remote.git",
            &["config", "receive.hideRefs", "refs/postman"],
        );
        let one = fixture.open("one");
        let error = try_swap(&shared(&one), None, &["a"]).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("hidden ref"), "{error}");
        assert!(
            error
                .hint()
                .unwrap()
                .contains("state-ref = \"git-postman-state\"")
        );
        let branch = "refs/heads/git-postman-state";
        keeps_a_state(&GitStore::new(&one, Some("origin"), branch));
        // An orphan branch: it has no history with anything else.
        assert_eq!(
            fixture.git("remote.git", &["rev-list", "--count", branch]),
            "2"
        );
        assert_eq!(fixture.git("one", &["branch", "--list"]), "* main");
    }

    #[test]
    #[cfg(unix)]
    fn a_host_that_takes_branches_only_says_so_in_its_own_words() {
        use std::os::unix::fs::PermissionsExt as _;
        let fixture = remote_and_clones(&["one"]);
        let script = "#!/bin/sh\nwhile read old new ref; do case $ref in refs/heads/*) ;; *) echo \"only branches \u{1b}[31mhere\" >&2; exit 1;; esac; done\n";
        fixture.write("remote.git/hooks/pre-receive", script);
        let hook = fixture.path("remote.git/hooks/pre-receive");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        let one = fixture.open("one");
        let error = try_swap(&shared(&one), None, &["a"]).unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("only branches") && !text.contains('\u{1b}'),
            "{text}"
        );
        assert_eq!(shared(&one).load().unwrap(), None, "nothing of it is kept");
        keeps_a_state(&GitStore::new(
            &one,
            Some("origin"),
            "refs/heads/git-postman-state",
        ));
    }

    #[test]
    fn a_reference_of_somebody_else_is_not_touched() {
        let fixture = remote_and_clones(&["one"]);
        let one = fixture.open("one");
        let store = GitStore::new(&one, Some("origin"), "refs/heads/main");
        assert!(matches!(store.load(), Err(StoreError::Foreign { .. })));
        let before = fixture.git("remote.git", &["rev-parse", "main"]);
        assert!(matches!(swap(&store, None, &["a"]), Swap::Lost(Some(_))));
        assert_eq!(fixture.git("remote.git", &["rev-parse", "main"]), before);
    }

    #[test]
    fn a_remote_out_of_reach_is_told_and_offline_names_it() {
        let fixture = remote_and_clones(&["one"]);
        fs::rename(fixture.path("remote.git"), fixture.path("gone.git")).unwrap();
        let one = fixture.open("one");
        assert!(matches!(shared(&one).load(), Err(StoreError::Git(_))));
        let error = try_swap(&shared(&one), None, &["a"]).unwrap_err();
        assert!(matches!(error, StoreError::NotPushed { .. }), "{error:?}");
        fixture.git(
            "one",
            &[
                "remote",
                "set-url",
                "origin",
                "https://me:secret@git.example.com/a.git",
            ],
        );
        let one = fixture.open("one");
        one.git().refuse_network();
        let error = shared(&one).load().unwrap_err().to_string();
        assert!(
            error.contains("git.example.com") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn a_reference_that_was_deleted_on_the_remote_comes_back() {
        let fixture = remote_and_clones(&["one", "two"]);
        let (one, two) = (fixture.open("one"), fixture.open("two"));
        let (one, two) = (shared(&one), shared(&two));
        let first = done(swap(&one, None, &["a"]));
        fixture.git("remote.git", &["update-ref", "-d", DEFAULT_STATE_REF]);
        assert_eq!(one.load().unwrap().unwrap().commit, first);
        let second = done(swap(&one, Some(&first), &["a", "b"]));
        assert_eq!(two.load().unwrap().unwrap().commit, second);
    }

    #[test]
    fn a_run_that_was_killed_before_its_swap_leaves_nothing_behind() {
        let fixture = remote_and_clones(&["one"]);
        let one = fixture.open("one");
        let files = BTreeMap::from([("manifest.json".to_owned(), NewFile::Bytes(b"half"))]);
        let signature = Signature {
            name: "a".to_owned(),
            email: "b".to_owned(),
            seconds: 1,
        };
        chain::write(&one, None, &Link::default(), &files, &signature, "x").unwrap();
        keeps_a_state(&shared(&one));
        // Killed behind the push, before the copy in this clone moved.
        fixture.git("one", &["update-ref", "-d", DEFAULT_STATE_REF]);
        let last = shared(&one).load().unwrap().unwrap();
        done(swap(&shared(&one), Some(&last.commit), &["c"]));
    }

    #[test]
    fn of_ten_clones_at_once_each_gets_its_turn() {
        let names: Vec<String> = (0..10).map(|number| format!("clone{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let fixture = remote_and_clones(&names);
        let clones: Vec<Repository> = names.iter().map(|name| fixture.open(name)).collect();
        let stores: Vec<GitStore<'_>> = clones.iter().map(shared).collect();
        let stores: Vec<&dyn StateStore> = stores.iter().map(|store| store as _).collect();
        counted_up(&stores, 1);
        let lines = fixture.git("remote.git", &["rev-list", "--parents", DEFAULT_STATE_REF]);
        assert!(lines.lines().all(|line| line.split(' ').count() <= 2));
    }

    #[test]
    fn ten_runs_in_one_clone_take_turns_too() {
        let fixture = Fixture::with_files(&[("a.json", "1")]);
        let clones: Vec<Repository> = (0..10).map(|_| fixture.open("work")).collect();
        let stores: Vec<GitStore<'_>> = clones
            .iter()
            .map(|repository| GitStore::new(repository, None, DEFAULT_STATE_REF))
            .collect();
        let stores: Vec<&dyn StateStore> = stores.iter().map(|store| store as _).collect();
        counted_up(&stores, 2);
    }
}
