//! What code may choose about the client, bounds first.

use imdspec_wire::{Order, Source};
use std::time::Duration;

/// Every source this client can read, in the order in which it looks by default.
///
/// Boto3's (its guide, "Credentials"), with each assumed role on a step of its own and the
/// relative URI of a container before the full one (AWS SDKs and Tools Reference Guide).
const DEFAULT_ORDER: [Source; 14] = [
    Source::Environment,
    Source::AssumeRole,
    Source::AssumeRoleEnvironment,
    Source::AssumeRoleContainer,
    Source::AssumeRoleImds,
    Source::WebIdentity,
    Source::WebIdentityProfile,
    Source::Sso,
    Source::SharedCredentials,
    Source::Process,
    Source::ConfigFile,
    Source::Container,
    Source::ContainerFull,
    Source::Imds,
];

/// What code may choose. The defaults are what a program should run with.
///
/// The settings of the environment and the config file for attempts and timeout go before
/// [`attempts`](Self::attempts) and [`request_timeout`](Self::request_timeout) where the instance
/// metadata service is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The sources to look at, first to last; within a step as listed. One that is not in it is
    /// not read. [`Code`](Source::Code), [`SystemProperties`](Source::SystemProperties),
    /// [`Boto2`](Source::Boto2) and [`Login`](Source::Login) are never set up for this client.
    /// Default: environment, assume-role, assume-role-environment, assume-role-container,
    /// assume-role-imds, web-identity, web-identity-profile, sso, shared-credentials, process,
    /// config-file, container, container-full, imds.
    pub order: Order,
    /// Whether the next source is asked when one fails, in whatever way. Default: no, the first
    /// one that is set up decides, and its failure is the outcome.
    pub goes_on: bool,
    /// Whether a token PUT answered 403, 404 or 405 is followed by requests without a token
    /// (IMDSv1). Default: no. A setting may forbid it, none can permit it.
    pub v1_fallback: bool,
    /// How often one request is tried in all, 1 to 10 (what lies outside counts as the nearest).
    /// Default: 3.
    pub attempts: u32,
    /// How long one try of one request may take, connecting and the whole body included. STS and
    /// IAM Identity Center, which are on the other side of the internet, get five times as long.
    /// Default: 1 s.
    pub request_timeout: Duration,
    /// How long one source may take; a configured timeout that is longer stretches it. A role
    /// takes its own time after that of the source it is assumed with. Default: 10 s.
    pub deadline: Duration,
    /// How long the command of `credential_process` may run. Default: 1 min, as in the SDK for Go
    /// (`processcreds`); others wait without end.
    pub process_timeout: Duration,
    /// The longest pause before the second try. The longest pause doubles with each further try,
    /// up to [`longest_pause`](Self::longest_pause), and the shortest is half of it.
    /// Default: 100 ms.
    pub backoff: Duration,
    /// Where the pauses stop growing. Default: 1 s, so that ten tries that fail at once fit
    /// into the deadline.
    pub longest_pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            order: Order::from_iter(DEFAULT_ORDER),
            goes_on: false,
            v1_fallback: false,
            attempts: 3,
            request_timeout: Duration::from_secs(1),
            deadline: Duration::from_secs(10),
            process_timeout: Duration::from_secs(60),
            backoff: Duration::from_millis(100),
            longest_pause: Duration::from_secs(1),
        }
    }
}
