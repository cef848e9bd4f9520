//! git-postman keeps API definitions and Postman collections in a Git repository honest.
//!
//! # Code map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | the vocabulary: paths, ids, spans, snapshots, findings, reports |
//! | [`config`] | `git-postman.toml` and the environment, read in one place each |
//! | [`mod@format`] | texts into documents with spans; what each format demands |
//! | [`git`] | one repository at one moment, and what a push brings |
//! | [`net`] | the network: one client that keeps to its limits and guards its key |
//! | [`report`] | one report value in, text in one of the formats out |
//! | [`project`] | what the files of a repository mean to Postman |
//! | [`postman`] | the Postman API: everything the mirror needs of it |
//! | [`provider`] | the services that host repositories: which one this is, and what it can do |
//! | [`ci`] | the run of a CI system: what it is about, and what its change is compared with |
//! | [`check`] | the rules, and the run that shows them a project |
//! | [`sandbox`] | a server on loopback that speaks the Postman API |
//! | [`mirror`] | what moves between Git and Postman: the state both agreed on, the plan |
//! | [`audit`] | the mapping of a whole organisation, seen from both ends |
//! | [`setup`] | git hooks put in place beside what is there |
//! | [`cli`] | the command line: one file a command, and the only place that prints |
//!
//! # Every file the program touches in a user's repository
//!
//! | file | read | written |
//! |---|---|---|
//! | `git-postman.toml` | by every check | by `init`, where there is none |
//! | `.postman/**` | by every check | never |
//! | files in the managed directories | by every check | never; `init` makes the directories, each with a `.gitkeep` |
//! | `pre-push` and `pre-commit` in `.git/hooks` (or `core.hooksPath`), an earlier one kept as `….git-postman-before` | by `hook status` | by `hook install`, `hook uninstall` and `init --hook` |
//! | the same in git's template directory, and `init.templateDir` | by `hook status --global` | by `hook install --global` and `hook uninstall --global` |
//! | `.gitattributes`, and `merge.git-postman` and `diff.git-postman` in the clone's configuration | by `hook install --drivers` | by the same, and by `hook uninstall` |
//! | a document in a merge, and `….merge-conflicts.json` beside it | by `merge-driver` | by `merge-driver`, when git merges |
//! | `refs/postman/*`, or what `[mirror] state-ref` names, here and on the remote, with its objects | by the mirror | by the mirror |
//! | objects that a partial clone lacks | by a check that needs them | by git, which fetches them; never with `--offline` |
//! | history that a shallow clone lacks, with `.git/shallow` and `refs/remotes/*` | by `check --range auto` | by git, which fetches what is missing; never with `--offline` |
//! | the file named by `--baseline` | by `check` | with `--write-baseline` |
//! | `sandbox.redb` in the directory named by `sandbox --data` | by `sandbox` | by `sandbox` |
//! | the files named by `--report` | never | by `check` and `audit` |
//! | the state of an audit: `git-postman/audit-….redb` in the cache directory, or `--state FILE` | by `audit` | by `audit` |
//! | the parts of an audit: `--out FILE` | by `audit merge` | by `audit` and `audit merge` |

pub mod audit;
pub mod check;
pub mod ci;
pub mod cli;
pub mod config;
pub mod format;
pub mod git;
pub mod mirror;
pub mod model;
pub mod net;
pub mod postman;
pub mod project;
pub mod provider;
pub mod report;
pub mod sandbox;
pub mod setup;
