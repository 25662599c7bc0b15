//! `imdspec check`: run the scenarios, judge the traces, show what came of it.

mod again;
mod expectations;
mod output;
pub(crate) mod selection;
mod snapshots;

use super::{interruption, not_started, runtime};
use crate::args::{Check, Over};
use crate::exit::{Exit, Failure};
use crate::show::Colour;
use crate::show::failure::block;
use crate::show::paint::{DIM, paint};
use crate::show::progress::Live;
use crate::show::summary::{counts, header, rule_line};
use again::Again;
use imdspec_rules::{Judgement, Rule, Verdict};
use imdspec_suite::Subject;
use imdspec_suite::baseline::Comparison;
use imdspec_suite::report::Summary;
use imdspec_suite::runner::{self, Done, Plan};
use output::Outputs;
use std::collections::BTreeMap;

/// How many pieces of evidence are shown for one rule, unless all are asked for.
const SHOWN_PER_RULE: usize = 1;

pub(crate) fn run(check: Check) -> Result<Exit, Failure> {
    expectations::refuse(&check)?;
    let rules = selection::rules(&check.rule)?;
    let chosen = selection::scenarios(&check, &rules)?;
    let reference = || Subject::reference(check.over == Over::Sockets);
    let mut subject = check.under_test.subject(reference)?;
    expectations::settle(&check, &mut subject)?;
    // Before the run, so that a mistyped path costs no time.
    let outputs = Outputs::open(check.json.as_deref(), check.traces.as_deref())?;
    let plan = Plan {
        subject,
        scenarios: chosen.scenarios,
        seed: check.seed.unwrap_or_else(random_seed),
    };
    let mut done = execute(plan, check.verbose)?;
    done.notes.extend(chosen.notes);
    let judgements = done.judgements(&rules);
    let comparison = expectations::compare(&check, &done, &judgements);
    show(&check, &done, &judgements, &comparison, &chosen.files);
    outputs.write(&done, &judgements, &comparison)?;
    let snapshots = snapshots::look(&check, &done)?;
    if check.update_baseline {
        return expectations::update(&done, &comparison, &judgements);
    }
    Ok(match exit(&check, &done, &judgements, &comparison) {
        Exit::Fine => snapshots,
        other => other,
    })
}

/// A seed nobody chose: the standard library's hasher keys are random for each process.
pub(crate) fn random_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::hash::RandomState::new().build_hasher().finish()
}

/// Runs the plan; Ctrl-C ends what runs and leaves the rest.
fn execute(plan: Plan, verbose: bool) -> Result<Done, Failure> {
    let runtime = runtime()?;
    let mut live = Live::new(plan.scenarios.len(), !verbose && is_reference(&plan));
    let install = plan.subject.install.clone();
    let done = runtime.block_on(async {
        // Before anything is begun, so that no moment is left in which it would end us unheard.
        let stopped = interruption()?;
        runner::run(plan, stopped, |p| live.take(&p))
            .await
            .map_err(|e| not_started(&e, &install))
    });
    live.clear();
    done
}

/// The reference client runs in a blink: no news of it is worth a line.
const fn is_reference(plan: &Plan) -> bool {
    matches!(
        plan.subject.kind,
        imdspec_suite::Kind::Memory(_) | imdspec_suite::Kind::Sockets(_)
    )
}

fn show(
    check: &Check,
    done: &Done,
    judgements: &[Judgement<'_>],
    comparison: &Comparison,
    files: &BTreeMap<String, String>,
) {
    anstream::println!("{}\n", header(done, judgements.len(), comparison));
    let again = Again::of(check, done, files);
    let traces = done.traces();
    for judgement in judgements {
        let expected = comparison.expects(judgement);
        if expected && !check.verbose {
            continue;
        }
        let most = if check.verbose {
            usize::MAX
        } else {
            SHOWN_PER_RULE
        };
        for proof in judgement.evidence.iter().take(most) {
            let trace = traces[proof.trace];
            anstream::println!(
                "{}\n",
                block(judgement, &proof.evidence, trace, &again, Colour::Ansi)
            );
        }
        let hidden = judgement.evidence.len().saturating_sub(most);
        if hidden > 0 {
            anstream::println!("  ({hidden} more of {}: --verbose)\n", judgement.rule.id);
        }
    }
    for judgement in judgements {
        // Of a run of some scenarios, what they do not speak of is no news.
        let no_news = judgement.verdict == Verdict::Held
            || (judgement.verdict == Verdict::NotExercised && !check.scenario.is_empty());
        if check.verbose || !no_news {
            let expected = comparison.expects(judgement)
                && matches!(judgement.verdict, Verdict::Violated | Verdict::Warned);
            anstream::println!("{}", rule_line(judgement, expected));
        }
    }
    anstream::println!("{}", counts(&Summary::of(done, judgements)));
    // Of a run of some scenarios, what others lead to is no news.
    let all = check.scenario.is_empty() && check.rule.is_empty();
    if check.verbose || all {
        let reached = done.reached();
        anstream::println!("states reached {reached}");
        for state in reached.missing().filter(|_| check.verbose) {
            anstream::println!("{}", paint(DIM, format!("unreached      {state}")));
        }
    }
    expectations::show(check, comparison);
    if done.interrupted {
        anstream::println!("interrupted: what was not run is not judged");
    }
}

fn exit(check: &Check, done: &Done, judgements: &[Judgement<'_>], comparison: &Comparison) -> Exit {
    if done.interrupted {
        return Exit::Interrupted;
    }
    let fails = |j: &Judgement<'_>| match j.verdict {
        Verdict::Violated => !comparison.expects(j),
        Verdict::Warned => check.strict && !comparison.expects(j),
        _ => false,
    };
    if judgements.iter().any(fails) || !comparison.failures.is_empty() {
        Exit::Violations
    } else {
        Exit::Fine
    }
}

/// Owned rules, because a selection is judged like the whole.
pub(crate) type Selected = Vec<Rule>;
