//! A value as it counts: one level at a time, with volatile fields and defaults left out, keys in their fixed order, and
//! one way of writing for what has several. Both the canonical text and the comparison of values are made from this.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::format::canonical_number::canonical_number;
use crate::format::canonical_url::{PARTS, dotted, slashed, whole_url};
use crate::format::meaning_fields::{Empty, Treatment, Within, fields_of, within};
use crate::format::meaning_part::{Part, Parts, View, sorted};
use crate::format::meaning_text::{
    compare_names, headers, is_blank_line, lines, plain_description, schema_address,
};
use crate::format::node::{Kind, MemberRef, NodeRef};

impl<'a> Part<'a> {
    pub(crate) fn view(self) -> View<'a> {
        match self {
            Self::Node(node, place) => view(node, place),
            Self::Made(view) => *view,
        }
    }
}

/// The value at a node as it counts.
pub(crate) fn view(node: NodeRef<'_>, place: Within) -> View<'_> {
    match node.kind() {
        Kind::Null => View::Null,
        Kind::Boolean => View::Boolean(node.as_boolean().unwrap_or_default()),
        Kind::Number => View::Number(canonical_number(node.as_number().unwrap_or_default())),
        Kind::String => of_text(node, place),
        Kind::Array => of_list(node, place),
        Kind::Object => of_object(node, place),
    }
}

/// Which of two values comes first; equal where they mean the same.
pub(crate) fn compare(one: Part<'_>, other: Part<'_>) -> Ordering {
    if let (Part::Node(one, place), Part::Node(other, other_place)) = (&one, &other)
        && place == other_place
        && is_written_alike(*one, *other)
    {
        return Ordering::Equal;
    }
    let kind = |view: &View<'_>| match view {
        View::Null => 0,
        View::Boolean(_) => 1,
        View::Number(_) => 2,
        View::Text(_) => 3,
        View::Items(..) | View::List(_) => 4,
        View::Object(_) => 5,
    };
    let (one, other) = (one.view(), other.view());
    match (one, other) {
        (View::Boolean(one), View::Boolean(other)) => one.cmp(&other),
        (View::Number(one), View::Number(other)) | (View::Text(one), View::Text(other)) => {
            one.cmp(&other)
        }
        (View::Object(one), View::Object(other)) => {
            let lengths = one.len().cmp(&other.len());
            let members = one.into_iter().zip(other).map(|(one, other)| {
                let keys = one.0.cmp(other.0);
                keys.then_with(|| compare(one.1, other.1))
            });
            first_difference(members).then(lengths)
        }
        (one, other) => {
            let kinds = kind(&one).cmp(&kind(&other));
            match (one.into_parts(), other.into_parts()) {
                (Some(one), Some(other)) => compare_lists(one, other),
                _ => kinds,
            }
        }
    }
}

