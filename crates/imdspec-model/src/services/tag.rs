//! How an access key id says whose it is.

use imdspec_wire::Source;

/// Letters of base32 that stand behind `AKIA` or `ASIA`, at most nine.
pub(super) const fn tag(source: Source) -> &'static str {
    match source {
        Source::Code => "CODE",
        Source::SystemProperties => "JVM",
        Source::Environment => "ENV",
        Source::AssumeRole => "ROLE",
        Source::AssumeRoleEnvironment => "ROLEENV",
        Source::AssumeRoleContainer => "ROLECTR",
        Source::AssumeRoleImds => "ROLEIMDS",
        Source::WebIdentity => "WEBID",
        Source::WebIdentityProfile => "WEBIDPROF",
        Source::Sso => "SSO",
        Source::Login => "LOGIN",
        Source::SharedCredentials => "SHARED",
        Source::Process => "PROCESS",
        Source::ConfigFile => "CONFIG",
        Source::Boto2 => "BOTO",
        Source::Container => "CTR",
        Source::ContainerFull => "CTRFULL",
        Source::Imds => "IMDS",
    }
}
