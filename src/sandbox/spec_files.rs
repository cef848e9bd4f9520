//! `/specs/{id}/files`.

use serde_json::{Value, json};

use crate::sandbox::answer::{Answer, Family, Outcome, invalid, ok, problem};
use crate::sandbox::api_schemas::{files_of, new_file};
use crate::sandbox::call::Call;
use crate::sandbox::members::Members;
use crate::sandbox::record::{File, Spec};
use crate::sandbox::specs::existing;
use crate::sandbox::store::{FILES, SPECS};

const FAMILY: Family = Family::Specs;
/// The most bytes of a file when a specification is made.
pub const MOST_ON_CREATE: usize = 12 * 1024 * 1024;
/// The most bytes of a file on the file endpoints.
const MOST: usize = 10 * 1024 * 1024;
const EXTENSIONS: [&str; 6] = ["json", "yaml", "yml", "proto", "graphql", "smithy"];

/// `GET /specs/{id}/files`
pub fn list(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let files: Vec<Value> = files_of(call, &spec.id)?.iter().map(shown).collect();
    ok(json!({"files": files, "meta": {"nextCursor": null}}))
}

/// `POST /specs/{id}/files`
pub fn create(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let spec = existing(call, &path[0])?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["path", "content"])?;
    let file_path = members.text("path")?;
    check_path(file_path)?;
    let content = members.optional("content")?;
    let content =
        content.ok_or_else(|| invalid(FAMILY, "Required property `content` is missing."))?;
    check_content(content, MOST)?;
    if !(spec.kind.starts_with("OPENAPI") || spec.kind.starts_with("PROTOBUF")) {
        return Err(invalid(
            FAMILY,
            "Multiple files are not supported for this specification type.",
        ));
    }
    let key = format!("{}/{file_path}", spec.id);
    if call.store.has(FILES, &key)? {
        return Err(invalid(FAMILY, "A file with this path already exists."));
    }
    let file = new_file(call, file_path, content, false)?;
    call.store.put(FILES, &key, &file)?;
    touch(call, spec)?;
    Ok(Answer::json(201, shown(&file)))
}

/// `GET /specs/{id}/files/{path}`
pub fn read(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (_, file) = own_file(call, path)?;
    let mut answer = shown(&file);
    answer["content"] = json!(file.content);
    ok(answer)
}

/// `PATCH /specs/{id}/files/{path}`
pub fn change(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (spec, mut file) = own_file(call, path)?;
    let body = call.json(FAMILY)?;
    let members = Members::of(&body, FAMILY, &["content", "type", "name"])?;
    if body.as_object().map(serde_json::Map::len) != Some(1) {
        let detail = "Only one of 'content', 'type', or 'name' should be provided.";
        return Err(invalid(FAMILY, detail));
    }
    let old_key = format!("{}/{}", spec.id, file.path);
    if let Some(content) = members.optional("content")? {
        check_content(content, MOST)?;
        content.clone_into(&mut file.content);
    }
    match members.optional("type")? {
        None => {}
        Some("ROOT") => {
            for mut other in files_of(call, &spec.id)? {
                if other.root && other.path != file.path {
                    other.root = false;
                    call.store
                        .put(FILES, &format!("{}/{}", spec.id, other.path), &other)?;
                }
            }
            file.root = true;
        }
        Some("DEFAULT") if file.root => {
            return Err(invalid(FAMILY, "At least one file must have type ROOT"));
        }
        Some("DEFAULT") => {}
        Some(_) => return Err(invalid(FAMILY, "Property `type` of a file is invalid.")),
    }
    if body.get("name").is_some() {
        let name = members.text("name")?;
        if name.contains('/') {
            return Err(invalid(FAMILY, "Property `name` is invalid."));
        }
        let renamed = match file.path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}"),
            None => name.to_owned(),
        };
        check_path(&renamed)?;
        if renamed != file.path && call.store.has(FILES, &format!("{}/{renamed}", spec.id))? {
            return Err(invalid(FAMILY, "A file with this path already exists."));
        }
        call.store.remove(FILES, &old_key)?;
        file.path = renamed;
    }
    file.stamp.touch(call.user(), call.now);
    call.store
        .put(FILES, &format!("{}/{}", spec.id, file.path), &file)?;
    touch(call, spec)?;
    ok(shown(&file))
}

/// `DELETE /specs/{id}/files/{path}`
pub fn delete(call: &mut Call<'_>, path: &[String]) -> Outcome {
    let (spec, file) = own_file(call, path)?;
    if file.root {
        return Err(invalid(FAMILY, "At least one file must have type ROOT"));
    }
    call.store
        .remove(FILES, &format!("{}/{}", spec.id, file.path))?;
    touch(call, spec)?;
    Ok(Answer::empty())
}

/// Refuses a path with an unknown extension, or one that climbs.
///
/// # Errors
/// 400.
pub fn check_path(path: &str) -> Result<(), Box<Answer>> {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    if !extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
        let detail = "Invalid file extension";
        return Err(problem(400, "bad-request", "Invalid parameters", detail));
    }
    if !is_safe_path(path) {
        return Err(problem(
            400,
            "bad-request",
            "Invalid parameters",
            "Invalid file path",
        ));
    }
    Ok(())
}

/// Refuses a file that is too large.
///
/// # Errors
/// 400.
pub fn check_content(content: &str, most: usize) -> Result<(), Box<Answer>> {
    if content.len() <= most {
        return Ok(());
    }
    let detail = "File size exceeded the limit of 10 MB";
    Err(problem(400, "bad-request", "Malformed request", detail))
}

/// Whether a path is relative and stays where it is.
pub fn is_safe_path(path: &str) -> bool {
    let parts_are_good = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    parts_are_good && !path.contains('\\') && !path.chars().any(char::is_control)
}

fn own_file(call: &Call<'_>, path: &[String]) -> Result<(Spec, File), Box<Answer>> {
    let spec = existing(call, &path[0])?;
    let file: Option<File> = call.store.get(FILES, &format!("{}/{}", spec.id, path[1]))?;
    let missing = || {
        let detail = "The file you are trying to access does not exist.";
        problem(404, "instanceNotFoundError", "File not found", detail)
    };
    Ok((spec, file.ok_or_else(missing)?))
}

fn touch(call: &Call<'_>, mut spec: Spec) -> Result<(), Box<Answer>> {
    spec.revision += 1;
    spec.stamp.touch(call.user(), call.now);
    Ok(call.store.put(SPECS, &spec.id, &spec)?)
}

fn shown(file: &File) -> Value {
    let kind = if file.root { "ROOT" } else { "DEFAULT" };
    let mut shown = json!({"id": file.id, "name": file.name(), "path": file.path, "type": kind});
    file.stamp.write(&mut shown, false);
    shown
}

#[cfg(test)]
mod tests {
    use super::{check_path, is_safe_path};

    #[test]
    fn a_path_is_relative_and_stays_where_it_is() {
        for good in ["index.yaml", "components/a.json", "a b.proto", "ä.graphql"] {
            assert!(check_path(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/a.yaml",
            "../a.yaml",
            "a/../b.yaml",
            "a//b.yaml",
            "a\\b.yaml",
            "a\u{7}.yaml",
        ] {
            assert!(!is_safe_path(bad), "{bad}");
        }
        for bad in ["a.txt", "yaml", "a.yaml/"] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }
}
