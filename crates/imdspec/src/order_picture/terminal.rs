//! Orders on a terminal: a ladder for each subject, and a table where there are several.

use super::facts::{self, Contest, Evidence};
use super::text::{cut, plain};
use crate::show::paint::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::show::wrap;
use imdspec_suite::order::report::{Broken, Found, Report, Then};
use imdspec_wire::Source;
use std::fmt::Write as _;

/// How wide it is at most, where the words of subjects allow.
const WIDTH: usize = 100;
/// How wide a source and its name are, beside each other.
const SOURCE: usize = 62;
/// How wide the name of a source is.
const NAME: usize = 24;
/// How many differences between subjects are told in words.
const MOST_CONTESTS: usize = 12;

/// The pictures of all subjects, painted.
pub(crate) fn render(report: &Report) -> String {
    let seed = format!("imdspec {}, seed {}", report.imdspec, report.seed);
    let mut out = format!("{}\n", paint(DIM, plain(&seed)));
    for found in &report.subjects {
        out.push_str(&subject(found));
    }
    if report.subjects.len() > 1 {
        out.push_str(&comparison(report));
    }
    out
}

fn subject(found: &Found) -> String {
    let mut out = format!("\n{}\n", paint(BOLD, plain(&facts::title(found))));
    if let Some(documented) = &found.documented {
        let place = plain(&documented.document);
        let said = format!("{}: {place}, read {}", documented.name, documented.read);
        push(&mut out, DIM, "  documented by ", &said);
        push(&mut out, DIM, "    ", &documented.link);
    }
    out.push_str(&ladder(found));
    out.push_str(&left_out(found));
    out.push_str(&broken(&found.broken));
    out.push_str(&disagreements(found));
    if !found.notes.is_empty() {
        out.push('\n');
    }
    for note in &found.notes {
        push(&mut out, YELLOW, "  note: ", note);
    }
    let style = match (found.ladder.is_empty(), found.disagreements.is_empty()) {
        (false, true) if facts::is_total(found) => GREEN,
        (_, true) => YELLOW,
        _ => RED,
    };
    out.push('\n');
    push(&mut out, style, "  ", &facts::closing(found));
    out
}

/// A sentence in lines that fit.
fn push(out: &mut String, style: anstyle::Style, head: &str, said: &str) {
    for line in wrap(head, &plain(said)) {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let _ = writeln!(out, "{}{}", &line[..indent], paint(style, text));
    }
}

fn heading(out: &mut String, said: &str) {
    let _ = writeln!(out, "\n  {}", paint(BOLD, said));
}

fn ladder(found: &Found) -> String {
    let moved = facts::moved(found);
    let mut out = String::from("\n");
    for (rank, step) in (1..).zip(&found.ladder.0) {
        let tied = step.len() > 1;
        for source in step.iter().copied() {
            let sign = if tied { "=" } else { " " };
            let name = format!("{}  ({source})", source.title());
            let mut line = format!("  {} ", paint(BOLD, format!("{rank:>3}{sign}")));
            line.push_str(&paint(BOLD, source.title()));
            line.push_str(&paint(DIM, format!("  ({source})")));
            let documented = facts::documented(found, source);
            if !documented.is_empty() {
                line.push_str(&" ".repeat(SOURCE.saturating_sub(name.chars().count())));
                if moved.contains_key(&source) {
                    line.push_str(&paint(RED, format!("⚑ {documented}")));
                } else {
                    line.push_str(&paint(DIM, format!("  {documented}")));
                }
            }
            let _ = writeln!(out, "{line}");
            let evidence = facts::evidence(found, source);
            if evidence.of > 0 {
                let _ = writeln!(out, "       {}", paint(DIM, stands_on(&evidence)));
            }
        }
        for said in facts::ties(found, step) {
            push(&mut out, YELLOW, "       tied: ", &said);
        }
    }
    out
}

