//! Every exchange can be watched: for counting, for `-v`, and for tests that hold it against the contract.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::net::error::HttpError;
use crate::net::request::Request;
use crate::net::response::Response;

/// One call and what came of it. The key is not in it.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// What was sent.
    pub request: &'a Request,
    /// What came back, or why nothing did.
    pub outcome: Result<&'a Response, &'a HttpError>,
    /// How long it took.
    pub took: Duration,
}

/// What is told to whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// Nothing is sent for so long: the rate limit, or a pause before another try.
    Waiting(Duration),
    /// A call has come to its end.
    Exchange(Exchange<'a>),
}

/// Somebody who watches. It is called from every thread that calls.
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// How many calls were sent.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicU64>);

impl Calls {
    /// One more.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So far.
    pub fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Exchange<'_> {
    /// Bytes that were sent as the body.
    pub fn sent_bytes(&self) -> usize {
        self.request.body.as_ref().map_or(0, Vec::len)
    }

    /// Bytes of the answer's body.
    pub fn received_bytes(&self) -> usize {
        self.outcome.map_or(0, |response| response.body.len())
    }
}

/// One line for a log: `GET /me 200, 512 bytes, 31 ms`.
impl fmt::Display for Exchange<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.took.as_millis();
        match self.outcome {
            Ok(response) => write!(
                formatter,
                "{} {}, {} bytes, {milliseconds} ms",
                self.request.name(),
                response.status,
                response.body.len()
            ),
            Err(error) => write!(
                formatter,
                "{}: {error}, {milliseconds} ms",
                self.request.name()
            ),
        }
    }
}
