//! From the text of the role list to the path of the document.

use crate::rules::sight::{
    differs, end_of, holds, is_discovery, is_document_get, is_role_configured, malformed,
    may_have_succeeded, name_listed, role_asked,
};
use crate::{Applies, Call, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::RoleList;

pub(super) const ROUTE_003: Rule = Rule {
    id: "ROUTE-003",
    level: Level::Must,
    applies: Applies::Always,
    statement: "The last path segment of the document GET, percent-decoded, is exactly the name \
                listed, also for names with + = , . @ _ -.",
    source: "IAM User Guide, \"IAM and AWS STS quotas\" (letters, digits and + = , . @ _ - in role \
             names); EC2 User Guide, \"IAM roles for Amazon EC2\"; botocore \
             tests/unit/test_utils.py `test_token_is_included`; aws-c-auth \
             `credentials_provider_imds_success_multi_part_role_name`",
    provenance: Provenance::Documented,
    rationale: "A + turned into a space, or a name cut at a comma, is 404 for a perfectly legal \
                role: no credentials on that instance only.",
    differs: &[],
    monitor: names_are_asked_for_as_listed,
};

fn names_are_asked_for_as_listed(case: &Case<'_>, docket: &mut Docket) {
    if is_role_configured(case) {
        return;
    }
    let mut clean: Vec<(&str, &Exchange<'_>)> = Vec::new();
    for (_, x) in case.imds() {
        if is_discovery(x) && may_have_succeeded(x) {
            match name_listed(x) {
                Some(name) => clean.push((name, x)),
                // What a client makes of other text is for other rules.
                None => return,
            }
            continue;
        }
        let (Some(role), Some((_, list))) = (role_asked(x), clean.last()) else {
            continue;
        };
        if clean.iter().any(|(name, _)| name.as_bytes() == role) {
            docket.held();
        } else if !case.sees_the_start() && !clean.iter().any(|(n, _)| is_misspelled(n, &role)) {
            // Another role, listed before the recording began.
        } else {
            docket.violated(
                [list.number, list.reply_number, x.number],
                "the name as listed",
                "another one",
            );
        }
    }
}

/// Whether nothing but punctuation tells the role asked for from the one listed.
fn is_misspelled(listed: &str, asked: &[u8]) -> bool {
    let plain = |bytes: &[u8]| -> Vec<u8> {
        let kept = bytes.iter().copied();
        kept.filter(u8::is_ascii_alphanumeric).collect()
    };
    plain(listed.as_bytes()) == plain(asked)
}

pub(super) const ROUTE_004: Rule = Rule {
    id: "ROUTE-004",
    level: Level::Should,
    applies: Applies::Always,
    statement: "White space around the one name on a role list is cut off, or the resolve ends in \
                a refusal: no request target holds it, raw or encoded.",
    source: "smithy-typescript fromInstanceMetadata.spec.ts 'trims profile returned name from \
             IMDS'; aws-sdk-ruby gems/aws-sdk-core/spec/aws/instance_profile_credentials_spec.rb \
             (list bodies end in LF)",
    provenance: Provenance::Tested,
    rationale: "The service sends none, but emulators and proxies add a newline; a client that \
                keeps it sends a malformed request line.",
    differs: &[
        differs(
            "smithy-rs",
            "does not trim; a LF panics while the URI is built (by reading)",
        ),
        differs(
            "botocore, object_store, aws-c-auth",
            "do not trim (by reading)",
        ),
    ],
    monitor: white_space_is_no_part_of_a_name,
};

fn white_space_is_no_part_of_a_name(case: &Case<'_>, docket: &mut Docket) {
    judge_first_name(
        case,
        docket,
        Names::OneWithSpace,
        "the name without white space",
    );
}

pub(super) const ROUTE_005: Rule = Rule {
    id: "ROUTE-005",
    level: Level::Should,
    applies: Applies::Always,
    statement: "With several lines in the role list, the document asked for is that of the first.",
    source: "EC2 User Guide, \"Retrieve instance metadata\" (items stand on separate lines) and \
             \"IAM roles for Amazon EC2\" (one role only); 'the first' is read from aws-sdk-go-v2 \
             credentials/ec2rolecreds/provider.go",
    provenance: Provenance::Inferred,
    rationale: "The service never lists two, but emulators and proxies can; joined lines are a \
                path that exists nowhere, and maybe a broken request line.",
    differs: &[differs(
        "botocore, smithy-rs, aws-c-auth, smithy-typescript, object_store",
        "use the whole text as the name (by reading)",
    )],
    monitor: first_line_is_the_name,
};

fn first_line_is_the_name(case: &Case<'_>, docket: &mut Docket) {
    judge_first_name(case, docket, Names::Several, "the name on the first line");
}

#[derive(Clone, Copy, PartialEq)]
enum Names {
    OneWithSpace,
    Several,
}

/// Looks for lists of a kind, and at what is asked for after them in the same call.
fn judge_first_name(case: &Case<'_>, docket: &mut Docket, kind: Names, expected: &str) {
    for call in case.lone_calls() {
        for (i, list) in case.imds_of(call) {
            let Some(name) = first_name(list, kind) else {
                continue;
            };
            let in_call = case
                .imds_after(i)
                .take_while(|(j, _)| call.exchanges.contains(j));
            let mut asked = in_call.map(|(_, x)| x);
            // A list asked for again ends what this one can be blamed for.
            let next = asked.find(|x| is_discovery(x) || is_document_get(x));
            let role = next.and_then(role_asked);
            let before = next.map_or_else(|| end_of(call), |x| x.number);
            if let Some(number) = broken_request(case, list, before, name.as_bytes()) {
                let got = "a request that the text broke";
                docket.violated([list.number, list.reply_number, number], expected, got);
            } else if role.as_deref() == Some(name.as_bytes()) {
                docket.held();
            } else if let Some(document) = next.filter(|_| role.is_some()) {
                docket.violated(
                    [list.number, list.reply_number, document.number],
                    expected,
                    "other text",
                );
            } else if kind == Names::OneWithSpace && ends_in_refusal(call, next) {
                docket.held();
            }
        }
    }
}

fn ends_in_refusal(call: &Call<'_>, next: Option<&Exchange<'_>>) -> bool {
    next.is_none() && call.is_refusal()
}

fn first_name(list: &Exchange<'_>, kind: Names) -> Option<String> {
    if !is_discovery(list) || !list.is_success() {
        return None;
    }
    let body = list.reply_body();
    let names = RoleList::parse(body).ok()?;
    let found = match names.lines().len() {
        1 if names.first().as_bytes() == body => return None,
        1 => Names::OneWithSpace,
        _ => Names::Several,
    };
    (found == kind).then(|| names.first().to_owned())
}

fn broken_request(case: &Case<'_>, list: &Exchange<'_>, before: u32, name: &[u8]) -> Option<u32> {
    malformed(case, list.number, before)
        .find(|(_, bytes)| holds(bytes, b"security-credentials/") && holds(bytes, name))
        .map(|(number, _)| number)
}

pub(super) const ROUTE_009: Rule = Rule {
    id: "ROUTE-009",
    level: Level::Should,
    applies: Applies::Always,
    statement: "After the role has changed, a later fetch asks for the new name: the list is read \
                again each time, or after a 404 to the remembered name.",
    source: "smithy-rs aws-config/src/imds/credentials.rs `profile_is_not_cached`; aws-sdk-ruby \
             instance_profile_credentials_spec.rb '... against legacy API when profile is unstable \
             returns valid credentials'; awslabs/aws-sdk-rust#384 (2022-01-06), \
             aws/aws-sdk-kotlin#492 (both fixed)",
    provenance: Provenance::Tested,
    rationale: "Replacing the instance profile is an ordinary operation; a client that keeps the \
                old name fails at the next refresh until it is restarted.",
    differs: &[differs(
        "aws-sdk-php",
        "keeps the name for the life of the provider object (by reading)",
    )],
    monitor: changed_roles_are_found,
};

fn changed_roles_are_found(case: &Case<'_>, docket: &mut Docket) {
    if is_role_configured(case) {
        return;
    }
    let mut known: Option<&str> = None;
    // A list that named another role than the one before it, until a document is asked for.
    let mut changed: Option<(&str, &Exchange<'_>)> = None;
    // A 404 to a name remembered from an earlier call, until something else is asked for.
    let mut gone: Option<&Exchange<'_>> = None;
    let mut listed_in = None;
    for (_, x) in case.imds() {
        if !x.call.is_some_and(|c| case.calls[c].alone) {
            (changed, gone) = (None, None);
            continue;
        }
        if is_discovery(x) {
            if gone.take().is_some() {
                docket.held();
            }
            if let Some(name) = name_listed(x) {
                if known.is_some_and(|k| k != name) {
                    changed = Some((name, x));
                }
                known = Some(name);
            } else if may_have_succeeded(x) {
                (known, changed) = (None, None);
            }
            listed_in = x.call;
            continue;
        }
        let Some(role) = role_asked(x) else {
            continue;
        };
        if let Some((name, list)) = changed.take() {
            if name.as_bytes() == role {
                docket.held();
            } else {
                docket.violated(
                    [list.number, list.reply_number, x.number],
                    "the new role's document",
                    "another role's",
                );
            }
        }
        // Within the same call it may be a retry of any failed GET.
        if let Some(first) = gone.take_if(|first| first.call != x.call) {
            docket.violated(
                [first.number, first.reply_number, x.number],
                "a GET of the role list after 404",
                "a document GET",
            );
        }
        let is_404 = x.is_answered() && x.status() == Some(404);
        let is_healthy = x.reply.is_some_and(|r| r.fault.is_empty());
        if is_404 && is_healthy && known.is_some() && listed_in != x.call {
            gone = Some(x);
        }
    }
}
