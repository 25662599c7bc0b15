//! Traces drawn from bytes, out of small tables: most of what is drawn means something to a rule.

use arbitrary::{Result, Unstructured};
use imdspec_rules::{
    ClockKind, End, Event, Given, Header, Keys, Outcome, RefusalKind, Reply, RequestSeen,
    SecretKind, Server, Stream, Trace, What,
};
use imdspec_wire::{Bytes, Headers, Mono, Source, TOKEN_HEADER, TTL_HEADER, Version, Wall, paths};

/// The most events of one trace.
const MOST_EVENTS: usize = 24;

/// What must never stand in a finding: these values come into being as secrets and as nothing else.
pub const SECRETS: [&str; 6] = [
    "AQAEAFirst-s3cret==",
    "AQAEASecond-s3cret==",
    "secret-of-ASIAONE",
    "secret-of-ASIATWO",
    "token-of-ASIAONE",
    "token-of-ASIATWO",
];
const KEYS: [&str; 2] = ["ASIAONE", "ASIATWO"];

const TARGETS: [&str; 12] = [
    paths::TOKEN,
    paths::ROLES,
    "/latest/meta-data/iam/security-credentials/imdspec-role",
    "/latest/meta-data/iam/security-credentials",
    "/latest/meta-data/iam/security-credentials/other?x#y",
    paths::IAM_INFO,
    paths::IDENTITY_DOCUMENT,
    "/latest/api/token/",
    paths::EC2_IDENTITY,
    "http://169.254.169.254/latest/api/token",
    "/v2/credentials/7",
    "/",
];
const FIELDS: [(&str, &str); 14] = [
    (TTL_HEADER, "21600"),
    (TOKEN_HEADER, SECRETS[0]),
    (TOKEN_HEADER, SECRETS[1]),
    (TTL_HEADER, "1"),
    (TTL_HEADER, "+60"),
    (TOKEN_HEADER, ""),
    ("Host", "169.254.169.254"),
    ("User-Agent", "imdspec/0"),
    ("X-Forwarded-For", "10.0.0.1"),
    ("Authorization", "container-authorization"),
    ("Content-Type", "text/plain"),
    ("Location", "http://127.0.0.1:1/"),
    ("Content-Length", "5"),
    ("Connection", "close"),
];
const STATUSES: [Option<u16>; 14] = [
    Some(200),
    Some(200),
    Some(404),
    Some(401),
    Some(403),
    Some(500),
    Some(503),
    Some(405),
    Some(400),
    Some(429),
    Some(301),
    Some(204),
    None,
    Some(201),
];
const ADDRESSES: [&str; 5] = [
    "169.254.169.254:80",
    "[fd00:ec2::254]:80",
    "127.0.0.1:1338",
    "169.254.170.2:80",
    "nowhere",
];
const EXPIRATIONS: [&str; 5] = [
    "2026-01-01T06:00:00Z",
    "2026-01-01T00:03:00Z",
    "2025-12-31T23:59:59Z",
    "2026-01-01T00:14:59.5+00:00",
    "never",
];
const SETTINGS: [(&str, &str); 14] = [
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"),
    ("AWS_EC2_METADATA_V1_DISABLED", "TRUE"),
    ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1"),
    ("AWS_METADATA_SERVICE_TIMEOUT", "0"),
    ("AWS_ACCESS_KEY_ID", "ASIAONE"),
    ("AWS_SECRET_ACCESS_KEY", SECRETS[2]),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "/v2/credentials/7",
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://127.0.0.1:1338/get",
    ),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "container-authorization",
    ),
    ("ec2_metadata_service_endpoint_mode", "ipv5"),
    ("ec2_metadata_service_endpoint", ""),
    ("disable_ec2_metadata", "tRue"),
];
const SERVERS: [Server; 8] = [
    Server::Imds,
    Server::Container,
    Server::Collector,
    Server::Proxy,
    Server::Sts,
    Server::Sso,
    Server::Oidc,
    Server::Signin,
];
const ENDS: [End; 8] = [
    End::Whole,
    End::Short,
    End::Silent,
    End::Closed,
    End::Reset,
    End::Garbage,
    End::Drip,
    End::Endless,
];

