//! Mutants for RETRY.

use super::mutant;
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_put, status, with_status};
use crate::self_test::tamper::{Passing, Sending, Tamper};
use imdspec_wire::TOKEN_HEADER;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// The variable that says how often a request is tried.
const ATTEMPTS: &str = "AWS_METADATA_SERVICE_NUM_ATTEMPTS";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant("RETRY-001", "waits for ever for a reply", |_| Tamper {
        patience: Some(Duration::from_secs(24 * 3600)),
        ..Tamper::default()
    }),
    mutant("RETRY-002", "waits for ever for a connection", |_| Tamper {
        patience: Some(Duration::from_secs(24 * 3600)),
        ..Tamper::default()
    }),
    mutant(
        "RETRY-004",
        "takes attempts for repetitions, one too many",
        |given| {
            Tamper::sees(given, |e| {
                if let Some(n) = e.vars.get_mut(ATTEMPTS)
                    && let Ok(attempts) = n.parse::<u32>()
                {
                    *n = (attempts + 1).to_string();
                }
            })
        },
    ),
    mutant("RETRY-007", "tries again at once", |_| Tamper {
        impatient: true,
        ..Tamper::default()
    }),
    mutant("RETRY-008", "gives up at the first 503", |_| {
        Tamper::hears(|_, heard| match status(&heard) {
            Some(503) => with_status(heard, 400),
            _ => heard,
        })
    }),
    mutant(
        "RETRY-009",
        "leaves the token out when it tries again",
        |_| {
            let failed = Rc::new(Cell::new(false));
            let seen = Rc::clone(&failed);
            Tamper::default()
                .on_send(move |_, send| {
                    if seen.get() && !is_put(send) {
                        send.request.headers.remove(TOKEN_HEADER);
                    }
                    Sending::Go
                })
                .on_reply(move |_, send, heard| {
                    failed.set(!is_put(send) && matches!(status(&heard), Some(500..=599)));
                    Passing::On(heard)
                })
        },
    ),
    mutant("RETRY-013", "waits as long as bytes keep coming", |_| {
        Tamper {
            patience: Some(Duration::from_secs(59)),
            ..Tamper::default()
        }
    }),
];
