//! What `.gitattributes` and `core.autocrlf` make of a file between the worktree and the object store.

use std::collections::HashMap;

use crate::git::command::Git;
use crate::git::error::GitError;
use crate::git::write_error::Refusal;
use crate::model::path::RepoPath;

/// How one file is converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// The filter driver that the file goes through, such as `lfs`.
    filter: Option<String>,
    /// The encoding on disk, where it is not UTF-8.
    encoding: Option<String>,
    text: Text,
    /// Whether lines end with CRLF on disk.
    crlf_on_disk: bool,
}

/// Whether line ends are converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Never,
    Always,
    /// Where the content looks like text.
    Guessed,
}

/// Asks git about files. `cached` looks at the index alone and not at files on disk.
pub(crate) fn conversions(
    git: &Git,
    paths: &[&RepoPath],
    cached: bool,
) -> Result<HashMap<RepoPath, Conversion>, GitError> {
    if paths.is_empty() {
        return Ok(HashMap::new());
    }
    let mut input = Vec::new();
    for path in paths {
        input.extend_from_slice(path.as_bytes());
        input.push(0);
    }
    let mut arguments = vec!["check-attr", "-z", "--stdin"];
    if cached {
        arguments.push("--cached");
    }
    arguments.extend(ATTRIBUTES);
    let output = git.output(&arguments, Some(&input))?;
    let mut attributes: HashMap<RepoPath, HashMap<String, String>> = HashMap::new();
    let fields: Vec<&[u8]> = output.split(|byte| *byte == 0).collect();
    for triple in fields.chunks_exact(3) {
        let Ok(path) = RepoPath::from_git(triple[0]) else {
            continue;
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        attributes
            .entry(path)
            .or_default()
            .insert(text(triple[1]), text(triple[2]));
    }
    let autocrlf = setting(git, "core.autocrlf")?.unwrap_or_default();
    let eol = setting(git, "core.eol")?.unwrap_or_default();
    Ok(attributes
        .into_iter()
        .map(|(path, own)| (path, conversion(&own, &autocrlf, &eol)))
        .collect())
}

impl Conversion {
    /// What the object store shall hold for a text.
    ///
    /// # Errors
    /// A filter: what it makes of the file only the filter knows.
    pub(crate) fn to_stored(
        &self,
        content: &[u8],
        before: Option<&[u8]>,
    ) -> Result<Vec<u8>, Refusal> {
        if let Some(filter) = &self.filter {
            return Err(Refusal::Filter(filter.clone()));
        }
        // Git leaves a file alone that it guesses to be text and that is stored with CR already.
        let stays =
            self.text == Text::Guessed && before.is_some_and(|bytes| bytes.contains(&b'\r'));
        if stays || !self.converts(content) {
            return Ok(content.to_vec());
        }
        Ok(without_carriage_returns(content))
    }

    /// What stands on disk for a text that the object store holds.
    ///
    /// # Errors
    /// A filter, or another encoding on disk.
    pub(crate) fn to_disk(&self, content: &[u8]) -> Result<Vec<u8>, Refusal> {
        if let Some(filter) = &self.filter {
            return Err(Refusal::Filter(filter.clone()));
        }
        self.check_encoding()?;
        if self.crlf_on_disk && self.converts(content) && !content.contains(&b'\r') {
            return Ok(with_carriage_returns(content));
        }
        Ok(content.to_vec())
    }

    /// A text is written in UTF-8 and nothing else.
    ///
    /// # Errors
    /// Another encoding on disk.
    pub(crate) fn check_encoding(&self) -> Result<(), Refusal> {
        match &self.encoding {
            Some(encoding) => Err(Refusal::Encoding(encoding.clone())),
            None => Ok(()),
        }
    }

    /// Whether the file goes through a filter.
    pub(crate) fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    fn converts(&self, content: &[u8]) -> bool {
        match self.text {
            Text::Never => false,
            Text::Always => true,
            Text::Guessed => !content.contains(&0),
        }
    }
}

const ATTRIBUTES: [&str; 4] = ["text", "eol", "filter", "working-tree-encoding"];

fn setting(git: &Git, key: &str) -> Result<Option<String>, GitError> {
    let answer = git.run(&["config", "--get", key], None)?;
    let text = String::from_utf8_lossy(&answer.output);
    Ok(answer
        .status
        .success()
        .then(|| text.trim().to_ascii_lowercase()))
}

/// As in gitattributes(5): `text` and `eol` win, then `core.autocrlf`, then `core.eol`.
fn conversion(own: &HashMap<String, String>, autocrlf: &str, core_eol: &str) -> Conversion {
    let get = |name: &str| own.get(name).map_or("unspecified", String::as_str);
    let named = |name: &str| match get(name) {
        "unspecified" | "unset" | "set" | "" => None,
        value => Some(value.to_owned()),
    };
    let eol = get("eol");
    let auto_crlf = ["true", "yes", "on", "1"].contains(&autocrlf);
    let text = match get("text") {
        "set" => Text::Always,
        "unset" => Text::Never,
        "auto" => Text::Guessed,
        _ if matches!(eol, "lf" | "crlf") => Text::Always,
        _ if auto_crlf || autocrlf == "input" => Text::Guessed,
        _ => Text::Never,
    };
    let crlf_on_disk = match eol {
        "crlf" => true,
        "lf" => false,
        _ if auto_crlf => true,
        _ if autocrlf == "input" => false,
        _ => core_eol == "crlf" || (cfg!(windows) && core_eol != "lf"),
    };
    let encoding = named("working-tree-encoding")
        .filter(|name| !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("utf8"));
    Conversion {
        filter: named("filter"),
        encoding,
        text,
        crlf_on_disk,
    }
}

fn without_carriage_returns(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    for (index, byte) in content.iter().enumerate() {
        if *byte != b'\r' || content.get(index + 1) != Some(&b'\n') {
            out.push(*byte);
        }
    }
    out
}

fn with_carriage_returns(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + content.len() / 32);
    for byte in content {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::conversions;
    use crate::git::testing::{Fixture, path, scrubbed};
    use crate::git::write_error::Refusal;

    #[test]
    fn line_ends_follow_the_attributes() {
        let fixture = Fixture::repository();
        fixture.write(
            "work/.gitattributes",
            "*.crlf text eol=crlf\n*.lf eol=lf\n*.auto text=auto eol=crlf\n*.bin -text\n",
        );
        let git = scrubbed(&fixture.path("work"));
        let names = ["a.crlf", "a.lf", "a.auto", "a.bin", "a.other"];
        let paths: Vec<_> = names.iter().map(|name| path(name)).collect();
        let all = conversions(&git, &paths.iter().collect::<Vec<_>>(), false).unwrap();
        for (name, on_disk, stored) in [
            ("a.crlf", "x\r\n", "x\n"),
            ("a.lf", "x\n", "x\n"),
            ("a.auto", "x\r\n", "x\n"),
            ("a.bin", "x\n", "x\r\n"),
            ("a.other", "x\n", "x\r\n"),
        ] {
            let one = &all[&path(name)];
            assert_eq!(one.to_disk(b"x\n").unwrap(), on_disk.as_bytes(), "{name}");
            assert_eq!(
                one.to_stored(b"x\r\n", None).unwrap(),
                stored.as_bytes(),
                "{name}"
            );
        }
        // What is stored with CR and only guessed to be text keeps it.
        let auto = &all[&path("a.auto")];
        assert_eq!(auto.to_stored(b"y\r\n", Some(b"x\r\n")).unwrap(), b"y\r\n");
    }

    #[test]
    fn filters_and_encodings_are_refused_by_name() {
        let fixture = Fixture::repository();
        fixture.write(
            "work/.gitattributes",
            "*.big filter=lfs\n*.wide working-tree-encoding=UTF-16\n*.utf working-tree-encoding=UTF-8\n",
        );
        let git = scrubbed(&fixture.path("work"));
        let (big, wide, utf) = (path("a.big"), path("a.wide"), path("a.utf"));
        let all = conversions(&git, &[&big, &wide, &utf], false).unwrap();
        let filter = Err(Refusal::Filter("lfs".to_owned()));
        assert_eq!(all[&big].to_stored(b"", None), filter);
        assert_eq!(all[&big].to_disk(b""), filter);
        let encoding = Err(Refusal::Encoding("UTF-16".to_owned()));
        assert_eq!(all[&wide].to_disk(b""), encoding);
        assert!(all[&wide].to_stored(b"x", None).is_ok());
        assert!(all[&utf].check_encoding().is_ok());
    }
}
