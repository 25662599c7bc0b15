//! What subjects did with the inputs, as Markdown: who, then where somebody is wrong, then where
//! the sources leave it open and subjects differ.

use super::report::{Column, Report, Row};
use crate::order_picture::text::{code, cut, marked};
use imdspec_suite::corpus::{Deed, Did, Folder, Says};
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
# The corpus, replayed

`corpus/` holds inputs with a known verdict, in the name of each: `y_` is accepted by every conforming
client, `n_` is refused, and `i_` is what the sources leave open. `MANIFEST.toml` beside them says why,
and by whose word. `cargo test` replays them through the parsers; this page is what came of serving
them, each once, to real implementations:

```
imdspec corpus run --session -- my-adapter     # or one-shot, or --subject FILE; without a command the reference client
imdspec corpus run subjects/*.toml --json FILE --markdown FILE
imdspec check --scenario corpus/role_list/i_traversal --session -- my-adapter   # one of them, with all that was said
imdspec corpus export DIR                      # the files, for a parser of your own
```

Accepted means that credentials were given, and of a token reply that the token was sent as it was
served. Altered is what was taken and is not what was served. To break is to crash, to answer what is
no answer, or not to answer: no input excuses it.

Of `timestamp` nothing is asked but that what is legal and ahead is taken. A document that is over may
be given or not, and credentials whose expiration is none have to be fetched anew within a day
(DOC-014), which one answer does not show.
";

pub(super) fn render(report: &Report) -> String {
    let mut out = String::from(INTRODUCTION);
    summary(report, &mut out);
    against(report, &mut out);
    open(report, &mut out);
    out
}

fn title(column: &Column) -> String {
    match column.version.as_str() {
        "" => marked(&column.name),
        version => marked(&format!("{} {version}", column.name)),
    }
}

fn summary(report: &Report, out: &mut String) {
    let _ = writeln!(
        out,
        "\n## {} inputs, {} subjects\n\n| subject | `y_` accepted | `n_` refused | `i_` accepted | \
         `i_` refused | broke |\n|---|--:|--:|--:|--:|--:|",
        report.inputs.len(),
        report.subjects.len()
    );
    for (i, column) in report.subjects.iter().enumerate() {
        let of = |asks: Says, deed: Option<Deed>| -> usize {
            let deeds = Deed::ALL.into_iter();
            deeds
                .filter(|d| deed.map_or(*d != Deed::NotRun, |deed| deed == *d))
                .flat_map(|d| Folder::ALL.map(|f| report.count(i, f, asks, d)))
                .sum()
        };
        let broke: usize = Says::ALL.map(|s| of(s, Some(Deed::Broke))).iter().sum();
        let _ = writeln!(
            out,
            "| {} | {} of {} | {} of {} | {} | {} | {broke} |",
            title(column),
            of(Says::Accept, Some(Deed::Accepted)),
            of(Says::Accept, None),
            of(Says::Refuse, Some(Deed::Refused)),
            of(Says::Refuse, None),
            of(Says::Open, Some(Deed::Accepted)) + of(Says::Open, Some(Deed::Altered)),
            of(Says::Open, Some(Deed::Refused)),
        );
    }
}

/// A table of some inputs, a column for each subject. Inputs of a folder that were all taken in the
/// same ways share a row.
fn table(report: &Report, rows: &[&Row], cell: impl Fn(&Row, &Did) -> String, out: &mut String) {
    let names: Vec<String> = report.subjects.iter().map(|c| marked(&c.name)).collect();
    let _ = writeln!(out, "| input | {} |", names.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(names.len()));
    let mut groups: Vec<(Vec<String>, Vec<&Row>)> = Vec::new();
    for row in rows {
        let cells: Vec<String> = row.did.iter().map(|did| cell(row, did)).collect();
        let alike = |(known, of): &&mut (Vec<String>, Vec<&Row>)| {
            *known == cells && of[0].folder == row.folder && of[0].asks == row.asks
        };
        match groups.iter_mut().find(alike) {
            Some((_, of)) => of.push(row),
            None => groups.push((cells, vec![row])),
        }
    }
    for (cells, rows) in groups {
        let _ = writeln!(out, "| {} | {} |", inputs(&rows), cells.join(" | "));
    }
}

/// The inputs of a row: a few with their reasons, many by name.
fn inputs(rows: &[&Row]) -> String {
    if let [row] = rows {
        let (why, source) = (marked(&row.why), marked(&row.source));
        return format!("{}<br>{why} ({source})", code(&row.input));
    }
    let folder = rows[0].folder;
    let names = rows.iter().map(|row| {
        let name = row.input.rsplit('/').next().unwrap_or(&row.input);
        code(name.strip_suffix(".json").unwrap_or(name))
    });
    let names: Vec<String> = names.collect();
    format!("{} of `{folder}`: {}", rows.len(), names.join(", "))
}

fn against(report: &Report, out: &mut String) {
    let wrong = |row: &&Row| row.did.iter().any(|cell| !cell.deed.meets(row.asks));
    let rows: Vec<&Row> = report.inputs.iter().filter(wrong).collect();
    if rows.is_empty() {
        out.push_str("\nNobody went against a verdict, and nobody broke.\n");
        return;
    }
    let _ = writeln!(
        out,
        "\n## Against a verdict, or broken: {}\n\nAn empty cell is what was asked.\n",
        rows.len()
    );
    let cell = |row: &Row, cell: &Did| match cell.deed {
        Deed::NotRun => "not run".into(),
        did if did.meets(row.asks) => String::new(),
        Deed::Broke => format!("**broke**: {}", marked(&cut(&cell.words, 60))),
        Deed::Altered => format!("**altered**: {}", marked(&cell.words)),
        did => format!("**{}**", did.as_str()),
    };
    table(report, &rows, cell, out);
}

fn open(report: &Report, out: &mut String) {
    // Who broke stands in the table above.
    let differ = |row: &&Row| {
        let mut took: Vec<bool> = row
            .did
            .iter()
            .filter(|cell| !matches!(cell.deed, Deed::NotRun | Deed::Broke))
            .map(|cell| cell.deed != Deed::Refused)
            .collect();
        took.sort_unstable();
        took.dedup();
        row.asks == Says::Open && took.len() > 1
    };
    let rows: Vec<&Row> = report.inputs.iter().filter(differ).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n## Left open, and answered in two ways: {}\n\n`+` accepted, `≠` accepted and altered, \
         `-` refused, `!` broke.\n",
        rows.len()
    );
    let cell = |_: &Row, cell: &Did| {
        match cell.deed {
            Deed::Accepted => "+",
            Deed::Altered => "≠",
            Deed::Refused => "-",
            Deed::Broke => "!",
            Deed::NotRun => "",
        }
        .into()
    };
    table(report, &rows, cell, out);
}
