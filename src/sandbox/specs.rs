//! `/specs`: specifications, their version tags, what is generated from them.

use serde_json::{Value, json};

use crate::format::fault::Fault;
use crate::format::json::parse as parse_json;
use crate::format::yaml::parse as parse_yaml;
use crate::sandbox::answer::{
    Answer, Content, Family, Outcome, generation_running, invalid, ok, problem,
};
use crate::sandbox::api_schemas::{files_of, new_file};
use crate::sandbox::call::{Call, split_uid};
use crate::sandbox::clock::timestamp;
use crate::sandbox::collections::require_uid;
use crate::sandbox::members::Members;
use crate::sandbox::record::{Collection, File, Spec, Tag, TaskKind, Work};
use crate::sandbox::shelf;
use crate::sandbox::spec_files::{MOST_ON_CREATE, check_content, check_path};
use crate::sandbox::store::{COLLECTIONS, FILES, SPECS, TAGS};
use crate::sandbox::tasks::{settled, start, started};

const FAMILY: Family = Family::Specs;
/// What Postman calls the kinds of specifications; the API family spells them differently.
const KINDS: [&str; 9] = [
    "OPENAPI:2.0",
    "OPENAPI:3.0",
    "OPENAPI:3.1",
    "ASYNCAPI:2.0",
    "ASYNCAPI:3.0",
    "PROTOBUF:2",
    "PROTOBUF:3",
    "GRAPHQL",
    "SMITHY:2.0",
];

/// `GET /specs`
pub fn list(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let workspace = call.workspace(FAMILY, false)?;
    let all: Vec<(String, Spec)> = call.store.all(SPECS, "")?;
    let mut found = Vec::new();
    for (id, spec) in all {
        if spec.workspace == workspace.id && call.is_listed(&id) {
            found.push(spec);
        }
    }
    let page = call.page(FAMILY, found, |spec| spec.sequence, None)?;
    let as_text = call.coin();
    let specs: Vec<Value> = page.items.iter().map(|spec| shown(spec, as_text)).collect();
    ok(json!({"specs": specs, "meta": {"nextCursor": page.next}}))
}

/// `POST /specs`
pub fn create(call: &mut Call<'_>, _: &[String]) -> Outcome {
    let workspace = call.workspace(FAMILY, true)?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["name", "type", "files"])?;
    let name = members.text("name")?.trim().to_owned();
    let kind = members.text("type")?;
    if !KINDS.contains(&kind) {
        let detail =
            "Required property `type` is invalid. Should be one of: OPENAPI:3.0, ASYNCAPI:2.0";
        return Err(problem(
            400,
            "InvalidParamsError",
            "Required parameter is invalid",
            detail,
        ));
    }
    let given = members.list("files")?;
    if given.is_empty() {
        return Err(invalid(FAMILY, "At least one file is required."));
    }
    let many = given.len() > 1;
    if many && !(kind.starts_with("OPENAPI") || kind.starts_with("PROTOBUF")) {
        return Err(invalid(
            FAMILY,
            "Multiple files are not supported for this specification type.",
        ));
    }
    let spec = Spec {
        id: call.new_id(),
        sequence: call.sequence()?,
        name,
        kind: kind.to_owned(),
        workspace: workspace.id,
        revision: 1,
        tagged: None,
        generating: None,
        stamp: call.stamp(),
    };
    let mut roots = 0;
    for file in given {
        let members = Members::of(file, FAMILY, &["path", "content", "type"])?;
        let path = members.text("path")?;
        check_path(path)?;
        let content = members.optional("content")?;
        let content =
            content.ok_or_else(|| invalid(FAMILY, "Required property `content` is missing."))?;
        check_content(content, MOST_ON_CREATE)?;
        let root = match (members.optional("type")?, many) {
            (Some("ROOT"), _) | (None, false) => true,
            (Some("DEFAULT"), true) => false,
            (Some("DEFAULT"), false) => {
                return Err(invalid(FAMILY, "At least one file must have type ROOT"));
            }
            (None, true) => return Err(invalid(FAMILY, "Required property `type` is missing.")),
            (Some(_), _) => return Err(invalid(FAMILY, "Property `type` of a file is invalid.")),
        };
        roots += usize::from(root);
        let key = format!("{}/{path}", spec.id);
        if call.store.has(FILES, &key)? {
            return Err(invalid(FAMILY, "Two files have the same path."));
        }
        let file = new_file(call, path, content, root)?;
        call.store.put(FILES, &key, &file)?;
    }
    match roots {
        0 => return Err(invalid(FAMILY, "At least one file must have type ROOT")),
        1 => {}
        _ => return Err(invalid(FAMILY, "Only one file can have type ROOT")),
    }
    call.store.put(SPECS, &spec.id, &spec)?;
    call.hide(&spec.id);
    Ok(Answer::json(201, shown(&spec, call.coin())))
}

