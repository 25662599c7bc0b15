//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{End, Given, Outcome, RefusalKind, Server, What};
use imdspec_wire::{Source, paths};

mod order;

const END: &str = "2026-01-01T06:00:00Z";
const ORDER: [Source; 7] = [
    Source::Environment,
    Source::AssumeRoleContainer,
    Source::WebIdentity,
    Source::SharedCredentials,
    Source::Process,
    Source::Container,
    Source::Imds,
];

/// The environment and the service, both at work.
fn environment() -> Build {
    Build::new()
        .works(Source::Environment, "ENV")
        .source(Source::Imds, "works")
}

/// The container endpoint answers with its credentials.
fn container(build: Build) -> Build {
    asks_container(build.keys(Source::Container, "CONT")).reply(200, &document("CONT", END))
}

fn asks_container(build: Build) -> Build {
    build.ask_at(Server::Container, "GET", "/creds", &[])
}

fn imds(build: Build) -> Build {
    build.fetch(&document("IMDS", END))
}

/// A role is assumed, and given.
fn assumed(build: Build, role: Source, base: &str) -> Build {
    build
        .keys(role, "ROLE")
        .assume("AssumeRole", base)
        .reply(200, "<AssumeRoleResponse/>")
}

fn gave(build: Build, key: &str) -> Build {
    build.gave(key, END)
}

/// Seen in use only.
fn used(build: Build, key: &str) -> Build {
    build.outcome(Outcome::Credentials(Given {
        access_key_id: key.into(),
        secret_access_key: None,
        session_token: None,
        expiration: None,
        account_id: None,
    }))
}

#[track_caller]
fn says(rule: &str, verdict: &str, build: Build) {
    build.says(rule, verdict);
}

#[test]
fn chain_001_the_environment_first() {
    let says = |verdict, build| says("CHAIN-001", verdict, build);
    let asked = || environment().resolve();
    says("held", gave(asked(), "ENV"));
    says("held", used(asked(), "ENV"));
    says("violated", gave(imds(asked()), "IMDS"));
    says("violated", gave(imds(asked()), "ENV"));
    says("violated", gave(container(asked()), "ENV"));
    says("violated", asked().refused());
    // The region is no credentials, nor is a session token.
    let region = asked()
        .token("t")
        .get(paths::REGION, "t")
        .reply(200, "eu-west-1");
    says("held", gave(region, "ENV"));
    // A named profile, another declared order, or arguments in code may all come first.
    says(
        "vacuous",
        gave(imds(asked().env("AWS_PROFILE", "a")), "IMDS"),
    );
    let order = [Source::Imds, Source::Environment];
    says("vacuous", gave(imds(asked().order(&order)), "IMDS"));
    says(
        "vacuous",
        gave(imds(asked().order(&[Source::Imds])), "IMDS"),
    );
    says("vacuous", asked().source(Source::Code, "works").refused());
    let role = asked().source(Source::AssumeRoleImds, "works");
    says("vacuous", gave(imds(role), "ENV"));
    let disabled = asked().env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5");
    says("vacuous", disabled.refused());
    // After the world changed, the header does not say what works.
    let changed = environment().push(What::World {
        change: "something".into(),
    });
    says("vacuous", gave(imds(changed.resolve()), "IMDS"));
    says("vacuous", gave(imds(Build::new().resolve()), "IMDS"));
}

#[test]
fn chain_002_the_profile_before_the_service() {
    let says = |verdict, build| says("CHAIN-002", verdict, build);
    let set = |source| {
        Build::new()
            .works(source, "FILE")
            .source(Source::Imds, "works")
            .resolve()
    };
    let shared = || set(Source::SharedCredentials);
    says("held", gave(shared(), "FILE"));
    says("violated", gave(imds(shared()), "IMDS"));
    says("violated", gave(imds(shared()), "FILE"));
    says("vacuous", shared().refused());
    let role = shared().source(Source::AssumeRoleImds, "works");
    says("vacuous", gave(imds(role), "IMDS"));
    // Not everybody reads keys in the config file.
    let config = || set(Source::ConfigFile);
    says("vacuous", gave(imds(config()), "IMDS"));
    let declared = || config().order(&[Source::ConfigFile, Source::Imds]);
    says("violated", gave(imds(declared()), "IMDS"));
    says("held", gave(declared(), "FILE"));
}

