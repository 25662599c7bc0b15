//! Programs that are run once per resolve: those that print credentials, and those that use them.

use super::credentials::{ELSEWHERE, broken, on_healthy};
use super::{Log, News, Patient, REST, Step, many, no_role, seconds};
use crate::program::{ContractError, Process, finish_one_shot};
use crate::runner::programs::plain;
use crate::subject::Driven;
use imdspec_model::World;
use imdspec_rules::{Case, Outcome, Stream, Trace, What};
use std::time::{Duration, Instant};
use tokio::time::timeout;

const NO_ROLE: &str = "no role";
const STDIN: &str = "stdin";

/// How much longer than before a program may take whose stdin stays open, before it is taken for
/// one that waits for its end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks at a program; says whether it gave credentials.
pub(super) async fn look(patient: &Patient<'_>, log: &mut Log<impl FnMut(News<'_>)>) -> bool {
    let name = match patient.driven {
        Driven::Sink => "signs",
        Driven::Session | Driven::OneShot => "credentials",
    };
    log.begins(name);
    let began = Instant::now();
    let healthy = match run(patient, World::default()).await {
        Ok(run) => run,
        Err(why) => {
            log.ends(patient.not_run(name, &why));
            log.ends(Step::skipped(REST, "it could not be run"));
            return false;
        }
    };
    let took = began.elapsed();
    let step = healthy_step(name, &healthy, patient);
    let fit = matches!(healthy.outcome, Outcome::Credentials(_));
    log.ends(step);

    log.begins(NO_ROLE);
    log.ends(match run(patient, no_role()).await {
        Ok(run) => no_role_step(&run, patient),
        Err(why) => patient.not_run(NO_ROLE, &why),
    });

    if patient.driven == Driven::OneShot {
        log.begins(STDIN);
        log.ends(match holding_stdin(patient, took * 3 + PATIENCE).await {
            Ok(true) => Step::good(STDIN, "it does not wait for its stdin"),
            Ok(false) => Step::note(
                STDIN,
                format!(
                    "it ran for more than {} with its stdin open, and for {} with its stdin at \
                     its end, which is how imdspec runs it; others may not",
                    seconds(took * 3 + PATIENCE),
                    seconds(took)
                ),
            ),
            Err(why) => patient.not_run(STDIN, &why),
        });
    }
    fit
}

/// One process and what came of it.
struct Run {
    outcome: Outcome,
    stderr: String,
    trace: Trace,
}

async fn run(patient: &Patient<'_>, world: World) -> Result<Run, ContractError> {
    let scenario = crate::Scenario {
        world,
        ..plain("doctor", vec![crate::Step::Resolve(1)])
    };
    let time = crate::hosted::Time::Real(Instant::now());
    let seen = patient
        .runner()
        .trace(&scenario, patient.seed, time)
        .await?;
    let trace = seen.trace;
    let mut outcome = None;
    let mut stderr = String::new();
    for event in &trace.events {
        match &event.what {
            What::Outcome { outcome: o, .. } => outcome = Some(o.clone()),
            What::Output {
                stream: Stream::Stderr,
                text,
            } => stderr.clone_from(text),
            _ => {}
        }
    }
    let outcome = outcome.ok_or_else(|| ContractError::Ours {
        why: "it was never asked; please report it".into(),
    })?;
    Ok(Run {
        outcome,
        stderr,
        trace,
    })
}

fn healthy_step(name: &'static str, run: &Run, patient: &Patient<'_>) -> Step {
    let requests = Case::new(&run.trace).imds().count();
    let step = match &run.outcome {
        Outcome::Refused { .. } if patient.driven == Driven::Sink && requests > 0 => Step::bad(
            name,
            "a request to the sink, signed with the service's credentials",
            format!(
                "its end without one, though it sent the service {}",
                many(requests, "request")
            ),
        )
        .advise(
            "it has to send what it signs to the sink: AWS_ENDPOINT_URL is set to it, and {sink} \
             in an argument or in a descriptor's [env] is replaced by it",
        )
        .advise("over plain HTTP, and with a signature in the Authorization field"),
        outcome => {
            let step = on_healthy(name, outcome, &run.trace, patient);
            hint_of_status(step, outcome)
        }
    };
    step.told(&run.stderr, &run.trace)
}

/// What is expected of a one-shot where no role is attached.
const REFUSAL: &str = "exit status 1, because no role is attached";

fn no_role_step(run: &Run, patient: &Patient<'_>) -> Step {
    let requests = Case::new(&run.trace).imds().count();
    let step = match (&run.outcome, patient.driven) {
        (Outcome::Refused { .. }, Driven::Sink) => {
            Step::good(NO_ROLE, "with nothing to sign with, it signs nothing")
        }
        (Outcome::Refused { .. }, _) => {
            let words = "with no role attached, its exit status says that there are no credentials";
            Step::good(NO_ROLE, words)
        }
        (Outcome::Credentials(_), _) => Step::bad(
            NO_ROLE,
            "no credentials, because no role is attached",
            format!("credentials, after {}", many(requests, "request")),
        )
        .advise(ELSEWHERE),
        (Outcome::BadOutput { what }, Driven::OneShot) => Step::bad(
            NO_ROLE,
            REFUSAL,
            format!("exit status 0, which means credentials, and {what}"),
        )
        .advise("exit with 1 when there are no credentials"),
        (Outcome::Crash { how }, Driven::OneShot) => {
            let step = Step::bad(NO_ROLE, REFUSAL, how.clone());
            hint_of_status(
                step.advise("exit with 1 when there are no credentials"),
                &run.outcome,
            )
        }
        (other, _) => broken(NO_ROLE, other, patient),
    };
    step.told(&run.stderr, &run.trace)
}

/// Some programs say "no credentials" by a status of their own.
fn hint_of_status(step: Step, outcome: &Outcome) -> Step {
    let Outcome::Crash { how } = outcome else {
        return step;
    };
    let Some(status) = how.strip_prefix("exit status ") else {
        return step;
    };
    step.advise(format!(
        "if {status} is its documented way to say that there are no credentials: --refused-exit \
         {status}, or refused-exit = [{status}] in a descriptor"
    ))
}

/// Whether the program ends although its stdin does not.
async fn holding_stdin(patient: &Patient<'_>, limit: Duration) -> Result<bool, ContractError> {
    let hosted = patient.visit(World::default()).await?;
    let mut process = Process::start(patient.program, &hosted)?;
    let ended = timeout(limit, finish_one_shot(patient.program, &mut process)).await;
    process.end().await;
    hosted.finish().await;
    Ok(ended.is_ok())
}
