//! Facts in a file: a head, then one line for each owner, repository and API, sorted. The same facts are the same bytes.
//!
//! A part comes from another machine, so it is believed nothing: each line must be, byte by byte, what this program writes
//! for what it says. That leaves no room for members twice, members unknown, other orders, or text that drives a terminal.

use std::collections::BTreeSet;
use std::io::{BufRead, Read as _, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::audit::facts::{ApiFacts, Facts, Reach, RepositoryFacts, RepositoryKey};
use crate::audit::shard::Shard;
use crate::model::text::{shortened, visible};

/// The form that is written, and the only one that is read.
const FORMAT_VERSION: u32 = 1;
/// Longer lines are no facts: a repository with a thousand services has less.
const LONGEST_LINE: usize = 4 * 1024 * 1024;
/// Longer texts in a line are no names, paths or reasons.
const LONGEST_TEXT: usize = 8192;

/// Facts, and what they are facts of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What was asked for.
    pub scope: Scope,
    /// Which parts of the work it holds; all of them for a whole.
    pub shards: Shards,
    /// What was found.
    pub facts: Facts,
}

/// What an audit was asked for: parts of two different questions are never joined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Whose repositories: host and owner, joined with `/`.
    pub owners: BTreeSet<String>,
    /// How these owners were found.
    pub owners_from: OwnersFrom,
    /// Where Postman was asked; nothing where it was left out.
    pub postman: Option<String>,
    /// The workspaces; nothing for all that the key may see.
    pub workspaces: Option<BTreeSet<String>>,
}

/// How the owners were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnersFrom {
    /// Somebody named them.
    #[default]
    Options,
    /// The repository that it ran in belongs to it.
    Remote,
}

/// Parts of one division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shards {
    of: u32,
    numbers: BTreeSet<u32>,
}

/// A part that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct PartError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from one.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// What stands in one line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Line {
    Audit(Head),
    Postman(Reach),
    Owner(Entry<String, Reach>),
    Repository(Entry<RepositoryKey, RepositoryFacts>),
    Api(Entry<String, ApiFacts>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    format_version: u32,
    scope: Scope,
    shards: Shards,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry<K, F> {
    pub(crate) key: K,
    pub(crate) facts: F,
}

/// Where a line belongs. Lines of a file stand in this order, and none twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Head,
    Postman,
    Owner(String),
    Repository(RepositoryKey),
    Api(String),
}

impl Shards {
    /// One part.
    pub fn one(shard: Shard) -> Self {
        Self {
            of: shard.of(),
            numbers: BTreeSet::from([shard.number()]),
        }
    }

    /// All in one.
    pub fn whole() -> Self {
        Self::one(Shard::WHOLE)
    }

    /// Of how many parts these are.
    pub fn of(&self) -> u32 {
        self.of
    }

    /// The parts that are not there.
    pub fn missing(&self) -> Vec<u32> {
        (1..=self.of)
            .filter(|number| !self.numbers.contains(number))
            .collect()
    }

    /// These and others of the same division. All parts together are a whole, however it was divided.
    #[must_use]
    pub(crate) fn and(&self, others: &Self) -> Self {
        let numbers = &self.numbers | &others.numbers;
        let together = Self {
            of: self.of,
            numbers,
        };
        match together.missing().is_empty() {
            true => Self::whole(),
            false => together,
        }
    }

    fn is_sound(&self) -> bool {
        let all = self
            .numbers
            .iter()
            .all(|number| Shard::new(*number, self.of).is_some());
        // A whole that was divided is written as one part.
        all && !self.numbers.is_empty() && (self.of == 1 || !self.missing().is_empty())
    }

    fn has(&self, belongs: impl Fn(Shard) -> bool) -> bool {
        let shards = self
            .numbers
            .iter()
            .filter_map(|number| Shard::new(*number, self.of));
        shards.into_iter().any(belongs)
    }
}

