//! Every operation on every product, run and printed: by which means each was done is what the stand-in saw, held against
//! what the provider says of itself; and every request held against our contracts and against the providers' own
//! descriptions, and twenty commits at once on one branch.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use git_postman::model::secret::Secret;
use git_postman::net::clock::SteppedClock;
use git_postman::provider::api::{CommitStatus, Provider, PullRequestDraft, StatusState};
use git_postman::provider::capability::{Means, Operation};
use git_postman::provider::conditional::NoMemory;
use git_postman::provider::error::ProviderError;
use git_postman::provider::github::service::GitHub;
use git_postman::provider::kind::ProviderKind;
use git_postman::provider::site::{RepositoryName, Site};

use crate::support::azure::{self, FakeAzure};
use crate::support::bare::Bare;
use crate::support::bitbucket_cloud::{self, FakeCloud};
use crate::support::bitbucket_server::{self, FakeServer};
use crate::support::contract::{Contract, Exchange};
use crate::support::emulate::{self, Emulate};
use crate::support::gitlab::{self, FakeGitLab};
use crate::support::graphql::Schema;
use crate::support::hub::{self, Hub};
use crate::support::openapi::{Description, Wired};
use crate::support::provider_story::{
    Race, branch, change, is_whole, odd_repository, races, write,
};
use crate::support::service::Service;

/// What stands behind a column.
enum Behind {
    Hub(Arc<Hub>),
    GitLab(FakeGitLab),
    Cloud(FakeCloud),
    Server(FakeServer),
    Azure(FakeAzure),
}

/// A product, or a kind of token that makes another one of it.
struct Column {
    head: &'static str,
    provider: Box<dyn Provider>,
    name: RepositoryName,
    owner: &'static str,
    behind: Behind,
}

/// What was seen of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    rest: usize,
    graphql: usize,
    git: usize,
    cannot: Option<&'static str>,
}

/// Where a published description says less than its maker's own words, or the cut that lies beside the repository has left a
/// call out: product, what the fault holds, and why it is none of ours. One that nothing meets any more is to be taken out.
const GAPS: &[(&str, &str, &str)] = &[
    (
        "Bitbucket Cloud",
        "no parameter pagelen",
        "pages are described once for all lists, in prose",
    ),
    (
        "Bitbucket Cloud",
        "no parameter page",
        "pages are described once for all lists, in prose",
    ),
    (
        "Bitbucket Cloud",
        "no parameter q",
        "filters are described once for all lists, in prose",
    ),
    (
        "Bitbucket Cloud",
        "\"type\" is a required property",
        "every model has it, and the examples of writes leave it out",
    ),
    (
        "Bitbucket Cloud",
        "no member description",
        "the model lacks it, and the examples of the same page have it",
    ),
    (
        "Bitbucket Cloud",
        "/decline: there is no such call",
        "it is not in the cut",
    ),
    (
        "Bitbucket Data Center",
        "/decline?version=1: there is no such call",
        "it is not in the cut",
    ),
];

const FILES: &[(&str, &str)] = &[("a.json", "{}\n"), ("postman/b.yaml", "a: 1\n")];

fn files() -> Bare {
    let files: Vec<(&str, &[u8])> = FILES
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    Bare::with(&files)
}

