//! What the endpoint answers, what is made of it, and the way there.

use super::{
    ECS, END, Given, HERE, Outcome, Server, WHOLE, answers, asks, asks_with, fetched, full, gave,
    relative, says,
};
use crate::End;
use crate::testing::Build;
use imdspec_wire::paths;

fn set() -> Build {
    relative("/creds")
}

fn asked() -> Build {
    asks(set(), ECS, "/creds")
}

#[test]
fn cont_016_json_is_accepted() {
    let says = |verdict, build| says("CONT-016", verdict, build);
    let with = |accept| asks_with(set(), ECS, "/creds", &[("accept", accept)]);
    says("held", with("application/json").refused());
    says("held", with("application/json, */*").refused());
    says("violated", with("*/*").refused());
    says("violated", asked().refused());
    says("vacuous", set().refused());
    // The service's own paths, of a client that was told it is there.
    let astray = asks(set(), ECS, "//latest/meta-data/iam/security-credentials/");
    says("vacuous", astray.refused());
}

fn without(name: &str) -> Vec<(&str, &str)> {
    let members = WHOLE.into_iter();
    members.filter(|(n, _)| *n != name).collect()
}

#[test]
fn cont_017_what_is_taken() {
    let says = |verdict, build| says("CONT-017", verdict, build);
    says("held", gave(fetched(set())));
    says("violated", fetched(set()).refused());
    for name in ["AccessKeyId", "SecretAccessKey"] {
        let answered = || answers(asked(), &without(name));
        says("held", answered().refused());
        says("violated", gave(answered()));
        says("vacuous", answered().crashed());
    }
    // What may be missing, a Code, or an end that is near.
    says("vacuous", answers(asked(), &without("Token")).refused());
    let failed = [("Code", "Failed"), WHOLE[0], WHOLE[1], WHOLE[2], WHOLE[3]];
    says("vacuous", answers(asked(), &failed).refused());
    let near = [
        WHOLE[0],
        WHOLE[1],
        WHOLE[2],
        ("Expiration", "2026-01-01T00:10:00Z"),
    ];
    says("vacuous", answers(asked(), &near).refused());
    // Whoever asks again gets other keys, and refuses them for the same reason.
    let other = [("AccessKeyId", "NEXT"), WHOLE[1], WHOLE[2], WHOLE[3]];
    let twice = || answers(asks(fetched(set()), ECS, "/creds"), &other);
    says("violated", twice().refused());
    says("held", gave(twice()));
    let half = asks(answers(asked(), &without("Token")), ECS, "/creds");
    says("vacuous", answers(half, &other).refused());
    // Something else may be why.
    let role = fetched(set()).assume("AssumeRole", "CONT").reply(403, "");
    says("vacuous", role.refused());
    let again = fetched(asked().reply(500, ""));
    says("vacuous", again.refused());
    says("vacuous", asked().reply(200, "{").refused());
}

#[test]
fn cont_025_what_may_be_missing() {
    let observes = |build: Build, value| build.observes("CONT-025", value);
    let without = |name| answers(asked(), &without(name));
    observes(gave(without("Token")), "without Token: taken");
    observes(without("Token").refused(), "without Token: refused");
    observes(gave(without("Expiration")), "without Expiration: taken");
    let neither = || answers(asked(), &WHOLE[..2]);
    observes(neither().refused(), "without Token and Expiration: refused");
    let again = || asks(without("Token"), ECS, "/creds");
    observes(
        answers(again(), &[("AccessKeyId", "NEXT"), WHOLE[1], WHOLE[3]]).refused(),
        "without Token: refused",
    );
    let says = |verdict, build| says("CONT-025", verdict, build);
    says("vacuous", answers(again(), &WHOLE).refused());
    says("vacuous", gave(fetched(set())));
    says("vacuous", neither().crashed());
    says("vacuous", without("AccessKeyId").refused());
}

