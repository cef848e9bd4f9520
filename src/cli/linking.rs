//! What the commands about a link share: which service folder is meant, where its record lies, and questions to a person.

use std::io::{IsTerminal as _, stdin};

use crate::cli::delivering::failure_of;
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::SiteChoice;
use crate::cli::proving::{Around, Proving, alarm};
use crate::cli::repository_paths::repository_paths;
use crate::cli::session::{Decided, Session};
use crate::git::repository::Repository;
use crate::mirror::dates::DatesError;
use crate::mirror::element::RemoteId;
use crate::mirror::home::Home;
use crate::mirror::hosted::Seen;
use crate::mirror::link::{Here, Link, Own, find_link, postman_host};
use crate::mirror::link_named::Named;
use crate::mirror::ownership::Proof;
use crate::mirror::state::MirrorState;
use crate::mirror::state_ref::{local_copy, state_ref};
use crate::mirror::store::{Draft, StateStore, Stored, Swap};
use crate::mirror::store_git::GitStore;
use crate::mirror::target::TargetError;
use crate::model::id::CommitId;
use crate::model::path::RepoPath;
use crate::model::snapshot::Snapshot;
use crate::model::text::visible;
use crate::net::base_url::BaseUrl;
use crate::postman::client::DEFAULT_BASE_URL;
use crate::project::Project;
use crate::project::service::{self, Service};

/// Where a link is looked for.
pub struct Ground {
    /// The repository.
    pub repository: Repository,
    /// What tells it from others.
    pub home: Home,
    /// Its files.
    pub snapshot: Box<dyn Snapshot>,
    /// The configuration among them.
    pub decided: Decided,
    /// The folder that is meant.
    pub folder: RepoPath,
    /// The reference of the record.
    pub state_ref: String,
    /// Postman's host.
    pub host: String,
    /// What is known of who hosts it.
    pub proving: Proving,
}

/// Whether the folder that is meant has to be connected already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It may be any folder.
    Any,
    /// It is the one that is connected, where there is only one.
    Connected,
}

