//! The servers of a scenario, asked without a socket.

use super::environment::Clock;
use crate::hosted::Estate;
use crate::memory::flight::Flight;
use imdspec_client::Lost;
use imdspec_rules::What;
use imdspec_wire::{Limits, Request, Response};
use std::time::Duration;

/// How long a reply is waited for before the request is given up, as long as most clients do.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much of a reply is read.
const LIMITS: Limits = Limits {
    head: 64 << 10,
    body: 1 << 20,
};

/// The servers of a scenario, asked without a socket. Cloning shares them.
///
/// What is asked here stands in the trace like what comes over a connection. A reply that takes
/// its time moves the [`Clock`] by that time instead of taking it.
#[derive(Debug, Clone)]
pub struct Exchange {
    estate: Estate,
    clock: Clock,
}

impl Exchange {
    pub(super) const fn new(estate: Estate, clock: Clock) -> Self {
        Self { estate, clock }
    }

    /// Sends a request to an authority (`host:port`), as an HTTP client does: no redirect followed,
    /// no proxy. Gives the whole reply.
    ///
    /// # Errors
    /// Nobody is there ([`Lost::Refused`]), no whole reply came within two seconds
    /// ([`Lost::TimedOut`]), or what came is no HTTP.
    pub fn send(&self, authority: &str, request: Request) -> Result<Response, Lost> {
        let method = request.method.clone();
        let now = self.clock.both();
        let Some((number, reply)) = self.estate.ask(authority, request) else {
            return Err(Lost::Refused);
        };
        let mut flight = Flight::new(now.mono, number, &method, LIMITS, &reply);
        let in_time = flight
            .arrives
            .map(|at| at.since(now.mono))
            .filter(|takes| *takes <= PATIENCE);
        self.clock.advance(in_time.unwrap_or(PATIENCE));
        let got = match in_time {
            Some(_) => flight.take(),
            None => Err(Lost::TimedOut),
        };
        if let Some((request, body_bytes, gave_up)) = flight.sent(self.clock.both().mono) {
            self.estate.note(What::Sent {
                request,
                body_bytes,
                gave_up,
            });
        }
        got
    }
}
