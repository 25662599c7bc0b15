use super::*;
use crate::{Change, End, Mode, Model, Nth, Profile, Span, World};
use imdspec_wire::{CredentialDocument, Mono, Now, Request, TTL_HEADER, Wall, paths};

const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(0),
};

const DOCUMENT: &str = "/latest/meta-data/iam/security-credentials/imdspec-role";

/// A model that needs no tokens, with these faults.
fn model(faults: Vec<Fault>) -> Model {
    Model::new(
        World {
            mode: Mode::V2Optional,
            faults,
            ..World::default()
        },
        1,
    )
}

fn fault(change: impl FnOnce(&mut Fault)) -> Fault {
    let mut fault = Fault::default();
    change(&mut fault);
    fault
}

fn document(change: impl FnOnce(&mut Fault)) -> Reply {
    model(vec![fault(change)]).handle(T0, &Request::new("GET", DOCUMENT))
}

fn healthy() -> Reply {
    model(Vec::new()).handle(T0, &Request::new("GET", DOCUMENT))
}

fn nth(text: &str) -> Nth {
    text.to_owned().try_into().unwrap()
}

#[test]
fn a_fault_is_for_what_it_says() {
    let targets = [
        ("PUT", paths::TOKEN),
        ("PUT", "/latest/api/token/"),
        ("GET", paths::ROLES),
        ("GET", paths::ROLES.trim_end_matches('/')),
        ("GET", DOCUMENT),
        ("HEAD", "/"),
    ];
    for (on, method, hit) in [
        (On::Any, None, [true; 6]),
        (On::Token, None, [true, true, false, false, false, false]),
        (On::Metadata, None, [false, false, true, true, true, true]),
        (On::Roles, None, [false, false, true, true, false, false]),
        (
            On::Document,
            None,
            [false, false, false, false, true, false],
        ),
        (
            On::Any,
            Some("HEAD"),
            [false, false, false, false, false, true],
        ),
        (On::Metadata, Some("PUT"), [false; 6]),
    ] {
        let mut model = model(vec![fault(|f| {
            f.on = on;
            f.method = method.map(str::to_owned);
            f.status = Some(599);
        })]);
        let seen = targets.map(|(m, t)| model.handle(T0, &Request::new(m, t)).status == 599);
        assert_eq!(seen, hit, "{on:?} {method:?}");
    }
}

#[test]
fn counts_begin_when_a_fault_comes_into_force_and_the_first_match_wins() {
    let status = |nth_: &str, status| {
        fault(|f| {
            f.on = On::Document;
            f.nth = nth(nth_);
            f.status = Some(status);
        })
    };
    let faults = vec![status("2", 502), status("1..3", 503), status("5..", 504)];
    let mut model = model(Vec::new());
    let ask = |model: &mut Model| model.handle(T0, &Request::new("GET", DOCUMENT)).status;
    assert_eq!(ask(&mut model), 200);
    for _ in 0..2 {
        model.change(T0, Change::Faults(faults.clone()));
        assert_eq!(model.handle(T0, &Request::new("GET", "/")).status, 200);
        let statuses = [(); 6].map(|()| ask(&mut model));
        assert_eq!(statuses, [503, 502, 503, 200, 504, 504]);
    }
    model.change(T0, Change::Faults(Vec::new()));
    assert_eq!(ask(&mut model), 200);
}

#[test]
fn a_status_alone_says_what_becomes_of_the_body() {
    let page = document(|f| f.status = Some(503));
    assert!(
        page.body
            .text()
            .contains("<h1>503 - Service Unavailable</h1>")
    );
    assert_eq!(
        (page.reason.as_str(), page.fault.as_str()),
        ("Service Unavailable", "status 503")
    );
    let other_success = document(|f| f.status = Some(203));
    assert_eq!(other_success.body, healthy().body);
    let redirect = document(|f| {
        f.status = Some(307);
        f.headers = vec![("Location".into(), "${collector}/x".into())];
    });
    assert_eq!((redirect.status, redirect.body.len()), (307, 0));
    assert_eq!(redirect.headers.get("location"), Some("/x"));
    let nothing = document(|f| f.status = Some(204));
    assert!(nothing.bodiless && !nothing.headers.has("content-length"));
    assert_eq!(nothing.end(), End::Whole);
    // Only healthy answers and filled gaps mint anything.
    let mut model = model(vec![fault(|f| f.status = Some(503))]);
    model.handle(
        T0,
        &Request::new("PUT", paths::TOKEN).with(TTL_HEADER, "60"),
    );
    assert!(model.take_secrets().is_empty());
}

