//! One page that needs nothing but itself: it works from a file, asks the network for nothing, and runs no script but its own.
//!
//! Its policy names the style and the script by their digests, so that nothing else would run even where an escape were missing.
//! Without scripts everything can be read; only the filters are gone.

use crate::model::finding::{Excerpt, Finding, Severity};
use crate::model::report::Report;
use crate::report::escape::html;
use crate::report::page::{head, tail};
use crate::report::style::Style;
use crate::report::words::{
    counts, counts_by_rule, line_parts, place, rule_of, short_commit, summary_line,
};

const STYLE: &str = include_str!("html_page/page.css");
const SCRIPT: &str = include_str!("html_page/page.js");

/// How wide the longest bar of the picture is.
const WIDEST_BAR: usize = 300;

/// The page, with a line end behind it.
pub(crate) fn render(report: &Report) -> String {
    let title = format!("git-postman {}: {}", report.command, counts(report));
    let mut page = head(&title, STYLE, SCRIPT);
    page.push_str(&format!(
        "<a class=\"skip\" id=\"skip\" href=\"#found\">Skip to the findings</a>\n\
         <header>\n<h1>{}</h1>\n<p class=\"soft\">{}</p>\n</header>\n<main>\n",
        html(&title),
        html(&summary_line(report, &Style::default())),
    ));
    push_notes(&mut page, report);
    push_picture(&mut page, report);
    push_findings(&mut page, report);
    push_documents(&mut page, report);
    push_rules(&mut page, report);
    page.push_str("</main>\n");
    page.push_str(&tail(SCRIPT));
    page
}

fn push_notes(page: &mut String, report: &Report) {
    for note in &report.notes {
        page.push_str(&format!("<p>Note: {}</p>\n", html(note)));
    }
}

/// The findings of each rule, as numbers and as bars.
fn push_picture(page: &mut String, report: &Report) {
    let counts = counts_by_rule(report);
    let most = counts
        .iter()
        .map(|(_, errors, warnings)| errors + warnings)
        .max();
    let Some(most) = most else {
        return;
    };
    page.push_str(
        "<section aria-labelledby=\"by-rule\">\n<h2 id=\"by-rule\">By rule</h2>\n<table>\n\
         <tr><th scope=\"col\">rule</th><th scope=\"col\">errors</th><th scope=\"col\">warnings</th><td></td></tr>\n",
    );
    for (rule, errors, warnings) in counts {
        let width = |count: usize| (count * WIDEST_BAR).div_ceil(most);
        page.push_str(&format!(
            "<tr><th scope=\"row\"><code>{rule}</code></th><td class=\"number\">{errors}</td><td class=\"number\">{warnings}</td>\
             <td><svg width=\"{}\" height=\"12\" aria-hidden=\"true\"><rect class=\"error\" width=\"{}\" height=\"12\"></rect>\
             <rect class=\"warning\" x=\"{}\" width=\"{}\" height=\"12\"></rect></svg></td></tr>\n",
            WIDEST_BAR + 1,
            width(errors),
            width(errors),
            width(warnings),
        ));
    }
    page.push_str("</table>\n</section>\n");
}

fn push_findings(page: &mut String, report: &Report) {
    page.push_str(
        "<section aria-labelledby=\"found\">\n<h2 id=\"found\" tabindex=\"-1\">Findings</h2>\n",
    );
    if report.findings.is_empty() {
        page.push_str("<p>Nothing was found.</p>\n</section>\n");
        return;
    }
    page.push_str(
        "<form id=\"filters\" role=\"search\" aria-label=\"Filter the findings\" hidden>\n\
         <label>Words <input type=\"search\" id=\"filter-words\" autocomplete=\"off\"></label>\n\
         <label>Severity <select id=\"filter-severity\"><option value=\"\">all</option><option>error</option><option>warning</option></select></label>\n\
         <label>Rule <select id=\"filter-rule\"><option value=\"\">all</option>",
    );
    for (rule, _, _) in counts_by_rule(report) {
        page.push_str(&format!("<option>{rule}</option>"));
    }
    page.push_str(
        "</select></label>\n<button type=\"reset\" id=\"filter-reset\">Show all</button>\n\
         <output id=\"shown\" aria-live=\"polite\"></output>\n</form>\n<ol id=\"findings\">\n",
    );
    for (index, finding) in report.findings.iter().enumerate() {
        push_finding(page, report, finding, index + 1);
    }
    page.push_str("</ol>\n</section>\n");
}

