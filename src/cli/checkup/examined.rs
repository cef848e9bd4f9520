//! One thing that the doctor has looked at: how it stands, what was seen, and what to do; all of them for people and as JSON.

use serde_json::{Value, json};

use crate::cli::failure::{Failure, Kind};
use crate::model::text::{counted, visible};
use crate::net::error::HttpError;
use crate::provider::api::Fact;
use crate::provider::error::{ProviderError, Remedy};

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// Something does not work like this.
    Wrong,
    /// It was not looked at, or it cannot be told from here.
    Skipped,
}

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What names it for scripts.
    pub id: &'static str,
    /// How it stands.
    pub state: State,
    /// What was seen.
    pub seen: String,
    /// What to do.
    pub fix: Option<String>,
    /// The page where it is changed.
    pub page: Option<String>,
    /// A service was asked and did not answer.
    pub is_unanswered: bool,
}

/// Things that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// What names it.
    pub name: &'static str,
    /// What was looked at.
    pub examined: Vec<Examined>,
    /// A service was asked, and answered.
    pub is_answered: bool,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
            Self::Skipped => "skipped",
        }
    }
}

impl Examined {
    /// It is as it should be.
    pub fn ok(id: &'static str, seen: impl Into<String>) -> Self {
        Self::of(id, State::Ok, seen, None)
    }

    /// Somebody should look at it.
    pub fn warning(id: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::of(id, State::Warning, seen, Some(fix.into()))
    }

    /// It does not work like this.
    pub fn wrong(id: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::of(id, State::Wrong, seen, Some(fix.into()))
    }

    /// It was not looked at.
    pub fn skipped(id: &'static str, why: impl Into<String>) -> Self {
        Self::of(id, State::Skipped, why, None)
    }

    /// A thing that could not be looked at, because of this.
    pub fn of_failure(id: &'static str, failure: &Failure) -> Self {
        Self {
            is_unanswered: failure.kind == Kind::Service,
            ..Self::of(
                id,
                State::Wrong,
                failure.message.clone(),
                some(failure.hints.join("; ")),
            )
        }
    }

    /// What a provider said no to.
    pub fn of_error(id: &'static str, error: &ProviderError) -> Self {
        let state = match error {
            // It passes by itself.
            ProviderError::RateLimited { .. } | ProviderError::Failing { .. } => State::Warning,
            ProviderError::NoToken { .. } | ProviderError::Cannot { .. } => State::Skipped,
            _ => State::Wrong,
        };
        let one = Self::of(id, state, error.to_string(), None);
        let is_unanswered = match error {
            ProviderError::Unreachable(error) => is_silence(error),
            _ => false,
        };
        match error.remedy() {
            Some(remedy) => one.with_remedy(remedy),
            None => Self {
                fix: some(error.hint()),
                is_unanswered,
                ..one
            },
        }
    }

    /// One of the three facts. A branch that is protected still takes pull requests.
    pub fn of_fact(id: &'static str, fact: &Fact, against: State) -> Self {
        let state = match (fact.allows, &fact.remedy) {
            (Some(true), _) => State::Ok,
            (Some(false), _) => against,
            (None, Some(_)) => State::Warning,
            (None, None) => State::Skipped,
        };
        let one = Self::of(id, state, fact.said.clone(), None);
        match &fact.remedy {
            Some(remedy) => one.with_remedy(remedy),
            None => one,
        }
    }

    /// The same with what to change, and where.
    #[must_use]
    pub fn with_remedy(mut self, remedy: &Remedy) -> Self {
        self.fix = some(remedy.say.clone());
        self.page.clone_from(&remedy.page);
        self
    }

    /// The same with what to do.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = some(fix.into());
        self
    }

    /// The same with a page that says more.
    #[must_use]
    pub fn with_page(mut self, page: impl Into<String>) -> Self {
        self.page = Some(page.into());
        self
    }

    fn of(id: &'static str, state: State, seen: impl Into<String>, fix: Option<String>) -> Self {
        Self {
            id,
            state,
            seen: seen.into(),
            fix,
            page: None,
            is_unanswered: false,
        }
    }

    fn for_people(&self) -> String {
        let line = |word: &str, name: &str, text: &str| {
            format!("  {word:<8} {name:<18} {}\n", visible(text))
        };
        let mut text = line(self.state.word(), self.id, &self.seen);
        if let Some(fix) = &self.fix {
            text.push_str(&line("", "", &format!("fix: {fix}")));
        }
        if let Some(page) = &self.page {
            text.push_str(&line("", "", &format!("at:  {page}")));
        }
        text
    }

    fn for_scripts(&self, group: &str) -> Value {
        json!({
            "id": self.id,
            "group": group,
            "state": self.state.word(),
            "seen": self.seen,
            "fix": self.fix,
            "page": self.page,
        })
    }
}

