//! A plan and what became of it, in either direction: one value, told to people and as JSON. Paths count from the root of the
//! repository.

use serde_json::{Map, Value, json};

use crate::cli::proving::RepositoryTold;
use crate::mirror::cost::Act;
use crate::mirror::element::{ElementKey, ElementKind, RemoteId};
use crate::mirror::plan::{ConflictReason, Plan, Side, TooMuch};
use crate::model::path::RepoPath;
use crate::model::text::{counted, shortened, visible};

/// So many lines of one kind are told to people; the rest is counted.
const MOST_LINES: usize = 20;
/// So much of a value in conflict is shown.
const MOST_SHOWN: usize = 200;

/// A plan as it is told.
#[derive(Clone, Debug)]
pub struct PlanTold {
    /// The plan's name.
    pub id: String,
    /// The side that is written.
    pub towards: Side,
    /// Its price: calls to Postman that carrying it out takes.
    pub calls: u64,
    /// How long these take.
    pub seconds: u64,
    /// Calls that are left of the month, where Postman said so.
    pub quota_left: Option<u64>,
    /// What would be done.
    pub steps: Vec<StepTold>,
    /// What a person has to decide.
    pub conflicts: Vec<ConflictTold>,
    /// What cannot be carried over.
    pub failed: Vec<FailedTold>,
    /// Where the side that is written is ahead.
    pub ahead: Vec<(ElementTold, Act)>,
    /// What is gone on one side and stays on the other, and whether it could be deleted.
    pub left_alone: Vec<(ElementTold, bool)>,
    /// What was left out.
    pub skipped: Vec<SkippedTold>,
    /// More than may be changed without asking.
    pub asks: Option<TooMuch>,
    /// Where files are delivered to, where Postman reads a branch.
    pub delivery: Option<DeliveryTold>,
    /// What would become of the pull request, where there would be one.
    pub pull_request: Option<RequestTold>,
    /// Which repository this is.
    pub repository: Option<RepositoryTold>,
}

/// The branch that files are delivered to.
#[derive(Clone, Debug)]
pub struct DeliveryTold {
    /// Its repository.
    pub repository: String,
    /// The branch.
    pub branch: String,
}

/// A pull request, and what becomes of it.
#[derive(Clone, Debug)]
pub struct RequestTold {
    /// Its number, once it has one.
    pub number: Option<u64>,
    /// Its page, once it has one.
    pub page: Option<String>,
    /// The branch with the changes.
    pub branch: String,
    /// The branch to merge into.
    pub target: String,
    /// What becomes of it.
    pub state: RequestState,
}

/// What becomes of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// There was none.
    Opened,
    /// Its branch or its text changes.
    Updated,
    /// It says all of it already.
    Unchanged,
    /// Nothing is left of it.
    Closed,
}

/// One element.
#[derive(Clone, Debug)]
pub struct ElementTold {
    /// What it is.
    pub kind: ElementKind,
    /// Its file or folder.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its id in Postman, where it has one.
    pub remote_id: Option<RemoteId>,
}

/// One act.
#[derive(Clone, Debug)]
pub struct StepTold {
    /// The element.
    pub element: ElementTold,
    /// What is done with it.
    pub act: Act,
    /// Calls to Postman that it takes by itself.
    pub calls: u32,
    /// What the side that is written must still look like.
    pub expected: Option<String>,
    /// What changes, in a few lines.
    pub summary: Vec<String>,
    /// The files that are written, where Git is.
    pub files: Option<Vec<String>>,
}

/// Something that a person has to decide.
#[derive(Clone, Debug)]
pub struct ConflictTold {
    /// The element.
    pub element: ElementTold,
    /// How it came to it, as a word for scripts.
    pub reason: &'static str,
    /// The same in words.
    pub message: String,
    /// Which part of the element, where a merge has found it.
    pub part: Option<PartTold>,
}