#[test]
fn chain_003_the_container_before_the_service() {
    let says = |verdict, build| says("CHAIN-003", verdict, build);
    let set = |source| {
        Build::new()
            .source(source, "works")
            .source(Source::Imds, "works")
            .resolve()
    };
    let one = || set(Source::Container);
    says("held", gave(container(one()), "CONT"));
    says("violated", gave(imds(one()), "IMDS"));
    says("violated", gave(imds(container(one())), "CONT"));
    // It failed after all.
    let failed = asks_container(one()).reply(503, "");
    says("vacuous", gave(imds(failed), "IMDS"));
    let silent = asks_container(one()).lost(End::Silent);
    says("vacuous", gave(imds(silent), "IMDS"));
    let full = || set(Source::ContainerFull);
    says("vacuous", gave(imds(full()), "IMDS"));
    let declared = full().order(&[Source::ContainerFull, Source::Imds]);
    says("violated", gave(imds(declared), "IMDS"));
    let role = one().source(Source::AssumeRoleImds, "works");
    says("vacuous", gave(imds(role), "IMDS"));
    says("vacuous", one().refused());
}

#[test]
fn chain_004_the_container_fails() {
    let set = || {
        Build::new()
            .source(Source::Container, "status-500")
            .source(Source::Imds, "works")
            .resolve()
    };
    let failed = || asks_container(set()).reply(500, "");
    let observes = |build: Build, value| build.observes("CHAIN-004", value);
    observes(
        failed().refused(),
        "container status-500, imds behind: stops",
    );
    observes(
        gave(imds(failed()), "IMDS"),
        "container status-500, imds behind: goes on",
    );
    observes(
        failed().crashed(),
        "container status-500, imds behind: breaks",
    );
    let other = failed().source(Source::Environment, "partial");
    says("CHAIN-004", "vacuous", other.refused());
    // The service failed as well.
    let both = failed().put().reply(503, "");
    says("CHAIN-004", "vacuous", both.refused());
    says(
        "CHAIN-004",
        "vacuous",
        gave(container(environment().resolve()), "CONT"),
    );
}

#[test]
fn chain_005_nothing_to_find() {
    let says = |verdict, build| says("CHAIN-005", verdict, build);
    let set = || Build::new().source(Source::Imds, "silent").resolve();
    says("held", set().refused());
    says("violated", set().crashed());
    says("violated", set().hung());
    says("violated", gave(set(), "MADE-UP"));
    says("violated", gave(set(), ""));
    // What a broken source served, or has, is somebody's.
    says("vacuous", gave(container(set()), "CONT"));
    let expired = Build::new()
        .source(Source::Process, "expired")
        .keys(Source::Process, "OLD")
        .resolve();
    says("vacuous", gave(expired, "OLD"));
    says("vacuous", environment().resolve().refused());
    says("vacuous", Build::new().resolve().crashed());
}

#[test]
fn chain_006_web_identity_or_profile() {
    let set = || {
        Build::new()
            .works(Source::WebIdentity, "WEB")
            .works(Source::SharedCredentials, "FILE")
            .resolve()
    };
    let web = set()
        .assume("AssumeRoleWithWebIdentity", "-")
        .reply(200, "<x/>");
    gave(web, "WEB").observes("CHAIN-006", "web-identity before shared-credentials");
    gave(set(), "FILE").observes("CHAIN-006", "shared-credentials before web-identity");
    let says = |verdict, build| says("CHAIN-006", verdict, build);
    let denied = set()
        .assume("AssumeRoleWithWebIdentity", "-")
        .reply(403, "");
    says("vacuous", gave(denied, "FILE"));
    says("vacuous", set().refused());
    let partial = set().source(Source::Environment, "partial");
    says("vacuous", gave(partial, "FILE"));
    says("vacuous", gave(environment().resolve(), "ENV"));
}

fn empty_environment() -> Build {
    Build::new()
        .source(Source::Environment, "blank")
        .source(Source::Imds, "works")
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .resolve()
}

#[test]
fn chain_007_empty_is_unset() {
    let says = |verdict, build| says("CHAIN-007", verdict, build);
    let set = empty_environment;
    says("held", gave(imds(set()), "IMDS"));
    says("violated", set().refused());
    says("violated", gave(set(), ""));
    says("violated", set().crashed());
    // It tried, and failed for another reason.
    says("vacuous", set().put().reply(503, "").refused());
    says("vacuous", set().put().reply(503, "").crashed());
    // A source that this subject is not known to look at.
    let order = [Source::Environment];
    says("vacuous", set().order(&order).refused());
    says("violated", set().order(&ORDER).refused());
    says("vacuous", set().env("AWS_ACCESS_KEY_ID", " ").refused());
    let off = set().env("AWS_EC2_METADATA_DISABLED", "true");
    says("vacuous", off.refused());
    says("vacuous", environment().resolve().refused());
}

