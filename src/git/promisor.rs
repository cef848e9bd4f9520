//! Partial clones: objects that a remote has promised are brought in one go, or named.

use std::time::Duration;

use crate::git::engine::Engine;
use crate::git::error::{DAMAGED, GitError};
use crate::git::object::ObjectId;
use crate::model::id::CommitId;

/// A fetch that brings nothing for this long will not bring anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// The remote that has promised the objects of a partial clone; `None` where the clone is whole.
pub(crate) fn remote(engine: &dyn Engine) -> Result<Option<String>, GitError> {
    if let Some(name) = engine.config("extensions.partialclone")? {
        return Ok(Some(name));
    }
    let promised = engine
        .remote_settings()?
        .into_iter()
        .find_map(|(key, value)| {
            let name = key.strip_prefix("remote.")?.strip_suffix(".promisor")?;
            let yes = ["", "true", "yes", "on", "1"].contains(&value.to_ascii_lowercase().as_str());
            yes.then(|| name.to_owned())
        });
    Ok(promised)
}

/// Brings what is missing of these objects, in one fetch.
///
/// # Errors
/// Where something is missing and cannot be brought: all of it is named.
pub(crate) fn bring(engine: &dyn Engine, ids: &[ObjectId]) -> Result<(), GitError> {
    // A whole clone has everything; what it lost is told where it is read.
    if ids.is_empty() || remote(engine)?.is_none() {
        return Ok(());
    }
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let missing = engine.missing(&wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    fetch(engine, &missing)?;
    let still = engine.missing(&missing)?;
    if still.is_empty() {
        return Ok(());
    }
    Err(missing_error(
        engine,
        &still,
        "the remote does not have them",
    ))
}

/// Asks a question that needs trees. Where a clone without trees cannot answer, the trees are brought in
/// one fetch, with everything below them, and it is asked once more.
pub(crate) fn with_trees<T>(
    engine: &dyn Engine,
    ask: impl Fn() -> Result<T, GitError>,
    trees: impl FnOnce() -> Result<Vec<ObjectId>, GitError>,
) -> Result<T, GitError> {
    match ask() {
        Err(GitError::MissingObjects { .. }) if remote(engine)?.is_some() => {
            fetch(engine, &trees()?)?;
            ask()
        }
        result => result,
    }
}

/// The root trees of all commits of a range and of the commits right below it.
pub(crate) fn trees_of_range(
    engine: &dyn Engine,
    tips: &[CommitId],
    not: &[CommitId],
) -> Result<Vec<ObjectId>, GitError> {
    let arguments = [
        "log",
        "--boundary",
        "--no-show-signature",
        "--format=%T",
        "--stdin",
    ];
    let input: String = tips
        .iter()
        .map(|tip| format!("{tip}\n"))
        .chain(not.iter().map(|known| format!("^{known}\n")))
        .collect();
    let output = engine.git().output(&arguments, Some(input.as_bytes()))?;
    let mut trees: Vec<ObjectId> = output
        .split(|byte| *byte == b'\n')
        .filter_map(ObjectId::parse)
        .collect();
    trees.sort_unstable();
    trees.dedup();
    Ok(trees)
}

/// Fetches objects from the promising remote, as git's own lazy fetch does: without telling what is here,
/// since the server would take a commit for everything below it.
pub(crate) fn fetch(engine: &dyn Engine, ids: &[ObjectId]) -> Result<(), GitError> {
    let Some(remote) = remote(engine)? else {
        return Err(missing_error(engine, ids, ""));
    };
    if engine.git().is_network_refused() {
        let address = engine
            .config(&format!("remote.{remote}.url"))?
            .unwrap_or_default();
        let cause = format!("--offline keeps this run from reaching {}", host(&address));
        return Err(missing_error(engine, ids, &cause));
    }
    let arguments = [
        "-c",
        "fetch.negotiationAlgorithm=noop",
        "-c",
        "http.lowSpeedLimit=1",
        "-c",
        "http.lowSpeedTime=30",
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--recurse-submodules=no",
        "--filter=blob:none",
        "--no-auto-maintenance",
        "--stdin",
        "--end-of-options",
        &remote,
    ];
    let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let answer = engine
        .git()
        .run_within(&arguments, Some(input.as_bytes()), Some(PATIENCE));
    let cause = match answer {
        Ok(answer) if answer.status.success() => {
            engine.refresh()?;
            return Ok(());
        }
        Ok(answer) => answer.complaint(),
        Err(error) => error.to_string(),
    };
    Err(missing_error(engine, ids, &cause))
}

/// The host in an address, for messages: neither user nor password nor path.
pub(crate) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if host.is_empty() {
        "a directory on this machine"
    } else {
        host.split(':').next().unwrap_or(host)
    }
}

/// An error that names objects and what brings them.
pub(crate) fn missing_error(engine: &dyn Engine, ids: &[ObjectId], cause: &str) -> GitError {
    let mut fix = match remote(engine) {
        Ok(Some(remote)) => format!(
            "this clone is partial: run `git fetch --refetch --no-filter {remote}` where {remote} can be reached"
        ),
        _ => DAMAGED.to_owned(),
    };
    if let Some(line) = cause.lines().find(|line| !line.trim().is_empty()) {
        fix = format!("{fix} (git said: {})", line.trim());
    }
    GitError::MissingObjects {
        ids: ids.iter().map(ToString::to_string).collect(),
        fix,
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_message_names_the_host_and_no_secret() {
        for (address, expected) in [
            (
                "https://user:secret@git.example.com:8443/team/api.git",
                "git.example.com",
            ),
            ("git@git.example.com:team/api.git", "git.example.com"),
            ("ssh://git@git.example.com/api", "git.example.com"),
            ("file:///srv/api.git", "a directory on this machine"),
        ] {
            assert_eq!(host(address), expected, "{address}");
        }
    }
}
