//! One connection: the bytes of its two directions, as requests and replies.
//!
//! ```text
//!  client's bytes ─► request ─► WAITING ─► server's bytes ─► reply
//!                                  │ the server closes or resets: cut short, or nothing at all
//!                                  │ the client leaves first, nothing sent: silence
//!                                  └ the client leaves first, or the recording stops: unseen
//! ```

use imdspec_rules::{End, Reply};
use imdspec_wire::{
    Bytes, Limits, Received, Request, RequestReader, RequestStep, Response, ResponseReader,
    Version, Wall, WireError,
};
use std::collections::VecDeque;

/// How much of one message is read, in bytes.
const LIMITS: Limits = Limits {
    head: 64 << 10,
    body: 1 << 20,
};

/// The most of what is no request that is kept, in bytes.
const MOST_MALFORMED: usize = 4096;

/// What was heard on a connection.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sound {
    /// A whole request, the next of the connection.
    Request(Request),
    /// What was answered. Its `request` counts the connection's requests from 0.
    Reply(Reply),
    /// Bytes of the client's that are no request.
    Malformed(Vec<u8>),
}

/// How a direction of a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// In order.
    Finished,
    /// By a reset.
    Reset,
}

/// One connection as it is overheard.
#[derive(Debug)]
pub(super) struct Dialogue {
    requests: RequestReader,
    /// Whether what the client sends is understood no more.
    client_lost: bool,
    client_over: bool,
    server_over: bool,
    server_lost: bool,
    /// What the server sent while a request was under way: some answer before it is whole.
    early: Vec<u8>,
    count: u32,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    request: u32,
    asked: Wall,
    /// When its reply was heard last.
    heard: Wall,
    reply: ResponseReader,
}

impl Dialogue {
    pub(super) const fn new() -> Self {
        Self {
            requests: RequestReader::new(LIMITS),
            client_lost: false,
            client_over: false,
            server_over: false,
            server_lost: false,
            early: Vec::new(),
            count: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Takes the next bytes of the client's.
    pub(super) fn client(&mut self, at: Wall, bytes: &[u8]) -> Vec<Sound> {
        if self.client_lost || self.client_over {
            return Vec::new();
        }
        self.requests.feed(bytes);
        let mut heard = Vec::new();
        loop {
            match self.requests.next() {
                Ok(RequestStep::More) => break,
                Ok(RequestStep::Request(request)) => {
                    self.waiting.push_back(Waiting {
                        request: self.count,
                        asked: at,
                        heard: at,
                        reply: ResponseReader::new(&request.method, LIMITS),
                    });
                    self.count = self.count.saturating_add(1);
                    heard.push(Sound::Request(request));
                }
                Err(_) => {
                    heard.push(self.malformed());
                    break;
                }
            }
        }
        let early = std::mem::take(&mut self.early);
        if !early.is_empty() {
            heard.extend(self.server(at, &early));
        }
        heard
    }

    fn malformed(&mut self) -> Sound {
        self.client_lost = true;
        let pending = self.requests.pending();
        Sound::Malformed(pending[..pending.len().min(MOST_MALFORMED)].to_vec())
    }

    /// Takes the next bytes of the server's.
    pub(super) fn server(&mut self, at: Wall, bytes: &[u8]) -> Vec<Sound> {
        let mut heard = Vec::new();
        let mut bytes = bytes.to_vec();
        while !bytes.is_empty() && !self.server_lost && !self.server_over {
            let Some(waiting) = self.waiting.front_mut() else {
                // Nobody asked, unless the question is under way.
                if self.requests.is_midway() && !self.client_lost {
                    let room = LIMITS.body.saturating_sub(self.early.len());
                    self.early.extend(bytes.iter().take(room));
                }
                break;
            };
            waiting.heard = at;
            match waiting.reply.feed(&bytes) {
                Ok(Received::More) => break,
                Ok(Received::Done(response)) => {
                    bytes = waiting.reply.rest().to_vec();
                    heard.extend(self.answered(Some(response), End::Whole));
                }
                Err(WireError::TooLarge { .. }) => {
                    self.server_lost = true;
                    let so_far = waiting.reply.so_far();
                    heard.extend(self.answered(so_far, End::Unseen));
                }
                Err(_) => {
                    self.server_lost = true;
                    heard.extend(self.answered(None, End::Garbage));
                }
            }
        }
        heard
    }

    /// The client's direction is over.
    pub(super) fn client_ends(&mut self) -> Vec<Sound> {
        let is_cut = self.requests.is_midway() && !self.client_lost && !self.client_over;
        self.client_over = true;
        let cut = is_cut && !self.requests.pending().is_empty();
        cut.then(|| self.malformed()).into_iter().collect()
    }

    /// The server's direction is over.
    pub(super) fn server_ends(&mut self, how: Over) -> Vec<Sound> {
        let mut heard = Vec::new();
        if self.server_over || self.server_lost {
            return heard;
        }
        self.server_over = true;
        let mut is_first = true;
        while let Some(waiting) = self.waiting.front() {
            let so_far = waiting.reply.so_far();
            let end = match (waiting.reply.is_untouched(), how) {
                (true, _) if self.client_over && is_first => End::Silent,
                (true, Over::Finished) => End::Closed,
                (true, Over::Reset) => End::Reset,
                // It may have had enough.
                (false, _) if self.client_over => End::Unseen,
                (false, Over::Finished) if waiting.reply.may_end() => End::Whole,
                (false, _) => End::Short,
            };
            heard.extend(self.answered(so_far, end));
            is_first = false;
        }
        heard
    }

    /// Nothing more is known of the connection: what still waits has an end that was not seen, or
    /// none.
    pub(super) fn stops(&mut self) -> Vec<Sound> {
        let mut heard = Vec::new();
        while let Some(waiting) = self.waiting.front() {
            let is_silent = waiting.reply.is_untouched() && self.client_over && !self.server_lost;
            let (so_far, end) = if is_silent {
                (None, End::Silent)
            } else {
                (waiting.reply.so_far(), End::Unseen)
            };
            heard.extend(self.answered(so_far, end));
        }
        heard
    }

    /// Bytes of the client's are missing: what it sends from here on is not understood.
    pub(super) const fn lose_client(&mut self) {
        self.client_lost = true;
    }

    /// Bytes of the server's are missing.
    pub(super) const fn lose_server(&mut self) {
        self.server_lost = true;
    }

    /// The one that waits longest has its reply.
    fn answered(&mut self, response: Option<Response>, end: End) -> Option<Sound> {
        let waiting = self.waiting.pop_front()?;
        // Until its last byte: the client may have given up before that.
        let delay = waiting.heard.millis_since(waiting.asked);
        let interim = waiting.reply.interim().to_vec();
        let status = response.as_ref().map(|r| r.status);
        let response = response.unwrap_or_else(|| Response {
            version: Version::Http11,
            status: 0,
            reason: String::new(),
            headers: Default::default(),
            body: Bytes::default(),
        });
        Some(Sound::Reply(Reply {
            request: waiting.request,
            version: response.version,
            status,
            interim,
            headers: response.headers,
            body: response.body,
            end,
            delay: u64::try_from(delay).unwrap_or(0),
            fault: String::new(),
        }))
    }
}
