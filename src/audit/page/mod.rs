//! One page about a whole organisation that needs nothing but itself: it works from a file, asks the network for nothing, and
//! runs no script but its own.
//!
//! Its policy names the style and the script by their digests, so that nothing else would run even where an escape were missing.
//! Its size is bounded, whatever the organisation: what is left out is counted. Without scripts everything can be read;
//! only the filters are gone.

pub mod draw;
pub mod graph;

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::facts::{Facts, Reach};
use crate::audit::page::draw::{draw, rows};
use crate::audit::page::graph::{Graph, Group};
use crate::audit::survey::Survey;
use crate::model::finding::{Finding, Severity};
use crate::model::rule::RuleText;
use crate::model::span::Position;
use crate::model::text::{counted, shortened};
use crate::report::escape::html;
use crate::report::page::{head, tail};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// So many findings are in the table.
const MOST_FINDINGS: usize = 4_000;
/// So many rows of nodes with findings are drawn, and so many of those without.
const MOST_TROUBLED_ROWS: usize = 1_200;
const MOST_CLEAN_ROWS: usize = 120;
/// So many owners are listed.
const MOST_OWNERS: usize = 200;
/// So much of a name is shown.
const MOST_OF_A_PATH: usize = 400;

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct PageParts<'a> {
    /// What was gathered.
    pub facts: &'a Facts,
    /// What counts of what was found, in the order of reports.
    pub findings: &'a [Finding],
    /// What a person should know about the run itself.
    pub notes: &'a [String],
    /// The words about the rules.
    pub rules: &'a [RuleText],
}

/// The page, with a line end behind it.
pub fn page(parts: &PageParts<'_>) -> String {
    let survey = Survey::of(parts.facts);
    let graph = Graph::of(&survey, parts.findings);
    let title = format!(
        "Audit of {} and {}",
        counted(parts.facts.repositories.len(), "repository"),
        counted(parts.facts.apis.len(), "API")
    );
    let mut page = head(&title, STYLE, SCRIPT);
    page.push_str(
        "<a class=\"skip\" id=\"skip\" href=\"#findings\">Skip to the findings</a>\n<header>\n",
    );
    page.push_str(&format!("<h1>{}</h1>\n", html(&title)));
    push_figures(&mut page, parts, &survey, &graph);
    page.push_str("</header>\n<main>\n");
    push_notes(&mut page, parts);
    push_filters(&mut page, parts, &graph);
    push_overview(&mut page, parts, &survey, &graph);
    push_graph(&mut page, parts, &graph);
    push_findings(&mut page, parts, &graph);
    page.push_str("</main>\n");
    page.push_str(&tail(SCRIPT));
    page
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    let alike = findings
        .iter()
        .filter(|finding| finding.severity == severity);
    alike.count()
}

fn push_figures(page: &mut String, parts: &PageParts<'_>, survey: &Survey<'_>, graph: &Graph) {
    let claiming = survey
        .repositories
        .iter()
        .filter(|repository| !repository.claims().is_empty());
    let troubled = graph
        .groups
        .iter()
        .filter(|group| !group.findings.is_empty())
        .count();
    let figures = [
        ("error", count(parts.findings, Severity::Error), "errors"),
        (
            "warning",
            count(parts.findings, Severity::Warning),
            "warnings",
        ),
        ("", survey.repositories.len(), "repositories"),
        ("", claiming.count(), "of them claim an API"),
        ("", parts.facts.apis.len(), "APIs in Postman"),
        ("", survey.connections().count(), "of them connected there"),
        ("", graph.groups.len() - troubled, "groups without findings"),
        ("", graph.unconcerned, "repositories without Postman"),
    ];
    page.push_str("<ul class=\"figures\">\n");
    for (class, number, words) in figures {
        let class = if number == 0 { "" } else { class };
        page.push_str(&format!(
            "<li><strong class=\"{class}\">{}</strong> <span>{words}</span></li>\n",
            grouped(number)
        ));
    }
    page.push_str("</ul>\n");
}

