//! `hook`: puts the check into git's hooks, takes it out, says what would run.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::commands::{hook_driver, hook_run};
use crate::cli::failure::Failure;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::git::command::Git;
use crate::git::repository::Repository;
use crate::model::text::visible;
use crate::setup::foreign_hook::HookManager;
use crate::setup::hook_notes::{HookNote, HooksPlace, place_of};
use crate::setup::hook_script::HookType;
use crate::setup::hook_status::{HookState, status};
use crate::setup::hook_template::{TemplatePlan, forget_template, template_plan};
use crate::setup::hooks::{HookChanges, HookOptions, install, uninstall};
use crate::setup::manager_files::managers_of;
use crate::setup::manager_snippets::snippet;

/// Install, remove and inspect the git hooks that run the check
#[derive(Args, Debug)]
pub struct HookArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put the hook in place; a hook that is there is kept and runs first
    Install(PlaceArgs),
    /// Take the hook away again and leave exactly what was there before
    Uninstall(PlaceArgs),
    /// Say what would run
    Status(StatusArgs),
    /// Run a hook: what the installed script calls
    Run(hook_run::HookRunArgs),
}

#[derive(Args, Debug)]
struct PlaceArgs {
    /// Which hook: pre-push or pre-commit; on a server pre-receive, update or post-receive; may be repeated [default:
    /// pre-push, in a bare repository pre-receive; for uninstall: all]
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<HookType>,
    /// Put it into git's template directory, for every repository made or cloned from now on
    #[arg(long)]
    global: bool,
    /// The merge and diff drivers too: git then merges documents and shows their differences by what they mean
    #[arg(long, visible_alias = "merge-driver", conflicts_with = "global")]
    drivers: bool,
    /// Only say what would change
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Replace a hook of ours that somebody edited
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
struct StatusArgs {
    /// Look at git's template directory
    #[arg(long)]
    global: bool,
}

/// Runs the command.
///
/// # Errors
/// No repository, a hook that cannot be put in place; nothing is half done then.
pub fn run(args: &HookArgs, session: &Session) -> Result<u8, Failure> {
    match &args.action {
        Action::Install(place) => install_hooks(place, session),
        Action::Uninstall(place) => uninstall_hooks(place, session),
        Action::Status(place) => show_status(place, session),
        Action::Run(run) => hook_run::run(run, session),
    }
}

fn install_hooks(args: &PlaceArgs, session: &Session) -> Result<u8, Failure> {
    if args.global {
        let types = types(args, &[HookType::PrePush]);
        let options = HookOptions {
            dry_run: args.dry_run,
            force: args.force,
            place: HooksPlace::Template,
        };
        let git = Git::at(&session.directory);
        let plan = plan(session, &git)?;
        let changes = install(&plan.hooks_dir, &types, &own_path()?, &options)?;
        show(&changes, args.dry_run, session)?;
        if let Some(arguments) = &plan.tell_git {
            tell(&git, arguments, args.dry_run, session)?;
        }
        return Ok(0);
    }
    let repository = session.repository()?;
    // Nobody pushes out of a bare repository; others push to it.
    let default = match repository.is_bare() {
        true => HookType::PreReceive,
        false => HookType::PrePush,
    };
    let types = types(args, &[default]);
    install_into(&repository, &types, args.dry_run, args.force, session)?;
    if args.drivers {
        hook_driver::install(&repository, &own_path()?, args.dry_run, session)?;
    }
    Ok(0)
}

/// Puts hooks into a repository and says what was done and what a person should know about it.
///
/// # Errors
/// A hook that cannot be put in place; nothing is half done then.
pub fn install_into(
    repository: &Repository,
    types: &[HookType],
    dry_run: bool,
    force: bool,
    session: &Session,
) -> Result<(), Failure> {
    let options = HookOptions {
        dry_run,
        force,
        place: place(repository)?,
    };
    let mut changes = install(&repository.hooks_dir()?, types, &own_path()?, &options)?;
    if let Some(root) = repository.root() {
        changes.notes.extend(notes_on_managers(root, types));
    }
    show(&changes, dry_run, session)
}

/// What belongs into the files of the managers that the repository is set up for. husky has its hook already.
fn notes_on_managers(root: &Path, types: &[HookType]) -> Vec<HookNote> {
    let found = managers_of(root);
    let silent = found
        .into_iter()
        .filter(|found| !found.calls_git_postman && found.manager != HookManager::Husky);
    let mut notes = Vec::new();
    for manager in silent {
        notes.extend(types.iter().filter_map(|hook_type| {
            Some(HookNote::SetUp {
                manager: manager.manager,
                file: manager.file.clone(),
                snippet: snippet(manager.manager, *hook_type)?,
            })
        }));
    }
    notes
}

fn own_path() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::usage(format!("the path of this program cannot be told: {error}"))
    })
}

