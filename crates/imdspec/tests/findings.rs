//! What docs/findings says is still so: its rules are in the baseline of their subject, and its
//! scenarios exist.

use imdspec_suite::order::worlds;
use imdspec_suite::{Descriptor, corpus, scenario};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<PathBuf> {
    let folder = root().join("docs/findings");
    let mut pages: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder of findings")
        .map(|entry| entry.expect("readable").path())
        .collect();
    pages.sort();
    pages
}

fn name(page: &Path) -> String {
    let stem = page.file_stem().expect("a name");
    stem.to_str().expect("plain").to_owned()
}

/// Words of capitals, a hyphen and three digits.
fn rules_in(text: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
    let is_rule = |w: &&str| {
        w.split_once('-').is_some_and(|(group, number)| {
            group.len() >= 3 && number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    text.split(word)
        .filter(is_rule)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_finding_is_in_the_baseline_of_its_subject() {
    assert!(pages().len() >= 12);
    for page in pages() {
        let subject = name(&page);
        let file = root().join(format!("subjects/{subject}.toml"));
        let descriptor = std::fs::read_to_string(&file).expect("its descriptor");
        let known: BTreeSet<_> = descriptor
            .lines()
            .filter_map(|l| l.strip_prefix("rule = \""))
            .filter_map(|l| l.strip_suffix('"'))
            .map(str::to_owned)
            .collect();
        Descriptor::load(&file).expect("a descriptor");
        let text = std::fs::read_to_string(&page).expect("text");
        let headings = text.lines().filter(|l| l.starts_with("## "));
        for heading in headings {
            let unknown: Vec<_> = rules_in(heading).difference(&known).cloned().collect();
            assert!(unknown.is_empty(), "{subject}: {heading}: {unknown:?}");
        }
    }
}

/// The pages, and the one that leads to them.
fn all_pages() -> Vec<PathBuf> {
    let mut all = pages();
    all.push(root().join("docs/findings.md"));
    all
}

#[test]
fn every_replay_names_a_scenario_that_exists() {
    let names: BTreeSet<_> = scenario::embedded()
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let exists = |name: &str| {
        // A world's name says what is in it, and inputs of the corpus are found by theirs.
        let world = name.starts_with(worlds::FOLDER) && worlds::named(name).is_ok();
        let input = name.starts_with(corpus::FOLDER) && corpus::named(name).is_some();
        world || input || name.contains('*') || names.contains(name)
    };
    let mut seen = 0;
    for page in all_pages() {
        let text = std::fs::read_to_string(&page).expect("text");
        for rest in text.split("--scenario ").skip(1) {
            let named = rest.split([' ', '`', '\'', '\n']).find(|w| !w.is_empty());
            let named = named.expect("a name");
            seen += 1;
            // A file that the page shows.
            let shown = named.ends_with(".toml") && text.contains("```toml");
            assert!(shown || exists(named), "{}: {named}", page.display());
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn every_world_that_is_named_can_be_set_up() {
    let mut seen = 0;
    for page in all_pages() {
        let text = std::fs::read_to_string(&page).expect("text");
        for quoted in text.split('`').skip(1).step_by(2) {
            if quoted.starts_with(worlds::FOLDER) && !quoted.contains('*') {
                seen += 1;
                let world = worlds::named(quoted);
                assert!(world.is_ok(), "{}: {quoted}: {world:?}", page.display());
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
