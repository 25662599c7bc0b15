//! `imdspec explain RULE`: everything known about one rule.

use super::rules::behind;
use crate::args::Explain;
use crate::exit::{Exit, Failure};
use crate::select::matches_nothing;
use crate::show::paint::{BOLD, DIM, paint};
use crate::show::{lanes, wrap};
use imdspec_rules::{Case, Finding, Rule, Trace, rules};
use imdspec_suite::{Reference, Scenario, memory, scenario, self_test};

pub(crate) fn run(args: &Explain) -> Result<Exit, Failure> {
    let Some(rule) = rules::get(&args.rule.to_uppercase()) else {
        let names = rules::all().iter().map(|r| r.id);
        let globs = [args.rule.clone()];
        let why = matches_nothing("rule", &globs, names)
            .unwrap_or_else(|| "explain takes one rule, such as DOC-003".into());
        return Err(Failure::new(Exit::NothingSelected, why));
    };
    anstream::print!("{}", text(rule));
    Ok(Exit::Fine)
}

/// The seed of examples, so that they are the same every time.
const SEED: u64 = 1;

fn text(rule: &Rule) -> String {
    let mut out = format!(
        "{} {}{}\n\n{}\n",
        paint(BOLD, rule.id),
        rule.level.as_str(),
        behind(rule.applies),
        wrap("  ", rule.statement).join("\n")
    );
    out.push_str(&section("why it matters", &wrap("", rule.rationale)));
    let source = format!("{} ({})", rule.source, rule.provenance.as_str());
    out.push_str(&section("source", &wrap("", &source)));
    let differs: Vec<String> = rule
        .differs
        .iter()
        .flat_map(|d| wrap(&format!("{}: ", d.who), d.how))
        .collect();
    out.push_str(&section("known to differ", &differs));
    let mut meant: Vec<&Scenario> = scenario::embedded()
        .iter()
        .filter(|s| s.exercises.iter().any(|e| e == rule.id))
        .collect();
    let named: Vec<String> = meant
        .iter()
        .map(|s| format!("{}: {}", s.name, s.title))
        .collect();
    out.push_str(&section("scenarios", &named));
    // The shortest show it best.
    meant.sort_by_key(|scenario| scenario.steps.len());
    if let Some(mutant) = self_test::mutant_of(rule.id) {
        out.push_str(&section("a client that breaks it", &[mutant.defect.into()]));
        if let Some((trace, events)) = broken(rule, &meant) {
            out.push_str(&example("what that looks like", &trace, &events));
        }
    }
    if let Some(trace) = kept(rule, &meant) {
        out.push_str(&example("the reference client, held to it", &trace, &[]));
    }
    out
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let body: Vec<String> = lines.iter().map(|l| format!("  {l}\n")).collect();
    format!("\n{}\n{}", paint(DIM, title), body.concat())
}

fn example(title: &str, trace: &Trace, events: &[u32]) -> String {
    section(
        &format!("{title} ({})", trace.header.scenario),
        &lanes(trace, events),
    )
}

/// A trace of the rule's mutant that shows it broken, with the events that prove it.
fn broken(rule: &Rule, meant: &[&Scenario]) -> Option<(Trace, Vec<u32>)> {
    let mutant = self_test::mutant_of(rule.id)?;
    meant.iter().find_map(|scenario| {
        let trace = mutant.run(scenario, SEED);
        match rule.check(&Case::new(&trace)) {
            Finding::Violated { evidence, .. } => {
                let events = evidence.into_iter().next()?.events;
                Some((trace, events))
            }
            _ => None,
        }
    })
}

/// A trace of the reference client that puts the rule to the test.
fn kept(rule: &Rule, meant: &[&Scenario]) -> Option<Trace> {
    meant.iter().find_map(|scenario| {
        let trace = memory::run(scenario, &Reference::default(), SEED);
        match rule.check(&Case::new(&trace)) {
            Finding::Held { .. } | Finding::Observed { .. } => Some(trace),
            Finding::Violated { .. } | Finding::Vacuous => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_explanation_is_as_accepted() {
        for rule in rules::all() {
            insta::with_settings!({snapshot_path => "../../../../snapshots/explain", prepend_module_to_snapshot => false}, {
                insta::assert_snapshot!(rule.id, anstream::adapter::strip_str(&text(rule)).to_string());
            });
        }
    }
}