/// "before web-identity, sso … 7 of 7 pairs", in what is left of a line.
fn stands_on(evidence: &Evidence) -> String {
    let count = evidence.count();
    let room = WIDTH - 7 - count.len() - " … ".len();
    let mut said = String::from("before ");
    for (i, source) in evidence.before.iter().enumerate() {
        let part = format!("{}{source}", if i == 0 { "" } else { ", " });
        if said.len() + part.len() > room {
            return format!("{said} … {count}");
        }
        said.push_str(&part);
    }
    if evidence.before.is_empty() {
        said.push_str("none");
    }
    format!("{said}: {count}")
}

fn left_out(found: &Found) -> String {
    let mut out = String::new();
    for (source, works, words) in facts::left_out(found) {
        if out.is_empty() {
            heading(&mut out, "not in the order");
        }
        let head = format!("    {:<NAME$}{works:<15}", source.as_str());
        for (i, line) in wrap(&head, &plain(words)).into_iter().enumerate() {
            let _ = match line.strip_prefix(&head) {
                Some(rest) if i == 0 => writeln!(out, "{head}{}", paint(DIM, rest)),
                _ => writeln!(out, "{}", paint(DIM, line)),
            };
        }
    }
    out
}

fn broken(list: &[Broken]) -> String {
    let mut out = String::new();
    let how = |b: &Broken| cut(&plain(&b.how), 14);
    let wide = list.iter().map(|b| how(b).chars().count()).max();
    let wide = wide.unwrap_or_default().max("how".len()) + 2;
    for one in list {
        if out.is_empty() {
            heading(&mut out, "broken, with a source behind that works");
            let head = format!(
                "    {:<NAME$}{:<wide$}{:<NAME$}and the subject",
                "broken", "how", "behind it"
            );
            let _ = writeln!(out, "{}", paint(DIM, head));
        }
        let style = match one.then {
            Then::GoesOn => GREEN,
            Then::Stops => YELLOW,
            Then::Gives | Then::Breaks => RED,
        };
        let _ = writeln!(
            out,
            "    {:<NAME$}{:<wide$}{:<NAME$}{}",
            one.source.as_str(),
            how(one),
            one.behind.as_str(),
            paint(style, facts::then(one)),
        );
        let words = format!("{}: {}", one.scenario, one.words);
        push(&mut out, DIM, "      scenario ", &words);
    }
    out
}

fn disagreements(found: &Found) -> String {
    let mut out = String::new();
    let name = found.documented.as_ref().map(|d| plain(&d.name));
    for one in &found.disagreements {
        if out.is_empty() {
            let name = name.as_deref().unwrap_or("the document");
            heading(&mut out, &format!("not as in {name}"));
        }
        push(&mut out, RED, "    ", &facts::disagreement(one));
        push(&mut out, DIM, "      scenario ", &one.scenario);
    }
    out
}

/// Sources by subjects.
fn comparison(report: &Report) -> String {
    let contests = facts::contests(report);
    let mut out = format!("\n{}\n", paint(BOLD, "compared"));
    let names: Vec<String> = report.subjects.iter().map(|f| plain(&f.name)).collect();
    let wide = |name: &String| name.chars().count().max(3) + 2;
    let named = names.iter().map(wide).sum::<usize>() + NAME + 4 <= WIDTH;
    let columns: Vec<(String, usize)> = if named {
        names.iter().map(|n| (n.clone(), wide(n))).collect()
    } else {
        for (number, found) in (1..).zip(&report.subjects) {
            let _ = writeln!(out, "  {number:>3}  {}", plain(&facts::title(found)));
        }
        out.push('\n');
        (1..=names.len()).map(|n| (n.to_string(), 5)).collect()
    };
    let at_once = if named {
        columns.len()
    } else {
        (WIDTH - NAME - 4) / 5
    };
    for part in (0..columns.len()).step_by(at_once.max(1)) {
        let part = part..(part + at_once).min(columns.len());
        out.push_str(&table(
            report,
            &contests,
            &columns[part.clone()],
            part.start,
        ));
    }
    let legend = "a number is a step, = shares it, ✗ does not work, – is not set up, ≠ is a source \
                  that not all look for before or after the same others";
    push(&mut out, DIM, "  ", legend);
    if contests.is_empty() {
        let said = "no two subjects look for two sources in different orders";
        push(&mut out, GREEN, "  ", said);
    }
    out.push_str(&in_words(&contests, &columns));
    out
}

