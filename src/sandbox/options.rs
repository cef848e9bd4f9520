//! How a sandbox is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::sandbox::fault::FaultSpec;

/// How a sandbox is started. The defaults are those of the real service.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 lets the system choose. Only loopback addresses are accepted.
    pub listen: SocketAddr,
    /// Where its database lies; without it, a temporary directory that goes with the sandbox.
    pub data: Option<PathBuf>,
    /// A file that says what is there at the start; read only where the database is new.
    pub seed: Option<PathBuf>,
    /// The API key of the first user; without it, the stored one, else one is made up.
    pub key: Option<String>,
    /// The faults in force from the start.
    pub faults: Vec<FaultSpec>,
    /// What the dice of the faults, and the spelling of headers, start from.
    pub fault_seed: u64,
    /// What may be changed while it runs.
    pub settings: Settings,
}

/// What may be changed while a sandbox runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Calls a user has in 60 seconds; 0 for no limit.
    pub rate_limit: u64,
    /// Calls a user has in 10 seconds on the three strict endpoints; 0 for no limit.
    pub strict_limit: u64,
    /// Calls a user has in a month.
    pub quota: u64,
    /// How often a task answers that it is pending before it is done.
    pub task_polls: u64,
    /// How many lists of its kind a new object is missing from.
    pub lag: u64,
    /// The largest body that is accepted anywhere, in bytes.
    pub max_body: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            seed: None,
            key: None,
            faults: Vec::new(),
            fault_seed: 0,
            settings: Settings::default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limit: 300,
            strict_limit: 10,
            quota: 10_000,
            task_polls: 1,
            lag: 0,
            max_body: 100 * 1024 * 1024,
        }
    }
}
