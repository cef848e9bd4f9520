//! What is kept on disk: JSON values in tables of an embedded database, one transaction a request.

use std::path::Path;

use redb::{
    Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, TableDefinition,
    TableError, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use thiserror::Error;

/// One kind of object, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table(&'static str);

/// Counters and what the database says of itself.
pub const META: Table = Table("meta");
/// API keys, by the key.
pub const KEYS: Table = Table("keys");
/// Workspaces.
pub const WORKSPACES: Table = Table("workspaces");
/// What lists say of collections.
pub const COLLECTIONS: Table = Table("collections");
/// The documents of collections, apart, so that a list does not read them.
pub const BODIES: Table = Table("bodies");
/// Which collection an item, a response or a script belongs to, by its id.
pub const ITEM_IDS: Table = Table("item-ids");
/// Environments.
pub const ENVIRONMENTS: Table = Table("environments");
/// APIs.
pub const APIS: Table = Table("apis");
/// Versions of APIs, by `api/version`.
pub const VERSIONS: Table = Table("versions");
/// Specifications.
pub const SPECS: Table = Table("specs");
/// Files of schemas and specifications, by `owner/path`.
pub const FILES: Table = Table("files");
/// Version tags of specifications, by `specification/tag`.
pub const TAGS: Table = Table("tags");
/// Tasks.
pub const TASKS: Table = Table("tasks");

/// The database cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another sandbox has it open.
    #[error("the database in {0} is in use by another sandbox")]
    InUse(String),
    /// It cannot be made, opened, read or written.
    #[error("the database cannot be used: {0}")]
    Database(#[from] redb::Error),
    /// What it holds is not what this version wrote.
    #[error("the database holds what this version cannot read: {0}")]
    Content(#[from] serde_json::Error),
    /// The directory cannot be made.
    #[error("the directory {0} cannot be used: {1}")]
    Directory(String, std::io::Error),
}

/// The database.
#[derive(Debug)]
pub struct Store {
    database: Database,
}

/// What one request reads and writes: all of it is kept, or nothing.
pub struct Transaction {
    inner: WriteTransaction,
    touched: Cell<bool>,
}

impl Store {
    /// Opens the database in a directory, or makes it.
    ///
    /// # Errors
    /// The directory or the database cannot be used, or another process has it open.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let shown = directory.display().to_string();
        std::fs::create_dir_all(directory)
            .map_err(|error| StoreError::Directory(shown.clone(), error))?;
        let mut builder = Database::builder();
        // The default of the crate is a gigabyte.
        builder.set_cache_size(16 * 1024 * 1024);
        let database =
            builder
                .create(directory.join("sandbox.redb"))
                .map_err(|error| match error {
                    DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(shown),
                    other => StoreError::Database(other.into()),
                })?;
        Ok(Self { database })
    }

    /// Starts a transaction.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn begin(&self) -> Result<Transaction, StoreError> {
        let mut inner = self.database.begin_write().map_err(redb::Error::from)?;
        inner
            .set_durability(Durability::Immediate)
            .map_err(redb::Error::from)?;
        Ok(Transaction {
            inner,
            touched: Cell::new(false),
        })
    }

    /// How many objects a table has.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn count(&self, table: Table) -> Result<usize, StoreError> {
        let inner = self.database.begin_read().map_err(redb::Error::from)?;
        match inner.open_table(definition(table)) {
            Ok(table) => Ok(table.iter().map_err(redb::Error::from)?.count()),
            Err(TableError::TableDoesNotExist(_)) => Ok(0),
            Err(other) => Err(StoreError::Database(other.into())),
        }
    }
}

