//! What was found out about the order in which subjects look for credentials, as data.

use imdspec_wire::{Order, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this shape, as written.
pub const SCHEMA: u32 = 1;

/// The orders of one subject or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of this program.
    pub imdspec: String,
    /// The version of this shape, [`SCHEMA`].
    pub schema: u32,
    /// The seed, hexadecimal.
    pub seed: String,
    /// One entry for each subject.
    pub subjects: Vec<Found>,
}

/// The order found in one subject, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The subject's name.
    pub name: String,
    /// Its version, as it spells it; may be empty.
    pub version: String,
    /// The order it is held against, if there is one.
    pub documented: Option<Documented>,
    /// The order found: steps, first to last, of the sources that work. Sources stand on one step
    /// when they could not be ordered: they cannot be set up together, or the comparisons go round
    /// in a circle.
    pub ladder: Order,
    /// Every source that was tried, alone.
    pub alone: BTreeMap<Source, Alone>,
    /// Every two that work, together.
    pub pairs: Vec<Pair>,
    /// Sources that stand before others each other in a circle: what was found is no total order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<Vec<Source>>,
    /// What the subject does about a source that is set up and broken, with others behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<Broken>,
    /// Where the documented order and what was found disagree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disagreements: Vec<Disagreement>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An order that somebody documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documented {
    /// The name of its file below `orders/`, without the ending.
    pub name: String,
    /// The document and the place in it.
    pub document: String,
    /// Where it can be read.
    pub link: String,
    /// The year and month of what was read.
    pub read: String,
    /// The order.
    pub order: Order,
}

/// What a source gave when nothing else was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// What came of it.
    pub works: Works,
    /// Why it does not work, or how it was asked, in words.
    pub words: String,
}

/// Whether a source gives its credentials when nothing else is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Works {
    /// It does.
    Yes,
    /// The subject gave no credentials, or others.
    No,
    /// It cannot be set up here.
    NotSetUp,
}

/// Two sources set up together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The two, in the order of [`Source`].
    pub sources: [Source; 2],
    /// Whose credentials were given; none when nobody's, or the two cannot be set up together.
    pub winner: Option<Source>,
    /// The outcome in words: "gave ASIA…", "no credentials: …", or why it was not tried.
    pub words: String,
    /// The sources whose servers were asked or whose command was run, in order of first contact.
    pub asked: Vec<Source>,
    /// The scenario that shows it, by its name.
    pub scenario: String,
}

/// A broken source in front of one that works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// The source that is broken.
    pub source: Source,
    /// How: "denied", "exit-1", "partial" and so on.
    pub how: String,
    /// The source that works, behind it.
    pub behind: Source,
    /// What the subject did.
    pub then: Then,
    /// The outcome in words.
    pub words: String,
    /// The scenario that shows it, by its name.
    pub scenario: String,
}

/// What a subject does about a broken source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It fails.
    Stops,
    /// It takes the credentials of the source behind.
    GoesOn,
    /// It gives credentials of the broken source.
    Gives,
    /// It crashed, hung or gave no proper answer.
    Breaks,
}

/// Two sources whose documented order is not the one found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disagreement {
    /// The one documented to come first.
    pub documented_first: Source,
    /// The one that was found to come first.
    pub found_first: Source,
    /// The scenario that shows it, by its name.
    pub scenario: String,
}
