//! The rules every client of the EC2 Instance Metadata Service (IMDS) is held to.
//!
//! A [`Trace`] remembers what was observed while a subject was asked for credentials. A [`Rule`] is
//! a monitor: a pure function from any trace to a [`Finding`]. [`judge`] applies rules to the
//! traces of a whole run and gives one [`Judgement`] a rule.
//!
//! In scope: judging. Out of scope: how the trace came to be. This crate knows neither the model
//! nor the reference client, so it cannot repeat their mistakes; CI checks that.
//!
//! ```
//! use imdspec_rules::{Capabilities, Trace, Verdict, judge, rules};
//!
//! let trace: Trace = concat!(
//!     r#"{"imdspec_trace":1,"scenario":"by-hand","seed":"0","subject":"curl","clock":"real"}"#, "\n",
//!     r#"{"at":0,"wall":0,"resolve":{"call":1}}"#, "\n",
//!     r#"{"at":1,"wall":1,"request":{"request":1,"conn":1,"server":"imds","to":"169.254.169.254:80","#,
//!     r#""method":"GET","target":"/latest/meta-data/iam/security-credentials/","version":"HTTP/1.1","#,
//!     r#""headers":[],"body":""}}"#, "\n",
//! ).parse()?;
//! let judgements = judge(rules::all(), &[trace], &Capabilities::default());
//! let first = judgements.iter().find(|j| j.rule.id == "TOKEN-001").unwrap();
//! assert_eq!(first.verdict, Verdict::Violated);
//! # Ok::<(), imdspec_rules::TraceError>(())
//! ```

mod capability;
mod case;
mod finding;
mod judge;
mod owner;
mod rule;
pub mod rules;
#[cfg(test)]
mod testing;
mod trace;

pub use capability::{Capabilities, Capability};
pub use case::{Call, Case, Exchange, IssuedToken, ServedDocument};
pub use finding::{Docket, Evidence, Finding};
pub use judge::{CaseEvidence, Judgement, Verdict, accuse, judge};
pub use owner::{Minted, Owners, Part};
pub use rule::{Applies, Differs, Level, Provenance, Rule};
pub use trace::{
    ClockKind, End, Event, Given, Header, Keys, Outcome, Recorded, RefusalKind, Reply, RequestSeen,
    SecretKind, Server, Stream, Trace, TraceError, What,
};
