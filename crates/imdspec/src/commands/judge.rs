//! `imdspec judge`: the rules over recorded traffic, offline.
//!
//! Several files are judged as one run, as a check judges the traces of its scenarios: they are of
//! one subject, what one shows it can do counts in the others, and each rule has one verdict.

mod report;
mod show;

use super::check::Selected;
use super::check::selection;
use crate::args::Judge;
use crate::exit::{Exit, Failure};
use imdspec_rules::{Capabilities, Judgement, Trace, Verdict, judge};
use imdspec_suite::Descriptor;
use imdspec_suite::recording::{self, Counts, Format, Part, Recording};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a descriptor's program may take; it is not run.
const NO_MATTER: Duration = Duration::from_secs(1);

/// One file, read.
struct Read {
    file: String,
    format: Format,
    counts: Counts,
    notes: Vec<String>,
    /// How many clients talked to the service.
    clients: usize,
}

/// The traffic of one client in one file.
struct Whose {
    /// The file and, where there are several in it, the client.
    name: String,
    format: Format,
    part: Part,
}

pub(crate) fn run(args: &Judge) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let rules = selection::rules(&args.rule)?;
    let declared = declared(args)?;
    let json = args.json.as_deref().map(report::open).transpose()?;
    let mut files = Vec::new();
    let mut parts = Vec::new();
    for path in &args.files {
        let recording = read(args, path)?;
        let file = path.display().to_string();
        files.push(Read {
            file: file.clone(),
            format: recording.format,
            counts: recording.counts,
            notes: recording.notes,
            clients: recording.parts.len(),
        });
        parts.extend(whose(&file, recording.format, recording.parts, args));
    }
    show::files(&files, rules.len());
    if parts.is_empty() {
        return Err(nobody(&files));
    }
    let judgements = judged(&rules, &parts, &declared);
    show::all(args, &parts, &judgements, begun.elapsed());
    if let Some(json) = json {
        json.write(&files, &parts, &judgements)?;
    }
    Ok(exit(args, &judgements))
}

/// What the subject is said to be able to do.
fn declared(args: &Judge) -> Result<Capabilities, Failure> {
    let Some(file) = &args.subject else {
        return Ok(Capabilities::default());
    };
    let descriptor = Descriptor::load(file).map_err(Failure::usage)?;
    Ok(descriptor.subject(NO_MATTER).capabilities)
}

fn read(args: &Judge, path: &Path) -> Result<Recording, Failure> {
    let named = |e: &dyn std::fmt::Display| Failure::usage(format!("{}: {e}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| named(&e))?;
    recording::read(&bytes, &args.server).map_err(|e| named(&e))
}

/// The parts of a file, each with its name.
fn whose(file: &str, format: Format, parts: Vec<Part>, args: &Judge) -> Vec<Whose> {
    let is_one = parts.len() == 1;
    let named = |mut part: Part| {
        if args.one_resolve {
            part.set_one_resolve();
        } else if args.from_start {
            part.set_from_start();
        }
        let name = match &part.client {
            Some(client) if !is_one => format!("{file}, client {client}"),
            _ => file.to_owned(),
        };
        Whose { name, format, part }
    };
    parts.into_iter().map(named).collect()
}

fn judged<'r>(rules: &'r Selected, parts: &[Whose], declared: &Capabilities) -> Vec<Judgement<'r>> {
    let traces: Vec<&Trace> = parts.iter().map(|p| &p.part.trace).collect();
    judge(rules, &traces, declared)
}

/// That nothing in the files can be judged.
fn nobody(files: &[Read]) -> Failure {
    let left_out: u32 = files.iter().map(|f| f.counts.left_out).sum();
    let hint = if left_out > 0 {
        "; if it is there at another address, name it with --server"
    } else {
        ""
    };
    let why = format!("no traffic with the metadata service was found{hint}");
    Failure::new(Exit::NothingSelected, why)
}

fn exit(args: &Judge, judgements: &[Judgement<'_>]) -> Exit {
    let fails = |j: &Judgement<'_>| match j.verdict {
        Verdict::Violated => true,
        Verdict::Warned => args.strict,
        _ => false,
    };
    if judgements.iter().any(fails) {
        Exit::Violations
    } else {
        Exit::Fine
    }
}
