//! Whose credentials are whose.

use crate::{Case, Given, Keys, Server, What};
use imdspec_wire::Source;
use std::borrow::Cow;

/// Credentials that came into being.
#[derive(Debug, Clone)]
pub struct Minted<'t> {
    /// The event number: of the announcement, or of the reply that held the document.
    pub number: u32,
    /// The credentials, and their source.
    pub keys: Cow<'t, Keys>,
}

/// Whose the fields of given credentials are, each looked up on its own, so that a mixture shows.
#[derive(Debug, Clone, Copy)]
pub struct Owners<'c> {
    /// The credentials that have this access key id: those that agree best, then the newest.
    pub access_key_id: Option<&'c Minted<'c>>,
    /// Whose the secret access key is.
    pub secret_access_key: Part<'c>,
    /// Whose the security token is.
    pub session_token: Part<'c>,
}

/// Whose one field is.
#[derive(Debug, Clone, Copy)]
pub enum Part<'c> {
    /// The field was not given, or could not be seen.
    Unseen,
    /// No known credentials have it.
    Nobody,
    /// These have it: those with the access key id, if they do, else the newest.
    Of(&'c Minted<'c>),
}

impl Minted<'_> {
    /// The source that they are the credentials of. What a role is assumed with is the other
    /// source's, where there is one.
    #[must_use]
    pub fn source(&self) -> Source {
        let Keys { source, base, .. } = *self.keys;
        let rests_on = source.rests_on().filter(|_| base);
        rests_on.unwrap_or(source)
    }

    /// Whether nobody should be given them: they are only what a role is assumed with.
    #[must_use]
    pub fn is_base_only(&self) -> bool {
        self.keys.base && self.keys.source.rests_on().is_none()
    }

    fn agrees_with(&self, given: &Given) -> u8 {
        let secret = given.secret_access_key.as_deref();
        let has_secret = secret.is_none_or(|s| s == self.keys.secret_access_key);
        let token = told(given.session_token.as_deref());
        let has_token = token == told(self.keys.session_token.as_deref());
        u8::from(has_secret) + u8::from(has_token)
    }
}

impl<'c> Owners<'c> {
    /// The source whose access key id it is.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        self.access_key_id.map(Minted::source)
    }
}

impl<'c> Part<'c> {
    /// Those that have it, if any do.
    #[must_use]
    pub const fn of(&self) -> Option<&'c Minted<'c>> {
        match self {
            Self::Of(minted) => Some(minted),
            Self::Unseen | Self::Nobody => None,
        }
    }
}

/// A token that says something: some programs write an absent one as an empty text.
pub(crate) fn told(token: Option<&str>) -> Option<&str> {
    token.filter(|t| !t.is_empty())
}

impl<'t> Case<'t> {
    pub(crate) fn index_keys(&mut self) {
        let events = (1_u32..).zip(&self.trace.events);
        let announced = events.filter_map(|(number, event)| match &event.what {
            What::Keys(keys) => Some(Minted {
                number,
                keys: Cow::Borrowed(keys),
            }),
            _ => None,
        });
        let mut keys: Vec<Minted<'t>> = announced.collect();
        for document in &self.documents {
            let exchange = &self.exchanges[document.exchange];
            let pair = document
                .text("AccessKeyId")
                .zip(document.text("SecretAccessKey"));
            let Some((id, secret)) = pair.filter(|_| exchange.request.server == Server::Imds)
            else {
                continue;
            };
            keys.push(Minted {
                number: exchange.reply_number,
                keys: Cow::Owned(Keys {
                    source: Source::Imds,
                    base: false,
                    access_key_id: id.to_owned(),
                    secret_access_key: secret.to_owned(),
                    session_token: document.text("Token").map(str::to_owned),
                    account_id: document.text("AccountId").map(str::to_owned),
                }),
            });
        }
        keys.sort_by_key(|k| k.number);
        self.keys = keys;
    }

    /// The credentials known before event `number`, in order.
    pub fn keys_before(&self, number: u32) -> impl DoubleEndedIterator<Item = &Minted<'t>> + Clone {
        let end = self.keys.partition_point(|k| k.number < number);
        self.keys[..end].iter()
    }

    /// Whose the fields of credentials are that were given in event `number`.
    #[must_use]
    pub fn owners(&self, given: &Given, number: u32) -> Owners<'_> {
        let known = self.keys_before(number);
        let id = known
            .clone()
            .filter(|k| k.keys.access_key_id == given.access_key_id)
            .max_by_key(|k| (k.agrees_with(given), k.number));
        let part = |text: Option<&str>, of: fn(&Keys) -> Option<&str>| {
            let Some(text) = told(text) else {
                return Part::Unseen;
            };
            let has = |k: &&Minted<'_>| of(&k.keys) == Some(text);
            let own = id.filter(has);
            own.or_else(|| known.clone().rev().find(has))
                .map_or(Part::Nobody, Part::Of)
        };
        Owners {
            access_key_id: id,
            secret_access_key: part(given.secret_access_key.as_deref(), |k| {
                Some(&k.secret_access_key)
            }),
            session_token: part(given.session_token.as_deref(), |k| {
                k.session_token.as_deref()
            }),
        }
    }

    /// The source whose access key id was given in event `number`.
    #[must_use]
    pub fn source_of(&self, given: &Given, number: u32) -> Option<Source> {
        self.owners(given, number).source()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Build, document};
    use crate::{Case, Keys, Part};
    use imdspec_wire::Source;

    #[test]
    fn each_field_has_its_owner() {
        let end = "2026-01-01T06:00:00Z";
        let trace = Build::new()
            .keys(Source::Environment, "ENV")
            .keys(Source::SharedCredentials, "FILE")
            .resolve()
            .fetch(&document("IMDS", end))
            .gave_mixed("ENV", "FILE", Some("IMDS"))
            .trace();
        let case = Case::new(&trace);
        let call = &case.calls[0];
        let owners = case.owners(call.given().unwrap(), call.last_number());
        assert_eq!(owners.source(), Some(Source::Environment));
        let secret = owners.secret_access_key.of().unwrap();
        assert_eq!(secret.source(), Source::SharedCredentials);
        let token = owners.session_token.of().unwrap();
        assert_eq!(token.source(), Source::Imds);
        // Nothing is known before it came into being.
        let early = case.owners(call.given().unwrap(), 1);
        assert!(early.source().is_none());
        assert!(matches!(early.secret_access_key, Part::Nobody));
    }

    #[test]
    fn what_a_role_is_assumed_with_is_the_other_sources() {
        let base = |source| {
            Build::new().push(crate::What::Keys(Keys {
                source,
                base: true,
                access_key_id: "BASE".into(),
                secret_access_key: "secret".into(),
                session_token: None,
                account_id: None,
            }))
        };
        let trace = base(Source::AssumeRoleContainer).trace();
        let case = Case::new(&trace);
        assert_eq!(case.keys[0].source(), Source::Container);
        assert!(!case.keys[0].is_base_only());
        let trace = base(Source::AssumeRole).trace();
        assert!(Case::new(&trace).keys[0].is_base_only());
    }
}
