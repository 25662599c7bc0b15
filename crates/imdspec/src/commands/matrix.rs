//! `imdspec matrix`: many subjects, one table.

mod outputs;

use super::check::{random_seed, selection};
use super::{interruption, runtime};
use crate::args::Matrix as Args;
use crate::exit::{Exit, Failure};
use crate::matrix::{Column, Matrix, SCHEMA, State, many, terminal};
use crate::show::progress::Live;
use imdspec_rules::{Rule, Verdict};
use imdspec_suite::program::ContractError;
use imdspec_suite::runner::{self, Done, Plan};
use imdspec_suite::{Descriptor, Scenario, Subject, scenario};
use outputs::Outputs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How long a program may take to answer one resolve, as in a check.
const DEADLINE: Duration = Duration::from_secs(65);

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    // Everything that may be mistyped is looked at before the first run, so that it costs no time.
    let matrix = if let Some(file) = &args.from {
        let matrix = read(file)?;
        Outputs::open(args)?.write(&matrix)?;
        matrix
    } else {
        let subjects = subjects(args)?;
        let rules = selection::rules(&args.rule)?;
        let outputs = Outputs::open(args)?;
        let matrix = execute(args, subjects, &rules)?;
        outputs.write(&matrix)?;
        matrix
    };
    anstream::print!("{}", terminal::render(&matrix, terminal::width()));
    Ok(exit(&matrix, args.strict))
}

/// A column that is to be, and its subject.
type Planned = (Column, Subject);

fn subjects(args: &Args) -> Result<Vec<Planned>, Failure> {
    let mut planned: Vec<Planned> = Vec::new();
    for file in &args.subjects {
        let descriptor = Descriptor::load(file).map_err(Failure::usage)?;
        let id = id(file);
        if let Some((other, _)) = planned.iter().find(|(c, _)| c.id == id) {
            return Err(Failure::usage(format!(
                "{} and {} would both be called {id}; rename one of the files",
                other.descriptor,
                file.display()
            )));
        }
        let subject = descriptor.clone().subject(DEADLINE);
        let file = file.to_string_lossy();
        planned.push((Column::of(&id, &file, &descriptor, &subject), subject));
    }
    Ok(planned)
}

/// The name of a column: the file's, in letters that a page and an anchor can have.
fn id(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    stem.chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect()
}

fn execute(args: &Args, subjects: Vec<Planned>, rules: &[Rule]) -> Result<Matrix, Failure> {
    let seed = args.seed.unwrap_or_else(random_seed);
    let runs = if args.twice { 2 } else { 1 };
    let mut matrix = Matrix::new(rules, seed, runs);
    let scenarios = scenarios(args, rules)?;
    let twice = args.twice;
    let at_once = Arc::new(Semaphore::new(usize::from(args.jobs.get())));
    runtime()?.block_on(async move {
        // Before anything is begun, so that no moment is left in which it would end us unheard.
        let stopped = interruption()?;
        let mut turns = JoinSet::new();
        let mut columns = Vec::new();
        for (i, (column, subject)) in subjects.into_iter().enumerate() {
            let plan = Plan {
                subject,
                scenarios: scenarios.clone(),
                seed,
            };
            columns.push((column, is_set_up(&plan.subject)));
            let (stopped, at_once) = (stopped.clone(), Arc::clone(&at_once));
            turns.spawn(async move {
                // Never closed: each waits for its turn.
                let _permit = at_once.acquire().await;
                (i, turn(plan, twice, &stopped).await)
            });
        }
        let mut over: Vec<Option<Turn>> = columns.iter().map(|_| None).collect();
        let mut shown = 0;
        while let Some(turn) = turns.join_next().await {
            let (i, turn) = turn.map_err(|e| Failure::new(Exit::Subject, e.to_string()))?;
            over[i] = Some(turn);
            // In the order of the columns, whoever was through first.
            while let Some(turn) = over.get_mut(shown).and_then(Option::take) {
                let (column, set_up) = columns[shown].clone();
                take(&mut matrix, column, set_up, turn, rules);
                news(&matrix);
                shown += 1;
            }
        }
        Ok(matrix)
    })
}

