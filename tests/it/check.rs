//! `check` on a repository: the exact place, the three views and ranges, the configuration, what is agreed on.

use std::fs;
use std::time::SystemTime;

use crate::support::Repository;
use crate::support::fixtures::{
    API_FILE, COLLECTION, borrowed, collection, nested, right, right_native, right_with_root_file,
    token,
};

/// A right repository of the older form in its first commit.
fn right_repository() -> Repository {
    Repository::with(&borrowed(&right()))
}

/// A repository with one error: the API's file declares nested directories.
fn nested_repository() -> Repository {
    let repository = right_repository();
    repository.write(API_FILE, nested());
    repository
}

#[test]
fn nothing_is_found_in_a_right_repository_of_any_form() {
    for files in [right(), right_with_root_file(), right_native()] {
        let repository = Repository::with(&borrowed(&files));
        let run = repository.check(&[]).expect(0);
        let report = run.json();
        assert_eq!(report["findings"], serde_json::json!([]), "{run}");
        assert_ne!(report["summary"]["documents"], 0, "{run}");
        assert_eq!(report["snapshot"]["kind"], "worktree");
    }
}

#[test]
fn nested_directories_are_told_at_the_exact_place() {
    let repository = nested_repository();
    let run = repository.check(&[]).expect(1);
    let found = run.found("nested-directories");
    assert_eq!(found.len(), 1, "{run}");
    let expected = serde_json::json!({
        "path": API_FILE, "line": 11, "column": 17, "end_line": 11, "end_column": 24, "pointer": null
    });
    assert_eq!(found[0]["location"], expected);
    assert_eq!(found[0]["severity"], "error");
    let human = repository.run(&["check"]).expect(1);
    assert!(
        human.stdout.contains(&format!("--> {API_FILE}:11:17\n")),
        "{human}"
    );
    assert!(
        human.stdout.contains("rootDirectory = postman\n"),
        "{human}"
    );
    human
        .says("error[nested-directories]")
        .says(" ^^^^^^^\n")
        .says("choose two directories");
}

#[test]
fn the_json_object_has_the_keys_of_the_contract() {
    let repository = nested_repository();
    let report = repository.check(&[]).expect(1).json();
    assert_eq!(report["format_version"], 1);
    assert_eq!(report["command"], "check");
    assert_eq!(report["exit_code"], 1);
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    for key in ["snapshot", "summary", "findings"] {
        assert!(keys(&report).contains(&key.to_owned()), "{report:#}");
    }
    assert_eq!(keys(&report["snapshot"]), ["kind", "id"]);
    for key in ["errors", "warnings", "documents", "bytes", "milliseconds"] {
        assert!(report["summary"][key].is_u64(), "{key} in {report:#}");
    }
    let finding = &report["findings"][0];
    for key in ["rule", "severity", "message", "help", "fingerprint"] {
        assert!(finding[key].is_string(), "{key} in {report:#}");
    }
    assert_eq!(
        keys(&finding["location"]),
        [
            "path",
            "line",
            "column",
            "end_line",
            "end_column",
            "pointer"
        ]
    );
    assert!(report.get("documents").is_none());
}

#[test]
fn worktree_index_and_commit_each_show_their_own_state() {
    let repository = right_repository();
    let broken = |path: &str| repository.write(path, "{\"info\": ");
    broken("postman/collections/staged.json");
    repository.git(&["add", "--all"]).expect(0);
    fs::remove_file(repository.at("postman/collections/staged.json")).unwrap();
    broken("postman/collections/disk.json");
    let seen = |arguments: &[&str]| {
        let run = repository.check(arguments).reported();
        (
            run.json()["snapshot"]["kind"].as_str().unwrap().to_owned(),
            run.paths_of("syntax"),
        )
    };
    let on_disk = vec!["postman/collections/disk.json".to_owned()];
    let staged = vec!["postman/collections/staged.json".to_owned()];
    assert_eq!(seen(&[]), ("worktree".to_owned(), on_disk.clone()));
    assert_eq!(seen(&["--worktree"]), ("worktree".to_owned(), on_disk));
    assert_eq!(seen(&["--staged"]), ("index".to_owned(), staged));
    assert_eq!(
        seen(&["--revision", "HEAD"]),
        ("revision".to_owned(), vec![])
    );
    let report = repository.check(&["--revision", "main"]).expect(0).json();
    assert_eq!(report["snapshot"]["id"], repository.id("HEAD").as_str());
}

