//! Reports: one value in, one of several texts out. A format is a file here and a line in [`ReportFormat`].

pub mod difference;
mod difference_human;
mod difference_json;
pub(crate) mod difference_markdown;
#[cfg(test)]
mod difference_sample;
mod difference_words;
mod human;
pub mod json;
pub mod page;
pub mod rule_docs;
#[cfg(test)]
mod sample;
pub mod style;

use std::fmt;
use std::str::FromStr;

use crate::model::report::Report;
use crate::report::style::Style;

/// The formats a report can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportFormat {
    /// Code frames for people.
    Human,
    /// One object for scripts; its shape is a contract.
    Json,
}

impl ReportFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Human, Self::Json];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no format of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown report format `{}`, choose one of {}", .name.escape_default(), known_names())]
pub struct UnknownFormat {
    /// The name as it was given.
    pub name: String,
}

impl FromStr for ReportFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

/// The text of a report, with a line end after its last line. Only [`ReportFormat::Human`] looks at `style`.
pub fn render(format: ReportFormat, report: &Report, style: &Style) -> String {
    match format {
        ReportFormat::Human => human::render(report, style),
        ReportFormat::Json => json::render(report),
    }
}

fn known_names() -> String {
    ReportFormat::ALL.map(ReportFormat::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::{ReportFormat, render};
    use crate::report::sample::{hostile_report, sample_report};
    use crate::report::style::Style;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in ReportFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
    }

    #[test]
    fn a_format_that_is_not_built_yet_is_refused() {
        let error = "sarif".parse::<ReportFormat>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown report format `sarif`, choose one of human, json"
        );
        let error = "\u{1b}[2J".parse::<ReportFormat>().unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
        assert!("Human".parse::<ReportFormat>().is_err());
    }

    #[test]
    fn every_format_gives_the_same_text_twice_and_ends_its_last_line() {
        for format in ReportFormat::ALL {
            let text = render(format, &sample_report(), &Style::default());
            assert_eq!(
                text,
                render(format, &sample_report(), &Style::default()),
                "{format}"
            );
            assert!(
                text.ends_with('\n') && !text.ends_with("\n\n"),
                "{format}: {text}"
            );
        }
    }

    #[test]
    fn no_format_hands_a_terminal_what_a_repository_wrote() {
        for format in ReportFormat::ALL {
            let text = render(format, &hostile_report(), &Style::default());
            let sent = text.chars().find(|character| {
                (character.is_control() && *character != '\n')
                    || crate::model::text::is_hidden(*character)
            });
            assert_eq!(sent, None, "{format}: {text}");
            assert!(!text.contains("\nforged"), "{format}: {text}");
        }
    }
}
