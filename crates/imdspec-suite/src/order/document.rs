//! Orders that somebody documents: `orders/*.toml`.

use super::report::Documented;
use imdspec_rules::Provenance;
use imdspec_wire::{Order, Source};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

/// An order that somebody documents, with where and when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Document {
    /// The name of its file, without the ending.
    pub name: String,
    /// Whose order it is.
    pub title: String,
    /// The document and the place in it.
    pub document: String,
    /// Where it can be read.
    pub link: String,
    /// The year and month of what was read.
    pub read: String,
    /// How the document knows.
    pub provenance: Provenance,
    /// What it says of a source that is set up and fails.
    pub on_failure: OnFailure,
    /// Where the document and the code disagree.
    pub note: Option<String>,
    /// The steps, first to last.
    #[serde(rename = "step")]
    pub steps: Vec<DocumentStep>,
}

/// One step of a documented order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentStep {
    /// The sources on it; several are not ordered among themselves.
    pub sources: Vec<Source>,
    /// The document's step in a few words.
    pub says: String,
    /// Whether the document leaves it out, and the code has it.
    #[serde(default)]
    pub undocumented: bool,
}

/// What is said of a source that is set up and fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The search ends.
    Stops,
    /// The next source is asked.
    GoesOn,
    /// Nothing.
    Unsaid,
}

/// Why a text is no order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderError {
    /// There is no order of this name, and no file of this path.
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file does not parse.
    Invalid {
        /// The file.
        file: String,
        /// What was expected.
        why: String,
    },
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => {
                let known: Vec<_> = embedded().iter().map(|d| d.name.as_str()).collect();
                write!(
                    f,
                    "no order is called {name:?}; write one of {}, or the path of a .toml file",
                    known.join(", ")
                )
            }
            Self::Invalid { file, why } => write!(f, "{file}: {why}"),
        }
    }
}

impl std::error::Error for OrderError {}

impl Document {
    /// Reads an order. `file` is what errors call the text.
    ///
    /// # Errors
    /// [`OrderError::Invalid`] for what is no order.
    pub fn parse(file: &str, text: &str) -> Result<Self, OrderError> {
        toml::from_str(text).map_err(|e| OrderError::Invalid {
            file: file.to_owned(),
            why: e.to_string(),
        })
    }

    /// The order called `name`, or in the file of that path.
    ///
    /// # Errors
    /// [`OrderError`] when there is none.
    pub fn named(name: &str) -> Result<Self, OrderError> {
        if let Some(known) = embedded().iter().find(|d| d.name == name) {
            return Ok(known.clone());
        }
        let text = std::fs::read_to_string(Path::new(name)).map_err(|_| OrderError::Unknown {
            name: name.to_owned(),
        })?;
        Self::parse(name, &text)
    }

    /// An order that a subject's descriptor writes itself, one source a step.
    pub(crate) fn of_chain(name: &str, chain: &[Source]) -> Self {
        let document = format!("the chain in the descriptor of {name}");
        Self::of_order(name, document, &chain.iter().copied().collect())
    }

    /// An order that stands in no document.
    #[must_use]
    pub fn of_order(name: &str, document: String, order: &Order) -> Self {
        Self {
            name: name.to_owned(),
            title: name.to_owned(),
            document,
            link: String::new(),
            read: String::new(),
            provenance: Provenance::Inferred,
            on_failure: OnFailure::Unsaid,
            note: None,
            steps: order
                .0
                .iter()
                .map(|sources| DocumentStep {
                    sources: sources.clone(),
                    says: String::new(),
                    undocumented: false,
                })
                .collect(),
        }
    }

    /// The order itself. A source that stands twice counts where it stands first.
    #[must_use]
    pub fn order(&self) -> Order {
        let mut order = Order::default();
        for step in &self.steps {
            let new = |s: &Source| order.rank(*s).is_none();
            let sources: Vec<Source> = step.sources.iter().copied().filter(new).collect();
            if !sources.is_empty() {
                order.0.push(sources);
            }
        }
        order
    }

    /// What a report says of it.
    #[must_use]
    pub fn in_report(&self) -> Documented {
        Documented {
            name: self.name.clone(),
            document: self.document.clone(),
            link: self.link.clone(),
            read: self.read.clone(),
            order: self.order(),
        }
    }
}

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/orders");

/// The orders that this program knows, by name.
#[must_use]
pub fn embedded() -> &'static [Document] {
    static ALL: LazyLock<Vec<Document>> = LazyLock::new(|| {
        let mut all: Vec<Document> = FOLDER
            .files()
            .filter(|f| f.path().extension().is_some_and(|e| e == "toml"))
            .filter_map(|f| {
                let name = f.path().to_string_lossy();
                // A test reads them all and says what is wrong with one.
                Document::parse(&name, f.contents_utf8()?).ok()
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_read_and_called_as_its_file() {
        let files: Vec<_> = FOLDER.files().collect();
        assert_eq!(files.len(), embedded().len());
        for file in files {
            let name = file.path().to_string_lossy();
            let read = Document::parse(&name, file.contents_utf8().unwrap()).unwrap();
            assert_eq!(format!("{}.toml", read.name), name);
            assert!(read.steps.iter().all(|s| !s.sources.is_empty()), "{name}");
            assert_eq!(Document::named(&read.name).unwrap(), read);
            // The instance comes last, by every document.
            let last = read.order().0.pop().unwrap();
            assert!(last.contains(&Source::Imds), "{name}");
        }
    }

    #[test]
    fn what_is_no_order_is_refused_in_words() {
        let unknown = Document::named("boto4").unwrap_err().to_string();
        assert!(unknown.contains("boto3"), "{unknown}");
        let wrong = Document::parse("mine.toml", "name = 1").unwrap_err();
        assert!(wrong.to_string().starts_with("mine.toml: "), "{wrong}");
    }
}
