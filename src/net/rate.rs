//! Rate limits as headers say them, in every spelling that Postman and others use.
//!
//! Postman: <https://learning.postman.com/docs/developer/postman-api/postman-api-rate-limits/>. The page calls a
//! reset "epoch seconds" while the combined header counts seconds left; both occur. An epoch is held against the
//! `Date` of the same answer, so that the clock of this machine may be as wrong as it likes.

use std::time::Duration;

/// Seconds beyond this are a moment since 1970 and no waiting time.
const EPOCH: u64 = 1_000_000_000;
/// And beyond this, milliseconds.
const EPOCH_MILLISECONDS: u64 = 100_000_000_000;

/// What one answer says of the limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Calls in a window.
    pub limit: Option<u32>,
    /// Calls left in this window.
    pub remaining: Option<u32>,
    /// When the window ends, from now.
    pub reset: Option<Duration>,
    /// How long a window is.
    pub window: Option<Duration>,
    /// How long to wait before the next call.
    pub retry_after: Option<Duration>,
    /// Calls in a month.
    pub month_limit: Option<u64>,
    /// Calls left this month.
    pub month_remaining: Option<u64>,
}

/// Reads the limits. Names are in lower case.
pub fn read(headers: &[(String, String)]) -> Rates {
    let find = |names: &[&str]| {
        headers
            .iter()
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_str())
    };
    let date = find(&["date"]).and_then(http_date);
    let combined = find(&["ratelimit"]).unwrap_or_default();
    let policy = find(&["ratelimit-policy", "x-ratelimit-policy"]).unwrap_or_default();
    let number = |names: &[&str], member: &str| {
        find(names)
            .and_then(leading_number)
            .or_else(|| member_of(combined, member))
    };
    let small = |value: u64| u32::try_from(value).ok();
    let limit = number(&["ratelimit-limit", "x-ratelimit-limit"], "limit");
    let reset = number(&["ratelimit-reset", "x-ratelimit-reset"], "reset");
    let retry_after = find(&[
        "retry-after",
        "x-ratelimit-retryafter",
        "retryafter",
        "x-ratelimit-retry-after",
    ]);
    Rates {
        limit: limit.or_else(|| leading_number(policy)).and_then(small),
        remaining: number(
            &["ratelimit-remaining", "x-ratelimit-remaining"],
            "remaining",
        )
        .and_then(small),
        reset: reset.and_then(|reset| from_now(reset, date)),
        window: member_of(policy, "w").map(Duration::from_secs),
        retry_after: retry_after.and_then(|value| match leading_number(value) {
            Some(seconds) => from_now(seconds, date),
            None => from_now(http_date(value)?, date),
        }),
        month_limit: find(&["ratelimit-limit-month", "x-ratelimit-limit-month"])
            .and_then(leading_number),
        month_remaining: find(&["ratelimit-remaining-month", "x-ratelimit-remaining-month"])
            .and_then(leading_number),
    }
}

/// Seconds left, or a moment held against the answer's own date. `None` where that is not known.
fn from_now(value: u64, date: Option<u64>) -> Option<Duration> {
    if value < EPOCH {
        return Some(Duration::from_secs(value));
    }
    let moment = if value >= EPOCH_MILLISECONDS {
        value / 1000
    } else {
        value
    };
    Some(Duration::from_secs(moment.saturating_sub(date?)))
}

