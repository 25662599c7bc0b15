//! What every picture says: the kind of a source, what an order stands on, what ties mean, and
//! where orders disagree.

use crate::matrix::many;
use imdspec_suite::order::report::{Broken, Disagreement, Found, Pair, Report, Then, Works};
use imdspec_wire::Source;
use std::collections::{BTreeMap, VecDeque};

/// What sources have in common; a colour in the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Process,
    Profile,
    Role,
    Container,
    Instance,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Process,
        Self::Profile,
        Self::Role,
        Self::Container,
        Self::Instance,
    ];

    pub(super) const fn of(source: Source) -> Self {
        use Source as S;
        match source {
            S::Code | S::SystemProperties | S::Environment => Self::Process,
            S::AssumeRole
            | S::AssumeRoleEnvironment
            | S::AssumeRoleContainer
            | S::AssumeRoleImds
            | S::WebIdentity
            | S::WebIdentityProfile => Self::Role,
            S::Sso | S::Login | S::SharedCredentials | S::Process | S::ConfigFile | S::Boto2 => {
                Self::Profile
            }
            S::Container | S::ContainerFull => Self::Container,
            S::Imds => Self::Instance,
        }
    }

    /// Its name in style sheets.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Process => "k-process",
            Self::Profile => "k-profile",
            Self::Role => "k-role",
            Self::Container => "k-container",
            Self::Instance => "k-instance",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Process => "code and environment",
            Self::Profile => "profiles and files",
            Self::Role => "roles and web identity, by STS",
            Self::Container => "container",
            Self::Instance => "instance",
        }
    }
}

/// Name and version.
pub(super) fn title(found: &Found) -> String {
    format!("{} {}", found.name, found.version)
        .trim_end()
        .to_owned()
}

/// The heading of a report.
pub(super) fn headline(report: &Report) -> String {
    match report.subjects.as_slice() {
        [one] => format!("Where {} looks for AWS credentials", one.name),
        all => format!("Where {} subjects look for AWS credentials", all.len()),
    }
}

/// The step a source was found on, from 1.
pub(super) fn rank(found: &Found, source: Source) -> Option<usize> {
    found.ladder.rank(source).map(|r| r + 1)
}

/// The step a source is documented on, from 1.
pub(super) fn documented_rank(found: &Found, source: Source) -> Option<usize> {
    let documented = found.documented.as_ref()?;
    documented.order.rank(source).map(|r| r + 1)
}

/// "documented 3rd", or that it is not; nothing where there is no document.
pub(super) fn documented(found: &Found, source: Source) -> String {
    match (&found.documented, documented_rank(found, source)) {
        (None, _) => String::new(),
        (Some(_), Some(rank)) => format!("documented {}", ordinal(rank)),
        (Some(_), None) => "not documented".to_owned(),
    }
}

pub(super) fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// What was seen of two sources together.
pub(super) fn pair(found: &Found, a: Source, b: Source) -> Option<&Pair> {
    let both = |p: &&Pair| p.sources == [a, b] || p.sources == [b, a];
    found.pairs.iter().find(both)
}

/// The one of a pair that did not win.
pub(super) fn loser(pair: &Pair) -> Option<Source> {
    let winner = pair.winner?;
    pair.sources.into_iter().find(|s| *s != winner)
}

/// Whether the one that did not win was asked, too.
pub(super) fn loser_was_asked(pair: &Pair) -> bool {
    loser(pair).is_some_and(|l| pair.asked.contains(&l))
}

/// What the place of a source stands on.
pub(super) struct Evidence {
    /// The sources on later steps that it won against, first to last.
    pub(super) before: Vec<Source>,
    /// How many sources on later steps it was set up with.
    pub(super) of: usize,
}

