use super::*;
use crate::{End, Framing, SecretKind, Span};
use imdspec_wire::{
    CredentialDocument, Credentials, InstanceIdentity, InstanceProfile, Mono, TokenReply, Version,
    paths,
};

const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(1_000),
};

const DOCUMENT: &str = "/latest/meta-data/iam/security-credentials/imdspec-role";

fn after(seconds: u64) -> Now {
    T0.plus(Duration::from_secs(seconds))
}

fn put(ttl: &str) -> Request {
    Request::new("PUT", paths::TOKEN).with(TTL_HEADER, ttl)
}

fn get(path: &str) -> Request {
    Request::new("GET", path)
}

/// A model and a session token of six hours.
struct Session {
    model: Model,
    token: String,
}

impl Session {
    fn new(world: World) -> Self {
        let mut model = Model::new(world, 42);
        let token = model.handle(T0, &put("21600")).body.text().into_owned();
        Self { model, token }
    }

    fn ask(&mut self, now: Now, method: &str, path: &str) -> Reply {
        let request = Request::new(method, path).with(TOKEN_HEADER, self.token.as_str());
        self.model.handle(now, &request)
    }

    fn get(&mut self, path: &str) -> Reply {
        self.ask(T0, "GET", path)
    }

    fn credentials(&mut self, now: Now) -> Credentials {
        let reply = self.ask(now, "GET", DOCUMENT);
        assert_eq!(reply.status, 200);
        CredentialDocument::parse(&reply.body)
            .unwrap()
            .credentials()
            .unwrap()
    }
}

fn in_mode(mode: Mode) -> World {
    World {
        mode,
        ..World::default()
    }
}

/// The reply as a client reads it.
fn received(reply: &Reply) -> imdspec_wire::Response {
    imdspec_wire::Response {
        version: reply.version,
        status: reply.status,
        reason: reply.reason.clone(),
        headers: reply.headers.clone(),
        body: reply.body.clone(),
    }
}

#[test]
fn a_token_is_granted_for_the_time_asked() {
    for (asked, longest, granted) in [
        ("1", 21_600, 1),
        ("60", 21_600, 60),
        ("060", 21_600, 60),
        ("21600", 21_600, 21_600),
        ("21600", 300, 300),
        ("60", 300, 60),
    ] {
        let mut model = Model::new(
            World {
                longest_token: Span::seconds(longest),
                ..World::default()
            },
            1,
        );
        let reply = model.handle(T0, &put(asked));
        let token = TokenReply::parse(&received(&reply)).unwrap();
        assert_eq!(token.ttl.seconds(), granted, "{asked} of {longest}");
        let seen = |now| {
            get("/")
                .with(TOKEN_HEADER, token.token.as_str())
                .pipe(&mut model, now)
        };
        let statuses = [0, u64::from(granted) - 1, u64::from(granted)]
            .map(after)
            .map(seen);
        assert_eq!(statuses, [200, 200, 401], "{asked} of {longest}");
    }
}

trait Pipe {
    fn pipe(self, model: &mut Model, now: Now) -> u16;
}

impl Pipe for Request {
    fn pipe(self, model: &mut Model, now: Now) -> u16 {
        model.handle(now, &self).status
    }
}

#[test]
fn a_malformed_token_put_is_refused() {
    for ttl in [
        "",
        "0",
        "-1",
        "21601",
        "+60",
        "60.0",
        "6e1",
        "abc",
        " 60",
        "99999999999999999999",
    ] {
        assert_eq!(
            put(ttl).pipe(&mut Model::new(World::default(), 1), T0),
            400,
            "{ttl:?}"
        );
    }
    let mut model = Model::new(World::default(), 1);
    assert_eq!(Request::new("PUT", paths::TOKEN).pipe(&mut model, T0), 400);
    assert_eq!(put("60").with(TTL_HEADER, "60").pipe(&mut model, T0), 400);
    assert!(model.take_secrets().is_empty());
}

#[test]
fn every_mode_answers_in_its_own_way() {
    use Mode::{Off, V1Only, V2Optional, V2Required};
    for (mode, minting, bare, foreign, empty) in [
        (V2Required, 200, 401, 401, 401),
        (V2Optional, 200, 200, 401, 401),
        (V1Only, 405, 200, 200, 200),
        (Off, 403, 403, 403, 403),
    ] {
        let mut model = Model::new(in_mode(mode), 1);
        for (request, status) in [
            (put("60"), minting),
            (get(paths::ROLES), bare),
            (get(DOCUMENT), bare),
            (get("/"), bare),
            (get(paths::ROLES).with(TOKEN_HEADER, "x"), foreign),
            (get(paths::ROLES).with(TOKEN_HEADER, ""), empty),
        ] {
            assert_eq!(
                model.handle(T0, &request).status,
                status,
                "{mode:?} {request:?}"
            );
        }
    }
}