#[test]
fn a_body_is_filled_in_and_keeps_to_plain_text() {
    let body = concat!(
        r#"{"Code":"Success","AccessKeyId":"${access-key-id}","Token":"${token}","#,
        r#""SecretAccessKey":"${secret-access-key}","Expiration":"${expiration+15m}"}"#
    );
    let mut model = model(vec![fault(|f| f.body = Some(body.into()))]);
    let reply = model.handle(T0, &Request::new("GET", DOCUMENT));
    let read = CredentialDocument::parse(&reply.body)
        .unwrap()
        .credentials()
        .unwrap();
    assert_eq!(read.expiration.to_seconds_text(), "2026-01-01T00:15:00Z");
    let told: Vec<_> = model.take_secrets().into_iter().map(|s| s.value).collect();
    assert_eq!(told, [read.secret_access_key, read.session_token]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers.get("content-type"), Some("text/plain"));
    assert_eq!(
        reply.headers.get("content-length"),
        Some(&*reply.body.len().to_string())
    );
    assert_eq!(reply.fault, "another body");
}

#[test]
fn a_body_in_base64_is_bytes_as_they_are() {
    let reply = document(|f| f.body_base64 = Some("/wAkew==".into()));
    assert_eq!(&*reply.body, b"\xff\0${");
    assert!(
        document(|f| f.body_base64 = Some("?".into()))
            .body
            .is_empty()
    );
}

#[test]
fn another_body_for_a_token_keeps_the_lifetime() {
    let mut model = model(vec![fault(|f| {
        f.on = On::Token;
        f.body = Some("a b".into());
    })]);
    let put = Request::new("PUT", paths::TOKEN);
    let reply = model.handle(T0, &put.clone().with(TTL_HEADER, "60"));
    assert_eq!(reply.headers.get(TTL_HEADER), Some("60"));
    assert_eq!(
        model.handle(T0, &put).headers.get(TTL_HEADER),
        Some("21600")
    );
    assert!(model.take_secrets().is_empty());
}

#[test]
fn a_session_token_in_a_body_is_valid() {
    let mut model = model(vec![fault(|f| {
        f.on = On::Token;
        f.status = Some(201);
        f.body = Some("${session-token}".into());
    })]);
    let token = model.handle(T0, &Request::new("PUT", paths::TOKEN)).body;
    let get = Request::new("GET", "/").with(imdspec_wire::TOKEN_HEADER, token.text());
    assert_eq!(model.handle(T0, &get).status, 200);
}

#[test]
fn header_fields_come_and_go() {
    let reply = document(|f| {
        f.headers = vec![
            ("content-length".into(), "5".into()),
            ("CONTENT-length".into(), "6".into()),
            ("Server".into(), "${role}".into()),
        ];
        f.without = vec!["content-type".into()];
        f.header_flood = Some(3);
    });
    let names: Vec<_> = reply.headers.0.iter().map(|(n, _)| &**n).collect();
    assert_eq!(
        names,
        [
            "content-length",
            "CONTENT-length",
            "Server",
            "X-Flood-1",
            "X-Flood-2",
            "X-Flood-3"
        ]
    );
    assert_eq!(reply.headers.get("server"), Some("imdspec-role"));
    assert_eq!(reply.body, healthy().body);
    assert!(
        reply
            .fault
            .ends_with("Server set, no content-type, 3 header fields more")
    );
}

#[test]
fn only_what_is_named_changes() {
    let slow = document(|f| f.delay = Some(Span::seconds(3)));
    let expected = Reply {
        delay: Duration::from_secs(3),
        fault: "delay 3s".into(),
        ..healthy()
    };
    assert_eq!(slow, expected);
}

