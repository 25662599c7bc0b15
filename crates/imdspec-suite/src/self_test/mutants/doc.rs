//! Mutants for DOC.

use super::mutant;
use crate::self_test::Mutant;
use crate::self_test::fixes::{
    changed, is_document, object, refused, status, text, with_body, with_status,
};
use crate::self_test::tamper::{Heard, Passing, Tamper, die};
use imdspec_client::Send;
use serde_json::Value;

/// Members a client reads.
const KNOWN: [&str; 9] = [
    "Code",
    "Message",
    "LastUpdated",
    "Type",
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "Expiration",
    "AccountId",
];

/// Far enough to be valid for ever.
const FAR: &str = "2099-01-01T00:00:00Z";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant("DOC-001", "drops the last character of the secret", |_| {
        Tamper::ends(|_, ending| {
            ending.map(|mut given| {
                given.secret_access_key.pop();
                given
            })
        })
    }),
    mutant(
        "DOC-002",
        "refuses a document with members it does not know",
        |_| {
            documents(|heard| {
                let strange =
                    object(&heard).is_some_and(|o| o.keys().any(|k| !KNOWN.contains(&k.as_str())));
                if strange { refused(heard) } else { heard }
            })
        },
    ),
    mutant("DOC-003", "does not look at Code", |_| {
        documents(|heard| {
            changed(heard, |o| {
                o.insert("Code".into(), "Success".into());
            })
        })
    }),
    mutant("DOC-005", "refuses a document without Code", |_| {
        documents(|heard| match object(&heard) {
            Some(o) if !o.contains_key("Code") => refused(heard),
            _ => heard,
        })
    }),
    mutant("DOC-007", "compares Code before unescaping it", |_| {
        documents(|heard| {
            if text(&heard).contains(r"\u0075ccess") {
                refused(heard)
            } else {
                heard
            }
        })
    }),
    mutant(
        "DOC-008",
        "gives a made-up key for one that is missing",
        |_| {
            documents(|heard| {
                if object(&heard).is_some_and(|o| o.contains_key("Token")) {
                    changed(heard, |o| {
                        for name in ["AccessKeyId", "SecretAccessKey"] {
                            o.entry(name).or_insert_with(|| "missing".into());
                        }
                    })
                } else {
                    heard
                }
            })
        },
    ),
    mutant("DOC-009", "gives an empty key", |_| {
        let tamper = documents(|heard| {
            changed(heard, |o| {
                for name in ["AccessKeyId", "SecretAccessKey"] {
                    if o.get(name) == Some(&Value::from("")) {
                        o.insert(name.into(), "empty".into());
                    }
                }
            })
        });
        tamper.on_done(|_, ending| {
            Passing::On(ending.map(|mut given| {
                for key in [&mut given.access_key_id, &mut given.secret_access_key] {
                    if key == "empty" {
                        key.clear();
                    }
                }
                given
            }))
        })
    }),
    mutant("DOC-010", "gives keys without their token", |_| {
        documents(|heard| {
            changed(heard, |o| {
                o.entry("Token").or_insert_with(|| "missing".into());
            })
        })
    }),
    mutant(
        "DOC-011",
        "takes a document without an end for one that never ends",
        |_| {
            documents(|heard| {
                changed(heard, |o| {
                    o.entry("Expiration").or_insert_with(|| FAR.into());
                })
            })
        },
    ),
    mutant("DOC-012", "refuses fractions of a second", |_| {
        documents(|heard| {
            let fraction = object(&heard).is_some_and(|o| {
                o.get("Expiration")
                    .and_then(Value::as_str)
                    .is_some_and(|e| e.contains('.'))
            });
            if fraction { refused(heard) } else { heard }
        })
    }),
    mutant("DOC-014", "takes an end it cannot read for no end", |_| {
        documents(|heard| {
            changed(heard, |o| {
                let readable = o
                    .get("Expiration")
                    .and_then(Value::as_str)
                    .is_some_and(|e| imdspec_wire::Timestamp::parse(e).is_ok());
                if !readable && o.contains_key("Expiration") {
                    o.insert("Expiration".into(), FAR.into());
                }
            })
        })
    }),
    mutant(
        "DOC-016",
        "dies of a body that is JSON but no object",
        |_| {
            documents(|heard| {
                let value: Result<Value, _> = serde_json::from_str(&text(&heard));
                if value.is_ok_and(|v| !v.is_object()) {
                    die();
                }
                heard
            })
        },
    ),
    mutant("DOC-017", "ignores what follows the document", |_| {
        documents(|heard| {
            let body = text(&heard);
            let mut values = serde_json::Deserializer::from_str(&body).into_iter::<Value>();
            match values.next() {
                Some(Ok(first)) => with_body(heard, &first.to_string()),
                _ => heard,
            }
        })
    }),
    mutant("DOC-020", "turns a number into text", |_| {
        documents(|heard| {
            changed(heard, |o| {
                for name in ["AccessKeyId", "SecretAccessKey", "Token"] {
                    if let Some(value) = o.get_mut(name)
                        && !value.is_string()
                    {
                        *value = Value::String(value.to_string());
                    }
                }
            })
        })
    }),
    mutant("DOC-021", "does not unescape a slash", |_| {
        Tamper::ends(|_, ending| {
            ending.map(|mut given| {
                given.session_token = given.session_token.map(|t| t.replace('/', r"\/"));
                given
            })
        })
    }),
    mutant("DOC-023", "wants JSON to be called text/plain", |_| {
        documents(|heard| {
            let plain = heard
                .as_ref()
                .is_ok_and(|r| r.headers.get("content-type") == Some("text/plain"));
            if plain {
                heard
            } else {
                with_status(heard, 415)
            }
        })
    }),
    mutant("DOC-024", "replaces what is not UTF-8 and goes on", |_| {
        documents(|heard| {
            let body = text(&heard);
            with_body(heard, &body)
        })
    }),
];

/// A defect in how a successful document reply is read.
fn documents(change: impl Fn(Heard) -> Heard + 'static) -> Tamper {
    Tamper::hears(move |send: &Send, heard| {
        if is_document(send) && status(&heard) == Some(200) {
            change(heard)
        } else {
            heard
        }
    })
}
