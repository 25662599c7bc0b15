//! A recording proxy in front of an emulator: bytes pass unchanged, and what was said is written
//! down as a trace.
//!
//! ```text
//!  subject ──► tap ──► emulator
//!                └──► trace
//! ```

use super::Writer;
use super::dialogue::{Dialogue, Over, Sound};
use crate::recorder::request_seen;
use imdspec_rules::{Server, What};
use imdspec_wire::Bytes;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The most connections at once; further ones wait.
const MOST_CONNECTIONS: usize = 256;

/// The pause after a connection that could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Why traffic is not to be passed on to an address, in a sentence.
#[must_use]
pub fn why_refused(upstream: SocketAddr, anywhere: bool) -> Option<String> {
    let ip = upstream.ip().to_canonical();
    let is_link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || is_of_ec2(ip),
    };
    if is_link_local {
        return Some(format!(
            "{ip} is where an instance has its real metadata service, and this recorder is for \
             emulators: it would write live credentials to a file"
        ));
    }
    (!anywhere && !ip.is_loopback())
        .then(|| format!("{ip} is not on this machine; --anywhere passes traffic on all the same"))
}

/// fd00:ec2::/32, where the services of an instance are.
fn is_of_ec2(ip: Ipv6Addr) -> bool {
    ip.segments()[..2] == [0xfd00, 0x0ec2]
}

/// Passes the connections of `listener` on to `upstream` and writes them down, until `stop` turns
/// true; then every connection is ended.
///
/// # Errors
/// Why the trace can be written no further.
pub async fn run(
    listener: TcpListener,
    upstream: SocketAddr,
    writer: Writer,
    mut stop: watch::Receiver<bool>,
) -> io::Result<u32> {
    let record = Arc::new(Mutex::new(Record { writer, conns: 0 }));
    let mut connections = JoinSet::new();
    let failed = loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stopped| *stopped) => break None,
            Some(_) = connections.join_next() => {
                if let Some(e) = lock(&record).writer.failure() {
                    break Some(e);
                }
            }
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((subject, _)) => {
                    connections.spawn(pass(subject, upstream, Arc::clone(&record)));
                }
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
            },
        }
    };
    connections.shutdown().await;
    let mut record = lock(&record);
    match failed.or_else(|| record.writer.failure()) {
        Some(e) => Err(e),
        None => Ok(record.writer.requests()),
    }
}

/// The trace, and the connections counted.
struct Record {
    writer: Writer,
    conns: u32,
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panicked had written whole lines.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection that is passed on.
struct Passed {
    record: Arc<Mutex<Record>>,
    to: String,
    conn: u32,
    dialogue: Mutex<Dialogue>,
    /// The numbers of its requests in the trace.
    asked: Mutex<Vec<u32>>,
}

impl Passed {
    /// Hears something, and writes down what it means. Only one direction is heard at a time, so
    /// that a reply stands after its request.
    fn hear(&self, hear: impl FnOnce(&mut Dialogue, imdspec_wire::Wall) -> Vec<Sound>) {
        let mut dialogue = lock(&self.dialogue);
        let mut record = lock(&self.record);
        let at = record.writer.now().wall;
        for sound in hear(&mut dialogue, at) {
            let mut asked = lock(&self.asked);
            let what = match sound {
                Sound::Request(request) => {
                    let number = record.writer.number();
                    asked.push(number);
                    What::Request(request_seen(
                        number,
                        (Server::Imds, &self.to, self.conn),
                        request,
                    ))
                }
                Sound::Reply(mut reply) => {
                    let own = usize::try_from(reply.request).unwrap_or(usize::MAX);
                    let Some(number) = asked.get(own) else {
                        continue;
                    };
                    reply.request = *number;
                    What::Reply(reply)
                }
                Sound::Malformed(bytes) => What::Malformed {
                    conn: self.conn,
                    server: Server::Imds,
                    bytes: Bytes(bytes),
                },
            };
            record.writer.write(what);
        }
    }
}

/// Whatever ends the connection, what waits for a reply then has its end written down.
impl Drop for Passed {
    fn drop(&mut self) {
        self.hear(|dialogue, _| dialogue.stops());
    }
}

async fn pass(subject: TcpStream, upstream: SocketAddr, record: Arc<Mutex<Record>>) {
    let Ok(emulator) = TcpStream::connect(upstream).await else {
        // Nobody there: the subject finds it out as it would without us.
        let _ = subject.set_zero_linger();
        return;
    };
    // Bytes go on as they come.
    let _ = (subject.set_nodelay(true), emulator.set_nodelay(true));
    let conn = {
        let mut record = lock(&record);
        record.conns += 1;
        record.conns
    };
    let passed = Passed {
        record,
        // What the subject was told, and so what it asked.
        to: subject
            .local_addr()
            .map_or_else(|_| upstream.to_string(), |a| a.to_string()),
        conn,
        dialogue: Mutex::new(Dialogue::new()),
        asked: Mutex::new(Vec::new()),
    };
    let (mut from_subject, mut to_subject) = subject.into_split();
    let (mut from_emulator, mut to_emulator) = emulator.into_split();
    let reset = {
        let there = async {
            let over = copy(&mut from_subject, &mut to_emulator, |bytes| {
                passed.hear(|d, at| d.client(at, bytes));
            })
            .await;
            passed.hear(|d, _| {
                let mut heard = d.client_ends();
                if over == Passing::Reset {
                    heard.extend(d.stops());
                }
                heard
            });
            over
        };
        let back = async {
            let over = copy(&mut from_emulator, &mut to_subject, |bytes| {
                passed.hear(|d, at| d.server(at, bytes));
            })
            .await;
            passed.hear(|d, _| match over {
                Passing::Finished => d.server_ends(Over::Finished),
                Passing::Reset => d.server_ends(Over::Reset),
                // The subject went away, and the emulator may have had more to say.
                Passing::Refused => [d.client_ends(), d.stops()].concat(),
            });
            over
        };
        tokio::pin!(there, back);
        // An orderly end of one direction leaves the other; a reset ends both.
        tokio::select! {
            over = &mut there => over != Passing::Finished || back.await != Passing::Finished,
            over = &mut back => over != Passing::Finished || there.await != Passing::Finished,
        }
    };
    if reset && let Ok(subject) = from_subject.reunite(to_subject) {
        let _ = subject.set_zero_linger();
    }
}

/// How passing one direction on ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passing {
    /// In order, and that was passed on.
    Finished,
    /// By a reset of the side that sends.
    Reset,
    /// The other side takes no more.
    Refused,
}

/// Passes one direction on until its end.
async fn copy(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut heard: impl FnMut(&[u8]),
) -> Passing {
    let mut chunk = vec![0; 16 << 10];
    loop {
        match from.read(&mut chunk).await {
            Ok(0) => {
                let _ = to.shutdown().await;
                return Passing::Finished;
            }
            Ok(n) => {
                // Before it is passed on: the answer to it must not be heard first.
                heard(&chunk[..n]);
                if to.write_all(&chunk[..n]).await.is_err() {
                    return Passing::Refused;
                }
            }
            Err(_) => return Passing::Reset,
        }
    }
}