impl Transaction {
    /// An object.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn get<T: DeserializeOwned>(
        &self,
        table: Table,
        key: &str,
    ) -> Result<Option<T>, StoreError> {
        let table = self.open(table)?;
        match table.get(key).map_err(redb::Error::from)? {
            Some(bytes) => Ok(Some(serde_json::from_slice(bytes.value())?)),
            None => Ok(None),
        }
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn has(&self, table: Table, key: &str) -> Result<bool, StoreError> {
        let table = self.open(table)?;
        Ok(table.get(key).map_err(redb::Error::from)?.is_some())
    }

    /// Keeps an object.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn put<T: Serialize>(&self, table: Table, key: &str, value: &T) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(value)?;
        self.touched.set(true);
        let mut table = self.open(table)?;
        table
            .insert(key, bytes.as_slice())
            .map_err(redb::Error::from)?;
        Ok(())
    }

    /// Forgets an object.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn remove(&self, table: Table, key: &str) -> Result<(), StoreError> {
        self.touched.set(true);
        let mut table = self.open(table)?;
        table.remove(key).map_err(redb::Error::from)?;
        Ok(())
    }

    /// Every object whose key starts so, in the order of the keys, with what follows the prefix.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn all<T: DeserializeOwned>(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, StoreError> {
        let table = self.open(table)?;
        let mut found = Vec::new();
        for entry in table.range(prefix..).map_err(redb::Error::from)? {
            let (key, value) = entry.map_err(redb::Error::from)?;
            let Some(rest) = key.value().strip_prefix(prefix) else {
                break;
            };
            found.push((rest.to_owned(), serde_json::from_slice(value.value())?));
        }
        Ok(found)
    }

    /// Forgets every object whose key starts so.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn remove_all(&self, table: Table, prefix: &str) -> Result<(), StoreError> {
        let rests: Vec<(String, serde_json::Value)> = self.all(table, prefix)?;
        for (rest, _) in rests {
            self.remove(table, &format!("{prefix}{rest}"))?;
        }
        Ok(())
    }

    /// The next number of a counter.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn next(&self, counter: &str) -> Result<u64, StoreError> {
        let next = self.get::<u64>(META, counter)?.unwrap_or(0) + 1;
        self.put(META, counter, &next)?;
        Ok(next)
    }

    /// Whether anything was written so far.
    pub fn is_touched(&self) -> bool {
        self.touched.get()
    }

    /// Keeps what was written. Without writes nothing happens.
    ///
    /// # Errors
    /// The database cannot be used; nothing was kept then.
    pub fn commit(self) -> Result<(), StoreError> {
        if self.touched.get() {
            self.inner.commit().map_err(redb::Error::from)?;
        } else {
            self.inner.abort().map_err(redb::Error::from)?;
        }
        Ok(())
    }

    fn open(
        &self,
        table: Table,
    ) -> Result<redb::Table<'_, &'static str, &'static [u8]>, StoreError> {
        let opened = self.inner.open_table(definition(table));
        Ok(opened.map_err(redb::Error::from)?)
    }
}

fn definition(table: Table) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(table.0)
}

#[cfg(test)]
mod tests {
    use super::{FILES, Store, StoreError};

    #[test]
    fn what_is_committed_is_there_after_reopening_and_the_rest_is_not() {
        let directory = tempfile::tempdir().unwrap();
        {
            let store = Store::open(directory.path()).unwrap();
            let kept = store.begin().unwrap();
            kept.put(FILES, "a/1", &"one").unwrap();
            kept.put(FILES, "a/2", &"two").unwrap();
            kept.put(FILES, "b/1", &"three").unwrap();
            kept.commit().unwrap();
            let lost = store.begin().unwrap();
            lost.put(FILES, "a/3", &"four").unwrap();
            drop(lost);
        }
        let store = Store::open(directory.path()).unwrap();
        let transaction = store.begin().unwrap();
        let found: Vec<(String, String)> = transaction.all(FILES, "a/").unwrap();
        let found: Vec<&str> = found.iter().map(|(rest, _)| rest.as_str()).collect();
        assert_eq!(found, ["1", "2"]);
        assert_eq!(transaction.get::<String>(FILES, "a/3").unwrap(), None);
    }

    #[test]
    fn a_counter_counts_and_a_prefix_can_be_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let transaction = store.begin().unwrap();
        assert!(!transaction.is_touched());
        assert_eq!(transaction.next("x").unwrap(), 1);
        assert_eq!(transaction.next("x").unwrap(), 2);
        transaction.put(FILES, "a/1", &1).unwrap();
        transaction.put(FILES, "b/1", &1).unwrap();
        transaction.remove_all(FILES, "a/").unwrap();
        transaction.commit().unwrap();
        assert_eq!(store.count(FILES).unwrap(), 1);
    }

    #[test]
    fn two_sandboxes_do_not_share_a_database() {
        let directory = tempfile::tempdir().unwrap();
        let _store = Store::open(directory.path()).unwrap();
        let second = Store::open(directory.path()).unwrap_err();
        assert!(matches!(second, StoreError::InUse(_)), "{second}");
    }
}
