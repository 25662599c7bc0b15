//! Finds the order in which a subject looks, by setting sources up: alone, two by two, and broken.

use super::document::Document;
use super::ladder::Comparisons;
use super::outcome::Came;
use super::report::{Alone, Broken, Disagreement, Found, Pair, Then, Works};
use super::worlds::world;
use crate::program::ContractError;
use crate::runner::{self, Done, Plan, Progress};
use crate::scenario::Scenario;
use crate::sources::{Breakage, Sources, State, can_stand_together};
use crate::subject::Subject;
use imdspec_rules::Trace;
use imdspec_wire::{Order, Source};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// The profile that is named where a named one may change the order.
const NAMED: &str = "work";

/// What is to be found out, and of whom.
#[derive(Debug, Clone)]
pub struct Search {
    /// Who is asked.
    pub subject: Subject,
    /// The sources that are tried; all that can be set up when empty.
    pub only: Vec<Source>,
    /// The order it is held against.
    pub document: Option<Document>,
    /// Whether sources are broken too.
    pub broken: bool,
    /// Everything random comes from it.
    pub seed: u64,
}

/// An order that was found, and the traces that show it.
#[derive(Debug)]
pub struct Searched {
    /// What was found.
    pub found: Found,
    /// The traces, by the names of their scenarios.
    pub traces: BTreeMap<String, Trace>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// One search under way.
struct Searching<'a, P> {
    search: &'a Search,
    subject: Subject,
    stop: watch::Receiver<bool>,
    progress: P,
    traces: BTreeMap<String, Trace>,
    /// Why worlds were not run, by name.
    not_run: BTreeMap<String, String>,
    notes: Vec<String>,
    interrupted: bool,
}