impl Ground {
    /// The files on disk; in a bare repository the last commit's.
    ///
    /// # Errors
    /// No repository, a configuration that cannot be used, several folders of which none is named.
    pub fn of(
        session: &Session,
        option: Option<&str>,
        meaning: Meaning,
        site: &SiteChoice,
    ) -> Result<Self, Failure> {
        let repository = session.repository()?;
        let snapshot = if repository.is_bare() {
            repository.commit(&repository.resolve("HEAD")?)?
        } else {
            repository.worktree()?
        };
        let decided = session.decided(Some(&*snapshot))?;
        let folder = folder(session, &repository, &*snapshot, &decided, option, meaning)?;
        let home = Home::of(&repository)?;
        let url = session.environment.postman_api_url.as_deref();
        let base = BaseUrl::parse(url.unwrap_or(DEFAULT_BASE_URL));
        let base = base.map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Self {
            state_ref: state_ref(decided.config.state_ref.as_deref(), &folder),
            host: postman_host(&base),
            proving: Proving::begin(session, &home, site),
            repository,
            home,
            snapshot,
            decided,
            folder,
        })
    }

    /// Where the record is kept: shared through the remote, where there is one.
    pub fn store(&self) -> GitStore<'_> {
        GitStore::new(
            &self.repository,
            self.home.remote.as_deref(),
            &self.state_ref,
        )
    }

    /// The record as this clone last saw it: no network takes part.
    pub fn seen_store(&self) -> GitStore<'_> {
        GitStore::new(&self.repository, None, &local_copy(&self.state_ref))
    }

    /// The files understood.
    ///
    /// # Errors
    /// Where they cannot be listed.
    pub fn project(&self) -> Result<Project<'_>, Failure> {
        Ok(Project::load(&*self.snapshot, &self.decided.config)?)
    }

    /// What is known for looking the link up.
    pub fn here(&self) -> Here<'_> {
        Here {
            home: &self.home,
            state_ref: &self.state_ref,
            host: &self.host,
            seen: self.proving.seen(),
        }
    }

    /// By what it is known which repository this is.
    pub fn proof(&self) -> Proof {
        match (self.proving.seen(), &self.home.address) {
            (Some(seen), _) => seen.source.proof(),
            (None, Some(_)) => Proof::Address,
            (None, None) => Proof::FirstCommits,
        }
    }

    /// Who hosts it can be asked from here.
    pub fn around<'a>(&'a self, session: &'a Session) -> Around<'a> {
        Around {
            session,
            repository: &self.repository,
            home: &self.home,
        }
    }

    /// The link of a folder, by the best proof that it takes. `host` is Postman's.
    ///
    /// # Errors
    /// No link; ends that do not agree are told with what Postman says.
    pub fn link(
        &self,
        session: &Session,
        project: &Project<'_>,
        service: &Service,
        state: Option<&MirrorState>,
        host: &str,
    ) -> Result<Link, Failure> {
        let find = |seen: Option<&Seen>| {
            let here = Here {
                host,
                seen,
                ..self.here()
            };
            find_link(project, service, state, &here)
        };
        let found = self.proving.find(self.around(session), find)?;
        found.map_err(|error| alarm(error, session))
    }

    /// Proves before the first write that the record is this repository's, where it was known by less than an id. Gives what
    /// was proven beyond the link.
    ///
    /// # Errors
    /// A record that is another repository's.
    pub fn prove(
        &self,
        session: &Session,
        link: &Link,
        state: &MirrorState,
    ) -> Result<Option<Own>, Failure> {
        if link.proof.is_by_id() {
            return Ok(None);
        }
        let named = Named::of(&link.target);
        let around = self.around(session);
        let proven = self
            .proving
            .prove(around, &state.owner, Some(&named), &self.here())?;
        proven.map(Some).map_err(|error| alarm(error, session))
    }

    /// The folder that is meant, in a project of this repository.
    pub fn service(&self, project: &mut Project<'_>, snapshot: &dyn Snapshot) -> usize {
        let known = project
            .services
            .iter()
            .position(|service| service.folder == self.folder);
        known.unwrap_or_else(|| {
            let service = service::read(snapshot, project.listing, &self.folder, project.config);
            project.services.push(service);
            project.services.len() - 1
        })
    }

    /// Replaces the record.
    ///
    /// # Errors
    /// A remote that does not take it, or somebody who was faster.
    pub fn record(
        &self,
        before: Option<&CommitId>,
        state: &MirrorState,
        message: &str,
        now: u64,
    ) -> Result<CommitId, Failure> {
        let draft = Draft {
            state,
            blobs: &std::collections::BTreeMap::new(),
            message,
            now,
        };
        match self.store().swap(before, &draft)? {
            Swap::Done(commit) => Ok(commit),
            Swap::Lost(_) => Err(Failure::of(
                Kind::Overtaken,
                "somebody else wrote the mirror's record at the same time",
            )
            .with_hint("run it again: it looks anew at what is there")),
        }
    }
}

/// Refuses to change a link that another run is using.
///
/// # Errors
/// A claim that still counts.
pub fn refuse_while_claimed(stored: Option<&Stored>, now: u64) -> Result<(), Failure> {
    let claim = stored.and_then(|stored| stored.state.claim.as_ref());
    match claim.filter(|claim| claim.counts(now)) {
        None => Ok(()),
        Some(claim) => Err(Failure::of(
            Kind::Overtaken,
            format!(
                "another run, `{}`, is at work on this link; its claim ends in {} seconds",
                visible(&claim.run),
                claim.until.saturating_sub(now)
            ),
        )
        .with_hint("wait until it is done, then try again")),
    }
}

/// Says so where a claim lasts longer than any claim does.
pub fn tell_of_wrong_clock(session: &Session, state: Option<&MirrorState>) {
    let now = session.now();
    let claim = state.and_then(|state| state.claim.as_ref());
    if let Some(claim) = claim.filter(|claim| claim.until > now && !claim.counts(now)) {
        session.output.note(&format!(
            "the claim of the run `{}` lasts for {} hours more, which none does: a clock is or was wrong, here or there, and it does not count",
            visible(&claim.run),
            (claim.until - now) / 3600
        ));
    }
}

