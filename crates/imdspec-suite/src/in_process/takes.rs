//! What the factory of a subject takes, and what a scenario gives.

use crate::scenario::ClockNeed;
use crate::{NotRun, Scenario};
use std::collections::BTreeSet;

/// Something of an [`Environment`](super::Environment) that a scenario relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Take {
    /// The environment variables.
    Variables,
    /// The config file in the home directory.
    ConfigFile,
    /// The settings in code.
    Code,
    /// The clock.
    Clock,
    /// The proxy variables. HTTP libraries read them from the process, where no test can set them;
    /// a factory that passes them on says so.
    Proxy,
}

/// What a factory takes besides the endpoint. A scenario that gives more is not run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takes(BTreeSet<Take>);

impl Take {
    const ALL: [Self; 5] = [
        Self::Variables,
        Self::ConfigFile,
        Self::Code,
        Self::Clock,
        Self::Proxy,
    ];

    /// As written in the macro.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Variables => "variables",
            Self::ConfigFile => "config_file",
            Self::Code => "code",
            Self::Clock => "clock",
            Self::Proxy => "proxy",
        }
    }

    /// What takes `name` in the macro.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == name)
    }

    const fn why_not(self) -> &'static str {
        match self {
            Self::Variables => {
                "gives environment variables, which the subject does not take (variables)"
            }
            Self::ConfigFile => {
                "gives a config file, which the subject does not take (config_file)"
            }
            Self::Code => "gives settings in code, which the subject does not take (code)",
            Self::Clock => {
                "needs a clock that can be moved, which the subject does not take (clock)"
            }
            Self::Proxy => "gives proxy variables, which the subject does not take (proxy)",
        }
    }
}

impl FromIterator<Take> for Takes {
    fn from_iter<T: IntoIterator<Item = Take>>(takes: T) -> Self {
        Self(takes.into_iter().collect())
    }
}

impl Takes {
    /// What keeps a scenario from being run on a subject that takes this.
    pub(super) fn why_not(&self, scenario: &Scenario) -> Option<NotRun> {
        if scenario.needs_addresses() {
            return Some(NotRun::new(
                "needs the service's real addresses, which the loopback endpoint has not",
            ));
        }
        if scenario.clock == ClockNeed::Virtual {
            return Some(NotRun::new(
                "needs a clock that stands still: seconds decide",
            ));
        }
        let missing = needs(scenario).find(|need| !self.0.contains(need))?;
        Some(NotRun::new(missing.why_not()))
    }
}

/// What a scenario relies on. `build.rs` reads the same from the file.
fn needs(scenario: &Scenario) -> impl Iterator<Item = Take> {
    let is_proxy = |name: &String| name.to_ascii_lowercase().ends_with("_proxy");
    let needs = [
        (scenario.clock > ClockNeed::Any, Take::Clock),
        (!scenario.code.is_empty(), Take::Code),
        (
            !scenario.config.is_empty() || has_home(scenario),
            Take::ConfigFile,
        ),
        (
            scenario.env.keys().any(|name| !is_proxy(name)) || has_home(scenario),
            Take::Variables,
        ),
        (scenario.env.keys().any(is_proxy), Take::Proxy),
    ];
    needs
        .into_iter()
        .filter_map(|(needed, take)| needed.then_some(take))
}

/// Whether there is more in the home than the config file, which variables point at.
fn has_home(scenario: &Scenario) -> bool {
    !scenario.sources.is_empty() || scenario.profile.is_some() || !scenario.files.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::embedded;

    #[test]
    fn all_that_a_subject_takes_leaves_what_no_process_can_have() {
        let all = Take::ALL.into_iter().collect::<Takes>();
        for scenario in embedded() {
            let why = all.why_not(scenario);
            assert_eq!(
                why.is_some(),
                scenario.needs_addresses() || scenario.clock == ClockNeed::Virtual,
                "{}",
                scenario.name
            );
        }
    }

    #[test]
    fn a_scenario_that_gives_more_is_not_run() {
        let nothing = Takes::default();
        let why = |name: &str| {
            let scenario = embedded().iter().find(|s| s.name == name).unwrap();
            nothing.why_not(scenario).map(|why| why.to_string())
        };
        assert_eq!(why("doc/canonical"), None);
        assert!(why("config/disabled").unwrap().contains("(variables)"));
        assert!(why("sec/proxy-variables").unwrap().contains("(proxy)"));
        assert!(why("cache/rotation").unwrap().contains("(clock)"));
    }
}
