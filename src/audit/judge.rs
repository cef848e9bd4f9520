//! Facts become findings: every rule, and what could not be judged, in words.

use crate::audit::catalog;
use crate::audit::facts::{Facts, Reach};
use crate::audit::survey::Survey;
use crate::model::finding::{Finding, fingerprint};
use crate::model::text::{counted, visible};

/// What the rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Everything found, sorted by place. Paths begin with host, owner and name of the repository, or with `postman/` and the
    /// workspace where the trouble is there.
    pub findings: Vec<Finding>,
    /// What could not be judged, and why: a person would take silence for a clean result.
    pub notes: Vec<String>,
}

/// Looks at the facts with every rule. The same facts give the same result, in whatever order they came.
pub fn judge(facts: &Facts) -> Judged {
    let survey = Survey::of(facts);
    let mut findings = Vec::new();
    for rule in catalog::RULES {
        findings.extend((rule.check)(&survey).into_iter().map(|trouble| Finding {
            rule: rule.id,
            severity: rule.severity,
            message: trouble.message,
            location: trouble.place.location,
            help: trouble.help,
            excerpt: trouble.place.excerpt,
            commit: None,
            fingerprint: String::new(),
        }));
    }
    fingerprint(&mut findings);
    Judged {
        findings,
        notes: notes(&survey),
    }
}