#[test]
fn refusals_of_methods_paths_and_fields() {
    let slashed = "/latest/api/token/";
    let dated = "/2021-03-23/api/token";
    for (method, path, field, status) in [
        ("GET", paths::TOKEN, None, 405),
        ("HEAD", paths::TOKEN, None, 405),
        ("POST", paths::TOKEN, Some((TTL_HEADER, "60")), 405),
        ("DELETE", paths::TOKEN, None, 405),
        ("PUT", slashed, Some((TTL_HEADER, "60")), 403),
        ("PUT", dated, Some((TTL_HEADER, "60")), 403),
        ("PUT", "//latest/api/token", Some((TTL_HEADER, "60")), 403),
        ("GET", slashed, None, 404),
        ("PUT", DOCUMENT, None, 405),
        ("POST", DOCUMENT, None, 405),
        ("OPTIONS", "*", None, 405),
        ("get", DOCUMENT, None, 405),
        ("HEAD", DOCUMENT, None, 200),
        ("GET", DOCUMENT, Some(("X-Forwarded-For", "")), 403),
        ("GET", DOCUMENT, Some(("Accept-Encoding", "gzip")), 200),
    ] {
        let mut session = Session::new(World::default());
        let mut request = Request::new(method, path).with(TOKEN_HEADER, session.token.as_str());
        if let Some((name, value)) = field {
            request = request.with(name, value);
        }
        let reply = session.model.handle(T0, &request);
        assert_eq!(reply.status, status, "{method} {path} {field:?}");
    }
    for (name, value, status) in [
        ("X-Forwarded-For", "10.0.0.1", 403),
        ("x-forwarded-for", "", 403),
        ("Expect", "100-continue", 417),
    ] {
        let mut model = Model::new(World::default(), 1);
        assert_eq!(
            put("60").with(name, value).pipe(&mut model, T0),
            status,
            "{name}"
        );
        assert!(model.take_secrets().is_empty(), "{name}");
    }
    // Without a token it is IMDSv1, where forwarding was never looked at.
    let mut model = Model::new(in_mode(Mode::V2Optional), 1);
    assert_eq!(
        get("/").with("X-Forwarded-For", "a").pipe(&mut model, T0),
        200
    );
}

#[test]
fn a_refused_odd_token_path_says_nothing_at_all() {
    let reply =
        Model::new(World::default(), 1).handle(T0, &Request::new("PUT", "/latest/api/token/"));
    assert_eq!(reply.body.text(), "");
    assert_eq!(reply.headers.get("content-type"), Some("text/plain"));
}

#[test]
fn head_is_get_without_a_body() {
    let mut session = Session::new(World::default());
    for path in ["/", paths::ROLES, DOCUMENT, "/nowhere", "/latest"] {
        let got = session.get(path);
        let head = session.ask(T0, "HEAD", path);
        assert!(head.bodiless && !got.bodiless);
        assert_eq!(
            (head.status, &head.headers),
            (got.status, &got.headers),
            "{path}"
        );
        assert_eq!(head.end(), End::Whole);
    }
}

#[test]
fn revoking_ends_every_token_and_issuing_none() {
    let mut session = Session::new(World::default());
    let second = session
        .model
        .handle(T0, &put("60"))
        .body
        .text()
        .into_owned();
    assert_ne!(second, session.token);
    assert_eq!(session.get("/").status, 200);
    session.model.change(T0, Change::RevokeTokens);
    assert_eq!(session.get("/").status, 401);
    let both = get("/").with(TOKEN_HEADER, second);
    assert_eq!(both.pipe(&mut session.model, T0), 401);
}

#[test]
fn of_several_tokens_every_one_must_be_valid() {
    let mut session = Session::new(World::default());
    let token = session.token.clone();
    let twice = get("/")
        .with(TOKEN_HEADER, token.as_str())
        .with(TOKEN_HEADER, token.as_str());
    assert_eq!(twice.pipe(&mut session.model, T0), 200);
    for (first, second) in [(token.as_str(), "x"), ("x", token.as_str())] {
        let mixed = get("/")
            .with(TOKEN_HEADER, first)
            .with(TOKEN_HEADER, second);
        assert_eq!(mixed.pipe(&mut session.model, T0), 401);
    }
}

#[test]
fn setting_the_date_does_not_touch_tokens() {
    let mut session = Session::new(World::default());
    let jumped = Now {
        wall: T0.wall.plus_seconds(10 * 365 * 86_400),
        ..T0
    };
    assert_eq!(session.ask(jumped, "GET", "/").status, 200);
}

