//! HTTP archives (HAR 1.2), as proxies and browsers write them.

use super::assemble::{Connection, Heard, assemble};
use super::dialogue::Sound;
use super::{Counts, Format, Recording, RecordingError, count, without_mark};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imdspec_rules::{End, Reply};
use imdspec_wire::{Bytes, Headers, Request, Timestamp, Version, Wall};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Archive {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: String,
    /// Milliseconds, all of it.
    #[serde(default)]
    time: Option<f64>,
    request: Asked,
    response: Answered,
    #[serde(default)]
    timings: Timings,
    #[serde(default)]
    connection: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    method: String,
    url: String,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Named>,
    #[serde(default)]
    post_data: Option<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    status: i64,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    headers: Vec<Named>,
    #[serde(default)]
    content: Content,
    #[serde(default, rename = "_error")]
    error: serde_json::Value,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    value: String,
}

#[derive(Deserialize, Default)]
struct Content {
    #[serde(default)]
    size: i64,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize, Default)]
struct Timings {
    #[serde(default)]
    wait: Option<f64>,
}

/// Reads an archive.
pub(super) fn read(bytes: &[u8], servers: &[String]) -> Result<Recording, RecordingError> {
    let archive: Archive = serde_json::from_slice(without_mark(bytes))
        .map_err(|e| RecordingError::Har { why: e.to_string() })?;
    let mut connections: Vec<Connection> = Vec::new();
    let mut asked: Vec<u32> = Vec::new();
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    let mut heard = Vec::new();
    let mut unreadable = 0;
    let mut entries = Vec::new();
    for (number, entry) in (1_u32..).zip(&archive.log.entries) {
        let at = Timestamp::parse(&entry.started_date_time).map_err(|e| RecordingError::Har {
            why: format!("entry {number}: startedDateTime: {e}"),
        })?;
        entries.push((at.wall(), number, entry));
    }
    // They are in the order of their requests at best.
    entries.sort_by_key(|(at, ..)| *at);
    for (at, number, entry) in entries {
        let Some((server, target)) = parts_of(&entry.request.url) else {
            unreadable += 1;
            continue;
        };
        let own = || {
            let id = entry.connection.clone().filter(|c| !c.is_empty())?;
            Some((server.clone(), id))
        };
        let known = own().map(|key| *known.entry(key).or_insert(connections.len()));
        let connection = known.unwrap_or(connections.len());
        if connection == connections.len() {
            connections.push(Connection {
                client: None,
                server: server.clone(),
            });
            asked.push(0);
        }
        let sound = |sound, after: f64| Heard {
            at: Wall(at.0.saturating_add(millis(after))),
            place: number,
            connection,
            sound,
        };
        heard.push(sound(Sound::Request(request(&entry.request, target)), 0.0));
        let reply = reply(&entry.response, asked[connection], entry);
        asked[connection] += 1;
        heard.push(sound(Sound::Reply(reply), entry.time.unwrap_or(0.0)));
    }
    // A reply stands after its request, and between others.
    heard.sort_by_key(|h| h.at);
    let counts = Counts {
        units: count(archive.log.entries.len()),
        connections: count(connections.len()),
        left_out: unreadable,
        ..Counts::default()
    };
    Ok(assemble(
        Format::Har,
        servers,
        &connections,
        heard,
        counts,
        Vec::new(),
    ))
}

fn request(asked: &Asked, target: String) -> Request {
    let body = asked.post_data.as_ref().and_then(|p| p.bytes());
    Request {
        method: asked.method.clone(),
        target,
        version: version(&asked.http_version),
        headers: headers(&asked.headers),
        body: Bytes(body.unwrap_or_default()),
    }
}

fn reply(answered: &Answered, request: u32, entry: &Entry) -> Reply {
    let status = u16::try_from(answered.status).ok().filter(|s| *s >= 100);
    let body = answered.content.bytes();
    let end = if status.is_some() && body.is_some() && answered.error.is_null() {
        End::Whole
    } else {
        End::Unseen
    };
    let wait = entry.timings.wait.filter(|w| *w >= 0.0);
    Reply {
        request,
        version: version(&answered.http_version),
        status,
        interim: Vec::new(),
        headers: headers(&answered.headers),
        body: Bytes(body.unwrap_or_default()),
        end,
        delay: u64::try_from(millis(wait.or(entry.time).unwrap_or(0.0))).unwrap_or(0),
        fault: String::new(),
    }
}

impl Content {
    /// The bytes; none when there were some and the archive does not have them.
    fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.text, &self.encoding) {
            (None, _) => (self.size <= 0).then(Vec::new),
            (Some(text), Some(encoding)) if encoding.eq_ignore_ascii_case("base64") => {
                STANDARD.decode(text.trim()).ok()
            }
            (Some(text), _) => Some(text.as_bytes().to_vec()),
        }
    }
}

fn millis(span: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it saturates, and no span is as long"
    )]
    let millis = span.max(0.0) as i64;
    millis
}

fn version(text: &str) -> Version {
    if text.eq_ignore_ascii_case("HTTP/1.0") {
        Version::Http10
    } else {
        Version::Http11
    }
}

fn headers(named: &[Named]) -> Headers {
    let fields = named.iter();
    fields.map(|h| (h.name.clone(), h.value.clone())).collect()
}

/// The authority of a URL, with its port, and the target that is asked for there.
fn parts_of(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let rest = rest.split('#').next().unwrap_or(rest);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(at);
    let target = if target.starts_with('/') {
        target.to_owned()
    } else {
        format!("/{target}")
    };
    let named = authority.rsplit_once(':').map(|(_, port)| port);
    let has_port = named.is_some_and(|p| p.parse::<u16>().is_ok());
    let authority = if has_port {
        authority.to_owned()
    } else {
        format!("{authority}:{port}")
    };
    Some((authority, target))
}
