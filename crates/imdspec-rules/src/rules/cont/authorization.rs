//! The authorization token, from the environment or from a file.

use super::setup::{
    TOKEN, TOKEN_FILE, answered_calls, is_legal_value, requests, token, token_file,
};
use crate::rules::sight::differs;
use crate::{
    Applies, Call, Capability, Case, Docket, Exchange, Level, Outcome, Provenance, Rule, What,
};

pub(super) const CONT_011: Rule = Rule {
    id: "CONT-011",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "The value of AWS_CONTAINER_AUTHORIZATION_TOKEN is sent as it is in the Authorization field of every request to the container endpoint.",
    source: "AWS SDKs and Tools Reference Guide, \"Container credential provider\"; aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json case \"auth token from env\" (percent signs are kept); smithy-rs aws-config src/ecs.rs `load_valid_creds_auth`; botocore tests/unit/test_credentials.py `test_can_pass_basic_auth_token`; aws-sdk-kotlin EcsCredentialsProviderTest `testAuthToken`; aws-sdk-js-v3 fromHttp.spec.ts \"can use the token\"",
    provenance: Provenance::Documented,
    rationale: "The endpoint knows its caller by it; anything else is refused.",
    differs: &[differs(
        "object_store",
        "reads the token file only (not re-read)",
    )],
    monitor: token_is_sent,
};

pub(super) const CONT_012: Rule = Rule {
    id: "CONT-012",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "What the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds at the time is sent in the Authorization field of every request to the container endpoint.",
    source: "botocore tests/unit/test_credentials.py `test_can_pass_auth_token_from_file`, `test_reloads_auth_token_from_file`; aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json case \"auth token from file\"; smithy-rs aws-config src/ecs.rs `load_valid_creds_auth_file`; aws-sdk-kotlin EcsCredentialsProviderTest `testAuthTokenFile`; aws-sdk-js-v3 fromHttp.ts (a comment: the specification requires a read on each request); AWS SDKs and Tools Reference Guide, \"Container credential provider\"",
    provenance: Provenance::Tested,
    rationale: "EKS Pod Identity rotates the file; a token read once stops working after a day.",
    differs: &[
        differs(
            "aws-sdk-ruby",
            "cuts off white space around it (by reading), which is allowed here",
        ),
        differs(
            "smithy-typescript",
            "`fromContainerMetadata` does not read the file (by reading)",
        ),
    ],
    monitor: file_is_sent,
};

pub(super) const CONT_013: Rule = Rule {
    id: "CONT-013",
    level: Level::Should,
    applies: Applies::With(Capability::Container),
    statement: "With a token file and a token both set, the file's is sent.",
    source: "smithy-rs aws-config src/ecs.rs `auth_file_precedence_over_env`; aws-sdk-kotlin EcsCredentialsProviderTest `testAuthTokenFile` (the other should be ignored); botocore ContainerProvider, aws-sdk-go-v2 endpointcreds, aws-sdk-ruby EcsCredentials, by reading",
    provenance: Provenance::Tested,
    rationale: "The file is the one that is kept fresh.",
    differs: &[differs(
        "aws-sdk-java-v2, older versions of aws-sdk-js-v3",
        "send the token of the environment (by reading)",
    )],
    monitor: file_over_token,
};

pub(super) const CONT_014: Rule = Rule {
    id: "CONT-014",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "When the token file cannot be read, no request is sent to the container endpoint.",
    source: "smithy-rs aws-config src/ecs.rs `fs_missing_file` and test-data/default-credential-provider-chain/eks_pod_identity_no_token_file (no traffic); aws-sdk-php tests/Credentials/fixtures/ecs/uri-token-resolution.json case \"should reject invalid token file path\"; botocore tests/unit/test_credentials.py `test_throws_error_on_invalid_token_file`; aws-sdk-kotlin EcsCredentialsProviderTest `testAuthTokenFileInvalid`",
    provenance: Provenance::Tested,
    rationale: "A request without the token fails with an error about the endpoint, and hides the one about the file.",
    differs: &[],
    monitor: no_file_no_request,
};

pub(super) const CONT_015: Rule = Rule {
    id: "CONT-015",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "An authorization token with a carriage return or a line feed within it is sent in no form, nor written to logs or errors.",
    source: "botocore tests/unit/test_credentials.py `test_throws_error_on_illegal_header`; aws-sdk-ruby ecs_credentials_spec.rb \"validates the token for carriage return and newline\"; aws-sdk-kotlin EcsCredentialsProviderTest `testAuthTokenIllegal`, `testAuthTokenFileIllegal`; smithy-rs aws-config src/ecs.rs `invalid_auth_token_env_does_not_log_value`, `invalid_auth_token_file_does_not_log_value`; aws-sdk-go-v2 endpointcreds, by reading",
    provenance: Provenance::Tested,
    rationale: "What follows the line break becomes a header field, or a request, of somebody else's making.",
    differs: &[differs(
        "aws-sdk-java-v2",
        "leaves it to its HTTP client, which refuses it",
    )],
    monitor: line_breaks_are_refused,
};

/// What the token file held when `event` happened, newest first; the numbers are of the writing.
fn written<'c>(case: &'c Case<'_>, event: u32) -> impl Iterator<Item = (u32, &'c str)> + use<'c> {
    let name = token_file(case).unwrap_or_default();
    let before = (event as usize).saturating_sub(1);
    let events = case.trace.events.get(..before).unwrap_or_default();
    let numbered: Vec<(u32, &str)> = (1_u32..)
        .zip(events)
        .filter_map(|(number, e)| match &e.what {
            What::File { name: n, text } if n == name => Some((number, text.as_str())),
            _ => None,
        })
        .collect();
    numbered.into_iter().rev()
}

