//! What every provider must do, told once: each operation of the seam against a service with a real repository behind it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use git_postman::model::change::{Change, ChangeSet, Expected};
use git_postman::model::id::{BranchName, CommitId};
use git_postman::model::path::RepoPath;
use git_postman::model::snapshot::{Content, FileKind};
use git_postman::provider::api::{CommitDraft, CommitStatus, Provider, StatusState};
use git_postman::provider::capability::{Means, Operation};
use git_postman::provider::conditional::NoMemory;
use git_postman::provider::error::ProviderError;
use git_postman::provider::pull_request::{Deed, Purpose, offer, withdraw};
use git_postman::provider::site::RepositoryName;
use git_postman::provider::sticky::stick;
use git2::FileMode;

use crate::support::bare::Bare;

/// A repository with everything in it that is odd and allowed.
pub(crate) fn odd_repository() -> Bare {
    let bare = Bare::with(&[
        ("a.json", b"{}\n"),
        ("postman/b c#%.yaml", b"a: 1\r\nb: \xff\n"),
        ("postman/deep/er/x.json", b""),
        ("gone.txt", b"gone\n"),
    ]);
    bare.add_odd("run.sh", FileMode::BlobExecutable, b"#!/bin/sh\n");
    bare.add_odd("link", FileMode::Link, b"a.json");
    bare.add_odd("module", FileMode::Commit, b"");
    let tip = bare.tip("main").unwrap();
    // Begins like the branch that is asked for, and sorts before it.
    assert!(bare.move_head("main-2", None, Some(&tip)));
    bare
}

/// A branch.
pub(crate) fn branch(name: &str) -> BranchName {
    BranchName::parse(name).unwrap()
}

/// A commit.
pub(crate) fn commit(id: &str) -> CommitId {
    CommitId::parse(id).unwrap()
}

/// A change of a file from one content to another.
pub(crate) fn change(path: &str, from: Option<&[u8]>, to: Option<&[u8]>) -> Change {
    Change {
        path: RepoPath::parse(path).unwrap(),
        content: to.map(<[u8]>::to_vec),
        expected: Expected::of(from),
    }
}

/// Commits one set of changes.
pub(crate) fn write(
    provider: &dyn Provider,
    name: &RepositoryName,
    on: &str,
    head: &str,
    changes: impl IntoIterator<Item = Change>,
) -> Result<CommitId, ProviderError> {
    provider.commit(
        name,
        &CommitDraft {
            branch: &branch(on),
            head: &commit(head),
            headline: "Bring it over",
            body: "Because it changed.",
            changes: &ChangeSet::new(changes).unwrap(),
        },
    )
}

/// Every operation, once through.
pub(crate) fn is_whole(provider: &dyn Provider, bare: &Bare, name: &RepositoryName, owner: &str) {
    for operation in Operation::ALL {
        let means = provider.capabilities().of(operation);
        assert!(!matches!(means, Means::Cannot(_)), "{operation:?}: {means}");
        provider.require(operation).unwrap();
    }
    let repository = provider.repository(name).unwrap();
    assert!(!repository.id.is_empty() && repository.name.is_same(name));
    assert_eq!(repository.default_branch, Some(branch("main")));
    assert!(!repository.is_archived && !repository.is_disabled && !repository.is_fork);
    let listed = provider.repositories(owner, &NoMemory).unwrap();
    let found = listed.iter().find(|one| one.name.is_same(name)).unwrap();
    assert_eq!(found.id, repository.id);
    reads(provider, bare, name);
    writes(provider, bare, name);
    let number = talks(provider, name);
    marks(provider, bare, name);
    ends(provider, name, number);
}