/// All of them, each over a repository of its own.
fn columns(bare: impl Fn() -> Bare) -> Vec<Column> {
    let github = |head, is_server| {
        let hub = Hub::start(is_server, FILES);
        let kind = match is_server {
            true => ProviderKind::GitHubEnterprise,
            false => ProviderKind::GitHub,
        };
        let site = Site::new(kind, hub.url()).unwrap();
        let mut settings = GitHub::settings(&site).unwrap();
        settings.clock = Arc::new(SteppedClock::default());
        Column {
            head,
            provider: Box::new(GitHub::new(site, Secret::new(hub::TOKEN), settings).unwrap()),
            name: RepositoryName::parse(hub::NAME).unwrap(),
            owner: "acme",
            behind: Behind::Hub(hub),
        }
    };
    let gitlab = |head, fake: FakeGitLab, token| Column {
        head,
        provider: Box::new(fake.client(token)),
        name: FakeGitLab::name(),
        owner: "acme",
        behind: Behind::GitLab(fake),
    };
    let azure = |head, fake: FakeAzure| Column {
        head,
        provider: Box::new(fake.client(azure::TOKEN)),
        name: FakeAzure::name(),
        owner: "My Proj",
        behind: Behind::Azure(fake),
    };
    let cloud = FakeCloud::start(bare());
    let server = FakeServer::start(bare());
    let job = FakeGitLab::cloud(bare());
    job.turn(|knobs| knobs.jobs_push = true);
    vec![
        github("GitHub", false),
        github("GitHub Enterprise Server", true),
        gitlab("GitLab.com", FakeGitLab::cloud(bare()), gitlab::TOKEN),
        gitlab(
            "GitLab Self-Managed",
            FakeGitLab::self_managed(bare()),
            gitlab::TOKEN,
        ),
        gitlab("GitLab job token", job, gitlab::JOB),
        Column {
            head: "Bitbucket Cloud",
            provider: Box::new(cloud.client(bitbucket_cloud::TOKEN)),
            name: FakeCloud::name(),
            owner: "acme",
            behind: Behind::Cloud(cloud),
        },
        Column {
            head: "Bitbucket Data Center",
            provider: Box::new(server.client(bitbucket_server::TOKEN)),
            name: FakeServer::name(),
            owner: "SHOP",
            behind: Behind::Server(server),
        },
        azure("Azure DevOps Services", FakeAzure::services(bare())),
        azure("Azure DevOps Server", FakeAzure::server(bare())),
    ]
}

impl Column {
    /// Everything that was said to the API, with paths as the published descriptions have them.
    fn wired(&self) -> Vec<Wired> {
        let service = match &self.behind {
            Behind::Hub(hub) => return hub.exchanges(),
            Behind::GitLab(fake) => &fake.service,
            Behind::Cloud(fake) => &fake.service,
            Behind::Server(fake) => &fake.service,
            Behind::Azure(fake) => &fake.service,
        };
        let wired = |one: Exchange| Wired {
            method: one.method,
            target: match self.behind {
                Behind::Server(_) => one.target.trim_start_matches("/rest").to_owned(),
                Behind::Azure(_) => format!("/acme{}", one.target),
                _ => one.target,
            },
            body: one.body,
            kind: one.sent_type.unwrap_or_default(),
            status: one.status,
        };
        service.exchanges().into_iter().map(wired).collect()
    }

    /// So far.
    fn seen(&self) -> Seen {
        let all = self.wired();
        let graphql = all.iter().filter(|one| one.target == "/graphql").count();
        let git = match &self.behind {
            Behind::Hub(_) => 0,
            Behind::GitLab(fake) => fake.service.git_calls(),
            Behind::Cloud(fake) => fake.service.git_calls(),
            Behind::Server(fake) => fake.service.git_calls(),
            Behind::Azure(fake) => fake.service.git_calls(),
        };
        Seen {
            rest: all.len() - graphql,
            graphql,
            git,
            cannot: None,
        }
    }

    /// Does something, and says what was seen of it.
    fn watch(&self, work: impl FnOnce() -> Result<(), ProviderError>) -> Seen {
        let before = self.seen();
        let outcome = work();
        let after = self.seen();
        let mut seen = Seen {
            rest: after.rest - before.rest,
            graphql: after.graphql - before.graphql,
            git: after.git - before.git,
            cannot: None,
        };
        match outcome {
            Ok(()) => {}
            Err(ProviderError::Cannot { reason, .. }) => seen.cannot = Some(reason),
            Err(error) => panic!("{}: {error}", self.head),
        }
        seen
    }

