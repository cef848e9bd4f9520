//! `.postman/api`: the list of APIs that are connected to the repository; in its oldest form the one API itself.

use crate::model::finding::Place;
use crate::model::id::ApiId;
use crate::project::ini_file::IniFile;
use crate::project::written::{Trouble, Written};

/// The index.
#[derive(Clone, Debug)]
pub struct IndexFile {
    /// The file.
    pub file: IniFile,
    /// Its form.
    pub form: IndexForm,
    /// The APIs it lists, in order, doubled ones included. Empty in the oldest form.
    pub apis: Vec<ListedApi>,
    /// What its reader passes over.
    pub troubles: Vec<Trouble>,
    /// What is left of the oldest form below a newer head, where there is any.
    pub residue: Option<Place>,
}

/// Which generation wrote an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexForm {
    /// No `configVersion`: the file is the API's own, written until February 2023.
    Legacy,
    /// `configVersion = 1.0.0`: a list of ids.
    List,
    /// A version that nobody knows.
    Unknown(Written),
}

/// One API in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedApi {
    /// The id as it is written, with its place.
    pub written: Written,
    /// The id; `None` where it is none, and Postman drops the entry.
    pub id: Option<ApiId>,
}

/// Reads an index as Postman's reader does.
pub fn read(file: IniFile) -> IndexFile {
    let form = match file.value(&[], "configVersion") {
        None => IndexForm::Legacy,
        Some(version) if version.text == "1.0.0" => IndexForm::List,
        Some(version) => IndexForm::Unknown(version),
    };
    let mut apis = Vec::new();
    let mut troubles = Vec::new();
    if form != IndexForm::Legacy {
        for entry in file.document.all(&[], "apis") {
            let object = file.object(entry);
            match object.as_ref().and_then(|object| object.string("apiId")) {
                Some((text, span)) => {
                    let written = Written {
                        text: text.to_owned(),
                        place: file.place(span),
                    };
                    apis.push(ListedApi {
                        id: ApiId::parse(text),
                        written,
                    });
                }
                None => troubles.push(Trouble {
                    message: "entry is no JSON object with an `apiId`, and Postman passes over it"
                        .to_owned(),
                    help: "write `apis[] = {\"apiId\":\"<id of the API>\"}`, or remove the line"
                        .to_owned(),
                    place: file.place(entry.value_span),
                }),
            }
        }
    }
    let residue = (form == IndexForm::List)
        .then(|| {
            file.document
                .sections()
                .iter()
                .find(|section| section.path.first().is_some_and(|n| n == "relations"))
        })
        .flatten()
        .map(|section| file.place(section.span));
    IndexFile {
        form,
        apis,
        troubles,
        residue,
        file,
    }
}

#[cfg(test)]
mod tests {
    use super::{IndexForm, read};
    use crate::model::path::RepoPath;
    use crate::project::ini_file::IniFile;

    fn index(text: &str) -> super::IndexFile {
        read(IniFile::new(
            RepoPath::parse(".postman/api").unwrap(),
            text.to_owned(),
        ))
    }

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn a_list_is_read_with_the_place_of_each_id() {
        let text = format!(
            "# x\napis[] = {{\"apiId\":\"{ID}\"}}\r\napis[] = {{\"apiId\":\"no\"}}\nconfigVersion = 1.0.0\ntype = api\n"
        );
        let index = index(&text);
        assert_eq!(index.form, IndexForm::List);
        assert_eq!(index.apis[0].id.as_ref().unwrap().as_str(), ID);
        assert!(index.apis[1].id.is_none());
        let start = index.apis[0].written.place.location.start;
        assert_eq!((start.line, start.column), (2, 20));
    }

    #[test]
    fn a_broken_entry_is_told_and_the_rest_is_read() {
        let text = format!(
            "apis[] = {{\"apiId\":\napis[] = \"{{\\\"apiId\\\":\\\"{ID}\\\"}}\"\nconfigVersion = 1.0.0\n[relations]\n"
        );
        let index = index(&text);
        assert_eq!((index.apis.len(), index.troubles.len()), (1, 1));
        assert!(index.residue.is_some());
    }

    #[test]
    fn forms_are_told_apart() {
        assert_eq!(index("id = x\n").form, IndexForm::Legacy);
        assert!(matches!(
            index("configVersion = 2.0.0\n").form,
            IndexForm::Unknown(_)
        ));
    }
}
