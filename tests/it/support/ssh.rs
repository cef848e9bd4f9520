//! Git over ssh by the real `sshd`, on this machine, as the user who runs the tests: keys, settings and port of its own, and
//! nothing of it stays. Whoever comes with the key gets to the repositories below one directory, as hosts of git have it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::Repository;
use crate::support::companion::{Companion, free_port};
use crate::support::optional::skipped;

/// Free ports are found by asking for one, and somebody may be faster.
const TRIES: usize = 5;

/// The server, while it runs.
pub(crate) struct SshServer {
    _running: Companion,
    directory: PathBuf,
}

impl SshServer {
    /// Serves what lies in `repositories` under every host name; `None`, and said aloud, where there is no `sshd`.
    pub(crate) fn start(scene: &Repository, repositories: &Path) -> Option<Self> {
        let sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"];
        let Some(sshd) = sshd.iter().map(Path::new).find(|path| path.is_file()) else {
            skipped("there is no sshd to serve git over ssh: `apt-get install openssh-server`");
            return None;
        };
        if scene.is_of_root() && !Path::new("/run/sshd").is_dir() {
            skipped("sshd wants the directory /run/sshd of root: `mkdir -p /run/sshd`");
            return None;
        }
        let directory = scene.beside("sshd");
        fs::create_dir(&directory).unwrap();
        let at = |name: &str| directory.join(name);
        for name in ["host", "key", "stranger"] {
            let path = at(name);
            let arguments = [
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-f",
                path.to_str().unwrap(),
            ];
            scene
                .start(OsStr::new("ssh-keygen"), &directory, &arguments, &[])
                .expect(0);
        }
        // What was asked for is a command of git's and the path of a repository.
        let serve = format!(
            "#!/bin/sh\ncd '{}' || exit 1\nexport GIT_CONFIG_GLOBAL='{}'\nexec git shell -c \"$SSH_ORIGINAL_COMMAND\"\n",
            repositories.display(),
            scene.beside("home/.gitconfig").display(),
        );
        fs::write(at("serve"), serve).unwrap();
        fs::set_permissions(at("serve"), fs::Permissions::from_mode(0o755)).unwrap();
        let key = fs::read_to_string(at("key.pub")).unwrap();
        let authorized = format!("restrict,command=\"{}\" {key}", at("serve").display());
        fs::write(at("authorized"), authorized).unwrap();
        for _ in 0..TRIES {
            let port = free_port();
            let settings = format!(
                "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
                 PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin forced-commands-only\n\
                 AcceptEnv GIT_PROTOCOL\nMaxStartups 100\n",
                at("host").display(),
                at("authorized").display(),
            );
            fs::write(at("settings"), settings).unwrap();
            let settings = at("settings");
            let arguments = [
                OsStr::new("-D"),
                OsStr::new("-e"),
                OsStr::new("-f"),
                settings.as_os_str(),
            ];
            if let Some(running) = Companion::start(sshd.as_os_str(), arguments, "Server listening")
            {
                let host = fs::read_to_string(at("host.pub")).unwrap();
                fs::write(at("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
                for name in ["key", "stranger"] {
                    let settings = format!(
                        "Host *\n\tHostName 127.0.0.1\n\tPort {port}\n\tUser {}\n\tIdentityFile {}\n\tIdentitiesOnly yes\n\
                         \tIdentityAgent none\n\tUserKnownHostsFile {}\n\tStrictHostKeyChecking yes\n\tBatchMode yes\n",
                        user(scene),
                        at(name).display(),
                        at("known").display(),
                    );
                    fs::write(at(&format!("{name}.settings")), settings).unwrap();
                }
                return Some(Self {
                    _running: running,
                    directory,
                });
            }
        }
        panic!("sshd does not start");
    }

    /// Lets git of a repository come to this server, whatever host it asks for.
    pub(crate) fn is_asked_by(&self, repository: &Repository, key: &str) {
        let settings = self.directory.join(format!("{key}.settings"));
        let command = format!("ssh -F '{}'", settings.display());
        repository
            .git(&["config", "core.sshCommand", &command])
            .expect(0);
    }
}

fn user(scene: &Repository) -> String {
    let run = scene.start(OsStr::new("id"), scene.root(), &["-un"], &[]);
    run.expect(0).stdout.trim().to_owned()
}
