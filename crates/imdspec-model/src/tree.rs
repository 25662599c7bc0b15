//! The tree of the service: which paths there are, and what a path names.
//!
//! The tree is a table. A path can only ever reach what stands in it, so there is nothing outside
//! of it to get to: `..` is a name that no directory has, and a percent-encoded slash or NUL is a
//! character that no name has.

use std::fmt::Write as _;

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A directory with its slash: the names in it, one a line.
    Listing(String),
    /// A directory without its slash: where it is.
    Moved(String),
    /// The role list.
    Roles,
    /// The document of the role attached.
    Document,
    /// Something with a value.
    Leaf(Leaf),
    /// Nothing.
    Nothing,
}

/// Something with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// A value that never changes.
    Text(&'static str),
    /// `iam/info`.
    IamInfo,
    /// `identity-credentials/ec2/info`.
    IdentityInfo,
    /// `identity-credentials/ec2/security-credentials/ec2-instance`.
    IdentityCredentials,
    /// `dynamic/instance-identity/document`.
    IdentityDocument,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Directory(&'static [(&'static str, Self)]),
    Leaf(Leaf),
    /// The directory of the role attached.
    Roles,
}

/// Facts about the one instance a model is.
pub(crate) mod instance {
    pub(crate) const ACCOUNT: &str = "123456789012";
    pub(crate) const IMAGE: &str = "ami-0abcdef1234567890";
    pub(crate) const ID: &str = "i-1234567890abcdef0";
    pub(crate) const TYPE: &str = "t3.micro";
    pub(crate) const ADDRESS: &str = "10.0.0.10";
    pub(crate) const REGION: &str = "us-east-1";
    pub(crate) const ZONE: &str = "us-east-1a";
    pub(crate) const ZONE_ID: &str = "use1-az1";
}

const fn text(value: &'static str) -> Node {
    Node::Leaf(Leaf::Text(value))
}

/// What stands under `latest` and every dated version.
const VERSION: Node = Node::Directory(&[
    (
        "dynamic",
        Node::Directory(&[(
            "instance-identity",
            Node::Directory(&[("document", Node::Leaf(Leaf::IdentityDocument))]),
        )]),
    ),
    (
        "meta-data",
        Node::Directory(&[
            ("ami-id", text(instance::IMAGE)),
            (IAM, IAM_DIRECTORY),
            ("identity-credentials", IDENTITY_CREDENTIALS),
            ("instance-id", text(instance::ID)),
            ("instance-type", text(instance::TYPE)),
            ("local-ipv4", text(instance::ADDRESS)),
            (
                "placement",
                Node::Directory(&[
                    ("availability-zone", text(instance::ZONE)),
                    ("availability-zone-id", text(instance::ZONE_ID)),
                    ("region", text(instance::REGION)),
                ]),
            ),
        ]),
    ),
]);

/// There only while a role is attached.
const IAM: &str = "iam";

const IAM_DIRECTORY: Node = Node::Directory(&[
    ("info", Node::Leaf(Leaf::IamInfo)),
    ("security-credentials", Node::Roles),
]);

const IDENTITY_CREDENTIALS: Node = Node::Directory(&[(
    "ec2",
    Node::Directory(&[
        ("info", Node::Leaf(Leaf::IdentityInfo)),
        (
            "security-credentials",
            Node::Directory(&[("ec2-instance", Node::Leaf(Leaf::IdentityCredentials))]),
        ),
    ]),
)]);

/// The versions listed at `/`, as the EC2 User Guide shows them ("Retrieve instance metadata").
const VERSIONS: [&str; 25] = [
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-03-23",
    "latest",
];

/// What `path` names while `role` is attached; empty for none.
pub(crate) fn find(path: &str, role: &str) -> Found {
    let Some(path) = path.strip_prefix('/') else {
        return Found::Nothing;
    };
    if path.is_empty() {
        return Found::Listing(VERSIONS.join("\n"));
    }
    let (path, slash) = path
        .strip_suffix('/')
        .map_or((path, false), |path| (path, true));
    let mut segments = path.split('/');
    let version = segments.next().unwrap_or_default();
    if !VERSIONS.contains(&version) {
        return Found::Nothing;
    }
    let mut node = VERSION;
    // Rebuilt from names of ours, so that a redirect repeats nothing a client sent.
    let mut real = String::with_capacity(path.len() + 2);
    real.extend(["/", version, "/"]);
    while let Some(segment) = segments.next() {
        let child = match node {
            Node::Directory(children) => children
                .iter()
                .find(|(name, _)| *name == segment && exists(name, role)),
            Node::Leaf(_) => None,
            Node::Roles => {
                // A role's name may hold characters that clients percent-encode, such as `+`.
                // Nothing stands below a role: that the service answers there was said only once.
                let is_role = decoded(segment).is_some_and(|name| name == role.as_bytes());
                return if is_role && segments.next().is_none() {
                    Found::Document
                } else {
                    Found::Nothing
                };
            }
        };
        let Some((name, child)) = child else {
            return Found::Nothing;
        };
        node = *child;
        let _ = write!(real, "{name}/");
    }
    match node {
        // Also with a slash at its end: botocore has asked `placement/availability-zone/` for
        // years (`InstanceMetadataRegionFetcher`).
        Node::Leaf(leaf) => Found::Leaf(leaf),
        // Without its slash too: so captured in 2022 (awslabs/aws-sdk-rust#560), and so asked for
        // by aws-sdk-cpp and by the walks people type; a capture of 2018 (uswitch/kiam#116) had
        // 301, as other directories still get.
        Node::Roles => Found::Roles,
        Node::Directory(_) if !slash => Found::Moved(real),
        Node::Directory(children) => Found::Listing(listing(children, role)),
    }
}

