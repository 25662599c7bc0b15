//! Writes the trace while things happen.

use crate::Scenario;
use imdspec_model::{Reply, Secret};
use imdspec_rules::{
    ClockKind, End, Event, Header, Outcome, RequestSeen, SecretKind, Server, Stream, Trace, What,
};
use imdspec_wire::{Bytes, Now, Request};

/// The most of a subject's output that is kept, in bytes.
const MOST_OUTPUT: usize = 1 << 20;
/// The most of a reply body that is kept, in bytes: endless ones have no natural end.
const MOST_BODY: usize = 1 << 20;

/// A trace being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    trace: Trace,
    requests: u32,
    connections: u32,
    calls: u32,
}

impl Recorder {
    pub(crate) fn new(header: Header) -> Self {
        Self {
            trace: Trace {
                header,
                events: Vec::with_capacity(32),
            },
            requests: 0,
            connections: 0,
            calls: 0,
        }
    }

    pub(crate) fn header(
        scenario: &Scenario,
        subject: &str,
        seed: u64,
        clock: ClockKind,
    ) -> Header {
        let links = scenario.links();
        let links = links.iter();
        Header {
            links: links
                .map(|(address, link)| (address.to_string(), link.as_str().to_owned()))
                .collect(),
            ..Header::new(&scenario.name, subject, format!("{seed:016x}"), clock)
        }
    }

    pub(crate) const fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(crate) fn push(&mut self, now: Now, what: What) {
        self.trace.events.push(Event {
            at: now.mono,
            wall: now.wall,
            what,
        });
    }

    pub(crate) const fn connection(&mut self) -> u32 {
        self.connections += 1;
        self.connections
    }

    /// Notes secrets before anything that carries them.
    pub(crate) fn secrets(&mut self, now: Now, secrets: Vec<Secret>) {
        for secret in secrets {
            let kind = match secret.kind {
                imdspec_model::SecretKind::SessionToken => SecretKind::SessionToken,
                imdspec_model::SecretKind::SecretAccessKey => SecretKind::SecretAccessKey,
                imdspec_model::SecretKind::SecurityToken => SecretKind::SecurityToken,
                imdspec_model::SecretKind::Authorization => SecretKind::Authorization,
            };
            self.push(
                now,
                What::Secret {
                    kind,
                    value: secret.value,
                },
            );
        }
    }

    /// Notes a request and what will be answered; gives the request's number.
    pub(crate) fn exchange(
        &mut self,
        now: Now,
        seen: (Server, &str, u32),
        request: Request,
        reply: &Reply,
    ) -> u32 {
        self.requests += 1;
        let number = self.requests;
        self.push(now, What::Request(request_seen(number, seen, request)));
        self.push(now, What::Reply(as_seen(number, reply)));
        number
    }

    pub(crate) fn resolve(&mut self, now: Now) -> u32 {
        self.calls += 1;
        let call = self.calls;
        self.push(now, What::Resolve { call });
        call
    }

    pub(crate) fn outcome(&mut self, now: Now, call: u32, outcome: Outcome) {
        self.push(now, What::Outcome { call, outcome });
    }

    pub(crate) fn output(&mut self, now: Now, stream: Stream, mut text: String) {
        if text.is_empty() {
            return;
        }
        if text.len() > MOST_OUTPUT {
            let cut = (0..=MOST_OUTPUT)
                .rev()
                .find(|i| text.is_char_boundary(*i))
                .unwrap_or(0);
            text.truncate(cut);
        }
        self.push(now, What::Output { stream, text });
    }

    pub(crate) fn malformed(&mut self, now: Now, conn: u32, server: Server, bytes: &[u8]) {
        let kept = bytes[..bytes.len().min(4096)].to_vec();
        self.push(
            now,
            What::Malformed {
                conn,
                server,
                bytes: Bytes(kept),
            },
        );
    }

    pub(crate) fn into_trace(self) -> Trace {
        self.trace
    }

    /// The trace so far; recording goes on with an empty one.
    pub(crate) fn take(&mut self) -> Trace {
        let rest = Trace {
            header: self.trace.header.clone(),
            events: Vec::new(),
        };
        std::mem::replace(&mut self.trace, rest)
    }
}

/// A request as a trace has it: its number, and where it came in, over which connection.
pub(crate) fn request_seen(
    number: u32,
    (server, to, conn): (Server, &str, u32),
    request: Request,
) -> RequestSeen {
    RequestSeen {
        request: number,
        conn,
        server,
        to: to.to_owned(),
        method: request.method,
        target: request.target,
        version: request.version,
        headers: request.headers,
        body: request.body,
    }
}

/// A reply as the trace remembers it.
pub(crate) fn as_seen(request: u32, reply: &Reply) -> imdspec_rules::Reply {
    let end = end(reply.end());
    let has_status = matches!(end, End::Whole | End::Short | End::Drip | End::Endless);
    imdspec_rules::Reply {
        request,
        version: reply.version,
        interim: if has_status {
            reply.interim.clone()
        } else {
            Vec::new()
        },
        status: has_status.then_some(reply.status),
        headers: if has_status {
            reply.headers.clone()
        } else {
            Default::default()
        },
        body: match (has_status, reply.body.len() > MOST_BODY) {
            (false, _) => Bytes::default(),
            (true, true) => Bytes(reply.body[..MOST_BODY].to_vec()),
            (true, false) => reply.body.clone(),
        },
        end,
        delay: u64::try_from(reply.delay.as_millis()).unwrap_or(u64::MAX),
        fault: reply.fault.clone(),
    }
}

const fn end(end: imdspec_model::End) -> End {
    match end {
        imdspec_model::End::Whole => End::Whole,
        imdspec_model::End::Short => End::Short,
        imdspec_model::End::Silent => End::Silent,
        imdspec_model::End::Closed => End::Closed,
        imdspec_model::End::Reset => End::Reset,
        imdspec_model::End::Garbage => End::Garbage,
        imdspec_model::End::Drip => End::Drip,
        imdspec_model::End::Endless => End::Endless,
    }
}
