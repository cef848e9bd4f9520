//! Files that lie elsewhere: which of those that are gone is which of those that are new.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::format::assignment::{Candidate, assign};
use crate::format::read as read_document;
use crate::model::path::RepoPath;

/// Of more files than this only those that are the same byte by byte or have one id are found again.
const MOST_FILES: usize = 100;

/// So much of a hundred parts must be the same, as git has it.
const ENOUGH: u32 = 50;

type Files = BTreeMap<RepoPath, (Vec<u8>, bool)>;

/// Pairs of paths: where a file lay and where it lies. The same bytes count most, then the id of a collection or an
/// environment, then how many lines are the same.
pub fn pair_renamed(gone: &Files, new: &Files) -> Vec<(RepoPath, RepoPath)> {
    if gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let (old, now): (Vec<_>, Vec<_>) = (gone.iter().collect(), new.iter().collect());
    let few = old.len().max(now.len()) <= MOST_FILES;
    let mut by_bytes: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, (path, (bytes, _))) in now.iter().enumerate() {
        by_bytes.entry(bytes).or_default().push(index);
        if let Some(id) = id_of(path, bytes) {
            by_id.entry(id).or_default().push(index);
        }
    }
    let lines: Vec<HashSet<u64>> = if few {
        now.iter().map(|(_, (bytes, _))| lines_of(bytes)).collect()
    } else {
        Vec::new()
    };
    let mut candidates = Vec::new();
    for (from, (path, (bytes, _))) in old.iter().enumerate() {
        let mut weights: HashMap<usize, u32> = HashMap::new();
        let mut weigh = |to: usize, weight: u32| {
            let known = weights.entry(to).or_default();
            *known = weight.max(*known);
        };
        for to in by_bytes.get(bytes.as_slice()).into_iter().flatten() {
            weigh(*to, 300);
        }
        for to in id_of(path, bytes)
            .and_then(|id| by_id.get(&id))
            .into_iter()
            .flatten()
        {
            weigh(*to, 200);
        }
        if few {
            let own = lines_of(bytes);
            for (to, other) in lines.iter().enumerate() {
                let shared = own.intersection(other).count();
                let share = shared * 100 / own.len().max(other.len()).max(1);
                let share = u32::try_from(share).unwrap_or(0);
                if share >= ENOUGH && shared > 1 {
                    weigh(to, share);
                }
            }
        }
        candidates.extend(
            weights
                .into_iter()
                .map(|(to, weight)| Candidate { from, to, weight }),
        );
    }
    candidates.sort_by_key(|candidate| (candidate.from, candidate.to));
    assign(&candidates)
        .into_iter()
        .map(|(from, to)| (old[from].0.clone(), now[to].0.clone()))
        .collect()
}

/// The id that a collection or an environment states of itself.
fn id_of(path: &RepoPath, bytes: &[u8]) -> Option<String> {
    let parsed = read_document(path.as_str(), bytes.to_vec());
    if !parsed.format.is_collection() && !parsed.format.is_environment() {
        return None;
    }
    let (root, _) = parsed.subject()?;
    let id = root
        .get("info")
        .and_then(|info| info.get_str("_postman_id"))
        .or_else(|| root.get_str("id"))?;
    (id.len() >= 16).then(|| id.to_owned())
}

fn lines_of(bytes: &[u8]) -> HashSet<u64> {
    bytes
        .split(|byte| *byte == b'\n')
        .map(|line| {
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}
