//! The table on a terminal: a sign for each verdict, and colour where there is any.

use super::{Cell, Column, Matrix, Row, State, VERDICTS, meaning, sign, words};
use crate::show::paint::{BOLD, DIM, RED, YELLOW, paint};
use crate::show::summary::style;
use crate::show::wrap;
use imdspec_rules::Verdict;
use std::fmt::Write as _;
use std::io::IsTerminal as _;

/// How wide it is where nobody says.
const USUAL_WIDTH: usize = 100;
/// What stands before the first verdict: id and level.
const HEAD: usize = 20;
/// The least that is worth showing of a rule's statement.
const LEAST_STATEMENT: usize = 24;
/// How wide a numbered column is.
const NUMBERED: usize = 4;

/// How wide the terminal is.
pub(crate) fn width() -> usize {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return USUAL_WIDTH;
    }
    rustix::termios::tcgetwinsize(&stdout)
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL_WIDTH)
}

/// The table in lines of at most `width` characters, as far as words allow.
pub(crate) fn render(matrix: &Matrix, width: usize) -> String {
    let mut out = format!("{}\n", matrix.headline());
    if let Some(said) = matrix.steadiness() {
        let style = if said.starts_with("two") { RED } else { DIM };
        let _ = writeln!(out, "{}", paint(style, said));
    }
    let ran: Vec<&Column> = matrix.ran().collect();
    out.push_str(&subjects(matrix, &ran));
    if !ran.is_empty() {
        let _ = writeln!(out, "\n{}", legend(matrix, width));
        let layout = Layout::new(&ran, width);
        for part in (0..ran.len()).step_by(layout.at_once) {
            let end = (part + layout.at_once).min(ran.len());
            out.push_str(&table(matrix, &ran, part..end, &layout));
        }
        out.push_str(&unexpected(matrix));
    }
    out
}

/// Who is in the table, with the numbers of their columns, and who is not.
fn subjects(matrix: &Matrix, ran: &[&Column]) -> String {
    let widest = |list: &mut dyn Iterator<Item = String>| {
        list.map(|t| t.chars().count()).max().unwrap_or_default()
    };
    let wide = widest(&mut matrix.subjects.iter().map(Column::title));
    let mut out = String::from("\n");
    for (i, column) in ran.iter().enumerate() {
        let name = format!("{:>3}  {:<wide$}", i + 1, column.title());
        let how = format!("{}, {} scenarios", column.driven(), column.scenarios);
        let _ = writeln!(out, "{}  {}", paint(BOLD, name), paint(DIM, how));
        for note in &column.notes {
            let _ = writeln!(out, "{}", paint(YELLOW, format!("     note: {note}")));
        }
        for missed in &column.missed {
            let _ = writeln!(out, "{}", paint(RED, format!("     not true: {missed}")));
        }
    }
    for column in matrix.subjects.iter().filter(|c| c.state != State::Ran) {
        let name = format!("  -  {:<wide$}", column.title());
        let state = paint(YELLOW, column.state.as_str());
        let _ = writeln!(out, "{}  {state}", paint(BOLD, name));
        for line in column.why.lines().flat_map(|l| wrap("     ", l)) {
            let _ = writeln!(out, "{}", paint(DIM, line));
        }
        for step in &column.install {
            let _ = writeln!(out, "     to install it: {step}");
        }
    }
    out
}

/// What the signs mean, those that occur.
fn legend(matrix: &Matrix, width: usize) -> String {
    let occurs = |v: Verdict| matrix.ran().any(|c| matrix.count(c, v) > 0);
    let mut parts: Vec<(usize, String)> = VERDICTS
        .into_iter()
        .filter(|v| occurs(*v))
        .map(|v| {
            let text = format!("{} {}", sign(v), words(v));
            (text.chars().count(), paint(style(v), text))
        })
        .collect();
    if matrix.unexpected().next().is_some() {
        let text = "! not as expected";
        parts.push((text.len(), paint(RED, text)));
    }
    let mut out = String::new();
    let mut used = 0;
    for (long, part) in parts {
        let gap = match used {
            0 => "",
            n if n + 3 + long > width => {
                used = 0;
                "\n"
            }
            _ => "   ",
        };
        out.push_str(gap);
        out.push_str(&part);
        used += 3 + long;
    }
    out
}

/// How the columns are laid out.
struct Layout {
    width: usize,
    /// Whether names fit above the columns; numbers otherwise.
    named: bool,
    /// How many columns fit side by side.
    at_once: usize,
}

impl Layout {
    fn new(ran: &[&Column], width: usize) -> Self {
        let names: usize = ran.iter().map(|c| c.id.chars().count().max(4) + 2).sum();
        if HEAD + names + LEAST_STATEMENT <= width {
            return Self {
                width,
                named: true,
                at_once: ran.len(),
            };
        }
        Self {
            width,
            named: false,
            at_once: (width.saturating_sub(HEAD) / NUMBERED).clamp(1, ran.len()),
        }
    }

