//! What holds whatever the service answers and whatever the clocks show.

use crate::play::*;
use imdspec_client::{Action, Environment, Lost, Options, Provider};
use imdspec_wire::{Mono, Response};
use proptest::prelude::*;
use std::time::Duration;

fn reply() -> impl Strategy<Value = Result<Response, Lost>> {
    let code = prop_oneof![
        4 => Just(200),
        4 => prop::sample::select(vec![401, 403, 404, 405, 429, 500, 503]),
        1 => 200..1000u16,
    ];
    let body = prop_oneof![
        Just("role".to_owned()),
        Just("TOKEN".to_owned()),
        Just(document("A", "2026-01-01T06:00:00Z")),
        Just(document("B", "2025-12-31T23:00:00Z")),
        Just(r#"{"Code":"Failed","Message":"no"}"#.to_owned()),
        "\\PC{0,40}",
        Just("x".repeat(70_000)),
    ];
    let ttl = prop_oneof![
        Just("21600".to_owned()),
        Just("1".to_owned()),
        "[0-9x-]{0,22}",
    ];
    let lost = prop::sample::select(vec![
        Lost::Refused,
        Lost::Reset,
        Lost::Closed,
        Lost::TimedOut,
        Lost::TooLarge,
        Lost::NotHttp,
    ]);
    prop_oneof![
        6 => (code, body, ttl).prop_map(|(code, body, ttl)| {
            let mut reply = response(code, &body);
            reply.headers.push("x-aws-ec2-metadata-token-ttl-seconds", ttl);
            Ok(reply)
        }),
        1 => lost.prop_map(Err),
    ]
}

/// What a driver may do between two polls, sensible or not.
#[derive(Debug, Clone)]
enum Move {
    Reply(Result<Response, Lost>),
    Pass(u64),
    Jump(i64),
    Start,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        8 => reply().prop_map(Move::Reply),
        3 => (0..3000u64).prop_map(Move::Pass),
        1 => prop_oneof![0..100_000_000u64, Just(u64::MAX)].prop_map(Move::Pass),
        1 => any::<i64>().prop_map(Move::Jump),
        1 => Just(Move::Start),
    ]
}

proptest! {
    /// Nothing a service answers makes a resolve endless, long, or weaker than it was told to be.
    #[test]
    fn a_resolve_ends_and_keeps_its_word(
        replies in prop::collection::vec(reply(), 1..40),
        attempts in 1..=10u32,
        v1_fallback: bool,
        resolves in 1..4usize,
    ) {
        let options = Options { v1_fallback, attempts, ..Options::default() };
        let mut play = Play::with(&Environment::default(), options);
        let mut replies = replies.into_iter().cycle();
        for _ in 0..resolves {
            let began = play.now;
            let mut requests = 0;
            let mut refused = false;
            let _ = play.resolve_with(|send| {
                requests += 1;
                let carries = send.request.headers.has("x-aws-ec2-metadata-token");
                let is_put = send.request.method == "PUT";
                assert_eq!(send.authority.to_string(), "169.254.169.254:80");
                assert!(is_put != carries || (!is_put && v1_fallback));
                assert!(!(is_put && refused), "a PUT after one answered 403");
                assert!(!send.request.target.contains([' ', '\r', '\n']));
                let reply = replies.next().unwrap_or(Err(Lost::Closed));
                refused = is_put && matches!(&reply, Ok(reply) if reply.status == 403);
                match reply {
                    Ok(reply) => Line::Answer(reply),
                    Err(Lost::TimedOut) => Line::Silence,
                    Err(lost) => Line::Lost(lost),
                }
            });
            // Four PUTs and two GETs, each with its tries, and a GET again for each new token.
            prop_assert!(requests <= 6 * attempts + 4, "{requests} requests");
            prop_assert!(play.now.mono.since(began.mono) <= Duration::from_secs(10));
            play.advance(Duration::from_secs(7 * 3600));
        }
    }

    /// No order of calls and no clock makes the machine panic or turn in place.
    #[test]
    fn any_order_of_calls_is_survived(moves in prop::collection::vec(moves(), 0..60)) {
        let mut provider = Provider::new(&Environment::default(), &Options::default(), 1);
        let mut now = T0;
        for step in moves {
            match step {
                Move::Reply(reply) => provider.receive(now, reply),
                Move::Pass(millis) => now = now.plus(Duration::from_millis(millis)),
                Move::Jump(millis) => now.wall.0 = now.wall.0.wrapping_add(millis),
                Move::Start => provider.start(now),
            }
            if let Action::Wait(until) = provider.poll(now) {
                prop_assert!(until > now.mono, "a wait for a time that has come");
                prop_assert!(until <= now.mono.plus(Duration::from_secs(10)));
            }
        }
        prop_assert!(now.mono >= Mono(0));
    }

    /// The same seed and the same answers give the same times.
    #[test]
    fn a_seed_decides_everything(replies in prop::collection::vec(reply(), 1..20), seed: u64) {
        let times = || {
            let mut play = Play::new(&Environment::default());
            play.provider = Provider::new(&Environment::default(), &Options::default(), seed);
            let mut replies = replies.iter().cycle().cloned();
            let outcome = play.resolve_with(|_| {
                let reply = replies.next().unwrap_or(Err(Lost::Closed));
                reply.map_or_else(Line::Lost, Line::Answer)
            });
            (play.pauses, outcome)
        };
        prop_assert_eq!(times(), times());
    }
}