/// `GET /specs/{id}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let mut answer = shown(&spec, call.coin());
    if let Some(root) = root_of(call, &spec.id)? {
        let extension = root.path.rsplit('.').next().unwrap_or("");
        answer["fileFormat"] = json!(if extension == "yml" {
            "yaml"
        } else {
            extension
        });
    }
    ok(answer)
}

/// `PATCH /specs/{id}`
pub fn rename(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut spec = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let name = Members::of(&body, FAMILY, &["name"])?.text("name")?;
    name.trim().clone_into(&mut spec.name);
    spec.stamp.touch(call.user(), call.now);
    call.store.put(SPECS, &spec.id, &spec)?;
    ok(shown(&spec, call.coin()))
}

/// `DELETE /specs/{id}`
pub fn delete(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    call.store.remove_all(FILES, &format!("{}/", spec.id))?;
    call.store.remove_all(TAGS, &format!("{}/", spec.id))?;
    call.store.remove(SPECS, &spec.id)?;
    for mut collection in shelf::all(call)? {
        if collection
            .generated
            .as_ref()
            .is_some_and(|link| link.spec == spec.id)
        {
            collection.generated = None;
            call.store.put(COLLECTIONS, &collection.id, &collection)?;
        }
    }
    Ok(Answer::empty())
}

/// `GET /specs/{id}/definitions`
pub fn definition(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let broken = || {
        let detail = "The spec you are trying to fetch has errors, the definition for the same can't be generated";
        problem(
            400,
            "MalformedSpecification",
            "Malformed Specification.",
            detail,
        )
    };
    let root = root_of(call, &spec.id)?.ok_or_else(broken)?;
    let is_json = root.path.ends_with(".json");
    let faults = if is_json {
        parse_json(root.content.clone()).1
    } else if root.path.ends_with(".yaml") || root.path.ends_with(".yml") {
        parse_yaml(root.content.clone()).1
    } else {
        Vec::new()
    };
    if faults.iter().any(Fault::invalidates) {
        return Err(broken());
    }
    let kind = if is_json {
        "application/json"
    } else {
        "application/yaml"
    };
    Ok(Answer {
        status: 200,
        content: Content::Text(kind, root.content),
        headers: Vec::new(),
    })
}

/// `GET /specs/{id}/generations/collection`
pub fn generated(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let mut found = shelf::all(call)?;
    found.retain(|one| {
        one.generated
            .as_ref()
            .is_some_and(|link| link.spec == spec.id)
    });
    let page = call.page(FAMILY, found, |one| one.sequence, None)?;
    let collections: Vec<Value> = page
        .items
        .iter()
        .map(|one| {
            let link = one.generated.as_ref();
            let state = match link {
                Some(link) if link.syncing.is_some() => "sync-in-progress",
                Some(link) if link.revision == spec.revision => "in-sync",
                _ => "out-of-sync",
            };
            let mut shown = json!({"id": one.id, "name": one.name, "state": state});
            one.stamp.write(&mut shown, false);
            shown
        })
        .collect();
    ok(json!({"collections": collections, "meta": {"nextCursor": page.next}}))
}

