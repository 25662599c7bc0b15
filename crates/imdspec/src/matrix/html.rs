//! The table and all its evidence as one HTML page that needs nothing else: no network, no script
//! to be read, no colour to be understood.

mod evidence;

use super::{Cell, Column, Matrix, Row, State, VERDICTS, many, meaning, sign, words};
use imdspec_rules::{Level, Verdict};
use std::fmt::Write as _;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
/// Up to this many subjects, a cell says its verdict in words.
const MOST_IN_WORDS: usize = 4;
/// Up to this many subjects, their names are written from left to right.
const MOST_LEVEL: usize = 7;

/// The page.
pub(crate) fn render(matrix: &Matrix) -> String {
    let ran: Vec<&Column> = matrix.ran().collect();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>Rules by subject · imdspec {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(&matrix.imdspec)
    );
    out.push_str(&head(matrix));
    out.push_str("<section class=\"subjects\" aria-label=\"Subjects\">\n");
    for column in &matrix.subjects {
        out.push_str(&card(matrix, column));
    }
    out.push_str("</section>\n");
    if !ran.is_empty() {
        out.push_str(&filters(matrix, &ran));
        out.push_str(&table(matrix, &ran));
        out.push_str(&evidence::render(matrix, &ran));
        let _ = write!(
            out,
            "<dialog aria-label=\"Evidence\"><form method=\"dialog\"><button class=\"close\" \
             aria-label=\"Close\">✕</button></form><div></div></dialog>\n\
             <script>\n{SCRIPT}</script>\n"
        );
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn head(matrix: &Matrix) -> String {
    let mut out = format!(
        "<header>\n<h1>Rules by subject</h1>\n\
         <p>Implementations that fetch AWS credentials from the EC2 Instance Metadata Service, and \
         how they keep its rules. {} by {}, run on <time>{}</time> with imdspec {}, seed <code>{}</code>. Every sign leads to \
         its evidence.</p>\n",
        many(matrix.rules.len(), "rule"),
        many(matrix.ran().count(), "subject"),
        escaped(&matrix.date),
        escaped(&matrix.imdspec),
        escaped(&matrix.seed),
    );
    if let Some(said) = matrix.steadiness() {
        let _ = writeln!(out, "<p>In this run, {}.</p>", escaped(&said));
    }
    if matrix.interrupted {
        out.push_str(
            "<p><strong>The run was interrupted</strong>: what was not run is not judged.</p>\n",
        );
    }
    out.push_str("</header>\n");
    out
}

/// A subject on a line.
fn card(matrix: &Matrix, column: &Column) -> String {
    let title = escaped(&column.name);
    let title = match column.homepage.as_deref().filter(|l| is_web(l)) {
        Some(page) => format!("<a href=\"{}\">{title}</a>", escaped(page)),
        None => title,
    };
    let mut out = format!(
        "<article class=\"subject\" id=\"subject.{}\">\n<h2>{title} <small>{}</small></h2>\n",
        escaped(&column.id),
        escaped(&column.version)
    );
    if column.state == State::Ran {
        out.push_str(&counts(matrix, column));
        let scenarios = many(column.scenarios, "scenario");
        let how = format!("{}, {scenarios}", column.driven());
        let _ = writeln!(out, "<p class=\"how\">{}</p>", escaped(&how));
    } else {
        let _ = writeln!(
            out,
            "<div class=\"missing\"><p><strong>{}</strong></p>\n<p class=\"how\">{}</p>",
            column.state.as_str(),
            escaped(&column.why).replace('\n', "<br>")
        );
        for step in &column.install {
            let _ = writeln!(out, "<pre class=\"command\">{}</pre>", escaped(step));
        }
        out.push_str("</div>\n");
    }
    for note in &column.notes {
        let _ = writeln!(out, "<p class=\"note\">Note: {}</p>", escaped(note));
    }
    for missed in &column.missed {
        let missed = escaped(missed);
        let _ = writeln!(out, "<p class=\"note missed\">Not true: {missed}</p>");
    }
    out.push_str("</article>\n");
    out
}

/// How many verdicts of each kind a subject has, as a bar and in figures.
fn counts(matrix: &Matrix, column: &Column) -> String {
    let mut bar = String::new();
    let mut figures = String::new();
    for verdict in VERDICTS {
        let n = matrix.count(column, verdict);
        let (class, sign, words) = (verdict.as_str(), sign(verdict), words(verdict));
        if n > 0 {
            let _ = write!(bar, "<i class=\"{class}\" style=\"flex-grow:{n}\"></i>");
        }
        let none = if n == 0 { " none" } else { "" };
        let _ = write!(
            figures,
            "<li class=\"{class}{none}\" title=\"{n} {words}\"><b>{sign} {n}</b> \
             <span class=\"word\">{words}</span></li>"
        );
    }
    format!(
        "<div class=\"bar\" aria-hidden=\"true\">{bar}</div>\n<ul class=\"counts\">{figures}</ul>\n"
    )
}

/// The legend, which is also what chooses.
fn filters(matrix: &Matrix, ran: &[&Column]) -> String {
    let chip = |kind: &str, value: &str, class: &str, label: &str, title: &str| {
        format!(
            "<label class=\"chip {class}\" title=\"{}\"><input type=\"checkbox\" checked \
             data-{kind}=\"{}\">{label}</label>",
            escaped(title),
            escaped(value)
        )
    };
    let mut out = String::from("<form class=\"filters\" aria-label=\"What is shown\">\n");
    out.push_str("<fieldset class=\"chooses\"><legend>level</legend>");
    for level in [Level::Must, Level::Should, Level::Pin] {
        let title = match level {
            Level::Must => "broken, it fails a run",
            Level::Should => "broken, it is a warning",
            Level::Pin => "the sources leave it open",
        };
        let level = level.as_str();
        out.push_str(&chip("level", level, "", level, title));
    }
    out.push_str("</fieldset>\n<fieldset><legend>verdict</legend>");
    let occurs = |v: &Verdict| ran.iter().any(|c| matrix.count(c, *v) > 0);
    for verdict in VERDICTS.into_iter().filter(occurs) {
        let label = format!("<b>{}</b> {}", sign(verdict), words(verdict));
        let class = verdict.as_str();
        out.push_str(&chip("verdict", class, class, &label, meaning(verdict)));
    }
    if matrix.unexpected().next().is_some() {
        out.push_str(
            "<span class=\"aside\" title=\"not what the subject's descriptor expects\"><b>!</b> \
             not as expected</span>",
        );
    }
    out.push_str("</fieldset>\n");
    out.push_str(
        "<fieldset class=\"chooses\"><legend>words</legend><input type=\"search\" \
         placeholder=\"DOC, token, proxy …\" aria-label=\"Only rules with these words\">\
         <output></output></fieldset>\n",
    );
    if ran.len() > 1 {
        out.push_str("<fieldset class=\"chooses\"><legend>subject</legend>");
        for column in ran {
            let name = escaped(&column.id);
            out.push_str(&chip("subject", &column.id, "", &name, &column.title()));
        }
        out.push_str("</fieldset>\n");
    }
    out.push_str("</form>\n");
    out
}

fn table(matrix: &Matrix, ran: &[&Column]) -> String {
    let mut class = String::new();
    if ran.len() <= MOST_IN_WORDS {
        class.push_str(" wordy");
    }
    if ran.len() > MOST_LEVEL {
        class.push_str(" upright");
    }
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rules by subject\">\n\
         <table class=\"matrix{class}\">\n<thead><tr><th scope=\"col\" class=\"corner\">rule</th>"
    );
    for column in ran {
        let _ = write!(
            out,
            "<th scope=\"col\" data-of=\"{id}\"><a href=\"#subject.{id}\" title=\"{}\">\
             <span>{id} <small>{}</small></span></a></th>",
            escaped(&column.title()),
            escaped(&column.version),
            id = escaped(&column.id),
        );
    }
    out.push_str("</tr></thead>\n");
    for (group, rows) in matrix.groups() {
        let _ = writeln!(
            out,
            "<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\">{}</th>{}</tr>",
            escaped(group),
            padding(ran)
        );
        for row in rows {
            out.push_str(&line(row, ran));
        }
        out.push_str("</tbody>\n");
    }
    let _ = writeln!(
        out,
        "<tfoot>\n<tr class=\"group\"><th scope=\"rowgroup\">totals</th>{}</tr>",
        padding(ran)
    );
    for verdict in VERDICTS {
        let counts: Vec<usize> = ran.iter().map(|c| matrix.count(c, verdict)).collect();
        if counts.iter().all(|n| *n == 0) {
            continue;
        }
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{} {} <span class=\"statement\">{}</span></th>",
            sign(verdict),
            words(verdict),
            meaning(verdict)
        );
        for (column, n) in ran.iter().zip(counts) {
            let _ = write!(out, "<td data-of=\"{}\">{n}</td>", escaped(&column.id));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tfoot>\n</table>\n</div>\n");
    out
}

/// Empty cells, so that a hidden column is hidden everywhere.
fn padding(ran: &[&Column]) -> String {
    let cell = |c: &&Column| format!("<td data-of=\"{}\"></td>", escaped(&c.id));
    ran.iter().map(cell).collect()
}

fn line(row: &Row, ran: &[&Column]) -> String {
    let level = row.level.as_str();
    let mut out = format!(
        "<tr data-level=\"{level}\"><th scope=\"row\"><a href=\"#{anchor}\"><code>{id}</code> \
         <span class=\"level {level}\">{level}</span> <span class=\"statement\">{}</span></a></th>",
        escaped(&row.statement),
        anchor = rule_anchor(row),
        id = escaped(&row.id),
    );
    for column in ran {
        let of = escaped(&column.id);
        let Some(cell) = row.of(column) else {
            let _ = write!(out, "<td data-of=\"{of}\"></td>");
            continue;
        };
        let words = words(cell.verdict);
        let _ = write!(
            out,
            "<td data-of=\"{of}\" class=\"{}\"><a href=\"#{}\" title=\"{}\"><b>{}</b> \
             <span class=\"word\">{words}</span></a></td>",
            classes(cell),
            anchor(row, column),
            escaped(&format!("{} {}: {}", column.id, row.id, cell.words())),
            signed(cell),
        );
    }
    out.push_str("</tr>\n");
    out
}

fn classes(cell: &Cell) -> String {
    let mark = if cell.expected { "" } else { " unexpected" };
    format!("{}{mark}", cell.verdict.as_str())
}

/// The sign, marked where the verdict is not as expected.
fn signed(cell: &Cell) -> String {
    let mark = if cell.expected { "" } else { "!" };
    format!("{}{mark}", cell.sign())
}

fn rule_anchor(row: &Row) -> String {
    escaped(&row.id.to_lowercase())
}

fn anchor(row: &Row, column: &Column) -> String {
    format!("{}.{}", escaped(&column.id), rule_anchor(row))
}

/// Whether a link leads to the web: what a descriptor says is not to be run.
fn is_web(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

/// Text that is only text, between tags and within quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::sample;

    /// What is between style and script: those stand in files of their own.
    fn content(page: &str) -> String {
        page.replace(STYLE, "").replace(SCRIPT, "")
    }

    #[test]
    fn the_page_is_as_accepted() {
        let page = content(&render(&sample::matrix()));
        insta::with_settings!({snapshot_path => "../../../../snapshots/matrix", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("html", page);
        });
    }

    #[test]
    fn every_link_within_the_page_leads_somewhere() {
        let page = render(&sample::many_subjects(12));
        let mut links = 0;
        for part in page.split("href=\"#").skip(1) {
            let anchor = part.split('"').next().expect("a beginning");
            assert!(page.contains(&format!(" id=\"{anchor}\"")), "{anchor}");
            links += 1;
        }
        assert!(links > 12 * 6, "{links}");
    }

    #[test]
    fn nothing_is_fetched_and_nothing_of_a_subject_is_run() {
        let mut matrix = sample::matrix();
        matrix.subjects[0].homepage = Some("javascript:alert(1)".into());
        matrix.subjects[1].version = "\"><script>alert(2)</script>".into();
        let page = render(&matrix);
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains("href=\"javascript:"));
        for fetches in ["src=", "@import", "url(", "fetch(", "rel=\"stylesheet\""] {
            assert!(!page.contains(fetches), "{fetches}");
        }
    }
}
