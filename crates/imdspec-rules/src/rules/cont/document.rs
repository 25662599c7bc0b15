//! What the container endpoint answers, and what is made of it.

use super::setup::{answered_calls, is_for_container, requests};
use crate::rules::sight::differs;
use crate::{Applies, Call, Capability, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::{CredentialDocument, Credentials, Field, Success};

pub(super) const CONT_017: Rule = Rule {
    id: "CONT-017",
    level: Level::Must,
    applies: Applies::With(Capability::Container),
    statement: "A container document without Code is taken, and one without an access key id or a secret access key is not.",
    source: "smithy-rs aws-config src/ecs.rs `load_valid_creds_no_auth` and botocore tests/unit/test_credentials.py `test_retrieve_from_provider_if_env_var_present` (no Code); aws-sdk-php tests/Credentials/EcsCredentialProviderTest.php `testThrowsExceptionOnInvalidEcsCredential`; Amazon ECS Developer Guide, \"Task IAM role\" (the example has no Code); botocore ContainerProvider and aws-sdk-js-v3 requestHelpers.ts, by reading (missing keys are an error)",
    provenance: Provenance::Tested,
    rationale: "Only the instance metadata service sends a Code; asking for one takes every task's role away. Empty keys fail far from their cause.",
    differs: &[differs(
        "aws-sdk-ruby",
        "makes credentials that are not set of a document without keys (ecs_credentials_spec.rb \"given an empty response, entry credentials are returned\"), which its chain passes over",
    )],
    monitor: what_is_taken,
};

pub(super) const CONT_020: Rule = Rule {
    id: "CONT-020",
    level: Level::Pin,
    applies: Applies::With(Capability::Container),
    statement: "When container credentials are over and the endpoint fails, resolve refuses or goes on with them.",
    source: "botocore tests/unit/test_credentials.py `test_http_error_propagated_on_refresh` (it refuses); smithy-typescript commit a4beeba (static stability taken out for containers), by reading",
    provenance: Provenance::Tested,
    rationale: "Going on helps only where the service behind still takes them; refusing is honest and takes the program down.",
    differs: &[differs("botocore", "refuses (by its tests)")],
    monitor: when_they_are_over,
};

pub(super) const CONT_022: Rule = Rule {
    id: "CONT-022",
    level: Level::Should,
    applies: Applies::With(Capability::AccountId),
    statement: "The AccountId of a container document is given with its credentials.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain/ecs_credentials and src/ecs.rs `load_valid_creds_auth`; botocore tests/unit/test_credentials.py `test_can_retrieve_account_id`; aws-sdk-kotlin EcsCredentialsProviderTest `testAccountIdResolves`",
    provenance: Provenance::Tested,
    rationale: "Endpoints made of the account are looked up by it; without it they are not used.",
    differs: &[],
    monitor: accounts,
};

pub(super) const CONT_025: Rule = Rule {
    id: "CONT-025",
    level: Level::Pin,
    applies: Applies::With(Capability::Container),
    statement: "A container document without Token, or without Expiration, is taken or refused.",
    source: "aws-sdk-php tests/Credentials/EcsCredentialProviderTest.php `testLoadsCredentialsAndProfile` (no Token: taken); aws-sdk-go-v2 credentials/endpointcreds (documentation: without either they are static); botocore ContainerProvider and aws-sdk-js-v3 requestHelpers.ts, by reading (refused)",
    provenance: Provenance::Tested,
    rationale: "Endpoints of one's own may serve static keys; role credentials that lost their token do not work.",
    differs: &[
        differs(
            "aws-sdk-go-v2, aws-sdk-ruby",
            "need neither (by documentation, and by reading)",
        ),
        differs("aws-sdk-php", "needs no Token (by its tests)"),
        differs("botocore, aws-sdk-js-v3", "need both (by reading)"),
    ],
    monitor: what_may_be_missing,
};

/// The document that a container endpoint surely served, if it is a JSON object.
fn served(x: &Exchange<'_>) -> Option<CredentialDocument> {
    let is_plain = x.is_success() && x.reply.is_some_and(|r| r.status == Some(200));
    is_plain
        .then(|| CredentialDocument::parse(x.reply_body()).ok())
        .flatten()
}

fn has(document: &CredentialDocument, name: &str) -> bool {
    matches!(document.field(name), Field::Text(text) if !text.is_empty())
}

fn is_given(call: &Call<'_>, document: &CredentialDocument) -> bool {
    call.given()
        .is_some_and(|g| document.field("AccessKeyId") == Field::Text(&g.access_key_id))
}

/// The members that the documents judged here may lack.
const MEMBERS: [&str; 4] = ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"];

fn missing(document: &CredentialDocument) -> Vec<&'static str> {
    let mut members = MEMBERS.to_vec();
    members.retain(|name| !has(document, name));
    members
}