/// The part of an element that is in conflict.
#[derive(Clone, Debug)]
pub struct PartTold {
    /// The request or folder.
    pub item: String,
    /// The field, as a JSON Pointer.
    pub field: String,
    /// Both for people.
    pub place: String,
    /// What Git has.
    pub ours: Option<String>,
    /// What Postman has.
    pub theirs: Option<String>,
}

/// Something that was not done, and why.
#[derive(Clone, Debug)]
pub struct FailedTold {
    /// The element.
    pub element: ElementTold,
    /// What was to be done with it.
    pub act: Option<Act>,
    /// Why it was not.
    pub error: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Something that is not carried over.
#[derive(Clone, Debug)]
pub struct SkippedTold {
    /// What it is, where that is known.
    pub kind: Option<ElementKind>,
    /// Its file.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What became of a plan.
#[derive(Clone, Debug)]
pub struct OutcomeTold {
    /// What was done.
    pub applied: Vec<StepTold>,
    /// What was not, and why.
    pub failed: Vec<FailedTold>,
    /// What was not tried, because an error before it meets every call.
    pub untried: Vec<(ElementTold, Act)>,
    /// Calls to Postman that it took, as the plan counts them.
    pub calls: u64,
    /// Whether everything that was written was read back as it was sent.
    pub verified: bool,
    /// The commit of the record.
    pub recorded: Option<String>,
    /// The commit on the branch, where one was made.
    pub commit: Option<String>,
    /// Files of Postman's that were given its ids.
    pub ids_in: Vec<String>,
    /// What became of the pull request, where there is or was one.
    pub pull_request: Option<RequestTold>,
}

impl ElementTold {
    /// An element of the service folder `folder`.
    pub fn of(
        folder: &RepoPath,
        key: &ElementKey,
        name: &str,
        remote_id: Option<&RemoteId>,
    ) -> Self {
        Self {
            kind: key.kind,
            path: from_root(folder, &key.path),
            name: name.to_owned(),
            // What only stands for a file means nothing to Postman.
            remote_id: remote_id.filter(|id| !id.is_of_file()).cloned(),
        }
    }

    fn json<const N: usize>(&self, more: [(&str, Value); N]) -> Value {
        let mut object = Map::new();
        object.insert("kind".to_owned(), json!(self.kind.word()));
        object.insert("path".to_owned(), json!(self.path));
        object.insert("name".to_owned(), json!(self.name));
        let id = self.remote_id.as_ref().map(RemoteId::as_str);
        object.insert("remote_id".to_owned(), json!(id));
        for (name, value) in more {
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    }

    fn told(&self) -> String {
        format!("{} {}", self.kind.word(), visible(&self.path))
    }
}

impl PlanTold {
    /// A plan of the service folder `folder`.
    pub fn of(plan: &Plan, folder: &RepoPath) -> Self {
        let element = |key: &ElementKey, name: &str, id: Option<&RemoteId>| {
            ElementTold::of(folder, key, name, id)
        };
        let steps = plan.steps.iter().map(|step| StepTold {
            element: element(&step.key, &step.name, step.remote_id.as_ref()),
            act: step.act,
            calls: step.calls,
            expected: step.expected.map(|digest| digest.to_string()),
            summary: step.summary.clone(),
            files: None,
        });
        let conflicts = plan.conflicts.iter().map(|conflict| ConflictTold {
            element: element(&conflict.key, &conflict.name, conflict.remote_id.as_ref()),
            reason: reason_word(&conflict.reason),
            message: reason_told(&conflict.reason),
            part: None,
        });
        let ahead = plan.ahead.iter().map(|one| {
            (
                element(&one.key, &one.name, one.remote_id.as_ref()),
                one.act,
            )
        });
        let left = plan.left_alone.iter().map(|one| {
            let element = element(&one.key, &one.name, one.remote_id.as_ref());
            (element, one.deletable)
        });
        Self {
            id: plan.id.clone(),
            towards: plan.towards,
            calls: u64::from(plan.calls),
            seconds: plan.seconds,
            quota_left: plan.quota_left,
            steps: steps.collect(),
            conflicts: conflicts.collect(),
            failed: Vec::new(),
            ahead: ahead.collect(),
            left_alone: left.collect(),
            skipped: Vec::new(),
            asks: plan.asks,
            delivery: None,
            pull_request: None,
            repository: None,
        }
    }

