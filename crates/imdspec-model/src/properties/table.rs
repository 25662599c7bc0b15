//! Worlds, requests and changes drawn from bytes, out of small tables: most of what is drawn means
//! something to the service.

use crate::{Change, Fault, Instead, Mode, On, Profile, Span, World};
use arbitrary::{Result, Unstructured};
use imdspec_wire::{FieldName, Headers, Request, Version};

const ROLES: [&str; 5] = ["imdspec-role", "", "a+b=c,d.e@f-g_h", "other", "A"];
const MODES: [Mode; 4] = [Mode::V2Required, Mode::V2Optional, Mode::V1Only, Mode::Off];
const PROFILES: [Profile; 4] = [
    Profile::Http11,
    Profile::TtlOnGets,
    Profile::Http11Close,
    Profile::Http10,
];
/// Seconds.
const LIFETIMES: [i64; 5] = [21_600, 600, 60, 0, -3600];
const ROTATE_BEFORE: [i64; 3] = [3600, 300, 0];
const LONGEST: [i64; 4] = [21_600, 300, 1, 86_400];

const TARGETS: [&str; 16] = [
    "/latest/meta-data/iam/security-credentials/",
    "/latest/meta-data/iam/security-credentials/imdspec-role",
    "/latest/meta-data/iam/security-credentials/a%2Bb=c,d.e%40f-g_h",
    "/latest/meta-data/iam/security-credentials/other",
    "/latest/meta-data/iam/security-credentials",
    "/latest/api/token",
    "/latest/api/token/",
    "//latest/api/token",
    "/latest/meta-data/iam/info",
    "/latest/meta-data/iam/security-credentials/../security-credentials/A",
    "/latest/dynamic/instance-identity/document",
    "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance",
    "/latest/meta-data/placement/region",
    "/latest/meta-data/iam/security-credentials/A?x=/latest/api/token",
    "/2021-03-23/meta-data/iam/security-credentials/imdspec-role",
    "*",
];
const METHODS: [&str; 6] = ["GET", "PUT", "HEAD", "POST", "get", "DELETE"];
const TTLS: [&str; 14] = [
    "21600",
    "60",
    "1",
    "0",
    "21601",
    "300",
    "+60",
    " 60",
    "60 ",
    "00060",
    "4294967297",
    "",
    "60,60",
    "6\u{f7}",
];
const OTHER_FIELDS: [(&str, &str); 5] = [
    ("X-Forwarded-For", "10.0.0.1"),
    ("Expect", "100-continue"),
    ("Connection", "close"),
    ("x-forwarded-for", ""),
    ("Accept", "*/*"),
];

/// One thing that happens to a model.
pub(super) enum Step {
    /// It is asked. The session tokens shown are chosen once it is known which there are.
    Ask(Request, Vec<Shown>),
    /// Both clocks go forward, by milliseconds.
    Advance(u64),
    /// The wall clock alone is set, by seconds.
    Jump(i64),
    /// The world changes.
    Change(Change),
}

