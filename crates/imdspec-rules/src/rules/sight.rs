//! What several monitors look for in a trace.

use crate::{Call, Case, Differs, Docket, End, Exchange, Server, What};
use imdspec_wire::{RoleList, Route, paths};

/// An implementation known to differ, for the tables of rules.
pub(super) const fn differs(who: &'static str, how: &'static str) -> Differs {
    Differs { who, how }
}

/// Judges how a call with `stimulus` in it ended: held when it ended properly; violated when it
/// crashed, hung or gave no proper answer and nothing but the stimulus can be why.
pub(super) fn ends_well(
    case: &Case<'_>,
    call: &Call<'_>,
    docket: &mut Docket,
    stimulus: impl Fn(&Exchange<'_>) -> bool,
) {
    if !call.is_broken() {
        if call.outcome.is_some() {
            docket.held();
        }
    } else if is_to_blame(case, call, &stimulus) {
        let mut exchanges = case.imds_of(call).map(|(_, x)| x);
        let first = exchanges.find(|x| stimulus(x)).map(Exchange::events);
        docket.violated(
            first
                .unwrap_or_default()
                .into_iter()
                .chain([call.last_number()]),
            "credentials or a refusal",
            call.in_words(),
        );
    }
}

/// Whether a call that ended badly can be laid at the door of `stimulus`: every other request in
/// it got a healthy and whole reply.
pub(super) fn is_to_blame(
    case: &Case<'_>,
    call: &Call<'_>,
    stimulus: impl Fn(&Exchange<'_>) -> bool,
) -> bool {
    case.of_call(call)
        .iter()
        .all(|x| stimulus(x) || (x.is_answered() && x.reply.is_some_and(|r| r.fault.is_empty())))
}

/// Whether nothing in a call can have used up the subject's time: every request was answered.
pub(super) fn is_prompt(case: &Case<'_>, call: &Call<'_>) -> bool {
    case.of_call(call).iter().all(Exchange::is_answered)
}

/// Bytes sent to the service that are no request, between two events, with their event numbers.
pub(super) fn malformed<'c>(
    case: &'c Case<'_>,
    after: u32,
    before: u32,
) -> impl Iterator<Item = (u32, &'c [u8])> {
    let first = after as usize;
    let end = (before as usize)
        .saturating_sub(1)
        .min(case.trace.events.len());
    let between = case.trace.events.get(first..end).unwrap_or_default();
    between
        .iter()
        .zip(after + 1..)
        .filter_map(|(e, n)| match &e.what {
            What::Malformed {
                server: Server::Imds,
                bytes,
                ..
            } => Some((n, &**bytes)),
            _ => None,
        })
}

/// What a TLS connection begins with: a handshake record of any version.
const HANDSHAKE: [u8; 2] = [0x16, 3];

/// The events of a call in which TLS was begun at a server of ours, with the address where it was,
/// if the trace says it.
pub(super) fn begun_tls<'c>(
    case: &'c Case<'_>,
    call: &Call<'_>,
) -> impl Iterator<Item = (u32, Option<&'c str>)> {
    let within = call.number..end_of(call);
    (1_u32..)
        .zip(&case.trace.events)
        .filter_map(move |(n, e)| match &e.what {
            What::Malformed { conn, bytes, .. }
                if within.contains(&n) && bytes.starts_with(&HANDSHAKE) =>
            {
                Some((n, opened_to(case, *conn)))
            }
            _ => None,
        })
}

fn opened_to<'c>(case: &'c Case<'_>, connection: u32) -> Option<&'c str> {
    case.trace.events.iter().find_map(|e| match &e.what {
        What::Connect { conn, to, .. } if *conn == connection => Some(to.as_str()),
        _ => None,
    })
}

/// Whether nobody of ours was spoken to or even connected to in the whole trace. A connection
/// counts: a client may have given up before its request was whole.
pub(super) fn is_quiet(case: &Case<'_>) -> bool {
    !case.trace.events.iter().any(|e| {
        matches!(
            e.what,
            What::Connect { .. } | What::Request(_) | What::Malformed { .. }
        )
    })
}

/// Whether a request is for credentials of another source, which may be had with those of the
/// service.
pub(super) const fn is_for_another_source(x: &Exchange<'_>) -> bool {
    matches!(
        x.request.server,
        Server::Container | Server::Sts | Server::Sso | Server::Oidc | Server::Signin
    )
}

/// Whether `text` holds `part`; never for an empty part.
pub(super) fn holds(text: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && text.windows(part.len()).any(|w| w == part)
}

/// The event after which the call can have done nothing more: its answer, or the trace's end.
pub(super) fn end_of(call: &Call<'_>) -> u32 {
    call.outcome_number.unwrap_or(u32::MAX)
}

