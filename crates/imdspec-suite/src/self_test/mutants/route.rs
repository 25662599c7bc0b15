//! Mutants for ROUTE.

use super::mutant;
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_document, is_roles, reply, status, text, with_body, with_status};
use crate::self_test::tamper::{Passing, Sending, Tamper, die};
use imdspec_wire::paths;
use std::cell::Cell;
use std::rc::Rc;

pub(super) const MUTANTS: &[Mutant] = &[
    mutant("ROUTE-001", "knows the role's name without asking", |_| {
        Tamper::default().on_send(|_, send| {
            if is_roles(send) {
                return Sending::Answer(Ok(reply(200, "imdspec-role")));
            }
            Sending::Go
        })
    }),
    mutant("ROUTE-002", "leaves out the slash of the role list", |_| {
        Tamper::sends(|send| {
            if is_roles(send) {
                send.request.target = paths::ROLES.trim_end_matches('/').into();
            }
        })
    }),
    mutant(
        "ROUTE-003",
        "takes a plus in a role name for a space",
        |_| {
            Tamper::sends(|send| {
                if is_document(send) {
                    send.request.target = send.request.target.replace('+', "%20");
                }
            })
        },
    ),
    mutant(
        "ROUTE-004",
        "asks for the role with the newline that ended it",
        |_| {
            let newline = Rc::new(Cell::new(false));
            let seen = Rc::clone(&newline);
            Tamper::default()
                .on_send(move |_, send| {
                    if seen.get() && is_document(send) {
                        send.request.target.push_str("%0A");
                    }
                    Sending::Go
                })
                .on_reply(move |_, send, heard| {
                    if is_roles(send) {
                        newline.set(text(&heard).ends_with('\n'));
                    }
                    Passing::On(heard)
                })
        },
    ),
    mutant("ROUTE-005", "uses the last role of the list", |_| {
        Tamper::hears(|send, heard| {
            let body = text(&heard);
            match body.trim_end().lines().last() {
                Some(last) if is_roles(send) => with_body(heard, last),
                _ => heard,
            }
        })
    }),
    mutant(
        "ROUTE-006",
        "reads the list itself as a document when it is empty",
        |_| {
            let empty = Rc::new(Cell::new(false));
            let seen = Rc::clone(&empty);
            Tamper::default()
                .on_send(move |_, send| {
                    if seen.get() && is_document(send) {
                        send.request.target = paths::ROLES.into();
                    }
                    Sending::Go
                })
                .on_reply(move |_, send, heard| {
                    if is_roles(send) && status(&heard) == Some(200) && text(&heard).is_empty() {
                        empty.set(true);
                        return Passing::On(with_body(heard, "empty"));
                    }
                    Passing::On(heard)
                })
        },
    ),
    mutant("ROUTE-007", "guesses a role where there is none", |_| {
        Tamper::hears(|send, heard| match status(&heard) {
            Some(404) if is_roles(send) => Ok(reply(200, "imdspec-role")),
            _ => heard,
        })
    }),
    mutant("ROUTE-008", "takes an error page for the role list", |_| {
        Tamper::hears(|send, heard| {
            if is_roles(send) && !text(&heard).is_empty() {
                with_status(heard, 200)
            } else {
                heard
            }
        })
    }),
    mutant("ROUTE-009", "keeps the first role's name for ever", |_| {
        let first: Rc<Cell<Option<String>>> = Rc::default();
        let seen = Rc::clone(&first);
        Tamper::default()
            .on_send(move |_, send| {
                let known = seen.take();
                seen.set(known.clone());
                match known {
                    Some(list) if is_roles(send) => Sending::Answer(Ok(reply(200, &list))),
                    _ => Sending::Go,
                }
            })
            .on_reply(move |_, send, heard| {
                if is_roles(send) && status(&heard) == Some(200) {
                    first.set(Some(text(&heard)));
                }
                Passing::On(heard)
            })
    }),
    mutant(
        "ROUTE-013",
        "dies of a role name with a slash in it",
        |_| {
            Tamper::hears(|send, heard| {
                if is_roles(send) && status(&heard) == Some(200) && text(&heard).contains('/') {
                    die();
                }
                heard
            })
        },
    ),
];