    /// The exit code of one that is only looked at.
    pub fn exit_code(&self) -> u8 {
        if self.conflicts.is_empty() && self.failed.is_empty() {
            0
        } else {
            3
        }
    }

    /// The member `plan` of the contract.
    pub fn as_json(&self) -> Value {
        json!({
            "id": self.id,
            "towards": self.towards.word(),
            "calls": self.calls,
            "seconds": self.seconds,
            "quota_left": self.quota_left,
            "steps": self.steps.iter().map(StepTold::json).collect::<Vec<_>>(),
            "conflicts": self.conflicts.iter().map(ConflictTold::json).collect::<Vec<_>>(),
            "failed": self.failed.iter().map(FailedTold::json).collect::<Vec<_>>(),
            "ahead": self.ahead.iter().map(|(element, act)| element.json([
                ("act", json!(act.word())),
            ])).collect::<Vec<_>>(),
            "left_alone": self.left_alone.iter().map(|(element, deletable)| element.json([
                ("deletable", json!(deletable)),
            ])).collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(SkippedTold::json).collect::<Vec<_>>(),
            "asks": self.asks.map(|asks| json!({
                "touched": asks.touched, "recorded": asks.recorded, "percent": asks.percent,
            })),
            "delivery": self.delivery.as_ref().map(|delivery| json!({
                "repository": delivery.repository, "branch": delivery.branch,
            })),
            "pull_request": self.pull_request.as_ref().map(RequestTold::as_json),
        })
    }

    /// The lines for people.
    pub fn for_people(&self) -> String {
        let mut text = String::new();
        let shown: Vec<&StepTold> = self.steps.iter().filter(|step| step.is_shown()).collect();
        if !shown.is_empty() {
            text += &format!(
                "{}: {}, about {}{}\n",
                counted(shown.len(), "change"),
                calls(self.calls),
                counted(
                    usize::try_from(self.seconds).unwrap_or(usize::MAX),
                    "second"
                ),
                match self.quota_left {
                    Some(left) => format!(", {left} calls left this month"),
                    None => String::new(),
                }
            );
        } else if self.conflicts.is_empty() && self.failed.is_empty() {
            text += self.nothing();
        }
        for step in shown {
            let mut more: Vec<String> = step.summary.clone();
            if self.towards == Side::Postman {
                more.push(calls(u64::from(step.calls)));
            }
            text += &format!(
                "  {:<6} {:<11} {} ({})\n",
                step.act.word(),
                step.element.kind.word(),
                visible(&step.element.path),
                visible(&more.join("; "))
            );
        }
        let together = |step: &&StepTold| step.is_delivered();
        let together = self.steps.iter().filter(together).count();
        if let Some(delivery) = self.delivery.as_ref().filter(|_| together > 0) {
            let changes = counted(together, "change");
            text += &format!("  {changes} as one commit on {}\n", delivery.told());
        }
        for failed in &self.failed {
            text += &failed.for_people();
        }
        text += &self.rest_for_people();
        if let Some(request) = &self.pull_request {
            text += &request.foreseen();
        }
        text
    }

    /// The words for a plan that does nothing.
    fn nothing(&self) -> &'static str {
        match self.towards {
            Side::Postman => "nothing to do: Git has nothing that Postman has not\n",
            Side::Git => "nothing to pull: Git has everything that Postman has\n",
        }
    }

