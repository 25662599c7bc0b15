//! The servers of a scenario on loopback ports, and the trace of what reaches them.

use crate::clock::VirtualClock;
use crate::in_process::Clock;
use crate::scenario::{Link, Scenario, Step};
use crate::shift::Shift;
use crate::site::{CONTAINER_PLACES, Places, REAL_PLACES, Site};
use crate::sources::RUNS;
use imdspec_client::{Clock as _, Lost, Ran, Unread};
use imdspec_model::{HostGuard, Reply, Service, TcpHost};
use imdspec_rules::{ClockKind, Given, Header, Server, Trace, What};
use imdspec_sandbox::Sandbox;
use imdspec_wire::{Mono, Now, Request, Wall};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// Whose time the servers live on.
#[derive(Debug, Clone)]
pub(crate) enum Time {
    /// The machine's, counted from a start.
    Real(Instant),
    /// The machine's, moved by the script.
    Shifted(Arc<Shift>),
    /// The machine's, with what a scenario adds to it; the subject reads the same clock.
    Shared(Clock),
    /// Ours.
    Virtual(VirtualClock),
}

impl Time {
    pub(crate) fn now(&self) -> Now {
        match self {
            Self::Virtual(clock) => clock.now(),
            Self::Real(start) => machine(*start),
            Self::Shifted(shift) => shift.now(),
            Self::Shared(clock) => clock.both(),
        }
    }

    /// The time of the subject, as a trace's header says it.
    pub(crate) const fn kind(&self) -> ClockKind {
        match self {
            Self::Virtual(_) => ClockKind::Virtual,
            Self::Real(_) => ClockKind::Real,
            Self::Shifted(_) | Self::Shared(_) => ClockKind::Faketime,
        }
    }
}

/// The machine's time, counted from a start.
pub(crate) fn machine(start: Instant) -> Now {
    let wall = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    Now {
        wall: Wall(wall),
        mono: Mono::default().plus(start.elapsed()),
    }
}

/// Where the servers of a scenario are to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// On loopback ports of this machine.
    Endpoint,
    /// There too, and further ports play the real addresses.
    Played,
    /// In sandboxes that are yet to be made: see [`Hosted::attach`].
    Sandbox,
    /// Nowhere: they are asked without a socket, see [`Estate::ask`].
    Memory,
}

/// What a run of the credential process adds to its file: `run` and the end of a line.
const RUN_LINE: u64 = 4;

/// The running servers of one scenario.
pub(crate) struct Hosted {
    shared: Arc<Shared>,
    /// The home of the program that lives now, and how often its credential process was run.
    home: Mutex<(PathBuf, u64)>,
    guards: Mutex<Vec<HostGuard>>,
    real: Arc<BTreeMap<String, String>>,
    places: Places,
    /// Where the servers are besides, where a scenario's addresses are fixed and played.
    fixed: Option<Places>,
    ground: Ground,
    links: BTreeMap<IpAddr, Link>,
    needs_addresses: bool,
}

struct Shared {
    site: Mutex<Site>,
    time: Time,
    /// Turns true at the first connection: the subject has started up.
    contacted: watch::Sender<bool>,
    /// What the first request to the sink was signed with, since it was last asked for.
    signed: watch::Sender<Option<Given>>,
    /// The most memory that the program held when somebody looked, in bytes.
    peak: AtomicU64,
}

impl Hosted {
    /// Starts the servers.
    pub(crate) async fn start(
        scenario: &Scenario,
        header: Header,
        seed: u64,
        time: Time,
        ground: Ground,
    ) -> io::Result<Self> {
        let mut hosts = Vec::new();
        let mut sink = None;
        let mut played = BTreeMap::new();
        let bind = async || TcpHost::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
        let places = if matches!(ground, Ground::Sandbox | Ground::Memory) {
            Places::alone(scenario, ground == Ground::Sandbox)
        } else {
            let (imds, collector, proxy) = (bind().await?, bind().await?, bind().await?);
            let sink_host = bind().await?;
            let mut services = BTreeMap::new();
            for server in Places::services_of(scenario) {
                let host = bind().await?;
                let place = host.local_addr().to_string();
                services.insert(server, place.clone());
                hosts.push((host, server, place));
            }
            let places = Places {
                imds: imds.local_addr().to_string(),
                collector: collector.local_addr().to_string(),
                proxy: proxy.local_addr().to_string(),
                sink: sink_host.local_addr().to_string(),
                services,
                found: false,
            };
            sink = Some(sink_host);
            hosts.push((imds, Server::Imds, places.imds.clone()));
            hosts.push((collector, Server::Collector, places.collector.clone()));
            hosts.push((proxy, Server::Proxy, places.proxy.clone()));
            places
        };
        // Where the addresses are fixed, so are the ports.
        let fixed = (ground == Ground::Played && scenario.needs_addresses())
            .then(|| Places::alone(scenario, false));
        if let Some(fixed) = &fixed {
            let real = REAL_PLACES.map(|place| (place, Server::Imds));
            for (place, server) in fixed.by_setting().chain(real) {
                let host = bind().await?;
                played.insert(place.to_owned(), host.local_addr().to_string());
                hosts.push((host, server, place.to_owned()));
            }
        }
        if ground == Ground::Played && scenario.needs_services() {
            for place in CONTAINER_PLACES {
                let host = bind().await?;
                played.insert(place.to_owned(), host.local_addr().to_string());
                hosts.push((host, Server::Container, place.to_owned()));
            }
        }
        let shared = Arc::new(Shared {
            site: Mutex::new(Site::new(scenario, &places, header, seed, time.now())),
            time,
            contacted: watch::Sender::new(false),
            signed: watch::Sender::new(None),
            peak: AtomicU64::new(0),
        });
        let sink = sink.map(|host| host.serve(Arc::new(SinkDoor(Arc::clone(&shared)))));
        let guards = hosts
            .into_iter()
            .map(|(host, server, to)| {
                host.serve(Arc::new(Door {
                    shared: Arc::clone(&shared),
                    server,
                    to,
                }))
            })
            .chain(sink)
            .collect();
        Ok(Self {
            shared,
            home: Mutex::default(),
            guards: Mutex::new(guards),
            real: Arc::new(played),
            places,
            fixed,
            ground,
            links: scenario.links(),
            needs_addresses: scenario.needs_addresses(),
        })
    }

