//! `explain`: one rule with what, why, example and fix.

use clap::Args;

use crate::cli::every_rule::{every_rule, find_rule};
use crate::cli::failure::Failure;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::config::file::nearest;
use crate::report::rule_docs::explanation;

/// Explain one rule: what it finds, why it matters, an example, how to fix it
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The rule's id, as in a finding
    #[arg(value_name = "RULE")]
    rule: String,
}

/// Runs the command.
///
/// # Errors
/// A rule that there is not.
pub fn run(args: &ExplainArgs, session: &Session) -> Result<u8, Failure> {
    let Some(rule) = find_rule(&args.rule) else {
        let failure = Failure::usage(format!("there is no rule `{}`", args.rule));
        return Err(
            match nearest(&args.rule, every_rule().iter().map(|rule| rule.id.0)) {
                Some(near) => failure.with_hint(format!("did you mean `{near}`?")),
                None => failure.with_hint("`git postman rules` lists every rule"),
            },
        );
    };
    let text = explanation(&rule);
    let plain: String = text
        .lines()
        .map(|line| match line.strip_prefix("#### ") {
            Some(heading) => format!("{}\n", heading.to_uppercase()),
            None => format!("{line}\n"),
        })
        .collect();
    print(session, &format!("{}\n\n{plain}", rule.id))?;
    Ok(0)
}
