//! `rules`: every rule in a line.

use clap::Args;

use crate::cli::every_rule::every_rule;
use crate::cli::failure::Failure;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::model::rule::Group;
use crate::report::ReportFormat;
use crate::report::json::object_text;
use crate::report::rule_docs::page;

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
        _ if args.docs => page(&every_rule()),
        ReportFormat::Human => table(),
        ReportFormat::Json => json(),
    };
    print(session, &text)?;
    Ok(0)
}

fn table() -> String {
    let rules = every_rule();
    let width = rules.iter().map(|rule| rule.id.0.len()).max().unwrap_or(0);
    let mut text = String::new();
    for group in Group::ALL {
        text.push_str(&format!("{}\n", group.word()));
        for rule in rules.iter().filter(|rule| rule.group == group) {
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
    let rules: Vec<serde_json::Value> = every_rule()
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
