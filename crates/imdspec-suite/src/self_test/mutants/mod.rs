//! One mutant for each rule, in the file of the rule's group.

mod cache;
mod chain;
mod config;
mod cont;
mod doc;
mod err;
mod retry;
mod route;
mod sec;
mod token;

use super::Mutant;
use super::fixes::{is_put, token as token_reply};
use super::tamper::{Heard, Passing, Sending, Tamper};
use imdspec_client::Environment;
use imdspec_wire::TOKEN_HEADER;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::LazyLock;

/// Every mutant, in the order of the rules.
#[must_use]
pub fn mutants() -> &'static [Mutant] {
    static ALL: LazyLock<Vec<Mutant>> = LazyLock::new(|| {
        [
            token::MUTANTS,
            route::MUTANTS,
            doc::MUTANTS,
            err::MUTANTS,
            retry::MUTANTS,
            cache::MUTANTS,
            config::MUTANTS,
            sec::MUTANTS,
            chain::MUTANTS,
            cont::MUTANTS,
        ]
        .concat()
    });
    &ALL
}

/// A mutant of the reference client as it is.
pub(super) const fn mutant(
    rule: &'static str,
    defect: &'static str,
    tamper: fn(&Environment) -> Tamper,
) -> Mutant {
    Mutant {
        rule,
        defect,
        v1_fallback: false,
        tamper,
    }
}

/// A mutant of the variant that falls back to IMDSv1.
const fn v1_mutant(
    rule: &'static str,
    defect: &'static str,
    tamper: fn(&Environment) -> Tamper,
) -> Mutant {
    Mutant {
        v1_fallback: true,
        ..mutant(rule, defect, tamper)
    }
}

/// Goes on without a token once the token PUT was answered as `refused` says.
fn tokenless_after(refused: fn(&Heard) -> bool) -> Tamper {
    let was_refused = Rc::new(Cell::new(false));
    let seen = Rc::clone(&was_refused);
    Tamper::default()
        .on_send(move |_, send| {
            if seen.get() && !is_put(send) {
                send.request.headers.remove(TOKEN_HEADER);
            }
            Sending::Go
        })
        .on_reply(move |_, send, heard| {
            if is_put(send) && refused(&heard) {
                was_refused.set(true);
                return Passing::On(token_reply("unused"));
            }
            Passing::On(heard)
        })
}
