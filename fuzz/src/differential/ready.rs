//! A runtime for futures that wait for nothing: what answers is in memory.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The value of a future that is ready when it is first asked.
///
/// # Panics
/// When it is not: there is nothing here that could wake it.
pub(super) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the crate waits for something that is not in memory"),
    }
}
