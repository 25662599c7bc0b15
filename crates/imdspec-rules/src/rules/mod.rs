//! The rules, a folder a group.
//!
//! A monitor is an invariant over *any* trace, not an assertion at the end of one test: it looks
//! for the situation its rule speaks of, says [`held`](crate::Docket::held) or
//! [`violated`](crate::Docket::violated) each time it finds one, and nothing otherwise.

use crate::Rule;
use std::sync::LazyLock;

mod cache;
mod chain;
mod config;
mod cont;
pub(crate) mod doc;
mod err;
#[cfg(test)]
mod recorded;
mod retry;
mod route;
mod sec;
pub(crate) mod sight;
#[cfg(test)]
mod tests;
mod token;

/// Every rule, by group and number.
#[must_use]
pub fn all() -> &'static [Rule] {
    static ALL: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        [
            token::RULES,
            route::RULES,
            doc::RULES,
            err::RULES,
            retry::RULES,
            cache::RULES,
            config::RULES,
            sec::RULES,
            chain::RULES,
            cont::RULES,
        ]
        .concat()
    });
    &ALL
}

/// The rule with this id.
#[must_use]
pub fn get(id: &str) -> Option<&'static Rule> {
    all().iter().find(|r| r.id == id)
}
