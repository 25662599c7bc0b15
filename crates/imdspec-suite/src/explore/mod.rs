//! Exploring: the lives of a client that nobody thought of.
mod edges;
mod life;

pub use life::life;
