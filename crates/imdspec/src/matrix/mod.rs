//! Rules by subject: one table of many checks, as data.
//!
//! [`build`] makes it from runs, the renderers show it, and it is written and read as JSON
//! (`docs/matrix.schema.json`), so that showing it again takes no run. Nothing in it changes from
//! one run to the next unless a verdict or its evidence does: no time of day, no port, no path of
//! the machine.

pub(crate) mod build;
pub(crate) mod html;
pub(crate) mod markdown;
#[cfg(test)]
mod sample;
mod settle;
pub(crate) mod terminal;

use imdspec_rules::{Level, Provenance, Verdict};
use serde::{Deserialize, Serialize};

/// The version of the shape.
pub(crate) const SCHEMA: u32 = 1;

/// Every verdict, in the order they are listed.
pub(crate) const VERDICTS: [Verdict; 7] = [
    Verdict::Held,
    Verdict::Violated,
    Verdict::Warned,
    Verdict::Observed,
    Verdict::NotExercised,
    Verdict::NotApplicable,
    Verdict::NotRun,
];

/// The whole table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matrix {
    /// The version of the program that ran it.
    pub(crate) imdspec: String,
    /// The version of this shape.
    pub(crate) schema: u32,
    /// The day of the run, UTC.
    pub(crate) date: String,
    /// The seed, hexadecimal.
    pub(crate) seed: String,
    /// How often each subject was run.
    pub(crate) runs: u32,
    /// Whether it was stopped before its end.
    pub(crate) interrupted: bool,
    /// The columns.
    pub(crate) subjects: Vec<Column>,
    /// The rows, those of one topic together.
    pub(crate) rules: Vec<Row>,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    /// The descriptor's file name without its ending: one word that no other column has.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version, as far as it says.
    pub(crate) version: String,
    /// The descriptor, as it was named.
    pub(crate) descriptor: String,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) homepage: Option<String>,
    /// How it was driven.
    pub(crate) kind: String,
    /// Which network it was on; empty when it was not run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) network: String,
    /// Whose time it lived on; empty when it was not run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) clock: String,
    /// Whether it was run.
    pub(crate) state: State,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) why: String,
    /// How to install it.
    pub(crate) install: Vec<String>,
    /// What to know before reading its verdicts.
    pub(crate) notes: Vec<String>,
    /// Expectations of its descriptor that did not come true.
    pub(crate) missed: Vec<String>,
    /// How many scenarios were run on it.
    pub(crate) scenarios: usize,
    /// Rules whose verdict was another one the second time.
    pub(crate) unsteady: Vec<Unsteady>,
}

/// Whether a subject was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// It was.
    Ran,
    /// Its command is not there.
    NotInstalled,
    /// It broke the contract before anything could be judged.
    WouldNotStart,
    /// The run was interrupted first.
    NotReached,
}

/// A verdict that differs between two runs with one seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsteady {
    /// The rule.
    pub(crate) rule: String,
    /// The verdict shown.
    pub(crate) first: Verdict,
    /// The other one.
    pub(crate) second: Verdict,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// Its id.
    pub(crate) id: String,
    /// Its level.
    pub(crate) level: Level,
    /// The requirement in one sentence.
    pub(crate) statement: String,
    /// Where it comes from.
    pub(crate) source: String,
    /// How the source knows.
    pub(crate) provenance: Provenance,
    /// Its verdict for each subject that was run.
    pub(crate) cells: Vec<Cell>,
}

/// One verdict and what it stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cell {
    /// The subject's id.
    pub(crate) subject: String,
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Whether it is as expected: good, or known and explained.
    pub(crate) expected: bool,
    /// What the descriptor says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) known: Option<Known>,
    /// How often the rule was put to the test.
    pub(crate) exercised: u32,
    /// The scenarios that did so.
    pub(crate) scenarios: Vec<String>,
    /// Why, where the verdict needs a reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) reason: String,
    /// How often it was broken.
    pub(crate) broken: usize,
    /// The proof, or the beginning of it.
    pub(crate) evidence: Vec<Piece>,
}

/// An expectation of the descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// The verdict it expects.
    pub(crate) verdict: String,
    /// Why.
    pub(crate) reason: String,
    /// Where one can read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Piece {
    /// The scenario.
    pub(crate) scenario: String,
    /// What the rule asks for; nothing where it only observes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) expected: String,
    /// What was seen.
    pub(crate) got: String,
    /// The exchange in two lanes.
    pub(crate) exchange: String,
    /// The command that shows it again.
    pub(crate) again: String,
}

impl Matrix {
    /// The subjects that were run.
    pub(crate) fn ran(&self) -> impl Iterator<Item = &Column> + Clone {
        self.subjects.iter().filter(|c| c.state == State::Ran)
    }

