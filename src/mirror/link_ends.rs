//! Whether everybody who knows of a link says the same: what Postman says of it, held against the files and the record.

use crate::mirror::home::Home;
use crate::mirror::link::Link;
use crate::mirror::link_error::repository_name;
use crate::mirror::state::{Elsewhere, LinkTarget};
use crate::model::path::RepoPath;
use crate::model::text::visible;
use crate::postman::apis::{Api, GitInfo};

/// The three ends of a link do not agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ends of the link do not agree: {}", ends_told(.files, .record, .postman))]
pub struct Mismatch {
    /// What Postman's files in the repository say.
    pub files: String,
    /// What the owner in the record says.
    pub record: String,
    /// What Postman says.
    pub postman: String,
    /// What to do.
    pub hint: String,
}

/// Holds what Postman says of an API against the link. Belongs before the first write of a run; `api` is the answer to
/// [`Postman::api`](crate::postman::client::Postman::api). A workspace is connected to nothing that its API would tell, so
/// there is nothing to hold against it.
///
/// # Errors
/// The ends that do not agree, each in words, with the ways out.
pub fn verify(link: &Link, api: &Api, home: &Home) -> Result<(), Mismatch> {
    let (LinkTarget::GitLinked { api: own, .. } | LinkTarget::ApiBuilder { api: own, .. }) =
        &link.target
    else {
        return Ok(());
    };
    let linked = matches!(link.target, LinkTarget::GitLinked { .. });
    let elsewhere = link.target.elsewhere();
    let mismatch = |hint: String| Mismatch {
        files: format!("this folder belongs to the API {own}"),
        record: format!(
            "the API {own} belongs to {}{}{}",
            repository_name(&link.owner.repository),
            in_folder(&link.folder),
            elsewhere.map(delivers_to).unwrap_or_default()
        ),
        postman: said_by_postman(api),
        hint,
    };
    let again = format!("`git postman connect --api {own}` takes over what Postman says");
    if api.id.bare() != own.bare() {
        return Err(mismatch(again));
    }
    let Some(info) = api.connected() else {
        return match linked {
            false => Ok(()),
            true => Err(mismatch(format!(
                "connect the API to this repository in Postman again; or {again}"
            ))),
        };
    };
    if let Some(elsewhere) = elsewhere {
        return match differs_elsewhere(elsewhere, info, home) {
            None => Ok(()),
            Some(words) => Err(mismatch(format!(
                "{words}: where Postman is right, `git postman connect --api {own} --repository REMOTE` says so, with a remote or the address of {}",
                told(info)
            ))),
        };
    }
    if !is_here(info, home) {
        return Err(mismatch(format!(
            "disconnect the API from {} in Postman; or disconnect this repository with `git postman disconnect`; or work in that repository",
            told(info)
        )));
    }
    if !linked {
        return Err(mismatch(format!(
            "Postman has connected the API to this repository since: {again}"
        )));
    }
    if let Some(words) = directories_differ(link, info) {
        return Err(mismatch(format!(
            "{words}: choose the same directories in Postman and in `.postman/`"
        )));
    }
    Ok(())
}

/// What each end says, in words.
pub fn ends_told(files: &str, record: &str, postman: &str) -> String {
    format!("`.postman/` says {files}; the mirror's record says {record}; Postman says {postman}")
}

/// What Postman says of an API's connection.
pub fn said_by_postman(api: &Api) -> String {
    match api.connected() {
        None => format!("the API {} is connected to no repository", api.id.bare()),
        Some(info) => format!(
            "the API {} is connected to {}{}",
            api.id.bare(),
            told(info),
            directories_told(info)
        ),
    }
}

/// What a repository that Postman names is called in a record.
pub fn recorded_name(info: &GitInfo) -> String {
    told(info).to_lowercase()
}

/// Whether the repository that Postman names is this one.
pub fn is_here(info: &GitInfo, home: &Home) -> bool {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    home.address.as_ref().is_some_and(|address| {
        address.is_called(
            info.domain.as_deref(),
            &text(&info.organization),
            &text(&info.repository),
        )
    })
}

/// A repository as Postman names it, for messages.
pub fn told(info: &GitInfo) -> String {
    let parts = [&info.domain, &info.organization, &info.repository];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter_map(|part| part.as_deref().filter(|part| !part.is_empty()))
        .collect();
    visible(&parts.join("/"))
}

