//! The driver: over sockets, and with many callers.

use crate::play::{self, DOCUMENT, LIST, Line, Skipping};
use imdspec_client::{
    Clock, Driver, Environment, ErrorKind, Lost, Options, Provider, ReqwestTransport, Send,
    SystemClock, Transport,
};
use imdspec_wire::{Mono, Now, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use wiremock::matchers::{header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const FAR: &str = "2999-01-01T00:00:00Z";

fn provider(uri: &str) -> Provider {
    let environment = play::vars([("AWS_EC2_METADATA_SERVICE_ENDPOINT", uri)]);
    Provider::new(&environment, &Options::default(), 1)
}

async fn service() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/latest/api/token"))
        .and(header_exists("x-aws-ec2-metadata-token-ttl-seconds"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
                .set_body_string("TOKEN=="),
        )
        .mount(&server)
        .await;
    for (at, body) in [
        (LIST, "role".to_owned()),
        (DOCUMENT, play::document("A", FAR)),
    ] {
        Mock::given(method("GET"))
            .and(path(at))
            .and(header("x-aws-ec2-metadata-token", "TOKEN=="))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test]
async fn credentials_over_sockets_and_then_from_the_cache() {
    let server = service().await;
    let driver = Driver::new(
        provider(&server.uri()),
        SystemClock::default(),
        ReqwestTransport::default(),
    );
    for _ in 0..3 {
        assert_eq!(driver.resolve().await.unwrap().access_key_id, "A");
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 3);
    assert!(!format!("{driver:?}").contains("TOKEN=="));
}

#[tokio::test]
async fn nobody_listens() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let driver = Driver::new(
        provider(&uri),
        SystemClock::default(),
        ReqwestTransport::default(),
    );
    let error = driver.resolve().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::None, "{error}");
}

/// A service in memory that answers once `callers` have come, and counts.
struct Counting {
    callers: Arc<AtomicUsize>,
    wanted: usize,
    requests: AtomicUsize,
    /// What is answered instead of an answer.
    status: u16,
}

impl Transport for Counting {
    async fn send(&self, send: Send) -> Result<Response, Lost> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        while self.callers.load(Ordering::SeqCst) < self.wanted {
            tokio::task::yield_now().await;
        }
        let line = match send.request.target.as_str() {
            _ if self.status != 200 => play::status(self.status, ""),
            "/latest/api/token" => play::token("T1", "21600"),
            LIST => play::ok("role"),
            _ => play::ok(&play::document("A", FAR)),
        };
        match line {
            Line::Answer(response) => Ok(response),
            Line::Lost(lost) => Err(lost),
            Line::Silence => std::future::pending().await,
        }
    }
}

/// A clock that stands still: nothing in flight ever times out.
#[derive(Clone)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        play::T0
    }

    async fn sleep_until(&self, _: Mono) {
        std::future::pending().await
    }
}

/// How many requests fifty callers cost who all come before the first answer, and the outcomes.
async fn fifty_callers(status: u16) -> (usize, Vec<play::Outcome>) {
    let callers = Arc::new(AtomicUsize::new(0));
    let transport = Counting {
        callers: Arc::clone(&callers),
        wanted: 50,
        requests: AtomicUsize::new(0),
        status,
    };
    let transport = Arc::new(transport);
    let driver = Driver::new(
        Provider::new(&Environment::default(), &Options::default(), 1),
        Still,
        Shared(Arc::clone(&transport)),
    );
    let driver = Arc::new(driver);
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (driver, callers) = (Arc::clone(&driver), Arc::clone(&callers));
        tasks.spawn(async move {
            let call = driver.resolve();
            // On one thread nothing comes between this and the call's first poll.
            callers.fetch_add(1, Ordering::SeqCst);
            call.await
        });
    }
    let outcomes = tasks.join_all().await;
    (transport.requests.load(Ordering::SeqCst), outcomes)
}

struct Shared<T>(Arc<T>);

impl<T: Transport> Transport for Shared<T> {
    fn send(&self, send: Send) -> impl Future<Output = Result<Response, Lost>> + std::marker::Send {
        self.0.send(send)
    }
}

#[tokio::test]
async fn callers_share_one_fetch() {
    let (requests, outcomes) = fifty_callers(200).await;
    assert_eq!(requests, 3);
    assert!(
        outcomes
            .iter()
            .all(|o| o.as_ref().is_ok_and(|c| c.access_key_id == "A"))
    );
}

#[tokio::test]
async fn callers_share_the_error_of_one_fetch() {
    let (requests, outcomes) = fifty_callers(403).await;
    assert_eq!(requests, 1);
    assert!(outcomes.iter().all(|o| o == &outcomes[0] && o.is_err()));
}

#[tokio::test]
async fn a_caller_who_leaves_takes_nobody_along() {
    let callers = Arc::new(AtomicUsize::new(0));
    let transport = Counting {
        callers: Arc::clone(&callers),
        wanted: 1,
        requests: AtomicUsize::new(0),
        status: 200,
    };
    let driver = Driver::new(
        Provider::new(&Environment::default(), &Options::default(), 1),
        Still,
        transport,
    );
    let mut leaves = Box::pin(driver.resolve());
    let stays = Box::pin(driver.resolve());
    // The first has sent its PUT, and gets no answer before it is dropped.
    std::future::poll_fn(|cx| {
        assert!(leaves.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(leaves);
    callers.store(1, Ordering::SeqCst);
    assert!(stays.await.is_ok());
}

#[tokio::test]
async fn what_may_pass_is_tried_again_after_a_pause() {
    struct Busy(AtomicUsize);
    impl Transport for Busy {
        async fn send(&self, _: Send) -> Result<Response, Lost> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(play::response(503, ""))
        }
    }
    let transport = Arc::new(Busy(AtomicUsize::new(0)));
    let clock = Skipping::new();
    let driver = Driver::new(
        Provider::new(&Environment::default(), &Options::default(), 1),
        clock.clone(),
        Shared(Arc::clone(&transport)),
    );
    let error = driver.resolve().await.unwrap_err();
    assert!(error.message.contains("status 503"), "{error}");
    assert_eq!(transport.0.load(Ordering::SeqCst), 3);
    let took = clock.now().mono.since(play::T0.mono).as_millis();
    assert!((150..=300).contains(&took), "{took} ms");
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_dropped_and_tried_again() {
    struct Silent(Arc<AtomicUsize>, Arc<AtomicUsize>);
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    impl Transport for Silent {
        async fn send(&self, _: Send) -> Result<Response, Lost> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let _guard = Guard(Arc::clone(&self.1));
            std::future::pending().await
        }
    }
    let (sent, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clock = Skipping::new();
    let driver = Driver::new(
        Provider::new(&Environment::default(), &Options::default(), 1),
        clock.clone(),
        Silent(Arc::clone(&sent), Arc::clone(&dropped)),
    );
    let error = driver.resolve().await.unwrap_err();
    assert!(error.message.contains("timed out"), "{error}");
    assert_eq!(sent.load(Ordering::SeqCst), 3);
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
    assert!(clock.now().mono.since(play::T0.mono) < Duration::from_secs(4));
}
