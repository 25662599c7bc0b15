//! The EC2 Instance Metadata Service (IMDS) as a value.
mod reply;
mod span;
mod world;

pub use reply::{ENDLESS_BYTES, Piece, Reply};
pub use span::Span;
pub use world::{Change, Fault, Framing, Instead, Mode, Nth, On, Profile, World};