/// The trace that some bytes make: an empty one of none, and of any bytes some trace.
#[must_use]
pub fn any_trace(bytes: &[u8]) -> Trace {
    let mut from = Unstructured::new(bytes);
    let mut trace = Trace {
        header: Header::new("fuzz", "fuzz", "0", ClockKind::Virtual),
        events: Vec::new(),
    };
    let mut draw = Draw {
        from: &mut from,
        events: &mut trace.events,
        at: 0,
        wall: 1_767_225_600_000,
        requests: 0,
        calls: 0,
    };
    // Bytes that end in the middle of something leave what came before it.
    let _ = draw.header(&mut trace.header);
    while !draw.from.is_empty() && draw.events.len() < MOST_EVENTS {
        if draw.event().is_err() {
            break;
        }
    }
    trace
}

struct Draw<'d, 'b> {
    from: &'d mut Unstructured<'b>,
    events: &'d mut Vec<Event>,
    at: u64,
    wall: i64,
    requests: u32,
    calls: u32,
}

impl Draw<'_, '_> {
    fn header(&mut self, header: &mut Header) -> Result<()> {
        let flags: u8 = self.from.arbitrary()?;
        header.clock = [
            ClockKind::Virtual,
            ClockKind::Real,
            ClockKind::Faketime,
            ClockKind::Virtual,
        ][usize::from(flags & 3)];
        header.whole_runs = flags & 4 != 0;
        if flags & 8 != 0 {
            for settings in [&mut header.env, &mut header.config, &mut header.code] {
                for _ in 0..self.from.int_in_range(0..=2)? {
                    let (name, value) = *self.from.choose(&SETTINGS)?;
                    settings.insert(name.into(), value.into());
                }
            }
        }
        if flags & 16 != 0 {
            let address = *self.from.choose(&["169.254.169.254", "fd00:ec2::254"])?;
            let how = *self.from.choose(&["no-route", "refused", "silent"])?;
            header.links.insert(address.into(), how.into());
        }
        if flags & 32 != 0 {
            for _ in 0..self.from.int_in_range(1..=4)? {
                let source = *self.from.choose(&Source::ALL)?;
                let state = *self.from.choose(&["works", "denied", "half"])?;
                header.sources.insert(source, state.into());
                header.order.0.push(vec![source]);
            }
        }
        Ok(())
    }

    fn push(&mut self, what: What) {
        self.events.push(Event {
            at: Mono(self.at),
            wall: Wall(self.wall),
            what,
        });
    }