/// What is there: branches, tips, files.
pub(crate) fn reads(provider: &dyn Provider, bare: &Bare, name: &RepositoryName) {
    let tip = bare.tip("main").unwrap();
    let branches = provider.branches(name).unwrap();
    let names: Vec<&str> = branches.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["main", "main-2"]);
    assert_eq!(branches[0].head.as_str(), tip);
    let resolved = |of: &str| provider.resolve(name, &branch(of)).unwrap();
    assert_eq!(resolved("main"), Some(commit(&tip)));
    assert_eq!(resolved("mai"), None);
    assert_eq!(resolved("feature/none"), None);

    let snapshot = provider.snapshot(name, &commit(&tip)).unwrap();
    assert_eq!(snapshot.origin().commit(), Some(&commit(&tip)));
    let listing = snapshot.listing().unwrap();
    let kinds: Vec<(&str, FileKind)> = listing
        .entries()
        .iter()
        .map(|entry| (entry.path.as_str(), entry.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("a.json", FileKind::File),
            ("gone.txt", FileKind::File),
            ("link", FileKind::Link),
            ("module", FileKind::Submodule),
            ("postman/b c#%.yaml", FileKind::File),
            ("postman/deep/er/x.json", FileKind::File),
            ("run.sh", FileKind::File),
        ]
    );
    let paths: Vec<RepoPath> = kinds
        .iter()
        .map(|(path, _)| RepoPath::parse(path).unwrap())
        .collect();
    snapshot.prefetch(&paths).unwrap();
    let read = |path: &str, limit| {
        snapshot
            .read(&RepoPath::parse(path).unwrap(), limit)
            .unwrap()
    };
    for path in [
        "a.json",
        "postman/b c#%.yaml",
        "postman/deep/er/x.json",
        "run.sh",
    ] {
        let expected = bare.file(&tip, path).unwrap();
        assert_eq!(read(path, 1 << 20), Content::Bytes(expected), "{path}");
    }
    assert_eq!(read("link", 1 << 20), Content::Link(b"a.json".to_vec()));
    assert_eq!(read("module", 1 << 20), Content::NotAFile);
    assert_eq!(read("none", 1 << 20), Content::Missing);
    assert_eq!(read("run.sh", 3), Content::TooLarge(10));
}

/// Commits and branches, and what is refused.
pub(crate) fn writes(provider: &dyn Provider, bare: &Bare, name: &RepositoryName) {
    let before = bare.tip("main").unwrap();
    let many = [
        change("a.json", Some(b"{}\n"), Some(b"{\"a\":1}\r\n")),
        change("new/\u{fc} &=+.json", None, Some(b"\xef\xbb\xbfx\xff")),
        change("gone.txt", Some(b"gone\n"), None),
        change("message", None, Some(b"a file of this name")),
    ];
    let made = write(provider, name, "main", &before, many).unwrap();
    let tip = bare.tip("main").unwrap();
    assert_eq!(made.as_str(), tip);
    let (message, parents) = bare.message(&tip);
    assert_eq!(message.trim_end(), "Bring it over\n\nBecause it changed.");
    assert_eq!(parents, std::slice::from_ref(&before));
    let file = |path: &str| bare.file(&tip, path);
    assert_eq!(file("a.json").unwrap(), b"{\"a\":1}\r\n");
    assert_eq!(file("new/\u{fc} &=+.json").unwrap(), b"\xef\xbb\xbfx\xff");
    assert_eq!(file("message").unwrap(), b"a file of this name");
    assert_eq!(file("gone.txt"), None);
    assert_eq!(file("run.sh").unwrap(), b"#!/bin/sh\n");

    let stale = write(
        provider,
        name,
        "main",
        &before,
        [change("z", None, Some(b"z"))],
    );
    match stale.unwrap_err() {
        ProviderError::Moved {
            found, expected, ..
        } => {
            assert_eq!((found, expected), (Some(made.clone()), commit(&before)));
        }
        other => panic!("{other:?}"),
    }
    let other = change("a.json", Some(b"something else"), Some(b"x"));
    let error = write(provider, name, "main", &tip, [other]).unwrap_err();
    assert!(matches!(error, ProviderError::Changed { .. }), "{error:?}");
    let link = change("link", Some(b"a.json"), Some(b"x"));
    let error = write(provider, name, "main", &tip, [link]).unwrap_err();
    assert!(matches!(error, ProviderError::Changed { .. }), "{error:?}");
    let nowhere = write(
        provider,
        name,
        "gone",
        &tip,
        [change("z", None, Some(b"z"))],
    );
    let error = nowhere.unwrap_err();
    assert!(
        matches!(error, ProviderError::Moved { found: None, .. }),
        "{error:?}"
    );
    assert_eq!(bare.tip("main").unwrap(), tip);
    assert_eq!(bare.tip("gone"), None);

    let new = branch("postman/pull-#1");
    provider.create_branch(name, &new, &made).unwrap();
    assert_eq!(bare.tip(new.as_str()).unwrap(), tip);
    let again = provider.create_branch(name, &new, &made).unwrap_err();
    assert!(
        matches!(again, ProviderError::BranchExists { .. }),
        "{again:?}"
    );
    assert_eq!(provider.resolve(name, &new).unwrap(), Some(made));
    let more = [change("pulled.json", None, Some(b"{}"))];
    write(provider, name, new.as_str(), &tip, more).unwrap();
}

