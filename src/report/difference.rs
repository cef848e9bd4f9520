//! A difference as a report: for people, for scripts, for pull requests.

use std::fmt;
use std::str::FromStr;

use crate::model::difference::Difference;
use crate::report::style::Style;
use crate::report::{difference_human, difference_json, difference_markdown};

/// The formats a difference can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceFormat {
    /// For people.
    Human,
    /// One object for scripts; its shape is a contract.
    Json,
    /// For the text of a pull request.
    Markdown,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One line for each change.
    Lines,
    /// The changed lines of texts too.
    Full,
}

impl DifferenceFormat {
    const ALL: [Self; 3] = [Self::Human, Self::Json, Self::Markdown];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Markdown => "markdown",
        }
    }
}

impl fmt::Display for DifferenceFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no format of a difference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{}`, choose one of human, json, markdown", .name.escape_default())]
pub struct UnknownDifferenceFormat {
    /// The name as it was given.
    pub name: String,
}

impl FromStr for DifferenceFormat {
    type Err = UnknownDifferenceFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| UnknownDifferenceFormat {
                name: name.to_owned(),
            })
    }
}

/// The difference as text.
pub fn render_difference(
    format: DifferenceFormat,
    difference: &Difference,
    detail: Detail,
    style: &Style,
) -> String {
    match format {
        DifferenceFormat::Human => difference_human::render(difference, detail, style),
        DifferenceFormat::Json => difference_json::render(difference),
        DifferenceFormat::Markdown => {
            difference_markdown::render(difference, detail, difference_markdown::MOST_CHARACTERS)
        }
    }
}
