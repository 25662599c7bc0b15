//! A one-shot program: run once per resolve.

use super::process::{Process, crash};
use super::{ContractError, Program, StartGate, answer};
use crate::hosted::Hosted;
use crate::scenario::{Scenario, Step};
use imdspec_rules::{Outcome, Stream};
use tokio::io::AsyncReadExt;

/// The most a program may print as its answer, in bytes.
const MOST_STDOUT: usize = 1 << 20;

/// Runs a scenario on a one-shot program.
pub(crate) async fn run(
    program: &Program,
    scenario: &Scenario,
    hosted: &Hosted,
    gate: &StartGate,
) -> Result<(), ContractError> {
    for step in &scenario.steps {
        match step {
            Step::Resolve(n) => {
                for _ in 0..*n {
                    resolve(program, hosted, gate).await?;
                }
            }
            change => hosted.change(change).map_err(ContractError::clock)?,
        }
    }
    Ok(())
}

async fn resolve(
    program: &Program,
    hosted: &Hosted,
    gate: &StartGate,
) -> Result<(), ContractError> {
    let permit = gate.enter().await;
    let call = hosted.with_site(|site| site.recorder.resolve(hosted.now()));
    let mut process = Process::start(program, hosted)?;
    // It has nothing to read.
    drop(process.stdin.take());
    let (outcome, stdout) = {
        let mut finished = std::pin::pin!(tokio::time::timeout(
            program.deadline,
            finish(program, &mut process)
        ));
        // Once it speaks to a server of ours it has started up, and the next may.
        let early = tokio::select! {
            result = &mut finished => Some(result),
            () = hosted.contacted() => None,
        };
        drop(permit);
        let result = match early {
            Some(result) => result,
            None => finished.await,
        };
        let deadline = Outcome::Deadline {
            after: u64::try_from(program.deadline.as_millis()).unwrap_or(u64::MAX),
        };
        result.unwrap_or((deadline, String::new()))
    };
    hosted.note_runs();
    let stderr = process.end().await;
    hosted.with_site(|site| {
        let now = hosted.now();
        let refused = matches!(outcome, Outcome::Refused { .. });
        site.recorder.outcome(now, call, outcome);
        site.recorder.output(now, Stream::Stderr, stderr);
        if refused {
            // With a refusal, whatever stands on stdout is outside the answer.
            site.recorder.output(now, Stream::Stdout, stdout);
        }
    });
    Ok(())
}

/// Waits for the program to end, and reads its answer.
pub(crate) async fn finish(program: &Program, process: &mut Process) -> (Outcome, String) {
    let mut stdout = Vec::new();
    let limit = MOST_STDOUT as u64 + 1;
    if let Err(e) = (&mut process.stdout)
        .take(limit)
        .read_to_end(&mut stdout)
        .await
    {
        let what = format!("stdout could not be read: {e}");
        return (Outcome::BadOutput { what }, String::new());
    }
    if stdout.len() > MOST_STDOUT {
        let what = format!("more than {MOST_STDOUT} bytes on stdout");
        return (Outcome::BadOutput { what }, String::new());
    }
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let outcome = match process.exit().await {
        Ok(status) => match status.code() {
            Some(0) => answer::one_shot(&stdout),
            Some(status) if status == 1 || program.refused_exit.contains(&status) => {
                Outcome::Refused {
                    kind: None,
                    message: String::new(),
                }
            }
            _ => crash(status),
        },
        Err(e) => Outcome::Crash {
            how: format!("its end could not be awaited: {e}"),
        },
    };
    (outcome, text)
}
