//! Session programs, asked in JSON Lines.

mod visit;

use super::credentials::{ELSEWHERE, broken, on_healthy, short};
use super::{Log, News, Patient, REST, Step, many, no_role, redacted, seconds};
use crate::program::{EXIT_DEADLINE, HELLO_DEADLINE, Hello, NoHello, read_answer};
use imdspec_model::{Fault, World};
use imdspec_rules::{Outcome, RefusalKind, Trace, What};
use std::collections::BTreeSet;
use std::time::Duration;
use visit::{Ended, Heard, NoVisit, Visit};

const HELLO: &str = "hello";
const CREDENTIALS: &str = "credentials";
const END: &str = "end of stdin";
const STDOUT: &str = "stdout";
const NO_ROLE: &str = "no role";
const UNKNOWN_OP: &str = "unknown op";
const AT_ONCE: &str = "at once";

/// How long an answer may take that needs nothing but the program itself.
const AT_HAND: Duration = Duration::from_secs(10);
/// How long the service takes over each reply while many questions are open, so that requests that
/// are made side by side are seen side by side.
const SLOW: &str = "100ms";

/// Looks at a session program; says whether it gave credentials.
pub(super) async fn look(patient: &Patient<'_>, log: &mut Log<impl FnMut(News<'_>)>) -> bool {
    log.begins(HELLO);
    let mut visit = match Visit::open(patient, World::default()).await {
        Ok(visit) => visit,
        Err(no) => {
            log.ends(no_hello(no, patient));
            log.ends(Step::skipped(REST, "there was no hello"));
            return false;
        }
    };
    log.ends(hello(&visit));
    let says = visit.hello.clone();

    log.begins(CREDENTIALS);
    let outcome = resolve(&mut visit, patient).await;
    let alive = !visit.gone;
    let strays = std::mem::take(&mut visit.strays);
    let ended = visit.close().await;
    let step = match &outcome {
        Ok(outcome) => on_healthy(CREDENTIALS, outcome, &ended.trace, patient),
        Err(step) => step.clone(),
    };
    let fit = matches!(outcome, Ok(Outcome::Credentials(_)));
    log.ends(step.told(&ended.stderr, &ended.trace));
    log.ends(if alive {
        end_of_stdin(&ended)
    } else {
        Step::skipped(END, "it did not answer, and was ended")
    });
    log.ends(stdout(strays, &ended));

    log.begins(NO_ROLE);
    log.ends(without_role(patient).await);
    log.begins(UNKNOWN_OP);
    log.ends(unknown_op(patient).await);
    log.begins(AT_ONCE);
    log.ends(at_once(patient, &says).await);
    fit
}

fn hello(visit: &Visit) -> Step {
    let Hello {
        name,
        version,
        concurrency,
    } = &visit.hello;
    let version = if version.is_empty() {
        " (no version)".to_owned()
    } else {
        format!(" {version}")
    };
    let words = format!(
        "{name}{version}, concurrency {concurrency}; after {} of the {} s allowed",
        seconds(visit.took),
        HELLO_DEADLINE.as_secs()
    );
    Step::good(HELLO, words)
}

fn no_hello(no: NoVisit, patient: &Patient<'_>) -> Step {
    const EXPECTED: &str = r#"{"imdspec":1,"name":"…"} as the first line"#;
    let (no, stderr, trace) = match no {
        NoVisit::NotRun(why) => return patient.not_run(HELLO, &why),
        NoVisit::NoHello(no, stderr, trace) => (no, stderr, trace),
    };

    let step = match &no {
        NoHello::Printed(line) => printed(EXPECTED, line, &trace),
        NoHello::Nothing => Step::bad(HELLO, EXPECTED, no.to_string())
            .advise("say hello before anything slow, and flush stdout after it")
            .advise("if it prints credentials and exits, it is a one-shot: leave --session out"),
        NoHello::Ended(_) => Step::bad(HELLO, EXPECTED, no.to_string())
            .advise("run the command by hand: it should print that line and wait"),
        _ => Step::bad(HELLO, EXPECTED, no.to_string()),
    };
    step.told(&stderr, &trace)
}

/// Something else in the hello's place. Its values are not shown: they may be secret.
fn printed(expected: &str, line: &[u8], trace: &Trace) -> Step {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(line) else {
        let shown = short(&redacted(&String::from_utf8_lossy(line), trace));
        return Step::bad(HELLO, expected, format!("{shown:?}")).advise(
            "stdout is for the contract alone: logs, banners and warnings belong on stderr",
        );
    };
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    let step = Step::bad(
        HELLO,
        expected,
        format!("an object with the members {}", names.join(", ")),
    );
    if members.contains_key("AccessKeyId") {
        step.advise("that is the answer of a one-shot: leave --session out")
    } else if members.contains_key("imdspec") {
        step.advise(
            "imdspec and concurrency are numbers, name and version are texts; only version and \
             concurrency may be left out",
        )
    } else {
        step.advise("the hello comes first, before any answer and without being asked")
    }
}

