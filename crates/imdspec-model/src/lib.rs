//! The EC2 Instance Metadata Service (IMDS) as a value.
//!
//! [`Model`] answers requests as the service does: session tokens, the tree with the role list and
//! the credential document, credentials that rotate, refusals. Time is an argument and randomness
//! comes from a seed, so the same questions at the same times get the same bytes. A [`World`] says
//! what instance it is on and which [`Fault`]s are in force; a [`Reply`] is what goes on the wire
//! and when, including the replies no proper server would send.
//!
//! ```
//! use imdspec_model::{Model, World};
//! use imdspec_wire::{CredentialDocument, Mono, Now, Request, RoleList, Wall, paths};
//!
//! let mut model = Model::new(World::default(), 1);
//! let now = Now { wall: Wall(1_767_225_600_000), mono: Mono(0) };
//!
//! let ask = Request::new("PUT", paths::TOKEN).with("X-aws-ec2-metadata-token-ttl-seconds", "60");
//! let token = model.handle(now, &ask).body.text().into_owned();
//! let mut get = |path: &str| {
//!     model.handle(now, &Request::new("GET", path).with("X-aws-ec2-metadata-token", &token)).body
//! };
//!
//! let roles = RoleList::parse(&get(paths::ROLES))?;
//! let document = get(&format!("{}{}", paths::ROLES, roles.first()));
//! let credentials = CredentialDocument::parse(&document)?.credentials()?;
//! assert!(credentials.access_key_id.starts_with("ASIA"));
//! # Ok::<(), imdspec_wire::WireError>(())
//! ```
//!
//! In scope: what a client that wants credentials, a region or an instance's identity can ask.
//! Out of scope: everything else an instance knows of itself (networks, tags, user data, events);
//! the hop limit, which is below HTTP (a reply that never arrives is [`Instead::Silence`]);
//! throttling, except as a fault. It is no security boundary: its secrets follow from its seed.
//!
//! | question | answer |
//! |---|---|
//! | in memory, with a clock of one's own | [`Model`] |
//! | over TCP, byte for byte, faults included (feature `tcp`) | `TcpHost` with a `ModelService` |
//! | in a test that has a wiremock server (feature `wiremock`) | `WiremockImds` |

mod answer;
#[cfg(any(feature = "tcp", feature = "wiremock"))]
mod clock;
mod credentials;
mod fault;
mod fault_error;
mod gzip;
mod mint;
mod model;
mod page;
mod pieces;
pub mod properties;
mod reply;
mod services;
mod span;
#[cfg(feature = "tcp")]
mod tcp;
mod template;
mod tokens;
mod tree;
#[cfg(feature = "wiremock")]
mod wiremock;
mod world;

pub use fault_error::FaultError;
pub use mint::{Secret, SecretKind};
pub use model::Model;
pub use pieces::End;
pub use reply::{ENDLESS_BYTES, Piece, Reply};
pub use services::{Failing, Giver, Grants, RoleGrant, Services, Shown, SourceKeys, SsoGrant};
pub use span::Span;
#[cfg(feature = "tcp")]
pub use tcp::{HostGuard, ModelService, Service, TcpHost};
#[cfg(feature = "wiremock")]
pub use wiremock::WiremockImds;
pub use world::{Change, Fault, Framing, Instead, Mode, Nth, On, Profile, World};