/// A session token that a request shows.
pub(super) enum Shown {
    /// One that was given, by its number; and what is added at its end.
    Given(u8, &'static str),
    /// One that never was.
    Bogus(&'static str),
}

pub(super) fn world(from: &mut Unstructured<'_>) -> Result<World> {
    Ok(World {
        mode: *from.choose(&MODES)?,
        role: (*from.choose(&ROLES)?).to_owned(),
        profile: *from.choose(&PROFILES)?,
        longest_token: Span::seconds(*from.choose(&LONGEST)?),
        credential_lifetime: Span::seconds(*from.choose(&LIFETIMES)?),
        rotate_before: Span::seconds(*from.choose(&ROTATE_BEFORE)?),
        account_id: from.arbitrary::<bool>()?.then(|| "123456789012".to_owned()),
        faults: Vec::new(),
    })
}

pub(super) fn step(from: &mut Unstructured<'_>) -> Result<Step> {
    Ok(match from.int_in_range(0..=15)? {
        0..=9 => {
            let (request, shown) = request(from)?;
            Step::Ask(request, shown)
        }
        10 => Step::Advance(u64::from(from.arbitrary::<u32>()?)),
        11 => Step::Advance(*from.choose(&[999, 1000, 60_000, 300_000, 59_999, 3_600_000])?),
        12 => Step::Jump(i64::from(from.arbitrary::<i32>()?)),
        13 => Step::Change(Change::RevokeTokens),
        _ => Step::Change(change(from)?),
    })
}

fn change(from: &mut Unstructured<'_>) -> Result<Change> {
    Ok(match from.int_in_range(0..=3)? {
        0 => Change::Rotate,
        1 => Change::Role((*from.choose(&ROLES)?).to_owned()),
        2 => Change::Mode(*from.choose(&MODES)?),
        _ => {
            let faults = from.int_in_range(0..=2)?;
            Change::Faults((0..faults).map(|_| fault(from)).collect::<Result<_>>()?)
        }
    })
}

fn fault(from: &mut Unstructured<'_>) -> Result<Fault> {
    let mut fault = Fault {
        on: *from.choose(&[On::Any, On::Token, On::Metadata, On::Roles, On::Document])?,
        ..Fault::default()
    };
    match from.int_in_range(0..=9)? {
        0 => fault.status = Some(*from.choose(&[500, 200, 204, 301, 401, 503, 999])?),
        1 => fault.body = Some("${session-token}".into()),
        2 => fault.body = Some("${role} ${expiration+15m} ${access-key-id}".into()),
        3 => fault.gzip = true,
        4 => fault.cut = Some(u64::from(from.arbitrary::<u8>()?)),
        5 => fault.instead = Some(*from.choose(&[Instead::Silence, Instead::Garbage])?),
        6 => fault.without = vec!["Content-Length".into()],
        7 => fault.header_flood = Some(u32::from(from.arbitrary::<u8>()?)),
        8 => fault.content_length = Some(u64::from(from.arbitrary::<u16>()?)),
        _ => fault.drip = Some(Span::seconds(1)),
    }
    Ok(fault)
}

fn request(from: &mut Unstructured<'_>) -> Result<(Request, Vec<Shown>)> {
    let mut request = match from.int_in_range(0..=7)? {
        // A session begins so, and most else needs one.
        0..=2 => Request::new("PUT", "/latest/api/token"),
        _ => Request::new(*from.choose(&METHODS)?, *from.choose(&TARGETS)?),
    };
    if request.method == "PUT" {
        for _ in 0..*from.choose(&[1, 1, 1, 0, 2])? {
            let name = *from.choose(&[
                "X-aws-ec2-metadata-token-ttl-seconds",
                "x-aws-ec2-metadata-token-ttl-seconds",
            ])?;
            request.headers.push(name, *from.choose(&TTLS)?);
        }
    }
    let mut shown = Vec::new();
    for _ in 0..*from.choose(&[1, 1, 0, 2])? {
        shown.push(match from.int_in_range(0..=7)? {
            0..=5 => Shown::Given(from.arbitrary()?, ""),
            6 => Shown::Given(from.arbitrary()?, from.choose(&["=", " ", "A"])?),
            _ => Shown::Bogus(from.choose(&["", "AQAEABogus==", " "])?),
        });
    }
    if from.ratio(1, 8)? {
        let (name, value) = *from.choose(&OTHER_FIELDS)?;
        request.headers.push(name, value);
    }
    if from.ratio(1, 16)? {
        request.version = Version::Http10;
    }
    Ok((request, shown))
}

/// What a request says of one name, however it is spelled.
pub(super) fn values<'h>(headers: &'h Headers, name: &str) -> Vec<&'h str> {
    let named = |(n, _): &&(FieldName, String)| n.to_ascii_lowercase() == name;
    let fields = headers.0.iter().filter(named);
    fields.map(|(_, value)| value.as_str()).collect()
}
