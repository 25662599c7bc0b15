//! A wall clock that jumps: suspend, hibernation, a step of NTP.

use super::held::{SLACK_MILLIS, held};
use super::renewal::{ask, must_ask};
use crate::rules::doc::fetch::{Fetch, fetches};
use crate::{Applies, Call, Case, Docket, Level, Provenance, Rule};
use imdspec_wire::Now;

pub(super) const CACHE_016: Rule = Rule {
    id: "CACHE-016",
    level: Level::Must,
    applies: Applies::Always,
    statement: "When the wall clock jumps past the end of held credentials, the next resolve asks the service; no jump of the clock, in either direction, causes a crash or hang.",
    source: "aws-sdk-go-v2 pull request 789 and aws-sdk-go pull request 3573 (both 2020-10-02: after hibernation the monotonic clock does not show the time elapsed, so expiry must be judged by the wall clock); a step of 24 hours in aws-sdk-java-v2 core/auth InstanceProfileCredentialsProviderTest `resolveCredentials_usesCacheIfImdsFailsOnSecondCall`",
    provenance: Provenance::Observed,
    rationale: "An expiry judged by a clock that stops while the machine sleeps, or is kept apart from a corrected wall clock, keeps dead keys for as long as the two differ. The scenarios set the wall clock alone, as NTP or a restored snapshot does.",
    differs: &[crate::rules::sight::differs(
        "aws-c-common",
        "counts on CLOCK_BOOTTIME, which suspend does not stop and a step of the wall clock does not move (by reading)",
    )],
    monitor: survives_jumps,
};

fn survives_jumps(case: &Case<'_>, docket: &mut Docket) {
    let jumped = |pair: &[Call<'_>]| {
        let before = pair[0].ended.unwrap_or(pair[0].started);
        let moved = offset(pair[1].started).saturating_sub(offset(before));
        moved.saturating_abs() > SLACK_MILLIS
    };
    if !case.calls.windows(2).any(jumped) {
        return;
    }
    for (i, pair) in case.calls.windows(2).enumerate().filter(|(_, p)| jumped(p)) {
        let call = &pair[1];
        let held = held(case).find(|h| h.index == i + 1);
        let due = held.filter(|h| must_ask(h) && h.life().saturating_sub(h.age()) > SLACK_MILLIS);
        if call.is_broken() {
            if is_healthy(case, i + 1) {
                docket.violated(
                    [call.number, call.last_number()],
                    "an answer",
                    call.in_words(),
                );
            }
        } else if let Some(held) = due {
            ask(&held, docket);
        } else if call.outcome.is_some() {
            docket.held();
        }
    }
}

/// Whether the wall clock was moved against the monotonic one at any time before event `number`.
/// After that a client may trust neither its clock nor what it holds, and serving the same
/// credentials again gives them no new life.
pub(super) fn has_jumped_before(case: &Case<'_>, number: u32) -> bool {
    let before = usize::try_from(number).unwrap_or(usize::MAX);
    let mut offsets = case
        .trace
        .events
        .iter()
        .take(before)
        .map(|e| offset(e.now()));
    let first = offsets.next();
    first.is_some_and(|first| {
        offsets.any(|o| o.saturating_sub(first).saturating_abs() > SLACK_MILLIS)
    })
}

/// How far the wall clock is ahead of the monotonic one, in milliseconds.
fn offset(now: Now) -> i64 {
    let mono = i64::try_from(now.mono.0).unwrap_or(i64::MAX);
    now.wall.0.saturating_sub(mono)
}

/// Whether the service gave the call no cause to break: all it asked was answered well.
fn is_healthy(case: &Case<'_>, index: usize) -> bool {
    let call = &case.calls[index];
    let well =
        |fetch: Fetch<'_, '_>| fetch.index != index || fetch.is_complete() && fetch.says_success();
    call.alone && case.of_call(call).iter().all(|x| x.is_success()) && fetches(case).all(well)
}
