//! The hook scripts run for real, in every shell that is here. Tests only.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::setup::hook_script::{HookType, script};

const LINES: &str = "refs/heads/a 11 refs/heads/a 00\nrefs/heads/b 22 refs/heads/b 00\n";

/// A repository with a hook in place and a program that writes down how it was started.
struct Scene {
    directory: tempfile::TempDir,
    hook_type: HookType,
}

impl Scene {
    fn new(hook_type: HookType) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let scene = Self {
            directory,
            hook_type,
        };
        fs::create_dir_all(scene.hooks()).unwrap();
        let recorder = "#!/bin/sh\n{ for a in \"$@\"; do printf '<%s>' \"$a\"; done; echo; cat; } > \"$RECORD/program\"\nexit \"${PROGRAM_EXIT:-0}\"\n";
        executable(&scene.program(), recorder);
        scene.install(&scene.program());
        scene
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }

    fn hooks(&self) -> PathBuf {
        self.root().join("re po/.git/hooks")
    }

    fn program(&self) -> PathBuf {
        self.root().join("it's \"a\" $HOME `dir`/git-postman")
    }

    fn install(&self, program: &Path) {
        let hook = self.hooks().join(self.hook_type.as_str());
        fs::write(&hook, script(self.hook_type, program, 0)).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Adds an earlier hook that writes its arguments and standard input to `file`.
    fn earlier(&self, ending: &str, file: &str, and_then: &str) {
        let name = format!("{}.git-postman-before{ending}", self.hook_type);
        let text = format!(
            "#!/bin/sh\n{{ for a in \"$@\"; do printf '<%s>' \"$a\"; done; echo; cat; }} > \"$RECORD/{file}\"\n{and_then}\n"
        );
        executable(&self.hooks().join(name), &text);
    }

    fn fire_with(&self, shell: &[&str], path: &str, stdin: &[u8], arguments: &[&str]) -> Output {
        self.fire_in(
            shell,
            path,
            stdin,
            arguments,
            ".git/hooks/",
            &self.root().join("re po"),
        )
    }

    fn fire_in(
        &self,
        shell: &[&str],
        path: &str,
        stdin: &[u8],
        arguments: &[&str],
        start: &str,
        directory: &Path,
    ) -> Output {
        let mut child = command(shell[0])
            .args(&shell[1..])
            .arg(format!("{start}{}", self.hook_type))
            .args(arguments)
            .current_dir(directory)
            .env("PATH", path)
            .env("RECORD", self.root())
            .env("HOME", self.root())
            .env("gp_pushed", "from the environment")
            .env("gp_program", "from the environment")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A hook that reads nothing closes the pipe, which is its right.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        child.wait_with_output().unwrap()
    }

    fn fire(&self, stdin: &[u8], arguments: &[&str]) -> Output {
        self.fire_with(&["sh"], &path(), stdin, arguments)
    }

    fn recorded(&self, file: &str) -> Option<String> {
        fs::read(self.root().join(file))
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the installed scripts are run for real, in tests only"
)]
fn command(program: &str) -> Command {
    Command::new(program)
}

#[expect(
    clippy::disallowed_methods,
    reason = "shells are found where the tests run"
)]
fn path() -> String {
    std::env::var("PATH").unwrap()
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A `PATH` with what the scripts themselves use, and nothing else.
fn bare_path(scene: &Scene) -> String {
    let bin = scene.root().join("bin");
    fs::create_dir_all(&bin).unwrap();
    for tool in ["cat", "printf", "sh"] {
        let found = path()
            .split(':')
            .map(|directory| Path::new(directory).join(tool))
            .find(|candidate| candidate.exists())
            .unwrap();
        let _ = std::os::unix::fs::symlink(found, bin.join(tool));
    }
    bin.to_string_lossy().into_owned()
}

/// Every shell that is here; those that are not are named.
fn shells() -> Vec<Vec<&'static str>> {
    let known = [
        vec!["sh"],
        vec!["dash"],
        vec!["bash", "--posix"],
        vec!["busybox", "sh"],
        vec!["mksh"],
        vec!["ksh"],
        vec!["yash"],
        vec!["zsh", "--emulate", "sh"],
    ];
    let (present, absent): (Vec<_>, Vec<_>) = known.into_iter().partition(|shell| {
        command(shell[0])
            .args(&shell[1..])
            .args(["-c", "exit 0"])
            .output()
            .is_ok_and(|output| output.status.success())
    });
    for shell in absent {
        eprintln!("skipped: no {} here", shell.join(" "));
    }
    present
}

