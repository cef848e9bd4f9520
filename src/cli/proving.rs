//! Which repository this is, by who hosts it: what the pipeline says, else one question to the provider. It is asked once at
//! most, and only by a run that is about to write, or that git alone cannot tell whose the record is.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::hosting::{SiteChoice, known, opened};
use crate::cli::provider_token::token;
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::mirror::home::Home;
use crate::mirror::hosted::{Hosted, Seen, Source, of_pipeline};
use crate::mirror::link::{Here, Link, Own, own};
use crate::mirror::link_ends::{ends_told, said_by_postman};
use crate::mirror::link_error::LinkError;
use crate::mirror::link_named::Named;
use crate::mirror::ownership::Proof;
use crate::mirror::state::Owner;
use crate::model::text::{counted, visible};

/// What is known of who hosts this repository.
#[derive(Debug)]
pub struct Proving {
    site: SiteChoice,
    pipeline: Option<Seen>,
    asked: OnceLock<Asked>,
}

/// What became of the question.
#[derive(Debug)]
enum Asked {
    /// It was not asked: nobody is known who could be, or there is no token for it.
    Nobody,
    /// The answer.
    Seen(Seen),
    /// There was none.
    Failed,
}

/// Whom to ask, and what about.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The run.
    pub session: &'a Session,
    /// The repository.
    pub repository: &'a Repository,
    /// What tells it from others.
    pub home: &'a Home,
}

/// Which repository this is, as it is told.
#[derive(Clone, Debug)]
pub struct RepositoryTold {
    /// Its address; empty where it has none.
    pub address: String,
    /// By what it is known.
    pub proof: Proof,
    /// What the record calls or called it.
    pub moved_from: Option<String>,
    /// What the service that hosts it calls it.
    pub hosted: Option<Hosted>,
    /// Calls to the provider that it took.
    pub provider_calls: u64,
}

impl Proving {
    /// What the pipeline says is known from the beginning.
    pub fn begin(session: &Session, home: &Home, site: &SiteChoice) -> Self {
        let said = home.address.as_ref();
        let said = said.and_then(|address| of_pipeline(&session.environment, address));
        Self {
            site: site.clone(),
            pipeline: said.map(|hosted| Seen {
                hosted,
                source: Source::Pipeline,
            }),
            asked: OnceLock::new(),
        }
    }

    /// What is known by now.
    pub fn seen(&self) -> Option<&Seen> {
        match (&self.pipeline, self.asked.get()) {
            (Some(seen), _) | (None, Some(Asked::Seen(seen))) => Some(seen),
            _ => None,
        }
    }

    /// Calls to the provider so far.
    pub fn calls(&self) -> u64 {
        u64::from(matches!(
            self.asked.get(),
            Some(Asked::Seen(_) | Asked::Failed)
        ))
    }

    /// Looks for a link. Where git alone says that the record is another repository's, or cannot say, who hosts it is asked.
    ///
    /// # Errors
    /// What `find` finds, and a site that was named and does not fit.
    pub fn find<T>(
        &self,
        around: Around<'_>,
        find: impl Fn(Option<&Seen>) -> Result<T, LinkError>,
    ) -> Result<Result<T, LinkError>, Failure> {
        let seen = self.seen();
        match find(seen) {
            Err(LinkError::OtherRepository(_) | LinkError::CutOff { .. })
                if seen.is_none() && self.ask(around)?.is_some() =>
            {
                Ok(find(self.seen()))
            }
            found => Ok(found),
        }
    }

    /// Whose a record is, by the best proof that there is. Belongs before the first write.
    ///
    /// # Errors
    /// A record that is another repository's, or may be.
    pub fn prove(
        &self,
        around: Around<'_>,
        recorded: &Owner,
        files: Option<&Named>,
        here: &Here<'_>,
    ) -> Result<Result<Own, LinkError>, Failure> {
        let seen = match self.seen() {
            Some(seen) => Some(seen),
            None => self.ask(around)?,
        };
        let here = Here { seen, ..*here };
        let own = own(recorded, files, &here);
        if let Ok(own) = &own {
            let repository = own.owner.repository.as_str();
            tell(
                around.session,
                repository,
                own.proof,
                own.moved_from.as_deref(),
            );
        }
        Ok(own)
    }

