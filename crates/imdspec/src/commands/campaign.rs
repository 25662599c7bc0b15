//! `imdspec explore` and `imdspec fuzz`: worlds of chance for any implementation, and the least
//! scenarios that break a rule.

mod live;
mod report;

use super::check::random_seed;
use super::{interruption, not_started, runtime};
use crate::args::Campaign as Args;
use crate::exit::{Exit, Failure};
use imdspec_suite::Subject;
use imdspec_suite::fuzz::campaign::{self, Campaign, Ended, Finding, Worlds};
use live::Live;
use std::path::{Path, PathBuf};

pub(crate) fn run(worlds: Worlds, args: &Args) -> Result<Exit, Failure> {
    let subject = args.under_test.subject(|| Subject::reference(false))?;
    let time = args.time.duration();
    if time.is_zero() {
        return Err(Failure::usage("--time must be longer than nothing"));
    }
    // Before the run, so that a mistyped path costs no time.
    let folder = Folder::open(&args.out)?;
    if let Some(path) = &args.json {
        std::fs::File::create(path).map_err(|e| cannot(path, &e))?;
    }
    let seed = args.seed.unwrap_or_else(random_seed);
    let install = subject.install.clone();
    let entries = subject.baseline.entries().iter();
    let known = entries.map(|e| e.rule.clone()).collect();
    let campaign = Campaign {
        subject,
        worlds,
        seed,
        time,
        runs: args.runs,
        most_findings: None,
        jobs: args.jobs.map(|n| usize::from(n.get())),
        strict: args.strict,
        known,
    };
    let mut live = Live::new();
    let ended = runtime()?.block_on(async {
        // Before anything is begun, so that no moment is left in which it would end us unheard.
        let stopped = interruption()?;
        campaign::run(campaign, stopped, |at, found| live.take(at, found))
            .await
            .map_err(|e| not_started(&e, &install))
    });
    live.clear();
    let ended = ended?;
    let saved = ended
        .findings
        .iter()
        .map(|finding| folder.save_finding(finding))
        .collect::<Result<Vec<PathBuf>, Failure>>()?;
    if let Some(heavy) = &ended.heavy {
        let text = heavy.to_toml().map_err(Failure::usage)?;
        folder.save(&format!("{}.toml", report::HEAVY), &text)?;
    }
    anstream::print!("{}", report::text(args, &ended, &saved, seed));
    if let Some(path) = &args.json {
        let text = report::json(&ended, &saved, seed);
        std::fs::write(path, text).map_err(|e| cannot(path, &e))?;
    }
    Ok(exit(&ended))
}

fn exit(ended: &Ended) -> Exit {
    if ended.interrupted {
        Exit::Interrupted
    } else if !ended.findings.is_empty() || ended.heavy.is_some() {
        Exit::Violations
    } else if ended.progress.reached.covered() == 0 {
        // Nothing found where nothing was looked at would be a pass that means nothing.
        Exit::NothingSelected
    } else {
        Exit::Fine
    }
}

/// Where scenarios are saved. One that was made for nothing is gone in the end.
struct Folder<'a> {
    path: &'a Path,
    is_new: bool,
}

impl<'a> Folder<'a> {
    fn open(path: &'a Path) -> Result<Self, Failure> {
        let is_new = !path.exists();
        std::fs::create_dir_all(path).map_err(|e| cannot(path, &e))?;
        Ok(Self { path, is_new })
    }

    /// Writes a finding's scenario, and its trace beside it.
    fn save_finding(&self, finding: &Finding) -> Result<PathBuf, Failure> {
        let name = &finding.scenario.name;
        self.save(&format!("{name}.jsonl"), &finding.trace.to_string())?;
        let text = finding.to_toml().map_err(Failure::usage)?;
        self.save(&format!("{name}.toml"), &text)
    }

    /// Writes a file. What is found again has the same name, and the same text.
    fn save(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        std::fs::write(&path, text).map_err(|e| cannot(&path, &e))?;
        Ok(path)
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        if self.is_new {
            // It fails where something is in it, which is to stay.
            let _ = std::fs::remove_dir(self.path);
        }
    }
}

fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}
