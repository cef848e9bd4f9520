//! Answers and refusals: the five shapes in which Postman says no, and where each occurs.

use serde_json::{Value, json};

use crate::sandbox::store::StoreError;

/// What goes back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub content: Content,
    /// Headers of this answer alone.
    pub headers: Vec<(&'static str, String)>,
}

/// A body.
#[derive(Debug)]
pub enum Content {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// JSON that calls itself a problem document.
    Problem(Value),
    /// Text with its content type.
    Text(&'static str, String),
}

/// What a handler says: done, or refused. A refusal undoes everything that the request wrote.
pub type Outcome = Result<Answer, Box<Answer>>;

/// Which of the families an operation belongs to; each has its own way to say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `me`, `workspaces`, `collections`, `environments`: shape A.
    Plain,
    /// `/apis`: shape B.
    Apis,
    /// `/specs`: shape C.
    Specs,
}

impl Answer {
    /// A status with JSON.
    pub fn json(status: u16, value: Value) -> Self {
        Self {
            status,
            content: Content::Json(value),
            headers: Vec::new(),
        }
    }

    /// 204.
    pub fn empty() -> Self {
        Self {
            status: 204,
            content: Content::Empty,
            headers: Vec::new(),
        }
    }

    /// The same with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<StoreError> for Box<Answer> {
    /// The words of the database go to nobody who asks over the network, as with the real service.
    fn from(_: StoreError) -> Self {
        enveloped(500, "serverError", "An error has occurred on the server.")
    }
}

/// 200 with JSON.
///
/// # Errors
/// Never: it is what handlers end with.
pub fn ok(value: Value) -> Outcome {
    Ok(Answer::json(200, value))
}

/// Shape A: `{"error": {"name", "message"}}`.
pub fn enveloped(status: u16, name: &str, message: &str) -> Box<Answer> {
    Box::new(Answer::json(
        status,
        json!({"error": {"name": name, "message": message}}),
    ))
}

/// Shape A with details.
pub fn detailed(status: u16, name: &str, message: &str, details: &Value) -> Box<Answer> {
    Box::new(Answer::json(
        status,
        json!({"error": {"name": name, "message": message, "details": details}}),
    ))
}

/// Shape B: `{"type", "title", "detail"}`.
pub fn typed(status: u16, kind: &str, title: &str, detail: &str) -> Box<Answer> {
    Box::new(Answer::json(
        status,
        json!({"type": kind, "title": title, "detail": detail}),
    ))
}

/// Shape C: a problem document. A bare word stays one; a name with hyphens becomes one of Postman's addresses.
pub fn problem(status: u16, kind: &str, title: &str, detail: &str) -> Box<Answer> {
    let address = if kind
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter == '-')
    {
        format!("https://api.postman.com/problems/{kind}")
    } else {
        kind.to_owned()
    };
    Box::new(Answer {
        status,
        content: Content::Problem(
            json!({"type": address, "title": title, "status": status, "detail": detail}),
        ),
        headers: Vec::new(),
    })
}

/// Shape D: `{"name", "message"}`.
pub fn bare(status: u16, name: &str, message: &str) -> Box<Answer> {
    Box::new(Answer::json(
        status,
        json!({"name": name, "message": message}),
    ))
}

/// Shape E: `{"error": {"type", "title", "detail"}}`.
pub fn nested(status: u16, kind: &str, title: &str, detail: &str) -> Box<Answer> {
    Box::new(Answer::json(
        status,
        json!({"error": {"type": kind, "title": title, "detail": detail}}),
    ))
}

/// A body or a parameter that the family does not accept.
pub fn invalid(family: Family, detail: &str) -> Box<Answer> {
    match family {
        Family::Plain => enveloped(400, "malformedRequestError", detail),
        Family::Apis => typed(
            400,
            "invalidParamsError",
            "The specified parameter is in an invalid format",
            detail,
        ),
        Family::Specs => problem(400, "bad-request", "Malformed request", detail),
    }
}

/// The key may not do this.
pub fn forbidden(family: Family) -> Box<Answer> {
    match family {
        Family::Plain => enveloped(
            403,
            "forbiddenError",
            "You do not have enough permissions to perform this action.",
        ),
        Family::Apis => typed(
            403,
            "ForbiddenError",
            "You are not permitted to perform the action.",
            "You do not have access to perform this operation.",
        ),
        Family::Specs => problem(
            403,
            "forbidden",
            "Forbidden",
            "You do not have access to this workspace.",
        ),
    }
}

/// No key came with the request.
pub fn key_missing() -> Box<Answer> {
    problem(
        401,
        "unauthorized",
        "Unauthorized",
        "A valid API key must be provided in the request header.",
    )
}

/// A key came that nobody knows.
pub fn key_unknown() -> Box<Answer> {
    enveloped(
        401,
        "AuthenticationError",
        "Invalid API Key. Every request requires a valid API Key to be sent.",
    )
}

/// The body is over the limit.
pub fn too_large() -> Box<Answer> {
    let mut answer = problem(
        413,
        "payload-too-large",
        "Payload Too Large",
        "Request size limit exceeded",
    );
    if let Content::Problem(Value::Object(members)) = &mut answer.content {
        members.insert("instance".to_owned(), json!("/"));
    }
    answer
}

/// There is no such route, or not with this method.
pub fn no_route() -> Box<Answer> {
    enveloped(404, "resourceNotFoundError", "Requested resource not found")
}

/// A status as a fault answers it, in one of the shapes that go with it; `turn` chooses.
pub fn of_status(status: u16, turn: usize) -> Box<Answer> {
    match (status, turn % 3) {
        (401, _) => key_unknown(),
        (403, 0) => problem(
            403,
            "forbidden",
            "Forbidden",
            "This feature isn't available in your region.",
        ),
        (403, _) => forbidden(Family::Plain),
        (404, _) => no_route(),
        (409, _) => deep_update_running(),
        (413, _) => too_large(),
        (423, _) => generation_running(),
        (429, 0) => enveloped(
            429,
            "rateLimited",
            "Rate limit exceeded. Please retry later.",
        ),
        (429, 1) => problem(
            429,
            "too-many-requests",
            "Too Many Requests",
            "You have exceeded your request limit",
        ),
        (429, _) => problem(
            429,
            "rate-limit-exceeded",
            "Rate Limit Exceeded",
            "You have exceeded your request limit",
        ),
        (503, _) => enveloped(
            503,
            "503 service unavailable",
            "The server is currently not available.",
        ),
        (502, _) => problem(502, "bad-gateway", "Bad Gateway", "Bad Gateway"),
        (504, _) => problem(504, "gateway-timeout", "Gateway Timeout", "Gateway Timeout"),
        (_, 0) => problem(
            500,
            "internal-server-error",
            "Internal Server Error",
            "Internal Server Error",
        ),
        (_, _) => enveloped(500, "serverError", "An error has occurred on the server."),
    }
}

/// 409: another full update of this collection runs.
pub fn deep_update_running() -> Box<Answer> {
    problem(
        409,
        "conflict",
        "Conflict",
        "Deep update operation is already in progress for this collection.",
    )
}

/// 423: a collection is being generated from this specification.
pub fn generation_running() -> Box<Answer> {
    problem(
        423,
        "actionLockedError",
        "Collection generation in progress",
        "Collection generation is already in progress for the spec.",
    )
}

/// 429: the month's calls are used up.
pub fn quota_used_up() -> Box<Answer> {
    enveloped(
        429,
        "serviceLimitExhausted",
        "Service limit exhausted. Please contact your team admin.",
    )
}