impl Part {
    /// Writes it, line by line.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, into: &mut dyn Write) -> std::io::Result<()> {
        let head = Line::Audit(Head {
            format_version: FORMAT_VERSION,
            scope: self.scope.clone(),
            shards: self.shards.clone(),
        });
        put(into, &head)?;
        put(into, &Line::Postman(self.facts.postman.clone()))?;
        for (key, facts) in &self.facts.owners {
            put(into, &Line::Owner(entry(key, facts)))?;
        }
        for (key, facts) in &self.facts.repositories {
            put(into, &Line::Repository(entry(key, facts)))?;
        }
        for (key, facts) in &self.facts.apis {
            put(into, &Line::Api(entry(key, facts)))?;
        }
        Ok(())
    }

    /// Reads what [`Self::write`] wrote, and nothing else. `file` is what errors call it.
    ///
    /// # Errors
    /// The first line that is not as this program writes it, and lines that contradict each other or their head.
    pub fn read(file: &str, from: &mut dyn BufRead) -> Result<Self, PartError> {
        let mut reading = Reading {
            file,
            line: 0,
            last: None,
        };
        let Some(Line::Audit(head)) = reading.next(from)? else {
            return Err(reading.wrong("a part begins with the line `{\"audit\":…}`"));
        };
        if !head.shards.is_sound() {
            return Err(reading.wrong("its `shards` are no parts of a whole"));
        }
        let Some(Line::Postman(postman)) = reading.next(from)? else {
            return Err(reading.wrong("the line `{\"postman\":…}` is missing here"));
        };
        let mut facts = Facts {
            postman,
            ..Facts::default()
        };
        while let Some(line) = reading.next(from)? {
            match line {
                Line::Owner(entry) => {
                    if !head.scope.owners.contains(&entry.key) {
                        return Err(reading.wrong("nobody asked for this owner"));
                    }
                    facts.owners.insert(entry.key, entry.facts);
                }
                Line::Repository(entry) => {
                    if !head.shards.has(|shard| shard.has_repository(&entry.key)) {
                        return Err(reading.wrong("this repository belongs to another part"));
                    }
                    facts.repositories.insert(entry.key, entry.facts);
                }
                Line::Api(entry) => {
                    if !head.shards.has(|shard| shard.has_api(&entry.key)) {
                        return Err(reading.wrong("this API belongs to another part"));
                    }
                    facts.apis.insert(entry.key, entry.facts);
                }
                // Sorted lines have both of them once, before all others.
                Line::Audit(_) | Line::Postman(_) => {}
            }
        }
        if facts.owners.len() != head.scope.owners.len() {
            return Err(reading.wrong("it ends before every owner has its line"));
        }
        Ok(Self {
            scope: head.scope,
            shards: head.shards,
            facts,
        })
    }
}

/// One value as a line of its own, without the line break.
pub(crate) fn text_of<T: Serialize>(value: &T) -> std::io::Result<String> {
    serde_json::to_string(value).map_err(std::io::Error::other)
}

/// A value from the very text that [`text_of`] makes of it; otherwise what is wrong.
pub(crate) fn exactly<T: Serialize + DeserializeOwned>(text: &str) -> Result<T, String> {
    // What serde says names members of the line, which are somebody's text.
    let shown = |error: serde_json::Error| shortened(&visible(&error.to_string()), 300);
    let value: T = serde_json::from_str(text).map_err(shown)?;
    match text_of(&value) {
        Ok(again) if again == text => Ok(value),
        _ => {
            Err("it says something twice, or in another way than git-postman writes it".to_owned())
        }
    }
}

struct Reading<'a> {
    file: &'a str,
    line: usize,
    last: Option<Rank>,
}

impl Reading<'_> {
    fn next(&mut self, from: &mut dyn BufRead) -> Result<Option<Line>, PartError> {
        self.line += 1;
        let mut bytes = Vec::new();
        let limit = LONGEST_LINE as u64 + 1;
        let read = from.take(limit).read_until(b'\n', &mut bytes);
        read.map_err(|error| self.wrong(&format!("it cannot be read: {error}")))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.pop() != Some(b'\n') {
            return Err(self.wrong(match bytes.len() >= LONGEST_LINE {
                true => "the line is longer than 4 MiB",
                false => "the file ends in the middle of this line",
            }));
        }
        let text = String::from_utf8(bytes).map_err(|_| self.wrong("it is not UTF-8"))?;
        let line: Line = exactly(&text).map_err(|problem| self.wrong(&problem))?;
        if let Some(problem) = strange(&line) {
            return Err(self.wrong(&problem));
        }
        if let Line::Audit(head) = &line
            && head.format_version != FORMAT_VERSION
        {
            let version = head.format_version;
            return Err(self.wrong(&format!(
                "it has format version {version}, and this git-postman reads version {FORMAT_VERSION} only"
            )));
        }
        let rank = rank(&line);
        if self.last.as_ref().is_some_and(|last| *last >= rank) {
            return Err(self.wrong("it stands twice, or is out of order"));
        }
        self.last = Some(rank);
        Ok(Some(line))
    }

    fn wrong(&self, problem: &str) -> PartError {
        PartError {
            file: visible(self.file),
            line: self.line,
            problem: problem.to_owned(),
        }
    }
}

fn put(into: &mut dyn Write, line: &Line) -> std::io::Result<()> {
    into.write_all(text_of(line)?.as_bytes())?;
    into.write_all(b"\n")
}

fn entry<K: Clone, F: Clone>(key: &K, facts: &F) -> Entry<K, F> {
    Entry {
        key: key.clone(),
        facts: facts.clone(),
    }
}

