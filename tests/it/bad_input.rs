//! What nobody hopes for: no repository, damaged ones, hostile names, trees without an end. Each gives a clear error or
//! finding with the right exit code; nothing panics and nothing is written.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::fixtures::{
    API_FILE, COLLECTION, api_file, api_file_with_root_file, borrowed, collection, index, right,
    right_with_root_file,
};
use crate::support::{Repository, Run};

/// Long enough for a busy machine, and far too short for what reads a file of two GiB or unfolds an alias bomb.
const SOON: Duration = Duration::from_secs(60);

fn right_repository() -> Repository {
    Repository::with(&borrowed(&right()))
}

/// Where the loose object of an id lies.
fn object(repository: &Repository, id: &str) -> std::path::PathBuf {
    repository.at(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

/// Overwrites a file that git has made read-only.
fn damage(path: &std::path::Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn soon<T>(run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = run();
    assert!(begun.elapsed() < SOON, "took {:?}", begun.elapsed());
    result
}

#[test]
fn outside_of_a_repository_the_way_out_is_said() {
    let place = Repository::none();
    for arguments in [
        &["check"][..],
        &["hook", "status"],
        &["hook", "install"],
        &["hook", "run", "pre-commit"],
        &["init"],
    ] {
        let run = place.run(arguments).expect(2);
        assert!(run.stdout.is_empty(), "{run}");
        run.says("error:").says("git init");
    }
    assert_eq!(fs::read_dir(place.root()).unwrap().count(), 0);
}

#[test]
fn a_repository_without_a_commit_can_be_looked_at() {
    let repository = Repository::empty();
    repository.check(&[]).expect(0);
    repository.check(&["--staged"]).expect(0);
    for arguments in [
        &["check", "--revision", "HEAD"][..],
        &["check", "--range", "HEAD..HEAD"],
    ] {
        repository.run(arguments).expect(2).says("no commit yet");
    }
    repository.write(API_FILE, api_file("postman/a", "postman/a"));
    let run = repository.check(&[]).expect(1);
    assert_eq!(run.paths_of("nested-directories"), [API_FILE]);
    repository.git(&["add", "--all"]).expect(0);
    repository.check(&["--staged"]).expect(1);
}

#[test]
fn an_empty_commit_has_nothing_of_postman() {
    let repository = Repository::empty();
    repository.commit(&[], "nothing");
    let run = repository.check(&["--revision", "HEAD"]).expect(0);
    let note = run.json()["notes"][0].as_str().unwrap().to_owned();
    assert!(note.contains("git postman init"), "{note}");
}

#[test]
fn a_bare_repository_is_looked_at_by_revision() {
    let repository = right_repository();
    repository.commit(
        &[(API_FILE, &api_file("postman/a", "postman/a/b"))],
        "nested",
    );
    let bare = repository.beside("bare.git");
    repository
        .git(&["clone", "--quiet", "--bare", ".", "../bare.git"])
        .expect(0);
    repository
        .run_in(&bare, &["check", "--revision", "main"])
        .expect(1)
        .says("nested-directories");
    repository
        .run_in(&bare, &["check", "--range", "main~1..main"])
        .expect(1);
    repository
        .run_in(&bare, &["check"])
        .expect(2)
        .says("bare")
        .says("name a revision");
    repository.run_in(&bare, &["init"]).expect(2).says("bare");
}

#[test]
fn a_damaged_blob_is_a_finding() {
    let repository = right_repository();
    let blob = repository.id(&format!("HEAD:{COLLECTION}"));
    damage(&object(&repository, &blob), b"this is no object");
    let run = repository.check(&["--revision", "HEAD"]).expect(1);
    assert_eq!(run.paths_of("unreadable-file"), [COLLECTION], "{run}");
    // The file on disk is whole.
    repository.check(&[]).expect(0);
    fs::remove_file(object(&repository, &blob)).unwrap();
    let run = repository.run(&["check", "--revision", "HEAD"]);
    assert!(matches!(run.code, 1 | 2), "{run}");
    run.says(&blob).never_says("panicked");
}

#[test]
fn a_damaged_commit_or_tree_is_an_error() {
    for spec in ["HEAD", "HEAD^{tree}", "HEAD:postman"] {
        let repository = right_repository();
        let (head, id) = (repository.id("HEAD"), repository.id(spec));
        for bytes in [&b"garbage"[..], b""] {
            damage(&object(&repository, &id), bytes);
            let run = repository.run(&["check", "--revision", &head]).expect(2);
            assert!(run.stdout.is_empty(), "{run}");
            run.says("error:").says("git fsck");
        }
    }
}

#[test]
fn a_damaged_index_is_an_error_with_the_way_out() {
    let repository = right_repository();
    for bytes in [&b"DIRC garbage"[..], b"x", &[0; 4096]] {
        repository.write(".git/index", bytes);
        for arguments in [&["check", "--staged"][..], &["hook", "run", "pre-commit"]] {
            repository
                .run(arguments)
                .expect(2)
                .says("index")
                .says("git reset");
        }
        assert_eq!(fs::read(repository.at(".git/index")).unwrap(), bytes);
    }
    repository.check(&["--revision", "HEAD"]).expect(0);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_a_finding() {
    use std::os::unix::fs::PermissionsExt as _;
    let repository = right_repository();
    if repository.is_of_root() {
        eprintln!("skipped: root may read everything");
        return;
    }
    let path = repository.at(COLLECTION);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let run = repository.check(&[]).expect(1);
    assert_eq!(run.paths_of("unreadable-file"), [COLLECTION]);
    let folder = repository.at("postman/schemas");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).unwrap();
    let run = repository.check(&[]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(run.code, 1 | 2), "{run}");
}

#[test]
fn metadata_that_is_no_folder_is_told() {
    let repository = Repository::with(&[(".postman", "a file\n"), (COLLECTION, "{}")]);
    for arguments in [&[][..], &["--staged"], &["--revision", "HEAD"]] {
        let run = repository.check(arguments).reported();
        assert_eq!(run.paths_of("blocked-metadata"), [".postman"], "{run}");
    }
    let repository = Repository::with(&[(".postman/api/inner", "x"), (COLLECTION, "{}")]);
    repository.check(&[]).reported();
}

#[cfg(unix)]
#[test]
fn links_are_told_and_never_followed() {
    use std::os::unix::fs::symlink;
    let repository = right_repository();
    fs::write(repository.beside("secret.json"), "{").unwrap();
    symlink("loop.json", repository.at("postman/collections/loop.json")).unwrap();
    symlink("..", repository.at("postman/collections/up")).unwrap();
    symlink(
        "../../../secret.json",
        repository.at("postman/collections/out.json"),
    )
    .unwrap();
    repository.git(&["add", "--all"]).expect(0);
    for arguments in [&[][..], &["--staged"]] {
        let run = soon(|| repository.check(arguments)).reported();
        assert_eq!(
            run.paths_of("symbolic-link"),
            [
                "postman/collections/loop.json",
                "postman/collections/out.json",
                "postman/collections/up"
            ],
            "{run}"
        );
        assert!(run.found("syntax").is_empty(), "{run}");
    }
    // A folder that is a link to itself.
    let repository = Repository::empty();
    symlink("postman", repository.at("postman")).unwrap();
    symlink(".postman", repository.at(".postman")).unwrap();
    repository.check(&[]).reported();
}

#[cfg(unix)]
#[test]
fn a_hostile_name_never_reaches_the_terminal() {
    let name = "postman/collections/a\n\u{1b}[31m\u{202e}red\u{7}.json";
    let repository = right_repository();
    repository.commit(&[(name, "{\"\u{1b}[2J\": ")], "hostile");
    let raw = |text: &str| {
        text.contains(['\u{1b}', '\u{7}', '\u{202e}']) || text.contains("collections/a\n")
    };
    for arguments in [
        &["check"][..],
        &["check", "--staged"],
        &["check", "--revision", "HEAD"],
        &["check", "--range", "HEAD~1..HEAD"],
        &["check", name],
        &["-v", "check", "postman"],
    ] {
        let run = repository.run(arguments).expect(1);
        assert!(!raw(&run.stdout) && !raw(&run.stderr), "{:?}", run.stdout);
        assert!(run.stdout.contains("\\x1b[31m"), "{run}");
    }
    let run = repository.check(&[]).expect(1);
    assert!(!raw(&run.stdout), "{:?}", run.stdout);
    assert_eq!(run.paths_of("syntax"), [name]);
    let missing = repository.run(&["check", "no\u{1b}[31m.json"]).expect(2);
    assert!(!raw(&missing.stderr), "{:?}", missing.stderr);
    for arguments in [
        &["check", "--revision", "no\u{1b}[31m"][..],
        &["explain", "no\u{1b}[31m"],
        &["-C", "no\u{1b}[31m", "check"],
        &["check", "--config", "no\u{1b}[31m"],
        &["check", "--baseline", "no\u{1b}[31m"],
    ] {
        let run = repository.run(arguments).expect(2);
        assert!(!raw(&run.stderr), "{arguments:?}: {:?}", run.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_no_panic() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let repository = right_repository();
    let name = OsStr::from_bytes(b"postman/collections/caf\xe9.json");
    fs::write(repository.root().join(name), "{").unwrap();
    repository.commit(&[], "latin 1");
    for arguments in [&[][..], &["--staged"], &["--revision", "HEAD"]] {
        repository.check(arguments).reported();
    }
    repository.check(&["postman"]).reported();
}

#[test]
fn a_file_of_two_gib_is_named_and_not_read() {
    let repository = right_repository();
    let file = fs::File::create(repository.at("postman/collections/big.json")).unwrap();
    file.set_len(2 << 30).unwrap();
    let run = soon(|| repository.check(&[])).expect(0);
    assert_eq!(
        run.paths_of("oversized-file"),
        ["postman/collections/big.json"],
        "{run}"
    );
    let run = soon(|| repository.check(&["postman/collections/big.json"])).reported();
    assert_eq!(run.found("oversized-file").len(), 1, "{run}");
}

#[test]
fn metadata_of_windows_keeps_its_places() {
    for text in [
        api_file("postman/schemas/x", "postman/schemas").replace('\n', "\r\n"),
        format!(
            "\u{feff}{}",
            api_file("postman/schemas/x", "postman/schemas")
        ),
        // Blanks behind a section would make it none; behind a value they are no part of it.
        api_file("postman/schemas/x", "postman/schemas").replace("schemas/x\n", "schemas/x  \n"),
    ] {
        let repository = right_repository();
        repository.write(".postman/api", format!("\u{feff}{}", index()));
        repository.write(API_FILE, text);
        let run = repository.check(&[]).expect(1);
        let location = &run.found("nested-directories")[0]["location"];
        assert_eq!(
            (
                &location["line"],
                &location["column"],
                &location["end_column"]
            ),
            (&11.into(), &17.into(), &34.into()),
            "{run}"
        );
    }
}

#[test]
fn metadata_in_its_odd_forms_is_read_as_postman_reads_it() {
    // Encoded twice, because the name has an equals sign in it: the file is managed, and so its fault is found.
    let mut files = right_with_root_file();
    let twice = r#""{\"path\":\"specs/a=b.yaml\",\"metaData\":{}}""#;
    files[1].1 = api_file_with_root_file(twice, "specs/orders.yaml");
    files.push(("specs/a=b.yaml", "openapi: [".to_owned()));
    let repository = Repository::with(&borrowed(&files));
    let run = repository.check(&[]).expect(1);
    assert_eq!(run.paths_of("syntax"), ["specs/a=b.yaml"], "{run}");
    // This line opens no section, so the directory still belongs to the collections.
    let text = api_file("postman/schemas/x", "postman/schemas").replace(
        "rootDirectory = postman/schemas/x",
        "[a]b]\nrootDirectory = postman/schemas/x",
    );
    let repository = right_repository();
    repository.write(API_FILE, text);
    let run = repository.check(&[]).expect(1);
    assert_eq!(
        run.found("nested-directories")[0]["location"]["line"],
        12,
        "{run}"
    );
    // Broken JSON, names that climb, sections without an end: no panic.
    for line in [
        "files[] = {\"path\":\"x\"",
        "files[] = {\"path\":\"../../../etc/passwd\"}",
        "files[] = {\"path\":{}}",
        "files[] = \"{\\\"path\\\"\"",
        "rootDirectory = /etc",
        "rootDirectory = ..",
        "rootDirectory = C:\\x",
        "[config.relations.collections",
        "[]",
        "__proto__ = 1",
        "=",
        "\u{0}",
    ] {
        let text = api_file("postman/collections", "postman/schemas");
        repository.write(
            API_FILE,
            text.replace(
                "[config.relations.collections]",
                &format!("[config.relations.collections]\n{line}"),
            ),
        );
        repository.check(&[]).reported();
        repository.run(&["check"]).reported();
    }
    for index in [
        "",
        "apis[] = {",
        "apis[] = \"\\\"\"",
        "configVersion = 9\n",
        "\u{0}",
    ] {
        repository.write(".postman/api", index);
        repository.check(&[]).reported();
    }
}

#[test]
fn a_damaged_resources_file_is_no_panic() {
    for text in [
        "",
        "workspace: [\n",
        "- a\n",
        "workspace:\n  id: 5\ncloudResources: text\n",
        "cloudResources:\n  collections:\n    - a\nlocalResources: {a: {b: c}}\n",
        "cloudResources:\n  specs:\n    ../../../../etc/passwd: x\n    /etc: y\n",
    ] {
        let repository = Repository::with(&[(".postman/resources.yaml", text)]);
        repository.check(&[]).reported();
        repository.run(&["check"]).reported();
    }
}

#[test]
fn twenty_thousand_other_files_are_no_hindrance() {
    let repository = right_repository();
    let blob = repository.id("HEAD:.postman/api");
    let names: Vec<String> = (0..20_000)
        .map(|number| format!("src/part{}/file{number}.txt", number % 200))
        .collect();
    for folder in 0..200 {
        fs::create_dir_all(repository.at(&format!("src/part{folder}"))).unwrap();
    }
    for name in &names {
        fs::write(repository.at(name), "x").unwrap();
    }
    let run = soon(|| repository.check(&[])).expect(0);
    let documents = run.json()["summary"]["documents"].clone();
    let lines: String = names
        .iter()
        .map(|name| format!("100644 {blob} 0\t{name}\n"))
        .collect();
    repository
        .git_with_input(&["update-index", "--index-info"], lines.as_bytes())
        .expect(0);
    soon(|| repository.check(&["--staged"])).expect(0);
    repository
        .git(&["commit", "--quiet", "-m", "many"])
        .expect(0);
    for arguments in [&["--revision", "HEAD"][..], &["--range", "HEAD~1..HEAD"]] {
        let run = soon(|| repository.check(arguments)).expect(0);
        if arguments[0] == "--revision" {
            assert_eq!(run.json()["summary"]["documents"], documents);
        }
    }
}

#[test]
fn nesting_without_an_end_is_a_finding() {
    let repository = right_repository();
    let deep = |open: &str, close: &str, count: usize| {
        format!("{}{}", open.repeat(count), close.repeat(count))
    };
    repository.write("postman/collections/open.json", "[".repeat(200_000));
    repository.write("postman/collections/closed.json", deep("[", "]", 200_000));
    repository.write(
        "postman/collections/object.json",
        deep("{\"a\":", "}", 100_000),
    );
    repository.write("postman/schemas/open.yaml", "[".repeat(100_000));
    repository.write("postman/schemas/closed.yaml", deep("[", "]", 20_000));
    repository.write("postman/schemas/dashes.yaml", "- ".repeat(20_000));
    let folders = format!(
        "{{\"info\":{{\"name\":\"x\",\"schema\":\"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"}},\"item\":[{}]}}",
        deep("{\"name\":\"f\",\"item\":[", "]}", 5_000)
    );
    repository.write("postman/collections/folders.json", folders);
    let run = soon(|| repository.check(&[])).expect(1);
    assert!(run.found("syntax").len() >= 4, "{run}");
    soon(|| repository.check(&["postman"])).expect(1);
}

#[test]
fn an_alias_bomb_does_not_go_off() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let bomb = format!("openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths: {{}}\n{text}");
    let repository = right_repository();
    repository.write("postman/schemas/bomb.yaml", &bomb);
    repository.write(".postman/resources.yaml", &text);
    soon(|| repository.check(&[])).reported();
    soon(|| repository.check(&["postman/schemas/bomb.yaml"])).reported();
    repository.write("postman/schemas/itself.yaml", "a: &a [*a]\nb: &b {b: *b}\n");
    soon(|| repository.check(&[])).reported();
}

#[test]
fn a_line_without_an_end_is_cut_in_the_report() {
    let repository = right_repository();
    let long = format!("{{\"a\": \"{}\", }}", "x".repeat(1_000_000));
    repository.write("postman/collections/long.json", long);
    let run: Run = soon(|| repository.run(&["check"])).expect(1);
    assert!(run.stdout.len() < 20_000, "{} bytes", run.stdout.len());
}

#[cfg(unix)]
#[test]
fn a_repository_of_somebody_else_names_the_setting() {
    use std::os::unix::fs::chown;
    let repository = right_repository();
    if !repository.is_of_root() {
        eprintln!("skipped: only root can give a repository to somebody else");
        return;
    }
    for path in ["", ".git"] {
        chown(repository.at(path), Some(12345), Some(12345)).unwrap();
    }
    for arguments in [
        &["check"][..],
        &["check", "--revision", "HEAD"],
        &["hook", "install"],
        &["hook", "run", "pre-commit"],
        &["init"],
    ] {
        repository
            .run(arguments)
            .expect(2)
            .says("belongs to another user")
            .says("git config --global --add safe.directory");
    }
    let root = repository.root().display().to_string();
    repository
        .git_in(
            &repository.beside("home"),
            &["config", "--global", "--add", "safe.directory", &root],
        )
        .expect(0);
    repository.run(&["check"]).expect(0);
}

#[test]
fn a_configuration_that_is_none_is_an_error() {
    let repository = right_repository();
    fs::create_dir(repository.at("git-postman.toml")).unwrap();
    repository.check(&[]).reported();
    fs::remove_dir(repository.at("git-postman.toml")).unwrap();
    repository.write("git-postman.toml", vec![b'#'; 2 << 20]);
    repository.run(&["check"]).expect(2).says("bytes");
    fs::remove_file(repository.at("git-postman.toml")).unwrap();
    #[cfg(unix)]
    {
        fs::write(repository.beside("elsewhere.toml"), "").unwrap();
        std::os::unix::fs::symlink("../elsewhere.toml", repository.at("git-postman.toml")).unwrap();
        repository.run(&["check"]).expect(2).says("symbolic link");
    }
}

#[test]
fn a_merge_in_progress_is_looked_at_and_noted() {
    let repository = right_repository();
    repository
        .git(&["checkout", "--quiet", "-b", "side"])
        .expect(0);
    let named = |name: &str| collection("{{token}}").replace("List orders", name);
    repository.commit(&[(COLLECTION, &named("Side"))], "side");
    repository.git(&["checkout", "--quiet", "main"]).expect(0);
    repository.commit(&[(COLLECTION, &named("Main"))], "main");
    repository.git(&["merge", "--quiet", "side"]).expect(1);
    let run = repository.check(&[]).expect(1);
    assert_eq!(run.paths_of("merge-marker")[0], COLLECTION, "{run}");
    let run = repository.check(&["--staged"]).reported();
    let notes = run.json()["notes"].to_string();
    assert!(notes.contains("in conflict"), "{run}");
}
