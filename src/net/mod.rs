//! The network: one client that waits for its rate limit, never sends a key to another host, and blocks.

pub mod base_url;
pub mod client;
pub mod clock;
pub mod connection;
pub mod error;
pub mod limiter;
pub(crate) mod moment;
pub mod page;
pub mod pool;
pub mod rate;
pub mod request;
pub mod response;
pub mod retry;
#[cfg(test)]
pub(crate) mod testing;
pub mod trace;
