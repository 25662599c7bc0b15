//! Panics of a provider while it is in a scenario.

use crate::scenario::Scenario;
use imdspec_rules::{Outcome, Trace, What};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// What the hook has to know. libFuzzer ends the process in a panic, before anything could be
/// caught, so that the scenario has to be told then and there.
struct UnderWay {
    scenario: Scenario,
    known: Vec<String>,
    /// Whether a known panic happened.
    happened: bool,
    /// Whether the scenario was told: once is enough.
    told: bool,
}

static UNDER_WAY: Mutex<Option<UnderWay>> = Mutex::new(None);

/// One at a time: a hook cannot tell whose panic it is, and under `cargo test` others run beside.
static GATE: Mutex<()> = Mutex::new(());

/// Runs something, and says in which scenario it panicked if it does, on whatever thread. A panic
/// whose message has some of the `known` words is passed over in silence, so that it unwinds; whether
/// there was one is given.
pub(super) fn watched<T>(
    scenario: &Scenario,
    known: &[(String, String)],
    act: impl FnOnce() -> T,
) -> (T, bool) {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !is_known(panic) {
                before(panic);
            }
        }));
    });
    let _alone = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    *under_way() = Some(UnderWay {
        scenario: scenario.clone(),
        known: known.iter().map(|(words, _)| words.clone()).collect(),
        happened: false,
        told: false,
    });
    let done = act();
    let happened = under_way().take().is_some_and(|u| u.happened);
    (done, happened)
}

/// Tells the scenario of a panic that is not known.
fn is_known(panic: &PanicHookInfo<'_>) -> bool {
    let mut slot = under_way();
    let Some(under_way) = slot.as_mut() else {
        return false;
    };
    let words = panic.payload_as_str().unwrap_or_default();
    if under_way.known.iter().any(|k| words.contains(k.as_str())) {
        under_way.happened = true;
        return true;
    }
    let first = !std::mem::replace(&mut under_way.told, true);
    let scenario = first.then(|| under_way.scenario.clone());
    // A panic in what follows must find it open.
    drop(slot);
    if let Some(scenario) = scenario {
        let text = super::provider::text(&scenario, "SEC-019");
        anstream::eprintln!("a panic in this scenario:\n\n{text}");
    }
    false
}

fn under_way() -> MutexGuard<'static, Option<UnderWay>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The trace up to the question that ended in a crash, and up to those asked beside it: what came
/// before is judged, and what the crash led to is not.
pub(super) fn before_the_crash(trace: &mut Trace) {
    let crashed = trace.events.iter().find_map(|event| match &event.what {
        What::Outcome {
            call,
            outcome: Outcome::Crash { .. },
        } => Some(*call),
        _ => None,
    });
    let mut before = trace.events.iter();
    let mine =
        before.position(|e| matches!(e.what, What::Resolve { call } if Some(call) == crashed));
    let Some(mine) = mine else { return };
    let beside = trace.events[..mine].iter().rev();
    let beside = beside.take_while(|e| matches!(e.what, What::Resolve { .. }));
    trace.events.truncate(mine - beside.count());
}
