//! Anybody's provider in worlds of chance: what `fuzz_provider!` and `fuzz_document!` come to.

use super::{Broken, Reach, Waits, broken, document, panics, scenario};
use crate::in_process::{
    AnyProvider, Capability, Clock, Environment, Factory, Given, Provider, Stage,
};
use crate::scenario::{ClockNeed, Scenario};
use crate::show::{Colour, failure};
use imdspec_rules::{Capabilities, Level, Trace, judge, rules};
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

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
    /// Words of panics that are known.
    known_panics: Vec<(String, String)>,
}

impl fmt::Debug for FuzzProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuzzProvider")
            .field("name", &self.name)
            .field("reach", &self.reach)
            .field("known", &self.known)
            .field("known_panics", &self.known_panics)
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
            known_panics: Vec::new(),
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

    /// A panic that is known, by words of its message, and why that is accepted. What came before it
    /// is judged; the resolve it ended, and the rest of the input, are not.
    ///
    /// A rule that accuses a panic ([`known`](Self::known)) would hide every other panic as well.
    #[must_use]
    pub fn known_panic(mut self, words: impl Into<String>, reason: impl Into<String>) -> Self {
        self.known_panics.push((words.into(), reason.into()));
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
        if let Err(why) = self.live(&scenario(bytes, self.reach)) {
            panic!("{why}");
        }
    }

    /// Puts a new provider through a scenario, and judges the trace.
    ///
    /// # Errors
    /// The failure block and the scenario, when a rule is broken that is not known to be; or why it
    /// could not be run.
    pub(crate) fn live(&self, scenario: &Scenario) -> Result<(), String> {
        if let Some((rule, _)) = self.known.iter().find(|(r, _)| rules::get(r).is_none()) {
            return Err(format!("no rule is called {rule:?}"));
        }
        let (run, panicked) = panics::watched(scenario, &self.known_panics, || {
            on_stage(self.in_memory, |stage| {
                stage.run(&self.name, &*self.factory, scenario, self.clock(), 1)
            })
        });
        let mut trace = run.map_err(|why| format!("not run: {why}"))?;
        if panicked {
            panics::before_the_crash(&mut trace);
        }
        let found = broken(&trace, &self.capabilities);
        match found.into_iter().find(|b| self.is_news(b)) {
            Some(first) => Err(self.words(&first, scenario, &trace)),
            None => Ok(()),
        }
    }

    /// What it can be put through.
    pub(crate) const fn reach(&self) -> Reach {
        self.reach
    }

    /// A clock that stands still, where nobody looks at another one: then the same input shows the
    /// same each time.
    fn clock(&self) -> Clock {
        if self.in_memory && self.reach.clock >= ClockNeed::Movable {
            Clock::still()
        } else {
            Clock::new()
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

pub(super) fn text(scenario: &Scenario, rule: &str) -> String {
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

/// Holds what a parser made of a document's bytes against what must come of them.
///
/// # Panics
/// When a MUST is not met, with the document.
pub fn hold_document(bytes: &[u8], taken: Option<&Given>) {
    hold_document_but(bytes, taken, |_, _| false);
}

/// The same, but for what is known of the parser: `known` is told the document and what is wrong.
///
/// # Panics
/// When a MUST is not met and that is not known, with the document.
pub fn hold_document_but(
    bytes: &[u8],
    taken: Option<&Given>,
    known: impl Fn(&[u8], &document::Wrong) -> bool,
) {
    if let Err(wrong) = document::check(bytes, taken)
        && !known(bytes, &wrong)
    {
        panic!("{wrong}:\n{}", String::from_utf8_lossy(bytes));
    }
}
