//! How changed files reach the branch that Postman reads, in a repository whose API it has connected.
//!
//! [`Delivery`] is the seam: a commit on the branch today. A request to merge one, made through the service that hosts the
//! repository, is another way of the same shape.

use crate::git::chain::keep;
use crate::git::commit::{branch_reference, commit_onto};
use crate::git::error::GitError;
use crate::git::exchange::{self, Settled};
use crate::git::repository::Repository;
use crate::git::write_error::WriteError;
use crate::mirror::delivery_address::Reachable;
use crate::model::change::ChangeSet;
use crate::model::digest::Digest;
use crate::model::id::CommitId;
use crate::model::text::{shortened, visible, visible_lines};

/// A way for changed files to a branch of a repository.
pub trait Delivery: Sync {
    /// The last commit of the branch, fetched now: what changes are made from.
    ///
    /// # Errors
    /// A repository that cannot be reached, a branch that is not there.
    fn tip(&self) -> Result<CommitId, DeliveryError>;

    /// Brings changes that were made from `onto`, all of them or none; gives the commit that has them.
    ///
    /// # Errors
    /// [`DeliveryError::Overtaken`] where the branch has gone on since: nothing is changed then.
    fn deliver(
        &self,
        onto: &CommitId,
        changes: &ChangeSet,
        message: &str,
    ) -> Result<CommitId, DeliveryError>;
}

/// One commit on the branch itself, pushed with git: it is the child of what was seen there, and counts only as long as the
/// branch still stands there.
pub struct CommitOnBranch<'a> {
    repository: &'a Repository,
    to: Reachable,
    branch: String,
    reference: String,
    copy: String,
}

/// Why files did not reach the branch.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Git could not reach the repository, or not work in this one.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The commit could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The repository has other branches.
    #[error("`{repository}` has no branch `{branch}`; it has {there}")]
    NoBranch {
        /// The repository.
        repository: String,
        /// The branch.
        branch: String,
        /// The branches that it has.
        there: String,
    },
    /// The repository has no branch at all.
    #[error("`{repository}` is empty: it has no branch that Postman could read")]
    Empty {
        /// The repository.
        repository: String,
    },
    /// Somebody else was first.
    #[error("`{branch}` of `{repository}` has gone on since it was read")]
    Overtaken {
        /// The repository.
        repository: String,
        /// The branch.
        branch: String,
    },
    /// The host does not take the commit.
    #[error("`{repository}` does not take a commit on `{branch}`: {}", visible_lines(.said))]
    Refused {
        /// The repository.
        repository: String,
        /// The branch.
        branch: String,
        /// What the host said.
        said: String,
    },
    /// The commit did not get there.
    #[error("the commit for `{branch}` could not be pushed to `{repository}`: {}", visible_lines(.said))]
    NotPushed {
        /// The repository.
        repository: String,
        /// The branch.
        branch: String,
        /// What git said.
        said: String,
    },
    /// What stands on the branch cannot be understood.
    #[error("{0}")]
    Unread(String),
}

impl DeliveryError {
    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Git(error) => return error.hint(),
            Self::Write(error) => return error.hint(),
            Self::NoBranch { .. } => {
                "the branch that Postman reads is the API's active branch in the app: `git postman connect --api ID --repository-branch NAME` says which one it is".to_owned()
            }
            Self::Empty { .. } => {
                "make its first commit, or let Postman make it by connecting the API".to_owned()
            }
            Self::Overtaken { .. } => "try again: the branch is read anew".to_owned(),
            Self::Refused { .. } => {
                "a protected branch takes changes by request only: let the account that runs the mirror push to it, or push these files to a branch of their own and open the request there".to_owned()
            }
            Self::NotPushed { .. } => {
                "try `git push` to that repository by hand: the mirror uses the same credentials".to_owned()
            }
            Self::Unread(_) => {
                "name the definition's root file in `.postman/` of that repository, where Postman keeps it".to_owned()
            }
        })
    }

    /// Whether another plan can go through.
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Overtaken { .. })
    }
}