fn leading_number(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

/// `name=12` in a list with commas or semicolons.
fn member_of(list: &str, name: &str) -> Option<u64> {
    list.split([',', ';'])
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .and_then(|(_, value)| leading_number(value))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970 (RFC 9110, 5.6.7; the two older forms have died out).
pub(crate) fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, rest) = text.trim().split_once(", ")?;
    let mut parts = rest.split(' ');
    let day: i64 = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let month = i64::try_from(month).ok()? + 1;
    let year: i64 = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(str::parse::<i64>);
    let (hour, minute, second) = (
        clock.next()?.ok()?,
        clock.next()?.ok()?,
        clock.next()?.ok()?,
    );
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from a calendar date, with the year beginning in March so that a leap day stands at its end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year / 400;
    let of_era = year % 400;
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (month * 153 + 2) / 5 + day
            - 1
            - 719_468;
    u64::try_from(days * 86_400 + hour * 3600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Rates, http_date, read};

    fn rates(headers: &[(&str, &str)]) -> Rates {
        let owned: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        read(&owned)
    }

    #[test]
    fn every_spelling_says_the_same() {
        let seconds = |value| Some(Duration::from_secs(value));
        for headers in [
            vec![("ratelimit", "limit=300, remaining=7, reset=12")],
            vec![
                ("ratelimit-limit", "300"),
                ("ratelimit-remaining", "7"),
                ("ratelimit-reset", "12"),
            ],
            vec![
                ("x-ratelimit-limit", "300"),
                ("x-ratelimit-remaining", "7"),
                ("x-ratelimit-reset", "12"),
            ],
            vec![
                ("ratelimit-policy", "300;w=60"),
                ("ratelimit-remaining", "7"),
                ("ratelimit-reset", "12"),
            ],
            vec![
                ("date", "Sun, 22 Nov 2026 18:00:00 GMT"),
                ("ratelimit", "limit=300,remaining=7"),
                ("x-ratelimit-reset", "1795370412"),
            ],
            vec![
                ("date", "Sun, 22 Nov 2026 18:00:00 GMT"),
                ("ratelimit", "limit=300,remaining=7"),
                ("x-ratelimit-reset", "1795370412000"),
            ],
        ] {
            let read = rates(&headers);
            assert_eq!(
                (read.limit, read.remaining),
                (Some(300), Some(7)),
                "{headers:?}"
            );
            assert_eq!(read.reset, seconds(12), "{headers:?}");
        }
        assert_eq!(
            rates(&[("ratelimit-policy", "300;w=60")]).window,
            seconds(60)
        );
        for name in ["retry-after", "retryafter", "x-ratelimit-retryafter"] {
            assert_eq!(rates(&[(name, "5")]).retry_after, seconds(5), "{name}");
        }
        let dated = [
            ("date", "Sun, 22 Nov 2026 18:00:00 GMT"),
            ("retry-after", "Sun, 22 Nov 2026 18:01:00 GMT"),
        ];
        assert_eq!(rates(&dated).retry_after, seconds(60));
        let month = rates(&[
            ("x-ratelimit-limit-month", "10000"),
            ("ratelimit-remaining-month", "0"),
        ]);
        assert_eq!(
            (month.month_limit, month.month_remaining),
            (Some(10_000), Some(0))
        );
    }

    #[test]
    fn nonsense_and_a_wrong_clock_are_no_limit() {
        assert_eq!(
            rates(&[
                ("ratelimit", "x"),
                ("ratelimit-limit", "-1"),
                ("retry-after", "soon")
            ]),
            Rates::default()
        );
        // An epoch without a date of the same answer says nothing.
        assert_eq!(rates(&[("ratelimit-reset", "1795370412")]).reset, None);
        // One that has passed by the service's own clock means now.
        let past = [
            ("date", "Sun, 22 Nov 2026 18:00:00 GMT"),
            ("ratelimit-reset", "1795000000"),
        ];
        assert_eq!(rates(&past).reset, Some(Duration::ZERO));
    }

    #[test]
    fn a_date_is_counted_as_the_calendar_does() {
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(
            http_date("Thu, 29 Feb 2024 23:59:59 GMT"),
            Some(1_709_251_199)
        );
        assert_eq!(
            http_date("Sun, 22 Nov 2026 18:00:00 GMT"),
            Some(1_795_370_400)
        );
        assert_eq!(http_date("yesterday"), None);
    }
}
