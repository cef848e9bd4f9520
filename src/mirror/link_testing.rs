//! Links for tests: repositories that are strings, and the record beside them.

use std::collections::BTreeMap;

use crate::config::file::Config;
use crate::mirror::element::RemoteId;
use crate::mirror::home::Home;
use crate::mirror::link::{Here, Link, find_link};
use crate::mirror::link_error::LinkError;
use crate::mirror::remote_address::Remote;
use crate::mirror::state::{LinkTarget, MirrorState, Owner};
use crate::mirror::testing::path;
use crate::model::id::CommitId;
use crate::model::snapshot::MemorySnapshot;
use crate::project::Project;

pub(crate) const A: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const B: &str = "99999999-2222-4333-8444-555555555555";
pub(crate) const HERE: &str = "git@github.com:acme/orders.git";

pub(crate) fn id(text: &str) -> RemoteId {
    RemoteId::parse(text).unwrap()
}

pub(crate) fn home(address: &str) -> Home {
    Home::new(
        Some("origin".to_owned()),
        Remote::parse(address).unwrap().hosted().cloned(),
        vec![CommitId::parse(&"a".repeat(40)).unwrap()],
    )
}

pub(crate) fn api_owner(api: &str) -> Owner {
    Owner {
        repository: "github.com/acme/orders".to_owned(),
        target: LinkTarget::ApiBuilder {
            api: id(api),
            workspace: id(B),
        },
        host: "api.getpostman.com".to_owned(),
        ..crate::mirror::testing::owner()
    }
}

pub(crate) fn files_of(api: &str) -> Vec<(String, String)> {
    let index = format!("apis[] = {{\"apiId\":\"{api}\"}}\nconfigVersion = 1.0.0\ntype = api\n");
    let own = format!(
        "configVersion = 1.0.0\ntype = apiEntityData\n\n[config]\nid = {api}\n\n[config.relations.collections]\nrootDirectory = c\n\n[config.relations.apiDefinition]\nrootDirectory = s\n"
    );
    vec![
        (".postman/api".to_owned(), index),
        (format!(".postman/api_{api}"), own),
    ]
}

pub(crate) fn native(workspace: &str) -> Vec<(String, String)> {
    let text = format!("workspace:\n  id: {workspace}\n");
    vec![(".postman/resources.yaml".to_owned(), text)]
}

pub(crate) fn found(
    files: &[(String, String)],
    state: Option<&MirrorState>,
    address: &str,
    state_ref: &str,
) -> Result<Link, LinkError> {
    let files: BTreeMap<_, _> = files
        .iter()
        .map(|(name, text)| (path(name), text.clone().into_bytes()))
        .collect();
    let snapshot = MemorySnapshot::new(files);
    let config = Config::default();
    let project = Project::load(&snapshot, &config).unwrap();
    let here = Here {
        home: &home(address),
        state_ref,
        host: "api.getpostman.com",
        seen: None,
    };
    find_link(&project, &project.services[0], state, &here)
}
