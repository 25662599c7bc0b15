//! Legal variants: services and clients that differ from the usual within the sources.
//!
//! What is unusual on the wire is put into the model, where it can be. How the other services and
//! files spell things is changed at the client's door instead: the trace has the usual spelling.

use super::fixes::{text, with_body};
use super::tamper::{Heard, Tamper, Tampered};
use crate::machine::Reference;
use crate::memory;
use crate::scenario::Scenario;
use imdspec_client::{Environment, Options, Ran, Send};
use imdspec_model::{Fault, Framing, Mode, On, Profile, World};
use imdspec_rules::Trace;
use serde_json::Value;

/// A legal variant of the service, or of the client.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// What is unusual, in words.
    pub name: &'static str,
    change: fn(&mut Scenario),
    at_the_door: Option<fn(&Environment) -> Tamper>,
    v1_fallback: bool,
}

/// Every legal variant.
#[must_use]
pub fn variants() -> &'static [Variant] {
    VARIANTS
}

const VARIANTS: &[Variant] = &[
    of_service("as it is", |_| {}),
    of_service("HTTP/1.1 with Connection: close", |s| {
        s.world.profile = Profile::Http11Close
    }),
    of_service("HTTP/1.0", |s| s.world.profile = Profile::Http10),
    of_service("TTL header on GETs", |s| {
        s.world.profile = Profile::TtlOnGets
    }),
    of_service("chunked bodies", |s| {
        everywhere(
            s,
            Fault {
                framing: Some(Framing::Chunked),
                ..Fault::default()
            },
        );
    }),
    of_service("bodies that end with the connection", |s| {
        everywhere(
            s,
            Fault {
                framing: Some(Framing::Close),
                ..Fault::default()
            },
        );
    }),
    of_service("interim replies", |s| {
        everywhere(
            s,
            Fault {
                interim: vec![100, 103],
                ..Fault::default()
            },
        );
    }),
    of_service("headers nobody knows", |s| {
        everywhere(
            s,
            Fault {
                headers: vec![("X-Unknown".into(), "1".into())],
                ..Fault::default()
            },
        );
    }),
    of_service("tokens optional", |s| {
        if s.world.mode == Mode::V2Required {
            s.world.mode = Mode::V2Optional;
        }
    }),
    of_service("JSON called application/json", |s| {
        let json = ("Content-Type".into(), "application/json".into());
        s.world.faults.push(Fault {
            on: On::Document,
            headers: vec![json],
            ..Fault::default()
        });
    }),
    of_service("no Content-Type", |s| {
        everywhere(
            s,
            Fault {
                without: vec!["Content-Type".into()],
                ..Fault::default()
            },
        );
    }),
    of_service("replies a little late", |s| {
        everywhere(
            s,
            Fault {
                delay: "200ms".parse().ok(),
                ..Fault::default()
            },
        );
    }),
    of_service("an account id in the document", |s| {
        s.world.account_id = Some("123456789012".into())
    }),
    of_service("short-lived credentials", |s| {
        if s.world.credential_lifetime == World::default().credential_lifetime {
            s.world.credential_lifetime = imdspec_model::Span::seconds(3600);
        }
    }),
    of_service("a profile with a name", |s| {
        let names_files = s.files.keys().any(|name| name.starts_with(".aws/"));
        if !s.sources.is_empty() && s.profile.is_none() && !names_files {
            s.profile = Some("work".into());
        }
    }),
    at_the_door("XML with a declaration, indented", |_| {
        of_sts(|xml| {
            let indented = xml.replace("><", ">\n  <");
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{indented}")
        })
    }),
    at_the_door("XML with a prefix for its namespace", |_| {
        of_sts(|xml| {
            xml.replace('<', "<sts:")
                .replace("<sts:/", "</sts:")
                .replace("xmlns=", "xmlns:sts=")
        })
    }),
    at_the_door(
        "JSON of IAM Identity Center with members nobody knows",
        |_| {
            Tamper::hears(|send, heard| {
                if send.request.target.starts_with("/federation/") {
                    let body = roomy(&text(&heard));
                    with_body(heard, &body)
                } else {
                    heard
                }
            })
        },
    ),
    at_the_door("commands that print more white space and members", |_| {
        Tamper {
            on_ran: |ran| match ran {
                Ran::Ended {
                    status,
                    stdout: printed,
                } => Ran::Ended {
                    status,
                    stdout: roomy(&String::from_utf8_lossy(&printed)).into_bytes(),
                },
                other => other,
            },
            ..Tamper::default()
        }
    }),
    at_the_door("files with the line ends of another system", |given| {
        in_files(given, |text| text.replace('\n', "\r\n"))
    }),
    at_the_door("files with comments and empty lines", |given| {
        in_files(given, |text| {
            let lines = text
                .lines()
                .map(|line| format!("# of no account\n\n{line}\n"));
            lines.collect()
        })
    }),
    at_the_door(
        "files without white space around the equals sign",
        |given| in_files(given, |text| text.replace(" = ", "=")),
    ),
    at_the_door("files that begin with a byte order mark", |given| {
        in_files(given, |text| format!("\u{feff}{text}"))
    }),
    of_service("a Code in container documents", |s| {
        container_document(
            s,
            r#"{"Code":"Success","AccessKeyId":"${access-key-id}","SecretAccessKey":"${secret-access-key}","Token":"${token}","Expiration":"${expiration}"}"#,
        );
    }),
    of_service("members of container documents in another order", |s| {
        container_document(
            s,
            r#" { "Expiration" : "${expiration}", "Token" : "${token}", "SecretAccessKey" : "${secret-access-key}", "AccessKeyId" : "${access-key-id}" } "#,
        );
    }),
    of_service("more members in container documents", |s| {
        container_document(
            s,
            r#"{"AccessKeyId":"${access-key-id}","SecretAccessKey":"${secret-access-key}","Token":"${token}","Expiration":"${expiration}","LastUpdated":"${last-updated}","Type":"AWS-HMAC","Unknown":{"a":[1,null]}}"#,
        );
    }),
    Variant {
        name: "a client that falls back to IMDSv1",
        v1_fallback: true,
        ..of_service("", |_| {})
    },
];