#[test]
fn chain_008_half_a_pair() {
    let says = |verdict, build| says("CHAIN-008", verdict, build);
    let set = |name| {
        Build::new()
            .source(Source::Environment, "partial")
            .works(Source::SharedCredentials, "FILE")
            .env(name, "secret-of-HALF")
            .resolve()
    };
    let id = || set("AWS_ACCESS_KEY_ID");
    says("held", id().refused());
    says("held", gave(id(), "FILE"));
    says("violated", id().gave_mixed("secret-of-HALF", "FILE", None));
    says("violated", used(id(), "secret-of-HALF"));
    says("vacuous", id().crashed());
    let secret = || set("AWS_SECRET_ACCESS_KEY");
    says("held", gave(secret(), "FILE"));
    says("violated", secret().gave_mixed("FILE", "HALF", None));
    says("vacuous", gave(id(), "NOBODY"));
    let whole = id().env("AWS_SECRET_ACCESS_KEY", "s");
    says("vacuous", whole.refused());
    says("vacuous", gave(environment().resolve(), "ENV"));
}

#[test]
fn chain_009_nothing_is_mixed() {
    let says = |verdict, build| says("CHAIN-009", verdict, build);
    let set = || {
        Build::new()
            .keys(Source::Environment, "ENV")
            .keys(Source::SharedCredentials, "FILE")
            .resolve()
    };
    says("held", gave(set(), "ENV"));
    says("held", used(set(), "FILE"));
    says("held", set().gave_mixed("ENV", "ENV", None));
    says("violated", set().gave_mixed("ENV", "FILE", Some("ENV")));
    says("violated", set().gave_mixed("ENV", "ENV", Some("FILE")));
    says(
        "violated",
        imds(set()).gave_mixed("IMDS", "IMDS", Some("ENV")),
    );
    says("violated", imds(set()).gave_mixed("FILE", "IMDS", None));
    // Made up is for another rule, and so are two documents of one source.
    says("vacuous", gave(set(), "NOBODY"));
    says("held", set().gave_mixed("ENV", "NOBODY", None));
    let twice = Build::new()
        .resolve()
        .fetch(&document("ONE", END))
        .fetch(&document("TWO", END));
    says("vacuous", twice.gave_mixed("ONE", "TWO", Some("ONE")));
    says("vacuous", set().refused());
    // A profile is what both files say of it.
    let both_files = || {
        Build::new()
            .keys(Source::SharedCredentials, "FILE")
            .keys(Source::ConfigFile, "CONFIG")
            .resolve()
    };
    says("vacuous", both_files().gave_mixed("FILE", "CONFIG", None));
    says("vacuous", gave(both_files(), "FILE"));
    says(
        "violated",
        imds(both_files()).gave_mixed("FILE", "IMDS", None),
    );
}

#[test]
fn chain_010_settings_are_no_source() {
    let says = |verdict, build| says("CHAIN-010", verdict, build);
    let set = || {
        Build::new()
            .source(Source::Imds, "works")
            .config("region", "eu-west-1")
            .resolve()
    };
    says("held", gave(imds(set()), "IMDS"));
    says("violated", set().refused());
    says("vacuous", set().config("role_arn", "arn").refused());
    let mode = set().config("ec2_metadata_service_endpoint_mode", "IPv5");
    says("vacuous", mode.refused());
    let off = set().env("AWS_EC2_METADATA_DISABLED", "true");
    says("vacuous", off.refused());
    let connected = set().push(What::Connect {
        conn: 1,
        server: Server::Imds,
        to: "169.254.169.254:80".into(),
    });
    says("vacuous", connected.refused());
    says("vacuous", set().works(Source::Process, "P").refused());
    says("vacuous", Build::new().resolve().refused());
}

