//! Each rule held, broken, and not put to the test.

use crate::testing::{Build, document};
use crate::{End, Finding, Given, Outcome};
use imdspec_wire::paths;

const KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const END: &str = "2026-01-01T06:00:00Z";

fn good() -> String {
    document(KEY, END)
}

/// The good document with one text replaced.
fn with(from: &str, to: &str) -> String {
    let body = good();
    assert!(body.contains(from), "{from}");
    body.replacen(from, to, 1)
}

fn served(body: &str) -> Build {
    Build::new().resolve().fetch(body)
}

fn taken(body: &str) -> Build {
    served(body).gave(KEY, END)
}

fn given(key: &str, secret: &str, token: Option<&str>, expiration: Option<&str>) -> Outcome {
    Outcome::Credentials(Given {
        access_key_id: key.into(),
        secret_access_key: Some(secret.into()),
        session_token: token.map(Into::into),
        expiration: expiration.map(Into::into),
        account_id: None,
    })
}

/// Credentials that were only seen in use: neither secret nor expiration is known.
fn used(key: &str, token: Option<&str>) -> Outcome {
    Outcome::Credentials(Given {
        access_key_id: key.into(),
        secret_access_key: None,
        session_token: token.map(Into::into),
        expiration: None,
        account_id: None,
    })
}

#[track_caller]
fn says(rule: &str, verdict: &str, build: Build) {
    build.says(rule, verdict);
}

#[test]
fn doc_001_the_fields_are_those_of_the_document() {
    let (secret, token) = (format!("secret-of-{KEY}"), format!("token-of-{KEY}"));
    let says = |verdict, outcome| says("DOC-001", verdict, served(&good()).outcome(outcome));
    says("held", given(KEY, &secret, Some(&token), Some(END)));
    // Capped to an hour, in another zone.
    says(
        "held",
        given(
            KEY,
            &secret,
            Some(&token),
            Some("2026-01-01T02:00:00+01:00"),
        ),
    );
    // Later is for CACHE-008 to judge.
    says(
        "held",
        given(KEY, &secret, Some(&token), Some("2026-01-01T07:00:00Z")),
    );
    says("violated", given(KEY, &token, Some(&secret), Some(END)));
    says("violated", given(KEY, &secret, None, Some(END)));
    says(
        "violated",
        given("AKIAOTHER", &secret, Some(&token), Some(END)),
    );
    // A library that keeps it to itself.
    says("held", given(KEY, &secret, Some(&token), None));
    says(
        "violated",
        given(KEY, &secret, Some(&token), Some("1970-01-01T00:00:00Z")),
    );
}