/// A directory as Postman writes it, from the root of the repository; `None` where it names none.
pub fn directory_told(written: Option<&String>) -> Option<RepoPath> {
    let written = written?.trim().trim_matches('/');
    let path = RepoPath::resolve(&RepoPath::root(), written).ok()?;
    (!path.is_root()).then_some(path)
}

/// Both directories as Postman names them, for messages.
fn directories_told(info: &GitInfo) -> String {
    let both = [
        ("schemas", &info.schema_folder),
        ("collections", &info.collection_folder),
    ];
    both.iter()
        .filter_map(|(what, folder)| Some((what, folder.as_ref()?)))
        .map(|(what, folder)| format!(", {what} in `{}`", visible(folder)))
        .collect()
}

/// What Postman says otherwise of another repository than the record.
fn differs_elsewhere(elsewhere: &Elsewhere, info: &GitInfo, home: &Home) -> Option<String> {
    if is_here(info, home) {
        return Some("Postman has connected the API to this very repository since".to_owned());
    }
    let now = recorded_name(info);
    if now != elsewhere.repository {
        return Some(format!(
            "the API was connected to {} and is to {now} now",
            visible(&elsewhere.repository)
        ));
    }
    let pairs = [
        (
            "collection directory",
            &elsewhere.collection_directory,
            directory_told(info.collection_folder.as_ref()),
        ),
        (
            "schema directory",
            &elsewhere.schema_directory,
            directory_told(info.schema_folder.as_ref()),
        ),
    ];
    let name = |path: Option<&RepoPath>| path.map_or("not named".to_owned(), ToString::to_string);
    let mut differing = pairs.iter().filter(|(_, known, told)| *known != told);
    differing.next().map(|(what, known, told)| {
        let (known, told) = (name(known.as_ref()), name(told.as_ref()));
        format!("the {what} there was {known} and is {told} now")
    })
}

fn delivers_to(elsewhere: &Elsewhere) -> String {
    let name = |path: &Option<RepoPath>| match path {
        Some(path) => format!("`{path}`"),
        None => "Postman's default".to_owned(),
    };
    format!(
        " and is delivered to `{}`, branch `{}`, schemas in {}, collections in {}",
        visible(&elsewhere.repository),
        visible(&elsewhere.branch),
        name(&elsewhere.schema_directory),
        name(&elsewhere.collection_directory),
    )
}

fn directories_differ(link: &Link, info: &GitInfo) -> Option<String> {
    let pairs = [
        (
            "collection directory",
            Some(&link.collection_directory),
            directory_told(info.collection_folder.as_ref()),
        ),
        (
            "schema directory",
            link.schema_directory.as_ref(),
            directory_told(info.schema_folder.as_ref()),
        ),
    ];
    for (what, own, told) in pairs {
        if let (Some(own), Some(told)) = (own, told)
            && *own != told
        {
            return Some(format!("the {what} is {own} here and {told} in Postman"));
        }
    }
    None
}

fn in_folder(folder: &RepoPath) -> String {
    if folder.is_root() {
        String::new()
    } else {
        format!(", folder `{folder}`")
    }
}

#[cfg(test)]
mod tests {
    use super::verify;
    use crate::mirror::link::Link;
    use crate::mirror::link_testing::{A, B, HERE, api_owner, files_of, found, home, id};
    use crate::mirror::state::{Elsewhere, LinkTarget, MirrorState};
    use crate::mirror::testing::path;
    use crate::postman::apis::Api;

