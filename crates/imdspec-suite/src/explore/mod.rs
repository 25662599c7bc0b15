//! Exploring: lives of a client that nobody thought of, judged by every rule, and the least of those
//! that break one.
//!
//! ```text
//!  bytes ──life──► Scenario ──run──► trace ──rules──► broken? ──Shrink──► the least scenario
//!            │
//!            └─ much happens, at moments that matter: just before and just after what is held ends,
//!               where a refresh or the next try is due
//! ```
//!
//! Where [`fuzz`](crate::fuzz) has most wrong with the bytes of replies, this has most wrong with
//! their time: revocation, rotation, outages and clocks that are set, in any order.
//!
//! For a program there is `imdspec explore`; for a Rust value the macro [`explore!`](crate::explore!),
//! or the strategy [`lives`] in a property test of one's own. Both share the search of
//! [`fuzz::campaign`](crate::fuzz::campaign).

mod edges;
mod hold;
mod life;
mod strategy;

pub use hold::hold;
pub use life::life;
pub use strategy::{LifeTree, Lives, lives};
