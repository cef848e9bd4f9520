//! `git-postman.toml` as it is written. Its JSON Schema is `docs/git-postman.schema.json`.

use std::collections::BTreeMap;
use std::ops::Range;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::model::finding::Place;
use crate::model::path::RepoPath;
use crate::model::span::{LineIndex, Span};

/// The name of the file, at the root of the snapshot that is looked at.
pub const FILE_NAME: &str = "git-postman.toml";

/// The largest configuration that is read, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// What the user decided. Everything has a default, so an empty file is right.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `[layout] schema-directory`: where API definitions lie, beside what Postman's metadata at the root declares.
    /// The newer layout has directories of its own, and this is not read there.
    pub schema_directory: Option<RepoPath>,
    /// `[layout] collection-directory`: the same for collections.
    pub collection_directory: Option<RepoPath>,
    /// `[mapping] policy`.
    pub policy: Policy,
    /// `[mapping] active-branch`: the branch that Postman shows.
    pub active_branch: Option<String>,
    /// `[mirror] state-ref`: where the mirror keeps what both sides agreed on, as a full name below `refs/` or as the name
    /// of a branch.
    pub state_ref: Option<String>,
    /// `[check] fail-on`.
    pub fail_on: Option<FailOn>,
    /// `[check] exclude`: paths that no rule looks at.
    pub exclude: Vec<GlobMatcher>,
    /// `[check] max-file-size`, in bytes.
    pub max_file_size: Option<u64>,
    /// `[rules]`: the level of a rule, with the place it is written at.
    pub levels: BTreeMap<String, (Level, Span)>,
    /// `[[allow]]`: findings that are agreed on.
    pub allowed: Vec<Allowed>,
}

/// How several APIs may share one repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// One API, one repository. The default.
    #[default]
    Strict,
    /// Several APIs, each with its own definition files and its own collection directory.
    Files,
    /// Several APIs, each on branches of its own.
    Branches,
    /// Several APIs, each with its own service folder that holds its `.postman/`.
    Folders,
}

impl Policy {
    /// The word for it in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Files => "files",
            Self::Branches => "branches",
            Self::Folders => "folders",
        }
    }
}

/// From which severity on a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings too.
    Warning,
    /// Nothing.
    Never,
}

/// What a rule's findings weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As errors.
    Error,
    /// As warnings.
    Warning,
    /// Not at all.
    Allow,
}

/// Findings of one rule in some files, allowed for a reason.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The rule's id.
    pub rule: String,
    /// Where the id is written.
    pub rule_span: Span,
    /// The files; all of them without a pattern.
    pub path: Option<GlobMatcher>,
    /// The value at this JSON Pointer only.
    pub pointer: Option<String>,
    /// Why.
    pub reason: String,
}

/// A configuration that cannot be used. Nothing is checked with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Box<Place>,
    /// What to do.
    pub hint: Option<String>,
}

/// Reads a configuration. `path` is for messages.
///
/// # Errors
/// Text that is not TOML, a key that there is not, a value of the wrong kind, a directory that cannot be one.
pub fn parse(path: &RepoPath, text: &str) -> Result<Config, ConfigError> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let message = error.message().to_owned();
        let hint = suggestion(&message);
        let first = message
            .split(", expected")
            .next()
            .unwrap_or(&message)
            .trim()
            .to_owned();
        let span = error.span().unwrap_or(0..0);
        error_at(
            path,
            text,
            span,
            first.replace("unknown field", "unknown key"),
            hint,
        )
    })?;
    let directory = |written: Option<Spanned<String>>| match written {
        None => Ok(None),
        Some(written) => {
            match RepoPath::resolve(&RepoPath::root(), written.get_ref().trim_end_matches('/')) {
                Ok(path) => Ok(Some(path)),
                Err(error) => {
                    let hint =
                        "write a directory inside the repository with forward slashes".to_owned();
                    Err(error_at(
                        path,
                        text,
                        written.span(),
                        format!("directory {error}"),
                        Some(hint),
                    ))
                }
            }
        }
    };
    let pattern = |written: &Spanned<String>| {
        let glob = GlobBuilder::new(written.get_ref())
            .literal_separator(true)
            .backslash_escape(true)
            .build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| {
            error_at(
                path,
                text,
                written.span(),
                format!("not a pattern: {}", error.kind()),
                None,
            )
        })
    };
    let mut allowed = Vec::new();
    for entry in written.allow {
        if entry.reason.get_ref().trim().is_empty() {
            let hint = "say in a sentence why these findings are right".to_owned();
            return Err(error_at(
                path,
                text,
                entry.reason.span(),
                "an exception needs a reason".to_owned(),
                Some(hint),
            ));
        }
        allowed.push(Allowed {
            rule_span: span_of(entry.rule.span()),
            rule: entry.rule.into_inner(),
            path: entry.path.as_ref().map(pattern).transpose()?,
            pointer: entry.pointer,
            reason: entry.reason.into_inner(),
        });
    }
    let levels = written.rules.into_iter().map(|(rule, level)| {
        let span = span_of(level.span());
        (rule, (level.into_inner(), span))
    });
    Ok(Config {
        schema_directory: directory(written.layout.schema_directory)?,
        collection_directory: directory(written.layout.collection_directory)?,
        policy: written.mapping.policy.unwrap_or_default(),
        active_branch: written.mapping.active_branch,
        state_ref: state_ref(path, text, written.mirror.state_ref)?,
        fail_on: written.check.fail_on,
        exclude: written
            .check
            .exclude
            .iter()
            .map(pattern)
            .collect::<Result<_, _>>()?,
        max_file_size: written.check.max_file_size,
        levels: levels.collect(),
        allowed,
    })
}