    /// Serves what listens in a sandbox. All of a scenario's sandboxes are one world.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(crate) fn attach(&self, listeners: Vec<(SocketAddr, TcpListener)>) -> io::Result<()> {
        for (at, listener) in listeners {
            let to = at.to_string();
            let shared = Arc::clone(&self.shared);
            let host = TcpHost::from_std(listener)?;
            let guard = match self.places.server(&to) {
                Some(server) => host.serve(Arc::new(Door { shared, server, to })),
                None => host.serve(Arc::new(SinkDoor(shared))),
            };
            self.guards
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(guard);
        }
        Ok(())
    }

    /// The sandbox that a program of this scenario is to run in.
    pub(crate) fn sandbox(&self) -> Sandbox {
        let all = self.places.all().map(|(place, _)| place);
        let mut sandbox = all
            .chain([self.places.sink.as_str()])
            .filter_map(|place| place.parse().ok())
            .fold(Sandbox::default(), Sandbox::listen);
        for (address, link) in &self.links {
            sandbox = sandbox.link(*address, (*link).into());
        }
        sandbox
    }

    /// Whether the scenario is about an address that a machine may not carry.
    pub(crate) fn needs(&self, address: &SocketAddr) -> bool {
        self.needs_addresses && address.is_ipv6()
    }

    /// Writes what is below a program's home, into a new one.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn furnish(&self, home: &Path) -> io::Result<()> {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = (home.into(), 0);
        self.with_site(|site| site.home.clone()).write(home)
    }

    /// Notes each run of the credential process since this was last asked: it writes a line a run.
    pub(crate) fn note_runs(&self) {
        let mut home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        let written = std::fs::metadata(home.0.join(RUNS)).map_or(0, |m| m.len());
        let runs = written / RUN_LINE;
        for _ in home.1..runs {
            self.with_site(|site| site.ran(self.now()));
        }
        home.1 = home.1.max(runs);
    }

    /// Makes the world that of another scenario, at the same places: one without settings, sources
    /// or addresses of its own. What the trace of the one before still gets is lost with it.
    pub(crate) fn restage(&self, scenario: &Scenario, header: Header, seed: u64) {
        let new = Site::new(scenario, &self.places, header, seed, self.now());
        self.with_site(|site| *site = new);
    }

    /// Moves the clock or changes the world, as a step says.
    ///
    /// # Errors
    /// When the clock could not be moved.
    pub(crate) fn change(&self, step: &Step) -> io::Result<()> {
        let moved = match (step, self.time()) {
            (Step::Advance(span), Time::Shifted(shift)) => {
                shift.advance(span.duration())?;
                format!("+{span}")
            }
            (Step::Jump(span), Time::Shifted(shift)) => {
                shift.jump(span.millis())?;
                format!("wall clock by {span}")
            }
            _ => {
                self.with_site(|site| site.change(self.now(), step));
                if let Step::File(new) = step {
                    let home = self.home.lock().unwrap_or_else(PoisonError::into_inner);
                    let files = self.with_site(|site| site.home.clone());
                    files.write_one(&home.0, &new.name)?;
                }
                return Ok(());
            }
        };
        self.with_site(|site| site.recorder.push(self.now(), What::Clock { moved }));
        Ok(())
    }

    pub(crate) const fn ground(&self) -> Ground {
        self.ground
    }

    pub(crate) const fn places(&self) -> &Places {
        &self.places
    }

    pub(crate) fn time(&self) -> &Time {
        &self.shared.time
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

    /// What a client of ours reads, runs and begins TLS with.
    pub(crate) fn estate(&self) -> Estate {
        Estate {
            shared: Arc::clone(&self.shared),
            places: self.places.clone(),
            fixed: self.fixed.clone(),
        }
    }

    /// Returns at the first connection to any server.
    pub(crate) async fn contacted(&self) {
        let mut contacted = self.shared.contacted.subscribe();
        let _ = contacted.wait_for(|yes| *yes).await;
    }

    /// Forgets what the sink has seen.
    pub(crate) fn empty_sink(&self) {
        self.shared.signed.send_replace(None);
    }

    /// What the sink has seen, if it was used.
    pub(crate) fn in_sink(&self) -> Option<Given> {
        self.shared.signed.borrow().clone()
    }

    /// Returns at the first signed request to the sink.
    pub(crate) async fn sunk(&self) -> Given {
        let mut signed = self.shared.signed.subscribe();
        loop {
            if let Ok(seen) = signed.wait_for(Option::is_some).await
                && let Some(given) = seen.clone()
            {
                return given;
            }
        }
    }

    /// Notes how much memory the program held at most so far, in bytes.
    pub(crate) fn note_peak(&self, bytes: u64) {
        self.shared.peak.fetch_max(bytes, Ordering::Relaxed);
    }

    /// The most that was noted.
    pub(crate) fn peak(&self) -> Option<u64> {
        Some(self.shared.peak.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0)
    }

    /// Returns once `span` has passed on the servers' clock.
    pub(crate) async fn past(&self, span: Duration) {
        match &self.shared.time {
            Time::Real(_) | Time::Shifted(_) | Time::Shared(_) => tokio::time::sleep(span).await,
            Time::Virtual(clock) => clock.watch_for(clock.now().mono.plus(span)).await,
        }
    }

    /// Stops the servers and gives the trace.
    pub(crate) async fn finish(self) -> Trace {
        let guards = self.guards.into_inner();
        for guard in guards.unwrap_or_else(PoisonError::into_inner) {
            guard.stop().await;
        }
        self.shared.with_site(|site| site.recorder.take())
    }
}

