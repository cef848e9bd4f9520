//! `completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// Print the completion script for a shell
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(args: &CompletionsArgs, session: &Session) -> Result<u8, Failure> {
    let mut script = Vec::new();
    let mut command = crate::cli::command();
    clap_complete::generate(args.shell, &mut command, "git-postman", &mut script);
    crate::cli::reporting::print(session, &String::from_utf8_lossy(&script))?;
    Ok(0)
}
