//! One limiter for all calls of the process: it follows what the service's headers say, and waits before sending.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::net::clock::Clock;
use crate::net::rate::Rates;
use crate::net::request::Bucket;

/// So many calls in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Calls.
    pub calls: u32,
    /// In this time.
    pub per: Duration,
}

/// What is left of the month, as the service said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Calls in a month.
    pub limit: Option<u64>,
    /// Calls left.
    pub remaining: Option<u64>,
}

/// The limiter.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    longest: Duration,
    state: Mutex<State>,
}

/// A call under way; it is over when this is dropped.
#[must_use]
pub struct Pass<'a> {
    limiter: &'a Limiter,
    bucket: Bucket,
}

struct State {
    general: Window,
    strict: Window,
    quota: Quota,
}

struct Window {
    budget: Budget,
    sent: VecDeque<Duration>,
    under_way: u32,
    /// What the service says is left, and until when that holds.
    left: Option<(u32, Duration)>,
    paused_until: Duration,
}

impl Limiter {
    /// A limiter with what is known before the first answer. A wait beyond `longest` is refused.
    pub fn new(clock: Arc<dyn Clock>, general: Budget, strict: Budget, longest: Duration) -> Self {
        let state = State {
            general: Window::new(general),
            strict: Window::new(strict),
            quota: Quota::default(),
        };
        Self {
            clock,
            longest,
            state: Mutex::new(state),
        }
    }

    /// Waits until a call may be sent. `waiting` is told how long, before each wait. The error is a wait too long.
    pub fn acquire(
        &self,
        bucket: Bucket,
        waiting: &dyn Fn(Duration),
    ) -> Result<Pass<'_>, Duration> {
        loop {
            let now = self.clock.now();
            let wait = {
                let mut state = self.lock();
                let mut wait = state.general.wait(now);
                if bucket == Bucket::Strict {
                    wait = wait.max(state.strict.wait(now));
                }
                if wait.is_zero() {
                    state.general.send(now);
                    if bucket == Bucket::Strict {
                        state.strict.send(now);
                    }
                    return Ok(Pass {
                        limiter: self,
                        bucket,
                    });
                }
                wait
            };
            if wait > self.longest {
                return Err(wait);
            }
            waiting(wait);
            self.clock.sleep(wait);
        }
    }

    /// Takes in what an answer to a call of this bucket said.
    pub fn learn(&self, bucket: Bucket, rates: &Rates) {
        let now = self.clock.now();
        let mut state = self.lock();
        if rates.month_limit.is_some() {
            state.quota.limit = rates.month_limit;
        }
        if rates.month_remaining.is_some() {
            state.quota.remaining = rates.month_remaining;
        }
        // An answer of a strict call may speak of either budget.
        let of_strict = bucket == Bucket::Strict
            && match (rates.window, rates.limit) {
                (Some(window), _) => window <= state.strict.budget.per,
                (None, Some(limit)) => limit <= state.strict.budget.calls.saturating_mul(2),
                (None, None) => true,
            };
        let window = if of_strict {
            &mut state.strict
        } else {
            &mut state.general
        };
        window.learn(now, rates);
    }

    /// Nothing more of this bucket is sent for a while: the service said so.
    pub fn pause(&self, bucket: Bucket, duration: Duration) {
        let until = self.clock.now() + duration;
        let mut state = self.lock();
        let window = match bucket {
            Bucket::General => &mut state.general,
            Bucket::Strict => &mut state.strict,
        };
        window.paused_until = window.paused_until.max(until);
    }

    /// What is left of the month.
    pub fn quota(&self) -> Quota {
        self.lock().quota
    }

    /// How long so many calls of each bucket take at least, with what has been sent and learnt so far.
    pub fn estimate(&self, general: u32, strict: u32) -> Duration {
        let now = self.clock.now();
        let mut state = self.lock();
        let first = state.general.time_for(now, general.saturating_add(strict));
        first.max(state.strict.time_for(now, strict))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        state.general.under_way = state.general.under_way.saturating_sub(1);
        if self.bucket == Bucket::Strict {
            state.strict.under_way = state.strict.under_way.saturating_sub(1);
        }
    }
}

impl Window {
    fn new(budget: Budget) -> Self {
        Self {
            budget,
            sent: VecDeque::new(),
            under_way: 0,
            left: None,
            paused_until: Duration::ZERO,
        }
    }

    /// How long a call is remembered: a little more than the window, since calls do not travel equally fast.
    fn memory(&self) -> Duration {
        self.budget.per + self.budget.per / 50
    }

    fn wait(&mut self, now: Duration) -> Duration {
        let memory = self.memory();
        while self.sent.front().is_some_and(|sent| *sent + memory <= now) {
            self.sent.pop_front();
        }
        let mut until = self.paused_until;
        match self.left {
            Some((_, end)) if end <= now => self.left = None,
            Some((0, end)) => until = until.max(end),
            _ => {}
        }
        let calls = usize::try_from(self.budget.calls)
            .unwrap_or(usize::MAX)
            .max(1);
        if let Some(blocking) = self
            .sent
            .len()
            .checked_sub(calls)
            .and_then(|index| self.sent.get(index))
        {
            until = until.max(*blocking + memory);
        }
        until.saturating_sub(now)
    }

    fn send(&mut self, now: Duration) {
        self.sent.push_back(now);
        self.under_way += 1;
        if let Some((left, _)) = &mut self.left {
            *left = left.saturating_sub(1);
        }
    }

