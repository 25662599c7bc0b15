//! The servers a scenario's subject can reach, and the trace of what reaches them.

use crate::recorder::Recorder;
use crate::scenario::{ClockNeed, NewText, Step};
use crate::sources::{Home, Played, SetUp, noted};
use crate::{NotRun, Scenario};
use imdspec_client::{Lost, Ran, Unread};
use imdspec_model::{Change, Fault, Giver, Grants, Mode, Model, Reply, Services, World};
use imdspec_rules::{Header, Server, What};
use imdspec_wire::{Now, Request, Source};
use std::collections::BTreeMap;

/// Where the servers of a site are, as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) imds: String,
    pub(crate) collector: String,
    pub(crate) proxy: String,
    pub(crate) sink: String,
    /// The services beside the instance metadata service; empty where a scenario has none.
    pub(crate) services: BTreeMap<Server, String>,
    /// Whether the service is at its real addresses too, so that nobody has to be told where.
    pub(crate) found: bool,
}

/// The servers of one scenario: the model, a collector no request should reach, a proxy, and the
/// services that give credentials besides.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) recorder: Recorder,
    /// What is below the subject's home.
    pub(crate) home: Home,
    imds: Model,
    collector: Model,
    proxy: Model,
    services: Services,
    account_id: Option<String>,
}

/// The link-local addresses of the service, where a subject finds it without any setting.
pub(crate) const REAL_PLACES: [&str; 2] = ["169.254.169.254:80", "[fd00:ec2::254]:80"];

/// Those of the container credential services, of ECS and of EKS.
pub(crate) const CONTAINER_PLACES: [&str; 3] =
    ["169.254.170.2:80", "169.254.170.23:80", "[fd00:ec2::23]:80"];

impl Places {
    /// Where a loopback has nobody else on it.
    pub(crate) fn alone(scenario: &Scenario, found: bool) -> Self {
        let ports = SERVICES.into_iter().zip(1342..);
        let services = ports.map(|(server, port)| (server, format!("127.0.0.1:{port}")));
        Self {
            imds: "127.0.0.1:1338".into(),
            collector: "127.0.0.1:1339".into(),
            proxy: "127.0.0.1:1340".into(),
            sink: "127.0.0.1:1341".into(),
            services: services.filter(|_| scenario.needs_services()).collect(),
            found,
        }
    }

    /// The places that a subject is told, and who is there.
    pub(crate) fn by_setting(&self) -> impl Iterator<Item = (&str, Server)> {
        let first = [
            (self.imds.as_str(), Server::Imds),
            (self.collector.as_str(), Server::Collector),
            (self.proxy.as_str(), Server::Proxy),
        ];
        let services = self.services.iter();
        first
            .into_iter()
            .chain(services.map(|(server, place)| (place.as_str(), *server)))
    }

    /// Every place of a site with the real addresses on it, and who is there.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Server)> {
        self.by_setting()
            .chain(REAL_PLACES.map(|place| (place, Server::Imds)))
            .chain(CONTAINER_PLACES.map(|place| (place, Server::Container)))
    }

    /// Who is at a place.
    pub(crate) fn server(&self, place: &str) -> Option<Server> {
        self.all()
            .find(|(p, _)| *p == place)
            .map(|(_, server)| server)
    }

    /// `text` with the gaps of servers replaced by URLs.
    pub(crate) fn fill(&self, text: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        let by_setting = [
            ("imds", &self.imds),
            ("collector", &self.collector),
            ("proxy", &self.proxy),
        ];
        let services = self.services.iter().map(|(s, place)| (gap(*s), place));
        let filled = |text: String, (gap, place): (&str, &String)| {
            text.replace(&format!("${{{gap}}}"), &format!("http://{place}"))
        };
        by_setting
            .into_iter()
            .chain(services)
            .fold(text.to_owned(), filled)
    }

    /// `text` with `{sink}` replaced by the sink's URL.
    pub(crate) fn fill_sink(&self, text: &str) -> String {
        text.replace("{sink}", &format!("http://{}", self.sink))
    }

    fn fill_all(&self, settings: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        settings
            .iter()
            .map(|(name, value)| (name.clone(), self.fill(value)))
            .collect()
    }

    /// Writes the scenario's settings, filled in, into a trace's header. They are what the subject
    /// is to be given.
    fn settle(&self, scenario: &Scenario, up: &SetUp, header: &mut Header) {
        header.env = self.fill_all(&up.env);
        header.env.extend(self.fill_all(&scenario.env));
        if scenario.sets_endpoint() && !self.found {
            header
                .env
                .entry("AWS_EC2_METADATA_SERVICE_ENDPOINT".into())
                .or_insert_with(|| format!("http://{}", self.imds));
        }
        header.config = self.fill_all(&scenario.config);
        header.code = self.fill_all(&scenario.code);
        let sources = scenario.sources.all();
        header.sources = sources
            .map(|(s, state)| (s, state.in_trace().into()))
            .collect();
    }
}

