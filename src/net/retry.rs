//! Trying again: how often, after how long, and never without asking what became of the last time.

use std::time::Duration;

use crate::net::error::Fate;

/// How patient we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// All tries together.
    pub tries: u32,
    /// Before the second try; doubles from there.
    pub first: Duration,
    /// No pause is longer than this, unless the service asks for it.
    pub most: Duration,
    /// What the service may ask for.
    pub longest: Duration,
}

/// What an error says of trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What became of the call.
    pub fate: Fate,
    /// How long the service asks to wait.
    pub after: Option<Duration>,
    /// No more tries than this in all, where that is less than our patience.
    pub tries: u32,
}

impl Verdict {
    /// A fate with all our patience.
    pub fn of(fate: Fate) -> Self {
        Self {
            fate,
            after: None,
            tries: u32::MAX,
        }
    }

    /// The same after the wait that the service asks for.
    #[must_use]
    pub fn after(self, after: Option<Duration>) -> Self {
        Self { after, ..self }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 8,
            first: Duration::from_millis(500),
            most: Duration::from_secs(20),
            longest: Duration::from_secs(300),
        }
    }
}

/// Tries until it works, the error is final, or patience is at its end. `attempt` is told what became of the try
/// before, so that it can look first.
pub fn repeat<T, E>(
    patience: &Patience,
    wait: impl Fn(Duration),
    mut attempt: impl FnMut(Option<Fate>) -> Result<T, E>,
    verdict: impl Fn(&E) -> Verdict,
) -> Result<T, E> {
    let mut before = None;
    let mut tried = 0;
    loop {
        let error = match attempt(before) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        tried += 1;
        let said = verdict(&error);
        let too_long = said.after.is_some_and(|after| after > patience.longest);
        if said.fate == Fate::Final || tried >= patience.tries.min(said.tries) || too_long {
            return Err(error);
        }
        // Once in doubt, always in doubt: a later refusal does not tell what the first try did.
        before = match before {
            Some(Fate::InDoubt) => before,
            _ => Some(said.fate),
        };
        wait(said.after.unwrap_or_default().max(pause(patience, tried)));
    }
}

/// Doubling, with jitter, so that many who were refused together do not come back together.
fn pause(patience: &Patience, tried: u32) -> Duration {
    let doubled = patience
        .first
        .saturating_mul(1 << tried.saturating_sub(1).min(16));
    let most = doubled.min(patience.most);
    most.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::{Patience, Verdict, repeat};
    use crate::net::error::Fate;

    fn run(
        fates: &[Fate],
        after: Option<Duration>,
    ) -> (Result<usize, usize>, Vec<Option<Fate>>, Vec<Duration>) {
        let waits = RefCell::new(Vec::new());
        let mut seen = Vec::new();
        let result = repeat(
            &Patience::default(),
            |duration| waits.borrow_mut().push(duration),
            |before| {
                seen.push(before);
                let index = seen.len() - 1;
                if index < fates.len() {
                    Err(index)
                } else {
                    Ok(index)
                }
            },
            |index: &usize| Verdict::of(fates[*index]).after(after),
        );
        (result, seen, waits.into_inner())
    }

    #[test]
    fn doubt_stays_until_somebody_has_looked() {
        let (result, seen, _) = run(&[Fate::NotDone, Fate::InDoubt, Fate::NotDone], None);
        assert_eq!(result, Ok(3));
        let doubt = Some(Fate::InDoubt);
        assert_eq!(seen, [None, Some(Fate::NotDone), doubt, doubt]);
    }

    #[test]
    fn what_is_final_is_not_tried_again_and_patience_ends() {
        assert_eq!(run(&[Fate::Final], None).0, Err(0));
        let (result, _, waits) = run(&[Fate::InDoubt; 20], None);
        assert_eq!(result, Err(7));
        assert!(
            waits
                .windows(2)
                .all(|pair| pair[1] >= pair[0] / 2 && pair[1] <= pair[0] * 4)
        );
        assert!(waits.iter().sum::<Duration>() < Duration::from_secs(60));
    }

    #[test]
    fn the_service_says_how_long_but_not_for_ever() {
        let (_, _, waits) = run(&[Fate::NotDone], Some(Duration::from_secs(30)));
        assert_eq!(waits, [Duration::from_secs(30)]);
        assert_eq!(
            run(&[Fate::NotDone], Some(Duration::from_secs(301))).0,
            Err(0)
        );
    }
}
