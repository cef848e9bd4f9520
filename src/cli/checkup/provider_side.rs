//! The provider: which one, whether it answers, whose token, the repository there, and the three facts about access.

use serde_json::{Value, json};

use crate::cli::checkup::access::facts;
use crate::cli::checkup::examined::{Examined, Group};
use crate::cli::ci_run::foreign;
use crate::cli::failure::{Failure, Kind};
use crate::cli::hosting::{FoundBy, SiteChoice, Tuning, located};
use crate::cli::provider_token::token;
use crate::cli::session::Session;
use crate::git::remote_url::without_logins;
use crate::git::repository::Repository as Clone;
use crate::model::id::BranchName;
use crate::model::text::visible;
use crate::net::client::Settings;
use crate::provider;
use crate::provider::api::{Provider, Repository};
use crate::provider::error::ProviderError;
use crate::provider::kind::ProviderKind;
use crate::provider::probe;
use crate::provider::site::Place;

/// Where Postman says how its app reaches servers of one's own.
const ON_PREMISES: &str = "https://learning.postman.com/docs/designing-and-developing-your-api/versioning-an-api/using-on-prem-git-repo/";

/// What is asked about the repository.
pub struct Question<'a> {
    /// The active branch; `None` where nothing tells.
    pub branch: Option<&'a BranchName>,
    /// Whether somebody decided for that branch, rather than being on it.
    pub is_branch_decided: bool,
}

/// What was found.
pub struct Hosting<'a> {
    /// What was looked at.
    pub group: Group,
    /// The repository there, where it is known which one.
    pub place: Option<(Place, FoundBy)>,
    clone: &'a Clone,
    remote: Option<&'a str>,
}

/// A repository that is asked about.
struct Asking<'a> {
    question: &'a Question<'a>,
    place: &'a Place,
    remote: &'a str,
}

impl Hosting<'_> {
    /// The provider for scripts.
    pub fn told(&self) -> Value {
        let Some((place, found_by)) = &self.place else {
            return Value::Null;
        };
        json!({
            "kind": place.site.kind.word(),
            "url": place.site.web.to_string(),
            "repository": place.repository.full(),
            "found_by": found_by.word(),
        })
    }

    /// The product.
    pub fn product(&self) -> Option<ProviderKind> {
        self.place.as_ref().map(|(place, _)| place.site.kind)
    }

    /// Asks the provider whether it answers, and about the repository and who may do what there.
    pub fn ask(&mut self, session: &Session, question: &Question<'_>) {
        let Some((place, _)) = self.place.clone() else {
            return;
        };
        if session.offline {
            let one = Examined::skipped("reach", "not asked: --offline");
            self.group.examined.push(one);
        } else if let Err(failure) = self.looked(session, question, &place) {
            let one = Examined::of_failure("reach", &failure);
            self.group.examined.push(one);
        }
    }

    fn looked(
        &mut self,
        session: &Session,
        question: &Question<'_>,
        place: &Place,
    ) -> Result<(), Failure> {
        let asking = Asking {
            question,
            place,
            remote: self.remote.unwrap_or("origin"),
        };
        asking.ask(session, self.clone, &mut self.group)
    }
}

/// Finds out which repository of which provider it is.
pub fn find<'a>(
    session: &Session,
    clone: &'a Clone,
    remote: Option<&'a str>,
    choice: &SiteChoice,
) -> Hosting<'a> {
    let mut group = Group {
        name: "provider",
        ..Group::default()
    };
    let place = remote_place(session, (clone, remote), choice, &mut group);
    Hosting {
        group,
        place,
        clone,
        remote,
    }
}

