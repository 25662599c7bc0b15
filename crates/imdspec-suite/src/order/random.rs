//! Worlds of random sources, some of them broken.

use crate::sources::{Breakage, Sources, State, can_stand_together};
use imdspec_wire::Source;
use proptest::prelude::*;

/// Random worlds of these sources, some of them broken. A source goes away before another is
/// mended when a world is shrunk, so that what is left is the fewest that show a thing.
///
/// No world is without a source, and none is silent: those are waited for by many, a minute and
/// more each.
pub fn worlds(among: Vec<Source>) -> impl Strategy<Value = Sources> {
    let each: Vec<_> = among.into_iter().map(state).collect();
    each.prop_map(|states| {
        let mut sources = Sources::default();
        for (source, state) in states.into_iter().flatten() {
            let fits = |other: &Source| can_stand_together(*other, source);
            if sources.0.keys().all(fits) {
                sources.0.insert(source, state);
            }
        }
        // What another rests on is whole.
        let bases: Vec<Source> = sources.0.keys().filter_map(|s| s.rests_on()).collect();
        for base in bases {
            if sources.0.get(&base).is_some_and(|s| s.breakage().is_some()) {
                sources.0.insert(base, State::Works);
            }
        }
        sources
    })
    .prop_filter("a world without a source", |s| !s.is_empty())
}

fn state(source: Source) -> impl Strategy<Value = Option<(Source, State)>> {
    let ways: Vec<State> = Breakage::of(source)
        .iter()
        .filter(|b| !matches!(b, Breakage::Silent))
        // One file that is no file takes the others in it along.
        .filter(|b| !matches!(b, Breakage::Malformed))
        .map(|b| State::Broken(*b))
        .collect();
    let state = prop_oneof![
        5 => Just(State::Works),
        1 => Just(if source == Source::Sso {
            State::Renews
        } else {
            State::Temporary
        }),
        2 => prop::sample::select(if ways.is_empty() { vec![State::Works] } else { ways }),
    ];
    prop::option::weighted(0.35, state.prop_map(move |state| (source, state)))
}
