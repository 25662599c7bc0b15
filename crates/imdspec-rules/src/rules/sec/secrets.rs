//! Secrets stay out of what is written for people.

use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Level, Outcome, Provenance, Rule, SecretKind, Stream, What};

pub(super) const SEC_005: Rule = Rule {
    id: "SEC-005",
    level: Level::Must,
    applies: Applies::Always,
    statement: "No secret access key, security token or session token served in the run appears in what the subject writes beside its answers, nor in the text of its errors.",
    source: "smithy-rs aws/rust-runtime/aws-credential-types/src/credentials_impl.rs `debug_impl` and aws-config/src/ecs.rs `invalid_auth_token_env_does_not_log_value`; user report: s3fs-fuse issue 2787 (2026-01-21: session token written at error level); botocore pull request 1569, review of 2018-09-28 (bodies must not be logged)",
    provenance: Provenance::Tested,
    rationale: "Logs travel further than credentials should; a leaked set is usable from anywhere until it expires.",
    differs: &[
        differs(
            "s3fs-fuse",
            "wrote the session token at error level and the whole reply at info level (issue 2787)",
        ),
        differs(
            "botocore",
            "writes bodies of failed or empty replies at debug level only (by reading)",
        ),
    ],
    monitor: nothing_leaks,
};

/// Shorter values may turn up by chance.
const TELLING_BYTES: usize = 16;

fn nothing_leaks(case: &Case<'_>, docket: &mut Docket) {
    let events = || (1_u32..).zip(&case.trace.events);
    let secrets: Vec<(u32, SecretKind, &str)> = events()
        .filter_map(|(number, e)| match &e.what {
            What::Secret { kind, value } if value.len() >= TELLING_BYTES => {
                Some((number, *kind, value.as_str()))
            }
            _ => None,
        })
        .collect();
    if secrets.is_empty() {
        return;
    }
    let mut is_exercised = false;
    let mut leaked = false;
    for (number, event) in events() {
        let (text, place) = match &event.what {
            What::Output { stream, text } => (text, of_stream(*stream)),
            What::Outcome { outcome, .. } => {
                is_exercised = true;
                match outcome {
                    Outcome::Refused { message, .. } => (message, "the error text"),
                    _ => continue,
                }
            }
            _ => continue,
        };
        is_exercised = true;
        if let Some((minted, kind, _)) = secrets.iter().find(|(_, _, s)| holds(text, s)) {
            leaked = true;
            let mut proof = [*minted, number];
            proof.sort_unstable();
            let got = format!("{} in {place}", of_kind(*kind));
            docket.violated(proof, "no secret outside the answer", got);
        }
    }
    if is_exercised && !leaked {
        docket.held();
    }
}

/// Whether a text holds a secret. It hardly ever does, and a searcher takes longer to make than this
/// takes to look where a letter of it stands that is rare in what is written for people.
fn holds(text: &str, secret: &str) -> bool {
    let (text, secret) = (text.as_bytes(), secret.as_bytes());
    let rare = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let at = secret.iter().position(rare).unwrap_or(0);
    let Some(letter) = secret.get(at) else {
        return true;
    };
    memchr::memchr_iter(*letter, text).any(|i| i >= at && text[i - at..].starts_with(secret))
}

const fn of_stream(stream: Stream) -> &'static str {
    match stream {
        Stream::Stderr => "stderr",
        Stream::Stdout => "stdout",
        Stream::Error => "the error text",
        Stream::Debug => "the debug text",
    }
}

const fn of_kind(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::SessionToken => "a session token",
        SecretKind::SecretAccessKey => "a secret access key",
        SecretKind::SecurityToken => "a security token",
        SecretKind::Authorization => "what opens a service",
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        for secret in ["Abcd", "abCd", "abcd", "aaaA", "1"] {
            for text in ["", "aaaab1", "xAbcdx", "abCdabcd", "aaaaA", "abcdAbc"] {
                assert_eq!(
                    holds(text, secret),
                    text.contains(secret),
                    "{secret} in {text}"
                );
            }
        }
        assert!(holds("anything", ""));
    }
}
