//! Mutants for CONT.

use super::mutant;
use super::sec::{following, proxy, through};
use crate::self_test::Mutant;
use crate::self_test::fixes::{changed, object, refused, reply, status, with_status};
use crate::self_test::tamper::{Sending, Tamper};
use imdspec_client::{Environment, ResolvedCredentials, Send, Source};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "CONT-001",
        "asks the address of EKS for a relative URI",
        |_| {
            Tamper::sends(|send| {
                if send.authority.host == "169.254.170.2" {
                    send.authority.host = "169.254.170.23".into();
                }
            })
        },
    ),
    mutant("CONT-002", "leaves the query of the URI out", |_| {
        Tamper::sends(|send| {
            if is_container(send)
                && let Some((path, _)) = send.request.target.split_once('?')
            {
                send.request.target = path.to_owned();
            }
        })
    }),
    mutant(
        "CONT-003",
        "lets the full URI beat the relative one",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.contains_key(FULL) {
                    e.vars.remove(RELATIVE);
                }
            })
        },
    ),
    mutant(
        "CONT-004",
        "speaks to an https endpoint in the clear",
        |_| Tamper::sends(|send| send.tls &= !is_container(send)),
    ),
    mutant("CONT-005", "knows the address of ECS alone", |given| {
        Tamper::sees(given, |e| {
            if let Some(url) = e.vars.get_mut(FULL)
                && !url.starts_with("http://169.254.170.2/")
                && !url.starts_with("https:")
            {
                *url = "/refused".into();
            }
        })
    }),
    mutant("CONT-006", "asks any address over plain http", |given| {
        let host = |url: &str| {
            let host = host_of(url)?;
            let ip: std::net::Ipv4Addr = host.parse().ok()?;
            // What leads to the loopback, as the system has it.
            let ip = if ip.is_unspecified() {
                [127, 0, 0, 1].into()
            } else {
                ip
            };
            Some(ip.to_string())
        };
        elsewhere(given, FULL, host)
    }),
    mutant(
        "CONT-007",
        "takes what a resolver says of a name for granted",
        |_| {
            Tamper::sends(|send| {
                if is_container(send) && send.authority.host == "localhost" {
                    "169.254.169.254".clone_into(&mut send.authority.host);
                    send.authority.port = 80;
                }
            })
        },
    ),
    mutant(
        "CONT-008",
        "checks a host as it is written and asks what it means",
        |given| {
            let host = |url: &str| {
                let host = host_of(url)?;
                let is_odd = host.contains(['@', '[']) || host.parse::<u32>().is_ok();
                (is_odd && !host.contains("fd00")).then(|| "169.254.169.254".to_owned())
            };
            elsewhere(given, FULL, host)
        },
    ),
    mutant(
        "CONT-009",
        "takes a full URI without a host for a relative one",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.get(FULL).is_some_and(|u| u.starts_with('/'))
                    && let Some(path) = e.vars.remove(FULL)
                {
                    e.vars.entry(RELATIVE.into()).or_insert(path);
                }
            })
        },
    ),
    mutant(
        "CONT-010",
        "asks the container endpoint where none is set",
        |given| {
            Tamper::sees(given, |e| {
                if !e.vars.contains_key(FULL) {
                    e.vars.entry(RELATIVE.into()).or_insert_with(|| "/".into());
                }
            })
        },
    ),
    mutant(
        "CONT-011",
        "decodes the authorization token of the environment",
        |_| {
            Tamper::sends(|send| {
                if let Some(token) = send.request.headers.get("authorization")
                    && is_container(send)
                {
                    let decoded = token.replace("%20", " ");
                    send.request.headers.set("authorization", decoded);
                }
            })
        },
    ),
    mutant("CONT-012", "reads the token file once", |given| {
        let has_file = given.vars.contains_key(TOKEN_FILE);
        let mut first: Option<String> = None;
        Tamper::sends(move |send| {
            if let Some(token) = send.request.headers.get("authorization")
                && has_file
                && is_container(send)
            {
                let first = first.get_or_insert_with(|| token.to_owned());
                send.request.headers.set("authorization", first.as_str());
            }
        })
    }),
    mutant(
        "CONT-013",
        "lets the token of the environment beat the file",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.contains_key(TOKEN) {
                    e.vars.remove(TOKEN_FILE);
                }
            })
        },
    ),
    mutant(
        "CONT-014",
        "asks without the token where its file is not there",
        |_| {
            let missing = Rc::new(Cell::new(false));
            let seen = Rc::clone(&missing);
            Tamper::sends(move |send| {
                if seen.get() && is_container(send) {
                    send.request.headers.remove("authorization");
                }
            })
            .on_file(move |read| {
                missing.set(read.is_err());
                read.or_else(|_| Ok("unused".into()))
            })
        },
    ),
    mutant(
        "CONT-015",
        "writes a token with line ends into the head as it is",
        |_| {
            let injected: Rc<RefCell<Option<(String, String)>>> = Rc::default();
            let seen = Rc::clone(&injected);
            Tamper::sends(move |send| {
                if let (true, Some((name, value))) = (is_container(send), &*seen.borrow()) {
                    send.request.headers.push(name.clone(), value);
                }
            })
            .on_file(move |read| {
                read.map(|text| {
                    // On the wire the second line is a header of its own.
                    let mut lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
                    let first = lines.next().unwrap_or_default().to_owned();
                    let field = lines.next().and_then(|l| l.split_once(": "));
                    *injected.borrow_mut() = field.map(|(n, v)| (n.to_owned(), v.to_owned()));
                    first
                })
            })
        },
    ),
    mutant("CONT-016", "asks for no form in particular", |_| {
        Tamper::sends(|send| {
            if is_container(send) {
                send.request.headers.remove("accept");
            }
        })
    }),
    mutant("CONT-017", "asks a container document for its Code", |_| {
        Tamper::hears(|send, heard| match object(&heard) {
            Some(document) if is_container(send) && !document.contains_key("Code") => {
                refused(heard)
            }
            _ => heard,
        })
    }),
    mutant("CONT-018", "gives up after one failure", |_| {
        Tamper::hears(|send, heard| match status(&heard) {
            None if is_container(send) => Ok(reply(403, "")),
            Some(500..) if is_container(send) => with_status(heard, 403),
            _ => heard,
        })
    }),
    mutant("CONT-019", "waits an hour for a reply", |_| Tamper {
        patience: Some(Duration::from_secs(3600)),
        ..Tamper::default()
    }),
    mutant(
        "CONT-020",
        "goes on with container credentials that are over",
        |_| {
            let mut last: Option<ResolvedCredentials> = None;
            Tamper::ends(move |_, ending| match ending {
                Ok(given) => {
                    last = Some(given.clone()).filter(is_of_container);
                    Ok(given)
                }
                Err(error) => last.clone().ok_or(error),
            })
        },
    ),
    mutant(
        "CONT-021",
        "asks the container endpoint through a proxy",
        |given| {
            let proxy = proxy(given);
            Tamper::sends(move |send| {
                if let Some(proxy) = &proxy
                    && is_container(send)
                {
                    through(proxy, send);
                }
            })
        },
    ),
    mutant(
        "CONT-022",
        "drops the account of a container document",
        |_| {
            Tamper::ends(|_, ending| {
                ending.map(|mut given| {
                    if is_of_container(&given) {
                        given.account_id = None;
                    }
                    given
                })
            })
        },
    ),
    mutant(
        "CONT-023",
        "takes the authorization token along when it is redirected",
        |_| following(is_container, |_| {}),
    ),
    mutant(
        "CONT-024",
        "puts the relative URI behind the host as it is",
        |given| {
            let host = |uri: &str| {
                let rest = uri.strip_prefix("//").or_else(|| uri.strip_prefix('@'))?;
                rest.split('/').next().map(ToOwned::to_owned)
            };
            elsewhere(given, RELATIVE, host)
        },
    ),
    mutant(
        "CONT-025",
        "takes a container document without a token",
        |_| {
            Tamper::hears(|send, heard| {
                if !is_container(send) {
                    return heard;
                }
                changed(heard, |document| {
                    document.entry("Token").or_insert("none".into());
                })
            })
        },
    ),
];

