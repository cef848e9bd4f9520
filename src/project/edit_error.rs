//! Why a file of Postman's was not edited. It is then as it was.

use crate::model::path::RepoPath;

/// Why an edit of Postman's metadata was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditRefused {
    /// A merge left its markers.
    #[error("{0} has merge markers")]
    MergeMarkers(RepoPath),
    /// A version that nobody knows.
    #[error("{path} has a form that nobody knows: {version}")]
    UnknownForm {
        /// The file.
        path: RepoPath,
        /// What it says of its version.
        version: String,
    },
    /// The oldest form holds one API only.
    #[error("{path} is of the oldest form, which holds one API only: {id}")]
    OneApiOnly {
        /// The file.
        path: RepoPath,
        /// The API it holds.
        id: String,
    },
    /// An entry that is to be changed is not there.
    #[error("{path} does not list `{what}`")]
    NotListed {
        /// The file.
        path: RepoPath,
        /// The entry.
        what: String,
    },
    /// An entry that is to be added is there.
    #[error("{path} lists `{what}` already")]
    AlreadyListed {
        /// The file.
        path: RepoPath,
        /// The entry.
        what: String,
    },
    /// A file that its list cannot name.
    #[error("`{file}` lies outside of `{directory}`, from which its path would count")]
    Outside {
        /// The file.
        file: RepoPath,
        /// The directory.
        directory: RepoPath,
    },
    /// A form that has no place for it.
    #[error("{path} is of a form without {what}")]
    NoPlace {
        /// The file.
        path: RepoPath,
        /// What has no place.
        what: &'static str,
    },
    /// The file does not parse.
    #[error("{path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: RepoPath,
        /// The first fault.
        cause: String,
    },
    /// The file would not mean what it shall mean.
    #[error("{path} cannot be edited safely: {cause}")]
    NotUnderstood {
        /// The file.
        path: RepoPath,
        /// Why.
        cause: String,
    },
}

impl EditRefused {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::MergeMarkers(_) => "finish the merge first".to_owned(),
            Self::UnknownForm { .. } | Self::NoPlace { .. } => {
                "see whether there is a newer git-postman, or edit the file by hand".to_owned()
            }
            Self::OneApiOnly { .. } => {
                "disconnect that API first, or let Postman write the newer form".to_owned()
            }
            Self::NotListed { .. } | Self::AlreadyListed { .. } => {
                "look at the file as it is now".to_owned()
            }
            Self::Outside { directory, .. } => format!("move the file below `{directory}`"),
            Self::Unreadable { .. } | Self::NotUnderstood { .. } => {
                "mend the file by hand; `git postman check` says what is wrong with it".to_owned()
            }
        }
    }
}
