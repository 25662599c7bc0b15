use super::*;
use crate::scenario::Scenario;
use crate::{Plan, Ran, Reference, Subject, memory, runner};
use imdspec_rules::{Outcome, What};
use std::collections::BTreeSet;
use std::sync::Arc;

#[tokio::test]
async fn the_reference_client_does_as_the_names_say() {
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let plan = Plan {
        subject: Subject::reference(false),
        scenarios: inputs().iter().map(|i| Arc::new(i.scenario())).collect(),
        seed: 1,
    };
    let done = runner::run(plan, stopped, |_| ()).await.unwrap();
    assert!(done.ran.len() >= 300, "{}", done.ran.len());
    for (input, ran) in inputs().iter().zip(&done.ran) {
        let did = did(input, ran);
        // Where nothing is asked of others, the reference keeps to the verdict all the same.
        assert!(did.deed.meets(input.says()), "{}: {did:?}", input.path());
        // The client reads no endless token; the parsers alone leave that to it.
        let too_large = did.words.ends_with("the reply is too large");
        if let Some(accepts) = input.reference.filter(|_| !too_large) {
            let accepted = did.deed == Deed::Accepted;
            assert_eq!(accepted, accepts, "{}: {did:?}", input.path());
        }
        assert!(did.deed != Deed::NotRun, "{}", input.path());
    }
}

#[test]
fn every_scenario_is_one_that_could_be_written() {
    let mut names = BTreeSet::new();
    for input in inputs() {
        let scenario = input.scenario();
        assert!(names.insert(scenario.name.clone()), "{}", scenario.name);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/".contains(c);
        assert!(scenario.name.chars().all(plain), "{}", scenario.name);
        let text = scenario.to_toml().unwrap();
        let parsed = Scenario::parse(&scenario.name, "x.toml", &text);
        assert_eq!(parsed.as_ref(), Ok(&scenario), "{}", input.path());
        assert_eq!(named(&scenario.name), Some(input));
        assert_eq!(named(&format!("corpus/{}", input.path())), Some(input));
    }
    assert_eq!(named("corpus/role_list/y_nothing"), None);
}

#[test]
fn no_secret_of_an_input_is_repeated() {
    for (name, secret) in [
        (
            "credential_document/n_code-failed-with-keys",
            "secretEXAMPLEsecret",
        ),
        (
            "credential_document/n_cut-before-the-last-quote",
            "made+up/secret",
        ),
        ("token_reply/n_status-403", "session-token-of-56"),
    ] {
        let input = named(&format!("{FOLDER}{name}")).unwrap();
        let scenario = Arc::new(input.scenario());
        let mut trace = memory::run(&scenario, &Reference::default(), 1);
        for event in &mut trace.events {
            if let What::Outcome { outcome, .. } = &mut event.what {
                let message = format!("what is this: {}", String::from_utf8_lossy(input.bytes));
                *outcome = Outcome::Refused {
                    kind: None,
                    message,
                };
            }
        }
        let result = Ok(trace);
        let did = did(input, &Ran { scenario, result });
        assert_eq!(did.deed, Deed::Refused);
        assert!(did.words.starts_with("what is this"), "{name}");
        assert!(!did.words.contains(secret), "{name}: {}", did.words);
    }
}

#[test]
fn past_and_wrong_timestamps_are_asked_of_nobody() {
    let asks = |name: &str| named(&format!("corpus/timestamp/{name}")).unwrap().asks();
    assert_eq!(asks("y_seconds"), Says::Accept);
    assert_eq!(asks("y_epoch"), Says::Open);
    assert_eq!(asks("n_never"), Says::Open);
    assert_eq!(asks("i_offset-east"), Says::Open);
}

#[test]
fn all_folders_are_there_with_their_manifests() {
    let files = files();
    for folder in [
        "config_file",
        "credential_document",
        "http_response",
        "role_list",
    ] {
        let manifest = format!("{folder}/MANIFEST.toml");
        let found = files
            .iter()
            .any(|(path, _)| path.to_str() == Some(&manifest));
        assert!(found, "{folder}");
    }
    assert!(files.len() > 800, "{}", files.len());
}
