//! Session programs that are kept for further scenarios, with a new provider for each.
//!
//! Most of what a scenario costs on a program is its start. One that answers `{"op":"new"}` starts
//! once and lives through many. What it shows then is a hint and no proof: something of the scenario
//! before may have outlived its provider. A campaign repeats in a process of its own what it reports.

use super::NotRun;
use super::programs::{Runner, Seen};
use crate::hosted::{Hosted, Time};
use crate::program::{ContractError, Session};
use crate::scenario::Scenario;
use crate::shift::Shift;
use crate::subject::Driven;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most scenarios that one process lives through.
const MOST_LIVES: u32 = 250;
/// How long a program may take to make a new provider.
const DEADLINE: Duration = Duration::from_secs(5);

/// The programs that stand ready.
#[derive(Default)]
pub(super) struct Stable {
    ready: Mutex<Vec<Kept>>,
    /// Whether the program was seen not to know how.
    cannot: AtomicBool,
}

struct Kept {
    // First, so that the program is gone before its servers are.
    session: Session,
    hosted: Hosted,
    wall_only: bool,
    lives: u32,
}

impl Stable {
    fn take(&self, wall_only: bool) -> Option<Kept> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let at = ready.iter().position(|kept| kept.wall_only == wall_only)?;
        Some(ready.swap_remove(at))
    }

    fn put(&self, kept: Kept) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready.push(kept);
    }
}

impl Runner {
    /// Runs a scenario, in a process that has lived through others where that can be.
    pub(crate) async fn watch_kept(&self, scenario: &Scenario, seed: u64) -> Result<Seen, NotRun> {
        let cannot = self.stable.cannot.load(Ordering::Relaxed);
        if self.driven != Driven::Session || cannot || !is_plain(scenario) {
            return self.watch(scenario, seed).await;
        }
        let _permit = self.at_once.acquire().await;
        let said = |e: ContractError| NotRun::new(e.to_string());
        let wall_only = scenario.jumps();
        let mut kept = match self.stable.take(wall_only) {
            Some(kept) => kept,
            None => self.keep(scenario, seed, wall_only).await.map_err(said)?,
        };
        let header = self.header(scenario, seed, kept.hosted.time());
        kept.hosted.restage(scenario, header, seed);
        let (program, hosted) = (&self.program, &kept.hosted);
        let lives = kept.session.script(program, scenario, hosted).await;
        let trace = hosted.with_site(|site| site.recorder.take());
        kept.lives += 1;
        if lives.map_err(said)? && kept.lives < MOST_LIVES {
            if kept.session.renew(DEADLINE).await {
                self.stable.put(kept);
            } else if kept.lives == 1 {
                self.stable.cannot.store(true, Ordering::Relaxed);
            }
        }
        Ok(Seen {
            trace,
            hello: None,
            peak: None,
        })
    }

    async fn keep(
        &self,
        scenario: &Scenario,
        seed: u64,
        wall_only: bool,
    ) -> Result<Kept, ContractError> {
        let time = self.long_time(wall_only).map_err(ContractError::clock)?;
        let hosted = self.host(scenario, seed, time).await?;
        Ok(Kept {
            session: Session::open(&self.program, &hosted, &self.gate).await?,
            hosted,
            wall_only,
            lives: 0,
        })
    }

    /// A clock for more than one scenario: it goes on from where the one before left it.
    fn long_time(&self, wall_only: bool) -> io::Result<Time> {
        match &self.library {
            Some(library) => Ok(Time::Shifted(Arc::new(Shift::new(library, wall_only)?))),
            None => Ok(Time::Real(Instant::now())),
        }
    }
}

/// Whether a process that was started for another scenario has all that this one gives.
fn is_plain(scenario: &Scenario) -> bool {
    let settings = [
        &scenario.env,
        &scenario.config,
        &scenario.code,
        &scenario.files,
    ];
    settings.iter().all(|s| s.is_empty())
        && scenario.sets_endpoint()
        && scenario.links.is_empty()
        && scenario.profile.is_none()
        && !scenario.needs_addresses()
        && !scenario.needs_services()
}
