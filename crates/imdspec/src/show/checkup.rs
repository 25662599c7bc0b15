//! What the doctor says.

use super::paint::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use super::wrap;
use anstyle::Style;
use imdspec_suite::doctor::{Checkup, Health, Step};
use std::io::{IsTerminal as _, Write as _};

/// Where the words of a step begin, in characters.
const INDENT: usize = 28;

/// The line over some steps.
pub(crate) fn title(what: &str, who: &str) -> String {
    if who.is_empty() {
        paint(BOLD, what)
    } else {
        format!("{} {who}", paint(BOLD, what))
    }
}

/// A step, as text of a line or more.
pub(crate) fn step(step: &Step) -> String {
    let (symbol, style) = sign(step.health);
    let head = format!("  {symbol} {:<8}{:<15} ", step.health.as_str(), step.name);
    let mut lines = if step.expected.is_empty() {
        wrap(&head, &step.words)
    } else {
        let mut lines = wrap(&format!("{head}expected  "), &step.expected);
        lines.extend(wrap(&format!("{:INDENT$}got       ", ""), &step.words));
        lines
    };
    // Painted last, because colours have no width.
    let sign = format!("{symbol} {:<8}", step.health.as_str());
    lines[0] = lines[0].replacen(&sign, &paint(style, &sign), 1);
    for advice in &step.advice {
        lines.extend(wrap(&format!("{:INDENT$}change    ", ""), advice));
    }
    if !step.stderr.trim().is_empty() {
        for (i, line) in step.stderr.lines().enumerate() {
            let label = if i == 0 { "stderr" } else { "" };
            let line = paint(DIM, format!("{label:<10}{line}"));
            lines.push(format!("{:INDENT$}{line}", ""));
        }
    }
    lines.join("\n")
}

const fn sign(health: Health) -> (char, Style) {
    match health {
        Health::Good => ('✓', GREEN),
        Health::Note => ('!', YELLOW),
        Health::Bad => ('✗', RED),
        Health::Skipped => ('-', DIM),
    }
}

/// The last lines: what it comes to, and what to do next.
pub(crate) fn conclusion(machine: &Checkup, program: Option<&Checkup>, next: &str) -> String {
    let lacks = machine.count(Health::Note);
    let mut lines = Vec::new();
    if let Some(program) = program {
        lines.push(match program.count(Health::Bad) {
            0 => paint(GREEN, "the program keeps the contract"),
            1 => paint(
                RED,
                "1 step is bad: mend it first, or the verdicts will be about the adapter",
            ),
            n => paint(
                RED,
                format!(
                    "{n} steps are bad: mend them first, or the verdicts will be about the adapter"
                ),
            ),
        });
    }
    lines.push(match lacks {
        0 => "this machine has all that imdspec can use".into(),
        1 => "this machine lacks one thing: what needs it is not run, and no program is to blame"
            .into(),
        n => format!(
            "this machine lacks {n} things: what needs them is not run, and no program is to blame"
        ),
    });
    if program.is_none_or(Checkup::is_good) {
        lines.push(format!("next: {next}"));
    }
    lines.join("\n")
}

/// Says on a terminal what is being looked at, for as long as it takes. Writes to stderr, so that
/// stdout stays a report.
pub(crate) struct Waiting {
    terminal: bool,
}

impl Waiting {
    pub(crate) fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
        }
    }

    pub(crate) fn begins(&self, name: &str) {
        if self.terminal {
            anstream::eprint!("  {}", paint(DIM, format!("… {:<8}{name}", "")));
            // A terminal that cannot be written to shows nothing; the look goes on.
            let _ = std::io::stderr().flush();
        }
    }

    pub(crate) fn ends(&self) {
        if self.terminal {
            anstream::eprint!("\r\x1b[K");
        }
    }
}
