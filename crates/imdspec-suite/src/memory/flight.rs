//! A reply on its way: when it is there, and what has become of it by then.

use imdspec_client::Lost;
use imdspec_model::{End, Piece, Reply};
use imdspec_wire::{
    Bytes, Headers, Limits, Mono, Received, Response, ResponseReader, Version, WireError,
};

/// A request that was sent, and what will come of it.
#[derive(Debug)]
pub(crate) struct Flight {
    /// When the sender learns the result; never, when none.
    pub(crate) arrives: Option<Mono>,
    result: Result<Response, Lost>,
    watched: Option<Watched>,
}

/// A reply without a natural end, of which the trace says how much was sent.
#[derive(Debug)]
struct Watched {
    request: u32,
    /// When each part of the body had been sent, and how many bytes there were by then.
    sent: Vec<(Mono, u64)>,
    /// When the server is through.
    through: Mono,
    /// Whether the reader refused to go on before.
    refused: bool,
}

impl Flight {
    /// A request that reaches nobody.
    pub(crate) const fn lost(at: Mono, lost: Lost) -> Self {
        Self {
            arrives: Some(at),
            result: Err(lost),
            watched: None,
        }
    }

    /// A request that is lost on its way, without a word.
    pub(crate) const fn never() -> Self {
        Self {
            arrives: None,
            result: Err(Lost::TimedOut),
            watched: None,
        }
    }

    /// A reply of which the sender sees an interim status only.
    pub(crate) fn interim(at: Mono, status: u16) -> Self {
        Self {
            arrives: Some(at),
            result: Ok(Response {
                version: Version::Http11,
                status,
                reason: String::new(),
                headers: Headers::default(),
                body: Bytes::default(),
            }),
            watched: None,
        }
    }

    /// Plays the pieces of a reply to a reader, from `at` on.
    pub(crate) fn new(at: Mono, request: u32, method: &str, limits: Limits, reply: &Reply) -> Self {
        let mut play = Play {
            at,
            reader: ResponseReader::new(method, limits),
            done: None,
            refused: false,
            bytes: None,
            sent: Vec::new(),
        };
        for piece in reply.pieces() {
            play.piece(piece);
            // A reply nobody watches is over once it has been read.
            if play.done.is_some() && reply.drip.is_none() {
                break;
            }
        }
        let ends = matches!(reply.end(), End::Drip | End::Endless);
        let watched = ends.then_some(Watched {
            request,
            sent: play.sent,
            through: play.at,
            refused: play.refused,
        });
        let (arrives, result) = match play.done {
            Some((at, result)) => (Some(at), result),
            None => (None, Err(Lost::TimedOut)),
        };
        Self {
            arrives,
            result,
            watched,
        }
    }

    /// The result, once it has arrived.
    pub(crate) fn take(&mut self) -> Result<Response, Lost> {
        std::mem::replace(&mut self.result, Err(Lost::Closed))
    }

    /// For a reply without a natural end: the request, the body bytes sent by `now`, and whether
    /// the receiver stopped first.
    pub(crate) fn sent(&self, now: Mono) -> Option<(u32, u64, bool)> {
        let watched = self.watched.as_ref()?;
        let bytes = watched
            .sent
            .iter()
            .rev()
            .find(|(at, _)| *at <= now)
            .map_or(0, |(_, bytes)| *bytes);
        let gave_up = watched.refused || now < watched.through;
        Some((watched.request, bytes, gave_up))
    }
}

struct Play {
    at: Mono,
    reader: ResponseReader,
    done: Option<(Mono, Result<Response, Lost>)>,
    /// Whether the reader would read no further.
    refused: bool,
    /// Body bytes sent; none before the head, which is a piece of its own where this matters.
    bytes: Option<u64>,
    sent: Vec<(Mono, u64)>,
}

/// How much of an endless body is handed over at once, in bytes.
const GULP: usize = 16 << 10;

impl Play {
    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Bytes(bytes) => self.bytes(&bytes),
            Piece::Repeat { bytes, total } => self.repeat(&bytes, total),
            Piece::Pause(span) => self.at = self.at.plus(span),
            Piece::Hang => {}
            Piece::Close => self.close(),
            Piece::Reset => self.finish(Err(Lost::Reset)),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let sent = self.bytes.map_or(0, |b| b + bytes.len() as u64);
        self.bytes = Some(sent);
        self.sent.push((self.at, sent));
        self.feed(bytes);
    }

    fn repeat(&mut self, bytes: &[u8], total: u64) {
        let gulp = bytes.repeat((GULP / bytes.len()).max(1));
        let mut left = total;
        while left > 0 && self.done.is_none() {
            let n = usize::try_from(left).map_or(gulp.len(), |l| l.min(gulp.len()));
            self.bytes = Some(self.bytes.unwrap_or(0) + n as u64);
            self.feed(&gulp[..n]);
            left -= n as u64;
        }
        self.sent.push((self.at, self.bytes.unwrap_or(0)));
    }

    fn feed(&mut self, bytes: &[u8]) {
        if self.done.is_some() {
            return;
        }
        match self.reader.feed(bytes) {
            Ok(Received::More) => {}
            Ok(Received::Done(response)) => self.finish(Ok(response)),
            Err(why) => {
                self.refused = true;
                let result = match why {
                    WireError::TooLarge { .. } => self.cut(),
                    _ => Err(Lost::NotHttp),
                };
                self.finish(result);
            }
        }
    }

    /// A reply whose body is over the limit, as [`Send::limits`](imdspec_client::Send::limits) has it.
    fn cut(&self) -> Result<Response, Lost> {
        let no_success = self.reader.so_far().filter(|reply| !reply.is_success());
        let bodiless = no_success.map(|reply| Response {
            body: Bytes::default(),
            ..reply
        });
        bodiless.ok_or(Lost::TooLarge)
    }

    fn close(&mut self) {
        if self.done.is_some() {
            return;
        }
        let spent = ResponseReader::new("GET", Limits { head: 0, body: 0 });
        let reader = std::mem::replace(&mut self.reader, spent);
        self.finish(reader.end().map_err(|_| Lost::Closed));
    }

    fn finish(&mut self, result: Result<Response, Lost>) {
        if self.done.is_none() {
            self.done = Some((self.at, result));
        }
    }
}
