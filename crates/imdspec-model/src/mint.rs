//! Where secrets come from: a seed, and nothing else.

use imdspec_wire::Source;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::fmt;

/// A secret that came into being. Whoever watches a client looks for it where it does not belong.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub kind: SecretKind,
    /// Its value.
    pub value: String,
}

/// Debug never shows the value.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// An IMDSv2 session token.
    SessionToken,
    /// A secret access key.
    SecretAccessKey,
    /// The security token of role credentials.
    SecurityToken,
    /// What is shown to a service that gives credentials for it: a web identity, a token of IAM
    /// Identity Center, what opens the container endpoint.
    Authorization,
}

/// Whom keys are for. Each has a stream of its own, so that what one asks for does not change what
/// another gets: the third credential document of a seed is the same however many session tokens
/// were issued before it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Role,
    Identity,
    Fault,
}

/// The three parts of one set of credentials.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) security_token: String,
}

/// Makes secrets, and remembers the ones nobody has been told of yet.
#[derive(Clone)]
pub(crate) struct Mint {
    session: ChaCha12Rng,
    keys: [ChaCha12Rng; 3],
    seed: u64,
    /// A stream for each source that has been asked for keys, made when it first is.
    sources: BTreeMap<Source, ChaCha12Rng>,
    minted: Vec<Secret>,
}

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl Mint {
    pub(crate) fn new(seed: u64) -> Self {
        let stream = |n| {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            rng.set_stream(n);
            rng
        };
        Self {
            session: stream(0),
            keys: [stream(1), stream(2), stream(3)],
            seed,
            sources: BTreeMap::new(),
            minted: Vec::new(),
        }
    }

    /// A session token: 56 visible characters ending in `==`, as the service's were seen to be
    /// (s3fs-fuse pull request 1766). 54 random ones are 324 bits.
    pub(crate) fn session_token(&mut self) -> String {
        let mut token = String::with_capacity(56);
        push_random::<54, 64>(&mut self.session, BASE64URL, &mut token);
        token.push_str("==");
        self.note(SecretKind::SessionToken, &token);
        token
    }

    /// A set of keys.
    pub(crate) fn keys(&mut self, purpose: Purpose) -> Keys {
        let rng = &mut self.keys[purpose as usize];
        let mut keys = Keys {
            access_key_id: String::from("ASIA"),
            secret_access_key: String::with_capacity(40),
            // What real ones begin with: "origin_ec" behind a type byte, in base64.
            security_token: String::from("IQoJb3JpZ2luX2Vj"),
        };
        push_random::<16, 32>(rng, BASE32, &mut keys.access_key_id);
        push_random::<40, 64>(rng, BASE64, &mut keys.secret_access_key);
        push_random::<240, 64>(rng, BASE64, &mut keys.security_token);
        self.note(SecretKind::SecretAccessKey, &keys.secret_access_key);
        self.note(SecretKind::SecurityToken, &keys.security_token);
        keys
    }

    /// Keys of a source, whose access key id says whose they are: `ASIA` for those that have a
    /// security token, else `AKIA`, then the source's tag, then chance.
    pub(crate) fn keys_of(&mut self, source: Source, tag: &str, temporary: bool) -> Keys {
        let seed = self.seed;
        let rng = self.sources.entry(source).or_insert_with(|| {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            rng.set_stream(16 + source as u64);
            rng
        });
        let prefix = if temporary { "ASIA" } else { "AKIA" };
        let mut keys = Keys {
            access_key_id: format!("{prefix}{tag}"),
            secret_access_key: String::with_capacity(40),
            security_token: String::new(),
        };
        push_random::<16, 32>(rng, BASE32, &mut keys.access_key_id);
        keys.access_key_id.truncate(20);
        push_random::<40, 64>(rng, BASE64, &mut keys.secret_access_key);
        self.note(SecretKind::SecretAccessKey, &keys.secret_access_key);
        if temporary {
            let rng = self.sources.get_mut(&source);
            keys.security_token.push_str("IQoJb3JpZ2luX2Vj");
            if let Some(rng) = rng {
                push_random::<240, 64>(rng, BASE64, &mut keys.security_token);
            }
            self.note(SecretKind::SecurityToken, &keys.security_token);
        }
        keys
    }

    /// A text to be shown to a service: visible characters that stand in a header, a file and a
    /// form alike.
    pub(crate) fn authorization(&mut self, source: Source) -> String {
        let seed = self.seed;
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(64 + source as u64);
        let mut text = format!("imdspec-{source}-");
        push_random::<40, 64>(&mut rng, BASE64URL, &mut text);
        self.note(SecretKind::Authorization, &text);
        text
    }

    /// Everything minted since the last take.
    pub(crate) fn take(&mut self) -> Vec<Secret> {
        std::mem::take(&mut self.minted)
    }

    fn note(&mut self, kind: SecretKind, value: &str) {
        self.minted.push(Secret {
            kind,
            value: value.to_owned(),
        });
    }
}