    /// The rows by topic, in the order in which the topics come.
    pub(crate) fn groups(&self) -> Vec<(&str, Vec<&Row>)> {
        let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
        for row in &self.rules {
            match groups.iter_mut().find(|(name, _)| *name == row.group()) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((row.group(), vec![row])),
            }
        }
        groups
    }

    /// How many rules of a subject have a verdict.
    pub(crate) fn count(&self, subject: &Column, verdict: Verdict) -> usize {
        self.cells_of(subject)
            .filter(|(_, cell)| cell.verdict == verdict)
            .count()
    }

    /// A subject's cells, each with its rule.
    pub(crate) fn cells_of<'m>(
        &'m self,
        subject: &'m Column,
    ) -> impl Iterator<Item = (&'m Row, &'m Cell)> {
        self.rules
            .iter()
            .filter_map(|row| Some((row, row.of(subject)?)))
    }

    /// The cells that are not as expected, each with its rule and subject.
    pub(crate) fn unexpected(&self) -> impl Iterator<Item = (&Column, &Row, &Cell)> {
        self.ran().flat_map(move |column| {
            self.cells_of(column)
                .filter(|(_, cell)| !cell.expected)
                .map(move |(row, cell)| (column, row, cell))
        })
    }

    /// Whether a rule was broken unexpectedly, an expectation did not come true, or a verdict was
    /// another one the second time.
    ///
    /// A SHOULD that is not met counts only where `strict` says so, as it does in a check.
    pub(crate) fn fails(&self, strict: bool) -> bool {
        let bad = |cell: &Cell| match cell.verdict {
            Verdict::Violated => true,
            Verdict::Warned => strict,
            _ => false,
        };
        let wrong = |c: &Column| !c.missed.is_empty() || !c.unsteady.is_empty();
        self.unexpected().any(|(_, _, cell)| bad(cell)) || self.subjects.iter().any(wrong)
    }

    /// What the run was, on one line.
    pub(crate) fn headline(&self) -> String {
        let ran = self.ran().count();
        let mut line = format!(
            "imdspec {}, {}, seed {}: {} by {}",
            self.imdspec,
            self.date,
            self.seed,
            many(self.rules.len(), "rule"),
            many(ran, "subject"),
        );
        let rest = self.subjects.len() - ran;
        if rest > 0 {
            line.push_str(&format!(", {rest} not run"));
        }
        line
    }

    /// What two runs have shown, where there were two.
    pub(crate) fn steadiness(&self) -> Option<String> {
        if self.runs < 2 {
            return None;
        }
        let differ: Vec<String> = self
            .subjects
            .iter()
            .flat_map(|c| c.unsteady.iter().map(move |u| (c, u)))
            .map(|(c, u)| {
                let (first, second) = (u.first.as_str(), u.second.as_str());
                format!("{} {} was {first}, then {second}", c.id, u.rule)
            })
            .collect();
        Some(if differ.is_empty() {
            "each subject was run twice with the same seed; no verdict differs".into()
        } else {
            format!("two runs differ: {}", differ.join("; "))
        })
    }
}

impl Column {
    /// Name and version.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version).trim().to_owned()
    }

    /// How it was driven, in words.
    pub(crate) fn driven(&self) -> String {
        let kind = &self.kind;
        format!("{kind}, network {}, clock {}", self.network, self.clock)
    }

    /// The command that runs all of it.
    pub(crate) fn command(&self, seed: &str) -> String {
        let seed = seed.trim_start_matches('0');
        let seed = if seed.is_empty() { "0" } else { seed };
        format!(
            "imdspec check --seed {seed} --subject {}",
            crate::args::under_test::quote(&self.descriptor)
        )
    }
}

impl State {
    /// In words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::NotInstalled => "not installed",
            Self::WouldNotStart => "would not start",
            Self::NotReached => "not reached",
        }
    }
}

impl Row {
    /// The topic, such as `TOKEN`.
    pub(crate) fn group(&self) -> &str {
        self.id.split('-').next().unwrap_or(&self.id)
    }

    /// The cell of a subject.
    pub(crate) fn of(&self, subject: &Column) -> Option<&Cell> {
        self.cells.iter().find(|c| c.subject == subject.id)
    }
}

impl Cell {
    /// The sign of the verdict: one character wide, and told apart without colour.
    pub(crate) const fn sign(&self) -> &'static str {
        sign(self.verdict)
    }

    /// The verdict in words, with what the descriptor makes of it.
    pub(crate) fn words(&self) -> String {
        let verdict = words(self.verdict);
        match (&self.known, self.expected) {
            (_, true) if self.is_bad() => format!("{verdict}, known"),
            (Some(known), false) => format!("{verdict}, expected {}", known.verdict),
            (None, false) => format!("{verdict}, new"),
            _ => verdict.to_owned(),
        }
    }

    /// Whether the rule was broken.
    pub(crate) const fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Violated | Verdict::Warned)
    }

    /// How often the rule was put to the test, and how often it was broken, in words.
    pub(crate) fn how_often(&self) -> String {
        let times = match self.exercised {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        let scenarios = many(self.scenarios.len(), "scenario");
        let tested = format!("put to the test {times} in {scenarios}");
        match self.broken {
            0 => tested,
            1 => format!("{tested}, broken once"),
            n => format!("{tested}, broken {n} times"),
        }
    }
}

/// The sign of a verdict.
pub(crate) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "✓",
        Verdict::Violated => "✗",
        Verdict::Warned => "▲",
        Verdict::Observed => "○",
        Verdict::NotExercised => "·",
        Verdict::NotApplicable => "–",
        Verdict::NotRun => "?",
    }
}

/// A verdict in words.
pub(crate) const fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotExercised => "not exercised",
        Verdict::NotApplicable => "not applicable",
        Verdict::NotRun => "not run",
        other => other.as_str(),
    }
}

/// What a verdict says.
pub(crate) const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "put to the test, and held each time",
        Verdict::Violated => "a MUST was broken",
        Verdict::Warned => "a SHOULD was not met",
        Verdict::Observed => "the sources leave it open; what was seen is recorded",
        Verdict::NotExercised => "nothing put it to the test",
        Verdict::NotApplicable => "the subject has not the capability the rule stands behind",
        Verdict::NotRun => "its scenarios could not be run on this subject",
    }
}

/// A number and its noun.
pub(crate) fn many(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
