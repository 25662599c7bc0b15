//! The reference client's driver against the model's TCP host, over real sockets, in virtual time.

use crate::clock::VirtualClock;
use crate::hosted::{Estate, Ground, Hosted, Time};
use crate::machine::Reference;
use crate::memory::{DEADLINE, T0, environment, host, resolved};
use crate::recorder::Recorder;
use crate::scenario::{Link, Scenario, Step};
use imdspec_client::{Clock as _, Driver, Lost, Ran, ReqwestTransport, Send, Transport, Unread};
use imdspec_rules::{ClockKind, Outcome, Stream, Trace, What};
use imdspec_wire::Response;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

/// Runs a scenario on the reference client over sockets.
///
/// # Errors
/// When no port on the loopback can be had.
pub(crate) async fn run(
    scenario: &Scenario,
    reference: &Reference,
    seed: u64,
) -> io::Result<Trace> {
    let clock = VirtualClock::new(T0);
    let mut header = Recorder::header(scenario, "reference", seed, ClockKind::Virtual);
    header.order.clone_from(&reference.options.order);
    let time = Time::Virtual(clock.clone());
    let hosted = Hosted::start(scenario, header, seed, time, Ground::Played).await?;
    let environment = hosted.with_site(|site| environment(site));
    let driver = Driver::new(
        reference.build(&environment, seed),
        clock.clone(),
        Mapped {
            inner: ReqwestTransport::default(),
            clock: clock.clone(),
            real: hosted.real_places(),
            estate: hosted.estate(),
            links: scenario.links(),
        },
    );
    for step in &scenario.steps {
        match step {
            Step::Resolve(n) => resolve(&hosted, &clock, &driver, *n).await,
            Step::Advance(span) => {
                clock.advance(span.duration());
                note_clock(&hosted, &clock, format!("+{span}"));
            }
            Step::Jump(span) => {
                clock.jump(span.millis());
                note_clock(&hosted, &clock, format!("wall clock by {span}"));
            }
            change => hosted.with_site(|site| site.change(clock.now(), change)),
        }
    }
    drop(driver);
    Ok(hosted.finish().await)
}

type ReferenceDriver = Driver<VirtualClock, Mapped>;

async fn resolve(hosted: &Hosted, clock: &VirtualClock, driver: &ReferenceDriver, n: u32) {
    let calls: Vec<u32> =
        hosted.with_site(|site| (0..n).map(|_| site.recorder.resolve(clock.now())).collect());
    let outcome = tokio::select! {
        // A machine that would wait past the deadline is cut off there, as in memory.
        biased;
        outcome = all(driver, n) => outcome,
        () = hosted.past(DEADLINE) => {
            let after = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
            vec![Outcome::Deadline { after }; n as usize]
        }
    };
    hosted.with_site(|site| {
        for (call, outcome) in calls.into_iter().zip(outcome) {
            site.recorder.outcome(clock.now(), call, outcome);
        }
        site.recorder
            .output(clock.now(), Stream::Debug, format!("{driver:?}"));
    });
}

/// Resolves `n` times at once.
async fn all(driver: &ReferenceDriver, n: u32) -> Vec<Outcome> {
    let mut callers: Vec<_> = (0..n).map(|_| Box::pin(driver.resolve())).collect();
    let mut outcomes = Vec::with_capacity(callers.len());
    // Polled together, so that they are really outstanding at the same time.
    let mut done: Vec<Option<Outcome>> = vec![None; callers.len()];
    std::future::poll_fn(|cx| {
        for (slot, caller) in done.iter_mut().zip(&mut callers) {
            if slot.is_none()
                && let std::task::Poll::Ready(result) = caller.as_mut().poll(cx)
            {
                *slot = Some(crate::outcome::of(result));
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outcomes.extend(done.into_iter().flatten());
    outcomes
}

fn note_clock(hosted: &Hosted, clock: &VirtualClock, moved: String) {
    hosted.with_site(|site| site.recorder.push(clock.now(), What::Clock { moved }));
}

/// Carries requests for the service's real addresses to where this machine plays them, and tells
/// the clock when something is in flight.
#[derive(Debug)]
struct Mapped {
    inner: ReqwestTransport,
    clock: VirtualClock,
    real: Arc<BTreeMap<String, String>>,
    /// Files, commands, and whoever is spoken to over TLS: all played.
    estate: Estate,
    links: BTreeMap<IpAddr, Link>,
}

impl Transport for Mapped {
    fn send(
        &self,
        mut send: Send,
    ) -> impl Future<Output = Result<Response, Lost>> + std::marker::Send {
        // Before the first poll: a sleeper must not find the clock at rest in between.
        let flight = self.clock.depart();
        let to = resolved(&send.authority);
        let link = host(&to).and_then(|host| self.links.get(&host)).copied();
        let tls = send.tls.then(|| self.estate.tls(&to));
        if let Some(here) = self.real.get(&to)
            && let Ok(authority) = here.parse()
        {
            send.authority = authority;
        }
        async move {
            let reply = match link {
                None => match tls {
                    Some(lost) => Err(lost),
                    None => self.inner.send(send).await,
                },
                Some(link) => match link.lost() {
                    Some(lost) => Err(lost),
                    None => {
                        self.clock.lost();
                        std::future::pending().await
                    }
                },
            };
            drop(flight);
            reply
        }
    }

    async fn read(&self, path: String) -> Result<String, Unread> {
        self.estate.read(&path)
    }

    fn run(&self, line: String) -> impl Future<Output = Ran> + std::marker::Send {
        let flight = self.clock.depart();
        let ran = self.estate.run(&line);
        async move {
            match ran {
                Some(ran) => {
                    drop(flight);
                    ran
                }
                None => {
                    self.clock.lost();
                    std::future::pending().await
                }
            }
        }
    }
}