#[test]
fn chain_011_roles_are_assumed() {
    let says = |verdict, build| says("CHAIN-011", verdict, build);
    let role = Source::AssumeRoleImds;
    let set = || Build::new().source(role, "works").resolve();
    says("held", gave(assumed(imds(set()), role, "IMDS"), "ROLE"));
    // Assumed, and then not given.
    says("violated", gave(assumed(imds(set()), role, "IMDS"), "IMDS"));
    let declared = || set().order(&[role, Source::Imds]);
    says("violated", gave(imds(declared()), "IMDS"));
    // Assumed with somebody else's credentials.
    let file = || set().keys(Source::SharedCredentials, "FILE");
    says("violated", gave(assumed(file(), role, "FILE"), "ROLE"));
    // A subject that knows no such profiles.
    says("vacuous", gave(imds(set()), "IMDS"));
    let denied = imds(set()).assume("AssumeRole", "IMDS").reply(403, "");
    says("vacuous", gave(denied, "IMDS"));
    let other = file().source(Source::AssumeRole, "works");
    says("held", gave(assumed(other, role, "FILE"), "ROLE"));
    says("vacuous", set().refused());
    // Those of the environment come first by right.
    let env = || {
        Build::new()
            .source(Source::AssumeRoleEnvironment, "works")
            .base_keys(Source::AssumeRoleEnvironment, "ENV")
            .resolve()
    };
    says("vacuous", gave(env(), "ENV"));
    let signed = assumed(env(), Source::AssumeRoleEnvironment, "ENV");
    says("held", gave(signed, "ROLE"));
}

#[test]
fn chain_012_profile_or_environment() {
    let set = || {
        Build::new()
            .works(Source::Environment, "ENV")
            .works(Source::SharedCredentials, "FILE")
            .resolve()
    };
    let named = || set().env("AWS_PROFILE", "work");
    let beside = "AWS_PROFILE beside keys in the environment: ";
    gave(named(), "ENV").observes("CHAIN-012", &format!("{beside}the environment wins"));
    gave(named(), "FILE").observes("CHAIN-012", &format!("{beside}the profile wins"));
    gave(set().code("profile", "work"), "FILE").observes(
        "CHAIN-012",
        "a profile named in code beside keys in the environment: the profile wins",
    );
    let says = |verdict, build| says("CHAIN-012", verdict, build);
    says("vacuous", gave(set(), "ENV"));
    says("vacuous", named().refused());
    let two = named().source(Source::Process, "works");
    says("vacuous", gave(two, "ENV"));
}

#[test]
fn chain_013_the_token_is_refused() {
    let set = || {
        Build::new()
            .source(Source::Imds, "status-403")
            .resolve()
            .put()
            .reply(403, "")
    };
    let observes = |build: Build, value| build.observes("CHAIN-013", value);
    observes(set().refused_as(RefusalKind::Error), "stops with an error");
    observes(
        set().refused_as(RefusalKind::None),
        "says that there are none",
    );
    observes(set().refused(), "refuses");
    let on = set().ask("GET", paths::ROLES).reply(403, "");
    observes(on.refused(), "goes on without a token");
    let says = |verdict, build| says("CHAIN-013", verdict, build);
    says("vacuous", set().crashed());
    let alone = Build::new().resolve().put().reply(403, "");
    says("vacuous", alone.refused());
    says("vacuous", imds(environment().resolve()).refused());
}

#[test]
fn chain_014_others_stay_on() {
    let says = |verdict, build| says("CHAIN-014", verdict, build);
    let set = || {
        environment()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .order(&ORDER)
            .resolve()
    };
    says("held", gave(set(), "ENV"));
    says("violated", set().refused());
    says("vacuous", set().order(&[]).refused());
    says("vacuous", set().source(Source::Process, "exit-1").refused());
    let failed = Build::new()
        .source(Source::Container, "works")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .order(&ORDER)
        .resolve();
    says("vacuous", asks_container(failed).reply(503, "").refused());
    says(
        "vacuous",
        gave(environment().order(&ORDER).resolve(), "ENV"),
    );
}

#[test]
fn chain_015_stays_or_looks_again() {
    let first = || gave(container(Build::new().resolve()), "CONT");
    let appeared = || first().keys(Source::SharedCredentials, "FILE").resolve();
    gave(appeared(), "FILE").observes("CHAIN-015", "shared-credentials appears: looks again");
    gave(container(appeared()), "CONT").observes(
        "CHAIN-015",
        "shared-credentials appears: stays with container",
    );
    let says = |verdict, build| says("CHAIN-015", verdict, build);
    // From a cache.
    says("vacuous", gave(appeared(), "CONT"));
    says("vacuous", gave(container(first().resolve()), "CONT"));
    let failing = || {
        let second = first().source(Source::Imds, "works").resolve();
        asks_container(second).reply(500, "")
    };
    failing()
        .refused()
        .observes("CHAIN-015", "container fails later: stays with it");
    gave(imds(failing()), "IMDS").observes("CHAIN-015", "container fails later: goes on to imds");
    says("vacuous", failing().put().reply(503, "").refused());
    says("vacuous", first());
}