fn table(
    report: &Report,
    contests: &[Contest],
    columns: &[(String, usize)],
    start: usize,
) -> String {
    let mut head = format!("    {:<NAME$}", "");
    for (name, wide) in columns {
        let _ = write!(head, "{name:<wide$}");
    }
    let mut out = format!("{}\n", paint(BOLD, head.trim_end()));
    for source in facts::rows(report) {
        let contested = contests.iter().any(|c| c.sources.contains(&source));
        let (mark, style) = if contested { ("≠", RED) } else { (" ", DIM) };
        let mut line = format!("  {} {:<NAME$}", paint(style, mark), source.as_str());
        for (found, (_, wide)) in report.subjects[start..].iter().zip(columns) {
            let cell = facts::cell(found, source);
            let dim = facts::rank(found, source).is_none();
            let gap = " ".repeat(wide - cell.chars().count());
            let cell = if dim { paint(DIM, cell) } else { cell };
            let _ = write!(line, "{cell}{gap}");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push('\n');
    out
}

/// Who looks for what first.
fn in_words(contests: &[Contest], columns: &[(String, usize)]) -> String {
    let mut out = String::new();
    let who = |list: &[usize]| {
        let names: Vec<&str> = list.iter().map(|i| columns[*i].0.as_str()).collect();
        names.join(", ")
    };
    let side = |first: Source, then: Source, list: &[usize]| {
        format!("{first} before {then}: {}", who(list))
    };
    for contest in contests.iter().take(MOST_CONTESTS) {
        if out.is_empty() {
            heading(&mut out, "not the same for all");
        }
        let [a, b] = contest.sources;
        push(&mut out, RED, "    ", &side(a, b, &contest.first));
        push(&mut out, DIM, "      ", &side(b, a, &contest.second));
    }
    match contests.len().saturating_sub(MOST_CONTESTS) {
        0 => {}
        n => push(&mut out, DIM, "    ", &format!("and {n} more")),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order_picture::sample;

    fn shown(report: &Report) -> String {
        anstream::adapter::strip_str(&render(report)).to_string()
    }

    #[test]
    fn the_ladders_are_as_accepted() {
        insta::with_settings!({snapshot_path => "../../../../snapshots/order", prepend_module_to_snapshot => false}, {
            for (name, report) in sample::all() {
                insta::assert_snapshot!(format!("terminal-{name}"), shown(&report));
            }
        });
    }

    #[test]
    fn everything_fits() {
        for (name, report) in sample::all() {
            let text = shown(&report);
            let long = text.lines().find(|l| l.chars().count() > WIDTH);
            assert_eq!(long, None, "{name}");
        }
    }

    #[test]
    fn many_subjects_are_compared_in_parts() {
        let mut report = sample::six();
        let subjects = report.subjects.clone();
        for _ in 0..6 {
            report.subjects.extend(subjects.clone());
        }
        let text = shown(&report);
        assert_eq!(text.lines().find(|l| l.chars().count() > WIDTH), None);
        let rows = text.lines().filter(|l| l.starts_with("  ≠ process "));
        assert_eq!(rows.count(), 3);
    }

    #[test]
    fn a_subject_does_not_steer_the_terminal() {
        let text = render(&sample::circle());
        assert!(!text.contains("\u{1b}[31malert") && !text.contains('\u{202e}'));
        assert!(text.contains("alert(1)</script> [31m"));
    }
}
