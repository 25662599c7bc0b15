//! The reference client plays every documented order: in random worlds of sources, some of them
//! broken, it gives the credentials of whoever is first in that order, and of nobody else.

use imdspec_client::Options;
use imdspec_rules::{Case, Outcome, Server, Trace, What};
use imdspec_suite::order::{Document, broken, embedded, random, worlds};
use imdspec_suite::sources::{Sources, State};
use imdspec_suite::{Reference, memory};
use imdspec_wire::{Order, Source};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

/// How many worlds each order is tried in.
const CASES: u32 = 2_000;

/// Whose credentials a client of this order has to give; none where a refusal is right. Thought
/// out here on its own: neither the client's chain nor a rule is asked.
fn expected(sources: &Sources, order: &Order, goes_on: bool) -> Option<Source> {
    for source in order.sources() {
        match sources.state(source) {
            Some(State::Works | State::Temporary | State::Renews) => return Some(source),
            // Keys that are set to nothing are not set up.
            Some(State::Broken(imdspec_suite::sources::Breakage::Blank)) | None => {}
            Some(State::Broken(_)) if goes_on => {}
            Some(State::Broken(_)) => return None,
        }
    }
    None
}

/// Whose all three parts of what was given are.
fn giver(trace: &Trace) -> Result<Option<Source>, String> {
    let case = Case::new(trace);
    let call = case.calls.first().ok_or("never asked")?;
    let given = match call.outcome {
        Some(Outcome::Credentials(given)) => given,
        Some(Outcome::Refused { .. }) => return Ok(None),
        _ => return Err(call.in_words()),
    };
    let mut whole = case.keys_before(u32::MAX).filter(|minted| {
        minted.keys.access_key_id == given.access_key_id
            && Some(&minted.keys.secret_access_key) == given.secret_access_key.as_ref()
            && minted.keys.session_token == given.session_token
    });
    let minted = whole.next().ok_or("parts of nobody's, or of two sources")?;
    Ok(Some(minted.source()))
}

/// Whoever was asked and stands behind the one that gave.
fn asked_behind(trace: &Trace, order: &Order, giver: Source) -> Vec<Source> {
    let behind = |s: Source| order.rank(s) > order.rank(giver);
    let asked = trace.events.iter().filter_map(|event| match &event.what {
        What::Ran { source } => Some(vec![*source]),
        What::Request(request) => Some(match request.server {
            Server::Imds => vec![Source::Imds, Source::AssumeRoleImds],
            Server::Container => vec![
                Source::Container,
                Source::ContainerFull,
                Source::AssumeRoleContainer,
            ],
            Server::Sso | Server::Oidc => vec![Source::Sso],
            _ => return None,
        }),
        _ => None,
    });
    asked
        .filter(|all| all.iter().all(|s| behind(*s)))
        .flatten()
        .collect()
}

fn judge(reference: &Reference, sources: &Sources, seed: u64) -> Result<(), String> {
    let Options { order, goes_on, .. } = &reference.options;
    let world = worlds::world(sources.clone(), None);
    let trace = memory::run(&world, reference, seed);
    let giver = giver(&trace)?;
    let expected = expected(sources, order, *goes_on);
    if giver != expected {
        return Err(format!("expected {expected:?}, got {giver:?}"));
    }
    if let Some(giver) = giver {
        let asked = asked_behind(&trace, order, giver);
        if !asked.is_empty() {
            return Err(format!("{giver} gave, and {asked:?} behind it were asked"));
        }
    }
    match broken(&trace).first() {
        Some((rule, words)) => Err(format!("{rule}: {words}")),
        None => Ok(()),
    }
}

#[test]
fn under_every_documented_order_the_first_source_gives() {
    std::thread::scope(|threads| {
        for document in embedded() {
            threads.spawn(|| plays(document));
        }
    });
}

fn plays(document: &Document) {
    let reference = Reference::playing(document);
    let among: Vec<Source> = reference.options.order.sources().collect();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        // Each world stands in its name: nothing to keep.
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (random::worlds(among), any::<u64>());
    let outcome = runner.run(&strategy, |(sources, seed)| {
        judge(&reference, &sources, seed).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, (sources, _))) => {
            let world = worlds::world(sources, None).name;
            panic!("{} in {world}: {why}", document.name);
        }
        Err(TestError::Abort(why)) => panic!("{}: {why}", document.name),
    }
}

/// The property is no empty one: a client that looks in another order is found out, and the world
/// that shows it is shrunk to the two sources that it takes.
#[test]
fn a_client_of_another_order_is_found_with_two_sources() {
    let boto3 = Document::named("boto3").unwrap();
    let mut turned = Reference::playing(&boto3);
    let said = turned.options.order.clone();
    // All but the instance: it is always there to be asked, and would end every search at once.
    let last = turned.options.order.0.len() - 1;
    turned.options.order.0[..last].reverse();
    // One that rests on another never stands alone, and would bring a third along.
    let alone = said.sources().filter(|s| s.rests_on().is_none());
    let among: Vec<Source> = alone.collect();
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&random::worlds(among), |sources| {
        let world = worlds::world(sources.clone(), None);
        let trace = memory::run(&world, &turned, 1);
        let right = expected(&sources, &said, false);
        prop_assert_eq!(giver(&trace), Ok(right));
        Ok(())
    });
    let Err(TestError::Fail(_, smallest)) = outcome else {
        panic!("not found: {outcome:?}");
    };
    assert_eq!(smallest.all().count(), 2, "{smallest:?}");
    assert!(
        smallest.0.values().all(|s| *s == State::Works),
        "{smallest:?}"
    );
}
