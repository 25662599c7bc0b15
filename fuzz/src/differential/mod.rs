//! The reference parser against the document handling of published crates, on the same bytes.
//!
//! Each crate is asked through its public interface, by an HTTP client that answers in memory. What
//! it makes of the document is compared with what the reference parser makes of it; where the two
//! disagree, the disagreement has a class, and the class stands in the ledger, `differential.toml`,
//! or is new. `docs/differential.md` says how to read and how to extend it.

mod aws_config;
mod aws_creds;
mod compare;
mod document;
mod json;
mod ledger;
mod mutate;
mod object_store;
mod planted;
mod ready;
mod reference;
mod reqsign;
mod service;
mod timestamp;

pub use compare::{Answer, Disagreement, Given, Library, disagreements};
pub use ledger::{Entry, Ledger};
pub use mutate::mutate;
pub use reference::Reference;

use std::cell::RefCell;

/// The crates, each made once, and asked again as far as its own caching allows.
pub struct Crates {
    aws_config: aws_config::Crate,
    object_store: object_store::Crate,
    reqsign: reqsign::Crate,
}

impl Crates {
    /// The crates, each with a service of its own.
    #[must_use]
    pub fn new() -> Self {
        Self {
            aws_config: aws_config::Crate::new(),
            object_store: object_store::Crate::new(),
            reqsign: reqsign::Crate::new(),
        }
    }

    /// Every disagreement of some of the crates about a document.
    pub fn judge(&mut self, bytes: &[u8], asked: &[Library]) -> Judgement {
        let reference = Reference::of(bytes);
        let mut accepted = reference.verdict().is_ok();
        let mut all = Vec::new();
        for library in asked {
            if let Some(mut answer) = self.ask(*library, bytes, &reference) {
                planted::spoil(*library, bytes, &mut answer);
                accepted |= answer != Answer::Refused;
                all.extend(disagreements(*library, &reference, &answer));
            }
        }
        Judgement {
            accepted,
            disagreements: all,
        }
    }

    /// What a crate makes of a document; nothing where its public interface does not get that far.
    fn ask(&mut self, library: Library, bytes: &[u8], reference: &Reference) -> Option<Answer> {
        match library {
            Library::AwsConfig => Some(self.aws_config.ask(bytes)),
            Library::AwsCreds => aws_creds::ask(reference),
            Library::ObjectStore => Some(self.object_store.ask(bytes)),
            Library::Reqsign => Some(self.reqsign.ask(bytes)),
        }
    }
}

/// What came of a document.
pub struct Judgement {
    /// Whether anybody accepts it.
    pub accepted: bool,
    /// Where a crate and the reference parser do not agree.
    pub disagreements: Vec<Disagreement>,
}

impl Default for Crates {
    fn default() -> Self {
        Self::new()
    }
}

thread_local! {
    static STATE: RefCell<(Crates, Ledger)> = RefCell::new((Crates::new(), Ledger::built_in()));
}

/// A crate and the reference parser agree about a document, or disagree in a way that is known.
///
/// One of the three crates is asked, which one follows from the bytes alone: aws-config for an eighth
/// of all documents, since its request takes as long as several of the others'. What aws-creds is
/// asked costs next to nothing, and it always is.
///
/// Gives whether anybody accepts the document. One that all refuse is of little use as the start of
/// another: all that is special about it is lost in the next refusal.
///
/// # Panics
/// When a disagreement is of no class in the ledger.
pub fn check(bytes: &[u8]) -> bool {
    let turn = match hash(bytes) % 8 {
        0 => Library::AwsConfig,
        1..=3 => Library::ObjectStore,
        _ => Library::Reqsign,
    };
    STATE.with_borrow_mut(|(crates, ledger)| {
        let judgement = crates.judge(bytes, &[turn, Library::AwsCreds]);
        for disagreement in judgement.disagreements {
            assert!(
                ledger.knows(&disagreement),
                "a disagreement of no known class\n{disagreement}"
            );
        }
        judgement.accepted
    })
}

/// FNV-1a, folded so that its low bits depend on all others.
fn hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests;