/// `POST /specs/{id}/generations/collection`
pub fn generate(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut spec = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["name", "options"])?;
    let name = members.text("name")?.to_owned();
    let options = members.get("options").filter(|options| options.is_object());
    let options =
        options.ok_or_else(|| invalid(FAMILY, "Required property `options` is missing."))?;
    check_options(options)?;
    if !(spec.kind.starts_with("OPENAPI") || spec.kind.starts_with("SMITHY")) {
        return Err(invalid(
            FAMILY,
            "Collection generation is not supported for this specification type.",
        ));
    }
    if let Some(task) = &spec.generating {
        if !settled(call, task)? {
            return Err(generation_running());
        }
        spec = existing(call, &path[0])?;
    }
    let work = Work::Generate {
        spec: spec.id.clone(),
        name,
        options: options.clone(),
    };
    let task = start(call, TaskKind::Generate, &spec.id, work)?;
    spec.generating = Some(task.id.clone());
    call.store.put(SPECS, &spec.id, &spec)?;
    Ok(Answer::json(202, started("specs", &task)))
}

/// `PUT /specs/{id}/synchronizations`: the specification follows a collection.
pub fn follow_collection(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let uid = call
        .parameter("collectionUid")
        .unwrap_or_default()
        .to_owned();
    require_uid(FAMILY, &uid)?;
    let collection = linked(call, &spec, &uid)?;
    let work = Work::FollowCollection {
        spec: spec.id.clone(),
        collection: collection.id.clone(),
    };
    let task = start(call, TaskKind::FollowCollection, &spec.id, work)?;
    mark_syncing(call, collection, &task.id)?;
    Ok(Answer::json(202, started("specs", &task)))
}

/// `PUT /collections/{uid}/synchronizations`: the collection follows its specification.
pub fn follow_spec(call: &mut Call<'_>, path: &[String]) -> Outcome {
    require_uid(FAMILY, &path[0])?;
    let id = call.parameter("specId").unwrap_or_default().to_owned();
    if id.is_empty() {
        return Err(invalid(FAMILY, "Required parameter specId is missing."));
    }
    let spec = existing(call, &id)?;
    let collection = linked(call, &spec, &path[0])?;
    let uid = collection.uid();
    let work = Work::FollowSpec {
        spec: spec.id.clone(),
        collection: collection.id.clone(),
    };
    let task = start(call, TaskKind::FollowSpec, &uid, work)?;
    mark_syncing(call, collection, &task.id)?;
    Ok(Answer::json(202, started("collections", &task)))
}

/// `PATCH /specs/{id}/collections/{collection}/sync-options`
pub fn sync_options(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let missing = || invalid(FAMILY, "syncOptions should be there in the request body.");
    let options = body.get("syncOptions").ok_or_else(missing)?;
    Members::of(&body, FAMILY, &["syncOptions"])?;
    let known = ["syncExamples", "deleteOrphanedRequests"];
    let members = Members::of(options, FAMILY, &known)?;
    let mut collection = linked(call, &spec, &path[1])?;
    let Some(link) = collection.generated.as_mut() else {
        return Err(not_found());
    };
    if options.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(missing());
    }
    for name in known {
        if let Some(flag) = members.flag(name)? {
            link.options[name] = json!(flag);
        }
    }
    let options = link.options.clone();
    call.store.put(COLLECTIONS, &collection.id, &collection)?;
    ok(json!({"syncOptions": options}))
}

