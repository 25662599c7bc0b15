//! What came of a replay, for people and for machines.

use super::Twice;
use super::runs::{Runs, Shown};
use crate::args::under_test::quote;
use crate::args::{Over, Replay as Args};
use crate::show::failure::block;
use crate::show::paint::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::show::summary::{counts, header, rule_line};
use crate::show::{Colour, wrap};
use imdspec_rules::{Verdict, rules};
use imdspec_suite::determinism::Difference;
use imdspec_suite::program::Network;
use imdspec_suite::replay::Kept;
use imdspec_suite::report::{Report, Summary};
use imdspec_suite::show::whole;

/// The version of the shape for machines.
const SCHEMA: u32 = 1;

/// All there is to say.
pub(super) struct Result<'a> {
    pub(super) args: &'a Args,
    pub(super) kept: &'a Kept,
    pub(super) runs: &'a Runs,
    pub(super) twice: Option<&'a Twice>,
    /// Where the run that is shown differs from the trace that was kept; none where that cannot be
    /// said.
    pub(super) recorded: Option<Option<Difference>>,
}

impl Result<'_> {
    pub(super) fn text(&self) -> String {
        let mut lines = Vec::new();
        if let Some(shown) = &self.runs.shown {
            self.shown(shown, &mut lines);
        }
        self.conclusion(&mut lines);
        lines.join("\n") + "\n"
    }

    /// Who and what, the exchange, and every rule that it put to the test.
    fn shown(&self, shown: &Shown, lines: &mut Vec<String>) {
        lines.push(header(&shown.done, rules::all().len(), &shown.comparison));
        lines.extend(wrap("replay    ", &self.what()));
        if let Some(kept) = &self.kept.trace
            && let Some(now) = shown.trace()
            && kept.header.subject != now.header.subject
        {
            let note = format!(
                "the trace is of {}, and this is a run of {}; name another program behind --",
                kept.header.subject, now.header.subject
            );
            let note = wrap("note      ", &note).into_iter();
            lines.extend(note.map(|line| paint(YELLOW, line)));
        }
        lines.push(String::new());
        if self.args.most() > 1 {
            lines.push(paint(BOLD, format!("run {}", shown.number)));
        }
        let mut marked: Vec<u32> = (shown.judgements.iter())
            .flat_map(|j| &j.evidence)
            .flat_map(|proof| proof.evidence.events.iter().copied())
            .collect();
        marked.sort_unstable();
        marked.dedup();
        if let Some(trace) = shown.trace() {
            lines.extend(whole(trace, &marked));
        }
        lines.push(String::new());
        let tested = |v: Verdict| {
            !matches!(
                v,
                Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotRun
            )
        };
        for judgement in shown.judgements.iter().filter(|j| tested(j.verdict)) {
            let expected = shown.comparison.expects(judgement)
                && matches!(judgement.verdict, Verdict::Violated | Verdict::Warned);
            lines.push(rule_line(judgement, expected));
        }
        let again = self.again();
        for judgement in &shown.judgements {
            if shown.comparison.expects(judgement) {
                continue;
            }
            for proof in &judgement.evidence {
                if let Some(trace) = shown.trace() {
                    let again = again.as_str();
                    let evidence = &proof.evidence;
                    lines.push(String::new());
                    lines.push(block(judgement, evidence, trace, &again, Colour::Ansi));
                }
            }
        }
        for missed in &shown.comparison.failures {
            lines.push(String::new());
            let head = format!("  {:<10}  ", missed.rule);
            lines.extend(wrap(&head, &missed.message));
        }
        lines.push(String::new());
    }

    /// What was run again.
    fn what(&self) -> String {
        let scenario = &self.kept.scenario;
        let title = format!("{}: {}", scenario.name, scenario.title);
        match (&self.kept.file, &self.kept.trace) {
            (Some(file), Some(trace)) => {
                let of = &trace.header.subject;
                format!("{title} ({}, a trace of {of})", file.display())
            }
            (Some(file), None) => format!("{title} ({})", file.display()),
            (None, _) => title,
        }
    }

    /// The command that gives the same once more.
    fn again(&self) -> String {
        let args = self.args;
        let mut command = format!("imdspec replay --seed {:x}", self.runs.seed);
        if args.over == Over::Sockets {
            command.push_str(" --over sockets");
        }
        if args.strict {
            command.push_str(" --strict");
        }
        let program = self.runs.subject.kind.program();
        let network = program.map_or(Network::Auto, |p| p.network);
        command.push_str(&args.under_test.options(network));
        command.push(' ');
        command.push_str(&quote(&args.file.to_string_lossy()));
        command + &args.under_test.command()
    }

    fn conclusion(&self, lines: &mut Vec<String>) {
        let runs = self.runs;
        if let Some((times, why)) = &runs.not_run {
            let name = &self.kept.scenario.name;
            let line = match (runs.ended, times) {
                (0, _) => format!("not run   {name}: {why}"),
                (_, 1) => format!("1 run could not be done: {why}"),
                (_, n) => format!("{n} runs could not be done: {why}"),
            };
            lines.push(paint(YELLOW, line));
        }
        if let Some(twice) = self.twice {
            self.twice(twice, lines);
        }
        match &self.recorded {
            None => {}
            Some(None) => lines.push("recorded  this run is the same as the trace".into()),
            Some(Some(difference)) => lines.extend(wrap(
                "recorded  ",
                &format!("this run differs from the trace. {difference}"),
            )),
        }
        if self.args.most() > 2 && runs.ended > 0 {
            lines.extend(self.counted());
        }
        if let Some(shown) = &runs.shown {
            let mut summary = Summary::of(&shown.done, &shown.judgements);
            // Of one scenario, what it does not speak of is no news.
            (
                summary.not_exercised,
                summary.not_applicable,
                summary.not_run,
            ) = (0, 0, 0);
            lines.push(counts(&summary));
        }
        if runs.interrupted {
            lines.push("interrupted: the runs that were left are not counted".into());
        }
    }

    fn twice(&self, twice: &Twice, lines: &mut Vec<String>) {
        let how = twice.likeness.as_str();
        let Some(difference) = &twice.difference else {
            let same = format!("twice     the same trace {how}");
            lines.push(paint(GREEN, same));
            return;
        };
        let head = "twice     ";
        let differs = format!("not the same trace {how}: {difference}");
        lines.extend((wrap(head, &differs).into_iter()).map(|line| paint(YELLOW, line)));
        let what_it_means = if self.runs.subject.kind.program().is_some() {
            "no rule asks a program to do the same twice; but a failure of it may need \
             --until-failure to show again"
        } else {
            "the reference client does the same for the same seed; please report this"
        };
        lines.extend(wrap("          ", what_it_means));
    }

    /// How often what was broken.
    fn counted(&self) -> Vec<String> {
        let runs = self.runs;
        let of = match runs.ended {
            1 => "1 run".to_owned(),
            n => format!("{n} runs"),
        };
        if runs.broke.is_empty() {
            return vec![paint(GREEN, format!("no rule was broken in {of}"))];
        }
        let broke = runs.broke.iter();
        broke
            .map(|(rule, times)| paint(RED, format!("broke {rule} in {times} of {of}")))
            .chain((runs.failed < runs.ended).then(|| {
                let shown = runs.shown.as_ref().map_or(0, |shown| shown.number);
                paint(
                    DIM,
                    format!("shown above is run {shown}, the first that broke a rule"),
                )
            }))
            .collect()
    }

    pub(super) fn json(&self) -> String {
        let runs = self.runs;
        let report = (runs.shown.as_ref())
            .map(|shown| Report::of(&shown.done, &shown.judgements, &shown.comparison));
        let parted = |d: &Difference| {
            serde_json::json!({
                "event": d.event,
                "member": d.member,
                "first": d.first,
                "second": d.second,
            })
        };
        let whole = serde_json::json!({
            "imdspec": env!("CARGO_PKG_VERSION"),
            "schema": SCHEMA,
            "file": self.kept.file.as_ref().map(|file| file.to_string_lossy()),
            "scenario": self.kept.scenario.name,
            "seed": format!("{:016x}", runs.seed),
            "interrupted": runs.interrupted,
            "runs": runs.ended,
            "failed": runs.failed,
            "broken": runs.broke,
            "not_run": runs.not_run.as_ref().map(|(times, why)| serde_json::json!({"runs": times, "reason": why})),
            "shown": runs.shown.as_ref().map(|shown| shown.number),
            "twice": self.twice.map(|twice| serde_json::json!({
                "same": twice.difference.is_none(),
                "compared": twice.likeness.as_str(),
                "difference": twice.difference.as_ref().map(parted),
            })),
            "report": report,
        });
        format!("{whole:#}\n")
    }
}
