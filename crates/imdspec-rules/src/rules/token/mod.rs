//! TOKEN: the session token flow.

use crate::{Rule, Level, Applies, Provenance, Case, Docket};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "TOKEN-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "The first request to the service is PUT /latest/api/token.",
    source: "EC2 User Guide, \"Use IMDSv2\"",
    provenance: Provenance::Documented,
    rationale: "",
    differs: &[],
    monitor: first_request_is_the_put,
}];

fn first_request_is_the_put(case: &Case<'_>, docket: &mut Docket) {
    let Some((_, first)) = case.imds().next() else {
        return;
    };
    if first.is_token_put() {
        docket.held();
    } else {
        docket.violated(
            [first.number],
            "PUT /latest/api/token",
            format!("{} {}", first.request.method, first.request.target),
        );
    }
}