/// How a TLS handshake begins: a record of that kind, in the version that every record says.
const CLIENT_HELLO: [u8; 3] = [0x16, 0x03, 0x01];

/// The services beside the instance metadata service.
const SERVICES: [Server; 5] = [
    Server::Container,
    Server::Sts,
    Server::Sso,
    Server::Oidc,
    Server::Signin,
];

impl Places {
    /// The services that a scenario needs places for.
    pub(crate) fn services_of(scenario: &Scenario) -> impl Iterator<Item = Server> {
        SERVICES.into_iter().filter(|_| scenario.needs_services())
    }
}

/// The name of the gap that a service's URL fills.
const fn gap(server: Server) -> &'static str {
    match server {
        Server::Imds => "imds",
        Server::Collector => "collector",
        Server::Proxy => "proxy",
        Server::Container => "container",
        Server::Sts => "sts",
        Server::Sso => "sso",
        Server::Oidc => "oidc",
        Server::Signin => "signin",
    }
}

/// The model that answers at a server which is not the instance metadata service.
const fn giver(server: Server) -> Option<Giver> {
    match server {
        Server::Imds | Server::Collector | Server::Proxy => None,
        Server::Container => Some(Giver::Container),
        Server::Sts => Some(Giver::Sts),
        Server::Sso => Some(Giver::Sso),
        Server::Oidc => Some(Giver::Oidc),
        Server::Signin => Some(Giver::Signin),
    }
}

impl Site {
    pub(crate) fn new(
        scenario: &Scenario,
        places: &Places,
        mut header: Header,
        seed: u64,
        now: Now,
    ) -> Self {
        let world = scenario.world();
        let collector_url = format!("http://{}", places.collector);
        let mut services = Services::new(Grants::default(), world.faults.clone(), seed);
        services.set_collector(collector_url.clone());
        services.set_lifetime(world.credential_lifetime);
        let config = places.fill_all(&scenario.config);
        let mut up = SetUp::new(
            &scenario.sources,
            scenario.profile.as_deref(),
            &config,
            &mut services,
            now,
            world.credential_lifetime,
        );
        if world.account_id.is_some() {
            services.grants().account_id.clone_from(&world.account_id);
        }
        places.settle(scenario, &up, &mut header);
        for (name, text) in &scenario.files {
            up.home.text(name, text.clone());
        }
        up.home.fill(|text| places.fill(text));
        let told = up.told.iter().copied().map(str::to_owned);
        let files: Vec<String> = told.chain(scenario.files.keys().cloned()).collect();
        let account_id = services.grants().account_id.clone();
        let mut imds = Model::new(world, seed);
        imds.set_collector(collector_url);
        // The collector gives credentials of its own to whoever asks, token or not, so that taking
        // them shows.
        let collector = World {
            mode: Mode::V1Only,
            ..World::default()
        };
        let proxy = World {
            faults: vec![Fault {
                status: Some(502),
                ..Fault::default()
            }],
            ..World::default()
        };
        let mut recorder = Recorder::new(header);
        recorder.secrets(now, services.take_secrets());
        for keys in std::mem::take(&mut up.keys) {
            recorder.push(now, What::Keys(keys));
        }
        for name in files {
            let text = up.home.text_of(&name);
            recorder.push(now, What::File { name, text });
        }
        Self {
            recorder,
            home: up.home,
            imds,
            collector: Model::new(collector, seed ^ 0xC011_EC70),
            proxy: Model::new(proxy, seed ^ 0x9807),
            services,
            account_id,
        }
    }

    /// Takes a request to one of the servers; gives its number and the reply.
    pub(crate) fn request(
        &mut self,
        now: Now,
        seen: (Server, &str, u32),
        request: Request,
    ) -> (u32, Reply) {
        let reply = match giver(seen.0) {
            Some(giver) => self.give(now, giver, &request),
            None => {
                let model = match seen.0 {
                    Server::Collector => &mut self.collector,
                    Server::Proxy => &mut self.proxy,
                    _ => &mut self.imds,
                };
                let reply = model.handle(now, &request);
                let secrets = model.take_secrets();
                self.recorder.secrets(now, secrets);
                reply
            }
        };
        let number = self.recorder.exchange(now, seen, request, &reply);
        (number, reply)
    }

    /// What a service beside the instance metadata service answers; notes whose keys are in it.
    fn give(&mut self, now: Now, giver: Giver, request: &Request) -> Reply {
        let (reply, given) = self.services.handle(now, giver, request);
        self.recorder.secrets(now, self.services.take_secrets());
        if let Some(keys) = given {
            let account = self
                .account_id
                .clone()
                .filter(|_| giver == Giver::Container);
            self.recorder
                .push(now, What::Keys(noted(&keys, false, account)));
        }
        reply
    }

