//! The evidence behind the signs: an article for each cell and each rule. Without a script they
//! stand below the table; with one they open in place.

use super::{anchor, classes, escaped, is_web, rule_anchor, signed};
use crate::matrix::{Cell, Column, Matrix, Piece, Row, many};
use imdspec_rules::Level;
use std::fmt::Write as _;

/// How many scenarios are named beside a rule that held.
const MOST_SCENARIOS: usize = 20;

pub(super) fn render(matrix: &Matrix, ran: &[&Column]) -> String {
    let mut out = String::from("<section class=\"evidence\">\n<h2>Evidence</h2>\n");
    for column in ran {
        for (row, cell) in matrix.cells_of(column) {
            out.push_str(&article(matrix, row, column, cell));
        }
    }
    out.push_str("<h2>Rules</h2>\n");
    for row in &matrix.rules {
        out.push_str(&rule(row, ran));
    }
    out.push_str("</section>\n");
    out
}

fn article(matrix: &Matrix, row: &Row, column: &Column, cell: &Cell) -> String {
    let mut out = format!(
        "<article id=\"{}\">\n<h3><code>{}</code> <span class=\"level {level}\">{level}</span> {}</h3>\n\
         <p class=\"verdict {}\"><b>{}</b> {}</p>\n<p>{}</p>\n",
        anchor(row, column),
        escaped(&row.id),
        escaped(&column.title()),
        classes(cell),
        signed(cell),
        escaped(&cell.words()),
        escaped(&row.statement),
        level = row.level.as_str(),
    );
    if let Some(known) = &cell.known {
        let link = known.link.as_deref().filter(|l| is_web(l));
        let link = link.map_or_else(String::new, |l| {
            format!(" <a href=\"{0}\">{0}</a>", escaped(l))
        });
        let head = if cell.expected {
            "Known".to_owned()
        } else {
            format!("Expected {}", escaped(&known.verdict))
        };
        let _ = writeln!(
            out,
            "<p class=\"known\"><strong>{head}:</strong> {}{link}</p>",
            escaped(&known.reason)
        );
    }
    if cell.exercised > 0 {
        let mut often = cell.how_often();
        if row.level == Level::Pin {
            often = format!("seen in {}", many(cell.scenarios.len(), "scenario"));
        }
        let _ = writeln!(out, "<p class=\"how\">{often}</p>");
    }
    if !cell.reason.is_empty() {
        let _ = writeln!(out, "<p class=\"how\">{}</p>", escaped(&cell.reason));
    }
    for piece in &cell.evidence {
        out.push_str(&evidence(piece));
    }
    let hidden = cell.broken.saturating_sub(cell.evidence.len());
    if hidden > 0 {
        let _ = writeln!(
            out,
            "<p class=\"how\">{hidden} more: run without <code>--scenario</code>.</p>"
        );
    }
    if cell.evidence.is_empty() && !cell.scenarios.is_empty() {
        out.push_str(&scenarios(&cell.scenarios));
        let command = column.command(&matrix.seed);
        out.push_str(&again(&format!("{command} --rule {} --verbose", row.id)));
    }
    let _ = writeln!(
        out,
        "<p class=\"ways\"><a href=\"#{}\">about the rule</a></p>\n</article>",
        rule_anchor(row)
    );
    out
}

fn scenarios(names: &[String]) -> String {
    let mut out = String::from("<ul class=\"scenarios\">");
    for name in names.iter().take(MOST_SCENARIOS) {
        let _ = write!(out, "<li><code>{}</code></li>", escaped(name));
    }
    let hidden = names.len().saturating_sub(MOST_SCENARIOS);
    if hidden > 0 {
        let _ = write!(out, "<li>and {hidden} more</li>");
    }
    out.push_str("</ul>\n");
    out
}

fn evidence(piece: &Piece) -> String {
    let mut out = String::from("<dl>");
    let mut pair = |name: &str, what: &str| {
        if !what.is_empty() {
            let _ = write!(out, "<dt>{name}</dt><dd>{what}</dd>");
        }
    };
    let scenario = format!("<code>{}</code>", escaped(&piece.scenario));
    pair("scenario", &scenario);
    pair("expected", &escaped(&piece.expected));
    let got = if piece.expected.is_empty() {
        "observed"
    } else {
        "got"
    };
    pair(got, &escaped(&piece.got));
    out.push_str("</dl>\n<pre class=\"exchange\" tabindex=\"0\">");
    out.push_str(&exchange(&piece.exchange));
    out.push_str("</pre>\n");
    out.push_str(&again(&piece.again));
    out
}

/// The exchange, the events that prove the verdict marked, the last of them more than the others.
fn exchange(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|l| l.starts_with('>'));
    let mut marked = false;
    let mut offence = false;
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        // A line that begins an event has its number; the others continue it.
        if !line.starts_with("      ") {
            marked = line.starts_with('>');
            offence = last == Some(i);
        }
        let line = escaped(line);
        let _ = match (marked, offence) {
            (_, true) => writeln!(out, "<mark class=\"offence\">{line}</mark>"),
            (true, false) => writeln!(out, "<mark>{line}</mark>"),
            (false, false) => writeln!(out, "{line}"),
        };
    }
    out
}

fn again(command: &str) -> String {
    format!("<pre class=\"command\">{}</pre>\n", escaped(command))
}

/// What is known of a rule, and who keeps it.
fn rule(row: &Row, ran: &[&Column]) -> String {
    let mut out = format!(
        "<article id=\"{}\">\n<h3><code>{id}</code> <span class=\"level {level}\">{level}</span></h3>\n\
         <p>{}</p>\n<dl><dt>source</dt><dd>{} ({})</dd></dl>\n<ul class=\"verdicts\">",
        rule_anchor(row),
        escaped(&row.statement),
        escaped(&row.source),
        row.provenance.as_str(),
        id = escaped(&row.id),
        level = row.level.as_str(),
    );
    for column in ran {
        if let Some(cell) = row.of(column) {
            let _ = write!(
                out,
                "<li><a class=\"{}\" href=\"#{}\"><b>{}</b> {}: {}</a></li>",
                classes(cell),
                anchor(row, column),
                signed(cell),
                escaped(&column.id),
                escaped(&cell.words()),
            );
        }
    }
    let _ = write!(
        out,
        "</ul>\n{}</article>\n",
        again(&format!("imdspec explain {}", row.id))
    );
    out
}
