//! A repository on a server, worked on without a clone: what is needed is fetched into a directory of our own and pushed
//! from there.
//!
//! The user's own configuration of git counts: proxies, certificates, `insteadOf`, name, address and signature. Only who
//! signs in is said here. The password stands in the environment of the program and nowhere else: neither in the URL nor
//! in arguments nor in a file.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::exchange::PATIENCE;
use crate::git::repository::Repository;
use crate::model::id::CommitId;
use crate::model::secret::Secret;

/// The name of the only remote.
pub const REMOTE: &str = "origin";

const USER: &str = "GIT_POSTMAN_USER";
const PASSWORD: &str = "GIT_POSTMAN_PASSWORD";
/// What git runs when a server asks who is there. It asks again where the answer was wrong, and gets the same answer.
const HELPER: &str = concat!(
    "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' ",
    "\"$GIT_POSTMAN_USER\" \"$GIT_POSTMAN_PASSWORD\"; }; f"
);

/// Who signs in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password or token.
    pub password: Secret,
}

/// Where a repository stands, and how it is reached.
#[derive(Clone, Debug)]
pub struct Address<'a> {
    /// The URL, without user and password.
    pub url: &'a str,
    /// Who signs in, and only on the host of the URL.
    pub login: Option<&'a Login>,
    /// Further certificate authorities, as PEM.
    pub certificates: Option<&'a [u8]>,
    /// Nothing is to be reached.
    pub offline: bool,
}

/// Whose name a commit gets where git has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// A directory of our own with one remote. It goes away with this value.
pub struct Visit {
    repository: Repository,
    #[expect(dead_code, reason = "it is deleted when it is dropped")]
    directory: TempDir,
}

impl Visit {
    /// An empty directory that knows the remote. Nothing is fetched yet.
    ///
    /// # Errors
    /// A directory that cannot be made, a URL or a login that git would take for something else.
    pub fn new(address: &Address<'_>) -> Result<Self, GitError> {
        let directory = tempfile::Builder::new()
            .prefix("git-postman-visit-")
            .tempdir()
            .map_err(|cause| other(&cause))?;
        let place = fs::canonicalize(directory.path()).map_err(|cause| other(&cause))?;
        let mut git = Git::elsewhere(&place);
        git.output(
            &[
                "init",
                "--quiet",
                "--bare",
                "--template=",
                "--object-format=sha1",
                "--ref-format=files",
            ],
            None,
        )
        .or_else(|_| git.output(&["init", "--quiet", "--bare", "--template="], None))?;
        for (name, value) in settings(address, &place)? {
            git.output(&["config", "--add", &name, &value], None)?;
        }
        // Nobody sits at a window.
        git.set("GIT_ASKPASS", Some(OsStr::new("")));
        git.set("SSH_ASKPASS", Some(OsStr::new("")));
        if let Some(login) = address.login {
            git.set(USER, Some(OsStr::new(&login.user)));
            git.set(PASSWORD, Some(OsStr::new(login.password.reveal())));
        }
        if address.offline {
            git.refuse_network();
        }
        let repository = Repository::own(&place, git)?;
        Ok(Self {
            repository,
            directory,
        })
    }

    /// The repository, with what was fetched so far.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Fetches one commit into a branch here, without its history and without the contents of its files: those are
    /// brought when they are read.
    ///
    /// # Errors
    /// A server that cannot be reached, lets nobody in or does not have it, and `--offline`.
    pub fn fetch(&self, commit: &CommitId, branch: &str) -> Result<(), GitError> {
        self.fetch_within(commit, branch, PATIENCE)
    }

    fn fetch_within(
        &self,
        commit: &CommitId,
        branch: &str,
        time: Duration,
    ) -> Result<(), GitError> {
        let git = self.repository.git();
        if git.is_network_refused() {
            return Err(GitError::Other {
                cause: "--offline keeps this run from fetching".to_owned(),
            });
        }
        let refspec = format!("+{commit}:refs/heads/{branch}");
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--depth=1",
            "--filter=blob:none",
            "--",
            REMOTE,
            &refspec,
        ];
        let answer = git.run_within(&arguments, None, Some(time))?;
        if answer.status.success() {
            return Ok(());
        }
        Err(GitError::Program {
            command: "fetch".to_owned(),
            stderr: answer.complaint(),
        })
    }

    /// Whether git knows by itself whose name a commit gets.
    ///
    /// # Errors
    /// Where git cannot be started.
    pub fn has_identity(&self) -> Result<bool, GitError> {
        let arguments = [
            "-c",
            "user.useConfigOnly=true",
            "var",
            "GIT_COMMITTER_IDENT",
        ];
        let answer = self.repository.git().run(&arguments, None)?;
        Ok(answer.status.success())
    }

    /// The same directory, where commits get this name.
    ///
    /// # Errors
    /// Where git cannot be started.
    pub fn identify(&self, identity: &Identity) -> Result<(), GitError> {
        let git = self.repository.git();
        for (key, value) in [
            ("user.name", &identity.name),
            ("user.email", &identity.email),
        ] {
            // A line break or a bracket would end the name in the commit.
            let plain: String = value
                .chars()
                .filter(|character| !character.is_control() && !"<>".contains(*character))
                .collect();
            git.output(&["config", key, plain.trim()], None)?;
        }
        Ok(())
    }
}

