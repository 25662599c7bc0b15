use super::*;
use imdspec_wire::{CredentialDocument, Mono, Wall};
use serde_json::Value;

const T0: Now = Now {
    wall: Wall(1_767_225_600_000),
    mono: Mono(0),
};

fn services(grants: Grants) -> Services {
    Services::new(grants, Vec::new(), 5)
}

fn text(reply: &Reply) -> String {
    reply.body.text().into_owned()
}

#[test]
fn the_container_gives_a_document_to_whoever_opens_it() {
    let mut services = services(Grants {
        paths: [("/relative".to_owned(), Source::Container)].into(),
        authorizations: vec!["open".into()],
        account_id: Some("210987654321".into()),
        ..Grants::default()
    });
    let get = |path: &str| Request::new("GET", path).with("authorization", "open");
    let (reply, given) = services.handle(T0, Giver::Container, &get("/relative?a=1"));
    let given = given.unwrap();
    assert_eq!(given.source, Source::Container);
    let document = CredentialDocument::parse(&reply.body).unwrap();
    let read = document.credentials().unwrap();
    assert_eq!(read.access_key_id, given.access_key_id);
    assert_eq!(read.account_id.as_deref(), Some("210987654321"));
    assert_eq!(read.expiration.to_seconds_text(), "2026-01-01T06:00:00Z");
    let (_, other) = services.handle(T0, Giver::Container, &get("/x"));
    assert_eq!(other.unwrap().source, Source::ContainerFull);
    let (closed, none) = services.handle(T0, Giver::Container, &Request::new("GET", "/relative"));
    assert_eq!((closed.status, none), (401, None));
}

#[test]
fn a_role_is_given_for_what_was_agreed_on() {
    let grant = |shown, source| RoleGrant {
        arn: "arn:aws:iam::1:role/r".into(),
        shown,
        source,
    };
    let mut services = services(Grants {
        roles: vec![
            grant(
                Shown::Signature(Some("AKIABASE".into())),
                Source::AssumeRole,
            ),
            grant(Shown::WebIdentity("jwt".into()), Source::WebIdentity),
        ],
        ..Grants::default()
    });
    let post = |body: &str| {
        let mut request = Request::new("POST", "/");
        request.body = body.into();
        request
    };
    let role = "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=s";
    let signed = |id: &str| {
        post(&format!("Action=AssumeRole{role}")).with(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={id}/20260101/us-east-1/sts/aws4_request, x"),
        )
    };
    let (reply, given) = services.handle(T0, Giver::Sts, &signed("AKIABASE"));
    let given = given.unwrap();
    assert_eq!(given.source, Source::AssumeRole);
    let id = format!("<AccessKeyId>{}</AccessKeyId>", given.access_key_id);
    assert!(text(&reply).contains(&id), "{}", text(&reply));
    assert!(text(&reply).contains("<Arn>arn:aws:sts::1:assumed-role/r/s</Arn>"));
    assert!(text(&reply).contains("<Expiration>2026-01-01T06:00:00Z</Expiration>"));

    let (reply, given) = services.handle(T0, Giver::Sts, &signed("AKIAOTHER"));
    assert_eq!((reply.status, given), (403, None));
    assert!(text(&reply).contains("<Code>AccessDenied</Code>"));

    let web = |token: &str| {
        post(&format!(
            "Action=AssumeRoleWithWebIdentity{role}&WebIdentityToken={token}"
        ))
    };
    let (_, given) = services.handle(T0, Giver::Sts, &web("jwt"));
    assert_eq!(given.unwrap().source, Source::WebIdentity);
    let (reply, given) = services.handle(T0, Giver::Sts, &web("other"));
    assert_eq!((reply.status, given), (400, None));

    let (reply, given) = services.handle(T0, Giver::Sts, &post("Action=GetCallerIdentity"));
    assert_eq!((reply.status, given), (200, None));
}

#[test]
fn identity_center_gives_a_role_for_a_token_and_a_token_for_a_refresh_token() {
    let mut services = services(Grants {
        sso: Some(SsoGrant {
            account_id: "1".into(),
            role: "r".into(),
            token: "t".into(),
            refresh_token: Some("again".into()),
        }),
        ..Grants::default()
    });
    let get = |token: &str, role: &str| {
        let target = format!("/federation/credentials?role_name={role}&account_id=1");
        Request::new("GET", target).with("x-amz-sso_bearer_token", token)
    };
    let (reply, given) = services.handle(T0, Giver::Sso, &get("t", "r"));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let role = &body["roleCredentials"];
    assert_eq!(role["accessKeyId"], given.unwrap().access_key_id);
    assert_eq!(role["expiration"], 1_767_247_200_000_i64);
    let status = |services: &mut Services, token, role| {
        services.handle(T0, Giver::Sso, &get(token, role)).0.status
    };
    assert_eq!(status(&mut services, "x", "r"), 401);
    assert_eq!(status(&mut services, "t", "x"), 403);

    let renew = |refresh: &str| {
        let mut request = Request::new("POST", "/token");
        request.body = format!(r#"{{"grantType":"refresh_token","refreshToken":"{refresh}"}}"#)
            .as_str()
            .into();
        request
    };
    let (reply, _) = services.handle(T0, Giver::Oidc, &renew("again"));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(body["accessToken"], "t");
    assert_eq!(services.handle(T0, Giver::Oidc, &renew("no")).0.status, 400);
}

#[test]
fn a_source_can_fail_and_a_service_can_be_faulty() {
    let mut services = Services::new(
        Grants {
            paths: [("/r".to_owned(), Source::Container)].into(),
            failing: [(Source::Container, Failing::Status(500))].into(),
            ..Grants::default()
        },
        vec![Fault {
            on: On::Container,
            nth: crate::Nth::try_from("2".to_owned()).unwrap(),
            status: Some(302),
            headers: vec![("Location".into(), "${collector}/x".into())],
            ..Fault::default()
        }],
        5,
    );
    services.set_collector("http://c".into());
    let ask = |services: &mut Services, path| {
        services.handle(T0, Giver::Container, &Request::new("GET", path))
    };
    let (reply, given) = ask(&mut services, "/r");
    assert_eq!((reply.status, given), (500, None));
    let (reply, _) = ask(&mut services, "/full");
    assert_eq!(reply.headers.get("location"), Some("http://c/x"));
    let (reply, given) = ask(&mut services, "/full");
    assert_eq!(reply.status, 200);
    assert!(given.is_some());
}
