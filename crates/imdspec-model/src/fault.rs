//! Faults in force: which request gets which, and what it makes of a reply.

use crate::answer::{CONNECTION, CONTENT_LENGTH, has_close, is_bodiless, is_bodiless_status};
use crate::{ENDLESS_BYTES, Fault, Framing, Instead, On, Reply, gzip};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use imdspec_wire::{Bytes, Headers, Route, Version};
use std::sync::Arc;
use std::time::Duration;

/// A dripping body takes at least this long, so that it outlasts any sensible deadline.
pub(crate) const DRIP_LASTS: Duration = Duration::from_secs(35);

const TRANSFER_ENCODING: &str = "Transfer-Encoding";

/// The faults in force, each with the requests that were for it so far.
#[derive(Debug, Clone)]
pub(crate) struct Faults(Vec<(Arc<Armed>, u32)>);

/// A fault made ready.
#[derive(Debug)]
pub(crate) struct Armed {
    pub(crate) fault: Fault,
    decoded: Option<Vec<u8>>,
    words: String,
}

/// The body a fault answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body<'a> {
    /// Text with gaps to fill.
    Template(&'a str),
    /// Bytes as they are.
    Raw(&'a [u8]),
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        let armed = faults
            .into_iter()
            .map(|fault| (Arc::new(Armed::new(fault)), 0));
        Self(armed.collect())
    }

    /// Counts a request and gives the fault it gets. A fault counts every request it is for, also
    /// those that an earlier one took: `nth` is about the client's requests.
    pub(crate) fn next(&mut self, route: &Route, method: &str) -> Option<Arc<Armed>> {
        self.first(|fault| fault.is_for(route, method))
    }

    /// The same for a request to another service than the instance metadata service.
    pub(crate) fn next_on(&mut self, on: On, method: &str) -> Option<Arc<Armed>> {
        self.first(|fault| fault.on == on && fault.is_of(method))
    }

    fn first(&mut self, is_for: impl Fn(&Fault) -> bool) -> Option<Arc<Armed>> {
        let mut winner = None;
        for (armed, seen) in &mut self.0 {
            if !is_for(&armed.fault) {
                continue;
            }
            *seen = seen.saturating_add(1);
            if winner.is_none() && armed.fault.nth.holds(*seen) {
                winner = Some(Arc::clone(armed));
            }
        }
        winner
    }
}

impl Fault {
    fn is_for(&self, route: &Route, method: &str) -> bool {
        let on = match self.on {
            On::Any => true,
            On::Token => !route.is_metadata(),
            On::Metadata => route.is_metadata(),
            On::Roles => matches!(route, Route::Roles { .. }),
            On::Document => matches!(route, Route::Document { .. }),
            On::Container | On::Sts | On::Sso | On::Oidc | On::Signin => false,
        };
        on && self.is_of(method)
    }

    fn is_of(&self, method: &str) -> bool {
        self.method.as_deref().is_none_or(|m| m == method)
    }

    /// [`body_base64`](Self::body_base64), decoded.
    pub(crate) fn decode(&self) -> Option<Result<Vec<u8>, base64::DecodeError>> {
        self.body_base64.as_ref().map(|text| STANDARD.decode(text))
    }
}

impl Armed {
    fn new(fault: Fault) -> Self {
        Self {
            decoded: fault.decode().map(Result::unwrap_or_default),
            words: words(&fault),
            fault,
        }
    }

