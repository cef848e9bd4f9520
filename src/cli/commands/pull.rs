//! `pull`: what was changed in Postman comes into Git, merged with what was changed there.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::pull_result::show;
use crate::cli::pulling::{PullChoice, Wanted, pull};
use crate::cli::reporting::OutcomeArgs;
use crate::cli::session::Session;

/// Bring what was changed in Postman into Git, merged with what was changed there
///
/// What both sides changed in different ways is left as it is on both, and told by request and field: exit code 3.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  git postman pull                       into the files on disk
  git postman pull --to commit           as a commit on the active branch, without a checkout
  git postman pull --to pull-request     as a request to merge it, opened or brought up to date
  git postman pull --dry-run             what would come, and what it costs in calls
  git postman pull --resolve theirs      where both changed one thing, Postman's side counts")]
pub struct PullArgs {
    #[command(flatten)]
    choice: PullChoice,
    /// Show what would be done, with its price in calls, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    report: OutcomeArgs,
}

/// Runs the command.
///
/// # Errors
/// Nothing is connected, Postman is out of reach, files that hold uncommitted work, a branch that keeps moving.
pub fn run(args: &PullArgs, session: &Session) -> Result<u8, Failure> {
    let wanted = match args.dry_run {
        true => Wanted::Plan,
        false => Wanted::Pull,
    };
    let ended = pull("pull", &args.choice, wanted, session)?;
    show("pull", &ended, &args.report, session)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::PullArgs;
    use crate::cli::pull_place::To;
    use crate::cli::pulling::ResolveChoice;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: PullArgs,
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let line = Line::parse_from(["x", "--to", "pull-request", "--resolve", "theirs"]);
        assert_eq!(line.args.choice.to, To::PullRequest);
        assert_eq!(line.args.choice.resolve, Some(ResolveChoice::Theirs));
        let plain = Line::parse_from(["x"]).args.choice;
        assert_eq!((plain.to, plain.max_change), (To::Worktree, 30));
        assert!(Line::try_parse_from(["x", "--resolve", "both"]).is_err());
    }
}
