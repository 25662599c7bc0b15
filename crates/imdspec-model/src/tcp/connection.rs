//! One connection, from its first request to its end.
//!
//! ```text
//!              a whole request              the reply is out
//!   READING ──────────────────► ANSWERING ───────────────────► READING
//!      │                            │
//!      │ nonsense: 400, close       │ close, reset, or the peer goes away
//!      │ 60 s, or the peer's end    ▼
//!      └─────────────────────────► OVER
//! ```
//!
//! Requests are answered in the order they came, also when the next one arrives meanwhile.

use super::Service;
use super::peer::{PATIENCE, Peer, Stream};
use crate::answer::Answer;
use crate::{End, Piece, Profile, Reply};
use imdspec_wire::{Request, RequestStep};
use std::sync::Arc;
use tokio::time::Instant;

/// What becomes of the connection after a reply.
enum After {
    Keep,
    Close,
    Reset,
    Gone,
}

/// Serves one connection until it ends.
pub(crate) async fn serve<S: Service>(stream: impl Stream, service: Arc<S>) {
    let conn = service.connected();
    let mut peer = Peer::new(stream);
    let mut deadline = Instant::now() + PATIENCE;
    loop {
        match peer.reader.next() {
            Ok(RequestStep::Request(request)) => {
                let (number, reply) = service.request(conn, request);
                match answer(&mut peer, &*service, number, &reply).await {
                    After::Keep => deadline = Instant::now() + PATIENCE,
                    After::Close => return peer.close().await,
                    After::Reset => return peer.reset(),
                    After::Gone => return,
                }
            }
            Ok(RequestStep::More) => {
                if !peer.read(deadline).await {
                    if peer.reader.is_midway() {
                        service.malformed(conn, peer.reader.pending());
                    }
                    return;
                }
            }
            Err(_) => {
                service.malformed(conn, peer.reader.pending());
                for piece in bad_request().pieces() {
                    if let Piece::Bytes(bytes) = piece
                        && !peer.write(&bytes).await
                    {
                        return;
                    }
                }
                return peer.close().await;
            }
        }
    }
}

fn bad_request() -> Reply {
    Answer::error(400).reply(Profile::Http11Close, &Request::new("GET", "/"))
}

async fn answer(
    peer: &mut Peer<impl Stream>,
    service: &impl Service,
    request: u32,
    reply: &Reply,
) -> After {
    // None until the head is out.
    let mut body_bytes = None;
    let after = play(peer, service, request, reply, &mut body_bytes).await;
    if matches!(reply.end(), End::Drip | End::Endless) {
        let gave_up = matches!(after, After::Gone);
        service.sent(request, body_bytes.unwrap_or(0), gave_up);
    }
    after
}

async fn play(
    peer: &mut Peer<impl Stream>,
    service: &impl Service,
    request: u32,
    reply: &Reply,
    body_bytes: &mut Option<u64>,
) -> After {
    for piece in reply.pieces() {
        let taken = match piece {
            Piece::Bytes(bytes) => {
                let taken = peer.write(&bytes).await;
                if taken {
                    *body_bytes = Some(body_bytes.map_or(0, |sent| sent + bytes.len() as u64));
                }
                taken
            }
            Piece::Repeat { bytes, total } => {
                let (sent, taken) = peer.write_over_and_over(&bytes, total).await;
                *body_bytes = Some(body_bytes.unwrap_or(0) + sent);
                taken
            }
            Piece::Pause(span) => peer
                .unless_gone(service.pause(request, span))
                .await
                .is_some(),
            Piece::Hang => {
                service.hangs(request);
                peer.gone().await;
                false
            }
            Piece::Close => return After::Close,
            Piece::Reset => return After::Reset,
        };
        if !taken {
            return After::Gone;
        }
    }
    After::Keep
}
