//! How long a server's hook may take: whoever pushes waits for it, and hosts stop hooks that take longer.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::cli::failure::{Failure, Kind};
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::model::text::counted;

/// The setting of git that says how many seconds; 0 is no limit.
const SETTING: &str = "git-postman.hookTimeLimit";

/// What counts where nothing is set.
const DEFAULT: Duration = Duration::from_secs(60);

/// The limit of a repository; `None` where there is none.
///
/// # Errors
/// A setting that is no number.
pub fn limit_of(repository: &Repository) -> Result<Option<Duration>, Failure> {
    let Some(set) = repository.config_string(SETTING)? else {
        return Ok(Some(DEFAULT));
    };
    let seconds: u64 = set.trim().parse().map_err(|_| {
        Failure::usage(format!("{SETTING} is no number of seconds"))
            .with_hint(format!("set it with `git config {SETTING} 60`"))
    })?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

/// Acts, and ends the program where that takes too long: a check that did not come to its end must not pass for one that
/// found nothing. Checks write nothing, so that nothing is left half done.
///
/// # Errors
/// Those of the act.
#[expect(
    clippy::exit,
    reason = "the thread that checks cannot be stopped from outside, and git waits for the program"
)]
pub fn within<T>(
    limit: Option<Duration>,
    session: &Session,
    act: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(limit) = limit else {
        return act();
    };
    let (ended, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                session.output.error(&format!(
                    "the check did not end within {}, so nothing is taken",
                    counted(limit.as_secs() as usize, "second")
                ));
                session.output.hint(&format!(
                    "push less at once; whoever runs this server can allow more with `git config {SETTING} SECONDS`"
                ));
                std::process::exit(i32::from(Kind::Usage.exit_code()));
            }
        });
        let done = act();
        drop(ended);
        done
    })
}
