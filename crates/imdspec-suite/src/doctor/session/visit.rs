//! One process, spoken to by hand.

use crate::doctor::Patient;
use crate::hosted::Hosted;
use crate::program::{
    ContractError, EXIT_DEADLINE, Hello, Line, NoHello, Process, gone, next_line, read_hello,
};
use imdspec_model::World;
use imdspec_rules::{Outcome, Trace};
use std::ops::Range;
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{timeout, timeout_at};

/// A process that has said hello.
pub(super) struct Visit {
    hosted: Hosted,
    process: Process,
    pub(super) hello: Hello,
    /// How long the hello took.
    pub(super) took: Duration,
    next_id: u32,
    /// Lines that answer nothing.
    pub(super) strays: Vec<String>,
    /// Whether an answer was due that never came.
    pub(super) gone: bool,
}

/// Why there is none.
pub(super) enum NoVisit {
    NotRun(ContractError),
    /// What came instead, what stood on stderr, and what the service saw.
    NoHello(NoHello, String, Box<Trace>),
}

/// What came when an answer was due.
pub(super) enum Heard {
    /// A line that might be it.
    Line(Vec<u8>),
    /// None, and never will.
    No(Outcome),
}

/// A process that was told to end by the end of its stdin.
pub(super) struct Ended {
    /// How it ended; none when it had to be made to.
    pub(super) exit: Option<ExitStatus>,
    /// How long that took.
    pub(super) took: Duration,
    /// What it printed on stdout after its last answer.
    pub(super) rest: String,
    pub(super) stderr: String,
    pub(super) trace: Trace,
}

impl Visit {
    /// Starts the program in this world and waits for its hello.
    pub(super) async fn open(patient: &Patient<'_>, world: World) -> Result<Self, NoVisit> {
        let hosted = patient.visit(world).await.map_err(NoVisit::NotRun)?;
        let began = Instant::now();
        let mut process = Process::start(patient.program, &hosted).map_err(NoVisit::NotRun)?;
        match read_hello(&mut process).await {
            Ok(hello) => Ok(Self {
                hosted,
                process,
                hello,
                took: began.elapsed(),
                next_id: 1,
                strays: Vec::new(),
                gone: false,
            }),
            Err(no) => {
                let stderr = process.end().await;
                Err(NoVisit::NoHello(
                    no,
                    stderr,
                    Box::new(hosted.finish().await),
                ))
            }
        }
    }

    /// Asks one question; gives its id.
    pub(super) async fn ask(&mut self, op: &str) -> u32 {
        self.ask_many(op, 1).await.start
    }

    /// Asks so many questions in one breath; gives their ids.
    pub(super) async fn ask_many(&mut self, op: &str, n: u32) -> Range<u32> {
        let ids = self.next_id..self.next_id + n;
        self.next_id += n;
        let lines: String = ids
            .clone()
            .map(|id| format!("{{\"id\":{id},\"op\":\"{op}\"}}\n"))
            .collect();
        if let Some(stdin) = &mut self.process.stdin
            && stdin.write_all(lines.as_bytes()).await.is_ok()
        {
            // A pipe to a program that closed its stdin fails here or above; its end tells more.
            let _ = stdin.flush().await;
        }
        ids
    }

    /// The next line that is an object. Other lines are kept as strays.
    pub(super) async fn hear(&mut self, limit: Duration) -> Heard {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            let outcome = match timeout_at(deadline, next_line(&mut self.process.stdout)).await {
                Ok(Ok(Line::Text(line))) => {
                    if line.trim_ascii_start().starts_with(b"{") {
                        return Heard::Line(line);
                    }
                    self.strays
                        .push(String::from_utf8_lossy(&line).into_owned());
                    continue;
                }
                Ok(Ok(Line::End)) => gone(&mut self.process).await,
                Ok(Ok(Line::Flood)) => Outcome::BadOutput {
                    what: "more on stdout than an answer can hold".into(),
                },
                Ok(Err(e)) => Outcome::BadOutput {
                    what: format!("stdout could not be read: {e}"),
                },
                Err(_) => Outcome::Deadline {
                    after: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
                },
            };
            self.gone = true;
            return Heard::No(outcome);
        }
    }

    /// Ends its stdin and sees what it does.
    pub(super) async fn close(mut self) -> Ended {
        drop(self.process.stdin.take());
        let began = Instant::now();
        let mut rest = Vec::new();
        let watched = self.process.watch_to_its_end(&mut rest);
        let exit = timeout(EXIT_DEADLINE, watched).await;
        let took = began.elapsed();
        let exit = exit.ok().and_then(Result::ok);
        if exit.is_some() {
            self.process.keep_rest(&mut rest).await;
        }
        Ended {
            exit,
            took,
            rest: String::from_utf8_lossy(&rest).into_owned(),
            stderr: self.process.end().await,
            trace: self.hosted.finish().await,
        }
    }
}
