//! How an address of the service can be broken below HTTP.

use imdspec_client::Lost;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How an address behaves that is not simply there. That a reply is lost on its way is a fault of
/// the world (`silent`): a client cannot tell the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// There is no way to it: connecting fails at once.
    NoRoute,
    /// Nothing listens there: connecting is refused.
    Refused,
    /// Packets to it are lost: connecting is never answered.
    Silent,
}

impl Link {
    /// The link as scenarios and traces spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoRoute => "no-route",
            Self::Refused => "refused",
            Self::Silent => "silent",
        }
    }

    /// What a client of ours is told at once; nothing, where it is never told.
    pub(crate) const fn lost(self) -> Option<Lost> {
        match self {
            Self::NoRoute => Some(Lost::Unreachable),
            Self::Refused => Some(Lost::Refused),
            Self::Silent => None,
        }
    }
}

impl From<Link> for imdspec_sandbox::Link {
    fn from(link: Link) -> Self {
        match link {
            Link::NoRoute => Self::NoRoute,
            Link::Refused => Self::Refused,
            Link::Silent => Self::Silent,
        }
    }
}

/// The addresses that can be broken: those of the instance metadata service.
pub(super) const BREAKABLE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];
