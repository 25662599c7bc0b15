//! Lives as values of proptest.

use super::life;
use crate::Scenario;
use crate::fuzz::{Reach, Shrink};
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rand_chacha::rand_core::Rng as _;

/// The longest input, in bytes: a few rounds with what is wrong in them.
const LONGEST: u32 = 160;

/// Any life within `reach`, as a strategy. What fails a test is made small as a scenario, by whole
/// steps and faults, and not as the bytes that it was drawn from.
///
/// ```
/// use imdspec_suite::{Reference, explore, fuzz, memory};
/// use proptest::prelude::*;
///
/// proptest!(|(life in explore::lives(fuzz::Reach::ALL))| {
///     let trace = memory::run(&life, &Reference::default(), 1);
///     prop_assert_eq!(fuzz::broken(&trace, &Default::default()), []);
/// });
/// ```
#[must_use]
pub const fn lives(reach: Reach) -> Lives {
    Lives { reach }
}

/// See [`lives`].
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    reach: Reach,
}

impl Strategy for Lives {
    type Tree = LifeTree;
    type Value = Scenario;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let chance = runner.rng();
        let mut bytes = vec![0; (chance.next_u32() % LONGEST) as usize];
        chance.fill_bytes(&mut bytes);
        let first = life(&bytes, self.reach);
        Ok(LifeTree {
            current: first.clone(),
            shrink: Shrink::new(first),
        })
    }
}

/// A life, and what is smaller.
#[derive(Debug)]
pub struct LifeTree {
    shrink: Shrink,
    current: Scenario,
}

impl LifeTree {
    fn go_on(&mut self) -> bool {
        let next = self.shrink.next();
        let goes_on = next.is_some();
        self.current = next.unwrap_or_else(|| self.shrink.least().clone());
        goes_on
    }
}

impl ValueTree for LifeTree {
    type Value = Scenario;

    fn current(&self) -> Scenario {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        // Asked for after the current one failed.
        if self.current != *self.shrink.least() {
            self.shrink.take(Some(self.current.clone()));
        }
        self.go_on()
    }

    fn complicate(&mut self) -> bool {
        // Asked for after the current one passed: the next that is smaller than the last to fail.
        self.go_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Step;
    use proptest::test_runner::{Config, TestCaseError, TestError, TestRng};

    #[test]
    fn what_fails_is_made_small() {
        let config = Config {
            cases: 2000,
            failure_persistence: None,
            ..Config::default()
        };
        let chance = TestRng::deterministic_rng(config.rng_algorithm);
        let mut runner = TestRunner::new_with_rng(config, chance);
        let set_back = |s: &Scenario| {
            let back = |s: &Step| matches!(s, Step::Jump(span) if span.millis() < -120_000);
            s.steps.iter().any(back)
        };
        let ended = runner.run(&lives(Reach::ALL), |life| {
            if set_back(&life) {
                return Err(TestCaseError::fail("set back"));
            }
            Ok(())
        });
        let Err(TestError::Fail(_, least)) = ended else {
            panic!("nothing was set back in 2000 lives: {ended:?}");
        };
        assert!(set_back(&least));
        assert_eq!(least.steps.len(), 2, "{least:?}");
    }
}
