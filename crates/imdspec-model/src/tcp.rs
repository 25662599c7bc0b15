//! The byte-exact TCP host.
//!
//! It writes replies itself, byte for byte, because replies that no HTTP library would write are
//! what it is for. Reading is the wire crate's.

mod connection;
mod host;
mod model_service;
mod peer;
mod service;

pub(crate) use connection::serve;
pub use host::{HostGuard, TcpHost};
pub use model_service::ModelService;
pub use service::Service;