    /// Everything but the steps.
    fn rest_for_people(&self) -> String {
        let (here, there, carries) = match self.towards {
            Side::Postman => ("here", "Postman", "a pull brings"),
            Side::Git => ("in Postman", "Git", "a push carries"),
        };
        let mut text = self.conflicts_for_people();
        let left = self.left_alone.iter().map(|(element, deletable)| {
            let more = if *deletable {
                "; --allow-delete deletes it"
            } else {
                ", which has no call that deletes it"
            };
            let told = element.told();
            format!("  left   {told} is gone {here} and stays in {there}{more}\n")
        });
        text += &bounded(&left.collect::<Vec<_>>());
        let changed = self.ahead.iter().filter(|(_, act)| *act != Act::Create);
        let changed: Vec<String> = changed
            .map(|(element, _)| {
                let told = element.told();
                format!("  ahead  {told} was changed in {there}; {carries} it\n")
            })
            .collect();
        text += &bounded(&changed);
        let only_there = self.ahead.len() - changed.len();
        if only_there > 0 {
            let elements = counted(only_there, "element");
            text += &format!("  only in {there}: {elements}; {carries} them\n");
        }
        let skipped = self.skipped.iter().map(|skipped| {
            let (path, reason) = (visible(&skipped.path), visible(&skipped.reason));
            format!("  skipped {path}: {reason}\n")
        });
        text + &bounded(&skipped.collect::<Vec<_>>())
    }

    fn conflicts_for_people(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        for conflict in &self.conflicts {
            let told = conflict.element.told();
            let Some(part) = &conflict.part else {
                text += &format!("  conflict {told}: {}\n", visible(&conflict.message));
                continue;
            };
            if last.as_ref() != Some(&told) {
                text += &format!("  conflict {told}\n");
                last = Some(told);
            }
            text += &format!("    {}: {}\n", part.place, visible(&conflict.message));
            if part.ours.is_some() || part.theirs.is_some() {
                text += &version("Git:", part.ours.as_deref());
                text += &version("Postman:", part.theirs.as_deref());
            }
        }
        text
    }
}

/// One side of what is in conflict; lines of a text stand below each other.
fn version(side: &str, text: Option<&str>) -> String {
    let text = shortened(text.unwrap_or("nothing"), MOST_SHOWN);
    match text.contains('\n') {
        false => format!("      {side:<8} {}\n", visible(&text)),
        true => {
            let lines = text
                .lines()
                .map(|line| format!("        {}\n", visible(line)));
            format!("      {side}\n{}", lines.collect::<String>())
        }
    }
}

impl StepTold {
    /// Whether there is anything to show for it: what Git has already is recorded, and no file is written.
    fn is_shown(&self) -> bool {
        self.files.as_ref().is_none_or(|files| !files.is_empty())
    }

    /// Whether it goes to a branch, where one is delivered to.
    fn is_delivered(&self) -> bool {
        self.act != Act::Adopt && self.element.kind != ElementKind::Environment
    }

    fn json(&self) -> Value {
        let mut value = self.element.json([
            ("act", json!(self.act.word())),
            ("calls", json!(self.calls)),
            ("expected", json!(self.expected)),
            ("summary", json!(self.summary)),
        ]);
        if let Some(files) = &self.files {
            value["files"] = json!(files);
        }
        value
    }
}

impl RequestTold {
    fn as_json(&self) -> Value {
        json!({
            "number": self.number,
            "page": self.page,
            "branch": self.branch,
            "target": self.target,
            "state": self.state.word(),
        })
    }

    fn foreseen(&self) -> String {
        let way = format!("{} into {}", visible(&self.branch), visible(&self.target));
        let which = self
            .number
            .map_or(String::new(), |number| format!(" {number}"));
        match self.state {
            RequestState::Unchanged => {
                format!("pull request{which} says so already: {way}\n")
            }
            state => format!("pull request{which} would be {}: {way}\n", state.word()),
        }
    }

