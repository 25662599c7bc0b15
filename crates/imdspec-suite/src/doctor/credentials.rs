//! Whether what a program gave is what the service served.

use super::{Patient, Step, many, redacted};
use crate::subject::Driven;
use imdspec_rules::{Case, Given, Outcome, Trace};
use imdspec_wire::{Credentials, Timestamp};

/// What a program answered on a healthy service, looked at.
pub(super) fn on_healthy(
    name: &'static str,
    outcome: &Outcome,
    trace: &Trace,
    patient: &Patient<'_>,
) -> Step {
    let requests = Case::new(trace).imds().count();
    match outcome {
        Outcome::Credentials(given) => match given_is_served(given, trace) {
            Ok(Fine::Whole) => Step::good(
                name,
                format!(
                    "{} those the service served, after {}",
                    match patient.driven {
                        Driven::Sink => "its first signed request carries",
                        Driven::Session | Driven::OneShot => "word for word",
                    },
                    many(requests, "request")
                ),
            ),
            Ok(Fine::But(words, advice)) => Step::note(name, words).advise(advice),
            Err(wrong) => Step::bad(name, wrong.expected, wrong.got).advise(wrong.advice),
        },
        Outcome::Refused { message, .. } => {
            let said = if message.is_empty() {
                String::new()
            } else {
                format!(" ({:?})", short(&redacted(message, trace)))
            };
            let words = format!(
                "word that there are none{said}, after {}",
                many(requests, "request")
            );
            let mut step = Step::bad(name, HEALTHY, words);
            if requests == 0 {
                step.advice = patient.unasked();
                step
            } else {
                step.advise("see what it asked: imdspec check --scenario doc/canonical --verbose")
            }
        }
        other => broken(name, other, patient),
    }
}

/// An answer that is none.
pub(super) fn broken(name: &'static str, outcome: &Outcome, patient: &Patient<'_>) -> Step {
    let session = patient.driven == Driven::Session;
    match outcome {
        Outcome::Crash { how } => {
            let step = Step::bad(name, ANSWER, format!("its end: {how}"));
            if session {
                step.advise(
                    r#"what the library throws on purpose is an answer: {"id":N,"error":{"message":"…"}}"#,
                )
            } else {
                step.advise("exit with 0 and print credentials, or exit with 1 if there are none")
            }
        }
        Outcome::BadOutput { what } => {
            let step = Step::bad(name, ANSWER, what);
            if session {
                step.advise(SESSION_SHAPE)
            } else {
                step.advise(ONE_SHOT_SHAPE)
            }
        }
        Outcome::Deadline { after } => {
            Step::bad(name, ANSWER, format!("none within {} s", after / 1000)).advise(if session {
                "flush stdout after each line: what stays in a buffer was never said"
            } else {
                "it has to end by itself once it has printed its answer"
            })
        }
        Outcome::Credentials(_) | Outcome::Refused { .. } => Step::bad(name, "no answer", "one"),
    }
}

const SESSION_SHAPE: &str = r#"answer in one line: {"id":N,"credentials":{"Version":1,
    "AccessKeyId":"…", "SecretAccessKey":"…", "SessionToken":"…", "Expiration":"…"}}
    or {"id":N,"error":{"message":"…"}}; docs/session.schema.json has it all"#;

const ONE_SHOT_SHAPE: &str = r#"print one object and nothing else, logs on stderr: {"Version":1,
    "AccessKeyId":"…", "SecretAccessKey":"…", "SessionToken":"…", "Expiration":"…"}"#;

/// Where credentials come from that the service did not give.
pub(super) const ELSEWHERE: &str = "they come from elsewhere: what is built in, or what an \
    earlier run left outside of its home";

const ANSWER: &str = "an answer, credentials or a refusal";
const HEALTHY: &str = "the credentials of a healthy service";

/// What is wrong.
struct Wrong {
    expected: &'static str,
    got: String,
    advice: &'static str,
}

/// What is right, and what might be righter.
enum Fine {
    Whole,
    But(String, &'static str),
}

/// Compares with the document served last. No secret is in the words.
fn given_is_served(given: &Given, trace: &Trace) -> Result<Fine, Wrong> {
    let case = Case::new(trace);
    let requests = case.imds().count();
    if requests == 0 {
        return Err(Wrong {
            expected: HEALTHY,
            got: format!("{}…, without asking it", beginning(&given.access_key_id)),
            advice: "it found them elsewhere: its home is empty and its environment has little but PATH, \
             so look at --keep-env, and at what is built in",
        });
    }
    let served = case.documents.iter().rev();
    let Some(served) = served.filter_map(|d| d.credentials.as_ref().ok()).next() else {
        return Err(Wrong {
            expected: HEALTHY,
            got: format!(
                "{}…, after {}, none of which was for them",
                beginning(&given.access_key_id),
                many(requests, "request")
            ),
            advice: "it has to GET /latest/meta-data/iam/security-credentials/ROLE",
        });
    };
    let wrong = wrong_members(given, served);
    if !wrong.is_empty() {
        return Err(Wrong {
            expected: "the credentials that the service served, letter by letter",
            got: wrong.join(", "),
            advice: "pass them on as they are: the document's Token is SessionToken here, and nothing is \
             decoded, trimmed or cut",
        });
    }
    expiration(given, served)
}

fn wrong_members(given: &Given, served: &Credentials) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    if given.access_key_id != served.access_key_id {
        wrong.push("another AccessKeyId");
    }
    let secret = given.secret_access_key.as_ref();
    if secret.is_some_and(|secret| *secret != served.secret_access_key) {
        wrong.push("another SecretAccessKey");
    }
    if given.session_token.is_none() {
        wrong.push("no SessionToken");
    } else if given.session_token.as_ref() != Some(&served.session_token) {
        wrong.push("another SessionToken");
    }
    wrong
}

fn expiration(given: &Given, served: &Credentials) -> Result<Fine, Wrong> {
    // Credentials seen in use show neither.
    if given.secret_access_key.is_none() {
        return Ok(Fine::Whole);
    }
    let Some(text) = &given.expiration else {
        return Ok(Fine::But(
            "the credentials are those the service served; Expiration is left out, so it is not \
             judged"
                .into(),
            "if the library knows when they end, say it: \"Expiration\":\"2026-01-02T03:04:05Z\"",
        ));
    };
    match Timestamp::parse(text) {
        Err(_) => Err(Wrong {
            expected: "Expiration as a date of RFC 3339",
            got: format!("{:?}", short(text)),
            advice: "write it like 2026-01-02T03:04:05Z",
        }),
        // A library that does not keep fractions of a second loses nothing.
        Ok(date) if date.wall().0 / 1000 == served.expiration.wall().0 / 1000 => Ok(Fine::Whole),
        Ok(date) => Ok(Fine::But(
            format!(
                "the credentials are those the service served; their Expiration is {}, where the \
                 service said {}",
                date.to_seconds_text(),
                served.expiration.to_seconds_text()
            ),
            "if it is the adapter that moves it (a time zone, perhaps), it should not; if it is \
             the library, the rules will tell",
        )),
    }
}

/// As much of an access key id as tells one from another.
fn beginning(access_key_id: &str) -> String {
    access_key_id.chars().take(8).collect()
}

/// As much of a text as fits a sentence.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MOST).collect();
    short.push('…');
    short
}
