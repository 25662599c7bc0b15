//! The model behind a wiremock server, asked by reqwest.

#![expect(
    clippy::unwrap_used,
    reason = "a test states what it takes for granted by unwrapping it, in its helpers too"
)]

mod plain;

use imdspec_model::{Fault, Instead, On, Profile, Span, WiremockImds, World};
use imdspec_wire::{CredentialDocument, TOKEN_HEADER, TTL_HEADER, paths};
use plain::client;
use reqwest::{Client, Method, StatusCode};
use wiremock::{Mock, MockServer, matchers::any};

async fn mounted(world: World) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(WiremockImds::new(world, 7))
        .mount(&server)
        .await;
    server
}

async fn token(client: &Client, server: &MockServer) -> String {
    let put = client
        .put(format!("{}{}", server.uri(), paths::TOKEN))
        .header(TTL_HEADER, "60");
    let reply = put.send().await.unwrap();
    assert_eq!(reply.headers()[TTL_HEADER], "60");
    reply.text().await.unwrap()
}

#[tokio::test]
async fn a_client_gets_credentials() {
    for profile in [Profile::Http11, Profile::Http10] {
        let world = World {
            profile,
            ..World::default()
        };
        let (server, client) = (mounted(world).await, client());
        let refused = client.get(format!("{}{}", server.uri(), paths::ROLES));
        assert_eq!(
            refused.send().await.unwrap().status(),
            StatusCode::UNAUTHORIZED
        );
        let token = token(&client, &server).await;
        let get = async |method: Method, path: &str| {
            let url = format!("{}{path}", server.uri());
            let ask = client.request(method, url).header(TOKEN_HEADER, &token);
            ask.send().await.unwrap()
        };
        let roles = get(Method::GET, paths::ROLES).await;
        assert_eq!(roles.headers()["content-type"], "text/plain");
        assert_eq!(roles.headers()["server"], "EC2ws");
        let role = roles.text().await.unwrap();
        let document = get(Method::GET, &format!("{}{role}?query", paths::ROLES)).await;
        let document = document.bytes().await.unwrap();
        let read = CredentialDocument::parse(&document)
            .unwrap()
            .credentials()
            .unwrap();
        assert!(read.access_key_id.starts_with("ASIA"));
        let head = get(Method::HEAD, paths::ROLES).await;
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(head.text().await.unwrap(), "");
    }
}

#[tokio::test]
async fn faults_that_are_http_are_sent() {
    let world = World {
        faults: vec![Fault {
            on: On::Token,
            status: Some(503),
            headers: vec![("Retry-After".into(), "1".into())],
            ..Fault::default()
        }],
        ..World::default()
    };
    let server = mounted(world).await;
    let put = client().put(format!("{}{}", server.uri(), paths::TOKEN));
    let reply = put.send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.headers()["retry-after"], "1");
    assert!(
        reply
            .text()
            .await
            .unwrap()
            .contains("503 - Service Unavailable")
    );
}

#[tokio::test]
async fn faults_that_need_bytes_are_refused_in_words() {
    for (fault, why) in [
        (
            Fault {
                instead: Some(Instead::Reset),
                ..Fault::default()
            },
            "(reset): it is no HTTP reply",
        ),
        (
            Fault {
                interim: vec![103],
                ..Fault::default()
            },
            "(interim [103]): it has interim statuses",
        ),
        (
            Fault {
                drip: Some(Span::seconds(1)),
                ..Fault::default()
            },
            "(a byte every 1s): its body does not come whole",
        ),
        (
            Fault {
                content_length: Some(7),
                ..Fault::default()
            },
            "(Content-Length 7): its Content-Length is not true",
        ),
        (
            Fault {
                headers: vec![("A B".into(), "c".into())],
                ..Fault::default()
            },
            "(A B set): a header field is not one",
        ),
        (
            Fault {
                status: Some(99),
                ..Fault::default()
            },
            "(status 99): its status is not final",
        ),
    ] {
        let server = mounted(World {
            faults: vec![fault],
            ..World::default()
        })
        .await;
        let reply = client().get(server.uri()).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let words = reply.text().await.unwrap();
        assert!(words.contains(why), "{words}");
    }
}
