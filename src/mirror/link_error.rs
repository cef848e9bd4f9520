//! Why there is no link to work with, in words.

use std::fmt;

use crate::git::error::GitError;
use crate::mirror::element::RemoteId;
use crate::mirror::hosted::Hosted;
use crate::mirror::link_named::Named;
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
    #[error("the {} is connected to the repository {}, and this is {}", .0.recorded, .0.owner, .0.here)]
    OtherRepository(Box<Apart>),
    /// The record is that of the repository which had this address before.
    #[error(
        "the {} is connected to the repository {}, and what has this address now is another one, {}: it was deleted and made again, or another one took its name", .0.recorded, .0.owner, .0.here
    )]
    Recreated(Box<Apart>),
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
            Self::OtherRepository(_) => {
                "where the repository was renamed, say so with `git postman connect --moved`; in a fork or a copy, `git postman disconnect` takes the link of its origin out, and `git postman connect` makes one of its own".to_owned()
            }
            Self::Recreated(apart) => format!(
                "where this is the repository of the {} from now on, say so with `git postman connect --moved`; where it is not, `git postman disconnect` takes the link out, and `git postman connect` makes one of its own",
                apart.recorded.word()
            ),
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

/// What the ends of a link say that know of it without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// What Postman's files in the repository say.
    pub files: String,
    /// What the mirror's record says.
    pub record: String,
    /// What Postman is to be asked about.
    pub asked: Named,
}

impl LinkError {
    /// What files and record say, where they do not agree with each other or with the repository that this is.
    pub fn ends(&self) -> Option<Ends> {
        let belongs = |named: &Named| format!("this folder belongs to the {named}");
        let nothing = || "nothing".to_owned();
        let connected = |named: &Named| format!("this folder is connected to the {named}");
        match self {
            Self::NoRecord { named, .. } => Some(Ends {
                files: belongs(named),
                record: nothing(),
                asked: named.clone(),
            }),
            Self::NoFiles { recorded, .. } => Some(Ends {
                files: nothing(),
                record: connected(recorded),
                asked: recorded.clone(),
            }),
            Self::FilesDiffer {
                named, recorded, ..
            } => Some(Ends {
                files: belongs(named),
                record: connected(recorded),
                asked: named.clone(),
            }),
            Self::OtherRepository(apart) | Self::Recreated(apart) => Some(Ends {
                files: apart.files.as_ref().map_or_else(nothing, belongs),
                record: format!("the {} belongs to {}", apart.recorded, apart.owner),
                asked: apart.recorded.clone(),
            }),
            Self::NotLinked { .. }
            | Self::SeveralApis { .. }
            | Self::Unread { .. }
            | Self::CutOff { .. }
            | Self::Git(_)
            | Self::OtherHost { .. } => None,
        }
    }
}

/// A record, and a repository that it does not belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// What the files name, where they name something.
    pub files: Option<Named>,
    /// What is connected.
    pub recorded: Named,
    /// The repository in the record.
    pub owner: Known,
    /// This repository.
    pub here: Known,
}

/// A repository as far as it is known, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its address, as a record has it; empty where it has none.
    pub address: String,
    /// What the service that hosts it calls it.
    pub hosted: Option<Hosted>,
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&repository_name(&self.address))?;
        match &self.hosted {
            Some(hosted) => write!(
                formatter,
                " (id {} at {})",
                visible(&hosted.id),
                visible(&hosted.site)
            ),
            None => Ok(()),
        }
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
