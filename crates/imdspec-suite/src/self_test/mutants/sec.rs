//! Mutants for SEC.

use super::mutant;
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_document, is_put, status};
use crate::self_test::tamper::{Heard, Passing, Tamper, die};
use imdspec_client::{Authority, Environment, Send};
use imdspec_wire::TOKEN_HEADER;

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "SEC-001",
        "takes the token along when it is redirected",
        |_| following(|send| !is_put(send), |_| {}),
    ),
    mutant("SEC-002", "follows a redirect of the token PUT", |_| {
        following(is_put, |_| {})
    }),
    mutant(
        "SEC-003",
        "takes credentials from where it was redirected",
        |_| {
            following(is_document, |send| {
                send.request.headers.remove(TOKEN_HEADER)
            })
        },
    ),
    mutant(
        "SEC-004",
        "goes through the proxy the environment names",
        |given| {
            let proxy = proxy(given);
            Tamper::sends(move |send| {
                if let Some(proxy) = &proxy {
                    through(proxy, send);
                }
            })
        },
    ),
    mutant(
        "SEC-005",
        "shows the secret key in its debug output",
        |_| Tamper {
            leaks: true,
            ..Tamper::default()
        },
    ),
    mutant("SEC-008", "reads a body however long it is", |_| {
        Tamper::sends(|send| send.limits.body = usize::MAX)
    }),
    mutant("SEC-019", "dies of a document nested deep", |_| {
        Tamper::hears(|_, heard| {
            let deep = |r: &imdspec_wire::Response| r.body.text().contains("[[[[[[[[");
            if heard.as_ref().is_ok_and(deep) {
                die();
            }
            heard
        })
    }),
];

/// The proxy that the environment names.
pub(super) fn proxy(given: &Environment) -> Option<Authority> {
    let mut names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].iter();
    let url = names.find_map(|name| given.vars.get(*name))?;
    let place = url.trim_end_matches('/').strip_prefix("http://")?;
    place.parse().ok()
}

/// The request as a proxy is sent it.
pub(super) fn through(proxy: &Authority, send: &mut Send) {
    send.request.target = format!("http://{}{}", send.authority, send.request.target);
    send.authority = proxy.clone();
}

/// Follows redirects of the requests that `which` names, changed by `change` on the way.
pub(super) fn following(which: fn(&Send) -> bool, change: fn(&mut Send)) -> Tamper {
    Tamper::default().on_reply(move |_, send, heard| match redirected(send, &heard) {
        Some(mut elsewhere) if which(send) => {
            change(&mut elsewhere);
            Passing::First(Box::new(elsewhere), None)
        }
        _ => Passing::On(heard),
    })
}

/// The same request, where its reply says to go.
fn redirected(send: &Send, heard: &Heard) -> Option<Send> {
    if !matches!(status(heard), Some(300..=399)) {
        return None;
    }
    let location = heard.as_ref().ok()?.headers.get("location")?;
    let rest = location.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut elsewhere = send.clone();
    elsewhere.authority = authority.parse().ok()?;
    elsewhere.request.target = if path.is_empty() {
        "/".into()
    } else {
        path.into()
    };
    Some(elsewhere)
}