/// What was served in a call in which nothing else was answered in any way that could be why it
/// ended as it did. A client that tries again gets other keys, but the same is said of them: all
/// lack the same members, and none has a `Code` that the first has not.
fn alike<'c, 't>(
    case: &'c Case<'t>,
    call: &Call<'t>,
) -> Option<Vec<(&'c Exchange<'t>, CredentialDocument)>> {
    let of_call = case.of_call(call).iter();
    let all: Vec<_> = of_call
        .map(|x| Some((x, served(x).filter(|_| is_for_container(case, x))?)))
        .collect::<Option<_>>()?;
    let (_, first) = all.first()?;
    let is_like =
        |d: &CredentialDocument| missing(d) == missing(first) && d.success() == first.success();
    all.iter().all(|(_, d)| is_like(d)).then_some(all)
}

/// Credentials that have long to go when the call ends.
fn is_fresh(credentials: &Credentials, call: &Call<'_>) -> bool {
    const HALF_AN_HOUR: i64 = 30 * 60 * 1000;
    call.ended.is_some_and(|now| {
        credentials.expiration.wall().0 > now.wall.0.saturating_add(HALF_AN_HOUR)
    })
}

fn what_is_taken(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let Some(all) = alike(case, call) else {
            continue;
        };
        let (x, document) = &all[0];
        let events = || {
            let mut events = vec![call.number];
            events.extend(x.events());
            events.push(call.last_number());
            events
        };
        let lacks = missing(document).into_iter();
        let lacks: Vec<_> = lacks.filter(|name| name.contains("Access")).collect();
        if let Some(missing) = lacks.first() {
            if call.is_refusal() {
                docket.held();
            } else if call.given().is_some() {
                let got = format!("{} of a document without {missing}", call.in_words());
                docket.violated(events(), "a refusal", got);
            }
            continue;
        }
        let is_good = |document: &CredentialDocument| {
            let whole = document.credentials();
            document.success() == Success::Unsaid && whole.is_ok_and(|c| is_fresh(&c, call))
        };
        if !all.iter().all(|(_, d)| is_good(d)) {
            continue;
        }
        if all.iter().any(|(_, d)| is_given(call, d)) {
            docket.held();
        } else if call.is_refusal() {
            docket.violated(events(), "its credentials", "a refusal");
        }
    }
}

fn what_may_be_missing(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let Some(all) = alike(case, call) else {
            continue;
        };
        let (x, document) = &all[0];
        let missing = match missing(document)[..] {
            [name @ ("Token" | "Expiration")] => name,
            ["Token", "Expiration"] => "Token and Expiration",
            _ => continue,
        };
        let then = if all.iter().any(|(_, d)| is_given(call, d)) {
            "taken"
        } else if call.is_refusal() {
            "refused"
        } else {
            continue;
        };
        docket.observed(format!("without {missing}: {then}"), x.events());
    }
}

/// The last document served before a call, of which it gives or held the credentials.
fn held_before(case: &Case<'_>, call: &Call<'_>) -> Option<Credentials> {
    let before = case.exchanges.get(..call.exchanges.start)?;
    let mut served = before
        .iter()
        .rev()
        .filter(|x| is_for_container(case, x))
        .filter_map(served);
    served.next()?.credentials().ok()
}

fn when_they_are_over(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        let Some(held) = held_before(case, call) else {
            continue;
        };
        let was_given = case.calls.iter().any(|c| {
            c.number < call.number
                && c.given()
                    .is_some_and(|g| g.access_key_id == held.access_key_id)
        });
        let is_over = call
            .ended
            .is_some_and(|now| held.expiration.wall() < now.wall);
        let mut asked = requests(case, call).peekable();
        let failed = asked.peek().is_some() && asked.all(|x| !x.is_success());
        if !was_given || !is_over || !failed {
            continue;
        }
        let value = match call.given() {
            Some(given) if given.access_key_id == held.access_key_id => "goes on with them",
            None if call.is_refusal() => "refuses",
            _ => continue,
        };
        docket.observed(value, [call.number, call.last_number()]);
    }
}

fn accounts(case: &Case<'_>, docket: &mut Docket) {
    for call in answered_calls(case) {
        // Seen in use only, credentials show no account.
        let Some(given) = call.given().filter(|g| g.secret_access_key.is_some()) else {
            continue;
        };
        let behind = requests(case, call)
            .filter_map(|x| Some((x, served(x)?)))
            .find(|(_, d)| is_given(call, d));
        let Some((x, document)) = behind else {
            continue;
        };
        let Field::Text(account) = document.field("AccountId") else {
            continue;
        };
        if given.account_id.as_deref() == Some(account) {
            docket.held();
        } else if !account.is_empty() {
            let got = match given.account_id {
                None => "none",
                Some(_) => "another",
            };
            let mut events = x.events();
            events.push(call.last_number());
            docket.violated(events, "the account of the document", got);
        }
    }
}