#[test]
fn framings_say_so_in_the_fields() {
    for (framing, length, coding, close) in [
        (Framing::Length, true, None, false),
        (Framing::Chunked, false, Some("chunked"), false),
        (Framing::Close, false, None, true),
    ] {
        let reply = document(|f| f.framing = Some(framing));
        assert_eq!(reply.headers.has("content-length"), length, "{framing:?}");
        assert_eq!(reply.headers.get("transfer-encoding"), coding);
        assert_eq!(reply.headers.get("connection"), close.then_some("close"));
        assert_eq!((reply.framing, reply.close), (framing, close));
        assert_eq!(reply.end(), End::Whole);
    }
}

#[test]
fn a_reply_that_does_not_say_where_it_ends_ends_with_the_connection() {
    let reply = document(|f| f.without = vec!["Content-Length".into()]);
    assert_eq!((reply.framing, reply.close), (Framing::Close, true));
    assert_eq!(reply.end(), End::Whole);
    assert!(document(|f| f.version = Some(Version::Http10)).close);
    let told = document(|f| f.headers = vec![("Connection".into(), "close".into())]);
    assert!(told.close);
}

#[test]
fn ends_are_told_apart() {
    let length = healthy().body.len() as u64;
    let end = |change: &dyn Fn(&mut Fault)| document(change).end();
    assert_eq!(end(&|f| f.cut = Some(10)), End::Short);
    assert_eq!(end(&|f| f.cut = Some(length)), End::Whole);
    assert_eq!(end(&|f| f.content_length = Some(length + 1)), End::Short);
    assert_eq!(end(&|f| f.content_length = Some(length - 1)), End::Whole);
    assert_eq!(end(&|f| f.drip = Some(Span::seconds(1))), End::Drip);
    assert_eq!(end(&|f| f.endless = true), End::Endless);
    for (instead, end, words) in [
        (Instead::Silence, End::Silent, "silence"),
        (Instead::Close, End::Closed, "close"),
        (Instead::Reset, End::Reset, "reset"),
        (Instead::Garbage, End::Garbage, "garbage"),
    ] {
        let reply = document(|f| f.instead = Some(instead));
        assert_eq!((reply.end(), reply.fault.as_str()), (end, words));
    }
    let chunked = document(|f| {
        f.framing = Some(Framing::Chunked);
        f.cut = Some(length);
    });
    assert_eq!(
        (chunked.end(), chunked.fault),
        (End::Short, format!("chunked, cut after {length} bytes"))
    );
}

#[test]
fn a_drip_outlasts_any_deadline_and_stays_a_document() {
    for every in ["1ms", "100ms", "1s", "60s", "0s"] {
        let every: Span = every.parse().unwrap();
        let reply = document(|f| f.drip = Some(every));
        let step = reply.drip.unwrap();
        let pauses = u32::try_from(reply.body.len() - 1).unwrap();
        assert!(step * pauses >= DRIP_LASTS, "{every}");
        assert_eq!(
            reply.headers.get("content-length"),
            Some(&*reply.body.len().to_string())
        );
        assert!(
            CredentialDocument::parse(&reply.body)
                .unwrap()
                .credentials()
                .is_ok()
        );
    }
}

#[test]
fn gzip_says_so_and_holds_the_body() {
    let reply = document(|f| f.gzip = true);
    assert_eq!(reply.headers.get("content-encoding"), Some("gzip"));
    assert_eq!(&*reply.body, gzip::stored(&healthy().body));
    assert_eq!(
        reply.headers.get("content-length"),
        Some(&*reply.body.len().to_string())
    );
}

#[test]
fn an_endless_body_claims_its_end_only_when_asked_to() {
    let reply = document(|f| f.endless = true);
    assert!(reply.close && !reply.headers.has("content-length"));
    let reply = document(|f| {
        f.endless = true;
        f.framing = Some(Framing::Length);
    });
    assert_eq!(reply.headers.get("content-length"), Some("20971520"));
}

#[test]
fn faults_keep_to_the_profile() {
    let mut model = Model::new(
        World {
            profile: Profile::Http10,
            faults: vec![fault(|f| f.status = Some(503))],
            ..World::default()
        },
        1,
    );
    let reply = model.handle(T0, &Request::new("GET", "/"));
    assert_eq!((reply.version, reply.close), (Version::Http10, true));
}