    /// What a client without a file system reads at a path.
    pub(crate) fn read_virtual(&self, path: &str) -> Result<String, Unread> {
        match self.home.read_virtual(path) {
            None => Err(Unread::Missing),
            Some(text) => text.map_err(|()| Unread::NotUtf8),
        }
    }

    /// What becomes of a command line that a client without processes runs; none for one that
    /// never ends.
    pub(crate) fn run_virtual(&mut self, now: Now, line: &str) -> Option<Ran> {
        let played = self.home.played(line).cloned();
        if played.is_some() {
            self.ran(now);
        }
        match played {
            // What a shell says of a command that is not there.
            None => Some(Ran::Ended {
                status: Some(127),
                stdout: Vec::new(),
            }),
            Some(Played::Ended { status, stdout }) => Some(Ran::Ended {
                status: Some(status),
                stdout,
            }),
            Some(Played::Hangs) => None,
        }
    }

    /// A client begins TLS with one of the servers, none of which speaks it.
    pub(crate) fn tls(&mut self, now: Now, server: Server, to: &str) -> Lost {
        let conn = self.recorder.connection();
        let to = to.to_owned();
        self.recorder.push(now, What::Connect { conn, server, to });
        self.recorder.malformed(now, conn, server, &CLIENT_HELLO);
        Lost::NotHttp
    }

    /// Notes that the command of a credential process was run.
    pub(crate) fn ran(&mut self, now: Now) {
        let source = Source::Process;
        self.recorder.push(now, What::Ran { source });
    }

    /// Changes the world as a step says. Steps that are not changes do nothing.
    pub(crate) fn change(&mut self, now: Now, step: &Step) {
        let (change, words) = match step {
            Step::RevokeTokens(_) => (Change::RevokeTokens, "every session token revoked".into()),
            Step::Rotate(_) => (Change::Rotate, "credentials rotated".into()),
            Step::Role(role) if role.is_empty() => {
                (Change::Role(role.clone()), "role detached".into())
            }
            Step::Role(role) => (Change::Role(role.clone()), format!("role is now {role}")),
            Step::Mode(mode) => (Change::Mode(*mode), format!("mode is now {mode:?}")),
            Step::Faults(faults) if faults.is_empty() => {
                (Change::Faults(Vec::new()), "the service is healthy".into())
            }
            Step::Faults(faults) => (
                Change::Faults(faults.clone()),
                format!("{} fault(s) in force", faults.len()),
            ),
            Step::File(NewText { name, text }) => {
                self.home.text(name, text.clone());
                let (name, text) = (name.clone(), text.clone());
                return self.recorder.push(now, What::File { name, text });
            }
            Step::Resolve(_) | Step::Advance(_) | Step::Jump(_) => return,
        };
        if let Change::Faults(faults) = &change {
            self.services.set_faults(faults.clone());
        }
        self.imds.change(now, change);
        self.recorder.push(now, What::World { change: words });
    }
}

/// What a subject in this place cannot be put through, if anything.
pub(crate) fn why_not(scenario: &Scenario, can: &Abilities) -> Option<NotRun> {
    if scenario.clock > can.clock {
        return Some(NotRun::new(match scenario.clock {
            ClockNeed::Virtual => "needs a clock that stands still: seconds decide".to_owned(),
            _ if can.clock_reason.is_empty() => "needs a clock that can be moved".to_owned(),
            _ => format!("needs a clock that can be moved: {}", can.clock_reason),
        }));
    }
    if scenario.jumps() && scenario.advances() && can.clock < ClockNeed::Virtual {
        return Some(NotRun::new(
            "sets the wall clock and lets time pass, of which libfaketime can do one at a time",
        ));
    }
    if scenario.needs_addresses() && !can.addresses {
        return Some(NotRun::new(
            "needs the service's real addresses, which the loopback endpoint has not",
        ));
    }
    if !scenario.code.is_empty() && !can.code {
        return Some(NotRun::new(
            "gives settings in code, which a program cannot be given",
        ));
    }
    if scenario.needs_session() && !can.session {
        return Some(NotRun::new(
            "needs one provider that lives through several resolves (a session program)",
        ));
    }
    None
}

/// What the way a subject is run allows.
#[derive(Debug, Clone)]
pub(crate) struct Abilities {
    pub(crate) clock: ClockNeed,
    /// Why the clock can do no more, in words; empty when there is nothing to say.
    pub(crate) clock_reason: String,
    pub(crate) addresses: bool,
    pub(crate) code: bool,
    pub(crate) session: bool,
}

impl Abilities {
    /// Everything: our own client, in our own process.
    pub(crate) const ALL: Self = Self {
        clock: ClockNeed::Virtual,
        clock_reason: String::new(),
        addresses: true,
        code: true,
        session: true,
    };
}