pub(super) fn evidence(found: &Found, source: Source) -> Evidence {
    let here = found.ladder.rank(source);
    let later = found.ladder.sources().filter(|s| {
        let there = found.ladder.rank(*s);
        here.is_some() && there > here
    });
    let pairs: Vec<(Source, &Pair)> = later
        .filter_map(|s| pair(found, source, s).map(|p| (s, p)))
        .collect();
    Evidence {
        of: pairs.len(),
        before: pairs
            .into_iter()
            .filter(|(_, p)| p.winner == Some(source))
            .map(|(s, _)| s)
            .collect(),
    }
}

impl Evidence {
    /// "7 of 7 pairs".
    pub(super) fn count(&self) -> String {
        format!("{} of {}", self.before.len(), many(self.of, "pair"))
    }
}

/// Why the sources of one step are not ordered, a sentence each.
pub(super) fn ties(found: &Found, step: &[Source]) -> Vec<String> {
    if step.len() < 2 {
        return Vec::new();
    }
    let here = |s: &Source| step.contains(s);
    let mut said: Vec<String> = found
        .circles
        .iter()
        .filter(|circle| circle.iter().any(here))
        .map(|circle| in_a_circle(found, circle))
        .collect();
    said.extend(
        found
            .pairs
            .iter()
            .filter(|p| p.winner.is_none() && p.sources.iter().all(here))
            .map(|p| {
                let [a, b] = p.sources;
                match p.scenario.as_str() {
                    // They were never set up together.
                    "" => format!("{a} and {b}: {}", p.words),
                    scenario => format!("{a} and {b}, no winner in {scenario}: {}", p.words),
                }
            }),
    );
    if said.is_empty() {
        said.push("nothing orders them".to_owned());
    }
    said
}

/// "a before b, b before c, c before a".
fn in_a_circle(found: &Found, circle: &[Source]) -> String {
    let round = round(found, circle);
    if round.is_empty() {
        let names: Vec<&str> = circle.iter().map(|s| s.as_str()).collect();
        return format!("a circle of {}", names.join(", "));
    }
    let next = round.iter().cycle().skip(1);
    let links: Vec<String> = round
        .iter()
        .zip(next)
        .map(|(a, b)| format!("{a} before {b}"))
        .collect();
    format!("a circle: {}", links.join(", "))
}

/// The shortest way round through a circle, each source before the next and the last before the
/// first.
fn round(found: &Found, circle: &[Source]) -> Vec<Source> {
    let wins = |a: Source, b: Source| pair(found, a, b).is_some_and(|p| p.winner == Some(a));
    let from = |start: Source| -> Option<Vec<Source>> {
        let mut queue = VecDeque::from([vec![start]]);
        let mut seen = vec![start];
        while let Some(path) = queue.pop_front() {
            let last = *path.last()?;
            if path.len() > 1 && wins(last, start) {
                return Some(path);
            }
            for next in circle.iter().copied() {
                if !seen.contains(&next) && wins(last, next) {
                    seen.push(next);
                    queue.push_back([&path[..], &[next]].concat());
                }
            }
        }
        None
    };
    let ways = circle.iter().filter_map(|s| from(*s));
    ways.min_by_key(Vec::len).unwrap_or_default()
}

/// The sources that have no place in the order, with the reason.
pub(super) fn left_out(found: &Found) -> Vec<(Source, &'static str, &str)> {
    let mut out: Vec<(Source, &'static str, &str)> = found
        .alone
        .iter()
        .filter(|(_, alone)| alone.works != Works::Yes)
        .map(|(source, alone)| (*source, works(alone.works), alone.words.as_str()))
        .collect();
    out.sort_by_key(|(source, works, _)| (*works, *source));
    out
}

pub(super) const fn works(works: Works) -> &'static str {
    match works {
        Works::Yes => "works",
        Works::No => "does not work",
        Works::NotSetUp => "not set up",
    }
}

/// What a subject does about a broken source.
pub(super) const fn then(broken: &Broken) -> &'static str {
    match broken.then {
        Then::Stops => "stops",
        Then::GoesOn => "goes on",
        Then::Gives => "gives what is broken",
        Then::Breaks => "breaks",
    }
}

