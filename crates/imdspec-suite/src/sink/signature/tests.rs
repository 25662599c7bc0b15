use super::*;
use imdspec_wire::Bytes;
use proptest::prelude::*;

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const TOKEN: &str = "IQoJb3JpZ2lu+/token==";

fn authorized(value: &str) -> Request {
    Request::new("GET", "/").with("Authorization", value)
}

fn key(request: &Request) -> Option<String> {
    signer(request).map(|s| s.access_key_id)
}

/// The forms in which a small signer writes; the signature itself nobody checks.
#[derive(Debug, Clone, Copy)]
enum Form {
    Header4,
    Header4a,
    Query4,
    Query4a,
    Header2,
    Query2,
    Form2,
}

const FORMS: [Form; 7] = [
    Form::Header4,
    Form::Header4a,
    Form::Query4,
    Form::Query4a,
    Form::Header2,
    Form::Query2,
    Form::Form2,
];

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

/// Text as the characters of a header field, each of which is a byte.
fn field(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn sign(form: Form, key: &str, token: Option<&str>) -> Request {
    let scope = match form {
        Form::Header4a | Form::Query4a => "20130524/s3/aws4_request",
        _ => "20130524/us-east-1/s3/aws4_request",
    };
    let algorithm = match form {
        Form::Header4a | Form::Query4a => "AWS4-ECDSA-P256-SHA256",
        _ => "AWS4-HMAC-SHA256",
    };
    let mut request = Request::new("GET", "/bucket");
    let token_parameter =
        |name: &str| token.map_or_else(String::new, |token| format!("&{name}={}", escaped(token)));
    match form {
        Form::Header4 | Form::Header4a => {
            let value = format!(
                "{algorithm} Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature=fe5f",
                field(key)
            );
            request.headers.push("authorization", value);
        }
        Form::Header2 => {
            let value = format!("AWS {}:JUtd9kkJFjbKbkP9f6T/tAxozYY=", field(key));
            request.headers.push("Authorization", value);
        }
        Form::Query4 | Form::Query4a => {
            request.target = format!(
                "/bucket?X-Amz-Algorithm={algorithm}&X-Amz-Credential={}{}&X-Amz-Signature=fe5f",
                escaped(&format!("{key}/{scope}")),
                token_parameter("X-Amz-Security-Token"),
            );
        }
        Form::Query2 => {
            request.target = format!(
                "/bucket?AWSAccessKeyId={}&Expires=1141889120{}&Signature=vjby%2BuX%3D",
                escaped(key),
                token_parameter("x-amz-security-token"),
            );
        }
        Form::Form2 => {
            request =
                Request::new("POST", "/").with("Content-Type", "application/x-www-form-urlencoded");
            request.body = Bytes::from(&*format!(
                "Action=DescribeRegions&AWSAccessKeyId={}&SignatureVersion=2{}&Signature=i91n",
                escaped(key),
                token_parameter("SecurityToken"),
            ));
        }
    }
    if let Some(token) = token
        && matches!(form, Form::Header4 | Form::Header4a | Form::Header2)
    {
        request.headers.push("X-AMZ-Security-token", field(token));
    }
    request
}

#[test]
fn each_form_is_read() {
    for form in FORMS {
        for token in [Some(TOKEN), None] {
            let signer = signer(&sign(form, KEY, token)).unwrap();
            assert_eq!(signer.access_key_id, KEY, "{form:?}");
            assert_eq!(signer.security_token.as_deref(), token, "{form:?}");
            let says = !matches!(form, Form::Header2 | Form::Query2 | Form::Form2);
            assert_eq!(signer.service.as_deref(), says.then_some("s3"), "{form:?}");
        }
    }
}

#[test]
fn commas_need_no_space_and_parts_no_order() {
    let request = authorized(
        "AWS4-HMAC-SHA256 Signature=f,SignedHeaders=host,Credential=K/20130524//s3/aws4_request",
    );
    assert_eq!(key(&request).as_deref(), Some("K"));
}

#[test]
fn an_empty_key_is_a_key_that_was_used() {
    for form in FORMS {
        let signer = signer(&sign(form, "", Some(""))).unwrap();
        assert_eq!(signer.access_key_id, "", "{form:?}");
        assert_eq!(signer.security_token.as_deref(), Some(""), "{form:?}");
    }
}

#[test]
fn a_token_counts_wherever_it_is() {
    let request = sign(Form::Query4, KEY, None).with("x-amz-security-token", TOKEN);
    assert_eq!(
        signer(&request).unwrap().security_token.as_deref(),
        Some(TOKEN)
    );
    let request = sign(Form::Query4, KEY, Some("own")).with("x-amz-security-token", TOKEN);
    assert_eq!(
        signer(&request).unwrap().security_token.as_deref(),
        Some("own")
    );
    // A plus that was left as it is.
    let mut request = sign(Form::Query4, KEY, None);
    request.target += "&X-Amz-Security-Token=a+b/c=";
    assert_eq!(
        signer(&request).unwrap().security_token.as_deref(),
        Some("a+b/c=")
    );
}

#[test]
fn an_authorization_of_others_does_not_hide_a_signed_query() {
    let request = sign(Form::Query4, KEY, None).with("Authorization", "Basic dXNlcjpw");
    assert_eq!(key(&request).as_deref(), Some(KEY));
}

#[test]
fn what_is_no_signature_is_nobody() {
    let scope = "20130524/us-east-1/s3/aws4_request";
    for value in [
        "",
        "AWS",
        "AWS ",
        "AWS KEY",
        "AWS KEY:",
        "aws KEY:c2ln",
        "Basic dXNlcjpw",
        "Bearer token",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        &format!("AWS4-HMAC-SHA256 Credential=KEY/{scope}"),
        &format!("AWS4-HMAC-SHA256 Credential=KEY/{scope}, SignedHeaders=host"),
        &format!("AWS4-HMAC-SHA256 Credential=KEY/{scope}, SignedHeaders=host, Signature="),
        &format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=f"),
        &format!("AWS4-HMAC-SHA512 Credential=KEY/{scope}, SignedHeaders=host, Signature=f"),
        "AWS4-HMAC-SHA256 Credential=KEY, SignedHeaders=host, Signature=f",
        "AWS4-HMAC-SHA256 Credential=KEY/s3/aws4_request, SignedHeaders=host, Signature=f",
        "AWS4-HMAC-SHA256 Credential=KEY/2013/r/s3/aws4_request, SignedHeaders=host, Signature=f",
        "AWS4-HMAC-SHA256 Credential=KEY/20130524/r/s3/aws5, SignedHeaders=host, Signature=f",
    ] {
        assert_eq!(signer(&authorized(value)), None, "{value}");
    }
    for query in [
        "X-Amz-Credential=KEY%2F20130524%2Fr%2Fs3%2Faws4_request",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY&X-Amz-Signature=f",
        "X-Amz-Security-Token=t",
        "AWSAccessKeyId=KEY",
        "AWSAccessKeyId=KEY&Signature=f",
        "AWSAccessKeyId=KEY&Expires=1&Signature=",
    ] {
        assert_eq!(
            signer(&Request::new("GET", format!("/?{query}"))),
            None,
            "{query}"
        );
    }
    assert_eq!(signer(&Request::new("GET", "/")), None);
}

#[test]
fn debugging_shows_no_token() {
    let signer = signer(&sign(Form::Header4, KEY, Some(TOKEN))).unwrap();
    assert!(!format!("{signer:?}").contains(TOKEN));
}

fn any_field() -> impl Strategy<Value = String> {
    let bytes = prop::collection::vec(any::<u8>(), 0..80);
    let raw = bytes.prop_map(|bytes| bytes.into_iter().map(char::from).collect::<String>());
    let near = "(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256|AWS) ?(Credential=|,|/|:|=| |[a-z0-9%]|20130524|aws4_request|SignedHeaders=|Signature=){0,20}";
    prop_oneof![raw, near]
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        authorization in any_field(),
        token in any_field(),
        query in any_field(),
        body in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut request = Request::new("POST", format!("/?{query}"))
            .with("Authorization", authorization)
            .with("X-Amz-Security-Token", token)
            .with("Content-Type", "application/x-www-form-urlencoded");
        request.body = body.into();
        let _ = signer(&request);
    }

    // A comma ends a part of the header, so a key with one in it cannot be read back.
    #[test]
    fn what_a_signer_writes_is_read_back(
        form in prop::sample::select(&FORMS[..]),
        key in r"[^,\s\p{C}]{0,40}",
        token in prop::option::of(r"[^\s\p{C}]{0,80}"),
    ) {
        let signer = signer(&sign(form, &key, token.as_deref())).expect("it is signed");
        prop_assert_eq!(signer.access_key_id, key);
        prop_assert_eq!(signer.security_token, token);
    }
}
