//! From what was heard on many connections to the traces of the clients of the service.

use super::dialogue::Sound;
use super::{Counts, Format, Part, Recording, secrets};
use crate::recorder::request_seen;
use imdspec_rules::{ClockKind, Event, Header, Recorded, Server, Trace, What};
use imdspec_wire::{Bytes, Mono, Request, Route, TTL_HEADER, Wall};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where the service is on an instance.
const SERVICE: [&str; 2] = ["169.254.169.254:80", "[fd00:ec2::254]:80"];

/// Whose connection it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    /// The client's address.
    pub(super) client: Option<String>,
    /// The server's authority, `address:port`.
    pub(super) server: String,
}

/// Something heard.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    pub(super) at: Wall,
    /// Where in the file.
    pub(super) place: u32,
    /// On which connection, as an index.
    pub(super) connection: usize,
    pub(super) sound: Sound,
}

/// The header of a recording.
pub(super) fn header(clock: ClockKind) -> Header {
    Header {
        recorded: Some(Recorded::Midway),
        ..Header::new("recording", "recorded traffic", "0", clock)
    }
}

/// Makes a trace of each client's talk with the service, of what was heard in its order; leaves the
/// rest out and counts it.
pub(super) fn assemble(
    format: Format,
    named: &[String],
    connections: &[Connection],
    heard: Vec<Heard>,
    mut counts: Counts,
    notes: Vec<String>,
) -> Recording {
    let servers = servers(named, connections, &heard);
    let mut understood: HashSet<usize> = HashSet::new();
    let mut clients: BTreeMap<Option<String>, Client> = BTreeMap::new();
    for Heard {
        at,
        place,
        connection: index,
        sound,
    } in heard
    {
        let Some(connection) = connections.get(index) else {
            continue;
        };
        understood.insert(index);
        let is_request = matches!(sound, Sound::Request(_));
        let Some(server) = servers.get(connection.server.as_str()) else {
            counts.left_out += u32::from(is_request);
            continue;
        };
        counts.exchanges += u32::from(is_request);
        let client = clients.entry(connection.client.clone()).or_default();
        client.take(at, place, (index, &connection.server, *server), sound);
    }
    let silent = (0..connections.len()).filter(|i| !understood.contains(i));
    counts.left_out += super::count(silent.count());
    let parts = clients.into_iter().map(|(client, heard)| {
        let trace = Trace {
            header: header(ClockKind::Wall),
            events: heard.events,
        };
        let (trace, places) = secrets::announced(trace, heard.places);
        Part {
            client,
            trace,
            places,
        }
    });
    Recording {
        format,
        parts: parts.collect(),
        counts,
        notes,
    }
}

/// What stands at each address that matters: the service is what is asked for the service's paths,
/// and where it sends a request to another address, that is somebody who should get none.
fn servers<'c>(
    named: &[String],
    connections: &'c [Connection],
    heard: &[Heard],
) -> HashMap<&'c str, Server> {
    let is_named = |server: &str| named.iter().any(|n| n == server);
    let mut found: HashMap<&str, Server> = HashMap::new();
    let mut led_to: HashSet<String> = HashSet::new();
    for heard in heard {
        let Some(connection) = connections.get(heard.connection) else {
            continue;
        };
        let server = connection.server.as_str();
        match &heard.sound {
            Sound::Request(request) if !found.contains_key(server) => {
                if is_named(server) || named.is_empty() && SERVICE.contains(&server) {
                    found.insert(server, Server::Imds);
                } else if led_to.contains(server) {
                    found.insert(server, Server::Collector);
                } else if named.is_empty() && is_for_service(request) {
                    found.insert(server, Server::Imds);
                }
            }
            Sound::Reply(reply) if found.get(server) == Some(&Server::Imds) => {
                let location = reply.headers.get("location").and_then(authority);
                let redirects = matches!(reply.status, Some(300..=399));
                led_to.extend(location.filter(|_| redirects));
            }
            // Somebody may begin with something else than a request.
            Sound::Malformed(_)
                if is_named(server) || named.is_empty() && SERVICE.contains(&server) =>
            {
                found.insert(server, Server::Imds);
            }
            _ => {}
        }
    }
    found
}

/// Whether nobody but the service is asked such things.
fn is_for_service(request: &Request) -> bool {
    match Route::of(&request.target) {
        Route::Token => request.method == "PUT",
        Route::OddToken => request.method == "PUT" && request.headers.has(TTL_HEADER),
        Route::Roles { .. } | Route::Document { .. } | Route::IamInfo | Route::Ec2Identity => true,
        Route::Other => false,
    }
}

/// The authority of an absolute http URL, with its port.
fn authority(url: &str) -> Option<String> {
    let rest = url.trim().strip_prefix("http://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    let has_port = port.is_some_and(|p| p.parse::<u16>().is_ok());
    Some(if has_port {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    })
}

/// What one client said and was told.
#[derive(Default)]
struct Client {
    events: Vec<Event>,
    places: Vec<u32>,
    begun: Option<Wall>,
    at: Mono,
    requests: u32,
    /// The numbers of connections in the trace.
    conns: HashMap<usize, u32>,
    /// The numbers of the requests of each connection.
    asked: HashMap<usize, Vec<u32>>,
}

impl Client {
    fn take(&mut self, at: Wall, place: u32, on: (usize, &str, Server), sound: Sound) {
        let (index, to, server) = on;
        let next = super::count(self.conns.len()) + 1;
        let conn = *self.conns.entry(index).or_insert(next);
        let what = match sound {
            Sound::Request(request) => {
                self.requests += 1;
                self.asked.entry(index).or_default().push(self.requests);
                What::Request(request_seen(self.requests, (server, to, conn), request))
            }
            Sound::Reply(mut reply) => {
                let asked = self.asked.entry(index).or_default();
                let own = usize::try_from(reply.request).unwrap_or(usize::MAX);
                let Some(request) = asked.get(own) else {
                    return;
                };
                reply.request = *request;
                What::Reply(reply)
            }
            Sound::Malformed(bytes) => What::Malformed {
                conn,
                server,
                bytes: Bytes(bytes),
            },
        };
        let begun = *self.begun.get_or_insert(at);
        // A stopwatch does not run backwards, a clock may.
        let since = u64::try_from(at.millis_since(begun)).unwrap_or(0);
        self.at = self.at.max(Mono(since));
        self.events.push(Event {
            at: self.at,
            wall: at,
            what,
        });
        self.places.push(place);
    }
}
