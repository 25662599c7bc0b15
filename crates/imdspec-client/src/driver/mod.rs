//! The driver: gives the machine a clock and a network, and its callers one fetch at a time.

mod clock;
mod transport;

pub use clock::{Clock, SystemClock};
pub use transport::{ReqwestTransport, Transport};

use crate::credentials::ResolvedCredentials;
use crate::environment::{self, Environment};
use crate::error::ProviderError;
use crate::exchange::{Ran, Unread};
use crate::machine::{Action, Provider};
use crate::options::Options;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::pending;
use std::hash::BuildHasher as _;
use std::path::Path;
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
    /// Whether the container's token file is read again before it is sent.
    reads_files: bool,
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
    /// the system, a seed of its own. The container's token file is read again for each fetch.
    #[must_use]
    pub fn from_process() -> Self {
        let seed = RandomState::new().hash_one(std::process::id());
        let provider = Provider::new(&Environment::from_process(), Options::default(), seed);
        Self {
            reads_files: true,
            ..Self::new(
                provider,
                SystemClock::default(),
                ReqwestTransport::default(),
            )
        }
    }
}

impl<C: Clock, T: Transport> Driver<C, T> {
    /// A driver that asks `provider` on `clock` over `transport`.
    #[must_use]
    pub fn new(provider: Provider, clock: C, transport: T) -> Self {
        Self {
            clock,
            transport,
            reads_files: false,
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
        let now = self.clock.now();
        if self.reads_files
            && let Some(path) = provider.wanted_file(now)
        {
            let text = environment::read(Path::new(path));
            provider.set_file(text);
        }
        provider.start(now);
        let mut in_flight = pin!(None);
        loop {
            match provider.poll(self.clock.now()) {
                Action::Done(outcome) => return outcome,
                Action::Read(_) => provider.receive_file(self.clock.now(), Err(Unread::Missing)),
                Action::Run(_) => provider.receive_output(self.clock.now(), Ran::NotStarted),
                // Takes the place of a request that was given up, which ends here.
                Action::Send(send) => in_flight.set(Some(self.transport.send(send))),
                Action::Wait(until) => {
                    let reply = async {
                        match in_flight.as_mut().as_pin_mut() {
                            Some(request) => request.await,
                            None => pending().await,
                        }
                    };
                    let reply = tokio::select! {
                        biased;
                        reply = reply => Some(reply),
                        () = self.clock.sleep_until(until) => None,
                    };
                    in_flight.set(None);
                    if let Some(reply) = reply {
                        provider.receive(self.clock.now(), reply);
                    }
                }
            }
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