/// `GET /specs/{id}/version-tags`
pub fn tags(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let all: Vec<(String, Tag)> = call.store.all(TAGS, &format!("{}/", spec.id))?;
    let all = all.into_iter().map(|(_, tag)| tag).collect();
    let page = call.page(FAMILY, all, |tag: &Tag| tag.sequence, None)?;
    let tags = page.items.iter();
    let tags: Vec<Value> = tags
        .map(|tag| json!({"id": tag.id, "name": tag.name}))
        .collect();
    ok(json!({"data": tags, "meta": {"nextCursor": page.next}}))
}

/// `POST /specs/{id}/version-tags`
pub fn tag(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let mut spec = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let name = Members::of(&body, FAMILY, &["name"])?.text("name")?;
    if name.chars().count() > 255 {
        return Err(invalid(
            FAMILY,
            "Property `name` must not exceed 255 characters.",
        ));
    }
    if spec.tagged == Some(spec.revision) {
        let detail = "A version tag already exists for the current changelog group. Make new changes to the spec to create a version tag.";
        return Err(problem(409, "conflictError", "Conflict", detail));
    }
    let tag = Tag {
        id: call.new_id(),
        sequence: call.sequence()?,
        name: name.to_owned(),
    };
    spec.tagged = Some(spec.revision);
    call.store.put(SPECS, &spec.id, &spec)?;
    call.store
        .put(TAGS, &format!("{}/{}", spec.id, tag.id), &tag)?;
    Ok(Answer::json(
        201,
        json!({"data": {"id": tag.id, "name": tag.name}}),
    ))
}

/// A specification.
///
/// # Errors
/// 404: there is none.
pub fn existing(call: &Call<'_>, id: &str) -> Result<Spec, Box<Answer>> {
    let found = match split_uid(id) {
        Some((None, id)) => call.store.get(SPECS, &id)?,
        _ => None,
    };
    found.ok_or_else(not_found)
}

/// The root file of a specification.
///
/// # Errors
/// The database cannot be used.
pub fn root_of(call: &Call<'_>, spec: &str) -> Result<Option<File>, Box<Answer>> {
    Ok(files_of(call, spec)?.into_iter().find(|file| file.root))
}

fn linked(call: &Call<'_>, spec: &Spec, id: &str) -> Result<Collection, Box<Answer>> {
    let found = shelf::find(call, id)?;
    let missing = || {
        let detail = "The collection was not generated from this specification.";
        problem(404, "instanceNotFoundError", "Collection not found", detail)
    };
    let linked = found.filter(|one| {
        one.generated
            .as_ref()
            .is_some_and(|link| link.spec == spec.id)
    });
    linked.ok_or_else(missing)
}

fn mark_syncing(
    call: &Call<'_>,
    mut collection: Collection,
    task: &str,
) -> Result<(), Box<Answer>> {
    if let Some(link) = collection.generated.as_mut() {
        link.syncing = Some(task.to_owned());
    }
    Ok(call.store.put(COLLECTIONS, &collection.id, &collection)?)
}

fn check_options(options: &Value) -> Result<(), Box<Answer>> {
    let choices: [(&str, &[&str]); 3] = [
        ("requestNameSource", &["Fallback", "URL"]),
        ("indentCharacter", &["Tab", "Space"]),
        ("folderStrategy", &["Paths", "Tags"]),
    ];
    for (name, known) in choices {
        let value = options.get(name);
        if value.is_some_and(|value| !value.as_str().is_some_and(|text| known.contains(&text))) {
            return Err(invalid(FAMILY, &format!("Option `{name}` is invalid.")));
        }
    }
    Ok(())
}

fn not_found() -> Box<Answer> {
    let detail = "The specification you are trying to access does not exist.";
    problem(
        404,
        "instanceNotFoundError",
        "Specification not found",
        detail,
    )
}

fn shown(spec: &Spec, as_text: bool) -> Value {
    let mut shown = json!({"id": spec.id, "name": spec.name, "type": spec.kind,
        "createdAt": timestamp(spec.stamp.created)});
    spec.stamp.write(&mut shown, as_text);
    shown
}