/// Finds the order. When `stop` turns true, what is running is ended, and the rest not begun.
///
/// # Errors
/// [`ContractError`] when the subject cannot be put under test at all.
pub async fn discover(
    search: &Search,
    stop: watch::Receiver<bool>,
    progress: impl FnMut(Progress<'_>),
) -> Result<Searched, ContractError> {
    let mut searching = Searching {
        search,
        subject: search.subject.clone(),
        stop,
        progress,
        traces: BTreeMap::new(),
        not_run: BTreeMap::new(),
        notes: Vec::new(),
        interrupted: false,
    };
    let alone = searching.alone().await?;
    let working: Vec<Source> = alone
        .iter()
        .filter(|(_, a)| a.works == Works::Yes)
        .map(|(source, _)| *source)
        .collect();
    let pairs = searching.pairs(&working).await?;
    let mut comparisons = Comparisons::new(working.iter().copied());
    for pair in &pairs {
        if let Some(winner) = pair.winner {
            let [first, second] = pair.sources;
            let loser = if winner == first { second } else { first };
            comparisons.note(winner, loser);
        }
    }
    let (ladder, circles) = comparisons.ladder();
    searching.named_profile(&working, &pairs).await?;
    let broken = if search.broken {
        searching.broken(&ladder, &pairs).await?
    } else {
        Vec::new()
    };
    let documented = search.document.as_ref().map(Document::in_report);
    let disagreements = documented
        .as_ref()
        .map_or_else(Vec::new, |d| disagreements(&d.order, &pairs));
    let subject = searching.subject;
    Ok(Searched {
        found: Found {
            name: subject.name,
            version: subject.version,
            documented,
            ladder,
            alone,
            pairs,
            circles,
            broken,
            disagreements,
            notes: searching.notes,
        },
        traces: searching.traces,
        interrupted: searching.interrupted,
    })
}

impl<P: FnMut(Progress<'_>)> Searching<'_, P> {
    /// Runs worlds side by side and keeps their traces.
    async fn run(&mut self, worlds: Vec<Scenario>) -> Result<(), ContractError> {
        if worlds.is_empty() || self.interrupted {
            return Ok(());
        }
        let plan = Plan {
            subject: self.subject.clone(),
            scenarios: worlds.into_iter().map(Arc::new).collect(),
            seed: self.search.seed,
        };
        let done: Done = runner::run(plan, self.stop.clone(), &mut self.progress).await?;
        for note in done.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        self.subject = done.subject;
        self.interrupted |= done.interrupted;
        for ran in done.ran {
            let name = ran.scenario.name.clone();
            match ran.result {
                Ok(trace) => {
                    self.traces.insert(name, trace);
                }
                Err(why) => {
                    self.not_run.insert(name, why.to_string());
                }
            }
        }
        Ok(())
    }

    fn came(&self, name: &str) -> Result<Came, String> {
        match (self.traces.get(name), self.not_run.get(name)) {
            (Some(trace), _) => Ok(Came::of(trace)),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => Err("not run: the search was interrupted".into()),
        }
    }

    async fn alone(&mut self) -> Result<BTreeMap<Source, Alone>, ContractError> {
        let is_chosen = |s: &Source| self.search.only.is_empty() || self.search.only.contains(s);
        let tried: Vec<Source> = Source::ALL.into_iter().filter(is_chosen).collect();
        let worlds = tried.iter().filter(|s| **s != Source::Code);
        let worlds = worlds
            .map(|s| world(Sources::working([*s]), None))
            .collect();
        self.run(worlds).await?;
        Ok(tried
            .into_iter()
            .map(|source| (source, self.one_alone(source)))
            .collect())
    }

    fn one_alone(&self, source: Source) -> Alone {
        let not_set_up = |words: String| Alone {
            works: Works::NotSetUp,
            words,
        };
        if source == Source::Code {
            return not_set_up("a program cannot be given credentials in code from outside".into());
        }
        let name = world(Sources::working([source]), None).name;
        let came = match self.came(&name) {
            Ok(came) => came,
            Err(why) => return not_set_up(why),
        };
        let base = source.rests_on();
        Alone {
            works: if came.winner == Some(source) {
                Works::Yes
            } else {
                Works::No
            },
            words: match came.winner {
                Some(winner) if Some(winner) == base => format!(
                    "{}: {}, which it rests on, come first",
                    came.words,
                    winner.title()
                ),
                _ => came.words,
            },
        }
    }

    async fn pairs(&mut self, working: &[Source]) -> Result<Vec<Pair>, ContractError> {
        let couples = couples(working);
        let worlds = couples
            .iter()
            .filter(|[a, b]| can_stand_together(*a, *b) && !is_inherent(*a, *b))
            .map(|pair| world(Sources::working(*pair), None))
            .collect();
        self.run(worlds).await?;
        Ok(couples.into_iter().map(|pair| self.pair(pair)).collect())
    }

    fn pair(&self, sources: [Source; 2]) -> Pair {
        let [first, second] = sources;
        if !can_stand_together(first, second) {
            return Pair {
                sources,
                winner: None,
                words: "a profile assumes its role in one way only".into(),
                asked: Vec::new(),
                scenario: String::new(),
            };
        }
        // One that rests on the other was never without it.
        let set_up = match (is_inherent(first, second), first.rests_on()) {
            (false, _) => Sources::working(sources),
            (true, Some(_)) => Sources::working([first]),
            (true, None) => Sources::working([second]),
        };
        let scenario = world(set_up, None).name;
        match self.came(&scenario) {
            Ok(came) => Pair {
                sources,
                winner: came.winner.filter(|w| sources.contains(w)),
                words: came.words,
                asked: came.asked,
                scenario,
            },
            Err(why) => Pair {
                sources,
                winner: None,
                words: why,
                asked: Vec::new(),
                scenario,
            },
        }
    }

    /// Whether a profile that is named by `AWS_PROFILE` goes before the environment's keys.
    async fn named_profile(
        &mut self,
        working: &[Source],
        pairs: &[Pair],
    ) -> Result<(), ContractError> {
        let first = Source::Environment;
        if !working.contains(&first) {
            return Ok(());
        }
        let in_profile: Vec<Source> = working
            .iter()
            .copied()
            .filter(|s| s.is_in_profile())
            .collect();
        let with = |source: Source| world(Sources::working([first, source]), Some(NAMED));
        self.run(in_profile.iter().map(|s| with(*s)).collect())
            .await?;
        let mut turned = Vec::new();
        for source in in_profile {
            let usual = pairs
                .iter()
                .find(|p| p.sources.contains(&first) && p.sources.contains(&source))
                .and_then(|p| p.winner);
            if let Ok(came) = self.came(&with(source).name)
                && came.winner.is_some()
                && came.winner != usual
            {
                turned.push(source.as_str());
            }
        }
        if !turned.is_empty() {
            self.notes.push(format!(
                "with AWS_PROFILE naming the profile, another one wins between the environment's \
                 keys and {} (order/environment+{}@{NAMED})",
                turned.join(", "),
                turned[0]
            ));
        }
        Ok(())
    }

    /// Breaks each source in front of the last one that it was found to come before.
    async fn broken(
        &mut self,
        ladder: &Order,
        pairs: &[Pair],
    ) -> Result<Vec<Broken>, ContractError> {
        let mut plans = Vec::new();
        for source in ladder.sources() {
            let beaten = |p: &&Pair| {
                p.winner == Some(source)
                    && p.sources
                        .iter()
                        .all(|s| s.rests_on().is_none() || *s == source)
            };
            let behind = pairs
                .iter()
                .filter(beaten)
                .map(|p| {
                    if p.sources[0] == source {
                        p.sources[1]
                    } else {
                        p.sources[0]
                    }
                })
                .filter(|s| source.rests_on() != Some(*s))
                .max_by_key(|s| ladder.rank(*s));
            let Some(behind) = behind else {
                continue;
            };
            // One that is silent is waited for by many, a minute and more; one that is blank is not
            // set up at all.
            let ways = Breakage::of(source)
                .iter()
                .filter(|b| !matches!(b, Breakage::Silent | Breakage::Blank));
            plans.extend(ways.map(|how| (source, *how, behind)));
        }
        let with = |(source, how, behind): &(Source, Breakage, Source)| {
            let states = [(*source, State::Broken(*how)), (*behind, State::Works)];
            world(Sources(states.into()), None)
        };
        self.run(plans.iter().map(with).collect()).await?;
        let mut found = Vec::new();
        for plan in &plans {
            let scenario = with(plan).name;
            let Ok(came) = self.came(&scenario) else {
                continue;
            };
            let (source, how, behind) = *plan;
            let then = match came.winner {
                Some(winner) if winner == source => Then::Gives,
                // The one behind, or what the broken one rests on.
                Some(_) => Then::GoesOn,
                None if came.broke => Then::Breaks,
                None => Then::Stops,
            };
            found.push(Broken {
                source,
                how: how.as_str().to_owned(),
                behind,
                then,
                words: came.words,
                scenario,
            });
        }
        Ok(found)
    }
}

/// Every two of them.
fn couples(sources: &[Source]) -> Vec<[Source; 2]> {
    let with_later = |(i, first): (usize, &Source)| {
        let first = *first;
        sources[i + 1..].iter().map(move |second| [first, *second])
    };
    sources.iter().enumerate().flat_map(with_later).collect()
}

/// Whether one of them is never set up without the other.
fn is_inherent(first: Source, second: Source) -> bool {
    first.rests_on() == Some(second) || second.rests_on() == Some(first)
}

fn disagreements(order: &Order, pairs: &[Pair]) -> Vec<Disagreement> {
    let turned = |pair: &Pair| {
        let winner = pair.winner?;
        let [first, second] = pair.sources;
        let loser = if winner == first { second } else { first };
        (order.puts_before(loser, winner) == Some(true)).then(|| Disagreement {
            documented_first: loser,
            found_first: winner,
            scenario: pair.scenario.clone(),
        })
    };
    pairs.iter().filter_map(turned).collect()
}