    fn for_people(&self) -> String {
        let which = self
            .number
            .map_or(String::new(), |number| format!(" {number}"));
        let page = self
            .page
            .as_deref()
            .map_or(String::new(), |page| format!(": {}", visible(page)));
        format!("pull request{which} {}{page}\n", self.state.word())
    }
}

impl RequestState {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Closed => "closed",
        }
    }
}

impl DeliveryTold {
    fn told(&self) -> String {
        format!(
            "`{}` of {}",
            visible(&self.branch),
            visible(&self.repository)
        )
    }
}

impl ConflictTold {
    fn json(&self) -> Value {
        let part = self.part.as_ref();
        self.element.json([
            ("reason", json!(self.reason)),
            ("message", json!(self.message)),
            ("item", json!(part.map(|part| &part.item))),
            ("field", json!(part.map(|part| &part.field))),
            ("ours", json!(part.and_then(|part| part.ours.as_ref()))),
            ("theirs", json!(part.and_then(|part| part.theirs.as_ref()))),
        ])
    }
}

impl FailedTold {
    fn json(&self) -> Value {
        self.element.json([
            ("act", json!(self.act.map(Act::word))),
            ("error", json!(self.error)),
            ("hint", json!(self.hint)),
        ])
    }

    fn for_people(&self) -> String {
        format!(
            "  failed  {}: {}\n",
            self.element.told(),
            visible(&self.error)
        )
    }
}

impl SkippedTold {
    fn json(&self) -> Value {
        json!({
            "kind": self.kind.map(ElementKind::word),
            "path": self.path,
            "reason": self.reason,
        })
    }
}

impl OutcomeTold {
    /// The member `outcome` of the contract.
    pub fn as_json(&self, plan: &PlanTold) -> Value {
        let untried = self.untried.iter().map(|(element, act)| {
            element.json([
                ("act", json!(act.word())),
                ("reason", json!("an error before it meets every call")),
            ])
        });
        let skipped = untried.chain(plan.skipped.iter().map(SkippedTold::json));
        json!({
            "applied": self.applied.iter().map(StepTold::json).collect::<Vec<_>>(),
            "skipped": skipped.collect::<Vec<_>>(),
            "failed": self.failed.iter().map(FailedTold::json).collect::<Vec<_>>(),
            "conflicts": plan.conflicts.iter().map(ConflictTold::json).collect::<Vec<_>>(),
            "calls": self.calls,
            "verified": self.verified,
            "recorded": self.recorded,
            "commit": self.commit,
            "ids_in": self.ids_in,
            "pull_request": self.pull_request.as_ref().map(RequestTold::as_json),
        })
    }

    /// The lines for people.
    pub fn for_people(&self, plan: &PlanTold) -> String {
        let mut text = String::new();
        let shown: Vec<&StepTold> = self.applied.iter().filter(|step| step.is_shown()).collect();
        for step in &shown {
            text += &format!(
                "  {:<7} {:<11} {}{}\n",
                done(step.act),
                step.element.kind.word(),
                visible(&step.element.path),
                match &step.element.remote_id {
                    Some(id) => format!(" ({id})"),
                    None => String::new(),
                }
            );
        }
        for failed in &self.failed {
            text += &failed.for_people();
        }
        for (element, _) in &self.untried {
            text += &format!("  untried {}\n", element.told());
        }
        text += &plan.rest_for_people();
        let tried = shown.len() + self.failed.len() + self.untried.len();
        if tried > 0 {
            // What git delivers is there once git says so.
            let by_git = plan.delivery.is_some() && self.calls == 0;
            let read_back = match plan.towards {
                Side::Postman if !by_git => ", each read back",
                Side::Postman | Side::Git => "",
            };
            text += &format!(
                "{} of {} done, {}{read_back}\n",
                shown.len(),
                counted(tried, "change"),
                calls(self.calls),
            );
            if let Some(repository) = &plan.repository {
                text += &repository.for_people();
            }
        } else if plan.conflicts.is_empty() {
            text += plan.nothing();
        }
        if plan.towards == Side::Git && !plan.conflicts.is_empty() {
            text += "what is in conflict was left as it is on both sides\n";
        }
        for path in &self.ids_in {
            text += &format!("ids of Postman written into {}\n", visible(path));
        }
        if let Some(request) = &self.pull_request {
            text += &request.for_people();
        }
        let Some(commit) = self.commit.as_ref().filter(|_| !shown.is_empty()) else {
            return text;
        };
        let Some(delivery) = &plan.delivery else {
            return text + &format!("commit {commit}\n");
        };
        text += &format!(
            "delivered with the commit {commit} to {}\n",
            delivery.told()
        );
        let is_new = |step: &&StepTold| {
            step.act == Act::Create && step.element.kind == ElementKind::Collection
        };
        if self.applied.iter().any(|step| is_new(&step)) {
            text += "Postman lists the collections of an API in `.postman/`: a new one may have to be added to the API in the app\n";
        }
        text
    }
}

