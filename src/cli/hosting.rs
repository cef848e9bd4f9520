//! Who hosts this repository: what the command line says of it, else the address of the remote, else the host itself; and how
//! that provider is reached from here.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::provider_token::token;
use crate::cli::session::Session;
use crate::git::command::Git;
use crate::git::repository::Repository;
use crate::git::tls::{TlsSettings, tls_settings};
use crate::model::secret::Secret;
use crate::model::text::visible;
use crate::net::client::Settings;
use crate::provider;
use crate::provider::api::Provider;
use crate::provider::kind::ProviderKind;
use crate::provider::locate::{LocateError, Located, locate, locate_on};
use crate::provider::probe;
use crate::provider::site::{Place, Site};

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

/// How it was found out which provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// `--provider` and `--url` say so.
    Options,
    /// Only this product has such an address.
    Remote,
    /// The host was asked, and gave it away.
    Host,
}

impl FoundBy {
    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Options => "options",
            Self::Remote => "remote",
            Self::Host => "host",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Options => "as --provider and --url say",
            Self::Remote => "told by the address of the remote",
            Self::Host => "told by the host, which was asked without a token",
        }
    }
}

/// The repository on its provider, by the address of the remote.
///
/// # Errors
/// A remote without an address, a host that no product is known of, an address that is no repository of it.
pub fn located(
    session: &Session,
    repository: &Repository,
    remote: &str,
    choice: &SiteChoice,
) -> Result<(Place, FoundBy), Failure> {
    let address = repository.effective_url(remote)?.ok_or_else(|| {
        Failure::usage(format!("the remote `{}` has no address", visible(remote)))
            .with_hint("`git remote set-url` gives it one")
    })?;
    if let (Some(kind), Some(url)) = (choice.provider, &choice.url) {
        let site = Site::new(kind, url).map_err(LocateError::from)?;
        return Ok((locate_on(&site, &address)?, FoundBy::Options));
    }
    match locate(&address)? {
        Located::Place(place) => Ok((place, FoundBy::Remote)),
        Located::Unknown(host) => {
            let web = host.candidates.first().map(|one| one.web.as_str());
            let tuning = Tuning::of(session, repository.git(), web.unwrap_or_default())?;
            let settings = |base| tuning.tuned(Settings::to(base));
            Ok((probe::ask(&host, &address, &settings)?, FoundBy::Host))
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
) -> Result<Option<Place>, Failure> {
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

/// The provider of a site with the token of the environment, reached as git reaches it.
///
/// # Errors
/// No token, certificates that cannot be read.
pub fn opened(session: &Session, git: &Git, site: &Site) -> Result<Box<dyn Provider>, Failure> {
    let found = token(&session.environment, site);
    let credential = found.map(|found| found.credential).unwrap_or_default();
    let tuning = Tuning::of(session, git, &site.web.to_string())?;
    Ok(provider::open(site, credential, |settings| {
        tuning.tuned(settings)
    })?)
}

/// What is special about connections from here.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// What git is set to.
    pub git: TlsSettings,
    authorities: Option<Vec<u8>>,
    identity: Option<Secret>,
    offline: bool,
}

impl Tuning {
    /// What git is set to for an address, with the files that it names.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn of(session: &Session, git: &Git, url: &str) -> Result<Self, Failure> {
        let settings = tls_settings(git, url)?;
        let read = |what: &str, path: &std::path::Path| {
            std::fs::read(path).map_err(|error| {
                let shown = visible(&path.display().to_string());
                Failure::usage(format!("{what} {shown} cannot be read: {error}"))
                    .with_hint("git itself is set to it: `git config --show-origin --get-regexp '^http\\.'` says where")
            })
        };
        let authorities = match &settings.authorities {
            Some(path) => Some(read("the list of authorities", path)?),
            None => None,
        };
        let identity = match &settings.certificate {
            None => None,
            Some(path) => {
                let mut pem = read("the client certificate", path)?;
                if let Some(key) = settings.key.as_ref().filter(|key| *key != path) {
                    pem.push(b'\n');
                    pem.extend(read("the key of the client certificate", key)?);
                }
                let pem = String::from_utf8(pem).map_err(|_| {
                    Failure::usage("the client certificate or its key is no PEM").with_hint(
                        "`openssl x509 -inform DER` and `openssl pkey -inform DER` turn the binary form into it",
                    )
                })?;
                Some(Secret::new(pem))
            }
        };
        Ok(Self {
            git: settings,
            authorities,
            identity,
            offline: session.offline,
        })
    }

    /// Settings with all of that.
    pub fn tuned(&self, mut settings: Settings) -> Settings {
        settings.offline = self.offline;
        settings
            .connection
            .certificates
            .clone_from(&self.authorities);
        settings.connection.identity.clone_from(&self.identity);
        settings
    }
}

fn provider_kind(word: &str) -> Result<ProviderKind, String> {
    ProviderKind::parse(word).ok_or_else(|| {
        let words: Vec<&str> = ProviderKind::ALL.iter().map(|kind| kind.word()).collect();
        format!("it is one of {}", words.join(", "))
    })
}
