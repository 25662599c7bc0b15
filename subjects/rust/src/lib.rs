//! The session protocol, as all the Rust subjects speak it: hello, then an answer to each question.
//! It hides nothing: no retry, no cache, and a panic while resolving ends the process.

pub mod sdk;

use serde::{Deserialize, Serialize};
use std::error::Error;
use std::future::Future;
use std::io::{BufRead, Write};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

/// What a library gave, in the shape of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// Always 1.
    pub version: u8,
    /// The access key's id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The security token, if the library keeps one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// RFC 3339, if the library says when they end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
}

/// An error that the library itself reported.
#[derive(Serialize)]
#[serde(tag = "kind", content = "message", rename_all = "lowercase")]
pub enum Failure {
    /// This source has nothing, and a chain would go on.
    None(String),
    /// It failed.
    Error(String),
}

impl Failure {
    /// An error with all its causes.
    pub fn error(error: &(dyn Error + 'static)) -> Self {
        Self::Error(causes(error))
    }
}

/// What an error says, and what its causes say.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Credentials, or why there are none.
pub type Resolved = Result<Credentials, Failure>;

#[derive(Deserialize)]
struct Question {
    id: u64,
    op: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Body {
    Credentials(Credentials),
    Error(Failure),
    Unsupported(bool),
    New(bool),
}

#[derive(Serialize)]
struct Answer {
    id: u64,
    #[serde(flatten)]
    body: Body,
}

/// Says hello for the crate called `name`, with the version that is built in.
pub fn hello(name: &str, library: &str, concurrency: u8) {
    let version = version_of(library);
    say(&serde_json::json!({
        "imdspec": 1, "name": name, "version": version, "concurrency": concurrency,
    }));
}

/// Answers until stdin ends, each question in a task of its own.
pub async fn answer<F>(resolve: impl Fn() -> F)
where
    F: Future<Output = Resolved> + Send + 'static,
{
    let mut questions = questions();
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            Some(Question { id, op }) = questions.recv() => {
                if op == "resolve" {
                    let resolving = resolve();
                    tasks.spawn(async move { (id, resolving.await) });
                } else {
                    say(&Answer { id, body: Body::Unsupported(true) });
                }
            }
            Some(done) = tasks.join_next() => done_with(done),
        }
    }
}

/// The same for a provider that can be replaced by a new one: what `make` gives.
pub async fn answer_anew<P, M, F>(make: impl Fn() -> M, resolve: impl Fn(Arc<P>) -> F)
where
    M: Future<Output = P>,
    F: Future<Output = Resolved> + Send + 'static,
{
    let mut questions = questions();
    let mut tasks = JoinSet::new();
    let mut provider = Arc::new(make().await);
    loop {
        tokio::select! {
            Some(Question { id, op }) = questions.recv() => match op.as_str() {
                "resolve" => {
                    let resolving = resolve(Arc::clone(&provider));
                    tasks.spawn(async move { (id, resolving.await) });
                }
                "new" => {
                    provider = Arc::new(make().await);
                    say(&Answer { id, body: Body::New(true) });
                }
                _ => say(&Answer { id, body: Body::Unsupported(true) }),
            },
            Some(done) = tasks.join_next() => done_with(done),
        }
    }
}

fn done_with(done: Result<(u64, Resolved), tokio::task::JoinError>) {
    match done {
        Ok((id, resolved)) => say(&answered(id, resolved)),
        // tokio keeps a task's panic from the rest of the program; here it is a crash.
        Err(crash) => std::panic::resume_unwind(crash.into_panic()),
    }
}

/// Answers until stdin ends, one question after the other.
pub fn answer_in_turn(mut resolve: impl FnMut() -> Resolved) {
    let mut questions = questions();
    while let Some(Question { id, op }) = questions.blocking_recv() {
        if op == "resolve" {
            say(&answered(id, resolve()));
        } else {
            say(&Answer {
                id,
                body: Body::Unsupported(true),
            });
        }
    }
}

/// Chooses the crypto library for reqwest, which without one does not even build a client for HTTP.
pub fn install_ring() {
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default().expect("nothing else was installed");
}

fn answered(id: u64, resolved: Resolved) -> Answer {
    let body = resolved.map_or_else(Body::Error, Body::Credentials);
    Answer { id, body }
}

/// The questions on stdin. Its end is the end of the process, whatever is still being resolved.
fn questions() -> UnboundedReceiver<Question> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("stdin is UTF-8");
            let question = serde_json::from_str(&line).expect("a line of stdin is a question");
            if sender.send(question).is_err() {
                return;
            }
        }
        std::process::exit(0);
    });
    receiver
}

fn say(line: &impl Serialize) {
    let mut text = serde_json::to_string(line).expect("plain data is JSON");
    text.push('\n');
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).expect("stdout is open");
    stdout.flush().expect("stdout is open");
}

/// The version in Cargo.lock: none of the libraries tells its own.
fn version_of(library: &str) -> &'static str {
    let entry = format!("name = \"{library}\"\nversion = \"");
    let lock = include_str!("../Cargo.lock");
    let (_, rest) = lock
        .split_once(&entry)
        .expect("the library is in Cargo.lock");
    rest.split('"')
        .next()
        .expect("split gives one part or more")
}
