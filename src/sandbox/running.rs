//! A sandbox started and stopped, from a command or from within a test.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;
use thiserror::Error;
use tokio::sync::oneshot::{self, Sender};

use crate::sandbox::machine::{Machine, OpenError};
use crate::sandbox::options::Options;
use crate::sandbox::server::{is_loopback, serve};

/// A sandbox cannot be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// An address that other machines can reach.
    #[error("the sandbox listens on loopback only, and {0} is no loopback address")]
    NotLoopback(SocketAddr),
    /// The address is taken or cannot be used.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// No temporary directory, or no thread.
    #[error("the sandbox cannot be started: {0}")]
    System(#[from] io::Error),
    /// The database, the seed or the key.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The server, to be started.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    /// Its base URL, for `POSTMAN_API_URL`.
    pub url: String,
    /// A key that may do everything.
    pub key: String,
    /// A key that may read.
    pub viewer_key: String,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    // Dropped after the thread has ended, and with it the database.
    _directory: Option<TempDir>,
}

impl Sandbox {
    /// Starts a sandbox in a thread of its own. It answers when this returns.
    ///
    /// # Errors
    /// The address, the database, the seed or the key cannot be used.
    pub fn start(options: Options) -> Result<Running, StartError> {
        if !is_loopback(options.listen) {
            return Err(StartError::NotLoopback(options.listen));
        }
        let temporary = match options.data {
            Some(_) => None,
            None => Some(tempfile::tempdir()?),
        };
        let directory = match (&options.data, &temporary) {
            (Some(directory), _) => directory.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err(io::Error::from(io::ErrorKind::NotFound).into()),
        };
        let (machine, keys) = Machine::open(&options, &directory)?;
        let refuse = |error| StartError::Listen(options.listen, error);
        let listener = TcpListener::bind(options.listen).map_err(refuse)?;
        listener.set_nonblocking(true).map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(refuse)?
        };
        let thread = thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                // An error here is one of the listening socket, which ends the server; clients see it at once.
                let _ = runtime.block_on(serve(listener, machine, stopped));
            })?;
        Ok(Running {
            url: format!("http://{address}"),
            key: keys.admin,
            viewer_key: keys.viewer,
            stop: Some(stop),
            thread: Some(thread),
            _directory: temporary,
        })
    }
}

impl Running {
    /// Stops the sandbox and waits for its end. What was answered is kept.
    pub fn stop(mut self) {
        self.end();
    }

    /// Whether it still serves.
    pub fn is_alive(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
