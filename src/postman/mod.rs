//! The Postman API: everything the mirror needs of it, one file a noun. Facts: <https://learning.postman.com/api-docs>.

pub mod api_collections;
pub mod apis;
pub mod client;
pub mod collections;
#[cfg(test)]
#[path = "../../tests/it/support/contract.rs"]
pub(crate) mod contract;
pub mod environments;
pub mod error;
pub mod generations;
pub mod limits;
pub mod me;
pub mod raw;
#[cfg(test)]
mod rehearsal;
pub mod said;
pub mod schemas;
pub mod spec_files;
pub mod specs;
pub mod tasks;
#[cfg(test)]
pub(crate) mod testing;
pub mod versions;
pub mod wire;
pub mod workspaces;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::net::testing::{Heard, Reply, Server};
    use crate::postman::apis::ApiDraft;
    use crate::postman::error::PostmanError;
    use crate::postman::generations::SyncOptions;
    use crate::postman::raw::RawJson;
    use crate::postman::schemas::SchemaFileDraft;
    use crate::postman::specs::{FileRole, SpecFileDraft};
    use crate::postman::tasks::Task;
    use crate::postman::testing::{Bench, ID, UID};
    use crate::postman::versions::{SchemaPath, VersionContents, VersionDraft, VersionState};
    use crate::postman::workspaces::ElementKind;

    const COLLECTION: &str = r#"{"info":{"name":"Pets","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}"#;
    const ENVIRONMENT: &str = r#"{"name":"Staging","values":[{"key":"host","value":"h","type":"default","enabled":true}]}"#;

    /// Postman as its reference shows it: a good answer to every call.
    fn reference(heard: &Heard) -> Reply {
        let line = heard.line.replace(UID, "UID").replace(ID, "ID");
        let (call, _) = line.split_once('?').unwrap_or((&line, ""));
        let made = json!({ "id": ID, "uid": UID, "name": "Pets" });
        let kind = if call.contains("/spec") {
            "OPENAPI:3.0"
        } else {
            "openapi:3"
        };
        let named = json!({ "id": ID, "name": "Pets", "type": kind });
        let file = json!({ "id": "f", "path": "a/b.yaml", "type": "ROOT", "content": "x: 1" });
        let task = json!({ "taskId": "t1", "url": format!("/specs/{ID}/tasks/t1") });
        let end = json!({ "nextCursor": null });
        let carried = |member: &str, text: &str| format!("{{\"{member}\":{text}}}");
        let (status, body) = match call {
            "GET /me" => (
                200,
                json!({ "user": { "id": "12345", "username": "t", "teamName": "T", "teamId": 0 },
                "operations": [{ "name": "api_usage", "limit": 10000, "usage": 655, "overage": 0 }] }),
            ),
            "GET /workspaces" => (
                200,
                json!({ "workspaces": [{ "id": ID, "name": "W", "type": "team" }], "meta": {} }),
            ),
            "GET /workspaces/ID" => (
                200,
                json!({ "workspace": { "id": ID, "name": "W", "type": "team", "collections": [made], "new": 1 } }),
            ),
            "GET /apis" => (200, json!({ "apis": [named], "meta": end })),
            "POST /apis" | "PUT /apis/ID" => (200, named),
            "GET /apis/ID" => (
                200,
                json!({ "id": ID, "name": "Pets", "updatedBy": 7, "schemas": [{ "id": "s" }],
                "collections": [{ "id": UID }], "versions": [{ "id": "v", "name": "1" }], "gitInfo": {} }),
            ),
            "POST /apis/ID/schemas" => (
                200,
                json!({ "id": ID, "type": "openapi:3", "files": [file] }),
            ),
            "GET /apis/ID/schemas/ID" => (
                200,
                json!({ "type": "openapi:3", "files": { "data": [], "meta": {} } }),
            ),
            "GET /apis/ID/schemas/ID/files" => (
                200,
                json!({ "files": [{ "id": "f", "path": "a.proto", "root": { "enabled": true } }], "meta": end }),
            ),
            "GET /apis/ID/schemas/ID/files/a%2Fb.yaml"
            | "PUT /apis/ID/schemas/ID/files/a%2Fb.yaml" => (200, file),
            "POST /apis/ID/collections" => (200, json!({ "id": UID })),
            "GET /apis/ID/collections/UID" => return Reply::json(200, COLLECTION),
            "GET /apis/ID/versions" => (
                200,
                json!({ "versions": [{ "id": "v", "name": "1" }], "meta": end }),
            ),
            "POST /apis/ID/versions" => {
                let location = format!("/apis/{ID}/tasks/t1");
                return Reply::json(202, r#"{"id":"v","name":"1.0"}"#).with("Location", &location);
            }
            "GET /apis/ID/versions/ID" => {
                return Reply::json(302, "").with("Location", &format!("/apis/{ID}/tasks/t1"));
            }
            "GET /apis/ID/tasks/t1" => (
                200,
                json!({ "id": "t1", "status": "completed", "details": { "resources": [{ "id": "v", "url": "/x" }] } }),
            ),
            "GET /collections" => (
                200,
                json!({ "collections": [made], "meta": { "total": 1, "offset": 0, "limit": 100 } }),
            ),
            "POST /collections" | "PUT /collections/UID" | "DELETE /collections/UID" => {
                (200, json!({ "collection": made }))
            }
            "PATCH /collections/UID" => {
                (200, json!({ "collection": { "id": ID, "name": "Pets" } }))
            }
            "GET /collections/UID" => return Reply::json(200, &carried("collection", COLLECTION)),
            "GET /environments" => (200, json!({ "environments": [made] })),
            "POST /environments" | "PUT /environments/UID" | "DELETE /environments/UID" => {
                (200, json!({ "environment": made }))
            }
            "GET /environments/UID" => {
                let body = ENVIRONMENT.replacen('{', &format!("{{\"id\":\"{ID}\","), 1);
                return Reply::json(200, &carried("environment", &body));
            }
            "GET /specs" => (200, json!({ "specs": [named], "meta": end })),
            "POST /specs" => (201, named),
            "GET /specs/ID" | "PATCH /specs/ID" => (200, named),
            "GET /specs/ID/definitions" => {
                return Reply::of(200, "application/yaml", "openapi: 3.0.0\n");
            }
            "GET /specs/ID/files" => (200, json!({ "files": [file], "meta": end })),
            "POST /specs/ID/files" => (201, file),
            "GET /specs/ID/files/a%2Fb.yaml" | "PATCH /specs/ID/files/a%2Fb.yaml" => (200, file),
            "GET /specs/ID/generations/collection" => (
                200,
                json!({ "collections": [{ "id": ID, "name": "G", "state": "in-sync" }], "meta": end }),
            ),
            "POST /specs/ID/generations/collection"
            | "PUT /specs/ID/synchronizations"
            | "PUT /collections/UID/synchronizations" => (202, task),
            "PATCH /specs/ID/collections/ID/sync-options" => {
                (200, json!({ "syncOptions": { "syncExamples": true } }))
            }
            "GET /specs/ID/tasks/t1" => (
                200,
                json!({ "status": "completed", "details": { "resources": [{ "id": UID, "url": "/x" }] } }),
            ),
            "GET /specs/ID/version-tags" => (
                200,
                json!({ "data": [{ "id": "t", "name": "1" }], "meta": end }),
            ),
            "POST /specs/ID/version-tags" => (201, json!({ "data": { "id": "t", "name": "1" } })),
            deleting if deleting.starts_with("DELETE ") => return Reply::json(204, ""),
            other => panic!("the reference knows no {other}"),
        };
        Reply::json(status, &body.to_string())
    }

    fn never<T>() -> Result<Option<T>, PostmanError> {
        panic!("nothing was lost, so there is nothing to look for")
    }

    #[test]
    fn every_call_is_one_of_the_contract_and_its_answer_is_understood() {
        let server = Server::answering(reference);
        let bench = Bench::on(&server);
        let postman = &bench.postman;
        let collection = RawJson::parse(COLLECTION).unwrap();
        let environment = RawJson::parse(ENVIRONMENT).unwrap();

        let me = postman.me().unwrap();
        assert_eq!(
            (me.id.as_str(), me.usage.unwrap().limit),
            ("12345", Some(10_000.0))
        );
        assert_eq!(postman.workspaces().unwrap().len(), 1);
        assert_eq!(
            postman.workspace(ID).unwrap().collections[0]
                .uid
                .as_ref()
                .unwrap()
                .bare(),
            ID
        );
        assert!(
            postman
                .workspace_of(ElementKind::Collection, UID)
                .unwrap()
                .is_some()
        );

        let draft = ApiDraft {
            name: "Pets".to_owned(),
            description: None,
        };
        assert_eq!(postman.apis(ID).unwrap()[0].name, "Pets");
        assert_eq!(
            postman
                .create_api(ID, &draft, &mut never)
                .unwrap()
                .id
                .as_str(),
            ID
        );
        let api = postman.api(ID).unwrap();
        assert_eq!(
            (api.connected(), api.schemas.len(), api.collections.len()),
            (None, 1, 1)
        );
        postman.update_api(ID, &draft).unwrap();
        postman.delete_api(ID).unwrap();

        let file = SchemaFileDraft {
            path: "a/b.yaml".to_owned(),
            content: "x: 1".to_owned(),
            root: None,
        };
        assert_eq!(
            postman
                .create_schema(ID, "openapi:3", &[file], &mut never)
                .unwrap()
                .id
                .as_str(),
            ID
        );
        assert_eq!(
            postman.schema(ID, ID).unwrap().kind.as_deref(),
            Some("openapi:3")
        );
        assert!(postman.schema_files(ID, ID).unwrap()[0].is_root());
        assert_eq!(postman.schema_file(ID, ID, "a/b.yaml").unwrap(), "x: 1");
        postman.put_schema_file(ID, ID, "a/b.yaml", "x: 1").unwrap();
        postman.delete_schema_file(ID, ID, "a/b.yaml").unwrap();

        assert_eq!(
            postman
                .copy_collection_into_api(ID, UID, &mut never)
                .unwrap()
                .as_str(),
            UID
        );
        assert_eq!(
            postman
                .create_collection_in_api(ID, &collection, &mut never)
                .unwrap()
                .as_str(),
            UID
        );
        assert_eq!(
            postman.collection_of_api(ID, UID).unwrap().text(),
            COLLECTION
        );

        let by_ids = VersionContents::Ids {
            schemas: vec![ID.to_owned()],
            collections: vec![UID.to_owned()],
        };
        let by_paths = |schema| VersionContents::Paths {
            branch: "main".to_owned(),
            schema,
            collections: vec!["postman/collections/a.json".to_owned()],
        };
        let directory = by_paths(SchemaPath::Directory("postman/schemas".to_owned()));
        let root = by_paths(SchemaPath::RootFile("postman/schemas/a.json".to_owned()));
        for contents in [by_ids, directory, root] {
            let draft = VersionDraft {
                name: "1.0".to_owned(),
                release_notes: Some("n".to_owned()),
                contents,
            };
            let publishing = postman.publish_version(ID, &draft, &mut never).unwrap();
            let made = postman
                .finish(&publishing.task.unwrap(), &mut |_| {})
                .unwrap();
            assert_eq!(made[0].id.as_str(), "v");
        }
        assert_eq!(postman.versions(ID).unwrap().len(), 1);
        let VersionState::Pending(task) = postman.version(ID, ID).unwrap() else {
            panic!("it is pending")
        };
        postman.finish(&task, &mut |_| {}).unwrap();

        assert_eq!(postman.collections(ID).unwrap()[0].uid.as_str(), UID);
        assert_eq!(postman.collection(UID).unwrap().text(), COLLECTION);
        assert_eq!(
            postman
                .create_collection(ID, &collection, &mut never)
                .unwrap()
                .uid
                .as_str(),
            UID
        );
        postman
            .replace_collection(UID, &collection, &|_| panic!("not lost"), &mut |_| {})
            .unwrap();
        postman
            .patch_collection(UID, &json!({ "info": { "name": "Pets" } }))
            .unwrap();
        postman.delete_collection(UID).unwrap();

        assert_eq!(postman.environments(ID).unwrap().len(), 1);
        assert!(postman.environment(UID).unwrap().text().contains("Staging"));
        postman
            .create_environment(ID, &environment, &mut never)
            .unwrap();
        postman
            .replace_environment(UID, &environment, &|_| panic!("not lost"))
            .unwrap();
        postman.delete_environment(UID).unwrap();

        let files =
            [("a.yaml", FileRole::Root), ("b.yaml", FileRole::Default)].map(|(path, role)| {
                SpecFileDraft {
                    path: path.to_owned(),
                    content: "x: 1".to_owned(),
                    role: Some(role),
                }
            });
        assert_eq!(postman.specs(ID).unwrap().len(), 1);
        postman
            .create_spec(ID, "Pets", "OPENAPI:3.0", &files, &mut never)
            .unwrap();
        assert_eq!(
            postman.spec(ID).unwrap().kind.as_deref(),
            Some("OPENAPI:3.0")
        );
        postman.rename_spec(ID, "Pets").unwrap();
        assert_eq!(postman.spec_definition(ID).unwrap(), "openapi: 3.0.0\n");
        assert_eq!(postman.spec_files(ID).unwrap()[0].role, FileRole::Root);
        assert_eq!(postman.spec_file(ID, "a/b.yaml").unwrap(), "x: 1");
        postman.create_spec_file(ID, "a/b.yaml", "x: 1").unwrap();
        postman.update_spec_file(ID, "a/b.yaml", "x: 1").unwrap();
        postman.make_root(ID, "a/b.yaml").unwrap();
        postman.delete_spec_file(ID, "a/b.yaml").unwrap();
        postman.delete_spec(ID).unwrap();

        assert_eq!(
            postman.generated_collections(ID).unwrap()[0].state,
            "in-sync"
        );
        let task = postman
            .generate_collection(ID, "G", &json!({ "folderStrategy": "Tags" }))
            .unwrap();
        assert_eq!(
            postman.finish(&task, &mut |_| {}).unwrap()[0].id.as_str(),
            UID
        );
        postman.sync_spec_with_collection(ID, UID).unwrap();
        postman.sync_collection_with_spec(UID, ID).unwrap();
        let options = SyncOptions {
            sync_examples: true,
            delete_orphaned_requests: false,
        };
        postman.set_sync_options(ID, ID, options).unwrap();
        assert_eq!(postman.version_tags(ID).unwrap().len(), 1);
        postman.create_version_tag(ID, "1", &mut never).unwrap();

        assert_eq!(bench.violations(), []);
        assert!(postman.http().calls().so_far() >= 50);
    }

    #[test]
    fn an_api_that_postman_reads_from_a_repository_says_so() {
        let server = Server::answering(|heard| {
            if heard.line.ends_with("gitInfo") || heard.line.contains("?include=") {
                return Reply::json(
                    200,
                    &json!({ "id": ID, "name": "Pets", "gitInfo": { "domain": null,
                    "organization": "o", "repository": "r", "schemaFolder": "postman/schemas" } })
                    .to_string(),
                );
            }
            Reply::json(
                422,
                r#"{"type":"actionNotAllowedError","title":"Action not allowed","detail":"This action is not allowed for Git linked APIs"}"#,
            )
        });
        let bench = Bench::on(&server);
        let api = bench.postman.api(ID).unwrap();
        assert_eq!(api.connected().unwrap().repository.as_deref(), Some("r"));
        let error = bench
            .postman
            .put_schema_file(ID, ID, "a.yaml", "x")
            .unwrap_err();
        assert!(
            matches!(error, PostmanError::GitLinked { .. })
                && error.hint().contains("active branch")
        );
        assert_eq!(bench.violations(), []);
    }

    #[test]
    fn a_task_is_asked_for_at_growing_intervals_and_not_for_ever() {
        let state = |status: &str, details: &str| {
            Reply::json(
                200,
                &format!("{{\"id\":\"t\",\"status\":\"{status}\",\"details\":{details}}}"),
            )
        };
        let task = Task {
            location: format!("/apis/{ID}/tasks/t"),
            what: "publishing version 1".to_owned(),
        };
        let ends = Server::script(vec![
            state("pending", "{}"),
            state("brand-new-word", "{}"),
            state("completed", "{}"),
        ]);
        let bench = Bench::on(&ends);
        assert_eq!(bench.postman.finish(&task, &mut |_| {}).unwrap(), []);
        for (details, reason) in [
            (r#"{"error":{"message":"no \u001b[2J"}}"#, "no \\x1b[2J"),
            (r#""why""#, "why"),
        ] {
            let fails = Server::script(vec![state("failed", details)]);
            let error = Bench::on(&fails)
                .postman
                .finish(&task, &mut |_| {})
                .unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("publishing version 1 failed in Postman: {reason}")
            );
        }
        let hangs = Server::script(vec![state("pending", "{}")]);
        let bench = Bench::on(&hangs);
        let mut told = Vec::new();
        let error = bench
            .postman
            .finish(&task, &mut |waited| told.push(waited))
            .unwrap_err();
        assert!(matches!(error, PostmanError::TaskSlow { .. }));
        assert!(told.len() < 40 && bench.waited() < Duration::from_secs(200));
        let away = Task {
            location: "https://evil.example.com/t".to_owned(),
            what: String::new(),
        };
        assert!(bench.postman.finish(&away, &mut |_| {}).is_err());
    }

    #[test]
    fn cursors_and_offsets_that_never_end_are_ended() {
        let looping = Server::answering(|heard| {
            let list = if heard.line.contains("/apis") {
                "apis"
            } else {
                "specs"
            };
            let named = json!({ "id": ID, "name": "Pets" });
            Reply::json(
                200,
                &json!({ list: [named], "meta": { "nextCursor": "same" } }).to_string(),
            )
        });
        let bench = Bench::on(&looping);
        assert_eq!(bench.postman.apis(ID).unwrap().len(), 2);
        assert_eq!(bench.postman.specs(ID).unwrap().len(), 2);

        let ignoring = Server::answering(|_| {
            let page: Vec<_> = (0..100)
                .map(|n| json!({ "id": n, "uid": format!("1-{n}"), "name": "x" }))
                .collect();
            Reply::json(200, &json!({ "collections": page }).to_string())
        });
        let bench = Bench::on(&ignoring);
        assert_eq!(bench.postman.collections(ID).unwrap().len(), 100);
        assert_eq!(ignoring.lines().len(), 2);
    }

    #[test]
    fn what_is_too_large_is_not_sent() {
        let server = Server::answering(reference);
        let bench = Bench::on(&server);
        let content = "x".repeat(10 * 1024 * 1024 + 1);
        let error = bench
            .postman
            .update_spec_file(ID, "a.yaml", &content)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.yaml is too large for Postman: 10485761 bytes, and it takes 10485760"
        );
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(30_000_000));
        let large = RawJson::parse(&large).unwrap();
        assert!(
            bench
                .postman
                .replace_environment(UID, &large, &|_| false)
                .is_err()
        );
        assert!(server.heard().is_empty());
    }

    #[test]
    fn a_large_collection_is_replaced_in_the_background() {
        let server = Server::answering(|heard| match heard.line.split(' ').next() {
            Some("PUT") => Reply::json(202, r#"{"task":{"id":"t9","status":"in-progress"}}"#),
            _ => Reply::json(200, r#"{"id":"t9","status":"successful"}"#),
        });
        let bench = Bench::on(&server);
        let large = COLLECTION.replace("Pets", &"x".repeat(5_000_000));
        let large = RawJson::parse(&large).unwrap();
        bench
            .postman
            .replace_collection(UID, &large, &|_| false, &mut |_| {})
            .unwrap();
        assert_eq!(server.heard()[0].header("prefer"), Some("respond-async"));
        assert_eq!(server.lines()[1], "GET /collection-updates-tasks/t9");
        assert_eq!(bench.violations(), []);
    }
}
