//! Filling in the `${gaps}` of a fault's body and header fields.

use crate::credentials::seconds_text;
use crate::fault::Body;
use crate::mint::{Keys, Mint, Purpose};
use crate::tokens::Tokens;
use crate::{Span, World};
use imdspec_wire::{Now, Wall};
use std::time::Duration;

/// The names of gaps; sums on `expiration` besides.
pub(crate) const NAMES: [&str; 8] = [
    "access-key-id",
    "secret-access-key",
    "token",
    "session-token",
    "role",
    "last-updated",
    "expiration",
    "collector",
];

/// What fills the gaps of one text. Secrets are minted when a gap first asks for them, and all
/// gaps of a text are filled from the same set.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    now: Now,
    world: &'a World,
    collector: &'a str,
    mint: &'a mut Mint,
    tokens: &'a mut Tokens,
}

impl<'a> Values<'a> {
    pub(crate) const fn new(
        now: Now,
        world: &'a World,
        collector: &'a str,
        mint: &'a mut Mint,
        tokens: &'a mut Tokens,
    ) -> Self {
        Self {
            now,
            world,
            collector,
            mint,
            tokens,
        }
    }

    pub(crate) fn fill_body(&mut self, body: Body<'_>) -> Vec<u8> {
        match body {
            Body::Template(text) => self.fill(text).into_bytes(),
            Body::Raw(bytes) => bytes.to_vec(),
        }
    }

    /// `text` with its gaps filled. An unknown gap stays as it is; what was filled in is not looked
    /// at again.
    pub(crate) fn fill(&mut self, text: &str) -> String {
        let mut keys = None;
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = next_gap(rest) {
            out.push_str(before);
            match self.value(name, &mut keys) {
                Some(value) => out.push_str(&value),
                None => out.push_str(&format!("${{{name}}}")),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn value(&mut self, name: &str, keys: &mut Option<Keys>) -> Option<String> {
        let mut keys = || {
            keys.get_or_insert_with(|| self.mint.keys(Purpose::Fault))
                .clone()
        };
        let in_ms = |span: Span| Wall(self.now.wall.0.saturating_add(span.millis()));
        Some(match name {
            "access-key-id" => keys().access_key_id,
            "secret-access-key" => keys().secret_access_key,
            "token" => keys().security_token,
            "session-token" => {
                let token = self.mint.session_token();
                let lifetime = Duration::from_secs(self.world.longest_token.duration().as_secs());
                self.tokens.issue(self.now.mono, token.clone(), lifetime);
                token
            }
            "role" => self.world.role.clone(),
            "last-updated" => seconds_text(self.now.wall),
            "expiration" => seconds_text(in_ms(self.world.credential_lifetime)),
            "collector" => self.collector.to_owned(),
            sum => seconds_text(in_ms(sum_on_expiration(sum)?)),
        })
    }
}

/// The first gap that nothing fills.
pub(crate) fn unknown_gap(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, name, after)) = next_gap(rest) {
        if !NAMES.contains(&name) && sum_on_expiration(name).is_none() {
            return Some(name.to_owned());
        }
        rest = after;
    }
    None
}

/// What stands before the first gap, its name, and what stands behind it.
fn next_gap(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The span in `expiration+15m` or `expiration-15m`.
fn sum_on_expiration(name: &str) -> Option<Span> {
    let sum = name.strip_prefix("expiration")?;
    match sum.strip_prefix('+') {
        Some(span) => span.parse().ok(),
        None => sum.starts_with('-').then(|| sum.parse().ok())?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imdspec_wire::Mono;

    #[test]
    fn gaps_are_filled_from_one_set_and_the_rest_is_left_alone() {
        let world = World::default();
        let (mut mint, mut tokens) = (Mint::new(1), Tokens::default());
        let now = Now {
            wall: Wall(1_767_225_600_000),
            mono: Mono(0),
        };
        let mut values = Values::new(now, &world, "http://c", &mut mint, &mut tokens);
        for (text, filled) in [
            ("${role}", "imdspec-role"),
            ("a${collector}/x${", "ahttp://c/x${"),
            ("${last-updated}", "2026-01-01T00:00:00Z"),
            ("${expiration}", "2026-01-01T06:00:00Z"),
            ("${expiration+15m}", "2026-01-01T00:15:00Z"),
            ("${expiration-1h 30m}", "2025-12-31T22:30:00Z"),
            ("${unknown} $ {} ${}", "${unknown} $ {} ${}"),
            ("${expiration15m}", "${expiration15m}"),
        ] {
            assert_eq!(values.fill(text), filled, "{text}");
        }
        let twice = values.fill("${secret-access-key} ${secret-access-key} ${token}");
        let parts: Vec<_> = twice.split(' ').collect();
        assert_eq!(parts[0], parts[1]);
        let session = values.fill("${session-token}");
        let untaken = mint.take();
        assert_eq!(
            untaken.iter().map(|s| s.value.as_str()).collect::<Vec<_>>(),
            [parts[0], parts[2], session.as_str()]
        );
        assert!(tokens.remaining(now.mono, &session).is_some());
    }
}
