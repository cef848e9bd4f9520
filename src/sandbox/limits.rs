//! Rate limits: who called how often, and the headers that say so, in one spelling or another.

use std::collections::HashMap;

/// The general window, in milliseconds.
const GENERAL: i64 = 60_000;
/// The strict window, in milliseconds.
const STRICT: i64 = 10_000;

/// Who called how often in the windows that run.
#[derive(Debug, Default)]
pub struct Limits {
    windows: HashMap<(u64, bool), Window>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    ends: i64,
    used: u64,
}

/// How a user stands in one window after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Calls in the window; 0 for no limit.
    pub limit: u64,
    /// Calls left in it.
    pub remaining: u64,
    /// When it ends, in milliseconds since 1970.
    pub ends: i64,
    /// Its length in seconds.
    pub seconds: i64,
    /// The call was one too many.
    pub exceeded: bool,
}

impl Limits {
    /// Counts a call of a user against the general or the strict window.
    pub fn count(&mut self, user: u64, strict: bool, limit: u64, now: i64) -> Standing {
        let length = if strict { STRICT } else { GENERAL };
        let window = self.windows.entry((user, strict)).or_insert(Window {
            ends: now + length,
            used: 0,
        });
        // A clock that was put back must not keep a window open for ever.
        if now >= window.ends || window.ends > now + length {
            *window = Window {
                ends: now + length,
                used: 0,
            };
        }
        let exceeded = limit > 0 && window.used >= limit;
        if !exceeded {
            window.used += 1;
        }
        Standing {
            limit,
            remaining: limit.saturating_sub(window.used),
            ends: window.ends,
            seconds: length / 1000,
            exceeded,
        }
    }
}

/// The headers of a standing and of the month, spelled in one of the ways that Postman spells them; `turn` chooses.
pub fn headers(
    standing: Standing,
    month: (u64, u64),
    now: i64,
    turn: usize,
) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    let left = seconds_left(standing, now);
    if standing.limit > 0 {
        let (limit, remaining) = (standing.limit, standing.remaining);
        match turn % 3 {
            0 => {
                headers.push((
                    "ratelimit",
                    format!("limit={limit}, remaining={remaining}, reset={left}"),
                ));
                headers.push((
                    "ratelimit-policy",
                    format!("{limit};w={}", standing.seconds),
                ));
            }
            1 => {
                headers.push(("x-ratelimit-limit", limit.to_string()));
                headers.push(("x-ratelimit-remaining", remaining.to_string()));
                headers.push(("x-ratelimit-reset", (now / 1000 + left).to_string()));
            }
            _ => {
                headers.push(("ratelimit-limit", limit.to_string()));
                headers.push(("ratelimit-remaining", remaining.to_string()));
                headers.push(("ratelimit-reset", left.to_string()));
            }
        }
        if standing.exceeded {
            let name = ["retry-after", "x-ratelimit-retryafter", "retryafter"][turn % 3];
            headers.push((name, left.to_string()));
        }
    }
    let (quota, used) = month;
    let names = if turn.is_multiple_of(2) {
        ("ratelimit-limit-month", "ratelimit-remaining-month")
    } else {
        ("x-ratelimit-limit-month", "x-ratelimit-remaining-month")
    };
    headers.push((names.0, quota.to_string()));
    headers.push((names.1, quota.saturating_sub(used).to_string()));
    headers
}

/// Whole seconds until a window ends, at least one.
pub fn seconds_left(standing: Standing, now: i64) -> i64 {
    ((standing.ends - now + 999) / 1000).max(1)
}

#[cfg(test)]
mod tests {
    use super::{Limits, headers};

    #[test]
    fn the_call_after_the_last_is_refused_until_the_window_ends() {
        let mut limits = Limits::default();
        for _ in 0..10 {
            assert!(!limits.count(1, true, 10, 5000).exceeded);
        }
        let eleventh = limits.count(1, true, 10, 14_999);
        assert!(eleventh.exceeded && eleventh.remaining == 0);
        assert!(!limits.count(2, true, 10, 14_999).exceeded);
        assert!(!limits.count(1, false, 300, 14_999).exceeded);
        assert!(!limits.count(1, true, 10, 15_000).exceeded);
    }

    #[test]
    fn no_limit_never_refuses_and_a_clock_put_back_opens_a_new_window() {
        let mut limits = Limits::default();
        assert!((0..1000).all(|_| !limits.count(1, false, 0, 0).exceeded));
        assert!(!limits.count(1, true, 1, 1_000_000).exceeded);
        assert!(!limits.count(1, true, 1, 0).exceeded);
    }

    #[test]
    fn every_spelling_says_the_same() {
        let mut limits = Limits::default();
        let standing = limits.count(1, false, 300, 1_000_000);
        let named = |turn, name: &str| {
            let all = headers(standing, (10_000, 655), 1_000_000, turn);
            let found = all.into_iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value)
        };
        assert_eq!(
            named(0, "ratelimit").as_deref(),
            Some("limit=300, remaining=299, reset=60")
        );
        assert_eq!(named(1, "x-ratelimit-reset").as_deref(), Some("1060"));
        assert_eq!(named(2, "ratelimit-reset").as_deref(), Some("60"));
        assert_eq!(
            named(0, "ratelimit-remaining-month").as_deref(),
            Some("9345")
        );
        assert_eq!(
            named(1, "x-ratelimit-limit-month").as_deref(),
            Some("10000")
        );
    }
}
