//! What was asked of a sandbox: how often, and the last requests one by one.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

/// So many requests are remembered one by one.
const MOST: usize = 5000;

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The parameters.
    pub query: Vec<(String, String)>,
    /// The pattern of the path, `-` for no operation.
    pub operation: &'static str,
    /// The status; 0 where nothing was answered.
    pub status: u16,
    /// The faults that struck it.
    pub fault: Option<String>,
}

/// What was asked.
#[derive(Debug, Default)]
pub struct Diary {
    entries: VecDeque<(u64, Entry)>,
    counts: BTreeMap<String, u64>,
    total: u64,
}

impl Diary {
    /// Remembers a request.
    pub fn write(&mut self, entry: Entry) {
        self.total += 1;
        let name = format!("{} {}", entry.method, entry.operation);
        // Methods come from outside: only those of operations and a few more are counted one by one.
        if self.counts.len() < 500 || self.counts.contains_key(&name) {
            *self.counts.entry(name).or_default() += 1;
        }
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back((self.total, entry));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// All of it.
    pub fn shown(&self) -> Value {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|(number, entry)| {
                json!({"number": number, "method": entry.method, "path": entry.path,
                    "query": entry.query.iter().cloned().collect::<BTreeMap<_, _>>(),
                    "status": entry.status, "fault": entry.fault})
            })
            .collect();
        json!({"total": self.total, "by_operation": self.counts, "entries": entries})
    }
}
