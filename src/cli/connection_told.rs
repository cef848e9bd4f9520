//! What `connect` says: of a connection, and of an API that would be made for one.

use serde_json::{Value, json};

use crate::cli::checkup::access::Looked;
use crate::cli::failure::Failure;
use crate::cli::link_told::{files_as_json, link_as_json};
use crate::cli::linking::Ground;
use crate::cli::reporting::print;
use crate::cli::session::Session;
use crate::cli::wished::Found;
use crate::mirror::link::Link;
use crate::mirror::state::LinkTarget;
use crate::model::change::ChangeSet;
use crate::model::id::CommitId;
use crate::model::text::visible;
use crate::report::ReportFormat;
use crate::report::json::object_text;

/// An id for looking at what would be, before there is an API.
pub const NOT_YET: &str = "00000000-0000-4000-8000-000000000000";

/// Everything that is said of a connection.
pub struct Told<'a> {
    /// Who may write to the repository.
    pub access: &'a Looked,
    /// Where it is.
    pub ground: &'a Ground,
    /// What it is in Postman.
    pub found: &'a Found,
    /// The link as it is then.
    pub link: &'a Link,
    /// The files that are written.
    pub changes: &'a ChangeSet,
    /// Whether the record says so already.
    pub is_recorded: bool,
    /// Whether nothing is done.
    pub is_dry_run: bool,
    /// The commit that recorded it.
    pub commit: Option<CommitId>,
}

impl Told<'_> {
    /// Whether all of it stands already.
    pub fn is_done(&self) -> bool {
        self.changes.is_empty() && self.is_recorded
    }

    /// All of it in a format.
    pub fn text(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Human => self.for_people(),
            ReportFormat::Json => self.for_scripts(),
        }
    }

    fn for_people(&self) -> String {
        let state_ref = &self.ground.state_ref;
        let (begin, verb) = match (self.is_done(), self.is_dry_run) {
            (true, _) => ("already connected, and nothing changed: ", ""),
            (false, true) => ("would connect ", "would write"),
            (false, false) => ("connected ", "wrote"),
        };
        let mut text = begin.to_owned();
        text.push_str(&shown(self.ground, self.found, self.link));
        for (word, value) in self.access.rows() {
            text.push_str(&row(word, &value));
        }
        text.push_str(&listed(self.changes, verb));
        match &self.commit {
            Some(commit) => text.push_str(&format!(
                "recorded on {state_ref} ({})\n",
                &commit.as_str()[..10]
            )),
            None if self.is_recorded => {}
            None => text.push_str(&format!("would record it on {state_ref}\n")),
        }
        text
    }

    fn for_scripts(&self) -> String {
        let link = link_as_json(self.link, &self.ground.state_ref);
        let mut object = connection_as_json(&link, self.changes, self.is_dry_run);
        object["changed"] = json!(!self.is_done());
        object["access"] = self.access.for_scripts();
        object["recorded"] = json!(self.commit.as_ref().map(CommitId::as_str));
        object_text(&object)
    }
}

/// What would be, of an API that is not there yet.
///
/// # Errors
/// Where it cannot be printed.
pub fn tell_of_new_api(
    format: ReportFormat,
    session: &Session,
    ground: &Ground,
    link: &Link,
    would: &ChangeSet,
) -> Result<u8, Failure> {
    let text = match format {
        ReportFormat::Human => format!(
            "would create the API `{}` in the workspace {}\n{}",
            visible(&link.name),
            link.target.workspace(),
            listed(would, "would write")
        ),
        ReportFormat::Json => {
            let mut link = link_as_json(link, &ground.state_ref);
            link["api"] = Value::Null;
            let object = connection_as_json(&link, would, true);
            object_text(&object)
        }
    };
    print(session, &text.replace(NOT_YET, "<id>"))?;
    Ok(0)
}

fn connection_as_json(link: &Value, changes: &ChangeSet, is_dry_run: bool) -> Value {
    json!({
        "format_version": 1,
        "command": "connect",
        "exit_code": 0,
        "dry_run": is_dry_run,
        "changed": true,
        "link": link,
        "files": files_as_json(changes),
        "recorded": null,
    })
}

fn shown(ground: &Ground, found: &Found, link: &Link) -> String {
    let (what, own) = match &found.target {
        LinkTarget::GitLinked { api, .. } => ("the API", api),
        LinkTarget::ApiBuilder { api, .. } => ("the API", api),
        LinkTarget::SpecHub {
            specification: Some(specification),
            ..
        } => ("the specification", specification),
        LinkTarget::SpecHub { workspace, .. } => ("the workspace", workspace),
    };
    let folder = if ground.folder.is_root() {
        "this repository".to_owned()
    } else {
        format!("the folder `{}`", ground.folder)
    };
    let mut text = format!("{folder} and {what} `{}` ({own})\n", visible(&found.name));
    let mut line = |word: &str, value: &str| text.push_str(&row(word, value));
    line("workspace", &found.workspace);
    line(
        "active branch",
        link.active_branch.as_deref().unwrap_or_default(),
    );
    match &link.schema_directory {
        Some(directory) => line("schema directory", directory.as_str()),
        None => line("definition", "by root file"),
    }
    line("collection directory", link.collection_directory.as_str());
    match (&found.target, found.target.elsewhere()) {
        (_, Some(elsewhere)) => line(
            "delivered to",
            &format!("`{}` of {}", elsewhere.branch, elsewhere.repository),
        ),
        (LinkTarget::GitLinked { .. }, None) => line(
            "connected in Postman",
            "yes: Postman reads the active branch",
        ),
        _ => {}
    }
    text
}

fn row(word: &str, value: &str) -> String {
    format!("  {word:<22}{}\n", visible(value))
}

fn listed(changes: &ChangeSet, verb: &str) -> String {
    changes
        .iter()
        .map(|change| format!("{verb} {}\n", change.path))
        .collect()
}
