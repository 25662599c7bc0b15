//! The inputs, as they are embedded: bytes, verdict, and why.

use super::FOLDER;
use imdspec_wire::{Timestamp, Wall};
use include_dir::{Dir, File, include_dir};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

static CORPUS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/corpus");

const MANIFEST: &str = "MANIFEST.toml";

/// A folder whose inputs can be served to a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    /// Credential documents.
    CredentialDocument,
    /// Role lists.
    RoleList,
    /// Replies to the token PUT.
    TokenReply,
    /// What stands in a document's `Expiration`.
    Timestamp,
}

impl Folder {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 4] = [
        Self::CredentialDocument,
        Self::RoleList,
        Self::TokenReply,
        Self::Timestamp,
    ];

    /// The folder's name, which is that of its fuzz target.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CredentialDocument => "credential_document",
            Self::RoleList => "role_list",
            Self::TokenReply => "token_reply",
            Self::Timestamp => "timestamp",
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an input's name says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Says {
    /// A conforming client accepts it.
    #[serde(rename = "y")]
    Accept,
    /// A conforming client refuses it.
    #[serde(rename = "n")]
    Refuse,
    /// The sources leave it open.
    #[serde(rename = "i")]
    Open,
}

impl Says {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Refuse, Self::Open];

    /// The letter that names begin with.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Accept => 'y',
            Self::Refuse => 'n',
            Self::Open => 'i',
        }
    }
}

/// One input.
#[derive(Clone, PartialEq, Eq)]
pub struct Input {
    /// Its folder.
    pub folder: Folder,
    /// The name of its file, such as `n_code-failed-with-keys.json`.
    pub name: String,
    /// What it is.
    pub bytes: &'static [u8],
    /// What it is about, as a clause.
    pub why: String,
    /// Who says so: a rule, an RFC, an SDK's test.
    pub source: String,
    /// Where the sources leave it open, whether the reference client accepts it.
    pub reference: Option<bool>,
}

/// The bytes may hold what looks like a secret.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("path", &self.path())
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Entry {
    why: String,
    source: String,
    reference: Option<String>,
}

/// The inputs that can be served to a subject, by folder and name.
#[must_use]
pub fn inputs() -> &'static [Input] {
    static ALL: LazyLock<Vec<Input>> =
        LazyLock::new(|| Folder::ALL.into_iter().flat_map(of_folder).collect());
    &ALL
}

/// The input that a scenario is named after: `corpus/credential-document/n-code-failed-with-keys`,
/// or its path as it stands on disk.
#[must_use]
pub fn named(name: &str) -> Option<&'static Input> {
    let spelt = scenario_name(name.strip_prefix(FOLDER).unwrap_or(name));
    inputs().iter().find(|input| input.scenario_name() == spelt)
}

/// Every file of the corpus, manifests included, with its path below the folder.
#[must_use]
pub fn files() -> Vec<(&'static Path, &'static [u8])> {
    fn below(folder: &'static Dir<'static>) -> Vec<&'static File<'static>> {
        let folders = folder.dirs().flat_map(below);
        folder.files().chain(folders).collect()
    }
    let mut all: Vec<_> = below(&CORPUS)
        .into_iter()
        .map(|file| (file.path(), file.contents()))
        .collect();
    all.sort();
    all
}

fn of_folder(folder: Folder) -> Vec<Input> {
    // A manifest that does not parse fails a test of the parsers, so nothing is lost here.
    let manifest: BTreeMap<String, Entry> = CORPUS
        .get_file(format!("{folder}/{MANIFEST}"))
        .and_then(File::contents_utf8)
        .and_then(|text| toml::from_str(text).ok())
        .unwrap_or_default();
    let inputs = CORPUS.get_dir(folder.as_str()).map(Dir::files);
    let mut inputs: Vec<Input> = inputs
        .into_iter()
        .flatten()
        .filter_map(|file| input(folder, file, &manifest))
        .collect();
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    inputs
}

fn input(
    folder: Folder,
    file: &'static File<'static>,
    manifest: &BTreeMap<String, Entry>,
) -> Option<Input> {
    let name = file.path().file_name()?.to_str()?;
    if name == MANIFEST {
        return None;
    }
    let entry = manifest.get(name);
    let said = |get: fn(&Entry) -> &String, else_said: &str| {
        entry.map_or_else(|| else_said.to_owned(), |entry| get(entry).clone())
    };
    Some(Input {
        folder,
        name: name.to_owned(),
        bytes: file.contents(),
        why: said(|e| &e.why, "it once made something crash"),
        source: said(|e| &e.source, "a fuzz target"),
        reference: entry
            .and_then(|e| e.reference.as_deref())
            .map(|did| did == "accepted"),
    })
}

impl Input {
    /// Its path below the corpus.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }

    /// The name of its scenario, in the letters that such names have.
    #[must_use]
    pub fn scenario_name(&self) -> String {
        scenario_name(&self.path())
    }

    /// What its name says.
    #[must_use]
    pub fn says(&self) -> Says {
        match self.name.get(..2) {
            Some("y_") => Says::Accept,
            Some("n_") => Says::Refuse,
            _ => Says::Open,
        }
    }

    /// What is asked of a subject to which it is served once, which may be less than its name says.
    /// A document that is over may be given or not; and credentials whose expiration is none have
    /// to be fetched anew within a day (DOC-014), which one resolve does not show.
    #[must_use]
    pub fn asks(&self) -> Says {
        match (self.folder, self.says()) {
            (Folder::Timestamp, Says::Accept) if !self.is_far_ahead() => Says::Open,
            (Folder::Timestamp, Says::Refuse) => Says::Open,
            (_, says) => says,
        }
    }

    /// Whether a timestamp lies behind the days on which the suite will be run: 2030.
    fn is_far_ahead(&self) -> bool {
        const FAR: Wall = Wall(1_893_456_000_000);
        std::str::from_utf8(self.bytes)
            .ok()
            .and_then(|text| Timestamp::parse(text).ok())
            .is_some_and(|instant| instant.wall() >= FAR)
    }
}

/// `credential_document/n_x.json` is `corpus/credential-document/n-x`.
fn scenario_name(path: &str) -> String {
    let path = path.strip_suffix(".json").unwrap_or(path);
    format!("{FOLDER}{}", path.replace('_', "-"))
}