/// A number with thin blanks between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn push_notes(page: &mut String, parts: &PageParts<'_>) {
    if parts.notes.is_empty() {
        return;
    }
    page.push_str("<section class=\"notes\" aria-label=\"Notes\">\n<ul>\n");
    for note in parts.notes.iter().take(MOST_OWNERS) {
        page.push_str(&format!(
            "<li>{}</li>\n",
            html(&shortened(note, MOST_OF_A_PATH))
        ));
    }
    if let Some(more) = parts.notes.len().checked_sub(MOST_OWNERS + 1) {
        page.push_str(&format!("<li>and {} more</li>\n", grouped(more + 1)));
    }
    page.push_str("</ul>\n</section>\n");
}

/// Errors and warnings by a word.
fn tallied<'a>(
    words: impl Iterator<Item = &'a str>,
    findings: &[Finding],
) -> BTreeMap<&'a str, (usize, usize)> {
    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (word, finding) in words.zip(findings) {
        let (errors, warnings) = tally.entry(word).or_default();
        match finding.severity {
            Severity::Error => *errors += 1,
            Severity::Warning => *warnings += 1,
        }
    }
    tally
}

fn push_filters(page: &mut String, parts: &PageParts<'_>, graph: &Graph) {
    if parts.findings.is_empty() {
        return;
    }
    page.push_str(
        "<form id=\"filters\" role=\"search\" aria-label=\"Filter graph and findings\" hidden>\n\
         <label>Words <input type=\"search\" id=\"filter-words\" autocomplete=\"off\" spellcheck=\"false\"></label>\n\
         <label>Severity <select id=\"filter-severity\"><option value=\"\">all</option><option>error</option><option>warning</option></select></label>\n\
         <label>Rule <select id=\"filter-rule\"><option value=\"\">all</option>",
    );
    for rule in tallied(parts.findings.iter().map(|one| one.rule.0), parts.findings).keys() {
        page.push_str(&format!("<option>{}</option>", html(rule)));
    }
    page.push_str(
        "</select></label>\n<label>Owner <select id=\"filter-owner\"><option value=\"\">all</option>",
    );
    let owners: BTreeSet<&String> = graph.owners.iter().collect();
    for owner in owners.iter().take(MOST_OWNERS) {
        page.push_str(&format!("<option>{}</option>", html(owner)));
    }
    page.push_str(
        "</select></label>\n<button type=\"reset\" id=\"filter-reset\">Show all</button>\n\
         <output id=\"shown\" aria-live=\"polite\"></output>\n</form>\n",
    );
}

fn push_overview(page: &mut String, parts: &PageParts<'_>, survey: &Survey<'_>, graph: &Graph) {
    page.push_str("<div class=\"overview\">\n");
    let by_rule = tallied(parts.findings.iter().map(|one| one.rule.0), parts.findings);
    if !by_rule.is_empty() {
        let mut rules: Vec<_> = by_rule.into_iter().collect();
        rules.sort_by_key(|(rule, (errors, warnings))| {
            (
                std::cmp::Reverse(*errors),
                std::cmp::Reverse(*warnings),
                *rule,
            )
        });
        page.push_str(
            "<section aria-labelledby=\"by-rule\">\n<h2 id=\"by-rule\">By rule</h2>\n<table>\n\
             <thead><tr><th scope=\"col\">rule</th><th scope=\"col\" class=\"number\">errors</th><th scope=\"col\" class=\"number\">warnings</th></tr></thead>\n<tbody>\n",
        );
        for (rule, (errors, warnings)) in rules {
            let words = parts.rules.iter().find(|text| text.id.0 == rule);
            let summary = words.map_or(String::new(), |text| html(&text.summary.replace('`', "")));
            page.push_str(&format!(
                "<tr><th scope=\"row\"><code>{}</code><span class=\"soft\">{summary}</span></th>{}{}</tr>\n",
                html(rule),
                number("error", errors),
                number("warning", warnings)
            ));
        }
        page.push_str("</tbody>\n</table>\n</section>\n");
    }
    push_owners(page, parts, survey, graph);
    page.push_str("</div>\n");
}

