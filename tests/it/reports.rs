//! Reports as CI systems and browsers get them: from the real program, of a repository that somebody hostile has named.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::browser::{Browser, Scheme};
use crate::support::{Repository, Run};

/// A path that is a command to every log that takes its line break for one.
const HOSTILE: &str = "postman/collections/a\n::error file=x::forged ##vso[task.complete result=Succeeded;] <img src=x onerror=alert(1)> @user.json";

const FORMATS: [&str; 10] = [
    "human",
    "json",
    "sarif",
    "junit",
    "github",
    "gitlab",
    "azure",
    "bitbucket",
    "markdown",
    "html",
];

fn hostile_repository() -> Repository {
    let repository = Repository::with(&[(
        "postman/schemas/api.yaml",
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\n",
    )]);
    let text = "{\"info\": \"##vso[task.setvariable variable=x]y ::error::z\",\n ]";
    repository.write(HOSTILE, text);
    repository.write("postman/collections/plain.json", "{\"a\": 1, \"a\": 2}");
    repository
}

#[test]
fn no_format_lets_a_name_forge_a_command() {
    let repository = hostile_repository();
    for format in FORMATS {
        let run = repository.run(&["check", "--format", format]).expect(1);
        let ours = |line: &str| match format {
            "github" => ["::error file=", "::warning file=", "::notice title="]
                .iter()
                .any(|start| line.starts_with(start)),
            "azure" => line.starts_with("##vso[task.") && !line[2..].contains("##vso["),
            _ => false,
        };
        for line in run.stdout.lines().chain(run.stderr.lines()) {
            let forged = line.trim_start().starts_with("::") || line.contains("##vso[");
            assert!(!forged || ours(line), "{format}: {line}");
        }
        assert!(run.stdout.contains("forged"), "{format} lost the finding");
    }
}

#[test]
fn reports_go_into_files_beside_the_one_that_is_printed() {
    let repository = hostile_repository();
    let mut arguments = vec!["check".to_owned()];
    for format in FORMATS {
        arguments.extend(["--report".to_owned(), format!("{format}=report.{format}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let printed = repository.run(&arguments).expect(1);
    for format in FORMATS {
        let file = fs::read_to_string(repository.at(&format!("report.{format}"))).unwrap();
        assert!(file.ends_with('\n') && file.contains("forged"), "{format}");
    }
    assert!(printed.stdout.contains("error[syntax]"));
    let json = fs::read_to_string(repository.at("report.sarif")).unwrap();
    let log: Value = serde_json::from_str(&json).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert!(rules.len() > 50 && rules.iter().all(|rule| rule["help"]["markdown"] != ""));
}

#[test]
fn a_report_without_its_folder_says_so() {
    let repository = hostile_repository();
    let run = repository
        .run(&["check", "--report", "sarif=out/deep/x.sarif"])
        .expect(2);
    run.says("the report out/deep/x.sarif cannot be written")
        .says("its folder is not there: make it first");
    assert!(!repository.at("out").exists());
    repository
        .run(&["check", "--report", "pdf=x"])
        .expect(2)
        .says("unknown format `pdf`");
    // What a push has done is told for people or for scripts; what its check found goes into any file.
    repository
        .run(&["push", "--format", "sarif"])
        .expect(2)
        .says("unknown format `sarif`, choose one of human, json");
}

fn in_ci(repository: &Repository, variables: &[(&str, &Path)], format: &str) -> Run {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, path)| (*name, path.to_str().unwrap()))
        .collect();
    repository.run_handed(
        repository.root(),
        &variables,
        &["check", "--format", format],
    )
}

#[test]
fn a_step_of_github_gets_its_summary_and_its_outputs() {
    let repository = hostile_repository();
    let (output, summary) = (repository.beside("output"), repository.beside("summary"));
    fs::write(&output, "before=1").unwrap();
    fs::write(&summary, "said before\n").unwrap();
    let variables = [
        ("GITHUB_OUTPUT", output.as_path()),
        ("GITHUB_STEP_SUMMARY", summary.as_path()),
    ];
    in_ci(&repository, &variables, "github").expect(1);
    in_ci(&repository, &variables, "github").expect(1);
    // A report for people tells the step nothing.
    in_ci(&repository, &variables, "human").expect(1);
    let values = github_values(&fs::read_to_string(&output).unwrap());
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let own = [
        "result",
        "exit-code",
        "errors",
        "warnings",
        "documents",
        "summary",
    ];
    assert_eq!(names[0], "before");
    assert_eq!(names[1..], [own, own].concat());
    assert_eq!(values[1].1, "failed");
    assert_eq!(values[2].1, "1");
    let told = fs::read_to_string(&summary).unwrap();
    assert!(told.starts_with("said before\n<!-- git-postman:check -->\n### git-postman: "));
    assert_eq!(told.matches("### git-postman: ").count(), 2);
    assert!(!told.contains("\n::error"));
}

/// The file as the runner reads it: `name=value`, or `name<<delimiter` up to a line that is the delimiter.
fn github_values(text: &str) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut delimiters = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines
                .by_ref()
                .take_while(|line| *line != delimiter)
                .collect();
            values.push((name.to_owned(), value.join("\n")));
            delimiters.push(delimiter.to_owned());
        } else {
            let (name, value) = line.split_once('=').unwrap();
            values.push((name.to_owned(), value.to_owned()));
        }
    }
    delimiters.dedup();
    assert!(
        delimiters.len() == 2 && delimiters.iter().all(|one| one.len() > 40),
        "{delimiters:?}"
    );
    values
}

