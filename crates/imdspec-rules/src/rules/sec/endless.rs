//! Bodies without an end.

use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, End, Level, Provenance, Rule};

pub(super) const SEC_008: Rule = Rule {
    id: "SEC-008",
    level: Level::Should,
    applies: Applies::Always,
    statement: "When a body does not end, resolve does, within its time limit and before it has read 16 MiB.",
    source: "aws-c-auth source/aws_imds_client.c (65,535 bytes a reply), by reading; no test or documentation found",
    provenance: Provenance::Inferred,
    rationale: "A misrouted or hostile endpoint can otherwise exhaust the memory of the host program by one reply.",
    differs: &[
        differs("aws-c-auth", "stops at 65,535 bytes (by reading)"),
        differs(
            "botocore, smithy-typescript",
            "collect the whole body without a limit (by reading)",
        ),
    ],
    monitor: bodies_are_bounded,
};

/// Well above what the two ends of a connection hold while nobody reads: megabytes, on Linux.
const LIMIT_BYTES: u64 = 16 << 20;

fn bodies_are_bounded(case: &Case<'_>, docket: &mut Docket) {
    for (_, x) in case.imds() {
        let is_endless = x.reply.is_some_and(|r| r.end == End::Endless);
        let Some(call) = x
            .call
            .filter(|_| is_endless)
            .and_then(|i| case.calls.get(i))
        else {
            continue;
        };
        let mut events = x.events();
        events.push(call.last_number());
        match x.sent {
            Some((bytes, _)) if bytes >= LIMIT_BYTES => {
                let got = format!("{} MiB sent, and the subject still read", bytes >> 20);
                docket.violated(events, "an end before 16 MiB were sent", got);
            }
            _ if call.is_broken() => {
                docket.violated(events, "an answer", call.in_words());
            }
            _ if call.outcome.is_some() => docket.held(),
            _ => {}
        }
    }
}
