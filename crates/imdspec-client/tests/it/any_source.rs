//! What holds of every source, whatever is set up and whatever anybody answers.

use crate::play::*;
use crate::world::*;
use imdspec_client::{Action, Environment, Lost, Options, Ran, Source, Unread};
use imdspec_wire::Bytes;
use proptest::prelude::*;
use std::time::Duration;

/// A place with some sources set up, which may contradict each other.
fn place(sources: &[Source]) -> Environment {
    let mut environment = nothing();
    for source in sources {
        set_up(&mut environment, *source);
    }
    environment
}

fn sources() -> impl Strategy<Value = Vec<Source>> {
    let all: Vec<Source> = Options::default().order.sources().collect();
    prop::sample::subsequence(all, 0..=14)
}

/// Options with the sources in any order.
fn options() -> impl Strategy<Value = Options> {
    let all: Vec<Source> = Source::ALL.to_vec();
    let order = Just(all).prop_shuffle();
    (order, any::<bool>(), 1..4u32).prop_map(|(order, goes_on, attempts)| Options {
        order: order.into_iter().collect(),
        goes_on,
        attempts,
        ..Options::default()
    })
}

/// What becomes of something that has an answer.
#[derive(Debug, Clone)]
enum Fate {
    /// It is given.
    Given,
    /// It is cut off, and goes on with something else.
    Cut(usize, Vec<u8>),
    /// It is something else.
    Other(u16, Vec<u8>),
    Lost(Lost),
    Silence,
}

