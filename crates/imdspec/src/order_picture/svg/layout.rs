//! Where everything stands in the picture: columns, slots and what is told of each source.
//!
//! A ladder has a slot for each source, from the top; the sources of one step stand in slots below
//! one another within a frame, so that every line still reaches its source. Below the ladders, a
//! row for each source that has no place in one of them.

use super::super::facts;
use super::super::text::{cut, plain};
use imdspec_suite::order::report::{Alone, Documented, Found, Report, Works};
use imdspec_wire::Source;

/// How high a slot is, and how high what stands in it.
pub(super) const SLOT: usize = 36;
pub(super) const PILL: usize = 26;
/// How high a row below the ladders is.
pub(super) const ROW: usize = 28;
/// How wide the picture is with up to six subjects.
const WIDTH: usize = 1000;
/// How wide a column and the space beside it are when there are many.
const NARROW: usize = 131;
const NARROW_GAP: usize = 34;
const MARGIN: usize = 22;
/// How long a line of a tooltip may be.
const TIP: usize = 240;

/// Everything and its place.
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) columns: Vec<Column>,
    /// How many slots the longest ladder has.
    pub(super) slots: usize,
    /// The sources below the ladders.
    pub(super) rows: Vec<Source>,
    /// The sources that could be set up for none of several subjects.
    pub(super) nowhere: Vec<Source>,
    /// Whether it is one subject, with more to be told of it.
    pub(super) single: bool,
}

/// A ladder.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) version: String,
    /// What is said of it, and whether that is bad news.
    pub(super) said: Vec<(String, bool)>,
    pub(super) x: usize,
    pub(super) wide: usize,
    pub(super) rungs: Vec<Rung>,
    pub(super) frames: Vec<Frame>,
    pub(super) absent: Vec<Absent>,
    /// Whether its rungs are told in full.
    pub(super) full: bool,
}

/// A source in a ladder.
pub(super) struct Rung {
    pub(super) source: Source,
    pub(super) rank: usize,
    pub(super) slot: usize,
    /// What stands beside it.
    pub(super) beside: String,
    /// Whether it is one that makes the order another than documented; then what is said of it.
    pub(super) flag: Option<String>,
    /// The lines of its tooltip.
    pub(super) tip: Vec<String>,
}

/// The slots of one step.
pub(super) struct Frame {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) tip: Vec<String>,
}

/// A source below the ladders.
pub(super) struct Absent {
    pub(super) source: Source,
    pub(super) row: usize,
    pub(super) sign: String,
    /// Whether it was set up.
    pub(super) set_up: bool,
    /// What stands beside it.
    pub(super) beside: String,
    pub(super) tip: Vec<String>,
}

impl Layout {
    pub(super) fn new(report: &Report) -> Self {
        let (nowhere, rows): (Vec<_>, Vec<_>) =
            rows(report).into_iter().partition(|s| nowhere(report, *s));
        let (columns, width) = match report.subjects.as_slice() {
            [one] => (alone(one, &rows), WIDTH),
            all => beside(report, all, &rows),
        };
        let slots = columns
            .iter()
            .flat_map(|c| c.rungs.iter().map(|r| r.slot + 1));
        Self {
            width,
            slots: slots.max().unwrap_or_default(),
            columns,
            rows,
            nowhere,
            single: report.subjects.len() == 1,
        }
    }
}

/// The sources that have no place in one ladder or another.
fn rows(report: &Report) -> Vec<Source> {
    let absent = |found: &Found, source: Source| {
        let documented =
            report.subjects.len() == 1 && facts::documented_rank(found, source).is_some();
        found.ladder.rank(source).is_none() && (found.alone.contains_key(&source) || documented)
    };
    let somewhere = |s: &Source| report.subjects.iter().any(|f| absent(f, *s));
    Source::ALL.into_iter().filter(somewhere).collect()
}

