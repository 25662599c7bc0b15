//! What holds for any request, any path and any fault.

use imdspec_model::{Change, End, Fault, Framing, Mode, Model, Piece, Profile, Span, World};
use imdspec_wire::{
    Headers, Limits, Mono, Now, Received, Request, ResponseReader, TOKEN_HEADER, TTL_HEADER,
    Version, Wall, paths,
};
use proptest::prelude::*;
use proptest::sample::select;

const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(0),
};

fn mode() -> impl Strategy<Value = Mode> {
    select(&[Mode::V2Required, Mode::V2Optional, Mode::V1Only, Mode::Off][..])
}

fn profile() -> impl Strategy<Value = Profile> {
    use Profile::{Http10, Http11, Http11Close, TtlOnGets};
    select(&[Http11, Http11Close, Http10, TtlOnGets][..])
}

fn world() -> impl Strategy<Value = World> {
    (mode(), profile(), "[a-z+=,.@_-]{0,8}", any::<[i32; 3]>()).prop_map(
        |(mode, profile, role, [longest, lifetime, before])| World {
            mode,
            profile,
            role,
            longest_token: Span::seconds(longest.into()),
            credential_lifetime: Span::seconds(lifetime.into()),
            rotate_before: Span::seconds(before.into()),
            ..World::default()
        },
    )
}

/// Segments that lead somewhere, and such that should lead nowhere.
fn target() -> impl Strategy<Value = String> {
    let segments = &[
        "latest",
        "1.0",
        "meta-data",
        "iam",
        "security-credentials",
        "imdspec-role",
        "info",
        "api",
        "token",
        "placement",
        "region",
        "dynamic",
        "instance-identity",
        "document",
        "..",
        ".",
        "%2e%2e",
        "%2E.",
        "%00",
        "\0",
        "",
        "etc",
        "passwd",
        "..%2f",
        "%",
        "?x=/../",
        "#",
    ][..];
    prop_oneof![
        proptest::collection::vec(select(segments), 0..8).prop_map(|s| format!("/{}", s.join("/"))),
        Just(format!("{}imdspec-role", paths::ROLES)),
        Just(paths::ROLES.to_owned()),
        Just(paths::TOKEN.to_owned()),
        any::<String>(),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let name = select(
        &[
            TOKEN_HEADER,
            TTL_HEADER,
            "X-Forwarded-For",
            "Connection",
            "Expect",
            "Host",
            "",
            "\n",
        ][..],
    );
    let value = prop_oneof![
        Just("60".to_owned()),
        Just("close".to_owned()),
        any::<String>()
    ];
    (
        prop_oneof![4 => Just("GET".to_owned()), 2 => Just("PUT".into()), 1 => any::<String>()],
        target(),
        proptest::collection::vec((name, value), 0..4),
        any::<bool>(),
    )
        .prop_map(|(method, target, headers, old)| Request {
            version: if old {
                Version::Http10
            } else {
                Version::Http11
            },
            headers: headers.into_iter().collect::<Headers>(),
            ..Request::new(method, target)
        })
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let framing = select(&[Framing::Length, Framing::Chunked, Framing::Close][..]);
    (
        (
            proptest::option::of(select(&[200_u16, 201, 204, 304, 401, 404, 503][..])),
            proptest::option::of("[a-z${}]{0,40}|\\$\\{(role|token|session-token)\\}"),
            proptest::option::of(framing),
            proptest::option::of(0..40_u64),
            proptest::option::of(0..40_u64),
        ),
        (
            proptest::collection::vec(100..104_u16, 0..3),
            proptest::option::of(0..60_u32),
            any::<[bool; 3]>(),
            proptest::option::of((1..5_i64).prop_map(Span::seconds)),
        ),
    )
        .prop_map(
            |((status, body, framing, cut, content_length), (interim, flood, bits, drip))| Fault {
                status,
                body,
                framing,
                cut,
                // Both at once is no message at all to a reader, whatever its end.
                content_length: content_length.filter(|_| framing != Some(Framing::Chunked)),
                // Switching protocols is final in its way.
                interim: interim.into_iter().filter(|s| *s != 101).collect(),
                header_flood: flood,
                without: bits[0]
                    .then(|| "content-length".into())
                    .into_iter()
                    .collect(),
                gzip: bits[1],
                version: bits[2].then_some(Version::Http10),
                drip,
                ..Fault::default()
            },
        )
}

/// How a reader that gets all the pieces fares.
fn reads(method: &str, pieces: Vec<Piece>) -> Result<usize, &'static str> {
    let limits = Limits {
        head: 1 << 20,
        body: 1 << 20,
    };
    let mut reader = ResponseReader::new(method, limits);
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => match reader.feed(&bytes) {
                Ok(Received::Done(response)) => return Ok(response.body.len()),
                Ok(Received::More) => {}
                Err(_) => return Err("unreadable"),
            },
            Piece::Close => return reader.end().map(|r| r.body.len()).map_err(|_| "cut"),
            Piece::Hang => return Err("waits"),
            Piece::Pause(_) => {}
            Piece::Repeat { .. } | Piece::Reset => return Err("unexpected"),
        }
    }
    Err("open")
}

