//! From runs to the table.

use super::settle::Settle;
use super::{Cell, Column, Known, Matrix, Piece, Row, SCHEMA, State, Unsteady};
use imdspec_rules::{Case, Finding, Judgement, Rule, Trace, Verdict};
use imdspec_suite::baseline::{Comparison, Day, Selection, When};
use imdspec_suite::program::ContractError;
use imdspec_suite::report::Report;
use imdspec_suite::runner::Done;
use imdspec_suite::show::lanes_to_keep;
use imdspec_suite::{Descriptor, Expected, Subject};
use imdspec_wire::{Timestamp, Wall};
use std::time::{SystemTime, UNIX_EPOCH};

/// The most pieces of evidence kept for one cell: the command beside each shows all of them.
const MOST_PIECES: usize = 3;

impl Matrix {
    /// A table of today without columns.
    pub(crate) fn new(rules: &[Rule], seed: u64, runs: u32) -> Self {
        Self {
            imdspec: env!("CARGO_PKG_VERSION").into(),
            schema: SCHEMA,
            date: today(),
            seed: format!("{seed:016x}"),
            runs,
            interrupted: false,
            subjects: Vec::new(),
            rules: rules.iter().map(row).collect(),
        }
    }

    /// Adds what was run.
    pub(crate) fn add(&mut self, mut column: Column, done: &Done, rules: &[Rule]) {
        let judgements = done.judgements(rules);
        let today = Day::of(SystemTime::now());
        // With --rule, every scenario meant for those rules is run.
        let comparison = Comparison::of(done, &judgements, today, Selection::Whole);
        let report = Report::of(done, &judgements, &comparison);
        let subject = report.subject;
        column.state = State::Ran;
        column.name = subject.name;
        column.version = subject.version;
        column.kind = subject.kind.into();
        column.network = subject.network.into();
        column.clock = subject.clock.into();
        column.why.clear();
        column.notes.clone_from(&done.notes);
        column.notes.extend(comparison.notes);
        let missed = comparison.failures.iter();
        column.missed = missed
            .map(|m| format!("{}: {}", m.rule, m.message))
            .collect();
        column.scenarios = report.summary.scenarios;
        let command = column.command(&self.seed);
        for (judgement, part) in judgements.iter().zip(report.rules) {
            let Some(row) = self.rules.iter_mut().find(|r| r.id == part.id) else {
                continue;
            };
            row.cells.push(Cell {
                subject: column.id.clone(),
                verdict: part.verdict,
                expected: part.expected,
                known: known(&done.subject, judgement, today),
                exercised: part.exercised,
                scenarios: part.scenarios,
                reason: part.reason,
                broken: part.evidence.len(),
                evidence: evidence(done, judgement, &command),
            });
        }
        self.interrupted |= done.interrupted;
        self.subjects.push(column);
    }

    /// Notes where a second run of the last subject added came to another verdict.
    pub(crate) fn compare(&mut self, again: &Done, rules: &[Rule]) {
        self.interrupted |= again.interrupted;
        let Some(column) = self.subjects.last_mut().filter(|_| !again.interrupted) else {
            return;
        };
        for judgement in again.judgements(rules) {
            let row = self.rules.iter().find(|r| r.id == judgement.rule.id);
            if let Some(first) = row.and_then(|r| r.of(column)).map(|c| c.verdict)
                && first != judgement.verdict
            {
                column.unsteady.push(Unsteady {
                    rule: judgement.rule.id.into(),
                    first,
                    second: judgement.verdict,
                });
            }
        }
    }

    /// Takes back the last subject added: it would not start a second time.
    pub(crate) fn take_back(&mut self, error: &ContractError) {
        let Some(column) = self.subjects.pop() else {
            return;
        };
        for row in &mut self.rules {
            row.cells.retain(|c| c.subject != column.id);
        }
        self.add_failed(column, error, true);
        if let Some(column) = self.subjects.last_mut() {
            column.state = State::WouldNotStart;
            column.why = format!("it started once and not again: {}", column.why);
        }
    }