/// Whether a row would only say of several subjects that a source cannot be set up.
fn nowhere(report: &Report, source: Source) -> bool {
    let mut alone = report.subjects.iter().map(|f| f.alone.get(&source));
    let unset = |a: Option<&Alone>| a.is_none_or(|a| a.works == Works::NotSetUp);
    report.subjects.len() > 1 && alone.all(unset)
}

/// One subject: the documented order on the left, where there is one, and the order found.
fn alone(found: &Found, rows: &[Source]) -> Vec<Column> {
    let Some(documented) = &found.documented else {
        return vec![Column {
            x: 200,
            wide: 390,
            full: true,
            ..column(found, rows, &|_| 0)
        }];
    };
    let mut right = Column {
        x: 350,
        wide: 390,
        full: true,
        ..column(found, rows, &|s| {
            documented.order.rank(s).unwrap_or(usize::MAX)
        })
    };
    let left = document(documented, found, &right, rows);
    right.name = format!("found in {}", right.name);
    vec![left, right]
}

/// Subjects beside one another.
fn beside(report: &Report, all: &[Found], rows: &[Source]) -> (Vec<Column>, usize) {
    let n = all.len();
    let wide = match n {
        0..=2 => 230,
        3 => 210,
        4 => 180,
        5 => 150,
        _ => NARROW,
    };
    let width = if n <= 6 {
        WIDTH
    } else {
        2 * MARGIN + n * NARROW + (n - 1) * NARROW_GAP
    };
    let between = n.saturating_sub(1).max(1);
    let gap = ((width - 2 * MARGIN).saturating_sub(n * wide) / between).min(150);
    let left = width.saturating_sub(n * wide + n.saturating_sub(1) * gap) / 2;
    let usual = facts::rows(report);
    let place = |s: Source| usual.iter().position(|u| *u == s).unwrap_or(usize::MAX);
    let columns = all
        .iter()
        .enumerate()
        .map(|(i, found)| Column {
            x: left + i * (wide + gap),
            wide,
            ..column(found, rows, &place)
        })
        .collect();
    (columns, width)
}

/// The ladder of a subject; those on one step stand by `place`.
fn column(found: &Found, rows: &[Source], place: &dyn Fn(Source) -> usize) -> Column {
    let moved = facts::moved(found);
    let mut rungs = Vec::new();
    let mut frames = Vec::new();
    for (rank, step) in (1..).zip(&found.ladder.0) {
        let ties = facts::ties(found, step);
        let mut step = step.clone();
        step.sort_by_key(|s| place(*s));
        let first = rungs.len();
        for source in step {
            let evidence = facts::evidence(found, source);
            let flag = moved.get(&source).map(|list| {
                let there = facts::documented(found, source);
                let words = list.iter().map(|d| facts::disagreement(d));
                (there, words.collect::<Vec<_>>())
            });
            let mut tip = vec![
                head(source),
                format!("step {rank} of {}", found.ladder.0.len()),
            ];
            let before: Vec<&str> = evidence.before.iter().map(|s| s.as_str()).collect();
            if evidence.of > 0 {
                tip.push(format!(
                    "before {}: {}",
                    before.join(", "),
                    evidence.count()
                ));
            }
            tip.push(facts::documented(found, source));
            tip.extend(ties.iter().map(|t| format!("tied: {t}")));
            if let Some((_, words)) = &flag {
                tip.extend(words.clone());
            }
            if let Some(alone) = found.alone.get(&source) {
                tip.push(format!("alone: {}", alone.words));
            }
            rungs.push(Rung {
                source,
                rank,
                slot: rungs.len(),
                beside: match evidence.of {
                    0 => String::new(),
                    of => format!("first in {} of {of}", evidence.before.len()),
                },
                flag: flag.map(|(there, _)| there),
                tip: lines(tip),
            });
        }
        if !ties.is_empty() {
            frames.push(Frame {
                first,
                last: rungs.len() - 1,
                tip: lines(ties),
            });
        }
    }
    Column {
        name: plain(&found.name),
        version: plain(&found.version),
        said: said(found),
        x: 0,
        wide: 0,
        rungs,
        frames,
        absent: absent(found, rows),
        full: false,
    }
}

