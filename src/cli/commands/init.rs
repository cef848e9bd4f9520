//! `init`: the layout, the configuration and, when asked, the hook.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::reporting::{print, write_atomically};
use crate::cli::session::Session;
use crate::config::file::{FILE_NAME, Policy, parse};
use crate::git::repository::Repository;
use crate::model::path::RepoPath;
use crate::project::service::{DEFAULT_COLLECTION_DIRECTORY, DEFAULT_SCHEMA_DIRECTORY};
use crate::setup::hook_notes::place_of;
use crate::setup::hook_script::HookType;
use crate::setup::hooks::{HookOptions, install};

/// Write the layout and the configuration into a repository
///
/// What is there is never overwritten.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman init
  git postman init --hook --schema-directory api/schemas --collection-directory api/collections")]
pub struct InitArgs {
    /// Where API definitions lie
    #[arg(long, value_name = "DIR", default_value = DEFAULT_SCHEMA_DIRECTORY)]
    schema_directory: String,
    /// Where collections lie
    #[arg(long, value_name = "DIR", default_value = DEFAULT_COLLECTION_DIRECTORY)]
    collection_directory: String,
    /// How several APIs may share the repository
    #[arg(long, value_name = "POLICY", default_value = "strict")]
    policy: PolicyArg,
    /// The branch that Postman shows
    #[arg(long, value_name = "BRANCH")]
    active_branch: Option<String>,
    /// Install the pre-push hook too
    #[arg(long)]
    hook: bool,
    /// Only say what would be written
    #[arg(short = 'n', long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PolicyArg {
    Strict,
    Files,
    Branches,
    Folders,
}

impl From<PolicyArg> for Policy {
    fn from(argument: PolicyArg) -> Self {
        match argument {
            PolicyArg::Strict => Self::Strict,
            PolicyArg::Files => Self::Files,
            PolicyArg::Branches => Self::Branches,
            PolicyArg::Folders => Self::Folders,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// A bare repository, directories that lie in each other, a file that cannot be written.
pub fn run(args: &InitArgs, session: &Session) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let root = repository
        .root()
        .ok_or_else(|| {
            Failure::usage("the repository is bare: it has no files on disk")
                .with_hint("run it in a clone")
        })?
        .to_owned();
    let schemas = directory("--schema-directory", &args.schema_directory)?;
    let collections = directory("--collection-directory", &args.collection_directory)?;
    if schemas.is_within(&collections) || collections.is_within(&schemas) {
        return Err(Failure::usage(
            "schema directory and collection directory lie in each other or are the same",
        )
        .with_hint("choose two directories of which neither contains the other"));
    }
    let mut files = vec![(
        RepoPath::outside(FILE_NAME),
        configuration(args, &schemas, &collections),
    )];
    for directory in [&schemas, &collections] {
        if !has_files(&root.join(directory.as_str())) {
            let keep = directory
                .join(".gitkeep")
                .map_err(|error| Failure::usage(error.to_string()))?;
            files.push((keep, String::new()));
        }
    }
    // Everything that can be refused is refused before anything is written.
    for (path, _) in &files {
        stays_inside(&root, path)?;
    }
    let mut lines = String::new();
    for (path, text) in &files {
        lines.push_str(&format!("{}\n", write(&root, path, text, args.dry_run)?));
    }
    if args.hook {
        lines.push_str(&install_hook(&repository, args.dry_run)?);
    }
    print(session, &lines)?;
    if !args.dry_run {
        session
            .output
            .hint("look at the repository with `git postman check`, then commit these files");
    }
    Ok(0)
}

fn directory(option: &str, written: &str) -> Result<RepoPath, Failure> {
    let wrong = |reason: &str| {
        Failure::usage(format!("{option} {written}: {reason}"))
            .with_hint("name a directory inside the repository, with forward slashes")
    };
    let path = RepoPath::resolve(&RepoPath::root(), written.trim_end_matches('/'))
        .map_err(|error| wrong(&error.to_string()))?;
    let first = path.components().next();
    match first {
        None => Err(wrong("is the root of the repository")),
        Some(".git" | ".postman") => Err(wrong("belongs to git or to Postman")),
        Some(_) => Ok(path),
    }
}

fn configuration(args: &InitArgs, schemas: &RepoPath, collections: &RepoPath) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let active = match &args.active_branch {
        Some(branch) => format!("active-branch = {}\n", quoted(branch)),
        None => "# active-branch = \"main\"   # the branch that Postman shows\n".to_owned(),
    };
    format!(
        "# What git-postman demands of this repository. Every key is optional.\n\n\
         [layout]\nschema-directory = {}\ncollection-directory = {}\n\n\
         [mapping]\n# strict: one API, one repository. files, branches, folders: how several may share it.\npolicy = {}\n{active}\n\
         [check]\nfail-on = \"error\"\n# exclude = [\"vendor/**\"]\n\n\
         # [rules]\n# stray-file = \"allow\"   # error, warning or allow; `git postman rules` lists them\n\n\
         # [[allow]]\n# rule = \"stray-file\"\n# path = \"postman/collections/README.md\"\n# reason = \"explains the folders to people\"\n",
        quoted(schemas.as_str()),
        quoted(collections.as_str()),
        quoted(Policy::from(args.policy).word()),
    )
}

fn write(root: &Path, path: &RepoPath, text: &str, dry_run: bool) -> Result<String, Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("{path} cannot be written: {error}"));
    let on_disk = root.join(path.as_str());
    if on_disk.symlink_metadata().is_ok() {
        return Ok(format!("kept {path}: it is there already"));
    }
    if path.as_str() == FILE_NAME {
        parse(path, text)?;
    }
    if dry_run {
        return Ok(format!("would write {path}"));
    }
    let directory = on_disk.parent().map(Path::to_owned).unwrap_or_default();
    std::fs::create_dir_all(&directory).map_err(failed)?;
    write_atomically(&on_disk, text.as_bytes()).map_err(failed)?;
    Ok(format!("wrote {path}"))
}

/// A link on the way to a file could lead out of the repository.
fn stays_inside(root: &Path, path: &RepoPath) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("{path} cannot be written: {error}"));
    let on_disk = root.join(path.as_str());
    let directory = on_disk.parent().unwrap_or(root);
    let nearest = nearest_existing(directory).canonicalize().map_err(failed)?;
    if nearest.starts_with(root.canonicalize().map_err(failed)?) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{path} would lie outside of the repository: a link leads there"
    )))
}

fn nearest_existing(directory: &Path) -> PathBuf {
    directory
        .ancestors()
        .find(|ancestor| ancestor.symlink_metadata().is_ok())
        .map_or_else(PathBuf::new, Path::to_owned)
}

fn has_files(directory: &Path) -> bool {
    std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
}

fn install_hook(repository: &Repository, dry_run: bool) -> Result<String, Failure> {
    let binary = std::env::current_exe().map_err(|error| {
        Failure::usage(format!("the path of this program cannot be told: {error}"))
    })?;
    let hooks = repository.hooks_dir()?;
    let place = place_of(
        &hooks,
        &repository.common_dir().join("hooks"),
        repository.root(),
        false,
    );
    let options = HookOptions {
        dry_run,
        force: false,
        place,
    };
    let changes = install(&hooks, &[HookType::PrePush], &binary, &options)?;
    Ok(changes
        .changes
        .iter()
        .map(|change| format!("{}\n", crate::model::text::visible(&change.to_string())))
        .collect())
}
