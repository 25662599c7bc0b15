//! The servers of a scenario on loopback ports, and the trace of what reaches them.

use crate::clock::VirtualClock;
use crate::in_process::Clock;
use crate::scenario::Scenario;
use crate::site::{Places, REAL_PLACES, Site};
use imdspec_client::Clock as _;
use imdspec_model::{HostGuard, Reply, Service, TcpHost};
use imdspec_rules::{Header, Server, Trace, What};
use imdspec_wire::{Mono, Now, Request, Wall};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// Whose time the servers live on.
#[derive(Debug, Clone)]
pub(crate) enum Time {
    /// The machine's, counted from a start.
    Real(Instant),
    /// The machine's, with what a scenario adds to it; the subject reads the same clock.
    Shared(Clock),
    /// Ours.
    Virtual(VirtualClock),
}

impl Time {
    pub(crate) fn now(&self) -> Now {
        match self {
            Self::Virtual(clock) => clock.now(),
            Self::Shared(clock) => clock.both(),
            Self::Real(start) => {
                let wall = SystemTime::now()
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
                Now {
                    wall: Wall(wall),
                    mono: Mono::default().plus(start.elapsed()),
                }
            }
        }
    }
}

/// The running servers of one scenario.
pub(crate) struct Hosted {
    shared: Arc<Shared>,
    guards: Vec<HostGuard>,
    real: Arc<BTreeMap<String, String>>,
}

struct Shared {
    site: Mutex<Site>,
    time: Time,
    /// Turns true at the first connection: the subject has started up.
    contacted: watch::Sender<bool>,
}

impl Hosted {
    /// Starts the servers; with `real`, also ones that play the service's real addresses.
    pub(crate) async fn start(
        scenario: &Scenario,
        header: Header,
        seed: u64,
        time: Time,
        real: bool,
    ) -> io::Result<Self> {
        let bind = async || TcpHost::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
        let (imds, collector, proxy) = (bind().await?, bind().await?, bind().await?);
        let places = Places {
            imds: imds.local_addr().to_string(),
            collector: collector.local_addr().to_string(),
            proxy: proxy.local_addr().to_string(),
        };
        let mut hosts = vec![
            (imds, Server::Imds, places.imds.clone()),
            (collector, Server::Collector, places.collector.clone()),
            (proxy, Server::Proxy, places.proxy.clone()),
        ];
        let mut played = BTreeMap::new();
        if real && scenario.needs_addresses() {
            for place in REAL_PLACES {
                let host = bind().await?;
                played.insert(place.to_owned(), host.local_addr().to_string());
                hosts.push((host, Server::Imds, place.to_owned()));
            }
        }
        let shared = Arc::new(Shared {
            site: Mutex::new(Site::new(scenario, &places, header, seed)),
            time,
            contacted: watch::Sender::new(false),
        });
        let guards = hosts
            .into_iter()
            .map(|(host, server, to)| {
                host.serve(Arc::new(Door {
                    shared: Arc::clone(&shared),
                    server,
                    to,
                }))
            })
            .collect();
        Ok(Self {
            shared,
            guards,
            real: Arc::new(played),
        })
    }

    pub(crate) fn with_site<T>(&self, f: impl FnOnce(&mut Site) -> T) -> T {
        self.shared.with_site(f)
    }

    pub(crate) fn now(&self) -> Now {
        self.shared.time.now()
    }

    /// Which loopback address plays which real one.
    pub(crate) fn real_places(&self) -> Arc<BTreeMap<String, String>> {
        Arc::clone(&self.real)
    }

    /// Returns at the first connection to any server.
    pub(crate) async fn contacted(&self) {
        let mut contacted = self.shared.contacted.subscribe();
        let _ = contacted.wait_for(|yes| *yes).await;
    }

    /// Returns once `span` has passed on the servers' clock.
    pub(crate) async fn past(&self, span: Duration) {
        match &self.shared.time {
            Time::Real(_) | Time::Shared(_) => tokio::time::sleep(span).await,
            Time::Virtual(clock) => clock.watch_for(clock.now().mono.plus(span)).await,
        }
    }

    /// Stops the servers and gives the trace.
    pub(crate) async fn finish(self) -> Trace {
        for guard in self.guards {
            guard.stop().await;
        }
        self.shared.with_site(|site| site.recorder.take())
    }
}

impl Shared {
    fn with_site<T>(&self, f: impl FnOnce(&mut Site) -> T) -> T {
        f(&mut self.site.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One listening address of a site.
struct Door {
    shared: Arc<Shared>,
    server: Server,
    to: String,
}

impl Service for Door {
    fn connected(&self) -> u32 {
        self.shared.contacted.send_replace(true);
        let now = self.shared.time.now();
        self.shared.with_site(|site| {
            let conn = site.recorder.connection();
            site.recorder.push(
                now,
                What::Connect {
                    conn,
                    server: self.server,
                    to: self.to.clone(),
                },
            );
            conn
        })
    }

    fn request(&self, conn: u32, request: Request) -> (u32, Reply) {
        let (number, reply) = self.shared.with_site(|site| {
            // Read under the lock, so that times in a trace never go back.
            let now = self.shared.time.now();
            site.request(now, (self.server, &self.to, conn), request)
        });
        if let Time::Virtual(clock) = &self.shared.time {
            clock.arrive(number);
        }
        (number, reply)
    }

    fn malformed(&self, conn: u32, bytes: &[u8]) {
        self.shared.with_site(|site| {
            let now = self.shared.time.now();
            site.recorder.malformed(now, conn, self.server, bytes);
        });
    }

    fn sent(&self, request: u32, body_bytes: u64, gave_up: bool) {
        self.shared.with_site(|site| {
            let now = self.shared.time.now();
            let sent = What::Sent {
                request,
                body_bytes,
                gave_up,
            };
            site.recorder.push(now, sent);
        });
    }

    async fn pause(&self, request: u32, span: Duration) {
        match &self.shared.time {
            Time::Real(_) | Time::Shared(_) => tokio::time::sleep(span).await,
            Time::Virtual(clock) => clock.pause(request, span).await,
        }
    }

    fn hangs(&self, request: u32) {
        if let Time::Virtual(clock) = &self.shared.time {
            clock.hang(request);
        }
    }
}
