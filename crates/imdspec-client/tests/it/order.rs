//! Which source is asked, in which order, and what follows when it fails.

use crate::play::*;
use crate::world::*;
use imdspec_client::{Environment, ErrorKind, Lost, Options, Order, Source};
use std::time::Duration;

const SIX_HOURS: &str = "2026-01-01T06:00:00Z";

fn with(order: &[Source], goes_on: bool) -> Options {
    Options {
        order: order.iter().copied().collect(),
        goes_on,
        ..Options::default()
    }
}

fn everything() -> Environment {
    let mut environment = nothing();
    for source in [
        Source::Environment,
        Source::SharedCredentials,
        Source::Process,
        Source::ConfigFile,
        Source::Container,
    ] {
        set_up(&mut environment, source);
    }
    environment
}

/// Resolves in a world in which every source gives what it has.
fn source_of(play: &mut Play) -> Result<Source, String> {
    furnish(play);
    let outcome = play.resolve_with(|send| answer(send, "A"));
    outcome.map(|c| c.source).map_err(|error| error.message)
}

#[test]
fn the_default_order() {
    let order = Options::default().order;
    let names: Vec<&str> = order.sources().map(Source::as_str).collect();
    assert_eq!(
        names.join(" "),
        "environment assume-role assume-role-environment assume-role-container assume-role-imds \
         web-identity web-identity-profile sso shared-credentials process config-file container \
         container-full imds"
    );
    for source in order.sources() {
        let mut environment = nothing();
        set_up(&mut environment, source);
        // What a role rests on is a source of its own, and comes before it.
        let first = match source {
            Source::AssumeRoleEnvironment => Source::Environment,
            source => source,
        };
        let mut play = Play::new(&environment);
        assert_eq!(source_of(&mut play), Ok(first));
    }
}

#[test]
fn of_any_two_sources_the_one_that_is_first_in_the_order_is_asked() {
    let role = |source: Source| {
        source.as_str().starts_with("assume-role") || source == Source::WebIdentityProfile
    };
    let all: Vec<Source> = Options::default().order.sources().collect();
    for (n, one) in all.iter().copied().enumerate() {
        for other in all[n + 1..].iter().copied() {
            if role(one) && role(other) {
                // A profile has one role.
                continue;
            }
            let mut environment = nothing();
            set_up(&mut environment, one);
            set_up(&mut environment, other);
            for order in [[one, other], [other, one]] {
                for goes_on in [false, true] {
                    let mut play = Play::with(&environment, with(&order, goes_on));
                    assert_eq!(source_of(&mut play), Ok(order[0]), "{order:?}");
                }
            }
        }
    }
}

#[test]
fn what_the_order_lacks_is_not_read() {
    use Source::{ConfigFile, Environment, Process};
    let steps = Options {
        order: Order(vec![
            vec![Source::Login, Process, ConfigFile],
            vec![Environment],
        ]),
        ..Options::default()
    };
    assert_eq!(
        source_of(&mut Play::with(&everything(), steps)),
        Ok(Process)
    );
    let nowhere = with(&[Source::Code, Source::Boto2], false);
    let outcome = Play::with(&everything(), nowhere).resolve([]);
    assert_error(
        &outcome,
        ErrorKind::None,
        "no source of credentials is set up",
    );
}

#[test]
fn a_service_that_is_turned_off_is_not_set_up() {
    let environment = vars([("AWS_EC2_METADATA_DISABLED", "true"), RELATIVE]);
    let order = [Source::Imds, Source::Container];
    let mut play = Play::with(&environment, with(&order, false));
    assert_eq!(source_of(&mut play), Ok(Source::Container));
}

#[test]
fn a_chain_that_goes_on_asks_the_next_and_reports_the_last() {
    let mut environment = vars([RELATIVE, ("AWS_ACCESS_KEY_ID", "one key alone")]);
    let going_on = Options {
        goes_on: true,
        attempts: 1,
        ..Options::default()
    };
    let mut play = Play::with(&environment, going_on.clone());
    let mut asked = Vec::new();
    let outcome = play.resolve_with(|send| {
        asked.push(send.authority.to_string());
        match send.authority.host.as_str() {
            "169.254.170.2" => status(500, ""),
            _ => Line::Lost(Lost::Refused),
        }
    });
    assert_eq!(asked, ["169.254.170.2:80", "169.254.169.254:80"]);
    assert_error(&outcome, ErrorKind::None, "no instance metadata service");

    // A broken file costs the sources that stand in it one failure, and no others.
    environment.unread = [("/etc/aws/config".into(), imdspec_client::Unread::NotUtf8)].into();
    let mut play = Play::with(&environment, going_on.clone());
    assert_eq!(source_of(&mut play), Ok(Source::Container));
    (environment.vars).remove(RELATIVE.0);
    let mut play = Play::with(&environment, going_on);
    assert_eq!(source_of(&mut play), Ok(Source::Imds));
}

#[test]
fn what_one_source_gave_is_used_while_it_is_fresh() {
    let options = Options {
        goes_on: true,
        ..Options::default()
    };
    let mut play = Play::with(&vars([RELATIVE]), options);
    let refuses = |send: &imdspec_client::Send| match send.authority.host.as_str() {
        "169.254.170.2" => status(403, ""),
        _ => match send.request.target.as_str() {
            "/latest/api/token" => token("T1", "21600"),
            LIST => ok("role"),
            _ => ok(&document("A", SIX_HOURS)),
        },
    };
    assert_eq!(play.resolve_with(refuses).unwrap().source, Source::Imds);
    // Nobody is asked.
    assert_eq!(play.resolve([]).unwrap().source, Source::Imds);
    // When new ones are due, the first is asked again.
    play.advance(Duration::from_secs(6 * 3600));
    let end = play.after(3600);
    let outcome = play.resolve_with(|_| ok(&document("B", &end)));
    assert_eq!(outcome.unwrap().source, Source::Container);
}
