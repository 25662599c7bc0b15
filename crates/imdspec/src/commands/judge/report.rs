//! The report of judged recordings for machines. The shape is published in
//! `docs/judge.schema.json`.

use super::{Read, Whose};
use crate::exit::Failure;
use imdspec_rules::{Judgement, Level, Verdict};
use imdspec_suite::recording::Counts;
use imdspec_suite::report::observed;
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// The version of the report's shape.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    imdspec: &'static str,
    schema: u32,
    files: Vec<FilePart<'a>>,
    rules: Vec<RulePart<'a>>,
}

#[derive(Serialize)]
struct FilePart<'a> {
    file: &'a str,
    format: String,
    clients: usize,
    #[serde(flatten)]
    counts: Counts,
    notes: &'a [String],
}

#[derive(Serialize)]
struct RulePart<'a> {
    id: &'a str,
    level: Level,
    verdict: Verdict,
    exercised: u32,
    evidence: Vec<EvidencePart<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[derive(Serialize)]
struct EvidencePart<'a> {
    recording: &'a str,
    unit: &'a str,
    /// Where in the file.
    at: Vec<u32>,
    message: String,
}

/// A file that is open before anything is read, so that a mistyped path costs no time.
pub(super) struct Json {
    path: PathBuf,
    file: File,
}

pub(super) fn open(path: &Path) -> Result<Json, Failure> {
    let file = File::create(path).map_err(|e| cannot(path, &e))?;
    Ok(Json {
        path: path.to_owned(),
        file,
    })
}

fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}

impl Json {
    pub(super) fn write(
        self,
        files: &[Read],
        parts: &[Whose],
        judgements: &[Judgement<'_>],
    ) -> Result<(), Failure> {
        let report = Report {
            imdspec: env!("CARGO_PKG_VERSION"),
            schema: SCHEMA,
            files: files.iter().map(of_file).collect(),
            rules: judgements.iter().map(|j| of_rule(j, parts)).collect(),
        };
        let mut out = BufWriter::new(self.file);
        serde_json::to_writer_pretty(&mut out, &report)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out))
            .and_then(|()| out.flush())
            .map_err(|e| cannot(&self.path, &e))
    }
}

fn of_file(read: &Read) -> FilePart<'_> {
    FilePart {
        file: &read.file,
        format: read.format.to_string(),
        clients: read.clients,
        counts: read.counts,
        notes: &read.notes,
    }
}

/// Nothing secret is in it: rules name events, not values.
fn of_rule<'a>(judgement: &'a Judgement<'_>, parts: &'a [Whose]) -> RulePart<'a> {
    let evidence = judgement.evidence.iter().map(|proof| {
        let whose = &parts[proof.trace];
        let place = |n: &u32| {
            let index = usize::try_from(*n).unwrap_or(0).wrapping_sub(1);
            whose.part.places.get(index).copied().filter(|p| *p > 0)
        };
        let evidence = &proof.evidence;
        EvidencePart {
            recording: &whose.name,
            unit: whose.format.unit(),
            at: evidence.events.iter().filter_map(place).collect(),
            message: format!("expected {}; got {}", evidence.expected, evidence.got),
        }
    });
    RulePart {
        id: judgement.rule.id,
        level: judgement.rule.level,
        verdict: judgement.verdict,
        exercised: judgement.exercised,
        evidence: evidence.collect(),
        observed: (judgement.verdict == Verdict::Observed).then(|| observed(judgement)),
        reason: &judgement.reason,
    }
}
