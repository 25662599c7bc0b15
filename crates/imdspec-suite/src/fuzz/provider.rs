//! Anybody's provider in worlds of chance: what `fuzz_provider!` and `fuzz_document!` come to.

use super::{Broken, Reach, Waits, broken, document, scenario};
use crate::in_process::{AnyProvider, Capability, Environment, Factory, Given, Provider, Stage};
use crate::scenario::{ClockNeed, Scenario};
use crate::show::{Colour, failure};
use imdspec_rules::{Capabilities, Level, Trace, judge, rules};
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, Once, PoisonError};

/// A Rust provider to fuzz: how it is made, what it is able to do, and what is known of it.
///
/// The macro [`fuzz_provider!`](crate::fuzz_provider) makes a fuzz target of it.
pub struct FuzzProvider {
    name: String,
    factory: Box<Factory>,
    reach: Reach,
    in_memory: bool,
    strict: bool,
    capabilities: Capabilities,
    /// Rules that are known to be broken.
    known: Vec<(String, String)>,
}

impl fmt::Debug for FuzzProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuzzProvider")
            .field("name", &self.name)
            .field("reach", &self.reach)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl FuzzProvider {
    /// A provider called `name`; `factory` makes a new one for each input. It is reached over
    /// loopback sockets, and lives on the machine's clock.
    pub fn new<P: Provider>(
        name: impl Into<String>,
        factory: impl Fn(Environment) -> P + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            factory: Box::new(move |environment| {
                let provider: Arc<dyn AnyProvider> = Arc::new(factory(environment));
                provider
            }),
            reach: Reach {
                clock: ClockNeed::Any,
                waits: Waits::Real,
                callers: 4,
            },
            in_memory: false,
            strict: false,
            capabilities: Capabilities::default(),
            known: Vec::new(),
        }
    }

    /// The provider sends every request by [`Environment::exchange`]: no socket, no waiting, and
    /// ten to a hundred times as many inputs.
    #[must_use]
    pub const fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self.reach.waits = Waits::Virtual;
        self
    }

    /// The provider reads the date from [`Environment::clock`], so that hours may pass.
    #[must_use]
    pub const fn takes_clock(mut self) -> Self {
        self.reach.clock = ClockNeed::Movable;
        self
    }

    /// Declares that the value has a capability: rules behind it apply.
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

    /// A rule that is known to be broken, and why that is accepted: so that it hides nothing new.
    #[must_use]
    pub fn known(mut self, rule: impl Into<String>, reason: impl Into<String>) -> Self {
        self.known.push((rule.into(), reason.into()));
        self
    }

    /// Fails on a SHOULD that is not met, too.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Draws a scenario from `bytes`, puts a new provider through it, and judges the trace.
    ///
    /// # Panics
    /// With the failure block and the scenario, when a rule is broken that is not known to be; when
    /// a rule said to be known does not exist; when no stage could be set up.
    pub fn put_through(&self, bytes: &[u8]) {
        for (rule, _) in &self.known {
            assert!(rules::get(rule).is_some(), "no rule is called {rule:?}");
        }
        let scenario = scenario(bytes, self.reach);
        let trace = match on_stage(self.in_memory, |stage| {
            // A panic in the provider ends a fuzzer at once; by then the scenario must be told.
            tell_on_panic(&scenario, || {
                stage.run(&self.name, &*self.factory, &scenario, 1)
            })
        }) {
            Ok(trace) => trace,
            Err(why) => panic!("not run: {why}"),
        };
        let found = broken(&trace, &self.capabilities);
        if let Some(first) = found.into_iter().find(|b| self.is_news(b)) {
            panic!("{}", self.words(&first, &scenario, &trace));
        }
    }

    fn is_news(&self, broken: &Broken) -> bool {
        let is_known = self.known.iter().any(|(rule, _)| rule == broken.rule);
        !is_known && (self.strict || broken.level == Level::Must)
    }

    fn words(&self, broken: &Broken, scenario: &Scenario, trace: &Trace) -> String {
        let rule: Vec<_> = rules::get(broken.rule).into_iter().copied().collect();
        let judged = judge(&rule, std::slice::from_ref(trace), &self.capabilities);
        let proof = judged
            .iter()
            .find_map(|j| Some((j, &j.evidence.first()?.evidence)));
        let block = proof.map_or_else(String::new, |(judgement, evidence)| {
            failure::block(
                judgement,
                evidence,
                trace,
                &"the input that the fuzzer saved",
                Colour::Plain,
            )
        });
        format!(
            "{}\n\n{block}\n\nas a scenario:\n\n{}",
            self.name,
            text(scenario, broken.rule)
        )
    }
}

fn text(scenario: &Scenario, rule: &str) -> String {
    let mut scenario = scenario.clone();
    scenario.exercises = vec![rule.to_owned()];
    scenario.to_toml().unwrap_or_else(|e| e.to_string())
}

thread_local! {
    /// One stage a thread and kind: making one costs more than a scenario.
    static STAGES: RefCell<[Option<Stage>; 2]> = const { RefCell::new([None, None]) };
}

fn on_stage<T>(
    in_memory: bool,
    act: impl FnOnce(&Stage) -> Result<T, crate::NotRun>,
) -> Result<T, crate::NotRun> {
    STAGES.with_borrow_mut(|stages| {
        let slot = &mut stages[usize::from(in_memory)];
        let stage = match slot.take() {
            Some(stage) => stage,
            None if in_memory => Stage::memory()?,
            None => Stage::sockets()?,
        };
        act(slot.insert(stage))
    })
}

/// The scenario that a provider is in, for the hook alone: libFuzzer ends the process in a panic,
/// before anything could be caught, so that it has to be told then and there.
static UNDER_WAY: Mutex<Option<Scenario>> = Mutex::new(None);

/// Runs something, and says in which scenario it panicked if it does, on whatever thread.
fn tell_on_panic<T>(scenario: &Scenario, act: impl FnOnce() -> T) -> T {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if let Some(scenario) = under_way().take() {
                anstream::eprintln!(
                    "a panic in this scenario:\n\n{}",
                    text(&scenario, "SEC-019")
                );
            }
            before(panic);
        }));
    });
    *under_way() = Some(scenario.clone());
    let done = act();
    *under_way() = None;
    done
}

fn under_way() -> std::sync::MutexGuard<'static, Option<Scenario>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds what a parser made of a document's bytes against what must come of them.
///
/// # Panics
/// When a MUST is not met, with the document.
pub fn hold_document(bytes: &[u8], taken: Option<&Given>) {
    if let Err(wrong) = document::check(bytes, taken) {
        panic!("{wrong}:\n{}", String::from_utf8_lossy(bytes));
    }
}
