//! Which repository this is, and whether a record of the mirror speaks of it.
//!
//! Git has no id for a repository. Where the service that hosts it says one, that decides (`ownership`). Else two things stand
//! in for it, neither of which needs the service: the address
//! of the remote, which a rename or a move to another host changes, and the first commits of the history, which both keep
//! and which a copy made from a template does not have. A fork has the same first commits and another address; what tells it
//! from a repository that was renamed is the record itself: a reference below `refs/postman/` stays behind where a fork is
//! made, and only moves along with the repository. A branch is copied along, so there a person has to say.

use std::sync::OnceLock;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::remote_url::NoAddress;
use crate::git::repository::Repository;
use crate::mirror::hosted::Seen;
use crate::mirror::ownership::{Ownership, Sameness, decide};
use crate::mirror::remote_address::{Remote, RemoteAddress};
use crate::mirror::state::Owner;
use crate::model::id::CommitId;

/// This repository, as far as it can be told from others.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The remote that the record is shared through; `None` where there is none.
    pub remote: Option<String>,
    /// The address of that remote; `None` without one, and for a directory of this machine.
    pub address: Option<RemoteAddress>,
    /// Whether the history is cut off, so that its first commits are not here.
    pub is_shallow: bool,
    /// The first commits, once somebody has wanted them: on a long history they cost half a second.
    roots: OnceLock<Vec<CommitId>>,
    /// Who is asked for them; nobody where there are none.
    git: Option<Git>,
}

/// Why it cannot be told which repository this is.
#[derive(Debug, thiserror::Error)]
pub enum NoHome {
    /// Git could not say.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The address of the remote names nothing.
    #[error(transparent)]
    Address(#[from] NoAddress),
    /// Several remotes, and none of them stands out.
    #[error("the repository has several remotes, and none is called `origin`: {0}")]
    SeveralRemotes(String),
}

impl NoHome {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Git(error) => error.hint(),
            Self::Address(_) => Some("`git remote set-url` gives the remote another address".to_owned()),
            Self::SeveralRemotes(_) => Some(
                "name the one to share the mirror's record through: `git config checkout.defaultRemote NAME`"
                    .to_owned(),
            ),
        }
    }
}

impl Home {
    /// Looks which repository this is. Nothing is asked over the network.
    ///
    /// # Errors
    /// A repository that cannot be read, or several remotes of which none stands out.
    pub fn of(repository: &Repository) -> Result<Self, NoHome> {
        let remote = remote(repository)?;
        let address = match &remote {
            None => None,
            Some(name) => address(repository, name)?,
        };
        // Of a history that is cut off, the first commits are others.
        let is_shallow = repository.is_shallow();
        let has_roots = !is_shallow && repository.has_commits()?;
        Ok(Self {
            remote,
            address,
            is_shallow,
            roots: OnceLock::new(),
            git: has_roots.then(|| repository.git().clone()),
        })
    }

    /// A repository of which all is known.
    pub fn new(
        remote: Option<String>,
        address: Option<RemoteAddress>,
        roots: Vec<CommitId>,
    ) -> Self {
        Self {
            remote,
            address,
            is_shallow: false,
            roots: OnceLock::from(roots),
            git: None,
        }
    }

    /// The first commits of the history that is checked out, sorted; empty where there is none, or where it is cut off.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn roots(&self) -> Result<&[CommitId], GitError> {
        if let Some(known) = self.roots.get() {
            return Ok(known);
        }
        let found = match &self.git {
            Some(git) => first_commits(git)?,
            None => Vec::new(),
        };
        Ok(self.roots.get_or_init(|| found))
    }

    /// What names the repository in a record: its address, or nothing.
    pub fn repository(&self) -> String {
        self.address
            .as_ref()
            .map(RemoteAddress::identity)
            .unwrap_or_default()
    }

    /// Whether anything tells it from other repositories.
    pub fn is_known(&self) -> bool {
        let has_roots = self.roots.get().is_some_and(|roots| !roots.is_empty());
        self.address.is_some() || self.git.is_some() || has_roots
    }

    /// Whose a record is that lies on the reference `on`. `seen` is what the service that hosts the repository says of it,
    /// where it was asked or says so by itself.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn ownership(
        &self,
        owner: &Owner,
        on: &str,
        seen: Option<&Seen>,
    ) -> Result<Ownership, GitError> {
        let here = self.repository();
        let has_same_address = !here.is_empty() && here == owner.repository;
        decide(owner.hosted.as_ref(), seen, has_same_address, || {
            self.sameness(owner, on)
        })
    }

    /// Whether a record that lies on the reference `on` speaks of this repository. The first commits are looked up only where
    /// the address does not tell.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn sameness(&self, owner: &Owner, on: &str) -> Result<Sameness, GitError> {
        let here = self.repository();
        if !here.is_empty() && here == owner.repository {
            // Its history may have been rewritten since.
            return Ok(Sameness::Same);
        }
        if self.is_shallow && !owner.roots.is_empty() {
            return Ok(Sameness::Unknown);
        }
        let roots = self.roots()?;
        let shared = owner.roots.iter().any(|root| roots.contains(root));
        Ok(if !shared {
            Sameness::Other
        } else if here.is_empty() || owner.repository.is_empty() {
            Sameness::Same
        } else if on.starts_with("refs/heads/") {
            Sameness::Other
        } else {
            Sameness::Moved
        })
    }
}

/// The remote that the record is shared through: `checkout.defaultRemote`, else `origin`, else the only one.
fn remote(repository: &Repository) -> Result<Option<String>, NoHome> {
    let names = repository.remote_names()?;
    let chosen = repository.config_string("checkout.defaultRemote")?;
    let known = |wanted: &str| names.iter().find(|name| *name == wanted).cloned();
    if let Some(name) = chosen
        .as_deref()
        .and_then(known)
        .or_else(|| known("origin"))
    {
        return Ok(Some(name));
    }
    match names.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => Err(NoHome::SeveralRemotes(several.join(", "))),
    }
}

