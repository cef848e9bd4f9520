//! The folders and requests of a collection, and which of two collections are the same ones.
//!
//! An id counts where both sides have it and it names the same kind of thing. Else method, URL, name and place decide,
//! the surest pairs first; position alone never does.

use std::collections::HashMap;

use crate::format::meaning::{Within, same};
use crate::format::node::{Kind, NodeRef};

/// One folder or request.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The object.
    pub node: NodeRef<'a>,
    /// Its folder, as an index into the list; `None` right below the collection.
    pub parent: Option<usize>,
    /// Whether it has an `item` list.
    pub is_folder: bool,
    /// Its name.
    pub name: &'a str,
    /// Its method; empty for a folder.
    pub method: &'a str,
    /// Its URL as it is written; empty for a folder.
    pub url: String,
    /// The items below it, in order.
    pub children: Vec<usize>,
}

/// All items of a collection, folders before what lies in them.
#[derive(Clone, Debug, Default)]
pub struct Items<'a> {
    /// The items.
    pub list: Vec<Item<'a>>,
    /// Those right below the collection, in order.
    pub top: Vec<usize>,
}

impl<'a> Items<'a> {
    /// Reads the items of a collection of version 2.
    pub fn of(collection: NodeRef<'a>) -> Self {
        let mut items = Self::default();
        items.top = items.read(collection, None);
        items
    }

    /// The items below one, or those right below the collection.
    pub fn below(&self, parent: Option<usize>) -> &[usize] {
        parent.map_or(&self.top, |parent| &self.list[parent].children)
    }

    /// The names from the top down to an item, joined for people.
    pub fn path(&self, index: usize) -> String {
        let mut names = vec![self.list[index].name];
        let mut parent = self.list[index].parent;
        while let Some(folder) = parent {
            names.push(self.list[folder].name);
            parent = self.list[folder].parent;
        }
        names.reverse();
        names.join(" / ")
    }

    fn read(&mut self, holder: NodeRef<'a>, parent: Option<usize>) -> Vec<usize> {
        let mut children = Vec::new();
        for node in holder
            .get("item")
            .into_iter()
            .flat_map(NodeRef::items)
            .filter(|node| node.kind() == Kind::Object)
        {
            let index = self.list.len();
            let is_folder = node.get("item").is_some();
            self.list.push(Item {
                node,
                parent,
                is_folder,
                name: node.get_str("name").unwrap_or_default(),
                method: node
                    .at("/request/method")
                    .and_then(NodeRef::as_str)
                    .unwrap_or_default(),
                url: url_of(node),
                children: Vec::new(),
            });
            let below = self.read(node, Some(index));
            self.list[index].children = below;
            children.push(index);
        }
        children
    }

    fn id(&self, index: usize) -> Option<&'a str> {
        let node = self.list[index].node;
        ["id", "_postman_id", "uid"]
            .iter()
            .find_map(|key| node.get_str(key))
            .filter(|id| !id.is_empty())
    }
}

/// The URL as it is written, whether as a string or taken apart.
fn url_of(item: NodeRef<'_>) -> String {
    let Some(request) = item.get("request") else {
        return String::new();
    };
    let url = if request.kind() == Kind::String {
        Some(request)
    } else {
        request.get("url")
    };
    match url {
        Some(url) if url.kind() == Kind::String => url.as_str().unwrap_or_default().to_owned(),
        Some(url) => url.get_str("raw").unwrap_or_default().to_owned(),
        None => String::new(),
    }
}

/// For each item of `from` the item of `to` that is the same one.
pub fn pair(from: &Items<'_>, to: &Items<'_>) -> Vec<Option<usize>> {
    let mut pairing = Pairing {
        from,
        to,
        found: vec![None; from.list.len()],
        taken: vec![false; to.list.len()],
    };
    pairing.by_id();
    // The surest agreement first; each takes its pairs away from those after it.
    pairing.by_key(|items, index| full_key(items, index, true));
    pairing.by_key(|items, index| full_key(items, index, false));
    pairing.by_likeness();
    pairing.found
}

