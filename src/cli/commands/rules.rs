//! `rules`: every rule in a line.

use clap::Args;

use crate::check::catalog;
use crate::check::docs;
use crate::check::rule::Group;
use crate::cli::failure::Failure;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// List every rule
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// How to write the list: human or json
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ReportFormat,
    /// Write the page of all rules as Markdown
    #[arg(long, hide = true)]
    docs: bool,
}

/// Runs the command.
///
/// # Errors
/// Where standard output cannot be written.
pub fn run(args: &RulesArgs, session: &Session) -> Result<u8, Failure> {
    let text = match args.format {
        _ if args.docs => docs::page(),
        ReportFormat::Human => table(),
        ReportFormat::Json => json(),
    };
    print(session, &text)?;
    Ok(0)
}

fn table() -> String {
    let width = catalog::RULES
        .iter()
        .map(|rule| rule.id.0.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for group in Group::ALL {
        text.push_str(&format!("{}\n", group.word()));
        for rule in catalog::RULES.iter().filter(|rule| rule.group == group) {
            text.push_str(&format!(
                "  {:width$}  {:7}  {}\n",
                rule.id.0,
                rule.severity.word(),
                rule.summary
            ));
        }
    }
    text
}

fn json() -> String {
    let rules: Vec<serde_json::Value> = catalog::RULES
        .iter()
        .map(|rule| {
            serde_json::json!({
                "id": rule.id.0,
                "group": rule.group.word(),
                "severity": rule.severity.word(),
                "summary": rule.summary,
                "since": rule.since,
            })
        })
        .collect();
    let object = serde_json::json!({"format_version": 1, "command": "rules", "exit_code": 0, "rules": rules});
    object_text(&object)
}
