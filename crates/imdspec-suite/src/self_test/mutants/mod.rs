//! One mutant for each rule, in the file of the rule's group.

mod cache;
mod config;
mod doc;
mod err;
mod retry;
mod route;
mod sec;
mod token;

use super::Mutant;
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
        ]
        .concat()
    });
    &ALL
}

/// A mutant of the reference client as it is.
const fn mutant(
    rule: &'static str,
    defect: &'static str,
    tamper: fn(&imdspec_client::Environment) -> super::tamper::Tamper,
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
    tamper: fn(&imdspec_client::Environment) -> super::tamper::Tamper,
) -> Mutant {
    Mutant {
        v1_fallback: true,
        ..mutant(rule, defect, tamper)
    }
}
