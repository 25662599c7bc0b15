//! The suite on trial.

use imdspec_rules::rules;
use imdspec_suite::self_test;

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
