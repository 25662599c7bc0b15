//! Mutants for TOKEN.

use super::{mutant, tokenless_after, v1_mutant};
use crate::self_test::Mutant;
use crate::self_test::fixes::{is_put, status, text, token, with_body, with_status};
use crate::self_test::tamper::{Passing, Sending, Tamper, die};
use imdspec_wire::{Response, TOKEN_HEADER, TTL_HEADER, Ttl};
use std::cell::RefCell;
use std::rc::Rc;

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "TOKEN-001",
        "speaks IMDSv1 and never asks for a token",
        |_| {
            Tamper::default().on_send(|_, send| {
                if is_put(send) {
                    return Sending::Answer(token("unused"));
                }
                send.request.headers.remove(TOKEN_HEADER);
                Sending::Go
            })
        },
    ),
    mutant("TOKEN-002", "asks for a token of 21601 seconds", |_| {
        Tamper::sends(|send| {
            if is_put(send) {
                send.request.headers.set(TTL_HEADER, "21601");
            }
        })
    }),
    mutant("TOKEN-003", "puts a body on the token PUT", |_| {
        Tamper::sends(|send| {
            if is_put(send) {
                send.request.body = "{}".into();
                send.request.headers.set("Content-Length", "2");
            }
        })
    }),
    mutant("TOKEN-004", "says X-Forwarded-For on the token PUT", |_| {
        Tamper::sends(|send| {
            if is_put(send) {
                send.request.headers.push("X-Forwarded-For", "10.0.0.1");
            }
        })
    }),
    mutant("TOKEN-005", "sends the token in lower case", |_| {
        Tamper::sends(|send| {
            if let Some(value) = send.request.headers.get(TOKEN_HEADER) {
                let lower = value.to_lowercase();
                send.request.headers.set(TOKEN_HEADER, lower);
            }
        })
    }),
    mutant(
        "TOKEN-006",
        "sends a token header with the token PUT",
        |_| {
            Tamper::sends(|send| {
                if is_put(send) {
                    send.request.headers.push(TOKEN_HEADER, "none-yet");
                }
            })
        },
    ),
    mutant(
        "TOKEN-007",
        "keeps the slash an endpoint setting ends with",
        |given| {
            let slash = given
                .vars
                .get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                .is_some_and(|e| e.ends_with('/'));
            Tamper::sends(move |send| {
                if slash && is_put(send) {
                    send.request.target.insert(0, '/');
                }
            })
        },
    ),
    mutant("TOKEN-009", "uses its first token for ever", |_| {
        let mut first: Option<String> = None;
        Tamper::default().on_send(move |_, send| {
            if let Some(value) = send.request.headers.get(TOKEN_HEADER) {
                first.get_or_insert_with(|| value.to_owned());
            }
            match &first {
                Some(value) if is_put(send) => Sending::Answer(token(value)),
                _ => Sending::Go,
            }
        })
    }),
    mutant(
        "TOKEN-010",
        "writes a token with line ends into the head as it is",
        |_| {
            let injected: Rc<RefCell<Option<(String, String)>>> = Rc::default();
            let seen = Rc::clone(&injected);
            Tamper::default()
                .on_send(move |_, send| {
                    if let (false, Some((name, value))) = (is_put(send), &*seen.borrow()) {
                        send.request.headers.push(name.clone(), value);
                    }
                    Sending::Go
                })
                .on_reply(move |_, send, heard| {
                    let whole = text(&heard);
                    let mut lines = whole.lines();
                    if !is_put(send) || whole.lines().count() < 2 {
                        return Passing::On(heard);
                    }
                    // On the wire the second line is a header of its own.
                    let first = lines.next().unwrap_or_default();
                    let field = lines.next().and_then(|l| l.split_once(": "));
                    *injected.borrow_mut() = field.map(|(n, v)| (n.to_owned(), v.to_owned()));
                    Passing::On(with_body(heard, first))
                })
        },
    ),
    mutant(
        "TOKEN-011",
        "takes the lifetime it asked for as granted",
        |_| {
            Tamper::hears(|send, heard| {
                let mut heard = heard;
                if let (true, Ok(reply)) = (is_put(send), &mut heard)
                    && reply.headers.has(TTL_HEADER)
                {
                    reply.headers.set(TTL_HEADER, "21600");
                }
                heard
            })
        },
    ),
    mutant("TOKEN-013", "dies of a lifetime that is no number", |_| {
        Tamper::hears(|send, heard| {
            if let (true, Ok(reply)) = (is_put(send), &heard)
                && let Some(ttl) = reply.headers.get(TTL_HEADER)
                && ttl.parse::<u32>().is_err()
            {
                die();
            }
            heard
        })
    }),
    mutant(
        "TOKEN-014",
        "uses a token until two seconds before its end",
        |_| {
            Tamper::hears(|send, heard| {
                let mut heard = heard;
                if let (true, Ok(reply)) = (is_put(send), &mut heard)
                    && let Some(Ok(ttl)) = reply.headers.get(TTL_HEADER).map(Ttl::parse)
                {
                    // The reference renews 120 s early; it is made to think the end is 118 s later.
                    let late = (ttl.seconds() + 118).min(21_600);
                    reply.headers.set(TTL_HEADER, late.to_string());
                }
                heard
            })
        },
    ),
    mutant(
        "TOKEN-015",
        "tries again with the token that was refused",
        |_| {
            Tamper::hears(|send, heard| match status(&heard) {
                Some(401) if !is_put(send) => with_status(heard, 503),
                _ => heard,
            })
        },
    ),
    mutant("TOKEN-016", "repeats a refused GET sixty times", |_| {
        let mut left = 60;
        Tamper::default().on_reply(move |_, send, heard| {
            if status(&heard) == Some(401) && left > 0 {
                left -= 1;
                return Passing::First(Box::new(send.clone()), None);
            }
            Passing::On(heard)
        })
    }),
    mutant(
        "TOKEN-017",
        "takes any reply with a lifetime for a token",
        |_| {
            Tamper::hears(|send, heard| {
                let has_ttl = heard.as_ref().is_ok_and(|r| r.headers.has(TTL_HEADER));
                if is_put(send) && has_ttl {
                    with_status(heard, 200)
                } else {
                    heard
                }
            })
        },
    ),
    mutant(
        "TOKEN-019",
        "goes on without a token when it gets none",
        |_| tokenless_after(|heard| !matches!(heard, Ok(Response { status: 200, .. }))),
    ),
    v1_mutant(
        "TOKEN-022",
        "never tries IMDSv2 again once it fell back",
        |_| {
            Tamper::hears(|send, heard| {
                let tokenless = !send.request.headers.has(TOKEN_HEADER);
                match status(&heard) {
                    Some(401) if tokenless && !is_put(send) => with_status(heard, 403),
                    _ => heard,
                }
            })
        },
    ),
    mutant(
        "TOKEN-024",
        "knows the lifetime header in two spellings only",
        |_| {
            const KNOWN: [&str; 2] = [TTL_HEADER, "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"];
            Tamper::hears(|send, heard| {
                let mut heard = heard;
                if let (true, Ok(reply)) = (is_put(send), &mut heard)
                    && !reply.headers.0.iter().any(|(n, _)| KNOWN.contains(&&**n))
                {
                    reply.headers.remove(TTL_HEADER);
                }
                heard
            })
        },
    ),
];
