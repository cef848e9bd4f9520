//! The folders and requests of a collection.

use crate::format::node::{Kind, NodeRef};
use crate::format::url_template::url_template;

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
    /// Its URL without what may differ for one and the same request: names of variables, order of the query, a slash at
    /// the end; empty for a folder.
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

    /// Whether these are all items of the collection they were read from: it is an object, every `item` is a list, and
    /// whatever is in it an object.
    pub fn are_all_of(&self, collection: NodeRef<'a>) -> bool {
        let folders = self.list.iter().filter(|item| item.is_folder);
        let folders = folders.map(|folder| (folder.node, folder.children.len()));
        let mut holders = std::iter::once((collection, self.top.len())).chain(folders);
        collection.kind() == Kind::Object
            && holders.all(|(holder, known)| {
                holder
                    .get("item")
                    .is_none_or(|list| list.kind() == Kind::Array && list.items().len() == known)
            })
    }

    /// The items below one, or those right below the collection.
    pub fn below(&self, parent: Option<usize>) -> &[usize] {
        parent.map_or(&self.top, |parent| &self.list[parent].children)
    }

    /// The names from the top down to an item, joined for people.
    pub fn path(&self, index: usize) -> String {
        self.names(index).join(" / ")
    }

    /// The names from the top down to an item.
    pub fn names(&self, index: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut next = Some(index);
        while let Some(index) = next {
            names.push(self.list[index].name.to_owned());
            next = self.list[index].parent;
        }
        names.reverse();
        names
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
                url: url_template(node),
                children: Vec::new(),
            });
            let below = self.read(node, Some(index));
            self.list[index].children = below;
            children.push(index);
        }
        children
    }

    /// The id of an item, under whichever name it has one.
    pub(crate) fn id(&self, index: usize) -> Option<&'a str> {
        let node = self.list[index].node;
        ["id", "_postman_id", "uid"]
            .iter()
            .find_map(|key| node.get_str(key))
            .filter(|id| !id.is_empty())
    }
}
