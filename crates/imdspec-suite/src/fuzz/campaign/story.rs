//! What happens in a scenario, in words.

use crate::scenario::{Scenario, Step};
use imdspec_model::{Fault, Mode, On, Span};
use imdspec_rules::{Trace, What};
use std::collections::BTreeSet;

/// What happens, as a clause: what is wrong with which replies, and what changes.
pub(super) fn title(scenario: &Scenario, trace: &Trace) -> String {
    let changes: Vec<String> = scenario.steps.iter().filter_map(change).collect();
    let parts = [wrong(scenario, trace), changes.join(", ")];
    let said: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    if said.is_empty() {
        "nothing is wrong with any reply".into()
    } else {
        said.join("; ")
    }
}

/// The script as lines of a comment, a line for each thing that happens.
pub(super) fn comment(scenario: &Scenario) -> String {
    let mut lines = vec!["What happens:".to_owned()];
    if !scenario.world.faults.is_empty() {
        lines.push(format!(
            "- from the start: {}",
            faulty(&scenario.world.faults)
        ));
    }
    for step in &scenario.steps {
        let words = match step {
            Step::Resolve(1) => "credentials are asked for".to_owned(),
            Step::Resolve(callers) => format!("{callers} callers ask at once"),
            Step::Faults(faults) if !faults.is_empty() => {
                format!("from here on: {}", faulty(faults))
            }
            other => change(other).unwrap_or_default(),
        };
        lines.push(format!("- {words}"));
    }
    lines.iter().map(|line| format!("# {line}\n")).collect()
}

/// What a step changes, apart from what is wrong with replies.
fn change(step: &Step) -> Option<String> {
    Some(match step {
        Step::Resolve(_) => return None,
        Step::Advance(span) => format!("{span} pass"),
        Step::Jump(span) if span.millis() < 0 => {
            format!(
                "the clock is set back by {}",
                Span::seconds(-span.as_seconds())
            )
        }
        Step::Jump(span) => format!("the clock is set ahead by {span}"),
        Step::RevokeTokens(_) => "every session token is revoked".into(),
        Step::Rotate(_) => "the credentials are rotated".into(),
        Step::Role(role) if role.is_empty() => "the role is detached".into(),
        Step::Role(role) => format!("the role is now {role}"),
        Step::Mode(Mode::Off) => "the service is turned off".into(),
        Step::Mode(Mode::V1Only) => "only IMDSv1 answers".into(),
        Step::Mode(Mode::V2Optional) => "IMDSv1 and IMDSv2 answer".into(),
        Step::Mode(Mode::V2Required) => "only IMDSv2 answers".into(),
        Step::Faults(faults) if faults.is_empty() => "the service recovers".into(),
        Step::Faults(_) => return None,
        Step::File(new) => format!("the file {} changes", new.name),
    })
}

/// What was wrong with replies, as the trace has it.
fn wrong(scenario: &Scenario, trace: &Trace) -> String {
    let mut wrong = BTreeSet::new();
    for event in &trace.events {
        if let What::Reply(reply) = &event.what
            && !reply.fault.is_empty()
        {
            wrong.insert(reply.fault.clone());
        }
    }
    let in_steps = scenario.steps.iter().flat_map(|s| match s {
        Step::Faults(faults) => faults.as_slice(),
        _ => &[],
    });
    let all = scenario.world.faults.iter().chain(in_steps);
    let places: BTreeSet<&str> = all.map(place).collect();
    let places = places.into_iter().collect::<Vec<_>>().join(" and ");
    let wrong: Vec<String> = wrong.into_iter().collect();
    match (places.is_empty(), wrong.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("a fault on {places} that is never met"),
        (false, false) => format!("on {places}: {}", wrong.join("; ")),
    }
}

fn faulty(faults: &[Fault]) -> String {
    let places: BTreeSet<&str> = faults.iter().map(place).collect();
    let places = places.into_iter().collect::<Vec<_>>().join(" and ");
    format!("something is wrong with the replies to {places}")
}

const fn place(fault: &Fault) -> &'static str {
    match fault.on {
        On::Any => "every request",
        On::Token => "the token",
        On::Metadata => "every metadata request",
        On::Roles => "the role list",
        On::Document => "the document",
        On::Container | On::Sts | On::Sso | On::Oidc | On::Signin => "another service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Yes;
    use crate::{Reference, memory};

    fn script() -> Scenario {
        let steps = vec![
            Step::Resolve(1),
            Step::RevokeTokens(Yes),
            Step::Jump(Span::seconds(-120)),
            Step::Resolve(2),
        ];
        crate::runner::programs::plain("story", steps)
    }

    #[test]
    fn a_title_says_what_changes_and_what_is_wrong() {
        let mut scenario = script();
        let told = |s: &Scenario| title(s, &memory::run(s, &Reference::default(), 1));
        let changes = "every session token is revoked, the clock is set back by 2m";
        assert_eq!(told(&scenario), changes);
        scenario.world.faults = vec![Fault {
            on: On::Document,
            status: Some(500),
            ..Fault::default()
        }];
        assert_eq!(
            told(&scenario),
            format!("on the document: status 500; {changes}")
        );
    }

    #[test]
    fn a_comment_tells_the_script() {
        let lines = comment(&script());
        assert!(lines.lines().all(|line| line.starts_with("# ")));
        assert_eq!(lines.lines().count(), 5);
        assert!(lines.ends_with("# - 2 callers ask at once\n"), "{lines}");
    }
}
