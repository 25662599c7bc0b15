//! `imdspec rules`: the list.

use crate::args::Rules;
use crate::exit::{Exit, Failure};
use crate::select::{chosen, matches_nothing};
use crate::show::paint::{BOLD, DIM, paint};
use imdspec_rules::{Applies, Rule, rules};

pub(crate) fn run(args: &Rules) -> Result<Exit, Failure> {
    let names = rules::all().iter().map(|r| r.id);
    if let Some(why) = matches_nothing("rule", &args.glob, names) {
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    let level = args.level.as_ref().map(|l| l.to_uppercase());
    let listed: Vec<&Rule> = rules::all()
        .iter()
        .filter(|r| chosen(&args.glob, r.id))
        .filter(|r| level.as_deref().is_none_or(|l| r.level.as_str() == l))
        .collect();
    if listed.is_empty() {
        return Err(Failure::new(
            Exit::NothingSelected,
            "no rule of that level is among them",
        ));
    }
    if args.json {
        let list: Vec<_> = listed.iter().map(|r| as_json(r)).collect();
        anstream::println!("{:#}", serde_json::Value::Array(list));
    } else {
        anstream::print!("{}", table(&listed));
    }
    Ok(Exit::Fine)
}

/// The list as lines of text.
fn table(listed: &[&Rule]) -> String {
    let mut text = String::new();
    for rule in listed {
        text.push_str(&format!(
            "{} {:<6} {}{}\n",
            paint(BOLD, format!("{:<10}", rule.id)),
            rule.level.as_str(),
            rule.statement,
            paint(DIM, behind(rule.applies))
        ));
    }
    text
}

/// The capability a rule stands behind, in words; empty when there is none.
pub(crate) fn behind(applies: Applies) -> String {
    match applies {
        Applies::Always => String::new(),
        Applies::With(c) => format!(" [with {c}]"),
        Applies::Without(c) => format!(" [without {c}]"),
    }
}

fn as_json(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "id": rule.id,
        "level": rule.level,
        "applies": behind(rule.applies).trim_matches([' ', '[', ']']),
        "statement": rule.statement,
        "source": rule.source,
        "provenance": rule.provenance,
        "rationale": rule.rationale,
        "differs": rule.differs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_as_accepted() {
        let all: Vec<&Rule> = rules::all().iter().collect();
        insta::with_settings!({snapshot_path => "../../../../snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("rules", anstream::adapter::strip_str(&table(&all)).to_string());
        });
    }
}
