//! The instance identity document, from which a client may learn its region.

use crate::WireError;
use serde::{Deserialize, Serialize};

/// The members of the instance identity document that clients use. Source: EC2 User Guide,
/// "Instance identity documents".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceIdentity {
    /// The account that owns the instance, 12 digits.
    pub account_id: String,
    /// The architecture, such as `x86_64`.
    pub architecture: String,
    /// The availability zone.
    pub availability_zone: String,
    /// The image it was started from.
    pub image_id: String,
    /// The instance's id.
    pub instance_id: String,
    /// Its type.
    pub instance_type: String,
    /// When it was started, RFC 3339.
    pub pending_time: String,
    /// Its private IPv4 address.
    pub private_ip: String,
    /// Its region.
    pub region: String,
    /// The document's version, `2017-09-30` since then.
    pub version: String,
}

impl InstanceIdentity {
    /// Reads the document; unknown members are ignored.
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
