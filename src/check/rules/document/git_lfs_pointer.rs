//! A document that lies in Git LFS.

use crate::check::findings::Findings;
use crate::check::rule::{Check, Group, Rule};
use crate::model::finding::{Place, RuleId, Severity};
use crate::project::file::{File, State};

/// Document is kept in Git LFS.
pub static RULE: Rule = Rule {
    id: RuleId("git-lfs-pointer"),
    group: Group::Document,
    summary: "document is kept in Git LFS",
    severity: Severity::Warning,
    since: "0.1.0",
    docs: r#"
#### What it finds

A managed file whose blob is a pointer of Git LFS.

#### Why it matters

Postman reads the blob and finds the pointer instead of the document. What the pointer stands for cannot be checked here.

#### Example

```
version https://git-lfs.github.com/spec/v1
oid sha256:4d7a2146…
size 12345
```

#### How to fix

Take the directory out of `.gitattributes` and run `git lfs migrate export --include="postman/**"`.
"#,
    check: Check::Document(check),
};

fn check(file: &File, findings: &mut Findings) {
    if matches!(file.state, State::Lfs) {
        let message = "file is a pointer of Git LFS, and Postman reads the pointer";
        let help = "keep documents out of Git LFS: `git lfs migrate export` brings them back";
        findings.push(Place::whole(file.path.clone()), message, help);
    }
}

#[cfg(test)]
mod tests {

    use crate::check::testing::check;

    #[test]
    fn a_pointer_is_told() {
        check(
            "git-lfs-pointer",
            "//- postman/collections/a.json | git-lfs-pointer\nversion https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n",
        );
    }
}
