//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{Server, What};
use imdspec_wire::paths;

const DEFAULT: &str = "169.254.169.254:80";
const DEFAULT_V6: &str = "[fd00:ec2::254]:80";
const HERE: &str = "127.0.0.1:1338";
const THERE: &str = "127.0.0.1:1444";
const HERE_URL: &str = "http://127.0.0.1:1338/";
const THERE_URL: &str = "http://127.0.0.1:1444";

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const ENDPOINT_KEY: &str = "ec2_metadata_service_endpoint";
const MODE_KEY: &str = "ec2_metadata_service_endpoint_mode";

/// A whole resolve with the service at `to`.
fn at(build: Build, to: &'static str) -> Build {
    let end = "2026-01-01T06:00:00Z";
    build
        .to(to)
        .resolve()
        .fetch(&document("A", end))
        .gave("A", end)
}

/// A resolve whose one request arrives at the collector, at `to`.
fn collected(build: Build, to: &'static str) -> Build {
    let asked = build.to(to).resolve();
    asked
        .ask_at(Server::Collector, "PUT", paths::TOKEN, &[])
        .reply(404, "")
        .refused()
}

#[track_caller]
fn says(rule: &str, verdict: &str, build: Build) {
    build.says(rule, verdict);
}

#[test]
fn config_001_the_default_address() {
    let says = |verdict, build| says("CONFIG-001", verdict, build);
    says("held", at(Build::new(), DEFAULT));
    says("held", at(Build::new().env(MODE, "IPv4"), DEFAULT));
    says("violated", at(Build::new(), HERE));
    says("violated", at(Build::new(), DEFAULT_V6));
    says("vacuous", at(Build::new().env(ENDPOINT, HERE_URL), HERE));
    says("vacuous", at(Build::new().env(MODE, "IPv6"), DEFAULT_V6));
    // A subject that has a name of its own for the setting.
    says(
        "vacuous",
        at(Build::new().env("METADATA_URL", HERE_URL), HERE),
    );
    says("vacuous", Build::new().resolve().refused());
    // Where a container endpoint sent it.
    let sent_on = Build::new().to(THERE).resolve();
    let sent_on = sent_on.ask_at(Server::Collector, "GET", "/creds", &[]);
    says("vacuous", sent_on.reply(404, "").refused());
}

#[test]
fn config_002_the_endpoint_of_the_environment() {
    let says = |verdict, build| says("CONFIG-002", verdict, build);
    let set = || Build::new().env(ENDPOINT, HERE_URL);
    says("held", at(set(), HERE));
    says("violated", at(set(), DEFAULT));
    let half = set()
        .to(HERE)
        .resolve()
        .token("t")
        .to(DEFAULT)
        .get(paths::ROLES, "t");
    says("violated", half);
    says("vacuous", at(Build::new(), DEFAULT));
    says("vacuous", at(set().code(ENDPOINT_KEY, THERE_URL), THERE));
    says(
        "vacuous",
        at(Build::new().env(ENDPOINT, "http://localhost:1338"), HERE),
    );
    says("vacuous", set().resolve().refused());
}

#[test]
fn config_003_environment_before_file() {
    let says = |verdict, build| says("CONFIG-003", verdict, build);
    let both = || {
        Build::new()
            .env(ENDPOINT, HERE_URL)
            .config(ENDPOINT_KEY, THERE_URL)
    };
    says("held", at(both(), HERE));
    says("violated", collected(both(), THERE));
    says("vacuous", at(Build::new().env(ENDPOINT, HERE_URL), HERE));
    says("vacuous", at(both().config(ENDPOINT_KEY, HERE_URL), HERE));
}

#[test]
fn config_004_endpoint_before_mode() {
    let says = |verdict, build| says("CONFIG-004", verdict, build);
    for mode in ["IPv4", "IPv6"] {
        let set = || Build::new().env(ENDPOINT, HERE_URL).config(MODE_KEY, mode);
        let default = if mode == "IPv4" { DEFAULT } else { DEFAULT_V6 };
        says("held", at(set(), HERE));
        says("violated", at(set(), default));
    }
    says(
        "held",
        at(
            Build::new().code(ENDPOINT_KEY, HERE_URL).env(MODE, "IPv6"),
            HERE,
        ),
    );
    says("vacuous", at(Build::new().env(ENDPOINT, HERE_URL), HERE));
    says(
        "vacuous",
        at(Build::new().env(ENDPOINT, HERE_URL).env(MODE, "IPv5"), HERE),
    );
    says(
        "vacuous",
        at(
            Build::new()
                .config(ENDPOINT_KEY, HERE_URL)
                .env(MODE, "IPv6"),
            DEFAULT_V6,
        ),
    );
}

