//! Who hosts this repository: what the command line says of it, else the address of the remote.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::git::repository::Repository;
use crate::model::text::visible;
use crate::net::client::Settings;
use crate::provider::kind::ProviderKind;
use crate::provider::locate::{LocateError, Located, locate, locate_on};
use crate::provider::probe;
use crate::provider::site::{self, Site};

/// What is said of the provider on the command line. It never comes from a file: whoever writes one would say where the
/// token goes.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteChoice {
    /// The product that hosts this repository, where its remote does not tell: `github-enterprise-server`, `gitlab-self-managed`, …
    #[arg(long, value_name = "KIND", requires = "url", value_parser = provider_kind)]
    pub provider: Option<ProviderKind>,
    /// Where its pages begin
    #[arg(long, value_name = "URL", requires = "provider")]
    pub url: Option<String>,
}

/// The repository on its provider, by the address of the remote.
///
/// # Errors
/// A remote without an address, or with one that leads to no provider.
pub fn located(
    session: &Session,
    repository: &Repository,
    remote: &str,
    choice: &SiteChoice,
) -> Result<site::Place, Failure> {
    let address = repository.effective_url(remote)?.ok_or_else(|| {
        Failure::usage(format!("the remote `{}` has no address", visible(remote)))
            .with_hint("`git remote set-url` gives it one")
    })?;
    if let (Some(kind), Some(url)) = (choice.provider, &choice.url) {
        let site = Site::new(kind, url).map_err(LocateError::from)?;
        return Ok(locate_on(&site, &address)?);
    }
    match locate(&address)? {
        Located::Place(place) => Ok(place),
        Located::Unknown(host) => {
            let settings = |base| tuned(session, Settings::to(base));
            Ok(probe::ask(&host, &address, &settings)?)
        }
        Located::Directory => Err(LocateError::Directory.into()),
    }
}

/// The repository on a provider that may be asked without anybody having said so: one that was named, or a service that
/// everybody knows by its host. Whatever else runs behind an address is sent no token unasked.
///
/// # Errors
/// A site that was named, and that the remote does not lie on.
pub fn known(
    repository: &Repository,
    remote: &str,
    choice: &SiteChoice,
) -> Result<Option<site::Place>, Failure> {
    let Some(address) = repository.effective_url(remote)? else {
        return Ok(None);
    };
    if let (Some(kind), Some(url)) = (choice.provider, &choice.url) {
        let site = Site::new(kind, url).map_err(LocateError::from)?;
        return Ok(Some(locate_on(&site, &address)?));
    }
    Ok(match locate(&address) {
        Ok(Located::Place(place)) if !place.site.kind.is_on_premises() => Some(place),
        _ => None,
    })
}

fn provider_kind(word: &str) -> Result<ProviderKind, String> {
    ProviderKind::parse(word).ok_or_else(|| {
        let words: Vec<&str> = ProviderKind::ALL.iter().map(|kind| kind.word()).collect();
        format!("it is one of {}", words.join(", "))
    })
}

/// What a provider is called with.
pub fn tuned(session: &Session, mut settings: Settings) -> Settings {
    settings.offline = session.offline;
    settings
}
