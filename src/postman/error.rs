//! Why Postman did not do it, in its own words, and what to do about it.

use std::time::Duration;

use crate::net::error::{Fate, HttpError};
use crate::net::rate::Rates;
use crate::net::response::{NotJson, Response};
use crate::net::retry::Verdict;
use crate::postman::said::{Said, read};

/// What Postman calls things that it does not find. Often with status 400.
const NOT_FOUND: [&str; 6] = [
    "instancenotfounderror",
    "workspacenotfounderror",
    "resourcenotfounderror",
    "could not find",
    "couldn't find",
    "not found",
];

/// A call to Postman that did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum PostmanError {
    /// No key was given.
    #[error("there is no Postman API key")]
    NoKey,
    /// 401.
    #[error("Postman refused the API key: {said}")]
    WrongKey {
        /// In Postman's words.
        said: String,
    },
    /// 403.
    #[error("Postman does not allow {call}: {said}")]
    Forbidden {
        /// The call.
        call: String,
        /// In Postman's words.
        said: String,
    },
    /// Not there, or not for the eyes of this key.
    #[error("Postman does not find what {call} asks for: {said}")]
    NotFound {
        /// The call.
        call: String,
        /// In Postman's words.
        said: String,
    },
    /// 422: an API that Postman reads from a repository is not written through Postman.
    #[error("this API is connected to a Git repository: {said}")]
    GitLinked {
        /// In Postman's words.
        said: String,
    },
    /// The month's calls are used up.
    #[error("the monthly quota of the Postman API is used up{}{}", of_limit(*.limit), back(*.comes_back))]
    QuotaUsedUp {
        /// Calls a month.
        limit: Option<u64>,
        /// When there will be more, where Postman says so.
        comes_back: Option<Duration>,
    },
    /// 429, still after waiting.
    #[error("Postman takes no more calls at the moment ({call})")]
    RateLimited {
        /// The call.
        call: String,
        /// How long Postman asks to wait.
        after: Option<Duration>,
    },
    /// Too large to be sent, or 413.
    #[error("{what} is too large for Postman{}", sizes(*.bytes, *.limit))]
    TooLarge {
        /// What.
        what: String,
        /// How large it is.
        bytes: Option<usize>,
        /// How large it may be.
        limit: Option<usize>,
    },
    /// An answer that claims success and makes no sense.
    #[error("{call} answered {status}, but {problem}")]
    Malformed {
        /// The call.
        call: String,
        /// The status.
        status: u16,
        /// What is wrong with it.
        problem: NotJson,
    },
    /// Something else is at work on the same thing.
    #[error("Postman is at work on it ({call}): {said}")]
    Locked {
        /// The call.
        call: String,
        /// In Postman's words.
        said: String,
    },
    /// 409 for another reason.
    #[error("Postman sees a conflict in {call}: {said}")]
    Conflict {
        /// The call.
        call: String,
        /// In Postman's words.
        said: String,
    },
    /// 5xx, still after trying again.
    #[error("Postman fails: {call} answered {status}: {said}")]
    Failing {
        /// The call.
        call: String,
        /// The status.
        status: u16,
        /// In Postman's words.
        said: String,
        /// How long Postman asks to wait.
        after: Option<Duration>,
    },
    /// Any other refusal.
    #[error("Postman refused {call} with {status}{}: {}", of_code(.said), .said.words())]
    Refused {
        /// The call.
        call: String,
        /// The status.
        status: u16,
        /// In Postman's words.
        said: Said,
    },
    /// Work in the background that Postman gave up.
    #[error("{what} failed in Postman: {reason}")]
    TaskFailed {
        /// What was to be done.
        what: String,
        /// In Postman's words.
        reason: String,
    },
    /// Work in the background that does not end.
    #[error("{what} has not ended in Postman after {} seconds", .waited.as_secs())]
    TaskSlow {
        /// What is being done.
        what: String,
        /// How long we have waited.
        waited: Duration,
    },
    /// No answer at all.
    #[error(transparent)]
    Unreachable(#[from] HttpError),
}

