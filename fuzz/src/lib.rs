//! What the fuzz targets have in common.

#[cfg(feature = "differential")]
pub mod differential;
