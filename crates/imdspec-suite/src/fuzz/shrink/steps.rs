//! Simpler scripts: what happens from the start, and less time between one thing and the next.

use crate::Scenario;
use crate::scenario::Step;
use imdspec_model::Span;

/// Spans that a person would write, from the least; seconds.
const ROUND: [i64; 9] = [1, 60, 300, 600, 900, 3600, 6 * 3600, 24 * 3600, 8760 * 3600];
const UNITS: [i64; 3] = [3600, 60, 10];

/// The scenario with a change of its script that was there from the start: what begins to go wrong
/// may as well have been wrong before. None for what cannot be.
pub(super) fn from_the_start(scenario: &Scenario, at: usize) -> Option<Scenario> {
    let mut simpler = scenario.clone();
    match simpler.steps.remove(at) {
        Step::Faults(faults) => simpler.world.faults = faults,
        Step::Mode(mode) => simpler.world.mode = mode,
        Step::Role(role) => simpler.world.role = role,
        _ => return None,
    }
    Some(simpler)
}

/// The scenario with two moves of the clock in a row made one. None for what cannot be.
pub(super) fn in_one(scenario: &Scenario, at: usize) -> Option<Scenario> {
    let sum = |a: Span, b: Span| Span::seconds(a.as_seconds().saturating_add(b.as_seconds()));
    let one = match (scenario.steps.get(at)?, scenario.steps.get(at + 1)?) {
        (Step::Advance(a), Step::Advance(b)) => Step::Advance(sum(*a, *b)),
        (Step::Jump(a), Step::Jump(b)) => Step::Jump(sum(*a, *b)),
        _ => return None,
    };
    let mut simpler = scenario.clone();
    simpler.steps[at] = one;
    simpler.steps.remove(at + 1);
    Some(simpler)
}

/// Simpler steps in place of one, the simplest first.
pub(super) fn simpler(step: &Step) -> Vec<Step> {
    match step {
        Step::Resolve(callers) => [1, 2]
            .into_iter()
            .filter(|n| n < callers)
            .map(Step::Resolve)
            .collect(),
        Step::Advance(span) => rounder(*span).into_iter().map(Step::Advance).collect(),
        Step::Jump(span) => rounder(*span).into_iter().map(Step::Jump).collect(),
        _ => Vec::new(),
    }
}

/// Nearer to nothing, and as people write them.
fn rounder(span: Span) -> Vec<Span> {
    let whole = span.as_seconds();
    let (sign, seconds) = (whole.signum(), whole.abs());
    let floors = UNITS.iter().map(|unit| seconds / unit * unit);
    let half = seconds / 2;
    let halves = UNITS.iter().map(|unit| half / unit * unit);
    let mut all: Vec<i64> = ROUND.into_iter().chain(halves).chain(floors).collect();
    all.retain(|s| (1..seconds).contains(s));
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|s| Span::seconds(sign * s)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shortened_to_what_people_write() {
        let words = |text: &str| {
            let all = rounder(text.parse().unwrap());
            all.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(words("61s"), ["1s", "30s", "1m"]);
        assert_eq!(words("1s"), [""; 0]);
        let back = words("-6h");
        assert_eq!((back[0].as_str(), back[1].as_str()), ("1s ago", "1m ago"));
        assert!(!back.contains(&"6h ago".to_owned()));
    }

    #[test]
    fn two_moves_in_a_row_can_be_one() {
        let advance = |s| Step::Advance(Span::seconds(s));
        let steps = vec![advance(1), Step::Resolve(1), advance(2), advance(300)];
        let script = crate::runner::programs::plain("moves", steps);
        let joined = |at| in_one(&script, at).map(|s| s.steps);
        assert_eq!(joined(0), None);
        assert_eq!(joined(3), None);
        let wanted = vec![advance(1), Step::Resolve(1), advance(302)];
        assert_eq!(joined(2), Some(wanted));
    }

    #[test]
    fn each_offer_is_nearer_to_nothing() {
        for seconds in [2, 59, 61, 3601, 21_541, 90_000] {
            let all = rounder(Span::seconds(seconds));
            assert!(all.iter().all(|s| (1..seconds).contains(&s.as_seconds())));
        }
    }
}
