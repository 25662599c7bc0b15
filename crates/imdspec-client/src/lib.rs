//! A client of the EC2 Instance Metadata Service (IMDS), done right, for readers.
//!
//! It gets an instance's AWS credentials by IMDSv2 and keeps them fresh: session token, role,
//! document, retries, cache, static stability. Before it asks the service it looks where AWS
//! clients look: keys in the environment and in the active profile, roles of STS, web identity,
//! IAM Identity Center, a credential process, the container endpoint. In which order is up to
//! [`Options::order`].
//!
//! [`Provider`] is the client proper, a machine without clock or socket; [`Driver`] runs it over
//! reqwest and tokio. In scope: credentials. Out of scope: the rest of the metadata, and of the
//! sources of credentials the console login and what only one language has (arguments in code,
//! JVM properties, boto2's file): these are never set up here.
//!
//! Where to read on: the machine ([`Provider`]) and its phases in `machine/fetch.rs`, which source
//! is asked in `machine/chain.rs` and `machine/choose.rs`, the conversation with the instance
//! metadata service in `machine/imds.rs` (with the others in `container.rs`, `sts.rs`, `sso.rs`
//! beside it), the session token in `machine/token.rs`, when to refresh in `machine/cache.rs`, what
//! is configured how in `settings/mod.rs`.
//!
//! The whole conversation, by hand:
//!
//! ```
//! use imdspec_client::{Action, Environment, Options, Provider};
//! use imdspec_wire::{Headers, Mono, Now, Response, Version, Wall};
//!
//! let now = Now { wall: Wall(1_767_225_600_000), mono: Mono(0) };
//! let reply = |header: (&'static str, &str), body: &str| Response {
//!     version: Version::Http11,
//!     status: 200,
//!     reason: "OK".into(),
//!     headers: Headers::from_iter([header]),
//!     body: body.into(),
//! };
//! let mut provider = Provider::new(&Environment::default(), &Options::default(), 0);
//! provider.start(now);
//!
//! let Action::Send(put) = provider.poll(now) else { panic!() };
//! assert_eq!(put.authority.to_string(), "169.254.169.254:80");
//! assert_eq!((&*put.request.method, &*put.request.target), ("PUT", "/latest/api/token"));
//! let ttl = ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600");
//! provider.receive(now, Ok(reply(ttl, "AQAEAExample==")));
//!
//! let Action::Send(list) = provider.poll(now) else { panic!() };
//! assert_eq!(list.request.target, "/latest/meta-data/iam/security-credentials/");
//! assert_eq!(list.request.headers.get("x-aws-ec2-metadata-token"), Some("AQAEAExample=="));
//! provider.receive(now, Ok(reply(("Content-Type", "text/plain"), "my-role")));
//!
//! let Action::Send(document) = provider.poll(now) else { panic!() };
//! assert_eq!(document.request.target, "/latest/meta-data/iam/security-credentials/my-role");
//! provider.receive(now, Ok(reply(("Content-Type", "text/plain"), r#"{"Code": "Success",
//!     "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "secret", "Token": "token",
//!     "Expiration": "2026-01-01T06:00:00Z"}"#)));
//!
//! let Action::Done(Ok(credentials)) = provider.poll(now) else { panic!() };
//! assert_eq!(credentials.access_key_id, "ASIAEXAMPLE");
//! ```

mod credentials;
mod driver;
mod environment;
mod error;
mod exchange;
mod machine;
mod options;
#[doc(hidden)]
pub mod properties;
mod settings;

pub use credentials::ResolvedCredentials;
pub use driver::{Clock, Driver, ReqwestTransport, SystemClock, Transport};
pub use environment::Environment;
pub use error::{ErrorKind, ProviderError};
pub use exchange::{Authority, Lost, NotAnAuthority, Ran, Send, Unread};
pub use imdspec_wire::{Order, Source};
pub use machine::{Action, Provider};
pub use options::Options;

/// What every request says of its sender.
const USER_AGENT: &str = concat!("imdspec/", env!("CARGO_PKG_VERSION"));
/// How much of a file is read in a resolve, in bytes: of the token of a container or of a web
/// identity, and of that of IAM Identity Center.
pub const MOST_READ: usize = 64 << 10;
/// How much of what a credential process prints is read, in bytes.
pub const MOST_OUTPUT: usize = 64 << 10;
/// How much of a reply's head is read, in bytes.
const HEAD_LIMIT: usize = 64 << 10;
