//! `iam/info`: which instance profile is attached.

use crate::WireError;
use serde::{Deserialize, Serialize};

/// The body of `iam/info`. Source: EC2 User Guide, "Instance metadata categories".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProfile {
    /// `Success` when the profile is usable.
    pub code: String,
    /// When this was last brought up to date, RFC 3339.
    pub last_updated: String,
    /// The profile's ARN.
    pub instance_profile_arn: String,
    /// The profile's unique id.
    pub instance_profile_id: String,
}

impl InstanceProfile {
    /// Reads the body; unknown members are ignored.
    ///
    /// # Errors
    /// [`WireError::NotJson`] when it is not such a document.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        serde_json::from_slice(body).map_err(|e| WireError::NotJson {
            line: e.line(),
            column: e.column(),
        })
    }
}