#[test]
fn ignored_files_are_no_part_of_the_worktree() {
    let repository = right_repository();
    repository.write(".gitignore", "postman/collections/local-*\n");
    repository.write("postman/collections/local-try.json", "{");
    repository.check(&[]).expect(0);
}

#[test]
fn the_configuration_is_the_one_of_the_snapshot() {
    let repository = nested_repository();
    let allow = "[rules]\nnested-directories = 'allow'\n";
    repository.commit(&[], "nested, and nothing allows it");
    repository.write("git-postman.toml", allow);
    repository.check(&[]).expect(0);
    repository.check(&["--staged"]).expect(1);
    repository.check(&["--revision", "HEAD"]).expect(1);
    repository.git(&["add", "git-postman.toml"]).expect(0);
    repository.check(&["--staged"]).expect(0);
    repository.check(&["--revision", "HEAD"]).expect(1);
    repository.commit(&[], "allowed");
    fs::remove_file(repository.at("git-postman.toml")).unwrap();
    repository.check(&["--revision", "HEAD"]).expect(0);
    repository.check(&[]).expect(1);
}

#[test]
fn another_configuration_can_be_named() {
    let repository = nested_repository();
    let file = repository.beside("other.toml");
    fs::write(&file, "[rules]\nnested-directories = 'warning'\n").unwrap();
    let run = repository
        .check(&["--config", "../other.toml", "--revision", "HEAD"])
        .expect(0);
    assert!(run.found("nested-directories").is_empty());
    let run = repository
        .check(&["--config", file.to_str().unwrap()])
        .expect(0);
    assert_eq!(run.found("nested-directories")[0]["severity"], "warning");
    repository
        .check(&["--config", "missing.toml"])
        .expect(2)
        .says("missing.toml");
}

#[test]
fn a_range_finds_a_token_that_a_later_commit_removed() {
    let repository = right_repository();
    let base = repository.id("HEAD");
    let token = token();
    let guilty = repository.commit(&[(COLLECTION, &collection(&token))], "try");
    repository.commit(&[(COLLECTION, &collection("{{token}}"))], "remove");
    repository.check(&["--revision", "HEAD"]).expect(0);
    let range = format!("{base}..HEAD");
    let run = repository.check(&["--range", &range]).expect(1);
    let found = run.found("provider-token");
    assert_eq!(found.len(), 1, "{run}");
    assert_eq!(found[0]["commit"], guilty.as_str());
    assert_eq!(found[0]["location"]["path"], COLLECTION);
    assert_eq!(found[0]["location"]["line"], 16);
    let human = repository.run(&["check", "--range", &range]).expect(1);
    human
        .says(&format!("in commit {}", &guilty[..7]))
        .never_says(&token);
    run.never_says(&token);
    // Outside of the range it is none of this check's business.
    repository.check(&["--range", "HEAD~1..HEAD"]).expect(0);
    repository
        .check(&["--range", &format!("{base}...")])
        .expect(1);
}

#[test]
fn a_range_looks_only_at_documents_that_it_touches() {
    let repository = right_repository();
    repository.commit(&[("postman/collections/old.json", "{")], "old");
    repository.commit(&[("postman/collections/new.json", "{")], "new");
    let run = repository.check(&["--range", "HEAD~1..HEAD"]).expect(1);
    assert_eq!(run.paths_of("syntax"), ["postman/collections/new.json"]);
    let run = repository
        .check(&["--range", "HEAD~1..HEAD", "--all"])
        .expect(1);
    assert_eq!(run.paths_of("syntax").len(), 2, "{run}");
    repository
        .check(&["--range", "HEAD"])
        .expect(2)
        .says("BASE..HEAD");
    repository
        .check(&["--range", "nowhere..HEAD"])
        .expect(2)
        .says("nowhere");
}