    /// Every method of the seam, operation by operation.
    fn run(&self) -> BTreeMap<Operation, Seen> {
        let (provider, name) = (&*self.provider, &self.name);
        let (main, work) = (branch("main"), branch("work/a"));
        let text = "Text.\n\n".to_owned() + &provider.marker("pull");
        let draft = PullRequestDraft {
            source: &work,
            target: &main,
            title: "Pull",
            body: &text,
        };
        let can = |operation| !matches!(provider.capabilities().of(operation), Means::Cannot(_));
        let mut head = provider.resolve(name, &main).unwrap().unwrap();
        let mut seen = BTreeMap::new();
        for operation in Operation::ALL {
            // What one operation needs of another is made before anybody counts.
            let opened = match operation {
                Operation::PullRequest => {
                    let more = [change("more.json", None, Some(b"{}"))];
                    write(provider, name, work.as_str(), head.as_str(), more).unwrap();
                    None
                }
                Operation::Comment if can(Operation::PullRequest) => {
                    Some(provider.open_pull_request(name, &draft).unwrap().number)
                }
                _ => None,
            };
            let did = self.watch(|| match operation {
                Operation::Repository => {
                    let found = provider.repository(name)?;
                    assert!(found.name.is_same(name));
                    Ok(())
                }
                Operation::Repositories => {
                    let found = provider.repositories(self.owner, &NoMemory)?;
                    assert!(found.iter().any(|one| one.name.is_same(name)));
                    Ok(())
                }
                Operation::Branches => {
                    let found = provider.branches(name)?;
                    assert!(found.iter().any(|one| one.name == main));
                    Ok(())
                }
                Operation::Resolve => {
                    assert_eq!(provider.resolve(name, &main)?.as_ref(), Some(&head));
                    Ok(())
                }
                Operation::Snapshot => {
                    let snapshot = provider.snapshot(name, &head)?;
                    let listing = snapshot.listing().unwrap();
                    let paths: Vec<_> = listing
                        .entries()
                        .iter()
                        .map(|one| one.path.clone())
                        .collect();
                    assert!(paths.len() >= FILES.len());
                    snapshot.prefetch(&paths).unwrap();
                    for path in &paths {
                        snapshot.read(path, 1000).unwrap();
                    }
                    Ok(())
                }
                Operation::Commit => {
                    let changes = [
                        change("a.json", Some(b"{}\n"), Some(b"[]\n")),
                        change("new.json", None, Some(b"{}\n")),
                    ];
                    head = write(provider, name, "main", head.as_str(), changes)?;
                    Ok(())
                }
                Operation::CreateBranch => provider.create_branch(name, &work, &head),
                Operation::PullRequest => {
                    let made = provider.open_pull_request(name, &draft)?;
                    assert_eq!(provider.open_pull_requests(name, &work, &main)?.len(), 1);
                    provider.edit_pull_request(name, &made, "Pull 2", &text)?;
                    let again = provider.open_pull_requests(name, &work, &main)?;
                    provider.close_pull_request(name, &again[0])
                }
                Operation::Comment => {
                    let number = opened.unwrap_or(1);
                    let made = provider.add_comment(name, number, "One")?;
                    provider.edit_comment(name, number, &made, "Two")?;
                    assert_eq!(provider.comments(name, number)?.len(), 1);
                    Ok(())
                }
                Operation::Status => {
                    let status = CommitStatus {
                        context: "git-postman",
                        state: StatusState::Success,
                        description: "fine",
                        page: Some("https://ci.example.com/1"),
                    };
                    provider.set_status(name, &head, &status)
                }
                Operation::Access => {
                    provider.access(name, &main)?;
                    Ok(())
                }
            });
            seen.insert(operation, did);
        }
        seen
    }
}

impl Seen {
    fn told(&self, reasons: &mut Vec<&'static str>) -> String {
        if let Some(reason) = self.cannot {
            let known = reasons.iter().position(|one| *one == reason);
            let number = known.unwrap_or_else(|| {
                reasons.push(reason);
                reasons.len() - 1
            });
            return format!("cannot [{}]", number + 1);
        }
        let parts = [
            ("git", self.git),
            ("REST", self.rest),
            ("GraphQL", self.graphql),
        ];
        let parts = parts.iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(word, count)| format!("{word} {count}"))
            .collect();
        parts.join(" + ")
    }

    /// What it was done by.
    fn means(&self) -> Means {
        match (self.cannot, self.git) {
            (Some(reason), _) => Means::Cannot(reason),
            (None, 0) => Means::Api,
            (None, _) => Means::Git,
        }
    }
}