/// What is said below a subject's name.
fn said(found: &Found) -> Vec<(String, bool)> {
    let sources = found.ladder.sources().count();
    let order = match found.ladder.0.len() {
        0 => "no source works".to_owned(),
        _ if facts::is_total(found) => format!("total order of {sources}"),
        steps => format!("{sources} sources, {steps} steps"),
    };
    let held = match (&found.documented, found.disagreements.len()) {
        (None, _) => ("held against nothing".to_owned(), false),
        (Some(_), 0) => ("as documented".to_owned(), false),
        (Some(_), n) => (format!("{n} not as documented"), true),
    };
    vec![(order, false), held]
}

/// The sources of a subject that have no place in its order.
fn absent(found: &Found, rows: &[Source]) -> Vec<Absent> {
    let one = |(row, source): (usize, &Source)| {
        let Alone { works, words } = found.alone.get(source)?;
        let sign = match works {
            Works::Yes => return None,
            Works::No => "✗",
            Works::NotSetUp => "–",
        };
        Some(Absent {
            source: *source,
            row,
            sign: sign.to_owned(),
            set_up: *works == Works::No,
            beside: plain(words),
            tip: lines(vec![
                head(*source),
                format!("{}: {words}", facts::works(*works)),
            ]),
        })
    };
    rows.iter().enumerate().filter_map(one).collect()
}

/// The documented order, each source as near to where it was found as the order allows.
fn document(documented: &Documented, found: &Found, right: &Column, rows: &[Source]) -> Column {
    let order = &documented.order;
    let slot_of = |s: Source| right.rungs.iter().find(|r| r.source == s).map(|r| r.slot);
    let taken = right
        .rungs
        .iter()
        .filter(|r| order.rank(r.source).is_some());
    let mut free = taken.map(|r| r.slot);
    let mut rungs = Vec::new();
    let mut frames = Vec::new();
    for (rank, step) in (1..).zip(&order.0) {
        let mut here: Vec<Source> = step.clone();
        here.retain(|s| slot_of(*s).is_some());
        here.sort_by_key(|s| slot_of(*s));
        let tied = here.len() > 1;
        let mut slots = Vec::new();
        for source in here {
            let Some(slot) = free.next() else { break };
            slots.push(slot);
            let mut tip = vec![head(source), format!("documented {}", facts::ordinal(rank))];
            if tied {
                tip.push("the document does not order those in this frame".to_owned());
            }
            rungs.push(Rung {
                source,
                rank,
                slot,
                beside: String::new(),
                flag: None,
                tip: lines(tip),
            });
        }
        if let ([first, .., last], true) = (slots.as_slice(), tied) {
            frames.push(Frame {
                first: *first,
                last: *last,
                tip: vec!["the document does not order these".to_owned()],
            });
        }
    }
    let unseen = |(row, source): (usize, &Source)| {
        let rank = order.rank(*source)? + 1;
        let tried = found.alone.contains_key(source);
        let how = if tried {
            "it gave nothing"
        } else {
            "it was not tried"
        };
        Some(Absent {
            source: *source,
            row,
            sign: rank.to_string(),
            set_up: true,
            beside: String::new(),
            tip: lines(vec![
                head(*source),
                format!("documented {}, but {how} here", facts::ordinal(rank)),
            ]),
        })
    };
    Column {
        name: "documented".to_owned(),
        version: plain(&documented.name),
        said: vec![(format!("read {}", plain(&documented.read)), false)],
        x: MARGIN,
        wide: 208,
        absent: rows.iter().enumerate().filter_map(unseen).collect(),
        rungs,
        frames,
        full: false,
    }
}

fn head(source: Source) -> String {
    format!("{source}: {}", source.title())
}

/// The lines of a tooltip, without empty ones.
fn lines(list: Vec<String>) -> Vec<String> {
    let lines = list.iter().map(|l| cut(&plain(l), TIP));
    lines.filter(|l| !l.is_empty()).collect()
}
