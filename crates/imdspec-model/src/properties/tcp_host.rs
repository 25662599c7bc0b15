//! The host on one connection, without a socket.

use crate::answer::Answer;
use crate::tcp::{Service, serve};
use crate::{Mode, Model, Piece, Profile, Reply, World};
use imdspec_wire::properties::{crumbled, cut, has_turn};
use imdspec_wire::{
    Limits, Mono, Now, Received, Request, RequestReader, RequestStep, ResponseReader, Wall,
};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};

/// The host's own limits.
const LIMITS: Limits = Limits {
    head: 64 << 10,
    body: 1 << 20,
};

/// What lies between the two ends: more than either writes, so that neither waits for the other.
const BETWEEN: usize = 4 << 20;

/// The host keeps what [`tcp_host_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn tcp_host(bytes: &[u8]) {
    tcp_host_by(converse, bytes);
}

/// The host answers each request that stands in the bytes, in order and to the byte as the model
/// behind it does, up to the first that closes; what is no request is answered once and ends it;
/// the replies read as replies, one after another, and as many as there are requests; how the bytes
/// arrive changes nothing; and the connection ends.
///
/// `host` is given the pieces that arrive before the peer closes its side, and gives what is
/// written back.
///
/// # Panics
/// When that does not hold.
pub fn tcp_host_by(host: impl Fn(&[&[u8]]) -> Vec<u8>, bytes: &[u8]) {
    let replies = replies(bytes);
    let expected: Vec<&[u8]> = replies.iter().map(|(_, reply)| &**reply).collect();
    let expected = expected.concat();
    let written = host(&[bytes]);
    assert_eq!(Shown(&written), Shown(&expected), "as the model answers");
    // How they arrive, each input in its own way.
    let pieces = match has_turn(bytes, 2) {
        true => cut(bytes),
        false => crumbled(bytes),
    };
    assert_eq!(Shown(&host(&pieces)), Shown(&written), "in pieces");
    for (method, reply) in &replies {
        reads_as_one(method, reply);
    }
}

/// A reply is whole with its last byte, and not before.
fn reads_as_one(method: &str, reply: &[u8]) {
    let Some((last, before)) = reply.split_last() else {
        panic!("no reply to a {method}");
    };
    let mut reader = ResponseReader::new(method, LIMITS);
    let read = reader.feed(before);
    assert_eq!(read, Ok(Received::More), "a reply is as long as it says");
    let read = reader.feed(&[*last]);
    assert!(
        matches!(read, Ok(Received::Done(_))),
        "a reply ends: {read:?}"
    );
}

/// Bytes that are shown as text where they differ.
#[derive(PartialEq)]
struct Shown<'b>(&'b [u8]);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.0))
    }
}

/// The methods of the requests that are answered, each with the answer.
fn replies(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut model = model();
    let mut reader = RequestReader::new(LIMITS);
    reader.feed(bytes);
    let mut replies = Vec::new();
    loop {
        let (method, reply) = match reader.next() {
            Ok(RequestStep::More) => return replies,
            Ok(RequestStep::Request(request)) => {
                let reply = model.handle(NOW, &request);
                (request.method, reply)
            }
            Err(_) => {
                let request = Request::new("GET", "/");
                let reply = Answer::error(400).reply(Profile::Http11Close, &request);
                ("GET".to_owned(), reply)
            }
        };
        let (mut out, mut closes) = (Vec::new(), false);
        for piece in reply.pieces() {
            match piece {
                Piece::Bytes(bytes) => out.extend(bytes),
                Piece::Close => closes = true,
                other => panic!("a healthy model has no {other:?}"),
            }
        }
        replies.push((method, out));
        if closes {
            return replies;
        }
    }
}

const NOW: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(0),
};

fn model() -> Model {
    let world = World {
        mode: Mode::V2Optional,
        ..World::default()
    };
    Model::new(world, 1)
}

/// What the host writes on a connection on which these pieces arrive before its peer closes its
/// side.
///
/// # Panics
/// When tokio's runtime cannot be made.
#[must_use]
pub fn converse(pieces: &[&[u8]]) -> Vec<u8> {
    thread_local! {
        // Made once: it costs more than what runs on it.
        static RUNTIME: Runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without I/O needs nothing of the system");
    }
    let service = Arc::new(AtRest {
        model: Mutex::new(model()),
        requests: AtomicU32::new(0),
    });
    let conversation = async {
        let (ours, theirs) = tokio::io::duplex(BETWEEN);
        let (mut from_host, mut to_host) = tokio::io::split(ours);
        let talk = async {
            for piece in pieces {
                // A host that has closed hears no more, and that is its right.
                if to_host.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            let _ = to_host.shutdown().await;
        };
        let listen = async {
            let mut written = Vec::new();
            let _ = from_host.read_to_end(&mut written).await;
            written
        };
        let ((), (), written) = tokio::join!(serve(theirs, service), talk, listen);
        written
    };
    RUNTIME.with(|runtime| runtime.block_on(conversation))
}

/// A model on which time stands still.
struct AtRest {
    model: Mutex<Model>,
    requests: AtomicU32,
}

impl Service for AtRest {
    fn connected(&self) -> u32 {
        1
    }

    fn request(&self, _: u32, request: Request) -> (u32, Reply) {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = model.handle(NOW, &request);
        (self.requests.fetch_add(1, Ordering::Relaxed) + 1, reply)
    }

    fn malformed(&self, _: u32, _: &[u8]) {}

    fn sent(&self, _: u32, _: u64, _: bool) {}

    async fn pause(&self, _: u32, _: Duration) {}

    fn hangs(&self, _: u32) {}
}
