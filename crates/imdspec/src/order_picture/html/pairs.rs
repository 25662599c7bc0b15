//! Every two sources together: a table whose rows beat its columns, and what each cell stands on.

use super::source;
use crate::matrix::many;
use crate::order_picture::facts::{self, Kind};
use crate::order_picture::text::escaped;
use imdspec_suite::order::report::{Found, Pair};
use imdspec_wire::Source;
use std::fmt::Write as _;

/// The table of a subject.
pub(super) fn render(found: &Found) -> String {
    let sources: Vec<Source> = found.ladder.sources().collect();
    if sources.len() < 2 {
        return String::new();
    }
    let mut out = format!(
        "<h3>{} together</h3>\n<p class=\"soft\">A row beats a column at <b>●</b>, and also where \
         the other one was asked, at <b>◉</b>; <b>·</b> it does not, <b>∅</b> neither does. Point \
         to a cell, click it or tab to it to see what it stands on.{}</p>\n\
         <div class=\"scroll\"><table class=\"pairs\">\n<thead><tr><td></td>",
        many(found.pairs.len(), "pair"),
        marks(found)
    );
    for one in &sources {
        let _ = write!(out, "<th scope=\"col\"><span>{}</span></th>", source(*one));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &sources {
        let rank = facts::rank(found, *row).unwrap_or_default();
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><b>{rank}</b> {}</th>",
            source(*row)
        );
        for column in &sources {
            out.push_str(&cell(found, *row, *column));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// What the marks mean, those that occur.
fn marks(found: &Found) -> String {
    let mut out = String::new();
    if !found.disagreements.is_empty() {
        out.push_str(" <span class=\"bad\">Outlined</span> is not as documented.");
    }
    if !found.circles.is_empty() {
        out.push_str(" <span class=\"bad\">Red</span> goes round in a circle.");
    }
    out
}

fn cell(found: &Found, row: Source, column: Source) -> String {
    if row == column {
        return "<td class=\"same\"></td>".to_owned();
    }
    let Some(pair) = facts::pair(found, row, column) else {
        return "<td></td>".to_owned();
    };
    let (class, sign) = match pair.winner {
        None => ("none", "∅"),
        Some(winner) if winner != row => ("loses", "·"),
        Some(_) if facts::loser_was_asked(pair) => ("wins", "◉"),
        Some(_) => ("wins", "●"),
    };
    let against = match (found.ladder.rank(row), found.ladder.rank(column)) {
        (Some(row), Some(column)) if class == "wins" && row >= column => " against",
        _ => "",
    };
    let disagrees = found.disagreements.iter().any(|d| {
        [d.documented_first, d.found_first] == [row, column]
            || [d.found_first, d.documented_first] == [row, column]
    });
    let flag = if disagrees { " flagged" } else { "" };
    format!(
        "<td class=\"{class}{against}{flag} {}\"><div tabindex=\"0\">{sign}<div class=\"shown\" \
         role=\"note\">{}</div></div></td>",
        Kind::of(row).class(),
        evidence(pair, disagrees)
    )
}

/// What a cell stands on.
fn evidence(pair: &Pair, disagrees: bool) -> String {
    let [a, b] = pair.sources.map(source);
    let head = match (pair.winner, facts::loser(pair)) {
        (Some(winner), Some(loser)) => format!("{} before {}", source(winner), source(loser)),
        _ => format!("neither {a} nor {b}"),
    };
    let asked: Vec<String> = pair.asked.iter().map(|s| source(*s)).collect();
    let asked = match asked.is_empty() {
        true => "no server and no command".to_owned(),
        false => asked.join(", then "),
    };
    let flag = if disagrees {
        "<span class=\"flag\">⚑ not as documented</span>"
    } else {
        ""
    };
    format!(
        "<p>{head} {flag}</p><dl><dt>outcome</dt><dd>{}</dd><dt>asked</dt><dd>{asked}</dd>\
         <dt>scenario</dt><dd><code>{}</code></dd></dl>",
        escaped(&pair.words),
        escaped(&pair.scenario)
    )
}