fn sent<'t>(x: &Exchange<'t>) -> Option<&'t str> {
    x.request.headers.get("authorization")
}

fn has_token(case: &Case<'_>) -> bool {
    case.trace.header.env.contains_key(TOKEN)
}

fn has_file(case: &Case<'_>) -> bool {
    case.trace.header.env.contains_key(TOKEN_FILE)
}

fn token_is_sent(case: &Case<'_>, docket: &mut Docket) {
    let Some(token) = token(case).filter(|t| is_legal_value(t) && !has_file(case)) else {
        return;
    };
    for call in answered_calls(case) {
        let mut all = requests(case, call).peekable();
        if all.peek().is_none() {
            continue;
        }
        if let Some(x) = all.find(|x| sent(x) != Some(token)) {
            not_sent(docket, call, x, "the token of the environment");
        } else {
            docket.held();
        }
    }
}

/// Never with the value itself: it is a secret.
fn not_sent(docket: &mut Docket, call: &Call<'_>, x: &Exchange<'_>, expected: &str) {
    let got = match sent(x) {
        None => "no Authorization field",
        Some(_) => "another Authorization field",
    };
    docket.violated([call.number, x.number], expected, got);
}

fn file_is_sent(case: &Case<'_>, docket: &mut Docket) {
    if token_file(case).is_none() || has_token(case) {
        return;
    }
    for call in answered_calls(case) {
        for x in requests(case, call) {
            file_is_in(case, docket, call, x);
        }
    }
}

fn file_is_in(case: &Case<'_>, docket: &mut Docket, call: &Call<'_>, x: &Exchange<'_>) {
    let mut texts = written(case, x.number);
    let Some((number, text)) = texts.next() else {
        return;
    };
    // Written while the call was under way, it may have been read before.
    if number > call.number || !is_legal_value(text.trim()) {
        return;
    }
    let is = |text: &str| sent(x).is_some_and(|s| s == text || s == text.trim());
    if is(text) {
        docket.held();
    } else if texts.any(|(_, older)| is(older)) {
        docket.violated(
            [number, call.number, x.number],
            "what the file holds now",
            "what it held before",
        );
    } else {
        not_sent(docket, call, x, "what the token file holds");
    }
}

fn file_over_token(case: &Case<'_>, docket: &mut Docket) {
    let Some(token) = token(case).filter(|t| is_legal_value(t)) else {
        return;
    };
    for call in answered_calls(case) {
        let Some(x) = requests(case, call).next() else {
            continue;
        };
        let Some((_, text)) = written(case, x.number).next() else {
            continue;
        };
        if text.trim() == token || !is_legal_value(text.trim()) {
            continue;
        }
        match sent(x) {
            Some(s) if s == text.trim() => docket.held(),
            Some(s) if s == token => docket.violated(
                [call.number, x.number],
                "the token of the file",
                "that of the environment",
            ),
            _ => {}
        }
    }
}

fn no_file_no_request(case: &Case<'_>, docket: &mut Docket) {
    if token_file(case).is_none() || has_token(case) {
        return;
    }
    for call in answered_calls(case) {
        if written(case, call.last_number()).next().is_some() {
            continue;
        }
        if let Some(x) = requests(case, call).next() {
            docket.violated(
                [call.number, x.number],
                "no request: the token file is not there",
                "one without what it should hold",
            );
        } else if call.is_refusal() {
            docket.held();
        }
    }
}

/// Shorter texts may turn up by chance.
const TELLING_BYTES: usize = 16;

fn line_breaks_are_refused(case: &Case<'_>, docket: &mut Docket) {
    let has_break = |t: &str| t.trim().contains(['\r', '\n']);
    let of_env = token(case).filter(|_| !has_file(case));
    for call in answered_calls(case) {
        let of_file = || written(case, call.number).next().map(|(_, text)| text);
        let Some(text) = of_env
            .or_else(|| of_file().filter(|_| !has_token(case)))
            .filter(|t| has_break(t))
        else {
            continue;
        };
        let mut asked = requests(case, call).peekable();
        let is_silent = asked.peek().is_none();
        if let Some(x) = asked.find(|x| carries(x, text)) {
            let expected = "no part of a token that is no header value";
            docket.violated(
                [call.number, x.number],
                expected,
                "some of it, in a request",
            );
        } else if let Some(number) = leak(case, text) {
            let mut events = [number, call.number];
            events.sort_unstable();
            docket.violated(events, "the token written nowhere", "it, in a log or error");
        } else if is_silent && call.is_refusal() {
            // Asking without it shows only that the token was not looked at, or given up.
            docket.held();
        }
    }
}

/// Whether a request has a part of such a token in it, where it should be or as a field of its own.
fn carries(x: &Exchange<'_>, token: &str) -> bool {
    let is_part = |name: &str, value: &str| {
        let field = format!("{name}:{value}").replace(' ', "");
        let mut lines = token.split(['\r', '\n']).map(|line| line.replace(' ', ""));
        lines.any(|line| !line.is_empty() && line.eq_ignore_ascii_case(&field))
    };
    sent(x).is_some_and(|v| !v.trim().is_empty())
        || x.request
            .headers
            .0
            .iter()
            .any(|(name, value)| is_part(name, value))
}

/// The first text for people that holds a line of the token.
fn leak(case: &Case<'_>, token: &str) -> Option<u32> {
    let line = token.lines().max_by_key(|l| l.len())?.trim();
    if line.len() < TELLING_BYTES {
        return None;
    }
    (1_u32..)
        .zip(&case.trace.events)
        .find_map(|(number, event)| {
            let text = match &event.what {
                What::Output { text, .. } => text,
                What::Outcome {
                    outcome: Outcome::Refused { message, .. },
                    ..
                } => message,
                _ => return None,
            };
            text.contains(line).then_some(number)
        })
}