    /// Adds a subject that could not be run.
    ///
    /// A language's interpreter may be there where the library is not: one that was never set up
    /// counts as not installed, whatever it died of.
    pub(crate) fn add_failed(&mut self, mut column: Column, error: &ContractError, set_up: bool) {
        let missing = matches!(error, ContractError::Start { missing: true, .. });
        column.state = if missing || !set_up {
            State::NotInstalled
        } else {
            State::WouldNotStart
        };
        column.why = Settle::nowhere().text(&error.to_string());
        self.subjects.push(column);
    }
}

impl Column {
    /// What is known of a subject before it is run.
    pub(crate) fn of(id: &str, file: &str, descriptor: &Descriptor, subject: &Subject) -> Self {
        Self {
            id: id.into(),
            name: descriptor.name.clone(),
            version: subject.version.clone(),
            descriptor: file.into(),
            homepage: descriptor.homepage.clone(),
            kind: subject.kind.as_str().into(),
            network: String::new(),
            clock: String::new(),
            state: State::NotReached,
            why: "the run was interrupted before its turn".into(),
            install: subject.install.clone(),
            notes: Vec::new(),
            missed: Vec::new(),
            scenarios: 0,
            unsteady: Vec::new(),
        }
    }
}

fn row(rule: &Rule) -> Row {
    Row {
        id: rule.id.into(),
        level: rule.level,
        statement: rule.statement.into(),
        source: rule.source.into(),
        provenance: rule.provenance,
        cells: Vec::new(),
    }
}

/// What the descriptor says of a rule, for this run and on this day.
fn known(subject: &Subject, judgement: &Judgement<'_>, today: Day) -> Option<Known> {
    let run = When::of(subject);
    let counts =
        |e: &&Expected| e.rule == judgement.rule.id && e.when.covers(run) && !e.expired(today);
    let expected = subject.baseline.entries().iter().find(counts)?;
    Some(Known {
        verdict: expected.verdict.as_str().into(),
        reason: expected.reason.clone(),
        link: expected.link.clone(),
    })
}

fn evidence(done: &Done, judgement: &Judgement<'_>, command: &str) -> Vec<Piece> {
    let traces = done.traces();
    let piece = |trace: &Trace, events: &[u32], expected: &str, got: &str| {
        let settle = Settle::new(trace);
        let lines = lanes_to_keep(&settle.trace(trace), events);
        let exchange = anstream::adapter::strip_str(&lines.join("\n")).to_string();
        let scenario = trace.header.scenario.clone();
        Piece {
            again: format!(
                "{command} --scenario {scenario} --rule {}",
                judgement.rule.id
            ),
            scenario,
            expected: settle.text(expected),
            got: settle.text(got),
            exchange,
        }
    };
    if judgement.verdict == Verdict::Observed {
        // One for each thing seen: the first trace that shows it.
        let mut seen: Vec<&str> = Vec::new();
        return judgement
            .observed
            .iter()
            .filter(|(_, value)| {
                let new = !seen.contains(&value.as_str());
                seen.push(value);
                new
            })
            .map(|(trace, value)| {
                let trace = traces[*trace];
                piece(trace, &observing(judgement.rule, trace), "", value)
            })
            .collect();
    }
    // A second proof from one scenario adds little.
    let mut scenarios = Vec::new();
    let (first, second): (Vec<_>, Vec<_>) = judgement.evidence.iter().partition(|proof| {
        let new = !scenarios.contains(&proof.trace);
        scenarios.push(proof.trace);
        new
    });
    first
        .into_iter()
        .chain(second)
        .take(MOST_PIECES)
        .map(|proof| {
            let e = &proof.evidence;
            piece(traces[proof.trace], &e.events, &e.expected, &e.got)
        })
        .collect()
}

/// The events that show what was observed.
fn observing(rule: &Rule, trace: &Trace) -> Vec<u32> {
    match rule.check(&Case::new(trace)) {
        Finding::Observed { events, .. } => events,
        Finding::Held { .. } | Finding::Violated { .. } | Finding::Vacuous => Vec::new(),
    }
}