fn remote_place(
    session: &Session,
    (clone, remote): (&Clone, Option<&str>),
    choice: &SiteChoice,
    group: &mut Group,
) -> Option<(Place, FoundBy)> {
    let examined = &mut group.examined;
    let Some(remote) = remote else {
        examined.push(
            Examined::skipped("remote", "the repository has no remote, so nobody hosts it")
                .with_fix("`git remote add origin ADDRESS`"),
        );
        return None;
    };
    if let Ok(Some(address)) = clone.effective_url(remote) {
        examined.push(Examined::ok(
            "remote",
            format!(
                "`{}` is {}",
                visible(remote),
                visible(&without_logins(&address))
            ),
        ));
    }
    match located(session, clone, remote, choice) {
        Ok((place, found_by)) => {
            let site = &place.site;
            let seen = format!(
                "{} of {} on {}, {}",
                place.repository,
                site.kind,
                visible(&site.web.to_string()),
                found_by.words()
            );
            examined.push(Examined::ok("provider", seen));
            Some((place, found_by))
        }
        Err(failure) if is_directory(&failure) => {
            examined.push(Examined::skipped("provider", failure.message));
            None
        }
        Err(failure) if session.offline && failure.kind == Kind::Service => {
            examined.push(
                Examined::skipped(
                    "provider",
                    "its address leaves open which one it is, and --offline asks nobody",
                )
                .with_fix("name it: --provider KIND --url https://HOST"),
            );
            None
        }
        Err(failure) => {
            examined.push(Examined::of_failure("provider", &failure));
            None
        }
    }
}

fn is_directory(failure: &Failure) -> bool {
    failure.message == provider::locate::LocateError::Directory.to_string()
}