/// Asks for credentials; an answer that does not fit the question is a step gone bad.
async fn resolve(visit: &mut Visit, patient: &Patient<'_>) -> Result<Outcome, Step> {
    let id = visit.ask("resolve").await;
    match visit.hear(patient.program.deadline).await {
        Heard::Line(line) => match read_answer(&line) {
            (Some(answered), outcome) if answered == id => Ok(outcome),
            (Some(other), _) => Err(Step::bad(
                CREDENTIALS,
                format!("an answer to question {id}"),
                format!("an answer to question {other}"),
            )
            .advise("an answer carries the id of its question")),
            (None, Outcome::BadOutput { what }) => {
                Err(broken(CREDENTIALS, &Outcome::BadOutput { what }, patient))
            }
            (None, _) => Err(Step::bad(
                CREDENTIALS,
                format!("an answer to question {id}"),
                "an answer without an id that is a number",
            )
            .advise("an answer carries the id of its question, as the number it is")),
        },
        Heard::No(outcome) => Err(broken(CREDENTIALS, &outcome, patient)),
    }
}

fn end_of_stdin(ended: &Ended) -> Step {
    let allowed = format!("exit status 0 within {} s", EXIT_DEADLINE.as_secs());
    let step = match ended.exit {
        Some(status) if status.success() => {
            let words = format!("exit status 0 after {}", seconds(ended.took));
            Step::good(END, words)
        }
        Some(status) => Step::bad(END, allowed, status.to_string()).advise(
            "the end of stdin is the end of the session, and no error: leave the loop and return",
        ),
        None => Step::bad(END, allowed, "it was still running")
            .advise("leave the loop when reading gives no line, rather than reading again")
            .advise(
                "threads that never end must not keep the process: make them daemon threads, or \
                 call exit",
            ),
    };
    step.told(&ended.stderr, &ended.trace)
}

fn stdout(strays: Vec<String>, ended: &Ended) -> Step {
    let rest = ended.rest.lines().filter(|l| !l.trim().is_empty());
    let lines: Vec<String> = strays.into_iter().chain(rest.map(str::to_owned)).collect();
    let Some(first) = lines.first() else {
        return Step::good(STDOUT, "nothing but the hello and the answers");
    };
    let first = short(&redacted(first, &ended.trace));
    Step::bad(
        STDOUT,
        "nothing but the hello and one answer a question",
        format!("{} besides, the first {first:?}", many(lines.len(), "line")),
    )
    .advise("print logs, banners and warnings to stderr, or hand the library another stream")
}

/// What is expected where no role is attached.
const REFUSAL: &str = r#"{"id":1,"error":{"kind":"none",…}}, because no role is attached"#;

async fn without_role(patient: &Patient<'_>) -> Step {
    let mut visit = match Visit::open(patient, no_role()).await {
        Ok(visit) => visit,
        Err(no) => return again(NO_ROLE, no, patient),
    };
    let outcome = resolve(&mut visit, patient).await;
    let ended = visit.close().await;
    let step = match outcome {
        Ok(Outcome::Refused { kind, message }) => {
            let message = short(&redacted(&message, &ended.trace));
            let said = match kind {
                Some(RefusalKind::None) => "\"none\", so a chain would go on",
                Some(RefusalKind::Error) => "\"error\", so a chain would stop",
                None => "not of which kind, which may be left out",
            };
            Step::good(NO_ROLE, format!("it refuses and says {said}: {message:?}"))
        }
        Ok(Outcome::Credentials(_)) => Step::bad(NO_ROLE, REFUSAL, "credentials").advise(ELSEWHERE),
        Ok(other) => Step {
            expected: REFUSAL.into(),
            ..broken(NO_ROLE, &other, patient)
        },
        Err(step) => Step {
            name: NO_ROLE,
            expected: REFUSAL.into(),
            ..step
        },
    };
    step.told(&ended.stderr, &ended.trace)
}

