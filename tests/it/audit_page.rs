//! The page of an audit in a real browser: quiet, usable with the keyboard alone, and filtered as its reader asks.

use std::collections::BTreeMap;
use std::fs;

use git_postman::audit::facts::{
    ApiFacts, BranchFacts, Claim, ClaimKind, ConnectedFacts, DirectoryFacts, Facts, Guard,
    GuardKind, Reach, RepositoryFacts, RepositoryKey, ServiceFacts, SettingsFacts, Spot,
};
use git_postman::audit::judge::judge;
use git_postman::audit::page::{PageParts, page};
use git_postman::cli::every_rule::every_rule;
use tempfile::TempDir;

use crate::support::browser::{Browser, Page, Scheme};

const NAMES: [&str; 14] = [
    "orders",
    "payments",
    "catalogue",
    "customers",
    "shipping",
    "returns",
    "invoices",
    "search",
    "identity",
    "notifications",
    "inventory",
    "pricing",
    "loyalty",
    "reviews",
];

/// An organisation on two hosts in which some things went wrong, as they do.
fn organisation(copies: usize) -> Facts {
    let mut facts = Facts {
        postman: Reach::Whole,
        ..Facts::default()
    };
    for owner in ["github.com/acme", "gitlab.example.com/acme/shop"] {
        facts.owners.insert(owner.to_owned(), Reach::Whole);
    }
    for number in 0..copies * NAMES.len() {
        let name = NAMES[number % NAMES.len()];
        let name = match number / NAMES.len() {
            0 => name.to_owned(),
            more => format!("{name}-{more}"),
        };
        let (site, owner) = match number % 3 {
            0 => ("https://gitlab.example.com", "gitlab.example.com/acme/shop"),
            _ => ("https://github.com", "github.com/acme"),
        };
        add(&mut facts, site, owner, &name, number);
    }
    let web = "https://github.com";
    // The copy of a repository with everything in it, and a fork.
    let payments = named(&mut facts, "payments").clone();
    for (name, is_fork) in [("payments-next", false), ("payments-fork", true)] {
        let key = key(web, name);
        let copy = RepositoryFacts {
            name: format!("github.com/acme/{name}"),
            page: format!("https://github.com/acme/{name}"),
            is_fork,
            ..payments.clone()
        };
        facts.repositories.insert(key, copy);
    }
    named(&mut facts, "catalogue").guards.clear();
    named(&mut facts, "shipping").is_archived = true;
    named(&mut facts, "search").branches = Some(vec![BranchFacts {
        name: "git-postman/pull-3f09c41b7a52".to_owned(),
        head: "0".repeat(40),
        is_requested: Some(false),
    }]);
    let invoices = named(&mut facts, "invoices");
    invoices.services[0].directories[1].path = "postman/schemas/collections".to_owned();
    let identity = named(&mut facts, "identity");
    identity.reach = Reach::Refused("the token may not read its contents".to_owned());
    identity.services.clear();
    api_of(&mut facts, "returns")
        .connected
        .as_mut()
        .unwrap()
        .repository = Some("return-desk".to_owned());
    api_of(&mut facts, "pricing").connected = api_of(&mut facts, "loyalty").connected.clone();
    let gone = id(3, 1);
    facts.apis.insert(
        gone,
        api(
            "Vouchers <b>\"old\"</b>",
            Some(connected("github.com/acme", "vouchers")),
        ),
    );
    let lost = id(1, 13);
    facts.apis.remove(&lost);
    facts
}

fn add(facts: &mut Facts, site: &str, owner: &str, name: &str, number: usize) {
    let own = id(1, number);
    let spot = |line| Spot {
        path: ".postman/api".to_owned(),
        line,
        column: 21,
    };
    let directory = |role: &str, path: &str| DirectoryFacts {
        role: role.to_owned(),
        path: path.to_owned(),
        at: spot(7),
    };
    let repository = RepositoryFacts {
        name: format!("{owner}/{name}"),
        page: format!("https://{owner}/{name}"),
        default_branch: Some("main".to_owned()),
        branches: None,
        is_archived: false,
        is_fork: false,
        reach: Reach::Whole,
        settings: SettingsFacts::default(),
        services: vec![ServiceFacts {
            folder: String::new(),
            claims: vec![Claim {
                kind: ClaimKind::Api,
                id: own.clone(),
                at: spot(2),
            }],
            directories: vec![
                directory("schema directory", "postman/schemas"),
                directory("collection directory", "postman/collections"),
            ],
        }],
        guards: vec![Guard {
            kind: GuardKind::Ci,
            path: ".github/workflows/check.yml".to_owned(),
        }],
    };
    facts.repositories.insert(key(site, name), repository);
    let title = format!("{}{} API", name[..1].to_uppercase(), &name[1..]);
    facts
        .apis
        .insert(own, api(&title, Some(connected(owner, name))));
}

