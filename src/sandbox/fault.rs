//! Faults on demand: what they are called, which requests they meet, and the dice.

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;
use thiserror::Error;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error status in place of the work.
    Status(u16),
    /// The monthly quota reads as used up: 429, and not to be repeated.
    Quota,
    /// The work is done, and the connection is closed in the middle of the answer.
    Drop,
    /// The answer comes this many milliseconds late.
    Slow(u64),
    /// The work is done, and the connection is closed without an answer.
    CommitThenDrop,
    /// The work is done, and an error status is answered.
    CommitThenStatus(u16),
    /// Status 200 with a body that is cut off JSON.
    Malformed,
    /// Status 200 with a page of HTML, as a proxy or a captive portal answers.
    Html,
    /// A redirect to another host.
    Redirect,
    /// A task that the request starts ends as failed.
    TaskFailed,
    /// A page of a list names its own cursor as the next one, for ever.
    RepeatCursor,
}

/// One fault, and the requests that it meets.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often, from 0 to 1.
    pub rate: f64,
    /// Only this method.
    pub method: Option<String>,
    /// Only paths that start so.
    pub path: String,
}

/// A fault that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FaultError {
    /// A kind that there is not.
    #[error(
        "there is no fault `{0}`: use 401, 403, 404, 409, 413, 423, 429, 500, 502, 503, 504, quota, drop, slow=MS, \
         commit-then-drop, commit-then-500, commit-then-504, malformed, html, redirect, task-failed or repeat-cursor"
    )]
    Kind(String),
    /// A rate that is no number from 0 to 1.
    #[error("the rate of a fault is a number from 0 to 1, not `{0}`")]
    Rate(String),
    /// Something behind the `@` that is not `METHOD PATH-PREFIX`.
    #[error(
        "write the requests that a fault meets as `@METHOD /path`, `@METHOD` or `@/path`, not `@{0}`"
    )]
    Target(String),
}

impl FromStr for FaultSpec {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (what, target) = match text.split_once('@') {
            Some((what, target)) => (what, Some(target)),
            None => (text, None),
        };
        let (kind, rate) = match what.split_once(':') {
            Some((kind, rate)) => (kind, Some(rate)),
            None => (what, None),
        };
        let kind = kind_of(kind).ok_or_else(|| FaultError::Kind(kind.to_owned()))?;
        let rate = match rate {
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|rate| (0.0..=1.0).contains(rate))
                .ok_or_else(|| FaultError::Rate(text.to_owned()))?,
            None => 1.0,
        };
        let (method, path) = match target {
            Some(target) => target_of(target)?,
            None => (None, String::new()),
        };
        Ok(Self {
            kind,
            rate,
            method,
            path,
        })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(into, "{status}"),
            Self::Quota => into.write_str("quota"),
            Self::Drop => into.write_str("drop"),
            Self::Slow(millis) => write!(into, "slow={millis}"),
            Self::CommitThenDrop => into.write_str("commit-then-drop"),
            Self::CommitThenStatus(status) => write!(into, "commit-then-{status}"),
            Self::Malformed => into.write_str("malformed"),
            Self::Html => into.write_str("html"),
            Self::Redirect => into.write_str("redirect"),
            Self::TaskFailed => into.write_str("task-failed"),
            Self::RepeatCursor => into.write_str("repeat-cursor"),
        }
    }
}

/// A fault in force: its dice, and how often it may still strike.
#[derive(Clone, Debug)]
pub struct ArmedFault {
    /// The fault.
    pub spec: FaultSpec,
    /// How many matching requests it lets pass first.
    pub skip: u64,
    /// How often it strikes; without a number, for ever.
    pub times: Option<u64>,
}

/// The faults in force.
#[derive(Debug)]
pub struct Faults {
    armed: Vec<ArmedFault>,
    dice: Rng,
}

impl Faults {
    /// These faults, with dice that fall the same way for the same seed.
    pub fn new(specs: Vec<FaultSpec>, seed: u64) -> Self {
        let armed = specs
            .into_iter()
            .map(|spec| ArmedFault {
                spec,
                skip: 0,
                times: None,
            })
            .collect();
        Self {
            armed,
            dice: Rng::with_seed(seed),
        }
    }

    /// One more fault.
    pub fn arm(&mut self, fault: ArmedFault) {
        self.armed.push(fault);
    }

    /// No more faults.
    pub fn disarm(&mut self) {
        self.armed.clear();
    }

    /// What is in force.
    pub fn armed(&self) -> &[ArmedFault] {
        &self.armed
    }

