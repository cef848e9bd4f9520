//! `doctor`: looks at everything that a sync needs, and says of each thing that is not as it should be what to change, and where.

use clap::Args;
use serde_json::Value;

use crate::cli::checkup::examined::{exit_code, for_people, for_scripts};
use crate::cli::checkup::provider_side::{self, Question};
use crate::cli::checkup::{machine, network, postman_side};
use crate::cli::failure::Failure;
use crate::cli::hosting::SiteChoice;
use crate::cli::reporting::print;
use crate::cli::session::{Decided, Session};
use crate::git::repository::Repository;
use crate::mirror::home::Home;
use crate::model::id::BranchName;
use crate::model::text::visible;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// Look at everything that a sync needs: git, hook, drivers, network, tokens, permissions, branch; each with its fix
///
/// Nothing is changed. What a token may do is asked for by calls that change nothing; where a product tells it in no other way, an
/// object that nothing refers to is written, or a branch is moved from its tip to its tip. Exit code 1 where something is wrong, 4
/// where nobody who was asked has answered.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman doctor
  git postman doctor --offline                                  git, hook and drivers only
  git postman doctor --provider gitlab-self-managed --url https://git.example.com/gitlab
  git postman doctor --branch release --format json")]
pub struct DoctorArgs {
    #[command(flatten)]
    site: SiteChoice,
    /// The active branch [default: what git-postman.toml says, else the record of the link, else the branch that is checked out]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// The folder that holds `.postman/`
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// How to write it: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
}

/// Runs the command.
///
/// # Errors
/// Options that cannot be used. Everything else that goes wrong is what it is there to tell.
pub fn run(args: &DoctorArgs, session: &Session) -> Result<u8, Failure> {
    let named = args.branch.as_deref().map(branch).transpose()?;
    let machine = machine::examine(session);
    let mut groups = vec![machine.group];
    let mut provider = Value::Null;
    if let Some(repository) = &machine.repository {
        let remote = remote(repository);
        let mut hosting = provider_side::find(session, repository, remote.as_deref(), &args.site);
        let postman = postman_side::examine(
            session,
            args.folder.as_deref(),
            &args.site,
            hosting.product(),
        );
        let (active, is_branch_decided) = active(
            named,
            machine.decided.as_ref(),
            postman.branch.as_deref(),
            repository,
        );
        let question = Question {
            branch: active.as_ref(),
            is_branch_decided,
        };
        hosting.ask(session, &question);
        let site = hosting.place.as_ref().map(|(place, _)| &place.site);
        groups.push(network::examine(session, repository, site));
        provider = hosting.told();
        groups.push(hosting.group);
        groups.push(postman.group);
    }
    let code = exit_code(&groups);
    let text = match args.format {
        ReportFormat::Human => for_people(&groups),
        ReportFormat::Json => object_text(&for_scripts(&groups, &provider)),
    };
    print(session, &text)?;
    Ok(code)
}

/// The remote that the record is shared through; where none can be told, the first.
fn remote(repository: &Repository) -> Option<String> {
    match Home::of(repository) {
        Ok(home) => home.remote,
        Err(_) => repository.remote_names().ok()?.into_iter().next(),
    }
}

fn branch(name: &str) -> Result<BranchName, Failure> {
    BranchName::parse(name)
        .ok_or_else(|| Failure::usage(format!("`{}` is no name of a branch", visible(name))))
}

/// The active branch, and whether somebody decided for it.
fn active(
    named: Option<BranchName>,
    decided: Option<&Decided>,
    recorded: Option<&str>,
    repository: &Repository,
) -> (Option<BranchName>, bool) {
    let configured = decided.and_then(|decided| decided.config.active_branch.as_deref());
    let known = named.or_else(|| configured.and_then(BranchName::parse));
    if known.is_some() {
        return (known, true);
    }
    let current = repository.current_branch().ok().flatten();
    let found = recorded.or(current.as_deref());
    (found.and_then(BranchName::parse), false)
}
