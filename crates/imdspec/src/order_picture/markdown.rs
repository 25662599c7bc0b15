//! Orders as Markdown, for a summary of a CI job and for the documentation.

use super::facts::{self, Contest};
use super::text::{code, is_web, marked};
use crate::matrix::many;
use imdspec_suite::order::report::{Documented, Found, Report};
use imdspec_wire::Source;
use std::fmt::Write as _;

/// How many sources are named as evidence beside a step.
const MOST_NAMED: usize = 3;

/// The page.
pub(crate) fn render(report: &Report) -> String {
    let mut out = format!(
        "# {}\n\n\
         Every source of credentials set up alone, then every two together, so that the order is \
         seen and not read: imdspec {}, seed {}.\n",
        marked(&facts::headline(report)),
        marked(&report.imdspec),
        code(&report.seed),
    );
    if report.subjects.len() > 1 {
        out.push_str(&comparison(report));
    }
    for found in &report.subjects {
        out.push_str(&subject(found));
    }
    out
}

fn subject(found: &Found) -> String {
    let mut out = format!("\n## {}\n", marked(&facts::title(found)));
    let _ = writeln!(out, "\n**{}.**", marked(&capital(&facts::closing(found))));
    if let Some(documented) = &found.documented {
        let _ = writeln!(
            out,
            "\nHeld against {}, read {}.",
            document(documented),
            marked(&documented.read)
        );
    }
    out.push_str(&ladder(found));
    out.push_str(&disagreements(found));
    out.push_str(&left_out(found));
    out.push_str(&broken(found));
    for note in &found.notes {
        let _ = writeln!(out, "\nNote: {}", marked(note));
    }
    out.push_str(&pairs(found));
    out
}

/// A document's name, leading to it.
fn document(documented: &Documented) -> String {
    let name = marked(&format!("{}: {}", documented.name, documented.document));
    if is_web(&documented.link) {
        format!("[{name}]({})", documented.link)
    } else {
        format!("{name} ({})", marked(&documented.link))
    }
}

/// A source, as it is called and as it is written.
fn source(source: Source) -> String {
    format!("{} `{source}`", source.title())
}

fn ladder(found: &Found) -> String {
    if found.ladder.is_empty() {
        return String::new();
    }
    let moved = facts::moved(found);
    let held = found.documented.is_some();
    let mut out = String::from(if held {
        "\n| step | source | documented | set up with those below, it came first in |\n|--:|---|---|---|\n"
    } else {
        "\n| step | source | set up with those below, it came first in |\n|--:|---|---|\n"
    });
    let mut ties = String::new();
    for (rank, step) in (1..).zip(&found.ladder.0) {
        let sign = if step.len() > 1 { " =" } else { "" };
        for one in step.iter().copied() {
            let _ = write!(out, "| {rank}{sign} | {} |", source(one));
            if held {
                let place = facts::documented_rank(found, one);
                let place = place.map_or_else(|| "not".to_owned(), facts::ordinal);
                let flag = if moved.contains_key(&one) { " ⚑" } else { "" };
                let _ = write!(out, " {place}{flag} |");
            }
            let _ = writeln!(out, " {} |", stands_on(found, one));
        }
        for said in facts::ties(found, step) {
            let _ = writeln!(ties, "- Tied on step {rank}: {}", marked(&said));
        }
    }
    if !ties.is_empty() {
        out.push('\n');
    }
    out + &ties
}

fn stands_on(found: &Found, source: Source) -> String {
    let evidence = facts::evidence(found, source);
    if evidence.of == 0 {
        return String::new();
    }
    let named = evidence.before.iter().take(MOST_NAMED);
    let named: Vec<String> = named.map(|s| format!("`{s}`")).collect();
    let more = match evidence.before.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let names = match named.is_empty() {
        true => String::new(),
        false => format!(": {}{more}", named.join(", ")),
    };
    format!("{}{names}", evidence.count())
}

fn disagreements(found: &Found) -> String {
    let mut out = String::new();
    let Some(documented) = &found.documented else {
        return out;
    };
    for one in &found.disagreements {
        if out.is_empty() {
            let name = marked(&documented.name);
            let _ = write!(
                out,
                "\n### Not as in {name}\n\n| documented first | found first | scenario |\n|---|---|---|\n"
            );
        }
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} |",
            one.documented_first,
            one.found_first,
            code(&one.scenario)
        );
    }
    out
}

fn left_out(found: &Found) -> String {
    let mut out = String::new();
    for (one, works, words) in facts::left_out(found) {
        if out.is_empty() {
            out.push_str("\n### Not in the order\n\n| source | | why |\n|---|---|---|\n");
        }
        let _ = writeln!(out, "| {} | {works} | {} |", source(one), marked(words));
    }
    out
}