fn notes(survey: &Survey<'_>) -> Vec<String> {
    let facts = survey.facts;
    let mut notes = Vec::new();
    match &facts.postman {
        Reach::Whole => {}
        Reach::NotAsked => notes.push(
            "Postman was not asked: nothing is said of its side of the connections".to_owned(),
        ),
        Reach::Part(left_out) => notes.push(format!(
            "Postman was asked in part only ({}): an id that it did not show is not called missing",
            visible(left_out)
        )),
        Reach::Refused(why) => notes.push(format!(
            "Postman did not answer ({}): nothing is said of its side of the connections",
            visible(why)
        )),
    }
    for (owner, reach) in &facts.owners {
        let why = match reach {
            Reach::Whole => continue,
            Reach::NotAsked => "it was not asked for".to_owned(),
            Reach::Part(left_out) => visible(left_out),
            Reach::Refused(why) => visible(why),
        };
        notes.push(format!(
            "not all repositories of {} are listed ({why}): none that is not among them is called missing",
            visible(owner)
        ));
    }
    let unread = survey.unread();
    if unread > 0 && !facts.apis.is_empty() {
        notes.push(format!(
            "{} could not be read whole: an API that none of the others claims is not called an orphan",
            counted(unread, "repository")
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

    use super::judge;
    use crate::audit::catalog;
    use crate::audit::facts::{Facts, Reach};
    use crate::audit::testing::{SEEDS, organisation, shuffled};

    fn told(facts: &Facts) -> Vec<(&'static str, String)> {
        let findings = judge(facts).findings.into_iter();
        findings
            .map(|finding| (finding.rule.0, finding.location.path.as_str().to_owned()))
            .collect()
    }

    /// Every seed, each in a part of its own.
    fn everything_wrong(seed: u64) -> Facts {
        let mut facts = organisation(SEEDS.len() * 20, seed);
        for (number, (_, sow)) in SEEDS.iter().enumerate() {
            sow(&mut facts, number as u64);
        }
        facts
    }

    proptest! {
        #[test]
        fn a_clean_organisation_has_no_findings(size in 0usize..60, seed in any::<u64>()) {
            let judged = judge(&organisation(size, seed));
            prop_assert_eq!(judged.findings, vec![]);
            prop_assert_eq!(judged.notes, Vec::<String>::new());
        }

        #[test]
        fn each_seeded_violation_is_exactly_its_finding(
            size in 20usize..40,
            seed in any::<u64>(),
            which in 0..SEEDS.len(),
        ) {
            let mut facts = organisation(size, seed);
            let (rule, sow) = SEEDS[which];
            let path = sow(&mut facts, seed);
            prop_assert_eq!(told(&facts), vec![(rule, path)]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn several_violations_are_found_beside_each_other(seed in any::<u64>(), chosen in any::<u32>()) {
            // Some speak of the whole and would silence others; those are tried alone above.
            let alone = ["unreadable-repository"];
            let mut facts = organisation(SEEDS.len() * 20, seed);
            let mut expected = BTreeSet::new();
            for (number, (rule, sow)) in SEEDS.iter().enumerate() {
                if chosen >> (number % 32) & 1 == 1 && !alone.contains(rule) {
                    // Each in a part of its own.
                    expected.insert((*rule, sow(&mut facts, number as u64)));
                }
            }
            let found: BTreeSet<_> = told(&facts).into_iter().collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn the_order_of_what_was_gathered_does_not_count(seed in any::<u64>()) {
            let facts = everything_wrong(seed);
            let judged = judge(&facts);
            prop_assert!(!judged.findings.is_empty());
            prop_assert_eq!(judge(&shuffled(&facts, seed)), judged);
        }
    }

    #[test]
    fn every_rule_is_seeded_and_says_what_to_do() {
        let seeded: BTreeSet<_> = SEEDS.iter().map(|(rule, _)| *rule).collect();
        let known: BTreeSet<_> = catalog::RULES.iter().map(|rule| rule.id.0).collect();
        assert_eq!(seeded, known);
        for (_, sow) in SEEDS {
            let mut facts = organisation(30, 7);
            sow(&mut facts, 7);
            for finding in judge(&facts).findings {
                assert!(!finding.help.is_empty() && !finding.message.ends_with('.'));
                let first = finding.message.chars().next().unwrap();
                let named = ["Postman ", "API "]
                    .iter()
                    .any(|word| finding.message.starts_with(word));
                assert!(named || !first.is_uppercase(), "{}", finding.message);
                assert!(!finding.fingerprint.is_empty());
            }
        }
    }

    #[test]
    fn hostile_names_are_shown_and_not_obeyed() {
        for (_, sow) in SEEDS {
            let mut facts = organisation(30, 3);
            sow(&mut facts, 3);
            for repository in facts.repositories.values_mut() {
                repository.reach = match repository.reach.clone() {
                    Reach::Refused(why) => Reach::Refused(format!("\u{1b}[2J{why}")),
                    other => other,
                };
            }
            for api in facts.apis.values_mut() {
                api.name.push_str("\u{1b}[31m\n\u{202e}");
            }
            for finding in judge(&facts).findings {
                let said = format!("{}{}", finding.message, finding.help);
                assert!(!said.chars().any(char::is_control), "{said:?}");
                assert!(!said.contains('\u{202e}'), "{said:?}");
            }
        }
    }

    #[test]
    fn where_nobody_was_asked_nothing_is_claimed() {
        let mut facts = everything_wrong(1);
        facts.apis.clear();
        for reach in [
            Reach::NotAsked,
            Reach::Part("two workspaces were refused".to_owned()),
            Reach::Refused("no key".to_owned()),
        ] {
            facts.postman = reach;
            let judged = judge(&facts);
            let of_postman = [
                "missing-api",
                "missing-repository",
                "orphan-api",
                "unclaimed-connection",
            ];
            let wrong = judged
                .findings
                .iter()
                .find(|found| of_postman.contains(&found.rule.0));
            assert_eq!(wrong, None);
            assert!(judged.notes.iter().any(|note| note.starts_with("Postman")));
        }
    }

    #[test]
    fn the_work_grows_with_the_organisation_and_not_with_its_square() {
        // One API that every repository claims, one name for all, all in one owner: what pairs would be made of.
        let mut facts = organisation(20_000, 5);
        let id = facts.apis.keys().next().unwrap().clone();
        for repository in facts.repositories.values_mut() {
            for claim in repository
                .services
                .iter_mut()
                .flat_map(|service| &mut service.claims)
            {
                claim.id.clone_from(&id);
            }
        }
        let judged = judge(&facts);
        let of = |rule: &str| {
            judged
                .findings
                .iter()
                .filter(|found| found.rule.0 == rule)
                .count()
        };
        assert!(of("api-in-several-repositories") > 10_000);
        let longest = judged
            .findings
            .iter()
            .map(|found| found.message.len())
            .max();
        assert!(longest.unwrap() < 1_000);
    }
}