/// The one pull request and the one comment; gives its number.
pub(crate) fn talks(provider: &dyn Provider, name: &RepositoryName) -> u64 {
    let (source, target) = (branch("postman/pull-#1"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let open = || provider.open_pull_requests(name, &source, &target).unwrap();
    assert_eq!(open(), []);
    let say = |title: &str, text: &str| offer(provider, name, &purpose, title, text).unwrap();
    let (first, deed) = say("Pull \u{fc}", "Some *text*");
    assert_eq!(deed, Deed::Made);
    assert!(
        first.page.contains(&first.number.to_string()),
        "{}",
        first.page
    );
    assert_eq!(say("Pull \u{fc}", "Some *text*").1, Deed::Unchanged);
    let (second, deed) = say("Pull \u{fc}", &"A longer text. ".repeat(60));
    assert_eq!((second.number, deed), (first.number, Deed::Updated));
    let now = open();
    assert_eq!(now.len(), 1);
    assert!(now[0].body.starts_with("A longer text."), "{}", now[0].body);
    assert!(now[0].body.len() >= 900, "{}", now[0].body.len());

    let number = first.number;
    let comment = |text: &str| stick(provider, name, number, "check", text).unwrap();
    assert_eq!(comment("One finding"), Deed::Made);
    assert_eq!(comment("One finding"), Deed::Unchanged);
    assert_eq!(comment("No finding"), Deed::Updated);
    let comments = provider.comments(name, number).unwrap();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.ends_with("No finding"));
    number
}

/// A status of the tip in every state.
fn marks(provider: &dyn Provider, bare: &Bare, name: &RepositoryName) {
    let tip = commit(&bare.tip("main").unwrap());
    for state in [
        StatusState::Pending,
        StatusState::Failure,
        StatusState::Error,
        StatusState::Success,
    ] {
        let status = CommitStatus {
            context: "git-postman/check",
            state,
            description: "2 findings",
            page: Some("https://ci.example.com/1"),
        };
        provider.set_status(name, &tip, &status).unwrap();
    }
}

/// The pull request closed, and what may be done here.
fn ends(provider: &dyn Provider, name: &RepositoryName, number: u64) {
    let (source, target) = (branch("postman/pull-#1"), branch("main"));
    let purpose = Purpose {
        key: "pull",
        source: &source,
        target: &target,
    };
    let open = || provider.open_pull_requests(name, &source, &target).unwrap();
    let closed = withdraw(provider, name, &purpose, "Nothing is left of it.").unwrap();
    assert_eq!(closed.unwrap().number, number);
    assert_eq!(open(), []);
    assert_eq!(provider.comments(name, number).unwrap().len(), 2);
    let access = provider.access(name, &target).unwrap();
    assert_eq!(access.account.allows, Some(true), "{access:?}");
    assert_ne!(access.token.allows, Some(false), "{access:?}");
    assert_ne!(access.branch.allows, Some(false), "{access:?}");
}

/// A comment of somebody else that holds our mark is not taken for ours, not even where it says what we would say.
pub(crate) fn is_not_misled(
    provider: &dyn Provider,
    name: &RepositoryName,
    number: u64,
    plant: impl Fn(&str),
) {
    let say = |text: &str| stick(provider, name, number, "planted", text).unwrap();
    let marker = provider.marker("planted");
    plant(&format!("{marker}\nNothing planted"));
    assert_eq!(say("Nothing planted"), Deed::Made);
    plant(&format!("{marker}\nOne finding"));
    assert_eq!(say("Nothing planted"), Deed::Unchanged);
    assert_eq!(say("Two findings"), Deed::Updated);
    let all = provider.comments(name, number).unwrap();
    let ours: Vec<&str> = all.iter().map(|one| one.body.as_str()).collect();
    let said = |text: &str| ours.iter().filter(|one| one.ends_with(text)).count();
    assert_eq!(
        (
            said("Two findings"),
            said("Nothing planted"),
            said("One finding")
        ),
        (1, 1, 1)
    );
}

/// A text that is longer than the service takes is cut once, and is no news afterwards.
pub(crate) fn cuts_once(provider: &dyn Provider, bare: &Bare, name: &RepositoryName) {
    let tip = bare.tip("main").unwrap();
    let new = branch("long");
    provider.create_branch(name, &new, &commit(&tip)).unwrap();
    write(
        provider,
        name,
        "long",
        &tip,
        [change("long", None, Some(b""))],
    )
    .unwrap();
    let purpose = Purpose {
        key: "pull",
        source: &new,
        target: &branch("main"),
    };
    let (title, text) = ("T\u{fc} ".repeat(300), "- a change\n".repeat(100_000));
    let (made, deed) = offer(provider, name, &purpose, &title, &text).unwrap();
    assert_eq!(deed, Deed::Made);
    assert!(made.body.chars().count() < text.len());
    for _ in 0..2 {
        let (there, deed) = offer(provider, name, &purpose, &title, &text).unwrap();
        assert_eq!((there.number, deed), (made.number, Deed::Unchanged));
    }
    let (_, deed) = offer(provider, name, &purpose, "short", &text).unwrap();
    assert_eq!(deed, Deed::Updated);
}

/// A commit into whose moment somebody else's falls is refused by the service, and theirs stays.
pub(crate) fn meets_another_push(provider: &dyn Provider, bare: &Bare, name: &RepositoryName) {
    let before = bare.tip("main").unwrap();
    let changes = [change("ours", None, Some(b"1"))];
    let error = write(provider, name, "main", &before, changes).unwrap_err();
    let now = bare.tip("main").unwrap();
    assert_ne!(now, before);
    match error {
        ProviderError::Moved { found, .. } => assert_eq!(found, Some(commit(&now))),
        other => panic!("{other:?}"),
    }
    assert!(bare.file(&now, "somebody").is_some() && bare.file(&now, "ours").is_none());
}

/// What became of twenty commits at once.
pub(crate) struct Race {
    /// Commits that the service has taken.
    pub(crate) landed: usize,
    /// Tries that it has refused, since the branch had moved.
    pub(crate) moved: usize,
    /// Commits that it has taken, and whose files are not there.
    pub(crate) lost: usize,
}

/// Twenty commits at once, each from the tip as it stands: every one landed or was refused, and none is lost.
pub(crate) fn races(provider: &dyn Provider, bare: &Bare, name: &RepositoryName) -> Race {
    let tip = bare.tip("main").unwrap();
    let before = bare.length("main");
    let (landed, moved) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..20 {
            let (tip, landed, moved) = (&tip, &landed, &moved);
            scope.spawn(move || {
                let path = format!("race/{number}.json");
                let mut head = tip.clone();
                // The first round is one instant for all; who lost goes on from what stands there then, twice.
                for _ in 0..3 {
                    let changes = [change(&path, None, Some(b"{}"))];
                    match write(provider, name, "main", &head, changes) {
                        Ok(made) => {
                            landed.fetch_add(1, Ordering::SeqCst);
                            assert!(bare.file(made.as_str(), &path).is_some());
                            return;
                        }
                        Err(ProviderError::Moved { found, .. }) => {
                            moved.fetch_add(1, Ordering::SeqCst);
                            head = found.unwrap().as_str().to_owned();
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
        }
    });
    let (landed, moved) = (landed.into_inner(), moved.into_inner());
    assert_eq!(bare.length("main") - before, landed);
    let end = bare.tip("main").unwrap();
    let there = (0..20).filter(|number| bare.file(&end, &format!("race/{number}.json")).is_some());
    assert!(landed >= 1 && moved >= 1, "{landed} landed, {moved} moved");
    Race {
        landed,
        moved,
        lost: landed - there.count(),
    }
}