    fn wide(&self, column: &Column) -> usize {
        if self.named {
            column.id.chars().count().max(4) + 2
        } else {
            NUMBERED
        }
    }
}

fn table(
    matrix: &Matrix,
    ran: &[&Column],
    part: std::ops::Range<usize>,
    layout: &Layout,
) -> String {
    let columns = &ran[part.clone()];
    let used = HEAD + columns.iter().map(|c| layout.wide(c)).sum::<usize>();
    let statement = layout.width.saturating_sub(used + 1);
    let head: String = columns
        .iter()
        .zip(part.start + 1..)
        .map(|(column, number)| {
            let wide = layout.wide(column);
            if layout.named {
                format!("{:<wide$}", column.id)
            } else {
                format!("{number:<wide$}")
            }
        })
        .collect();
    let mut out = String::new();
    for (group, rows) in matrix.groups() {
        let title = format!("{group:<HEAD$}{head}");
        let _ = writeln!(out, "\n{}", paint(BOLD, title.trim_end()));
        for row in rows {
            let mut line = format!("  {:<11}{:<7}", row.id, row.level.as_str());
            for column in columns {
                line.push_str(&cell(row.of(column), layout.wide(column)));
            }
            if statement >= LEAST_STATEMENT {
                line.push_str(&paint(DIM, cut(&row.statement, statement)));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    let _ = writeln!(out, "\n{}", paint(BOLD, "totals"));
    for verdict in VERDICTS {
        let counts: Vec<usize> = columns.iter().map(|c| matrix.count(c, verdict)).collect();
        if counts.iter().all(|n| *n == 0) {
            continue;
        }
        let mut line = format!("{} {}", sign(verdict), words(verdict));
        line = format!("  {line:<18}");
        for (column, n) in columns.iter().zip(counts) {
            line.push_str(&format!("{n:<wide$}", wide = layout.wide(column)));
        }
        if statement >= LEAST_STATEMENT {
            line.push_str(&paint(DIM, cut(meaning(verdict), statement)));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn cell(cell: Option<&Cell>, wide: usize) -> String {
    let Some(cell) = cell else {
        return " ".repeat(wide);
    };
    let mark = if cell.expected { "" } else { "!" };
    let text = format!("{}{mark}", cell.sign());
    let gap = wide.saturating_sub(text.chars().count());
    format!("{}{}", paint(style(cell.verdict), text), " ".repeat(gap))
}

/// What is not as expected, with the command that shows it.
fn unexpected(matrix: &Matrix) -> String {
    let mut out = String::new();
    let line = |column: &Column, row: &Row, cell: &Cell| {
        let what = format!("{} {} {}", column.id, row.id, cell.words());
        let command = column.command(&matrix.seed);
        let again = match cell.evidence.first() {
            Some(piece) => piece.again.clone(),
            None => format!("{command} --rule {}", row.id),
        };
        format!("  {}\n    {again}\n", paint(style(cell.verdict), what))
    };
    for (column, row, cell) in matrix.unexpected() {
        if out.is_empty() {
            let _ = writeln!(out, "\n{}", paint(BOLD, "not as expected"));
        }
        out.push_str(&line(column, row, cell));
    }
    if let Some(first) = matrix.ran().next() {
        let command = first.command(&matrix.seed);
        let how = format!("evidence of a verdict: {command} --rule RULE --verbose");
        let _ = writeln!(out, "\n{}", paint(DIM, how));
    }
    out
}

/// The first `most` characters of `text`, and a sign if there was more.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::sample;

    fn shown(matrix: &Matrix, width: usize) -> String {
        anstream::adapter::strip_str(&render(matrix, width)).to_string()
    }

    #[test]
    fn the_table_is_as_accepted() {
        let matrix = sample::matrix();
        insta::with_settings!({snapshot_path => "../../../../snapshots/matrix", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("terminal-100", shown(&matrix, 100));
            insta::assert_snapshot!("terminal-40", shown(&matrix, 40));
        });
    }

    #[test]
    fn tables_fit_and_every_column_is_shown() {
        let matrix = sample::many_subjects(40);
        for width in [40, 60, 80, 100, 200] {
            let text = shown(&matrix, width);
            let table = text.split_once("\nTOKEN ").expect("a table").1;
            let table = table.split_once("not as expected").expect("an end").0;
            let long = table.lines().find(|l| l.chars().count() > width);
            assert_eq!(long, None, "width {width}");
            let heads: Vec<&str> = text.lines().filter(|l| l.starts_with("TOKEN ")).collect();
            for number in 1..=40 {
                let number = number.to_string();
                let there = |line: &&str| line.split_whitespace().any(|w| w == number);
                assert_eq!(heads.iter().filter(|l| there(l)).count(), 1, "{number}");
            }
        }
    }

    #[test]
    fn verdicts_are_told_apart_without_colour() {
        let mut signs: Vec<&str> = VERDICTS.into_iter().map(sign).collect();
        signs.sort_unstable();
        signs.dedup();
        assert_eq!(signs.len(), VERDICTS.len());
    }
}
