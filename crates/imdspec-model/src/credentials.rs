//! The credential schedule: which document a role's path answers, and when the next one appears.
//!
//! ```text
//!              first ask                 rotate_before its expiration
//!   (nothing) ──────────► document 1 ─────────────────────────────────► document 2 ─► …
//!       ▲                     │              or Change::Rotate
//!       └─────────────────────┘
//!          another role
//! ```
//!
//! Dates live on the wall clock, because `Expiration` is one. A document is written once and
//! served until its successor is: nobody ever sees a key of one with the token of another.
//!
//! The service promises new credentials five minutes or more before the old ones end (EC2 User
//! Guide, "IAM roles for Amazon EC2"). Credentials that live shorter than twice
//! [`World::rotate_before`] are replaced at half their life, so that none is born due. Those whose
//! lifetime is zero or less were over when they were made: a service that has lost its own source
//! of credentials, which goes on serving what it has until [`Change::Rotate`](crate::Change::Rotate).

use crate::World;
use crate::mint::{Keys, Mint, Purpose};
use imdspec_wire::{Now, Timestamp, Wall};
use std::fmt::{self, Write as _};

/// The credentials at one path.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    purpose: Purpose,
    current: Option<Document>,
}

#[derive(Clone)]
struct Document {
    text: String,
    /// From when on a new one is served.
    due: Option<Wall>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

impl Schedule {
    pub(crate) const fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            current: None,
        }
    }

    /// The document served now.
    pub(crate) fn document(&mut self, now: Now, world: &World, mint: &mut Mint) -> &str {
        let due = |document: &Document| document.due.is_some_and(|due| due <= now.wall);
        if self.current.as_ref().is_some_and(due) {
            self.current = None;
        }
        let purpose = self.purpose;
        let current = self
            .current
            .get_or_insert_with(|| Document::new(now, world, &mint.keys(purpose)));
        &current.text
    }

    /// The document served so far is served no longer; the next one is made at the next ask.
    pub(crate) fn forget(&mut self) {
        self.current = None;
    }
}

impl Document {
    fn new(now: Now, world: &World, keys: &Keys) -> Self {
        let lifetime = world.credential_lifetime.millis();
        let expiration = whole_seconds(now.wall.0.saturating_add(lifetime));
        let early = world.rotate_before.millis().min(lifetime / 2);
        Self {
            text: text(
                keys,
                now.wall,
                Wall(expiration),
                world.account_id.as_deref(),
            ),
            due: (lifetime > 0).then(|| Wall(expiration.saturating_sub(early))),
        }
    }
}

/// The members in the order the service writes them (EC2 User Guide, "Retrieve security
/// credentials from instance metadata").
fn text(keys: &Keys, updated: Wall, expiration: Wall, account_id: Option<&str>) -> String {
    let (updated, expiration) = (seconds_text(updated), seconds_text(expiration));
    let mut members = vec![
        ("Code", "Success"),
        ("LastUpdated", updated.as_str()),
        ("Type", "AWS-HMAC"),
        ("AccessKeyId", &keys.access_key_id),
        ("SecretAccessKey", &keys.secret_access_key),
        ("Token", &keys.security_token),
        ("Expiration", &expiration),
    ];
    members.extend(account_id.map(|id| ("AccountId", id)));
    json(&members)
}

/// A JSON object of strings as the service prints one: two spaces, and one around the colon.
pub(crate) fn json(members: &[(&str, &str)]) -> String {
    // The service's documents have about 1300 bytes.
    let mut out = String::with_capacity(1536);
    out.push('{');
    for (i, (name, value)) in members.iter().enumerate() {
        out.push_str(if i == 0 { "\n  \"" } else { ",\n  \"" });
        out.push_str(name);
        out.push_str("\" : ");
        // A value may come from a world somebody wrote, with any character in it; writing to a
        // string cannot fail.
        let _ = write!(out, "{}", serde_json::Value::from(*value));
    }
    out.push_str("\n}");
    out
}

/// A date as the service writes it.
pub(crate) fn seconds_text(wall: Wall) -> String {
    Timestamp::from_wall(wall).to_seconds_text()
}

const fn whole_seconds(millis: i64) -> i64 {
    millis.saturating_sub(millis.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;
    use imdspec_wire::{CredentialDocument, Credentials, Mono};

    const T0: i64 = 1_767_225_600_000;

    fn at(seconds: i64) -> Now {
        Now {
            wall: Wall(T0 + seconds * 1000 + 321),
            mono: Mono(0),
        }
    }

    fn world(lifetime: i64, rotate_before: i64) -> World {
        World {
            credential_lifetime: Span::seconds(lifetime),
            rotate_before: Span::seconds(rotate_before),
            ..World::default()
        }
    }

    struct Served {
        schedule: Schedule,
        mint: Mint,
        world: World,
    }

    impl Served {
        fn new(world: World) -> Self {
            Self {
                schedule: Schedule::new(Purpose::Role),
                mint: Mint::new(5),
                world,
            }
        }

        fn at(&mut self, seconds: i64) -> Credentials {
            let text = self
                .schedule
                .document(at(seconds), &self.world, &mut self.mint);
            CredentialDocument::parse(text.as_bytes())
                .unwrap()
                .credentials()
                .unwrap()
        }
    }

    #[test]
    fn is_served_until_its_successor_is_due() {
        let hour = 3600;
        // Lifetime, rotate before, and from when on the second one is served.
        for (lifetime, before, due) in [
            (6 * hour, hour, 5 * hour),
            (6 * hour, 300, 6 * hour - 300),
            (600, hour, 300),
            (6 * hour, -60, 6 * hour + 60),
        ] {
            let mut served = Served::new(world(lifetime, before));
            let first = served.at(0);
            assert_eq!(first.expiration.wall(), Wall(T0 + lifetime * 1000));
            assert_eq!(served.at(due - 1), first, "{lifetime} {before}");
            let second = served.at(due);
            assert_ne!(second, first, "{lifetime} {before}");
            assert_eq!(second.expiration.wall(), Wall(T0 + (due + lifetime) * 1000));
        }
    }

    #[test]
    fn what_was_over_when_it_was_made_stays() {
        for lifetime in [0, -3600] {
            let mut served = Served::new(world(lifetime, 3600));
            let first = served.at(0);
            assert_eq!(first.expiration.wall(), Wall(T0 + lifetime * 1000));
            assert_eq!(served.at(100_000), first);
            served.schedule.forget();
            assert_ne!(served.at(100_000), first);
        }
    }

    #[test]
    fn a_date_set_back_does_not_rotate() {
        let mut served = Served::new(World::default());
        let first = served.at(0);
        assert_eq!(served.at(-100_000), first);
    }

    #[test]
    fn reads_as_the_service_writes_it() {
        let keys = Keys {
            access_key_id: "ASIAX".into(),
            secret_access_key: "s/\"".into(),
            security_token: "t==".into(),
        };
        let written = text(
            &keys,
            Wall(T0 + 999),
            Wall(T0 + 60_000),
            Some("123456789012"),
        );
        assert_eq!(
            written,
            r#"{
  "Code" : "Success",
  "LastUpdated" : "2026-01-01T00:00:00Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "ASIAX",
  "SecretAccessKey" : "s/\"",
  "Token" : "t==",
  "Expiration" : "2026-01-01T00:01:00Z",
  "AccountId" : "123456789012"
}"#
        );
    }
}
