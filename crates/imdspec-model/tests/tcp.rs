//! The TCP host over the loopback. Nothing here sleeps: a test waits for the host to say that
//! something happened, or for bytes.

#![expect(
    clippy::unwrap_used,
    reason = "a test states what it takes for granted by unwrapping it, in its helpers too"
)]

mod plain;

use imdspec_model::{
    Change, ENDLESS_BYTES, Fault, Framing, HostGuard, Instead, Mode, Model, ModelService, Reply,
    Service, Span, TcpHost, World,
};
use imdspec_wire::{
    Limits, Mono, Now, Received, Request, Response, ResponseReader, TOKEN_HEADER, TTL_HEADER, Wall,
    paths,
};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(0),
};

#[derive(Debug, PartialEq)]
enum Happened {
    Connected(u32),
    Request(u32, String),
    Malformed(u32, Vec<u8>),
    Sent(u32, u64, bool),
    Pauses(u32, Duration),
    Hangs(u32),
}
use Happened::{Connected, Hangs, Malformed, Pauses, Sent};

/// Answers at `T0` for ever, tells what happens, and lets only so many pauses end.
struct Told {
    model: Mutex<(Model, u32, u32)>,
    tell: mpsc::UnboundedSender<Happened>,
    pauses: Semaphore,
}

impl Told {
    fn tell(&self, what: Happened) {
        self.tell.send(what).unwrap();
    }
}

impl Service for Told {
    fn connected(&self) -> u32 {
        let mut counts = self.model.lock().unwrap();
        counts.1 += 1;
        self.tell(Connected(counts.1));
        counts.1
    }

    fn request(&self, conn: u32, request: Request) -> (u32, Reply) {
        let mut model = self.model.lock().unwrap();
        model.2 += 1;
        let reply = model.0.handle(T0, &request);
        self.tell(Happened::Request(conn, request.target));
        (model.2, reply)
    }

    fn malformed(&self, conn: u32, bytes: &[u8]) {
        self.tell(Malformed(conn, bytes.to_vec()));
    }

    fn sent(&self, request: u32, body_bytes: u64, gave_up: bool) {
        self.tell(Sent(request, body_bytes, gave_up));
    }

    async fn pause(&self, request: u32, span: Duration) {
        self.tell(Pauses(request, span));
        self.pauses.acquire().await.unwrap().forget();
    }

    fn hangs(&self, request: u32) {
        self.tell(Hangs(request));
    }
}

struct Hosted {
    addr: SocketAddr,
    guard: HostGuard,
    events: mpsc::UnboundedReceiver<Happened>,
    service: Arc<Told>,
}

/// Hosts a model that needs no tokens, with these faults.
async fn hosted(faults: Vec<Fault>, pauses: usize) -> Hosted {
    let world = World {
        mode: Mode::V2Optional,
        faults,
        ..World::default()
    };
    let (tell, events) = mpsc::unbounded_channel();
    let service = Arc::new(Told {
        model: Mutex::new((Model::new(world, 1), 0, 0)),
        tell,
        pauses: Semaphore::new(pauses),
    });
    let host = TcpHost::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    Hosted {
        addr: host.local_addr(),
        guard: host.serve(Arc::clone(&service)),
        events,
        service,
    }
}

impl Hosted {
    async fn next(&mut self) -> Happened {
        self.events.recv().await.unwrap()
    }

    /// Skips what happened before `until` does.
    async fn wait_for(&mut self, until: Happened) {
        while self.next().await != until {}
    }

    async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// Reads one response; what came behind it is given back too.
async fn read(stream: &mut TcpStream) -> Response {
    read_to("GET", stream).await
}

async fn read_to(method: &str, stream: &mut TcpStream) -> Response {
    let limits = Limits {
        head: 1 << 20,
        body: 1 << 20,
    };
    let mut reader = ResponseReader::new(method, limits);
    // A byte at a time, so that nothing of a response behind this one is taken.
    loop {
        match stream.read_u8().await {
            Ok(byte) => {
                if let Received::Done(response) = reader.feed(&[byte]).unwrap() {
                    return response;
                }
            }
            Err(_) => return reader.end().unwrap(),
        }
    }
}

/// Everything until the end of the connection.
async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    bytes
}

