//! What an earlier run knows, on disk: so that the next one asks only for what changed, and one that was killed goes on.
//!
//! It holds names, paths and pages of lists, so only its owner may read it; and no token, only digests that tokens are
//! part of.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use redb::{Database, DatabaseError, Durability, ReadableDatabase, TableDefinition, TableError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::provider::conditional::{Memory, Remembered};

/// The form of what is kept. Another one is not read but made anew: all of it can be asked for again.
const FORM: u64 = 1;
/// A run that was begun longer ago is not gone on with: what it saw is too old.
const LONGEST_PAUSE: u64 = 24 * 3600;
/// Records that are written in one go. What a killed run has not written it asks for again.
const AT_ONCE: usize = 32;
/// A page of a list is never larger.
const LARGEST_PAGE: u64 = 64 * 1024 * 1024;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const PAGES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("pages");
const RECORDS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("records");

/// The database.
pub struct State {
    database: Database,
    waiting: Mutex<Vec<(String, Vec<u8>)>>,
}

/// Something that is known, and by which sign it is the same as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<F> {
    /// The run that saw it.
    pub run: u64,
    /// What changes when it changes; `None` where nothing does, so that only the run itself may take it again.
    pub sign: Option<String>,
    /// What the list said of it, whether or not that is a sign already; a run that is gone on with asks again where the
    /// list says something else by now.
    pub listed: Option<String>,
    /// What was seen.
    pub facts: F,
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// An earlier run was ended before its time, and this one goes on with it.
    pub is_resumed: bool,
}

/// The state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another run has it open.
    #[error("the state in {0} is in use by another audit")]
    InUse(String),
    /// It cannot be made.
    #[error("the state cannot be kept in {0}: {1}")]
    File(String, std::io::Error),
    /// It cannot be opened, read or written.
    #[error("the state cannot be used: {0}")]
    Database(#[from] redb::Error),
    /// A thread that worked with it has ended in the middle.
    #[error("the audit was ended in the middle of its work")]
    Lost,
}

#[derive(Serialize, Deserialize)]
struct Begun {
    form: u64,
    number: u64,
    at: u64,
    is_over: bool,
}

#[derive(Serialize, Deserialize)]
struct Page {
    etag: String,
    next: Option<String>,
    #[serde(with = "packed")]
    body: Vec<u8>,
}

impl StateError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::InUse(_) => "wait for it, or give this one a file of its own: `--state FILE`",
            Self::File(..) => "name a file that can be written: `--state FILE`",
            Self::Lost => "run it again: it goes on where it was",
            Self::Database(_) => "delete the file: everything in it can be asked for again",
        }
    }
}

