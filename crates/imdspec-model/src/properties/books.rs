//! What a model owes whom, kept apart from it.

use super::table::values;
use crate::{Change, Mode, Profile, Reply, World};
use imdspec_wire::{CredentialDocument, Credentials, Now, Request};
use std::collections::BTreeMap;

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// A session token that was given: until when it is valid, in monotonic milliseconds.
type Until = u64;

pub(super) struct Books {
    mode: Mode,
    role: String,
    profile: Profile,
    longest: u64,
    lifetime: i64,
    /// Every token ever given, in order.
    given: Vec<String>,
    /// Those that are good, if their time is not over. None stands for one that a fault gave away,
    /// of which nothing is known.
    good: BTreeMap<String, Option<Until>>,
    /// Every document ever served, by its access key id, and whose it was.
    served: BTreeMap<String, (Credentials, String)>,
    /// Access key ids that must not be served any more.
    over: Vec<String>,
}

/// What a target names.
#[derive(PartialEq)]
enum Names<'t> {
    Token,
    OddToken,
    Roles,
    /// The document of the role of this name, percent-encoding and all.
    Document(&'t str),
    Other,
}

impl<'t> Names<'t> {
    fn of(target: &'t str) -> Self {
        let end = target.find(['?', '#']).unwrap_or(target.len());
        match &target[..end] {
            "/latest/api/token" => Self::Token,
            path if path.trim_end_matches('/').ends_with("/api/token") => Self::OddToken,
            path if path == ROLES || path == &ROLES[..ROLES.len() - 1] => Self::Roles,
            path => match path.strip_prefix(ROLES) {
                Some(role) if !role.contains('/') => Self::Document(role),
                _ => Self::Other,
            },
        }
    }
}

impl Books {
    pub(super) fn new(world: &World) -> Self {
        Self {
            mode: world.mode,
            role: world.role.clone(),
            profile: world.profile,
            longest: world.longest_token.duration().as_secs(),
            lifetime: world.credential_lifetime.millis(),
            given: Vec::new(),
            good: BTreeMap::new(),
            served: BTreeMap::new(),
            over: Vec::new(),
        }
    }

    /// The token of a number, counted backwards from the newest.
    pub(super) fn given(&self, number: u8) -> String {
        let all = self.given.iter().rev();
        let found = all.cycle().nth(usize::from(number));
        found.cloned().unwrap_or_else(|| "none-yet".into())
    }

    /// Notes a change of the world.
    pub(super) fn note(&mut self, change: &Change) {
        match change {
            Change::RevokeTokens => self.good.clear(),
            Change::Rotate => self.over.extend(self.served.keys().cloned()),
            Change::Role(role) => {
                if *role != self.role {
                    self.over.extend(self.served.keys().cloned());
                    self.role.clone_from(role);
                }
            }
            Change::Mode(mode) => self.mode = *mode,
            Change::Faults(_) => {}
        }
    }

    /// Holds a reply against the books.
    pub(super) fn check(&mut self, now: Now, request: &Request, reply: &Reply) {
        let names = Names::of(&request.target);
        if !reply.fault.is_empty() {
            // What a fault does is its own affair, but what it gives away may work.
            let body = reply.body.text().into_owned();
            if names == Names::Token || body.len() > 40 {
                self.given.push(body.clone());
                self.good.insert(body, None);
            }
            return;
        }
        if self.mode == Mode::Off {
            assert_eq!(reply.status, 403, "turned off");
            return;
        }
        let put = request.method == "PUT";
        let read = matches!(request.method.as_str(), "GET" | "HEAD");
        match names {
            Names::Token if put => self.check_put(now, request, reply),
            Names::Token => assert_eq!(reply.status, 405, "no PUT to the token path"),
            Names::OddToken if put && self.mode != Mode::V1Only => {
                assert_eq!(reply.status, 403, "only one path mints");
            }
            _ if !read => assert_eq!(reply.status, 405, "no GET"),
            names => self.check_read(now, request, reply, &names),
        }
    }

