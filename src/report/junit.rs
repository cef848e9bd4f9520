//! JUnit XML: a suite for each group of rules, a test case for each rule that found nothing, and one for each rule and file
//! where it did.
//!
//! Names of test cases hold no line numbers, so that a CI system sees the same case again tomorrow. What does not reach the
//! gate passes and says so in its output: JUnit knows no warnings.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::model::finding::{Finding, Severity};
use crate::model::report::{Gate, Report};
use crate::model::text::counted;
use crate::report::escape::xml;
use crate::report::words::{advice, place, rule_of, summary_line};

/// What stands for the group of a rule that the report does not know.
const OTHER: &str = "other";

/// The document, with a line end behind it.
pub(crate) fn render(report: &Report) -> String {
    let mut cases: BTreeMap<&str, Vec<TestCase>> = BTreeMap::new();
    for facts in &report.rules {
        let suite = cases.entry(facts.group.word()).or_default();
        if !report.findings.iter().any(|one| one.rule == facts.id) {
            suite.push(case(facts.id.0.to_owned(), facts.group.word(), facts.id.0));
        }
    }
    let mut found: BTreeMap<(&str, &str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let group = rule_of(report, finding).map_or(OTHER, |rule| rule.group.word());
        let key = (group, finding.rule.0, finding.location.path.as_str());
        found.entry(key).or_default().push(finding);
    }
    for ((group, rule, path), findings) in found {
        let path = if path.is_empty() { "." } else { path };
        let mut case = case(format!("{rule}: {}", xml(path)), group, rule);
        tell(&mut case, &findings, report.gate);
        cases.entry(group).or_default().push(case);
    }
    let mut document = Junit::new("git-postman");
    document.set_time(Duration::from_millis(report.summary.milliseconds));
    for (group, cases) in cases {
        let mut suite = TestSuite::new(format!("git-postman {} {group}", xml(&report.command)));
        suite.add_test_cases(cases);
        suite.set_time(Duration::ZERO);
        document.add_test_suite(suite);
    }
    let mut lines = vec![summary_line(
        report,
        &crate::report::style::Style::default(),
    )];
    lines.extend(
        report
            .notes
            .iter()
            .map(|note| format!("note: {}", xml(note))),
    );
    if let Some(suite) = document.test_suites.first_mut() {
        suite.set_system_out(lines.join("\n"));
    }
    // Only a writer that fails could make this fail, and memory does not.
    let mut text = document.to_string().unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn case(name: String, group: &str, rule: &str) -> TestCase {
    let mut case = TestCase::new(name, TestCaseStatus::success());
    case.set_classname(format!("git-postman.{group}.{rule}"));
    case.set_time(Duration::ZERO);
    case
}

/// What was found at one place by one rule.
fn tell(case: &mut TestCase, findings: &[&Finding], gate: Gate) {
    let reaches = |finding: &&&Finding| match gate {
        Gate::Error => finding.severity == Severity::Error,
        Gate::Warning => true,
        Gate::Never => false,
    };
    let text: Vec<String> = findings.iter().map(|finding| told(finding)).collect();
    let failing: Vec<&&Finding> = findings.iter().filter(reaches).collect();
    let Some(first) = failing.first() else {
        case.set_system_out(text.join("\n\n"));
        return;
    };
    let mut message = xml(&first.message);
    if findings.len() > 1 {
        message.push_str(&format!(
            " (and {})",
            counted(findings.len() - 1, "more finding")
        ));
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status.set_type(first.severity.word());
    status.set_description(text.join("\n\n"));
    case.status = status;
}

fn told(finding: &Finding) -> String {
    let mut lines = vec![
        format!("{}: {}", finding.severity.word(), xml(&finding.message)),
        format!(
            " --> {}",
            place(&finding.location, finding.excerpt.is_some())
        ),
    ];
    lines.extend(advice(finding));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::model::report::Gate;
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};
    use crate::report::validators::{XmlElement, xml_elements};

    fn of<'a>(elements: &'a [XmlElement], name: &str) -> Vec<&'a XmlElement> {
        elements.iter().filter(|one| one.name == name).collect()
    }

    #[test]
    fn what_reaches_the_gate_fails_and_the_rest_passes() {
        let mut report = sample_report();
        let elements = xml_elements(&render(&report));
        let failures = of(&elements, "failure");
        assert_eq!(failures.len(), 2);
        assert_eq!(
            failures[1].attribute("message"),
            "collection directory is inside the schema directory"
        );
        assert!(failures[1].text.contains(" --> .postman/api_7c1f:6:17"));
        assert_eq!(of(&elements, "testsuites")[0].attribute("failures"), "2");
        assert_eq!(
            of(&elements, "testcase").len(),
            report.rules.len().max(report.findings.len())
        );
        report.gate = Gate::Warning;
        assert_eq!(of(&xml_elements(&render(&report)), "failure").len(), 3);
        report.gate = Gate::Never;
        assert!(of(&xml_elements(&render(&report)), "failure").is_empty());
    }

    #[test]
    fn a_run_without_findings_passes_every_rule() {
        let report = report_of(Vec::new());
        let elements = xml_elements(&render(&report));
        assert_eq!(of(&elements, "testcase").len(), report.rules.len());
        assert!(of(&elements, "failure").is_empty());
    }

    #[test]
    fn what_somebody_wrote_is_no_markup_and_no_invalid_character() {
        let text = render(&hostile_report());
        let elements = xml_elements(&text);
        let known = [
            "testsuites",
            "testsuite",
            "testcase",
            "failure",
            "system-out",
        ];
        for element in &elements {
            assert!(known.contains(&element.name.as_str()), "{}", element.name);
        }
    }

    #[test]
    fn five_thousand_findings_are_told_by_rule_and_file() {
        let elements = xml_elements(&render(&large_report(5_000)));
        let failures = of(&elements, "failure");
        assert_eq!(failures.len(), 500);
        let told: usize = failures
            .iter()
            .map(|one| one.text.matches("error: ").count())
            .sum();
        assert_eq!(told, 2_500);
    }
}
