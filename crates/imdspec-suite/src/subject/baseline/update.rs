//! Bringing the file of a baseline up to date, with everything in it that is still true.

use super::{Baseline, BaselineError, Comparison, ExpectedVerdict, When};
use imdspec_rules::{Judgement, Verdict, rules};
use std::io::Write as _;
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// The first line of a file that is made.
const HEAD: &str = "# Expected verdicts, each with its reason.\n";

/// What an update did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// Rules that got an entry, whose reason is still to be written.
    pub added: Vec<String>,
    /// Rules whose entry was removed.
    pub removed: Vec<String>,
    /// Rules whose entry has another verdict now.
    pub corrected: Vec<String>,
    /// What is still wrong and not the update's to decide, each a sentence.
    pub left: Vec<String>,
}

impl Updated {
    /// Whether the file was written.
    #[must_use]
    pub const fn wrote(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.corrected.is_empty())
    }
}

/// What becomes of an entry.
enum Fate {
    Stays,
    Goes,
    Becomes(ExpectedVerdict),
    Asks(String),
}

impl Baseline {
    /// Whether [`update`](Self::update) could write the file, so that a run need not end in vain.
    ///
    /// # Errors
    /// [`BaselineError`] says what stands in the way.
    pub fn can_update(&self) -> Result<(), BaselineError> {
        let source = self.source.as_ref().ok_or(BaselineError::NoFile)?;
        match &source.text {
            Some(text) => {
                let opened = std::fs::OpenOptions::new().append(true).open(&source.file);
                opened.map_err(|e| cannot(&source.file, e))?;
                edited(&source.file, text).map(|_| ())
            }
            None if folder(&source.file).is_dir() => Ok(()),
            None => Err(cannot(&source.file, "there is no such folder")),
        }
    }

    /// Rewrites the file the entries came from after a whole run: entries that the run showed wrong
    /// go, what was unexpected is added without a reason, and all else stays as it was written,
    /// comments and order included.
    ///
    /// An entry that nothing put to the test was not shown wrong, and one that expired is the
    /// user's to renew: both stay, and [`Updated::left`] says so.
    ///
    /// # Errors
    /// [`BaselineError::Update`] when the run was not whole, or when the file was changed meanwhile
    /// or cannot be written.
    pub fn update(
        &self,
        comparison: &Comparison,
        judgements: &[Judgement<'_>],
    ) -> Result<Updated, BaselineError> {
        let source = self.source.as_ref().ok_or(BaselineError::NoFile)?;
        let file = &source.file;
        if !comparison.whole() {
            return Err(cannot(file, "the run was not of the whole suite"));
        }
        let now = match std::fs::read_to_string(file) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(cannot(file, e)),
        };
        if now != source.text {
            return Err(cannot(file, "it was changed during the run; run again"));
        }
        let mut document = edited(file, source.text.as_deref().unwrap_or(HEAD))?;
        let updated = self.edit(&mut document, comparison, judgements);
        match &source.text {
            None => create(file, &document.to_string()),
            Some(_) if updated.wrote() => replace(file, &document.to_string()),
            Some(_) => Ok(()),
        }
        .map_err(|e| cannot(file, e))?;
        Ok(updated)
    }

