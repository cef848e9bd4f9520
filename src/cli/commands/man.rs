//! `man`: the manual page.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// Print the manual page
#[derive(Args, Debug)]
pub struct ManArgs {}

/// Runs the command.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(_args: &ManArgs, session: &Session) -> Result<u8, Failure> {
    let mut page = Vec::new();
    let failed =
        |error: std::io::Error| Failure::usage(format!("the manual page cannot be made: {error}"));
    clap_mangen::Man::new(crate::cli::command())
        .render(&mut page)
        .map_err(failed)?;
    crate::cli::reporting::print(session, &String::from_utf8_lossy(&page))?;
    Ok(0)
}