fn on_everything(change: impl FnOnce(&mut Fault)) -> Vec<Fault> {
    let mut fault = Fault {
        body: Some("0123456789".into()),
        ..Fault::default()
    };
    change(&mut fault);
    vec![fault]
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let mut hosted = hosted(Vec::new(), 0).await;
    let mut stream = hosted.connect().await;
    for path in [paths::ROLES, "/nowhere", paths::REGION] {
        stream.write_all(&get(path)).await.unwrap();
        let status = read(&mut stream).await.status;
        assert_eq!(status, if path == "/nowhere" { 404 } else { 200 });
    }
    assert_eq!(hosted.next().await, Connected(1));
    for path in [paths::ROLES, "/nowhere", paths::REGION] {
        assert_eq!(hosted.next().await, Happened::Request(1, path.into()));
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let hosted = hosted(Vec::new(), 0).await;
    let mut stream = hosted.connect().await;
    let put = format!(
        "PUT {} HTTP/1.1\r\n{TTL_HEADER}: 60\r\nContent-Length: 6\r\n\r\nGET / ",
        paths::TOKEN
    );
    let requests = [get(paths::ROLES), put.into_bytes(), get(paths::REGION)].concat();
    stream.write_all(&requests).await.unwrap();
    assert_eq!(read(&mut stream).await.body.text(), "imdspec-role");
    assert!(read(&mut stream).await.headers.has(TTL_HEADER));
    assert_eq!(read(&mut stream).await.body.text(), "us-east-1");
}

#[tokio::test]
async fn a_head_request_leaves_the_connection_in_step() {
    let hosted = hosted(Vec::new(), 0).await;
    let mut stream = hosted.connect().await;
    let head = format!("HEAD {} HTTP/1.1\r\n\r\n", paths::ROLES);
    stream
        .write_all(&[head.into_bytes(), get(paths::REGION)].concat())
        .await
        .unwrap();
    let headed = read_to("HEAD", &mut stream).await;
    assert_eq!(headed.headers.get("content-length"), Some("12"));
    assert_eq!(read(&mut stream).await.body.text(), "us-east-1");
}

#[tokio::test]
async fn a_request_may_be_split_anywhere() {
    let hosted = hosted(Vec::new(), 0).await;
    let mut stream = hosted.connect().await;
    let request = format!(
        "PUT {} HTTP/1.1\r\n{TTL_HEADER}: 60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        paths::TOKEN
    );
    for split in 0..=request.len() {
        let (first, second) = request.as_bytes().split_at(split);
        stream.write_all(first).await.unwrap();
        tokio::task::yield_now().await;
        stream.write_all(second).await.unwrap();
        assert_eq!(read(&mut stream).await.body.len(), 56, "{split}");
    }
}

#[tokio::test]
async fn a_chunked_reply_arrives_whole_and_the_connection_lives_on() {
    let hosted = hosted(on_everything(|f| f.framing = Some(Framing::Chunked)), 0).await;
    let mut stream = hosted.connect().await;
    for _ in 0..2 {
        stream.write_all(&get("/")).await.unwrap();
        let reply = read(&mut stream).await;
        assert_eq!(reply.headers.get("transfer-encoding"), Some("chunked"));
        assert_eq!(reply.body.text(), "0123456789");
    }
}

#[tokio::test]
async fn a_short_reply_ends_with_the_connection() {
    let hosted = hosted(on_everything(|f| f.cut = Some(4)), 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    let bytes = read_all(&mut stream).await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.contains("Content-Length: 10\r\n") && text.ends_with("\r\n\r\n0123"),
        "{text}"
    );
}

#[tokio::test]
async fn closing_and_garbage_end_the_connection_in_order() {
    for (instead, expected) in [
        (Instead::Close, &b""[..]),
        (Instead::Garbage, b"\x15\x03\x01"),
    ] {
        let hosted = hosted(on_everything(|f| f.instead = Some(instead)), 0).await;
        let mut stream = hosted.connect().await;
        // More than the host has read by then: it must not turn the end into a reset.
        stream.write_all(&get("/").repeat(1000)).await.unwrap();
        let bytes = read_all(&mut stream).await;
        assert!(bytes.starts_with(expected) && bytes.is_empty() == expected.is_empty());
    }
}

#[tokio::test]
async fn a_reset_is_one() {
    let hosted = hosted(on_everything(|f| f.instead = Some(Instead::Reset)), 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn silence_is_no_byte_until_the_client_goes() {
    let mut hosted = hosted(on_everything(|f| f.instead = Some(Instead::Silence)), 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    hosted.wait_for(Hangs(1)).await;
    let nothing = stream.try_read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    stream.shutdown().await.unwrap();
    // The host saw the client's end and closed its own; no byte was ever sent.
    assert_eq!(read_all(&mut stream).await, b"");
}

#[tokio::test]
async fn a_length_too_long_leaves_the_client_waiting() {
    let mut hosted = hosted(on_everything(|f| f.content_length = Some(11)), 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    hosted.wait_for(Hangs(1)).await;
    stream.shutdown().await.unwrap();
    assert!(read_all(&mut stream).await.ends_with(b"0123456789"));
}

#[tokio::test]
async fn a_delay_passes_on_the_services_clock_and_pipelined_requests_wait() {
    let mut hosted = hosted(
        on_everything(|f| {
            f.delay = Some(Span::seconds(3600));
            f.nth = "1".to_owned().try_into().unwrap();
        }),
        0,
    )
    .await;
    let mut stream = hosted.connect().await;
    stream
        .write_all(&[get("/"), get(paths::REGION)].concat())
        .await
        .unwrap();
    hosted.wait_for(Pauses(1, Duration::from_secs(3600))).await;
    hosted.service.pauses.add_permits(1);
    assert_eq!(read(&mut stream).await.body.text(), "0123456789");
    assert_eq!(read(&mut stream).await.body.text(), "us-east-1");
}

#[tokio::test]
async fn a_drip_is_given_up_by_the_client() {
    let every = Span::seconds(10);
    let mut hosted = hosted(on_everything(|f| f.drip = Some(every)), 2).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    for _ in 0..3 {
        hosted.wait_for(Pauses(1, every.duration())).await;
    }
    drop(stream);
    assert_eq!(hosted.next().await, Sent(1, 3, true));
}

#[tokio::test]
async fn a_drip_somebody_waits_for_is_whole() {
    let every = Span::seconds(10);
    let mut hosted = hosted(on_everything(|f| f.drip = Some(every)), 9).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    assert_eq!(read(&mut stream).await.body.text(), "0123456789");
    hosted.wait_for(Sent(1, 10, false)).await;
}

#[tokio::test]
async fn a_client_that_leaves_before_a_drip_begins_has_got_nothing() {
    let faults = on_everything(|f| {
        f.delay = Some(Span::seconds(1));
        f.drip = Some(Span::seconds(1));
    });
    let mut hosted = hosted(faults, 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    hosted.wait_for(Pauses(1, Duration::from_secs(1))).await;
    drop(stream);
    assert_eq!(hosted.next().await, Sent(1, 0, true));
}

#[tokio::test]
async fn an_endless_body_goes_on_until_the_client_leaves() {
    let mut hosted = hosted(on_everything(|f| f.endless = true), 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    let mut first = vec![0; 300_000];
    stream.read_exact(&mut first).await.unwrap();
    assert!(first.ends_with(&first[first.len() - 10..].repeat(20_000)));
    drop(stream);
    hosted.wait_for(Connected(1)).await;
    hosted.wait_for(Happened::Request(1, "/".into())).await;
    let Sent(1, bytes, true) = hosted.next().await else {
        panic!("not given up")
    };
    assert!((290_000..ENDLESS_BYTES).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn an_endless_body_that_is_cut_is_sent_to_the_byte() {
    let faults = on_everything(|f| {
        f.endless = true;
        f.cut = Some(1_000_003);
    });
    let mut hosted = hosted(faults, 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(&get("/")).await.unwrap();
    let bytes = read_all(&mut stream).await;
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(bytes.len() - head, 1_000_003);
    let cycled = b"0123456789".iter().cycle();
    assert!(bytes[head..].iter().eq(cycled.take(1_000_003)));
    hosted.wait_for(Sent(1, 1_000_003, false)).await;
}

#[tokio::test]
async fn nonsense_is_told_answered_and_ends_the_connection() {
    let long = [b"GET / HTTP/1.1\r\nA: ", &[b'a'; 70_000][..]].concat();
    for nonsense in [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n".to_vec(),
        // A client that begins TLS waits for an answer and sends no empty line.
        b"\x16\x03\x01\x02\x00\x01\xfc".to_vec(),
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        long,
    ] {
        let mut hosted = hosted(Vec::new(), 0).await;
        let mut stream = hosted.connect().await;
        stream.write_all(&nonsense).await.unwrap();
        let reply = String::from_utf8(read_all(&mut stream).await).unwrap();
        assert!(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{reply}");
        assert_eq!(hosted.next().await, Connected(1));
        let Malformed(1, bytes) = hosted.next().await else {
            panic!("not told")
        };
        assert!(nonsense.starts_with(&bytes) && !bytes.is_empty());
    }
}

#[tokio::test]
async fn half_a_request_is_told_when_the_client_leaves() {
    let mut hosted = hosted(Vec::new(), 0).await;
    let mut stream = hosted.connect().await;
    stream.write_all(b"GET / HT").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(read_all(&mut stream).await, b"");
    hosted.wait_for(Malformed(1, b"GET / HT".to_vec())).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_ends_its_request_is_closed_on() {
    let mut hosted = hosted(Vec::new(), 0).await;
    let mut slow = hosted.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    // Time passes by itself when nothing else happens: this returns after 60 s of it.
    assert_eq!(read_all(&mut slow).await, b"");
    hosted
        .wait_for(Malformed(1, b"GET / HTTP/1.1\r\n".to_vec()))
        .await;
    let mut idle = hosted.connect().await;
    assert_eq!(read_all(&mut idle).await, b"");
}

#[tokio::test]
async fn a_client_that_asks_to_close_is_closed_on_after_its_reply() {
    let hosted = hosted(Vec::new(), 0).await;
    for request in [
        format!(
            "GET {} HTTP/1.1\r\nConnection: close\r\n\r\n",
            paths::REGION
        ),
        format!("GET {} HTTP/1.0\r\n\r\n", paths::REGION),
    ] {
        let mut stream = hosted.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let text = String::from_utf8(read_all(&mut stream).await).unwrap();
        assert!(
            text.ends_with("Connection: close\r\n\r\nus-east-1"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn nothing_outlives_the_guard() {
    for stopped in [false, true] {
        let mut hosted = hosted(on_everything(|f| f.instead = Some(Instead::Silence)), 0).await;
        let (mut silent, mut idle) = (hosted.connect().await, hosted.connect().await);
        silent.write_all(&get("/")).await.unwrap();
        hosted.wait_for(Hangs(1)).await;
        if stopped {
            hosted.guard.stop().await;
            // Every task has let go of the service by the time `stop` returns.
            assert_eq!(Arc::strong_count(&hosted.service), 1);
        } else {
            drop(hosted.guard);
        }
        for stream in [&mut silent, &mut idle] {
            // An end or a reset, depending on what was still unread.
            assert!(!matches!(stream.read(&mut [0]).await, Ok(1..)));
        }
        assert!(TcpStream::connect(hosted.addr).await.is_err());
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let first = TcpHost::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let second = TcpHost::bind(first.local_addr()).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::AddrInUse);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_at_once_get_tokens_of_their_own() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let service = ModelService::new(Model::new(World::default(), 3)).with_hook(
        move |conn, request, reply| {
            let line = (conn, request.method.clone(), reply.status);
            log.lock().unwrap().push(line);
        },
    );
    let service = Arc::new(service);
    let host = TcpHost::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", host.local_addr());
    let _guard = host.serve(Arc::clone(&service));
    let client = plain::client();
    let get = async |client: reqwest::Client, url: String, token: String| {
        let url = format!("{url}{}", paths::ROLES);
        let reply = client
            .get(url)
            .header(TOKEN_HEADER, token)
            .send()
            .await
            .unwrap();
        reply.status().as_u16()
    };
    let clients = (0..64).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move {
            let put = client
                .put(format!("{url}{}", paths::TOKEN))
                .header(TTL_HEADER, "60");
            let token = put.send().await.unwrap().text().await.unwrap();
            (get(client, url, token.clone()).await, token)
        })
    });
    let mut tokens = BTreeSet::new();
    for done in clients.collect::<Vec<_>>() {
        let (status, token) = done.await.unwrap();
        assert_eq!(status, 200);
        tokens.insert(token);
    }
    assert_eq!(tokens.len(), 64);
    assert_eq!(seen.lock().unwrap().len(), 128);
    service.change(Change::RevokeTokens);
    let token = tokens.pop_first().unwrap();
    assert_eq!(get(client, url, token).await, 401);
}
