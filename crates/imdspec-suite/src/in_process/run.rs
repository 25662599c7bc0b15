//! One scenario on one value, over real sockets.

use super::environment::{Clock, Environment};
use super::exchange::Exchange;
use super::provider::AnyProvider;
use crate::NotRun;
use crate::hosted::{Ground, Hosted, Time};
use crate::memory::DEADLINE;
use crate::recorder::Recorder;
use crate::scenario::{Scenario, Step};
use crate::sources::HOME_GAP;
use imdspec_rules::{Outcome, Stream, Trace, What};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// How a scenario's provider is made.
pub(crate) type Factory = dyn Fn(Environment) -> Arc<dyn AnyProvider> + Send + Sync;

/// Where providers live and servers stand; may be used for many scenarios, one after another.
pub(crate) struct Stage {
    /// Two runtimes, so that a provider that blocks its threads does not keep the model from
    /// answering.
    servers: Runtime,
    subject: Runtime,
    ground: Ground,
}

impl Stage {
    /// Servers on loopback ports.
    pub(crate) fn sockets() -> Result<Self, NotRun> {
        Ok(Self {
            servers: runtime(1)?,
            subject: runtime(2)?,
            ground: Ground::Endpoint,
        })
    }

    /// No servers but those of [`Environment::exchange`].
    pub(crate) fn memory() -> Result<Self, NotRun> {
        let one = || {
            let mut builder = Builder::new_current_thread();
            builder.enable_all().build().map_err(no_threads)
        };
        Ok(Self {
            servers: one()?,
            subject: one()?,
            ground: Ground::Memory,
        })
    }

    /// Runs a scenario on a clock. Blocks until it is over, which a provider that hangs cannot put
    /// off for long.
    pub(crate) fn run(
        &self,
        name: &str,
        factory: &Factory,
        scenario: &Scenario,
        clock: Clock,
        seed: u64,
    ) -> Result<Trace, NotRun> {
        let time = Time::Shared(clock.clone());
        let header = Recorder::header(scenario, name, seed, time.kind());
        let hosted = self
            .servers
            .block_on(Hosted::start(scenario, header, seed, time, self.ground))
            .map_err(|e| NotRun::new(format!("no loopback port could be had: {e}")))?;
        let home = tempfile::tempdir().map_err(|e| no_home(&e))?;
        let environment = environment(&hosted, scenario, &home, clock.clone())?;
        let provider = {
            // Some libraries ask for a runtime as soon as they are built.
            let _inside = self.subject.enter();
            factory(environment)
        };
        for step in &scenario.steps {
            match step {
                Step::Resolve(n) => self.subject.block_on(resolve(&hosted, &provider, *n)),
                Step::Advance(span) => {
                    clock.advance(span.duration());
                    note_clock(&hosted, format!("+{span}"));
                }
                Step::Jump(span) => {
                    clock.jump(span.millis());
                    note_clock(&hosted, format!("wall clock by {span}"));
                }
                change => {
                    hosted.with_site(|site| site.change(hosted.now(), change));
                    if let Step::File(new) = change {
                        let files = hosted.with_site(|site| site.home.clone());
                        (files.write_one(home.path(), &new.name)).map_err(|e| no_home(&e))?;
                    }
                }
            }
        }
        drop(provider);
        Ok(self.servers.block_on(hosted.finish()))
    }

    /// Ends the stage and whatever a provider left running: it is none of ours, and may never end.
    fn end(self) {
        self.subject.shutdown_background();
        self.servers.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Runs a scenario on a stage of its own.
pub(super) fn run(
    name: &str,
    factory: &Factory,
    scenario: &Scenario,
    seed: u64,
) -> Result<Trace, NotRun> {
    let stage = Stage::sockets()?;
    let trace = stage.run(name, factory, scenario, Clock::new(), seed);
    stage.end();
    trace
}

fn no_threads(e: std::io::Error) -> NotRun {
    NotRun::new(format!("no threads could be had: {e}"))
}

fn runtime(threads: usize) -> Result<Runtime, NotRun> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(no_threads)
}

fn no_home(e: &std::io::Error) -> NotRun {
    NotRun::new(format!("no home directory could be made: {e}"))
}

fn environment(
    hosted: &Hosted,
    scenario: &Scenario,
    home: &tempfile::TempDir,
    clock: Clock,
) -> Result<Environment, NotRun> {
    let header = hosted.with_site(|site| site.recorder.trace().header.clone());
    let files = hosted.with_site(|site| site.home.clone());
    files.write(home.path()).map_err(|e| no_home(&e))?;
    let in_home = |(name, value): (String, String)| {
        (
            name,
            value.replace(HOME_GAP, &home.path().to_string_lossy()),
        )
    };
    let endpoint = header.env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").cloned();
    Ok(Environment {
        endpoint: endpoint.filter(|_| scenario.sets_endpoint()),
        variables: header.env.into_iter().map(in_home).collect(),
        home: home.path().to_owned(),
        code: header.code,
        exchange: Exchange::new(hosted.estate(), clock.clone()),
        clock,
    })
}

/// Asks `n` times at once.
async fn resolve(hosted: &Hosted, provider: &Arc<dyn AnyProvider>, n: u32) {
    let calls: Vec<u32> = hosted.with_site(|site| {
        (0..n)
            .map(|_| site.recorder.resolve(hosted.now()))
            .collect()
    });
    let asked: Vec<_> = calls
        .iter()
        .map(|call| (*call, tokio::spawn(Arc::clone(provider).resolve())))
        .map(|(call, task)| async move {
            let stop = task.abort_handle();
            let outcome = match timeout(DEADLINE, task).await {
                Ok(Ok(outcome)) => outcome,
                // Where it panicked stands on stderr.
                Ok(Err(_)) => Outcome::Crash {
                    how: "panic".into(),
                },
                Err(_) => {
                    stop.abort();
                    let after = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
                    Outcome::Deadline { after }
                }
            };
            hosted.with_site(|site| site.recorder.outcome(hosted.now(), call, outcome));
        })
        .collect();
    all(asked).await;
    let shown = provider.shown();
    hosted.with_site(|site| site.recorder.output(hosted.now(), Stream::Debug, shown));
}

/// Awaits them side by side.
async fn all<F: Future<Output = ()>>(futures: Vec<F>) {
    let mut open: Vec<_> = futures.into_iter().map(|f| Some(Box::pin(f))).collect();
    std::future::poll_fn(|cx| {
        for slot in &mut open {
            if let Some(future) = slot
                && future.as_mut().poll(cx).is_ready()
            {
                *slot = None;
            }
        }
        if open.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

fn note_clock(hosted: &Hosted, moved: String) {
    hosted.with_site(|site| site.recorder.push(hosted.now(), What::Clock { moved }));
}
