//! The table as Markdown, and one page of evidence for each subject.

use super::{Cell, Column, Matrix, Piece, Row, State, VERDICTS, many, meaning, sign, words};
use imdspec_rules::{Level, Verdict};
use std::fmt::Write as _;

/// How many scenarios are named beside a rule that held.
const MOST_SCENARIOS: usize = 6;

/// What the files are called, so that they can name each other.
pub(crate) struct Places {
    /// The file of the table.
    pub(crate) table: String,
    /// The folder beside it that holds the pages.
    pub(crate) folder: String,
}

/// The table.
pub(crate) fn table(matrix: &Matrix, places: &Places) -> String {
    let mut out = format!(
        "# Rules by subject\n\n\
         What `imdspec matrix` saw on {}: imdspec {}, seed `{}`, {}. Each sign leads to its \
         evidence; each rule is explained by `imdspec explain RULE`.\n",
        matrix.date,
        matrix.imdspec,
        matrix.seed,
        many(matrix.rules.len(), "rule"),
    );
    if let Some(said) = matrix.steadiness() {
        let _ = writeln!(out, "\nIn this run, {said}.");
    }
    if matrix.interrupted {
        out.push_str("\nThe run was interrupted: what was not run is not judged.\n");
    }
    out.push_str(&totals(matrix, places));
    out.push_str(&not_run(matrix));
    let ran: Vec<&Column> = matrix.ran().collect();
    if ran.is_empty() {
        return out;
    }
    out.push_str("\n| sign | verdict | meaning |\n|---|---|---|\n");
    for verdict in VERDICTS {
        let (sign, words) = (sign(verdict), words(verdict));
        let _ = writeln!(out, "| {sign} | {words} | {} |", meaning(verdict));
    }
    out.push_str(
        "| **!** | after a sign | not what the subject's descriptor expects; without it, a rule \
         that was broken is known and explained there |\n",
    );
    let names: String = ran
        .iter()
        .map(|c| format!(" {} |", escaped(&c.id)))
        .collect();
    for (group, rows) in matrix.groups() {
        let _ = write!(
            out,
            "\n## {group}\n\n| rule | level |{names} it asks |\n|---|---|{}---|\n",
            ":-:|".repeat(ran.len())
        );
        for row in rows {
            let _ = write!(out, "| {} | {} |", row.id, row.level.as_str());
            for column in &ran {
                let cell = row.of(column);
                let link = cell.map_or_else(String::new, |c| link(row, column, c, places));
                let _ = write!(out, " {link} |");
            }
            let _ = writeln!(out, " {} |", escaped(&row.statement));
        }
    }
    out
}

/// Who was run, and how many verdicts of each kind there are.
fn totals(matrix: &Matrix, places: &Places) -> String {
    if matrix.ran().next().is_none() {
        return String::new();
    }
    let heads: String = VERDICTS.map(|v| format!(" {} |", words(v))).concat();
    let mut out = format!(
        "\n| subject | driven as |{heads}\n|---|---|{}\n",
        "--:|".repeat(VERDICTS.len())
    );
    for column in matrix.ran() {
        let page = format!("{}/{}.md", places.folder, column.id);
        let title = escaped(&column.title());
        let _ = write!(out, "| [{title}]({page}) | {} |", column.driven());
        for verdict in VERDICTS {
            let _ = write!(out, " {} |", matrix.count(column, verdict));
        }
        out.push('\n');
    }
    for column in matrix.ran() {
        for note in &column.notes {
            let _ = writeln!(out, "\nNote on {}: {}", column.id, escaped(note));
        }
        for missed in &column.missed {
            let (id, missed) = (&column.id, escaped(missed));
            let _ = writeln!(out, "\nAn expectation of {id} is **not true**: {missed}");
        }
    }
    out
}

fn not_run(matrix: &Matrix) -> String {
    let mut out = String::new();
    for column in matrix.subjects.iter().filter(|c| c.state != State::Ran) {
        if out.is_empty() {
            out.push_str("\n| not run | why | to install it |\n|---|---|---|\n");
        }
        let install: Vec<String> = column.install.iter().map(|i| code(i)).collect();
        let _ = writeln!(
            out,
            "| {} | {}: {} | {} |",
            name(column),
            column.state.as_str(),
            escaped(&column.why),
            install.join("<br>")
        );
    }
    out
}

/// A subject's name, leading to its home page.
fn name(column: &Column) -> String {
    let title = escaped(&column.title());
    match &column.homepage {
        Some(page) => format!("[{title}]({page})"),
        None => title,
    }
}

/// A sign that leads to its evidence.
fn link(row: &Row, column: &Column, cell: &Cell, places: &Places) -> String {
    let anchor = if has_section(cell) {
        row.id.to_lowercase()
    } else {
        words(cell.verdict).replace(' ', "-")
    };
    let shown = if cell.expected {
        cell.sign().to_owned()
    } else {
        format!("**{}!**", cell.sign())
    };
    format!("[{shown}]({}/{}.md#{anchor})", places.folder, column.id)
}

/// Whether a cell's evidence is more than a line.
const fn has_section(cell: &Cell) -> bool {
    cell.is_bad() || matches!(cell.verdict, Verdict::Observed)
}

