//! What was set for the container endpoint, and the requests meant for it.

use super::url::{Url, address};
use crate::{Call, Case, Exchange, Server};

pub(super) const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
pub(super) const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

fn var<'t>(case: &Case<'t>, name: &str) -> Option<&'t str> {
    case.trace.header.env.get(name).map(String::as_str)
}

/// The value of the relative variable.
pub(super) fn relative<'t>(case: &Case<'t>) -> Option<&'t str> {
    var(case, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
}

/// The value of the full variable.
pub(super) fn full<'t>(case: &Case<'t>) -> Option<&'t str> {
    var(case, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
}

/// The URL of the full variable, where it alone is set.
pub(super) fn only_full<'t>(case: &Case<'t>) -> Option<Url<'t>> {
    full(case)
        .filter(|_| relative(case).is_none())
        .and_then(Url::parse)
}

/// The authorization token of the environment.
pub(super) fn token<'t>(case: &Case<'t>) -> Option<&'t str> {
    var(case, TOKEN)
}

/// The name of the token file below the subject's home, where it is there.
pub(super) fn token_file<'t>(case: &Case<'t>) -> Option<&'t str> {
    var(case, TOKEN_FILE)?.strip_prefix("${home}/")
}

/// Whether a request was meant for the container endpoint: a GET that came to one, or to the
/// address that the full URI names. The service's own paths are another setting's doing.
pub(super) fn is_for_container(case: &Case<'_>, x: &Exchange<'_>) -> bool {
    let target = x.request.target.trim_start_matches('/');
    if target.starts_with("latest/") {
        return false;
    }
    let is_named = || {
        full(case)
            .and_then(Url::parse)
            .filter(|u| !u.is_https)
            .and_then(|u| u.address())
            .is_some_and(|named| address(&x.request.to) == Some(named))
    };
    match x.request.server {
        Server::Container => true,
        Server::Collector => is_named(),
        Server::Imds
        | Server::Proxy
        | Server::Sts
        | Server::Sso
        | Server::Oidc
        | Server::Signin => false,
    }
}

/// The requests of a call that were meant for the container endpoint, in order.
pub(super) fn requests<'c, 't>(
    case: &'c Case<'t>,
    call: &Call<'t>,
) -> impl Iterator<Item = &'c Exchange<'t>> {
    case.exchanges[call.exchanges.clone()]
        .iter()
        .filter(|x| is_for_container(case, x))
}

/// The calls whose exchanges are their own and that were answered.
pub(super) fn answered_calls<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = &'c Call<'t>> {
    case.lone_calls().filter(|c| c.outcome.is_some())
}

/// Whether this text may stand in a header field as it is: visible, and no white space around it.
pub(super) fn is_legal_value(text: &str) -> bool {
    let is_legal = |c: char| c == ' ' || c.is_ascii_graphic();
    !text.is_empty() && text.trim() == text && text.chars().all(is_legal)
}
