//! How the network is reached from here: proxies, certificate authorities, certificates of our own. What is set is told; what
//! it does shows where a service is asked.

use crate::cli::checkup::examined::{Examined, Group};
use crate::cli::failure::Failure;
use crate::cli::hosting::Tuning;
use crate::cli::session::Session;
use crate::config::env::Environment;
use crate::git::repository::Repository;
use crate::model::text::{shortened, visible};
use crate::provider::site::Site;

/// Looks at what is set.
pub fn examine(session: &Session, repository: &Repository, site: Option<&Site>) -> Group {
    let mut examined = vec![
        proxy(&session.environment),
        authorities(&session.environment),
    ];
    if let Some(site) = site {
        let by_git = of_git(session, repository, site);
        examined
            .extend(by_git.unwrap_or_else(|failure| {
                vec![Examined::of_failure("git-certificates", &failure)]
            }));
    }
    Group {
        name: "network",
        examined,
        is_answered: false,
    }
}

fn proxy(environment: &Environment) -> Examined {
    let id = "proxy";
    let set = |names: [&'static str; 2]| {
        let mut found = names.into_iter();
        found.find_map(|name| Some((name, environment.network.get(name)?)))
    };
    let proxy = set(["HTTPS_PROXY", "https_proxy"]).or_else(|| set(["ALL_PROXY", "all_proxy"]));
    let Some((name, value)) = proxy else {
        return Examined::ok(
            id,
            "HTTPS_PROXY is not set: calls go straight to their hosts",
        );
    };
    let around = match set(["NO_PROXY", "no_proxy"]) {
        Some((name, value)) => format!("; {name} excepts {}", shortened(&visible(value), 200)),
        None => String::new(),
    };
    let whole = match value.contains("://") {
        true => value.clone(),
        false => format!("http://{value}"),
    };
    match url::Url::parse(&whole).ok() {
        Some(url) if url.host_str().is_some() => {
            // User and password of a proxy are nobody's business.
            let host = visible(url.host_str().unwrap_or_default());
            let port = url.port().map_or(String::new(), |port| format!(":{port}"));
            Examined::ok(
                id,
                format!("{name} sends https calls through {host}{port}{around}"),
            )
        }
        _ => Examined::wrong(
            id,
            format!("{name} is set to something that is no address of a proxy"),
            "set it to http://HOST:PORT",
        ),
    }
}

fn authorities(environment: &Environment) -> Examined {
    let id = "authorities";
    let Some(path) = environment.network.get("SSL_CERT_FILE") else {
        let directory = environment.network.get("SSL_CERT_DIR");
        return Examined::ok(
            id,
            match directory {
                Some(path) => format!(
                    "certificates are held against SSL_CERT_DIR, {}",
                    visible(path)
                ),
                None => "certificates are held against the authorities of this system".to_owned(),
            },
        );
    };
    let shown = visible(path);
    let fix = "name a file with certificates in PEM in it, or unset SSL_CERT_FILE";
    match std::fs::read(path) {
        Err(error) => Examined::wrong(
            id,
            format!("SSL_CERT_FILE, {shown}, cannot be read: {error}"),
            fix,
        ),
        Ok(bytes) if !holds_certificate(&bytes) => Examined::wrong(
            id,
            format!("SSL_CERT_FILE, {shown}, holds no certificate"),
            fix,
        ),
        Ok(_) => Examined::ok(
            id,
            format!("certificates are held against SSL_CERT_FILE, {shown}"),
        ),
    }
}

fn of_git(
    session: &Session,
    repository: &Repository,
    site: &Site,
) -> Result<Vec<Examined>, Failure> {
    let tuning = Tuning::of(session, repository.git(), &site.web.to_string())?;
    let (git, host) = (&tuning.git, visible(&site.web.host()));
    let mut found = Vec::new();
    let path = |path: &std::path::Path| visible(&path.display().to_string());
    if let Some(authorities) = &git.authorities {
        found.push(Examined::ok(
            "git-certificates",
            format!(
                "for {host}, the authorities in {} count too, as git is set to",
                path(authorities)
            ),
        ));
    }
    if let Some(certificate) = &git.certificate {
        found.push(Examined::ok(
            "client-certificate",
            format!(
                "{host} is shown the certificate in {}, as git is set to",
                path(certificate)
            ),
        ));
    }
    if git.is_unverified {
        found.push(Examined::warning(
            "git-certificates",
            format!("git is told to trust any certificate of {host} (http.sslVerify); git-postman trusts none that is not signed"),
            "name the authority's certificate in `http.<url>.sslCAInfo`, and unset `http.sslVerify`",
        ));
    }
    Ok(found)
}

fn holds_certificate(bytes: &[u8]) -> bool {
    let mark = b"-----BEGIN CERTIFICATE-----";
    bytes.windows(mark.len()).any(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::{authorities, proxy};
    use crate::cli::checkup::examined::State;
    use crate::config::env::Environment;

    fn with(name: &'static str, value: &str) -> Environment {
        Environment::from(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn a_proxy_is_told_without_its_password() {
        let one = proxy(&with("HTTPS_PROXY", "http://kim:hunter2@proxy.corp:3128"));
        assert_eq!(
            one.seen,
            "HTTPS_PROXY sends https calls through proxy.corp:3128"
        );
        let bare = proxy(&with("https_proxy", "proxy.corp:3128"));
        assert!(bare.seen.ends_with("proxy.corp:3128"), "{}", bare.seen);
        let broken = proxy(&with("HTTPS_PROXY", "http://hunter2@"));
        assert_eq!(broken.state, State::Wrong);
        assert!(!broken.seen.contains("hunter2"));
    }

    #[test]
    fn a_list_of_authorities_must_be_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let set = |text: &str| {
            std::fs::write(&path, text).unwrap();
            authorities(&with("SSL_CERT_FILE", &path.to_string_lossy()))
        };
        assert_eq!(set("-----BEGIN CERTIFICATE-----\n").state, State::Ok);
        assert!(set("der").seen.ends_with("holds no certificate"));
        let gone = authorities(&with("SSL_CERT_FILE", "/nowhere/ca.pem"));
        assert_eq!(gone.state, State::Wrong);
    }
}