/// What a refusal means. `key` is taken out of Postman's words, should it stand there.
pub fn refusal(call: String, response: &Response, rates: &Rates, key: &str) -> PostmanError {
    let said = read(response).without(key);
    let words = said.words();
    let status = response.status;
    match status {
        401 => PostmanError::WrongKey { said: words },
        403 => PostmanError::Forbidden { call, said: words },
        404 => PostmanError::NotFound { call, said: words },
        400 if said.mentions(&NOT_FOUND) => PostmanError::NotFound { call, said: words },
        409 | 423 if status == 423 || said.mentions(&["in progress", "actionlockederror"]) => {
            PostmanError::Locked { call, said: words }
        }
        409 => PostmanError::Conflict { call, said: words },
        413 => PostmanError::TooLarge {
            what: format!("what {call} sends"),
            bytes: None,
            limit: None,
        },
        422 if said.mentions(&["actionnotallowederror", "git linked", "git-linked"]) => {
            PostmanError::GitLinked { said: words }
        }
        429 if rates.month_remaining == Some(0)
            || said.mentions(&["servicelimitexhausted", "service limit exhausted"]) =>
        {
            PostmanError::QuotaUsedUp {
                limit: rates.month_limit,
                comes_back: rates.retry_after,
            }
        }
        429 => PostmanError::RateLimited {
            call,
            after: rates.retry_after.or(rates.reset),
        },
        500.. => PostmanError::Failing {
            call,
            status,
            said: words,
            after: rates.retry_after,
        },
        _ => PostmanError::Refused { call, status, said },
    }
}

impl PostmanError {
    /// It is not there, or not visible: for callers to whom that is an answer.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// What became of the call, and whether it may be tried again.
    pub fn verdict(&self) -> Verdict {
        match self {
            // Nobody there: a wrong name stays wrong, and a restart takes seconds.
            Self::Unreachable(error @ HttpError::Connect { .. }) => Verdict {
                tries: 3,
                ..Verdict::of(error.fate())
            },
            Self::Unreachable(error) => Verdict::of(error.fate()),
            Self::RateLimited { after, .. } => Verdict::of(Fate::NotDone).after(*after),
            // Locks are let go within seconds to a minute.
            Self::Locked { .. } => Verdict::of(Fate::NotDone).after(Some(Duration::from_secs(5))),
            Self::Failing { after, .. } => Verdict::of(Fate::InDoubt).after(*after),
            // A proxy's page stays a page, however often it is asked for.
            Self::Malformed {
                problem: NotJson::Page(_),
                ..
            } => Verdict::of(Fate::Final),
            Self::Malformed { .. } => Verdict::of(Fate::InDoubt),
            _ => Verdict::of(Fate::Final),
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoKey => "set POSTMAN_API_KEY; keys are made in Postman under Settings, API keys",
            Self::WrongKey { .. } => {
                "set a valid key in POSTMAN_API_KEY; a key of the EU region needs POSTMAN_API_URL=https://api.eu.postman.com"
            }
            Self::Forbidden { .. } => {
                "the key's user needs the role Editor in this workspace, and the plan and region must allow it"
            }
            Self::NotFound { .. } => {
                "look whether the id is right and whether the key's user may see it: Postman says the same for both"
            }
            Self::GitLinked { .. } => {
                "Postman reads this API from its repository: deliver to that repository's active branch instead"
            }
            Self::QuotaUsedUp { .. } => {
                "wait for the next month of the plan, or ask the team's admin; Postman shows it under Resource usage"
            }
            Self::RateLimited { .. } => {
                "try again in a few minutes; let fewer runs use the same key at once"
            }
            Self::TooLarge { .. } => "split it, or take large example bodies out of it",
            Self::Malformed {
                problem: NotJson::Page(_),
                ..
            } => {
                "a proxy or a login page answers in Postman's place: look at HTTPS_PROXY, NO_PROXY and POSTMAN_API_URL"
            }
            Self::Malformed { .. } => {
                "try again; where it stays so, look whether POSTMAN_API_URL is right"
            }
            Self::Locked { .. } => "somebody else changes it right now: try again in a minute",
            Self::Conflict { .. } => "look in Postman what has changed, then try again",
            Self::Failing { .. } => {
                "try again later; https://status.postman.com says whether Postman knows"
            }
            Self::Refused { said, .. } => match said.code.as_deref() {
                Some("instanceFoundError") => "ids in it belong to another element: take them out",
                Some("collectionMismatchError") => {
                    "the id in the file is another collection's: look at the link"
                }
                Some("unsupportedEntityError") => {
                    "this API is of an older generation: open it in Postman once to upgrade it"
                }
                Some("APIStateInconsistent") => {
                    "push from the Postman app once, or wait until Postman has read the branch"
                }
                _ => "what Postman names is wrong in what was sent: correct it in the repository",
            },
            Self::TaskFailed { .. } => {
                "try again; where it stays so, do it once in the Postman app, which says more"
            }
            Self::TaskSlow { .. } => {
                "it goes on in Postman: look later whether it has ended, then run again"
            }
            Self::Unreachable(error) => error.hint(),
        }
    }
}

fn of_limit(limit: Option<u64>) -> String {
    limit.map_or(String::new(), |limit| format!(" ({limit} calls a month)"))
}