proptest! {
    #[test]
    fn any_request_gets_a_sound_reply(
        world in world(),
        seed: u64,
        requests in proptest::collection::vec((request(), 0..100_000_u64), 1..8),
    ) {
        let mut model = Model::new(world, seed);
        let mut now = T0;
        for (request, later) in requests {
            now = now.plus(std::time::Duration::from_millis(later));
            let reply = model.handle(now, &request);
            prop_assert!(matches!(reply.status, 200 | 301 | 400 | 401 | 403 | 404 | 405 | 417));
            prop_assert_eq!(reply.end(), End::Whole);
            let length = if reply.bodiless { 0 } else { reply.body.len() };
            prop_assert_eq!(reads(&request.method, reply.pieces()), Ok(length));
        }
    }

    #[test]
    fn nothing_leaves_the_tree(target in target()) {
        let mut model = Model::new(World { mode: Mode::V2Optional, ..World::default() }, 1);
        let reply = model.handle(T0, &Request::new("GET", target.as_str()));
        if reply.status == 200 {
            let path = target.split(['?', '#']).next().unwrap_or_default();
            let path = path.strip_prefix('/').unwrap_or("no path");
            let path = path.strip_suffix('/').unwrap_or(path);
            let odd = |s: &str| s.is_empty() || s.starts_with('.') || s.contains(['%', '\0']);
            prop_assert!(path.is_empty() || !path.split('/').any(odd), "{}", target);
        } else {
            // A page never repeats what was asked.
            prop_assert!(matches!(reply.status, 301 | 404 | 405));
            prop_assert!(!reply.body.text().contains("passwd"));
        }
    }

    #[test]
    fn how_a_faulty_reply_ends_is_what_a_reader_finds(
        fault in any_fault(),
        profile in profile(),
        head: bool,
    ) {
        let world = World {
            mode: Mode::V2Optional,
            profile,
            faults: vec![fault.clone()],
            ..World::default()
        };
        let method = if head { "HEAD" } else { "GET" };
        let reply = Model::new(world, 1).handle(T0, &Request::new(method, paths::ROLES));
        let read = reads(method, reply.pieces());
        match reply.end() {
            End::Whole => prop_assert!(read.is_ok(), "{:?}", read),
            End::Short => prop_assert!(matches!(read, Err("cut" | "waits")), "{:?}", read),
            End::Drip => prop_assert!(fault.drip.is_some()),
            other => prop_assert!(false, "{:?}", other),
        }
        let names_something = fault != Fault::default();
        prop_assert_eq!(reply.fault.is_empty(), !names_something);
    }

    #[test]
    fn the_same_seed_gives_the_same_replies(
        world in world(),
        fault in any_fault(),
        seed: u64,
        requests in proptest::collection::vec(request(), 1..8),
    ) {
        let world = World { faults: vec![Fault { nth: "2".to_owned().try_into().unwrap(), ..fault }], ..world };
        let run = || {
            let mut model = Model::new(world.clone(), seed);
            let replies: Vec<_> = requests.iter().map(|r| model.handle(T0, r)).collect();
            model.change(T0, Change::Rotate);
            (replies, model.handle(T0, &requests[0]), model.take_secrets())
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn a_fork_goes_on_alike(seed: u64, request in request()) {
        let mut model = Model::new(World::default(), seed);
        model.handle(T0, &Request::new("PUT", paths::TOKEN).with(TTL_HEADER, "60"));
        let mut fork = model.clone();
        prop_assert_eq!(model.handle(T0, &request), fork.handle(T0, &request));
    }
}