    fn learn(&mut self, now: Duration, rates: &Rates) {
        if let Some(limit) = rates.limit.filter(|limit| *limit > 0) {
            self.budget.calls = limit;
        }
        let sensible = Duration::from_secs(1)..=Duration::from_secs(3600);
        if let Some(window) = rates.window.filter(|window| sensible.contains(window)) {
            self.budget.per = window;
        }
        let Some(remaining) = rates.remaining else {
            return;
        };
        // A reset far beyond the window is a mistake of somebody's clock.
        let reset = rates
            .reset
            .unwrap_or(self.budget.per)
            .min(self.budget.per * 2);
        let end = now + reset;
        // Others of our calls are under way, and the service has not counted them when it wrote this.
        let others = self.under_way.saturating_sub(1);
        self.left = match self.left {
            // In one window what is left only shrinks, whatever order the answers come in.
            Some((left, until)) if until > now && end <= until + Duration::from_secs(1) => {
                Some((left.min(remaining), until))
            }
            _ => Some((remaining.saturating_sub(others), end)),
        };
    }

    fn time_for(&mut self, now: Duration, calls: u32) -> Duration {
        let wait = self.wait(now);
        let limit = self.budget.calls.max(1);
        let sent = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let mut free = limit.saturating_sub(sent);
        if let Some((left, _)) = self.left {
            free = free.min(left);
        }
        if calls <= free {
            return wait;
        }
        let windows = (calls - free).div_ceil(limit);
        wait.max(self.memory() * windows)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Budget, Limiter};
    use crate::net::clock::{Clock, SteppedClock};
    use crate::net::rate::Rates;
    use crate::net::request::Bucket;

    const SECOND: Duration = Duration::from_secs(1);

    fn limiter() -> (Arc<SteppedClock>, Limiter) {
        let clock = Arc::new(SteppedClock::default());
        let general = Budget {
            calls: 300,
            per: SECOND * 60,
        };
        let strict = Budget {
            calls: 10,
            per: SECOND * 10,
        };
        let limiter = Limiter::new(
            Arc::<SteppedClock>::clone(&clock),
            general,
            strict,
            SECOND * 300,
        );
        (clock, limiter)
    }

    fn send(limiter: &Limiter, bucket: Bucket) {
        drop(limiter.acquire(bucket, &|_| {}).unwrap());
    }

    #[test]
    fn the_two_budgets_are_different_ones() {
        let (clock, limiter) = limiter();
        for _ in 0..10 {
            send(&limiter, Bucket::Strict);
        }
        send(&limiter, Bucket::General);
        assert_eq!(clock.now(), Duration::ZERO);
        send(&limiter, Bucket::Strict);
        assert!(clock.now() >= SECOND * 10 && clock.now() < SECOND * 11);
    }

    #[test]
    fn no_window_ever_holds_more_calls_than_the_limit() {
        let (clock, limiter) = limiter();
        let mut times = Vec::new();
        for _ in 0..1000 {
            send(&limiter, Bucket::General);
            times.push(clock.now());
        }
        assert!(
            times
                .windows(301)
                .all(|run| run[300] - run[0] >= SECOND * 60)
        );
        assert!(clock.now() < SECOND * 190);
    }

    #[test]
    fn what_others_have_used_is_learnt_from_the_headers() {
        let (clock, limiter) = limiter();
        send(&limiter, Bucket::General);
        let rates = Rates {
            limit: Some(300),
            remaining: Some(2),
            reset: Some(SECOND * 20),
            ..Rates::default()
        };
        limiter.learn(Bucket::General, &rates);
        send(&limiter, Bucket::General);
        send(&limiter, Bucket::General);
        assert_eq!(clock.now(), Duration::ZERO);
        send(&limiter, Bucket::General);
        assert_eq!(clock.now(), SECOND * 20);
    }

    #[test]
    fn an_older_answer_does_not_give_calls_back() {
        let (clock, limiter) = limiter();
        let rates = |remaining| Rates {
            remaining: Some(remaining),
            reset: Some(SECOND * 20),
            ..Rates::default()
        };
        limiter.learn(Bucket::General, &rates(0));
        limiter.learn(Bucket::General, &rates(5));
        send(&limiter, Bucket::General);
        assert_eq!(clock.now(), SECOND * 20);
    }

    #[test]
    fn a_pause_holds_for_everybody_and_a_long_one_is_told() {
        let (clock, limiter) = limiter();
        limiter.pause(Bucket::General, SECOND * 7);
        send(&limiter, Bucket::Strict);
        assert_eq!(clock.now(), SECOND * 7);
        limiter.pause(Bucket::Strict, SECOND * 1000);
        assert!(limiter.acquire(Bucket::Strict, &|_| {}).is_err());
        send(&limiter, Bucket::General);
    }

    #[test]
    fn absurd_headers_do_not_stop_us_for_good() {
        let (clock, limiter) = limiter();
        let absurd = Rates {
            limit: Some(0),
            remaining: Some(0),
            reset: Some(SECOND * 1_000_000),
            window: Some(SECOND * 1_000_000),
            ..Rates::default()
        };
        limiter.learn(Bucket::General, &absurd);
        send(&limiter, Bucket::General);
        assert!(clock.now() <= SECOND * 120);
    }

    #[test]
    fn the_time_of_many_calls_is_told_in_advance() {
        let (_, limiter) = limiter();
        assert_eq!(limiter.estimate(300, 0), Duration::ZERO);
        assert!(limiter.estimate(301, 0) >= SECOND * 60);
        assert!(limiter.estimate(0, 11) >= SECOND * 10);
    }
}