struct Pairing<'a, 'b> {
    from: &'b Items<'a>,
    to: &'b Items<'a>,
    found: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Pairing<'_, '_> {
    fn by_id(&mut self) {
        let mut ids: HashMap<&str, Option<usize>> = HashMap::new();
        for index in 0..self.to.list.len() {
            if let Some(id) = self.to.id(index) {
                // An id that stands twice names neither.
                ids.entry(id)
                    .and_modify(|known| *known = None)
                    .or_insert(Some(index));
            }
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for index in 0..self.from.list.len() {
            if let Some(id) = self.from.id(index) {
                *seen.entry(id).or_default() += 1;
            }
        }
        for index in 0..self.from.list.len() {
            let Some(id) = self.from.id(index).filter(|id| seen.get(id) == Some(&1)) else {
                continue;
            };
            if let Some(Some(other)) = ids.get(id).copied()
                && self.from.list[index].is_folder == self.to.list[other].is_folder
            {
                self.take(index, other);
            }
        }
    }

    /// Pairs what has the same key, in the order of the lists where several have it.
    fn by_key(&mut self, key: impl Fn(&Items<'_>, usize) -> String) {
        let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
        for index in (0..self.to.list.len())
            .rev()
            .filter(|index| !self.taken[*index])
        {
            waiting.entry(key(self.to, index)).or_default().push(index);
        }
        for index in 0..self.from.list.len() {
            if self.found[index].is_none()
                && let Some(other) = waiting.get_mut(&key(self.from, index)).and_then(Vec::pop)
            {
                self.take(index, other);
            }
        }
    }

    /// Pairs what is left where enough agrees, the most alike first.
    fn by_likeness(&mut self) {
        let left = |found: &[Option<usize>]| {
            (0..found.len())
                .filter(|index| found[*index].is_none())
                .collect::<Vec<_>>()
        };
        let from = left(&self.found);
        let to: Vec<usize> = (0..self.to.list.len())
            .filter(|index| !self.taken[*index])
            .collect();
        let mut buckets: HashMap<(bool, String), Vec<usize>> = HashMap::new();
        for other in to {
            for key in self.traits(self.to, other, other) {
                buckets
                    .entry((self.to.list[other].is_folder, key))
                    .or_default()
                    .push(other);
            }
        }
        let mut candidates = Vec::new();
        for index in from {
            let mut seen = Vec::new();
            for key in self.traits(self.from, index, usize::MAX) {
                for other in buckets
                    .get(&(self.from.list[index].is_folder, key))
                    .into_iter()
                    .flatten()
                    .take(64)
                {
                    if !seen.contains(other) {
                        seen.push(*other);
                        candidates.push((self.likeness(index, *other), index, *other));
                    }
                }
            }
        }
        candidates.sort_by(|one, other| {
            other
                .0
                .cmp(&one.0)
                .then(one.1.cmp(&other.1))
                .then(one.2.cmp(&other.2))
        });
        for (score, index, other) in candidates {
            if score >= ENOUGH && self.found[index].is_none() && !self.taken[other] {
                self.take(index, other);
            }
        }
    }

    /// What an item may share with its other self: the name, the method with the URL, the place.
    fn traits(&self, items: &Items<'_>, index: usize, as_target: usize) -> Vec<String> {
        let item = &items.list[index];
        let mut keys = vec![format!("n{}", item.name)];
        if !item.url.is_empty() {
            keys.push(format!("u{}", item.url));
        }
        let place = if as_target == usize::MAX {
            item.parent.and_then(|p| self.found[p])
        } else {
            item.parent
        };
        let at_top = item.parent.is_none();
        if at_top || place.is_some() {
            keys.push(format!("p{place:?}"));
        }
        keys
    }

    fn likeness(&self, index: usize, other: usize) -> u32 {
        let (one, two) = (&self.from.list[index], &self.to.list[other]);
        let same_place = match (one.parent, two.parent) {
            (None, None) => true,
            (Some(one), Some(two)) => self.found[one] == Some(two),
            _ => false,
        };
        let content = |key: &str| match (one.node.get(key), two.node.get(key)) {
            (Some(one), Some(two)) => same(one, two, Within::Other),
            (None, None) => false,
            _ => false,
        };
        let mut score = 0;
        score += 3 * u32::from(!one.name.is_empty() && one.name == two.name);
        score += 2 * u32::from(!one.url.is_empty() && one.url == two.url);
        score += u32::from(!one.method.is_empty() && one.method == two.method);
        score += 2 * u32::from(same_place);
        score += 3 * u32::from(content("request"));
        score += u32::from(content("event"));
        if one.is_folder {
            let shared = one.children.iter().filter(|child| {
                self.found[**child].is_some_and(|found| self.to.list[found].parent == Some(other))
            });
            score += 4 * u32::from(shared.count() * 2 > one.children.len().max(1));
        }
        score
    }

    fn take(&mut self, index: usize, other: usize) {
        self.found[index] = Some(other);
        self.taken[other] = true;
    }
}

/// A pair needs this much: a name and its place, or a request that is the same, or a method, URL and place.
const ENOUGH: u32 = 5;

fn full_key(items: &Items<'_>, index: usize, with_place: bool) -> String {
    let item = &items.list[index];
    let place = match item.parent {
        Some(parent) if with_place => items.path(parent),
        _ => String::new(),
    };
    format!(
        "{}\0{}\0{}\0{}\0{place}",
        item.is_folder, item.method, item.url, item.name
    )
}

#[cfg(test)]
mod tests {
    use super::{Items, pair};
    use crate::format::json;

    /// `name:method url` lines, indented by folder; gives for each line of the first the line of the second.
    fn paired(one: &str, other: &str) -> Vec<Option<usize>> {
        let (one, other) = (collection(one), collection(other));
        let (one, _) = json::parse(one);
        let (other, _) = json::parse(other);
        pair(
            &Items::of(one.root().unwrap()),
            &Items::of(other.root().unwrap()),
        )
    }

    fn collection(text: &str) -> String {
        let mut lines = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .peekable();
        format!("{{\"item\": [{}]}}", items(&mut lines, 0))
    }

    fn items<'a>(
        lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
        depth: usize,
    ) -> String {
        let mut items = Vec::new();
        while let Some(line) = lines.peek() {
            let indent = line.len() - line.trim_start().len();
            if indent < depth {
                break;
            }
            let line = lines.next().unwrap().trim();
            items.push(match line.split_once(':') {
                Some((name, request)) => {
                    let (method, url) = request.split_once(' ').unwrap();
                    format!(r#"{{"name": "{name}", "request": {{"method": "{method}", "url": "{url}"}}}}"#)
                }
                None => format!(r#"{{"name": "{line}", "item": [{}]}}"#, items_below(lines, depth + 1)),
            });
        }
        items.join(",")
    }

    fn items_below<'a>(
        lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
        depth: usize,
    ) -> String {
        items(lines, depth)
    }

    #[test]
    fn order_does_not_decide() {
        assert_eq!(
            paired("a:GET /a\nb:GET /b", "b:GET /b\na:GET /a"),
            [Some(1), Some(0)]
        );
    }

    #[test]
    fn renamed_moved_and_changed_requests_are_found_again() {
        assert_eq!(
            paired("a:GET /a\nb:GET /b", "x:GET /a\nb:GET /b"),
            [Some(0), Some(1)]
        );
        assert_eq!(
            paired("f\n a:GET /a\ng\n b:GET /b", "f\ng\n b:GET /b\n a:GET /a"),
            [Some(0), Some(3), Some(1), Some(2)]
        );
        assert_eq!(paired("a:GET /a", "a:POST /b"), [Some(0)]);
    }

    #[test]
    fn what_shares_only_its_position_is_another_request() {
        assert_eq!(paired("a:GET /a", "b:GET /b"), [None]);
        assert_eq!(paired("a:GET /a\nb:GET /b", "b:GET /b"), [None, Some(0)]);
    }

    #[test]
    fn a_renamed_folder_is_known_by_what_lies_in_it() {
        assert_eq!(
            paired("f\n a:GET /a\n b:GET /b", "g\n a:GET /a\n b:GET /b"),
            [Some(0), Some(1), Some(2)]
        );
    }

    #[test]
    fn twins_are_paired_in_their_order() {
        assert_eq!(
            paired("a:GET /a\na:GET /a\na:GET /a", "a:GET /a\na:GET /a"),
            [Some(0), Some(1), None]
        );
    }
}
