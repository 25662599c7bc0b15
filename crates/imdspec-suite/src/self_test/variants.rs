//! Legal variants: services and clients that differ from the usual within the sources.

use crate::machine::Reference;
use crate::memory;
use crate::scenario::Scenario;
use imdspec_client::Options;
use imdspec_model::{Fault, Framing, Mode, On, Profile, World};
use imdspec_rules::Trace;

/// A legal variant of the service, or of the client.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// What is unusual, in words.
    pub name: &'static str,
    change: fn(&mut Scenario),
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
        change: |_| {},
        v1_fallback: true,
    },
];

const fn of_service(name: &'static str, change: fn(&mut Scenario)) -> Variant {
    Variant {
        name,
        change,
        v1_fallback: false,
    }
}

/// A peculiarity of every reply that the scenario does not make peculiar itself.
fn everywhere(scenario: &mut Scenario, fault: Fault) {
    let of_container = Fault {
        on: On::Container,
        ..fault.clone()
    };
    scenario.world.faults.extend([fault, of_container]);
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
        memory::run(&scenario, &self.reference(), seed)
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