/// An error at a place in a configuration.
pub fn error_at(
    path: &RepoPath,
    text: &str,
    range: Range<usize>,
    message: String,
    hint: Option<String>,
) -> ConfigError {
    let place = Place::in_text(path, text, &LineIndex::new(text), span_of(range));
    ConfigError {
        message,
        place: Box::new(place),
        hint,
    }
}

/// A name that git takes for a reference, and that no option or refspec can hide in.
fn state_ref(
    path: &RepoPath,
    text: &str,
    written: Option<Spanned<String>>,
) -> Result<Option<String>, ConfigError> {
    let Some(written) = written else {
        return Ok(None);
    };
    let name = written.get_ref();
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && !part.ends_with('.')
            && !part.ends_with(".lock")
    };
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    let right = name.len() <= 200
        && name.chars().all(plain)
        && !name.contains("..")
        && name.split('/').all(part)
        && (name.split('/').count() > 2 || !name.starts_with("refs/"))
        && name != "HEAD"
        && name != "refs";
    if right {
        return Ok(Some(written.into_inner()));
    }
    let hint = "write a full name such as `refs/postman/state`, or the name of a branch that nothing else uses, of letters, digits, `-`, `_`, `.` and `/`";
    Err(error_at(
        path,
        text,
        written.span(),
        "not the name of a reference".to_owned(),
        Some(hint.to_owned()),
    ))
}

