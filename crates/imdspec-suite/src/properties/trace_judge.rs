//! Every rule on any trace.

use super::any_trace;
use imdspec_rules::{Capabilities, Case, Finding, Trace, Verdict, judge, rules};

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

/// Any trace comes back from its text as it was; every rule judges it, and the one that came back
/// the same; what proves a violation are events of the trace, in order, and no secret stands in the
/// words; and the verdicts follow from the findings.
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
    let again = find(&reread);
    for (rule, (finding, again)) in rules::all().iter().zip(found.iter().zip(&again)) {
        assert_eq!(again, finding, "{} on the same trace", rule.id);
        proves(rule.id, finding, &trace);
    }
    let judgements = judge(rules::all(), &[&trace], &Capabilities::default());
    for (judgement, finding) in judgements.iter().zip(&found) {
        if judgement.verdict != Verdict::NotApplicable {
            assert_eq!(judgement.exercised, times(finding), "{}", judgement.rule.id);
            let evidence = judgement.evidence.iter().map(|e| &e.evidence);
            assert!(evidence.eq(evidence_of(finding)), "{}", judgement.rule.id);
        }
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
