//! What git is set to for https connections to one address: users of git have named their company's authority, their own
//! certificate and its key there already. Paths only: no file is read here.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::git::command::{Git, handed_over};
use crate::git::error::GitError;

/// Git's own settings for one address. Its variables count before its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// `GIT_SSL_CAINFO`, `http.sslCAInfo`: further authorities.
    pub authorities: Option<PathBuf>,
    /// `GIT_SSL_CERT`, `http.sslCert`: what is shown to a server that wants to know who calls.
    pub certificate: Option<PathBuf>,
    /// `GIT_SSL_KEY`, `http.sslKey`: its key; where there is none, the certificate's file holds it too.
    pub key: Option<PathBuf>,
    /// `GIT_SSL_NO_VERIFY`, `http.sslVerify`: git itself looks at no certificate. We always do.
    pub is_unverified: bool,
}

/// Reads them. No network takes part.
///
/// # Errors
/// A git program that cannot be started.
pub fn tls_settings(git: &Git, url: &str) -> Result<TlsSettings, GitError> {
    settings_by(git, url, &handed_over)
}

/// What looks a variable up.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn settings_by(git: &Git, url: &str, variable: Lookup<'_>) -> Result<TlsSettings, GitError> {
    let path = |name: &str, key: &str| -> Result<Option<PathBuf>, GitError> {
        if let Some(value) = variable(name) {
            return Ok(Some(PathBuf::from(value)));
        }
        let found = matched(git, "--type=path", key, url)?;
        Ok(found.map(PathBuf::from))
    };
    let verifies = matched(git, "--type=bool", "http.sslVerify", url)?;
    Ok(TlsSettings {
        authorities: path("GIT_SSL_CAINFO", "http.sslCAInfo")?,
        certificate: path("GIT_SSL_CERT", "http.sslCert")?,
        key: path("GIT_SSL_KEY", "http.sslKey")?,
        is_unverified: variable("GIT_SSL_NO_VERIFY").is_some()
            || verifies.is_some_and(|value| value == "false"),
    })
}

fn matched(git: &Git, kind: &str, key: &str, url: &str) -> Result<Option<String>, GitError> {
    let answer = git.run(&["config", kind, "--get-urlmatch", key, url], None)?;
    let value = String::from_utf8_lossy(&answer.output).trim().to_owned();
    Ok((answer.status.success() && !value.is_empty()).then_some(value))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{TlsSettings, settings_by};
    use crate::git::command::Git;

    #[test]
    fn settings_count_for_their_own_address_only() {
        let directory = tempfile::tempdir().unwrap();
        let git = Git::isolated(directory.path());
        git.output(&["init", "--quiet"], None).unwrap();
        let host = "https://git.example.com/";
        for (key, value) in [
            ("sslCAInfo", "/etc/own.pem"),
            ("sslCert", "/home/kim/kim.pem"),
            ("sslVerify", "false"),
        ] {
            let key = format!("http.{host}.{key}");
            git.output(&["config", &key, value], None).unwrap();
        }
        let found = |url: &str| settings_by(&git, url, &|_| None).unwrap();
        let expected = TlsSettings {
            authorities: Some(PathBuf::from("/etc/own.pem")),
            certificate: Some(PathBuf::from("/home/kim/kim.pem")),
            key: None,
            is_unverified: true,
        };
        assert_eq!(found("https://git.example.com/tools"), expected);
        assert_eq!(found("https://git.example.org/"), TlsSettings::default());
        let key = |name: &str| (name == "GIT_SSL_KEY").then(|| "kim.key".into());
        let set = settings_by(&git, "https://git.example.org/", &key).unwrap();
        assert_eq!(set.key, Some(PathBuf::from("kim.key")));
    }
}
