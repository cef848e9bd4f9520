//! What a report leaves in the files that CI systems name: the summary and the outputs of a step.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::model::report::Report;
use crate::report::github::{MOST_OF_A_SUMMARY, outputs};
use crate::report::{azure, markdown};

/// The summary and the outputs of a step of GitHub Actions, as far as there are files for them. Both files may hold what was
/// said before in the same step, and that stays.
///
/// # Errors
/// A variable that names a file that cannot be written.
pub fn tell_github(report: &Report, session: &Session) -> Result<(), Failure> {
    let files = &session.environment.ci_files;
    if let Some(path) = &files.github_step_summary {
        let taken = std::fs::metadata(path).map_or(0, |there| there.len());
        let taken = usize::try_from(taken).unwrap_or(usize::MAX);
        let room = MOST_OF_A_SUMMARY.saturating_sub(taken);
        // A summary that is too large is refused as a whole, with what others have said in it.
        if room > SMALLEST_SUMMARY {
            append(path, &markdown::render(report, room - 1))
                .map_err(|error| refused("GITHUB_STEP_SUMMARY", path, &error))?;
        } else {
            session
                .output
                .warning("the summary of this step is full, and the report is not in it");
        }
    }
    if let Some(path) = &files.github_output {
        let delimiter = format!("ghadelimiter_{}", Uuid::new_v4());
        append(path, &outputs(report, &delimiter))
            .map_err(|error| refused("GITHUB_OUTPUT", path, &error))?;
    }
    Ok(())
}

/// Writes the summary of a task of Azure Pipelines, and gives the command that attaches it. Nothing outside of a pipeline.
///
/// # Errors
/// A variable that names a folder that cannot be written into.
pub fn summary_for_azure(report: &Report, session: &Session) -> Result<String, Failure> {
    let Some(folder) = &session.environment.ci_files.agent_temp_directory else {
        return Ok(String::new());
    };
    let path: PathBuf = folder.join(format!("git-postman-{}.md", Uuid::new_v4()));
    std::fs::write(&path, markdown::render(report, MOST_OF_A_SUMMARY))
        .map_err(|error| refused("AGENT_TEMPDIRECTORY", folder, &error))?;
    Ok(azure::upload_summary(&path.to_string_lossy()))
}

/// Less than this says nothing of use.
const SMALLEST_SUMMARY: usize = 2_000;

/// Adds whole lines to a file, behind a line that somebody left open.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    let mut last = [0];
    let is_open = file.metadata()?.len() > 0 && {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        last != *b"\n"
    };
    let line_end = if is_open { "\n" } else { "" };
    file.write_all(format!("{line_end}{text}").as_bytes())
}

fn refused(variable: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!(
        "{variable} names {}, which cannot be written: {error}",
        path.display()
    ))
    .with_hint(format!(
        "the CI system sets {variable}; unset it to go without"
    ))
}
