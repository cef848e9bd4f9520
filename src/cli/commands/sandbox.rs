//! `sandbox`: a server on loopback that speaks the Postman API.

use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::sandbox::fault::FaultSpec;
use crate::sandbox::options::{Options, Settings};
use crate::sandbox::running::{Sandbox, StartError};

/// Run a server on this machine that speaks the Postman API, for trials, tests and rehearsals
///
/// It prints one line of JSON when it is ready, `{"url": …, "key": …}`, and runs until it is interrupted.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  git postman sandbox --data .sandbox
  POSTMAN_API_URL=http://127.0.0.1:8080 git postman push
  git postman sandbox --fault 'commit-then-drop:0.2@PUT /collections' --fault slow=50")]
pub struct SandboxArgs {
    /// Where it listens: a loopback address; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Keep everything in DIR; without it, nothing outlives the sandbox
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What is there at the start, as JSON or YAML; read only where DIR has no database yet
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// The API key that may do everything; without it, the stored one or a new one
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Let things go wrong: `KIND[:RATE][@METHOD PATH-PREFIX]`, for example `503:0.1@GET /specs`
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<FaultSpec>,
    /// Start the dice of the faults from N, so that a run can be repeated
    #[arg(long, value_name = "N", default_value_t = 0)]
    fault_seed: u64,
    /// Calls a user has in a minute; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 300)]
    rate_limit: u64,
    /// Calls a user has in ten seconds on the endpoints with a strict limit; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 10)]
    strict_limit: u64,
    /// Calls a user has in a month
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    quota: u64,
    /// How often a task says that it is pending before it is done
    #[arg(long, value_name = "N", default_value_t = 1)]
    task_polls: u64,
    /// From how many lists a new object is missing
    #[arg(long, value_name = "N", default_value_t = 0)]
    lag: u64,
    /// The largest body that is accepted, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 104_857_600)]
    max_body: u64,
    /// Stop when standard input is closed, so that nothing is left behind when the caller dies
    #[arg(long)]
    until_stdin_closes: bool,
}

/// Runs the command.
///
/// # Errors
/// The sandbox cannot be started.
pub fn run(args: &SandboxArgs, session: &Session) -> Result<u8, Failure> {
    let options = Options {
        listen: args.listen,
        data: args.data.as_ref().map(|path| session.path(path)),
        seed: args.seed.as_ref().map(|path| session.path(path)),
        key: args.key.clone(),
        faults: args.faults.clone(),
        fault_seed: args.fault_seed,
        settings: Settings {
            rate_limit: args.rate_limit,
            strict_limit: args.strict_limit,
            quota: args.quota,
            task_polls: args.task_polls,
            lag: args.lag,
            max_body: args.max_body,
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("signals cannot be watched: {error}")))?;
    let (closed, stdin_closed) = tokio::sync::oneshot::channel();
    if args.until_stdin_closes {
        // A thread, since a read of standard input cannot be called off.
        std::thread::spawn(move || {
            let mut left = [0_u8; 1024];
            let mut stdin = std::io::stdin().lock();
            while stdin.read(&mut left).is_ok_and(|read| read > 0) {}
            let _ = closed.send(());
        });
    } else {
        drop(closed);
    }
    let mut interrupted = {
        let _entered = runtime.enter();
        // Watched before the line is printed: whoever reads it may send a signal at once.
        Interruption::watch()?
    };
    let running = Sandbox::start(options)?;
    let ready = json!({"url": running.url, "key": running.key, "viewer_key": running.viewer_key});
    print(session, &format!("{ready}\n"))?;
    runtime.block_on(async {
        tokio::select! {
            () = interrupted.came() => {}
            Ok(()) = stdin_closed => {}
        }
    });
    running.stop();
    Ok(0)
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let hint = match &error {
            StartError::NotLoopback(_) => Some("use 127.0.0.1:PORT or [::1]:PORT"),
            StartError::Listen(..) => {
                Some("another program may use the port; port 0 lets the system choose")
            }
            StartError::System(_) | StartError::Open(_) => None,
        };
        let failure = Self::usage(error.to_string());
        match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// The signals that end a program.
struct Interruption {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interruption {
    #[cfg(unix)]
    fn watch() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error| Failure::usage(format!("signals cannot be watched: {error}"));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        })
    }

    #[cfg(unix)]
    async fn came(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn watch() -> Result<Self, Failure> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn came(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
