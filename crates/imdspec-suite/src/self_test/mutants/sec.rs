//! Mutants for SEC.

use super::mutant;
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_document, is_put, status};
use crate::self_test::tamper::{Heard, Passing, Tamper};
use imdspec_client::Send;
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
            let proxy = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]
                .iter()
                .find_map(|name| given.vars.get(*name))
                .and_then(|url| {
                    url.trim_end_matches('/')
                        .strip_prefix("http://")?
                        .parse()
                        .ok()
                });
            Tamper::sends(move |send| {
                if let Some(proxy) = &proxy {
                    send.request.target =
                        format!("http://{}{}", send.authority, send.request.target);
                    send.authority = Clone::clone(proxy);
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
];

/// Follows redirects of the requests that `which` names, changed by `change` on the way.
fn following(which: fn(&Send) -> bool, change: fn(&mut Send)) -> Tamper {
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