/// The address of a remote. What the configuration says is what everybody else calls it; only a shorthand, or an alias of
/// somebody's ssh, is read as what `url.<base>.insteadOf` makes of it. No network takes part.
fn address(repository: &Repository, remote: &str) -> Result<Option<RemoteAddress>, NoHome> {
    let Some(written) = repository.remote_url(remote)? else {
        return Ok(None);
    };
    let plain = Remote::parse(&written)?;
    if let Some(address) = plain.hosted().filter(|address| !address.is_alias()) {
        return Ok(Some(address.clone()));
    }
    match repository.effective_url(remote)? {
        Some(rewritten) if rewritten != written => Ok(Remote::parse(&rewritten)?.hosted().cloned()),
        _ => Ok(plain.hosted().cloned()),
    }
}

fn first_commits(git: &Git) -> Result<Vec<CommitId>, GitError> {
    let output = git.output(&["rev-list", "--max-parents=0", "HEAD"], None)?;
    let text = String::from_utf8_lossy(&output);
    let mut roots: Vec<CommitId> = text.lines().filter_map(CommitId::parse).collect();
    roots.sort();
    roots.dedup();
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::{Home, Sameness};
    use crate::git::testing::Fixture;
    use crate::mirror::remote_address::Remote;
    use crate::mirror::state::Owner;
    use crate::mirror::testing::owner;
    use crate::model::id::CommitId;

    const STATE: &str = "refs/postman/state";
    const BRANCH: &str = "refs/heads/git-postman-state";

    fn root(letter: &str) -> CommitId {
        CommitId::parse(&letter.repeat(40)).unwrap()
    }

    fn home(address: &str, roots: &[&str]) -> Home {
        Home::new(
            Some("origin".to_owned()),
            (!address.is_empty())
                .then(|| Remote::parse(address).unwrap().hosted().cloned().unwrap()),
            roots.iter().map(|letter| root(letter)).collect(),
        )
    }

    fn sameness(home: &Home, owner: &Owner, on: &str) -> Sameness {
        home.sameness(owner, on).unwrap()
    }

    #[test]
    fn a_clone_and_a_rename_are_the_repository_and_copies_are_not() {
        let own = "git@git.example.com:team/orders.git";
        let (same, moved, other) = (Sameness::Same, Sameness::Moved, Sameness::Other);
        let table: [(&str, &[&str], &str, Sameness); 11] = [
            // A clone, over whatever protocol.
            (own, &["a"], STATE, same),
            (
                "https://me:x@git.example.com/Team/Orders",
                &["a"],
                STATE,
                same,
            ),
            // A shallow clone knows no first commit; a rewritten history has others.
            (own, &[], STATE, same),
            (own, &["b"], STATE, same),
            // A second history was merged.
            ("", &["a", "b"], STATE, same),
            // Renamed, or moved to another host.
            ("git@git.example.com:team/shop.git", &["a"], STATE, moved),
            (
                "https://other.example.com/team/orders",
                &["a"],
                STATE,
                moved,
            ),
            // A fork copies branches.
            ("git@git.example.com:fork/orders.git", &["a"], BRANCH, other),
            // A copy from a template begins anew.
            ("git@git.example.com:team/copy.git", &["b"], STATE, other),
            ("git@git.example.com:team/shop.git", &[], STATE, other),
            ("", &[], STATE, other),
        ];
        for (address, roots, on, expected) in table {
            let found = sameness(&home(address, roots), &owner(), on);
            assert_eq!(found, expected, "{address} {roots:?} {on}");
        }
        let nameless = Owner {
            repository: String::new(),
            ..owner()
        };
        assert_eq!(sameness(&home(own, &["a"]), &nameless, STATE), same);
        assert_eq!(sameness(&home(own, &["b"]), &nameless, STATE), other);
        let cut_off = |address: &str| Home {
            is_shallow: true,
            ..home(address, &[])
        };
        assert_eq!(sameness(&cut_off(own), &owner(), STATE), same);
        for address in ["", "git@git.example.com:team/shop.git"] {
            let found = sameness(&cut_off(address), &owner(), STATE);
            assert_eq!(found, Sameness::Unknown, "{address}");
        }
        assert!(!home("", &[]).is_known());
    }

    #[test]
    fn a_repository_says_which_one_it_is() {
        let fixture = Fixture::with_files(&[("a", "a")]);
        let work = || Home::of(&fixture.open("work"));
        let git = |arguments: &[&str]| fixture.git("work", arguments);
        let alone = work().unwrap();
        assert_eq!((&alone.remote, &alone.address), (&None, &None));
        assert_eq!(alone.roots().unwrap().len(), 1);
        let other = alone.roots().unwrap().as_ptr();
        assert_eq!(alone.roots().unwrap().as_ptr(), other, "asked for once");
        git(&["remote", "add", "one", "x:acme/orders.git"]);
        git(&["config", "url.ssh://git@github.com/.insteadOf", "x:"]);
        let one = work().unwrap();
        assert_eq!(one.remote.as_deref(), Some("one"));
        assert_eq!(one.repository(), "github.com/acme/orders");
        git(&["remote", "add", "two", "/srv/orders"]);
        assert!(
            work()
                .unwrap_err()
                .hint()
                .unwrap()
                .contains("defaultRemote")
        );
        git(&["config", "checkout.defaultRemote", "two"]);
        assert_eq!(work().unwrap().remote.as_deref(), Some("two"));
        assert_eq!(work().unwrap().address, None);
    }
}