#[test]
fn a_range_whose_base_a_shallow_clone_lacks_is_an_error_with_the_fix() {
    let repository = right_repository();
    let base = repository.id("HEAD");
    repository.commit(&[("a.txt", "a")], "second");
    repository.commit(&[("b.txt", "b")], "third");
    let url = format!("file://{}", repository.root().display());
    let clone = repository.beside("clone");
    repository
        .git_in(
            repository.beside("").as_path(),
            &["clone", "--quiet", "--depth", "1", &url, "clone"],
        )
        .expect(0);
    let run = repository.run_in(&clone, &["check", "--range", &format!("{base}..HEAD")]);
    run.expect(2).says("shallow").says("git fetch --unshallow");
    // What is there can be looked at.
    repository
        .run_in(&clone, &["check", "--revision", "HEAD"])
        .expect(0);
}

#[test]
fn all_looks_at_documents_that_postman_does_not_manage() {
    let repository = right_repository();
    repository.write("elsewhere/broken.json", "{\"info\": ");
    repository.check(&[]).expect(0);
    let run = repository.check(&["--all"]).expect(1);
    assert_eq!(run.paths_of("syntax"), ["elsewhere/broken.json"]);
}

#[test]
fn the_gate_decides_what_fails() {
    let repository = nested_repository();
    repository.check(&["--fail-on", "never"]).expect(0);
    repository.check(&["--fail-on", "error"]).expect(1);
    let report = repository.check(&["--fail-on", "never"]).expect(0).json();
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["summary"]["errors"], 1);
    repository.write(
        "git-postman.toml",
        "[check]\nfail-on = 'warning'\n[rules]\nnested-directories = 'warning'\n",
    );
    repository.check(&[]).expect(1);
    repository.check(&["--fail-on", "error"]).expect(0);
    repository.check(&["--fail-on", "sometimes"]).expect(2);
}

#[test]
fn a_baseline_passes_over_what_was_there_and_only_that() {
    let repository = nested_repository();
    repository
        .check(&["--baseline", "known.txt"])
        .expect(2)
        .says("--write-baseline");
    repository
        .check(&["--baseline", "known.txt", "--write-baseline"])
        .expect(0)
        .says("known.txt");
    let text = fs::read_to_string(repository.at("known.txt")).unwrap();
    assert!(text.contains("nested-directories"), "{text}");
    let report = repository
        .check(&["--baseline", "known.txt"])
        .expect(0)
        .json();
    assert_eq!(report["summary"]["errors"], 0);
    assert_ne!(report["summary"]["known"], 0);
    // A line above it does not make a finding new.
    repository.write(API_FILE, format!("# moved\n{}", nested()));
    repository.check(&["--baseline", "known.txt"]).expect(0);
    repository.write("postman/schemas/new.yaml", "openapi: [");
    let run = repository.check(&["--baseline", "known.txt"]).expect(1);
    assert!(run.found("nested-directories").is_empty(), "{run}");
    assert_eq!(run.paths_of("syntax"), ["postman/schemas/new.yaml"]);
    repository.write("known.txt", "# fine\nthis is no fingerprint\n");
    repository
        .check(&["--baseline", "known.txt"])
        .expect(2)
        .says("line 2")
        .says("--write-baseline");
    repository.write("known.txt", b"\xff\xfe\x00");
    repository.check(&["--baseline", "known.txt"]).expect(2);
}

#[test]
fn an_exception_needs_a_reason_and_is_noted_when_it_allows_nothing() {
    let repository = nested_repository();
    let exception = |path: &str, reason: &str| {
        repository.write(
            "git-postman.toml",
            format!(
                "[[allow]]\nrule = 'nested-directories'\npath = '{path}'\nreason = '{reason}'\n"
            ),
        );
    };
    exception(".postman/*", "moved in March");
    let report = repository.check(&[]).expect(0).json();
    assert_eq!(report["summary"]["allowed"], 1);
    assert_eq!(report["summary"]["errors"], 0);
    exception("elsewhere/*", "moved in March");
    repository
        .check(&[])
        .expect(1)
        .says("allows nothing any more (moved in March)");
    exception(".postman/*", " ");
    repository
        .check(&[])
        .expect(2)
        .says("an exception needs a reason")
        .says("git-postman.toml:4:10");
}

