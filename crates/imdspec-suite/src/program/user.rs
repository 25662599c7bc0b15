//! A program that uses credentials and never prints them: run once per resolve, and watched at the
//! sink.

use super::process::{Process, crash};
use super::{ContractError, EXIT_DEADLINE, Program, StartGate};
use crate::hosted::Hosted;
use crate::scenario::{Scenario, Step};
use imdspec_rules::{Outcome, Stream};
use tokio::time::timeout;

/// Runs a scenario on a program that uses credentials.
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
    hosted.empty_sink();
    let call = hosted.with_site(|site| site.recorder.resolve(hosted.now()));
    let mut process = Process::start(program, hosted)?;
    // It has nothing to read.
    drop(process.stdin.take());
    let mut said = Vec::new();
    let outcome = {
        let mut used = std::pin::pin!(timeout(
            program.deadline,
            use_or_end(hosted, &mut process, &mut said)
        ));
        // Once it speaks to a server of ours it has started up, and the next may.
        let early = tokio::select! {
            result = &mut used => Some(result),
            () = hosted.contacted() => None,
        };
        drop(permit);
        let result = match early {
            Some(result) => result,
            None => used.await,
        };
        result.unwrap_or_else(|_| Outcome::Deadline {
            after: u64::try_from(program.deadline.as_millis()).unwrap_or(u64::MAX),
        })
    };
    hosted.note_runs();
    let is_use = matches!(outcome, Outcome::Credentials(_));
    hosted.with_site(|site| site.recorder.outcome(hosted.now(), call, outcome));
    if is_use {
        // It may finish what it does, but it may also be one that never ends, such as a mount.
        let _ = timeout(EXIT_DEADLINE, process.watch_to_its_end(&mut said)).await;
    }
    let stderr = process.end().await;
    let stdout = String::from_utf8_lossy(&said).into_owned();
    hosted.with_site(|site| {
        site.recorder.output(hosted.now(), Stream::Stderr, stderr);
        site.recorder.output(hosted.now(), Stream::Stdout, stdout);
    });
    Ok(())
}

/// Waits for the first request it signs, or for its end without one.
async fn use_or_end(hosted: &Hosted, process: &mut Process, said: &mut Vec<u8>) -> Outcome {
    let status = tokio::select! {
        biased;
        given = hosted.sunk() => return Outcome::Credentials(given),
        status = process.watch_to_its_end(said) => status,
    };
    match (hosted.in_sink(), status) {
        (Some(given), _) => Outcome::Credentials(given),
        (None, Ok(status)) if status.code().is_some() => Outcome::Refused {
            kind: None,
            message: String::new(),
        },
        (None, Ok(status)) => crash(status),
        (None, Err(e)) => Outcome::Crash {
            how: format!("its end could not be awaited: {e}"),
        },
    }
}