/// Rows as Markdown has them, all cells of a column as wide as its widest.
#[expect(clippy::print_stdout, reason = "the tables are what is wanted")]
fn print(rows: &[Vec<String>]) {
    let count = rows[0].len();
    let width = |at: usize| {
        rows.iter()
            .map(|row| row[at].chars().count())
            .max()
            .unwrap()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        println!("| {} |", cells.join(" | "));
        if number == 0 {
            let lines: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            println!("| {} |", lines.join(" | "));
        }
    }
}

#[test]
fn every_operation_on_every_product_is_done_as_it_is_said() {
    let columns = columns(files);
    let mut rows = vec![vec!["operation".to_owned()]];
    rows.extend(Operation::ALL.map(|operation| vec![operation.words().to_owned()]));
    let mut reasons = Vec::new();
    for column in &columns {
        rows[0].push(column.head.to_owned());
        let seen = column.run();
        for (row, (operation, did)) in rows[1..].iter_mut().zip(&seen) {
            let said = column.provider.capabilities().of(*operation);
            assert_eq!(did.means(), said, "{}: {operation:?}: {did:?}", column.head);
            let calls = did.rest + did.graphql + did.git;
            assert_eq!(
                calls == 0,
                did.cannot.is_some(),
                "{}: {operation:?}",
                column.head
            );
            row.push(did.told(&mut reasons));
        }
    }
    assert_eq!(columns.len(), ProviderKind::ALL.len() + 1);
    print(&rows);
    for (number, reason) in reasons.iter().enumerate() {
        println!("[{}] {reason}", number + 1);
    }
}

/// The provider's own description, where it is at hand.
fn published(column: &Column) -> Option<Description> {
    let file = match (&column.behind, column.provider.site().kind) {
        (Behind::Hub(_), _) => "github",
        (Behind::GitLab(_), _) => "gitlab",
        (Behind::Cloud(_), _) => "bitbucket",
        (Behind::Server(_), _) => "bitbucket-dc",
        (Behind::Azure(_), ProviderKind::AzureServer) => "azure-devops-server",
        (Behind::Azure(_), _) => "azure-devops",
    };
    let text = reference(&format!("{file}.openapi.json"))?;
    Some(Description::parse(&text))
}

fn reference(file: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/providers");
    fs::read_to_string(folder.join(file)).ok()
}

/// How many requests our own contract was held against, and where they broke it.
fn own_contract(column: &Column) -> (usize, Vec<String>) {
    let held = |service: &Service, below: &str, text: &str| {
        let (count, violations) = service.violations_below(below, &Contract::new(text));
        let told = violations
            .iter()
            .map(|one| format!("{:?}: {}", one.side, one.what));
        (count, told.collect())
    };
    match &column.behind {
        Behind::Hub(hub) => {
            let own = Description::parse(include_str!("support/github.openapi.json"));
            let all = hub.exchanges();
            let faults = all.iter().flat_map(|one| own.faults(one)).collect();
            (all.len(), faults)
        }
        Behind::GitLab(fake) => held(
            &fake.service,
            "/api/v4/",
            include_str!("support/contract_gitlab.json"),
        ),
        Behind::Cloud(fake) => held(
            &fake.service,
            "",
            include_str!("support/contract_bitbucket_cloud.json"),
        ),
        Behind::Server(fake) => held(
            &fake.service,
            "",
            include_str!("support/contract_bitbucket_server.json"),
        ),
        Behind::Azure(fake) => held(
            &fake.service,
            "",
            include_str!("support/contract_azure.json"),
        ),
    }
}

