//! One group of the graph as a picture: APIs on the left, repositories on the right, lines between them.

use crate::audit::page::graph::{Edge, Graph, Group, Node};
use crate::model::finding::{Finding, Severity};
use crate::model::text::shortened;
use crate::report::escape::html;

/// So many nodes of a side are drawn; the rest are counted.
pub const MOST_ROWS: usize = 20;

const WIDTH: usize = 1000;
const BOX: usize = 400;
const ROW: usize = 54;
const HEIGHT: usize = 44;
const MARGIN: usize = 6;
/// So many characters fit into a box.
const MOST_OF_A_NAME: usize = 38;
const MOST_OF_A_DETAIL: usize = 52;

/// How many rows a group takes.
pub fn rows(group: &Group) -> usize {
    let side = |nodes: &[usize]| nodes.len().min(MOST_ROWS + 1);
    side(&group.apis).max(side(&group.repositories)).max(1)
}

/// Draws a group. Nodes with findings lead to the first of them, as far as the table has it.
pub fn draw(graph: &Graph, group: &Group, findings: &[Finding], told: usize) -> String {
    let height = rows(group) * ROW + MARGIN;
    let apis = Side::of(&group.apis, &graph.apis, 0, rows(group));
    let repositories = Side::of(
        &group.repositories,
        &graph.repositories,
        WIDTH - BOX,
        rows(group),
    );
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"group\" aria-label=\"{}\">\n",
        html(&label(graph, group))
    );
    for edge in &group.edges {
        if let (Some(from), Some(to)) =
            (apis.middle(edge.api), repositories.middle(edge.repository))
        {
            svg.push_str(&line(edge, from, to));
        }
    }
    for side in [&apis, &repositories] {
        for (row, index) in side.shown.iter().enumerate() {
            svg.push_str(&boxed(
                &side.nodes[*index],
                side.x,
                side.top(row),
                findings,
                told,
            ));
        }
        if side.left_out > 0 {
            svg.push_str(&format!(
                "<text class=\"soft\" x=\"{}\" y=\"{}\">and {} more</text>\n",
                side.x + 18,
                side.top(side.shown.len()) + 27,
                side.left_out
            ));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// One column.
struct Side<'a> {
    nodes: &'a [Node],
    shown: &'a [usize],
    left_out: usize,
    x: usize,
    start: usize,
}

impl<'a> Side<'a> {
    fn of(indexes: &'a [usize], nodes: &'a [Node], x: usize, rows: usize) -> Self {
        let shown = &indexes[..indexes.len().min(MOST_ROWS)];
        let left_out = indexes.len() - shown.len();
        let own = shown.len() + usize::from(left_out > 0);
        Self {
            nodes,
            shown,
            left_out,
            x,
            start: (rows - own.min(rows)) * ROW / 2,
        }
    }

    fn top(&self, row: usize) -> usize {
        self.start + row * ROW + MARGIN
    }

    fn middle(&self, node: usize) -> Option<usize> {
        let row = self.shown.iter().position(|index| *index == node)?;
        Some(self.top(row) + HEIGHT / 2)
    }
}

fn line(edge: &Edge, from: usize, to: usize) -> String {
    let (class, words) = match (edge.is_claimed, edge.is_connected) {
        (true, true) => ("both", "both say so"),
        (true, false) => ("claimed", "only the repository says so"),
        (false, _) => ("connected", "only Postman says so"),
    };
    let (left, right) = (BOX, WIDTH - BOX);
    let third = (right - left) / 2;
    format!(
        "<path class=\"{class}\" d=\"M{left} {from}C{} {from} {} {to} {right} {to}\"><title>{words}</title></path>\n",
        left + third,
        right - third
    )
}

fn boxed(node: &Node, x: usize, y: usize, findings: &[Finding], told: usize) -> String {
    let of = |severity: Severity| {
        node.findings
            .iter()
            .filter(|number| {
                findings
                    .get(**number)
                    .is_some_and(|one| one.severity == severity)
            })
            .count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let class = match (errors, warnings) {
        (0, 0) => "clean",
        (0, _) => "warning",
        _ => "error",
    };
    let missing = if node.is_missing { " missing" } else { "" };
    let mut marks = Vec::new();
    if errors > 0 {
        marks.push(format!("<tspan class=\"error\">✕ {errors}</tspan>"));
    }
    if warnings > 0 {
        marks.push(format!("<tspan class=\"warning\">▲ {warnings}</tspan>"));
    }
    let drawn = format!(
        "<rect class=\"node {class}{missing}\" x=\"{x}\" y=\"{y}\" width=\"{BOX}\" height=\"{HEIGHT}\" rx=\"6\"></rect>\
         <rect class=\"bar {class}\" x=\"{x}\" y=\"{y}\" width=\"5\" height=\"{HEIGHT}\" rx=\"2\"></rect>\
         <text x=\"{}\" y=\"{}\">{}</text><text class=\"soft\" x=\"{}\" y=\"{}\">{}</text>\
         <text class=\"marks\" x=\"{}\" y=\"{}\">{}</text><title>{}</title>",
        x + 18,
        y + 19,
        html(&shortened(&node.name, MOST_OF_A_NAME)),
        x + 18,
        y + 36,
        html(&shortened(&node.detail, MOST_OF_A_DETAIL)),
        x + BOX - 12,
        y + 19,
        marks.join(" "),
        html(&format!("{}, {}", node.name, node.detail)),
    );
    match node.findings.first().filter(|number| **number < told) {
        Some(number) => format!("<a href=\"#finding-{}\">{drawn}</a>\n", number + 1),
        None => format!("<g>{drawn}</g>\n"),
    }
}

/// What a reader who cannot see the picture is told.
fn label(graph: &Graph, group: &Group) -> String {
    let names = |indexes: &[usize], nodes: &[Node]| {
        let mut names: Vec<String> = indexes
            .iter()
            .take(3)
            .map(|index| shortened(&nodes[*index].name, MOST_OF_A_NAME))
            .collect();
        if indexes.len() > 3 {
            names.push(format!("{} more", indexes.len() - 3));
        }
        match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        }
    };
    format!(
        "APIs: {}; repositories: {}",
        names(&group.apis, &graph.apis),
        names(&group.repositories, &graph.repositories)
    )
}