#[test]
fn the_role_list_is_the_bare_name() {
    let mut session = Session::new(World::default());
    let list = session.get(paths::ROLES);
    assert_eq!(list.body.text(), "imdspec-role");
    assert_eq!(
        list.headers.0,
        [
            ("Content-Type", "text/plain"),
            ("Content-Length", "12"),
            ("Server", "EC2ws")
        ]
        .map(|(n, v)| (n.into(), v.to_owned()))
    );
    let short = session.get("/latest/meta-data/iam/security-credentials?x=1");
    assert_eq!((short.status, &short.body), (list.status, &list.body));
    let moved = session.get("/latest/meta-data/iam?x=1");
    assert_eq!((moved.status, moved.body.len()), (301, 0));
    assert_eq!(
        moved.headers.get("location"),
        Some("/latest/meta-data/iam/")
    );
    assert_eq!(moved.headers.get("content-length"), Some("0"));
}

#[test]
fn the_role_comes_and_goes() {
    let mut session = Session::new(World::default());
    let first = session.credentials(T0);
    session.model.change(T0, Change::Role(String::new()));
    for path in [
        paths::ROLES,
        DOCUMENT,
        paths::IAM_INFO,
        "/latest/meta-data/iam/",
    ] {
        assert_eq!(session.get(path).status, 404, "{path}");
    }
    session.model.change(T0, Change::Role("other".into()));
    assert_eq!(session.get(paths::ROLES).body.text(), "other");
    assert_eq!(session.get(DOCUMENT).status, 404);
    session
        .model
        .change(T0, Change::Role("imdspec-role".into()));
    assert_ne!(session.credentials(T0), first);
}

#[test]
fn attaching_the_same_role_changes_nothing() {
    let mut session = Session::new(World::default());
    let first = session.credentials(T0);
    session
        .model
        .change(T0, Change::Role("imdspec-role".into()));
    assert_eq!(session.credentials(T0), first);
}