/// What the directory is configured to.
fn settings(address: &Address<'_>, place: &Path) -> Result<Vec<(String, String)>, GitError> {
    let url = address.url;
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_plain = !url
        .chars()
        .any(|character| character.is_control() || character == ' ');
    if !is_web || !is_plain || url.contains('@') {
        return Err(other(
            &"the address of the repository is no plain http(s) URL",
        ));
    }
    let mut settings = vec![
        (format!("remote.{REMOTE}.url"), url.to_owned()),
        // A redirect could lead the password to another host.
        ("http.followRedirects".to_owned(), "false".to_owned()),
        // A server that says nothing for a minute says nothing at all.
        ("http.lowSpeedLimit".to_owned(), "1".to_owned()),
        ("http.lowSpeedTime".to_owned(), "60".to_owned()),
        ("gc.auto".to_owned(), "0".to_owned()),
        ("core.hooksPath".to_owned(), "/dev/null".to_owned()),
        // Nothing is on disk here, so no line end is the system's.
        ("core.autocrlf".to_owned(), "false".to_owned()),
    ];
    if let Some(login) = address.login {
        let has_break = |text: &str| text.chars().any(char::is_control);
        if has_break(&login.user) || has_break(login.password.reveal()) {
            return Err(other(&"the token holds characters that no token has"));
        }
        let after = url.find("://").map_or(0, |at| at + 3);
        let host = url[after..].split('/').next().unwrap_or_default();
        let origin = &url[..after + host.len()];
        // Helpers of the user are not asked, nor told what we answer.
        settings.push(("credential.helper".to_owned(), String::new()));
        settings.push((format!("credential.{origin}.helper"), HELPER.to_owned()));
    }
    if let Some(pem) = address.certificates {
        let file = place.join("authorities.pem");
        fs::write(&file, pem).map_err(|cause| other(&cause))?;
        settings.push((
            "http.sslCAInfo".to_owned(),
            file.to_string_lossy().into_owned(),
        ));
    }
    Ok(settings)
}

fn other(cause: &dyn ToString) -> GitError {
    GitError::Other {
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Identity, Login, Visit};
    use crate::git::error::GitError;
    use crate::model::id::CommitId;
    use crate::model::secret::Secret;

    fn address<'a>(url: &'a str, login: Option<&'a Login>) -> Address<'a> {
        Address {
            url,
            login,
            certificates: Some(b"-----BEGIN CERTIFICATE-----\n"),
            offline: true,
        }
    }

    #[test]
    fn the_password_stands_in_no_file_and_offline_reaches_nobody() {
        let login = Login {
            user: "oauth2".to_owned(),
            password: Secret::new("glpat-very-secret"),
        };
        let visit = Visit::new(&address("https://git.example.com/a/b.git", Some(&login))).unwrap();
        let directory = visit.repository().git_dir().to_owned();
        let config = std::fs::read_to_string(directory.join("config")).unwrap();
        assert!(
            config.contains("https://git.example.com/a/b.git"),
            "{config}"
        );
        assert!(
            config.contains("[credential \"https://git.example.com\"]"),
            "{config}"
        );
        assert!(
            !config.contains("very-secret") && !config.contains("oauth2"),
            "{config}"
        );
        let commit = CommitId::parse(&"a".repeat(40)).unwrap();
        let error = visit.fetch(&commit, "main").unwrap_err();
        assert!(error.to_string().contains("--offline"), "{error}");
        let identity = Identity {
            name: "A <b>\nC".to_owned(),
            email: "a@example.com".to_owned(),
        };
        visit.identify(&identity).unwrap();
        assert!(visit.has_identity().unwrap());
        let name = visit.repository().config_string("user.name").unwrap();
        assert_eq!(name.as_deref(), Some("A bC"));
        drop(visit);
        assert!(!directory.exists());
    }

    #[test]
    fn what_git_would_take_for_something_else_is_refused() {
        for url in [
            "ext::sh -c true",
            "/etc",
            "--upload-pack=x",
            "https://user@example.com/a",
            "https://example.com/a\nb",
            "file:///etc",
        ] {
            let made = Visit::new(&address(url, None));
            assert!(matches!(made, Err(GitError::Other { .. })), "{url}");
        }
        let login = Login {
            user: "a".to_owned(),
            password: Secret::new("a\nhost=evil.example.com"),
        };
        let error = Visit::new(&address("https://example.com/a", Some(&login)));
        let error = error.err().unwrap().to_string();
        assert!(!error.contains("evil"), "{error}");
    }

    #[test]
    fn a_server_that_says_nothing_is_not_waited_for_without_end() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/a/b.git", silent.local_addr().unwrap());
        let visit = Visit::new(&Address {
            offline: false,
            certificates: None,
            ..address(&url, None)
        })
        .unwrap();
        let commit = CommitId::parse(&"a".repeat(40)).unwrap();
        let time = std::time::Duration::from_millis(50);
        let error = visit.fetch_within(&commit, "main", time).unwrap_err();
        assert!(error.to_string().contains("no answer within"), "{error}");
        assert!(error.is_about_a_remote());
    }
}
