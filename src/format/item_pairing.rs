//! Which folders and requests of two collections are the same ones.
//!
//! An id counts where both sides have it and something else agrees too. Else method, URL, name and place decide, the
//! surest pairs first, and of what is left the assignment that agrees most; position alone never does.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::format::assignment::{Candidate, assign};
use crate::format::items::{Item, Items};
use crate::format::meaning::{Within, same, within};
use crate::format::node::NodeRef;

/// For each item of `from` the item of `to` that is the same one. The other way round gives the same pairs.
pub fn pair(from: &Items<'_>, to: &Items<'_>) -> Vec<Option<usize>> {
    pair_by(from, to, Trust::WithMore)
}

/// The same where ids are known to be each other's: equal ids decide, whatever else is said. For two sides of one
/// collection whose ids were translated from one to the other.
pub fn pair_trusting_ids(from: &Items<'_>, to: &Items<'_>) -> Vec<Option<usize>> {
    pair_by(from, to, Trust::Alone)
}

/// What an id that stands on both sides is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// It counts with a name or a method and URL that agree.
    WithMore,
    /// It decides.
    Alone,
}

fn pair_by(from: &Items<'_>, to: &Items<'_>, trust: Trust) -> Vec<Option<usize>> {
    // Ties are decided from one side, which must not depend on who asks.
    if side_order(from, to) == Ordering::Greater {
        let mut inverse = vec![None; from.list.len()];
        for (index, other) in pair_oriented(to, from, trust).into_iter().enumerate() {
            if let Some(other) = other {
                inverse[other] = Some(index);
            }
        }
        return inverse;
    }
    pair_oriented(from, to, trust)
}

/// An order of the two sides by what they hold.
fn side_order(one: &Items<'_>, other: &Items<'_>) -> Ordering {
    fn told<'a>(
        items: &'a Items<'_>,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a str, Option<&'a str>)> {
        let list = items.list.iter().enumerate();
        list.map(|(index, item)| (item.name, item.method, item.url.as_str(), items.id(index)))
    }
    told(one).cmp(told(other)).then_with(|| {
        fn text<'a>(item: &Item<'a>) -> &'a str {
            item.node.span().of(item.node.document().text())
        }
        let pairs = one.list.iter().zip(&other.list);
        pairs
            .filter(|(one, other)| one.parent.is_none() && other.parent.is_none())
            .map(|(one, other)| text(one).cmp(text(other)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    })
}

fn pair_oriented(from: &Items<'_>, to: &Items<'_>, trust: Trust) -> Vec<Option<usize>> {
    let mut pairing = Pairing {
        from,
        to,
        found: vec![None; from.list.len()],
        taken: vec![None; to.list.len()],
        ids: common_ids(from, to),
    };
    pairing.by_id(trust);
    // The surest agreement first; each takes its pairs away from those after it.
    pairing.by_key(|items, index| full_key(items, index, true));
    pairing.by_key(|items, index| full_key(items, index, false));
    // Folders are known by what lies in them, and requests by where they lie: each helps the other.
    for folders in [true, false, true, false] {
        pairing.by_likeness(folders);
    }
    pairing.found
}

struct Pairing<'a, 'b> {
    from: &'b Items<'a>,
    to: &'b Items<'a>,
    found: Vec<Option<usize>>,
    taken: Vec<Option<usize>>,
    /// For each item the one on the other side with its id, as long as the id stands once on both sides.
    ids: Vec<Option<usize>>,
}

fn common_ids(from: &Items<'_>, to: &Items<'_>) -> Vec<Option<usize>> {
    fn known<'a>(items: &Items<'a>) -> HashMap<&'a str, Option<usize>> {
        let mut known = HashMap::new();
        for index in 0..items.list.len() {
            if let Some(id) = items.id(index) {
                // An id that stands twice names neither.
                known
                    .entry(id)
                    .and_modify(|index| *index = None)
                    .or_insert(Some(index));
            }
        }
        known
    }
    let (of_from, of_to) = (known(from), known(to));
    let mut ids = vec![None; from.list.len()];
    for (id, index) in of_from {
        if let (Some(index), Some(Some(other))) = (index, of_to.get(id).copied())
            && from.list[index].is_folder == to.list[other].is_folder
        {
            ids[index] = Some(other);
        }
    }
    ids
}

