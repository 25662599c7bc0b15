//! Who is under test, what is expected of it, and the test of one scenario.

use super::environment::Environment;
use super::macros::Place;
use super::provider::Provider;
use super::report::Report;
use super::run::{self, Factory};
use super::takes::{Take, Takes};
use crate::runner::scenario_seed;
use crate::scenario::embedded;
use crate::{NotRun, Scenario};
use imdspec_rules::{Capabilities, Capability, rules};
use std::fmt;
use std::sync::Arc;

/// The seed of every test that is not told another, so that two runs are the same.
const SEED: u64 = 1;
/// The variable that tells another, hexadecimal.
const SEED_VARIABLE: &str = "IMDSPEC_SEED";

/// A value under test: how it is made, what it is able to do, and which violations are known.
///
/// The macro [`conformance!`](crate::conformance) makes tests of it.
#[derive(Clone)]
pub struct Conformance {
    name: String,
    factory: Arc<Factory>,
    takes: Takes,
    capabilities: Capabilities,
    expected: Vec<Known>,
    strict: bool,
}

/// A violation that is known and explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) rule: String,
    pub(super) reason: String,
    pub(super) scenarios: Vec<String>,
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("name", &self.name)
            .field("takes", &self.takes)
            .field("capabilities", &self.capabilities)
            .field("expected", &self.expected)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}

impl Conformance {
    /// A value called `name`; `factory` makes a new one for each scenario.
    pub fn new<P: Provider>(
        name: impl Into<String>,
        factory: impl Fn(Environment) -> P + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            factory: Arc::new(move |environment| Arc::new(factory(environment))),
            takes: Takes::default(),
            capabilities: Capabilities::default(),
            expected: Vec::new(),
            strict: false,
        }
    }

    /// What the factory takes besides the endpoint. The macro calls this.
    #[must_use]
    pub fn takes(mut self, takes: impl IntoIterator<Item = Take>) -> Self {
        self.takes = takes.into_iter().collect();
        self
    }

    /// Declares that the value has a capability: rules behind it apply. One that is not declared
    /// either way is inferred from the one trace that is judged, which shows less than many.
    #[must_use]
    pub fn has(mut self, capability: Capability) -> Self {
        self.capabilities.declare(capability, true);
        self
    }

    /// Declares that the value has not got a capability: rules behind it do not apply.
    #[must_use]
    pub fn has_not(mut self, capability: Capability) -> Self {
        self.capabilities.declare(capability, false);
        self
    }

    /// A rule that is known to be broken in these scenarios and in no other, and why. Where it is
    /// not broken any more, the test fails until the scenario is removed from the entry.
    #[must_use]
    pub fn expected<S: Into<String>>(
        mut self,
        rule: impl Into<String>,
        reason: impl Into<String>,
        scenarios: impl IntoIterator<Item = S>,
    ) -> Self {
        self.expected.push(Known {
            rule: rule.into(),
            reason: reason.into(),
            scenarios: scenarios.into_iter().map(Into::into).collect(),
        });
        self
    }

    /// Fails on a SHOULD that is not met, too; otherwise it is printed.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Puts a new value through a built-in scenario, by its name such as `doc/canonical`.
    ///
    /// # Errors
    /// There is no such scenario, or the value cannot be put through it.
    pub fn run(&self, scenario: &str) -> Result<Report, NotRun> {
        self.run_on(find(scenario)?, SEED)
    }

    /// Puts a new value through a scenario of your own; [`Scenario::parse`] reads one.
    ///
    /// # Errors
    /// The value cannot be put through it.
    pub fn run_scenario(&self, scenario: &Scenario) -> Result<Report, NotRun> {
        self.run_on(scenario, SEED)
    }

    fn run_on(&self, scenario: &Scenario, seed: u64) -> Result<Report, NotRun> {
        if let Some(why) = self.takes.why_not(scenario) {
            return Err(why);
        }
        let seed = scenario_seed(seed, &scenario.name);
        let trace = run::run(&self.name, &*self.factory, scenario, seed)?;
        let here = |known: &&Known| known.scenarios.contains(&scenario.name);
        let expected = self.expected.iter().filter(here).cloned().collect();
        Ok(Report::new(
            trace,
            &scenario.exercises,
            &self.capabilities,
            expected,
            self.strict,
        ))
    }

    /// The body of a generated test.
    ///
    /// # Panics
    /// With the failure block, when the scenario shows what it should not, or does not show what
    /// is expected; with the reason, when it cannot be run.
    #[doc(hidden)]
    #[track_caller]
    pub fn test(&self, scenario: &str, place: &Place) -> Report {
        let seed = std::env::var(SEED_VARIABLE).map_or(SEED, |text| {
            u64::from_str_radix(text.trim_start_matches("0x"), 16)
                .unwrap_or_else(|_| panic!("{SEED_VARIABLE}={text:?} is no hexadecimal number"))
        });
        let report = find(scenario)
            .and_then(|scenario| self.run_on(scenario, seed))
            .unwrap_or_else(|why| panic!("not run: {why}"));
        println!("{}", report.summary());
        let again = if seed == SEED {
            place.again()
        } else {
            format!("{SEED_VARIABLE}={seed:x} {}", place.again())
        };
        if let Some(failure) = report.failure_again(&again) {
            panic!("{} in {scenario}\n\n{failure}\n", self.name);
        }
        report
    }

    /// Looks at the expected violations themselves: each must name a rule that exists, give a
    /// reason, and name scenarios that are run, for only there is it looked at.
    ///
    /// # Panics
    /// With the first that does not.
    #[track_caller]
    pub fn check_expectations(&self) {
        for (i, known) in self.expected.iter().enumerate() {
            let rule = &known.rule;
            assert!(
                rules::get(rule).is_some(),
                "expected names rule {rule:?}, which does not exist"
            );
            assert!(
                !known.reason.trim().is_empty(),
                "expected {rule} without a reason; say why it is accepted"
            );
            assert!(
                !known.scenarios.is_empty(),
                "expected {rule} names no scenario; name those in which it is broken"
            );
            for (n, scenario) in known.scenarios.iter().enumerate() {
                let why = match find(scenario) {
                    Ok(found) => self.takes.why_not(found),
                    Err(unknown) => Some(unknown),
                };
                if let Some(why) = why {
                    panic!("expected {rule} in {scenario:?} is never looked at: {why}");
                }
                let before = &self.expected[..i];
                let again = |k: &Known| k.rule == *rule && k.scenarios.contains(scenario);
                assert!(
                    !before.iter().any(again) && !known.scenarios[..n].contains(scenario),
                    "expected {rule} in {scenario:?} stands there twice"
                );
            }
        }
    }
}

fn find(name: &str) -> Result<&'static Scenario, NotRun> {
    embedded()
        .iter()
        .find(|s| s.name == name)
        .ok_or_else(|| NotRun::new(format!("no built-in scenario is called {name:?}")))
}