fn push_owners(page: &mut String, parts: &PageParts<'_>, survey: &Survey<'_>, graph: &Graph) {
    let tally = tallied(graph.owners.iter().map(String::as_str), parts.findings);
    let mut owners: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for node in graph.repositories.iter().take(survey.repositories.len()) {
        owners.entry(&node.owner).or_default().0 += 1;
    }
    for (owner, (errors, warnings)) in tally {
        let own = owners.entry(owner).or_default();
        (own.1, own.2) = (errors, warnings);
    }
    let mut rows: Vec<_> = owners.into_iter().collect();
    rows.sort_by_key(|(owner, (_, errors, warnings))| {
        (
            std::cmp::Reverse(*errors),
            std::cmp::Reverse(*warnings),
            *owner,
        )
    });
    let left_out = rows.len().saturating_sub(MOST_OWNERS);
    page.push_str(
        "<section aria-labelledby=\"by-owner\">\n<h2 id=\"by-owner\">By owner</h2>\n<table>\n\
         <thead><tr><th scope=\"col\">owner</th><th scope=\"col\" class=\"number\">repositories</th><th scope=\"col\" class=\"number\">errors</th><th scope=\"col\" class=\"number\">warnings</th></tr></thead>\n<tbody>\n",
    );
    for (owner, (repositories, errors, warnings)) in rows.into_iter().take(MOST_OWNERS) {
        let not_whole = match parts.facts.owners.get(owner) {
            Some(Reach::Part(_) | Reach::Refused(_)) => {
                " <span class=\"soft\">not listed whole</span>"
            }
            _ => "",
        };
        page.push_str(&format!(
            "<tr><th scope=\"row\"><code>{}</code>{not_whole}</th>{}{}{}</tr>\n",
            html(owner),
            number("", repositories),
            number("error", errors),
            number("warning", warnings)
        ));
    }
    page.push_str("</tbody>\n</table>\n");
    if left_out > 0 {
        page.push_str(&format!(
            "<p class=\"soft\">{} more owners are left out.</p>\n",
            grouped(left_out)
        ));
    }
    page.push_str("</section>\n");
}

fn number(class: &str, number: usize) -> String {
    match number {
        0 => "<td class=\"number soft\">–</td>".to_owned(),
        more => format!("<td class=\"number {class}\">{}</td>", grouped(more)),
    }
}

fn push_graph(page: &mut String, parts: &PageParts<'_>, graph: &Graph) {
    page.push_str(
        "<section aria-labelledby=\"graph\">\n<h2 id=\"graph\">APIs and repositories</h2>\n\
         <p class=\"legend\"><svg viewBox=\"0 0 44 10\" aria-hidden=\"true\"><path class=\"both\" d=\"M0 5H44\"></path></svg> both say so \
         <svg viewBox=\"0 0 44 10\" aria-hidden=\"true\"><path class=\"claimed\" d=\"M0 5H44\"></path></svg> only the repository \
         <svg viewBox=\"0 0 44 10\" aria-hidden=\"true\"><path class=\"connected\" d=\"M0 5H44\"></path></svg> only Postman \
         <span class=\"error\">✕</span> errors <span class=\"warning\">▲</span> warnings</p>\n\
         <div class=\"columns\" aria-hidden=\"true\"><span>APIs in Postman</span><span>Repositories</span></div>\n",
    );
    let end = graph
        .groups
        .iter()
        .position(|group| group.findings.is_empty())
        .unwrap_or(graph.groups.len());
    let (troubled, clean) = graph.groups.split_at(end);
    if troubled.is_empty() {
        page.push_str("<p>Both ends agree wherever they were compared.</p>\n");
    }
    let left_out = push_groups(page, parts, graph, troubled, MOST_TROUBLED_ROWS);
    if left_out > 0 {
        page.push_str(&format!(
            "<p class=\"soft\">{} more groups with findings are not drawn, to keep the page usable.</p>\n",
            grouped(left_out)
        ));
    }
    if !clean.is_empty() {
        page.push_str(&format!(
            "<details id=\"clean\">\n<summary>{} without findings</summary>\n",
            match clean.len() {
                1 => "1 group".to_owned(),
                many => format!("{} groups", grouped(many)),
            }
        ));
        let left_out = push_groups(page, parts, graph, clean, MOST_CLEAN_ROWS);
        if left_out > 0 {
            page.push_str(&format!(
                "<p class=\"soft\">{} more are not drawn, to keep the page usable.</p>\n",
                grouped(left_out)
            ));
        }
        page.push_str("</details>\n");
    }
    page.push_str("</section>\n");
}