fn back(comes_back: Option<Duration>) -> String {
    let Some(duration) = comes_back else {
        return String::new();
    };
    let hours = duration.as_secs().div_ceil(3600);
    if hours > 48 {
        format!("; it comes back in {} days", hours.div_ceil(24))
    } else {
        format!("; it comes back in {hours} hours")
    }
}

fn sizes(bytes: Option<usize>, limit: Option<usize>) -> String {
    match (bytes, limit) {
        (Some(bytes), Some(limit)) => format!(": {bytes} bytes, and it takes {limit}"),
        _ => String::new(),
    }
}

fn of_code(said: &Said) -> String {
    said.code
        .as_ref()
        .map_or(String::new(), |code| format!(" ({code})"))
}

#[cfg(test)]
mod tests {
    use super::{PostmanError, refusal};
    use crate::net::error::Fate;
    use crate::net::rate;
    use crate::net::response::Response;

    fn error(status: u16, headers: &[(&str, &str)], body: &str) -> PostmanError {
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let rates = rate::read(&headers);
        let response = Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        };
        refusal("GET /x".to_owned(), &response, &rates, "PMAK-1")
    }

    #[test]
    fn not_found_is_told_whatever_its_status() {
        for (status, body) in [
            (
                400,
                r#"{"error":{"name":"instanceNotFoundError","message":"We could not find the collection"}}"#,
            ),
            (
                404,
                r#"{"error":{"name":"instanceNotFoundError","message":"x","details":{"item":"collection","id":"1"}}}"#,
            ),
            (
                404,
                r#"{"error":{"name":"workspaceNotFoundError","message":"x"}}"#,
            ),
            (404, r#"{"type":"x","title":"y","detail":"z"}"#),
            (
                400,
                r#"{"name":"instanceNotFoundError","message":"API not found. For v10 APIs …"}"#,
            ),
            (404, r#"{"type":"invalidParamsError","title":"task"}"#),
        ] {
            assert!(error(status, &[], body).is_not_found(), "{status} {body}");
        }
        let other = error(
            400,
            &[],
            r#"{"error":{"name":"malformedRequestError","message":"bad"}}"#,
        );
        assert!(!other.is_not_found());
        assert_eq!(
            other.to_string(),
            "Postman refused GET /x with 400 (malformedRequestError): bad"
        );
    }

    #[test]
    fn a_month_that_is_used_up_is_not_a_rate_limit() {
        let by_name =
            r#"{"error":{"name":"serviceLimitExhausted","message":"Service limit exhausted."}}"#;
        let limited = r#"{"error":{"name":"rateLimited","message":"slow down"}}"#;
        let month = ("ratelimit-limit-month", "10000");
        for used_up in [
            error(429, &[month], by_name),
            error(429, &[month, ("x-ratelimit-remaining-month", "0")], limited),
        ] {
            assert_eq!(used_up.verdict().fate, Fate::Final);
            let text = used_up.to_string();
            assert_eq!(
                text,
                "the monthly quota of the Postman API is used up (10000 calls a month)"
            );
        }
        let problem = r#"{"type":"https://api.postman.com/problems/too-many-requests","title":"t","status":429}"#;
        for body in [
            limited,
            problem,
            r#"{"name":"rateLimitError","message":"x"}"#,
        ] {
            let error = error(429, &[("retryafter", "9")], body);
            assert_eq!(error.verdict().fate, Fate::NotDone);
            assert_eq!(error.verdict().after.unwrap().as_secs(), 9);
        }
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let typed =
            |kind: &str| format!(r#"{{"type":"{kind}","title":"t","detail":"said PMAK-1"}}"#);
        let kinds = [
            (
                401,
                "AuthenticationError",
                "Postman refused the API key: said ***",
            ),
            (
                403,
                "ForbiddenError",
                "Postman does not allow GET /x: said ***",
            ),
            (
                422,
                "actionNotAllowedError",
                "this API is connected to a Git repository: said ***",
            ),
            (
                422,
                "APIStateInconsistent",
                "Postman refused GET /x with 422 (APIStateInconsistent): said ***",
            ),
            (
                423,
                "actionLockedError",
                "Postman is at work on it (GET /x): said ***",
            ),
            (
                409,
                "conflict",
                "Postman sees a conflict in GET /x: said ***",
            ),
            (413, "x", "what GET /x sends is too large for Postman"),
            (503, "x", "Postman fails: GET /x answered 503: said ***"),
        ];
        for (status, kind, text) in kinds {
            assert_eq!(error(status, &[], &typed(kind)).to_string(), text);
        }
        let busy = r#"{"error":{"name":"x","message":"Deep update operation is already in progress for this collection."}}"#;
        assert!(matches!(error(409, &[], busy), PostmanError::Locked { .. }));
    }
}
