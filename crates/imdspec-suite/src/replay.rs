//! What was kept, brought back so that it can be run again: a scenario's file, or a trace.
//!
//! A trace names its scenario and its seed. Scenarios that are built in, worlds of sources and inputs
//! of the corpus come back by their names; of any other, a trace that was [`written`] has the text.

use crate::runner::{Ran, run_seed};
use crate::scenario::{Scenario, ScenarioError, embedded, regressions};
use crate::{corpus, order};
use imdspec_rules::{Trace, TraceError};
use std::fmt;
use std::path::{Path, PathBuf};

/// Something that can be run again.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The scenario.
    pub scenario: Scenario,
    /// The file it came from; none for what is built in.
    pub file: Option<PathBuf>,
    /// The trace that was kept, if it was one.
    pub trace: Option<Trace>,
}

impl Kept {
    /// What a file holds, or what is known by a name.
    ///
    /// # Errors
    /// The file cannot be read, or is neither a scenario nor a trace; a trace's scenario cannot be
    /// had.
    pub fn load(what: &Path) -> Result<Self, ReplayError> {
        if !what.exists()
            && let Some(scenario) = what.to_str().and_then(known)
        {
            return Ok(Self {
                scenario,
                file: None,
                trace: None,
            });
        }
        let file = Some(what.to_owned());
        if what.extension().is_some_and(|e| e == "toml") {
            return Ok(Self {
                scenario: regressions::load_one(what)?,
                file,
                trace: None,
            });
        }
        let text = std::fs::read_to_string(what).map_err(|e| ReplayError::Read {
            path: what.to_owned(),
            why: e.to_string(),
        })?;
        let trace: Trace = text.parse().map_err(|why| ReplayError::Trace {
            path: what.to_owned(),
            why,
        })?;
        Ok(Self {
            scenario: scenario_of(&trace, what)?,
            file,
            trace: Some(trace),
        })
    }

    /// The seed of the run that was kept, if it says one.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        let header = &self.trace.as_ref()?.header;
        let scenario = u64::from_str_radix(&header.seed, 16).ok()?;
        Some(run_seed(scenario, &header.scenario))
    }
}

/// The scenario that a name brings back: one that is built in, a world of sources, or an input of
/// the corpus.
#[must_use]
pub fn known(name: &str) -> Option<Scenario> {
    if name.starts_with(order::worlds::FOLDER)
        && let Ok(world) = order::worlds::named(name)
    {
        return Some(world);
    }
    if name.starts_with(corpus::FOLDER) {
        let input = corpus::named(name)?;
        return Some(input.scenario()).filter(|scenario| scenario.name == name);
    }
    let all = embedded();
    let at = all.binary_search_by(|s| s.name.as_str().cmp(name)).ok()?;
    Some(all[at].clone())
}

/// The trace of a run as text, JSON Lines, with its scenario in it where the name alone does not
/// bring that back. None of what could not be run.
#[must_use]
pub fn written(ran: &Ran) -> Option<String> {
    let trace = ran.result.as_ref().ok()?;
    if known(&ran.scenario.name).as_ref() == Some(&*ran.scenario) {
        return Some(trace.to_string());
    }
    let mut header = trace.header.clone();
    // Numbers that TOML does not hold come from no file, so there is none to keep.
    header.scenario_toml = ran.scenario.to_toml().ok();
    let head = Trace {
        header,
        events: Vec::new(),
    };
    let whole = trace.to_string();
    let events = whole.split_once('\n').map_or("", |(_, events)| events);
    Some(format!("{head}{events}"))
}

fn scenario_of(trace: &Trace, file: &Path) -> Result<Scenario, ReplayError> {
    let name = &trace.header.scenario;
    if let Some(text) = &trace.header.scenario_toml {
        let shown = format!("the scenario in {}", file.display());
        return Ok(Scenario::parse(name, &shown, text)?);
    }
    if let Some(scenario) = known(name) {
        return Ok(scenario);
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    let beside = file.with_file_name(format!("{last}.toml"));
    let saved = Path::new(regressions::FOLDER).join(format!("{last}.toml"));
    let looked = [beside, saved];
    let Some(path) = looked.iter().find(|path| path.is_file()) else {
        return Err(ReplayError::NoScenario {
            path: file.to_owned(),
            name: name.clone(),
            looked,
        });
    };
    let mut scenario = regressions::load_one(path)?;
    // Called as the trace has it: its seed rests on that.
    scenario.name.clone_from(name);
    Ok(scenario)
}

/// Why something cannot be run again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is no trace, and its name does not end as a scenario's.
    Trace {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: TraceError,
    },
    /// The scenario of a trace is none, or the file is.
    Scenario(ScenarioError),
    /// The scenario of a trace cannot be had.
    NoScenario {
        /// The trace's file.
        path: PathBuf,
        /// The scenario's name.
        name: String,
        /// Where it was looked for.
        looked: [PathBuf; 2],
    },
}

