//! `ci generate`: files that make a CI system run our commands, from templates that the program brings along.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::reporting::{print, write_atomically};
use crate::cli::session::Session;
use crate::model::text::visible;

/// Files for CI systems
#[derive(Args, Debug)]
pub struct CiArgs {
    #[command(subcommand)]
    command: CiCommand,
}

#[derive(Debug, Subcommand)]
enum CiCommand {
    Generate(GenerateArgs),
}

/// Make a file that lets a CI system run our commands
#[derive(Args, Debug)]
struct GenerateArgs {
    #[command(subcommand)]
    what: Generated,
}

#[derive(Debug, Subcommand)]
enum Generated {
    Audit(AuditFileArgs),
}

/// The audit of a whole organisation, in parts that run beside each other
///
/// Tokens come from the secrets of the CI system, by environment; the first lines of the file name them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman ci generate audit --system github --shards 8 > .github/workflows/audit.yml
  git postman ci generate audit --system gitlab --shards 4 --owner https://gitlab.example.com/acme --out .gitlab-ci.yml")]
struct AuditFileArgs {
    /// The CI system that runs it
    #[arg(long, value_name = "SYSTEM")]
    system: System,
    /// In how many parts
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=MOST_SHARDS))]
    shards: u32,
    /// Whose repositories, as `audit --owner` takes it; by default the owner of the repository that holds the file
    #[arg(long = "owner", value_name = "OWNER", value_parser = plain_owner)]
    owners: Vec<String>,
    /// Write it into FILE, which must not exist yet
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace FILE where it exists
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum System {
    Github,
    Gitlab,
    Azure,
}

/// What all of the systems can run beside each other: GitLab takes 200 at most, Azure 99.
const MOST_SHARDS: i64 = 99;