    /// The body answered, if the fault names one.
    pub(crate) fn body(&self) -> Option<Body<'_>> {
        match (&self.decoded, &self.fault.body) {
            (Some(raw), _) => Some(Body::Raw(raw)),
            (None, Some(template)) => Some(Body::Template(template)),
            (None, None) => None,
        }
    }

    /// A reply of which nothing is sent.
    pub(crate) fn blank(&self) -> Reply {
        Reply {
            delay: Duration::ZERO,
            interim: Vec::new(),
            version: Version::Http11,
            status: 0,
            reason: String::new(),
            headers: Headers::default(),
            body: Bytes::default(),
            framing: Framing::Length,
            bodiless: true,
            cut: None,
            drip: None,
            endless: false,
            instead: self.fault.instead,
            close: true,
            fault: String::new(),
        }
    }

    /// Changes what the fault names in a reply; `headers` are its fields, filled in.
    pub(crate) fn apply(&self, reply: &mut Reply, headers: Vec<(String, String)>, method: &str) {
        let fault = &self.fault;
        reply.fault.clone_from(&self.words);
        reply.delay = fault.delay.map_or(Duration::ZERO, |delay| delay.duration());
        if reply.instead.is_some() {
            return;
        }
        if let Some(status) = fault.status {
            reply.status = status;
            crate::page::reason(status).clone_into(&mut reply.reason);
            reply.bodiless = is_bodiless(method, status);
        }
        if let Some(version) = fault.version {
            reply.version = version;
            // Nobody said keep-alive, so an HTTP/1.0 connection ends with its reply.
            reply.close |= version == Version::Http10;
        }
        reply.interim.clone_from(&fault.interim);
        self.fill_body(reply);
        self.frame(reply);
        self.set_fields(reply, headers);
        reply.cut = fault.cut;
        settle(reply);
    }

    fn fill_body(&self, reply: &mut Reply) {
        if self.fault.gzip {
            reply.body = Bytes(gzip::stored(&reply.body));
            reply.headers.push("Content-Encoding", "gzip");
        }
        if let Some(drip) = self.fault.drip {
            let every = drip.duration().max(Duration::from_millis(1));
            let steps = DRIP_LASTS.as_millis().div_ceil(every.as_millis());
            // One byte more than there are pauses.
            let least = usize::try_from(steps).map_or(usize::MAX, |s| s.saturating_add(1));
            let length = reply.body.len().max(least);
            // White space after the content: the padded document is still a document.
            reply.body.0.resize(length, b' ');
            reply.drip = Some(every);
        }
        reply.endless = self.fault.endless;
    }

    fn frame(&self, reply: &mut Reply) {
        let natural = if reply.endless {
            Framing::Close
        } else {
            reply.framing
        };
        reply.framing = self.fault.framing.unwrap_or(natural);
        let length = if reply.endless {
            ENDLESS_BYTES
        } else {
            reply.body.len() as u64
        };
        match reply.framing {
            Framing::Length if is_bodiless_status(reply.status) => {
                reply.headers.remove(CONTENT_LENGTH);
            }
            Framing::Length => put(&mut reply.headers, CONTENT_LENGTH, length.to_string()),
            Framing::Chunked => {
                reply.headers.remove(CONTENT_LENGTH);
                reply.headers.push(TRANSFER_ENCODING, "chunked");
            }
            Framing::Close => {
                reply.headers.remove(CONTENT_LENGTH);
                put(&mut reply.headers, CONNECTION, "close".into());
            }
        }
        if let Some(claimed) = self.fault.content_length {
            put(&mut reply.headers, CONTENT_LENGTH, claimed.to_string());
        }
    }

    fn set_fields(&self, reply: &mut Reply, headers: Vec<(String, String)>) {
        // All out before any goes in: a fault may name a field twice, and mean it.
        for (name, _) in &headers {
            reply.headers.remove(name);
        }
        reply.headers.extend(headers);
        for name in &self.fault.without {
            reply.headers.remove(name);
        }
        let flood = 1..=self.fault.header_flood.unwrap_or(0);
        let value = "imdspec-".repeat(8);
        reply
            .headers
            .extend(flood.map(|n| (format!("X-Flood-{n}"), value.clone())));
    }
}

/// Sets a field where it stands, or at the end.
fn put(headers: &mut Headers, name: &'static str, value: String) {
    match headers
        .0
        .iter_mut()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
    {
        Some((_, old)) => *old = value,
        None => headers.push(name, value),
    }
}

/// Ends the connection where the fields no longer say, or say outright, where the reply ends.
fn settle(reply: &mut Reply) {
    let unframed = match reply.framing {
        Framing::Length => !reply.headers.has(CONTENT_LENGTH) && !reply.bodiless,
        Framing::Chunked => !reply.headers.has(TRANSFER_ENCODING) && !reply.bodiless,
        Framing::Close => true,
    };
    if unframed && reply.framing == Framing::Length {
        reply.framing = Framing::Close;
    }
    reply.close |= unframed || reply.headers.all(CONNECTION).any(has_close);
}

/// The fault in words, as a trace shows it.
fn words(fault: &Fault) -> String {
    if let Some(instead) = fault.instead {
        let what = match instead {
            Instead::Silence => "silence",
            Instead::Close => "close",
            Instead::Reset => "reset",
            Instead::Garbage => "garbage",
        };
        return match fault.delay {
            Some(delay) => format!("{what} after {delay}"),
            None => what.to_owned(),
        };
    }
    let mut words = Vec::new();
    words.extend(fault.status.map(|status| format!("status {status}")));
    words.extend(fault.version.map(|version| version.as_str().to_owned()));
    words.extend((!fault.interim.is_empty()).then(|| format!("interim {:?}", fault.interim)));
    words.extend(fault.delay.map(|delay| format!("delay {delay}")));
    let replaced = fault.body.is_some() || fault.body_base64.is_some();
    words.extend(replaced.then(|| "another body".to_owned()));
    words.extend(fault.gzip.then(|| "gzip".to_owned()));
    words.extend(fault.framing.map(|framing| match framing {
        Framing::Length => "framed by length".to_owned(),
        Framing::Chunked => "chunked".to_owned(),
        Framing::Close => "framed by close".to_owned(),
    }));
    words.extend(fault.content_length.map(|n| format!("Content-Length {n}")));
    let names = fault.headers.iter().map(|(name, _)| format!("{name} set"));
    words.extend(names);
    words.extend(fault.without.iter().map(|name| format!("no {name}")));
    words.extend(
        fault
            .header_flood
            .map(|n| format!("{n} header fields more")),
    );
    words.extend(fault.drip.map(|drip| format!("a byte every {drip}")));
    words.extend(fault.endless.then(|| "endless body".to_owned()));
    words.extend(fault.cut.map(|n| format!("cut after {n} bytes")));
    words.join(", ")
}

#[cfg(test)]
mod tests;