    pub(super) fn edit(
        &self,
        document: &mut DocumentMut,
        comparison: &Comparison,
        judgements: &[Judgement<'_>],
    ) -> Updated {
        let mut updated = Updated::default();
        // From the last on, so that indices stay right.
        for (i, entry) in self.entries.iter().enumerate().rev() {
            match self.fate(i, comparison, judgements) {
                Fate::Stays => {}
                Fate::Goes => {
                    remove(document, i);
                    updated.removed.push(entry.rule.clone());
                }
                Fate::Becomes(verdict) => {
                    correct(document, i, verdict);
                    updated.corrected.push(entry.rule.clone());
                }
                Fate::Asks(what) => updated.left.push(what),
            }
        }
        updated.removed.reverse();
        updated.corrected.reverse();
        updated.left.reverse();
        for judgement in judgements {
            let Some(verdict) = ExpectedVerdict::of(judgement.verdict) else {
                continue;
            };
            let rule = judgement.rule.id;
            let mut same = self.entries.iter().filter(|e| e.rule == rule);
            if same.clone().any(|e| e.when.covers(comparison.run)) {
                continue;
            }
            // Beside an entry for other runs, the new one must be limited to runs like this.
            let when = same.next().map(|_| comparison.run);
            append(document, entry(rule, verdict, when));
            updated.added.push(rule.into());
        }
        updated
    }

    fn fate(&self, i: usize, comparison: &Comparison, judgements: &[Judgement<'_>]) -> Fate {
        let entry = &self.entries[i];
        if !entry.when.covers(comparison.run) {
            return Fate::Stays;
        }
        if rules::get(&entry.rule).is_none() {
            return Fate::Goes;
        }
        let Some(judgement) = judgements.iter().find(|j| j.rule.id == entry.rule) else {
            return Fate::Stays;
        };
        let verdict = judgement.verdict;
        let expired = entry.expired(comparison.today);
        match (ExpectedVerdict::of(verdict), verdict) {
            (_, Verdict::Held | Verdict::Observed) => Fate::Goes,
            (Some(_), _) if expired => Fate::Asks(format!(
                "{} is still {}, and its entry has expired: decide on a new day, or have it mended",
                entry.rule,
                verdict.as_str()
            )),
            (Some(now), _) if now == entry.verdict => Fate::Stays,
            (Some(now), _) => Fate::Becomes(now),
            (None, _) if expired => Fate::Stays,
            (None, _) => Fate::Asks(format!(
                "{} was not put to the test, so its entry stays: remove it, or limit it with when \
                 to runs that do",
                entry.rule
            )),
        }
    }
}

fn cannot(file: &Path, why: impl ToString) -> BaselineError {
    BaselineError::Update {
        file: file.into(),
        why: why.to_string(),
    }
}

/// The text as a document whose entries can be edited.
fn edited(file: &Path, text: &str) -> Result<DocumentMut, BaselineError> {
    let document: DocumentMut = text.parse().map_err(|e| cannot(file, e))?;
    match document.get("expected") {
        None | Some(Item::ArrayOfTables(_)) => Ok(document),
        Some(_) => Err(cannot(
            file,
            "write its entries as [[expected]] tables, so that they can be edited one by one",
        )),
    }
}

/// A new entry. Its reason is for the user to write: until then the file is refused.
fn entry(rule: &str, verdict: ExpectedVerdict, when: Option<When>) -> Table {
    let mut table = Table::new();
    table["rule"] = value(rule);
    table["verdict"] = value(verdict.as_str());
    table["reason"] = value("");
    if let Some(when) = when {
        let mut run = InlineTable::new();
        if let Some(network) = when.network {
            run.insert("network", network.as_str().into());
        }
        if let Some(clock) = when.clock {
            run.insert("clock", clock.as_str().into());
        }
        table["when"] = value(run);
    }
    table
}

fn entries(document: &mut DocumentMut) -> Option<&mut ArrayOfTables> {
    document.get_mut("expected")?.as_array_of_tables_mut()
}

fn correct(document: &mut DocumentMut, i: usize, verdict: ExpectedVerdict) {
    let item = entries(document)
        .and_then(|all| all.get_mut(i))
        .and_then(|table| table.get_mut("verdict"))
        .and_then(Item::as_value_mut);
    if let Some(old) = item {
        let mut new = Value::from(verdict.as_str());
        // A comment may stand behind it.
        *new.decor_mut() = old.decor().clone();
        *old = new;
    }
}

/// Takes an entry out, and the comment right above it. Comments set apart by a blank line are about
/// more than this entry, and stay.
fn remove(document: &mut DocumentMut, i: usize) {
    let Some(all) = entries(document) else { return };
    let Some(table) = all.get(i) else { return };
    let position = table.position().unwrap_or(isize::MAX);
    let above = prefix(table);
    all.remove(i);
    let apart = match above.rfind("\n\n") {
        Some(end) if above[..end].contains('#') => &above[..end + 2],
        _ => "",
    };
    let mut next: Option<isize> = None;
    headed(document, &mut |table| {
        if let Some(p) = table.position().filter(|p| *p > position) {
            next = Some(next.map_or(p, |n| n.min(p)));
        }
    });
    let Some(next) = next else {
        let rest = document.trailing().as_str().unwrap_or_default();
        let text = match (apart, rest.trim()) {
            ("", "") => String::new(),
            ("", _) => rest.to_owned(),
            (_, "") => format!("{}\n", apart.trim_end()),
            _ => format!("{apart}{}", rest.trim_start_matches('\n')),
        };
        document.set_trailing(text);
        return;
    };
    // The file does not begin with a blank line because its first entry is gone.
    let joins = !apart.is_empty() || !above.starts_with('\n');
    if !joins {
        return;
    }
    headed(document, &mut |table| {
        if table.position() == Some(next) {
            let own = prefix(table);
            table
                .decor_mut()
                .set_prefix(format!("{apart}{}", own.trim_start_matches('\n')));
        }
    });
}

/// Puts an entry behind the others, or at the end of the file.
fn append(document: &mut DocumentMut, mut table: Table) {
    let mut last = 0;
    headed(document, &mut |t| {
        last = last.max(t.position().unwrap_or(0))
    });
    let mut behind = None;
    if let Some(all) = entries(document) {
        for entry in all.iter_mut() {
            headed(entry, &mut |t| behind = behind.max(t.position()));
        }
    }
    let position = behind.unwrap_or(last);
    table.set_position(Some(position));
    let mut above = String::new();
    if position == last {
        // What stands at the end of the file was written about what is before it.
        let rest = document.trailing().as_str().unwrap_or_default();
        if !rest.trim().is_empty() {
            above.push_str(rest);
        }
        document.set_trailing("");
        if !above.is_empty() && !above.ends_with('\n') {
            above.push('\n');
        }
    }
    if !(document.is_empty() && above.is_empty()) {
        above.push('\n');
    }
    table.decor_mut().set_prefix(above);
    let all = document
        .entry("expected")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(all) = all.as_array_of_tables_mut() {
        all.push(table);
    }
}

fn prefix(table: &Table) -> String {
    let prefix = table.decor().prefix().and_then(|p| p.as_str());
    prefix.unwrap_or_default().to_owned()
}

/// Visits this table and all below it that have a header of their own.
fn headed(table: &mut Table, visit: &mut dyn FnMut(&mut Table)) {
    if !table.is_implicit() && !table.is_dotted() {
        visit(table);
    }
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(below) => headed(below, visit),
            Item::ArrayOfTables(all) => all.iter_mut().for_each(|below| headed(below, visit)),
            _ => {}
        }
    }
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn create(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::File::create_new(file)?.write_all(text.as_bytes())
}

/// Writes a file anew, all of it or nothing: its reasons exist nowhere else.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    // Through a link, to the file it stands for.
    let file = file.canonicalize()?;
    let mut new = tempfile::NamedTempFile::new_in(folder(&file))?;
    new.write_all(text.as_bytes())?;
    new.as_file()
        .set_permissions(std::fs::metadata(&file)?.permissions())?;
    new.persist(&file)?;
    Ok(())
}
