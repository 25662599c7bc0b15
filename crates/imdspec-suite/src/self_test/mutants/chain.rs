//! Mutants for CHAIN.

use super::{mutant, tokenless_after};
use crate::self_test::Mutant;
use crate::self_test::fixes::status;
use crate::self_test::tamper::{Ending, Passing, Tamper};
use imdspec_client::{Authority, Environment, Options, ResolvedCredentials, Send};
use imdspec_wire::{Limits, Order, Request, Source, paths};

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "CHAIN-001",
        "looks at the environment last of all, behind the service",
        |_| Tamper::built(|o| put_behind(o, Source::Environment, Source::Imds)),
    ),
    mutant(
        "CHAIN-002",
        "looks at the keys of the profile behind the service",
        |_| {
            Tamper::built(|o| {
                put_behind(o, Source::SharedCredentials, Source::Imds);
                put_behind(o, Source::ConfigFile, Source::Imds);
            })
        },
    ),
    mutant(
        "CHAIN-003",
        "looks at the container endpoint behind the service",
        |_| {
            Tamper::built(|o| {
                put_behind(o, Source::Container, Source::Imds);
                put_behind(o, Source::ContainerFull, Source::Imds);
            })
        },
    ),
    mutant("CHAIN-004", "goes on when a source fails", |_| {
        Tamper::built(|o| o.goes_on = true)
    }),
    mutant("CHAIN-005", "makes up keys when it finds none", |_| {
        Tamper::ends(|_, ending| ending.or_else(|_| Ok(keys("none", "none"))))
    }),
    mutant(
        "CHAIN-006",
        "looks at the profile before the web identity",
        |_| {
            Tamper::built(|o| {
                put_behind(o, Source::WebIdentity, Source::ConfigFile);
            })
        },
    ),
    mutant("CHAIN-007", "takes empty keys for keys", |given| {
        let is_empty = |name| given.vars.get(name).is_some_and(String::is_empty);
        let both = is_empty(ID) && is_empty(SECRET);
        Tamper::ends(move |_, ending| if both { Ok(keys("", "")) } else { ending })
    }),
    mutant(
        "CHAIN-008",
        "completes half a pair with the secret of the profile",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.contains_key(ID) && !e.vars.contains_key(SECRET) {
                    let secret = in_credentials_file(e, "aws_secret_access_key");
                    e.vars.extend(secret.map(|s| (SECRET.to_owned(), s)));
                }
            })
        },
    ),
    mutant(
        "CHAIN-009",
        "takes a security token from wherever there is one",
        |given| {
            Tamper::sees(given, |e| {
                if !e.vars.contains_key(TOKEN) {
                    let token = in_credentials_file(e, "aws_session_token");
                    e.vars.extend(token.map(|t| (TOKEN.to_owned(), t)));
                }
            })
        },
    ),
    mutant(
        "CHAIN-010",
        "does not ask the service where there is a profile",
        |given| {
            Tamper::sees(given, |e| {
                if e.config_file.is_some() {
                    e.vars.insert(DISABLED.into(), "true".into());
                }
            })
        },
    ),
    mutant("CHAIN-011", "does not know credential_source", |_| {
        Tamper::built(|o| {
            let named = |s: &Source| s.rests_on().is_some();
            o.order = o.order.sources().filter(|s| !named(s)).collect();
        })
    }),
    mutant(
        "CHAIN-012",
        "passes the environment by when a profile is named",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.contains_key("AWS_PROFILE") {
                    e.vars
                        .retain(|name, _| ![ID, SECRET, TOKEN].contains(&name.as_str()));
                }
            })
        },
    ),
    mutant(
        "CHAIN-013",
        "goes on without a token when it is refused one",
        |_| tokenless_after(|heard| status(heard) == Some(403)),
    ),
    mutant(
        "CHAIN-014",
        "finds nothing at all when the service is turned off",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.get(DISABLED).is_some_and(|v| v == "true") {
                    e.vars.retain(|name, _| name == DISABLED);
                    (e.config_file, e.credentials_file) = (None, None);
                }
            })
        },
    ),
    mutant(
        "CHAIN-015",
        "goes on when its source fails later in life",
        |_| Tamper {
            second_life: Some(|o| o.goes_on = true),
            ..Tamper::default()
        },
    ),
    mutant(
        "CHAIN-016",
        "gives the keys that a role is assumed with",
        |given| {
            Tamper::sees(given, |e| {
                if let Some(base) = in_config_file(e, "source_profile") {
                    e.vars.insert("AWS_PROFILE".into(), base);
                }
            })
        },
    ),
    mutant(
        "CHAIN-017",
        "looks at keys in files before IAM Identity Center",
        |_| Tamper::built(|o| put_behind(o, Source::Sso, Source::ConfigFile)),
    ),
    mutant(
        "CHAIN-018",
        "asks the service for a role, whoever gives credentials",
        |given| {
            let endpoint = given.vars.get(ENDPOINT).cloned();
            Tamper::default()
                .on_done(move |_, ending| asks_on_the_side(endpoint.as_deref(), ending))
        },
    ),
    mutant(
        "CHAIN-019",
        "passes over half a pair in the environment",
        |given| {
            Tamper::sees(given, |e| {
                if !e.vars.contains_key(SECRET) {
                    e.vars.remove(ID);
                }
            })
        },
    ),
];

/// Moves a source in the order to behind another.
fn put_behind(options: &mut Options, source: Source, other: Source) {
    let rest = options.order.sources().filter(|s| *s != source);
    let moved = rest.flat_map(|s| {
        let behind = (s == other).then_some(source);
        std::iter::once(s).chain(behind)
    });
    options.order = Order::from_iter(moved);
}

/// Keys of nobody's.
fn keys(id: &str, secret: &str) -> ResolvedCredentials {
    ResolvedCredentials {
        access_key_id: id.into(),
        secret_access_key: secret.into(),
        session_token: None,
        expiration: None,
        account_id: None,
        source: Source::Environment,
    }
}

/// Asks the service for its role before credentials of another source are given.
fn asks_on_the_side(endpoint: Option<&str>, ending: Ending) -> Passing<Ending> {
    let is_other = |c: &ResolvedCredentials| {
        c.source != Source::Imds && c.source.rests_on() != Some(Source::Imds)
    };
    let place = endpoint.map_or(Some("169.254.169.254:80"), |e| e.strip_prefix("http://"));
    let authority: Option<Authority> = place.and_then(|p| p.parse().ok());
    match authority {
        Some(authority) if ending.as_ref().is_ok_and(is_other) => {
            let send = Send {
                authority,
                tls: false,
                request: Request::new("GET", paths::ROLES),
                limits: Limits {
                    head: 8192,
                    body: 8192,
                },
            };
            Passing::First(Box::new(send), Some(ending))
        }
        _ => Passing::On(ending),
    }
}

fn in_credentials_file(environment: &Environment, key: &str) -> Option<String> {
    value(environment.credentials_file.as_ref()?, key)
}

fn in_config_file(environment: &Environment, key: &str) -> Option<String> {
    value(environment.config_file.as_ref()?, key)
}

/// What a file of profiles sets a key to, in whichever profile.
fn value(file: &str, key: &str) -> Option<String> {
    let mut settings = file.lines().filter_map(|line| line.split_once('='));
    let (_, value) = settings.find(|(name, _)| name.trim() == key)?;
    Some(value.trim().to_owned())
}