fn exists(name: &str, role: &str) -> bool {
    name != IAM || !role.is_empty()
}

/// Names one a line, without a line end after the last; directories with their slash.
fn listing(children: &[(&str, Node)], role: &str) -> String {
    let mut names = String::new();
    for (name, node) in children.iter().filter(|(name, _)| exists(name, role)) {
        if !names.is_empty() {
            names.push('\n');
        }
        names.push_str(name);
        if !matches!(node, Node::Leaf(_)) {
            names.push('/');
        }
    }
    names
}

/// A segment with its percent-encoding undone; none when that is malformed.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut bytes = segment.bytes();
    let mut out = Vec::with_capacity(segment.len());
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    while let Some(byte) = bytes.next() {
        out.push(if byte == b'%' {
            digit(bytes.next()?)? << 4 | digit(bytes.next()?)?
        } else {
            byte
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

    #[test]
    fn every_path_of_the_table_is_found_by_walking_its_listings() {
        let mut open = vec![String::from("/latest/")];
        let mut leaves = 0;
        while let Some(path) = open.pop() {
            match find(&path, "r") {
                Found::Listing(names) => {
                    assert!(!names.is_empty() && !names.ends_with('\n'), "{path}");
                    open.extend(names.lines().map(|name| format!("{path}{name}")));
                    let bare = path.trim_end_matches('/');
                    assert_eq!(find(bare, "r"), Found::Moved(path.clone()));
                }
                Found::Roles => assert_eq!(path, ROLES),
                Found::Leaf(_) => leaves += 1,
                other => panic!("{path}: {other:?}"),
            }
        }
        assert_eq!(leaves, 11);
    }

    #[test]
    fn paths_name_what_they_should() {
        for (path, found) in [
            (ROLES, Found::Roles),
            (ROLES.trim_end_matches('/'), Found::Roles),
            ("/2021-03-23/meta-data/placement/region", region()),
            ("/latest/meta-data/placement/region/", region()),
            ("/latest", Found::Moved("/latest/".into())),
            ("/2021-03-23", Found::Moved("/2021-03-23/".into())),
            ("/1999-01-01/", Found::Nothing),
            ("/latest/meta-data/IAM/info", Found::Nothing),
            ("/latest/api/token", Found::Nothing),
            ("/latest/user-data", Found::Nothing),
            ("latest/", Found::Nothing),
            ("", Found::Nothing),
            ("*", Found::Nothing),
        ] {
            assert_eq!(find(path, "r"), found, "{path}");
        }
    }

    fn region() -> Found {
        Found::Leaf(Leaf::Text(instance::REGION))
    }

    #[test]
    fn a_role_is_found_under_any_spelling_of_its_name_and_no_other() {
        for (role, segment, found) in [
            ("r", "r", true),
            ("r", "r/", true),
            ("a+b=c,d.e@f", "a%2Bb%3dc,d.e%40f", true),
            ("r", "R", false),
            ("r", "r/x", false),
            ("r", "r//", false),
            ("r", "r%", false),
            ("r", "r%0", false),
            ("r", "%72", true),
            ("a/b", "a%2Fb", true),
            ("a/b", "a/b", false),
            ("", "", false),
        ] {
            let found = if found {
                Found::Document
            } else {
                Found::Nothing
            };
            assert_eq!(
                find(&format!("{ROLES}{segment}"), role),
                found,
                "{role} {segment}"
            );
        }
    }

    #[test]
    fn without_a_role_there_is_no_iam() {
        assert_eq!(find(ROLES, ""), Found::Nothing);
        assert_eq!(find("/latest/meta-data/iam/info", ""), Found::Nothing);
        let Found::Listing(names) = find("/latest/meta-data/", "") else {
            panic!("no listing")
        };
        assert!(!names.contains("iam/"));
    }
}
