//! The other end of a connection: reading requests from it, and noticing when it goes away.

use imdspec_wire::{Limits, RequestReader};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a peer may take for a whole request, or to take what is written to it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long a peer has to close its side after we closed ours.
const LINGER: Duration = Duration::from_secs(2);

/// How much of a request is read.
const LIMITS: Limits = Limits {
    head: 64 << 10,
    body: 1 << 20,
};

/// How many bytes of further requests are kept while one is being answered.
const MOST_AHEAD: usize = 128 << 10;

/// How much of an endless body is written at once, in bytes.
const GULP: usize = 64 << 10;

/// What a connection is made of.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Has what is written sent at once, without waiting for more to send along.
    fn send_at_once(&self);

    /// Makes the end of it a reset.
    fn end_in_reset(&self);
}

// Sockets that refuse are slower, or end in an orderly way, and otherwise the same.
impl Stream for TcpStream {
    fn send_at_once(&self) {
        let _ = self.set_nodelay(true);
    }

    fn end_in_reset(&self) {
        let _ = self.set_zero_linger();
    }
}

/// In memory nothing waits, and an end is an end.
impl Stream for DuplexStream {
    fn send_at_once(&self) {}

    fn end_in_reset(&self) {}
}

pub(super) struct Peer<S> {
    stream: S,
    pub(super) reader: RequestReader,
    chunk: Box<[u8]>,
}

impl<S: Stream> Peer<S> {
    pub(super) fn new(stream: S) -> Self {
        // Replies are written whole; waiting would only delay them.
        stream.send_at_once();
        Self {
            stream,
            reader: RequestReader::new(LIMITS),
            chunk: vec![0; 4 << 10].into_boxed_slice(),
        }
    }

    /// Reads what has arrived; whether anything did before `deadline` and before the end.
    pub(super) async fn read(&mut self, deadline: Instant) -> bool {
        timeout_at(deadline, self.read_some()).await == Ok(true)
    }

    /// Waits for `something`; gives none when the peer goes away first.
    pub(super) async fn unless_gone<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(something);
        loop {
            tokio::select! {
                biased;
                result = &mut something => return Some(result),
                more = self.read_ahead() => if !more {
                    return None;
                },
            }
        }
    }

    /// Returns when the peer goes away.
    pub(super) async fn gone(&mut self) {
        while self.read_ahead().await {}
    }

    /// Writes; whether the peer took it.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        matches!(
            timeout(PATIENCE, self.stream.write_all(bytes)).await,
            Ok(Ok(()))
        )
    }

    /// Writes `bytes` over and over, `total` in all; gives how many went out, and whether the peer
    /// took them all.
    pub(super) async fn write_over_and_over(&mut self, bytes: &[u8], total: u64) -> (u64, bool) {
        let gulp = bytes.repeat((GULP / bytes.len().max(1)).max(1));
        let mut sent = 0;
        while sent < total {
            let from = usize::try_from(sent % gulp.len() as u64).unwrap_or(0);
            let left = usize::try_from(total - sent).unwrap_or(usize::MAX);
            let now = &gulp[from..gulp.len().min(from.saturating_add(left))];
            match timeout(PATIENCE, self.stream.write(now)).await {
                Ok(Ok(n)) if n > 0 => sent += n as u64,
                Ok(Ok(_) | Err(_)) | Err(_) => return (sent, false),
            }
        }
        (sent, true)
    }

    /// Closes so that what was written arrives: with requests still unread, closing at once would
    /// be a reset, which may undo the reply (RFC 9112, section 9.6).
    pub(super) async fn close(mut self) {
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let mut unread = LIMITS.body;
        let drain = async {
            while unread > 0
                && let Ok(n @ 1..) = self.stream.read(&mut self.chunk).await
            {
                unread = unread.saturating_sub(n);
            }
        };
        // Over or not, the connection is dropped now.
        let _ = timeout(LINGER, drain).await;
    }

    /// Resets the connection.
    pub(super) fn reset(self) {
        self.stream.end_in_reset();
    }

    /// Reads further requests while one is being answered; whether the peer is still there. Once
    /// enough is kept it reads no more, so that a peer cannot fill our memory.
    async fn read_ahead(&mut self) -> bool {
        if self.reader.pending().len() > MOST_AHEAD {
            return std::future::pending().await;
        }
        self.read_some().await
    }

    async fn read_some(&mut self) -> bool {
        match self.stream.read(&mut self.chunk).await {
            Ok(n @ 1..) => {
                self.reader.feed(&self.chunk[..n]);
                true
            }
            Ok(0) | Err(_) => false,
        }
    }
}