#[test]
fn every_request_is_one_that_its_provider_describes() {
    let graphql = reference("github.graphql").map(|text| Schema::parse(&text));
    if graphql.is_none() {
        // No part of the repository, so CI has them only where they lie beside it.
        println!("skipped: the published descriptions are not beside the repository");
    }
    let words = [
        "product",
        "requests",
        "by our contract",
        "by the published one",
        "by GraphQL's",
        "gaps of the published one",
        "violations",
    ];
    let mut rows = vec![words.map(str::to_owned).to_vec()];
    let mut broken = Vec::new();
    let mut met = [graphql.is_none(); GAPS.len()];
    for column in columns(odd_repository) {
        column.run_or_whole();
        let (count, mut faults) = own_contract(&column);
        let (mut by_published, mut by_schema) = (0, 0);
        if let (Some(description), Some(schema)) = (published(&column), &graphql) {
            for one in column.wired() {
                if one.target == "/graphql" {
                    by_schema += 1;
                    faults.extend(schema.faults(&one.body));
                } else {
                    by_published += 1;
                    faults.extend(description.faults(&one));
                }
            }
            assert!(by_published > 0);
        }
        let all = faults.len();
        for (number, (product, what, _)) in GAPS.iter().enumerate() {
            let before = faults.len();
            faults.retain(|fault| column.head != *product || !fault.ends_with(what));
            met[number] |= faults.len() < before;
        }
        let gaps = all - faults.len();
        assert!(count > 0);
        let counts = [
            column.wired().len(),
            count,
            by_published,
            by_schema,
            gaps,
            faults.len(),
        ];
        let mut row = vec![column.head.to_owned()];
        row.extend(counts.map(|count| count.to_string()));
        rows.push(row);
        broken.extend(
            faults
                .into_iter()
                .map(|fault| format!("{}: {fault}", column.head)),
        );
    }
    print(&rows);
    if graphql.is_some() {
        for (product, what, why) in GAPS {
            println!("gap: {product}: {what}: {why}");
        }
    }
    for ((product, what, _), was_met) in GAPS.iter().zip(met) {
        assert!(was_met, "nothing meets this any more: {product}: {what}");
    }
    broken.sort_unstable();
    broken.dedup();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

impl Column {
    /// The whole story, where there is a repository with everything odd behind it; each operation once elsewhere.
    fn run_or_whole(&self) {
        let bare = match &self.behind {
            Behind::GitLab(_) if self.head.ends_with("token") => None,
            Behind::Hub(_) => None,
            Behind::GitLab(fake) => Some(&fake.bare),
            Behind::Cloud(fake) => Some(&fake.bare),
            Behind::Server(fake) => Some(&fake.bare),
            Behind::Azure(fake) => Some(&fake.bare),
        };
        match bare {
            Some(bare) => is_whole(&*self.provider, bare, &self.name, self.owner),
            None => {
                self.run();
            }
        }
    }
}

#[test]
fn of_twenty_commits_at_once_each_landed_or_was_told_that_the_branch_moved() {
    let words = [
        "product",
        "commits at once",
        "landed",
        "refused as moved",
        "lost",
    ];
    let mut rows = vec![words.map(str::to_owned).to_vec()];
    let mut add = |head: &str, race: Race| {
        let counts = [20, race.landed, race.moved, race.lost];
        let mut row = vec![head.to_owned()];
        row.extend(counts.map(|count| count.to_string()));
        rows.push(row);
        assert_eq!(race.lost, 0, "{head}");
    };
    for column in columns(files) {
        // The same calls to the same stand-in once more would show nothing.
        let race = match &column.behind {
            Behind::Hub(hub) => races(&*column.provider, &Bare::over(&hub.path()), &column.name),
            Behind::GitLab(_) if column.head != "GitLab.com" => continue,
            Behind::GitLab(fake) => races(&*column.provider, &fake.bare, &column.name),
            Behind::Cloud(fake) => races(&*column.provider, &fake.bare, &column.name),
            Behind::Server(fake) => races(&*column.provider, &fake.bare, &column.name),
            Behind::Azure(_) if column.head != "Azure DevOps Services" => continue,
            Behind::Azure(fake) => races(&*column.provider, &fake.bare, &column.name),
        };
        add(column.head, race);
        // GitLab's and Bitbucket Data Center's commits are pushes, of which no contract speaks.
        let (_, faults) = own_contract(&column);
        assert!(
            faults.is_empty(),
            "{}",
            faults.join(
                "
"
            )
        );
    }
    if let Some(peer) = Emulate::over(files()) {
        let site = Site::new(ProviderKind::GitHub, &peer.service.url).unwrap();
        let settings = GitHub::settings(&site).unwrap();
        let github = GitHub::new(site, Secret::new(emulate::TOKEN), settings).unwrap();
        let name = RepositoryName::parse(emulate::NAME).unwrap();
        add("GitHub (emulate)", races(&github, &peer.bare, &name));
    }
    print(&rows);
}
