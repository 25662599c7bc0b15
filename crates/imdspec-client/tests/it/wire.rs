//! The transport over raw sockets: the bytes that go out, and what it makes of those that come.

use imdspec_client::{Authority, Lost, ReqwestTransport, Send, Transport};
use imdspec_wire::{Limits, Request, Response, Version};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

const LIMITS: Limits = Limits {
    head: 64 << 10,
    body: 100,
};

/// Answers one connection with `reply`, closes it, and gives back what was received.
fn serve(bind: &str, reply: Vec<u8>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind(bind).unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).unwrap() == 0 {
                break;
            }
            request.push(byte[0]);
        }
        // The client may hang up first, when it has seen enough.
        let _ = stream.write_all(&reply);
        String::from_utf8(request).unwrap()
    });
    (address, served)
}

fn send_to(address: SocketAddr, request: Request) -> Send {
    Send {
        authority: address.to_string().parse::<Authority>().unwrap(),
        tls: false,
        request,
        limits: LIMITS,
    }
}

fn put() -> Request {
    Request::new("PUT", "/latest/api/token")
        .with("host", "example")
        .with("user-agent", "imdspec/0")
        .with("accept", "*/*")
        .with("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        .with("content-length", "0")
}

/// What the transport makes of a reply.
async fn reply(bytes: impl Into<Vec<u8>>) -> Result<Response, Lost> {
    let (address, served) = serve("127.0.0.1:0", bytes.into());
    let result = ReqwestTransport::default()
        .send(send_to(address, put()))
        .await;
    served.join().unwrap();
    result
}

#[tokio::test]
async fn a_request_goes_out_exactly_as_it_stands() {
    for (bind, request) in [
        ("127.0.0.1:0", put()),
        (
            "[::1]:0",
            Request::new("GET", "/base//a+b=c,d.e@f_g-h?x=/?%2F")
                .with("host", "[fd00:ec2::254]")
                .with("user-agent", "imdspec/0")
                .with("accept", "application/json")
                .with("x-aws-ec2-metadata-token", "T=="),
        ),
    ] {
        if TcpListener::bind(bind).is_err() {
            // A machine without IPv6.
            continue;
        }
        let (address, served) = serve(bind, b"HTTP/1.1 204 No Content\r\n\r\n".to_vec());
        let transport = ReqwestTransport::default();
        let reply = transport
            .send(send_to(address, request.clone()))
            .await
            .unwrap();
        assert_eq!(reply.status, 204);
        let mut expected = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
        for (name, value) in &request.headers.0 {
            expected += &format!("{name}: {value}\r\n");
        }
        assert_eq!(served.join().unwrap(), expected + "\r\n");
    }
}

#[tokio::test]
async fn what_a_url_library_would_change_is_not_sent() {
    for target in ["/a/../b", "/a b", "/a#b", "//evil\\", "a", "/%2e%2e/"] {
        let request = Request::new("GET", target).with("host", "h");
        let send = send_to(SocketAddr::from(([127, 0, 0, 1], 1)), request);
        let result = ReqwestTransport::default().send(send).await;
        assert_eq!(result, Err(Lost::Unsendable), "{target}");
    }
    for host in ["u@127.0.0.1", "127.1", "h/", ""] {
        let mut send = send_to(SocketAddr::from(([127, 0, 0, 1], 1)), put());
        send.authority.host = host.to_owned();
        let result = ReqwestTransport::default().send(send).await;
        assert_eq!(result, Err(Lost::Unsendable), "{host}");
    }
}

#[tokio::test]
async fn every_framing_of_a_reply_is_read() {
    for (bytes, version) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-A: b\r\n\r\nbody",
            Version::Http11,
        ),
        (
            "HTTP/1.0 200 OK\r\nConnection: close\r\nX-A: b\r\n\r\nbody",
            Version::Http10,
        ),
        ("HTTP/1.1 200\r\nX-A: b\r\n\r\nbody", Version::Http11),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n\
             2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
            Version::Http11,
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-A: b\r\n\r\nbody",
            Version::Http11,
        ),
    ] {
        let reply = reply(bytes).await.unwrap();
        assert_eq!((reply.status, reply.version), (200, version), "{bytes}");
        assert_eq!(reply.body.text(), "body", "{bytes}");
        assert_eq!(reply.headers.get("x-a"), Some("b"), "{bytes}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let location = collector.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let bytes = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: http://{location}/\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(reply(bytes).await.unwrap().status, status);
    }
    collector.set_nonblocking(true).unwrap();
    assert!(collector.accept().is_err(), "somebody followed");
}

#[tokio::test]
async fn a_compressed_body_is_left_as_it_is() {
    let bytes =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08";
    assert_eq!(&*reply(*bytes).await.unwrap().body, b"\x1f\x8b\x08");
}

#[tokio::test]
async fn replies_that_break_off_are_lost() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbody",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        assert_eq!(reply(bytes).await, Err(Lost::Closed), "{bytes}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_lost() {
    for bytes in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbody",
    ] {
        assert_eq!(reply(bytes).await, Err(Lost::NotHttp), "{bytes}");
    }
}

#[tokio::test]
async fn replies_larger_than_the_limits_are_lost() {
    let body = "x".repeat(101);
    let flood = "X-Flood: x\r\n".repeat(10_000);
    let wide = format!("X-Wide: {}\r\n", "x".repeat(65 << 10));
    for bytes in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n{body}\r\n0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{flood}\r\n"),
        format!("HTTP/1.1 200 OK\r\n{wide}\r\n"),
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n".to_owned(),
    ] {
        assert_eq!(reply(bytes).await, Err(Lost::TooLarge));
    }
    let whole = format!("HTTP/1.1 200 OK\r\n\r\n{}", &body[1..]);
    assert_eq!(reply(whole).await.unwrap().body.len(), 100);
}

/// A page of an error may be long, and its status is what counts.
#[tokio::test]
async fn a_long_page_does_not_hide_the_status() {
    let body = "x".repeat(101);
    for bytes in [
        format!("HTTP/1.1 403 Forbidden\r\nContent-Length: 101\r\n\r\n{body}"),
        format!("HTTP/1.1 403 Forbidden\r\n\r\n{body}"),
        format!("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n{body}\r\n0\r\n\r\n"),
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 99999999999999\r\n\r\n".to_owned(),
    ] {
        let reply = reply(bytes).await.unwrap();
        assert_eq!((reply.status, reply.body.len()), (403, 0));
    }
    let short = format!("HTTP/1.1 403 Forbidden\r\n\r\n{}", &body[1..]);
    assert_eq!(reply(short).await.unwrap().body.len(), 100);
}

#[tokio::test]
async fn over_tls_nothing_is_said_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 3];
        stream.read_exact(&mut hello).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        hello
    });
    let transport = ReqwestTransport::default();
    let mut send = send_to(address, put());
    send.tls = true;
    // Not a peer that speaks TLS, and so none at all.
    assert!(transport.send(send.clone()).await.is_err());
    // A handshake, of TLS 1.
    assert_eq!(served.join().unwrap()[..2], [0x16, 3]);
    // Nobody is there any more.
    assert_eq!(transport.send(send).await, Err(Lost::Refused));
}