impl Fate {
    fn of_bytes(&self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Self::Given => Some(bytes),
            Self::Cut(at, more) => {
                bytes.truncate(at % (bytes.len() + 1));
                bytes.extend(more);
                Some(bytes)
            }
            Self::Other(_, bytes) => Some(bytes.clone()),
            Self::Lost(_) | Self::Silence => None,
        }
    }

    fn of_line(&self, line: Line) -> Line {
        let Line::Answer(mut reply) = line else {
            return line;
        };
        match self {
            Self::Lost(lost) => return Line::Lost(*lost),
            Self::Silence => return Line::Silence,
            Self::Other(status, _) => reply.status = *status,
            Self::Given | Self::Cut(..) => {}
        }
        let body = self.of_bytes(std::mem::take(&mut reply.body.0));
        reply.body = Bytes(body.unwrap_or_default());
        Line::Answer(reply)
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    let bytes = || {
        prop_oneof![
            2 => prop::collection::vec(any::<u8>(), 0..40),
            2 => "[<>/{}\\[\\]\":,&;! a-zA-Z0-9-]{0,60}".prop_map(String::into_bytes),
            1 => Just(r#"{"Version":1,"AccessKeyId":"X","SecretAccessKey":""}"#.into()),
            1 => Just(b"<a>".repeat(20_000)),
            1 => Just(b"[".repeat(60_000)),
            1 => Just(vec![b' '; 70_000]),
        ]
    };
    let status = prop::sample::select(vec![200, 201, 302, 400, 401, 403, 404, 429, 500, 503]);
    let lost = prop::sample::select(vec![
        Lost::Refused,
        Lost::Reset,
        Lost::TooLarge,
        Lost::NotHttp,
    ]);
    prop_oneof![
        6 => Just(Fate::Given),
        3 => (0..4000usize, bytes()).prop_map(|(at, bytes)| Fate::Cut(at, bytes)),
        3 => (status, bytes()).prop_map(|(status, bytes)| Fate::Other(status, bytes)),
        1 => lost.prop_map(Fate::Lost),
        1 => Just(Fate::Silence),
    ]
}

/// Lets fates come over the files and the command.
fn befall(play: &mut Play, fate: &Fate) {
    for text in play.files.values_mut() {
        let bytes = fate.of_bytes(text.clone().into_bytes()).unwrap_or_default();
        *text = String::from_utf8_lossy(&bytes).into_owned();
    }
    play.ran = match (play.ran.take(), fate) {
        (Some(Ran::Ended { stdout, .. }), Fate::Given | Fate::Cut(..) | Fate::Other(..)) => {
            let stdout = fate.of_bytes(stdout).unwrap_or_default();
            Some(Ran::Ended {
                status: Some(0),
                stdout,
            })
        }
        (_, Fate::Silence) => None,
        _ => Some(Ran::NotStarted),
    };
}

/// What a driver may do between two polls, sensible or not.
#[derive(Debug, Clone)]
enum Move {
    /// What was asked for comes, whole or not.
    Comes(Fate),
    /// Something else comes.
    Strays,
    Passes(u64),
    Jumps(i64),
    Starts,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![
        8 => fate().prop_map(Move::Comes),
        2 => Just(Move::Strays),
        3 => (0..7000u64).prop_map(Move::Passes),
        1 => prop_oneof![0..100_000_000u64, Just(u64::MAX)].prop_map(Move::Passes),
        1 => any::<i64>().prop_map(Move::Jumps),
        1 => Just(Move::Starts),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// No order of calls and no clock makes the machine panic or turn in place.
    #[test]
    fn any_order_of_calls_is_survived(
        sources in sources(),
        options in options(),
        moves in moves(),
    ) {
        let mut play = Play::with(&place(&sources), options);
        furnish(&mut play);
        let mut asked = play.provider.poll(play.now);
        for step in moves {
            let now = play.now;
            match step {
                Move::Comes(fate) => match &asked {
                    Action::Send(send) => match fate.of_line(answer(send, "A")) {
                        Line::Answer(reply) => play.provider.receive(now, Ok(reply)),
                        Line::Lost(lost) => play.provider.receive(now, Err(lost)),
                        Line::Silence => {}
                    },
                    Action::Read(path) => {
                        let text = play.files.get(path).cloned().unwrap_or_default();
                        let bytes = fate.of_bytes(text.into_bytes());
                        let text = bytes.map(|b| String::from_utf8_lossy(&b).into_owned());
                        play.provider.receive_file(now, text.ok_or(Unread::Missing));
                    }
                    Action::Run(_) => {
                        let stdout = fate.of_bytes(Vec::new()).unwrap_or_default();
                        let ran = Ran::Ended { status: Some(0), stdout };
                        play.provider.receive_output(now, ran);
                    }
                    Action::Wait(_) | Action::Done(_) => {}
                },
                Move::Strays => {
                    play.provider.receive_output(now, Ran::NotStarted);
                    play.provider.receive_file(now, Ok("stray".into()));
                    play.provider.receive(now, Err(Lost::Closed));
                }
                Move::Passes(millis) => play.advance(Duration::from_millis(millis)),
                Move::Jumps(millis) => play.now.wall.0 = now.wall.0.wrapping_add(millis),
                Move::Starts => play.provider.start(now),
            }
            asked = match play.provider.poll(play.now) {
                Action::Wait(until) => {
                    prop_assert!(until > play.now.mono, "a wait for a time that has come");
                    prop_assert!(until <= play.now.mono.plus(Duration::from_secs(60)));
                    asked
                }
                asked => asked,
            };
        }
    }

    /// Whatever anybody answers, a resolve ends, in time, and gives whole credentials or none.
    #[test]
    fn a_resolve_ends_with_whole_credentials_or_none(
        sources in sources(),
        options in options(),
        fates in prop::collection::vec(fate(), 1..12),
    ) {
        let mut play = Play::with(&place(&sources), options);
        let mut fates = fates.iter().cycle();
        for _ in 0..3 {
            let began = play.now.mono;
            furnish(&mut play);
            befall(&mut play, fates.next().unwrap_or(&Fate::Given));
            let outcome = play.resolve_with(|send| {
                let line = answer(send, "A");
                fates.next().unwrap_or(&Fate::Given).of_line(line)
            });
            // Ten seconds a service, of which there are two behind a role, and a minute for the
            // command.
            let most = Duration::from_secs(10 * 2 * 14 + 60);
            prop_assert!(play.now.mono.since(began) <= most);
            match outcome {
                Ok(found) => {
                    prop_assert!(!found.access_key_id.is_empty());
                    prop_assert!(!found.secret_access_key.is_empty());
                    prop_assert_ne!(found.session_token.as_deref(), Some(""));
                }
                Err(error) => {
                    prop_assert!(!error.message.contains(char::is_control), "{error}");
                    prop_assert!(!error.message.contains("secret-"), "{error}");
                }
            }
            play.advance(Duration::from_secs(7 * 3600));
        }
    }

    /// Credentials are wholly of one answer of one source, however many were asked before.
    #[test]
    fn credentials_are_never_mixed(
        sources in sources(),
        options in options(),
        given in prop::collection::vec(any::<bool>(), 1..12),
    ) {
        let mut play = Play::with(&place(&sources), options);
        furnish(&mut play);
        let mut given = given.iter().cycle();
        let mut answers = 0;
        let outcome = play.resolve_with(|send| {
            answers += 1;
            match given.next() {
                Some(true) => answer(send, &format!("A{answers}")),
                _ => status(403, ""),
            }
        });
        if let Ok(found) = outcome {
            let id = &found.access_key_id;
            prop_assert_eq!(&found.secret_access_key, &format!("secret-{id}"));
            if let Some(token) = &found.session_token {
                prop_assert_eq!(token, &format!("token-{id}"));
            }
            let keys = match found.source {
                Source::Environment => "ENV",
                Source::SharedCredentials => "SHARED",
                Source::ConfigFile => "CONFIG",
                Source::Process => "PROCESS",
                // Of the last answer, and not of one that led to it.
                _ => &format!("A{answers}"),
            };
            prop_assert_eq!(id, keys);
        }
    }
}
