//! A machine and the model joined in memory: hours of expiry in microseconds, no socket, no sleep.
//!
//! Replies still travel as bytes: what the model would put on the wire goes through the response
//! reader that any client needs, so a truncated or endless body is just that here too.

pub(crate) mod flight;

use crate::machine::{Machine, Reference};
use crate::recorder::Recorder;
use crate::scenario::{Link, Scenario, Step};
use crate::site::{Places, Site};
use crate::sources::{HOME_GAP, VIRTUAL_HOME};
use flight::Flight;
use imdspec_client::{Action, Authority, Environment, Lost, Send};
use imdspec_rules::{ClockKind, Outcome, Stream, Trace, What};
use imdspec_wire::{Mono, Now, Wall};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// The date on which every virtual scenario begins: 2026-01-01T00:00:00Z.
pub(crate) const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(0),
};

/// How long a resolve may take in virtual time before it counts as a hang. Generous: the rules
/// speak of a minute.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Actions one resolve may take before it counts as a hot loop.
const MOST_ACTIONS: u32 = 100_000;

/// Runs a scenario on the reference client.
#[must_use]
pub fn run(scenario: &Scenario, reference: &Reference, seed: u64) -> Trace {
    run_with(scenario, "reference", reference, seed, |environment| {
        reference.build(environment, seed)
    })
}

/// Runs a scenario on any machine that declares the order of `reference`; `build` makes it from
/// what the scenario gives a program.
pub fn run_with<M: Machine>(
    scenario: &Scenario,
    subject: &str,
    reference: &Reference,
    seed: u64,
    build: impl FnOnce(&Environment) -> M,
) -> Trace {
    let mut header = Recorder::header(scenario, subject, seed, ClockKind::Virtual);
    header.order.clone_from(&reference.options.order);
    // Told where the service is all the same: virtual runs compare with those over sockets.
    let places = Places::alone(scenario, false);
    let site = Site::new(scenario, &places, header, seed, T0);
    let environment = environment(&site);
    let mut joined = Joined {
        machine: build(&environment),
        site,
        places,
        links: scenario.links(),
        now: T0,
        dead: false,
    };
    for step in &scenario.steps {
        joined.step(step);
    }
    joined.site.recorder.into_trace()
}

/// What a scenario's settings look like to a program.
pub(crate) fn environment(site: &Site) -> Environment {
    let header = &site.recorder.trace().header;
    let in_home =
        |(name, value): (&String, &String)| (name.clone(), value.replace(HOME_GAP, VIRTUAL_HOME));
    let file = |path: &str| {
        let text = site.home.read_virtual(&format!("{VIRTUAL_HOME}/{path}"));
        text.and_then(Result::ok)
    };
    Environment {
        vars: header.env.iter().map(in_home).collect(),
        home: Some(VIRTUAL_HOME.to_owned()),
        config_file: file(".aws/config"),
        credentials_file: file(".aws/credentials"),
        code: header.code.clone(),
        ..Environment::default()
    }
}

struct Joined<M> {
    machine: M,
    site: Site,
    places: Places,
    links: BTreeMap<IpAddr, Link>,
    now: Now,
    /// Whether the machine has panicked.
    dead: bool,
}

fn crashed() -> Outcome {
    Outcome::Crash {
        how: "panic".into(),
    }
}

