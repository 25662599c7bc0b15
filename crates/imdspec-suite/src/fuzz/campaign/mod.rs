//! A campaign: any subject, as many worlds as its time allows, and what was found in them.
//!
//! ```text
//!   pool ──► round of inputs ──► scenarios ──► traces ──► new states? ──► kept in the pool
//!                                                │
//!                                                └──► a rule broken, in a new way?
//!                                                        again ──► shrink ──► again ──► Finding
//! ```
//!
//! Rounds are judged in the order in which they were drawn, so that the same seed leads the same
//! way, whichever program was faster this time.

mod bench;
mod finding;
mod pool;

pub use finding::{Finding, Heavy};

use super::{Broken, Coverage, Shrink, broken, scenario};
use crate::Scenario;
use crate::program::ContractError;
use crate::states::Reached;
use crate::subject::Subject;
use bench::{Bench, Shown};
use imdspec_rules::{Level, Trace};
use pool::Pool;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The most scenarios that are run to make one finding small.
const MOST_TRIES: u32 = 120;
/// How long findings may still be made small once the time is over.
const GRACE: Duration = Duration::from_secs(30);
/// More memory than this above what a healthy service takes is a finding: no reply of this service
/// needs a hundredth of it.
const MUCH_MEMORY: u64 = 256 << 20;
/// How often the least scenario is run in the end.
const AGAIN: u32 = 2;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Who is under test.
    pub subject: Subject,
    /// Everything random comes from it.
    pub seed: u64,
    /// How long to look for new things.
    pub time: Duration,
    /// How many scenarios to look in, those that make a finding small aside; none for no bound but
    /// time.
    pub runs: Option<u64>,
    /// How many scenarios may be under way at once; none for what suits the machine.
    pub jobs: Option<usize>,
    /// Whether a SHOULD that is not met is a finding, too.
    pub strict: bool,
    /// Rules that are known to be broken: that they are is counted, and nothing more.
    pub known: BTreeSet<String>,
}

/// How far a campaign is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Scenarios run.
    pub executions: u64,
    /// Of them, those run to confirm and shrink.
    pub on_findings: u64,
    /// Distinct findings so far.
    pub findings: usize,
    /// The states of the model that were reached.
    pub reached: Reached,
    /// What followed on what.
    pub transitions: usize,
    /// The time that is left.
    pub left: Duration,
    /// The rule whose finding is being made small.
    pub shrinking: Option<&'static str>,
}

/// What came of a campaign.
#[derive(Debug)]
pub struct Ended {
    /// Who was under test, with what it said of itself.
    pub subject: Subject,
    /// What was found, in the order it was.
    pub findings: Vec<Finding>,
    /// Rules that were broken once and not again in the same scenario, and how.
    pub unsteady: Vec<(&'static str, String)>,
    /// Known rules that were broken, and in how many scenarios.
    pub known: BTreeMap<&'static str, u64>,
    /// The scenario in which a session program held much more memory than on a healthy service.
    pub heavy: Option<Heavy>,
    /// How far it came.
    pub progress: Progress,
    /// How long it took.
    pub took: Duration,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// What the user should know before reading on.
    pub notes: Vec<String>,
}

impl Ended {
    fn before_it_began(subject: Subject, took: Duration) -> Self {
        Self {
            subject,
            findings: Vec::new(),
            unsteady: Vec::new(),
            known: BTreeMap::new(),
            heavy: None,
            progress: Progress::default(),
            took,
            interrupted: true,
            notes: Vec::new(),
        }
    }
}

/// Runs a campaign. When `stop` turns true, it ends with what it has.
///
/// # Errors
/// [`ContractError`] when the subject cannot be put under test at all.
pub async fn run(
    campaign: Campaign,
    stop: watch::Receiver<bool>,
    progress: impl FnMut(&Progress, Option<&Finding>),
) -> Result<Ended, ContractError> {
    let began = Instant::now();
    let mut stopped = stop.clone();
    let set_up = Bench::set_up(campaign.subject.clone(), campaign.seed, campaign.jobs);
    let bench = tokio::select! {
        bench = set_up => bench?,
        Ok(_) = stopped.wait_for(|stop| *stop) => {
            return Ok(Ended::before_it_began(campaign.subject, began.elapsed()));
        }
    };
    let mut run = Run {
        pool: Pool::new(campaign.seed),
        coverage: Coverage::default(),
        seen: BTreeSet::new(),
        findings: Vec::new(),
        unsteady: Vec::new(),
        heavy: None,
        healthy_peak: None,
        known: campaign.known,
        seen_known: BTreeMap::new(),
        at: Progress::default(),
        until: Instant::now() + campaign.time,
        runs: campaign.runs.unwrap_or(u64::MAX),
        strict: campaign.strict,
        stop,
        tell: progress,
        bench,
    };
    while run.goes_on() {
        run.round().await;
    }
    run.tell(None);
    let interrupted = *run.stop.borrow();
    Ok(Ended {
        subject: run.bench.subject,
        findings: run.findings,
        unsteady: run.unsteady,
        known: run.seen_known,
        heavy: run.heavy,
        progress: run.at,
        took: began.elapsed(),
        interrupted,
        notes: run.bench.notes,
    })
}

struct Run<P> {
    bench: Bench,
    pool: Pool,
    coverage: Coverage,
    /// The shapes of what was found, before and after it was made small.
    seen: BTreeSet<String>,
    findings: Vec<Finding>,
    unsteady: Vec<(&'static str, String)>,
    heavy: Option<Heavy>,
    healthy_peak: Option<u64>,
    known: BTreeSet<String>,
    seen_known: BTreeMap<&'static str, u64>,
    at: Progress,
    until: Instant,
    runs: u64,
    strict: bool,
    stop: watch::Receiver<bool>,
    tell: P,
}

impl<P: FnMut(&Progress, Option<&Finding>)> Run<P> {
    fn goes_on(&self) -> bool {
        let looked = self.at.executions - self.at.on_findings;
        Instant::now() < self.until && looked < self.runs && !*self.stop.borrow()
    }

