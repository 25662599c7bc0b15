//! One scenario, run again and again, and how often it broke which rule.

use super::keep::Keep;
use crate::args::Replay as Args;
use crate::exit::Failure;
use crate::show::paint::{DIM, paint};
use imdspec_rules::{Judgement, Trace, Verdict, rules};
use imdspec_suite::baseline::{Comparison, Day, Selection};
use imdspec_suite::runner::{Done, Ran, Standing};
use imdspec_suite::{Scenario, Subject};
use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// How often a line is written where lines stay.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// What came of all runs.
pub(super) struct Runs {
    pub(super) subject: Subject,
    pub(super) seed: u64,
    scenario: Arc<Scenario>,
    notes: Vec<String>,
    /// Runs that came to their end.
    pub(super) ended: u32,
    /// Those of them in which a rule was broken that was not expected to be.
    pub(super) failed: u32,
    /// Such rules, and in how many runs each was broken.
    pub(super) broke: BTreeMap<&'static str, u32>,
    /// Runs that could not be done, and why the last of them could not.
    pub(super) not_run: Option<(u32, String)>,
    /// The run that is shown: the first in which a rule was broken, or the last.
    pub(super) shown: Option<Shown>,
    /// The first traces, where they are to be compared.
    pub(super) pair: Vec<Trace>,
    pub(super) interrupted: bool,
}

/// One run, judged.
pub(super) struct Shown {
    /// Its number, from 1.
    pub(super) number: u32,
    pub(super) done: Done,
    pub(super) judgements: Vec<Judgement<'static>>,
    pub(super) comparison: Comparison,
    fails: bool,
}

impl Shown {
    pub(super) fn trace(&self) -> Option<&Trace> {
        self.done.ran.first()?.result.as_ref().ok()
    }

    /// Whether a judgement goes against the subject.
    pub(super) fn breaks(&self, judgement: &Judgement<'_>, strict: bool) -> bool {
        let broken = match judgement.verdict {
            Verdict::Violated => true,
            Verdict::Warned => strict,
            _ => false,
        };
        broken && !self.comparison.expects(judgement)
    }
}

impl Runs {
    pub(super) fn new(standing: &Standing, scenario: Arc<Scenario>, seed: u64) -> Self {
        Self {
            subject: standing.subject().clone(),
            seed,
            scenario,
            notes: standing.notes().to_vec(),
            ended: 0,
            failed: 0,
            broke: BTreeMap::new(),
            not_run: None,
            shown: None,
            pair: Vec::new(),
            interrupted: false,
        }
    }

    /// Runs the scenario as often as is asked for, one run after another.
    pub(super) async fn go(
        &mut self,
        args: &Args,
        standing: &Standing,
        mut stopped: watch::Receiver<bool>,
        keep: Option<&Keep>,
    ) -> Result<(), Failure> {
        let most = args.most();
        let until = args.span.map(|span| Instant::now() + span.duration());
        let mut live = Live::new(most);
        for number in 1..=most {
            if until.is_some_and(|until| Instant::now() >= until) {
                break;
            }
            let began = Instant::now();
            // A run in memory never waits, and so would never hear of it.
            if *stopped.borrow() {
                self.interrupted = true;
                break;
            }
            let ran = tokio::select! {
                ran = standing.run(&self.scenario, self.seed) => ran,
                Ok(_) = stopped.wait_for(|stopped| *stopped) => {
                    self.interrupted = true;
                    break;
                }
            };
            if let Some(keep) = keep {
                keep.take(number, &ran)?;
            }
            if self.take(args, number, ran, began.elapsed()).is_break() {
                break;
            }
            live.tell(self);
        }
        live.clear();
        Ok(())
    }

    /// Judges a run; whether there is to be another.
    fn take(&mut self, args: &Args, number: u32, ran: Ran, took: Duration) -> ControlFlow<()> {
        match &ran.result {
            Ok(trace) if args.twice => self.pair.push(trace.clone()),
            Ok(_) => {}
            Err(why) => {
                let times = self.not_run.as_ref().map_or(0, |(times, _)| *times);
                self.not_run = Some((times + 1, why.to_string()));
                // What a subject cannot do it cannot do the next time either.
                return match self.ended {
                    0 => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                };
            }
        }
        self.ended += 1;
        let done = Done {
            subject: self.subject.clone(),
            ran: vec![ran],
            seed: self.seed,
            took,
            interrupted: false,
            notes: self.notes.clone(),
        };
        let judgements = done.judgements(rules::all());
        let today = Day::of(SystemTime::now());
        let comparison = Comparison::of(&done, &judgements, today, Selection::Part);
        let mut shown = Shown {
            number,
            done,
            judgements,
            comparison,
            fails: false,
        };
        let broken: Vec<&'static str> = (shown.judgements.iter())
            .filter(|j| shown.breaks(j, args.strict))
            .map(|j| j.rule.id)
            .collect();
        shown.fails = !broken.is_empty() || !shown.comparison.failures.is_empty();
        for rule in broken {
            *self.broke.entry(rule).or_default() += 1;
        }
        self.failed += u32::from(shown.fails);
        let fails = shown.fails;
        if !self.shown.as_ref().is_some_and(|before| before.fails) {
            self.shown = Some(shown);
        }
        if fails && args.until_failure {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// How far the runs are, on stderr. Of one run there is no news.
struct Live {
    most: u32,
    terminal: bool,
    told: Instant,
}

impl Live {
    fn new(most: u32) -> Self {
        Self {
            most,
            terminal: std::io::stderr().is_terminal(),
            told: Instant::now(),
        }
    }

    fn tell(&mut self, runs: &Runs) {
        if self.most <= 2 {
            return;
        }
        let of = match self.most {
            u32::MAX => String::new(),
            most => format!(" of {most}"),
        };
        let line = format!("{} runs{of}, {} broke a rule", runs.ended, runs.failed);
        if self.terminal {
            anstream::eprint!("\r\x1b[K{}", paint(DIM, line));
            // A terminal that cannot be written to shows nothing; the runs go on.
            let _ = std::io::stderr().flush();
        } else if self.told.elapsed() >= NOW_AND_THEN {
            self.told = Instant::now();
            anstream::eprintln!("{line}");
        }
    }

    fn clear(&self) {
        if self.terminal && self.most > 2 {
            anstream::eprint!("\r\x1b[K");
        }
    }
}
