//! What differs between two sides, as people would tell it: plain data that every report can draw.

/// What differs between two sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The older side.
    pub from: Side,
    /// The newer side.
    pub to: Side,
    /// The files that differ, sorted by path.
    pub files: Vec<FileDifference>,
}

impl Difference {
    /// The exit code of the contract: 1 where the sides differ.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.files.is_empty())
    }
}

/// One of two sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// `worktree`, `index`, `revision` or `files`.
    pub kind: &'static str,
    /// The commit, for a revision; the file, for files.
    pub id: Option<String>,
}

/// One file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDifference {
    /// Where it lies; where it lay, if it is gone.
    pub path: String,
    /// Where it lay before, if that was elsewhere.
    pub earlier_path: Option<String>,
    /// What it is: a name of the contract, such as `collection-2.1`.
    pub format: &'static str,
    /// What happened to the file.
    pub status: FileStatus,
    /// What happened in it.
    pub content: ContentDifference,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It lies elsewhere.
    Renamed,
    /// It lies where it lay.
    Changed,
}

impl FileStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Changed => "changed",
        }
    }
}

/// What happened in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentDifference {
    /// Changes of what the document means; none where only its way of writing changed.
    Meaning(Vec<Change>),
    /// Changed lines, and why nothing better can be told.
    Text {
        /// Why.
        reason: String,
        /// The lines.
        lines: Vec<Line>,
    },
    /// It only differs, and why no more is told.
    Opaque {
        /// Why.
        reason: String,
    },
}

/// One change of what a document means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// What it happened to: `request`, `folder`, `operation`, …; `field` for what lies in one.
    pub noun: &'static str,
    /// The names from the top down to the request, folder or operation; empty for the document itself.
    pub item: Vec<String>,
    /// The way from there to what changed, in words of people; empty for the item itself.
    pub what: Vec<String>,
    /// The JSON Pointer of it, on the newer side; of what is gone, on the older one.
    pub pointer: String,
    /// What was there; secrets are masked.
    pub before: Option<String>,
    /// What is there now; secrets are masked.
    pub after: Option<String>,
    /// The lines, for a text of several.
    pub lines: Vec<Line>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name.
    Renamed,
    /// It lies elsewhere.
    Moved,
    /// It stands elsewhere in the same list.
    Reordered,
    /// It has another value.
    Changed,
}

impl ChangeKind {
    /// The word for it; a part of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Moved => "moved",
            Self::Reordered => "reordered",
            Self::Changed => "changed",
        }
    }

    /// A character that stands before a line about it.
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Renamed | Self::Moved | Self::Reordered => '>',
            Self::Changed => '~',
        }
    }
}

/// A line of a text that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happened to it.
    pub kind: LineKind,
    /// The line without its end.
    pub text: String,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// It stands on both sides.
    Kept,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Lines that stand on both sides were left out here; the text says which follow.
    Gap,
}

impl LineKind {
    /// The word for it; a part of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Gap => "gap",
        }
    }

    /// The character before the line.
    pub fn sign(self) -> char {
        match self {
            Self::Kept => ' ',
            Self::Added => '+',
            Self::Removed => '-',
            Self::Gap => '@',
        }
    }
}

impl Change {
    /// The place in one line: the names of the item, then the way to what changed.
    pub fn place(&self) -> (String, String) {
        (self.item.join(" / "), self.what.join(" › "))
    }
}