fn key(site: &str, id: &str) -> RepositoryKey {
    RepositoryKey {
        site: site.to_owned(),
        id: id.to_owned(),
    }
}

fn id(kind: usize, number: usize) -> String {
    format!("{kind:08x}-1111-4222-8333-{number:012x}")
}

fn api(name: &str, connected: Option<ConnectedFacts>) -> ApiFacts {
    ApiFacts {
        kind: ClaimKind::Api,
        name: name.to_owned(),
        workspace: id(9, 9),
        connected,
    }
}

fn connected(owner: &str, name: &str) -> ConnectedFacts {
    let (host, organization) = owner.split_once('/').unwrap();
    ConnectedFacts {
        domain: (host != "github.com").then(|| format!("https://{host}")),
        organization: Some(organization.to_owned()),
        repository: Some(name.to_owned()),
        schema_folder: None,
        collection_folder: None,
    }
}

fn named<'a>(facts: &'a mut Facts, name: &str) -> &'a mut RepositoryFacts {
    let found = facts
        .repositories
        .iter_mut()
        .find(|(key, _)| key.id == name);
    found.unwrap().1
}

fn api_of<'a>(facts: &'a mut Facts, name: &str) -> &'a mut ApiFacts {
    let number = NAMES.iter().position(|one| *one == name).unwrap();
    facts.apis.get_mut(&id(1, number)).unwrap()
}

fn written(folder: &TempDir, facts: &Facts) -> std::path::PathBuf {
    let judged = judge(facts);
    let text = page(&PageParts {
        facts,
        findings: &judged.findings,
        notes: &judged.notes,
        rules: &every_rule(),
    });
    let file = folder.path().join("audit.html");
    fs::write(&file, text).unwrap();
    file
}

/// How many findings and how many groups are shown, and what the page says of it.
fn shown(page: &mut Page<'_>) -> (u64, u64, String) {
    let count = |page: &mut Page<'_>, what: &str| {
        page.value(&format!(
            "[...document.querySelectorAll('{what}')].filter(e => e.checkVisibility()).length"
        ))
        .as_u64()
        .unwrap()
    };
    let rows = count(page, "#found > tbody > tr");
    let groups = count(page, ".group");
    let said = page.value("document.getElementById('shown').textContent");
    (rows, groups, said.as_str().unwrap().to_owned())
}

#[test]
fn the_page_is_quiet_readable_and_reachable_in_both_colours() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, &organisation(3));
    for scheme in [Scheme::Light, Scheme::Dark] {
        let mut page = browser.open(&file, scheme);
        page.expect_quiet();
        let (contrast, worst) = page.lowest_contrast();
        assert!(contrast >= 4.5, "{scheme:?} {contrast}: {worst}");
        let picture = folder.path().join(format!("{scheme:?}.png"));
        page.picture(&picture);
        assert!(fs::metadata(&picture).unwrap().len() > 20_000);
        if let Some(kept) = option_env!("GIT_POSTMAN_KEEP_PICTURES") {
            fs::copy(
                &picture,
                std::path::Path::new(kept).join(format!("{scheme:?}.png")),
            )
            .unwrap();
        }
        let wide = page.value("document.documentElement.scrollWidth <= innerWidth");
        assert_eq!(wide, true);
        page.resize(400, 800);
        let narrow = page.value("document.documentElement.scrollWidth <= innerWidth");
        assert_eq!(narrow, true);
    }
    let mut page = browser.open(&file, Scheme::Light);
    let stops = page.tab_stops(80);
    let controls = [
        "a#skip",
        "input#filter-words",
        "select#filter-severity",
        "select#filter-rule",
        "select#filter-owner",
        "button#filter-reset",
    ];
    assert_eq!(stops[..controls.len()], controls);
    assert!(stops.contains(&"summary".to_owned()), "{stops:?}");
    let landmarks = page.value("['header', 'main', 'form[role=search]', 'h1'].every(s => document.querySelectorAll(s).length === 1)");
    assert_eq!(landmarks, true);
    let unnamed = page.value(
        "[...document.querySelectorAll('input, select')].filter(e => e.labels.length !== 1).length",
    );
    assert_eq!(unnamed, 0);
    let headless = page.value("[...document.querySelectorAll('table')].filter(t => !t.querySelector('th[scope=col]')).length");
    assert_eq!(headless, 0);
    page.value("document.getElementById('skip').focus()");
    page.press("Enter");
    assert_eq!(page.focused(), "h2#findings");
    page.expect_quiet();
}

