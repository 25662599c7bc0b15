//! What is shown while a run is under way: one live line on a terminal, one stable line a case
//! elsewhere.

use imdspec_suite::runner::Progress;
use std::io::{IsTerminal as _, Write as _};

/// Shows how far a run is. Writes to stderr, so that stdout stays a report.
pub(crate) struct Live {
    total: usize,
    began: usize,
    ended: usize,
    terminal: bool,
    quiet: bool,
}

impl Live {
    pub(crate) fn new(total: usize, quiet: bool) -> Self {
        Self {
            total,
            began: 0,
            ended: 0,
            terminal: std::io::stderr().is_terminal(),
            quiet,
        }
    }

    pub(crate) fn take(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Began => self.began += 1,
            Progress::Ended(ran) => {
                self.ended += 1;
                if !self.terminal && !self.quiet {
                    let name = &ran.scenario.name;
                    match &ran.result {
                        Ok(_) => anstream::eprintln!("ran {name}"),
                        Err(why) => anstream::eprintln!("not run {name}: {why}"),
                    }
                }
            }
        }
        if self.terminal {
            let under_way = self.began.saturating_sub(self.ended);
            anstream::eprint!(
                "\r\x1b[K{}/{} scenarios, {under_way} under way",
                self.ended,
                self.total
            );
            // A terminal that cannot be written to shows nothing; the run goes on.
            let _ = std::io::stderr().flush();
        }
    }

    pub(crate) fn clear(&self) {
        if self.terminal {
            anstream::eprint!("\r\x1b[K");
        }
    }
}
