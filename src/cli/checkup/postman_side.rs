//! Postman: the key, what is left of its quota, and whether what this repository is connected to is there and says the same.

use crate::cli::checkup::examined::{Examined, Group, is_silence};
use crate::cli::ci_run::foreign;
use crate::cli::failure::Failure;
use crate::cli::hosting::SiteChoice;
use crate::cli::linking::{Ground, Meaning};
use crate::cli::session::Session;
use crate::mirror::link::{Here, Link, find_link, named};
use crate::mirror::link_ends::{told, verify};
use crate::mirror::link_error::LinkError;
use crate::mirror::link_named::Named;
use crate::mirror::state::{LinkTarget, MirrorState};
use crate::mirror::store::StateStore as _;
use crate::model::text::visible;
use crate::postman::apis::Api;
use crate::postman::client::Postman;
use crate::postman::error::PostmanError;
use crate::postman::me::{Me, Usage};
use crate::project::index_file::IndexForm;
use crate::provider::kind::ProviderKind;

/// Where Postman says how an API is connected to a repository.
const CONNECTING: &str = "https://learning.postman.com/docs/designing-and-developing-your-api/versioning-an-api/using-cloud-git-repo/";
/// Where keys are made.
const KEYS: &str = "https://go.postman.co/settings/me/api-keys";
/// With less than this part of the month's calls left, somebody should know.
const SCARCE: f64 = 0.05;

/// What the folder is connected with, as far as it can be told.
#[derive(Default)]
struct Linked {
    named: Option<Named>,
    link: Option<Link>,
    /// The record says that Postman has the files itself, so that no connection is missed.
    is_kept_by_postman: bool,
}

/// What was found.
pub struct PostmanSide {
    /// What was looked at.
    pub group: Group,
    /// The active branch as the record has it.
    pub branch: Option<String>,
}

/// Looks at all of it. `product` hosts the repository.
pub fn examine(
    session: &Session,
    folder: Option<&str>,
    site: &SiteChoice,
    product: Option<ProviderKind>,
) -> PostmanSide {
    let mut group = Group {
        name: "postman",
        ..Group::default()
    };
    let postman = key(session, &mut group);
    let mut branch = None;
    match Ground::of(session, folder, Meaning::Connected, site) {
        Err(failure) => group.examined.push(Examined::of_failure("link", &failure)),
        Ok(ground) => {
            let linked = linked(session, &ground, &mut group, &mut branch);
            if let Err(failure) = linked
                .and_then(|linked| ends(postman.as_ref(), &ground, &linked, product, &mut group))
            {
                group.examined.push(Examined::of_failure("link", &failure));
            }
        }
    }
    PostmanSide { group, branch }
}

/// Who the key is, and what it may still do this month.
fn key(session: &Session, group: &mut Group) -> Option<Postman> {
    let id = "key";
    if session.offline {
        group
            .examined
            .push(Examined::skipped(id, "not asked: --offline"));
        return None;
    }
    if let Some((run, why)) = foreign(session) {
        group.examined.push(
            Examined::skipped(id, format!("no key is read in this run: {why}"))
                .with_fix(format!("look in {}", run.system.on_a_branch())),
        );
        return None;
    }
    if session.environment.postman_api_key.is_none() {
        group.examined.push(
            Examined::skipped(
                id,
                "there is no key in POSTMAN_API_KEY, so Postman was not asked",
            )
            .with_fix("make one and set POSTMAN_API_KEY")
            .with_page(KEYS),
        );
        return None;
    }
    let postman = match session.postman() {
        Ok(postman) => postman,
        Err(failure) => {
            group.examined.push(Examined::of_failure(id, &failure));
            return None;
        }
    };
    match postman.me() {
        Ok(me) => {
            group.is_answered = true;
            group.examined.push(Examined::ok(
                id,
                format!("the key in POSTMAN_API_KEY is {}", whose(&me)),
            ));
            group.examined.extend(me.usage.map(quota));
            Some(postman)
        }
        Err(error) => {
            group.examined.push(refused(id, &error, group));
            None
        }
    }
}

fn whose(me: &Me) -> String {
    let name = me.full_name.as_deref().filter(|name| !name.is_empty());
    let name = visible(name.unwrap_or(&me.username));
    match &me.team {
        Some(team) if !team.is_empty() => format!("{name}'s, of the team {}", visible(team)),
        _ => format!("{name}'s"),
    }
}

fn quota(usage: Usage) -> Examined {
    let id = "quota";
    let Some(limit) = usage.limit else {
        return Examined::ok(
            id,
            format!("{:.0} calls this month, without limit", usage.used),
        );
    };
    let seen = format!(
        "{:.0} of {limit:.0} calls of this month are used",
        usage.used
    );
    if limit - usage.used > limit * SCARCE {
        return Examined::ok(id, seen);
    }
    Examined::warning(
        id,
        seen,
        "`push` and `pull` with --dry-run say what they cost; --by-dates costs less; the plan decides the limit",
    )
}

fn refused(id: &'static str, error: &PostmanError, group: &Group) -> Examined {
    let is_unanswered = matches!(error, PostmanError::Unreachable(cause) if is_silence(cause))
        && !group.is_answered;
    Examined {
        is_unanswered,
        ..Examined::wrong(id, error.to_string(), error.hint())
    }
}