async fn unknown_op(patient: &Patient<'_>) -> Step {
    let mut visit = match Visit::open(patient, World::default()).await {
        Ok(visit) => visit,
        Err(no) => return again(UNKNOWN_OP, no, patient),
    };
    let id = visit.ask("imdspec-doctor").await;
    let limit = AT_HAND.min(patient.program.deadline);
    let expected =
        format!(r#"{{"id":{id},"unsupported":true}} to {{"id":{id},"op":"imdspec-doctor"}}"#);
    let wrong = match visit.hear(limit).await {
        Heard::Line(line) => not_unsupported(&line, id),
        Heard::No(Outcome::Crash { how }) => Some(format!("its end: {how}")),
        Heard::No(Outcome::Deadline { .. }) => {
            Some(format!("nothing within {} s", limit.as_secs()))
        }
        Heard::No(_) => Some("what is no answer".into()),
    };
    let lives = if wrong.is_none() {
        visit.ask("resolve").await;
        matches!(visit.hear(patient.program.deadline).await, Heard::Line(_))
    } else {
        false
    };
    let ended = visit.close().await;
    let step = match wrong {
        Some(wrong) => Step::bad(UNKNOWN_OP, expected, wrong).advise(format!(
            "look at \"op\" first: unless it is \"resolve\", answer {{\"id\":{id},\"unsupported\":true}} \
             and read on; later versions of the contract will ask more"
        )),
        None if lives => Step::good(UNKNOWN_OP, "it says that it does not know it, and answers the next question"),
        None => Step::bad(
            UNKNOWN_OP,
            "an answer to the question after it",
            "none: it only answered the op it does not know",
        )
        .advise("read on after an op it does not know"),
    };
    step.told(&ended.stderr, &ended.trace)
}

/// What is wrong with an answer to an unknown op, if anything.
fn not_unsupported(line: &[u8], id: u32) -> Option<String> {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(line) else {
        return Some("what is no JSON".into());
    };
    let has = |member: &str| answer.get(member).is_some();
    if answer.get("id").and_then(serde_json::Value::as_u64) != Some(id.into()) {
        return Some("an answer that does not carry the id of the question".into());
    }
    if answer.get("unsupported") == Some(&serde_json::Value::Bool(true)) {
        return None;
    }
    Some(if has("credentials") {
        "credentials, as if it had been asked to resolve".into()
    } else if has("error") {
        "an error, which is an answer to resolve".into()
    } else {
        "an answer without \"unsupported\":true".into()
    })
}

async fn at_once(patient: &Patient<'_>, says: &Hello) -> Step {
    let n = says.concurrency;
    if n <= 1 {
        return Step::good(AT_ONCE, "one question at a time, as its hello says");
    }
    let slow = World {
        faults: vec![Fault {
            delay: SLOW.parse().ok(),
            ..Fault::default()
        }],
        ..World::default()
    };
    let mut visit = match Visit::open(patient, slow).await {
        Ok(visit) => visit,
        Err(no) => return again(AT_ONCE, no, patient),
    };
    let mut open: BTreeSet<u32> = visit.ask_many("resolve", n).await.collect();
    let mut given = 0;
    let mut wrong = None;
    while !open.is_empty() && wrong.is_none() {
        match visit.hear(patient.program.deadline).await {
            Heard::Line(line) => match read_answer(&line) {
                (Some(id), outcome) if open.remove(&id) => {
                    given += usize::from(matches!(outcome, Outcome::Credentials(_)));
                }
                (Some(id), _) => wrong = Some(format!("one carries id {id}, which is not open")),
                (None, _) => wrong = Some("one carries no id".to_owned()),
            },
            Heard::No(Outcome::Crash { how }) => wrong = Some(format!("then it ended: {how}")),
            Heard::No(Outcome::Deadline { after }) => {
                wrong = Some(format!("then nothing came for {} s", after / 1000));
            }
            Heard::No(_) => wrong = Some("then came what is no answer".to_owned()),
        }
    }
    let answered = n as usize - open.len();
    let ended = visit.close().await;
    let step = match wrong {
        Some(wrong) => Step::bad(
            AT_ONCE,
            format!("{n} answers to {n} questions at once, as its hello says \"concurrency\":{n}"),
            format!("{}; {wrong}", many(answered, "answer")),
        )
        .advise("each question gets one answer, in any order, with its own id")
        .advise("say \"concurrency\":1 in the hello if it takes one question at a time"),
        None if given < answered => Step::bad(
            AT_ONCE,
            format!("credentials for each of {n} questions at once"),
            format!("credentials for {given}"),
        ),
        None => Step::good(
            AT_ONCE,
            format!(
                "{n} questions, {n} answers; up to {} side by side",
                many(side_by_side(&ended.trace), "request")
            ),
        ),
    };
    step.told(&ended.stderr, &ended.trace)
}

/// The most requests that waited for their reply at once.
fn side_by_side(trace: &Trace) -> usize {
    let requests = trace.events.iter().filter_map(|e| match &e.what {
        What::Reply(reply) => Some((e.at.0, e.at.0 + reply.delay)),
        _ => None,
    });
    let spans: Vec<(u64, u64)> = requests.collect();
    let open_at = |at: u64| spans.iter().filter(|(a, b)| *a <= at && at < *b).count();
    spans.iter().map(|(at, _)| open_at(*at)).max().unwrap_or(0)
}

/// A program that said hello before and does not now.
fn again(name: &'static str, no: NoVisit, patient: &Patient<'_>) -> Step {
    let step = no_hello(no, patient);
    Step {
        name,
        words: format!("{} (it had said hello before)", step.words),
        ..step
    }
}
