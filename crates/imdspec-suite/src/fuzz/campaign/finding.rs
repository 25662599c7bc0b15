//! What a campaign found: each thing once, as the least scenario that shows it.

use super::story::{comment, title};
use crate::fuzz::Broken;
use crate::runner::scenario_seed;
use crate::scenario::{Scenario, ScenarioError};
use imdspec_rules::Trace;

/// Something a subject does that it must not, and the least scenario that shows it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule broken, and how.
    pub broken: Broken,
    /// The least scenario found that shows it; it exercises the rule.
    pub scenario: Scenario,
    /// Its trace.
    pub trace: Trace,
    /// How many scenarios were run to make it small.
    pub tries: u32,
    /// How often the least scenario was run in the end, and how often it showed the same.
    pub again: (u32, u32),
}

impl Finding {
    pub(super) fn new(broken: Broken, mut scenario: Scenario, trace: Trace, tries: u32) -> Self {
        scenario.exercises = vec![broken.rule.to_owned()];
        scenario.title = title(&scenario, &trace);
        scenario.name = name(&broken, &scenario);
        Self {
            broken,
            scenario,
            trace,
            tries,
            again: (0, 0),
        }
    }

    /// The scenario as a file, with what was seen in it.
    ///
    /// # Errors
    /// As [`Scenario::to_toml`].
    pub fn to_toml(&self) -> Result<String, ScenarioError> {
        let mut scenario = self.scenario.clone();
        // Not what was got: in that are names that differ from run to run.
        let found = format!(
            "Found by chance: {} expects {}.",
            self.broken.rule,
            nameless(&self.broken.expected)
        );
        scenario.why = Some(match &scenario.why {
            Some(why) => format!("{found} Virtual, because {why}."),
            None => found,
        });
        Ok(comment(&scenario) + &scenario.to_toml()?)
    }
}

/// A scenario in which a subject held much memory.
#[derive(Debug, Clone)]
pub struct Heavy {
    /// The most it held, in bytes.
    pub peak: u64,
    /// What it held on a healthy service, in bytes.
    pub healthy: u64,
    /// The scenario, as it was drawn.
    pub scenario: Scenario,
}

impl Heavy {
    /// The scenario as a file.
    ///
    /// # Errors
    /// As [`Scenario::to_toml`].
    pub fn to_toml(&self) -> Result<String, ScenarioError> {
        let mut scenario = self.scenario.clone();
        scenario.exercises = vec!["SEC-008".into()];
        scenario.title = "replies that take much memory".into();
        let (peak, healthy) = (self.peak >> 20, self.healthy >> 20);
        scenario.why = Some(format!(
            "Found by chance: {peak} MiB, and {healthy} MiB on a healthy service. A check does not \
             look at memory; imdspec fuzz does."
        ));
        scenario.to_toml()
    }
}

/// The rule's id and what the scenario comes to, so that one finding has one name.
fn name(broken: &Broken, scenario: &Scenario) -> String {
    let hash = scenario_seed(0, &scenario.to_toml().unwrap_or_default());
    let rule = broken.rule.to_ascii_lowercase();
    format!("{rule}-{:06x}", hash & 0xFF_FFFF)
}

/// `text` without access key ids, which differ from seed to seed.
fn nameless(text: &str) -> String {
    let nameless = |word: &str| match word.find("ASIA") {
        Some(at) => {
            let (before, key) = word.split_at(at);
            let end = key.find(|c: char| !c.is_ascii_alphanumeric());
            let after = end.map_or("", |end| &key[end..]);
            format!("{before}ASIA…{after}")
        }
        None => word.to_owned(),
    };
    text.split(' ').map(nameless).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_named() {
        assert_eq!(
            nameless("access key ASIAF3AUZC, and"),
            "access key ASIA…, and"
        );
        assert_eq!(nameless("a status of 200"), "a status of 200");
    }
}