/// The exit code: 1 where something is wrong, 4 where nobody who was asked has answered and nothing else is wrong.
pub fn exit_code(groups: &[Group]) -> u8 {
    let wrong: Vec<&Examined> = all(groups)
        .filter(|one| one.state == State::Wrong)
        .collect();
    let is_answered = groups.iter().any(|group| group.is_answered);
    if wrong.is_empty() {
        0
    } else if wrong.iter().all(|one| one.is_unanswered) && !is_answered {
        4
    } else {
        1
    }
}

/// All of it for people.
pub fn for_people(groups: &[Group]) -> String {
    let mut text = String::new();
    for group in groups.iter().filter(|group| !group.examined.is_empty()) {
        text.push_str(&format!("{}\n", group.name));
        text.extend(group.examined.iter().map(Examined::for_people));
    }
    let wrong = count(groups, State::Wrong);
    let is_or_are = if wrong == 1 { "is" } else { "are" };
    text.push_str(&match (wrong, count(groups, State::Warning)) {
        (0, 0) => "nothing is wrong\n".to_owned(),
        (0, warnings) => format!("nothing is wrong; {}\n", counted(warnings, "warning")),
        (wrong, 0) => format!("{} {is_or_are} wrong\n", counted(wrong, "thing")),
        (wrong, warnings) => format!(
            "{} {is_or_are} wrong; {}\n",
            counted(wrong, "thing"),
            counted(warnings, "warning")
        ),
    });
    text
}

/// All of it for scripts.
pub fn for_scripts(groups: &[Group], provider: &Value) -> Value {
    let listed = groups.iter().flat_map(|group| {
        let name = group.name;
        group.examined.iter().map(move |one| one.for_scripts(name))
    });
    json!({
        "format_version": 1,
        "command": "doctor",
        "exit_code": exit_code(groups),
        "summary": {
            "ok": count(groups, State::Ok),
            "warning": count(groups, State::Warning),
            "wrong": count(groups, State::Wrong),
            "skipped": count(groups, State::Skipped),
        },
        "provider": provider,
        "examined": listed.collect::<Vec<Value>>(),
    })
}

/// Whether an error means that nobody answered, rather than that somebody did not want to.
pub fn is_silence(error: &HttpError) -> bool {
    matches!(
        error,
        HttpError::Connect { .. }
            | HttpError::TimedOut { .. }
            | HttpError::Broken { .. }
            | HttpError::Certificate { .. }
            | HttpError::ClientCertificate { .. }
            | HttpError::NoRoots
    )
}

fn all(groups: &[Group]) -> impl Iterator<Item = &Examined> {
    groups.iter().flat_map(|group| &group.examined)
}

fn count(groups: &[Group], state: State) -> usize {
    all(groups).filter(|one| one.state == state).count()
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Examined, Group, State, exit_code, for_people, for_scripts};
    use crate::provider::api::Fact;
    use crate::provider::error::Remedy;

    fn groups(examined: Vec<Examined>, is_answered: bool) -> Vec<Group> {
        vec![Group {
            name: "repository",
            examined,
            is_answered,
        }]
    }

    #[test]
    fn the_exit_code_tells_what_is_wrong_from_what_cannot_be_asked() {
        let silent = Examined {
            is_unanswered: true,
            ..Examined::wrong("provider", "gone", "look")
        };
        let warning = Examined::warning("hook", "none", "install it");
        assert_eq!(exit_code(&groups(vec![warning.clone()], false)), 0);
        assert_eq!(exit_code(&groups(vec![warning, silent.clone()], false)), 4);
        assert_eq!(exit_code(&groups(vec![silent.clone()], true)), 1);
        let wrong = Examined::wrong("token", "refused", "make one");
        assert_eq!(exit_code(&groups(vec![silent, wrong], false)), 1);
    }

    #[test]
    fn a_protected_branch_is_no_fault_and_names_are_harmless() {
        let fact = Fact::no(
            "rules stand before \u{1b}[2Jmain",
            Remedy::at("let it come by a pull request", "https://x/y".to_owned()),
        );
        let one = Examined::of_fact("branch", &fact, State::Warning);
        let text = for_people(&groups(vec![one.clone()], true));
        assert_eq!(
            text,
            "repository\n  warning  branch             rules stand before \\x1b[2Jmain\n                              fix: let it come by a pull request\n                              at:  https://x/y\nnothing is wrong; 1 warning\n"
        );
        let json = for_scripts(&groups(vec![one], true), &serde_json::Value::Null);
        assert_eq!(json["summary"]["warning"], 1);
        assert_eq!(json["examined"][0]["page"], "https://x/y");
        let unknown = Examined::of_fact("branch", &Fact::unknown("who knows"), State::Wrong);
        assert_eq!(unknown.state, State::Skipped);
    }
}
