//! Virtual time over real sockets.
//!
//! The clock stands still while anything can still happen on a socket, and jumps to the next
//! moment somebody waits for once nothing can. A run over sockets then takes no longer than its
//! bytes take, and a busy machine cannot change what it shows.
//!
//! ```text
//!              the client sends
//!   AT REST ───────────────────────► IN FLIGHT ──── a reply or an error arrives ──► AT REST
//!      ▲                                │  ▲
//!      │ time moves only here,          │  │ the pause is over
//!      │ and only when the client       ▼  │
//!      └──── has gone to sleep ◄────── PARKED  (the server pauses, or will say no more)
//! ```

use imdspec_client::Clock;
use imdspec_wire::{Mono, Now, Wall};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A clock shared by a client and the servers it talks to. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct VirtualClock {
    state: Arc<Mutex<State>>,
    moved: watch::Sender<Mono>,
}

#[derive(Debug)]
struct State {
    now: Now,
    /// Who sleeps until when.
    sleepers: BTreeMap<(Mono, u64), Sleeper>,
    next_sleeper: u64,
    /// The client has sent a request and not heard the end of it.
    in_flight: bool,
    /// The request the servers took last, once it has arrived.
    arrived: Option<u32>,
    /// Its server pauses, or will say no more.
    parked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sleeper {
    Client,
    Server,
}

impl VirtualClock {
    pub(crate) fn new(start: Now) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                now: start,
                sleepers: BTreeMap::new(),
                next_sleeper: 0,
                in_flight: false,
                arrived: None,
                parked: false,
            })),
            moved: watch::Sender::new(start.mono),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves both clocks, as a scenario says.
    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.now = state.now.plus(by);
        self.moved.send_replace(state.now.mono);
    }

    /// Moves the wall clock only.
    pub(crate) fn jump(&self, millis: i64) {
        let mut state = self.state();
        state.now.wall = Wall(state.now.wall.0.saturating_add(millis));
    }

    /// Returns once the clock shows `until`, without being a reason for it to move there.
    pub(crate) async fn watch_for(&self, until: Mono) {
        self.wait(until).await;
    }

    /// The client sends: time stands still until it hears the end of it, which is when the guard
    /// is dropped.
    pub(crate) fn depart(&self) -> InFlight {
        let mut state = self.state();
        state.in_flight = true;
        state.arrived = None;
        state.parked = false;
        InFlight(self.clone())
    }

    /// A server took request `number`.
    pub(crate) fn arrive(&self, number: u32) {
        self.state().arrived = Some(number);
    }

    /// The server of request `number` will say no more.
    pub(crate) fn hang(&self, number: u32) {
        self.park(number, true);
    }

    /// What was sent is lost on its way: no server will ever take it.
    pub(crate) fn lost(&self) {
        let mut state = self.state();
        state.parked = true;
        self.move_on(&mut state);
    }

    /// The server of request `number` lets `span` pass.
    pub(crate) async fn pause(&self, number: u32, span: Duration) {
        let until = self.now().mono.plus(span);
        let asleep = self.sleeper(until, Sleeper::Server);
        self.park(number, true);
        self.wait(until).await;
        drop(asleep);
        self.park(number, false);
    }

    fn park(&self, number: u32, parked: bool) {
        let mut state = self.state();
        if state.arrived == Some(number) {
            state.parked = parked;
        }
        self.move_on(&mut state);
    }

    /// Jumps to the next moment somebody waits for, if nothing else can happen before.
    fn move_on(&self, state: &mut State) {
        let at_rest = !state.in_flight || state.parked;
        let client_sleeps = state.sleepers.values().any(|s| *s == Sleeper::Client);
        if !(at_rest && client_sleeps) {
            return;
        }
        if let Some(((until, _), _)) = state.sleepers.first_key_value()
            && *until > state.now.mono
        {
            let span = until.since(state.now.mono);
            state.now = state.now.plus(span);
            self.moved.send_replace(state.now.mono);
        }
    }

    fn sleeper(&self, until: Mono, who: Sleeper) -> Asleep {
        let mut state = self.state();
        let key = (until, state.next_sleeper);
        state.next_sleeper += 1;
        state.sleepers.insert(key, who);
        Asleep {
            clock: self.clone(),
            key,
        }
    }

    async fn wait(&self, until: Mono) {
        let mut moved = self.moved.subscribe();
        // The sender lives in this very clock, so the channel cannot close.
        let _ = moved.wait_for(|now| *now >= until).await;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Now {
        self.state().now
    }

    async fn sleep_until(&self, until: Mono) {
        let asleep = self.sleeper(until, Sleeper::Client);
        self.move_on(&mut self.state());
        self.wait(until).await;
        drop(asleep);
    }
}

/// Somebody asleep; awake when dropped.
struct Asleep {
    clock: VirtualClock,
    key: (Mono, u64),
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.clock.state().sleepers.remove(&self.key);
    }
}

/// A request whose end the client has not heard.
#[derive(Debug)]
pub(crate) struct InFlight(VirtualClock);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.state().in_flight = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imdspec_wire::Wall;

    fn clock() -> VirtualClock {
        VirtualClock::new(Now {
            wall: Wall(0),
            mono: Mono(0),
        })
    }

    #[tokio::test]
    async fn a_client_at_rest_sleeps_no_time_at_all() {
        let clock = clock();
        clock.sleep_until(Mono(3_600_000)).await;
        assert_eq!(clock.now().mono, Mono(3_600_000));
        assert_eq!(clock.now().wall, Wall(3_600_000));
    }

    #[tokio::test]
    async fn time_stands_still_while_a_request_is_in_flight() {
        let clock = clock();
        let flight = clock.depart();
        let sleeping = clock.sleep_until(Mono(1000));
        tokio::pin!(sleeping);
        assert!(futures_poll_once(sleeping.as_mut()).await.is_pending());
        assert_eq!(clock.now().mono, Mono(0));
        clock.arrive(1);
        clock.hang(1);
        sleeping.await;
        assert_eq!(clock.now().mono, Mono(1000));
        drop(flight);
    }

    #[tokio::test]
    async fn a_stale_server_does_not_move_time_under_a_new_request() {
        let clock = clock();
        drop(clock.depart());
        clock.arrive(1);
        let _flight = clock.depart();
        let sleeping = clock.sleep_until(Mono(1000));
        tokio::pin!(sleeping);
        clock.hang(1);
        assert!(futures_poll_once(sleeping.as_mut()).await.is_pending());
        assert_eq!(clock.now().mono, Mono(0));
    }

    async fn futures_poll_once<F: Future + Unpin>(mut f: F) -> std::task::Poll<F::Output> {
        std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut f).poll(cx))).await
    }
}
