//! Taking a merge back where the two changes together are not what the format allows: the smallest part around each fault
//! becomes a conflict, with our side in it.

use std::collections::HashMap;

use crate::format::merge::Outcome;
use crate::format::merge_value::{Conflict, Three, written};
use crate::format::merged::Merged;
use crate::format::node::{NodeId, NodeRef, pointer_part};

/// How a conflict begins that is told because the two changes together break the format.
pub const NOT_VALID_TOGETHER: &str = "both changes together would not be valid";

/// Takes back the parts of a merge that hold these faults: JSON Pointers into the result, each with what is wrong there.
/// Gives whether anything could be taken back.
pub fn take_back(
    outcome: &mut Outcome<'_>,
    ours: NodeRef<'_>,
    faults: &[(String, String)],
) -> bool {
    let mut any = false;
    for (pointer, message) in faults {
        let steps: Vec<String> = pointer.split('/').skip(1).map(plain).collect();
        let mut walk = Walk {
            origins: &outcome.origins,
            ours,
            message,
            names: Vec::new(),
            field: Vec::new(),
            found: None,
        };
        any |= walk.follow(&mut outcome.merged, &steps, Place::Holder);
        outcome.conflicts.extend(walk.found);
    }
    any
}

/// The whole document as one conflict, with our version as the result.
pub fn take_back_all<'a>(
    base: NodeRef<'a>,
    ours: NodeRef<'a>,
    theirs: NodeRef<'a>,
    message: &str,
) -> Outcome<'a> {
    let text = |node: NodeRef<'_>| Some(written(node).to_owned());
    Outcome {
        merged: Merged::Taken(ours),
        conflicts: vec![Conflict {
            item: String::new(),
            field: String::new(),
            message: told(message),
            base: text(base),
            ours: text(ours),
            theirs: text(theirs),
        }],
        origins: HashMap::new(),
    }
}

fn told(message: &str) -> String {
    format!("{NOT_VALID_TOGETHER}: {message}")
}

fn plain(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// What a part is, seen from the folders and requests.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The document, a folder or a request.
    Holder,
    /// The list of what lies in it.
    Items,
    /// Anything below a request.
    Field,
}

struct Walk<'b, 'a> {
    origins: &'b HashMap<NodeId, Three<'a>>,
    ours: NodeRef<'b>,
    message: &'b str,
    names: Vec<String>,
    field: Vec<String>,
    found: Option<Conflict>,
}

impl<'a> Walk<'_, 'a> {
    fn follow(&mut self, merged: &mut Merged<'a>, steps: &[String], place: Place) -> bool {
        if let Some((step, rest)) = steps.split_first() {
            let below = match merged {
                Merged::Object { members, .. } => {
                    let member = members.iter_mut().find(|(key, _)| *key == step.as_str());
                    member.map(|(_, value)| value)
                }
                Merged::Array { items, .. } => step
                    .parse()
                    .ok()
                    .and_then(|index: usize| items.get_mut(index)),
                _ => None,
            };
            if let Some(below) = below {
                let names = self.names.len();
                let next = match place {
                    Place::Holder if step == "item" => Place::Items,
                    Place::Items => {
                        self.names.extend(name_of(below));
                        Place::Holder
                    }
                    _ => {
                        self.field.push(step.clone());
                        Place::Field
                    }
                };
                if self.follow(below, rest, next) {
                    return true;
                }
                self.names.truncate(names);
                self.field.pop();
            }
        }
        self.take_back(merged, place)
    }

    fn take_back(&mut self, merged: &mut Merged<'a>, place: Place) -> bool {
        let like = match merged {
            Merged::Object { like, .. } | Merged::Array { like, .. } => *like,
            _ => return false,
        };
        let is_ours = std::ptr::eq(like.document(), self.ours.document());
        let Some(three) = self
            .origins
            .get(&like.id())
            .filter(|_| is_ours && place != Place::Items)
        else {
            return false;
        };
        let kept = match merged {
            Merged::Object { members, .. } if place == Place::Holder => members
                .iter()
                .position(|(key, _)| *key == "item")
                .map(|at| members.swap_remove(at).1),
            _ => None,
        };
        // What lies in a folder may have been moved: that stays as it was merged.
        *merged = match kept {
            None => Merged::Taken(like),
            Some(items) => {
                let mut items = Some(items);
                let member = |key: &str, value| match items.take_if(|_| key == "item") {
                    Some(items) => items,
                    None => Merged::Taken(value),
                };
                let mut member = member;
                let members = like
                    .members()
                    .map(|own| (own.key, member(own.key, own.value)))
                    .collect();
                Merged::Object { like, members }
            }
        };
        let field: String = self
            .field
            .iter()
            .map(|step| format!("/{}", pointer_part(step)))
            .collect();
        let text = |side: Option<NodeRef<'_>>| side.map(|node| written(node).to_owned());
        self.found = Some(Conflict {
            item: self.names.join(" / "),
            field,
            message: told(self.message),
            base: text(three.base),
            ours: text(three.ours),
            theirs: text(three.theirs),
        });
        true
    }
}

fn name_of(merged: &Merged<'_>) -> Option<String> {
    match merged {
        Merged::Taken(node) => node.get_str("name").map(str::to_owned),
        Merged::Object { members, .. } => {
            let name = members.iter().find(|(key, _)| *key == "name");
            match name.map(|(_, value)| value)? {
                Merged::Taken(node) => node.as_str().map(str::to_owned),
                Merged::Text { text, .. } => Some(text.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}