/// Its name in style sheets.
pub(super) const fn then_class(then: Then) -> &'static str {
    match then {
        Then::Stops => "stops",
        Then::GoesOn => "goes-on",
        Then::Gives => "gives",
        Then::Breaks => "breaks",
    }
}

/// Few sources that account for every disagreement with the document, with theirs: the ones to
/// look at, where moving one source past ten makes ten disagreements.
pub(super) fn moved(found: &Found) -> BTreeMap<Source, Vec<&Disagreement>> {
    let in_it = |d: &Disagreement, s: Source| d.found_first == s || d.documented_first == s;
    let mut rest: Vec<&Disagreement> = found.disagreements.iter().collect();
    let mut out = BTreeMap::new();
    while let Some(first) = rest.first() {
        let often = |s: Source| rest.iter().filter(|d| in_it(d, s)).count();
        let preferred = first.found_first;
        let far = |s: Source| {
            let documented = documented_rank(found, s).unwrap_or_default();
            documented.abs_diff(rank(found, s).unwrap_or_default())
        };
        let one = Source::ALL
            .into_iter()
            .rev()
            .max_by_key(|s| (often(*s), far(*s), *s == preferred))
            .unwrap_or(preferred);
        let its = found.disagreements.iter().filter(|d| in_it(d, one));
        out.insert(one, its.collect());
        rest.retain(|d| !in_it(d, one));
    }
    out
}

/// "documented: a before b; found: b before a".
pub(super) fn disagreement(d: &Disagreement) -> String {
    let (a, b) = (d.documented_first, d.found_first);
    format!("{a} is documented before {b}, and {b} was found before {a}")
}

/// Whether every two sources that can be set up together are ordered, without a circle.
pub(super) fn is_total(found: &Found) -> bool {
    let open = |p: &Pair| p.winner.is_none() && !p.scenario.is_empty();
    found.circles.is_empty() && !found.pairs.iter().any(open)
}

/// What was found, in a line.
pub(super) fn closing(found: &Found) -> String {
    if found.ladder.is_empty() {
        return "no source works: there is no order".to_owned();
    }
    let sources = many(found.ladder.sources().count(), "source");
    let order = if is_total(found) {
        format!("total order of {sources}")
    } else {
        let steps = many(found.ladder.0.len(), "step");
        format!("no total order: {sources} on {steps}")
    };
    let count = |of: fn(&&Pair) -> bool| found.pairs.iter().filter(of).count();
    let mut compared = many(count(|p| p.winner.is_some()), "comparison");
    match count(|p| p.winner.is_none() && !p.scenario.is_empty()) {
        0 => {}
        n => compared.push_str(&format!(", {n} without a winner")),
    }
    match count(|p| p.scenario.is_empty()) {
        0 => {}
        n => compared.push_str(&format!(", {n} that cannot be set up together")),
    }
    format!("{order}, {compared}, {}", agreement(found))
}

/// Whether what was found is what is documented.
pub(super) fn agreement(found: &Found) -> String {
    let named = found.documented.as_ref().map(|d| d.name.as_str());
    match (named, found.disagreements.len()) {
        (None, _) => "held against no document".to_owned(),
        (Some(name), 0) => format!("agrees with {name} in all"),
        (Some(name), n) => format!("disagrees with {name} in {n}"),
    }
}

/// Two sources that some subjects look for in one order and some in the other.
pub(super) struct Contest {
    pub(super) sources: [Source; 2],
    /// Who looks for the first of them first, by number.
    pub(super) first: Vec<usize>,
    /// Who looks for the second of them first.
    pub(super) second: Vec<usize>,
}

