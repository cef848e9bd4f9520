//! The other commands: `init`, `rules`, `explain`, `completions`, `man`, `tour`, help and wrong use.

use std::fs;

use git_postman::cli::every_rule::every_rule;

use crate::support::Repository;
use crate::support::fixtures::{API_FILE, COLLECTION, api_file, borrowed, right};

const WRITTEN: [&str; 3] = [
    "git-postman.toml",
    "postman/collections/.gitkeep",
    "postman/schemas/.gitkeep",
];

#[test]
fn init_writes_a_layout_that_passes_and_does_it_once() {
    let repository = Repository::empty();
    let run = repository.run(&["init"]).expect(0);
    for path in WRITTEN {
        assert!(repository.at(path).is_file(), "{path}");
        assert!(run.stdout.contains(&format!("wrote {path}\n")), "{run}");
    }
    let run = repository.check(&[]).expect(0);
    assert_eq!(run.json()["summary"]["errors"], 0, "{run}");
    let text = fs::read_to_string(repository.at("git-postman.toml")).unwrap();
    let again = repository.run(&["init"]).expect(0);
    assert!(!again.stdout.contains("wrote"), "{again}");
    assert_eq!(
        fs::read_to_string(repository.at("git-postman.toml")).unwrap(),
        text
    );
}

#[test]
fn init_keeps_what_is_there() {
    let repository = Repository::with(&borrowed(&right()));
    repository.write("git-postman.toml", "# mine\n");
    repository
        .run(&["init"])
        .expect(0)
        .says("kept git-postman.toml");
    assert_eq!(
        fs::read(repository.at("git-postman.toml")).unwrap(),
        b"# mine\n"
    );
    // A folder with files in it needs none to be kept by git.
    let status = repository.git(&["status", "--porcelain"]).expect(0);
    assert_eq!(status.stdout, "?? git-postman.toml\n");
}

#[test]
fn init_writes_what_it_is_told_from_any_folder() {
    let repository = Repository::with(&[("src/a.txt", "a")]);
    repository
        .run_in(
            &repository.at("src"),
            &[
                "init",
                "--schema-directory",
                "api/my schemas/",
                "--collection-directory",
                "api/collections",
                "--policy",
                "files",
                "--active-branch",
                "dev\"x",
            ],
        )
        .expect(0);
    assert!(repository.at("api/my schemas/.gitkeep").is_file());
    let text = fs::read_to_string(repository.at("git-postman.toml")).unwrap();
    let written: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(
        written["layout"]["schema-directory"].as_str(),
        Some("api/my schemas")
    );
    assert_eq!(written["mapping"]["policy"].as_str(), Some("files"));
    assert_eq!(written["mapping"]["active-branch"].as_str(), Some("dev\"x"));
    repository.check(&[]).expect(0);
}

