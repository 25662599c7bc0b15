//! A small made-up matrix, with one of everything, for the renderers' tests.

use super::{Cell, Column, Known, Matrix, Piece, Row, SCHEMA, State};
use imdspec_rules::{Level, Provenance, Verdict};

pub(super) fn matrix() -> Matrix {
    Matrix {
        imdspec: "0.1.0".into(),
        schema: SCHEMA,
        date: "2026-01-02".into(),
        seed: "000000000000002a".into(),
        runs: 1,
        interrupted: false,
        subjects: vec![
            Column {
                missed: vec!["SEC-004: expected warned, but it held: remove the entry".into()],
                ..column("good", "1.2.3", State::Ran)
            },
            Column {
                notes: vec!["on a healthy service the subject gave no credentials".into()],
                ..column("bad", "0.9", State::Ran)
            },
            Column {
                why: "could not start \"absent\": is it installed and on PATH?".into(),
                ..column("absent", "", State::NotInstalled)
            },
            Column {
                why: "the program's first line must be {\"imdspec\":1,\"name\":…}, but it ended \
                      before it wrote a line\nlast on stderr: <script>alert(1)</script> | x"
                    .into(),
                ..column("broken", "", State::WouldNotStart)
            },
        ],
        rules: vec![
            row(
                "TOKEN-001",
                Level::Must,
                "No metadata GET without a token | while the service hands them out.",
                vec![held("good", 12), held("bad", 3)],
            ),
            row(
                "TOKEN-015",
                Level::Should,
                "After a 401 the subject fetches a new token.",
                vec![held("good", 1), warned("bad")],
            ),
            row(
                "DOC-003",
                Level::Must,
                "A document whose Code is a text other than Success gives no credentials, even \
                 if its keys, token and <expiration> are all there.",
                vec![violated("good", true), violated("bad", false)],
            ),
            row(
                "DOC-005",
                Level::Pin,
                "What becomes of a document without Code.",
                vec![observed("good"), rest("bad", Verdict::NotExercised)],
            ),
            row(
                "CACHE-002",
                Level::Must,
                "Expired credentials are not handed out.",
                vec![
                    rest("good", Verdict::NotRun),
                    rest("bad", Verdict::NotApplicable),
                ],
            ),
            row(
                "SEC-004",
                Level::Should,
                "No request for the service goes through a proxy.",
                vec![
                    Cell {
                        expected: false,
                        known: Some(known("warned")),
                        ..held("good", 2)
                    },
                    held("bad", 1),
                ],
            ),
        ],
    }
}

/// The same with `n` subjects that behave alike.
pub(super) fn many_subjects(n: usize) -> Matrix {
    let mut matrix = matrix();
    matrix.subjects = (0..n)
        .map(|i| column(&format!("subject-{i}"), "1", State::Ran))
        .collect();
    for row in &mut matrix.rules {
        let cell = row.cells[1].clone();
        row.cells = matrix
            .subjects
            .iter()
            .map(|c| Cell {
                subject: c.id.clone(),
                ..cell.clone()
            })
            .collect();
    }
    matrix
}

fn column(id: &str, version: &str, state: State) -> Column {
    let ran = state == State::Ran;
    Column {
        id: id.into(),
        name: id.into(),
        version: version.into(),
        descriptor: format!("subjects/{id}.toml"),
        homepage: ran.then(|| format!("https://example.com/{id}")),
        kind: "session".into(),
        network: if ran {
            "endpoint".into()
        } else {
            String::new()
        },
        clock: if ran { "real".into() } else { String::new() },
        state,
        why: String::new(),
        install: vec![format!("pip install {id}")],
        notes: Vec::new(),
        missed: Vec::new(),
        scenarios: if ran { 7 } else { 0 },
        unsteady: Vec::new(),
    }
}

fn row(id: &str, level: Level, statement: &str, cells: Vec<Cell>) -> Row {
    Row {
        id: id.into(),
        level,
        statement: statement.into(),
        source: "A made-up guide, \"Chapter <1>\"".into(),
        provenance: Provenance::Documented,
        cells,
    }
}

fn held(subject: &str, exercised: u32) -> Cell {
    Cell {
        subject: subject.into(),
        verdict: Verdict::Held,
        expected: true,
        known: None,
        exercised,
        scenarios: vec!["token/one".into(), "token/two".into()],
        reason: String::new(),
        broken: 0,
        evidence: Vec::new(),
    }
}

fn rest(subject: &str, verdict: Verdict) -> Cell {
    Cell {
        verdict,
        scenarios: Vec::new(),
        reason: "needs a clock that can be moved".into(),
        ..held(subject, 0)
    }
}

fn warned(subject: &str) -> Cell {
    Cell {
        verdict: Verdict::Warned,
        expected: false,
        broken: 1,
        evidence: vec![piece("TOKEN-015", "token/revoked")],
        ..held(subject, 2)
    }
}

fn violated(subject: &str, expected: bool) -> Cell {
    Cell {
        verdict: Verdict::Violated,
        expected,
        known: expected.then(|| known("violated")),
        broken: 4,
        evidence: vec![
            piece("DOC-003", "doc/code-failed-with-keys"),
            piece("DOC-003", "doc/code-expired"),
        ],
        ..held(subject, 5)
    }
}

fn observed(subject: &str) -> Cell {
    Cell {
        verdict: Verdict::Observed,
        evidence: vec![Piece {
            expected: String::new(),
            got: "accepted".into(),
            ..piece("DOC-005", "doc/code-missing")
        }],
        ..held(subject, 1)
    }
}

fn known(verdict: &str) -> Known {
    Known {
        verdict: verdict.into(),
        reason: "It does not look at Code.".into(),
        link: Some("https://example.com/issues/1".into()),
    }
}

fn piece(rule: &str, scenario: &str) -> Piece {
    Piece {
        scenario: scenario.into(),
        expected: "no credentials".into(),
        got: "credentials with access key ASIAEXAMPLE".into(),
        exchange: "    1          0 s  resolve 1: give me credentials\n\
                   >   2          0 s  GET /latest/meta-data/  ──►\n\
                   >   3          0 s              ◄── 200\n                                    \
                   { \"Code\" : \"Failed\", \"Token\" : \"<security token>\" } ```"
            .into(),
        again: format!(
            "imdspec check --seed 2a --subject subjects/x.toml --scenario {scenario} --rule {rule}"
        ),
    }
}