impl Asking<'_> {
    fn ask(&self, session: &Session, clone: &Clone, group: &mut Group) -> Result<(), Failure> {
        let (place, question) = (self.place, self.question);
        let site = &place.site;
        let host = visible(&site.api.host());
        let tuning = Tuning::of(session, clone.git(), &site.web.to_string())?;
        let found = token(&session.environment, site);
        let Some(found) = found else {
            let settings = tuning.tuned(Settings::to(site.api.clone()));
            match probe::answers(site, settings) {
                Ok(()) => answered(group, &host),
                Err(error) => unanswered(group, place, ProviderError::from(error)),
            }
            let (seen, fix) = match foreign(session) {
                Some((run, why)) => (
                    format!("no token is read in this run: {why}"),
                    format!("look in {}", run.system.on_a_branch()),
                ),
                None => (
                    format!(
                        "there is none for {} in {}, so access was not looked at",
                        site.kind,
                        site.kind.token_variables()
                    ),
                    format!("set {}", site.kind.token_variables()),
                ),
            };
            group
                .examined
                .push(Examined::skipped("token", seen).with_fix(fix));
            return Ok(());
        };
        let provider = provider::open(site, found.credential, |settings| tuning.tuned(settings))?;
        let seen = format!("found in {}", found.variable);
        match provider.repository(&place.repository) {
            Err(error @ ProviderError::Unreachable(_)) => {
                unanswered(group, place, error);
                group.examined.push(Examined::ok("token", seen));
            }
            Err(error) => {
                answered(group, &host);
                let is_of_token = matches!(
                    error,
                    ProviderError::BadToken { .. } | ProviderError::SignOn { .. }
                );
                if !is_of_token {
                    group.examined.push(Examined::ok("token", seen.clone()));
                }
                let id = if is_of_token { "token" } else { "hosted" };
                let mut one = Examined::of_error(id, &error);
                if is_of_token {
                    one.seen = format!("{} ({seen})", one.seen);
                }
                group.examined.push(one);
                let rest = "not looked at: the provider does not show the repository to this token";
                group.examined.push(Examined::skipped("access", rest));
            }
            Ok(there) => {
                answered(group, &host);
                group.examined.push(Examined::ok("token", seen));
                let branch = question.branch.or(there.default_branch.as_ref());
                self.hosted(&*provider, &there, branch, group);
                let Some(branch) = branch else {
                    let rest = "not looked at: it is not known which branch is the active one";
                    group.examined.push(Examined::skipped("access", rest));
                    return Ok(());
                };
                match provider.access(&there.name, branch) {
                    Ok(access) => group.examined.extend(facts(&access)),
                    // That was said above.
                    Err(ProviderError::Archived { .. })
                        if there.is_archived || there.is_disabled => {}
                    Err(error) => group.examined.push(Examined::of_error("access", &error)),
                }
            }
        }
        if site.kind.is_on_premises() {
            group.examined.push(on_premises(&host));
        }
        Ok(())
    }

    /// The repository as its provider has it.
    fn hosted(
        &self,
        provider: &dyn Provider,
        there: &Repository,
        branch: Option<&BranchName>,
        group: &mut Group,
    ) {
        let id = "hosted";
        let name = &there.name;
        let page = visible(&there.page);
        let examined = &mut group.examined;
        if there.is_archived || there.is_disabled {
            let how = if there.is_archived {
                "archived"
            } else {
                "disabled"
            };
            let seen = format!("{name} is {how}, so nothing in it can be changed");
            let remedy = provider.unlocking(name);
            examined.push(Examined::wrong(id, seen, "").with_remedy(&remedy));
        } else {
            examined.push(Examined::ok(id, format!("{name} is there")).with_page(page));
        }
        if !name.is_same(&self.place.repository) {
            examined.push(Examined::warning(
            "renamed",
            format!("{} has another name by now: {name}", self.place.repository),
            format!(
                "give the remote its new address, that of {name}: `git remote set-url {} ADDRESS`; in Postman, connect the API again where it still names the old one",
                visible(self.remote)
            ),
        ));
        }
        let Some(branch) = branch else { return };
        match provider.resolve(name, branch) {
        Ok(Some(_)) => {}
            Err(ProviderError::Archived { .. }) if there.is_archived || there.is_disabled => {}
        Err(error @ ProviderError::Empty { .. }) => examined.push(Examined::of_error("empty", &error)),
        Err(error) => examined.push(Examined::of_error("branch-there", &error)),
        Ok(None) => match provider.branches(name) {
            Ok(list) if list.is_empty() => {
                let empty = ProviderError::Empty {
                    repository: name.clone(),
                };
                examined.push(Examined::of_error("empty", &empty));
                return;
            }
            _ => examined.push(Examined::wrong(
                "branch-there",
                format!("there is no branch `{branch}` at the provider, and it is to be the active one"),
                format!(
                    "push it: `git push {} {branch}`; or name another one: --branch NAME, `active-branch` in git-postman.toml",
                    visible(self.remote)
                ),
            )),
        },
    }
        let Some(default) = &there.default_branch else {
            return;
        };
        let seen =
            format!("the default branch is `{default}`, and the active branch is `{branch}`");
        examined.push(if default == branch {
        Examined::ok("default-branch", format!("`{branch}` is the default branch and the active one"))
    } else if self.question.is_branch_decided {
        Examined::ok("default-branch", format!("{seen}, which somebody decided"))
    } else {
        Examined::warning(
            "default-branch",
            format!("{seen}: what people see first, and where pull requests go by themselves, is not what is mirrored"),
            format!("make one of both the other one, or decide for it: `active-branch = \"{branch}\"` under `[mapping]` in git-postman.toml"),
        )
    });
    }
}

fn answered(group: &mut Group, host: &str) {
    group.is_answered = true;
    group
        .examined
        .push(Examined::ok("reach", format!("{host} answers")));
}

/// Nobody answers. Of a server of one's own, that is mostly the network's doing.
fn unanswered(group: &mut Group, place: &Place, error: ProviderError) {
    let mut one = Examined::of_error("reach", &error);
    if place.site.kind.is_on_premises() && one.is_unanswered {
        let fix = one.fix.take().unwrap_or_default();
        one = one.with_fix(format!(
            "{fix}; a server of your own is often reached from inside of its network only, and Postman's desktop app needs the same way to it as this machine"
        ));
    }
    group.is_answered |= !one.is_unanswered;
    group.examined.push(one);
}

/// What a firewall has to let through, which people are told wrongly.
fn on_premises(host: &str) -> Examined {
    Examined::ok(
        "allow-list",
        format!(
            "{host} is your own: Postman's desktop app speaks to it from the machine that it runs on, and so does git-postman; no address of Postman's has to be allowed for that. Backups of collections, webhooks and CI integrations do come from Postman: its page “Static IP support” lists from where"
        ),
    )
    .with_page(ON_PREMISES)
}