/// Draws as many groups as fit; gives how many did not.
fn push_groups(
    page: &mut String,
    parts: &PageParts<'_>,
    graph: &Graph,
    groups: &[Group],
    most: usize,
) -> usize {
    let mut drawn = 0;
    for (index, group) in groups.iter().enumerate() {
        drawn += rows(group);
        if drawn > most {
            return groups.len() - index;
        }
        let words = |word: &dyn Fn(usize) -> String| {
            let all: BTreeSet<String> = group.findings.iter().map(|number| word(*number)).collect();
            html(&all.into_iter().collect::<Vec<_>>().join("|"))
        };
        page.push_str(&format!(
            "<div class=\"group\" data-rules=\"|{}|\" data-severities=\"|{}|\" data-owners=\"|{}|\">\n{}</div>\n",
            words(&|number| parts.findings[number].rule.0.to_owned()),
            words(&|number| parts.findings[number].severity.word().to_owned()),
            words(&|number| graph.owners[number].clone()),
            draw(graph, group, parts.findings, MOST_FINDINGS)
        ));
    }
    0
}

fn push_findings(page: &mut String, parts: &PageParts<'_>, graph: &Graph) {
    page.push_str(
        "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\" tabindex=\"-1\">Findings</h2>\n",
    );
    if parts.findings.is_empty() {
        page.push_str("<p>Nothing was found.</p>\n</section>\n");
        return;
    }
    let left_out = parts.findings.len().saturating_sub(MOST_FINDINGS);
    if left_out > 0 {
        page.push_str(&format!(
            "<p class=\"soft\">The first {} of {} are here, to keep the page usable; the JSON report has them all.</p>\n",
            grouped(MOST_FINDINGS),
            grouped(parts.findings.len())
        ));
    }
    page.push_str(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"findings\">\n<table id=\"found\">\n\
         <thead><tr><th scope=\"col\">weighs</th><th scope=\"col\">rule</th><th scope=\"col\">what is wrong, and what to do</th></tr></thead>\n<tbody>\n",
    );
    let pages = pages(parts.facts);
    let told = parts.findings.iter().take(MOST_FINDINGS);
    for (index, (finding, owner)) in told.zip(&graph.owners).enumerate() {
        let (severity, rule) = (finding.severity.word(), finding.rule.0);
        let mark = match finding.severity {
            Severity::Error => "✕",
            Severity::Warning => "▲",
        };
        page.push_str(&format!(
            "<tr id=\"finding-{}\" data-severity=\"{severity}\" data-rule=\"{}\" data-owner=\"{}\">\
             <td class=\"{severity}\">{mark} {severity}</td><td><code>{}</code></td>\
             <td><p class=\"place\">{}</p><p>{}</p><p class=\"soft\">{}</p></td></tr>\n",
            index + 1,
            html(rule),
            html(owner),
            html(rule),
            place(finding, &pages),
            prose(&finding.message),
            prose(&finding.help)
        ));
    }
    page.push_str("</tbody>\n</table>\n</div>\n</section>\n");
}

/// A sentence, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let escaped = html(text);
    if !escaped.matches('`').count().is_multiple_of(2) {
        return escaped;
    }
    let parts = escaped.split('`').enumerate();
    parts
        .map(|(index, part)| match index % 2 {
            0 => part.to_owned(),
            _ => format!("<code>{part}</code>"),
        })
        .collect()
}

/// The page of each repository by its name, where its address is one that a browser may open.
fn pages(facts: &Facts) -> BTreeMap<&str, &str> {
    let repositories = facts.repositories.values();
    repositories
        .filter(|repository| repository.page.starts_with("https://"))
        .map(|repository| (repository.name.as_str(), repository.page.as_str()))
        .collect()
}

