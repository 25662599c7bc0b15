//! Requests a second: the model over TCP, against a bare hyper server that answers a constant.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hyper::body::Bytes;
use hyper::service::service_fn;
use imdspec_model::{Model, ModelService, TcpHost, World};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Connections kept busy at once.
const CONNECTIONS: usize = 8;
/// Requests on each in one round.
const REQUESTS: usize = 100;

fn tcp(c: &mut Criterion) {
    // Servers on one core, the load on the other.
    let servers = runtime();
    let load = runtime();
    let model = servers.block_on(model());
    let hyper = servers.block_on(bare_hyper());
    let token = load.block_on(token(model));
    let get = format!(
        "GET /latest/meta-data/placement/region HTTP/1.1\r\nHost: imds\r\nX-aws-ec2-metadata-token: {token}\r\n\r\n"
    );
    let mut group = c.benchmark_group("requests over TCP");
    group.throughput(Throughput::Elements((CONNECTIONS * REQUESTS) as u64));
    group.measurement_time(Duration::from_secs(8));
    for (name, addr) in [("bare hyper", hyper), ("the model", model)] {
        let mut streams = load.block_on(connect(addr));
        group.bench_function(name, |b| {
            b.iter(|| load.block_on(round(&mut streams, &get)));
        });
    }
    group.finish();
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn model() -> SocketAddr {
    let host = TcpHost::bind("127.0.0.1:0").await.expect("a port");
    let addr = host.local_addr();
    let service = ModelService::new(Model::new(World::default(), 1));
    // Served until the process ends.
    std::mem::forget(host.serve(Arc::new(service)));
    addr
}

async fn bare_hyper() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("an open socket");
            tokio::spawn(async move {
                let answer = service_fn(async |_| {
                    let body = http_body_util::Full::new(Bytes::from_static(b"us-east-1"));
                    Ok::<_, Infallible>(hyper::Response::new(body))
                });
                let io = hyper_util::rt::TokioIo::new(stream);
                // A connection that breaks ends its task, and nothing else.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(io, answer)
                    .await;
            });
        }
    });
    addr
}

async fn token(addr: SocketAddr) -> String {
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    let put = "PUT /latest/api/token HTTP/1.1\r\nHost: imds\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\nConnection: close\r\n\r\n";
    stream.write_all(put.as_bytes()).await.expect("written");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("read");
    let (_, body) = reply.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}

async fn connect(addr: SocketAddr) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(addr).await.expect("a connection");
        stream.set_nodelay(true).expect("an open socket");
        streams.push(stream);
    }
    streams
}

/// One round: every connection sends its requests one after the other.
async fn round(streams: &mut Vec<TcpStream>, get: &str) {
    let mut tasks = tokio::task::JoinSet::new();
    for mut stream in streams.drain(..) {
        let get = get.to_owned();
        tasks.spawn(async move {
            let mut buffer = [0; 4096];
            for _ in 0..REQUESTS {
                stream.write_all(get.as_bytes()).await.expect("written");
                let mut have = 0;
                // Both answers end with the region and nothing after it.
                while !buffer[..have].ends_with(b"us-east-1") {
                    let n = stream.read(&mut buffer[have..]).await.expect("read");
                    assert_ne!(n, 0, "the server closed");
                    have += n;
                }
                assert!(buffer.starts_with(b"HTTP/1.1 200"));
            }
            stream
        });
    }
    while let Some(stream) = tasks.join_next().await {
        streams.push(stream.expect("no panic"));
    }
}

criterion_group!(benches, tcp);
criterion_main!(benches);