fn uninstall_hooks(args: &PlaceArgs, session: &Session) -> Result<u8, Failure> {
    let types = types(args, &HookType::ALL);
    let options = |place| HookOptions {
        dry_run: args.dry_run,
        force: args.force,
        place,
    };
    if args.global {
        let git = Git::at(&session.directory);
        let plan = plan(session, &git)?;
        show(
            &uninstall(&plan.hooks_dir, &types, &options(HooksPlace::Template))?,
            args.dry_run,
            session,
        )?;
        let home = home(session)?;
        if let Some(arguments) =
            forget_template(&plan, home, session.environment.config_home.as_deref())
        {
            tell(&git, &arguments, args.dry_run, session)?;
        }
        return Ok(0);
    }
    let repository = session.repository()?;
    let hooks_dir = repository.hooks_dir()?;
    let mut changes = uninstall(&hooks_dir, &types, &options(place(&repository)?))?;
    if args.types.is_empty() {
        let foreign: &[HookType] = match repository.is_bare() {
            true => &HookType::CLIENT,
            false => &HookType::SERVER,
        };
        // Nobody expects a hook of the other end of a push here.
        changes
            .notes
            .retain(|note| !matches!(note, HookNote::NotInstalled(kind) if foreign.contains(kind)));
    }
    show(&changes, args.dry_run, session)?;
    if args.drivers || args.types.is_empty() {
        hook_driver::uninstall(&repository, args.dry_run, session)?;
    }
    Ok(0)
}

fn show_status(args: &StatusArgs, session: &Session) -> Result<u8, Failure> {
    let (directory, own): (_, &[HookType]) = if args.global {
        let plan = plan(session, &Git::at(&session.directory))?;
        (plan.hooks_dir, &HookType::CLIENT)
    } else {
        let repository = session.repository()?;
        let own: &[HookType] = match repository.is_bare() {
            true => &HookType::SERVER,
            false => &HookType::CLIENT,
        };
        (repository.hooks_dir()?, own)
    };
    let states = status(&directory, &HookType::ALL);
    let lines: String = states
        .iter()
        // A hook of the other end of a push is worth a word only where there is one.
        .filter(|found| {
            own.contains(&found.hook_type) || !matches!(found.state, HookState::Nothing { .. })
        })
        .map(|state| format!("{}\n", visible(&state.to_string())))
        .collect();
    print(session, &lines)?;
    Ok(0)
}

fn types(args: &PlaceArgs, default: &[HookType]) -> Vec<HookType> {
    if args.types.is_empty() {
        default.to_vec()
    } else {
        args.types.clone()
    }
}

fn place(repository: &Repository) -> Result<HooksPlace, Failure> {
    let hooks = repository.hooks_dir()?;
    let own = repository.common_dir().join("hooks");
    let tracked = match repository
        .root()
        .and_then(|root| hooks.strip_prefix(root).ok())
    {
        Some(below) => {
            let listed = repository
                .git()
                .output(&["ls-files", "-z", "--", &below.to_string_lossy()], None);
            listed.is_ok_and(|listed| !listed.is_empty())
        }
        None => false,
    };
    Ok(place_of(&hooks, &own, repository.root(), tracked))
}

fn plan(session: &Session, git: &Git) -> Result<TemplatePlan, Failure> {
    let answer = git.run(&["config", "--global", "--get", "init.templateDir"], None)?;
    let current = String::from_utf8_lossy(&answer.output)
        .trim_end()
        .to_owned();
    let current = (answer.status.success() && !current.is_empty()).then_some(current);
    Ok(template_plan(
        current.as_deref(),
        home(session)?,
        session.environment.config_home.as_deref(),
    )?)
}

fn home(session: &Session) -> Result<&Path, Failure> {
    session.environment.home.as_deref().ok_or_else(|| {
        Failure::usage("there is no home directory, so there is no place for global hooks")
            .with_hint("set HOME")
    })
}

fn tell(
    git: &Git,
    arguments: &[std::ffi::OsString],
    dry_run: bool,
    session: &Session,
) -> Result<(), Failure> {
    let words: Vec<String> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let verb = if dry_run { "would run" } else { "ran" };
    if !dry_run {
        git.output(&words, None)?;
    }
    print(
        session,
        &format!("{verb} `git {}`\n", visible(&words.join(" "))),
    )
}

fn show(changes: &HookChanges, dry_run: bool, session: &Session) -> Result<(), Failure> {
    if changes.changes.is_empty() {
        print(session, "nothing to change\n")?;
    }
    let lines: String = changes
        .changes
        .iter()
        .map(|change| format!("{}\n", visible(&change.to_string())))
        .collect();
    print(session, &lines)?;
    if dry_run && !changes.changes.is_empty() {
        session
            .output
            .note("this is what would be done; nothing was changed");
    }
    for note in &changes.notes {
        // Lines below the first are there to be copied.
        let text = note.to_string();
        let mut lines = text.lines();
        session.output.note(lines.next().unwrap_or_default());
        lines.for_each(|line| session.output.plain(line));
    }
    Ok(())
}
