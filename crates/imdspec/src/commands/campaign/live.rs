//! How far a campaign is: one live line on a terminal, one line a finding and now and then one
//! more elsewhere.

use imdspec_suite::fuzz::campaign::{Finding, Progress};
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// How often a line is written where lines stay.
const NOW_AND_THEN: Duration = Duration::from_secs(10);

/// Shows how far a campaign is. Writes to stderr, so that stdout stays a report.
pub(super) struct Live {
    terminal: bool,
    began: Instant,
    told: Instant,
}

impl Live {
    pub(super) fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            began: Instant::now(),
            told: Instant::now(),
        }
    }

    pub(super) fn take(&mut self, at: &Progress, found: Option<&Finding>) {
        if let Some(finding) = found {
            self.clear();
            let broken = &finding.broken;
            anstream::eprintln!("found {}: {}", broken.rule, broken.got);
        }
        let line = line(at, self.began.elapsed());
        if self.terminal {
            anstream::eprint!("\r\x1b[K{line}");
            // A terminal that cannot be written to shows nothing; the run goes on.
            let _ = std::io::stderr().flush();
        } else if self.told.elapsed() >= NOW_AND_THEN {
            self.told = Instant::now();
            anstream::eprintln!("{line}");
        }
    }

    pub(super) fn clear(&self) {
        if self.terminal {
            anstream::eprint!("\r\x1b[K");
        }
    }
}

fn line(at: &Progress, since: Duration) -> String {
    let rate = at.executions as f64 / since.as_secs_f64().max(0.001);
    let doing = match at.shrinking {
        Some(rule) => format!("; making {rule} small"),
        None => String::new(),
    };
    format!(
        "{} executions ({rate:.0}/s), {} findings, {} states, {} transitions, {} s left{doing}",
        at.executions,
        at.findings,
        at.reached,
        at.transitions,
        at.left.as_secs()
    )
}
