//! What an audit knows of each repository and of each API: the little that outlives the files and answers it was read from.

use std::collections::BTreeMap;

use crate::config::file::Policy;

/// All that was gathered, by one run or joined from several. The same facts give the same report, in whatever order they
/// came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Every repository that was listed.
    pub repositories: BTreeMap<RepositoryKey, RepositoryFacts>,
    /// Every owner whose repositories were asked for, by host and owner joined with `/`: the beginning of the names of its
    /// repositories. Where not all of them are here, a name that is not among them proves nothing.
    pub owners: BTreeMap<String, Reach>,
    /// Every API and specification of the workspaces, by its id.
    pub apis: BTreeMap<String, ApiFacts>,
    /// Whether Postman was asked for everything that it would show; without that an unknown id proves nothing.
    pub postman: Reach,
}

/// What names a repository for good, also when it is renamed or moved to another owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryKey {
    /// The address of the pages of its site, without a final slash.
    pub site: String,
    /// The provider's own id.
    pub id: String,
}

/// One repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Host, owner and name, joined with `/`: what a report calls it and begins its paths with.
    pub name: String,
    /// Its page.
    pub page: String,
    /// The branch that is shown first, which is the one that was read.
    pub default_branch: Option<String>,
    /// The other branches, where they were asked for: only in repositories that claim an API.
    pub branches: Option<Vec<BranchFacts>>,
    /// Nothing in it can be changed.
    pub is_archived: bool,
    /// It is a fork of another one.
    pub is_fork: bool,
    /// What became of reading it.
    pub reach: Reach,
    /// What its `git-postman.toml` says of its mapping.
    pub settings: SettingsFacts,
    /// Every folder that holds a `.postman/`, and every one that only has documents in directories with Postman's own names.
    pub services: Vec<ServiceFacts>,
    /// Files that make our check run: hook managers' and CI systems' files which name it.
    pub guards: Vec<Guard>,
}

/// What a repository has decided for itself. What is not written down has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsFacts {
    /// How several APIs may share it.
    pub policy: Policy,
    /// The branch that Postman shows, where it names one.
    pub active_branch: Option<String>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchFacts {
    /// Its name.
    pub name: String,
    /// The commit it stands at.
    pub head: String,
    /// Whether a request to merge it is open, where that was asked: only of branches with one of our names.
    pub is_requested: Option<bool>,
}

/// Whether something could be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// It was.
    Whole,
    /// A part of it, and what was left out, in words.
    Part(String),
    /// It was not, and why, in words.
    Refused(String),
}

/// One folder that holds a `.postman/`, or what Postman would put beside one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFacts {
    /// The folder; empty for the root of the repository.
    pub folder: String,
    /// The APIs that it says it belongs to: one where all is well, none where there is no `.postman/`. What an earlier
    /// connection left behind does not count.
    pub claims: Vec<Claim>,
    /// The directories that Postman manages there.
    pub directories: Vec<DirectoryFacts>,
}

/// A repository says that it belongs to an API, a specification or a workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// What of.
    pub kind: ClaimKind,
    /// The id in Postman.
    pub id: String,
    /// Where it says so.
    pub at: Spot,
}

/// What a claim names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimKind {
    /// An API of the API Builder.
    Api,
    /// A workspace, as the newer layout has it.
    Workspace,
    /// A specification of Spec Hub.
    Specification,
}

/// A directory that Postman manages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirectoryFacts {
    /// `schema directory` or another of Postman's words.
    pub role: String,
    /// Its path in the repository.
    pub path: String,
    /// Where it is declared.
    pub at: Spot,
}

/// A line of a file. Lines count from one; zero means the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file in its repository.
    pub path: String,
    /// The line.
    pub line: u32,
    /// The column, in characters from one; zero where there is no line.
    pub column: u32,
}

/// A file that makes the check run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guard {
    /// Whether a hook or a CI system reads it.
    pub kind: GuardKind,
    /// The file.
    pub path: String,
}

/// Who runs the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardKind {
    /// A hook manager, on each developer's machine.
    Hook,
    /// A CI system.
    Ci,
}

/// One API of the API Builder, or a specification of Spec Hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiFacts {
    /// Which of both.
    pub kind: ClaimKind,
    /// Its name.
    pub name: String,
    /// The workspace it is in, by its id.
    pub workspace: String,
    /// The repository that Postman has connected it to.
    pub connected: Option<ConnectedFacts>,
}

/// The repository that Postman has connected an API to, in Postman's own words. Postman gives no branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectedFacts {
    /// The host; nothing for hosted services.
    pub domain: Option<String>,
    /// The owner.
    pub organization: Option<String>,
    /// The repository's name.
    pub repository: Option<String>,
    /// The schema directory.
    pub schema_folder: Option<String>,
    /// The collection directory.
    pub collection_folder: Option<String>,
}
