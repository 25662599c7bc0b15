//! What people see.

pub(crate) mod checkup;
pub(crate) mod progress;
pub(crate) mod summary;

pub(crate) use imdspec_suite::show::{Colour, failure, lanes, paint, wrap};
