//! `Expiration`: there, exact, and never "never".

use super::accepted::COMFORTABLE_MILLIS;
use super::defects::Defects;
use super::fetch::{Fetch, Made, fetches};
use super::keys::{refuses, sts};
use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Level, Provenance, Rule};

pub(super) const DOC_011: Rule = Rule {
    id: "DOC-011",
    level: Level::Should,
    applies: Applies::Always,
    statement: "A document without Expiration gives no credentials.",
    source: concat!(
        "smithy-typescript packages/credential-provider-imds/src/remoteProvider/ImdsCredentials.spec.ts \"should reject credentials without an Expiration\"; ",
        sts!(),
        "; EC2 User Guide, \"Retrieve security credentials from instance metadata\" (the credentials are temporary and rotated)"
    ),
    provenance: Provenance::Tested,
    rationale: "Without an expiration a cache either never renews (requests die after some hours) or renews at each call.",
    differs: &[
        differs(
            "aws-sdk-ruby",
            "accepts, with a nil expiration (by reading)",
        ),
        differs("aws-sdk-go-v2", "takes it as always expired (by reading)"),
        differs("aws-sdk-java-v2", "accepts (not re-read)"),
    ],
    monitor: |case, docket| {
        let expected = "no credentials without an expiration";
        refuses(case, docket, Defects::NO_EXPIRATION, expected);
    },
};

pub(super) const DOC_012: Rule = Rule {
    id: "DOC-012",
    level: Level::Must,
    applies: Applies::Always,
    statement: "An Expiration with Z and 1 to 9 fractional digits is accepted as that instant, to the second.",
    source: "aws-sdk-go-v2 credentials/ec2rolecreds/provider_sep_test.go `TestProvider_SEPTestCases` and aws-sdk-java-v2 InstanceProfileCredentialsProviderExtendedApiTest `resolveCredentials_withUnstableProfile_ReturnsCredentials` (both serve six digits and expect credentials); RFC 3339, section 5.6",
    provenance: Provenance::Tested,
    rationale: "AWS's own test vectors for the service use microseconds; a client that refuses or misreads them loses credentials or their end.",
    differs: &[differs(
        "botocore",
        "does not extend an expiration with a fraction (a debug line instead), and parses it leniently later (by reading)",
    )],
    monitor: reads_fractions,
};

pub(super) const DOC_014: Rule = Rule {
    id: "DOC-014",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A document whose Expiration is no timestamp (free text, a number, null) gives no credentials, or credentials that are fetched anew within 24 hours, and no crash or hang.",
    source: "aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"retries errors parsing expiration time 3 times\" (raises); botocore tests/unit/test_utils.py `test_expiry_extension_with_bad_datetime` (text kept, parsed later); aws-sdk-swift pull request 1939, review of 2025-05-21 (a forced unwrap of the date would crash)",
    provenance: Provenance::Tested,
    rationale: "An expiration that cannot be read and is taken as never makes a client that works for hours and then fails until restarted.",
    differs: &[
        differs(
            "smithy-typescript",
            "stores an invalid date whose comparisons are all false, so it never ends (by reading)",
        ),
        differs("smithy-rs, aws-c-auth", "refuse the document (by reading)"),
    ],
    monitor: never_is_no_date,
};

/// Rounding up is not the same instant, but nobody is harmed by less than a second.
const ROUNDED_MILLIS: i64 = 999;

const DAY_MILLIS: i64 = 86_400_000;

fn reads_fractions(case: &Case<'_>, docket: &mut Docket) {
    for fetch in fetches(case).filter(Fetch::is_acceptable) {
        let text = fetch.document.text("Expiration").unwrap_or_default();
        if !text.contains('.') || !text.ends_with('Z') {
            continue;
        }
        match fetch.made() {
            // As which instant it was accepted is not seen.
            Some(Made::Exactly) if fetch.hides_secret() => {}
            Some(Made::Exactly) => {
                let comfortable = fetch.life_left() >= COMFORTABLE_MILLIS;
                match fetch.misreported(ROUNDED_MILLIS).filter(|_| comfortable) {
                    Some(got) => docket.violated(fetch.events(), format!("{text} or earlier"), got),
                    None => docket.held(),
                }
            }
            Some(Made::Else(got)) => docket.violated(fetch.events(), fetch.asked(), got),
            None => {}
        }
    }
}

fn never_is_no_date(case: &Case<'_>, docket: &mut Docket) {
    let expected = "no credentials, or a new fetch within 24 hours";
    for fetch in fetches(case) {
        let Some(defects) = fetch.defects().filter(|d| d.has(Defects::BAD_EXPIRATION)) else {
            continue;
        };
        let alone = defects.is_only(Defects::BAD_EXPIRATION);
        if fetch.call.is_broken() {
            if alone && fetch.is_broken_by_it() {
                docket.violated(fetch.events(), expected, fetch.call.in_words());
            }
            continue;
        }
        match fetch.refused() {
            Some(true) if alone => docket.held(),
            Some(false) => match renewal(&fetch) {
                Some(Ok(())) => docket.held(),
                Some(Err(late)) => {
                    let mut events = fetch.events();
                    events.push(late);
                    docket.violated(
                        events,
                        expected,
                        "the same credentials a day later, unasked",
                    );
                }
                None => {}
            },
            Some(true) | None => {}
        }
    }
}

/// Whether what was taken from the document was fetched anew within a day: an error names the
/// later answer that shows the opposite, none is returned while nothing was asked that late.
fn renewal(fetch: &Fetch<'_, '_>) -> Option<Result<(), u32>> {
    let key = &fetch.call.given()?.access_key_id;
    let taken = fetch.call.ended?.wall;
    let later = &fetch.case.calls[fetch.index + 1..];
    let next = fetch.case.exchanges.get(fetch.call.exchanges.end);
    for call in later {
        if next.is_some_and(|x| x.number < call.last_number()) {
            return Some(Ok(()));
        }
        let given = call.given().filter(|g| g.access_key_id == *key);
        if given.is_some() && call.started.wall.millis_since(taken) >= DAY_MILLIS {
            return Some(Err(call.last_number()));
        }
    }
    None
}