    fn tell(&mut self, finding: Option<&Finding>) {
        self.at.findings = self.findings.len() + usize::from(finding.is_some());
        self.at.reached = *self.coverage.reached();
        self.at.transitions = self.coverage.transitions();
        self.at.left = self.until.saturating_duration_since(Instant::now());
        (self.tell)(&self.at, finding);
    }

    async fn round(&mut self) {
        let size = 4 * self.bench.jobs;
        let mut inputs: Vec<Vec<u8>> = (0..size).map(|_| self.pool.next()).collect();
        if self.at.executions == 0 {
            // The healthy service comes first: all that follows is held against it.
            inputs[0].clear();
        }
        let reach = self.bench.reach;
        let scenarios: Vec<Scenario> = inputs.iter().map(|i| scenario(i, reach)).collect();
        let all = self
            .bench
            .run(scenarios.clone(), self.until, self.stop.clone())
            .await;
        for ((input, scenario), shown) in inputs.into_iter().zip(scenarios).zip(all) {
            let Some(Shown { trace, peak }) = shown else {
                continue;
            };
            self.at.executions += 1;
            self.weigh(peak, &scenario);
            if self.coverage.add(&trace) {
                self.pool.keep(input);
            }
            for broken in self.judged(&trace) {
                if self.known.contains(broken.rule) {
                    *self.seen_known.entry(broken.rule).or_default() += 1;
                } else if self.seen.insert(broken.shape()) {
                    self.follow(broken, scenario.clone()).await;
                }
            }
        }
        self.tell(None);
    }

    /// Remembers the scenario that took the most memory, if it is much more than the first did: the
    /// first of all is the healthy service.
    fn weigh(&mut self, peak: Option<u64>, scenario: &Scenario) {
        let Some(peak) = peak else {
            return;
        };
        let healthy = *self.healthy_peak.get_or_insert(peak);
        let before = self.heavy.as_ref().map_or(0, |h| h.peak);
        if peak > (healthy + MUCH_MEMORY).max(before) {
            self.heavy = Some(Heavy {
                peak,
                healthy,
                scenario: scenario.clone(),
            });
        }
    }

    fn judged(&self, trace: &Trace) -> Vec<Broken> {
        let mut all = broken(trace, &self.bench.subject.capabilities);
        all.retain(|b| self.strict || b.level == Level::Must);
        all
    }

    /// Makes a finding of something seen once, if it is seen again.
    async fn follow(&mut self, first: Broken, scenario: Scenario) {
        self.at.shrinking = Some(first.rule);
        self.tell(None);
        let until = self.until + GRACE;
        let Some((found, trace)) = self
            .shows(std::slice::from_ref(&scenario), &first, until)
            .await
        else {
            self.unsteady.push((first.rule, first.got));
            self.at.shrinking = None;
            return;
        };
        let mut least = (found, trace);
        let mut shrink = Shrink::new(scenario);
        let mut tries = 0;
        while tries < MOST_TRIES && Instant::now() < until && !*self.stop.borrow() {
            let batch = shrink.batch(self.bench.jobs);
            if batch.is_empty() {
                break;
            }
            tries += u32::try_from(batch.len()).unwrap_or(MOST_TRIES);
            let shown = self.shows(&batch, &first, until).await;
            shrink.take(shown.map(|(shown, trace)| {
                let smaller = shown.0.clone();
                least = (shown, trace);
                smaller
            }));
            self.tell(None);
        }
        let ((scenario, broken), trace) = least;
        self.seen.insert(broken.shape());
        let mut finding = Finding::new(broken, scenario, trace, tries);
        self.confirm(&mut finding, until).await;
        self.at.shrinking = None;
        // Two ways to the same least scenario are one finding.
        let known = |f: &Finding| f.scenario.name == finding.scenario.name;
        if !self.findings.iter().any(known) {
            self.tell(Some(&finding));
            self.findings.push(finding);
        }
    }

    async fn confirm(&mut self, finding: &mut Finding, until: Instant) {
        for _ in 0..AGAIN {
            let one = [finding.scenario.clone()];
            finding.again.1 += 1;
            if let Some((_, trace)) = self.shows(&one, &finding.broken, until).await {
                finding.again.0 += 1;
                // Of the two the one that bears the finding's name.
                finding.trace = trace;
            }
        }
    }

    /// The first of some scenarios that breaks the same rule, with how it does.
    async fn shows(
        &mut self,
        scenarios: &[Scenario],
        like: &Broken,
        until: Instant,
    ) -> Option<((Scenario, Broken), Trace)> {
        let many = scenarios.len() as u64;
        self.at.executions += many;
        self.at.on_findings += many;
        let stop = self.stop.clone();
        let all = self.bench.run(scenarios.to_vec(), until, stop).await;
        let mut shown = all.into_iter().zip(scenarios);
        shown.find_map(|(shown, scenario)| {
            let trace = shown?.trace;
            let mut all = self.judged(&trace).into_iter();
            let broken = all.find(|b| b.rule == like.rule)?;
            Some(((scenario.clone(), broken), trace))
        })
    }
}