const fn of_service(name: &'static str, change: fn(&mut Scenario)) -> Variant {
    Variant {
        name,
        change,
        at_the_door: None,
        v1_fallback: false,
    }
}

const fn at_the_door(name: &'static str, door: fn(&Environment) -> Tamper) -> Variant {
    Variant {
        at_the_door: Some(door),
        ..of_service(name, |_| {})
    }
}

/// A peculiarity of every reply that the scenario does not make peculiar itself.
fn everywhere(scenario: &mut Scenario, fault: Fault) {
    let services = [On::Any, On::Container, On::Sts, On::Sso, On::Oidc];
    scenario.world.faults.extend(services.map(|on| Fault {
        on,
        ..fault.clone()
    }));
}

/// A peculiarity of the XML that the security token service answers.
fn of_sts(spell: fn(&str) -> String) -> Tamper {
    Tamper::hears(move |send, heard: Heard| {
        let xml = text(&heard);
        if is_of_sts(send) && xml.starts_with('<') {
            with_body(heard, &spell(xml.trim_end()))
        } else {
            heard
        }
    })
}

fn is_of_sts(send: &Send) -> bool {
    send.request.method == "POST" && send.request.body.text().starts_with("Action=")
}

/// A JSON object with a member that nobody knows, and with white space around everything; other
/// text as it is.
fn roomy(json: &str) -> String {
    let Ok(Value::Object(mut object)) = serde_json::from_str(json) else {
        return json.to_owned();
    };
    object.insert(
        "imdspecUnknown".into(),
        serde_json::json!({ "a": [null, 1] }),
    );
    format!("\n  {:#}\n\n", Value::Object(object))
}

/// A peculiarity of the config and the credentials file.
fn in_files(given: &Environment, spell: fn(&str) -> String) -> Tamper {
    Tamper::sees(given, |e| {
        for file in [&mut e.config_file, &mut e.credentials_file] {
            *file = file.as_deref().map(spell);
        }
    })
}

/// Another document of a container endpoint, where whose it is does not matter.
fn container_document(scenario: &mut Scenario, body: &str) {
    if scenario.sources.is_empty() {
        scenario.world.faults.push(Fault {
            on: On::Container,
            body: Some(body.into()),
            headers: vec![("Content-Type".into(), "application/json".into())],
            ..Fault::default()
        });
    }
}

impl Variant {
    /// Runs a scenario on the variant.
    #[must_use]
    pub fn run(&self, scenario: &Scenario, seed: u64) -> Trace {
        let mut scenario = scenario.clone();
        (self.change)(&mut scenario);
        let reference = self.reference();
        match self.at_the_door {
            None => memory::run(&scenario, &reference, seed),
            Some(door) => memory::run_with(&scenario, "reference", &reference, seed, |given| {
                Tampered::new(door(given), given, &reference, seed)
            }),
        }
    }

    /// The client.
    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference {
            options: Options {
                v1_fallback: self.v1_fallback,
                ..Options::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use imdspec_rules::{Outcome, What};

    /// How each call ended; of a refusal, that it is one.
    fn outcomes(trace: &Trace) -> Vec<Option<Outcome>> {
        let ends = trace.events.iter().filter_map(|event| match &event.what {
            What::Outcome { outcome, .. } => Some(outcome.clone()),
            _ => None,
        });
        ends.map(|end| (!matches!(end, Outcome::Refused { .. })).then_some(end))
            .collect()
    }

    /// A client that does not understand a legal spelling refuses, which few rules mind.
    #[test]
    fn other_spellings_change_no_outcome() {
        for scenario in scenario::embedded() {
            let usual = outcomes(&memory::run(scenario, &Reference::default(), 1));
            for variant in VARIANTS.iter().filter(|v| v.at_the_door.is_some()) {
                let unusual = outcomes(&variant.run(scenario, 1));
                assert_eq!(unusual, usual, "{} in {}", variant.name, scenario.name);
            }
        }
    }

    #[test]
    fn what_is_spelled_otherwise_is_spelled_otherwise_somewhere() {
        let named = VARIANTS.iter().find(|v| v.name.contains("with a name"));
        let named = named.expect("there is one");
        let renamed = scenario::embedded().iter().filter(|scenario| {
            let mut changed = Scenario::clone(scenario);
            (named.change)(&mut changed);
            changed.profile != scenario.profile
        });
        assert!(renamed.count() > 20);
        let xml = "<AssumeRoleResponse xmlns=\"x\"><a>1</a></AssumeRoleResponse>";
        let prefixed = xml.replace('<', "<sts:").replace("<sts:/", "</sts:");
        assert!(
            prefixed.ends_with("</sts:a></sts:AssumeRoleResponse>"),
            "{prefixed}"
        );
        assert!(roomy("{\"a\":1}").contains("imdspecUnknown"));
        assert_eq!(roomy("no JSON"), "no JSON");
    }
}