/// What came of a subject's run, and of the second if there was one; nothing, when the whole was
/// stopped first.
struct Turn {
    first: Option<Result<Done, ContractError>>,
    second: Option<Result<Done, ContractError>>,
}

async fn turn(plan: Plan, twice: bool, stopped: &watch::Receiver<bool>) -> Turn {
    let mut turn = Turn {
        first: None,
        second: None,
    };
    if *stopped.borrow() {
        return turn;
    }
    let again = twice.then(|| plan.clone());
    let first = one(plan, stopped).await;
    let is_over = first.as_ref().is_ok_and(|done| !done.interrupted);
    turn.first = Some(first);
    if let Some(plan) = again.filter(|_| is_over) {
        turn.second = Some(one(plan, stopped).await);
    }
    turn
}

fn take(matrix: &mut Matrix, column: Column, set_up: bool, turn: Turn, rules: &[Rule]) {
    match turn.first {
        None => {
            matrix.interrupted = true;
            matrix.subjects.push(column);
        }
        Some(Ok(done)) => matrix.add(column, &done, rules),
        Some(Err(error)) => matrix.add_failed(column, &error, set_up),
    }
    match turn.second {
        Some(Ok(done)) => matrix.compare(&done, rules),
        Some(Err(error)) => matrix.take_back(&error),
        None => {}
    }
}

/// Whether a subject's setup has been run, or it has none. One that is set up by hand may well
/// start without: this is asked only where it did not.
fn is_set_up(subject: &Subject) -> bool {
    let tools = subject.kind.program().and_then(|p| p.tools.as_deref());
    subject.install.is_empty() || tools.is_none_or(Path::exists)
}

/// All scenarios, or those meant for the rules that were chosen.
fn scenarios(args: &Args, rules: &[Rule]) -> Result<Vec<Arc<Scenario>>, Failure> {
    let chosen: Vec<Arc<Scenario>> = scenario::embedded()
        .iter()
        .filter(|s| args.rule.is_empty() || selection::meant(s, rules))
        .cloned()
        .map(Arc::new)
        .collect();
    if chosen.is_empty() {
        let why = "no scenario is meant for the rules selected";
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    Ok(chosen)
}

async fn one(plan: Plan, stopped: &watch::Receiver<bool>) -> Result<Done, ContractError> {
    let mut live = Live::new(plan.scenarios.len(), true);
    let done = runner::run(plan, stopped.clone(), |p| live.take(&p)).await;
    live.clear();
    done
}

/// One line for the subject that was done last.
fn news(matrix: &Matrix) {
    let Some(column) = matrix.subjects.last() else {
        return;
    };
    if column.state == State::Ran {
        let count = |v| matrix.count(column, v);
        anstream::eprintln!(
            "{}: {} held, {} violated, {} warned in {}",
            column.title(),
            count(Verdict::Held),
            count(Verdict::Violated),
            count(Verdict::Warned),
            many(column.scenarios, "scenario")
        );
    } else {
        anstream::eprintln!("{}: {}", column.title(), column.state.as_str());
    }
}

fn read(file: &Path) -> Result<Matrix, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failure::usage(format!("could not read {name}: {e}")))?;
    let wrong = |why: String| Failure::usage(format!("{name} is not a matrix: {why}"));
    // The shape's version first: what a newer one has would only be called unknown.
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    match value["schema"].as_u64() {
        Some(schema) if schema == u64::from(SCHEMA) => {}
        Some(other) => {
            return Err(wrong(format!(
                "its schema is {other}, and this imdspec reads {SCHEMA}; run the matrix again"
            )));
        }
        None => {
            return Err(wrong(
                "it has no schema; write it with matrix --json".into(),
            ));
        }
    }
    serde_json::from_value(value).map_err(|e| wrong(e.to_string()))
}

fn exit(matrix: &Matrix, strict: bool) -> Exit {
    let state = |s: State| matrix.subjects.iter().any(|c| c.state == s);
    if matrix.interrupted {
        Exit::Interrupted
    } else if !state(State::Ran) {
        Exit::NothingSelected
    } else if matrix.fails(strict) {
        Exit::Violations
    } else if state(State::WouldNotStart) {
        Exit::Subject
    } else {
        Exit::Fine
    }
}