/// An id as the user wrote it.
///
/// # Errors
/// One that cannot be one.
pub fn id(option: &str, text: &str) -> Result<RemoteId, Failure> {
    RemoteId::parse(&text.trim().to_ascii_lowercase()).ok_or_else(|| {
        Failure::usage(format!("{option} {}: no id of Postman's", visible(text)))
            .with_hint("an id is a UUID; Postman shows it under the info sign beside the name")
    })
}

/// Whether there is a person to ask.
pub fn is_attended(session: &Session) -> bool {
    stdin().is_terminal() && std::io::stderr().is_terminal() && !session.environment.ci
}

/// Asks for a line.
///
/// # Errors
/// Where none can be read.
pub fn ask(session: &Session, question: &str) -> Result<String, Failure> {
    session.output.plain(question);
    let mut answer = String::new();
    let read = stdin().read_line(&mut answer);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    Ok(answer.trim().to_owned())
}

/// Asks which of several; the answer is counted from 0.
///
/// # Errors
/// An answer that is none of them.
pub fn choose(session: &Session, question: &str, from: &[String]) -> Result<usize, Failure> {
    session.output.plain(question);
    for (number, entry) in from.iter().enumerate() {
        session.output.plain(&format!("{:4}  {entry}", number + 1));
    }
    let answer = ask(session, &format!("1 to {}:", from.len()))?;
    match answer.parse::<usize>() {
        Ok(number) if (1..=from.len()).contains(&number) => Ok(number - 1),
        _ => Err(Failure::usage("nothing was chosen, and nothing was done")),
    }
}

/// Why Postman's side of a link could not be read.
pub fn unread(error: TargetError) -> Failure {
    match error {
        TargetError::Postman(error) => error.into(),
        TargetError::Delivery(error) => failure_of(&error),
        other => Failure::of(Kind::Service, other.to_string()),
    }
}

/// The failure of a comparison by dates.
pub fn undated(error: DatesError) -> Failure {
    match error {
        DatesError::Target(error) => unread(error),
        DatesError::Store(error) => error.into(),
    }
}

fn folder(
    session: &Session,
    repository: &Repository,
    snapshot: &dyn Snapshot,
    decided: &Decided,
    option: Option<&str>,
    meaning: Meaning,
) -> Result<RepoPath, Failure> {
    if let Some(written) = option {
        let paths = repository_paths(&[written.to_owned()], repository, session)?;
        return Ok(paths.into_iter().next().unwrap_or_else(RepoPath::root));
    }
    let project = Project::load(snapshot, &decided.config)?;
    let known: Vec<&Service> = project
        .services
        .iter()
        .filter(|service| is_connected(service))
        .collect();
    let here = place(session, repository);
    let around = known
        .iter()
        .filter(|service| {
            here.as_ref()
                .is_some_and(|here| here.is_within(&service.folder))
        })
        .max_by_key(|service| service.folder.as_bytes().len());
    if let Some(service) = around {
        return Ok(service.folder.clone());
    }
    match (known.as_slice(), meaning) {
        ([], _) => Ok(RepoPath::root()),
        ([only], Meaning::Connected) => Ok(only.folder.clone()),
        (several, _) => {
            let folders: Vec<String> = several
                .iter()
                .map(|service| format!("`{}`", service.folder))
                .collect();
            Err(Failure::usage(format!(
                "several folders may be meant; connected are {}",
                folders.join(", ")
            ))
            .with_hint("name one with --folder DIR, or run it there"))
        }
    }
}

fn is_connected(service: &Service) -> bool {
    service.index.is_some()
        || service.resources.is_some()
        || !service.apis.is_empty()
        || !service.unread.is_empty()
}

/// Where it was started, from the root of the repository; `None` where that cannot be told.
fn place(session: &Session, repository: &Repository) -> Option<RepoPath> {
    let root = repository.root()?.canonicalize().ok()?;
    let here = session.directory.canonicalize().ok()?;
    let below = here.strip_prefix(&root).ok()?.to_str()?;
    RepoPath::parse(&below.replace('\\', "/")).ok()
}
