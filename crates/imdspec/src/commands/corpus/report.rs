//! What subjects did with the inputs, as data.

use imdspec_suite::Done;
use imdspec_suite::corpus::{self, Deed, Did, Folder, Input, Says, did};
use serde::{Deserialize, Serialize};

/// The version of the shape.
pub(super) const SCHEMA: u32 = 1;

/// What several subjects did with the same inputs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) imdspec: String,
    pub(super) schema: u32,
    pub(super) seed: String,
    pub(super) subjects: Vec<Column>,
    pub(super) inputs: Vec<Row>,
}

/// One subject.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) network: String,
    pub(super) clock: String,
    pub(super) seconds: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
}

/// One input, and what each subject did with it, in the order of the subjects.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) input: String,
    pub(super) folder: Folder,
    /// What its name says.
    pub(super) says: Says,
    /// What is asked of a subject.
    pub(super) asks: Says,
    pub(super) why: String,
    pub(super) source: String,
    pub(super) did: Vec<Did>,
}

impl Row {
    fn of(input: &Input, did: Vec<Did>) -> Self {
        Self {
            input: input.path(),
            folder: input.folder,
            says: input.says(),
            asks: input.asks(),
            why: input.why.clone(),
            source: input.source.clone(),
            did,
        }
    }

    /// The same result, by what the corpus says today; none of an input that is gone.
    pub(super) fn today(self) -> Option<Self> {
        let input = corpus::inputs().iter().find(|i| i.path() == self.input)?;
        Some(Self::of(input, self.did))
    }
}

impl Report {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            imdspec: env!("CARGO_PKG_VERSION").into(),
            schema: SCHEMA,
            seed: format!("{seed:016x}"),
            subjects: Vec::new(),
            inputs: Vec::new(),
        }
    }

    /// Takes what came of a run over `inputs`, in their order.
    pub(super) fn add(&mut self, inputs: &[&Input], done: &Done) {
        let subject = &done.subject;
        let column = Column {
            name: subject.name.clone(),
            version: subject.version.clone(),
            kind: subject.kind.as_str().into(),
            network: subject.kind.network().into(),
            clock: subject.clock().as_str().into(),
            seconds: done.took.as_secs_f64(),
            notes: done.notes.clone(),
        };
        let rows = inputs.iter().zip(&done.ran);
        let rows = rows.map(|(input, ran)| Row::of(input, vec![did(input, ran)]));
        self.merge(vec![column], rows.collect());
    }

    /// Puts the columns of another report beside these.
    pub(super) fn merge(&mut self, columns: Vec<Column>, rows: Vec<Row>) {
        let absent = || Did::not_run("it was not asked");
        let (before, new) = (self.subjects.len(), columns.len());
        self.subjects.extend(columns);
        for row in &mut self.inputs {
            row.did.resize_with(before + new, absent);
        }
        for row in rows {
            match self.inputs.iter_mut().find(|r| r.input == row.input) {
                Some(known) => known.did[before..].clone_from_slice(&row.did),
                None => {
                    let mut did = row.did;
                    let mut all: Vec<Did> = std::iter::repeat_with(absent).take(before).collect();
                    all.append(&mut did);
                    self.inputs.push(Row { did: all, ..row });
                }
            }
        }
    }

    /// How often a subject did one thing with the inputs of a folder of which one thing is asked.
    pub(super) fn count(&self, subject: usize, folder: Folder, asks: Says, deed: Deed) -> usize {
        self.inputs
            .iter()
            .filter(|row| row.folder == folder && row.asks == asks)
            .filter(|row| row.did[subject].deed == deed)
            .count()
    }

    /// The inputs with which a subject did what it should not.
    pub(super) fn against(&self, subject: usize) -> impl Iterator<Item = (&Row, &Did)> {
        self.inputs
            .iter()
            .map(move |row| (row, &row.did[subject]))
            .filter(|(row, cell)| !cell.deed.meets(row.asks))
    }
}
