use super::*;

const SCOPE: &str = "20260101/us-east-1";

fn signed(service: &str, method: &str, target: &str) -> Request {
    let value = format!(
        "AWS4-HMAC-SHA256 Credential=AKID/{SCOPE}/{service}/aws4_request, \
         SignedHeaders=host, Signature=f"
    );
    Request::new(method, target).with("Authorization", value)
}

fn s3(method: &str, target: &str) -> Request {
    signed("s3", method, target).with("Host", "127.0.0.1:9000")
}

fn body(reply: &Reply) -> String {
    reply.body.text().into_owned()
}

/// The root element of a reply's document, which must be one.
fn root(reply: &Reply) -> String {
    let text = body(reply);
    let text = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let name = text
        .and_then(|t| t.strip_prefix('<'))
        .and_then(|t| t.split([' ', '>', '/']).next())
        .expect("a document");
    name.to_owned()
}

#[track_caller]
fn answers(request: &Request, status: u16, root_element: &str) -> String {
    let taken = take(request);
    assert_eq!(
        taken.given.as_ref().map(|g| &*g.access_key_id),
        Some("AKID")
    );
    assert_eq!(taken.reply.status, status);
    assert_eq!(root(&taken.reply), root_element);
    body(&taken.reply)
}

#[track_caller]
fn answers_nothing(request: &Request, status: u16) -> Reply {
    let taken = take(request);
    assert!(taken.given.is_some());
    assert_eq!(taken.reply.status, status);
    assert_eq!(body(&taken.reply), "");
    taken.reply
}

#[test]
fn a_signature_is_the_outcome_and_shows_no_secret() {
    let taken = take(&s3("GET", "/").with("X-Amz-Security-Token", "token"));
    let given = taken.given.unwrap();
    assert_eq!(given.access_key_id, "AKID");
    assert_eq!(given.session_token.as_deref(), Some("token"));
    assert_eq!(given.secret_access_key, None);
    assert_eq!(given.expiration, None);
}

#[test]
fn without_a_signature_there_is_nothing_to_be_had() {
    for request in [
        Request::new("GET", "/"),
        Request::new("GET", "/<b>&\u{1}/key?list-type=2"),
        Request::new("POST", "/").with("X-Amz-Target", "DynamoDB_20120810.ListTables"),
        Request::new("GET", "/").with("Authorization", "AWS4-HMAC-SHA256 Credential=AKID"),
    ] {
        let taken = take(&request);
        assert_eq!(taken.given, None, "{request:?}");
        assert_eq!(taken.reply.status, 403);
        assert_eq!(root(&taken.reply), "Error");
        assert!(body(&taken.reply).contains("<Code>AccessDenied</Code>"));
        assert!(!body(&taken.reply).contains("<b>"));
        assert!(!body(&taken.reply).contains('\u{1}'));
    }
}

#[test]
fn there_is_one_bucket() {
    for target in ["/", "/?x-id=ListBuckets", "/?max-buckets=10"] {
        let text = answers(&s3("GET", target), 200, "ListAllMyBucketsResult");
        assert_eq!(text.matches("<Bucket>").count(), 1, "{text}");
        assert!(text.contains("<Name>sink</Name><CreationDate>2026-01-01T00:00:00.000Z<"));
    }
    answers_nothing(&s3("HEAD", "/"), 200);
}

#[test]
fn every_bucket_is_empty() {
    let text = answers(&s3("GET", "/data"), 200, "ListBucketResult");
    assert!(text.contains("<Name>data</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000<"));
    assert!(text.ends_with("<IsTruncated>false</IsTruncated></ListBucketResult>"));
    for target in [
        "/data/",
        "/data/?delimiter=%2F",
        "/data?x-id=ListObjects&marker=a",
    ] {
        let text = answers(&s3("GET", target), 200, "ListBucketResult");
        assert!(text.contains("<Name>data</Name>"), "{text}");
        assert!(!text.contains("<KeyCount>"), "{text}");
    }
    let target = "/data?list-type=2&prefix=a%26b&delimiter=%2F&max-keys=9999&start-after=x";
    let text = answers(&s3("GET", target), 200, "ListBucketResult");
    assert!(text.contains(
        "<Prefix>a&amp;b</Prefix><KeyCount>0</KeyCount><StartAfter>x</StartAfter>\
         <MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false<"
    ));
    let target = "/data?list-type=2&encoding-type=url&prefix=a%26b/&max-keys=1";
    let text = answers(&s3("GET", target), 200, "ListBucketResult");
    assert!(text.contains("<Prefix>a%26b/</Prefix><KeyCount>0</KeyCount><MaxKeys>1</MaxKeys>"));
    assert!(text.contains("<EncodingType>url</EncodingType>"));
}

#[test]
fn a_presigned_or_old_listing_is_a_listing() {
    let presigned = Request::new(
        "GET",
        "/data?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Fus-east-1\
         %2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Signature=f&prefix=",
    );
    answers(&presigned, 200, "ListBucketResult");
    let old = Request::new("GET", "/data?AWSAccessKeyId=AKID&Expires=1&Signature=f");
    answers(&old, 200, "ListBucketResult");
    let old = Request::new("GET", "/").with("Authorization", "AWS AKID:c2ln");
    answers(&old, 200, "ListAllMyBucketsResult");
}

#[test]
fn a_bucket_is_where_clients_sign_anyway() {
    let text = answers(&s3("GET", "/data?location"), 200, "LocationConstraint");
    assert!(text.ends_with("doc/2006-03-01/\"/>"), "{text}");
    let reply = answers_nothing(&s3("HEAD", "/data"), 200);
    assert_eq!(reply.headers.get("x-amz-bucket-region"), Some("us-east-1"));
}