/// What the files and the record say.
fn linked(
    session: &Session,
    ground: &Ground,
    group: &mut Group,
    branch: &mut Option<String>,
) -> Result<Linked, Failure> {
    let store = match session.offline {
        true => ground.seen_store(),
        false => ground.store(),
    };
    let mut project = ground.project()?;
    let at = ground.service(&mut project, &*ground.snapshot);
    let service = &project.services[at];
    if let Some(index) = &service.index
        && index.form == IndexForm::Legacy
    {
        group.examined.push(Examined::ok(
            "metadata",
            "`.postman/api` is of the form that Postman wrote until February 2023; connecting the API again in Postman brings the newer one",
        ));
    }
    let stored = match store.load() {
        Ok(stored) => stored,
        Err(error) => {
            let mut one = Examined::of_failure("record", &error.into());
            if one.fix.is_none() {
                one = one.with_fix(
                    "git itself does not get to the remote, which has nothing to do with the token of the provider: `git ls-remote` shows why",
                );
            }
            group.examined.push(one);
            ground.seen_store().load()?
        }
    };
    let state = stored.as_ref().map(|stored| &stored.state);
    let live = state.filter(|state| state.ended.is_none());
    *branch = live.and_then(|state| state.owner.active_branch.clone());
    let is_kept_by_postman = live.is_some_and(|state: &MirrorState| {
        !matches!(state.owner.target, LinkTarget::GitLinked { .. })
    });
    let found = ground.proving.find(ground.around(session), |seen| {
        let here = Here {
            seen,
            ..ground.here()
        };
        find_link(&project, service, state, &here)
    })?;
    match found {
        Ok(link) => Ok(Linked {
            named: Some(Named::of(&link.target)),
            link: Some(link),
            is_kept_by_postman,
        }),
        Err(error @ LinkError::NotLinked { .. }) => {
            group
                .examined
                .push(Examined::skipped("link", error.to_string()).with_fix(error.hint()));
            Ok(Linked::default())
        }
        Err(error @ LinkError::NoRecord { .. }) => {
            group
                .examined
                .push(Examined::warning("link", error.to_string(), error.hint()));
            Ok(Linked {
                named: named(&project, service).ok().flatten(),
                ..Linked::default()
            })
        }
        Err(error) => {
            group
                .examined
                .push(Examined::wrong("link", error.to_string(), error.hint()));
            Ok(Linked {
                named: named(&project, service).ok().flatten(),
                is_kept_by_postman,
                ..Linked::default()
            })
        }
    }
}

/// Whether what is named is there for this key, and says the same of the connection.
fn ends(
    postman: Option<&Postman>,
    ground: &Ground,
    linked: &Linked,
    product: Option<ProviderKind>,
    group: &mut Group,
) -> Result<(), Failure> {
    let Some(named) = &linked.named else {
        return Ok(());
    };
    let Some(postman) = postman else {
        group.examined.push(Examined::skipped(
            "link-access",
            format!("the {} {} was not asked for", named.word(), named.id()),
        ));
        return Ok(());
    };
    let id = "link-access";
    match named {
        Named::Workspace(workspace) => match postman.workspace(workspace.as_str()) {
            Ok(there) => group.examined.push(Examined::ok(
                id,
                format!(
                    "the key sees the workspace `{}` ({workspace})",
                    visible(&there.name)
                ),
            )),
            Err(error) => group.examined.push(refused(id, &error, group)),
        },
        Named::Api(own) => match postman.api(own.as_str()) {
            Ok(api) => {
                group.examined.push(Examined::ok(
                    id,
                    format!(
                        "the key sees the API `{}` ({own}), which Postman {}",
                        visible(&api.name),
                        connection(&api)
                    ),
                ));
                if let Some(link) = &linked.link
                    && let Err(mismatch) = verify(link, &api, &ground.home)
                {
                    group.examined.push(Examined::wrong(
                        "link-agrees",
                        mismatch.to_string(),
                        mismatch.hint.clone(),
                    ));
                }
                if api.connected().is_none() && !linked.is_kept_by_postman {
                    group.examined.push(legacy(product));
                }
            }
            Err(error) => group.examined.push(refused(id, &error, group)),
        },
    }
    Ok(())
}

fn connection(api: &Api) -> String {
    match api.connected() {
        Some(info) => format!("has connected to the repository {}", told(info)),
        None => "has connected to no repository".to_owned(),
    }
}

/// `.postman/` says that Postman writes here, and Postman knows nothing of it.
fn legacy(product: Option<ProviderKind>) -> Examined {
    let old = match product {
        Some(ProviderKind::GitHub | ProviderKind::GitHubEnterprise) | None => {
            "; where an earlier standalone GitHub integration (two-way sync of the API definition) is still there, Postman takes no new connection: open the API in Postman, delete that integration under Integrations, then connect"
        }
        Some(_) => "",
    };
    Examined::warning(
        "legacy-integration",
        "`.postman/` says that Postman reads and writes this repository, and Postman knows of no such connection: it was ended, or it is an integration of the earlier kind",
        format!(
            "connect the API to this repository again in Postman{old}; a repository that “is already used by another API” is free again once that one is disconnected. Without Postman's own connection, `git postman connect --api ID` mirrors it"
        ),
    )
    .with_page(CONNECTING)
}

#[cfg(test)]
mod tests {
    use super::{legacy, quota};
    use crate::cli::checkup::examined::State;
    use crate::postman::me::Usage;
    use crate::provider::kind::ProviderKind;

    #[test]
    fn a_quota_that_runs_out_is_told_in_time() {
        let state = |used: f64, limit: Option<f64>| quota(Usage { limit, used }).state;
        assert_eq!(state(100.0, Some(1000.0)), State::Ok);
        assert_eq!(state(960.0, Some(1000.0)), State::Warning);
        assert_eq!(state(960.0, None), State::Ok);
    }

    #[test]
    fn the_earlier_integration_is_a_matter_of_github() {
        let fix = |product| legacy(product).fix.unwrap();
        assert!(fix(Some(ProviderKind::GitHub)).contains("two-way sync"));
        assert!(!fix(Some(ProviderKind::AzureServices)).contains("two-way sync"));
    }
}