impl Pairing<'_, '_> {
    /// An id with a name or a method and URL that agree. An id alone is weighed later: some imports count from one.
    fn by_id(&mut self, trust: Trust) {
        for index in 0..self.from.list.len() {
            let Some(other) = self.ids[index] else {
                continue;
            };
            let (one, two) = (&self.from.list[index], &self.to.list[other]);
            let same_name = !one.name.is_empty() && one.name == two.name;
            let same_request =
                !one.url.is_empty() && one.url == two.url && one.method == two.method;
            if trust == Trust::Alone || same_name || same_request {
                self.take(index, other);
            }
        }
    }

    /// Pairs what has the same key. Of several those that mean the same go together, the others in their order.
    fn by_key(&mut self, key: impl Fn(&Items<'_>, usize) -> Option<String>) {
        let mut waiting: HashMap<String, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for index in (0..self.to.list.len()).filter(|index| self.taken[*index].is_none()) {
            if let Some(key) = key(self.to, index) {
                waiting.entry(key).or_default().1.push(index);
            }
        }
        let mut keys = Vec::new();
        for index in (0..self.from.list.len()).filter(|index| self.found[*index].is_none()) {
            if let Some(key) = key(self.from, index)
                && let Some((from, _)) = waiting.get_mut(&key)
            {
                if from.is_empty() {
                    keys.push(key);
                }
                from.push(index);
            }
        }
        for key in keys {
            let Some((from, to)) = waiting.remove(&key) else {
                continue;
            };
            if from.len() != to.len() && from.len().max(to.len()) <= MANY_TWINS {
                for index in &from {
                    let twin = to.iter().find(|other| {
                        self.taken[**other].is_none()
                            && same(
                                self.from.list[*index].node,
                                self.to.list[**other].node,
                                Within::Item,
                            )
                    });
                    if let Some(twin) = twin {
                        self.take(*index, *twin);
                    }
                }
            }
            let from: Vec<usize> = from
                .into_iter()
                .filter(|index| self.found[*index].is_none())
                .collect();
            let to: Vec<usize> = to
                .into_iter()
                .filter(|other| self.taken[*other].is_none())
                .collect();
            for (index, other) in from.into_iter().zip(to) {
                self.take(index, other);
            }
        }
    }

    /// Pairs what is left where enough agrees, so that as much as possible agrees.
    fn by_likeness(&mut self, folders: bool) {
        let wanted = |item: &Item<'_>| item.is_folder == folders;
        let from: Vec<usize> = (0..self.from.list.len())
            .filter(|index| self.found[*index].is_none() && wanted(&self.from.list[*index]))
            .collect();
        let to: Vec<usize> = (0..self.to.list.len())
            .filter(|other| self.taken[*other].is_none() && wanted(&self.to.list[*other]))
            .collect();
        if from.is_empty() || to.is_empty() {
            return;
        }
        // Each bucket gives at most so many times so many candidates.
        let many = (MOST_CANDIDATES / (from.len() + to.len())).clamp(8, 64);
        let mut buckets: HashMap<Trait<'_>, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for other in to {
            for known in self.traits_of_target(other) {
                buckets.entry(known).or_default().1.push(other);
            }
        }
        for index in from {
            for known in self.traits_of_source(index) {
                if let Some((from, _)) = buckets.get_mut(&known) {
                    from.push(index);
                }
            }
        }
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (from, to) in buckets.values() {
            for index in from.iter().take(many) {
                pairs.extend(to.iter().take(many).map(|other| (*index, *other)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let candidates: Vec<Candidate> = pairs
            .into_iter()
            .map(|(from, to)| Candidate {
                from,
                to,
                weight: self.likeness(from, to),
            })
            .filter(|candidate| candidate.weight >= ENOUGH)
            .collect();
        for (index, other) in assign(&candidates) {
            self.take(index, other);
        }
    }

    fn traits_of_source(&self, index: usize) -> Vec<Trait<'_>> {
        let item = &self.from.list[index];
        let mut known = traits(item);
        match item.parent {
            None => known.push(Trait::Place(None)),
            Some(parent) => {
                known.extend(self.found[parent].map(|folder| Trait::Place(Some(folder))))
            }
        }
        known.extend(self.ids[index].map(Trait::Same));
        known.extend(item.children.iter().filter_map(|child| {
            let parent = self.to.list[self.found[*child]?].parent?;
            Some(Trait::Same(parent))
        }));
        known
    }

    fn traits_of_target(&self, other: usize) -> Vec<Trait<'_>> {
        let item = &self.to.list[other];
        let mut known = traits(item);
        known.push(Trait::Place(item.parent));
        known.push(Trait::Same(other));
        known
    }

    fn likeness(&self, index: usize, other: usize) -> u32 {
        let (one, two) = (&self.from.list[index], &self.to.list[other]);
        let same_place = match (one.parent, two.parent) {
            (None, None) => true,
            (Some(one), Some(two)) => self.found[one] == Some(two),
            _ => false,
        };
        let content = |key: &str| match (one.node.get(key), two.node.get(key)) {
            (Some(one), Some(two)) => same(one, two, within(Within::Item, key)),
            _ => false,
        };
        // A request of version 3 is a file of its own, with nothing around it.
        let same_file = || {
            let is_file = |node: NodeRef<'_>| node.get("$kind").is_some();
            let same_part = |key: &str| match (one.node.get(key), two.node.get(key)) {
                (Some(one), Some(two)) => same(one, two, within(Within::RequestFile, key)),
                (None, None) => true,
                _ => false,
            };
            is_file(one.node)
                && is_file(two.node)
                && ["headers", "queryParams", "body"]
                    .into_iter()
                    .all(same_part)
        };
        let mut score = 0;
        score += 3 * u32::from(!one.name.is_empty() && one.name == two.name);
        score += 2 * u32::from(!one.url.is_empty() && one.url == two.url);
        score += u32::from(!one.method.is_empty() && one.method == two.method);
        score += 2 * u32::from(same_place);
        if self.ids[index] == Some(other) {
            // A long id is no accident; a short one may just have been counted.
            let long = self.from.id(index).is_some_and(|id| id.len() >= 16);
            score += if long { 4 } else { 1 };
        }
        if one.is_folder {
            let shared = one.children.iter().filter(|child| {
                self.found[**child].is_some_and(|found| self.to.list[found].parent == Some(other))
            });
            let shared = shared.count();
            let most = one.children.len().max(two.children.len());
            score += 4 * u32::from(shared * 2 > most);
            score += 2 * u32::from(most == 0);
        } else if one.url == two.url {
            // What asks for another address is not the same request, so looking closer is saved.
            score += 3 * u32::from(content("request") || same_file());
            score += u32::from(content("event"));
        }
        score
    }

    fn take(&mut self, index: usize, other: usize) {
        self.found[index] = Some(other);
        self.taken[other] = Some(index);
    }
}

/// A pair needs this much: a name and its place, or a request that is the same, or a method, URL and place.
const ENOUGH: u32 = 5;

/// More things of one name, method, URL and place than this are paired in their order.
const MANY_TWINS: usize = 32;

/// About so many candidates are looked at in a pass, times what a bucket gives.
const MOST_CANDIDATES: usize = 100_000;

/// What an item may share with its other self.
#[derive(PartialEq, Eq, Hash)]
enum Trait<'a> {
    Name(&'a str),
    Url(&'a str),
    /// It lies in this folder of the target.
    Place(Option<usize>),
    /// It is this one: by its id, or by what lies in it.
    Same(usize),
}

fn traits<'a>(item: &'a Item<'_>) -> Vec<Trait<'a>> {
    let mut known = Vec::new();
    if !item.name.is_empty() {
        known.push(Trait::Name(item.name));
    }
    if !item.url.is_empty() {
        known.push(Trait::Url(&item.url));
    }
    known
}

fn full_key(items: &Items<'_>, index: usize, with_place: bool) -> Option<String> {
    let item = &items.list[index];
    let place = match item.parent {
        Some(parent) if with_place => items.path(parent),
        _ => String::new(),
    };
    // A folder of the same name elsewhere, or a request without name and URL, needs more to speak for it.
    if !with_place && (item.is_folder || item.name.is_empty() || item.url.is_empty()) {
        return None;
    }
    Some(format!(
        "{}\0{}\0{}\0{}\0{place}",
        item.is_folder, item.method, item.url, item.name
    ))
}

#[cfg(test)]
mod tests {
    use super::pair;
    use crate::format::items::Items;
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
    fn an_id_of_something_utterly_different_does_not_make_a_pair() {
        let (one, _) = json::parse(r#"{"item": [{"id": "1", "name": "a", "request": {"method": "GET", "url": "/a"}}, {"id": "2", "name": "b", "request": {"method": "GET", "url": "/b"}}]}"#.to_owned());
        let (other, _) = json::parse(r#"{"item": [{"id": "1", "name": "x", "request": {"method": "PUT", "url": "/x"}}, {"id": "2", "name": "a", "request": {"method": "GET", "url": "/a"}}, {"id": "3", "name": "b", "request": {"method": "GET", "url": "/b"}}]}"#.to_owned());
        let pairs = pair(
            &Items::of(one.root().unwrap()),
            &Items::of(other.root().unwrap()),
        );
        assert_eq!(pairs, [Some(1), Some(2)]);
    }

    #[test]
    fn a_long_id_finds_a_request_whose_name_and_url_changed_at_once() {
        let item = |name: &str| {
            let text = format!(
                r#"{{"item": [{{"id": "0f0f0f0f-1111-4222-8333-444444444444", "name": "{name}", "request": {{"method": "GET", "url": "/{name}"}}}}]}}"#
            );
            json::parse(text).0
        };
        let (one, other) = (item("a"), item("b"));
        let pairs = pair(
            &Items::of(one.root().unwrap()),
            &Items::of(other.root().unwrap()),
        );
        assert_eq!(pairs, [Some(0)]);
    }

    #[test]
    fn names_of_variables_and_the_order_of_the_query_do_not_matter() {
        assert_eq!(
            paired(
                "a:GET {{base}}/users/:id?x=1&y=2",
                "b:GET {{url}}/users/{{user}}/?y=2&x=3"
            ),
            [Some(0)]
        );
    }

    #[test]
    fn of_twins_the_one_that_is_gone_is_told_by_content() {
        let list = |bodies: &[&str]| {
            let items: Vec<String> = bodies.iter().map(|body| format!(r#"{{"name": "New Request", "request": {{"method": "POST", "url": "/a", "body": {{"mode": "raw", "raw": "{body}"}}}}}}"#)).collect();
            json::parse(format!(r#"{{"item": [{}]}}"#, items.join(","))).0
        };
        let (one, other) = (list(&["1", "2", "3"]), list(&["1", "3"]));
        let pairs = pair(
            &Items::of(one.root().unwrap()),
            &Items::of(other.root().unwrap()),
        );
        assert_eq!(pairs, [Some(0), None, Some(1)]);
    }

    proptest::proptest! {
        #[test]
        fn the_other_way_round_gives_the_same_pairs(
            one in proptest::collection::vec((0_u8..4, 0_u8..4, 0_u8..3), 0..9),
            other in proptest::collection::vec((0_u8..4, 0_u8..4, 0_u8..3), 0..9),
        ) {
            let text = |list: &[(u8, u8, u8)]| {
                let mut text = String::new();
                for (name, url, place) in list {
                    if *place == 0 {
                        text.push_str(&format!("f{name}\n"));
                    } else {
                        let indent = if text.is_empty() { "" } else { [" ", ""][usize::from(*place - 1)] };
                        text.push_str(&format!("{indent}n{name}:GET /u{url}\n"));
                    }
                }
                text
            };
            // A line below a request has no folder to lie in.
            let fit = |text: String| {
                let mut fit = String::new();
                let mut in_folder = false;
                for line in text.lines() {
                    let line = if in_folder { line } else { line.trim_start() };
                    if !line.starts_with(' ') {
                        in_folder = !line.contains(':');
                    }
                    fit.push_str(line);
                    fit.push('\n');
                }
                fit
            };
            let (one, other) = (fit(text(&one)), fit(text(&other)));
            let (there, back) = (paired(&one, &other), paired(&other, &one));
            for (index, found) in there.iter().enumerate() {
                if let Some(found) = found {
                    proptest::prop_assert_eq!(back[*found], Some(index));
                }
            }
            proptest::prop_assert_eq!(there.iter().flatten().count(), back.iter().flatten().count());
        }
    }

    #[test]
    fn twins_are_paired_in_their_order() {
        assert_eq!(
            paired("a:GET /a\na:GET /a\na:GET /a", "a:GET /a\na:GET /a"),
            [Some(0), Some(1), None]
        );
    }
}