#[test]
fn a_variable_that_names_what_cannot_be_written_is_named() {
    let repository = hostile_repository();
    let gone = repository.beside("gone/file");
    for (name, format) in [
        ("GITHUB_OUTPUT", "github"),
        ("GITHUB_STEP_SUMMARY", "github"),
        ("AGENT_TEMPDIRECTORY", "azure"),
    ] {
        in_ci(&repository, &[(name, &gone)], format)
            .expect(2)
            .says(&format!("{name} names "))
            .says("which cannot be written");
    }
}

#[test]
fn a_full_summary_stays_as_it_is() {
    let repository = hostile_repository();
    let summary = repository.beside("summary");
    let full = "x".repeat(1024 * 1024 - 10);
    fs::write(&summary, &full).unwrap();
    in_ci(&repository, &[("GITHUB_STEP_SUMMARY", &summary)], "github")
        .expect(1)
        .says("the summary of this step is full");
    assert!(fs::read_to_string(&summary).unwrap() == full);
}

#[test]
fn a_task_of_azure_gets_its_summary() {
    let repository = hostile_repository();
    let folder = repository.beside("agent");
    fs::create_dir(&folder).unwrap();
    let run = in_ci(&repository, &[("AGENT_TEMPDIRECTORY", &folder)], "azure").expect(1);
    let first = run.stdout.lines().next().unwrap();
    let path = first.strip_prefix("##vso[task.uploadsummary]").unwrap();
    assert!(Path::new(path).starts_with(&folder));
    assert!(
        fs::read_to_string(path)
            .unwrap()
            .contains("### git-postman: ")
    );
    assert!(run.stdout.contains("\n##vso[task.complete result=Failed;]"));
}

#[test]
fn a_hook_reports_in_every_format_too() {
    let repository = hostile_repository();
    repository.git(&["add", "--all"]).expect(0);
    let run = repository
        .run(&["hook", "run", "pre-commit", "--format", "sarif"])
        .expect(1);
    assert_eq!(run.json()["version"], "2.1.0");
}

#[test]
fn the_page_works_in_a_browser_by_keyboard_in_light_and_dark() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let repository = hostile_repository();
    repository
        .run(&["check", "--report", "html=page.html"])
        .expect(1);
    let mut page = browser.open(&repository.at("page.html"), Scheme::Light);
    page.expect_quiet();
    assert_eq!(page.value("document.querySelectorAll('img').length"), 0);
    for scheme in [Scheme::Light, Scheme::Dark] {
        page.prefer(scheme);
        let (contrast, what) = page.lowest_contrast();
        assert!(contrast >= 4.5, "{scheme:?}: {contrast} of {what}");
    }
    let light = "getComputedStyle(document.body).backgroundColor";
    let dark = page.value(light);
    page.prefer(Scheme::Light);
    assert_ne!(page.value(light), dark);

    let findings = page.value("document.querySelectorAll('#findings > li').length");
    let findings = usize::try_from(findings.as_u64().unwrap()).unwrap();
    assert!(findings >= 2);
    let stops = page.tab_stops(100);
    let mut expected = vec![
        "a#skip".to_owned(),
        "input#filter-words".to_owned(),
        "select#filter-severity".to_owned(),
        "select#filter-rule".to_owned(),
        "button#filter-reset".to_owned(),
    ];
    expected.extend((1..=findings).map(|number| format!("a#finding-{number}")));
    let stops: Vec<&String> = stops.iter().filter(|stop| *stop != "pre").collect();
    assert_eq!(stops, expected.iter().collect::<Vec<_>>());

    let shown =
        "[...document.querySelectorAll('#findings > li')].filter(e => e.checkVisibility()).length";
    page.value("document.getElementById('filter-words').focus()");
    page.type_text("plain.json DUPLICATE");
    assert_eq!(page.value(shown), 1);
    assert_eq!(
        page.value("document.getElementById('shown').textContent"),
        format!("1 of {findings} shown")
    );
    // Enter sends nothing anywhere, and the button shows everything again.
    page.press("Enter");
    for _ in 0..3 {
        page.press("Tab");
    }
    assert_eq!(page.focused(), "button#filter-reset");
    page.press("Enter");
    page.settle();
    assert_eq!(page.value(shown), findings);
    page.press("Tab");
    page.press("Enter");
    let target =
        page.value("location.hash.slice(1) === document.activeElement.id || location.hash");
    assert!(
        target == true
            || target
                .as_str()
                .is_some_and(|hash| hash.starts_with("#rule-"))
    );
    page.requests.truncate(1);
    page.expect_quiet();
}
