//! From a scenario that shows something to the least one that still does.

mod bodies;
mod steps;

use super::worlds::clock;
use crate::Scenario;
use crate::scenario::Step;
use imdspec_model::{Fault, Nth, World};

/// A search for the least scenario that still shows what the first one showed.
///
/// It asks for nothing but a yes or no to each scenario it offers, so that whoever runs them may
/// do so side by side, over sockets or in memory.
///
/// ```
/// use imdspec_suite::fuzz::{self, Reach, Shrink};
///
/// let first = fuzz::scenario(&[0xC3; 64], Reach::ALL);
/// let mut shrink = Shrink::new(first);
/// // Here whatever resolves at all will do.
/// while let Some(smaller) = shrink.next() {
///     let shows_it = smaller.resolves() > 0;
///     shrink.take(shows_it.then_some(smaller));
/// }
/// assert_eq!(shrink.least().steps.len(), 1);
/// ```
#[derive(Debug)]
pub struct Shrink {
    least: Scenario,
    offers: std::vec::IntoIter<Scenario>,
}

impl Shrink {
    /// Begins with a scenario that shows it.
    #[must_use]
    pub fn new(first: Scenario) -> Self {
        Self {
            offers: smaller(&first).into_iter(),
            least: first,
        }
    }

    /// The next scenario to try, none when nothing smaller is left.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on the answer to the last"
    )]
    pub fn next(&mut self) -> Option<Scenario> {
        self.offers.next()
    }

    /// The next few to try side by side.
    pub fn batch(&mut self, most: usize) -> Vec<Scenario> {
        self.offers.by_ref().take(most).collect()
    }

    /// Takes the answer: an offered scenario that shows it too, or none. Of several tried side by
    /// side the first that does is the one to give.
    pub fn take(&mut self, shows_it: Option<Scenario>) {
        if let Some(least) = shows_it {
            self.offers = smaller(&least).into_iter();
            self.least = least;
        }
    }

    /// The least scenario so far.
    #[must_use]
    pub const fn least(&self) -> &Scenario {
        &self.least
    }
}

/// What is smaller by one thing, the greatest leaps first.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    let mut offer = |change: &dyn Fn(&mut Scenario)| {
        let mut smaller = scenario.clone();
        change(&mut smaller);
        smaller.clock = clock(&smaller);
        let asks = smaller.resolves() > 0;
        if smaller != *scenario && asks && !all.contains(&smaller) {
            all.push(smaller);
        }
    };
    let steps = scenario.steps.len();
    if steps > 1 {
        offer(&|s| s.steps.drain(..steps - 1).for_each(drop));
        offer(&|s| s.steps.drain(..steps / 2).for_each(drop));
        offer(&|s| s.steps.truncate(steps / 2));
    }
    let healthy = World::default();
    offer(&|s| {
        s.world = World {
            faults: std::mem::take(&mut s.world.faults),
            ..healthy.clone()
        };
    });
    for list in 0..=steps {
        let many = faults(scenario, list).map_or(0, |f| f.len());
        for kept in (0..many).filter(|_| many > 1) {
            offer(&|s| {
                if let Some(faults) = faults_mut(s, list) {
                    faults.swap(0, kept);
                    faults.truncate(1);
                }
            });
        }
        for gone in 0..many {
            offer(&|s| {
                if let Some(faults) = faults_mut(s, list) {
                    faults.remove(gone);
                }
            });
        }
    }
    for gone in 0..steps {
        offer(&|s| {
            s.steps.remove(gone);
        });
    }
    for at in 0..steps {
        let simpler = [
            steps::in_one(scenario, at),
            steps::from_the_start(scenario, at),
        ];
        for simpler in simpler.into_iter().flatten() {
            offer(&|s| s.clone_from(&simpler));
        }
    }
    for part in 0..WORLD_PARTS {
        offer(&|s| plain_part(&mut s.world, &healthy, part));
    }
    for name in scenario.env.keys() {
        offer(&|s| {
            s.env.remove(name);
        });
    }
    for at in 0..steps {
        for simpler in steps::simpler(&scenario.steps[at]) {
            offer(&|s| s.steps[at] = simpler.clone());
        }
    }
    for list in 0..=steps {
        for (i, fault) in faults(scenario, list).into_iter().flatten().enumerate() {
            for simpler in simpler(fault) {
                offer(&|s| {
                    if let Some(faults) = faults_mut(s, list) {
                        faults[i] = simpler.clone();
                    }
                });
            }
        }
    }
    all
}

