//! A service that cannot be reached at all.

use super::bounds::LONGEST;
use crate::rules::sight::differs;
use crate::{Applies, Case, ClockKind, Docket, Level, Outcome, Provenance, Rule};

pub(super) const RETRY_002: Rule = Rule {
    id: "RETRY-002",
    level: Level::Must,
    applies: Applies::Always,
    statement: "When the service's address cannot be reached (no route, nothing listens, packets \
                lost), a resolve ends within 60 seconds, and not in a crash.",
    source: "smithy-rs aws-config/src/imds/client.rs test `one_second_connect_timeout`; AWS SDKs \
             and Tools Reference Guide, \"Amazon EC2 instance metadata\" (timeout 1 s); the figure \
             is ours: milliseconds are no matter for a verdict",
    provenance: Provenance::Tested,
    rationale: "Every program that runs outside of EC2 asks for the service in vain: without a \
                connect timeout each of them hangs at start, on laptops and in CI.",
    differs: &[differs(
        "object_store",
        "retries for up to 3 minutes by its default configuration (by reading)",
    )],
    monitor: nowhere_is_given_up,
};

fn nowhere_is_given_up(case: &Case<'_>, docket: &mut Docket) {
    if case.trace.header.links.is_empty() {
        return;
    }
    let is_virtual = case.trace.header.clock == ClockKind::Virtual;
    for call in &case.calls {
        // A call that got through to something is no call in vain.
        if case.of_call(call).iter().next().is_some() {
            continue;
        }
        let took = call.ended.map(|end| end.mono.since(call.started.mono));
        let is_long = is_virtual && took.is_some_and(|t| t > LONGEST);
        let wrong = match call.outcome {
            Some(Outcome::Deadline { .. } | Outcome::Crash { .. } | Outcome::BadOutput { .. }) => {
                true
            }
            Some(Outcome::Credentials(_) | Outcome::Refused { .. }) => is_long,
            None => continue,
        };
        if wrong {
            docket.violated(
                [call.last_number()],
                "no credentials within 60 s",
                match took.filter(|_| is_long) {
                    Some(took) => format!("an end after {} s", took.as_secs()),
                    None => call.in_words(),
                },
            );
        } else {
            docket.held();
        }
    }
}
