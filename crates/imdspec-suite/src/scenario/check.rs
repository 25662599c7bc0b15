//! What a document must say beyond having the right keys and types.

use super::link::BREAKABLE;
use super::parse::{Document, Settings, Wrong, fault_places};
use super::{ClockNeed, EndpointGiven, NetworkNeed, Step};
use crate::sources::Sources;
use imdspec_model::{Fault, Span};
use imdspec_wire::Source;
use std::ops::Range;
use toml::Spanned;

/// The groups whose rules a scenario can exercise.
const GROUPS: [&str; 10] = [
    "TOKEN", "ROUTE", "DOC", "ERR", "RETRY", "CACHE", "CONFIG", "SEC", "CHAIN", "CONT",
];

/// What settings may hold a gap for: URLs of servers, and the home directory.
const GAPS: [&str; 5] = ["imds", "collector", "proxy", "container", "home"];

/// What opens the container endpoint of a task.
const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";

/// More callers at once than any subject promises to serve.
const MOST_CALLERS: u32 = 64;

type Checked = Result<(), Wrong>;

impl Document {
    /// Checks what the types cannot say.
    pub(super) fn check(&self, text: &str) -> Checked {
        self.check_words()?;
        self.check_steps()?;
        self.check_clock()?;
        self.check_endpoint()?;
        self.check_links()?;
        self.check_sources()?;
        self.check_files()?;
        for settings in [&self.env, &self.config, &self.code] {
            check_settings(settings)?;
        }
        self.check_faults(text)
    }

    fn check_words(&self) -> Checked {
        let title = self.title.get_ref().trim();
        if title.is_empty() || title.contains('\n') || title.ends_with('.') {
            return Err(Wrong::new(
                self.title.span(),
                "the title is no clause; expected one line without a full stop",
            ));
        }
        let rules = self.exercises.get_ref();
        if rules.is_empty() {
            return Err(Wrong::new(
                self.exercises.span(),
                "no rule to exercise; expected at least one, such as \"TOKEN-009\"",
            ));
        }
        for (i, rule) in rules.iter().enumerate() {
            if !is_rule_id(rule.get_ref()) {
                let groups = GROUPS.join(", ");
                return Err(Wrong::new(
                    rule.span(),
                    format!(
                        "{:?} is no rule id; expected a group ({groups}), a hyphen and three digits",
                        rule.get_ref()
                    ),
                ));
            }
            if rules[..i].iter().any(|r| r.get_ref() == rule.get_ref()) {
                return Err(Wrong::new(
                    rule.span(),
                    format!("{} stands here twice", rule.get_ref()),
                ));
            }
        }
        Ok(())
    }

    fn check_steps(&self) -> Checked {
        let asks = |s: &Spanned<Step>| matches!(s.get_ref(), Step::Resolve(_));
        if !self.step.iter().any(asks) {
            let at = self.step.first().map_or(0..0, Spanned::span);
            return Err(Wrong::new(
                at,
                "no step asks for credentials; expected at least one [[step]] with resolve = 1",
            ));
        }
        for step in &self.step {
            let what = match step.get_ref() {
                Step::Resolve(callers) if !(1..=MOST_CALLERS).contains(callers) => {
                    format!("resolve counts callers; expected 1 to {MOST_CALLERS}")
                }
                Step::Advance(span) if span.millis() <= 0 => {
                    "advance goes forward; expected a span above 0, or jump for the wall clock \
                     alone"
                        .into()
                }
                Step::Jump(span) if span.millis() == 0 => {
                    "a jump by nothing; expected a span such as \"24h\" or \"-24h\"".into()
                }
                _ => continue,
            };
            return Err(Wrong::new(step.span(), what));
        }
        Ok(())
    }

    fn check_clock(&self) -> Checked {
        let moves = self.step.iter().find(|s| s.get_ref().moves_clock());
        let asked = self.clock.as_ref();
        let need = asked.map(|c| *c.get_ref()).unwrap_or_default();
        match (moves, need) {
            (Some(step), ClockNeed::Any) => Err(Wrong::new(
                step.span(),
                "this step moves the clock; expected clock = \"movable\" above",
            )),
            (None, ClockNeed::Movable) => Err(Wrong::new(
                asked.map_or(0..0, Spanned::span),
                "no step moves the clock, yet it is to be movable; expected a step with advance \
                 or jump",
            )),
            (_, ClockNeed::Virtual) if self.why.is_none() => Err(Wrong::new(
                asked.map_or(0..0, Spanned::span),
                "few subjects have a virtual clock; expected a why that says what a clock that \
                 goes on would spoil",
            )),
            _ => Ok(()),
        }
    }

    /// Either the runner names the endpoint, or the scenario does, or the subject has to find it.
    fn check_endpoint(&self) -> Checked {
        let own = self.own_endpoint();
        let by_runner = self
            .endpoint
            .as_ref()
            .is_none_or(|e| *e.get_ref() == EndpointGiven::Default);
        let addresses = self
            .network
            .as_ref()
            .filter(|n| *n.get_ref() == NetworkNeed::Addresses);
        match (by_runner, own, addresses) {
            (true, Some(place), _) => Err(Wrong::new(
                place,
                "an endpoint here, and the runner names one too; expected endpoint = \"none\" \
                 above",
            )),
            (true, None, Some(network)) => Err(Wrong::new(
                network.span(),
                "the real addresses are needed, but the runner names another endpoint; expected \
                 endpoint = \"none\" beside it",
            )),
            (false, None, None) => Err(Wrong::new(
                self.endpoint.as_ref().map_or(0..0, Spanned::span),
                "nothing names an endpoint; expected network = \"addresses\", or one in [env], \
                 [config] or code",
            )),
            _ => Ok(()),
        }
    }

