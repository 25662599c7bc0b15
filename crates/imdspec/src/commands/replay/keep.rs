//! `--keep DIR`: the traces of a replay, and what the subject wrote to stderr.

use super::cannot;
use crate::exit::Failure;
use imdspec_rules::{Stream, Trace, What};
use imdspec_suite::replay::written;
use imdspec_suite::runner::Ran;
use imdspec_suite::show::Redactor;
use std::path::{Path, PathBuf};

/// The folder that runs are kept in.
pub(super) struct Keep(PathBuf);

impl Keep {
    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|e| cannot(folder, &e))?;
        Ok(Self(folder.to_owned()))
    }

    /// Writes down what run number `n` showed, at once: who stops a long replay has what there is.
    pub(super) fn take(&self, n: u32, ran: &Ran) -> Result<(), Failure> {
        let (Some(text), Ok(trace)) = (written(ran), &ran.result) else {
            return Ok(());
        };
        let name = ran.scenario.name.replace('/', "--");
        self.write(&format!("{name}.{n}.jsonl"), &text)?;
        let said = stderr(trace);
        if said.is_empty() {
            return Ok(());
        }
        self.write(&format!("{name}.{n}.stderr.txt"), &said)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.0.join(name);
        std::fs::write(&path, text).map_err(|e| cannot(&path, &e))
    }
}

/// What the subject wrote to stderr, its secrets aside: this is for reading, the trace is the
/// evidence.
fn stderr(trace: &Trace) -> String {
    let redactor = Redactor::new(trace);
    let texts = trace.events.iter().filter_map(|event| match &event.what {
        What::Output {
            stream: Stream::Stderr,
            text,
        } => Some(redactor.redact(text)),
        _ => None,
    });
    texts.collect()
}