    #[test]
    fn what_postman_says_of_its_own_connection_is_held_against_the_link() {
        let api = |git: &str| {
            let text = format!("{{\"id\":\"{A}\",\"name\":\"Orders\",\"gitInfo\":{git}}}");
            serde_json::from_str::<Api>(&text).unwrap()
        };
        let here = r#"{"domain":null,"organization":"Acme","repository":"orders","schemaFolder":"s","collectionFolder":"/c/"}"#;
        let elsewhere = here.replace("orders", "other");
        let directories = here.replace("/c/", "d");
        let (none, nowhere) = (home("/srv/orders"), "{}");
        let linked = LinkTarget::GitLinked {
            api: id(A),
            workspace: id(B),
            elsewhere: None,
        };
        let state = MirrorState::new(api_owner(A));
        let builder = found(&files_of(A), Some(&state), HERE, "refs/postman/state").unwrap();
        let git_linked = Link {
            target: linked,
            ..builder.clone()
        };
        let table = [
            (&builder, nowhere, HERE, None),
            (&builder, here, HERE, Some("connect --api")),
            (&builder, &elsewhere, HERE, Some("Acme/other")),
            (&git_linked, here, HERE, None),
            (&git_linked, here, "git@git.acme.io:acme/orders.git", None),
            (&git_linked, nowhere, HERE, Some("again")),
            (&git_linked, &elsewhere, HERE, Some("Acme/other")),
            (
                &git_linked,
                &directories,
                HERE,
                Some("c here and d in Postman"),
            ),
            (
                &git_linked,
                here,
                "git@github.com:fork/orders.git",
                Some("disconnect"),
            ),
        ];
        for (link, git, address, expected) in table {
            let verdict = verify(link, &api(git), &home(address));
            match (verdict, expected) {
                (Ok(()), None) => {}
                (Err(mismatch), Some(hint)) => {
                    let text = mismatch.to_string();
                    for part in ["`.postman/` says", "record says", "Postman says", A] {
                        assert!(text.contains(part), "{text}");
                    }
                    let told = format!("{text} {}", mismatch.hint);
                    assert!(told.contains(hint), "{told}");
                }
                (verdict, _) => panic!("{git} {address}: {verdict:?}"),
            }
        }
        assert!(verify(&git_linked, &api(here), &none).is_err());
    }

    #[test]
    fn every_part_of_a_connection_counts_here_and_elsewhere() {
        let info = |changed: &[(&str, &str)]| {
            let mut git = serde_json::json!({"domain": "git.acme.io", "organization": "acme",
                "repository": "orders", "schemaFolder": "s", "collectionFolder": "c"});
            for (member, value) in changed {
                git[*member] = (*value).into();
            }
            let api = serde_json::json!({"id": A, "name": "Orders", "gitInfo": git});
            serde_json::from_value::<Api>(api).unwrap()
        };
        let link = |target: LinkTarget| {
            let mut state = MirrorState::new(api_owner(A));
            state.owner.target = target;
            found(&files_of(A), Some(&state), HERE, "refs/postman/state").unwrap()
        };
        let target = |elsewhere: Option<Elsewhere>| LinkTarget::GitLinked {
            api: id(A),
            workspace: id(B),
            elsewhere,
        };
        let here = link(target(None));
        let there = link(target(Some(Elsewhere {
            repository: "git.acme.io/acme/orders".to_owned(),
            branch: "main".to_owned(),
            schema_directory: Some(path("s")),
            collection_directory: Some(path("c")),
        })));
        let (own, other) = (home("git@git.acme.io:acme/orders.git"), home(HERE));
        assert_eq!(verify(&here, &info(&[]), &own), Ok(()));
        assert_eq!(verify(&there, &info(&[]), &other), Ok(()));
        // How it is written makes no difference.
        let same = [("organization", "Acme"), ("schemaFolder", "/s/")];
        assert_eq!(verify(&here, &info(&same), &own), Ok(()));
        assert_eq!(verify(&there, &info(&same), &other), Ok(()));
        for (member, value) in [
            ("domain", "git.other.io"),
            ("organization", "shop"),
            ("repository", "shop"),
            ("schemaFolder", "specs"),
            ("collectionFolder", "specs"),
        ] {
            let api = info(&[(member, value)]);
            for (link, home, known) in [(&here, &own, "acme/orders"), (&there, &other, "acme")] {
                let mismatch = verify(link, &api, home).unwrap_err();
                let text = mismatch.to_string();
                assert!(text.contains(value) && text.contains(known), "{text}");
                assert!(!mismatch.hint.is_empty());
            }
        }
        // What is delivered to becomes this very repository.
        let mismatch = verify(&there, &info(&[]), &own).unwrap_err();
        assert!(mismatch.hint.contains("this very repository"));
        assert!(
            mismatch
                .to_string()
                .contains("delivered to `git.acme.io/acme/orders`, branch `main`")
        );
        let nowhere = serde_json::json!({"id": A, "name": "Orders", "gitInfo": {}});
        let nowhere = serde_json::from_value::<Api>(nowhere).unwrap();
        assert!(
            verify(&there, &nowhere, &other)
                .unwrap_err()
                .to_string()
                .contains("no repository")
        );
    }
}
