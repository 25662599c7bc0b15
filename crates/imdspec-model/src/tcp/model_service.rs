//! A model served in real time.

use super::Service;
use crate::clock::RealClock;
use crate::{Change, Model, Reply};
use imdspec_wire::Request;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Hook = Box<dyn Fn(u32, &Request, &Reply) + Send + Sync>;

/// A [`Model`] on the machine's clocks: a metadata service to point a program at.
///
/// ```no_run
/// use imdspec_model::{Model, ModelService, TcpHost, World};
/// use std::sync::Arc;
///
/// # async fn example() -> std::io::Result<()> {
/// let host = TcpHost::bind("127.0.0.1:1338").await?;
/// let service = ModelService::new(Model::new(World::default(), 1))
///     .with_hook(|conn, request, reply| eprintln!("{conn} {} {}", request.target, reply.status));
/// let guard = host.serve(Arc::new(service));
/// # Ok(())
/// # }
/// ```
pub struct ModelService {
    model: Mutex<Model>,
    clock: RealClock,
    hook: Option<Hook>,
    connections: AtomicU32,
    requests: AtomicU32,
}

impl ModelService {
    /// Serves `model`; its monotonic time begins now.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            model: Mutex::new(model),
            clock: RealClock::start(),
            hook: None,
            connections: AtomicU32::new(0),
            requests: AtomicU32::new(0),
        }
    }

    /// Calls `hook` with the connection's number, the request and the reply before the reply is
    /// sent.
    #[must_use]
    pub fn with_hook(
        mut self,
        hook: impl Fn(u32, &Request, &Reply) + Send + Sync + 'static,
    ) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Changes the world now.
    pub fn change(&self, change: Change) {
        self.with_model(|model| model.change(self.clock.now(), change));
    }

    fn with_model<T>(&self, f: impl FnOnce(&mut Model) -> T) -> T {
        // A hook or a caller may have panicked; the model itself is never left halfway.
        f(&mut self.model.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Service for ModelService {
    fn connected(&self) -> u32 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn request(&self, conn: u32, request: Request) -> (u32, Reply) {
        let reply = self.with_model(|model| {
            // Read under the lock, so that the model's time never goes back.
            let reply = model.handle(self.clock.now(), &request);
            // Nobody watches for leaks here, and a server that runs for months must not hoard.
            drop(model.take_secrets());
            reply
        });
        if let Some(hook) = &self.hook {
            hook(conn, &request, &reply);
        }
        (self.requests.fetch_add(1, Ordering::Relaxed) + 1, reply)
    }

    fn malformed(&self, _: u32, _: &[u8]) {}

    fn sent(&self, _: u32, _: u64, _: bool) {}

    async fn pause(&self, _: u32, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn hangs(&self, _: u32) {}
}

impl fmt::Debug for ModelService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelService")
            .field("connections", &self.connections)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}