/// Every two sources about which the subjects differ.
pub(super) fn contests(report: &Report) -> Vec<Contest> {
    let mut out = Vec::new();
    for (i, a) in Source::ALL.into_iter().enumerate() {
        for b in Source::ALL.into_iter().skip(i + 1) {
            let who = |says: bool| -> Vec<usize> {
                let subjects = report.subjects.iter().enumerate();
                subjects
                    .filter(|(_, f)| f.ladder.puts_before(a, b) == Some(says))
                    .map(|(i, _)| i)
                    .collect()
            };
            let (first, second) = (who(true), who(false));
            if !first.is_empty() && !second.is_empty() {
                out.push(Contest {
                    sources: [a, b],
                    first,
                    second,
                });
            }
        }
    }
    out
}

/// The sources that any subject was tried with, in the order of most of them: by the sum of their
/// places, each as a part of the ladder.
pub(super) fn rows(report: &Report) -> Vec<Source> {
    let place = |source: Source| -> Option<usize> {
        let parts: Vec<usize> = report
            .subjects
            .iter()
            .filter_map(|f| {
                let steps = f.ladder.0.len().max(1);
                Some(f.ladder.rank(source)? * 1000 / steps)
            })
            .collect();
        (!parts.is_empty()).then(|| parts.iter().sum::<usize>() / parts.len())
    };
    let tried = |s: &Source| {
        let mut subjects = report.subjects.iter();
        subjects.any(|f| f.alone.contains_key(s) || f.ladder.rank(*s).is_some())
    };
    let mut out: Vec<Source> = Source::ALL.into_iter().filter(tried).collect();
    out.sort_by_key(|s| (place(*s).unwrap_or(usize::MAX), *s));
    out
}

/// What a subject has for a source in the comparison: a rank, a sign or nothing.
pub(super) fn cell(found: &Found, source: Source) -> String {
    let Some(rank) = rank(found, source) else {
        return match found.alone.get(&source).map(|a| a.works) {
            Some(Works::No) => "✗".to_owned(),
            Some(Works::NotSetUp) => "–".to_owned(),
            _ => String::new(),
        };
    };
    let step = found.ladder.0.get(rank - 1);
    let tied = step.is_some_and(|step| step.len() > 1);
    format!("{rank}{}", if tied { "=" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order_picture::sample;

    #[test]
    fn numbers_are_read_out() {
        let read: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21].map(ordinal).to_vec();
        assert_eq!(
            read,
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st"]
        );
    }

    #[test]
    fn a_source_that_moved_accounts_for_all_it_passed() {
        let report = sample::moved();
        let found = &report.subjects[0];
        assert_eq!(found.disagreements.len(), 5);
        let moved = moved(found);
        let names: Vec<Source> = moved.keys().copied().collect();
        assert_eq!(names, [Source::AssumeRole, Source::Process]);
        assert_eq!(moved[&Source::Process].len(), 4);
    }

    #[test]
    fn a_circle_is_told_in_its_direction() {
        let report = sample::circle();
        let found = &report.subjects[0];
        let step = found.ladder.0.iter().find(|s| s.len() == 3).unwrap();
        let said = ties(found, step);
        assert_eq!(
            said[0],
            "a circle: sso before process, process before shared-credentials, \
             shared-credentials before sso"
        );
    }

    #[test]
    fn subjects_that_agree_have_no_contest() {
        assert!(contests(&sample::boto3()).is_empty());
        let six = sample::six();
        let contests = contests(&six);
        assert!(!contests.is_empty());
        for c in contests {
            assert!(c.first.iter().all(|i| !c.second.contains(i)));
        }
    }

    #[test]
    fn evidence_counts_what_comes_later() {
        let report = sample::boto3();
        let found = &report.subjects[0];
        let first = evidence(found, Source::Environment);
        assert_eq!((first.before.len(), first.of), (11, 11));
        assert_eq!(first.count(), "11 of 11 pairs");
        assert_eq!(evidence(found, Source::Imds).of, 0);
        assert_eq!(
            closing(found),
            "total order of 12 sources, 66 comparisons, agrees with botocore in all"
        );
    }
}