fn place(finding: &Finding, pages: &BTreeMap<&str, &str>) -> String {
    let path = finding.location.path.as_str();
    let start = finding.location.start;
    let line = match start == Position::START {
        true => String::new(),
        false => format!(":{}:{}", start.line, start.column),
    };
    let ends = path.match_indices('/').map(|(end, _)| end);
    let known = ends
        .chain([path.len()])
        .find_map(|end| Some((end, *pages.get(&path[..end])?)));
    match known {
        Some((end, address)) => format!(
            "<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>{}{line}",
            html(address),
            html(&shortened(&path[..end], MOST_OF_A_PATH)),
            html(&shortened(&path[end..], MOST_OF_A_PATH))
        ),
        None => format!("{}{line}", html(&shortened(path, MOST_OF_A_PATH))),
    }
}

#[cfg(test)]
mod tests {
    use super::{PageParts, page};
    use crate::audit::facts::{Facts, Reach};
    use crate::audit::judge::judge;
    use crate::audit::testing::{SEEDS, organisation, shuffled};

    fn rendered(facts: &Facts) -> String {
        let judged = judge(facts);
        page(&PageParts {
            facts,
            findings: &judged.findings,
            notes: &judged.notes,
            rules: &[],
        })
    }

    fn everything_wrong() -> Facts {
        let mut facts = organisation(SEEDS.len() * 20, 3);
        for (number, (_, sow)) in SEEDS.iter().enumerate() {
            sow(&mut facts, number as u64);
        }
        facts
    }

    #[test]
    fn every_finding_is_in_the_table_and_at_its_node() {
        let facts = everything_wrong();
        let judged = judge(&facts);
        let page = rendered(&facts);
        for (index, finding) in judged.findings.iter().enumerate() {
            assert!(page.contains(&format!("<tr id=\"finding-{}\"", index + 1)));
            assert!(page.contains(finding.location.path.as_str()) || page.contains("</a>"));
        }
        let marks = page.matches("<a href=\"#finding-").count();
        assert!(marks >= SEEDS.len() - 2, "{marks}");
        assert_eq!(page, rendered(&shuffled(&facts, 5)));
    }

    #[test]
    fn a_clean_organisation_is_told_in_a_sentence() {
        let page = rendered(&organisation(40, 1));
        assert!(page.contains("Nothing was found.") && page.contains("Both ends agree"));
        assert!(!page.contains("id=\"filters\""));
        assert!(page.contains("groups without findings"));
        assert!(rendered(&Facts::default()).contains("Audit of 0 repositories and 0 APIs"));
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut facts = everything_wrong();
        let bad =
            "</title></svg><script>alert(1)</script><img src=x onerror=alert(1)>\"'\u{1b}\u{202e}";
        for repository in facts.repositories.values_mut() {
            repository.page = "javascript:alert(1)".to_owned();
            repository.name.push_str(bad);
            if repository.reach != Reach::Whole {
                repository.reach = Reach::Refused(bad.to_owned());
            }
        }
        for api in facts.apis.values_mut() {
            api.name = bad.to_owned();
        }
        let page = rendered(&facts);
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(!page.contains("<img") && !page.contains("\"javascript:"));
        let is_bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!page.contains(is_bad));
    }

    #[test]
    fn the_page_of_a_huge_organisation_is_bounded_and_says_what_is_left_out() {
        let mut facts = organisation(12_000, 1);
        for repository in facts.repositories.values_mut() {
            repository.guards.clear();
        }
        let id = facts.apis.keys().next().unwrap().clone();
        for repository in facts.repositories.values_mut().take(900) {
            for claim in repository
                .services
                .iter_mut()
                .flat_map(|one| &mut one.claims)
            {
                claim.id.clone_from(&id);
            }
        }
        let page = rendered(&facts);
        assert!(page.len() < 6_000_000, "{}", page.len());
        for words in [
            "more groups with findings are not drawn",
            "are here, to keep the page usable",
            "more</text>",
        ] {
            assert!(page.contains(words), "{words}");
        }
    }
}