fn span_of(range: Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

/// The known name nearest to an unknown one, from the parser's own list.
fn suggestion(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let known: Vec<&str> = names.collect();
    let nearest = nearest(unknown, known.iter().copied());
    match (nearest, known.is_empty()) {
        (Some(nearest), _) => Some(format!("did you mean `{nearest}`?")),
        (None, false) => Some(format!("there are: {}", known.join(", "))),
        (None, true) => None,
    }
}

/// The name nearest to a mistyped one, where one is near enough.
pub fn nearest<'a>(mistyped: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(mistyped, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(default)]
    layout: Layout,
    #[serde(default)]
    mapping: Mapping,
    #[serde(default)]
    mirror: Mirror,
    #[serde(default)]
    check: Check,
    #[serde(default)]
    rules: BTreeMap<String, Spanned<Level>>,
    #[serde(default)]
    allow: Vec<Allow>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Layout {
    schema_directory: Option<Spanned<String>>,
    collection_directory: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Mapping {
    policy: Option<Policy>,
    active_branch: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Mirror {
    state_ref: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Check {
    fail_on: Option<FailOn>,
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
    max_file_size: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Allow {
    rule: Spanned<String>,
    path: Option<Spanned<String>>,
    pointer: Option<String>,
    reason: Spanned<String>,
}

#[cfg(test)]
mod tests {
    use super::{FailOn, Level, Policy, parse};
    use crate::model::path::RepoPath;

    fn wrong(text: &str) -> (String, u32, u32, Option<String>) {
        let path = RepoPath::parse("git-postman.toml").unwrap();
        let error = parse(&path, text).expect_err("an error");
        (
            error.message,
            error.place.location.start.line,
            error.place.location.start.column,
            error.hint,
        )
    }

    #[test]
    fn everything_has_a_default() {
        let config = parse(&RepoPath::root(), "").unwrap();
        assert_eq!(config.policy, Policy::Strict);
        assert!(config.schema_directory.is_none() && config.levels.is_empty());
    }

    #[test]
    fn what_is_written_is_read() {
        let text = r#"
[layout]
schema-directory = "api/schemas/"
[mapping]
policy = "files"
active-branch = "main"
[check]
fail-on = "warning"
exclude = ["vendor/**"]
max-file-size = 1000
[rules]
stray-file = "allow"
[[allow]]
rule = "unlisted-file"
path = "postman/collections/*.md"
reason = "notes for people"
"#;
        let config = parse(&RepoPath::root(), text).unwrap();
        assert_eq!(config.schema_directory.unwrap().as_str(), "api/schemas");
        assert_eq!(
            (config.policy, config.fail_on),
            (Policy::Files, Some(FailOn::Warning))
        );
        assert!(
            config.exclude[0].is_match("vendor/a/b") && !config.exclude[0].is_match("x/vendor/a")
        );
        assert_eq!(config.levels["stray-file"].0, Level::Allow);
        assert!(
            config.allowed[0]
                .path
                .as_ref()
                .unwrap()
                .is_match("postman/collections/a.md")
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_a_suggestion() {
        let (message, line, column, hint) = wrong("[mapping]\npolcy = \"files\"\n");
        assert_eq!(
            (message.as_str(), line, column),
            ("unknown key `polcy`", 2, 1)
        );
        assert_eq!(hint.as_deref(), Some("did you mean `policy`?"));
        let (message, line, ..) = wrong("[mapping]\npolicy = \"loose\"\n");
        assert_eq!((message.as_str(), line), ("unknown variant `loose`", 2));
        assert_eq!(
            wrong("[layout]\nschema-directory = \"../x\"\n").0,
            "directory leaves the repository"
        );
        assert_eq!(wrong("[layout]\nschema-directory = 3\n").1, 2);
        assert_eq!(
            wrong("[[allow]]\nrule = \"a\"\nreason = \" \"\n").0,
            "an exception needs a reason"
        );
        assert_eq!(
            wrong("[[allow]]\nrule = \"a\"\n").0,
            "missing field `reason`"
        );
        assert_eq!(wrong("[check]\nexclude = [\"a{b\"]\n").1, 2);
        assert_eq!(wrong("[layout\n").1, 1);
    }

    #[test]
    fn a_state_reference_is_one_that_git_takes() {
        let read = |name: &str| {
            let text = format!("[mirror]\nstate-ref = \"{name}\"\n");
            parse(&RepoPath::root(), &text).map(|config| config.state_ref)
        };
        for name in ["refs/postman/state", "git-postman-state", "bots/postman"] {
            assert_eq!(read(name).unwrap().as_deref(), Some(name));
        }
        for name in [
            "", "HEAD", "refs", "refs/x", "--force", "a/-b", "a..b", "a b", "+a", "a:b", "a/",
            "/a", "a.lock", "a*", "@{-1}",
        ] {
            assert!(read(name).is_err(), "{name}");
        }
    }

    /// The keys that the reader knows in a table, as its own complaint about another one lists them.
    fn known_keys(text: &str) -> Vec<String> {
        let error = toml::from_str::<super::Written>(text)
            .err()
            .expect("an unknown key");
        let mut names: Vec<String> = error
            .message()
            .split('`')
            .skip(3)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_published_schema_knows_the_same_keys() {
        let text = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/docs/git-postman.schema.json"
        ))
        .unwrap();
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (text, pointer) in [
            ("zz = 1", "/properties"),
            ("[layout]\nzz = 1", "/properties/layout/properties"),
            ("[mapping]\nzz = 1", "/properties/mapping/properties"),
            ("[mirror]\nzz = 1", "/properties/mirror/properties"),
            ("[check]\nzz = 1", "/properties/check/properties"),
            ("[[allow]]\nzz = 1", "/properties/allow/items/properties"),
        ] {
            let mut published: Vec<String> = schema
                .pointer(pointer)
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect();
            published.sort();
            assert_eq!(known_keys(text), published, "{pointer}");
        }
    }
}