fn push_finding(page: &mut String, report: &Report, finding: &Finding, number: usize) {
    let (severity, rule) = (finding.severity.word(), finding.rule.0);
    let rule_told = if rule_of(report, finding).is_some() {
        format!("<a id=\"finding-{number}\" href=\"#rule-{rule}\"><code>{rule}</code></a>")
    } else {
        format!("<code id=\"finding-{number}\" tabindex=\"0\">{rule}</code>")
    };
    page.push_str(&format!(
        "<li data-severity=\"{severity}\" data-rule=\"{rule}\">\n\
         <h3><span class=\"{severity}\">{severity}</span> {rule_told}: {}</h3>\n\
         <p class=\"soft\"><code>{}</code></p>\n",
        html(&finding.message),
        html(&place(&finding.location, finding.excerpt.is_some())),
    ));
    if let Some(excerpt) = &finding.excerpt {
        page.push_str(&frame(excerpt, finding.location.start.line));
    }
    if let Some(commit) = &finding.commit {
        page.push_str(&format!(
            "<p>In commit <code>{}</code></p>\n",
            html(&short_commit(commit))
        ));
    }
    if !finding.help.is_empty() {
        page.push_str(&format!("<p>Help: {}</p>\n", html(&finding.help)));
    }
    page.push_str("</li>\n");
}

fn frame(excerpt: &Excerpt, line: u32) -> String {
    let [before, marked, after] = line_parts(excerpt);
    format!(
        "<pre><code><span class=\"soft\">{line} | </span>{}<mark>{}</mark>{}</code></pre>\n",
        html(&before),
        html(&marked),
        html(&after)
    )
}

fn push_documents(page: &mut String, report: &Report) {
    let Some(documents) = &report.documents else {
        return;
    };
    page.push_str(
        "<section aria-labelledby=\"documents\">\n<h2 id=\"documents\">Documents</h2>\n<table>\n\
         <tr><th scope=\"col\">file</th><th scope=\"col\">format</th><th scope=\"col\">verdict</th></tr>\n",
    );
    for document in documents {
        let verdict = match document.valid {
            Some(true) => "valid",
            Some(false) => "<span class=\"error\">invalid</span>",
            None => "not judged",
        };
        page.push_str(&format!(
            "<tr><td><code>{}</code></td><td>{}</td><td>{verdict}</td></tr>\n",
            html(&document.path),
            html(document.format)
        ));
    }
    page.push_str("</table>\n</section>\n");
}

/// The rules that found something, in their own words.
fn push_rules(page: &mut String, report: &Report) {
    let found = counts_by_rule(report);
    let rules: Vec<_> = report
        .rules
        .iter()
        .filter(|facts| found.iter().any(|(rule, _, _)| *rule == facts.id.0))
        .collect();
    if rules.is_empty() {
        return;
    }
    page.push_str("<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">Rules</h2>\n");
    for facts in rules {
        let weight = match facts.severity {
            Severity::Error => "an error",
            Severity::Warning => "a warning",
        };
        // Our own words keep their lines.
        let docs: Vec<String> = facts.docs.trim_ascii().lines().map(html).collect();
        page.push_str(&format!(
            "<h3 id=\"rule-{0}\" tabindex=\"-1\"><code>{0}</code></h3>\n<p>{1}; by default {weight}, in the group {2}.</p>\n<pre class=\"docs\">{3}</pre>\n",
            facts.id.0,
            html(facts.summary),
            facts.group.word(),
            docs.join("\n"),
        ));
    }
    page.push_str("</section>\n");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{SCRIPT, STYLE, render};
    use crate::report::sample::{hostile_report, large_report, report_of, sample_report};
    use crate::report::validators::{HtmlSeen, html_seen};

    #[test]
    fn the_page_has_what_the_report_has() {
        let page = render(&sample_report());
        for part in [
            "<title>git-postman check: 2 errors, 1 warning</title>",
            "2 errors, 1 warning in 37 documents (commit 9f1c2ab, 1.2 MB, 14 ms)",
            "<p>Note: 2 files are stored with Git LFS and were not read</p>",
            "<code>.postman/api_7c1f:6:17</code>",
            "6 | </span>files = {&quot;dir&quot;: <mark>&quot;postman/schemas/collections&quot;</mark>}",
            "<h3 id=\"rule-provider-token\"",
            "<td>raml-1.0</td><td>not judged</td>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(!page.contains("sk-live"));
        assert!(render(&report_of(Vec::new())).contains("<p>Nothing was found.</p>"));
    }

    #[test]
    fn a_hostile_report_has_the_elements_of_a_plain_one() {
        let plain = html_seen(&render(&sample_report()));
        let HtmlSeen {
            elements,
            attributes,
            errors,
            scripts,
            styles,
        } = html_seen(&render(&hostile_report()));
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(plain.errors, Vec::<String>::new());
        let known: BTreeSet<String> = plain.elements;
        assert!(
            elements.is_subset(&known),
            "{:?}",
            elements.difference(&known)
        );
        assert!(attributes.is_subset(&plain.attributes), "{attributes:?}");
        assert_eq!(
            (scripts, styles),
            (vec![SCRIPT.to_owned()], vec![STYLE.to_owned()])
        );
    }

    #[test]
    fn five_thousand_findings_are_one_page() {
        let page = render(&large_report(5_000));
        assert_eq!(page.matches("<li data-severity=").count(), 5_000);
        assert!(page.len() < 5_000_000, "{}", page.len());
    }
}
