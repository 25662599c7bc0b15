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
    change: fn(&mut World),
    v1_fallback: bool,
}

/// Every legal variant.
#[must_use]
pub fn variants() -> &'static [Variant] {
    VARIANTS
}

const VARIANTS: &[Variant] = &[
    of_service("as it is", |_| {}),
    of_service("HTTP/1.1 with Connection: close", |w| {
        w.profile = Profile::Http11Close
    }),
    of_service("HTTP/1.0", |w| w.profile = Profile::Http10),
    of_service("TTL header on GETs", |w| w.profile = Profile::TtlOnGets),
    of_service("chunked bodies", |w| {
        everywhere(
            w,
            Fault {
                framing: Some(Framing::Chunked),
                ..Fault::default()
            },
        );
    }),
    of_service("bodies that end with the connection", |w| {
        everywhere(
            w,
            Fault {
                framing: Some(Framing::Close),
                ..Fault::default()
            },
        );
    }),
    of_service("interim replies", |w| {
        everywhere(
            w,
            Fault {
                interim: vec![100, 103],
                ..Fault::default()
            },
        );
    }),
    of_service("headers nobody knows", |w| {
        everywhere(
            w,
            Fault {
                headers: vec![("X-Unknown".into(), "1".into())],
                ..Fault::default()
            },
        );
    }),
    of_service("tokens optional", |w| {
        if w.mode == Mode::V2Required {
            w.mode = Mode::V2Optional;
        }
    }),
    of_service("JSON called application/json", |w| {
        let json = ("Content-Type".into(), "application/json".into());
        w.faults.push(Fault {
            on: On::Document,
            headers: vec![json],
            ..Fault::default()
        });
    }),
    of_service("no Content-Type", |w| {
        everywhere(
            w,
            Fault {
                without: vec!["Content-Type".into()],
                ..Fault::default()
            },
        );
    }),
    of_service("replies a little late", |w| {
        everywhere(
            w,
            Fault {
                delay: "200ms".parse().ok(),
                ..Fault::default()
            },
        );
    }),
    of_service("an account id in the document", |w| {
        w.account_id = Some("123456789012".into())
    }),
    of_service("short-lived credentials", |w| {
        if w.credential_lifetime == World::default().credential_lifetime {
            w.credential_lifetime = imdspec_model::Span::seconds(3600);
        }
    }),
    Variant {
        name: "a client that falls back to IMDSv1",
        change: |_| {},
        v1_fallback: true,
    },
];

const fn of_service(name: &'static str, change: fn(&mut World)) -> Variant {
    Variant {
        name,
        change,
        v1_fallback: false,
    }
}

/// A peculiarity of every reply that the scenario does not make peculiar itself.
fn everywhere(world: &mut World, fault: Fault) {
    world.faults.push(fault);
}

impl Variant {
    /// Runs a scenario on the variant.
    #[must_use]
    pub fn run(&self, scenario: &Scenario, seed: u64) -> Trace {
        let mut scenario = scenario.clone();
        (self.change)(&mut scenario.world);
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
