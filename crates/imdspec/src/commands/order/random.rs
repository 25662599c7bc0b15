//! Worlds of random sources, after a search.

use crate::args::Order as Args;
use crate::commands::{interruption, runtime};
use crate::exit::{Exit, Failure};
use crate::show::progress::Live;
use imdspec_suite::Subject;
use imdspec_suite::order::report::{Found, Works};
use imdspec_suite::order::{self, Document};

/// Asks in random worlds of the sources that work; says whether a rule was broken. Without an order
/// of its own the subject is held against the one that was just found.
pub(super) fn explore(
    args: &Args,
    mut subject: Subject,
    found: &Found,
    seed: u64,
) -> Result<bool, Failure> {
    let works = |(source, alone): (&imdspec_wire::Source, &imdspec_suite::order::report::Alone)| {
        (alone.works == Works::Yes).then_some(*source)
    };
    let among: Vec<_> = found.alone.iter().filter_map(works).collect();
    if among.is_empty() {
        return Ok(false);
    }
    if subject.document.is_none() {
        let document = "the order just found".into();
        subject.document = Some(Document::of_order("found", document, &found.ladder));
    }
    let mut live = Live::new(args.cases as usize, true);
    let explored = runtime()?.block_on(async {
        let stopped = interruption()?;
        order::explore(&subject, &among, args.cases, seed, stopped, |p| {
            live.take(&p)
        })
        .await
        .map_err(|e| Failure::new(Exit::Subject, e))
    });
    live.clear();
    let explored = explored?;
    anstream::eprintln!(
        "{}: {} random worlds of {} sources, {} of them break a rule in different ways",
        found.name,
        explored.cases,
        among.len(),
        explored.counterexamples.len()
    );
    for counterexample in &explored.counterexamples {
        for (rule, words) in &counterexample.breaks {
            anstream::eprintln!("  {rule} in {}: {words}", counterexample.smallest);
        }
        if counterexample.found != counterexample.smallest {
            anstream::eprintln!("    shrunk from {}", counterexample.found);
        }
    }
    Ok(!explored.counterexamples.is_empty())
}
