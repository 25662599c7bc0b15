//! `imdspec replay`: what was kept, run again: once and shown whole, again and again until it fails,
//! or twice to see whether it is the same.

mod keep;
mod report;
mod runs;

use super::check::random_seed;
use super::{interruption, not_started, runtime};
use crate::args::{Over, Replay as Args};
use crate::exit::{Exit, Failure};
use imdspec_rules::Trace;
use imdspec_suite::Subject;
use imdspec_suite::determinism::{Difference, Likeness, difference};
use imdspec_suite::replay::{Kept, ReplayError, known};
use imdspec_suite::runner::Standing;
use imdspec_suite::scenario;
use keep::Keep;
use runs::Runs;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let kept = load(&args.file)?;
    let reference = || Subject::reference(args.over == Over::Sockets);
    let subject = args.under_test.subject(reference)?;
    if args.span.is_some_and(|span| span.duration().is_zero()) {
        return Err(Failure::usage("--for must be longer than nothing"));
    }
    // Before the run, so that a mistyped path costs no time.
    let keep = args.keep.as_deref().map(Keep::open).transpose()?;
    if let Some(path) = &args.json {
        std::fs::File::create(path).map_err(|e| cannot(path, &e))?;
    }
    let seed = args
        .seed
        .or_else(|| kept.seed())
        .unwrap_or_else(random_seed);
    let install = subject.install.clone();
    let scenario = Arc::new(kept.scenario.clone());
    let runs = runtime()?.block_on(async {
        // Before anything is begun, so that no moment is left in which it would end us unheard.
        let mut stopped = interruption()?;
        let scenarios = [Arc::clone(&scenario)];
        let ready = tokio::select! {
            ready = Standing::new(subject, &scenarios, seed) => ready,
            Ok(_) = stopped.wait_for(|stopped| *stopped) => return Err(too_early()),
        };
        let standing = ready.map_err(|e| not_started(&e, &install))?;
        let mut runs = Runs::new(&standing, scenario, seed);
        runs.go(args, &standing, stopped, keep.as_ref()).await?;
        Ok(runs)
    })?;
    let twice = args.twice.then(|| twice(&runs)).flatten();
    let result = report::Result {
        args,
        kept: &kept,
        runs: &runs,
        twice: twice.as_ref(),
        recorded: recorded(&kept, &runs),
    };
    anstream::print!("{}", result.text());
    if let Some(path) = &args.json {
        std::fs::write(path, result.json()).map_err(|e| cannot(path, &e))?;
    }
    Ok(exit(&runs, twice.as_ref()))
}

/// Whether two runs were the same, and in what.
pub(crate) struct Twice {
    pub(crate) likeness: Likeness,
    pub(crate) difference: Option<Difference>,
}

fn load(file: &Path) -> Result<Kept, Failure> {
    Kept::load(file).map_err(|e| {
        let mut why = e.to_string();
        if matches!(e, ReplayError::Read { .. })
            && let Some(near) = nearest(file)
        {
            why.push_str(&format!("; the nearest is {near}"));
        }
        Failure::usage(why)
    })
}

/// The name of a scenario that is built in and not far from a path that leads nowhere.
fn nearest(file: &Path) -> Option<&'static str> {
    let name = file.to_str().filter(|name| known(name).is_none())?;
    let far = |other: &str| strsim::damerau_levenshtein(name, other);
    let names = scenario::embedded().iter().map(|s| s.name.as_str());
    let (distance, near) = names.map(|n| (far(n), n)).min()?;
    (distance <= 1 + name.len() / 4).then_some(near)
}

fn twice(runs: &Runs) -> Option<Twice> {
    let [first, second] = runs.pair.as_slice() else {
        return None;
    };
    let likeness = Likeness::of(&runs.subject.kind);
    Some(Twice {
        likeness,
        difference: difference(first, second, likeness),
    })
}

/// How the run that is shown compares with the trace that was kept, where the two are of one subject
/// on one clock and of one seed.
fn recorded(kept: &Kept, runs: &Runs) -> Option<Option<Difference>> {
    let before = kept.trace.as_ref()?;
    let now = runs.shown.as_ref()?.trace()?;
    let of = |trace: &Trace| {
        let header = &trace.header;
        (header.subject.clone(), header.clock, header.seed.clone())
    };
    if of(before) != of(now) {
        return None;
    }
    let mut before = before.clone();
    before.header.scenario_toml = None;
    let likeness = Likeness::of_clock(before.header.clock);
    Some(difference(&before, now, likeness))
}

fn exit(runs: &Runs, twice: Option<&Twice>) -> Exit {
    if runs.interrupted {
        Exit::Interrupted
    } else if runs.failed > 0 {
        Exit::Violations
    } else if runs.ended == 0 {
        Exit::NothingSelected
    } else if twice.is_some_and(|twice| twice.difference.is_some()) {
        Exit::Differs
    } else {
        Exit::Fine
    }
}

fn too_early() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted before the first run")
}

fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}