/// Whether a request is for the container endpoint.
fn is_container(send: &Send) -> bool {
    let of_services = ["/latest/", "/federation/", "/token"];
    send.request.method == "GET"
        && !of_services
            .iter()
            .any(|path| send.request.target.starts_with(path))
}

fn is_of_container(given: &ResolvedCredentials) -> bool {
    matches!(given.source, Source::Container | Source::ContainerFull)
}

/// What stands for the host in a URL of plain http.
fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://")?;
    let authority = rest.split('/').next()?;
    Some(match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    })
}

/// Asks another host than the client would have: `host` says which one a variable names, where the
/// client would have refused it.
fn elsewhere(
    given: &Environment,
    variable: &'static str,
    host: impl Fn(&str) -> Option<String>,
) -> Tamper {
    let named = given.vars.get(variable);
    let Some((named, there)) = named.and_then(|value| Some((value.clone(), host(value)?))) else {
        return Tamper::default();
    };
    let path = named
        .rsplit_once('/')
        .map_or("", |(_, path)| path)
        .to_owned();
    let port = named
        .rsplit_once(':')
        .and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
    let seen = if variable == RELATIVE {
        format!("/{path}")
    } else {
        format!("http://127.0.0.1/{path}")
    };
    Tamper::sees(given, |e| {
        e.vars.insert(variable.to_owned(), seen);
    })
    .on_send(move |_, send| {
        if is_container(send) {
            send.authority.host = there.split(':').next().unwrap_or_default().to_owned();
            send.authority.port = port.unwrap_or(80);
        }
        Sending::Go
    })
}
