//! Why there is no link to work with, in words.

use crate::git::error::GitError;
use crate::mirror::element::RemoteId;
use crate::mirror::home::{Home, Sameness};
use crate::mirror::link_named::Named;
use crate::mirror::state::Owner;
use crate::model::path::RepoPath;
use crate::model::text::visible;

/// Why there is no link to work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing is connected.
    #[error("{} is not connected to anything in Postman", of_folder(.folder))]
    NotLinked {
        /// The folder.
        folder: RepoPath,
    },
    /// The files name something, and no record says that it is this repository's.
    #[error(
        "{} names the {named}, and there is no record that it is connected to this repository", metadata(.folder)
    )]
    NoRecord {
        /// The folder.
        folder: RepoPath,
        /// What the files name.
        named: Named,
    },
    /// The record says connected, the files name nothing.
    #[error("{} names nothing any more, and the mirror's record says it is connected to the {recorded}", metadata(.folder))]
    NoFiles {
        /// The folder.
        folder: RepoPath,
        /// What the record names.
        recorded: Named,
    },
    /// The files name one thing, the record another.
    #[error("{} names the {named}, and the mirror's record says that this folder is connected to the {recorded}", metadata(.folder))]
    FilesDiffer {
        /// The folder.
        folder: RepoPath,
        /// What the files name.
        named: Named,
        /// What the record names.
        recorded: Named,
    },
    /// Several APIs in one folder, and nothing tells which is meant.
    #[error("{} names several APIs: {}", metadata(.folder), list(.apis))]
    SeveralApis {
        /// The folder.
        folder: RepoPath,
        /// The APIs.
        apis: Vec<RemoteId>,
    },
    /// A file of Postman's that cannot be read.
    #[error("{path} {reason}")]
    Unread {
        /// The file.
        path: RepoPath,
        /// Why.
        reason: String,
    },
    /// The record is another repository's.
    #[error(
        "the {recorded} is connected to the repository {}, and this is {}", repository_name(.owner), repository_name(.here)
    )]
    OtherRepository {
        /// What is connected.
        recorded: Named,
        /// The repository in the record.
        owner: String,
        /// This repository.
        here: String,
    },
    /// The record may be another repository's.
    #[error(
        "this clone is shallow, and its address does not tell whether the {recorded} is connected to it: the record has {}, and the clone {}", address_name(.owner), address_name(.here)
    )]
    CutOff {
        /// What is connected.
        recorded: Named,
        /// The repository in the record.
        owner: String,
        /// This repository.
        here: String,
    },
    /// Git could not say which repository this is.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The link is to another region or server of Postman's.
    #[error("the link is to Postman at {recorded}, and this run speaks to {here}")]
    OtherHost {
        /// The host in the record.
        recorded: String,
        /// This host.
        here: String,
    },
}

impl LinkError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotLinked { .. } => "connect it with `git postman connect`".to_owned(),
            Self::NoRecord { named, .. } => format!(
                "where this is the repository of the {}, take the link over with `git postman connect {}`; a fork or a copy carries the files of its origin: there, `git postman disconnect` takes them out",
                named.word(),
                named.option()
            ),
            Self::NoFiles { recorded, .. } => format!(
                "`git postman connect {}` writes the files again; `git postman disconnect` ends the link",
                recorded.option()
            ),
            Self::FilesDiffer { named, .. } => format!(
                "bring back the files of the link with git; or `git postman disconnect` and then `git postman connect {}`",
                named.option()
            ),
            Self::SeveralApis { .. } => {
                "give each API a folder of its own (policy `folders`): the mirror keeps one link for each folder".to_owned()
            }
            Self::Unread { .. } => "mend the file, or remove it".to_owned(),
            Self::OtherRepository { .. } => {
                "where the repository was renamed, say so with `git postman connect --moved`; in a fork or a copy, `git postman disconnect` takes the link of its origin out, and `git postman connect` makes one of its own".to_owned()
            }
            Self::CutOff { .. } => {
                "`git fetch --unshallow` brings the first commits, which tell; a CI job checks out with the whole history, or from the address that the link was made with".to_owned()
            }
            Self::Git(error) => error.hint().unwrap_or_else(|| "`git fsck` says what is wrong with the history".to_owned()),
            Self::OtherHost { .. } => {
                "set POSTMAN_API_URL to the region that the link is to; ids mean nothing in another one".to_owned()
            }
        }
    }
}

/// Refuses a record that is another repository's, or may be.
///
/// # Errors
/// [`LinkError::OtherRepository`], [`LinkError::CutOff`].
pub fn refuse_another(sameness: Sameness, owner: &Owner, home: &Home) -> Result<(), LinkError> {
    let recorded = Named::of(&owner.target);
    let (owner, here) = (owner.repository.clone(), home.repository());
    match sameness {
        Sameness::Same | Sameness::Moved => Ok(()),
        Sameness::Other => Err(LinkError::OtherRepository {
            recorded,
            owner,
            here,
        }),
        Sameness::Unknown => Err(LinkError::CutOff {
            recorded,
            owner,
            here,
        }),
    }
}

/// A repository as a record names it, for messages.
pub fn repository_name(recorded: &str) -> String {
    if recorded.is_empty() {
        "one without an address".to_owned()
    } else {
        format!("`{}`", visible(recorded))
    }
}

fn metadata(folder: &RepoPath) -> String {
    match folder.join(".postman") {
        Ok(path) => format!("`{path}/`"),
        Err(_) => "`.postman/`".to_owned(),
    }
}

fn of_folder(folder: &RepoPath) -> String {
    if folder.is_root() {
        "this repository".to_owned()
    } else {
        format!("the folder `{folder}`")
    }
}

fn address_name(written: &str) -> String {
    if written.is_empty() {
        "no address".to_owned()
    } else {
        format!("`{}`", visible(written))
    }
}

fn list(apis: &[RemoteId]) -> String {
    let apis: Vec<&str> = apis.iter().map(RemoteId::as_str).collect();
    apis.join(", ")
}
