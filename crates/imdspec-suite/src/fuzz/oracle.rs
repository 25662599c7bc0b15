//! What a trace proves against a subject, and what makes two proofs the same.

use imdspec_rules::{Capabilities, Level, Trace, accuse, rules};

/// A rule that a trace breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule's id.
    pub rule: &'static str,
    /// Its level: MUST or SHOULD.
    pub level: Level,
    /// Numbers of the events that prove it, the offending one last.
    pub events: Vec<u32>,
    /// What the rule asks for here.
    pub expected: String,
    /// What was seen.
    pub got: String,
}

impl Broken {
    /// What it looks like, apart from names and numbers: two of one shape are the same finding
    /// until they are shown to be two.
    #[must_use]
    pub fn shape(&self) -> String {
        format!("{}: {}", self.rule, bare(&self.got))
    }
}

/// The rules that a trace breaks, the first proof of each, in the order of the rules.
///
/// Capabilities that were not declared are inferred from this one trace, which shows less than a
/// whole run: a rule that it takes more to know of accuses nobody here.
#[must_use]
pub fn broken(trace: &Trace, declared: &Capabilities) -> Vec<Broken> {
    accuse(rules::all(), trace, declared)
        .into_iter()
        .map(|(rule, proof)| Broken {
            rule: rule.id,
            level: rule.level,
            events: proof.events,
            expected: proof.expected,
            got: proof.got,
        })
        .collect()
}

/// `text` without what differs from run to run: numbers, and what stands in quotation marks.
fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
            bare.push(c);
        } else if quoted {
            continue;
        } else if c.is_ascii_digit() {
            if !bare.ends_with('#') {
                bare.push('#');
            }
        } else {
            bare.push(c);
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_make_no_difference() {
        let words = |got: &str| bare(got);
        assert_eq!(
            words("status 503 to \"/a/b\" after 12 s"),
            words("status 4 to \"\" after 7 s")
        );
        assert_ne!(words("status 503"), words("state 503"));
    }

    #[test]
    fn who_does_not_say_what_it_lacks_is_not_held_to_it() {
        let scenario = crate::scenario::embedded();
        let scenario = scenario.iter().find(|s| s.name == "err/fallback-after-403");
        let reference = crate::Reference {
            options: imdspec_client::Options {
                v1_fallback: true,
                ..Default::default()
            },
        };
        let trace = crate::memory::run(scenario.expect("a scenario of ERR-002"), &reference, 1);
        assert_eq!(broken(&trace, &Capabilities::default()), []);
        let mut lacks = Capabilities::default();
        lacks.declare(imdspec_rules::Capability::V1Fallback, false);
        let found = broken(&trace, &lacks);
        assert!(found.iter().any(|b| b.rule == "TOKEN-019"), "{found:?}");
    }

    #[test]
    fn a_mutant_is_accused_by_its_rule_and_the_reference_by_none() {
        let scenario = crate::scenario::embedded();
        let scenario = scenario
            .iter()
            .find(|s| s.name == "doc/code-failed-with-keys");
        let scenario = scenario.expect("a scenario of DOC-003");
        let mutant = crate::self_test::mutant_of("DOC-003").expect("its mutant");
        let has = Capabilities::default();
        let found = broken(&mutant.run(scenario, 1), &has);
        assert!(
            found
                .iter()
                .any(|b| b.rule == "DOC-003" && b.level == Level::Must)
        );
        let reference = crate::memory::run(scenario, &crate::Reference::default(), 1);
        assert_eq!(broken(&reference, &has), []);
    }
}
