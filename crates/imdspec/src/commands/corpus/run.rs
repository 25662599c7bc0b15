//! `imdspec corpus run`: each input served once to a subject, and what it made of it.

use super::report::{Report, Row, SCHEMA};
use super::{cannot, markdown, terminal};
use crate::args::CorpusRun as Args;
use crate::commands::check::random_seed;
use crate::commands::{interruption, not_started, runtime};
use crate::exit::{Exit, Failure};
use crate::select::{chosen, matches_nothing};
use crate::show::progress::Live;
use imdspec_suite::corpus::{self, Input};
use imdspec_suite::{Done, Plan, Subject, runner};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.from.is_empty() {
        let report = read(&args.from)?;
        return show(args, &report, Exit::Fine);
    }
    // Before the run, so that a mistyped name costs no time.
    let inputs = inputs(&args.input)?;
    let reference = || Subject::reference(false);
    let subjects = args.under_test.subjects(&args.subjects, reference)?;
    let seed = args.seed.unwrap_or_else(random_seed);
    let mut report = Report::new(seed);
    let mut otherwise = Exit::Fine;
    let many = subjects.len() > 1;
    for subject in subjects {
        let name = subject.name.clone();
        match replay(subject, &inputs, seed) {
            Ok(done) => {
                report.add(&inputs, &done);
                if done.interrupted {
                    otherwise = Exit::Interrupted;
                    break;
                }
            }
            // One of several that will not start does not hide the others.
            Err(failure) if many => {
                anstream::eprintln!("imdspec: {name}: {failure}");
                otherwise = Exit::Subject;
            }
            Err(failure) => return Err(failure),
        }
    }
    show(args, &report, otherwise)
}

fn show(args: &Args, report: &Report, otherwise: Exit) -> Result<Exit, Failure> {
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(report).map_err(|e| cannot("write", path, e))?;
        write(path, text + "\n")?;
    }
    if let Some(path) = &args.markdown {
        write(path, markdown::render(report))?;
    }
    anstream::print!("{}", terminal::render(report));
    let against = (0..report.subjects.len()).any(|i| report.against(i).next().is_some());
    Ok(match otherwise {
        Exit::Interrupted => Exit::Interrupted,
        _ if against => Exit::Violations,
        otherwise => otherwise,
    })
}

fn inputs(globs: &[String]) -> Result<Vec<&'static Input>, Failure> {
    let all: Vec<(String, &Input)> = corpus::inputs().iter().map(|i| (i.path(), i)).collect();
    if let Some(why) = matches_nothing("input", globs, all.iter().map(|(path, _)| path.as_str())) {
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    let chosen = all.into_iter().filter(|(path, _)| chosen(globs, path));
    Ok(chosen.map(|(_, input)| input).collect())
}

fn replay(subject: Subject, inputs: &[&Input], seed: u64) -> Result<Done, Failure> {
    let install = subject.install.clone();
    let plan = Plan {
        subject,
        scenarios: inputs.iter().map(|i| Arc::new(i.scenario())).collect(),
        seed,
    };
    let mut live = Live::new(plan.scenarios.len(), true);
    let done = runtime()?.block_on(async {
        // Before anything is begun, so that no moment is left in which it would end us unheard.
        let stopped = interruption()?;
        runner::run(plan, stopped, |p| live.take(&p))
            .await
            .map_err(|e| not_started(&e, &install))
    });
    live.clear();
    done
}

/// Several results as one, side by side. What was done is of the files, what was asked is of the corpus.
fn read(files: &[std::path::PathBuf]) -> Result<Report, Failure> {
    let mut all = Report::new(0);
    for file in files {
        let text = std::fs::read_to_string(file).map_err(|e| cannot("read", file, e))?;
        let wrong = |why: String| {
            let name = file.display();
            Failure::usage(format!("{name} is no result of corpus run: {why}"))
        };
        // The shape's version first: what a newer one has would only be called unknown.
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if value["schema"] != SCHEMA {
            let other = &value["schema"];
            return Err(wrong(format!(
                "its schema is {other}, and this imdspec reads {SCHEMA}; run the corpus again"
            )));
        }
        let report: Report = serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?;
        let columns = report.subjects.len();
        if report.inputs.iter().any(|row| row.did.len() != columns) {
            return Err(wrong(
                "not every input has as many results as subjects".into(),
            ));
        }
        all.seed = report.seed;
        let rows = report.inputs.into_iter().filter_map(Row::today);
        all.merge(report.subjects, rows.collect());
    }
    Ok(all)
}

fn write(path: &Path, text: String) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| cannot("write", path, e))
}
