//! Every rule on any trace.

use super::any_trace;
use imdspec_rules::{Capabilities, Capability, Case, Finding, Trace, Verdict, judge, rules};
use imdspec_wire::properties::has_turn;

/// The rules judge a trace as [`trace_judge_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn trace_judge(bytes: &[u8]) {
    trace_judge_by(findings, bytes);
}

/// What every rule finds in a trace, applicability aside.
#[must_use]
pub fn findings(trace: &Trace) -> Vec<Finding> {
    let case = Case::new(trace);
    rules::all().iter().map(|rule| rule.check(&case)).collect()
}

/// Any trace comes back from its text as it was; what proves a violation are events of the trace, in
/// order, and no secret stands in the words. Of one input in four, every rule finds in it what
/// [`judge`] finds in the one that came back, and the verdicts follow from the findings.
///
/// The bytes make the trace: see [`any_trace`].
///
/// # Panics
/// When that does not hold.
pub fn trace_judge_by(find: impl Fn(&Trace) -> Vec<Finding>, bytes: &[u8]) {
    let trace = any_trace(bytes);
    let text = trace.to_string();
    let reread: Result<Trace, _> = text.parse();
    let Ok(reread) = reread else {
        panic!("{reread:?} in\n{text}");
    };
    assert_eq!(reread, trace, "read back from\n{text}");
    let found = find(&trace);
    for (rule, finding) in rules::all().iter().zip(&found) {
        proves(rule.id, finding, &trace);
    }
    if !has_turn(bytes, 4) {
        return;
    }
    let mut has = Capabilities::default();
    if bytes.first().is_some_and(|flags| flags & 64 == 0) {
        // Else they are inferred, and some rules do not apply.
        Capability::ALL.iter().for_each(|c| has.declare(*c, true));
    }
    let judgements = judge(rules::all(), &[reread], &has);
    for (judgement, finding) in judgements.iter().zip(&found) {
        let rule = judgement.rule.id;
        if judgement.verdict == Verdict::NotApplicable {
            continue;
        }
        assert_eq!(judgement.exercised, times(finding), "{rule} judged again");
        let evidence = judgement.evidence.iter().map(|e| &e.evidence);
        assert!(evidence.eq(evidence_of(finding)), "{rule} proved again");
        let observed = judgement.observed.iter().map(|(_, value)| value.as_str());
        assert!(observed.eq(observed_in(finding)), "{rule} observed again");
    }
}

const fn observed_in(finding: &Finding) -> Option<&str> {
    match finding {
        Finding::Observed { value, .. } => Some(value.as_str()),
        Finding::Held { .. } | Finding::Violated { .. } | Finding::Vacuous => None,
    }
}

const fn times(finding: &Finding) -> u32 {
    match finding {
        Finding::Held { times } | Finding::Violated { times, .. } => *times,
        Finding::Observed { .. } => 1,
        Finding::Vacuous => 0,
    }
}

const fn evidence_of(finding: &Finding) -> &[imdspec_rules::Evidence] {
    match finding {
        Finding::Violated { evidence, .. } => evidence.as_slice(),
        Finding::Held { .. } | Finding::Observed { .. } | Finding::Vacuous => &[],
    }
}

fn proves(rule: &str, finding: &Finding, trace: &Trace) {
    let last = trace.events.len();
    let there = |events: &[u32]| events.iter().all(|n| (1..=last).contains(&(*n as usize)));
    let evidence = evidence_of(finding);
    assert!(
        evidence.len() <= times(finding) as usize,
        "{rule} counts what it proves"
    );
    for proof in evidence {
        assert!(!proof.events.is_empty(), "{rule} without a proof");
        assert!(
            there(&proof.events) && proof.events.is_sorted(),
            "{rule}: {proof:?}"
        );
        says_no_secret(rule, &proof.expected);
        says_no_secret(rule, &proof.got);
    }
    if let Finding::Observed { value, events } = finding {
        assert!(there(events), "{rule}: {events:?}");
        says_no_secret(rule, value);
    }
}

fn says_no_secret(rule: &str, words: &str) {
    for secret in super::SECRETS {
        assert!(!words.contains(secret), "{rule} says a secret: {words}");
    }
}
