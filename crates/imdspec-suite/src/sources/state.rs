//! Which sources are set up, and in which state.

use super::Breakage;
use imdspec_wire::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of a source that is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum State {
    /// It gives credentials.
    Works,
    /// It gives credentials, and static ones have a session token beside them.
    Temporary,
    /// It gives credentials once its cached token, which is over, has been renewed. For
    /// [`Source::Sso`].
    Renews,
    /// It gives none.
    Broken(Breakage),
}

impl State {
    /// As scenarios write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Temporary => "temporary",
            Self::Renews => "renews",
            Self::Broken(breakage) => breakage.as_str(),
        }
    }

    /// As traces say it: whether keys have a session token is seen from them.
    pub(crate) const fn in_trace(self) -> &'static str {
        match self {
            Self::Works | Self::Temporary | Self::Renews => "works",
            Self::Broken(breakage) => breakage.as_str(),
        }
    }

    /// How it is broken, if it is.
    #[must_use]
    pub const fn breakage(self) -> Option<Breakage> {
        match self {
            Self::Works | Self::Temporary | Self::Renews => None,
            Self::Broken(breakage) => Some(breakage),
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "works" => Ok(Self::Works),
            "temporary" => Ok(Self::Temporary),
            "renews" => Ok(Self::Renews),
            other => Breakage::named(other).map(Self::Broken).ok_or_else(|| {
                let known = Breakage::ALL.map(Breakage::as_str).join(", ");
                format!(
                    "{other:?} is no state of a source; expected works, temporary, renews or one of {known}"
                )
            }),
        }
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.as_str().to_owned()
    }
}

/// The sources that are set up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources(pub BTreeMap<Source, State>);

impl Sources {
    /// These sources, all of which work.
    #[must_use]
    pub fn working(sources: impl IntoIterator<Item = Source>) -> Self {
        Self(sources.into_iter().map(|s| (s, State::Works)).collect())
    }

    /// Whether none is set up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The state of a source, if it is set up: by itself, or because another rests on it.
    #[must_use]
    pub fn state(&self, source: Source) -> Option<State> {
        let own = self.0.get(&source).copied();
        own.or_else(|| {
            let rests = |s: &Source| s.rests_on() == Some(source);
            self.0.keys().any(rests).then_some(State::Works)
        })
    }

    /// Every source that is set up, those that others rest on included.
    pub fn all(&self) -> impl Iterator<Item = (Source, State)> {
        Source::ALL
            .into_iter()
            .filter_map(|source| Some((source, self.state(source)?)))
    }

    /// What is wrong with them, if anything, in words.
    pub(crate) fn wrong(&self) -> Option<String> {
        for (source, state) in &self.0 {
            if *source == Source::Code {
                return Some("credentials in code cannot be given to a program".into());
            }
            if *state == State::Renews && *source != Source::Sso {
                return Some(format!(
                    "{source} has no cached token to renew; only sso has"
                ));
            }
            if let Some(breakage) = state.breakage()
                && !Breakage::of(*source).contains(&breakage)
            {
                let known: Vec<_> = Breakage::of(*source).iter().map(|b| b.as_str()).collect();
                return Some(format!(
                    "{source} cannot be {breakage}; expected works, temporary or one of {}",
                    known.join(", ")
                ));
            }
            if let Some(base) = source.rests_on()
                && self.0.get(&base).is_some_and(|s| s.breakage().is_some())
            {
                return Some(format!("{source} rests on {base}, which is broken here"));
            }
        }
        let mut keys = self.0.keys();
        while let Some(first) = keys.next() {
            if let Some(second) = keys.clone().find(|s| !can_stand_together(*first, **s)) {
                return Some(format!("{first} and {second} cannot be set up together"));
            }
        }
        None
    }
}

/// Whether two sources can be set up in one world. A profile assumes its role in one way only.
#[must_use]
pub const fn can_stand_together(first: Source, second: Source) -> bool {
    const fn assumes(source: Source) -> bool {
        matches!(
            source,
            Source::AssumeRole
                | Source::AssumeRoleEnvironment
                | Source::AssumeRoleContainer
                | Source::AssumeRoleImds
        )
    }
    !(assumes(first) && assumes(second))
}