impl From<ScenarioError> for ReplayError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(error)
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, why } => write!(
                f,
                "{}: cannot be read: {why}; expected a scenario (.toml), a trace as \
                 imdspec check --traces writes it, or the name of a scenario that is built in",
                path.display()
            ),
            Self::Trace { path, why } => write!(
                f,
                "{} is no trace: {why}; a scenario's file ends in .toml",
                path.display()
            ),
            Self::Scenario(error) => error.fmt(f),
            Self::NoScenario {
                path,
                name,
                looked: [beside, saved],
            } => write!(
                f,
                "{} is a trace of the scenario {name:?}, which is not built in and not in the \
                 trace; put its file at {} or {}, or give that file instead",
                path.display(),
                beside.display(),
                saved.display()
            ),
        }
    }
}

impl std::error::Error for ReplayError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reference, memory, runner::scenario_seed};
    use std::sync::Arc;

    fn ran(scenario: Scenario, run: u64) -> Ran {
        let seed = scenario_seed(run, &scenario.name);
        let trace = memory::run(&scenario, &Reference::default(), seed);
        Ran {
            scenario: Arc::new(scenario),
            result: Ok(trace),
        }
    }

    fn own() -> Scenario {
        let mut own = known("doc/canonical").unwrap();
        own.name = "mine".into();
        own.world.role = "another-role".into();
        own
    }

    #[test]
    fn what_is_built_in_comes_back_by_its_name() {
        let mut names: Vec<&str> = embedded().iter().map(|s| s.name.as_str()).collect();
        let inputs = corpus::inputs();
        let input = inputs[inputs.len() / 2].scenario_name();
        names.extend(["order/environment+imds", &input]);
        for name in names {
            let known = known(name).map(|s| s.name);
            assert_eq!(known.as_deref(), Some(name));
        }
        for name in ["doc", "order/nowhere", "corpus/none", "../x", ""] {
            assert_eq!(known(name), None, "{name}");
        }
    }

    #[test]
    fn a_trace_that_was_written_brings_scenario_and_seed_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.jsonl");
        for scenario in [known("doc/canonical").unwrap(), own()] {
            let is_own = scenario.name == "mine";
            let ran = ran(scenario, 0x2a);
            let text = written(&ran).unwrap();
            assert_eq!(text.contains("scenario_toml"), is_own);
            std::fs::write(&file, &text).unwrap();
            let kept = Kept::load(&file).unwrap();
            assert_eq!(kept.scenario, *ran.scenario);
            assert_eq!(kept.seed(), Some(0x2a));
            let mut trace = kept.trace.unwrap();
            trace.header.scenario_toml = None;
            assert_eq!(Ok(trace), ran.result.map_err(|e| e.to_string()));
        }
    }

    #[test]
    fn a_trace_without_its_scenario_finds_it_beside_or_says_where_to_put_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.jsonl");
        let ran = ran(own(), 1);
        std::fs::write(&file, ran.result.as_ref().unwrap().to_string()).unwrap();
        let said = Kept::load(&file).unwrap_err().to_string();
        assert!(said.contains("not built in and not in the trace"), "{said}");
        assert!(
            said.contains("mine.toml or regressions/mine.toml"),
            "{said}"
        );
        let beside = folder.path().join("mine.toml");
        std::fs::write(beside, ran.scenario.to_toml().unwrap()).unwrap();
        assert_eq!(Kept::load(&file).unwrap().scenario, *ran.scenario);
    }

    #[test]
    fn what_is_neither_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            Kept::load(&file).unwrap_err().to_string()
        };
        assert!(said("a.toml", "title = 5").contains("a.toml:1: "));
        assert!(said("a.jsonl", "hello").contains("a.jsonl is no trace: line 1 of the trace: "));
        assert!(said("b.jsonl", "").contains("the trace is empty"));
        let header = r#"{"imdspec_trace":1,"scenario":"s","seed":"0","subject":"x","clock":"real","scenario_toml":"x"}"#;
        let in_trace = said("c.jsonl", header);
        assert!(
            in_trace.contains("the scenario in ") && in_trace.contains("c.jsonl:1: "),
            "{in_trace}"
        );
        let missing = Kept::load(Path::new("no/such/file"))
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("no/such/file: cannot be read: "),
            "{missing}"
        );
    }
}
