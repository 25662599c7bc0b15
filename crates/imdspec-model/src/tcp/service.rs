//! What a host asks of whoever it serves.

use crate::Reply;
use imdspec_wire::Request;
use std::time::Duration;

/// What a host asks of whoever it serves.
pub trait Service: Send + Sync + 'static {
    /// A connection was opened; gives its number.
    fn connected(&self) -> u32;

    /// A request arrived whole; gives a number for it and the reply.
    fn request(&self, conn: u32, request: Request) -> (u32, Reply);

    /// Bytes arrived that are no request, or only the beginning of one.
    fn malformed(&self, conn: u32, bytes: &[u8]);

    /// A reply without a natural end (drip, endless) stopped: body bytes sent, and whether the peer
    /// went away first.
    fn sent(&self, request: u32, body_bytes: u64, gave_up: bool);

    /// Lets `span` pass on the service's clock, in the middle of answering `request`.
    fn pause(&self, request: u32, span: Duration) -> impl Future<Output = ()> + Send;

    /// Nothing more will come for `request`.
    fn hangs(&self, request: u32);
}
