//! The command that repeats a check, for one rule in one scenario.

use crate::args::under_test::quote;
use crate::args::{Check, Over};
use imdspec_suite::Done;
use imdspec_suite::program::Network;
use imdspec_suite::show::failure::Replay;
use std::collections::BTreeMap;

/// What was given, scenario and rule aside.
pub(super) struct Again<'a> {
    /// What stands before the scenario.
    command: String,
    /// What stands behind `--`, if anything.
    subject: String,
    /// The files that scenarios came from: their names alone bring them back nowhere.
    files: &'a BTreeMap<String, String>,
}

impl<'a> Again<'a> {
    pub(super) fn of(check: &Check, done: &Done, files: &'a BTreeMap<String, String>) -> Self {
        let mut command = format!("imdspec check --seed {:x}", done.seed);
        if check.over == Over::Sockets {
            command.push_str(" --over sockets");
        }
        let program = done.subject.kind.program();
        let network = program.map_or(Network::Auto, |p| p.network);
        command.push_str(&check.under_test.options(network));
        if let Some(folder) = &check.scenarios {
            command.push_str(&format!(
                " --scenarios {}",
                quote(&folder.to_string_lossy())
            ));
        }
        Self {
            command,
            subject: check.under_test.command(),
            files,
        }
    }
}

impl Replay for Again<'_> {
    fn command(&self, scenario: &str, rule: &str) -> String {
        let (command, subject) = (&self.command, &self.subject);
        let scenario = quote(self.files.get(scenario).map_or(scenario, String::as_str));
        format!("{command} --scenario {scenario} --rule {rule}{subject}")
    }
}