fn rank(line: &Line) -> Rank {
    match line {
        Line::Audit(_) => Rank::Head,
        Line::Postman(_) => Rank::Postman,
        Line::Owner(entry) => Rank::Owner(entry.key.clone()),
        Line::Repository(entry) => Rank::Repository(entry.key.clone()),
        Line::Api(entry) => Rank::Api(entry.key.clone()),
    }
}

/// Text that nothing was gathered from: what is gathered is made visible and cut.
fn strange(line: &Line) -> Option<String> {
    let value = serde_json::to_value(line).ok()?;
    let mut open = vec![&value];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::String(text) if visible(text) != *text => {
                return Some(format!(
                    "`{}` holds characters that nobody sees",
                    shortened(&visible(text), 80)
                ));
            }
            serde_json::Value::String(text) if text.len() > LONGEST_TEXT => {
                return Some(format!("`{}` is too long", shortened(text, 80)));
            }
            serde_json::Value::Array(items) => open.extend(items),
            serde_json::Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::Part;
    use crate::audit::sample::{part_of, some_facts};
    use crate::audit::shard::Shard;

    fn written(part: &Part) -> String {
        let mut bytes = Vec::new();
        part.write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn problem(text: &str) -> String {
        Part::read("p.jsonl", &mut text.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_part_is_read_as_it_was_written() {
        let part = part_of(&some_facts(1, 40), Shard::new(2, 3).unwrap());
        let text = written(&part);
        assert!(
            text.starts_with("{\"audit\":{\"format_version\":1,\"scope\":{"),
            "{text}"
        );
        assert_eq!(Part::read("p.jsonl", &mut text.as_bytes()).unwrap(), part);
        assert!(!part.facts.repositories.is_empty() && !part.facts.apis.is_empty());
    }

    #[test]
    fn anything_else_is_refused_at_its_line() {
        let text = written(&part_of(&some_facts(1, 40), Shard::new(2, 3).unwrap()));
        let lines: Vec<&str> = text.lines().collect();
        let with = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let at = |lines: &[&str], number: usize, says: &str| {
            let said = problem(&with(lines));
            assert!(
                said.starts_with(&format!("p.jsonl:{number}: ")) && said.contains(says),
                "{said}"
            );
        };
        at(&[], 1, "begins with");
        at(&lines[1..], 1, "begins with");
        at(&[lines[0], lines[2]], 2, "is missing here");
        at(&lines[..2], 3, "before every owner");
        let repository = lines
            .iter()
            .position(|line| line.starts_with("{\"repository"))
            .unwrap();
        let changed = |line: &str| {
            let mut changed = lines.clone();
            changed[repository] = line;
            changed
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<String>>()
        };
        let line = lines[repository];
        for (line, says) in [
            (format!("{line} "), "another way"),
            (
                line.replacen("\"is_fork\":", "\"is_fork\":true,\"is_fork\":", 1),
                "duplicate field",
            ),
            (
                line.replacen("\"facts\":{", "\"facts\":{\"\u{202e}x\":1,", 1),
                "\\u{202e}x",
            ),
            (
                line.replacen("\"name\":\"", "\"name\":\"\\u001b[2J", 1),
                "characters that nobody sees",
            ),
            (
                line.replacen("\"name\":\"", "\"name\":\"\u{202e}", 1),
                "characters that nobody sees",
            ),
            (
                line.replacen(
                    "\"name\":\"",
                    &format!("\"name\":\"{}", "a".repeat(9000)),
                    1,
                ),
                "too long",
            ),
            ("[".repeat(100_000), "expected value"),
            (
                "{\"owner\":{\"key\":\"github.com/acme\",\"facts\":\"whole\"}}".to_owned(),
                "out of order",
            ),
            (lines[0].to_owned(), "out of order"),
            (lines[repository - 1].to_owned(), "twice"),
            (String::new(), "EOF"),
        ] {
            let lines = changed(&line);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            at(&lines, repository + 1, says);
        }
        let mut later = lines.clone();
        let newer = lines[0].replacen(":1,", ":2,", 1);
        later[0] = &newer;
        at(&later, 1, "format version 2");
        let mut moved = lines.clone();
        let other = lines[0].replacen("\"numbers\":[2]", "\"numbers\":[1]", 1);
        moved[0] = &other;
        at(&moved, repository + 1, "belongs to another part");
        let none = lines[0].replacen("\"numbers\":[2]", "\"numbers\":[4]", 1);
        moved[0] = &none;
        at(&moved, 1, "no parts of a whole");
        assert!(problem(text.trim_end()).contains("in the middle of this line"));
        assert!(problem(&"x".repeat(5 * 1024 * 1024)).contains("longer than 4 MiB"));
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
            let part = part_of(&some_facts(1, 10), Shard::WHOLE);
            let mut bytes = written(&part).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            // Whatever is taken is what would be written.
            if let Ok(read) = Part::read("p", &mut bytes.as_slice()) {
                prop_assert!(written(&read).into_bytes() == bytes);
            }
        }
    }
}