#[test]
fn credentials_rotate_on_schedule_and_on_demand() {
    let mut session = Session::new(World::default());
    let first = session.credentials(T0);
    assert_eq!(session.credentials(after(5 * 3600 - 1)), first);
    // The session token of six hours is still good here.
    let second = session.credentials(after(5 * 3600));
    assert_ne!(second, first);
    session.model.change(after(5 * 3600 + 7), Change::Rotate);
    let third = session.ask(after(5 * 3600 + 60), "GET", DOCUMENT);
    assert!(
        third
            .body
            .text()
            .contains(r#""LastUpdated" : "2026-01-01T05:00:07Z""#)
    );
}

#[test]
fn changing_the_mode_takes_effect_at_once() {
    let mut session = Session::new(World::default());
    session.model.change(T0, Change::Mode(Mode::Off));
    assert_eq!(session.get("/").status, 403);
    session.model.change(T0, Change::Mode(Mode::V2Optional));
    assert_eq!(get("/").pipe(&mut session.model, T0), 200);
    assert_eq!(session.get("/").status, 200);
}

#[test]
fn the_documents_are_what_clients_parse() {
    let mut session = Session::new(World {
        account_id: Some("210987654321".into()),
        ..World::default()
    });
    assert_eq!(
        session.credentials(T0).account_id.as_deref(),
        Some("210987654321")
    );
    let info = InstanceProfile::parse(&session.get(paths::IAM_INFO).body).unwrap();
    assert_eq!(info.code, "Success");
    assert_eq!(
        info.instance_profile_arn,
        "arn:aws:iam::210987654321:instance-profile/imdspec-role"
    );
    let identity = InstanceIdentity::parse(&session.get(paths::IDENTITY_DOCUMENT).body).unwrap();
    assert_eq!(identity.account_id, "210987654321");
    assert_eq!(identity.region, session.get(paths::REGION).body.text());
    let zone = session
        .get("/latest/meta-data/placement/availability-zone")
        .body;
    assert_eq!(identity.availability_zone, zone.text());
    assert!(zone.text().starts_with(&identity.region));
    let zone_id = session.get("/latest/meta-data/placement/availability-zone-id");
    assert_eq!(zone_id.body.text(), "use1-az1");
    let info = session.get("/latest/meta-data/identity-credentials/ec2/info");
    assert!(info.body.text().contains(r#""AccountId" : "210987654321""#));
}

#[test]
fn the_instance_identity_credentials_are_not_the_roles() {
    let mut session = Session::new(World::default());
    let role = session.credentials(T0);
    let identity = session.get(paths::EC2_IDENTITY);
    let identity = CredentialDocument::parse(&identity.body).unwrap();
    let identity = identity.credentials().unwrap();
    assert_ne!(identity.access_key_id, role.access_key_id);
    assert_ne!(identity.secret_access_key, role.secret_access_key);
    assert_eq!(identity.account_id, None);
}

#[test]
fn dated_versions_read_like_the_latest() {
    let mut session = Session::new(World::default());
    let versions = session.get("/").body.text().into_owned();
    assert!(versions.starts_with("1.0\n2007-01-19\n") && versions.ends_with("\nlatest"));
    let latest = session.get(DOCUMENT).body;
    for version in versions.lines() {
        let path = DOCUMENT.replacen("latest", version, 1);
        assert_eq!(session.get(&path).body, latest, "{version}");
    }
}

#[test]
fn what_is_not_there_is_404_with_a_page_that_repeats_nothing() {
    let mut session = Session::new(World::default());
    for path in [
        "/nowhere",
        "/latest/meta-data/iam/security-credentials/unknown",
        "/latest/meta-data/iam/security-credentials-extended/",
        "/latest/meta-data/../../etc/passwd",
        "/latest/meta-data/%2e%2e/%2e%2e/etc/passwd",
        "/latest/meta-data/iam/security-credentials/../info",
        "/latest//meta-data/",
        "/latest/meta-data/\0",
        "/latest/meta-data/iam/security-credentials/imdspec-role%00",
        "http://169.254.169.254/latest/",
        "",
    ] {
        let reply = session.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.headers.get("content-type"), Some("text/html"));
        assert_eq!(reply.body, session.get("/absent").body, "{path}");
    }
}

#[test]
fn profiles_differ_on_the_wire_only() {
    for (profile, version, close) in [
        (Profile::Http11, Version::Http11, false),
        (Profile::Http11Close, Version::Http11, true),
        (Profile::Http10, Version::Http10, true),
        (Profile::TtlOnGets, Version::Http11, false),
    ] {
        let mut session = Session::new(World {
            profile,
            ..World::default()
        });
        for path in ["/", "/nowhere"] {
            let reply = session.get(path);
            assert_eq!(
                (reply.version, reply.close),
                (version, close),
                "{profile:?}"
            );
            assert_eq!(reply.headers.get("connection"), close.then_some("close"));
            assert_eq!(reply.framing, Framing::Length);
            let ttl = (profile == Profile::TtlOnGets).then_some("21600");
            assert_eq!(reply.headers.get(TTL_HEADER), ttl, "{profile:?}");
        }
    }
}

#[test]
fn the_ttl_on_gets_is_what_remains_and_never_nothing() {
    let mut session = Session::new(World {
        profile: Profile::TtlOnGets,
        ..World::default()
    });
    let almost_over = T0.plus(Duration::from_millis(21_599_999));
    let reply = session.ask(almost_over, "GET", "/");
    assert_eq!(reply.headers.get(TTL_HEADER), Some("1"));
}

#[test]
fn a_client_that_wants_to_close_is_told_so() {
    let mut session = Session::new(in_mode(Mode::V2Optional));
    for (request, close) in [
        (get("/"), false),
        (get("/").with("Connection", "keep-alive"), false),
        (get("/").with("connection", "TE, Close"), true),
        (
            Request {
                version: Version::Http10,
                ..get("/")
            },
            true,
        ),
    ] {
        let reply = session.model.handle(T0, &request);
        assert_eq!(reply.close, close, "{request:?}");
        assert_eq!(reply.headers.get("connection"), close.then_some("close"));
    }
}

#[test]
fn secrets_are_told_once_and_all_are_in_what_was_served() {
    let mut session = Session::new(World::default());
    let credentials = session.credentials(T0);
    let secrets = session.model.take_secrets();
    let expected = [
        (SecretKind::SessionToken, session.token.as_str()),
        (SecretKind::SecretAccessKey, &credentials.secret_access_key),
        (SecretKind::SecurityToken, &credentials.session_token),
    ];
    let told: Vec<_> = secrets.iter().map(|s| (s.kind, s.value.as_str())).collect();
    assert_eq!(told, expected);
    assert!(session.model.take_secrets().is_empty());
    let shown = format!("{:?} {secrets:?}", session.model);
    assert!(expected.iter().all(|(_, value)| !shown.contains(value)));
}

#[test]
fn tokens_of_another_model_are_unknown() {
    let mut a = Model::new(World::default(), 1);
    let mut b = Model::new(World::default(), 2);
    let from = |model: &mut Model| model.handle(T0, &put("60")).body.text().into_owned();
    let (of_a, of_b) = (from(&mut a), from(&mut b));
    for (model, own, other) in [(&mut a, &of_a, &of_b), (&mut b, &of_b, &of_a)] {
        assert_eq!(
            get("/").with(TOKEN_HEADER, own.as_str()).pipe(model, T0),
            200
        );
        assert_eq!(
            get("/").with(TOKEN_HEADER, other.as_str()).pipe(model, T0),
            401
        );
    }
    // One flipped bit makes it somebody else's.
    let mut forged = of_a.into_bytes();
    forged[20] ^= 1;
    let forged = get("/").with(TOKEN_HEADER, String::from_utf8(forged).unwrap());
    assert_eq!(forged.pipe(&mut a, T0), 401);
}
