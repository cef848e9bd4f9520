//! Reports and failures on their way out: the format asked for to standard output, others into files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde_json::json;

use crate::cli::ci_files::{summary_for_azure, tell_github};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::model::report::Report;
use crate::model::text::visible_line;
use crate::report::json::object_text;
use crate::report::style::Style;
use crate::report::{FindingsFormat, ReportFormat, render};

/// How to report findings.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reports")]
pub struct ReportArgs {
    /// How to write the report: human, json, sarif, junit, github, gitlab, azure, bitbucket, markdown or html
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FindingsFormat,
    /// Write one more report into a file; may be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub files: Vec<ReportFile>,
}

/// How to tell what was done, and what the check before it found.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Reports")]
pub struct OutcomeArgs {
    /// How to tell what was done: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ReportFormat,
    /// Write what the check before it found into a file, in any format of `check`; may be repeated
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub files: Vec<ReportFile>,
}

impl OutcomeArgs {
    /// The same for the findings of that check.
    pub fn of_findings(&self) -> ReportArgs {
        ReportArgs {
            format: self.format.into(),
            files: self.files.clone(),
        }
    }
}

/// One more report: its format and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    format: FindingsFormat,
    path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text
            .split_once('=')
            .ok_or("write FORMAT=FILE, such as json=report.json")?;
        if path.is_empty() {
            return Err("the file is missing behind `=`".to_owned());
        }
        let format = format
            .parse::<FindingsFormat>()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            format,
            path: PathBuf::from(path),
        })
    }
}

/// Writes a report everywhere it is wanted, and gives the exit code.
///
/// # Errors
/// Where it cannot be written.
pub fn deliver(report: &Report, args: &ReportArgs, session: &Session) -> Result<u8, Failure> {
    write_files(report, args, session)?;
    let mut text = String::new();
    match args.format {
        FindingsFormat::Github => tell_github(report, session)?,
        FindingsFormat::Azure => text = summary_for_azure(report, session)?,
        _ => {}
    }
    text.push_str(&render(args.format, report, &session.output.style()));
    print(session, &text)?;
    Ok(report.exit_code())
}

/// The same for a hook, whose standard output belongs to git: what is for people goes to standard error.
///
/// # Errors
/// Where it cannot be written.
pub fn deliver_aside(report: &Report, args: &ReportArgs, session: &Session) -> Result<u8, Failure> {
    if args.format != FindingsFormat::Human {
        return deliver(report, args, session);
    }
    write_files(report, args, session)?;
    let drawn = render(args.format, report, &session.output.aside_style());
    session.output.aside(&drawn);
    Ok(report.exit_code())
}

/// Writes the files that were asked for.
///
/// # Errors
/// Where one cannot be written.
pub fn write_files(report: &Report, args: &ReportArgs, session: &Session) -> Result<(), Failure> {
    for file in &args.files {
        let text = render(file.format, report, &Style::default());
        let path = session.path(&file.path);
        write_atomically(&path, text.as_bytes()).map_err(|error| {
            let failure = Failure::usage(format!(
                "the report {} cannot be written: {error}",
                file.path.display()
            ));
            match path.parent() {
                Some(folder) if error.kind() == ErrorKind::NotFound && !folder.exists() => {
                    failure.with_hint("its folder is not there: make it first")
                }
                _ => failure,
            }
        })?;
    }
    Ok(())
}

/// Prints a result.
///
/// # Errors
/// Where standard output cannot be written; a reader that has gone is no trouble.
pub fn print(session: &Session, text: &str) -> Result<(), Failure> {
    session
        .output
        .result(text)
        .map_err(|error| Failure::usage(format!("standard output cannot be written: {error}")))
}

/// Says why a run could not do its job.
pub fn show_failure(output: &Output, failure: &Failure) {
    match &failure.place {
        Some(place) => {
            let (path, start) = (&place.location.path, place.location.start);
            output.error(&failure.message);
            output.plain(&format!(" --> {path}:{}:{}", start.line, start.column));
            if let Some(excerpt) = &place.excerpt {
                output.plain(&format!("  | {}", visible_line(&excerpt.text)));
            }
        }
        None => output.error(&failure.message),
    }
    for hint in &failure.hints {
        output.hint(hint);
    }
}

/// The same as the one object that scripts read.
pub fn failure_as_json(command: &str, failure: &Failure) -> String {
    let place = failure.place.as_ref().map(|place| {
        let start = place.location.start;
        json!({"path": place.location.path.as_str(), "line": start.line, "column": start.column})
    });
    let object = json!({
        "format_version": 1,
        "command": command,
        "exit_code": failure.kind.exit_code(),
        "error": {"message": failure.message, "hints": failure.hints, "location": place},
    });
    object_text(&object)
}

/// Writes a file so that nobody ever sees half of it. A link stays a link, and its target is written; what is no
/// file, such as a pipe or `/dev/stdout`, is written into and never replaced.
///
/// # Errors
/// What the system says.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let target = std::fs::canonicalize(path);
    let path = target.as_deref().unwrap_or(path);
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return std::fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(bytes);
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".git-postman")
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = path
            .metadata()
            .map_or(0o644, |metadata| metadata.permissions().mode());
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::write_atomically;

    #[test]
    fn a_link_stays_a_link_and_a_device_stays_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink("target", &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        let device = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        write_atomically(&device, b"x").unwrap();
        for path in [link, device] {
            assert!(fs::symlink_metadata(path).unwrap().is_symlink());
        }
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
