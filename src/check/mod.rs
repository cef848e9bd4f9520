//! What is wrong with a snapshot: every rule over a project.

pub mod catalog;
pub mod docs;
pub mod findings;
pub mod levels;
pub mod rule;
pub mod rules;
#[cfg(test)]
pub mod testing;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::check::findings::Findings;
use crate::check::levels::Levels;
use crate::check::rule::{Check, Group, Rule, TextFile};
use crate::check::rules::secret::cover::{cover, cover_shown};
use crate::format::detect::Format;
use crate::format::node::Document;
use crate::model::finding::{Finding, RuleId, Severity};
use crate::model::path::RepoPath;
use crate::model::snapshot::{Snapshot, SnapshotError};
use crate::project::Project;
use crate::project::file::{Facts, File};

/// Which documents are looked at. Layout and mapping always are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every file that Postman manages.
    Managed,
    /// Every file of the repository that could be a document.
    All,
    /// Those managed files that are among these.
    Touched(BTreeSet<RepoPath>),
}

/// What a run over a project gave.
#[derive(Debug, Default)]
pub struct Checked {
    /// Everything found.
    pub findings: Vec<Finding>,
    /// How many documents were judged.
    pub documents: usize,
    /// How many bytes they have.
    pub bytes: u64,
}

/// What was said of one file.
#[derive(Debug)]
pub struct Judged {
    /// The file.
    pub path: RepoPath,
    /// Its format.
    pub format: Format,
    /// Its size in bytes.
    pub size: u64,
    /// The verdict of syntax and schema.
    pub valid: Option<bool>,
    /// What the rules found.
    pub findings: Vec<Finding>,
    facts: Option<Facts>,
}

/// Looks at a project with every rule. `watch` is called after each document, from any thread.
///
/// # Errors
/// Where files cannot be brought at all.
pub fn run(
    project: &mut Project<'_>,
    snapshot: &dyn Snapshot,
    scope: &Scope,
    levels: &Levels,
    watch: &(dyn Fn(usize) + Sync),
) -> Result<Checked, SnapshotError> {
    let paths = match scope {
        Scope::Managed => project.managed_files(),
        Scope::All => {
            let managed = project
                .managed_files()
                .into_iter()
                .chain(project.possible_documents());
            managed.collect::<BTreeSet<_>>().into_iter().collect()
        }
        Scope::Touched(touched) => {
            let managed = project.managed_files();
            managed
                .into_iter()
                .filter(|path| touched.contains(path))
                .collect()
        }
    };
    snapshot.prefetch(&paths)?;
    let shared: &Project<'_> = project;
    let judge_one = |path: &RepoPath| {
        let judged = judge(&shared.read(snapshot, path), levels, true);
        watch(1);
        judged
    };
    // Starting threads costs more than a handful of files does.
    let judged: Vec<Judged> = if paths.len() < 8 {
        paths.iter().map(judge_one).collect()
    } else {
        paths.par_iter().map(judge_one).collect()
    };
    let mut checked = Checked::default();
    for mut one in judged {
        checked.bytes += one.size;
        checked.documents += usize::from(one.format != Format::Unknown);
        checked.findings.append(&mut one.findings);
        if let Some(facts) = one.facts {
            project.facts.insert(one.path, facts);
        }
    }
    for rule in catalog::RULES {
        if let (Check::Project(look), Some(severity)) = (rule.check, levels.severity(rule)) {
            let mut findings = Findings::of(rule.id, severity);
            look(project, &mut findings);
            let mut found = findings.into_list();
            cover_shown(&mut found);
            checked.findings.append(&mut found);
        }
    }
    checked
        .findings
        .retain(|finding| !project.is_excluded(&finding.location.path));
    Ok(checked)
}

/// Looks at one file with the rules for documents, and where `secrets` is set with those for secrets.
pub fn judge(file: &File, levels: &Levels, secrets: bool) -> Judged {
    let mut findings = Findings::of(RuleId(""), Severity::Error);
    for rule in catalog::RULES {
        if let (Check::Document(look), Some(severity)) = (rule.check, levels.severity(rule)) {
            findings.turn_to(rule.id, severity);
            look(file, &mut findings);
        }
    }
    let mut found = findings.into_list();
    if let Some(parsed) = file.parsed() {
        let text = TextFile::new(&file.path, parsed.source());
        let wanted: fn(&Rule) -> bool = if secrets {
            |_| true
        } else {
            |rule| rule.group != Group::Secret
        };
        found.extend(look_at_text(&text, levels, wanted));
    }
    let parsed = file.parsed();
    if let Some(document) = parsed.and_then(|parsed| parsed.document.as_ref()) {
        for finding in found.iter_mut().filter(|finding| finding.excerpt.is_some()) {
            add_pointer(document, finding);
        }
    }
    cover(file.text(), &mut found);
    Judged {
        path: file.path.clone(),
        format: parsed.map_or(Format::Unknown, |parsed| parsed.format),
        size: file.size(),
        valid: parsed.and_then(|parsed| parsed.valid),
        facts: file.facts(),
        findings: found,
    }
}

/// Says which value of the document a finding stands at, where the rule saw only text.
fn add_pointer(document: &Document, finding: &mut Finding) {
    let start = finding.location.start;
    if finding.location.pointer.is_none() {
        let at = document.lines().offset(document.text(), start);
        finding.location.pointer = document
            .pointer_to(at)
            .filter(|pointer| !pointer.is_empty());
    }
}

/// Looks at one text for secrets alone: what a push brings beside what Postman manages.
pub fn secrets_of(text: &TextFile<'_>, levels: &Levels) -> Vec<Finding> {
    let mut found = look_at_text(text, levels, |rule| rule.group == Group::Secret);
    cover(text.text, &mut found);
    found
}

fn look_at_text(text: &TextFile<'_>, levels: &Levels, wanted: fn(&Rule) -> bool) -> Vec<Finding> {
    let mut findings = Findings::of(RuleId(""), Severity::Error);
    for rule in catalog::RULES.iter().filter(|rule| wanted(rule)) {
        if let (Check::Text(look), Some(severity)) = (rule.check, levels.severity(rule)) {
            findings.turn_to(rule.id, severity);
            look(text, &mut findings);
        }
    }
    findings.into_list()
}

/// Compares what a push would replace with what it brings.
pub fn links(before: &Project<'_>, after: &Project<'_>, levels: &Levels) -> Vec<Finding> {
    let mut findings = Findings::of(RuleId(""), Severity::Error);
    for rule in catalog::RULES {
        if let (Check::Link(look), Some(severity)) = (rule.check, levels.severity(rule)) {
            findings.turn_to(rule.id, severity);
            look(before, after, &mut findings);
        }
    }
    findings.into_list()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::check::judge;
    use crate::check::levels::Levels;
    use crate::config::file::Config;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::MemorySnapshot;
    use crate::project::file::File;

    #[test]
    fn a_file_that_is_judged_alone_is_never_invalid_without_a_finding() {
        let path = RepoPath::parse("a.json").unwrap();
        let text = b"{\n<<<<<<< ours\n}\n".to_vec();
        let snapshot = MemorySnapshot::new(BTreeMap::from([(path.clone(), text)]));
        let levels = Levels::of(&Config::default()).unwrap();
        let judged = judge(&File::read(&snapshot, &path, 1000), &levels, false);
        assert_eq!(judged.valid, Some(false));
        let rules: Vec<_> = judged.findings.iter().map(|found| found.rule.0).collect();
        assert_eq!(rules, ["merge-marker"]);
    }
}