/// The faults of the world (0) or of a step (from 1 on), if it has any.
fn faults(scenario: &Scenario, list: usize) -> Option<&Vec<Fault>> {
    match list.checked_sub(1) {
        None => Some(&scenario.world.faults),
        Some(step) => match scenario.steps.get(step) {
            Some(Step::Faults(faults)) => Some(faults),
            _ => None,
        },
    }
}

fn faults_mut(scenario: &mut Scenario, list: usize) -> Option<&mut Vec<Fault>> {
    match list.checked_sub(1) {
        None => Some(&mut scenario.world.faults),
        Some(step) => match scenario.steps.get_mut(step) {
            Some(Step::Faults(faults)) => Some(faults),
            _ => None,
        },
    }
}

const WORLD_PARTS: u8 = 6;

fn plain_part(world: &mut World, healthy: &World, part: u8) {
    match part {
        0 => world.mode = healthy.mode,
        1 => world.profile = healthy.profile,
        2 => world.longest_token = healthy.longest_token,
        3 => world.credential_lifetime = healthy.credential_lifetime,
        4 => world.role.clone_from(&healthy.role),
        _ => world.account_id.clone_from(&healthy.account_id),
    }
}

/// A fault with one thing less about it.
fn simpler(fault: &Fault) -> Vec<Fault> {
    let mut all = Vec::new();
    let mut offer = |change: &dyn Fn(&mut Fault)| {
        let mut simpler = fault.clone();
        change(&mut simpler);
        if simpler != *fault && crate::scenario::wrong_with(&simpler).is_none() {
            all.push(simpler);
        }
    };
    offer(&|f| f.nth = Nth::default());
    offer(&|f| f.status = None);
    offer(&|f| f.headers.clear());
    offer(&|f| f.without.clear());
    offer(&|f| f.version = None);
    offer(&|f| f.framing = None);
    offer(&|f| f.cut = None);
    offer(&|f| f.interim.clear());
    offer(&|f| f.interim.truncate(1));
    offer(&|f| f.header_flood = None);
    offer(&|f| f.delay = None);
    offer(&|f| {
        f.body = None;
        f.body_base64 = None;
    });
    for body in fault.body.iter().flat_map(|text| bodies::simpler(text)) {
        offer(&|f| f.body = Some(body.clone()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::{Reach, scenario};

    #[test]
    fn what_matters_is_kept_and_nothing_else() {
        // Worlds in which some fault answers an error in some place, by a pattern of bytes.
        let busy = |s: &Scenario| {
            (0..=s.steps.len())
                .filter_map(|list| faults(s, list))
                .flatten()
                .any(|f| f.status.is_some_and(|s| s >= 400))
        };
        let mut found = 0;
        for pattern in 0..=u8::MAX {
            let bytes: Vec<u8> = (0..96).map(|i: u8| i.wrapping_mul(pattern)).collect();
            let first = scenario(&bytes, Reach::ALL);
            if !busy(&first) {
                continue;
            }
            found += 1;
            let mut shrink = Shrink::new(first);
            while let Some(smaller) = shrink.next() {
                let yes = busy(&smaller);
                shrink.take(yes.then_some(smaller));
            }
            let least = shrink.least();
            let all: Vec<_> = (0..=least.steps.len())
                .filter_map(|list| faults(least, list))
                .flatten()
                .collect();
            assert_eq!(all.len(), 1, "{least:?}");
            let wanted = Fault {
                on: all[0].on,
                status: all[0].status,
                ..Fault::default()
            };
            assert_eq!(*all[0], wanted);
            assert!(least.steps.len() <= 2, "{least:?}");
        }
        assert!(found > 3, "{found}");
    }
}
