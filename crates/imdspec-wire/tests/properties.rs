//! The parsers are total and say the same thing twice.

use imdspec_wire::{CredentialDocument, WireError, properties};
use proptest::prelude::*;

/// Documents that are often nearly right: known names, any values, in any order, some twice.
fn documents() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "Code",
            "Message",
            "LastUpdated",
            "Type",
            "AccessKeyId",
            "SecretAccessKey",
            "Token",
            "Expiration",
            "AccountId",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z]{0,8}",
    ];
    let value = prop_oneof![
        3 => Just(r#""Success""#.to_owned()),
        3 => "[A-Za-z0-9/+=]{0,20}".prop_map(|s| format!("\"{s}\"")),
        3 => Just(r#""2026-01-02T03:04:05Z""#.to_owned()),
        1 => Just("null".to_owned()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => Just("{\"a\":[1,{}]}".to_owned()),
        1 => any::<String>().prop_map(|s| serde_json::Value::String(s).to_string()),
    ];
    prop::collection::vec((name, value), 0..12).prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(n, v)| format!("\"{n}\":{v}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

/// Replies that are often nearly right.
fn replies() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 404 \r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
        "HTTP/1.1 204 No Content\r\n",
        "HTTP/2 200\r\n",
        "\r\nHTTP/1.1 200 OK\r\n",
        "junk",
    ]);
    let field = prop::sample::select(vec![
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n",
        "content-length: 7\r\n",
        "Transfer-Encoding: chunked\r\n",
        "X: y\r\n",
        "bad header\r\n",
    ]);
    let body = prop::sample::select(vec![
        &b"hello"[..],
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5;x=y\r\nhello\r\n0\r\nTrailer: z\r\n\r\n",
        b"zz\r\n",
        b"",
    ]);
    (
        line,
        prop::collection::vec(field, 0..4),
        body,
        any::<Vec<u8>>(),
    )
        .prop_map(|(line, fields, body, tail)| {
            [
                line.as_bytes(),
                fields.concat().as_bytes(),
                b"\r\n",
                body,
                &tail,
            ]
            .concat()
        })
}

proptest! {
    #[test]
    fn documents_nearly_right(text in documents()) {
        properties::credential_document(text.as_bytes());
    }

    #[test]
    fn documents_of_any_bytes(bytes in any::<Vec<u8>>()) {
        properties::credential_document(&bytes);
    }

    #[test]
    fn role_lists(bytes in prop_oneof![any::<Vec<u8>>(), "[a-zA-Z+=,.@_/%\n\r -]{0,80}".prop_map(String::into_bytes)]) {
        properties::role_list(&bytes);
    }

    #[test]
    fn timestamps(text in prop_oneof![
        any::<String>(),
        "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|z|[+-][0-9]{2}:[0-9]{2})?",
    ]) {
        properties::timestamp(&text);
    }

    #[test]
    fn ttls(text in prop_oneof![any::<String>(), "[+-]?[0-9]{0,12}"]) {
        properties::ttl(&text);
    }

    #[test]
    fn responses(bytes in prop_oneof![replies(), any::<Vec<u8>>()]) {
        properties::http_response(&bytes);
    }

    #[test]
    fn requests(bytes in prop_oneof![
        any::<Vec<u8>>(),
        "(GET|PUT) /[a-z/]{0,9} HTTP/1\\.1\r\n(Content-Length: [0-9]{1,2}\r\n){0,2}\r\n[a-z]{0,20}".prop_map(String::into_bytes),
    ]) {
        properties::http_requests(&bytes);
    }

    #[test]
    fn any_text_as_a_value_survives(key in "\\PC{1,20}", secret in "\\PC{1,20}", token in "\\PC{1,40}") {
        let text = serde_json::json!({
            "Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
            "Expiration": "2026-01-02T03:04:05Z",
        }).to_string();
        let credentials = CredentialDocument::parse(text.as_bytes()).unwrap().credentials().unwrap();
        prop_assert_eq!(
            (credentials.access_key_id, credentials.secret_access_key, credentials.session_token),
            (key, secret, token)
        );
    }
}

#[test]
fn refusals_name_the_cause_and_quote_nothing() {
    let parse =
        |text: &str| CredentialDocument::parse(text.as_bytes()).and_then(|d| d.credentials());
    let keys = r#""AccessKeyId":"A","SecretAccessKey":"hunter2","Token":"T""#;
    let end = r#""Expiration":"2026-01-02T03:04:05Z""#;
    for (text, expected) in [
        ("[]".to_owned(), WireError::NotAnObject),
        ("null".to_owned(), WireError::NotAnObject),
        ("{".to_owned(), WireError::NotJson { line: 1, column: 1 }),
        (format!("{{{keys}}}"), WireError::Missing("Expiration")),
        (
            format!("{{{keys},\"Expiration\":\"never\"}}"),
            WireError::BadTimestamp,
        ),
        (
            format!("{{{keys},\"Token\":\"T\",{end}}}"),
            WireError::Duplicate("Token"),
        ),
        (
            format!("{{\"Code\":\"Failed\",\"Message\":\"why\",{keys},{end}}}"),
            WireError::Failure {
                code: "Failed".into(),
                message: "why".into(),
            },
        ),
        (
            format!("{{\"AccessKeyId\":\"\",\"Token\":1,{end}}}"),
            WireError::Empty("AccessKeyId"),
        ),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
