//! What a call was served last, and what the subject made of it.

use super::defects::Defects;
use super::oddities::{Oddity, oddities};
use crate::rules::sight::{is_document_get, is_for_another_source, is_to_blame};
use crate::{Call, Case, Docket, End, Exchange, Given, ServedDocument, Server};
use imdspec_wire::{CredentialDocument, Credentials, Field, Source, Success, Timestamp};

/// A call that was alone and has ended, and the document it was served last: by the service, with
/// status 200, surely received.
pub(in crate::rules) struct Fetch<'c, 't> {
    pub(in crate::rules) case: &'c Case<'t>,
    /// The call, as an index into [`Case::calls`].
    pub(in crate::rules) index: usize,
    pub(in crate::rules) call: &'c Call<'t>,
    pub(in crate::rules) exchange: &'c Exchange<'t>,
    pub(in crate::rules) document: &'c ServedDocument,
}

/// What a call made of an acceptable document.
pub(in crate::rules) enum Made {
    /// It gave exactly the document's credentials, as far as they were seen.
    Exactly,
    /// It gave none, or altered them; in words.
    Else(String),
}

/// Clients may take credentials that end within this time as ended.
const SHORT_LIFE_MILLIS: i64 = 60_000;

/// Longer than the service ever promised; a client may distrust it.
const LONG_LIFE_MILLIS: i64 = 7 * 86_400_000;

/// A longer document, or one nested deeper, may run into a limit of a cautious client.
const MODEST_BYTES: usize = 32 << 10;
const MODEST_BRACKETS: usize = 64;

/// All that replies may have been delayed in one call before its patience may be at an end.
const SWIFT_MILLIS: u64 = 1000;

