//! Listening, and ending what was begun.

use super::{Service, connection};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// The most connections served at once. Further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 1024;

/// The pause after a connection that could not be accepted: the table of open files is full, and
/// asking again at once would only burn a core.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// A listening socket.
///
/// A host serves at most 1024 connections at once, heads of at most 64 KiB, bodies of at most
/// 1 MiB, and closes a connection on which no whole request arrives for 60 seconds.
#[derive(Debug)]
pub struct TcpHost {
    listener: TcpListener,
    addr: SocketAddr,
}

impl TcpHost {
    /// Listens on `addr`; port 0 takes a free one. To be called in a tokio runtime with I/O and
    /// time.
    ///
    /// # Errors
    /// Those of the operating system, such as a port that is taken.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr })
    }

    /// Takes a socket that listens already, made elsewhere, such as in another network namespace.
    /// It must not block. To be called in a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self { listener, addr })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until the guard is dropped or stopped.
    #[must_use = "dropping the guard stops the host"]
    pub fn serve<S: Service>(self, service: Arc<S>) -> HostGuard {
        let (stop, stopped) = oneshot::channel();
        HostGuard {
            accepting: tokio::spawn(accept(self.listener, service, stopped)),
            stop,
        }
    }
}

/// Keeps a host running. Dropping it ends the host and every connection with it.
#[derive(Debug)]
pub struct HostGuard {
    accepting: JoinHandle<()>,
    /// Never sent on: that it is gone is the message, so a guard that is dropped says it too.
    stop: oneshot::Sender<()>,
}

impl HostGuard {
    /// Ends the host and every connection, and returns once the service will not be called any
    /// more.
    pub async fn stop(self) {
        drop(self.stop);
        // An error would be a panic in the accept loop, and then too nothing runs any more.
        let _ = self.accepting.await;
    }
}

async fn accept<S: Service>(
    listener: TcpListener,
    service: Arc<S>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&service)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
            },
        }
    }
    connections.shutdown().await;
}