#[test]
fn a_subresource_is_no_listing() {
    for target in ["/data?versioning", "/data?acl", "/data?uploads&prefix=a"] {
        answers_nothing(&s3("GET", target), 200);
    }
}

#[test]
fn no_object_is_there() {
    let text = answers(&s3("GET", "/data/a%20b?x-id=GetObject"), 404, "Error");
    assert!(text.contains("<Code>NoSuchKey</Code>"), "{text}");
    assert!(text.contains("<Resource>/data/a%20b</Resource>"), "{text}");
    let head = take(&s3("HEAD", "/data/config")).reply;
    assert_eq!(head.status, 404);
    assert!(head.bodiless);
}

#[test]
fn what_changes_something_succeeds_and_leaves_nothing() {
    answers_nothing(&s3("PUT", "/data"), 200);
    answers_nothing(&s3("PUT", "/data/key"), 200);
    let reply = answers_nothing(&s3("DELETE", "/data/key"), 204);
    assert!(!reply.headers.has("content-length"));
    assert!(reply.bodiless);
}

#[test]
fn the_host_may_name_the_bucket() {
    let at = |host: &str, target: &str| signed("s3", "GET", target).with("Host", host);
    for host in [
        "data.s3.amazonaws.com",
        "Data.S3.us-east-1.amazonaws.com:443",
        "a.b.s3-us-west-2.amazonaws.com",
        "data.localhost:9000",
    ] {
        let bucket = host.split([':']).next().unwrap();
        let text = answers(&at(host, "/?list-type=2"), 200, "ListBucketResult");
        let name = text
            .split("<Name>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap();
        assert!(bucket.starts_with(&format!("{name}.")), "{name} in {host}");
        assert_eq!(name.contains('.'), host.starts_with("a.b"), "{name}");
        answers(&at(host, "/key"), 404, "Error");
    }
    for host in [
        "127.0.0.1:9000",
        "[::1]:9000",
        "localhost:9000",
        "s3.amazonaws.com",
        "s3-us-west-2.amazonaws.com",
        "sink.test",
        ".localhost",
        "",
    ] {
        answers(&at(host, "/"), 200, "ListAllMyBucketsResult");
        answers(&at(host, "/data"), 200, "ListBucketResult");
    }
}

#[test]
fn somebody_may_ask_who_it_is() {
    let mut form = signed("sts", "POST", "/").with(
        "Content-Type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    form.body = "Action=GetCallerIdentity&Version=2011-06-15".into();
    let get = signed(
        "sts",
        "GET",
        "/?Action=GetCallerIdentity&Version=2011-06-15",
    );
    for request in [form, get] {
        let reply = take(&request).reply;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers.get("content-type"), Some("text/xml"));
        let text = body(&reply);
        let start = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                     <GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("<Account>123456789012</Account></GetCallerIdentityResult>"));
    }
}

#[test]
fn other_actions_succeed_with_no_result() {
    let request = signed("ec2", "GET", "/?Action=DescribeRegions");
    let text = body(&take(&request).reply);
    assert!(
        text.starts_with("<DescribeRegionsResponse><DescribeRegionsResult></"),
        "{text}"
    );
    // Signature version 2 does not name the service, but there is an action.
    let old = "/?Action=DescribeRegions&AWSAccessKeyId=K&SignatureVersion=2&Signature=f";
    assert_eq!(body(&take(&Request::new("GET", old)).reply), text);
    for action in ["", "%3Cx%3E", "1a"] {
        let request = signed("ec2", "GET", &format!("/?Action={action}"));
        answers(&request, 400, "Error");
    }
    // In a bucket it is no action.
    answers_nothing(&s3("GET", "/data?Action=x"), 200);
}

#[test]
fn json_is_answered_with_json() {
    let typed = |kind: &str| {
        let request = signed("dynamodb", "POST", "/").with("Content-Type", kind);
        request.with("X-Amz-Target", "DynamoDB_20120810.ListTables")
    };
    let targeted = signed("kms", "POST", "/").with("x-amz-target", "TrentService.ListKeys");
    for (request, kind) in [
        (
            typed("application/x-amz-json-1.0"),
            "application/x-amz-json-1.0",
        ),
        (
            typed("application/x-amz-json-1.1"),
            "application/x-amz-json-1.1",
        ),
        (targeted, "application/x-amz-json-1.1"),
    ] {
        let reply = take(&request).reply;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers.get("content-type"), Some(kind));
        assert_eq!(body(&reply), "{}");
    }
}

#[test]
fn any_other_service_succeeds_with_nothing() {
    let reply = answers_nothing(&signed("lambda", "GET", "/2015-03-31/functions/"), 200);
    assert_eq!(reply.headers.get("content-length"), Some("0"));
}

#[test]
fn a_reply_fits_its_request() {
    let reply = take(&s3("GET", "/")).reply;
    let length = reply.body.len().to_string();
    assert_eq!(reply.headers.get("content-length"), Some(&*length));
    assert_eq!(reply.headers.get("content-type"), Some("application/xml"));
    assert!(reply.headers.has("x-amz-request-id"));
    assert!(!reply.close && !reply.bodiless);
    assert!(
        take(&s3("GET", "/").with("Connection", "close"))
            .reply
            .close
    );
    assert!(take(&s3("HEAD", "/data")).reply.bodiless);
    assert!(take(&Request::new("HEAD", "/data")).reply.bodiless);
}
