//! Whose repositories an audit looks at: owners as a user writes them, each on its site, each site with its token.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::audit::gather::{Source, owner_name};
use crate::audit::part::OwnersFrom;
use crate::cli::failure::Failure;
use crate::cli::hosting::{SiteChoice, Tuning, located};
use crate::cli::provider_token::token;
use crate::cli::session::Session;
use crate::git::command::Git;
use crate::git::remote_url::decoded;
use crate::model::text::{shortened, visible};
use crate::net::client::Settings;
use crate::net::trace::Event;
use crate::provider;
use crate::provider::conditional::key;
use crate::provider::kind::ProviderKind;
use crate::provider::locate::LocateError;
use crate::provider::site::Site;

/// A run of an hour's calls waits for the next hour rather than giving up.
const LONGEST_WAIT: Duration = Duration::from_secs(2 * 3600);

/// An owner on its site. On Azure DevOps an empty one is everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Where.
    pub site: Site,
    /// Who.
    pub name: String,
}

/// How many calls were made.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// So far.
    pub fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Settings under which every call is counted, none is made offline, and a limit is waited for.
    pub fn tune(&self, session: &Session, mut settings: Settings) -> Settings {
        let count = Arc::clone(&self.0);
        settings.offline = session.offline;
        settings.longest_wait = LONGEST_WAIT;
        settings.observer = Some(Arc::new(move |event: &Event<'_>| {
            if matches!(event, Event::Exchange(_)) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }));
        settings
    }
}

/// The owners that were named, or else the one of this repository, and which of both.
///
/// # Errors
/// A name that leads to no site, and no repository where nobody was named.
pub fn owners(
    session: &Session,
    written: &[String],
    remote: &str,
    choice: &SiteChoice,
) -> Result<(Vec<Owner>, OwnersFrom), Failure> {
    if written.is_empty() {
        let (place, _) = located(session, &session.repository()?, remote, choice)?;
        let owner = Owner {
            name: place.repository.owner().to_owned(),
            site: place.site,
        };
        return Ok((vec![owner], OwnersFrom::Remote));
    }
    let chosen = match (choice.provider, &choice.url) {
        (Some(kind), Some(url)) => Some(Site::new(kind, url).map_err(LocateError::from)?),
        _ => None,
    };
    let owners: Result<Vec<Owner>, Failure> = written
        .iter()
        .map(|text| owner(text, chosen.as_ref()))
        .collect();
    Ok((owners?, OwnersFrom::Options))
}

/// The owners by their sites, each site opened with its token.
///
/// # Errors
/// No token for one of them.
pub fn sources(
    session: &Session,
    owners: &[Owner],
    counter: &Counter,
) -> Result<Vec<Source>, Failure> {
    let mut sources: Vec<Source> = Vec::new();
    for owner in owners {
        let site = &owner.site;
        let known = sources
            .iter_mut()
            .find(|source| source.provider.site() == site);
        if let Some(source) = known {
            if !source.owners.contains(&owner.name) {
                source.owners.push(owner.name.clone());
            }
            continue;
        }
        let found = token(&session.environment, site);
        let credential = found.map(|found| found.credential).unwrap_or_default();
        let web = site.web.to_string();
        let holder = key(&web, &credential.token);
        let tuning = Tuning::of(session, &Git::at(&session.directory), &web)?;
        let provider = provider::open(site, credential, |settings| {
            counter.tune(session, tuning.tuned(settings))
        })?;
        sources.push(Source {
            provider,
            holder,
            owners: vec![owner.name.clone()],
        });
    }
    Ok(sources)
}

/// What facts call the owners.
pub fn owner_names(sources: &[Source]) -> BTreeSet<String> {
    sources
        .iter()
        .flat_map(|source| {
            let names = source.owners.iter();
            names.map(|name| owner_name(&*source.provider, name))
        })
        .collect()
}