#[test]
fn filters_show_what_is_asked_for_in_table_and_graph() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let facts = organisation(3);
    let mut by_rule: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in judge(&facts).findings {
        *by_rule.entry(finding.rule.0).or_default() += 1;
    }
    let file = written(&folder, &facts);
    let mut page = browser.open(&file, Scheme::Light);
    let (all, groups, said) = shown(&mut page);
    assert_eq!(all, by_rule.values().sum::<u64>());
    assert!(
        groups > 5 && said.starts_with(&format!("{all} of {all} findings")),
        "{said}"
    );
    // Chosen with the keyboard alone.
    page.value("document.getElementById('filter-severity').focus()");
    page.press("ArrowDown");
    let (errors, fewer, _) = shown(&mut page);
    assert!(
        0 < errors && errors < all && fewer < groups,
        "{errors} of {all}, {fewer} of {groups}"
    );
    let wrong = page.value("[...document.querySelectorAll('#found > tbody > tr')].filter(e => e.checkVisibility() && e.dataset.severity !== 'error').length");
    assert_eq!(wrong, 0);
    page.value("document.getElementById('filter-reset').focus()");
    page.press(" ");
    page.settle();
    assert_eq!(shown(&mut page).0, all);
    for (rule, expected) in &by_rule {
        page.value(&format!("{{ const e = document.getElementById('filter-rule'); e.value = '{rule}'; e.dispatchEvent(new Event('input', {{bubbles: true}})) }}"));
        let (rows, drawn, _) = shown(&mut page);
        assert_eq!(rows, *expected, "{rule}");
        assert!(drawn >= 1 && drawn <= *expected, "{rule}: {drawn}");
    }
    page.value("document.getElementById('filters').reset()");
    page.settle();
    page.value("{ const e = document.getElementById('filter-owner'); e.value = 'gitlab.example.com/acme/shop'; e.dispatchEvent(new Event('input', {bubbles: true})) }");
    let (rows, _, _) = shown(&mut page);
    assert!(0 < rows && rows < all, "{rows}");
    page.value("document.getElementById('filters').reset()");
    page.value("document.getElementById('filter-words').focus()");
    page.type_text("payments next");
    let (rows, drawn, said) = shown(&mut page);
    assert_eq!((rows, drawn), (1, 1), "{said}");
    page.expect_quiet();
}

#[test]
fn a_node_leads_to_its_finding() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, &organisation(1));
    let mut page = browser.open(&file, Scheme::Light);
    page.value("document.querySelector('.group a').focus()");
    page.press("Enter");
    let target = page.value("document.querySelector('#found tr:target') !== null");
    assert_eq!(target, true);
    let dangling = page.value("[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length");
    assert_eq!(dangling, 0);
}

#[test]
fn two_thousand_repositories_are_still_one_usable_page() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut facts = organisation(143);
    for (number, repository) in facts.repositories.values_mut().enumerate() {
        if number % 2 == 0 {
            repository.guards.clear();
        }
    }
    let file = written(&folder, &facts);
    let mut page = browser.open(&file, Scheme::Dark);
    page.expect_quiet();
    let (rows, groups, _) = shown(&mut page);
    assert!(rows > 900 && groups > 400, "{rows}, {groups}");
    // One pass of the filters over all of it, well below what a reader would call waiting.
    let milliseconds = page.value("{ const start = performance.now(); const e = document.getElementById('filter-words'); e.value = 'orders'; e.dispatchEvent(new Event('input', {bubbles: true})); document.body.offsetHeight; performance.now() - start }");
    assert!(milliseconds.as_f64().unwrap() < 5_000.0, "{milliseconds}");
    let (fewer, _, _) = shown(&mut page);
    assert!(0 < fewer && fewer < rows);
}