#[test]
fn doc_001_is_silent_where_a_client_may_do_otherwise() {
    says("DOC-001", "violated", served(&good()).refused());
    // A crash is for others to judge, an unfinished call for nobody.
    says("DOC-001", "vacuous", served(&good()).crashed());
    says("DOC-001", "vacuous", served(&good()));
    // The client may have stopped waiting, or have gone on to ask something that failed.
    let slow = Build::new().resolve().ask("PUT", paths::TOKEN);
    let slow = slow.reply_with(200, &[], "t", End::Silent).fetch(&good());
    says("DOC-001", "vacuous", slow.refused());
    let more = served(&good()).get(paths::REGION, "t").reply(500, "");
    says("DOC-001", "vacuous", more.refused());
    // Nearly over, in a label nobody promised, or written for two readings.
    says(
        "DOC-001",
        "vacuous",
        served(&document(KEY, "2026-01-01T00:00:30Z")).refused(),
    );
    let labelled = Build::new().resolve().token("t");
    let labelled = labelled.document_reply(good().as_bytes(), &[("Content-Type", "text/html")]);
    says("DOC-001", "vacuous", labelled.refused());
    says(
        "DOC-001",
        "vacuous",
        served(&with("{", r#"{"code":"x","#)).refused(),
    );
    // An advisory refresh need not keep the caller waiting.
    let refresh = taken(&good()).advance(3600).resolve();
    let refresh = refresh.fetch(&document("ASIANEXT", END)).gave(KEY, END);
    says("DOC-001", "held", refresh);
}

#[test]
fn doc_002_unknown_members_and_order() {
    let nested = with("{", r#"{"New":{"a":[1,{}]},"#);
    let reordered = with(r#""Code":"Success","#, "").replace('}', r#","Code":"Success"}"#);
    for body in [&nested, &reordered] {
        says("DOC-002", "held", taken(body));
        says("DOC-002", "violated", served(body).refused());
    }
    says("DOC-002", "vacuous", taken(&good()));
    says(
        "DOC-002",
        "vacuous",
        served(&with("{", &format!("{{\"N\":{}", "[".repeat(99)))).refused(),
    );
}

#[test]
fn of_two_oddities_either_may_be_the_reason() {
    let escaped = with("Success", r"S\u0075ccess");
    let both = escaped.replacen('{', r#"{"New":1,"#, 1);
    for rule in ["DOC-002", "DOC-007"] {
        says(rule, "held", taken(&both));
        says(rule, "vacuous", served(&both).refused());
    }
    says("DOC-007", "violated", served(&escaped).refused());
}

#[test]
fn doc_003_a_failure_is_no_success() {
    let failed = with("Success", "Failed");
    says("DOC-003", "held", served(&failed).refused());
    says("DOC-003", "violated", taken(&failed));
    // Nothing to be tempted by; letter case; older keys; a retry that was answered well.
    says(
        "DOC-003",
        "vacuous",
        served(r#"{"Code":"Failed"}"#).refused(),
    );
    says("DOC-003", "vacuous", taken(&with("Success", "SUCCESS")));
    let older = taken(&good()).resolve().fetch(&failed).gave(KEY, END);
    says("DOC-003", "vacuous", older);
    says(
        "DOC-003",
        "vacuous",
        served(&failed).fetch(&good()).gave(KEY, END),
    );
    let other = taken(&document("ASIAOLD", END)).resolve().fetch(&failed);
    says("DOC-003", "held", other.gave("ASIAOLD", END));
}

#[test]
fn doc_005_no_code() {
    let body = with(r#""Code":"Success","#, "");
    let observed = |build: Build| match build.check("DOC-005") {
        Finding::Observed { value, .. } => value,
        other => format!("{other:?}"),
    };
    assert_eq!(observed(taken(&body)), "accepted");
    assert_eq!(observed(served(&body).refused()), "refused");
    says("DOC-005", "vacuous", taken(&good()));
}

#[test]
fn doc_007_escaped_success() {
    let body = with("Success", r"S\u0075ccess");
    says("DOC-007", "held", taken(&body));
    says("DOC-007", "violated", served(&body).refused());
    says(
        "DOC-007",
        "vacuous",
        served(&with("Success", r"F\u0075ccess")).refused(),
    );
    says(
        "DOC-007",
        "vacuous",
        taken(&with("token-of", r"\u0074oken-of")),
    );
}

#[test]
fn doc_008_009_010_020_keys_and_token() {
    let secret = format!("secret-of-{KEY}");
    for (rule, name, value) in [
        ("DOC-008", "AccessKeyId", None),
        ("DOC-008", "SecretAccessKey", None),
        ("DOC-009", "AccessKeyId", Some(r#""""#)),
        ("DOC-009", "SecretAccessKey", Some(r#""""#)),
        ("DOC-010", "Token", None),
        ("DOC-010", "Token", Some("null")),
        ("DOC-020", "AccessKeyId", Some("null")),
        ("DOC-020", "SecretAccessKey", Some("17")),
        ("DOC-020", "Token", Some("{}")),
    ] {
        let text = match name {
            "AccessKeyId" => KEY.to_owned(),
            "SecretAccessKey" => secret.clone(),
            _ => format!("token-of-{KEY}"),
        };
        let member = format!(r#""{name}":"{text}","#);
        let put = value.map_or_else(String::new, |v| format!(r#""{name}":{v},"#));
        let body = with(&member, &put);
        says(rule, "held", served(&body).refused());
        // Taken with the member empty, or made up.
        let blank = |n: &str, text: &str| {
            if n == name {
                String::new()
            } else {
                text.to_owned()
            }
        };
        let token = blank("Token", &format!("token-of-{KEY}"));
        let outcome = given(
            &blank("AccessKeyId", KEY),
            &blank("SecretAccessKey", &secret),
            Some(&token),
            Some(END),
        );
        says(rule, "violated", served(&body).outcome(outcome));
        says(rule, "violated", taken(&body));
        says(rule, "vacuous", served(&good()).refused());
        says(rule, "vacuous", served(&body).crashed());
        // Refused for another reason: nothing is shown.
        let failed = body.replace("Success", "Failed");
        says(rule, "vacuous", served(&failed).refused());
        // A reader that ignores case finds the member after all.
        let cased = with(name, &name.to_lowercase());
        says(rule, "vacuous", taken(&cased));
        says(rule, "vacuous", Build::new().resolve().refused());
    }
}

#[test]
fn doc_011_no_expiration() {
    let body = with(&format!(r#","Expiration":"{END}""#), "");
    says("DOC-011", "held", served(&body).refused());
    says("DOC-011", "violated", taken(&body));
    says("DOC-011", "vacuous", taken(&good()));
}

#[test]
fn doc_012_fractions() {
    let body = document(KEY, "2026-01-01T06:00:00.832308Z");
    says("DOC-012", "held", taken(&body));
    says(
        "DOC-012",
        "held",
        served(&body).gave(KEY, "2026-01-01T06:00:00.832Z"),
    );
    says(
        "DOC-012",
        "violated",
        served(&body).gave(KEY, "2026-01-01T06:13:52Z"),
    );
    says("DOC-012", "violated", served(&body).refused());
    says("DOC-012", "vacuous", taken(&good()));
    let offset = document(KEY, "2026-01-01T06:00:00.5+00:00");
    says("DOC-012", "vacuous", served(&offset).refused());
}

#[test]
fn doc_014_an_unreadable_expiration_is_not_never() {
    let day = 24 * 3600;
    for value in [r#""never""#, "1893456000", "null"] {
        let body = with(&format!(r#""{END}""#), value);
        says("DOC-014", "held", served(&body).refused());
        says("DOC-014", "violated", served(&body).crashed());
        let taken = || served(&body).outcome(given(KEY, "s", Some("t"), None));
        says("DOC-014", "vacuous", taken());
        says(
            "DOC-014",
            "vacuous",
            taken().advance(3600).resolve().gave(KEY, END),
        );
        says(
            "DOC-014",
            "violated",
            taken().advance(day).resolve().gave(KEY, END),
        );
        let asked = taken()
            .advance(3600)
            .resolve()
            .fetch(&good())
            .gave(KEY, END);
        says("DOC-014", "held", asked);
    }
    let lenient = with(END, "2030-01-01 00:00:00");
    says(
        "DOC-014",
        "vacuous",
        taken(&lenient).advance(day).resolve().gave(KEY, END),
    );
}

#[test]
fn doc_016_no_document() {
    let half = &good()[..good().len() - 1];
    for body in [
        "",
        "null",
        "5",
        "<html>",
        half,
        &format!("[{}]", good()),
        "{x}",
    ] {
        says("DOC-016", "held", served(body).refused());
        says("DOC-016", "violated", served(body).crashed());
        says(
            "DOC-016",
            "vacuous",
            served(body)
                .get("/x", "t")
                .reply_with(200, &[], "", End::Reset)
                .crashed(),
        );
    }
    says("DOC-016", "violated", taken(half));
    says("DOC-016", "violated", taken(&format!("[{}]", good())));
    says(
        "DOC-016",
        "violated",
        served("").outcome(given("", "", None, None)),
    );
    // Trailing commas and bytes are what lenient parsers are for.
    says("DOC-016", "vacuous", taken(&with("}", ",}")));
    says("DOC-016", "vacuous", taken(&(good() + "x")));
    says("DOC-016", "vacuous", served(&good()).crashed());
    let older = taken(&good())
        .advance(60)
        .resolve()
        .fetch(half)
        .gave(KEY, END);
    says("DOC-016", "held", older);
}

#[test]
fn doc_017_bytes_after_the_document() {
    let value = |build: Build| match build.check("DOC-017") {
        Finding::Observed { value, .. } => value,
        other => format!("{other:?}"),
    };
    assert_eq!(value(taken(&(good() + "x"))), "other bytes accepted");
    assert_eq!(
        value(served(&(good() + "{}")).refused()),
        "other bytes refused"
    );
    assert_eq!(value(taken(&(good() + " \n"))), "white space accepted");
    says("DOC-017", "vacuous", taken(&good()));
    says("DOC-017", "vacuous", served("{}x").refused());
}

#[test]
fn doc_021_escaped_keys() {
    let body = with("token-of", r"\u0074oken-of");
    says("DOC-021", "held", taken(&body));
    let raw = given(
        KEY,
        &format!("secret-of-{KEY}"),
        Some(&format!(r"\u0074oken-of-{KEY}")),
        Some(END),
    );
    says("DOC-021", "violated", served(&body).outcome(raw));
    says(
        "DOC-021",
        "vacuous",
        taken(&with("AWS-HMAC", r"AWS\u002dHMAC")),
    );
}

#[test]
fn doc_023_labels() {
    for headers in [
        &[][..],
        &[("Content-Type", "application/json; charset=UTF-8")],
    ] {
        let labelled = || {
            let token = Build::new().resolve().token("t");
            token.document_reply(good().as_bytes(), headers)
        };
        says("DOC-023", "held", labelled().gave(KEY, END));
        says("DOC-023", "violated", labelled().refused());
    }
    says("DOC-023", "vacuous", taken(&good()));
}

#[test]
fn doc_024_not_utf8() {
    let bad = |from: &str| {
        let body = good();
        let at = body.find(from).unwrap();
        let mut bytes = body.into_bytes();
        bytes[at] = 0xff;
        bytes
    };
    let served = |from| {
        Build::new()
            .resolve()
            .token("t")
            .document_reply(&bad(from), &[])
    };
    let latin1 = given(
        KEY,
        &format!("secret-of-{KEY}"),
        Some(&format!("\u{ff}oken-of-{KEY}")),
        Some(END),
    );
    says("DOC-024", "held", served("token-of").refused());
    says("DOC-024", "violated", served("token-of").crashed());
    says("DOC-024", "violated", served("token-of").outcome(latin1));
    // The bad byte stands where nobody reads.
    says("DOC-024", "held", served("HMAC").gave(KEY, END));
    says("DOC-024", "vacuous", taken(&good()));
}

#[test]
fn a_secret_that_was_not_seen_proves_nothing() {
    let token = format!("token-of-{KEY}");
    let says =
        |rule, verdict, body: &str, outcome| says(rule, verdict, served(body).outcome(outcome));
    let whole = || used(KEY, Some(&token));

    // What was seen is right, the rest is unknown; what was seen is wrong.
    says("DOC-001", "vacuous", &good(), whole());
    says("DOC-001", "violated", &good(), used(KEY, Some("x")));
    says("DOC-001", "violated", &good(), used(KEY, None));
    says(
        "DOC-001",
        "violated",
        &good(),
        used("AKIAOTHER", Some(&token)),
    );
    let precise = document(KEY, "2026-01-01T06:00:00.832308Z");
    says("DOC-012", "vacuous", &precise, whole());

    // Key and security token show that the document was taken.
    let strange = with("{", r#"{"New":1,"#);
    says("DOC-002", "held", &strange, whole());
    says("DOC-002", "violated", &strange, used(KEY, None));

    // Only escapes that can be seen decoded count.
    says(
        "DOC-021",
        "held",
        &with("token-of", r"\u0074oken-of"),
        whole(),
    );
    says(
        "DOC-021",
        "vacuous",
        &with("secret-of", r"\u0073ecret-of"),
        whole(),
    );

    // A bad document: taken for sure; or perhaps, for the secret may be of it.
    let failed = with("Success", "Failed");
    says("DOC-003", "violated", &failed, whole());
    says("DOC-003", "vacuous", &failed, used("AKIAOTHER", None));
    let no_secret = with(&format!("secret-of-{KEY}"), "");
    says("DOC-009", "violated", &no_secret, whole());
    says("DOC-009", "held", &no_secret, used("AKIAOTHER", None));
}

#[test]
fn bad_bytes_in_a_secret_that_was_not_seen_prove_nothing() {
    let token = format!("token-of-{KEY}");
    let served = |from: &str| {
        let body = good();
        let at = body.find(from).unwrap();
        let mut bytes = body.into_bytes();
        bytes[at] = 0xff;
        let token = Build::new().resolve().token("t");
        token.document_reply(&bytes, &[])
    };
    says(
        "DOC-024",
        "vacuous",
        served("secret-of").outcome(used(KEY, Some(&token))),
    );
    says(
        "DOC-024",
        "held",
        served("secret-of").outcome(used("AKIAOTHER", None)),
    );
    let altered = format!("\u{ff}oken-of-{KEY}");
    says(
        "DOC-024",
        "violated",
        served("token-of").outcome(used(KEY, Some(&altered))),
    );
}
