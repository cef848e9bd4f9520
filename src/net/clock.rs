//! Time that only moves on: for waiting and for limits. The clock on the wall is never asked, since it jumps.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A clock to wait by. Its readings are durations since some fixed moment.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Duration;
    /// Waits.
    fn sleep(&self, duration: Duration);
}

/// The clock of this machine.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

/// A clock that moves when somebody sleeps on it, and then at once: for rehearsals that cannot wait.
#[derive(Debug, Default)]
pub struct SteppedClock(Mutex<Duration>);

impl Clock for SteppedClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += duration;
        // Others who wait for the same moment get their turn.
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Clock, SteppedClock};

    #[test]
    fn sleeping_moves_the_stepped_clock() {
        let clock = SteppedClock::default();
        clock.sleep(Duration::from_secs(3600));
        assert_eq!(clock.now(), Duration::from_secs(3600));
    }
}