/// Debug shows no state from which secrets to come could be told.
impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mint")
            .field("untaken", &self.minted.len())
            .finish_non_exhaustive()
    }
}

/// Appends `N` characters of an alphabet of `A`, a power of two, so that no character is likelier
/// than another.
fn push_random<const N: usize, const A: usize>(
    rng: &mut ChaCha12Rng,
    alphabet: &[u8; A],
    text: &mut String,
) {
    const { assert!(A.is_power_of_two() && A <= 256) };
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    text.extend(
        bytes
            .iter()
            .map(|b| char::from(alphabet[usize::from(*b) % A])),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn secrets_have_the_shapes_of_real_ones() {
        let mut mint = Mint::new(7);
        let token = mint.session_token();
        assert_eq!(token.len(), 56);
        assert!(token.bytes().all(|b| b.is_ascii_graphic()));
        let keys = mint.keys(Purpose::Role);
        assert_eq!(keys.access_key_id.len(), 20);
        let (prefix, rest) = keys.access_key_id.split_at(4);
        assert_eq!(prefix, "ASIA");
        assert!(rest.bytes().all(|b| BASE32.contains(&b)));
        assert_eq!(keys.secret_access_key.len(), 40);
        assert_eq!(keys.security_token.len(), 256);
    }

    #[test]
    fn ten_thousand_session_tokens_all_differ() {
        let mut mint = Mint::new(0);
        let tokens: BTreeSet<_> = (0..10_000).map(|_| mint.session_token()).collect();
        assert_eq!(tokens.len(), 10_000);
        assert_eq!(mint.take().len(), 10_000);
        assert!(mint.take().is_empty());
    }

    #[test]
    fn streams_do_not_disturb_each_other() {
        let (mut a, mut b) = (Mint::new(1), Mint::new(1));
        b.session_token();
        b.keys(Purpose::Fault);
        b.keys(Purpose::Identity);
        let (a, b) = (a.keys(Purpose::Role), b.keys(Purpose::Role));
        assert_eq!(a.secret_access_key, b.secret_access_key);
        assert_eq!(a.security_token, b.security_token);
    }

    #[test]
    fn keys_say_whose_they_are() {
        let mut mint = Mint::new(7);
        let long_lived = mint.keys_of(Source::Environment, "ENV", false);
        assert!(long_lived.access_key_id.starts_with("AKIAENV"));
        assert_eq!(long_lived.access_key_id.len(), 20);
        assert_eq!(long_lived.security_token, "");
        let role = mint.keys_of(Source::Sso, "SSO", true);
        assert!(role.access_key_id.starts_with("ASIASSO"));
        assert_eq!(role.security_token.len(), 256);
        let again = Mint::new(7).keys_of(Source::Sso, "SSO", true);
        assert_eq!(again.secret_access_key, role.secret_access_key);
        assert_eq!(mint.take().len(), 3);
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut mint = Mint::new(3);
        let token = mint.session_token();
        assert!(!format!("{mint:?}").contains(&token));
        assert!(!format!("{:?}", mint.take()).contains(&token));
    }
}
