//! What the fuzz targets call, each by its name: the properties of the libraries, on what is really
//! there or, with the feature `planted`, on something faulty that each has to find out.

#[cfg(feature = "differential")]
pub mod differential;
pub mod mutators;
#[cfg(feature = "planted")]
mod planted;

#[cfg(not(feature = "planted"))]
pub use imdspec_suite::properties::*;
#[cfg(feature = "planted")]
pub use planted::*;