/// The whole object for scripts.
pub fn as_json(
    command: &str,
    exit_code: u8,
    plan: &PlanTold,
    outcome: Option<&OutcomeTold>,
    calls: u64,
) -> Value {
    let mut object = json!({
        "format_version": 1,
        "command": command,
        "exit_code": exit_code,
        "plan": plan.as_json(),
        "calls": calls,
    });
    if let Some(repository) = &plan.repository {
        object["repository"] = repository.as_json();
    }
    if let Some(outcome) = outcome {
        object["outcome"] = outcome.as_json(plan);
    }
    object
}

/// A path of the service folder `folder`, from the root of the repository.
pub fn from_root(folder: &RepoPath, path: &RepoPath) -> String {
    match folder.is_root() {
        true => path.as_str().to_owned(),
        false => format!("{folder}/{path}"),
    }
}

/// How a conflict came to be, as a word for scripts.
pub fn reason_word(reason: &ConflictReason) -> &'static str {
    match reason {
        ConflictReason::BothChanged => "both-changed",
        ConflictReason::DeletedInPostman => "deleted-in-postman",
        ConflictReason::DeletedInGit => "deleted-in-git",
        ConflictReason::NeverAgreed => "never-agreed",
        ConflictReason::Ambiguous(_) => "ambiguous",
    }
}

fn reason_told(reason: &ConflictReason) -> String {
    match reason {
        ConflictReason::BothChanged => "changed here and in Postman since the last sync".to_owned(),
        ConflictReason::DeletedInPostman => "changed here, deleted in Postman".to_owned(),
        ConflictReason::DeletedInGit => "deleted here, changed in Postman".to_owned(),
        ConflictReason::NeverAgreed => {
            "here and in Postman, and the two were never synced and differ".to_owned()
        }
        ConflictReason::Ambiguous(ids) => {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            format!("several in Postman have this name: {}", ids.join(", "))
        }
    }
}

fn done(act: Act) -> &'static str {
    match act {
        Act::Create => "created",
        Act::Update => "updated",
        Act::Delete => "deleted",
        Act::Adopt => "adopted",
    }
}

fn calls(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "call")
}

fn bounded(lines: &[String]) -> String {
    let mut text: String = lines.iter().take(MOST_LINES).map(String::as_str).collect();
    if lines.len() > MOST_LINES {
        text += &format!("  … and {} more\n", lines.len() - MOST_LINES);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_of_one_line_stands_beside_its_side_and_a_text_below() {
        assert_eq!(
            version("Git:", Some("http://x")),
            "      Git:     http://x\n"
        );
        assert_eq!(version("Postman:", None), "      Postman: nothing\n");
        assert_eq!(
            version("Git:", Some("one\ntw\u{1b}o\n")),
            "      Git:\n        one\n        tw\\x1bo\n"
        );
    }
}
