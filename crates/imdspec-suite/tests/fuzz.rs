//! Scenarios made of chance are scenarios, and the reference client holds every rule in them.

use imdspec_suite::Scenario;
use imdspec_suite::fuzz::{self, Reach, Shrink, Waits, targets};
use imdspec_suite::scenario::ClockNeed;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(any::<u8>(), 0..400),
    ]
}

/// So many inputs of so many bytes, the same each time.
fn chance(bytes: usize, inputs: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    (0..inputs).map(move |_| {
        let mut input = vec![0; bytes];
        chance.fill_bytes(&mut input);
        input
    })
}

fn round_trip(mut scenario: Scenario) {
    scenario.exercises = vec!["DOC-001".into()];
    let text = scenario
        .to_toml()
        .expect("nothing in it is too big for TOML");
    let again = Scenario::parse("chance", "chance.toml", &text);
    assert_eq!(again, Ok(scenario), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_scenario_that_can_be_written_down(bytes in bytes()) {
        round_trip(fuzz::scenario(&bytes, Reach::ALL));
        round_trip(fuzz::replies(&bytes));
    }

    #[test]
    fn a_program_is_put_through_nothing_it_cannot_do(bytes in bytes()) {
        let reach = Reach { clock: ClockNeed::Any, waits: Waits::Real, callers: 1 };
        let scenario = fuzz::scenario(&bytes, reach);
        prop_assert_eq!(scenario.clock, ClockNeed::Any);
        prop_assert_eq!(scenario.concurrency(), 1);
    }

    #[test]
    fn the_reference_client_holds_every_rule_whatever_happens(bytes in bytes()) {
        targets::flow(&bytes);
        targets::client_replies(&bytes);
    }
}

#[test]
fn no_bytes_are_the_healthy_service_asked_once() {
    let scenario = fuzz::scenario(&[], Reach::ALL);
    assert_eq!(scenario.world, Default::default());
    assert_eq!(scenario.resolves(), 1);
    assert_eq!(scenario.steps.len(), 1);
}

/// A mutant is found by chance alone, and what shows it is shrunk to what a person would write.
#[test]
fn a_mutant_is_found_and_what_shows_it_is_small() {
    let mutant = imdspec_suite::self_test::mutant_of("DOC-003").unwrap();
    let breaks = |scenario: &Scenario| {
        let trace = mutant.run(scenario, 1);
        fuzz::broken(&trace, &Default::default())
            .iter()
            .any(|b| b.rule == "DOC-003")
    };
    // One made by the grammar, which can be shrunk member by member.
    let by_grammar = |scenario: &Scenario| {
        let text = scenario.to_toml();
        text.is_ok_and(|text| !text.contains("body-base64"))
    };
    let found = chance(60, 5000)
        .map(|bytes| fuzz::scenario(&bytes, Reach::ALL))
        .find(|scenario| by_grammar(scenario) && breaks(scenario));
    let mut shrink = Shrink::new(found.expect("5,000 worlds and no document that failed"));
    while let Some(smaller) = shrink.next() {
        let yes = breaks(&smaller);
        shrink.take(yes.then_some(smaller));
    }
    let least = shrink.least();
    assert_eq!(least.steps.len(), 1, "{least:#?}");
    assert_eq!(least.world.faults.len(), 1, "{least:#?}");
    let body = least.world.faults[0].body.as_deref().unwrap();
    assert!(
        !body.contains("LastUpdated") && body.contains("Code"),
        "{body}"
    );
}

mod anybodys_provider {
    use super::bytes;
    use imdspec_suite::fuzz::document::Wrong;
    use imdspec_suite::fuzz::{FuzzProvider, hold_document, hold_document_but};
    use imdspec_suite::in_process::{
        Environment, Given, Lost, Provider, Refusal, Request, Response, credentials,
    };
    use imdspec_wire::{CredentialDocument, Field, RoleList, TOKEN_HEADER, TTL_HEADER};
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    /// A provider of a few lines that asks in memory; `strict` says whether it looks at Code.
    struct Small {
        environment: Environment,
        strict: bool,
    }

    impl Small {
        fn ask(
            &self,
            method: &str,
            path: &str,
            header: (&'static str, &str),
        ) -> Result<Response, Refusal> {
            let mut request = Request::new(method, path);
            request.headers.push("Host", "127.0.0.1:1338");
            request.headers.push(header.0, header.1);
            let lost = |lost: Lost| Refusal::error(lost);
            let reply = self.environment.exchange.send("127.0.0.1:1338", request);
            let reply = reply.map_err(lost)?;
            match reply.status {
                200 => Ok(reply),
                status => Err(Refusal::error(format!("status {status}"))),
            }
        }
    }

    impl Provider for Small {
        async fn resolve(&self) -> Result<Given, Refusal> {
            let token = self.ask("PUT", "/latest/api/token", (TTL_HEADER, "21600"))?;
            let reply = imdspec_wire::TokenReply::parse(&token).map_err(Refusal::error)?;
            let shown = (TOKEN_HEADER, reply.token.as_str());
            let path = "/latest/meta-data/iam/security-credentials/";
            let list = self.ask("GET", path, shown)?;
            let list = RoleList::parse(&list.body).map_err(Refusal::error)?;
            let document = self.ask("GET", &format!("{path}{}", list.first()), shown)?;
            read(&document.body, self.strict).ok_or_else(|| Refusal::error("no credentials in it"))
        }
    }

    fn read(body: &[u8], strict: bool) -> Option<Given> {
        let document = CredentialDocument::parse(body).ok()?;
        if strict {
            document.credentials().ok()?;
        }
        let text = |name: &str| match document.field(name) {
            Field::Text(text) if !text.is_empty() => Some(text.to_owned()),
            _ => None,
        };
        let (id, secret) = (text("AccessKeyId")?, text("SecretAccessKey")?);
        Some(credentials(id, secret, Some(&text("Token")?), None))
    }

    fn fuzzed(strict: bool) -> FuzzProvider {
        FuzzProvider::new("small", move |environment| Small {
            environment,
            strict,
        })
        .in_memory()
    }

    #[test]
    fn one_that_looks_at_everything_is_not_accused_of_its_documents() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let fuzzed = fuzzed(true);
        runner
            .run(&bytes(), |bytes| {
                fuzzed.put_through(&bytes);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    #[should_panic(expected = "DOC-003")]
    fn one_that_does_not_look_at_code_is_found() {
        let fuzzed = fuzzed(false);
        for bytes in super::chance(60, 5000) {
            fuzzed.put_through(&bytes);
        }
    }

    // What `explore!` makes: a test of that name, passed by one that asks anew each time.
    imdspec_suite::explore!(fuzzed(true));

    #[test]
    #[should_panic(expected = "SEC-019")]
    fn one_that_panics_the_second_time_it_is_asked_does_not_live_long() {
        imdspec_suite::explore::hold(&panicking("it is a new one"));
    }

    /// A provider that takes credentials from whatever document comes first, and panics at the next
    /// thing it is asked.
    fn panicking(words: &'static str) -> FuzzProvider {
        FuzzProvider::new("panicking", move |environment| {
            let small = std::sync::Arc::new(Small {
                environment,
                strict: true,
            });
            let asked = std::sync::Arc::new(AtomicU32::new(0));
            move || {
                let (small, asked) = (small.clone(), asked.clone());
                async move {
                    assert!(asked.fetch_add(1, Relaxed) == 0, "{words}");
                    small.resolve().await
                }
            }
        })
        .in_memory()
        .known_panic("the known one", "because")
    }

    #[test]
    fn a_known_panic_accuses_nobody() {
        for n in 0_u8..200 {
            panicking("it is the known one").put_through(&[n; 60]);
        }
    }

    #[test]
    #[should_panic(expected = "SEC-019")]
    fn another_panic_beside_a_known_one_is_found() {
        for n in 0_u8..200 {
            panicking("it is a new one").put_through(&[n; 60]);
        }
    }

    #[test]
    #[should_panic(expected = "credentials were taken")]
    fn a_parser_that_takes_a_failure_is_found() {
        let failed = br#"{"Code":"Failed","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"2099-01-01T00:00:00Z"}"#;
        hold_document(failed, read(failed, true).as_ref());
        hold_document(failed, read(failed, false).as_ref());
    }
    #[test]
    fn what_is_known_of_a_parser_accuses_nobody() {
        let failed = br#"{"Code":"Failed","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"2099-01-01T00:00:00Z"}"#;
        hold_document_but(failed, read(failed, false).as_ref(), |bytes, wrong| {
            bytes == failed && matches!(wrong, Wrong::Took(_))
        });
    }
}
