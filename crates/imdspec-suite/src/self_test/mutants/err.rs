//! Mutants for ERR.

use super::{mutant, tokenless_after, v1_mutant};
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_document, is_put, is_roles, reply, status, text, with_status};
use crate::self_test::tamper::{Passing, Tamper, die};
use imdspec_client::{ErrorKind, Lost, ProviderError};
use imdspec_wire::TOKEN_HEADER;

/// What absent members look like to a client that writes them down as text.
const NOTHING: &str = r#"{"AccessKeyId":"null","SecretAccessKey":"null","Token":"null","Expiration":"2099-01-01T00:00:00Z"}"#;

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "ERR-001",
        "falls back to IMDSv1 when its PUT was malformed",
        |_| tokenless_after(|heard| status(heard) == Some(400)),
    ),
    v1_mutant("ERR-002", "does not fall back on 404 and 405", |_| {
        Tamper::hears(|send, heard| match status(&heard) {
            Some(404 | 405) if is_put(send) => with_status(heard, 400),
            _ => heard,
        })
    }),
    v1_mutant(
        "ERR-003",
        "does not know the setting that forbids IMDSv1",
        |given| {
            Tamper::sees(given, |e| {
                e.vars.remove("AWS_EC2_METADATA_V1_DISABLED");
                e.config_file = e
                    .config_file
                    .take()
                    .map(|c| c.replace("ec2_metadata_v1_disabled", "unknown"));
            })
        },
    ),
    v1_mutant("ERR-004", "sends an empty token header with IMDSv1", |_| {
        Tamper::sends(|send| {
            if !is_put(send) && !send.request.headers.has(TOKEN_HEADER) {
                send.request.headers.push(TOKEN_HEADER, "");
            }
        })
    }),
    v1_mutant(
        "ERR-005",
        "falls back to IMDSv1 when the service is unwell",
        |_| {
            Tamper::hears(|send, heard| match status(&heard) {
                Some(500..=599) if is_put(send) => with_status(heard, 403),
                _ => heard,
            })
        },
    ),
    mutant("ERR-006", "repeats a PUT that is forbidden", |_| {
        Tamper::hears(|send, heard| match status(&heard) {
            Some(403) if is_put(send) => with_status(heard, 503),
            _ => heard,
        })
    }),
    mutant(
        "ERR-007",
        "repeats a GET that is forbidden twenty times",
        |_| {
            let mut left = 20;
            Tamper::default().on_reply(move |_, send, heard| {
                if matches!(status(&heard), Some(403 | 404)) && !is_put(send) && left > 0 {
                    left -= 1;
                    return Passing::First(Box::new(send.clone()), None);
                }
                Passing::On(heard)
            })
        },
    ),
    mutant("ERR-008", "does not try a GET again", |_| {
        Tamper::hears(|send, heard| match status(&heard) {
            Some(401 | 500..=599) if !is_put(send) => with_status(heard, 400),
            _ => heard,
        })
    }),
    mutant("ERR-009", "calls an error none, and none an error", |_| {
        Tamper::ends(|_, ending| {
            ending.map_err(|e| {
                let other = match e.kind {
                    ErrorKind::None => ErrorKind::Error,
                    ErrorKind::Error => ErrorKind::None,
                };
                ProviderError {
                    kind: other,
                    message: e.message,
                }
            })
        })
    }),
    mutant(
        "ERR-010",
        "gives the members an empty document has not as text",
        |_| {
            Tamper::hears(|send, heard| {
                let success = matches!(status(&heard), Some(200..=299));
                if is_document(send) && success && text(&heard).trim().is_empty() {
                    return Ok(reply(200, NOTHING));
                }
                heard
            })
        },
    ),
    mutant(
        "ERR-011",
        "takes an interim reply for the final one",
        |_| Tamper {
            takes_interim: true,
            ..Tamper::default()
        },
    ),
    mutant("ERR-013", "takes a role list that was cut short", |_| {
        Tamper::hears(|send, heard| match heard {
            // The beginning of the role's name, as much as came.
            Err(Lost::Closed) if is_roles(send) => Ok(reply(200, "imd")),
            heard => heard,
        })
    }),
    mutant("ERR-014", "dies of a reply that is not HTTP", |_| {
        Tamper::hears(|_, heard| {
            if matches!(heard, Err(Lost::NotHttp)) {
                die();
            }
            heard
        })
    }),
];
