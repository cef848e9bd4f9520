//! What the mirror moves: one API definition, one collection or one environment, with its files.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::digest::Digest;
use crate::model::path::RepoPath;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ElementKind {
    /// An API definition, of one file or several.
    Definition,
    /// A collection: one file, or a folder of the newest layout.
    Collection,
    /// An environment.
    Environment,
}

impl ElementKind {
    /// Every kind, in the order in which they are written to Postman.
    pub const ALL: [Self; 3] = [Self::Definition, Self::Environment, Self::Collection];

    /// The word for it in plans and in the state.
    pub fn word(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Collection => "collection",
            Self::Environment => "environment",
        }
    }

    /// The kind that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What makes an element itself in the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementKey {
    /// What it is.
    pub kind: ElementKind,
    /// Its file, root file or folder, counted from the folder of the service.
    pub path: RepoPath,
}

impl fmt::Display for ElementKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.word(), self.path)
    }
}

/// The id of something in Postman, as its API takes it: a UUID, a uid with its owner, or whatever comes next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(String);

/// Postman's own ids have at most 50 characters.
const LONGEST_ID: usize = 128;
/// Postman's own ids begin with hexadecimal digits.
const OF_FILE: &str = "file-";

impl RemoteId {
    /// Reads an id. It ends up in the path of a URL, so anything but letters, digits, `-`, `_` and `.` is refused,
    /// and so are `.` and `..`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let right = plain && (1..=LONGEST_ID).contains(&text.len()) && !text.starts_with('.');
        right.then(|| Self(text.to_owned()))
    }

    /// What stands for an id where Postman hands out none: for a file on a branch that it reads.
    pub fn of_file(path: &RepoPath) -> Self {
        let digest = Digest::of(path.as_bytes()).to_string();
        Self(format!("{OF_FILE}{}", &digest[..32]))
    }

    /// Whether it only stands for a file: it means nothing to Postman.
    pub fn is_of_file(&self) -> bool {
        self.0.starts_with(OF_FILE)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without its owner: both `<owner>-<uuid>` and `<uuid>` name one thing, and Postman answers with either.
    pub fn bare(&self) -> &str {
        match self.0.split_once('-') {
            Some((owner, rest))
                if owner.bytes().all(|byte| byte.is_ascii_digit())
                    && crate::model::id::is_uuid(rest) =>
            {
                rest
            }
            _ => &self.0,
        }
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One file of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementFile {
    /// The file as it is.
    pub bytes: Vec<u8>,
    /// The digest of what it means, without volatile fields.
    pub digest: Digest,
}

/// What an element holds on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementContent {
    /// The files, named from the element's own directory, so that both sides name them alike.
    pub files: BTreeMap<RepoPath, ElementFile>,
    /// The digest of all of it.
    pub digest: Digest,
}

impl ElementContent {
    /// Takes files. A single file is what it says, whatever its name; of several the names count.
    pub fn new(files: BTreeMap<RepoPath, ElementFile>) -> Self {
        let digest = digest_of_files(files.iter().map(|(path, file)| (path, &file.digest)));
        Self { files, digest }
    }

    /// One file.
    pub fn of_one(name: RepoPath, bytes: Vec<u8>, digest: Digest) -> Self {
        Self::new(BTreeMap::from([(name, ElementFile { bytes, digest })]))
    }
}

/// The digest of several files, from their own digests. See [`ElementContent::new`].
pub fn digest_of_files<'a>(
    files: impl ExactSizeIterator<Item = (&'a RepoPath, &'a Digest)>,
) -> Digest {
    let files: Vec<_> = files.collect();
    match files.as_slice() {
        [(_, only)] => **only,
        several => {
            let named: Vec<(&[u8], String)> = several
                .iter()
                .map(|(path, digest)| (path.as_bytes(), digest.to_string()))
                .collect();
            Digest::of_parts(
                named
                    .iter()
                    .flat_map(|(path, digest)| [*path, digest.as_bytes()]),
            )
        }
    }
}

/// An element as the repository has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The name it gives itself, or that of its file.
    pub name: String,
    /// The directory that its files are named from, counted from the folder of the service.
    pub directory: RepoPath,
    /// The file to start reading at, named from `directory`, where there are several.
    pub root: Option<RepoPath>,
    /// What it holds.
    pub content: ElementContent,
    /// The id that the metadata in `.postman/` gives it.
    pub remote_id: Option<RemoteId>,
}

/// Every element of a service folder.
pub type ElementSet = BTreeMap<ElementKey, Element>;

/// An element as Postman has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteElement {
    /// What it is.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// What it holds; `None` where a list named it and nobody has read it yet.
    pub content: Option<ElementContent>,
    /// The file that it is, counted from the folder of the service, where Postman itself reads files; `None` elsewhere.
    pub place: Option<RepoPath>,
}

/// Every element that Postman has for a link, by id.
pub type RemoteSet = BTreeMap<RemoteId, RemoteElement>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{ElementContent, ElementFile, ElementKind, RemoteId};
    use crate::model::digest::Digest;
    use crate::model::path::RepoPath;

    fn content(files: &[(&str, &str)]) -> ElementContent {
        let files = files.iter().map(|(name, text)| {
            let file = ElementFile {
                bytes: text.as_bytes().to_vec(),
                digest: Digest::of(text.as_bytes()),
            };
            (RepoPath::parse(name).unwrap(), file)
        });
        ElementContent::new(files.collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn one_file_is_what_it_says_and_several_are_known_by_name() {
        assert_eq!(content(&[("a", "1")]).digest, content(&[("b", "1")]).digest);
        assert_ne!(
            content(&[("a", "1"), ("b", "2")]).digest,
            content(&[("a", "2"), ("b", "1")]).digest
        );
    }

    #[test]
    fn an_id_never_leaves_its_place_in_a_url() {
        let uuid = "11111111-2222-4333-8444-555555555555";
        for good in [uuid, &format!("123-{uuid}"), "abc"] {
            assert!(RemoteId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "..", ".", "a/b", "a?b", "a b", "ä", &"a".repeat(200)] {
            assert!(RemoteId::parse(bad).is_none(), "{bad}");
        }
        let uid = RemoteId::parse(&format!("123-{uuid}")).unwrap();
        assert_eq!(uid.bare(), uuid);
        assert_eq!(RemoteId::parse(uuid).unwrap().bare(), uuid);
    }

    #[test]
    fn words_stand_for_their_kinds() {
        for kind in ElementKind::ALL {
            assert_eq!(ElementKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(ElementKind::from_word("flow"), None);
    }
}
