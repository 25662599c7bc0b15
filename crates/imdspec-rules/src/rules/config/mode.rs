//! The endpoint mode: which default address, IPv4 or IPv6.

use super::endpoint::{arrived, refuses_to_ask, vectors};
use super::settings::{Mode, Setting, first_request, is_named};
use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, Docket, Level, Provenance, Rule};

pub(super) const CONFIG_006: Rule = Rule {
    id: "CONFIG-006",
    level: Level::Must,
    applies: Applies::With(Capability::EndpointMode),
    statement: "With the endpoint mode IPv6 and no endpoint, the first request goes to [fd00:ec2::254] port 80.",
    source: concat!(
        "AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (default endpoint for IPv6); ",
        vectors!(),
        " cases \"ipv6 endpoint\" and \"ipv6 endpoint from config\"; botocore tests/unit/test_utils.py `test_ec2_metadata_endpoint_service_mode`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"can be configured with shared config\"; smithy-typescript packages/credential-provider-imds/src/utils/getInstanceMetadataEndpoint.spec.ts; aws-c-auth `credentials_provider_imds_ipv6_endpoint_mode`; aws-sdk-java-v2 Ec2MetadataConfigProviderEndpointResolutionTest"
    ),
    provenance: Provenance::Documented,
    rationale: "IPv6-only subnets have no other way to their credentials.",
    differs: &[],
    monitor: |case, docket| ipv6(case, docket, |mode| mode == "IPv6"),
};

pub(super) const CONFIG_007: Rule = Rule {
    id: "CONFIG-007",
    level: Level::Should,
    applies: Applies::With(Capability::EndpointMode),
    statement: "The letter case of the endpoint mode does not matter: ipv6, ipV6 and IPV6 are IPv6.",
    source: concat!(
        vectors!(),
        " case \"case insensitive endpoint\"; botocore tests/unit/test_utils.py `test_resolve_endpoint_mode_IPv6_mixed_casing_use_IPv6_true`; aws-sdk-java-v2 Ec2MetadataConfigProviderEndpointModeTest (ipv6 and IPv6)"
    ),
    provenance: Provenance::Tested,
    rationale: "The documentation writes IPv6, people write ipv6.",
    differs: &[differs(
        "smithy-typescript, aws-sdk-php",
        "compare the exact spelling (not re-read)",
    )],
    monitor: |case, docket| ipv6(case, docket, |mode| mode != "IPv6"),
};

pub(super) const CONFIG_008: Rule = Rule {
    id: "CONFIG-008",
    level: Level::Should,
    applies: Applies::With(Capability::EndpointMode),
    statement: "With an endpoint mode other than IPv4 or IPv6 and no endpoint, resolve ends in an error and no request is sent.",
    source: concat!(
        vectors!(),
        " cases \"invalid endpoint mode override\" and \"invalid config endpoint mode\"; botocore tests/unit/test_utils.py `test_resolve_endpoint_mode_invalid_input`; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \"raises ArgumentError when endpoint mode is unexpected\"; smithy-typescript packages/credential-provider-imds/src/utils/getInstanceMetadataEndpoint.spec.ts \"throws Error when endpointMode is unsupported\"; aws-sdk-java-v2 Ec2MetadataConfigProviderEndpointModeTest (Ipv99); AWS SDKs and Tools Reference Guide, \"IMDS credential provider\" (valid values)"
    ),
    provenance: Provenance::Tested,
    rationale: "A typo that silently means IPv4 shows up as a timeout on IPv6-only hosts.",
    differs: &[
        differs("aws-c-auth", "takes an unknown value for IPv4 (by reading)"),
        differs(
            "botocore",
            "raises in a session; its bare fetcher uses IPv4 (`test_ec2_metadata_endpoint_service_mode`, row foo)",
        ),
    ],
    monitor: unknown_mode,
};

/// The mode that counts, where no endpoint makes it idle.
fn mode_at_work<'t>(case: &Case<'t>) -> Option<&'t str> {
    let endpoint = Setting::endpoint(case)?;
    let mode = Setting::mode(case)?.value();
    mode.filter(|_| endpoint.value().is_none())
}

fn ipv6(case: &Case<'_>, docket: &mut Docket, spelled: impl Fn(&str) -> bool) {
    let mode = mode_at_work(case).filter(|m| Mode::named(m) == Some(Mode::Ipv6) && spelled(m));
    if mode.is_some()
        && let Some(first) = first_request(case)
        && !is_named(case, &first.request.to)
    {
        arrived(first, Mode::Ipv6.address(), docket);
    }
}

fn unknown_mode(case: &Case<'_>, docket: &mut Docket) {
    // White space around a known one may be forgiven.
    if mode_at_work(case).is_some_and(|m| Mode::named(m.trim()).is_none()) {
        refuses_to_ask(case, docket, "an error: the endpoint mode is unknown");
    }
}
