//! Credentials are those of one source, whole.

use super::setup::proof;
use crate::owner::told;
use crate::rules::sight::{differs, holds};
use crate::{Applies, Capability, Case, Docket, Given, Level, Minted, Part, Provenance, Rule};
use imdspec_wire::Source;

pub(super) const CHAIN_009: Rule = Rule {
    id: "CHAIN-009",
    level: Level::Must,
    applies: Applies::With(Capability::Chain),
    statement: "The access key id, the secret access key and the security token that are given are never those of two sources.",
    source: "botocore tests/unit/test_credentials.py `test_partial_creds_is_an_error` and its siblings (half a pair is refused, not completed); smithy-rs aws-config test-data/default-credential-provider-chain/web_identity_source_profile_no_env (the missing half is in the environment, and must not be used)",
    provenance: Provenance::Tested,
    rationale: "A mixture fails at the first request with an error that names neither source, and a stray token next to static keys does the same.",
    differs: &[
        differs(
            "smithy-rs, aws-sdk-kotlin, aws-sdk-js-v3",
            "merge a profile's sections of the config and the credentials file, setting by setting (the first two by their tests, the third by reading); the two files of a profile count as one source here",
        ),
        differs(
            "aws-sdk-go-v2",
            "merges them too, a key pair as a whole and the security token by itself (by reading)",
        ),
    ],
    monitor: nothing_is_mixed,
};

pub(super) const CHAIN_016: Rule = Rule {
    id: "CHAIN-016",
    level: Level::Must,
    applies: Applies::With(Capability::Chain),
    statement: "The credentials given are those of a source as it has them: not what a role is assumed with, not changed or made up, and with the security token that belongs to them.",
    source: "smithy-rs aws-config test-data/default-credential-provider-chain (every case names the one set to be returned) and imds_assume_role, ecs_assume_role (the role's, not the base's); botocore tests/functional/test_credentials.py `test_assume_role`, `test_instance_metadata_credential_source`; AWS SDKs and Tools Reference Guide, \"Assume role credential provider\"",
    provenance: Provenance::Tested,
    rationale: "The base credentials have other rights than the role, and credentials without their token have none.",
    differs: &[],
    monitor: they_are_somebodys,
};

fn nothing_is_mixed(case: &Case<'_>, docket: &mut Docket) {
    for call in case.calls.iter().filter(|c| c.given().is_some()) {
        let Some(given) = call.given() else {
            continue;
        };
        let number = call.last_number();
        let owners = case.owners(given, number);
        let Some(id) = owners.access_key_id else {
            continue;
        };
        let parts = [
            (owners.secret_access_key, "secret access key"),
            (owners.session_token, "security token"),
        ];
        let is_strange = |k: &Minted<'_>| !are_of_one(k.source(), id.source());
        let strange = parts
            .iter()
            .find_map(|(part, what)| Some((part.of().filter(|k| is_strange(k))?, what)));
        if let Some((other, what)) = strange {
            docket.violated(
                proof([id.number, other.number, number]),
                "all fields of one source",
                format!(
                    "the access key id of {} and the {what} of {}",
                    id.source(),
                    other.source()
                ),
            );
        } else if case.keys_before(number).any(is_strange) {
            docket.held();
        }
    }
}

/// Whether two sources may be one: a profile is what both files say of it, and some merge them
/// setting by setting (smithy-rs aws-runtime test-data/profile-parser-tests.json, "Profiles
/// duplicated in multiple files are merged").
fn are_of_one(a: Source, b: Source) -> bool {
    let is_of_file = |s| matches!(s, Source::SharedCredentials | Source::ConfigFile);
    a == b || (is_of_file(a) && is_of_file(b))
}

fn they_are_somebodys(case: &Case<'_>, docket: &mut Docket) {
    // Without announced sources, credentials may be of one that the trace does not tell of.
    if case.trace.header.sources.is_empty() {
        return;
    }
    for call in &case.calls {
        let Some(given) = call.given() else {
            continue;
        };
        let number = call.last_number();
        let owners = case.owners(given, number);
        let Some(id) = owners.access_key_id else {
            if !may_be_somebodys(case, given, number) {
                let got = "an access key id that no source has";
                docket.violated([call.number, number], "credentials of a source", got);
            }
            continue;
        };
        let got = if id.is_base_only() {
            "what the role is assumed with"
        } else if matches!(owners.secret_access_key, Part::Nobody) {
            "a secret access key that no source has"
        } else if matches!(owners.session_token, Part::Nobody) {
            "a security token that no source has"
        } else if lost_its_token(given, id) {
            "no security token, which they do not work without"
        } else {
            docket.held();
            continue;
        };
        let expected = format!("the credentials of {} as they are", id.keys.source);
        docket.violated(proof([id.number, call.number, number]), expected, got);
    }
}

/// Whether it was answered without the token that belongs to it. Of credentials seen in use only,
/// a signature need not show it.
fn lost_its_token(given: &Given, id: &Minted<'_>) -> bool {
    given.secret_access_key.is_some()
        && told(given.session_token.as_deref()).is_none()
        && told(id.keys.session_token.as_deref()).is_some()
}

/// Whether an access key id that is not among the known credentials was set or served somewhere:
/// in a reply that was slow, cut or foreign, or in a setting.
fn may_be_somebodys(case: &Case<'_>, given: &Given, number: u32) -> bool {
    let id = given.access_key_id.as_str();
    let header = &case.trace.header;
    let is_served = case
        .exchanges
        .iter()
        .any(|x| x.number < number && holds(x.reply_body(), id.as_bytes()));
    let is_in = |text: &String| !id.is_empty() && text.contains(id);
    let settings = [&header.env, &header.config, &header.code];
    is_served
        || settings.into_iter().flat_map(|s| s.values()).any(is_in)
        || header.sources.contains_key(&Source::Code)
}
