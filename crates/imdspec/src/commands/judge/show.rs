//! What people see of a judged recording.

use super::{Read, Whose};
use crate::args::Judge;
use crate::args::under_test::quote;
use crate::show::failure::{Found, block_found};
use crate::show::paint::{DIM, YELLOW, paint};
use crate::show::summary::{rule_line, verdicts};
use crate::show::{Colour, wrap};
use imdspec_rules::{Judgement, Verdict};
use imdspec_suite::report::Summary;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many pieces of evidence are shown for one rule, unless all are asked for.
const SHOWN_PER_RULE: usize = 1;

/// What was read.
pub(super) fn files(files: &[Read], rules: usize) {
    anstream::println!("imdspec {}", env!("CARGO_PKG_VERSION"));
    for read in files {
        for (i, line) in wrap("read      ", &in_words(read)).iter().enumerate() {
            match i {
                0 => anstream::println!("{line}"),
                _ => anstream::println!("{}", paint(DIM, line)),
            }
        }
        for note in &read.notes {
            for line in wrap("note      ", note) {
                anstream::println!("{}", paint(YELLOW, line));
            }
        }
    }
    anstream::println!("selected  {rules} rules\n");
}

/// A file in words: what is in it, and what was left out.
fn in_words(read: &Read) -> String {
    let counts = &read.counts;
    let mut parts = vec![
        some(counts.units, read.format.unit(), read.format.units()),
        some(counts.connections, "connection", "connections"),
        some(counts.exchanges, "request", "requests") + " to the service",
    ];
    if read.clients > 1 {
        parts.push(format!("{} clients", read.clients));
    }
    let mut text = format!("{}: {}, {}", read.file, read.format, parts.join(", "));
    let mut out = Vec::new();
    if counts.left_out > 0 {
        out.push(format!("{} left out: other traffic", counts.left_out));
    }
    if counts.repeated > 0 {
        let units = some(counts.repeated, read.format.unit(), read.format.units());
        out.push(format!("{units} sent again or seen twice"));
    }
    if counts.unread > 0 {
        out.push(format!("{} not TCP, or not read", counts.unread));
    }
    if !out.is_empty() {
        text.push_str(&format!("; {}", out.join(", ")));
    }
    text
}

fn some(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The findings, a line for each rule that says something, and what says nothing.
pub(super) fn all(args: &Judge, parts: &[Whose], judgements: &[Judgement<'_>], took: Duration) {
    for judgement in judgements {
        blocks(args, parts, judgement);
    }
    let is_silent =
        |j: &&Judgement<'_>| matches!(j.verdict, Verdict::NotExercised | Verdict::NotApplicable);
    for judgement in judgements.iter().filter(|j| !is_silent(j)) {
        anstream::println!("{}", rule_line(judgement, false));
    }
    let silent: Vec<&Judgement<'_>> = judgements.iter().filter(is_silent).collect();
    if args.verbose {
        for judgement in silent {
            anstream::println!("{}", rule_line(judgement, false));
            for line in wrap("               ", judgement.rule.statement) {
                anstream::println!("{}", paint(DIM, line));
            }
        }
    } else {
        for (verdict, word) in [
            (Verdict::NotExercised, "vacuous"),
            (Verdict::NotApplicable, "not-applicable"),
        ] {
            let such = silent.iter().filter(|j| j.verdict == verdict);
            ids(word, such.map(|j| j.rule.id));
        }
    }
    let summary = Summary::over(judgements, parts.len(), took);
    let n = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let traces = some(n, "recording", "recordings");
    anstream::println!("{} in {traces}", verdicts(&summary));
}

/// The evidence against one rule.
fn blocks(args: &Judge, parts: &[Whose], judgement: &Judgement<'_>) {
    let most = if args.verbose {
        usize::MAX
    } else {
        SHOWN_PER_RULE
    };
    for proof in judgement.evidence.iter().take(most) {
        let whose = &parts[proof.trace];
        let found = Found {
            recording: &whose.name,
            units: whose.format.units(),
            places: &whose.part.places,
        };
        let again = again(args, judgement.rule.id);
        let trace = &whose.part.trace;
        anstream::println!(
            "{}\n",
            block_found(
                judgement,
                &proof.evidence,
                trace,
                found,
                &again,
                Colour::Ansi
            )
        );
    }
    let hidden = judgement.evidence.len().saturating_sub(most);
    if hidden > 0 {
        anstream::println!("  ({hidden} more of {}: --verbose)\n", judgement.rule.id);
    }
}

/// Rules that say nothing, by group.
fn ids<'r>(word: &str, ids: impl Iterator<Item = &'r str>) {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in ids {
        let (group, number) = id.split_once('-').unwrap_or((id, ""));
        groups.entry(group).or_default().push(number);
    }
    for (i, (group, numbers)) in groups.iter().enumerate() {
        let word = if i == 0 { word } else { "" };
        let head = format!("{word:<14} {group:<7}");
        for line in wrap(&head, &numbers.join(" ")) {
            anstream::println!("{}", paint(DIM, line));
        }
    }
}

/// The command that shows one rule's findings again.
fn again(args: &Judge, rule: &str) -> String {
    let mut command = format!("imdspec judge --rule {rule}");
    for (given, option) in [
        (args.from_start, " --from-start"),
        (args.one_resolve, " --one-resolve"),
    ] {
        if given {
            command.push_str(option);
        }
    }
    for server in &args.server {
        command.push_str(&format!(" --server {}", quote(server)));
    }
    if let Some(file) = &args.subject {
        command.push_str(&format!(" --subject {}", quote(&file.to_string_lossy())));
    }
    for file in &args.files {
        command.push_str(&format!(" {}", quote(&file.to_string_lossy())));
    }
    command
}