    fn event(&mut self) -> Result<()> {
        match self.from.int_in_range(0..=31)? {
            0..=3 => {
                self.calls += 1;
                let call = self.number(self.calls)?;
                self.push(What::Resolve { call });
            }
            4..=8 => {
                let call = self.number(self.calls)?;
                let outcome = self.outcome()?;
                self.push(What::Outcome { call, outcome });
            }
            // A session token, the role, the document: the conversation as it should be.
            9..=11 => self.exchange("PUT", 0, &[0], Some(200), SECRETS[0])?,
            12..=13 => self.exchange("GET", 1, &[1], Some(200), "imdspec-role")?,
            14..=16 => {
                let document = self.document()?;
                self.exchange("GET", 2, &[1], Some(200), &document)?;
            }
            17..=20 => {
                let method = *self.from.choose(&["GET", "PUT", "HEAD", "POST"])?;
                let target = self.from.choose_index(TARGETS.len())?;
                let fields = [
                    self.from.choose_index(FIELDS.len())?,
                    self.from.choose_index(FIELDS.len())?,
                ];
                let status = *self.from.choose(&STATUSES)?;
                let body = match self.from.int_in_range(0..=5)? {
                    0 => self.document()?,
                    1 => SECRETS[1].to_owned(),
                    2 => "{\"code\":\"AssumeRoleUnauthorizedAccess\"}".to_owned(),
                    3 => "<html>".to_owned(),
                    _ => String::new(),
                };
                self.exchange(method, target, &fields, status, &body)?;
            }
            21..=23 => self.time()?,
            24 => {
                let change =
                    *self
                        .from
                        .choose(&["tokens revoked", "rotated", "role imdspec-role"])?;
                self.push(What::World {
                    change: change.into(),
                });
            }
            25 => {
                let kinds = [
                    SecretKind::SessionToken,
                    SecretKind::SessionToken,
                    SecretKind::SecretAccessKey,
                    SecretKind::SecretAccessKey,
                    SecretKind::SecurityToken,
                    SecretKind::SecurityToken,
                ];
                let i = self.from.choose_index(SECRETS.len())?;
                self.push(What::Secret {
                    kind: kinds[i],
                    value: SECRETS[i].into(),
                });
            }
            26 => self.keys()?,
            27 => {
                let streams = [Stream::Stderr, Stream::Stdout, Stream::Error, Stream::Debug];
                let stream = *self.from.choose(&streams)?;
                let text = format!("said {}", self.from.choose(&SECRETS)?);
                self.push(What::Output { stream, text });
            }
            28 => {
                let (conn, server) = (self.number(1)?, *self.from.choose(&SERVERS)?);
                let to = (*self.from.choose(&ADDRESSES)?).into();
                self.push(What::Connect { conn, server, to });
            }
            29 => {
                let (conn, server) = (self.number(1)?, *self.from.choose(&SERVERS)?);
                let bytes = Bytes(
                    self.from
                        .choose(&[&b"\x16\x03"[..], b"GET /", b""])?
                        .to_vec(),
                );
                self.push(What::Malformed {
                    conn,
                    server,
                    bytes,
                });
            }
            30 => {
                let (request, gave_up) = (self.number(self.requests)?, self.from.arbitrary()?);
                let body_bytes = u64::from(self.from.arbitrary::<u32>()?);
                self.push(What::Sent {
                    request,
                    body_bytes,
                    gave_up,
                });
            }
            _ => {
                let source = *self.from.choose(&Source::ALL)?;
                if self.from.arbitrary()? {
                    self.push(What::Ran { source });
                } else {
                    self.push(What::File {
                        name: "container-token".into(),
                        text: "container-authorization".into(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The number that comes next, or now and then another.
    fn number(&mut self, next: u32) -> Result<u32> {
        let drawn: u8 = self.from.arbitrary()?;
        Ok(match drawn {
            0..=223 => next,
            224..=254 => u32::from(drawn - 224),
            255 => u32::MAX,
        })
    }

    fn time(&mut self) -> Result<()> {
        const SPANS: [u64; 6] = [1, 600, 61_000, 300_000, 21_600_000, 86_400_000];
        match self.from.int_in_range(0..=7)? {
            0 => self.wall = self.wall.saturating_sub(86_400_000),
            1 => self.wall = *self.from.choose(&[i64::MIN, 0, i64::MAX])?,
            2 => self.at = *self.from.choose(&[0, u64::MAX])?,
            _ => {
                let span = *self.from.choose(&SPANS)?;
                self.at = self.at.saturating_add(span);
                self.wall = self.wall.saturating_add_unsigned(span);
            }
        }
        if self.from.arbitrary()? {
            self.push(What::Clock {
                moved: "+6h".into(),
            });
        }
        Ok(())
    }

    /// A request, and perhaps its reply.
    fn exchange(
        &mut self,
        method: &str,
        target: usize,
        fields: &[usize],
        status: Option<u16>,
        body: &str,
    ) -> Result<()> {
        self.requests += 1;
        let request = self.number(self.requests)?;
        let odd: u8 = self.from.arbitrary()?;
        let server = SERVERS[usize::from(if odd & 1 == 0 { 0 } else { (odd >> 1) & 7 })];
        let headers = fields.iter().map(|i| FIELDS[*i]);
        self.push(What::Request(RequestSeen {
            request,
            conn: 1,
            server,
            to: ADDRESSES[usize::from(odd >> 4) % ADDRESSES.len()].into(),
            method: method.into(),
            target: TARGETS[target].into(),
            version: Version::Http11,
            headers: headers.collect(),
            body: Bytes::default(),
        }));
        let how: u8 = self.from.arbitrary()?;
        if how == 255 {
            return Ok(());
        }
        let mut headers = Headers::default();
        if method == "PUT" {
            headers.push(TTL_HEADER, "21600");
        }
        if how & 64 != 0 {
            let (name, value) = FIELDS[usize::from(how) % FIELDS.len()];
            headers.push(name, value);
        }
        let end = if how & 32 == 0 {
            End::Whole
        } else {
            ENDS[usize::from(how & 7)]
        };
        self.push(What::Reply(Reply {
            request,
            version: Version::Http11,
            status,
            interim: Vec::new(),
            headers,
            body: if how & 16 == 0 {
                body.into()
            } else {
                Bytes(vec![0xff, how])
            },
            end,
            delay: if how & 128 == 0 {
                0
            } else {
                u64::from(how) * 10
            },
            fault: if how & 8 == 0 {
                String::new()
            } else {
                "status 500".into()
            },
        }));
        Ok(())
    }

    fn document(&mut self) -> Result<String> {
        let key = *self.from.choose(&KEYS)?;
        let expiration = *self.from.choose(&EXPIRATIONS)?;
        let code = *self
            .from
            .choose(&["Success", "Success", "Failed", "success"])?;
        Ok(format!(
            r#"{{"Code":"{code}","LastUpdated":"2026-01-01T00:00:00Z","AccessKeyId":"{key}","SecretAccessKey":"secret-of-{key}","Token":"token-of-{key}","Expiration":"{expiration}"}}"#
        ))
    }

    fn keys(&mut self) -> Result<()> {
        let key = *self.from.choose(&KEYS)?;
        let source = *self.from.choose(&Source::ALL)?;
        let base = self.from.arbitrary()?;
        let token: bool = self.from.arbitrary()?;
        self.push(What::Keys(Keys {
            source,
            base,
            access_key_id: key.into(),
            secret_access_key: format!("secret-of-{key}"),
            session_token: token.then(|| format!("token-of-{key}")),
            account_id: None,
        }));
        Ok(())
    }

    fn outcome(&mut self) -> Result<Outcome> {
        Ok(match self.from.int_in_range(0..=9)? {
            0..=5 => {
                let key = *self.from.choose(&KEYS)?;
                let other = *self.from.choose(&[key, key, key, KEYS[0]])?;
                let expiration = *self.from.choose(&EXPIRATIONS)?;
                let there: u8 = self.from.arbitrary()?;
                Outcome::Credentials(Given {
                    access_key_id: key.into(),
                    secret_access_key: (there & 1 == 0).then(|| format!("secret-of-{other}")),
                    session_token: (there & 2 == 0).then(|| format!("token-of-{key}")),
                    expiration: (there & 4 == 0).then(|| expiration.into()),
                    account_id: (there & 8 != 0).then(|| "123456789012".into()),
                })
            }
            6 => Outcome::Refused {
                kind: *self.from.choose(&[
                    None,
                    Some(RefusalKind::None),
                    Some(RefusalKind::Error),
                ])?,
                message: (*self.from.choose(&[
                    "no",
                    "status 500",
                    "AssumeRoleUnauthorizedAccess",
                ])?)
                .into(),
            },
            7 => Outcome::Crash {
                how: "signal 6".into(),
            },
            8 => Outcome::BadOutput {
                what: "nothing".into(),
            },
            _ => Outcome::Deadline { after: 60_000 },
        })
    }
}
