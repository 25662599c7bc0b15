//! What the provider can do, and where it is known to break a rule. Each entry is read in the source
//! of aws-config 1.13.0.

use imdspec_suite::in_process::{Capability, Conformance};

pub fn known(conformance: Conformance) -> Conformance {
    conformance
        .has_not(Capability::V1Fallback)
        .has(Capability::CachesToken)
        // Credentials are cached by the identity cache of the SDK, one layer above.
        .has_not(Capability::CachesCredentials)
        .has(Capability::StaticStability)
        .expected(
            "ROUTE-013",
            "imds/client.rs: the role list becomes a URI as it is, and one that is none panics in \
             `.body(…).expect(\"valid request\")`",
            [
                "route/bad-lists-then-the-list",
                "route/list-is-a-document",
                "route/list-of-two",
                "route/list-with-crlf",
                "route/list-with-line-feed",
                "route/list-with-request-injection",
                "route/list-with-spaces",
                "sec/secrets-in-the-list",
            ],
        )
        .expected(
            "ROUTE-006",
            "imds/credentials.rs, `retrieve_credentials`: an empty list is a role named \"\", whose \
             document has the path of the list",
            ["route/empty-list-then-document"],
        )
        .expected(
            "DOC-009",
            "json_credentials.rs, `parse_json_credentials`: members must be there, and may be empty",
            ["doc/access-key-empty", "doc/secret-key-empty"],
        )
        .expected("DOC-001", CODE_ESCAPED, ["doc/code-escaped"])
        .expected("DOC-007", CODE_ESCAPED, ["doc/code-escaped"])
        .expected(
            "TOKEN-013",
            "imds/client/token.rs, `get_token`: `now + token.ttl` panics when the sum is no date",
            ["token/ttl-overflow"],
        )
        .expected(
            "SEC-019",
            "the panics of ROUTE-013 and TOKEN-013, and that of a list longer than a URI may be",
            [
                "route/bad-lists-then-the-list",
                "route/blank-list-then-document",
                "route/list-is-a-document",
                "route/list-of-two",
                "route/list-with-crlf",
                "route/list-with-line-feed",
                "route/list-with-request-injection",
                "route/list-with-spaces",
                "sec/endless-list",
                "sec/secrets-in-the-list",
                "token/ttl-overflow",
            ],
        )
        .expected(
            "TOKEN-017",
            "imds/client/token.rs, `parse_token_response`: of all statuses only 400 and 403 are \
             refusals; any other body beside a TTL header is a token",
            [
                "token/refusal-with-a-body-302",
                "token/refusal-with-a-body-404",
            ],
        )
}

const CODE_ESCAPED: &str = "json_credentials.rs, `parse_json_credentials`: Code is compared with \
                            `Cow::Borrowed(\"Success\")`, and one with escapes is owned";
