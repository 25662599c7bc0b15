//! Mutants for CONFIG.

use super::{mutant, v1_mutant};
use crate::self_test::Mutant;
use crate::self_test::fixes::is_document;
use crate::self_test::tamper::Tamper;
use imdspec_client::{Environment, Send};

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const ENDPOINT_KEY: &str = "ec2_metadata_service_endpoint";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const MODE_KEY: &str = "ec2_metadata_service_endpoint_mode";
const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";

pub(super) const MUTANTS: &[Mutant] = &[
    mutant("CONFIG-001", "has another default endpoint", |_| {
        Tamper::sends(|send| {
            if send.authority.to_string() == "169.254.169.254:80"
                && let Ok(elsewhere) = "127.0.0.1:1339".parse()
            {
                send.authority = elsewhere;
            }
        })
    }),
    mutant(
        "CONFIG-002",
        "asks the default endpoint for the document",
        |_| {
            Tamper::sends(|send| {
                if is_document(send)
                    && let Ok(default) = "169.254.169.254:80".parse()
                {
                    send.authority = default;
                }
            })
        },
    ),
    mutant(
        "CONFIG-003",
        "lets the config file beat the environment",
        |given| {
            Tamper::sees(given, |e| {
                if has_key(e, ENDPOINT_KEY) {
                    e.vars.remove(ENDPOINT);
                }
            })
        },
    ),
    mutant(
        "CONFIG-004",
        "lets the endpoint mode beat the endpoint",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.contains_key(MODE)
                    || has_key(e, MODE_KEY)
                    || e.code.contains_key(MODE_KEY)
                {
                    e.vars.remove(ENDPOINT);
                    e.code.remove(ENDPOINT_KEY);
                    drop_key(e, ENDPOINT_KEY);
                }
            })
        },
    ),
    mutant("CONFIG-005", "lets the environment beat code", |given| {
        Tamper::sees(given, |e| {
            if e.vars.contains_key(ENDPOINT) {
                e.code.remove(ENDPOINT_KEY);
            }
            if e.vars.contains_key(MODE) || has_key(e, MODE_KEY) {
                e.code.remove(MODE_KEY);
            }
        })
    }),
    mutant("CONFIG-006", "knows no IPv6", |given| {
        Tamper::sees(given, |e| {
            e.vars.remove(MODE);
            e.code.remove(MODE_KEY);
            drop_key(e, MODE_KEY);
        })
    }),
    mutant(
        "CONFIG-007",
        "knows the endpoint mode in one spelling",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.get(MODE).is_some_and(|m| m != "IPv6" && m != "IPv4") {
                    e.vars.remove(MODE);
                }
            })
        },
    ),
    mutant(
        "CONFIG-008",
        "takes an unknown endpoint mode for IPv4",
        |given| {
            Tamper::sees(given, |e| {
                let known = |m: &str| ["ipv4", "ipv6"].contains(&m.to_lowercase().as_str());
                if e.vars.get(MODE).is_some_and(|m| !known(m)) {
                    e.vars.remove(MODE);
                }
                if !e
                    .config_file
                    .as_ref()
                    .is_some_and(|c| c.to_lowercase().contains("= ipv"))
                {
                    drop_key(e, MODE_KEY);
                }
            })
        },
    ),
    mutant(
        "CONFIG-009",
        "goes to the default when it cannot read the endpoint",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars
                    .get(ENDPOINT)
                    .is_some_and(|u| !u.starts_with("http://127."))
                {
                    e.vars.remove(ENDPOINT);
                }
            })
        },
    ),
    mutant("CONFIG-010", "refuses an empty endpoint", |given| {
        Tamper::sees(given, |e| {
            if let Some(endpoint) = e.vars.get_mut(ENDPOINT)
                && endpoint.is_empty()
            {
                *endpoint = "refused".into();
            }
        })
    }),
    mutant("CONFIG-011", "drops the path of the endpoint", |_| {
        Tamper::sends(|send| {
            let kept = send.request.target.find("/latest/");
            if let Some(base) = kept.filter(|_| is_of_service(send)) {
                send.request.target.replace_range(..base, "");
            }
        })
    }),
    mutant(
        "CONFIG-012",
        "speaks to an https endpoint in the clear",
        |_| Tamper::sends(|send| send.tls &= !is_of_service(send)),
    ),
    mutant(
        "CONFIG-013",
        "does not know the setting that turns it off",
        |given| {
            Tamper::sees(given, |e| {
                e.vars.remove(DISABLED);
            })
        },
    ),
    mutant(
        "CONFIG-014",
        "is turned off by true in lower case only",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.get(DISABLED).is_some_and(|v| v != "true") {
                    e.vars.remove(DISABLED);
                }
            })
        },
    ),
    mutant("CONFIG-015", "is turned off by any text", |given| {
        Tamper::sees(given, |e| {
            if let Some(value) = e.vars.get_mut(DISABLED) {
                *value = "true".into();
            }
        })
    }),
    mutant(
        "CONFIG-016",
        "is turned off by anything but false",
        |given| {
            Tamper::sees(given, |e| {
                if let Some(value) = e.vars.get_mut(DISABLED)
                    && value != "false"
                {
                    *value = "true".into();
                }
            })
        },
    ),
    mutant(
        "CONFIG-017",
        "lets the file beat the environment in turning it off",
        |given| {
            Tamper::sees(given, |e| {
                if has_key(e, "disable_ec2_metadata") {
                    e.vars.remove(DISABLED);
                }
            })
        },
    ),
    v1_mutant(
        "CONFIG-018",
        "looks for the IMDSv1 setting in the environment only",
        |given| Tamper::sees(given, |e| drop_key(e, "ec2_metadata_v1_disabled")),
    ),
    mutant(
        "CONFIG-020",
        "looks for the endpoint in the default profile only",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.contains_key("AWS_PROFILE") {
                    drop_key(e, ENDPOINT_KEY);
                    drop_key(e, MODE_KEY);
                }
            })
        },
    ),
    mutant(
        "CONFIG-021",
        "turns the container endpoint off with the service",
        |given| {
            Tamper::sees(given, |e| {
                if e.vars.get(DISABLED).is_some_and(|v| v == "true") {
                    e.vars.remove("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
                    e.vars.remove("AWS_CONTAINER_CREDENTIALS_FULL_URI");
                }
            })
        },
    ),
    mutant(
        "CONFIG-022",
        "refuses an endpoint that is not on the host",
        |given| {
            Tamper::sees(given, |e| {
                if let Some(endpoint) = e.vars.get_mut(ENDPOINT)
                    && endpoint.starts_with("http://169.254.170.")
                {
                    *endpoint = "refused".into();
                }
            })
        },
    ),
];

/// Whether a request is for the service, whatever stands before its paths.
fn is_of_service(send: &Send) -> bool {
    send.request.target.contains("/latest/")
}

fn has_key(environment: &Environment, key: &str) -> bool {
    let assigns = |line: &str| line.split('=').next().is_some_and(|k| k.trim() == key);
    environment
        .config_file
        .as_ref()
        .is_some_and(|c| c.lines().any(assigns))
}

fn drop_key(environment: &mut Environment, key: &str) {
    if let Some(config) = &mut environment.config_file {
        let kept: Vec<&str> = config
            .lines()
            .filter(|line| line.split('=').next().is_none_or(|k| k.trim() != key))
            .collect();
        *config = kept.join("\n");
    }
}