    /// Links can be broken only where there are any.
    fn check_links(&self) -> Checked {
        for address in self.links.keys() {
            if !self.on_addresses() {
                return Err(Wrong::new(
                    address.span(),
                    "a link can be broken at a real address only; expected network = \
                     \"addresses\" above",
                ));
            }
            if !BREAKABLE.contains(address.get_ref()) {
                let known = BREAKABLE.map(|a| a.to_string()).join(" or ");
                return Err(Wrong::new(
                    address.span(),
                    format!("no address of the service; expected {known}"),
                ));
            }
        }
        Ok(())
    }

    /// Sources are in states that they can be in, and can stand together.
    fn check_sources(&self) -> Checked {
        let states = self
            .sources
            .iter()
            .map(|(s, state)| (*s.get_ref(), *state.get_ref()));
        let at = self.sources.keys().next().map_or(0..0, Spanned::span);
        let sources = Sources(states.collect());
        if let Some(what) = sources.wrong() {
            return Err(Wrong::new(at, what));
        }
        self.check_container(&sources, at)?;
        let named = self.profile.as_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        match named.filter(|p| p.get_ref().is_empty() || !p.get_ref().chars().all(plain)) {
            Some(profile) => Err(Wrong::new(
                profile.span(),
                "no name of a profile; expected letters, digits, - and _",
            )),
            None => Ok(()),
        }
    }

    /// A relative URI leads to an address that no loopback has.
    fn check_container(&self, sources: &Sources, at: Range<usize>) -> Checked {
        let relative = |name: &Spanned<String>| name.get_ref() == RELATIVE_URI;
        let by_source = sources.state(Source::Container).map(|_| at);
        let by_variable = || self.env.keys().find(|n| relative(n)).map(Spanned::span);
        match by_source.or_else(by_variable) {
            Some(at) if !self.on_addresses() => Err(Wrong::new(
                at,
                "a relative URI leads to the container endpoint's real address; expected network \
                 = \"addresses\" above, or the source container-full",
            )),
            _ => Ok(()),
        }
    }

    fn on_addresses(&self) -> bool {
        let network = self.network.as_ref();
        network.is_some_and(|n| *n.get_ref() == NetworkNeed::Addresses)
    }

    /// Files stay below the home.
    fn check_files(&self) -> Checked {
        let stays = |name: &str| {
            let odd = |part: &str| part.is_empty() || part == "." || part == "..";
            !name.split('/').any(odd)
        };
        let wrong = |at| {
            Wrong::new(
                at,
                "no path below the home; expected one such as container-token",
            )
        };
        if let Some(name) = self.files.keys().find(|n| !stays(n.get_ref())) {
            return Err(wrong(name.span()));
        }
        for step in &self.step {
            if let Step::File(new) = step.get_ref()
                && !stays(&new.name)
            {
                return Err(wrong(step.span()));
            }
        }
        Ok(())
    }

    fn own_endpoint(&self) -> Option<Range<usize>> {
        let env = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &self.env);
        let key = "ec2_metadata_service_endpoint";
        [env, (key, &self.config), (key, &self.code)]
            .into_iter()
            .find_map(|(name, settings)| settings.keys().find(|k| k.get_ref() == name))
            .map(Spanned::span)
    }

    fn check_faults(&self, text: &str) -> Checked {
        let steps = self.step.iter().filter_map(|s| match s.get_ref() {
            Step::Faults(faults) => Some(faults),
            _ => None,
        });
        let faults = std::iter::once(&self.world.faults).chain(steps).flatten();
        for (i, fault) in faults.enumerate() {
            if let Some(what) = wrong_with(fault) {
                let at = fault_places(text).get(i).cloned().unwrap_or(0..0);
                return Err(Wrong::new(at, what));
            }
        }
        Ok(())
    }
}

fn is_rule_id(id: &str) -> bool {
    id.split_once('-').is_some_and(|(group, number)| {
        GROUPS.contains(&group) && number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit())
    })
}

fn check_settings(settings: &Settings) -> Checked {
    for (name, value) in settings {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.get_ref().is_empty() || !name.get_ref().bytes().all(plain) {
            return Err(Wrong::new(
                name.span(),
                format!(
                    "{:?} is no name of a setting; expected letters, digits and _",
                    name.get_ref()
                ),
            ));
        }
        if value.get_ref().contains(['\n', '\r', '\0']) {
            return Err(Wrong::new(
                value.span(),
                "a setting is one line; expected no line end and no NUL",
            ));
        }
        if let Some(gap) = gaps(value.get_ref()).find(|gap| !GAPS.contains(gap)) {
            let known = GAPS.join("}, ${");
            return Err(Wrong::new(
                value.span(),
                format!("nothing fills ${{{gap}}}; expected one of ${{{known}}}"),
            ));
        }
    }
    Ok(())
}

/// What is wrong with a fault, if anything.
pub(crate) fn wrong_with(fault: &Fault) -> Option<String> {
    let selects_only = Fault {
        on: fault.on,
        nth: fault.nth,
        method: fault.method.clone(),
        ..Fault::default()
    };
    if *fault == selects_only {
        return Some("a fault that changes nothing; expected a status, a body, a delay, …".into());
    }
    if fault.status.is_some_and(|s| s < 200) {
        return Some("no final status; expected 200 or more, or interim for 1xx".into());
    }
    let negative = |span: Option<Span>| span.is_some_and(|s| s.millis() < 0);
    if negative(fault.delay) || negative(fault.drip) {
        return Some("a wait of less than nothing; expected a span of 0 or more".into());
    }
    fault.check().err().map(|e| e.to_string())
}

/// What stands between each `${` and its `}`.
fn gaps(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .map(|rest| rest.split_once('}').map_or(rest, |(gap, _)| gap))
}