#[test]
fn in_every_shell_both_the_earlier_hook_and_the_program_get_all_arguments_and_lines() {
    for shell in shells() {
        let scene = Scene::new(HookType::PrePush);
        scene.earlier("", "first", "");
        scene.earlier("-2", "second", "");
        let output = scene.fire_with(
            &shell,
            &path(),
            LINES.as_bytes(),
            &["my remote", "it's \"$HOME\" *"],
        );
        assert!(output.status.success(), "{shell:?} {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
        let seen = format!("<my remote><it's \"$HOME\" *>\n{LINES}");
        assert_eq!(scene.recorded("first"), Some(seen.clone()), "{shell:?}");
        assert_eq!(scene.recorded("second"), Some(seen.clone()), "{shell:?}");
        let program = format!("<hook><run><pre-push><-->{seen}");
        assert_eq!(scene.recorded("program"), Some(program), "{shell:?}");
    }
}

#[test]
fn standard_input_arrives_with_and_without_an_earlier_hook() {
    for shell in shells() {
        for stdin in [
            "",
            "one line without its end",
            "-n\n",
            "%s \\n \\c\n",
            LINES,
        ] {
            for has_earlier in [false, true] {
                let scene = Scene::new(HookType::PrePush);
                if has_earlier {
                    scene.earlier("", "first", "");
                }
                // git ends every line. Where an earlier hook is, a line without its end gets one.
                let open = has_earlier && !stdin.is_empty() && !stdin.ends_with('\n');
                let whole = format!("{stdin}{}", if open { "\n" } else { "" });
                let output = scene.fire_with(&shell, &path(), stdin.as_bytes(), &["o", "u"]);
                assert!(output.status.success(), "{shell:?} {output:?}");
                assert_eq!(
                    scene.recorded("program"),
                    Some(format!("<hook><run><pre-push><--><o><u>\n{whole}")),
                    "{shell:?} {has_earlier}"
                );
                let first = has_earlier.then(|| format!("<o><u>\n{whole}"));
                assert_eq!(scene.recorded("first"), first, "{shell:?}");
            }
        }
    }
}

#[test]
fn a_push_of_many_refs_arrives_whole_though_the_earlier_hook_reads_nothing() {
    for shell in shells() {
        let scene = Scene::new(HookType::PrePush);
        executable(
            &scene.hooks().join("pre-push.git-postman-before"),
            "#!/bin/sh\nexit 0\n",
        );
        let many = LINES.repeat(20_000);
        let output = scene.fire_with(&shell, &path(), many.as_bytes(), &["o", "u"]);
        assert!(output.status.success(), "{shell:?} {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
        assert_eq!(
            scene.recorded("program").map(|text| text.len()),
            Some(many.len() + 32),
            "{shell:?}"
        );
    }
}

#[test]
fn a_failing_earlier_hook_stops_with_its_exit_code() {
    for shell in shells() {
        for hook_type in HookType::ALL {
            let scene = Scene::new(hook_type);
            scene.earlier("", "first", "exit 7");
            scene.earlier("-2", "second", "");
            let output = scene.fire_with(&shell, &path(), LINES.as_bytes(), &[]);
            assert_eq!(output.status.code(), Some(7), "{shell:?} {hook_type}");
            assert!(scene.recorded("first").is_some());
            assert_eq!(scene.recorded("second"), None);
            assert_eq!(scene.recorded("program"), None);
        }
    }
}

#[test]
fn the_exit_code_of_the_program_is_the_exit_code_of_the_hook() {
    for shell in shells() {
        for hook_type in HookType::ALL {
            for has_earlier in [false, true] {
                let scene = Scene::new(hook_type);
                if has_earlier {
                    scene.earlier("", "first", "");
                }
                executable(&scene.program(), "#!/bin/sh\nexit 3\n");
                let output = scene.fire_with(&shell, &path(), LINES.as_bytes(), &[]);
                assert_eq!(
                    output.status.code(),
                    Some(3),
                    "{shell:?} {hook_type} {has_earlier}"
                );
            }
        }
    }
}

#[test]
fn an_earlier_hook_that_is_not_executable_does_not_run() {
    let scene = Scene::new(HookType::PreCommit);
    scene.earlier("", "first", "exit 1");
    let kept = scene.hooks().join("pre-commit.git-postman-before");
    fs::set_permissions(kept, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(scene.fire(b"", &[]).status.success());
    assert_eq!(scene.recorded("first"), None);
    assert_eq!(
        scene.recorded("program").as_deref(),
        Some("<hook><run><pre-commit><-->\n")
    );
}

#[test]
fn files_that_only_look_like_earlier_hooks_do_not_run() {
    let scene = Scene::new(HookType::PrePush);
    for ending in ["~", ".bak", "-10", "-1"] {
        scene.earlier(ending, "first", "exit 1");
    }
    fs::create_dir(scene.hooks().join("pre-push.git-postman-before")).unwrap();
    assert!(scene.fire(LINES.as_bytes(), &[]).status.success());
    assert_eq!(scene.recorded("first"), None);
}

#[test]
fn a_missing_program_stops_with_the_way_out() {
    for shell in shells() {
        for hook_type in HookType::ALL {
            let scene = Scene::new(hook_type);
            fs::remove_file(scene.program()).unwrap();
            let bare = bare_path(&scene);
            // The shell itself is looked up on the bare PATH too, so it is named in full.
            let full = full_path(shell[0]);
            let mut shell = shell.clone();
            shell[0] = &full;
            let output = scene.fire_with(&shell, &bare, LINES.as_bytes(), &[]);
            assert_eq!(output.status.code(), Some(1), "{shell:?} {output:?}");
            let message = String::from_utf8(output.stderr).unwrap();
            for part in [
                "error: ",
                &format!("the {hook_type} hook cannot find git-postman, so "),
                &format!("git postman hook install --type {hook_type}"),
                "drop the hook",
                &scene.program().to_string_lossy(),
                &format!(".git/hooks/{hook_type}"),
            ] {
                assert!(message.contains(part), "{shell:?} lacks {part}: {message}");
            }
        }
    }
}

fn full_path(program: &str) -> String {
    path()
        .split(':')
        .map(|directory| format!("{directory}/{program}"))
        .find(|candidate| Path::new(candidate).exists())
        .unwrap()
}

#[test]
fn a_program_that_moved_is_found_on_the_path() {
    for hook_type in HookType::ALL {
        let scene = Scene::new(hook_type);
        let bare = bare_path(&scene);
        fs::rename(scene.program(), scene.root().join("bin/git-postman")).unwrap();
        let shell = full_path("sh");
        let output = scene.fire_with(&[&shell], &bare, LINES.as_bytes(), &["a b"]);
        assert!(output.status.success(), "{output:?}");
        assert!(
            scene
                .recorded("program")
                .unwrap()
                .starts_with(&format!("<hook><run><{hook_type}><--><a b>\n"))
        );
    }
}

#[test]
fn the_earlier_hook_is_found_from_any_directory_and_under_another_name_of_ours() {
    let scene = Scene::new(HookType::PrePush);
    scene.earlier("", "first", "");
    for (start, directory) in [
        (String::new(), scene.hooks()),
        (format!("{}/", scene.hooks().display()), PathBuf::from("/")),
    ] {
        let output = scene.fire_in(&["sh"], &path(), b"", &[], &start, &directory);
        assert!(output.status.success(), "{output:?}");
        assert!(scene.recorded("first").is_some());
        fs::remove_file(scene.root().join("first")).unwrap();
    }
    // pre-commit renames ours to `.legacy` and starts it.
    fs::rename(
        scene.hooks().join("pre-push"),
        scene.hooks().join("pre-push.legacy"),
    )
    .unwrap();
    executable(
        &scene.hooks().join("pre-push"),
        "#!/bin/sh\nexec \"$0.legacy\" \"$@\"\n",
    );
    assert!(scene.fire(b"", &[]).status.success());
    assert!(scene.recorded("first").is_some());
}

#[test]
fn a_copy_of_ours_among_the_earlier_hooks_does_not_run_for_ever() {
    let scene = Scene::new(HookType::PrePush);
    fs::copy(
        scene.hooks().join("pre-push"),
        scene.hooks().join("pre-push.git-postman-before"),
    )
    .unwrap();
    assert!(scene.fire(LINES.as_bytes(), &[]).status.success());
    assert_eq!(
        scene.recorded("program"),
        Some(format!("<hook><run><pre-push><-->\n{LINES}"))
    );
}

#[test]
fn shellcheck_has_nothing_to_say() {
    if command("shellcheck").arg("--version").output().is_err() {
        eprintln!("skipped: no shellcheck here");
        return;
    }
    for hook_type in HookType::ALL {
        let scene = Scene::new(hook_type);
        scene.install(Path::new("/usr/bin/git-postman"));
        let output = command("shellcheck")
            .args(["--shell=sh", "--enable=all", "--exclude=SC2250,SC2292"])
            .arg(scene.hooks().join(hook_type.as_str()))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

/// Runs git in a repository of its own, with nothing of the machine's configuration.
fn git(scene: &Scene, directory: &str, arguments: &[&str]) -> Output {
    command("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(scene.root().join(directory))
        .env_clear()
        .env("PATH", path())
        .env("HOME", scene.root())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("RECORD", scene.root())
        .output()
        .unwrap()
}

#[test]
fn git_fires_both_hooks_from_a_worktree_and_its_bypass_is_left_alone() {
    let scene = Scene::new(HookType::PrePush);
    fs::remove_dir_all(scene.root().join("re po")).unwrap();
    let done = |directory: &str, arguments: &[&str]| {
        let output = git(&scene, directory, arguments);
        assert!(output.status.success(), "{arguments:?} {output:?}");
    };
    done("", &["init", "-q", "--bare", "remote"]);
    done("", &["init", "-q", "re po"]);
    fs::create_dir_all(scene.hooks()).unwrap();
    scene.install(&scene.program());
    scene.earlier("", "first", "");
    done("re po", &["commit", "-q", "--allow-empty", "-m", "one"]);
    done(
        "re po",
        &["worktree", "add", "-q", "-b", "side", "../linked"],
    );
    for directory in ["re po", "linked"] {
        done(
            directory,
            &[
                "push",
                "-q",
                "../remote",
                "HEAD:refs/heads/one",
                "HEAD:refs/heads/two",
            ],
        );
        let program = scene.recorded("program").unwrap();
        assert!(
            program.starts_with("<hook><run><pre-push><--><../remote><../remote>\n"),
            "{program}"
        );
        let lines = program.split_once('\n').unwrap().1;
        assert_eq!(
            scene.recorded("first").unwrap().split_once('\n').unwrap().1,
            lines
        );
        // In the second round both refs are there already, and git has nothing to list.
        assert_eq!(
            lines.lines().count(),
            if directory == "re po" { 2 } else { 0 },
            "{program}"
        );
    }
    executable(&scene.program(), "#!/bin/sh\necho stopped >&2\nexit 1\n");
    let stopped = git(
        &scene,
        "linked",
        &["push", "../remote", "HEAD:refs/heads/three"],
    );
    assert!(!stopped.status.success());
    assert!(
        String::from_utf8_lossy(&stopped.stderr).contains("stopped"),
        "{stopped:?}"
    );
    done(
        "linked",
        &[
            "push",
            "-q",
            "--no-verify",
            "../remote",
            "HEAD:refs/heads/three",
        ],
    );
}
