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
mod story;

pub use finding::{Finding, Heavy};
pub use pool::Pool;

use super::{Broken, Coverage, Reach, Shrink, scenario};
use crate::program::ContractError;
use crate::states::Reached;
use crate::subject::Subject;
use crate::{Scenario, explore};
use bench::{Bench, How, Shown, Way};
use imdspec_rules::{Level, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long findings may still be made small once the time is over.
const GRACE: Duration = Duration::from_secs(30);
/// More memory than this above what a healthy service takes is a finding: no reply of this service
/// needs a hundredth of it.
const MUCH_MEMORY: u64 = 256 << 20;
/// How often a scenario is run to see whether it shows its finding each time, before it is made small
/// and after.
const AGAIN: usize = 4;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Who is under test.
    pub subject: Subject,
    /// Which worlds it is put through.
    pub worlds: Worlds,
    /// Everything random comes from it.
    pub seed: u64,
    /// How long to look for new things.
    pub time: Duration,
    /// How many scenarios to look in, those that make a finding small aside; none for no bound but
    /// time.
    pub runs: Option<u64>,
    /// With how many findings it is content; none for no bound.
    pub most_findings: Option<usize>,
    /// How many scenarios may be under way at once; none for what suits the machine.
    pub jobs: Option<usize>,
    /// Whether a SHOULD that is not met is a finding, too.
    pub strict: bool,
    /// Rules that are known to be broken: that they are is counted, and nothing more.
    pub known: BTreeSet<String>,
}

/// Which worlds a campaign is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worlds {
    /// Those with much wrong with their replies: [`scenario`].
    Replies,
    /// Those in which much happens: [`explore::life`].
    Lives,
}

impl Worlds {
    fn draw(self, bytes: &[u8], reach: Reach) -> Scenario {
        match self {
            Self::Replies => scenario(bytes, reach),
            Self::Lives => explore::life(bytes, reach),
        }
    }

    /// Replies may do to a process what the next provider in it would suffer from.
    const fn how(self) -> How {
        match self {
            Self::Replies => How::Afresh,
            Self::Lives => How::Kept,
        }
    }
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
    Ok(Run::new(campaign, bench, stop, progress).whole(began).await)
}

/// Runs a campaign on something that lives in this process: `way` puts it through a scenario in
/// virtual time. `campaign.subject` says what it is able to do.
pub async fn run_in_memory(
    campaign: Campaign,
    way: impl Fn(&Scenario, u64) -> Trace + Send + Sync + 'static,
    stop: watch::Receiver<bool>,
    progress: impl FnMut(&Progress, Option<&Finding>),
) -> Ended {
    let way: Arc<Way> = Arc::new(way);
    let (subject, seed) = (campaign.subject.clone(), campaign.seed);
    let bench = Bench::in_memory(subject, seed, campaign.jobs, way);
    let run = Run::new(campaign, bench, stop, progress);
    run.whole(Instant::now()).await
}

struct Run<P> {
    bench: Bench,
    worlds: Worlds,
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
    most_findings: usize,
    strict: bool,
    stop: watch::Receiver<bool>,
    tell: P,
}

impl<P: FnMut(&Progress, Option<&Finding>)> Run<P> {
    fn new(campaign: Campaign, bench: Bench, stop: watch::Receiver<bool>, tell: P) -> Self {
        Self {
            worlds: campaign.worlds,
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
            most_findings: campaign.most_findings.unwrap_or(usize::MAX),
            strict: campaign.strict,
            stop,
            tell,
            bench,
        }
    }

    async fn whole(mut self, began: Instant) -> Ended {
        while self.goes_on() {
            self.round().await;
        }
        self.tell(None);
        let interrupted = *self.stop.borrow();
        Ended {
            subject: self.bench.subject,
            findings: self.findings,
            unsteady: self.unsteady,
            known: self.seen_known,
            heavy: self.heavy,
            progress: self.at,
            took: began.elapsed(),
            interrupted,
            notes: self.bench.notes,
        }
    }

    fn goes_on(&self) -> bool {
        let looked = self.at.executions - self.at.on_findings;
        let enough = looked >= self.runs || self.findings.len() >= self.most_findings;
        Instant::now() < self.until && !enough && !*self.stop.borrow()
    }

    fn tell(&mut self, finding: Option<&Finding>) {
        self.at.findings = self.findings.len() + usize::from(finding.is_some());
        self.at.reached = *self.coverage.reached();
        self.at.transitions = self.coverage.transitions();
        self.at.left = self.until.saturating_duration_since(Instant::now());
        (self.tell)(&self.at, finding);
    }

