//! CONT: the container credential endpoint, of ECS, of EKS Pod Identity, and of one's own.

mod authorization;
mod document;
mod hosts;
mod redirect;
mod request;
mod retry;
mod setup;
mod uri;
mod url;

#[cfg(test)]
mod tests;

use crate::Rule;

pub(super) const RULES: &[Rule] = &[
    uri::CONT_001,
    uri::CONT_002,
    uri::CONT_003,
    hosts::CONT_004,
    hosts::CONT_005,
    hosts::CONT_006,
    hosts::CONT_007,
    hosts::CONT_008,
    uri::CONT_009,
    uri::CONT_010,
    authorization::CONT_011,
    authorization::CONT_012,
    authorization::CONT_013,
    authorization::CONT_014,
    authorization::CONT_015,
    request::CONT_016,
    document::CONT_017,
    retry::CONT_018,
    retry::CONT_019,
    document::CONT_020,
    request::CONT_021,
    document::CONT_022,
    redirect::CONT_023,
    redirect::CONT_024,
    document::CONT_025,
];