#[test]
fn cont_018_failures_are_repeated() {
    let says = |verdict, build| says("CONT-018", verdict, build);
    let failed = || asked().reply(503, "");
    says("held", gave(fetched(failed())));
    let again = asks(failed(), ECS, "/creds").reply(503, "");
    says("held", again.refused());
    says("violated", failed().refused());
    says("violated", asked().lost(End::Reset).refused());
    // Credentials are at hand, or nothing is said of this status.
    says("vacuous", gave(failed()));
    says("vacuous", asked().reply(404, "").refused());
    says("vacuous", failed().crashed());
    says("vacuous", gave(fetched(set())));
}

#[test]
fn cont_019_silence_ends() {
    let says = |verdict, build| says("CONT-019", verdict, build);
    let silent = || asked().lost(End::Silent);
    says("held", silent().refused());
    says("held", gave(fetched(silent())));
    says("violated", silent().hung());
    let both = silent().put().lost(End::Silent);
    says("vacuous", both.hung());
    says("vacuous", asked().reply(500, "").hung());
}

#[test]
fn cont_020_when_they_are_over() {
    let over = || gave(fetched(set())).advance(7 * 3600).resolve();
    let failing = || asks(over(), ECS, "/creds").reply(500, "");
    let observes = |build: Build, value| build.observes("CONT-020", value);
    observes(gave(failing()), "goes on with them");
    observes(failing().refused(), "refuses");
    let says = |verdict, build| says("CONT-020", verdict, build);
    says("vacuous", gave(over()));
    says("vacuous", over().refused());
    says("vacuous", gave(fetched(over())));
    let early = gave(fetched(set())).advance(3600).resolve();
    says("vacuous", gave(asks(early, ECS, "/creds").reply(500, "")));
    says("vacuous", failing().gave("ELSEWHERE", END));
}

#[test]
fn cont_021_proxies() {
    let says = |verdict, build| says("CONT-021", verdict, build);
    let proxied = |b: Build, target| b.ask_at(Server::Proxy, "GET", target, &[]);
    let with = |b: Build| b.env("HTTP_PROXY", "http://127.0.0.1:1340");
    let url = "http://169.254.170.2/creds";
    says("held", asks(with(set()), ECS, "/creds").refused());
    says("violated", proxied(with(set()), url).refused());
    let here = || with(full("http://127.0.0.1:1342/creds"));
    says("held", asks(here(), HERE, "/creds").refused());
    says("violated", proxied(here(), "127.0.0.1:1342").refused());
    // Another host that begins alike, an exemption, and no proxy at all.
    let eks = "http://169.254.170.23/creds";
    says("vacuous", proxied(with(set()), eks).refused());
    let exempt = with(set()).env("NO_PROXY", "169.254.170.2");
    says("vacuous", proxied(exempt, url).refused());
    says("vacuous", proxied(set(), url).refused());
    let service = format!("http://169.254.169.254{}", paths::ROLES);
    says("vacuous", proxied(with(set()), &service).refused());
    let tls = with(full("https://127.0.0.1:1342/creds"));
    says("vacuous", proxied(tls, "127.0.0.1:1342").refused());
}

#[test]
fn cont_022_accounts() {
    let says = |verdict, build| says("CONT-022", verdict, build);
    let members = [
        WHOLE[0],
        WHOLE[1],
        WHOLE[2],
        WHOLE[3],
        ("AccountId", "123456789012"),
    ];
    let served = || answers(asked(), &members);
    let gives = |b: Build, secret: Option<&str>, account: Option<&str>| {
        b.outcome(Outcome::Credentials(Given {
            access_key_id: "CONT".into(),
            secret_access_key: secret.map(str::to_owned),
            session_token: Some("token-of-CONT".into()),
            expiration: None,
            account_id: account.map(str::to_owned),
        }))
    };
    let secret = Some("secret-of-CONT");
    says("held", gives(served(), secret, Some("123456789012")));
    says("violated", gives(served(), secret, None));
    says("violated", gives(served(), secret, Some("210987654321")));
    says("vacuous", gives(served(), None, None));
    says("vacuous", gives(fetched(set()), secret, None));
    says("vacuous", served().gave("ELSEWHERE", END));
    says("vacuous", served().refused());
}
