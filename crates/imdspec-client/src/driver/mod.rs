//! The driver: gives the machine a clock and a world to act on, and its callers one fetch at a
//! time.

mod clock;
mod command;
mod tls;
mod transport;

pub use clock::{Clock, SystemClock};
pub use transport::{ReqwestTransport, Transport};

use crate::credentials::ResolvedCredentials;
use crate::environment::Environment;
use crate::error::ProviderError;
use crate::exchange::{Lost, Ran, Unread};
use crate::machine::{Action, Provider};
use crate::options::Options;
use imdspec_wire::Response;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::pending;
use std::hash::BuildHasher as _;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

type Outcome = Result<ResolvedCredentials, ProviderError>;

/// A provider that is ready to be asked, from any number of tasks at once.
///
/// ```no_run
/// # async fn example() -> Result<(), imdspec_client::ProviderError> {
/// let driver = imdspec_client::Driver::from_process();
/// let credentials = driver.resolve().await?;
/// println!("{}", credentials.access_key_id);
/// # Ok(())
/// # }
/// ```
pub struct Driver<C = SystemClock, T = ReqwestTransport> {
    clock: C,
    transport: T,
    /// How many flights have ended.
    ended: AtomicU64,
    seat: Mutex<Seat>,
}

/// What one task at a time works with.
struct Seat {
    provider: Provider,
    /// The outcome of the last flight that ended.
    last: Option<Outcome>,
}

impl Driver {
    /// A driver for this process: [`Environment::from_process`], default [`Options`], the clocks of
    /// the system, a seed of its own.
    #[must_use]
    pub fn from_process() -> Self {
        let seed = RandomState::new().hash_one(std::process::id());
        let provider = Provider::new(&Environment::from_process(), &Options::default(), seed);
        Self::new(
            provider,
            SystemClock::default(),
            ReqwestTransport::default(),
        )
    }
}

/// What comes of what is under way.
enum Came {
    Reply(Result<Response, Lost>),
    File(Result<String, Unread>),
    Output(Ran),
}

impl<C: Clock, T: Transport> Driver<C, T> {
    /// A driver that asks `provider` on `clock` over `transport`.
    #[must_use]
    pub fn new(provider: Provider, clock: C, transport: T) -> Self {
        Self {
            clock,
            transport,
            ended: AtomicU64::new(0),
            seat: Mutex::new(Seat {
                provider,
                last: None,
            }),
        }
    }

    /// Gives credentials to sign with: those held while they are good, else new ones.
    ///
    /// Callers who come while a fetch is under way wait for it and share its outcome. A caller may
    /// be dropped at any time; if it was the one who fetched, one of those who wait begins anew.
    ///
    /// # Errors
    /// Why there are none. An error is not remembered: the next caller tries again.
    pub async fn resolve(&self) -> Result<ResolvedCredentials, ProviderError> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut seat = self.seat.lock().await;
        // A flight that ended after this caller came is as good as its own.
        if self.ended.load(Ordering::Acquire) != ended
            && let Some(shared) = &seat.last
        {
            return shared.clone();
        }
        let outcome = self.fly(&mut seat.provider).await;
        seat.last = Some(outcome.clone());
        self.ended.fetch_add(1, Ordering::Release);
        outcome
    }

    async fn fly(&self, provider: &mut Provider) -> Outcome {
        provider.start(self.clock.now());
        let mut under_way = pin!(None);
        loop {
            let act = match provider.poll(self.clock.now()) {
                Action::Done(outcome) => return outcome,
                Action::Wait(until) => {
                    let came = async {
                        match under_way.as_mut().as_pin_mut() {
                            Some(act) => act.await,
                            None => pending().await,
                        }
                    };
                    let came = tokio::select! {
                        biased;
                        came = came => Some(came),
                        () = self.clock.sleep_until(until) => None,
                    };
                    under_way.set(None);
                    let now = self.clock.now();
                    match came {
                        Some(Came::Reply(reply)) => provider.receive(now, reply),
                        Some(Came::File(text)) => provider.receive_file(now, text),
                        Some(Came::Output(ran)) => provider.receive_output(now, ran),
                        None => {}
                    }
                    continue;
                }
                act => act,
            };
            // Takes the place of what was given up, which ends here.
            under_way.set(Some(self.act(act)));
        }
    }

    async fn act(&self, action: Action) -> Came {
        match action {
            Action::Send(send) => Came::Reply(self.transport.send(send).await),
            Action::Read(path) => Came::File(self.transport.read(path).await),
            Action::Run(line) => Came::Output(self.transport.run(line).await),
            Action::Wait(_) | Action::Done(_) => pending().await,
        }
    }
}

impl<C, T> fmt::Debug for Driver<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut it = f.debug_struct("Driver");
        if let Ok(seat) = self.seat.try_lock() {
            it.field("provider", &seat.provider);
        }
        it.finish_non_exhaustive()
    }
}