/// The page of a subject.
pub(crate) fn page(matrix: &Matrix, column: &Column, places: &Places) -> String {
    let mut out = format!(
        "# {}\n\n\
         {} by [the rules](../{}) on {}: imdspec {}, {}, {}. Everything on this page again:\n\n\
         ```sh\n{}\n```\n\n\
         In the exchanges, the subject's lane is on the left and the service's on the right; `>` \
         marks the events that prove the verdict. Times count from the first resolve, to \
         ten seconds, and dates are told by their distance from it. `<…>` stands for what is secret \
         or differs from run to run.\n",
        escaped(&column.title()),
        name(column),
        places.table,
        matrix.date,
        matrix.imdspec,
        column.driven(),
        many(column.scenarios, "scenario"),
        column.command(&matrix.seed),
    );
    for note in &column.notes {
        let _ = writeln!(out, "\nNote: {}", escaped(note));
    }
    for verdict in [
        Verdict::Violated,
        Verdict::Warned,
        Verdict::Observed,
        Verdict::Held,
        Verdict::NotExercised,
        Verdict::NotApplicable,
        Verdict::NotRun,
    ] {
        let cells: Vec<(&Row, &Cell)> = matrix
            .cells_of(column)
            .filter(|(_, cell)| cell.verdict == verdict)
            .collect();
        if cells.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {}", capital(words(verdict)));
        if cells.iter().all(|(_, cell)| has_section(cell)) {
            for (row, cell) in cells {
                out.push_str(&section(row, cell));
            }
        } else {
            out.push_str(&list(&cells));
        }
    }
    out
}

/// Everything about one rule.
fn section(row: &Row, cell: &Cell) -> String {
    let mut out = format!("\n### {}\n\n", row.id);
    let level = row.level;
    if level == Level::Pin {
        let scenarios = many(cell.scenarios.len(), "scenario");
        let _ = writeln!(
            out,
            "{} **{}** in {scenarios}.",
            level.as_str(),
            cell.words()
        );
    } else {
        let (words, often) = (cell.words(), cell.how_often());
        let _ = writeln!(out, "{} **{words}**: {often}.", level.as_str());
    }
    let _ = writeln!(out, "\n> {}", escaped(&row.statement));
    if let Some(known) = &cell.known {
        let more = known.link.as_ref();
        let more = more.map_or_else(String::new, |l| format!(" [More]({l})"));
        let _ = writeln!(out, "\nKnown: {}{more}", escaped(&known.reason));
    }
    for piece in &cell.evidence {
        out.push_str(&evidence(piece));
    }
    let hidden = cell.broken.saturating_sub(cell.evidence.len());
    if hidden > 0 {
        let _ = writeln!(out, "\n{hidden} more: run without `--scenario`.");
    }
    out
}

fn evidence(piece: &Piece) -> String {
    let mut out = format!("\n- scenario: `{}`\n", piece.scenario);
    if piece.expected.is_empty() {
        let _ = writeln!(out, "- observed: {}", escaped(&piece.got));
    } else {
        let _ = writeln!(out, "- expected: {}", escaped(&piece.expected));
        let _ = writeln!(out, "- got: {}", escaped(&piece.got));
    }
    let fence = fence(&piece.exchange);
    let _ = writeln!(out, "\n{fence}text\n{}\n{fence}", piece.exchange);
    let _ = writeln!(out, "\n```sh\n{}\n```", piece.again);
    out
}

/// Rules of which there is little to say, a line each.
fn list(cells: &[(&Row, &Cell)]) -> String {
    let mut out = String::from("\n| rule | level | |\n|---|---|---|\n");
    for (row, cell) in cells {
        let mut said = if cell.verdict == Verdict::Held {
            format!("{}: {}", cell.how_often(), scenarios(&cell.scenarios))
        } else {
            escaped(&cell.reason)
        };
        if let (Some(known), false) = (&cell.known, cell.expected) {
            said.push_str(&format!(
                "; **expected {}**: {}",
                known.verdict,
                escaped(&known.reason)
            ));
        }
        let _ = writeln!(out, "| {} | {} | {said} |", row.id, row.level.as_str());
    }
    out
}

fn scenarios(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_SCENARIOS).map(|n| code(n)).collect();
    let mut out = shown.join(", ");
    let hidden = names.len().saturating_sub(MOST_SCENARIOS);
    if hidden > 0 {
        let _ = write!(out, " and {hidden} more");
    }
    out
}

/// A fence that nothing in `text` can close.
fn fence(text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

/// A word in code, within a table.
fn code(text: &str) -> String {
    if text.contains('`') {
        format!("`` {} ``", text.replace('|', r"\|"))
    } else {
        format!("`{}`", text.replace('|', r"\|"))
    }
}

/// Text that is only text, also within a table.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '[' | ']' | '`' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::sample;

    fn places() -> Places {
        Places {
            table: "matrix.md".into(),
            folder: "matrix".into(),
        }
    }

    #[test]
    fn table_and_page_are_as_accepted() {
        let matrix = sample::matrix();
        insta::with_settings!({snapshot_path => "../../../../snapshots/matrix", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("markdown", table(&matrix, &places()));
            for column in matrix.ran() {
                insta::assert_snapshot!(format!("markdown-{}", column.id), page(&matrix, column, &places()));
            }
        });
    }

    #[test]
    fn no_text_closes_its_fence() {
        assert_eq!(fence("plain"), "```");
        assert_eq!(fence("a ``` b ````"), "`````");
    }
}