    fn check_put(&mut self, now: Now, request: &Request, reply: &Reply) {
        let forwarded = !values(&request.headers, "x-forwarded-for").is_empty();
        let asked = values(&request.headers, TTL);
        let seconds = match asked.as_slice() {
            [digits] if digits.chars().all(|c| c.is_ascii_digit()) => digits.parse::<u64>().ok(),
            _ => None,
        };
        let seconds = seconds.filter(|s| (1..=21_600).contains(s));
        let status = match seconds {
            _ if self.mode == Mode::V1Only => 405,
            _ if forwarded => 403,
            _ if !values(&request.headers, "expect").is_empty() => 417,
            None => 400,
            Some(_) => 200,
        };
        assert_eq!(reply.status, status, "the PUT for {asked:?} seconds");
        let Some(seconds) = seconds.filter(|_| status == 200) else {
            return;
        };
        let granted = seconds.min(self.longest);
        let said = values(&reply.headers, TTL);
        assert_eq!(said, [granted.to_string()], "granted for {seconds} seconds");
        let token = reply.body.text().into_owned();
        assert!(
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()),
            "a token that can stand in a header"
        );
        assert!(!self.given.contains(&token), "a token of its own");
        self.given.push(token.clone());
        self.good.insert(token, Some(now.mono.0 + granted * 1000));
    }

    fn check_read(&mut self, now: Now, request: &Request, reply: &Reply, names: &Names<'_>) {
        let shown = values(&request.headers, TOKEN);
        let mut left = None;
        if self.mode != Mode::V1Only {
            if shown.is_empty() {
                if self.mode == Mode::V2Required {
                    assert_eq!(reply.status, 401, "no session token");
                    return;
                }
            } else {
                if !values(&request.headers, "x-forwarded-for").is_empty() {
                    assert_eq!(reply.status, 403, "from behind a proxy");
                    return;
                }
                let mut known = true;
                for token in shown {
                    match self.good.get(token) {
                        Some(Some(until)) if now.mono.0 < *until => {
                            let remains = until - now.mono.0;
                            left = Some(left.map_or(remains, |l: u64| l.min(remains)));
                        }
                        // Whether what a fault gave away is a token, only the model knows.
                        Some(None) => known = false,
                        Some(Some(_)) | None => {
                            assert_eq!(reply.status, 401, "a session token that is not good");
                            return;
                        }
                    }
                }
                if !known {
                    return;
                }
            }
        }
        assert!(!matches!(reply.status, 401 | 403), "one who may read");
        let said = values(&reply.headers, TTL);
        match left.filter(|_| self.profile == Profile::TtlOnGets) {
            Some(left) => assert_eq!(said, [left.div_ceil(1000).to_string()], "what is left"),
            None => assert!(said.is_empty(), "no lifetime but a token's"),
        }
        self.check_value(now, reply, names);
    }

    fn check_value(&mut self, now: Now, reply: &Reply, names: &Names<'_>) {
        let found = match names {
            Names::Roles => !self.role.is_empty(),
            Names::Document(segment) => {
                let name = segment.replace("%2B", "+").replace("%40", "@");
                !self.role.is_empty() && name == self.role
            }
            Names::OddToken => false,
            Names::Token | Names::Other => return,
        };
        assert_eq!(reply.status, if found { 200 } else { 404 }, "there or not");
        if !found {
            return;
        }
        if *names == Names::Roles {
            assert_eq!(reply.body.text(), self.role, "the role list");
            return;
        }
        let read = CredentialDocument::parse(&reply.body).and_then(|d| d.credentials());
        let Ok(credentials) = read else {
            panic!("a document with credentials in it: {read:?}");
        };
        if self.lifetime > 0 {
            assert!(credentials.expiration.wall() > now.wall, "a fresh document");
        }
        let id = credentials.access_key_id.clone();
        assert!(!self.over.contains(&id), "not one that was replaced");
        let known = self.served.entry(id);
        let (before, role) = known.or_insert_with(|| (credentials.clone(), self.role.clone()));
        assert_eq!(
            (&*before, &*role),
            (&credentials, &self.role),
            "of one minting"
        );
    }
}