/// The date in UTC.
fn today() -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    Timestamp::from_wall(now).to_seconds_text()[..10].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use imdspec_rules::{What, rules};
    use imdspec_suite::runner::Ran;
    use imdspec_suite::{NotRun, Scenario, scenario, self_test};
    use std::sync::Arc;
    use std::time::Duration;

    fn column() -> Column {
        Column {
            id: "mutant".into(),
            name: "mutant".into(),
            version: String::new(),
            descriptor: "mutant.toml".into(),
            homepage: None,
            kind: String::new(),
            network: String::new(),
            clock: String::new(),
            state: State::NotReached,
            why: String::new(),
            install: Vec::new(),
            notes: Vec::new(),
            missed: Vec::new(),
            scenarios: 0,
            unsteady: Vec::new(),
        }
    }

    fn done(ran: Vec<(Arc<Scenario>, Result<Trace, NotRun>)>) -> Done {
        let ran = ran.into_iter();
        Done {
            subject: Subject::reference(false),
            ran: ran
                .map(|(scenario, result)| Ran { scenario, result })
                .collect(),
            seed: 1,
            took: Duration::ZERO,
            interrupted: false,
            notes: Vec::new(),
        }
    }

    /// What a mutant does in the scenarios meant for its rule.
    fn broken(mutant: &self_test::Mutant) -> Done {
        let meant = |s: &&Scenario| s.exercises.iter().any(|e| e == mutant.rule);
        let ran = scenario::embedded().iter().filter(meant);
        done(
            ran.map(|s| (Arc::new(s.clone()), Ok(mutant.run(s, 1))))
                .collect(),
        )
    }

    #[test]
    fn evidence_is_kept_and_no_secret_with_it() {
        let mut pieces = 0;
        for mutant in self_test::mutants() {
            let done = broken(mutant);
            let mut matrix = Matrix::new(rules::all(), 1, 1);
            matrix.add(column(), &done, rules::all());
            let written = serde_json::to_string(&matrix).expect("plain data");
            for event in done.traces().iter().flat_map(|t| &t.events) {
                if let What::Secret { value, .. } = &event.what {
                    assert!(!written.contains(value), "{}: {value}", mutant.rule);
                }
            }
            let row = matrix.rules.iter().find(|r| r.id == mutant.rule);
            let cell = &row.expect("it exists").cells[0];
            for piece in &cell.evidence {
                assert!(!piece.got.is_empty() && !piece.exchange.contains('\u{1b}'));
                assert!(piece.again.ends_with(&format!("--rule {}", mutant.rule)));
            }
            let shows = cell.is_bad() || cell.verdict == Verdict::Observed;
            assert_eq!(shows, !cell.evidence.is_empty(), "{}", mutant.rule);
            pieces += cell.evidence.len();
        }
        assert!(pieces >= rules::all().len() / 2, "{pieces}");
    }

    #[test]
    fn a_second_run_that_differs_is_named() {
        let mutant = self_test::mutant_of("DOC-003").expect("every rule has one");
        let rules = [*rules::get("DOC-003").expect("it exists")];
        let first = broken(mutant);
        let again = first.ran.iter();
        let second = done(
            again
                .map(|r| (Arc::clone(&r.scenario), Ok(reference(&r.scenario))))
                .collect(),
        );
        let mut matrix = Matrix::new(&rules, 1, 2);
        matrix.add(column(), &first, &rules);
        matrix.compare(&first, &rules);
        assert_eq!(matrix.subjects[0].unsteady, []);
        matrix.compare(&second, &rules);
        let said = matrix.steadiness().expect("two runs");
        assert_eq!(
            said,
            "two runs differ: mutant DOC-003 was violated, then held"
        );
        assert!(matrix.fails(false));
    }

    fn reference(scenario: &Scenario) -> Trace {
        imdspec_suite::memory::run(scenario, &imdspec_suite::Reference::default(), 1)
    }
}