#[test]
fn config_005_code_before_all() {
    let says = |verdict, build| says("CONFIG-005", verdict, build);
    let both = || {
        Build::new()
            .code(ENDPOINT_KEY, HERE_URL)
            .env(ENDPOINT, THERE_URL)
    };
    says("held", at(both(), HERE));
    says("violated", collected(both(), THERE));
    let modes = || Build::new().code(MODE_KEY, "IPv6").config(MODE_KEY, "IPv4");
    says("held", at(modes(), DEFAULT_V6));
    says("violated", at(modes(), DEFAULT));
    says("vacuous", at(modes().env(ENDPOINT, HERE_URL), HERE));
    says(
        "vacuous",
        at(Build::new().code(ENDPOINT_KEY, HERE_URL), HERE),
    );
}

#[test]
fn config_006_007_ipv6() {
    for (mode, exercised, idle) in [
        ("IPv6", "CONFIG-006", "CONFIG-007"),
        ("ipv6", "CONFIG-007", "CONFIG-006"),
        ("IPV6", "CONFIG-007", "CONFIG-006"),
    ] {
        for set in [
            |m| Build::new().env(MODE, m),
            |m| Build::new().config(MODE_KEY, m),
        ] {
            says(exercised, "held", at(set(mode), DEFAULT_V6));
            says(exercised, "violated", at(set(mode), DEFAULT));
            says(
                exercised,
                "vacuous",
                at(set(mode).env(ENDPOINT, HERE_URL), HERE),
            );
            says(idle, "vacuous", at(set(mode), DEFAULT));
        }
        says(
            exercised,
            "vacuous",
            at(Build::new().env(MODE, "IPv4"), DEFAULT),
        );
    }
}

#[test]
fn config_008_009_what_cannot_be_honoured() {
    for (rule, set) in [
        (
            "CONFIG-008",
            (|| Build::new().env(MODE, "IPv5")) as fn() -> Build,
        ),
        ("CONFIG-009", || Build::new().env(ENDPOINT, "not a uri")),
    ] {
        says(rule, "held", set().resolve().refused());
        says(rule, "violated", at(set(), DEFAULT));
        says(rule, "violated", collected(set(), THERE));
        says(rule, "vacuous", set().resolve().crashed());
        says(rule, "vacuous", set().resolve().gave("FROM-ELSEWHERE", ""));
        says(rule, "vacuous", Build::new().resolve().refused());
    }
    let idle = Build::new().env(MODE, "IPv5").env(ENDPOINT, HERE_URL);
    says("CONFIG-008", "vacuous", at(idle, HERE));
    says(
        "CONFIG-008",
        "vacuous",
        at(Build::new().env(MODE, " IPv6 "), DEFAULT_V6),
    );
    says(
        "CONFIG-009",
        "vacuous",
        Build::new().env(ENDPOINT, "").resolve().refused(),
    );
    let beaten = Build::new()
        .env(ENDPOINT, "not a uri")
        .code(ENDPOINT_KEY, HERE_URL);
    says("CONFIG-009", "vacuous", at(beaten, HERE));
}

#[test]
fn config_013_014_disabled() {
    for (rule, other, value) in [
        ("CONFIG-013", "CONFIG-014", "true"),
        ("CONFIG-014", "CONFIG-013", "tRuE"),
    ] {
        let set = || Build::new().env("AWS_EC2_METADATA_DISABLED", value);
        says(rule, "held", set().resolve().refused());
        says(rule, "violated", at(set(), DEFAULT));
        says(rule, "vacuous", set().resolve().gave("FROM-ELSEWHERE", ""));
        says(
            rule,
            "vacuous",
            set()
                .config("disable_ec2_metadata", "false")
                .resolve()
                .refused(),
        );
        says(other, "vacuous", set().resolve().refused());
    }
    // Nobody asked for it.
    let eager = Build::new().env("AWS_EC2_METADATA_DISABLED", "true");
    says("CONFIG-013", "violated", eager.token("t"));
    let other = Build::new().env("AWS_EC2_METADATA_DISABLED", "1");
    says("CONFIG-014", "vacuous", other.resolve().refused());
}