impl State {
    /// Opens the state in a file, or makes it; nobody but its owner may read it.
    ///
    /// # Errors
    /// The file cannot be used, or another run has it open.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        let shown = path.display().to_string();
        own(path).map_err(|error| StateError::File(shown.clone(), error))?;
        let mut builder = Database::builder();
        // The default of the crate is a gigabyte.
        builder.set_cache_size(1024 * 1024);
        let database = builder.create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StateError::InUse(shown),
            other => StateError::Database(other.into()),
        })?;
        Ok(Self {
            database,
            waiting: Mutex::default(),
        })
    }

    /// Begins a run, or goes on with one that did not come to its end. `afresh` forgets everything first.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn begin(&self, now: u64, afresh: bool) -> Result<Run, StateError> {
        let last: Option<Begun> = self
            .read(META, "run")?
            .filter(|last: &Begun| last.form == FORM);
        if afresh || last.is_none() {
            self.forget()?;
        }
        let resumed = last.as_ref().filter(|last| {
            !afresh
                && !last.is_over
                && (last.at..=last.at.saturating_add(LONGEST_PAUSE)).contains(&now)
        });
        let run = match (resumed, &last) {
            (Some(last), _) => {
                return Ok(Run {
                    number: last.number,
                    is_resumed: true,
                });
            }
            (None, last) => Run {
                number: last
                    .as_ref()
                    .map_or(1, |last| last.number.saturating_add(1)),
                is_resumed: false,
            },
        };
        let begun = Begun {
            form: FORM,
            number: run.number,
            at: now,
            is_over: false,
        };
        self.write(META, &[("run".to_owned(), bytes_of(&begun))])?;
        Ok(run)
    }

    /// Ends a run: the next one looks at everything again, by its signs.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn end(&self, run: Run, now: u64) -> Result<(), StateError> {
        self.flush()?;
        let over = Begun {
            form: FORM,
            number: run.number,
            at: now,
            is_over: true,
        };
        self.write(META, &[("run".to_owned(), bytes_of(&over))])
    }

    /// What is known of something. What cannot be read is not known.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn record<F: DeserializeOwned>(&self, key: &str) -> Result<Option<Record<F>>, StateError> {
        self.read(RECORDS, key)
    }

    /// Keeps what is known of something, soon.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn keep<F: Serialize>(&self, key: &str, record: &Record<F>) -> Result<(), StateError> {
        let full = {
            let mut waiting = self.waiting();
            waiting.push((key.to_owned(), bytes_of(record)));
            waiting.len() >= AT_ONCE
        };
        match full {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Writes what is still to be written.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn flush(&self) -> Result<(), StateError> {
        let waiting = std::mem::take(&mut *self.waiting());
        match waiting.is_empty() {
            true => Ok(()),
            false => self.write(RECORDS, &waiting),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(String, Vec<u8>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T: DeserializeOwned>(
        &self,
        table: TableDefinition<'_, &str, &[u8]>,
        key: &str,
    ) -> Result<Option<T>, StateError> {
        let transaction = self.database.begin_read().map_err(redb::Error::from)?;
        let table = match transaction.open_table(table) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(other) => return Err(StateError::Database(other.into())),
        };
        let found = table.get(key).map_err(redb::Error::from)?;
        Ok(found.and_then(|bytes| serde_json::from_slice(bytes.value()).ok()))
    }

    fn write(
        &self,
        table: TableDefinition<'_, &str, &[u8]>,
        entries: &[(String, Vec<u8>)],
    ) -> Result<(), StateError> {
        let mut transaction = self.database.begin_write().map_err(redb::Error::from)?;
        transaction
            .set_durability(Durability::Immediate)
            .map_err(redb::Error::from)?;
        {
            let mut table = transaction.open_table(table).map_err(redb::Error::from)?;
            for (key, value) in entries {
                table
                    .insert(key.as_str(), value.as_slice())
                    .map_err(redb::Error::from)?;
            }
        }
        transaction.commit().map_err(redb::Error::from)?;
        Ok(())
    }

    fn forget(&self) -> Result<(), StateError> {
        let transaction = self.database.begin_write().map_err(redb::Error::from)?;
        for table in [META, PAGES, RECORDS] {
            transaction.delete_table(table).map_err(redb::Error::from)?;
        }
        transaction.commit().map_err(redb::Error::from)?;
        Ok(())
    }
}

/// A page that cannot be kept is asked for again: that is all.
impl Memory for State {
    fn recall(&self, key: &str) -> Option<Remembered> {
        let page: Page = self.read(PAGES, key).ok()??;
        Some(Remembered {
            etag: page.etag,
            body: page.body,
            next: page.next,
        })
    }

    fn remember(&self, key: &str, answer: Remembered) {
        let page = Page {
            etag: answer.etag,
            next: answer.next,
            body: answer.body,
        };
        let _ = self.write(PAGES, &[(key.to_owned(), bytes_of(&page))]);
    }
}

/// Pages of lists repeat themselves: packed they are a tenth.
mod packed {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::model::base64::{decode, encode_standard};

    pub(crate) fn serialize<S: Serializer>(body: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&encode_standard(&crate::audit::state::deflated(body)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let packed = decode(text.as_bytes());
        packed
            .and_then(|packed| crate::audit::state::inflated(&packed))
            .ok_or_else(|| serde::de::Error::custom("no page"))
    }
}

fn deflated(body: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail.
    let _ = packer.write_all(body);
    packer.finish().unwrap_or_default()
}

fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let unpacked = DeflateDecoder::new(packed)
        .take(LARGEST_PAGE + 1)
        .read_to_end(&mut body);
    unpacked.ok()?;
    (body.len() as u64 <= LARGEST_PAGE).then_some(body)
}

/// Our own values always are JSON.
fn bytes_of<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Makes the file where there is none, and takes it out of everybody else's reach.
fn own(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    drop(file);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_PAUSE, Record, State, StateError};
    use crate::provider::conditional::{Memory as _, Remembered};

    fn record(run: u64, facts: &str) -> Record<String> {
        Record {
            run,
            sign: Some("s".to_owned()),
            listed: None,
            facts: facts.to_owned(),
        }
    }

    #[test]
    fn what_was_kept_is_known_to_the_next_run() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/er/state.redb");
        let answer = Remembered {
            etag: "W/\"1\"".to_owned(),
            body: br#"[{"id":1}]"#.repeat(100),
            next: Some("/list?page=2".to_owned()),
        };
        {
            let state = State::open(&path).unwrap();
            assert!(matches!(State::open(&path), Err(StateError::InUse(_))));
            let run = state.begin(1000, false).unwrap();
            assert_eq!((run.number, run.is_resumed), (1, false));
            state.keep("a", &record(1, "x")).unwrap();
            state.remember("p", answer.clone());
            state.flush().unwrap();
        }
        // It was ended before its time: the next one goes on, unless it comes too late.
        let state = State::open(&path).unwrap();
        assert!(state.begin(1000 + LONGEST_PAUSE, false).unwrap().is_resumed);
        assert_eq!(state.record("a").unwrap(), Some(record(1, "x")));
        assert_eq!(state.recall("p"), Some(answer));
        let run = state.begin(1001 + LONGEST_PAUSE, false).unwrap();
        assert_eq!((run.number, run.is_resumed), (2, false));
        state.end(run, 5).unwrap();
        let run = state.begin(6, false).unwrap();
        assert_eq!((run.number, run.is_resumed), (3, false));
        assert!(state.record::<String>("a").unwrap().is_some());
        // A clock that was put back resumes nothing from the future.
        assert!(!state.begin(5, false).unwrap().is_resumed);
        let run = state.begin(7, true).unwrap();
        assert!(!run.is_resumed);
        assert!(state.record::<String>("a").unwrap().is_none() && state.recall("p").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cache/state.redb");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let _state = State::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