/// The calls that were served a document, in order.
pub(in crate::rules) fn fetches<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = Fetch<'c, 't>> {
    let of_document = |x: &Exchange<'_>| x.request.server == Server::Imds && is_document_get(x);
    let ended = |(_, c): &(usize, &Call<'_>)| c.alone && c.outcome.is_some();
    let calls = case.calls.iter().enumerate().filter(ended);
    calls.filter_map(move |(index, call)| {
        let last = case.of_call(call).iter().rposition(of_document)?;
        let at = call.exchanges.start + last;
        let exchange = &case.exchanges[at];
        (exchange.status() == Some(200)).then_some(())?;
        Some(Fetch {
            case,
            index,
            call,
            exchange,
            document: case.document_at(at)?,
        })
    })
}

/// Says `held` each time an acceptable document with an oddity was taken as it is, and `violated`
/// each time one was not that has no other oddity: of two, either may be the reason.
pub(super) fn accepts(case: &Case<'_>, docket: &mut Docket, oddity: Oddity) {
    for fetch in fetches(case).filter(Fetch::is_acceptable) {
        let found = oddities(&fetch);
        if !found.contains(&oddity) {
            continue;
        }
        match fetch.made() {
            Some(Made::Exactly) => docket.held(),
            Some(Made::Else(got)) if found == [oddity] => {
                docket.violated(fetch.events(), fetch.asked(), got);
            }
            Some(Made::Else(_)) | None => {}
        }
    }
}

impl Fetch<'_, '_> {
    /// Whether this is a document that every client should take: a success with strings where
    /// strings belong, and some life left.
    pub(in crate::rules) fn is_acceptable(&self) -> bool {
        self.is_complete()
            && self.says_success()
            && (SHORT_LIFE_MILLIS..LONG_LIFE_MILLIS).contains(&self.life_left())
    }

    /// Whether `Code` is there and says `Success`.
    pub(in crate::rules) fn says_success(&self) -> bool {
        let parsed = self.document.parsed.as_ref();
        parsed.is_ok_and(|d| d.success() == Success::Yes)
    }

    /// Whether the document has all that a client needs, in a form and at a moment that give no
    /// client a reason to refuse it; its `Code` may be missing, its life over.
    pub(in crate::rules) fn is_complete(&self) -> bool {
        let plain = &self.document.plain;
        *plain.get_or_init(|| self.is_plain()) && self.is_last_word() && self.is_swift()
    }

    /// The same of the document alone, whatever comes before and after it.
    fn is_plain(&self) -> bool {
        let body = self.exchange.reply_body();
        let brackets = || body.iter().filter(|b| matches!(b, b'{' | b'[')).count();
        self.document
            .credentials
            .as_ref()
            .is_ok_and(is_visible_ascii)
            && body.len() <= MODEST_BYTES
            && brackets() <= MODEST_BRACKETS
            && self.document.parsed.as_ref().is_ok_and(is_unambiguous)
            && self.content_type().is_some()
    }

    /// How the document is labelled; none for labels that are neither of the usual two.
    pub(super) fn content_type(&self) -> Option<ContentType> {
        let headers = &self.exchange.reply?.headers;
        let Some(label) = headers.get("content-type") else {
            return Some(ContentType::Missing);
        };
        let (kind, parameters) = label.split_once(';').unwrap_or((label, ""));
        let parameters = parameters.trim().to_ascii_lowercase();
        if !matches!(&*parameters, "" | "charset=utf-8" | "charset=us-ascii") {
            return None;
        }
        match kind.trim() {
            k if k.eq_ignore_ascii_case("text/plain") => Some(ContentType::Text),
            k if k.eq_ignore_ascii_case("application/json") => Some(ContentType::Json),
            _ => None,
        }
    }

    /// No GET follows in this call, nor a request for other credentials that these are the way to:
    /// what it answers rests on this document.
    fn is_last_word(&self) -> bool {
        let of_call = self.case.of_call(self.call).iter().rev();
        of_call
            .take_while(|x| x.number > self.exchange.number)
            .all(|x| !x.is_get() && !is_for_another_source(x))
    }

    /// No reply of this call kept the subject waiting, so its patience cannot have been at an end.
    fn is_swift(&self) -> bool {
        let mut waited = 0_u64;
        self.case.of_call(self.call).iter().all(|x| {
            x.reply.is_some_and(|r| {
                waited = waited.saturating_add(r.delay);
                waited <= SWIFT_MILLIS && !matches!(r.end, End::Silent | End::Drip | End::Endless)
            })
        })
    }

    /// How long the credentials live on from the request, in milliseconds; negative when they are
    /// over, zero when nothing says so.
    pub(in crate::rules) fn life_left(&self) -> i64 {
        self.document.credentials.as_ref().map_or(0, |c| {
            c.expiration.wall().millis_since(self.exchange.at.wall)
        })
    }

    /// What the call made of an acceptable document; none where that proves nothing: the answer is
    /// no answer, earlier credentials that may still do, or those of another source.
    pub(in crate::rules) fn made(&self) -> Option<Made> {
        let credentials = self.document.credentials.as_ref().ok()?;
        let Some(given) = self.call.given() else {
            let refused = self.call.is_refusal();
            return refused.then(|| Made::Else(self.call.in_words()));
        };
        let got = if given.access_key_id != credentials.access_key_id {
            let source = self.case.source_of(given, self.call.last_number());
            if self.is_of_another_document(given) || source.is_some_and(|s| s != Source::Imds) {
                return None;
            }
            self.call.in_words()
        } else if given
            .secret_access_key
            .as_ref()
            .is_some_and(|s| *s != credentials.secret_access_key)
        {
            "another secret access key".into()
        } else if given.session_token.as_ref() != Some(&credentials.session_token) {
            "another security token, or none".into()
        } else {
            return Some(Made::Exactly);
        };
        Some(Made::Else(got))
    }

    /// Whether the call refused this document, which has a defect: it ended without credentials,
    /// or with others. None where that cannot be told.
    pub(super) fn refused(&self) -> Option<bool> {
        let Some(given) = self.call.given() else {
            return self.call.is_refusal().then_some(true);
        };
        if self.is_of_another_document(given) {
            // The older credentials may share the key, or the client may have mixed the two.
            let others = self.document.text("AccessKeyId")? != given.access_key_id;
            return others.then_some(true);
        }
        if self.is_taken_from(given) {
            return Some(false);
        }
        // The secret alone may have been taken, where it was not seen.
        let might_share = || {
            self.document
                .text("SecretAccessKey")
                .is_some_and(|s| !s.is_empty())
        };
        (!self.hides_secret() || !might_share()).then_some(true)
    }

    /// Whether the credentials were only seen in use, so that their secret and their expiration
    /// are not known.
    pub(super) fn hides_secret(&self) -> bool {
        let given = self.call.given();
        given.is_some_and(|g| g.secret_access_key.is_none())
    }

    /// Whether what was given shares anything with this document.
    fn is_taken_from(&self, given: &Given) -> bool {
        let is = |name, value: &str| self.document.text(name).is_some_and(|t| t == value);
        let shares = |name, value: &str| !value.is_empty() && is(name, value);
        let has_no_key = || self.document.text("AccessKeyId").is_none_or(str::is_empty);
        (given.access_key_id.is_empty() && has_no_key())
            || shares("AccessKeyId", &given.access_key_id)
            || shares(
                "SecretAccessKey",
                given.secret_access_key.as_deref().unwrap_or_default(),
            )
            || shares("Token", given.session_token.as_deref().unwrap_or_default())
    }

    /// Whether another document that a client may accept had the key that was given: one that was
    /// surely received, or one that came late or after interim replies and may have been.
    pub(in crate::rules) fn is_of_another_document(&self, given: &Given) -> bool {
        let end = self.call.last_number();
        let of_service = |x: &&Exchange<'_>| x.request.server == Server::Imds;
        let whole = |x: &&Exchange<'_>| x.reply.is_some_and(|r| r.end == End::Whole);
        let success = |x: &&Exchange<'_>| matches!(x.status(), Some(200..=299));
        self.case
            .exchanges
            .iter()
            .take_while(|x| x.number < end)
            .filter(|x| x.number != self.exchange.number && is_document_get(x))
            .filter(of_service)
            .filter(whole)
            .filter(success)
            .any(|x| {
                CredentialDocument::parse(x.reply_body())
                    .and_then(|d| d.credentials())
                    .is_ok_and(|c| c.access_key_id == given.access_key_id)
            })
    }

    /// Whether the call crashed or hung, and nothing but this document, however often it was
    /// served, can be the cause.
    pub(super) fn is_broken_by_it(&self) -> bool {
        let body = self.exchange.reply_body();
        let is_it =
            |x: &Exchange<'_>| is_document_get(x) && x.is_answered() && x.reply_body() == body;
        self.call.is_broken() && is_to_blame(self.case, self.call, is_it)
    }

    /// What is wrong with the document; none when it is no object, or may be read in two ways.
    pub(super) fn defects(&self) -> Option<Defects> {
        let parsed = self.document.parsed.as_ref().ok()?;
        is_unambiguous(parsed).then(|| Defects::of(parsed))
    }

    /// The expiration that was reported is no timestamp, or more than `late` milliseconds
    /// after the document's; in words. An earlier one is legal: clients cap or renew early.
    pub(super) fn misreported(&self, late: i64) -> Option<&'static str> {
        let given = self.call.given()?;
        let document = self.document.credentials.as_ref().ok()?.expiration.wall();
        // The contract lets a subject leave it out, and some libraries keep it to themselves: what
        // they do at the end is for CACHE rules to see.
        let text = given.expiration.as_deref()?;
        let Ok(reported) = Timestamp::parse(text) else {
            return Some("an expiration that is no timestamp");
        };
        if reported.wall() < self.exchange.at.wall {
            return Some("an expiration in the past");
        }
        (reported.wall().millis_since(document) > late).then_some("a later expiration")
    }

    /// The proof: the document served, and the answer.
    pub(in crate::rules) fn events(&self) -> Vec<u32> {
        let mut events = self.exchange.events();
        events.push(self.call.last_number());
        events
    }

    /// What an acceptable document asks for, in words.
    pub(in crate::rules) fn asked(&self) -> String {
        let key = self.document.text("AccessKeyId").unwrap_or_default();
        format!("the credentials of the document, access key {key}")
    }
}

/// The labels under which documents are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    /// None at all.
    Missing,
    /// What the service says.
    Text,
    /// What emulators say.
    Json,
}

/// Real keys and tokens are visible ASCII; a client may insist.
fn is_visible_ascii(c: &Credentials) -> bool {
    [&c.access_key_id, &c.secret_access_key, &c.session_token]
        .iter()
        .all(|text| text.bytes().all(|b| b.is_ascii_graphic()))
}

/// Whether every client reads the same members: some take the first of two, some ignore case.
fn is_unambiguous(document: &CredentialDocument) -> bool {
    let is_alias = |name: &String| {
        KNOWN
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name.trim()))
    };
    let text_or_none = |name| !matches!(document.field(name), Field::Other(_));
    document.duplicates().is_empty()
        && !document.unknown().iter().any(is_alias)
        && ["LastUpdated", "Type", "Message", "AccountId"]
            .into_iter()
            .all(text_or_none)
}

/// The members a client reads, in the order the service writes them.
pub(super) const KNOWN: [&str; 9] = [
    "Code",
    "Message",
    "LastUpdated",
    "Type",
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "Expiration",
    "AccountId",
];