#[test]
fn config_015_not_disabled() {
    let says = |verdict, build| says("CONFIG-015", verdict, build);
    let set = || Build::new().env("AWS_EC2_METADATA_DISABLED", "false");
    says("held", at(set(), DEFAULT));
    says("violated", set().resolve().refused());
    says("vacuous", set().resolve().gave("FROM-ELSEWHERE", ""));
    says("vacuous", set().env(MODE, "IPv5").resolve().refused());
    says("vacuous", Build::new().resolve().refused());
    let connected = set().resolve().push(What::Connect {
        conn: 1,
        server: Server::Imds,
        to: DEFAULT.into(),
    });
    says("vacuous", connected.refused());
}

#[test]
fn config_018_no_downgrade() {
    let says = |verdict, build| says("CONFIG-018", verdict, build);
    let env = |value| Build::new().env("AWS_EC2_METADATA_V1_DISABLED", value);
    let file = |b: Build| b.config("ec2_metadata_v1_disabled", "true");
    let put = |b: Build, status| b.resolve().ask("PUT", paths::TOKEN).reply(status, "");
    for set in [&(|| env("true")) as &dyn Fn() -> Build, &|| {
        file(Build::new())
    }] {
        says("held", put(set(), 404).refused());
        says(
            "violated",
            put(set(), 404).ask("GET", paths::ROLES).refused(),
        );
        // What follows other statuses is for the rules of ERR.
        says(
            "vacuous",
            put(set(), 500).ask("GET", paths::ROLES).refused(),
        );
        says("vacuous", put(set(), 404).crashed());
    }
    says(
        "vacuous",
        put(file(env("false")), 404)
            .ask("GET", paths::ROLES)
            .refused(),
    );
    says(
        "vacuous",
        put(Build::new(), 404).ask("GET", paths::ROLES).refused(),
    );
}

#[test]
fn config_010_an_empty_endpoint() {
    let set = || Build::new().env(ENDPOINT, "");
    at(set(), DEFAULT).observes("CONFIG-010", "taken for unset");
    at(set(), HERE).observes("CONFIG-010", "another address is asked");
    set().resolve().refused().observes("CONFIG-010", "refused");
    let says = |verdict, build| says("CONFIG-010", verdict, build);
    says("vacuous", set().resolve().crashed());
    says("vacuous", at(set().config(ENDPOINT_KEY, HERE_URL), HERE));
    says("vacuous", at(set().env(MODE, "IPv6"), DEFAULT_V6));
    says("vacuous", at(Build::new().env(ENDPOINT, HERE_URL), HERE));
}

#[test]
fn config_011_a_path_in_the_endpoint() {
    let set = || {
        Build::new()
            .env(ENDPOINT, "http://127.0.0.1:1338/base/")
            .to(HERE)
            .resolve()
    };
    let asked = |target| set().ask("PUT", target).reply(404, "").refused();
    asked("/base/latest/api/token").observes("CONFIG-011", "kept");
    asked(paths::TOKEN).observes("CONFIG-011", "dropped");
    asked("/other").observes("CONFIG-011", "changed");
    let says = |verdict, build| says("CONFIG-011", verdict, build);
    says("vacuous", set().refused());
    says("vacuous", at(set(), DEFAULT));
    says("vacuous", at(Build::new().env(ENDPOINT, HERE_URL), HERE));
}

/// A connection to `to` on which TLS is begun.
fn begins_tls(build: Build, to: &str) -> Build {
    build
        .push(What::Connect {
            conn: 7,
            server: Server::Imds,
            to: to.into(),
        })
        .push(What::Malformed {
            conn: 7,
            server: Server::Imds,
            bytes: "\u{16}\u{3}\u{1}".into(),
        })
}

