//! Mutants for CACHE.

use super::mutant;
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_document, object, refused, status};
use crate::self_test::tamper::{Ending, Heard, Passing, Tamper};
use imdspec_client::{ProviderError, ResolvedCredentials, Send};
use imdspec_wire::{Now, Timestamp, Wall};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "CACHE-001",
        "keeps nothing from one resolve to the next",
        |_| Tamper {
            forgets: true,
            ..Tamper::default()
        },
    ),
    mutant(
        "CACHE-002",
        "gives what it once got without looking at its end",
        |_| Tamper {
            frozen: true,
            ..Tamper::default()
        },
    ),
    mutant("CACHE-005", "fails when an early refresh fails", |_| {
        on_failed_refresh(ends_after)
    }),
    mutant(
        "CACHE-006",
        "fails when a refresh fails after the end",
        |_| on_failed_refresh(|_, _| true),
    ),
    mutant(
        "CACHE-007",
        "refuses a document that has already ended",
        |_| {
            Tamper::default().on_reply(|now, send, heard| {
                let over = end_of(&heard).is_some_and(|end| end < now.wall);
                Passing::On(if is_document(send) && over {
                    refused(heard)
                } else {
                    heard
                })
            })
        },
    ),
    mutant(
        "CACHE-008",
        "says that credentials live a quarter of an hour longer",
        |_| {
            Tamper::ends(|_, ending| {
                ending.map(|given| ResolvedCredentials {
                    expiration: given
                        .expiration
                        .map(|e| Timestamp::from_wall(Wall(e.wall().0 + 900_000))),
                    ..given
                })
            })
        },
    ),
    mutant(
        "CACHE-009",
        "asks at every resolve while it lives on what is over",
        |_| {
            let last: Rc<RefCell<Option<Send>>> = Rc::default();
            let seen = Rc::clone(&last);
            Tamper::default()
                .on_reply(move |now, send, heard| {
                    let over = end_of(&heard).is_some_and(|end| end < now.wall);
                    if is_document(send) {
                        *seen.borrow_mut() = over.then(|| send.clone());
                    }
                    Passing::On(heard)
                })
                .on_done(move |_, ending| match last.borrow().clone() {
                    Some(send) => Passing::First(Box::new(send), Some(ending)),
                    None => Passing::On(ending),
                })
        },
    ),
    mutant(
        "CACHE-011",
        "never leaves the credentials it once stretched",
        |_| {
            let stuck: RefCell<Option<ResolvedCredentials>> = RefCell::default();
            let failed = Rc::new(Cell::new(false));
            let seen = Rc::clone(&failed);
            let last: RefCell<Option<ResolvedCredentials>> = RefCell::default();
            Tamper::default()
                .on_reply(move |_, _, heard| {
                    if matches!(status(&heard), Some(500..=599)) {
                        failed.set(true);
                    }
                    Passing::On(heard)
                })
                .on_done(move |_, ending| {
                    if seen.get() && stuck.borrow().is_none() {
                        stuck.replace(last.borrow().clone());
                    }
                    if let Ok(given) = &ending {
                        last.replace(Some(given.clone()));
                    }
                    Passing::On(match &*stuck.borrow() {
                        Some(old) => Ok(old.clone()),
                        None => ending,
                    })
                })
        },
    ),
    mutant(
        "CACHE-014",
        "fetches once more for the others who wait",
        |_| {
            let last: Rc<RefCell<Option<Send>>> = Rc::default();
            let seen = Rc::clone(&last);
            Tamper::default()
                .on_reply(move |_, send, heard| {
                    if is_document(send) {
                        seen.replace(Some(send.clone()));
                    }
                    Passing::On(heard)
                })
                .on_done(move |_, ending| match last.take() {
                    Some(send) => Passing::First(Box::new(send), Some(ending)),
                    None => Passing::On(ending),
                })
        },
    ),
    mutant("CACHE-016", "dies when the wall clock is moved", |_| {
        Tamper {
            dies_on_jumps: true,
            ..Tamper::default()
        }
    }),
    mutant(
        "CACHE-018",
        "gives a new key with the token of the old",
        |_| {
            let mut first: Option<ResolvedCredentials> = None;
            Tamper::ends(move |_, ending| {
                ending.map(|given| {
                    let old = first.get_or_insert_with(|| given.clone());
                    ResolvedCredentials {
                        session_token: old.session_token.clone(),
                        ..given
                    }
                })
            })
        },
    ),
];

/// Fails a resolve in which the service failed, if `when` says so of what would have been given.
fn on_failed_refresh(when: fn(Now, &ResolvedCredentials) -> bool) -> Tamper {
    let failed = Rc::new(Cell::new(false));
    let seen = Rc::clone(&failed);
    Tamper::default()
        .on_reply(move |_, _, heard| {
            if !matches!(status(&heard), Some(200..=399)) {
                failed.set(true);
            }
            Passing::On(heard)
        })
        .on_done(move |now, ending: Ending| {
            let fails = seen.replace(false) && ending.as_ref().is_ok_and(|g| when(now, g));
            Passing::On(if fails {
                Err(ProviderError::error("the refresh failed"))
            } else {
                ending
            })
        })
}

/// When the document heard ends, if it is one.
fn end_of(heard: &Heard) -> Option<Wall> {
    let document = object(heard)?;
    let end = Timestamp::parse(document.get("Expiration")?.as_str()?).ok()?;
    Some(end.wall())
}

fn ends_after(now: Now, given: &ResolvedCredentials) -> bool {
    given.expiration.is_some_and(|e| e.wall() > now.wall)
}