fn broken(found: &Found) -> String {
    let mut out = String::new();
    for one in &found.broken {
        if out.is_empty() {
            out.push_str(
                "\n### Broken, with a source behind that works\n\n\
                 | broken | how | behind it | the subject | outcome | scenario |\n\
                 |---|---|---|---|---|---|\n",
            );
        }
        let _ = writeln!(
            out,
            "| `{}` | {} | `{}` | **{}** | {} | {} |",
            one.source,
            marked(&one.how),
            one.behind,
            facts::then(one),
            marked(&one.words),
            code(&one.scenario)
        );
    }
    out
}

/// The evidence, folded.
fn pairs(found: &Found) -> String {
    if found.pairs.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "\n<details><summary>{}</summary>\n\n\
         | together | first | outcome | asked | scenario |\n|---|---|---|---|---|\n",
        many(found.pairs.len(), "pair")
    );
    for pair in &found.pairs {
        let [a, b] = pair.sources;
        let winner = pair.winner.map(|w| format!("`{w}`"));
        let asked: Vec<String> = pair.asked.iter().map(|s| format!("`{s}`")).collect();
        let _ = writeln!(
            out,
            "| `{a}`, `{b}` | {} | {} | {} | {} |",
            winner.as_deref().unwrap_or("none"),
            marked(&pair.words),
            asked.join(", "),
            code(&pair.scenario)
        );
    }
    out.push_str("\n</details>\n");
    out
}

/// Sources by subjects.
fn comparison(report: &Report) -> String {
    let contests = facts::contests(report);
    let mut out = String::from("\n| source |");
    for found in &report.subjects {
        let _ = write!(out, " {} |", marked(&facts::title(found)));
    }
    let _ = writeln!(out, " |\n|---|{}:-:|", ":-:|".repeat(report.subjects.len()));
    for one in facts::rows(report) {
        let _ = write!(out, "| `{one}` |");
        for found in &report.subjects {
            let _ = write!(out, " {} |", facts::cell(found, one));
        }
        let contested = contests.iter().any(|c| c.sources.contains(&one));
        let _ = writeln!(out, " {} |", if contested { "**≠**" } else { "" });
    }
    out.push_str(
        "\nA number is a step, = shares it, ✗ does not work, – is not set up. ≠ marks a source that \
         not all subjects look for before or after the same others.\n",
    );
    out + &differences(report, &contests)
}

fn differences(report: &Report, contests: &[Contest]) -> String {
    if contests.is_empty() {
        return "\nNo two subjects look for two sources in different orders.\n".to_owned();
    }
    let mut out = format!(
        "\n<details><summary>Where subjects differ: {}</summary>\n\n\
         | sources | who looks for the first of them first | who for the second |\n|---|---|---|\n",
        many(contests.len(), "pair"),
    );
    let who = |list: &[usize]| {
        let subjects = list.iter().filter_map(|i| report.subjects.get(*i));
        let names: Vec<String> = subjects.map(|f| marked(&f.name)).collect();
        names.join(", ")
    };
    for contest in contests {
        let [a, b] = contest.sources;
        let (first, second) = (who(&contest.first), who(&contest.second));
        let _ = writeln!(out, "| `{a}`, `{b}` | {first} | {second} |");
    }
    out.push_str("\n</details>\n");
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
    use crate::order_picture::sample;

    #[test]
    fn the_page_is_as_accepted() {
        insta::with_settings!({snapshot_path => "../../../../snapshots/order", prepend_module_to_snapshot => false}, {
            for (name, report) in sample::all() {
                insta::assert_snapshot!(format!("markdown-{name}"), render(&report));
            }
        });
    }

    #[test]
    fn rows_have_as_many_cells_as_their_heads() {
        for (name, report) in sample::all() {
            let page = render(&report);
            let mut cells = 0;
            for line in page.lines() {
                let bars = line.replace(r"\|", "").matches('|').count();
                assert!(cells == 0 || bars == 0 || bars == cells, "{name}: {line}");
                cells = bars;
            }
        }
    }

    #[test]
    fn what_a_subject_says_is_text() {
        let page = render(&sample::circle()).replace(r"\]", "");
        for raw in [
            "<script",
            "<img",
            "<i>",
            "](javascript",
            "\n# no credentials",
        ] {
            assert!(!page.contains(raw), "{raw}");
        }
        assert_eq!(page.matches("</details>").count(), 1);
    }
}
