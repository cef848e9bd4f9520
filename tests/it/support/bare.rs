//! A bare repository behind the fake of a provider: heads and conflicts are git's own verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Oid, Repository, Signature, TreeWalkMode, TreeWalkResult};
use tempfile::TempDir;

/// One name in a commit.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// From the root.
    pub(crate) path: String,
    /// As git keeps it: `100644`.
    pub(crate) mode: String,
    /// `blob`, `tree` or `commit`.
    pub(crate) kind: &'static str,
    /// The object.
    pub(crate) id: String,
    /// How large a file is.
    pub(crate) size: usize,
}

/// The repository.
pub(crate) struct Bare {
    scene: TempDir,
}

impl Bare {
    /// An empty one.
    pub(crate) fn empty() -> Self {
        let scene = tempfile::tempdir().unwrap();
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).initial_head("main");
        let made = Repository::init_opts(scene.path().join("bare.git"), &options).unwrap();
        // Who signed in may push; whoever serves it decides who that is.
        made.config()
            .unwrap()
            .set_bool("http.receivepack", true)
            .unwrap();
        Self { scene }
    }

    /// One with these files in the first commit of `main`.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Self {
        let bare = Self::empty();
        let changes: Vec<(String, Option<Vec<u8>>)> = files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), Some(content.to_vec())))
            .collect();
        let first = bare.commit(None, &changes, "first");
        assert!(bare.move_head("main", None, Some(&first)));
        bare
    }

    /// One that lies elsewhere.
    #[cfg(unix)]
    pub(crate) fn over(path: &std::path::Path) -> Self {
        let scene = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(path, scene.path().join("bare.git")).unwrap();
        Self { scene }
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.scene.path().join("bare.git")
    }

    /// Adds a name of any mode to `main`: a link, a submodule, a program.
    pub(crate) fn add_odd(&self, path: &str, mode: FileMode, content: &[u8]) {
        let opened = self.open();
        let tip = self.tip("main").unwrap();
        let parent = opened.find_commit(Oid::from_str(&tip).unwrap()).unwrap();
        let id = if mode == FileMode::Commit {
            Oid::from_str(&"c".repeat(40)).unwrap()
        } else {
            opened.blob(content).unwrap()
        };
        let tree = TreeUpdateBuilder::new()
            .upsert(path, id, mode)
            .create_updated(&opened, &parent.tree().unwrap())
            .unwrap();
        let id = seal(&opened, tree, Some(&tip), "odd");
        assert!(self.move_head("main", Some(&tip), Some(&id)));
    }

    /// Branches and their tips.
    pub(crate) fn heads(&self) -> BTreeMap<String, String> {
        let opened = self.open();
        let references = opened.references_glob("refs/heads/*").unwrap();
        references
            .map(|reference| {
                let reference = reference.unwrap();
                let name = reference.name().unwrap().to_owned();
                (
                    name.trim_start_matches("refs/heads/").to_owned(),
                    reference.target().unwrap().to_string(),
                )
            })
            .collect()
    }

    /// The tip of a branch.
    pub(crate) fn tip(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        let id = self.open().refname_to_id(&name).ok()?;
        Some(id.to_string())
    }

    /// A commit with changes on top of another one. No head moves.
    pub(crate) fn commit(
        &self,
        parent: Option<&str>,
        changes: &[(String, Option<Vec<u8>>)],
        message: &str,
    ) -> String {
        let opened = self.open();
        let base = match parent {
            Some(parent) => {
                let parent = opened.find_commit(Oid::from_str(parent).unwrap()).unwrap();
                parent.tree().unwrap()
            }
            None => {
                let empty = opened.treebuilder(None).unwrap().write().unwrap();
                opened.find_tree(empty).unwrap()
            }
        };
        let mut builder = TreeUpdateBuilder::new();
        for (path, content) in changes {
            match content {
                Some(content) => {
                    let mode = base
                        .get_path(path.as_ref())
                        .ok()
                        .filter(|entry| entry.filemode() == 0o100_755)
                        .map_or(FileMode::Blob, |_| FileMode::BlobExecutable);
                    builder.upsert(path.as_str(), opened.blob(content).unwrap(), mode);
                }
                None => {
                    builder.remove(path.as_str());
                }
            }
        }
        let tree = builder.create_updated(&opened, &base).unwrap();
        seal(&opened, tree, parent, message)
    }

    /// Moves, makes or deletes a head where it stands where it should; git decides.
    #[expect(clippy::disallowed_methods, reason = "tests start git")]
    pub(crate) fn move_head(&self, branch: &str, old: Option<&str>, new: Option<&str>) -> bool {
        const ZEROS: &str = "0000000000000000000000000000000000000000";
        let name = format!("refs/heads/{branch}");
        let moved = Command::new("git")
            .current_dir(self.path())
            .args([
                "update-ref",
                &name,
                new.unwrap_or(ZEROS),
                old.unwrap_or(ZEROS),
            ])
            .env_remove("GIT_DIR")
            .output()
            .unwrap();
        moved.status.success()
    }

    /// The tree of a commit.
    pub(crate) fn tree(&self, commit: &str) -> Option<String> {
        let opened = self.open();
        let commit = opened.find_commit(Oid::from_str(commit).ok()?).ok()?;
        Some(commit.tree_id().to_string())
    }

    /// Every name below a tree, directories too.
    pub(crate) fn names(&self, tree: &str) -> Option<Vec<Named>> {
        let opened = self.open();
        let tree = opened.find_tree(Oid::from_str(tree).ok()?).ok()?;
        let mut names = Vec::new();
        tree.walk(TreeWalkMode::PreOrder, |above, entry| {
            let kind = match entry.kind() {
                Some(ObjectType::Tree) => "tree",
                Some(ObjectType::Commit) => "commit",
                _ => "blob",
            };
            let blob = opened.find_blob(entry.id());
            names.push(Named {
                path: format!("{above}{}", entry.name().unwrap()),
                mode: format!("{:o}", entry.filemode()),
                kind,
                id: entry.id().to_string(),
                size: blob.map_or(0, |blob| blob.size()),
            });
            TreeWalkResult::Ok
        })
        .unwrap();
        Some(names)
    }

    /// The bytes of a blob.
    pub(crate) fn blob(&self, id: &str) -> Option<Vec<u8>> {
        let opened = self.open();
        let blob = opened.find_blob(Oid::from_str(id).ok()?).ok()?;
        Some(blob.content().to_vec())
    }

    /// The bytes of a file in a commit.
    pub(crate) fn file(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let opened = self.open();
        let commit = opened.find_commit(Oid::from_str(commit).ok()?).ok()?;
        let entry = commit.tree().ok()?.get_path(path.as_ref()).ok()?;
        Some(opened.find_blob(entry.id()).ok()?.content().to_vec())
    }

    /// The message of a commit and its parents.
    pub(crate) fn message(&self, commit: &str) -> (String, Vec<String>) {
        let opened = self.open();
        let commit = opened.find_commit(Oid::from_str(commit).unwrap()).unwrap();
        let parents = commit.parent_ids().map(|id| id.to_string()).collect();
        (commit.message().unwrap().to_owned(), parents)
    }

    /// How many commits lead to a branch.
    pub(crate) fn length(&self, branch: &str) -> usize {
        let opened = self.open();
        let mut walk = opened.revwalk().unwrap();
        walk.push_ref(&format!("refs/heads/{branch}")).unwrap();
        walk.count()
    }

    /// Somebody else's commit on a branch.
    pub(crate) fn push_something(&self, branch: &str) {
        let tip = self.tip(branch);
        let changes = [("somebody".to_owned(), Some(b"else".to_vec()))];
        let made = self.commit(tip.as_deref(), &changes, "somebody else's");
        assert!(self.move_head(branch, tip.as_deref(), Some(&made)));
    }

    /// Lets a hook refuse pushes to a branch, in these words.
    #[cfg(unix)]
    pub(crate) fn refuse_pushes(&self, branch: &str, words: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let hooks = self.path().join("hooks");
        fs::create_dir_all(&hooks).unwrap();
        let hook = hooks.join("pre-receive");
        let script = format!(
            "#!/bin/sh\nwhile read -r old new name; do\nif test \"$name\" = 'refs/heads/{branch}'; then echo '{words}' >&2; exit 1; fi\ndone\n"
        );
        fs::write(&hook, script).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The same, for git2.
    pub(crate) fn open(&self) -> Repository {
        Repository::open_bare(self.path()).unwrap()
    }
}

fn seal(opened: &Repository, tree: Oid, parent: Option<&str>, message: &str) -> String {
    let somebody = Signature::now("Service", "service@example.com").unwrap();
    let tree = opened.find_tree(tree).unwrap();
    let parents: Vec<git2::Commit<'_>> = parent
        .map(|id| opened.find_commit(Oid::from_str(id).unwrap()).unwrap())
        .into_iter()
        .collect();
    let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
    // As git ends them.
    let message = format!("{}\n", message.trim_end());
    let id = opened.commit(None, &somebody, &somebody, &message, &tree, &parents);
    id.unwrap().to_string()
}
