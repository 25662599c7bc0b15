//! Which source of credentials wins: the order in which a subject looks, found and documented.

pub mod report;
