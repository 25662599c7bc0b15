//! From comparisons to a ladder.
//!
//! Each comparison is an arrow from the winner to the loser. Sources that beat each other in a
//! circle are one knot; between knots there is no circle, so each stands on the first step below
//! all that beat it.

use imdspec_wire::{Order, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Who beat whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Comparisons {
    /// The sources there are.
    sources: BTreeSet<Source>,
    /// Winner and loser.
    won: BTreeSet<(Source, Source)>,
}

impl Comparisons {
    pub(super) fn new(sources: impl IntoIterator<Item = Source>) -> Self {
        Self {
            sources: sources.into_iter().collect(),
            won: BTreeSet::new(),
        }
    }

    /// Notes one comparison.
    pub(super) fn note(&mut self, winner: Source, loser: Source) {
        self.won.insert((winner, loser));
    }

    /// The ladder, and the circles in it.
    pub(super) fn ladder(&self) -> (Order, Vec<Vec<Source>>) {
        let reach = self.reach();
        let beats = |a: Source, b: Source| reach.get(&a).is_some_and(|r| r.contains(&b));
        let mut knots: Vec<Vec<Source>> = Vec::new();
        for source in &self.sources {
            let same = |knot: &&mut Vec<Source>| beats(knot[0], *source) && beats(*source, knot[0]);
            match knots.iter_mut().find(same) {
                Some(knot) => knot.push(*source),
                None => knots.push(vec![*source]),
            }
        }
        let circles = knots.iter().filter(|k| k.len() > 1).cloned().collect();
        let mut ladder: BTreeMap<usize, Vec<Source>> = BTreeMap::new();
        for knot in &knots {
            let step = self.depth(knot, &knots, &beats);
            ladder.entry(step).or_default().extend(knot);
        }
        (Order(ladder.into_values().collect()), circles)
    }

    /// How many knots stand in the longest line of winners above this one.
    fn depth(
        &self,
        knot: &[Source],
        knots: &[Vec<Source>],
        beats: &impl Fn(Source, Source) -> bool,
    ) -> usize {
        let above = |other: &&Vec<Source>| other[0] != knot[0] && beats(other[0], knot[0]);
        knots
            .iter()
            .filter(above)
            .map(|other| self.depth(other, knots, beats) + 1)
            .max()
            .unwrap_or(0)
    }

    /// For each source, all that it beats, directly or through others.
    fn reach(&self) -> BTreeMap<Source, BTreeSet<Source>> {
        let mut reach: BTreeMap<Source, BTreeSet<Source>> = BTreeMap::new();
        for (winner, loser) in &self.won {
            reach.entry(*winner).or_default().insert(*loser);
        }
        for between in &self.sources {
            let further = reach.get(between).cloned().unwrap_or_default();
            for beaten in reach.values_mut() {
                if beaten.contains(between) {
                    beaten.extend(&further);
                }
            }
        }
        reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Source::{Container, ContainerFull, Environment, Imds, Process, Sso};

    fn ladder(won: &[(Source, Source)]) -> (Order, Vec<Vec<Source>>) {
        let mut all = Comparisons::new(won.iter().flat_map(|(a, b)| [*a, *b]));
        for (winner, loser) in won {
            all.note(*winner, *loser);
        }
        all.ladder()
    }

    #[test]
    fn a_total_order_is_found() {
        let won = [(Environment, Process), (Environment, Imds), (Process, Imds)];
        let (order, circles) = ladder(&won);
        assert_eq!(order, [Environment, Process, Imds].into_iter().collect());
        assert!(circles.is_empty());
    }

    #[test]
    fn what_was_not_compared_shares_a_step() {
        let won = [
            (Environment, Container),
            (Environment, ContainerFull),
            (Container, Imds),
            (ContainerFull, Imds),
        ];
        let (order, circles) = ladder(&won);
        let expected = vec![
            vec![Environment],
            vec![Container, ContainerFull],
            vec![Imds],
        ];
        assert_eq!(order, Order(expected));
        assert!(circles.is_empty());
    }

    #[test]
    fn a_circle_is_one_step_and_named() {
        let won = [
            (Environment, Process),
            (Process, Sso),
            (Sso, Environment),
            (Environment, Imds),
            (Process, Imds),
            (Sso, Imds),
        ];
        let (order, circles) = ladder(&won);
        let knot = vec![Environment, Sso, Process];
        assert_eq!(order, Order(vec![knot.clone(), vec![Imds]]));
        assert_eq!(circles, [knot]);
    }
}