    async fn round(&mut self) {
        let size = self.bench.round * self.bench.jobs;
        let left = self.runs - (self.at.executions - self.at.on_findings);
        let size = size.min(usize::try_from(left).unwrap_or(size));
        let mut inputs: Vec<Vec<u8>> = (0..size).map(|_| self.pool.draw()).collect();
        if self.at.executions == 0 {
            // The healthy service comes first: all that follows is held against it.
            inputs[0].clear();
        }
        let reach = self.bench.reach;
        let drawn = inputs.iter().map(|i| self.worlds.draw(i, reach));
        let scenarios: Vec<Scenario> = drawn.collect();
        let (how, stop) = (self.worlds.how(), self.stop.clone());
        let all = self.bench.run(&scenarios, how, self.until, stop).await;
        for ((input, scenario), shown) in inputs.into_iter().zip(&scenarios).zip(all) {
            let Some(Shown {
                seen, broken, peak, ..
            }) = shown
            else {
                continue;
            };
            self.at.executions += 1;
            self.weigh(peak, scenario);
            if self.coverage.take(&seen) {
                self.pool.keep(input);
            }
            let strict = self.strict;
            for broken in broken.into_iter().filter(|b| counts(b, strict)) {
                if self.known.contains(broken.rule) {
                    *self.seen_known.entry(broken.rule).or_default() += 1;
                } else if self.findings.len() < self.most_findings
                    && self.seen.insert(broken.shape())
                {
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

    /// Makes a finding of something seen once, if it is seen again.
    async fn follow(&mut self, first: Broken, scenario: Scenario) {
        self.at.shrinking = Some(first.rule);
        self.tell(None);
        let until = self.until + GRACE;
        let shown = self.repeated(&scenario, &first, until).await;
        let times = shown.len();
        let Some(shown) = shown.into_iter().next() else {
            self.unsteady.push((first.rule, first.got));
            self.at.shrinking = None;
            return;
        };
        // What is not shown each time is asked for more than once before it counts as gone.
        let repeats = if times < AGAIN { AGAIN } else { 1 };
        let mut least = (scenario.clone(), shown);
        let mut shrink = Shrink::new(scenario);
        let mut tries = 0;
        while tries < self.bench.tries && Instant::now() < until && !*self.stop.borrow() {
            let batch = shrink.batch(self.bench.jobs);
            if batch.is_empty() {
                break;
            }
            tries += u32::try_from(batch.len() * repeats).unwrap_or(u32::MAX);
            let shown = self.shows(&batch, repeats, &first, until).await;
            shrink.take(shown.map(|(at, shown)| {
                least = (batch[at].clone(), shown);
                batch[at].clone()
            }));
            self.tell(None);
        }
        let (scenario, (broken, trace)) = least;
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
        if Instant::now() >= until {
            return;
        }
        let like = finding.broken.clone();
        let shown = self.repeated(&finding.scenario, &like, until).await;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        finding.again = (count(shown.len()), count(AGAIN));
        if let Some((_, trace)) = shown.into_iter().next() {
            // Of all of them the one that bears the finding's name.
            finding.trace = trace;
        }
    }

    /// How a scenario breaks the rule, for each of [`AGAIN`] times that it is run and does.
    async fn repeated(
        &mut self,
        scenario: &Scenario,
        like: &Broken,
        until: Instant,
    ) -> Vec<(Broken, Trace)> {
        let all = self.afresh(&vec![scenario.clone(); AGAIN], until).await;
        all.into_iter().filter_map(|s| breaks(s?, like)).collect()
    }

    /// The first of some scenarios that breaks the same rule in any of its runs, with how it does.
    async fn shows(
        &mut self,
        scenarios: &[Scenario],
        repeats: usize,
        like: &Broken,
        until: Instant,
    ) -> Option<(usize, (Broken, Trace))> {
        let each = scenarios.iter().flat_map(|s| vec![s.clone(); repeats]);
        let all = self.afresh(&each.collect::<Vec<_>>(), until).await;
        let mut all = all.into_iter().enumerate();
        all.find_map(|(i, shown)| Some((i / repeats, breaks(shown?, like)?)))
    }

    async fn afresh(&mut self, scenarios: &[Scenario], until: Instant) -> Vec<Option<Shown>> {
        let many = scenarios.len() as u64;
        self.at.executions += many;
        self.at.on_findings += many;
        let stop = self.stop.clone();
        self.bench.run(scenarios, How::Afresh, until, stop).await
    }
}

fn breaks(shown: Shown, like: &Broken) -> Option<(Broken, Trace)> {
    let Shown { trace, broken, .. } = shown;
    let broken = broken.into_iter().find(|b| b.rule == like.rule)?;
    Some((broken, trace?))
}

/// Whether it is a finding that a rule is broken.
fn counts(broken: &Broken, strict: bool) -> bool {
    strict || broken.level == Level::Must
}
