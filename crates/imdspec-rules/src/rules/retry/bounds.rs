//! Servers that take their time, and the end of a client's patience.

use crate::rules::sight::differs;
use crate::{
    Applies, Call, Case, ClockKind, Docket, End, Exchange, Level, Outcome, Provenance, Rule,
};
use std::time::Duration;

/// The longest a resolve may take against a server that never answers, or is not there.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

pub(super) const RETRY_001: Rule = Rule {
    id: "RETRY-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Against a server that accepts the connection and never answers, at any of the \
                three steps, a resolve ends within 60 seconds.",
    source: "aws-sdk-java-v2 InstanceProfileCredentialsProviderTest \
             `resolveCredentials_queriesTokenResource_socketTimeout_fallbackToInsecure`; AWS SDKs \
             and Tools Reference Guide, \"Amazon EC2 instance metadata\" (timeout 1 s); \
             awslabs/aws-c-auth#182 (2023-01-26): hung for ever behind a hop limit of 1. The \
             figure is ours",
    provenance: Provenance::Tested,
    rationale: "In a container behind a hop limit of 1 the PUT's answer never arrives: without a \
                read timeout the program hangs at start (aws-sdk-go#2972, minio-go#1625).",
    differs: &[differs(
        "object_store",
        "retries for up to 3 minutes by its default configuration (by reading)",
    )],
    monitor: silence_is_waited_out,
};

fn silence_is_waited_out(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        let Some((_, silent)) = case.imds_of(call).find(|(_, x)| ends(x, End::Silent)) else {
            continue;
        };
        // Whatever else holds a resolve up is not silence.
        let is_slow = |x: &Exchange<'_>| !x.is_answered() && !is_over_at_once(x);
        if case
            .of_call(call)
            .iter()
            .any(|x| is_slow(x) && !ends(x, End::Silent))
        {
            continue;
        }
        let is_hang = matches!(call.outcome, Some(Outcome::Deadline { .. }));
        let took = call.ended.map(|end| end.mono.since(call.started.mono));
        let is_virtual = case.trace.header.clock == ClockKind::Virtual;
        let is_long = is_virtual && call.alone && took.is_some_and(|t| t > LONGEST);
        if is_hang || is_long {
            docket.violated(
                [silent.number, silent.reply_number, call.last_number()],
                "an end within 60 s",
                match took.filter(|_| !is_hang) {
                    Some(took) => format!("an end after {} s", took.as_secs()),
                    None => call.in_words(),
                },
            );
        } else if is_ended(call) {
            docket.held();
        }
    }
}

pub(super) const RETRY_013: Rule = Rule {
    id: "RETRY-013",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A reply whose body drips in byte by byte is given up within 35 seconds, and the \
                resolve ends.",
    source: "aws-sdk-go-v2 feature/ec2/imds/request_middleware_test.go \
             `TestOperationTimeoutMiddleware` (a deadline over the whole operation), \
             `TestDeserailizeResponse_cacheBody` (with the body inside it); the figure is ours, \
             above the longest bound read (smithy-rs, 30 s an operation)",
    provenance: Provenance::Tested,
    rationale: "A timeout per read never fires while bytes drip: the process hangs as surely as \
                with no timeout, and holds the lock that its other threads wait for.",
    differs: &[
        differs(
            "botocore, smithy-typescript",
            "bound each read only (by reading)",
        ),
        differs(
            "aws-c-auth",
            "bounds connecting and the first byte only (by reading)",
        ),
    ],
    monitor: drips_are_given_up,
};

fn drips_are_given_up(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        let drips = || {
            case.imds_of(call)
                .map(|(_, x)| x)
                .filter(|x| ends(x, End::Drip))
        };
        let Some(first) = drips().next() else {
            continue;
        };
        if let Some(whole) = drips().find(|x| x.sent.is_some_and(|(_, gave_up)| !gave_up)) {
            docket.violated(
                whole.events().into_iter().chain(call.outcome_number),
                "an end before the body's",
                "the whole body waited for",
            );
        } else if matches!(call.outcome, Some(Outcome::Deadline { .. })) {
            let blocked = |x: &Exchange<'_>| !x.is_answered() && !ends(x, End::Drip);
            if !case.of_call(call).iter().any(blocked) {
                docket.violated(
                    first.events().into_iter().chain([call.last_number()]),
                    "an end before the body's",
                    call.in_words(),
                );
            }
        } else if is_ended(call) && drips().any(|x| x.sent.is_some()) {
            docket.held();
        }
    }
}

fn ends(x: &Exchange<'_>, end: End) -> bool {
    x.reply.is_some_and(|r| r.end == end)
}

/// Whether the connection ended without making anybody wait.
fn is_over_at_once(x: &Exchange<'_>) -> bool {
    x.reply.is_some_and(|r| {
        matches!(r.end, End::Short | End::Closed | End::Reset | End::Garbage) && r.delay == 0
    })
}

/// Whether the call ended by an answer of the subject's.
fn is_ended(call: &Call<'_>) -> bool {
    call.given().is_some() || call.is_refusal()
}