/// A request in words that hold nothing of what servers sent: a target may have a body in it.
pub(super) fn in_words(x: &Exchange<'_>) -> String {
    let what = match &x.route {
        Route::Token => paths::TOKEN,
        Route::OddToken if x.request.target.len() <= 2 * paths::TOKEN.len() => &x.request.target,
        Route::Roles { slash: true } => paths::ROLES,
        Route::Roles { slash: false } => paths::ROLES.trim_end_matches('/'),
        Route::Document { .. } => "for a role's document",
        Route::IamInfo => paths::IAM_INFO,
        Route::Ec2Identity => paths::EC2_IDENTITY,
        Route::OddToken | Route::Other => "for another path",
    };
    format!("{} {what}", x.request.method)
}

/// Whether this is a GET for the role list.
pub(super) fn is_discovery(x: &Exchange<'_>) -> bool {
    x.is_get() && matches!(x.route, Route::Roles { .. })
}

/// Whether this is a GET for a role's document.
pub(super) fn is_document_get(x: &Exchange<'_>) -> bool {
    x.is_get() && matches!(x.route, Route::Document { .. })
}

/// The role a document GET asks for, percent-decoded. A `+` is a plus: paths are not form data.
pub(super) fn role_asked(x: &Exchange<'_>) -> Option<Vec<u8>> {
    match &x.route {
        Route::Document { role } if x.is_get() => Some(percent_decoded(role)),
        _ => None,
    }
}

/// The name on a role list that surely arrived and holds nothing but one legal name.
pub(super) fn name_listed<'t>(x: &Exchange<'t>) -> Option<&'t str> {
    if !is_discovery(x) || !x.is_success() {
        return None;
    }
    let body = x.reply_body();
    RoleList::parse(body)
        .is_ok_and(|list| list.first().as_bytes() == body)
        .then(|| std::str::from_utf8(body).unwrap_or_default())
}

/// Whether a status of the 2xx family was answered, whole and in time or not, or may have been
/// where nobody saw it.
pub(super) fn may_have_succeeded(x: &Exchange<'_>) -> bool {
    matches!(x.status(), Some(200..=299)) || is_unknown(x)
}

/// Whether of the reply not even the status was recorded.
pub(super) fn is_unknown(x: &Exchange<'_>) -> bool {
    let unseen = |r: &crate::Reply| r.end == End::Unseen && r.status.is_none();
    x.reply.is_some_and(unseen)
}

/// Whether nothing usable can have come of this request.
pub(super) fn surely_failed(x: &Exchange<'_>) -> bool {
    let nothing_whole = x.reply.is_some_and(|r| {
        matches!(
            r.end,
            End::Short | End::Silent | End::Closed | End::Reset | End::Garbage
        )
    });
    nothing_whole || (x.is_answered() && !x.is_success())
}

/// Whether the service said "not now": 429 or 5xx.
pub(super) fn is_not_now(x: &Exchange<'_>) -> bool {
    x.is_answered() && matches!(x.status(), Some(429 | 500..=599))
}

/// Whether two requests are the same but for their headers.
pub(super) fn is_same_request(a: &Exchange<'_>, b: &Exchange<'_>) -> bool {
    a.request.method == b.request.method && a.request.target == b.request.target
}

/// The number of attempts that was set, if one was.
pub(super) fn attempts_set(case: &Case<'_>) -> Option<usize> {
    case.setting(
        "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
        "metadata_service_num_attempts",
    )
    .and_then(|n| n.trim().parse().ok())
}

/// Whether falling back to IMDSv1 was forbidden by a setting.
pub(crate) fn is_v1_forbidden(case: &Case<'_>) -> bool {
    case.setting("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled")
        .is_some_and(|v| v.trim().eq_ignore_ascii_case("true"))
}

/// Whether the subject was told the role's name and need not ask for it.
pub(super) fn is_role_configured(case: &Case<'_>) -> bool {
    case.setting("AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name")
        .is_some()
}

/// The bytes of `text` with its percent escapes undone.
pub(super) fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let hex = |b: u8| char::from(b).to_digit(16);
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let pair = bytes.get(i + 1).zip(bytes.get(i + 2));
        let escaped = pair
            .filter(|_| b == b'%')
            .and_then(|(&h, &l)| Some(hex(h)? * 16 + hex(l)?))
            .and_then(|n| u8::try_from(n).ok());
        decoded.push(escaped.unwrap_or(b));
        i += if escaped.is_some() { 3 } else { 1 };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn only_whole_escapes_are_decoded() {
        assert_eq!(percent_decoded("a%2Bb+c%0a"), b"a+b+c\n");
        assert_eq!(percent_decoded("%2%zz%"), b"%2%zz%");
    }
}