impl<M: Machine> Joined<M> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Resolve(n) => self.resolve(*n),
            Step::Advance(span) => {
                self.now = self.now.plus(span.duration());
                self.clock(format!("+{span}"));
            }
            Step::Jump(span) => {
                self.now.wall = Wall(self.now.wall.0.saturating_add(span.millis()));
                self.clock(format!("wall clock by {span}"));
            }
            change => self.site.change(self.now, change),
        }
    }

    fn clock(&mut self, moved: String) {
        self.site.recorder.push(self.now, What::Clock { moved });
    }

    /// Asks `n` callers' worth: a machine has one fetch in flight, and all who wait share it.
    fn resolve(&mut self, n: u32) {
        let calls: Vec<u32> = (0..n)
            .map(|_| self.site.recorder.resolve(self.now))
            .collect();
        // A machine that panics is a client that crashed: a verdict, not the end of the run. What
        // it left half done is of no consequence, for it is not asked again.
        let outcome = if self.dead {
            crashed()
        } else {
            std::panic::catch_unwind(AssertUnwindSafe(|| self.run_to_outcome()))
                .unwrap_or_else(|_| crashed())
        };
        self.dead |= matches!(outcome, Outcome::Crash { .. });
        for (call, outcome) in calls
            .into_iter()
            .zip(std::iter::repeat_n(outcome, n as usize))
        {
            self.site.recorder.outcome(self.now, call, outcome);
        }
        if !self.dead {
            let shown = self.machine.shown();
            self.site.recorder.output(self.now, Stream::Debug, shown);
        }
    }

    fn run_to_outcome(&mut self) -> Outcome {
        let deadline = self.now.mono.plus(DEADLINE);
        let mut flight: Option<Flight> = None;
        self.machine.start(self.now);
        for _ in 0..MOST_ACTIONS {
            let action = self.machine.poll(self.now);
            if !matches!(action, Action::Wait(_))
                && let Some(abandoned) = flight.take()
            {
                self.land(abandoned);
            }
            match action {
                Action::Done(result) => return crate::outcome::of(result),
                Action::Send(send) => flight = Some(self.depart(send)),
                Action::Read(path) => self.read(&path),
                Action::Run(line) => self.run(&line),
                Action::Wait(until) => {
                    let arrives = flight.as_ref().and_then(|f| f.arrives);
                    let next = arrives.map_or(until, |a| a.min(until));
                    if next > deadline {
                        break;
                    }
                    self.pass_to(next);
                    if arrives.is_some_and(|a| a <= until)
                        && let Some(mut arrived) = flight.take()
                    {
                        let reply = arrived.take();
                        self.land(arrived);
                        self.machine.receive(self.now, reply);
                    }
                }
            }
        }
        if let Some(abandoned) = flight {
            self.land(abandoned);
        }
        let after = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
        Outcome::Deadline { after }
    }

    fn pass_to(&mut self, mono: Mono) {
        self.now = self.now.plus(mono.since(self.now.mono));
    }

    fn read(&mut self, path: &str) {
        let text = self.site.read_virtual(path);
        self.machine.receive_file(self.now, text);
    }

    /// A command that never ends is given up by the machine, which waits for it.
    fn run(&mut self, line: &str) {
        if let Some(ran) = self.site.run_virtual(self.now, line) {
            self.machine.receive_output(self.now, ran);
        }
    }

    fn depart(&mut self, send: Send) -> Flight {
        let to = resolved(&send.authority);
        if !self.links.is_empty()
            && let Some(link) = host(&to).and_then(|host| self.links.get(&host))
        {
            return match link.lost() {
                Some(lost) => Flight::lost(self.now.mono, lost),
                None => Flight::never(),
            };
        }
        let Some(server) = self.places.server(&to) else {
            return Flight::lost(self.now.mono, Lost::Refused);
        };
        if send.tls {
            let lost = self.site.tls(self.now, server, &to);
            return Flight::lost(self.now.mono, lost);
        }
        let method = send.request.method.clone();
        let (number, reply) = self.site.request(self.now, (server, &to, 1), send.request);
        let interim = reply
            .interim
            .first()
            .filter(|_| self.machine.takes_interim());
        match interim {
            Some(status) => Flight::interim(self.now.mono, *status),
            None => Flight::new(self.now.mono, number, &method, send.limits, &reply),
        }
    }

    /// Notes how far a reply without a natural end got.
    fn land(&mut self, flight: Flight) {
        if let Some((request, body_bytes, gave_up)) = flight.sent(self.now.mono) {
            self.site.recorder.push(
                self.now,
                What::Sent {
                    request,
                    body_bytes,
                    gave_up,
                },
            );
        }
    }
}

/// Where an authority leads: the one name that is known everywhere is looked up.
pub(crate) fn resolved(authority: &Authority) -> String {
    if authority.host == "localhost" {
        return format!("127.0.0.1:{}", authority.port);
    }
    authority.to_string()
}

/// The address in an authority, if it is one.
pub(crate) fn host(authority: &str) -> Option<IpAddr> {
    authority.parse::<SocketAddr>().ok().map(|at| at.ip())
}
