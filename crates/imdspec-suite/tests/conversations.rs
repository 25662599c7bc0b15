//! What goes over the wire in each scenario, as accepted. Secrets are made up and stand as names.

use imdspec_rules::{SecretKind, Trace, What};
use imdspec_suite::{Reference, memory, scenario};

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
            insta::assert_snapshot!(scenario.name.replace('/', "--"), conversation(&trace));
        });
    }
}

/// A trace as text: one line an event, made-up secrets by name and number, long bodies cut.
fn conversation(trace: &Trace) -> String {
    let mut secrets: Vec<(&str, String)> = Vec::new();
    let mut lines = Vec::new();
    for event in &trace.events {
        let line = match &event.what {
            What::Secret { kind, value } => {
                let name = match kind {
                    SecretKind::SessionToken => "session-token",
                    SecretKind::SecretAccessKey => "secret-key",
                    SecretKind::SecurityToken => "security-token",
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