#[test]
fn a_mistyped_configuration_is_told_with_place_and_suggestion() {
    let cases = [
        (
            "[layout]\nschema-directoy = 'a'\n",
            "git-postman.toml:2:1",
            "did you mean `schema-directory`?",
        ),
        (
            "[rules]\nnested-directory = 'allow'\n",
            "git-postman.toml:2:",
            "did you mean `nested-directories`?",
        ),
        (
            "[[allow]]\nrule = 'nested-directorys'\nreason = 'x'\n",
            "git-postman.toml:2:8",
            "did you mean `nested-directories`?",
        ),
        (
            "[check]\nfail-on = 'errors'\n",
            "git-postman.toml:2:11",
            "did you mean `error`?",
        ),
        ("[layout\n", "git-postman.toml:1:", "error:"),
        (
            "[layout]\nschema-directory = '../a'\n",
            "git-postman.toml:2:20",
            "inside the repository",
        ),
        (
            "[check]\nexclude = ['a[']\n",
            "git-postman.toml:2:12",
            "not a pattern",
        ),
    ];
    let repository = right_repository();
    for (text, place, hint) in cases {
        repository.write("git-postman.toml", text);
        let run = repository.run(&["check"]).expect(2);
        assert!(run.stdout.is_empty(), "{run}");
        run.says(place).says(hint);
    }
    repository.write("git-postman.toml", b"a = '\xff'\n");
    repository.run(&["check"]).expect(2).says("not UTF-8");
}

#[test]
fn one_more_report_goes_into_a_file() {
    let repository = nested_repository();
    let run = repository
        .run(&["check", "--report", "json=report.json"])
        .expect(1)
        .says("error[nested-directories]");
    assert!(serde_json::from_str::<serde_json::Value>(&run.stdout).is_err());
    let text = fs::read_to_string(repository.at("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["findings"][0]["rule"], "nested-directories");
    repository
        .run(&["check", "--report", "json=no/such/folder/report.json"])
        .expect(2)
        .says("report.json");
    for wrong in ["json", "json=", "poem=x"] {
        repository.run(&["check", "--report", wrong]).expect(2);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let repository = right_repository();
    // More than a pipe holds, so that writing does fail.
    for number in 0..600 {
        repository.write(&format!("postman/collections/broken {number}.json"), "{");
    }
    for format in ["human", "json"] {
        repository
            .run_unread(&["check", "--format", format])
            .expect(1);
    }
    repository.run_unread(&["man"]).expect(0);
    repository.run_unread(&["completions", "zsh"]).expect(0);
    repository.run_unread(&["--help"]).expect(0);
}

#[test]
fn it_works_from_another_directory_and_from_within() {
    let repository = nested_repository();
    let beside = repository.beside("");
    let run = repository
        .run_in(&beside, &["-C", "work", "check", "--format", "json"])
        .expect(1);
    assert_eq!(run.paths_of("nested-directories"), [API_FILE]);
    let run = repository
        .run_in(
            &repository.at("postman/schemas"),
            &["check", "--format", "json"],
        )
        .expect(1);
    assert_eq!(run.paths_of("nested-directories"), [API_FILE]);
    repository
        .run(&["-C", "nowhere", "check"])
        .expect(2)
        .says("nowhere");
}

#[test]
fn git_finds_the_program_as_its_own_command() {
    let repository = nested_repository();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_git-postman"));
    let alias = format!("alias.postman=!'{}'", program.display());
    repository
        .git(&["-c", &alias, "postman", "check"])
        .expect(1)
        .says("error[nested-directories]");
}

#[test]
fn looking_changes_no_file_of_the_repository() {
    let repository = nested_repository();
    repository.write("postman/collections/new.json", "{");
    let before = state_of(repository.root());
    for arguments in [
        &["check"][..],
        &["check", "--all"],
        &["check", "--staged"],
        &["check", "--revision", "HEAD"],
        &["check", "--range", "HEAD..HEAD"],
        &["check", "postman"],
        &["hook", "run", "pre-commit"],
        &["hook", "status"],
        &["hook", "install", "--dry-run"],
        &["init", "--dry-run"],
    ] {
        repository.run(arguments).reported();
        assert_eq!(state_of(repository.root()), before, "{arguments:?}");
    }
}

/// Every file with its bytes and the time it was written at.
fn state_of(directory: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>, SystemTime)> {
    let mut state = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            state.extend(state_of(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            state.push((path, bytes, metadata.modified().unwrap()));
        }
    }
    state.sort();
    state
}