fn compare_lists(mut one: Parts<'_>, mut other: Parts<'_>) -> Ordering {
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(one), Some(other)) => compare(one, other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// Whether two nodes are the same, or JSON texts that are. In block style the indentation around a text counts, and with
/// aliases another place of the document does, so there the answer is no.
fn is_written_alike(one: NodeRef<'_>, other: NodeRef<'_>) -> bool {
    let (document, other_document) = (one.document(), other.document());
    if std::ptr::eq(document, other_document) && one.id() == other.id() {
        return true;
    }
    if document.shares_values() || other_document.shares_values() {
        return false;
    }
    let text = one.span().of(document.text());
    one.kind() == other.kind()
        && text.starts_with(['{', '[', '"'])
        && text == other.span().of(other_document.text())
}

fn of_text(node: NodeRef<'_>, place: Within) -> View<'_> {
    let text = node.as_str().unwrap_or_default();
    match place {
        Within::Request => View::Object(vec![("url", Part::Node(node, Within::Url))]),
        Within::Lines => View::List(lines(text).map(Part::text).collect()),
        Within::SchemaAddress => View::Text(schema_address(text)),
        Within::Header => match headers(text) {
            Some(mut headers) => {
                headers.sort_by(|one, other| compare_names(one.0, other.0));
                let part = |(key, value)| {
                    Part::object(vec![("key", Part::text(key)), ("value", Part::text(value))])
                };
                View::List(headers.into_iter().map(part).collect())
            }
            None => View::Text(Cow::Borrowed(text)),
        },
        _ => View::Text(Cow::Borrowed(text)),
    }
}

fn of_list(node: NodeRef<'_>, place: Within) -> View<'_> {
    let below = place_of_items(place);
    match place {
        Within::Header | Within::HeaderMap => by_name(node, below, "key", compare_names),
        Within::PathVariable | Within::AuthParameters | Within::NamedMap => {
            by_name(node, below, "key", str::cmp)
        }
        Within::Event => events(node),
        Within::Response => unordered(node, place),
        Within::Set => set(node),
        Within::Lines => {
            let texts: Option<Vec<&str>> = node.items().map(NodeRef::as_str).collect();
            match texts {
                Some(texts) => {
                    View::List(texts.into_iter().flat_map(lines).map(Part::text).collect())
                }
                None => View::Items(node, below),
            }
        }
        _ => View::Items(node, below),
    }
}

fn of_object(node: NodeRef<'_>, place: Within) -> View<'_> {
    match place {
        Within::Url => return url(node),
        Within::Description => {
            if let Some(text) = plain_description(node) {
                return View::Text(Cow::Borrowed(text));
            }
        }
        Within::AuthParameters => return pairs(node, Some(str::cmp)),
        Within::HeaderMap => return pairs(node, Some(compare_names)),
        Within::NamedMap => return pairs(node, Some(str::cmp)),
        Within::OrderedMap => return pairs(node, None),
        _ => {}
    }
    let place = kind_of_entry(node, place);
    let mut members = members(node, place);
    if let Some((key, part)) = filled(place)
        && node.get(key).is_none()
    {
        members.push((key, part));
    }
    View::Object(sorted(members, is_ranked(place)))
}

/// The member that an object of this kind has without writing it.
pub(crate) fn filled(place: Within) -> Option<(&'static str, Part<'static>)> {
    match place {
        Within::Collection => Some(("item", Part::Made(Box::new(View::List(Vec::new()))))),
        Within::Environment => Some(("_postman_variable_scope", Part::text("environment"))),
        Within::Globals => Some(("_postman_variable_scope", Part::text("globals"))),
        Within::DefinitionFile => Some(("$kind", Part::text("collection"))),
        _ => None,
    }
}

/// What the items of a list are, by what the list is.
pub(crate) fn place_of_items(list: Within) -> Within {
    match list {
        Within::AuthParameters => Within::AuthParameter,
        Within::HeaderMap => Within::HeaderEntry,
        Within::NamedMap => Within::NamedEntry,
        Within::OrderedMap => Within::OrderedEntry,
        Within::Set | Within::Lines => Within::Value,
        other => other,
    }
}

/// What a file of a collection of version 3 is, by its `$kind`.
pub(crate) fn kind_of_entry(node: NodeRef<'_>, place: Within) -> Within {
    if place != Within::TreeEntry {
        return place;
    }
    match node.get_str("$kind").unwrap_or("collection") {
        "collection" => Within::DefinitionFile,
        kind if kind.ends_with("-request") => Within::RequestFile,
        _ => Within::ExampleFile,
    }
}

/// The members of an object that count, in the order of the text.
pub(crate) fn members(node: NodeRef<'_>, place: Within) -> Vec<(&str, Part<'_>)> {
    let mut members = Vec::with_capacity(node.members().len() + 1);
    for (index, member) in node.members().enumerate() {
        if node.counts(index) {
            members.extend(part_of(node, place, member).map(|part| (member.key, part)));
        }
    }
    members
}

/// A member as it counts in its object; `None` where it says nothing.
pub(crate) fn part_of<'a>(
    object: NodeRef<'a>,
    place: Within,
    member: MemberRef<'a>,
) -> Option<Part<'a>> {
    if !counts(object, place, member.key, member.value) {
        return None;
    }
    match within(place, member.key) {
        Within::Behaviour if place == Within::Item => behaviour(object, member.value),
        below => Some(Part::Node(member.value, below)),
    }
}

/// Whether objects of a kind are Postman's, whose keys have a fixed order; elsewhere it is the alphabet.
fn is_ranked(place: Within) -> bool {
    !matches!(
        place,
        Within::Value
            | Within::Schema
            | Within::SchemaMap
            | Within::Components
            | Within::DefinitionPart
    )
}

/// Whether a member is part of the meaning of its object.
pub(crate) fn counts(object: NodeRef<'_>, place: Within, key: &str, value: NodeRef<'_>) -> bool {
    let fields = fields_of(place);
    if fields.is_empty() {
        return true;
    }
    let mut named = fields.iter().filter(|field| field.key == key).peekable();
    let left_out = |treatment: Treatment| match treatment {
        Treatment::Volatile => true,
        Treatment::VolatileBeside(other) => {
            object.get_str(other).is_some_and(|name| !name.is_empty())
        }
        Treatment::Absent(empties) => empties
            .iter()
            .any(|empty| is_empty(*empty, value, within(place, key))),
        Treatment::SameAs(other) => {
            value.as_str().is_some() && value.as_str() == object.get_str(other)
        }
        Treatment::TypeOfValue => matches!(
            (value.as_str(), object.get("value").map(NodeRef::kind)),
            (Some("any"), _)
                | (Some("string"), Some(Kind::String))
                | (Some("boolean"), Some(Kind::Boolean))
                | (Some("number"), Some(Kind::Number))
        ),
        _ => false,
    };
    if named.peek().is_none() && key != "type" {
        let mut others = fields.iter().filter(|field| field.key == "*");
        return !others.any(|field| left_out(field.treatment));
    }
    !named.any(|field| left_out(field.treatment))
}

fn is_empty(empty: Empty, value: NodeRef<'_>, place: Within) -> bool {
    match empty {
        Empty::Null => value.kind() == Kind::Null,
        Empty::Text => value.as_str() == Some(""),
        Empty::List => value.kind() == Kind::Array && value.items().len() == 0,
        Empty::Object => value.kind() == Kind::Object && has_no_members(value, place),
        Empty::False => value.as_boolean() == Some(false),
        Empty::True => value.as_boolean() == Some(true),
        Empty::AnyText => value.as_str().is_some(),
        Empty::Word(word) => value.as_str() == Some(word),
        Empty::Nothing => says_nothing(value, place),
    }
}

/// Whether an object has no member that counts.
fn has_no_members(object: NodeRef<'_>, place: Within) -> bool {
    let mut own = object.members().enumerate();
    own.all(|(index, member)| {
        !object.counts(index) || !counts(object, place, member.key, member.value)
    })
}

/// Whether nothing is left of a value in canonical form.
fn says_nothing(value: NodeRef<'_>, place: Within) -> bool {
    match (place, value.kind()) {
        (Within::Description, Kind::String) => value.as_str() == Some(""),
        (Within::Description, Kind::Object) => {
            value.get_str("content") == Some("")
                && value
                    .members()
                    .all(|member| matches!(member.key, "content" | "type"))
        }
        (Within::Header, Kind::String) => value.as_str().is_some_and(|text| text.trim().is_empty()),
        (Within::Lines, Kind::String) => value.as_str().is_some_and(is_blank_line),
        (Within::Lines, Kind::Array) => {
            let mut items = value.items();
            items.len() <= 1 && items.all(|item| item.as_str().is_some_and(is_blank_line))
        }
        (Within::Event, Kind::Array) => value.items().all(is_empty_event),
        _ => false,
    }
}

/// Whether an event has no script, or one without lines, and nothing else but its kind.
fn is_empty_event(event: NodeRef<'_>) -> bool {
    let means_nothing = |(key, part): (&str, Part<'_>)| match (key, part) {
        ("listen", Part::Node(listen, _)) => {
            matches!(listen.as_str(), Some("test" | "prerequest"))
        }
        ("script", Part::Node(script, place)) => {
            script.kind() == Kind::Object && has_no_members(script, place)
        }
        _ => false,
    };
    event.kind() == Kind::Object && members(event, Within::Event).into_iter().all(means_nothing)
}

fn events(list: NodeRef<'_>) -> View<'_> {
    let left: Vec<NodeRef<'_>> = list
        .items()
        .filter(|event| !is_empty_event(*event))
        .collect();
    if left.len() == list.items().len() {
        return by_name(list, Within::Event, "listen", str::cmp);
    }
    let mut left = left;
    if left.iter().all(|event| event.get_str("listen").is_some()) {
        left.sort_by_key(|event| event.get_str("listen"));
    }
    let part = |event| Part::Node(event, Within::Event);
    View::List(left.into_iter().map(part).collect())
}

/// A list in which the order counts only among entries of one name.
fn by_name<'a>(
    list: NodeRef<'a>,
    place: Within,
    key: &str,
    order: fn(&str, &str) -> Ordering,
) -> View<'a> {
    let mut last = None;
    let mut in_order = true;
    for item in list.items() {
        // An entry without a name could belong anywhere, so every place counts.
        let Some(name) = item.get_str(key) else {
            return View::Items(list, place);
        };
        in_order &= last.is_none_or(|last| order(last, name) != Ordering::Greater);
        last = Some(name);
    }
    if in_order {
        return View::Items(list, place);
    }
    let mut named: Vec<(&str, NodeRef<'a>)> = list
        .items()
        .map(|item| (item.get_str(key).unwrap_or_default(), item))
        .collect();
    named.sort_by(|one, other| order(one.0, other.0));
    let part = |(_, item)| Part::Node(item, place);
    View::List(named.into_iter().map(part).collect())
}

fn unordered(list: NodeRef<'_>, place: Within) -> View<'_> {
    if list.items().len() < 2 {
        return View::Items(list, place);
    }
    let mut items: Vec<NodeRef<'_>> = list.items().collect();
    items.sort_by(|one, other| {
        let names = one.get_str("name").cmp(&other.get_str("name"));
        names.then_with(|| compare(Part::Node(*one, place), Part::Node(*other, place)))
    });
    let part = |item| Part::Node(item, place);
    View::List(items.into_iter().map(part).collect())
}

fn set(list: NodeRef<'_>) -> View<'_> {
    let names: Option<Vec<&str>> = list.items().map(NodeRef::as_str).collect();
    match names {
        Some(mut names) => {
            names.sort_unstable();
            View::List(names.into_iter().map(Part::text).collect())
        }
        None => View::Items(list, Within::Value),
    }
}

/// A mapping as the list of its keys and values.
fn pairs(map: NodeRef<'_>, order: Option<fn(&str, &str) -> Ordering>) -> View<'_> {
    let mut entries: Vec<(&str, NodeRef<'_>)> = map
        .members()
        .enumerate()
        .filter(|(index, _)| map.counts(*index))
        .map(|(_, member)| (member.key, member.value))
        .collect();
    if let Some(order) = order {
        entries.sort_by(|one, other| order(one.0, other.0));
    }
    let part = |(key, value)| {
        Part::object(vec![
            ("key", Part::text(key)),
            ("value", Part::Node(value, Within::Value)),
        ])
    };
    View::List(entries.into_iter().map(part).collect())
}

/// `protocolProfileBehavior` of a request, without what has no effect on it; `None` where nothing is left.
fn behaviour<'a>(item: NodeRef<'a>, value: NodeRef<'a>) -> Option<Part<'a>> {
    if value.kind() != Kind::Object || !sends_the_same_body(item) {
        return Some(Part::Node(value, Within::Behaviour));
    }
    let mut left = members(value, Within::Behaviour);
    left.retain(|(key, part)| {
        let is_switch = matches!(part, Part::Node(node, _) if node.kind() == Kind::Boolean);
        *key != "disableBodyPruning" || !is_switch
    });
    (!left.is_empty()).then(|| Part::object(left))
}

/// Whether a request sends the same with and without `disableBodyPruning`: it has no body, or its method sends any.
fn sends_the_same_body(item: NodeRef<'_>) -> bool {
    let Some(request) = item.get("request") else {
        return false;
    };
    match request.kind() {
        Kind::String => true,
        Kind::Object => {
            let body = request.get("body");
            if body.is_none_or(|body| !counts(request, Within::Request, "body", body)) {
                return true;
            }
            // The methods whose body Postman leaves out by default.
            let pruned = ["GET", "COPY", "HEAD", "PURGE", "UNLOCK"];
            let method = match request.get("method") {
                None => "GET",
                Some(method) => method.as_str().unwrap_or("GET"),
            };
            !pruned
                .iter()
                .any(|known| known.eq_ignore_ascii_case(method))
        }
        _ => false,
    }
}

fn url(node: NodeRef<'_>) -> View<'_> {
    let mut members = members(node, Within::Url);
    let Some(whole) = whole_url(node) else {
        for (key, part) in &mut members {
            let Part::Node(value, _) = part else { continue };
            let text = match *key {
                "host" => dotted(*value),
                "path" => slashed(*value),
                _ => None,
            };
            if let Some(text) = text {
                *part = Part::text(text);
            }
        }
        members.retain(|(key, part)| {
            let empty = matches!(part, Part::Made(view) if matches!(&**view, View::Text(text) if text.is_empty()));
            !(empty && matches!(*key, "host" | "path"))
        });
        return View::Object(sorted(members, true));
    };
    members.retain(|(key, part)| match (*key, part) {
        ("query", Part::Node(query, _)) => says_more_than_pairs(*query),
        (key, _) => key != "raw" && !PARTS.contains(&key),
    });
    if members.is_empty() {
        return View::Text(whole);
    }
    members.push(("raw", Part::text(whole)));
    View::Object(sorted(members, true))
}

/// Whether query parameters carry anything that does not stand in the URL itself.
fn says_more_than_pairs(query: NodeRef<'_>) -> bool {
    query.items().any(|parameter| {
        members(parameter, Within::Query)
            .iter()
            .any(|(key, _)| !matches!(*key, "key" | "value"))
    })
}
