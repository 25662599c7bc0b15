//! From text to a scenario, keeping hold of where things stand until they are checked.

use super::{ClockNeed, EndpointGiven, Link, NetworkNeed, Scenario, ScenarioError, Step};
use crate::sources::{Sources, State};
use imdspec_model::World;
use imdspec_wire::Source;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use toml::Spanned;

/// A scenario as written, before its parts are looked at together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) title: Spanned<String>,
    pub(super) exercises: Spanned<Vec<Spanned<String>>>,
    pub(super) why: Option<String>,
    pub(super) clock: Option<Spanned<ClockNeed>>,
    pub(super) network: Option<Spanned<NetworkNeed>>,
    pub(super) endpoint: Option<Spanned<EndpointGiven>>,
    #[serde(default)]
    pub(super) links: BTreeMap<Spanned<IpAddr>, Link>,
    #[serde(default)]
    pub(super) world: World,
    #[serde(default)]
    pub(super) sources: BTreeMap<Spanned<Source>, Spanned<State>>,
    pub(super) profile: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) env: Settings,
    #[serde(default)]
    pub(super) config: Settings,
    #[serde(default)]
    pub(super) code: Settings,
    #[serde(default)]
    pub(super) files: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) step: Vec<Spanned<Step>>,
}

/// Names and values, each with its place.
pub(super) type Settings = BTreeMap<Spanned<String>, Spanned<String>>;

/// A fault found in a document: where, and what it is.
pub(super) struct Wrong {
    pub(super) at: Range<usize>,
    pub(super) what: String,
}

impl Wrong {
    pub(super) fn new(at: Range<usize>, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
        }
    }
}

impl Scenario {
    /// Reads a scenario. `file` is what errors call the text.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Text`], with line and column, for anything that is no scenario.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, ScenarioError> {
        let document = toml::from_str::<Document>(text)
            .map_err(|e| Wrong::new(e.span().unwrap_or(0..0), in_our_words(e.message())))
            .and_then(|document| document.check(text).map(|()| document))
            .map_err(|wrong| {
                let (line, column) = position(text, wrong.at.start);
                ScenarioError::Text {
                    file: file.to_owned(),
                    line,
                    column,
                    what: wrong.what,
                }
            })?;
        Ok(document.named(name))
    }
}

impl Document {
    fn named(self, name: &str) -> Scenario {
        let exercises = self.exercises.into_inner();
        Scenario {
            name: name.to_owned(),
            title: self.title.into_inner(),
            exercises: exercises.into_iter().map(Spanned::into_inner).collect(),
            why: self.why,
            clock: value(self.clock),
            network: value(self.network),
            endpoint: value(self.endpoint),
            links: self
                .links
                .into_iter()
                .map(|(address, link)| (address.into_inner(), link))
                .collect(),
            world: self.world,
            sources: Sources(
                self.sources
                    .into_iter()
                    .map(|(source, state)| (source.into_inner(), state.into_inner()))
                    .collect(),
            ),
            profile: self.profile.map(Spanned::into_inner),
            env: values(self.env),
            config: values(self.config),
            code: values(self.code),
            files: values(self.files),
            steps: self.step.into_iter().map(Spanned::into_inner).collect(),
        }
    }
}

fn value<T: Default>(spanned: Option<Spanned<T>>) -> T {
    spanned.map(Spanned::into_inner).unwrap_or_default()
}

fn values(settings: Settings) -> BTreeMap<String, String> {
    settings
        .into_iter()
        .map(|(name, value)| (name.into_inner(), value.into_inner()))
        .collect()
}

/// Where each fault of a document stands: those of the world, then those of each step.
///
/// The model's own types carry no places, so they are read a second time, for errors only.
pub(super) fn fault_places(text: &str) -> Vec<Range<usize>> {
    #[derive(Deserialize)]
    struct Places {
        #[serde(default)]
        world: Faults,
        #[serde(default)]
        step: Vec<Faults>,
    }
    #[derive(Default, Deserialize)]
    struct Faults {
        #[serde(default)]
        faults: Vec<Spanned<IgnoredAny>>,
    }
    toml::from_str::<Places>(text)
        .map(|places| {
            std::iter::once(places.world)
                .chain(places.step)
                .flat_map(|f| f.faults)
                .map(|f| f.span())
                .collect()
        })
        .unwrap_or_default()
}

/// The parser's message without its jargon: a TOML file has keys, not fields.
fn in_our_words(message: &str) -> String {
    message
        .trim_end()
        .replace("unknown field", "unknown key")
        .replace("missing field", "missing key")
        .replace("unknown variant", "unknown value")
        .replace('`', "\"")
}

/// Line and column, both from 1, of a byte.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    (line, column)
}
