//! How the driver's requests get onto the wire.

use super::{command, tls};
use crate::exchange::{Lost, Ran, Send, Unread};
use crate::{MOST_READ, environment};
use imdspec_wire::{Bytes, Headers, Response, Version};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Url, redirect, retry};
use std::error::Error;
use std::io;
use std::marker;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What acts on the world: carries requests, and unless told otherwise reads files and runs
/// commands.
pub trait Transport: marker::Send + Sync {
    /// Sends one request exactly as it stands and reads its reply, no more of it than the limits
    /// say. Takes as long as it takes: whoever has no more time drops the future.
    fn send(&self, send: Send) -> impl Future<Output = Result<Response, Lost>> + marker::Send;

    /// Reads a file of at most [`MOST_READ`] bytes.
    fn read(&self, path: String) -> impl Future<Output = Result<String, Unread>> + marker::Send {
        // At once, without a thread of its own: it is small, and a regular file.
        async move { environment::read(Path::new(&path), MOST_READ) }
    }

    /// Runs a command line by `sh -c` and reads what it prints, no more of it than
    /// [`MOST_OUTPUT`](crate::MOST_OUTPUT) and one byte. It gets no input, and what it says on
    /// stderr goes where ours does. Takes as long as it takes: when the future is dropped, the
    /// command and all that it started is killed.
    fn run(&self, line: String) -> impl Future<Output = Ran> + marker::Send {
        command::run(line)
    }
}

/// HTTP/1.1 over reqwest, plain or over TLS, and nothing that reqwest could do besides: no proxy whatever the
/// environment says, no redirect followed, no request repeated, no cookie, no decompression, no
/// timeout of its own.
///
/// Every request has a connection of its own. There are three of them an hour or so, and one that
/// lay idle that long may be dead without anybody knowing.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    /// None if it could not be built, which is then said of every request.
    client: Option<Client>,
    /// The same over TLS, built when it is first needed: reading the certificates that are trusted
    /// takes longer than a whole conversation without.
    over_tls: Arc<OnceLock<Option<Client>>>,
}

impl Default for ReqwestTransport {
    fn default() -> Self {
        Self {
            client: client(tls::trusting_nobody()),
            over_tls: Arc::default(),
        }
    }
}

fn client(tls: Option<rustls::ClientConfig>) -> Option<Client> {
    // Port 0 stands for the one in the URL.
    let loopback = [
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
    ];
    Client::builder()
        .tls_backend_preconfigured(tls?)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .http1_only()
        .pool_max_idle_per_host(0)
        // What may be asked over plain http because it is this host must be this host.
        .resolve_to_addrs("localhost", &loopback)
        .build()
        .ok()
}

impl Transport for ReqwestTransport {
    async fn send(&self, send: Send) -> Result<Response, Lost> {
        let client = if send.tls {
            self.over_tls
                .get_or_init(|| client(tls::trusting_the_system()))
        } else {
            &self.client
        };
        let client = client.as_ref().ok_or(Lost::Unsendable)?;
        let request = as_it_stands(&send).ok_or(Lost::Unsendable)?;
        let mut reply = client.execute(request).await.map_err(|e| lost(&e))?;
        let headers = headers(reply.headers());
        let head: usize = headers.0.iter().map(|(n, v)| n.len() + v.len() + 4).sum();
        let announced = reply.content_length().unwrap_or(0);
        if head > send.limits.head {
            return Err(Lost::TooLarge);
        }
        let mut body = Vec::new();
        let mut is_over = announced > send.limits.body as u64;
        while !is_over && let Some(chunk) = reply.chunk().await.map_err(|e| lost(&e))? {
            is_over = body.len() + chunk.len() > send.limits.body;
            body.extend_from_slice(&chunk);
        }
        if is_over && reply.status().is_success() {
            return Err(Lost::TooLarge);
        }
        if is_over {
            body.clear();
        }
        Ok(Response {
            version: match reply.version() {
                reqwest::Version::HTTP_10 => Version::Http10,
                _ => Version::Http11,
            },
            status: reply.status().as_u16(),
            reason: String::new(),
            headers,
            body: Bytes(body),
        })
    }
}

/// The request for reqwest; none if that would change it. A URL library may tidy up what it is
/// given, and a target tidied up is another target.
fn as_it_stands(send: &Send) -> Option<Request> {
    let target = &send.request.target;
    let scheme = if send.tls { "https" } else { "http" };
    let url = Url::parse(&format!("{scheme}://{}{target}", send.authority)).ok()?;
    let tidied = match url.query() {
        None => url.path().to_owned(),
        Some(query) => format!("{}?{query}", url.path()),
    };
    if tidied != *target || url.host_str() != Some(&send.authority.host) {
        return None;
    }
    let method = Method::from_bytes(send.request.method.as_bytes()).ok()?;
    let mut request = Request::new(method, url);
    for (name, value) in &send.request.headers.0 {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        request.headers_mut().append(name, value);
    }
    if !send.request.body.is_empty() {
        *request.body_mut() = Some(send.request.body.0.clone().into());
    }
    Some(request)
}

fn headers(map: &HeaderMap) -> Headers {
    map.iter()
        .map(|(name, value)| {
            let latin1: String = value.as_bytes().iter().map(|&b| char::from(b)).collect();
            (name.as_str().to_owned(), latin1)
        })
        .collect()
}

/// What an error of reqwest comes down to: the first of its causes that says so.
fn lost(error: &reqwest::Error) -> Lost {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let known = match (error.downcast_ref::<hyper::Error>(), error.downcast_ref()) {
            (Some(http), _) => of_http(http),
            (_, Some(io)) => of_io(io),
            _ => None,
        };
        if let Some(lost) = known {
            return lost;
        }
        cause = error.source();
    }
    match error {
        error if error.is_connect() => Lost::Unreachable,
        error if error.is_builder() => Lost::Unsendable,
        _ => Lost::Closed,
    }
}

fn of_http(error: &hyper::Error) -> Option<Lost> {
    if error.is_parse_too_large() {
        Some(Lost::TooLarge)
    } else if error.is_parse() {
        Some(Lost::NotHttp)
    } else if error.is_incomplete_message() {
        Some(Lost::Closed)
    } else {
        None
    }
}

fn of_io(error: &io::Error) -> Option<Lost> {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => Some(Lost::Refused),
        Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::NetworkDown
        | Kind::AddrNotAvailable
        | Kind::PermissionDenied => Some(Lost::Unreachable),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Some(Lost::Reset),
        Kind::UnexpectedEof => Some(Lost::Closed),
        Kind::TimedOut => Some(Lost::TimedOut),
        // How hyper says that a chunk is malformed.
        Kind::InvalidData | Kind::InvalidInput => Some(Lost::NotHttp),
        _ => None,
    }
}
