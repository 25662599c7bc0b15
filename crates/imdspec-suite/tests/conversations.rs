//! What goes over the wire in each scenario, as accepted. Secrets are made up and stand as names.

use imdspec_rules::{SecretKind, Trace, What};
use imdspec_suite::{Reference, conversation, memory, scenario};

#[test]
fn the_conversation_of_every_scenario_is_as_accepted() {
    for scenario in scenario::embedded() {
        let trace = memory::run(scenario, &Reference::default(), 1);
        insta::with_settings!({
            snapshot_path => "../../../snapshots/conversations",
            prepend_module_to_snapshot => false,
            description => scenario.title.as_str(),
            omit_expression => true,
        }, {
            insta::assert_snapshot!(scenario.name.replace('/', "--"), in_full(&trace));
        });
    }
}

#[test]
fn two_runs_with_other_secrets_at_another_time_are_the_same_normalised() {
    for scenario in scenario::embedded() {
        let one = memory::run(scenario, &Reference::default(), 1);
        let mut other = memory::run(scenario, &Reference::default(), 2);
        for event in &mut other.events {
            event.at.0 += 17;
        }
        let said = conversation::normalised(&one);
        assert_eq!(said, conversation::normalised(&other), "{}", scenario.name);
        for event in &one.events {
            if let What::Secret { value, .. } = &event.what {
                assert!(!said.contains(value), "{}", scenario.name);
            }
        }
    }
}

#[test]
fn normalised_conversations_are_as_accepted() {
    for name in [
        "doc/canonical",
        "retry/list-throttled-once",
        "token/two-fetches",
    ] {
        let found = scenario::embedded().iter().find(|s| s.name == name);
        let trace = memory::run(found.expect("built in"), &Reference::default(), 1);
        insta::with_settings!({
            snapshot_path => "../../../snapshots/normalised",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name.replace('/', "--"), conversation::normalised(&trace));
        });
    }
}

/// A trace as text: one line an event, made-up secrets by name and number, long bodies cut.
fn in_full(trace: &Trace) -> String {
    let mut secrets: Vec<(&str, String)> = Vec::new();
    let mut lines = Vec::new();
    for event in &trace.events {
        let line = match &event.what {
            What::Secret { kind, value } => {
                let name = match kind {
                    SecretKind::SessionToken => "session-token",
                    SecretKind::SecretAccessKey => "secret-key",
                    SecretKind::SecurityToken => "security-token",
                    SecretKind::Authorization => "authorization",
                };
                let n = secrets.iter().filter(|(_, s)| s.contains(name)).count() + 1;
                secrets.push((value, format!("<{name} {n}>")));
                continue;
            }
            // How the client shows itself is its own affair, as long as it shows no secret.
            What::Output { .. } | What::Connect { .. } => continue,
            what => serde_json::to_string(what).expect("a trace can be written"),
        };
        let short: String = line.chars().take(1500).collect();
        lines.push(format!("{:>9} {short}", event.at.0));
    }
    let mut text = lines.join("\n");
    secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    for (value, name) in &secrets {
        // As it stands in JSON, where a slash may not be escaped but a quote is.
        text = text.replace(value, name);
    }
    text
}