impl<'a> CommitOnBranch<'a> {
    /// The branch of a repository.
    ///
    /// # Errors
    /// A name that git does not take.
    pub fn new(
        repository: &'a Repository,
        to: Reachable,
        branch: &str,
    ) -> Result<Self, DeliveryError> {
        let reference = branch_reference(repository.git(), branch)?;
        let mark = Digest::of_parts([to.remote.as_bytes(), b"\n", reference.as_bytes()]).short();
        Ok(Self {
            repository,
            to,
            branch: branch.to_owned(),
            reference,
            // Nobody's branch and nobody's remote-tracking branch: what a delivery fetches is its own.
            copy: format!("refs/postman/connected/{}", &mark[..16]),
        })
    }

    /// Looks whether there is such a branch. Nothing is fetched.
    ///
    /// # Errors
    /// As for [`Delivery::tip`].
    pub fn look(&self) -> Result<(), DeliveryError> {
        match exchange::tip(self.repository, &self.to.remote, &self.reference)? {
            Some(_) => Ok(()),
            None => Err(self.missing()),
        }
    }

    fn missing(&self) -> DeliveryError {
        let (repository, branch) = self.names();
        match exchange::branches(self.repository, &self.to.remote) {
            Err(error) => error.into(),
            Ok(there) if there.is_empty() => DeliveryError::Empty { repository },
            Ok(there) => DeliveryError::NoBranch {
                repository,
                branch,
                there: shortened(&visible(&there.join(", ")), 200),
            },
        }
    }

    fn names(&self) -> (String, String) {
        (self.to.shown.clone(), visible(&self.branch))
    }
}

