//! Sources of credentials, set up in a subject's world.
//!
//! ```text
//!   [sources]                 SetUp
//!   environment = "works" ──► variables, files of the home, what the services are to give,
//!   container = "status-500"  and whose keys are whose
//! ```
//!
//! Each source has credentials of its own that say whose they are (`AKIAENV…`, `ASIASSO…`), so
//! that what a subject gives tells where it looked. In scope: setting sources up, whole or broken.
//! Out of scope: who should win; that is the rules' and [`order`](crate::order)'s.

mod breakage;
mod home;
mod profile;
mod set_up;
mod state;

pub use breakage::Breakage;
pub(crate) use home::{HOME_GAP, Home, Played, VIRTUAL_HOME};
pub(crate) use set_up::{RUNS, SetUp, noted};
pub use state::{Sources, State, can_stand_together};
