//! What a run makes of its baseline.

use super::{Baseline, Day, Expected, ExpectedVerdict, When};
use crate::runner::Done;
use imdspec_rules::{Judgement, Verdict, rules};
use serde::Serialize;
use std::path::PathBuf;

/// How many days ahead the end of an entry is announced.
const SOON: i64 = 14;

/// What can be concluded from a verdict that did not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Every scenario meant for the rules that were judged was to be run.
    Whole,
    /// Only some were: what did not show may show in the others.
    Part,
}

/// A run and its baseline, side by side.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The file the entries came from.
    pub file: Option<PathBuf>,
    /// How many entries it has.
    pub entries: usize,
    /// How many of them are about other runs than this one.
    pub elsewhere: usize,
    /// How many of them ended before today.
    pub expired: usize,
    /// Entries that are wrong, in the file's order.
    pub failures: Vec<Missed>,
    /// What to know besides, each a sentence.
    pub notes: Vec<String>,
    /// The entries that count today and are about this run.
    counting: Vec<Expected>,
    /// Whether absence proves something.
    selection: Selection,
    pub(super) run: When,
    pub(super) today: Day,
}

/// An entry that did not come true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// The rule, as the entry spells it.
    pub rule: String,
    /// What the entry expects of it.
    pub expected: &'static str,
    /// What it came to; `None` when there is no such rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub got: Option<Verdict>,
    /// Both, and what to do, in words.
    pub message: String,
}

impl Missed {
    /// Whether the run showed the entry wrong, and not only that nothing put it to the test.
    #[must_use]
    pub const fn shown_wrong(&self) -> bool {
        !matches!(
            self.got,
            Some(Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotRun)
        )
    }
}

impl Comparison {
    /// Compares a run with the baseline of its subject. An interrupted run is never
    /// [`Selection::Whole`].
    #[must_use]
    pub fn of(done: &Done, judgements: &[Judgement<'_>], today: Day, selection: Selection) -> Self {
        let baseline = &done.subject.baseline;
        let selection = if done.interrupted {
            Selection::Part
        } else {
            selection
        };
        baseline.compare(judgements, When::of(&done.subject), today, selection)
    }

    /// Whether a judgement is as expected: good, or known and explained.
    #[must_use]
    pub fn expects(&self, judgement: &Judgement<'_>) -> bool {
        let entry = self.counting.iter().find(|e| e.rule == judgement.rule.id);
        match (entry, ExpectedVerdict::of(judgement.verdict)) {
            (None, bad) => bad.is_none(),
            (Some(_), None) => !self.whole(),
            (Some(entry), Some(bad)) => entry.verdict == bad,
        }
    }

    /// Whether the run was the whole suite, so that what did not show is not there.
    #[must_use]
    pub const fn whole(&self) -> bool {
        matches!(self.selection, Selection::Whole)
    }

    /// What stands in the header: the file and how many entries it has.
    #[must_use]
    pub fn headline(&self) -> Option<String> {
        let entries = if self.entries == 1 {
            "entry"
        } else {
            "entries"
        };
        let mut line = format!(
            "{}, {} {entries}",
            self.file.as_ref()?.display(),
            self.entries
        );
        if self.elsewhere > 0 {
            line.push_str(&format!(", {} for other runs", self.elsewhere));
        }
        if self.expired > 0 {
            line.push_str(&format!(", {} expired", self.expired));
        }
        Some(line)
    }
}

impl Baseline {
    pub(super) fn compare(
        &self,
        judgements: &[Judgement<'_>],
        run: When,
        today: Day,
        selection: Selection,
    ) -> Comparison {
        let mut comparison = Comparison {
            file: self.file().map(Into::into),
            entries: self.entries.len(),
            elsewhere: 0,
            expired: 0,
            failures: Vec::new(),
            notes: Vec::new(),
            counting: Vec::new(),
            selection,
            run,
            today,
        };
        let mut unseen = 0;
        for entry in &self.entries {
            if !entry.when.covers(run) {
                comparison.elsewhere += 1;
                continue;
            }
            let judgement = judgements.iter().find(|j| j.rule.id == entry.rule);
            if judgement.is_none() && rules::get(&entry.rule).is_some() {
                // Its rule was not selected.
                continue;
            }
            if entry.expired(today) {
                comparison.expired += 1;
            } else {
                comparison.counting.push(entry.clone());
                let got = judgement.map(|j| j.verdict);
                let shown = got.is_none_or(|v| ExpectedVerdict::of(v).is_some());
                if selection == Selection::Part && !shown {
                    unseen += 1;
                } else if got != Some(entry.verdict.verdict()) {
                    comparison.failures.push(missed(entry, judgement));
                }
            }
            comparison.notes.extend(deadline(entry, today));
        }
        if unseen > 0 {
            let them = if unseen == 1 {
                "1 expected verdict did not show".to_owned()
            } else {
                format!("{unseen} expected verdicts did not show")
            };
            comparison.notes.push(format!(
                "{them}, which is not held against a run of some scenarios only"
            ));
        }
        comparison
    }
}

fn missed(entry: &Expected, judgement: Option<&Judgement<'_>>) -> Missed {
    let expected = entry.verdict.as_str();
    let rest = match judgement {
        None => "but there is no such rule: correct the id (imdspec rules lists them) or remove \
                 the entry"
            .to_owned(),
        Some(j) => match j.verdict {
            Verdict::Held => {
                let times = match j.exercised {
                    1 => "once".to_owned(),
                    n => format!("{n} times"),
                };
                format!("but it was put to the test {times} and held: remove the entry")
            }
            Verdict::Observed => {
                "but this rule only observes and never fails: remove the entry".into()
            }
            Verdict::Violated | Verdict::Warned => format!(
                "but it is {}: if that is known too, correct the entry's verdict",
                j.verdict.as_str()
            ),
            Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotRun => {
                let mut why = j.verdict.as_str().replace('-', " ");
                if !j.reason.is_empty() {
                    why.push_str(&format!(" ({})", j.reason));
                }
                format!(
                    "but it is {why}: remove the entry, or limit it with when to runs that put \
                     the rule to the test"
                )
            }
        },
    };
    Missed {
        rule: entry.rule.clone(),
        expected,
        got: judgement.map(|j| j.verdict),
        message: format!("expected {expected}, {rest}"),
    }
}

/// What is to be said of an entry's end.
fn deadline(entry: &Expected, today: Day) -> Option<String> {
    let last = entry.expires?;
    let rule = &entry.rule;
    match last.days_since(today) {
        past if past < 0 => Some(format!(
            "the entry for {rule} expired on {last} and no longer counts: remove it, or decide on a \
             new day"
        )),
        0 => Some(format!("the entry for {rule} expires today, {last}")),
        1 => Some(format!("the entry for {rule} expires tomorrow, {last}")),
        days if days <= SOON => Some(format!(
            "the entry for {rule} expires in {days} days, on {last}"
        )),
        _ => None,
    }
}