#[test]
fn config_012_an_endpoint_over_tls() {
    let says = |verdict, build| says("CONFIG-012", verdict, build);
    let set = || {
        Build::new()
            .env(ENDPOINT, "https://127.0.0.1:1338/")
            .resolve()
    };
    says("held", begins_tls(set(), HERE).refused());
    says("violated", set().to(HERE).put().reply(404, "").refused());
    says("violated", set().to(DEFAULT).put().reply(404, "").refused());
    says("vacuous", begins_tls(set(), THERE).refused());
    says("vacuous", set().refused());
    let plain = Build::new().env(ENDPOINT, HERE_URL).resolve();
    says("vacuous", begins_tls(plain, HERE).refused());
}

#[test]
fn config_016_other_values() {
    let set = |v| Build::new().env("AWS_EC2_METADATA_DISABLED", v);
    at(set("1"), DEFAULT).observes("CONFIG-016", r#""1" does not disable"#);
    set("yes")
        .resolve()
        .refused()
        .observes("CONFIG-016", r#""yes" disables, or is an error"#);
    let says = |verdict, build| says("CONFIG-016", verdict, build);
    for value in ["true", "TRUE", "false"] {
        says("vacuous", set(value).resolve().refused());
    }
    says("vacuous", set("1").resolve().crashed());
    says("vacuous", Build::new().resolve().refused());
}

#[test]
fn config_017_file_or_environment() {
    let set = |env, file| {
        Build::new()
            .env("AWS_EC2_METADATA_DISABLED", env)
            .config("disable_ec2_metadata", file)
    };
    let (env, file) = ("the environment decides", "the file decides");
    at(set("false", "true"), DEFAULT).observes("CONFIG-017", env);
    at(set("true", "false"), DEFAULT).observes("CONFIG-017", file);
    let refused = |b: Build| b.resolve().refused();
    refused(set("true", "false")).observes("CONFIG-017", env);
    refused(set("false", "true")).observes("CONFIG-017", file);
    says("CONFIG-017", "vacuous", refused(set("true", "true")));
    says("CONFIG-017", "vacuous", set("true", "false").resolve());
}

#[test]
fn config_020_a_named_profile() {
    let set = || Build::new().env("AWS_PROFILE", "work");
    let endpoint = || set().config(ENDPOINT_KEY, HERE_URL);
    at(endpoint(), HERE).observes("CONFIG-020", "endpoint: used");
    at(endpoint(), DEFAULT).observes("CONFIG-020", "endpoint: not used");
    collected(endpoint(), THERE).observes("CONFIG-020", "endpoint: not used");
    at(set().config(MODE_KEY, "IPv6"), DEFAULT_V6).observes("CONFIG-020", "mode: used");
    let says = |verdict, build| says("CONFIG-020", verdict, build);
    says("vacuous", at(set(), DEFAULT));
    says("vacuous", at(endpoint().env(ENDPOINT, HERE_URL), HERE));
    let unnamed = Build::new().config(ENDPOINT_KEY, HERE_URL);
    says("vacuous", at(unnamed, HERE));
    says("vacuous", endpoint().resolve().refused());
}

#[test]
fn config_021_the_container_stays_on() {
    let says = |verdict, build| says("CONFIG-021", verdict, build);
    let set = || {
        Build::new()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds")
            .resolve()
    };
    let asked = || set().ask_at(Server::Container, "GET", "/creds", &[]);
    says("held", asked().reply(500, "").refused());
    says("violated", set().refused());
    says("vacuous", set().crashed());
    says("vacuous", set().put().reply(404, "").refused());
    let token = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    says("vacuous", set().env(token, "/none").refused());
    let keys = set().works(imdspec_wire::Source::Environment, "ENV");
    says("vacuous", keys.refused());
    let off = Build::new().env("AWS_EC2_METADATA_DISABLED", "true");
    says("vacuous", off.resolve().refused());
}

#[test]
fn config_022_an_endpoint_elsewhere() {
    let set = |url| Build::new().env(ENDPOINT, url);
    let elsewhere = || set("http://169.254.170.2");
    at(elsewhere(), "169.254.170.2:80").observes("CONFIG-022", "asked");
    elsewhere()
        .resolve()
        .refused()
        .observes("CONFIG-022", "refused");
    let says = |verdict, build| says("CONFIG-022", verdict, build);
    says("vacuous", set("http://192.168.1.1").resolve().refused());
    says("vacuous", at(set(HERE_URL), HERE));
    says("vacuous", set("http://[fd00:ec2::254]").resolve().refused());
    says("vacuous", elsewhere().resolve().crashed());
}