impl Shared {
    fn with_site<T>(&self, f: impl FnOnce(&mut Site) -> T) -> T {
        f(&mut self.site.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes credentials seen in use; the first counts.
    fn use_of(&self, given: Given) {
        self.signed.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(given);
            is_first
        });
    }
}

/// What a client of ours reads, runs and begins TLS with, where all of that is only played.
#[derive(Clone)]
pub(crate) struct Estate {
    shared: Arc<Shared>,
    places: Places,
    fixed: Option<Places>,
}

impl Estate {
    /// Asks the server at a place; none when nobody is there.
    pub(crate) fn ask(&self, to: &str, request: Request) -> Option<(u32, Reply)> {
        let server = self.places.server(to)?;
        let now = self.shared.time.now();
        let seen = (server, to, 1);
        Some(
            self.shared
                .with_site(|site| site.request(now, seen, request)),
        )
    }

    /// Notes something in the trace.
    pub(crate) fn note(&self, what: What) {
        let now = self.shared.time.now();
        self.shared.with_site(|site| site.recorder.push(now, what));
    }

    pub(crate) fn read(&self, path: &str) -> Result<String, Unread> {
        self.shared.with_site(|site| site.read_virtual(path))
    }

    /// None for a command that never ends.
    pub(crate) fn run(&self, line: &str) -> Option<Ran> {
        let now = self.shared.time.now();
        self.shared.with_site(|site| site.run_virtual(now, line))
    }

    pub(crate) fn tls(&self, to: &str) -> Lost {
        let now = self.shared.time.now();
        let fixed = self.fixed.as_ref().and_then(|places| places.server(to));
        match self.places.server(to).or(fixed) {
            Some(server) => self.shared.with_site(|site| site.tls(now, server, to)),
            None => Lost::Refused,
        }
    }
}

/// Debug shows nothing of the site, which may be in use.
impl std::fmt::Debug for Estate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Estate")
            .field("places", &self.places)
            .finish_non_exhaustive()
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
        // Who asks STS who he is uses his credentials, as one who asks the sink does.
        let asks_who = self.server == Server::Sts
            && (request.body.text()).contains("Action=GetCallerIdentity");
        if let Some(given) = asks_who
            .then(|| crate::sink::take(&request).given)
            .flatten()
        {
            self.shared.use_of(given);
        }
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
            Time::Real(_) | Time::Shifted(_) | Time::Shared(_) => tokio::time::sleep(span).await,
            Time::Virtual(clock) => clock.pause(request, span).await,
        }
    }

    fn hangs(&self, request: u32) {
        if let Time::Virtual(clock) = &self.shared.time {
            clock.hang(request);
        }
    }
}

/// The sink's listening address. What is said there is no business of a rule's: the trace has the
/// outcome only.
struct SinkDoor(Arc<Shared>);

impl Service for SinkDoor {
    fn connected(&self) -> u32 {
        self.0.contacted.send_replace(true);
        0
    }

    fn request(&self, _: u32, request: Request) -> (u32, Reply) {
        let taken = crate::sink::take(&request);
        if let Some(given) = taken.given {
            self.0.use_of(given);
        }
        (0, taken.reply)
    }

    fn malformed(&self, _: u32, _: &[u8]) {}

    fn sent(&self, _: u32, _: u64, _: bool) {}

    async fn pause(&self, _: u32, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn hangs(&self, _: u32) {}
}