impl System {
    fn template(self) -> &'static str {
        match self {
            Self::Github => include_str!("../../../ci-templates/audit/github.yml"),
            Self::Gitlab => include_str!("../../../ci-templates/audit/gitlab.yml"),
            Self::Azure => include_str!("../../../ci-templates/audit/azure.yml"),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// A file that exists already, or that cannot be written.
pub fn run(args: &CiArgs, session: &Session) -> Result<u8, Failure> {
    let CiCommand::Generate(GenerateArgs {
        what: Generated::Audit(args),
    }) = &args.command;
    let text = audit_file(args.system, args.shards, &args.owners);
    match &args.out {
        None => print(session, &text)?,
        Some(out) => write(&session.path(out), out, &text, args.force)?,
    }
    Ok(0)
}

/// The file that runs an audit in so many parts.
fn audit_file(system: System, shards: u32, owners: &[String]) -> String {
    let list: Vec<String> = (1..=shards).map(|shard| shard.to_string()).collect();
    let owners: String = owners
        .iter()
        .map(|owner| format!(" --owner {owner}"))
        .collect();
    system
        .template()
        .replace("@LIST@", &list.join(", "))
        .replace("@SHARDS@", &shards.to_string())
        .replace("@OWNERS@", &owners)
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
}

fn write(path: &Path, told: &Path, text: &str, force: bool) -> Result<(), Failure> {
    if !force && path.symlink_metadata().is_ok() {
        let told = visible(&told.display().to_string());
        return Err(Failure::usage(format!("{told} exists already"))
            .with_hint("`--force` replaces it; without `--out` the file is printed"));
    }
    write_atomically(path, text.as_bytes()).map_err(|error| {
        let told = visible(&told.display().to_string());
        Failure::usage(format!("{told} cannot be written: {error}"))
    })
}

/// An owner stands in a shell command in YAML: nothing in it may mean something to either.
fn plain_owner(owner: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '_' | '-');
    // A dash at the start is an option; a colon at the end makes a key of what stands before it in YAML.
    let is_safe = !owner.is_empty()
        && owner.chars().all(is_plain)
        && !owner.starts_with('-')
        && !owner.ends_with(':');
    match is_safe {
        true => Ok(owner.to_owned()),
        false => Err(
            "an owner is made of letters, digits, `:`, `/`, `.`, `_` and `-`: a page, KIND:NAME or a name"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::{System, audit_file, plain_owner};
    use crate::cli::command;
    use crate::format::yaml::parse;

    fn owners() -> Vec<String> {
        vec![
            "https://github.com/acme".to_owned(),
            "gitlab:acme/apis".to_owned(),
        ]
    }

    fn files() -> impl Iterator<Item = (System, String)> {
        System::value_variants().iter().flat_map(|system| {
            [(1, Vec::new()), (8, owners()), (99, Vec::new())]
                .map(|(shards, owners)| (*system, audit_file(*system, shards, &owners)))
        })
    }

    /// Every command of ours in a file, in words as a shell would hand them on.
    fn commands(file: &str) -> Vec<Vec<String>> {
        let variables = [
            ("$SHARD", "1"),
            ("$CI_NODE_INDEX", "1"),
            ("$CI_NODE_TOTAL", "4"),
            ("$SYSTEM_JOBPOSITIONINPHASE", "1"),
            ("$SYSTEM_TOTALJOBSINPHASE", "4"),
            ("$PIPELINE_WORKSPACE", "w"),
        ];
        file.lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .filter_map(|line| Some(&line[line.find("git-postman audit")?..]))
            .map(|line| {
                let mut line = line.replace('"', "");
                for (name, value) in variables {
                    line = line.replace(name, value);
                }
                line.split_whitespace().map(str::to_owned).collect()
            })
            .collect()
    }

    #[test]
    fn every_file_is_yaml_without_a_fault_and_without_a_gap() {
        for (system, file) in files() {
            let (document, faults) = parse(file.clone());
            assert!(faults.is_empty(), "{system:?}: {faults:?}");
            let key = match system {
                System::Github | System::Azure => "/jobs",
                System::Gitlab => "/audit-part",
            };
            assert!(document.at(key).is_some(), "{system:?}");
            let gap = file.lines().find(|line| {
                let mut parts = line.split('@').skip(1);
                parts.any(|part| part.chars().next().is_some_and(|c| c.is_ascii_uppercase()))
            });
            assert_eq!(gap, None);
        }
    }

    #[test]
    fn the_commands_in_every_file_are_ours() {
        for (system, file) in files() {
            let commands = commands(&file);
            assert_eq!(commands.len(), 2, "{system:?}: {commands:?}");
            for words in commands {
                if let Err(error) = command().try_get_matches_from(&words) {
                    panic!("{system:?}: {words:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn tokens_come_by_environment_alone_and_rights_are_few() {
        for (system, file) in files() {
            assert!(file.contains("POSTMAN_API_KEY"), "{system:?}");
            for line in file
                .lines()
                .filter(|line| line.contains("git-postman audit"))
            {
                assert!(
                    !line.contains("TOKEN") && !line.contains("secrets."),
                    "{line}"
                );
            }
            assert!(!file.contains("write"), "{system:?}");
        }
        let github = audit_file(System::Github, 3, &owners());
        assert!(github.contains("\npermissions: {}\n") && github.contains("shard: [1, 2, 3]"));
        assert!(
            github
                .contains("audit --owner https://github.com/acme --owner gitlab:acme/apis --shard")
        );
        for line in github.lines().filter(|line| line.contains("uses:")) {
            let commit = line.split(['@', ' ']).find(|part| part.len() == 40);
            assert!(commit.is_some(), "{line}");
        }
        assert!(audit_file(System::Gitlab, 3, &[]).contains("parallel: 3\n"));
        assert!(audit_file(System::Azure, 3, &[]).contains("parallel: 3\n"));
    }

    #[test]
    fn an_owner_cannot_bring_a_command_along() {
        for good in ["https://github.com/acme", "azure:acme/shop", "a_b-c.d"] {
            assert!(plain_owner(good).is_ok(), "{good}");
        }
        for bad in [
            "", "a b", "a;b", "$(x)", "a\nb", "--out", "a'b", "a\"b", "`x`", "a#b", "${{ x }}",
            "a:", "é",
        ] {
            assert!(plain_owner(bad).is_err(), "{bad}");
        }
    }
}
