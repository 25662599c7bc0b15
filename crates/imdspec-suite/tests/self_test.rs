//! The suite on trial.

use imdspec_rules::{Case, Finding, Outcome, What, rules};
use imdspec_suite::{scenario, self_test};

#[test]
fn every_rule_has_one_mutant_and_kills_it() {
    let mutants = self_test::mutants();
    let named: Vec<&str> = mutants.iter().map(|m| m.rule).collect();
    let ids: Vec<&str> = rules::all().iter().map(|r| r.id).collect();
    assert_eq!(named, ids, "one mutant a rule, in the rules' order");
    let survivors: Vec<String> = mutants
        .iter()
        .map(|m| self_test::hunt(m, 1))
        .filter(|k| !k.killed())
        .map(|k| {
            format!(
                "{} {}; caught by {:?}",
                k.mutant.rule, k.mutant.defect, k.also
            )
        })
        .collect();
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

#[test]
fn no_legal_variant_raises_anything() {
    let raised: Vec<String> = self_test::variants()
        .iter()
        .flat_map(|v| self_test::raise(v, 1))
        .map(|r| r.to_string())
        .collect();
    assert!(raised.is_empty(), "{}", raised.join("\n"));
}

/// A signature shows neither the secret nor the expiration. Not seeing them must never be held
/// against a subject, nor bear out a rule that is about them.
#[test]
fn what_a_signature_does_not_show_proves_nothing() {
    let mut seen = 0;
    for mutant in self_test::mutants() {
        for scenario in scenario::embedded() {
            let trace = mutant.run(scenario, 1);
            let mut used = trace.clone();
            let mut hidden = 0;
            for event in &mut used.events {
                if let What::Outcome {
                    outcome: Outcome::Credentials(given),
                    ..
                } = &mut event.what
                {
                    given.secret_access_key = None;
                    given.expiration = None;
                    hidden += 1;
                }
            }
            if hidden == 0 {
                continue;
            }
            seen += 1;
            let (trace, used) = (Case::new(&trace), Case::new(&used));
            for rule in rules::all() {
                let (whole, part) = (rule.check(&trace), rule.check(&used));
                let is_violated = |f: &Finding| matches!(f, Finding::Violated { .. });
                let is_about_it = matches!(rule.id, "DOC-001" | "DOC-012");
                assert!(
                    !is_about_it || !matches!(part, Finding::Held { .. }),
                    "{} by {}, {}: {part:?}",
                    rule.id,
                    mutant.defect,
                    scenario.name
                );
                assert!(
                    is_violated(&whole) || !is_violated(&part),
                    "{} by {}, {}: {part:?} for {whole:?}",
                    rule.id,
                    mutant.defect,
                    scenario.name
                );
            }
        }
    }
    assert!(seen > 0, "no mutant gives credentials");
}
