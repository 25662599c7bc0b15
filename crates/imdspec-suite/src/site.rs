//! The servers a scenario's subject can reach, and the trace of what reaches them.

use crate::recorder::Recorder;
use crate::scenario::{ClockNeed, Step};
use crate::{NotRun, Scenario};
use imdspec_model::{Change, Fault, Mode, Model, Reply, World};
use imdspec_rules::{Header, Server, What};
use imdspec_wire::{Now, Request};
use std::collections::BTreeMap;

/// Where the servers of a site are, as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) imds: String,
    pub(crate) collector: String,
    pub(crate) proxy: String,
    pub(crate) sink: String,
    /// Whether the service is at its real addresses too, so that nobody has to be told where.
    pub(crate) found: bool,
}

/// The servers of one scenario: the model, a collector no request should reach, and a proxy.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) recorder: Recorder,
    imds: Model,
    collector: Model,
    proxy: Model,
}

/// The link-local addresses of the service, where a subject finds it without any setting.
pub(crate) const REAL_PLACES: [&str; 2] = ["169.254.169.254:80", "[fd00:ec2::254]:80"];

/// Those of the container credential services, of ECS and of EKS.
pub(crate) const CONTAINER_PLACES: [&str; 3] =
    ["169.254.170.2:80", "169.254.170.23:80", "[fd00:ec2::23]:80"];

impl Places {
    /// Where a loopback has nobody else on it.
    pub(crate) fn alone(found: bool) -> Self {
        Self {
            imds: "127.0.0.1:1338".into(),
            collector: "127.0.0.1:1339".into(),
            proxy: "127.0.0.1:1340".into(),
            sink: "127.0.0.1:1341".into(),
            found,
        }
    }

    /// Every place of a site with the real addresses on it, and who is there.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Server)> {
        let by_setting = [
            (self.imds.as_str(), Server::Imds),
            (self.collector.as_str(), Server::Collector),
            (self.proxy.as_str(), Server::Proxy),
        ];
        by_setting
            .into_iter()
            .chain(REAL_PLACES.map(|place| (place, Server::Imds)))
            .chain(CONTAINER_PLACES.map(|place| (place, Server::Container)))
    }

    /// Who is at a place.
    pub(crate) fn server(&self, place: &str) -> Option<Server> {
        self.all()
            .find(|(p, _)| *p == place)
            .map(|(_, server)| server)
    }

    /// `text` with `${imds}`, `${collector}` and `${proxy}` replaced by URLs.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("${imds}", &format!("http://{}", self.imds))
            .replace("${collector}", &format!("http://{}", self.collector))
            .replace("${proxy}", &format!("http://{}", self.proxy))
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
    pub(crate) fn settle(&self, scenario: &Scenario, header: &mut Header) {
        header.env = self.fill_all(&scenario.env);
        if scenario.sets_endpoint() && !self.found {
            header
                .env
                .entry("AWS_EC2_METADATA_SERVICE_ENDPOINT".into())
                .or_insert_with(|| format!("http://{}", self.imds));
        }
        header.config = self.fill_all(&scenario.config);
        header.code = self.fill_all(&scenario.code);
    }
}

/// The text of `~/.aws/config` that holds these settings.
pub(crate) fn config_file(config: &BTreeMap<String, String>) -> Option<String> {
    if config.is_empty() {
        return None;
    }
    let mut text = String::from("[default]\n");
    for (key, value) in config {
        text.push_str(&format!("{key} = {value}\n"));
    }
    Some(text)
}

impl Site {
    pub(crate) fn new(scenario: &Scenario, places: &Places, mut header: Header, seed: u64) -> Self {
        places.settle(scenario, &mut header);
        let mut imds = Model::new(scenario.world.clone(), seed);
        imds.set_collector(format!("http://{}", places.collector));
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
        Self {
            recorder: Recorder::new(header),
            imds,
            collector: Model::new(collector, seed ^ 0xC011_EC70),
            proxy: Model::new(proxy, seed ^ 0x9807),
        }
    }

    /// Takes a request to one of the servers; gives its number and the reply.
    pub(crate) fn request(
        &mut self,
        now: Now,
        seen: (Server, &str, u32),
        request: Request,
    ) -> (u32, Reply) {
        let model = match seen.0 {
            Server::Imds
            | Server::Container
            | Server::Sts
            | Server::Sso
            | Server::Oidc
            | Server::Signin => &mut self.imds,
            Server::Collector => &mut self.collector,
            Server::Proxy => &mut self.proxy,
        };
        let reply = model.handle(now, &request);
        let secrets = model.take_secrets();
        self.recorder.secrets(now, secrets);
        let number = self.recorder.exchange(now, seen, request, &reply);
        (number, reply)
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
            Step::Resolve(_) | Step::Advance(_) | Step::Jump(_) => return,
        };
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
