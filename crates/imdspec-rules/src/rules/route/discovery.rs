//! Asking for the role list, and lists that name no role.

use crate::rules::sight::{
    differs, holds, is_discovery, is_document_get, is_role_configured, malformed,
    may_have_succeeded, name_listed, role_asked,
};
use crate::{Applies, Case, Docket, Exchange, Level, Provenance, Rule};
use imdspec_wire::{CredentialDocument, Field, Route, paths};

pub(super) const ROUTE_001: Rule = Rule {
    id: "ROUTE-001",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Without a configured role name, the role list is read before the first document \
                below it, and the document asked for is the one it names.",
    source: "smithy-rs aws-config/src/imds/credentials.rs `profile_is_not_cached`; \
             smithy-typescript fromInstanceMetadata.spec.ts 'gets token and profile name to fetch \
             credentials'; object_store src/aws/credential.rs `test_mock`; aws-c-auth \
             tests/credentials_provider_imds_tests.c `credentials_provider_imds_secure_success`",
    provenance: Provenance::Tested,
    rationale: "The role differs from instance to instance; a guessed name is 404 and no \
                credentials.",
    differs: &[],
    monitor: list_comes_before_the_document,
};

fn list_comes_before_the_document(case: &Case<'_>, docket: &mut Docket) {
    if is_role_configured(case) {
        return;
    }
    let mut lists = 0;
    let mut clean: Vec<(&str, &Exchange<'_>)> = Vec::new();
    for (_, x) in case.imds() {
        // However it was answered: a redirect may have been followed to a list elsewhere, which is
        // SEC-001's matter, and what is made of a refusal is ROUTE-007's and ROUTE-008's.
        if is_discovery(x) {
            lists += 1;
            if let Some(name) = name_listed(x).filter(|_| may_have_succeeded(x)) {
                clean.push((name, x));
            }
            continue;
        }
        let Some(role) = role_asked(x) else {
            continue;
        };
        let is_listed = clean.iter().any(|(name, _)| name.as_bytes() == role);
        if lists == 0 && case.is_recorded() || !is_listed && !case.sees_the_start() {
            // Whoever was told the name asks for no list, and one read before the recording began may
            // have held it.
        } else if lists == 0 {
            docket.violated([x.number], "a GET of the role list first", "none");
        } else if is_listed {
            docket.held();
        } else if clean.len() == lists && !clean.iter().any(|(name, _)| resembles(name, &role)) {
            let list = clean.last().map(|(_, x)| x.events()).unwrap_or_default();
            docket.violated(
                list.into_iter().chain([x.number]),
                "the document of the role listed",
                "another role's",
            );
        }
    }
}

/// Whether a role asked for is the one listed but for its spelling, which ROUTE-003 looks at.
fn resembles(listed: &str, asked: &[u8]) -> bool {
    let plain = |bytes: &[u8]| -> Vec<u8> {
        let kept = bytes.iter().copied();
        kept.filter(u8::is_ascii_alphanumeric).collect()
    };
    let (listed, asked) = (plain(listed.as_bytes()), plain(asked));
    !asked.is_empty() && (listed.starts_with(&asked) || asked.starts_with(&listed))
}

pub(super) const ROUTE_002: Rule = Rule {
    id: "ROUTE-002",
    level: Level::Should,
    applies: Applies::Always,
    statement: "The target of the discovery GET ends in a slash: \
                /latest/meta-data/iam/security-credentials/.",
    source: "EC2 User Guide, \"Retrieve instance metadata\" (a path that ends in / gives the \
             list); uswitch/kiam#116 (2018-07-09 capture: 301 without it); \
             awslabs/aws-sdk-rust#560 (2022-06-22 capture: 200 without it)",
    provenance: Provenance::Documented,
    rationale: "The short form works on the service today but has been redirected before, and is \
                by emulators and proxies: a client that follows no redirects finds no role.",
    differs: &[
        differs(
            "aws-sdk-cpp",
            "asks without the slash (seen on the wire, pyarrow and tiledb)",
        ),
        differs(
            "aws-creds, google-auth, pgbackrest",
            "ask without the slash (seen on the wire)",
        ),
    ],
    monitor: discovery_ends_in_a_slash,
};

fn discovery_ends_in_a_slash(case: &Case<'_>, docket: &mut Docket) {
    let mut nameless = None;
    // Where calls are not known, what follows such a list may be of the same call until a name is
    // listed, and so may what comes first.
    let mut may_be_nameless = !case.sees_the_start();
    for (_, x) in case.imds().filter(|(_, x)| is_discovery(x)) {
        // After a list without a name this is the document of no name at all, which is ROUTE-006's
        // matter: path functions drop its last slash (Go's `path.Join`).
        let has_slash = x.route == (Route::Roles { slash: true });
        let is_of_blank = match x.call {
            None if case.is_recorded() => may_be_nameless && !has_slash,
            None => false,
            call => call == nameless,
        };
        if is_of_blank {
            may_be_nameless &= name_listed(x).is_none();
            continue;
        }
        let is_blank = x.reply.is_some_and(|r| r.body.text().trim().is_empty());
        if may_have_succeeded(x) && is_blank {
            nameless = x.call;
            may_be_nameless = true;
        } else if name_listed(x).is_some() {
            may_be_nameless = false;
        }
        if has_slash {
            docket.held();
        } else {
            docket.violated([x.number], paths::ROLES, "the same without its last slash");
        }
    }
}

pub(super) const ROUTE_006: Rule = Rule {
    id: "ROUTE-006",
    level: Level::Must,
    applies: Applies::Always,
    statement: "After an empty or blank role list no credentials are taken from a GET of the list path \
                itself.",
    source: "botocore tests/unit/test_utils.py \
             `test_empty_response_for_role_name_is_retried`; aws-c-auth \
             tests/credentials_provider_imds_tests.c \
             `credentials_provider_imds_role_name_request_failure`",
    provenance: Provenance::Tested,
    rationale: "An empty list means no role. A client that appends the empty name asks for the \
                list as if it were a document, and would take whatever stands there for keys.",
    differs: &[
        differs(
            "smithy-rs",
            "asks for the list path again and tries to parse it (by reading)",
        ),
        differs(
            "smithy-typescript, object_store",
            "ask for the list path again and try to parse it (by reading)",
        ),
    ],
    monitor: the_list_is_no_document,
};

fn the_list_is_no_document(case: &Case<'_>, docket: &mut Docket) {
    for call in case.lone_calls() {
        let empty = case
            .imds_of(call)
            .map(|(_, x)| x)
            .find(|x| is_discovery(x) && x.is_success() && x.reply_body().trim_ascii().is_empty());
        let Some(list) = empty else {
            continue;
        };
        let taken = call.given().and_then(|given| {
            let mut later = case.imds_of(call).map(|(_, x)| x);
            later.find(|x| {
                let is_after = x.number > list.number;
                is_after && is_discovery(x) && gives_key(x, &given.access_key_id)
            })
        });
        if let Some(source) = taken {
            docket.violated(
                [
                    list.number,
                    list.reply_number,
                    source.number,
                    call.last_number(),
                ],
                "no credentials from the list path",
                call.in_words(),
            );
        } else if call.outcome.is_some() && !call.is_broken() {
            docket.held();
        }
    }
}

fn gives_key(x: &Exchange<'_>, key: &str) -> bool {
    x.is_success()
        && CredentialDocument::parse(x.reply_body())
            .is_ok_and(|d| d.field("AccessKeyId") == Field::Text(key))
}

pub(super) const ROUTE_007: Rule = Rule {
    id: "ROUTE-007",
    level: Level::Must,
    applies: Applies::Always,
    statement: "A 404 to the discovery GET means no role: no document GET follows in the resolve.",
    source: "smithy-rs chain cases imds_no_iam_role, imds_default_chain_error (recorded from the \
             service 2021-09-20); EC2 User Guide, \"Retrieve instance metadata\" (404: not there)",
    provenance: Provenance::Tested,
    rationale: "An instance without a role is normal; a client that presses on asks for nonsense \
                paths with the error page in them.",
    differs: &[differs(
        "aws-c-auth",
        "takes the body of a 404 for the role name and asks for it (by reading)",
    )],
    monitor: no_list_means_no_document,
};

fn no_list_means_no_document(case: &Case<'_>, docket: &mut Docket) {
    if is_role_configured(case) {
        return;
    }
    for call in case.lone_calls() {
        let mut missing: Option<&Exchange<'_>> = None;
        let mut is_tested = false;
        let mut pressed_on = false;
        for (_, x) in case.imds_of(call) {
            if is_discovery(x) {
                let is_404 = x.is_answered() && x.status() == Some(404);
                is_tested |= is_404;
                missing = is_404.then_some(x);
            } else if let Some(list) = missing.filter(|_| is_document_get(x)) {
                pressed_on = true;
                docket.violated(
                    [list.number, list.reply_number, x.number],
                    "no document GET after 404 to the list",
                    "one",
                );
                missing = None;
            }
        }
        let is_over = call.outcome.is_some() && !call.is_broken();
        if is_tested && !pressed_on && is_over {
            docket.held();
        }
    }
}

pub(super) const ROUTE_008: Rule = Rule {
    id: "ROUTE-008",
    level: Level::Must,
    applies: Applies::Always,
    statement: "The body of a discovery reply whose status is not 2xx never appears in the target \
                of a later request.",
    source: "envoyproxy/envoy#8325 (2019-09-22, log): the page of a 301 was appended to the path; \
             botocore tests/unit/test_utils.py \
             `test_non_200_response_for_role_name_is_retried` (429 with a body)",
    provenance: Provenance::Observed,
    rationale: "An error page as a role name fails in a misleading way and puts an intermediary's \
                text into the request line.",
    differs: &[differs(
        "aws-c-auth",
        "takes the body of 403, 404 and 500 for the role name (by reading)",
    )],
    monitor: error_pages_are_no_role_names,
};

/// A body shorter than this may stand in a target by chance.
const TELLING: usize = 4;

fn error_pages_are_no_role_names(case: &Case<'_>, docket: &mut Docket) {
    struct Page<'t> {
        text: &'t [u8],
        events: Vec<u32>,
        served: u32,
        used: bool,
    }
    if is_role_configured(case) {
        return;
    }
    let mut pages: Vec<Page<'_>> = Vec::new();
    let mut lists: Vec<&[u8]> = Vec::new();
    for (_, x) in case.imds() {
        if is_discovery(x) && x.is_answered() && !x.is_success() {
            let text = first_line(x.reply_body());
            match pages.iter_mut().find(|p| p.text == text) {
                Some(page) => page.served += 1,
                None if text.len() < TELLING || lists.iter().any(|l| holds(l, text)) => {}
                None => pages.push(Page {
                    text,
                    events: x.events(),
                    served: 1,
                    used: false,
                }),
            }
        } else if is_discovery(x) && may_have_succeeded(x) {
            // The very same text on a good list makes it a name.
            pages.retain(|p| !holds(x.reply_body(), p.text));
            lists.push(x.reply_body());
        } else if let Some(role) = role_asked(x)
            && let Some(page) = pages.iter_mut().find(|p| holds(&role, p.text))
        {
            page.used = true;
            docket.violated(
                page.events.iter().copied().chain([x.number]),
                "no error body in a request target",
                "the body of the refused list",
            );
        }
    }
    for page in pages.iter().filter(|p| !p.used) {
        let after = page.events.last().copied().unwrap_or_default();
        let in_target = [b"security-credentials/", page.text].concat();
        match malformed(case, after, u32::MAX).find(|(_, bytes)| holds(bytes, &in_target)) {
            Some((number, _)) => docket.violated(
                page.events.iter().copied().chain([number]),
                "no error body in a request target",
                "the body of the refused list",
            ),
            None => (0..page.served).for_each(|_| docket.held()),
        }
    }
}

/// The beginning of a body that is enough to know it again.
fn first_line(body: &[u8]) -> &[u8] {
    let body = body.trim_ascii();
    let end = body.iter().position(|b| matches!(b, b'\r' | b'\n'));
    let line = &body[..end.unwrap_or(body.len())];
    &line[..line.len().min(64)]
}
