//! Amazon S3 with one bucket for whoever asks for any, and no object in it.
//!
//! Not an object that would be there for every name: who reads one has a use for what is in it,
//! and every client knows what to make of a key that does not exist. Answers are of the shape given
//! on the page of the Amazon S3 API Reference that has the operation's name.

use super::parameters::{Parameters, decoded};
use super::responder::{Answer, escaped, path};
use imdspec_wire::Request;
use std::net::IpAddr;

const SPACE: &str = r#"xmlns="http://s3.amazonaws.com/doc/2006-03-01/""#;

/// Parameters that belong to a listing or to no operation; any other one names a subresource.
const OF_LISTINGS: [&str; 13] = [
    "list-type",
    "prefix",
    "delimiter",
    "marker",
    "max-keys",
    "encoding-type",
    "continuation-token",
    "start-after",
    "fetch-owner",
    "AWSAccessKeyId",
    "Expires",
    "Signature",
    // Some SDKs write the operation's name there.
    "x-id",
];

/// Answers a request that is signed for S3.
pub(super) fn answer(request: &Request) -> Answer {
    let (bucket, key) = names(request);
    let parameters = Parameters::of_query(request);
    match (&*request.method, bucket, key) {
        ("GET", None, _) => list_buckets(),
        ("HEAD", Some(_), None) => head_bucket(),
        ("GET", Some(_), None) if parameters.has("location") => bucket_location(),
        ("GET", Some(bucket), None) if parameters.names().all(is_of_listings) => {
            list_objects(&bucket, &parameters)
        }
        ("GET" | "HEAD", Some(_), Some(_)) => no_such_key(path(request)),
        // "DeleteObject", "DeleteBucket": success has no content.
        ("DELETE", ..) => Answer::empty(204),
        _ => Answer::empty(200),
    }
}

fn is_of_listings(name: &str) -> bool {
    let is_signature = name
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("X-Amz-"));
    is_signature || OF_LISTINGS.iter().any(|n| n.eq_ignore_ascii_case(name))
}

/// The bucket and the key that a request names, decoded.
///
/// The bucket is the first part of the path or stands before the service's name in the host
/// ("Virtual hosting of buckets", Amazon S3 User Guide); before `localhost`, if the sink is called
/// that.
fn names(request: &Request) -> (Option<String>, Option<String>) {
    let some = |text: &str| (!text.is_empty()).then(|| decoded(text));
    let path = path(request);
    let path = path.strip_prefix('/').unwrap_or(path);
    let host = request.headers.get("host").unwrap_or_default();
    if let Some(bucket) = bucket_of_host(host) {
        return (Some(bucket.to_owned()), some(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (some(bucket), some(key))
}

fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let suffix = [".s3.", ".s3-"].iter().filter_map(|s| lower.find(s)).min();
    let end = suffix.or_else(|| lower.strip_suffix(".localhost").map(str::len))?;
    name.get(..end).filter(|bucket| !bucket.is_empty())
}

/// "`ListBuckets`".
fn list_buckets() -> Answer {
    Answer::xml(
        200,
        &format!(
            "<ListAllMyBucketsResult {SPACE}><Owner><ID>{OWNER}</ID></Owner><Buckets><Bucket>\
             <Name>sink</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>\
             </Buckets></ListAllMyBucketsResult>"
        ),
    )
}

/// A canonical user id: 64 hexadecimal digits.
const OWNER: &str = "5123512351235123512351235123512351235123512351235123512351235123";

/// "`HeadBucket`". The region is the one that `bucket_location` gives.
fn head_bucket() -> Answer {
    let mut answer = Answer::empty(200);
    answer
        .fields
        .push(("x-amz-bucket-region", "us-east-1".into()));
    answer
}

/// "`GetBucketLocation`": empty for us-east-1, where clients sign when they know nothing better.
fn bucket_location() -> Answer {
    Answer::xml(200, &format!("<LocationConstraint {SPACE}/>"))
}

/// "`ListObjects`" and "`ListObjectsV2`", of an empty bucket.
fn list_objects(bucket: &str, parameters: &Parameters) -> Answer {
    let is_url = parameters.get("encoding-type") == Some("url");
    let element = |name: &str, value: &str| {
        let value = match is_url {
            true => url_encoded(value),
            false => escaped(value),
        };
        format!("<{name}>{value}</{name}>")
    };
    // Echoed even when it was not asked for, as the pages' examples show it.
    let echo = |name: &str, parameter: &str| element(name, parameters.get(parameter).unwrap_or(""));
    let max_keys = parameters.get("max-keys").and_then(|n| n.parse().ok());
    let max_keys: u32 = max_keys.map_or(1000, |n: u32| n.min(1000));

    let mut root = format!("<ListBucketResult {SPACE}><Name>{}</Name>", escaped(bucket));
    root += &echo("Prefix", "prefix");
    if parameters.get("list-type") == Some("2") {
        root += "<KeyCount>0</KeyCount>";
        if parameters.has("start-after") {
            root += &echo("StartAfter", "start-after");
        }
    } else {
        root += &echo("Marker", "marker");
    }
    root += &format!("<MaxKeys>{max_keys}</MaxKeys>");
    if parameters.has("delimiter") {
        root += &echo("Delimiter", "delimiter");
    }
    if is_url {
        root += "<EncodingType>url</EncodingType>";
    }
    root += "<IsTruncated>false</IsTruncated></ListBucketResult>";
    Answer::xml(200, &root)
}

/// "`GetObject`" and "`HeadObject`" of a key that is not there.
fn no_such_key(resource: &str) -> Answer {
    Answer::error(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        resource,
    )
}

fn url_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
