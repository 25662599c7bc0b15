//! What subjects did with the inputs, on a terminal: a small table of counts, then a line for each
//! input that went against its verdict.

use super::report::{Column, Report, Row};
use crate::order_picture::text::{cut, plain};
use crate::show::paint::{BOLD, DIM, GREEN, RED, paint};
use imdspec_suite::corpus::{Deed, Did, Folder, Says};
use std::fmt::Write as _;

/// How wide the names of folders and a number are.
const FOLDER: usize = 20;
const NUMBER: usize = 9;
/// The most that is shown of a subject's words.
const WORDS: usize = 100;

pub(super) fn render(report: &Report) -> String {
    let mut out = format!(
        "imdspec {}\ncorpus    {} inputs, seed {}\n",
        env!("CARGO_PKG_VERSION"),
        report.inputs.len(),
        report.seed
    );
    for (i, column) in report.subjects.iter().enumerate() {
        out.push_str(&headline(column));
        out.push_str(&counts(report, i));
        out.push_str(&against(report, i, column));
    }
    out
}

fn headline(column: &Column) -> String {
    let name = match column.version.as_str() {
        "" => plain(&column.name),
        version => plain(&format!("{} {version}", column.name)),
    };
    let name = paint(BOLD, name);
    let mut line = format!(
        "\nsubject   {name} ({}, network {}, clock {})\n",
        column.kind, column.network, column.clock
    );
    for note in &column.notes {
        let _ = writeln!(line, "note      {}", plain(note));
    }
    line
}

fn counts(report: &Report, subject: usize) -> String {
    let deeds: Vec<Deed> = Deed::ALL
        .into_iter()
        .filter(|deed| {
            let usual = matches!(deed, Deed::Accepted | Deed::Refused | Deed::Broke);
            usual || report.inputs.iter().any(|r| r.did[subject].deed == *deed)
        })
        .collect();
    let mut out = format!("{:FOLDER$}   ", "");
    for deed in &deeds {
        let _ = write!(out, "{:>NUMBER$}", deed.as_str());
    }
    out.push('\n');
    for folder in Folder::ALL {
        let mut name = folder.as_str();
        for asks in Says::ALL {
            let counted: Vec<usize> = deeds
                .iter()
                .map(|deed| report.count(subject, folder, asks, *deed))
                .collect();
            if counted.iter().all(|n| *n == 0) {
                continue;
            }
            let _ = write!(out, "{name:FOLDER$} {} ", asks.letter());
            name = "";
            for (deed, n) in deeds.iter().zip(counted) {
                out.push_str(&number(n, deed.meets(asks), asks));
            }
            out.push('\n');
        }
    }
    out
}

fn number(n: usize, meets: bool, asks: Says) -> String {
    let text = format!("{n:>NUMBER$}");
    match (n, meets, asks) {
        (0, ..) => paint(DIM, format!("{:>NUMBER$}", "·")),
        (_, false, _) => paint(RED, text),
        (_, true, Says::Open) => text,
        (_, true, _) => paint(GREEN, text),
    }
}

fn against(report: &Report, subject: usize, column: &Column) -> String {
    let rows: Vec<(&Row, &Did)> = report.against(subject).collect();
    let asked = report.inputs.len();
    let seconds = column.seconds;
    if rows.is_empty() {
        let said = format!("none of {asked} against its verdict, {seconds:.1} s\n");
        return paint(GREEN, said);
    }
    let mut out = String::from("\n");
    let widest = rows.iter().map(|(row, _)| row.input.len()).max();
    let widest = widest.unwrap_or_default();
    for (row, cell) in &rows {
        let did = paint(RED, format!("{:<8}", cell.deed.as_str()));
        let words = match cell.words.as_str() {
            "" => String::new(),
            words => format!(" — {}", cut(&plain(words), WORDS)),
        };
        let _ = writeln!(
            out,
            "{did}  {:<widest$}  {} ({}){}",
            row.input,
            plain(&row.why),
            plain(&row.source),
            paint(DIM, words)
        );
    }
    let _ = writeln!(
        out,
        "{} of {asked} against their verdict, {seconds:.1} s; one again: imdspec check --scenario \
         corpus/{} …",
        rows.len(),
        rows[0].0.input
    );
    out
}
