//! A push that was not carried out, or an element that was not, in words for people, with what to do.

use crate::cli::delivering::kind_of;
use crate::cli::failure::{Failure, Kind};
use crate::git::write_error::io_hint;
use crate::mirror::apply::PushError;
use crate::mirror::target::TargetError;

/// What to do about a target that did not do it.
pub fn hint_of(error: &TargetError) -> Option<String> {
    Some(match error {
        TargetError::Postman(error) => return Some(error.hint().into()),
        TargetError::Moved { .. } => "pull first: `git postman pull`".to_owned(),
        TargetError::Unsuitable { .. } => return None,
        TargetError::Delivery(error) => return error.hint(),
        TargetError::StoredOtherwise { .. } => {
            "`git postman undo` puts back what was there; `git postman diff` shows the difference"
                .to_owned()
        }
    })
}

/// Words for a push that was not carried out, with what to do.
pub fn failure_of(error: PushError<String>) -> Failure {
    match error {
        PushError::Target(error) => target_failure(error),
        PushError::Store(error) => Failure::from(error),
        PushError::Refused(words) => Failure::of(Kind::Conflict, words),
        PushError::Mark(ref source) => {
            let hint = io_hint(source);
            hint.into_iter()
                .fold(Failure::usage(error.to_string()), Failure::with_hint)
        }
        PushError::Unrecorded {
            error: ref cause, ..
        } => {
            let words = error.to_string();
            let failure = Failure::from(cause.clone()).after_writing();
            let failure = Failure {
                message: words,
                ..failure
            };
            failure.with_hint(
                "the next push finds what was done and records it; nothing is made twice",
            )
        }
        error @ PushError::Overtaken { .. } => Failure::of(Kind::Overtaken, error.to_string())
            .with_hint("try again in a minute: its claim ends by itself"),
        error @ PushError::TakenOver => Failure::of(Kind::Overtaken, error.to_string())
            .with_hint("push again: what this run wrote is found and recorded then"),
    }
}

/// Words for a target that did not do it, with what to do.
fn target_failure(error: TargetError) -> Failure {
    let hint = hint_of(&error);
    let kind = match &error {
        TargetError::Postman(_) | TargetError::StoredOtherwise { .. } => Kind::Service,
        TargetError::Moved { .. } => Kind::Conflict,
        TargetError::Unsuitable { .. } => Kind::Usage,
        TargetError::Delivery(error) => kind_of(error),
    };
    match error {
        TargetError::Postman(error) => Failure::from(error),
        other => hint
            .into_iter()
            .fold(Failure::of(kind, other.to_string()), Failure::with_hint),
    }
}