    /// A link as it is told.
    pub fn told(&self, link: &Link, proven: Option<&Own>) -> RepositoryTold {
        let (owner, proof, moved_from) = match proven {
            Some(own) => (&own.owner, own.proof, &own.moved_from),
            None => (&link.owner, link.proof, &link.moved_from),
        };
        RepositoryTold {
            address: owner.repository.clone(),
            proof,
            moved_from: moved_from.clone(),
            hosted: owner.hosted.clone(),
            provider_calls: self.calls(),
        }
    }

    fn ask(&self, around: Around<'_>) -> Result<Option<&Seen>, Failure> {
        if self.asked.get().is_none() {
            let asked = self.asked_now(around)?;
            // Another thread may have been first, with the same answer.
            let _ = self.asked.set(asked);
        }
        Ok(self.seen())
    }

    fn asked_now(&self, around: Around<'_>) -> Result<Asked, Failure> {
        let Around {
            session,
            repository,
            home,
        } = around;
        let Some(remote) = home.remote.as_deref().filter(|_| !session.offline) else {
            return Ok(Asked::Nobody);
        };
        let Some(place) = known(repository, remote, &self.site)? else {
            return Ok(Asked::Nobody);
        };
        if token(&session.environment, &place.site).is_none() {
            return Ok(Asked::Nobody);
        }
        let answer = opened(session, repository.git(), &place.site).and_then(|provider| {
            let answer = provider.repository(&place.repository);
            answer.map_err(Failure::from)
        });
        Ok(match answer {
            Ok(there) => match Hosted::on(&place.site, &there.id, &there.name) {
                Some(hosted) => Asked::Seen(Seen {
                    hosted,
                    source: Source::Provider,
                }),
                None => Asked::Failed,
            },
            // Whether a sync goes on does not hang on a service that has no part in it.
            Err(failure) => {
                session.output.warning(&format!(
                    "{} was not heard on which repository this is ({}): its address and its first commits count",
                    visible(&place.site.web.to_string()),
                    failure.message
                ));
                Asked::Failed
            }
        })
    }
}

impl RepositoryTold {
    /// The member `repository`.
    pub fn as_json(&self) -> Value {
        json!({
            "address": self.address,
            "proof": self.proof.word(),
            "moved_from": self.moved_from,
            "site": self.hosted.as_ref().map(|hosted| &hosted.site),
            "id": self.hosted.as_ref().map(|hosted| &hosted.id),
            "provider_calls": self.provider_calls,
        })
    }

    /// The line for people.
    pub fn for_people(&self) -> String {
        let calls = usize::try_from(self.provider_calls).unwrap_or(usize::MAX);
        let calls = match calls {
            0 => String::new(),
            calls => format!(" ({} to the provider)", counted(calls, "call")),
        };
        format!("this repository is known by {}{calls}\n", self.proof.told())
    }
}

/// Says that the repository was renamed, where it was: nothing stands against it.
pub fn tell_of_move(session: &Session, link: &Link) {
    tell(
        session,
        &link.owner.repository,
        link.proof,
        link.moved_from.as_deref(),
    );
}

fn tell(session: &Session, repository: &str, proof: Proof, moved_from: Option<&str>) {
    let Some(from) = moved_from else { return };
    session.output.note(&format!(
        "the repository was renamed or has moved: the record has `{}`, and this is `{}`, known by {}; what is written next records it",
        visible(from),
        visible(repository),
        proof.told()
    ));
}

/// Files, record and repository do not agree: told with what Postman says of it.
pub fn alarm(error: LinkError, session: &Session) -> Failure {
    let Some(ends) = error.ends() else {
        return error.into();
    };
    let said = said(&ends.asked, session);
    let mut failure = Failure::from(error);
    failure.message = format!(
        "{}: {}",
        failure.message,
        ends_told(&ends.files, &ends.record, &said)
    );
    failure
}

/// What Postman says; that it cannot be asked is no reason to say something else.
fn said(named: &Named, session: &Session) -> String {
    let id = match named {
        Named::Workspace(_) => {
            return "nothing of it, since a workspace is connected to no repository".to_owned();
        }
        Named::Api(id) => id,
    };
    let not_asked = |why: String| format!("nothing, for it was not heard ({why})");
    if session.offline {
        return not_asked("--offline".to_owned());
    }
    let postman = match session.postman() {
        Ok(postman) => postman,
        Err(failure) => return not_asked(failure.message),
    };
    match postman.api(id.bare()) {
        Ok(api) => said_by_postman(&api),
        Err(error) => not_asked(error.to_string()),
    }
}