#[test]
fn init_refuses_directories_that_cannot_be() {
    let repository = Repository::empty();
    for (schemas, collections) in [
        ("api", "api/collections"),
        ("api/schemas", "api"),
        ("api", "api/"),
        (".", "api"),
        ("../a", "b"),
        ("/tmp/a", "b"),
        (".git/a", "b"),
        (".postman", "b"),
        ("a\\b", "b"),
        ("", "b"),
    ] {
        let run = repository.run(&[
            "init",
            "--schema-directory",
            schemas,
            "--collection-directory",
            collections,
        ]);
        let run = run.expect(2);
        assert!(run.stdout.is_empty(), "{run}");
        run.says("error:");
    }
    assert_eq!(fs::read_dir(repository.root()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn init_does_not_write_through_a_link() {
    use std::os::unix::fs::symlink;
    let repository = Repository::empty();
    fs::create_dir(repository.beside("outside")).unwrap();
    symlink("../outside", repository.at("postman")).unwrap();
    repository
        .run(&["init"])
        .expect(2)
        .says("outside of the repository");
    assert_eq!(
        fs::read_dir(repository.beside("outside")).unwrap().count(),
        0
    );
    assert!(!repository.at("git-postman.toml").exists(), "half done");
    // A link in the place of the file itself is kept.
    let repository = Repository::empty();
    symlink("../outside.toml", repository.at("git-postman.toml")).unwrap();
    repository.run(&["init"]).expect(0).says("kept");
    assert!(!repository.beside("outside.toml").exists());
}

#[test]
fn init_says_first_what_it_would_do() {
    let repository = Repository::empty();
    let run = repository
        .run(&["init", "--dry-run", "--hook"])
        .expect(0)
        .says("pre-push");
    for path in WRITTEN {
        assert!(
            run.stdout.contains(&format!("would write {path}\n")),
            "{run}"
        );
    }
    assert_eq!(fs::read_dir(repository.root()).unwrap().count(), 1);
    assert!(!repository.at(".git/hooks/pre-push").exists());
    repository.run(&["init", "--hook"]).expect(0);
    repository
        .run(&["hook", "status"])
        .expect(0)
        .says("pre-push: installed as");
}

#[test]
fn rules_are_listed_for_people_and_for_scripts() {
    let place = Repository::none();
    let human = place.run(&["rules"]).expect(0);
    let json = place.run(&["rules", "--format", "json"]).expect(0).json();
    assert_eq!(json["format_version"], 1);
    assert_eq!(json["command"], "rules");
    let rules = json["rules"].as_array().unwrap();
    assert_eq!(rules.len(), every_rule().len());
    for rule in rules {
        for key in ["id", "group", "severity", "summary", "since"] {
            assert!(rule[key].is_string(), "{rule}");
        }
        assert!(human.stdout.contains(rule["id"].as_str().unwrap()));
        assert!(human.stdout.contains(rule["summary"].as_str().unwrap()));
    }
    place.run(&["rules", "--format", "poem"]).expect(2);
}

#[test]
fn every_rule_explains_itself() {
    let place = Repository::none();
    for rule in every_rule() {
        let run = place.run(&["explain", rule.id.0]).expect(0);
        assert!(run.stdout.starts_with(rule.id.0), "{run}");
        for heading in ["WHAT IT FINDS", "WHY IT MATTERS", "EXAMPLE", "HOW TO FIX"] {
            assert!(run.stdout.contains(&format!("\n{heading}\n")), "{run}");
        }
    }
    place
        .run(&["explain", "nested-directory"])
        .expect(2)
        .says("did you mean `nested-directories`?");
    place
        .run(&["explain", "xyzzy"])
        .expect(2)
        .says("git postman rules");
}

#[test]
fn packagers_get_completions_and_a_manual_page() {
    let place = Repository::none();
    for (shell, sign) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef git-postman"),
        ("fish", "complete -c git-postman"),
    ] {
        let run = place.run(&["completions", shell]).expect(0);
        assert!(run.stdout.contains(sign), "{shell}");
        assert!(run.stdout.contains("revision"), "{shell}");
    }
    place.run(&["completions", "tcsh"]).expect(2);
    let page = place.run(&["man"]).expect(0);
    assert!(page.stdout.contains(".TH"), "{page}");
    assert!(page.stdout.contains("git\\-postman") || page.stdout.contains("git-postman"));
}

#[test]
fn every_command_has_help_and_refuses_what_it_does_not_know() {
    let place = Repository::none();
    let commands: &[&[&str]] = &[
        &[],
        &["check"],
        &["rules"],
        &["explain"],
        &["hook"],
        &["hook", "install"],
        &["hook", "uninstall"],
        &["hook", "status"],
        &["hook", "run"],
        &["init"],
        &["tour"],
        &["completions"],
        &["man"],
    ];
    for command in commands {
        for help in ["--help", "-h"] {
            let run = place.run(&[*command, &[help]].concat()).expect(0);
            assert!(run.stdout.contains("Usage: git postman"), "{run}");
            assert!(run.stderr.is_empty(), "{run}");
        }
        let run = place.run(&[*command, &["--no-such-option"]].concat());
        let run = run.expect(2);
        assert!(run.stdout.is_empty(), "{run}");
        run.says("--no-such-option");
    }
    place.run(&["help", "check"]).expect(0);
    place.run(&["chek"]).expect(2).says("check");
    place.run(&[]).expect(2);
    let version = place.run(&["--version"]).expect(0);
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn options_that_contradict_each_other_are_wrong_use() {
    let repository = Repository::with(&borrowed(&right()));
    for arguments in [
        &["--staged", "--worktree"][..],
        &["--staged", "--revision", "HEAD"],
        &["--revision", "HEAD", "--range", "HEAD..HEAD"],
        &["--write-baseline"],
        &["--format", "sonnet"],
        &["--revision", "HEAD", COLLECTION],
    ] {
        repository.check(arguments).expect(2);
    }
}

#[test]
fn colours_come_only_when_they_are_asked_for() {
    let repository = Repository::with(&borrowed(&right()));
    repository.write(API_FILE, api_file("a", "a/b"));
    let plain = repository.run(&["check"]).expect(1);
    assert!(!plain.stdout.contains('\u{1b}'));
    let always = repository.run(&["check", "--color", "always"]).expect(1);
    assert!(always.stdout.contains("\u{1b}["));
    let quiet = repository.run(&["check", "-q"]).expect(1);
    assert!(quiet.stdout.contains("nested-directories") && quiet.stderr.is_empty());
}

#[test]
fn the_tour_happens_and_leaves_nothing_behind() {
    let place = Repository::none();
    let temporary = place.beside("home/tmp");
    place
        .run(&["tour"])
        .expect(0)
        .says("nested-directories")
        .says("provider-token")
        .says("pull first")
        .says("both sides changed it")
        .says("(exit code 3)")
        .says("nothing to do")
        .says("That was real");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    assert_eq!(fs::read_dir(place.root()).unwrap().count(), 0);
    let kept = place.run(&["tour", "--keep"]).expect(0);
    let (_, path) = kept
        .stdout
        .trim_end()
        .rsplit_once("The repository was kept: ")
        .unwrap();
    assert!(std::path::Path::new(path).join(".git").is_dir(), "{path}");
}

#[test]
fn the_tour_does_not_mind_where_it_is_started() {
    // In a hook git names the repository in variables; the tour has its own.
    let repository = Repository::with(&borrowed(&right()));
    let program = env!("CARGO_BIN_EXE_git-postman");
    let alias = format!("alias.tour=!'{program}' tour");
    let head = repository.id("HEAD");
    repository
        .git(&["-c", &alias, "-c", "user.name=Somebody", "tour"])
        .expect(0)
        .says("That was real");
    assert_eq!(repository.id("HEAD"), head);
    let hook = repository.at(".git/hooks/post-commit");
    fs::write(
        &hook,
        format!("#!/bin/sh\nexec '{program}' tour >tour.txt\n"),
    )
    .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        repository.commit(&[("a.txt", "a")], "second");
        let told = fs::read_to_string(repository.at("tour.txt")).unwrap();
        assert!(told.contains("That was real"), "{told}");
    }
}
