//! What is wrong with a snapshot: every rule over a project.

pub mod catalog;
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
    /// Those managed files that are among these. The root files of an API whose metadata is among them are read as
    /// well, so that rules about the whole can judge the choice; what is wrong inside of them is not told.
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
    /// Whether there is any file that Postman manages, looked at or not.
    pub has_managed_files: bool,
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
    let managed = project.managed_files();
    let has_managed_files = !managed.is_empty();
    let paths: Vec<RepoPath> = match scope {
        Scope::Managed => managed,
        Scope::All => {
            let all = managed.into_iter().chain(project.possible_documents());
            all.collect::<BTreeSet<_>>().into_iter().collect()
        }
        Scope::Touched(touched) => {
            let chosen = root_files_named_in(project, touched);
            managed
                .into_iter()
                .filter(|path| touched.contains(path) || chosen.contains(path))
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
    // Of metadata that cannot be read `unreadable-metadata` says what is wrong and what that costs.
    let unread: BTreeSet<RepoPath> = project
        .services
        .iter()
        .flat_map(|service| service.unread.iter().map(|(path, _)| path.clone()))
        .collect();
    let mut checked = Checked {
        has_managed_files,
        ..Checked::default()
    };
    for mut one in judged {
        if unread.contains(&one.path) {
            one.findings.retain(is_secret);
        }
        let is_asked_for = match scope {
            Scope::Managed | Scope::All => true,
            Scope::Touched(touched) => touched.contains(&one.path),
        };
        if is_asked_for {
            checked.bytes += one.size;
            // What does not parse is a document too, of a format that nobody can tell.
            let is_document = one.format != Format::Unknown || one.valid == Some(false);
            checked.documents += usize::from(is_document);
            checked.findings.append(&mut one.findings);
        }
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

/// The root files that touched metadata names.
fn root_files_named_in(project: &Project<'_>, touched: &BTreeSet<RepoPath>) -> BTreeSet<RepoPath> {
    let apis = project.services.iter().flat_map(|service| &service.apis);
    apis.filter(|api| touched.contains(&api.file.path))
        .flat_map(|api| &api.root_files)
        .filter_map(|root| root.resolved().cloned())
        .collect()
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

fn is_secret(finding: &Finding) -> bool {
    catalog::find(finding.rule.0).is_some_and(|rule| rule.group == Group::Secret)
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
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Scope, judge, run};
    use crate::check::levels::Levels;
    use crate::check::testing::read;
    use crate::config::file::Config;
    use crate::model::path::RepoPath;
    use crate::model::snapshot::MemorySnapshot;
    use crate::project::Project;
    use crate::project::file::File;

    const METADATA: &str = ".postman/api_11111111-2222-4333-8444-555555555555";

    /// The rules that find something where only `touched` was touched, and how many documents were looked at.
    fn told(touched: &str) -> (Vec<&'static str>, usize) {
        let fixture = format!(
            "//- {METADATA}\nconfigVersion = 1.1.0\n[config]\nid = 11111111-2222-4333-8444-555555555555\n[config.relations.apiDefinition.metaData]\ntype = proto:3\nrootFiles[] = a.yaml\n//- .postman/api\nconfigVersion = 1.0.0\napis[] = {{\"apiId\":\"11111111-2222-4333-8444-555555555555\"}}\n//- a.yaml\nopenapi: 3.0.0\n"
        );
        let snapshot = MemorySnapshot::new(read(&fixture).0);
        let config = Config::default();
        let mut project = Project::load(&snapshot, &config).unwrap();
        let scope = Scope::Touched(BTreeSet::from([RepoPath::parse(touched).unwrap()]));
        let checked = run(&mut project, &snapshot, &scope, &Levels::default(), &|_| {}).unwrap();
        let rules: BTreeSet<&str> = checked.findings.iter().map(|found| found.rule.0).collect();
        (rules.into_iter().collect(), checked.documents)
    }

    #[test]
    fn a_push_of_metadata_is_judged_by_the_root_file_it_names() {
        assert_eq!(told(METADATA), (vec!["unfit-root-file"], 1));
    }

    #[test]
    fn what_is_wrong_inside_of_a_file_is_told_where_it_is_touched() {
        let (rules, documents) = told("a.yaml");
        assert!(rules.contains(&"schema"), "{rules:?}");
        assert_eq!(documents, 1);
        assert!(!told(".postman/api").0.contains(&"unfit-root-file"));
    }

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