impl Delivery for CommitOnBranch<'_> {
    fn tip(&self) -> Result<CommitId, DeliveryError> {
        let remote = &self.to.remote;
        let tip = exchange::fetch(self.repository, remote, &self.reference, &self.copy)?;
        tip.ok_or_else(|| self.missing())
    }

    fn deliver(
        &self,
        onto: &CommitId,
        changes: &ChangeSet,
        message: &str,
    ) -> Result<CommitId, DeliveryError> {
        let Some(commit) = commit_onto(self.repository, onto, changes, message)? else {
            return Ok(onto.clone());
        };
        let settled = exchange::push_and_look(
            self.repository,
            &self.to.remote,
            &commit,
            &self.reference,
            &self.copy,
            Some(onto),
        )?;
        let (repository, branch) = self.names();
        match settled {
            Settled::Done => {
                keep(self.repository, &self.copy, &commit)?;
                Ok(commit)
            }
            Settled::Lost(_) => Err(DeliveryError::Overtaken { repository, branch }),
            Settled::Refused(said) => Err(DeliveryError::Refused {
                repository,
                branch,
                said,
            }),
            Settled::Failed(said) => Err(DeliveryError::NotPushed {
                repository,
                branch,
                said,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CommitOnBranch, Delivery, DeliveryError};
    use crate::git::repository::Repository;
    use crate::git::testing::{Fixture, set};
    use crate::mirror::delivery_address::Reachable;

    /// Work, and a bare repository `api.git` with a history of its own that holds `a`.
    fn fixture() -> Fixture {
        let fixture = Fixture::with_files(&[("own", "own")]);
        fixture.init("other", &[]);
        fixture.commit_files("other", &[("a", "1"), ("b", "2")], "theirs");
        fixture.git("", &["clone", "--quiet", "--bare", "other", "api.git"]);
        for (key, value) in [("user.name", "Jo"), ("user.email", "jo@example.com")] {
            fixture.git("work", &["config", key, value]);
        }
        fixture
    }

    fn delivery<'a>(fixture: &Fixture, repository: &'a Repository) -> CommitOnBranch<'a> {
        let address = format!("file://{}", fixture.path("api.git").display());
        let to = Reachable {
            remote: address.clone(),
            shown: address,
        };
        CommitOnBranch::new(repository, to, "main").unwrap()
    }

    #[test]
    fn changes_become_one_commit_on_top_of_what_was_seen() {
        let fixture = fixture();
        let work = fixture.open("work");
        let delivery = delivery(&fixture, &work);
        let tip = delivery.tip().unwrap();
        assert_eq!(tip, fixture.id("other", "HEAD"));
        let changes = set(&[
            ("a", Some("1"), Some("one")),
            ("b", Some("2"), None),
            ("d/new", None, Some("n")),
        ]);
        let commit = delivery.deliver(&tip, &changes, "Deliver").unwrap();
        assert_eq!(fixture.id("api.git", "main"), commit);
        assert_eq!(fixture.id("api.git", "main^"), tip);
        let names = fixture.git("api.git", &["ls-tree", "-r", "--name-only", "main"]);
        assert_eq!(names, "a\nd/new");
        assert_eq!(delivery.tip().unwrap(), commit);
        // Again there is nothing to bring, and no commit is made.
        let again = set(&[("a", Some("one"), Some("one"))]);
        assert_eq!(delivery.deliver(&commit, &again, "x").unwrap(), commit);
        // This clone's own branches and files know nothing of it.
        let own = fixture.git("work", &["for-each-ref", "--format=%(refname)"]);
        assert!(
            own.lines().all(
                |name| name == "refs/heads/main" || name.starts_with("refs/postman/connected/")
            )
        );
        assert_eq!(fixture.git("work", &["status", "--porcelain"]), "");
    }

    #[test]
    fn of_two_at_once_one_wins_and_nobody_is_forced_over() {
        let fixture = fixture();
        let work = fixture.open("work");
        let delivery = delivery(&fixture, &work);
        let tip = delivery.tip().unwrap();
        let first = delivery.deliver(&tip, &set(&[("a", Some("1"), Some("x"))]), "first");
        let first = first.unwrap();
        let second = delivery.deliver(&tip, &set(&[("b", Some("2"), Some("y"))]), "second");
        let error = second.unwrap_err();
        assert!(error.is_overtaken(), "{error}");
        assert_eq!(fixture.id("api.git", "main"), first);
        // Somebody has taken the branch back: that is no reason to bring the commit.
        let old = tip.as_str();
        fixture.git("api.git", &["update-ref", "refs/heads/main", old]);
        let late = delivery.deliver(&first, &set(&[("a", Some("x"), Some("z"))]), "late");
        assert!(late.unwrap_err().is_overtaken());
        assert_eq!(fixture.id("api.git", "main"), tip);
    }

    #[test]
    fn a_branch_that_is_not_there_is_told_with_those_that_are() {
        let fixture = fixture();
        let work = fixture.open("work");
        let to = |name: &str| Reachable {
            remote: format!("file://{}", fixture.path(name).display()),
            shown: name.to_owned(),
        };
        let missing = CommitOnBranch::new(&work, to("api.git"), "trunk").unwrap();
        let error = missing.tip().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`api.git` has no branch `trunk`; it has main"
        );
        assert_eq!(missing.look().unwrap_err().to_string(), error.to_string());
        fixture.init("empty.git", &["--bare"]);
        let empty = CommitOnBranch::new(&work, to("empty.git"), "main").unwrap();
        assert!(matches!(empty.tip(), Err(DeliveryError::Empty { .. })));
        let gone = CommitOnBranch::new(&work, to("gone.git"), "main").unwrap();
        assert!(matches!(gone.tip(), Err(DeliveryError::Git(_))));
        for hostile in [
            "", "-x", "a b", "a..b", "x:y", "*", "a\nb", "HEAD", "x.lock", "@{-1}",
        ] {
            let refused = CommitOnBranch::new(&work, to("api.git"), hostile);
            assert!(
                matches!(refused, Err(DeliveryError::Write(_))),
                "{hostile:?}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_the_host_refuses_is_told_in_its_words() {
        use std::os::unix::fs::PermissionsExt as _;
        let fixture = fixture();
        let hook = "api.git/hooks/pre-receive";
        fixture.write(hook, "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(fixture.path(hook), mode).unwrap();
        let work = fixture.open("work");
        let delivery = delivery(&fixture, &work);
        let tip = delivery.tip().unwrap();
        let refused = delivery.deliver(&tip, &set(&[("a", Some("1"), Some("x"))]), "x");
        let error = refused.unwrap_err();
        assert!(matches!(error, DeliveryError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("main is protected"), "{error}");
        assert_eq!(fixture.id("api.git", "main"), tip);
    }
}
