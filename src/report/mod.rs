//! Reports: one value in, one of several texts out. A format is a file here and a line in [`FindingsFormat`].

pub(crate) mod azure;
mod bitbucket;
pub mod difference;
mod difference_human;
mod difference_json;
pub(crate) mod difference_markdown;
#[cfg(test)]
mod difference_sample;
mod difference_words;
pub(crate) mod escape;
pub(crate) mod github;
mod gitlab;
mod html;
mod human;
pub mod json;
mod junit;
pub(crate) mod markdown;
pub mod rule_docs;
#[cfg(test)]
mod sample;
mod sarif;
pub mod style;
#[cfg(test)]
mod validators;
mod words;

use std::fmt;
use std::str::FromStr;

use crate::model::report::Report;
use crate::report::style::Style;

/// The formats in which a command tells what it has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people.
    Human,
    /// One object for scripts; its shape is a contract.
    Json,
}

/// The formats in which findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingsFormat {
    /// Code frames for people.
    Human,
    /// One object for scripts; its shape is a contract.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for lists of tests.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// The Code Quality report of GitLab.
    Gitlab,
    /// Logging commands of Azure Pipelines.
    Azure,
    /// Code Insights of Bitbucket.
    Bitbucket,
    /// For comments.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

impl FindingsFormat {
    /// Every format, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::Human,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
        Self::Azure,
        Self::Bitbucket,
        Self::Markdown,
        Self::Html,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Azure => "azure",
            Self::Bitbucket => "bitbucket",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for FindingsFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no format of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{}`, choose one of {known}", .name.escape_default())]
pub struct UnknownFormat {
    /// The name as it was given.
    pub name: String,
    known: String,
}

impl FromStr for FindingsFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        named(name, &Self::ALL)
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        FindingsFormat::from(*self).fmt(formatter)
    }
}

impl From<ReportFormat> for FindingsFormat {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Human => Self::Human,
            ReportFormat::Json => Self::Json,
        }
    }
}

impl FromStr for ReportFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        named(name, &[Self::Human, Self::Json])
    }
}

/// The text of a report, with a line end after its last line. Only [`FindingsFormat::Human`] looks at `style`.
pub fn render(format: FindingsFormat, report: &Report, style: &Style) -> String {
    match format {
        FindingsFormat::Human => human::render(report, style),
        FindingsFormat::Json => json::render(report),
        FindingsFormat::Sarif => sarif::render(report),
        FindingsFormat::Junit => junit::render(report),
        FindingsFormat::Github => github::render(report),
        FindingsFormat::Gitlab => gitlab::render(report),
        FindingsFormat::Azure => azure::render(report),
        FindingsFormat::Bitbucket => bitbucket::render(report),
        FindingsFormat::Markdown => markdown::render(report, markdown::MOST_OF_A_COMMENT),
        FindingsFormat::Html => html::render(report),
    }
}

fn named<F: Copy + fmt::Display>(name: &str, formats: &[F]) -> Result<F, UnknownFormat> {
    let is_meant = |format: &&F| format.to_string() == name;
    formats.iter().find(is_meant).copied().ok_or_else(|| {
        let known: Vec<String> = formats.iter().map(ToString::to_string).collect();
        UnknownFormat {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};

    use super::{FindingsFormat, ReportFormat, render};
    use crate::model::finding::Excerpt;
    use crate::model::path::RepoPath;
    use crate::model::report::Report;
    use crate::model::span::Span;
    use crate::model::text::is_command_mark;
    use crate::report::sample::{hostile_report, hostile_text, sample_report};
    use crate::report::style::Style;
    use crate::report::validators::{expect_sarif, html_seen, markdown_seen, xml_elements};

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in FindingsFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
    }

    #[test]
    fn a_name_that_is_no_format_is_refused() {
        let error = "pdf".parse::<FindingsFormat>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown format `pdf`, choose one of human, json, sarif, junit, github, gitlab, azure, bitbucket, markdown, html"
        );
        let error = "\u{1b}[2J".parse::<FindingsFormat>().unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
        assert!("Human".parse::<FindingsFormat>().is_err());
        let error = "sarif".parse::<ReportFormat>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown format `sarif`, choose one of human, json"
        );
    }

    #[test]
    fn every_format_gives_the_same_text_twice_and_ends_its_last_line() {
        for format in FindingsFormat::ALL {
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
        for format in FindingsFormat::ALL {
            let text = render(format, &hostile_report(), &Style::default());
            let sent = text.chars().find(|character| {
                (character.is_control() && *character != '\n')
                    || crate::model::text::is_hidden(*character)
            });
            assert_eq!(sent, None, "{format}: {text}");
            assert!(!text.contains("\nforged"), "{format}: {text}");
        }
    }

    #[test]
    fn no_line_of_any_format_begins_a_command_that_we_did_not_write() {
        for format in FindingsFormat::ALL {
            expect_no_foreign_command(format, &hostile_report());
        }
    }

    fn expect_no_foreign_command(format: FindingsFormat, report: &Report) {
        let text = render(format, report, &Style::default());
        for line in text.lines() {
            let is_github = line.trim_start().starts_with("::");
            assert!(
                !is_github || format == FindingsFormat::Github,
                "{format}: {line}"
            );
            for (at, _) in line.match_indices('#') {
                let ours =
                    at == 1 && format == FindingsFormat::Azure && line.starts_with("##vso[task.");
                assert!(ours || !is_command_mark(line, at), "{format}: {line}");
            }
        }
    }

    proptest! {
        // Each case is drawn in ten formats and read back in six.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_stands_in_a_report_forges_nothing(
            texts in proptest::collection::vec(hostile_text(), 7), start: u8, length: u8,
        ) {
            let [path, message, help, line, name, note, pointer] = texts.try_into().unwrap();
            let mut report = hostile_report();
            for finding in &mut report.findings {
                finding.location.path = RepoPath::outside(&path);
                finding.location.pointer = Some(pointer.clone());
                finding.message.clone_from(&message);
                finding.help.clone_from(&help);
            }
            report.findings[0].excerpt = Some(Excerpt {
                mark: Span::new(usize::from(start), usize::from(start) + usize::from(length)),
                text: line,
            });
            report.snapshots[0].name = Some(name);
            report.notes = vec![note];
            for format in FindingsFormat::ALL {
                expect_no_foreign_command(format, &report);
            }
            let draw = |format| render(format, &report, &Style::default());
            for format in [FindingsFormat::Json, FindingsFormat::Gitlab, FindingsFormat::Bitbucket] {
                serde_json::from_str::<serde_json::Value>(&draw(format)).unwrap();
            }
            expect_sarif(&draw(FindingsFormat::Sarif));
            assert!(!xml_elements(&draw(FindingsFormat::Junit)).is_empty());
            let page = html_seen(&draw(FindingsFormat::Html));
            let plain = html_seen(&render(FindingsFormat::Html, &sample_report(), &Style::default()));
            assert_eq!(page.errors, Vec::<String>::new());
            assert!(page.elements.is_subset(&plain.elements), "{:?}", page.elements);
            assert!(page.attributes.is_subset(&plain.attributes), "{:?}", page.attributes);
            let comment = markdown_seen(&draw(FindingsFormat::Markdown));
            assert!(comment.links.is_empty() && !comment.text.contains(['@', '#', '<']), "{comment:?}");
            assert_eq!((comment.items, comment.tables), (2, 1));
        }
    }
}
