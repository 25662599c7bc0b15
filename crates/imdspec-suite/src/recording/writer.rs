//! A trace written while things happen, so that whatever ends the recorder loses nothing.

use super::assemble::header;
use super::secrets::Secrets;
use crate::recorder::{as_seen, request_seen};
use imdspec_model::Reply;
use imdspec_rules::{ClockKind, Event, Server, What};
use imdspec_wire::{Mono, Now, Request, Wall};
use std::io::{self, Write};
use std::time::{Instant, SystemTime};

/// Writes a trace, line by line, with the secrets that the traffic shows announced in it.
pub struct Writer {
    out: Box<dyn Write + Send>,
    begun: Instant,
    secrets: Secrets,
    requests: u32,
    /// The first thing that could not be written.
    failed: Option<io::Error>,
}

impl Writer {
    /// Begins a trace of recorded traffic; its time begins now.
    ///
    /// # Errors
    /// What writing gives.
    pub fn begin(mut out: Box<dyn Write + Send>) -> io::Result<Self> {
        line(&mut out, &header(ClockKind::Real))?;
        Ok(Self {
            out,
            begun: Instant::now(),
            secrets: Secrets::default(),
            requests: 0,
            failed: None,
        })
    }

    /// Writes down a request to the model and what it set out to answer.
    pub fn exchange(&mut self, conn: u32, to: &str, request: &Request, reply: &Reply) {
        let number = self.number();
        let request = request_seen(number, (Server::Imds, to, conn), request.clone());
        self.write(What::Request(request));
        self.write(What::Reply(as_seen(number, reply)));
    }

    /// The number of the next request.
    pub(super) const fn number(&mut self) -> u32 {
        self.requests += 1;
        self.requests
    }

    /// Writes an event down, after the secrets it shows. Once that fails, nothing more is written.
    pub(super) fn write(&mut self, what: What) {
        let now = self.now();
        let secrets = self.secrets.of(&what);
        let announced = secrets
            .into_iter()
            .map(|(kind, value)| What::Secret { kind, value });
        for what in announced.chain([what]) {
            if self.failed.is_some() {
                return;
            }
            let event = Event {
                at: now.mono,
                wall: now.wall,
                what,
            };
            self.failed = line(&mut self.out, &event).err();
        }
    }

    /// The time, on the two clocks of this recording.
    pub(super) fn now(&self) -> Now {
        let since = self.begun.elapsed().as_millis();
        let date = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let date = date.map_or(0, |d| d.as_millis());
        Now {
            wall: Wall(i64::try_from(date).unwrap_or(i64::MAX)),
            mono: Mono(u64::try_from(since).unwrap_or(u64::MAX)),
        }
    }

    /// How many requests were written down.
    #[must_use]
    pub const fn requests(&self) -> u32 {
        self.requests
    }

    /// Why writing had to end, if it did; asked once.
    pub const fn failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

fn line(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    out.write_all(text.as_bytes())?;
    out.flush()
}