/// Reads `https://…/OWNER`, `KIND:OWNER`, `KIND:https://HOST/OWNER`, and `OWNER` alone where a site is chosen.
fn owner(text: &str, chosen: Option<&Site>) -> Result<Owner, Failure> {
    let wrong = |why: &str| {
        Failure::usage(format!(
            "`{}` is no owner: {why}",
            shortened(&visible(text), 200)
        ))
        .with_hint("write its page (https://github.com/acme), a product and its name (gitlab:group/sub), or a name beside --provider and --url")
    };
    // Nothing of it is shown: what stands before the sign may be a password.
    if text.contains('@') {
        return Err(
            Failure::usage("an owner is written without user and password")
                .with_hint("tokens come from the environment"),
        );
    }
    let (kind, rest) = match text.split_once(':') {
        Some((word, rest)) if !rest.starts_with("//") => match ProviderKind::parse(word) {
            Some(kind) => (Some(kind), rest),
            None => return Err(wrong("there is no such product")),
        },
        _ => (None, text),
    };
    if let Some(site) = chosen {
        let web = site.web.to_string();
        let below = rest
            .strip_prefix(web.trim_end_matches('/'))
            .filter(|below| below.is_empty() || below.starts_with('/'));
        if let Some(below) = below {
            return named(site.clone(), below).ok_or_else(|| wrong("its name is missing"));
        }
        if !rest.contains("://") && kind.is_none_or(|kind| kind == site.kind) {
            return named(site.clone(), rest).ok_or_else(|| wrong("its name is missing"));
        }
    }
    let Some((scheme, rest)) = rest.split_once("://") else {
        let kind = kind.ok_or_else(|| wrong("nothing says which product it is on"))?;
        let web = match kind {
            ProviderKind::GitHub => "https://github.com",
            ProviderKind::GitLab => "https://gitlab.com",
            ProviderKind::BitbucketCloud => "https://bitbucket.org",
            ProviderKind::AzureServices => {
                return azure(rest).ok_or_else(|| wrong("the organisation is missing"));
            }
            _ => {
                return Err(wrong(
                    "the product has no host of its own, so name it with --provider and --url",
                ));
            }
        };
        let site = Site::new(kind, web).map_err(LocateError::from)?;
        return named(site, rest).ok_or_else(|| wrong("its name is missing"));
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let known = match host.to_ascii_lowercase().as_str() {
        "github.com" | "www.github.com" => Some((ProviderKind::GitHub, "https://github.com")),
        "gitlab.com" => Some((ProviderKind::GitLab, "https://gitlab.com")),
        "bitbucket.org" => Some((ProviderKind::BitbucketCloud, "https://bitbucket.org")),
        "dev.azure.com" => return azure(path).ok_or_else(|| wrong("the organisation is missing")),
        _ => None,
    };
    let site = match (known, kind) {
        (Some((kind, web)), _) => Site::new(kind, web),
        (None, Some(ProviderKind::AzureServer)) => {
            return Err(wrong(
                "its collection has to be told apart, so name it with --provider and --url",
            ));
        }
        (None, Some(kind)) => Site::new(kind, &format!("{scheme}://{host}")),
        (None, None) if host.to_ascii_lowercase().ends_with(".ghe.com") => {
            Site::new(ProviderKind::GitHub, &format!("{scheme}://{host}"))
        }
        (None, None) => return Err(wrong("nothing says which product runs on its host")),
    };
    let site = site.map_err(LocateError::from)?;
    named(site, path).ok_or_else(|| wrong("its name is missing"))
}

/// `ORGANISATION` or `ORGANISATION/PROJECT`.
fn azure(path: &str) -> Option<Owner> {
    let path = path.trim_matches('/');
    let (organisation, project) = path.split_once('/').unwrap_or((path, ""));
    if organisation.is_empty() {
        return None;
    }
    let site = Site::new(
        ProviderKind::AzureServices,
        &format!("https://dev.azure.com/{organisation}"),
    );
    named(site.ok()?, project)
}

/// The name behind an address: decoded, and without the words that pages put before it.
fn named(site: Site, path: &str) -> Option<Owner> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_matches('/');
    let word = match site.kind {
        ProviderKind::GitHub | ProviderKind::GitHubEnterprise => "orgs/",
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged => "groups/",
        ProviderKind::BitbucketDataCenter => "projects/",
        _ => "",
    };
    let name = decoded(path.strip_prefix(word).unwrap_or(path));
    let is_azure = matches!(
        site.kind,
        ProviderKind::AzureServices | ProviderKind::AzureServer
    );
    let has_groups = matches!(
        site.kind,
        ProviderKind::GitLab | ProviderKind::GitLabSelfManaged
    );
    let is_part =
        |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
    let is_good = match name.is_empty() {
        true => is_azure,
        false => name.split('/').all(is_part) && (has_groups || !name.contains('/')),
    };
    is_good.then_some(Owner { site, name })
}

#[cfg(test)]
mod tests {
    use super::owner;
    use crate::provider::kind::ProviderKind;
    use crate::provider::site::Site;

    #[test]
    fn owners_are_read_as_people_write_them() {
        let own = Site::new(
            ProviderKind::GitLabSelfManaged,
            "https://example.com/tools/gitlab",
        )
        .unwrap();
        let read = |text: &str, chosen: Option<&Site>| {
            let owner = owner(text, chosen).map_err(|failure| failure.message)?;
            Ok::<_, String>(format!(
                "{} {} {}",
                owner.site.kind.word(),
                owner.site.web,
                owner.name
            ))
        };
        for (text, chosen, expected) in [
            (
                "https://github.com/acme",
                None,
                "github https://github.com acme",
            ),
            (
                "https://github.com/orgs/acme/",
                None,
                "github https://github.com acme",
            ),
            ("github:acme", None, "github https://github.com acme"),
            (
                "GitLab:group/sub",
                None,
                "gitlab https://gitlab.com group/sub",
            ),
            (
                "https://gitlab.com/groups/group/sub",
                None,
                "gitlab https://gitlab.com group/sub",
            ),
            (
                "https://dev.azure.com/acme",
                None,
                "azure-devops-services https://dev.azure.com/acme ",
            ),
            (
                "azure-devops-services:acme/My%20Project",
                None,
                "azure-devops-services https://dev.azure.com/acme My Project",
            ),
            (
                "bitbucket-cloud:team",
                None,
                "bitbucket-cloud https://bitbucket.org team",
            ),
            (
                "bitbucket-data-center:https://bb.example.com/projects/API",
                None,
                "bitbucket-data-center https://bb.example.com API",
            ),
            (
                "group/sub",
                Some(&own),
                "gitlab-self-managed https://example.com/tools/gitlab group/sub",
            ),
            (
                "https://example.com/tools/gitlab/group",
                Some(&own),
                "gitlab-self-managed https://example.com/tools/gitlab group",
            ),
            ("github:acme", Some(&own), "github https://github.com acme"),
        ] {
            assert_eq!(read(text, chosen).unwrap(), expected, "{text}");
        }
        for (text, chosen, says) in [
            ("acme", None, "which product"),
            ("https://git.example.com/acme", None, "runs on its host"),
            ("gitea:acme", None, "no such product"),
            ("github:", None, "missing"),
            ("github:a/b", None, "missing"),
            ("gitlab:a/../b", None, "missing"),
            ("gitlab-self-managed:acme", None, "--provider"),
            ("", Some(&own), "missing"),
            (
                "https://me:secret@github.com/acme",
                None,
                "without user and password",
            ),
        ] {
            let said = read(text, chosen).unwrap_err();
            assert!(said.contains(says), "{text}: {said}");
        }
    }
}