    /// What strikes this request: delays add up, of the others the first one does.
    pub fn strike(&mut self, method: &str, path: &str) -> Vec<FaultKind> {
        let mut struck: Vec<FaultKind> = Vec::new();
        for fault in &mut self.armed {
            let spec = &fault.spec;
            let meets = spec.method.as_deref().is_none_or(|only| only == method)
                && path.starts_with(&spec.path);
            if !meets || fault.times == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            let slow = matches!(spec.kind, FaultKind::Slow(_));
            let taken = struck
                .iter()
                .any(|kind| !matches!(kind, FaultKind::Slow(_)));
            // The dice are rolled in any case, so that one fault does not shift the others.
            let falls = self.dice.f64() < spec.rate;
            if falls && (slow || !taken) {
                fault.times = fault.times.map(|left| left - 1);
                struck.push(spec.kind);
            }
        }
        struck
    }
}

fn kind_of(text: &str) -> Option<FaultKind> {
    Some(match text {
        "quota" => FaultKind::Quota,
        "drop" => FaultKind::Drop,
        "commit-then-drop" => FaultKind::CommitThenDrop,
        "commit-then-500" => FaultKind::CommitThenStatus(500),
        "commit-then-504" => FaultKind::CommitThenStatus(504),
        "malformed" => FaultKind::Malformed,
        "html" => FaultKind::Html,
        "redirect" => FaultKind::Redirect,
        "task-failed" => FaultKind::TaskFailed,
        "repeat-cursor" => FaultKind::RepeatCursor,
        _ => {
            if let Some(millis) = text.strip_prefix("slow=") {
                return millis.parse().ok().map(FaultKind::Slow);
            }
            let status = text.parse().ok()?;
            let known = [401, 403, 404, 409, 413, 423, 429, 500, 502, 503, 504];
            return known.contains(&status).then_some(FaultKind::Status(status));
        }
    })
}

fn target_of(text: &str) -> Result<(Option<String>, String), FaultError> {
    let wrong = || FaultError::Target(text.to_owned());
    let (method, path) = match text.trim().split_once(' ') {
        Some((method, path)) => (method, path.trim()),
        None if text.starts_with('/') => ("", text),
        None => (text, ""),
    };
    let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_path = path.is_empty() || path.starts_with('/');
    if !is_method || !is_path || (method.is_empty() && path.is_empty()) {
        return Err(wrong());
    }
    let method = (!method.is_empty()).then(|| method.to_owned());
    Ok((method, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{ArmedFault, FaultError, FaultKind, FaultSpec, Faults};

    fn spec(text: &str) -> FaultSpec {
        text.parse().unwrap()
    }

    #[test]
    fn a_fault_is_read_with_rate_and_target() {
        assert_eq!(
            spec("drop:0.2@PUT /collections"),
            FaultSpec {
                kind: FaultKind::Drop,
                rate: 0.2,
                method: Some("PUT".to_owned()),
                path: "/collections".to_owned()
            }
        );
        assert_eq!(spec("slow=20").kind, FaultKind::Slow(20));
        assert_eq!(spec("503@/me").path, "/me");
        assert_eq!(
            spec("commit-then-drop@POST").method.as_deref(),
            Some("POST")
        );
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        let kind = |text: &str| text.parse::<FaultSpec>().unwrap_err();
        assert_eq!(kind("418"), FaultError::Kind("418".to_owned()));
        assert_eq!(kind("slow=x"), FaultError::Kind("slow=x".to_owned()));
        assert_eq!(kind("drop:2"), FaultError::Rate("2".to_owned()));
        assert_eq!(kind("drop:NaN"), FaultError::Rate("NaN".to_owned()));
        assert_eq!(kind("drop@put /x"), FaultError::Target("put /x".to_owned()));
        assert_eq!(kind("drop@"), FaultError::Target(String::new()));
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let run = |seed| {
            let mut faults = Faults::new(vec![spec("500:0.3"), spec("429:0.3")], seed);
            (0..200)
                .map(|_| faults.strike("GET", "/me"))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let struck = run(7).iter().filter(|kinds| !kinds.is_empty()).count();
        assert!((60..140).contains(&struck), "{struck} of 200");
    }

    #[test]
    fn a_fault_can_wait_and_end() {
        let mut faults = Faults::new(Vec::new(), 0);
        faults.arm(ArmedFault {
            spec: spec("500@PUT"),
            skip: 1,
            times: Some(1),
        });
        let mut strikes = |method| faults.strike(method, "/x").len();
        assert_eq!(
            [
                strikes("PUT"),
                strikes("GET"),
                strikes("PUT"),
                strikes("PUT")
            ],
            [0, 0, 1, 0]
        );
    }
}
