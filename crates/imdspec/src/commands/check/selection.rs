//! Which rules and scenarios a check is about.

use super::Selected;
use crate::args::Check;
use crate::exit::{Exit, Failure};
use crate::select::{chosen, matches, matches_nothing};
use imdspec_rules::{Rule, rules};
use imdspec_suite::Scenario;
use imdspec_suite::corpus;
use imdspec_suite::order::worlds;
use imdspec_suite::scenario;
use imdspec_suite::scenario::regressions::{self, Regressions};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The rules chosen by globs; all without one.
pub(crate) fn rules(globs: &[String]) -> Result<Selected, Failure> {
    let names = rules::all().iter().map(|r| r.id);
    if let Some(why) = matches_nothing("rule", globs, names) {
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    Ok(rules::all()
        .iter()
        .filter(|r| chosen(globs, r.id))
        .copied()
        .collect())
}

/// The scenarios of a check, and what there is to know about how they were chosen.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) scenarios: Vec<Arc<Scenario>>,
    /// The files named with `--scenario`, by the names of their scenarios.
    pub(super) files: BTreeMap<String, String>,
    pub(super) notes: Vec<String>,
}

/// The scenarios chosen by globs; when only rules were chosen, those meant for one of them.
pub(super) fn scenarios(check: &Check, rules: &Selected) -> Result<Chosen, Failure> {
    let mut chosen = Chosen::default();
    chosen.scenarios = pick(check, rules, &mut chosen)?;
    Ok(chosen)
}

fn pick(
    check: &Check,
    rules: &Selected,
    about: &mut Chosen,
) -> Result<Vec<Arc<Scenario>>, Failure> {
    let (files, globs): (Vec<_>, Vec<_>) = check
        .scenario
        .iter()
        .cloned()
        .partition(|g| g.ends_with(".toml"));
    // Worlds of sources have no file: their names say everything.
    let (worlds, globs): (Vec<_>, Vec<_>) = globs
        .into_iter()
        .partition(|g| g.starts_with(worlds::FOLDER) && !g.contains('*'));
    // Nor have inputs of the corpus.
    let (inputs, globs): (Vec<_>, Vec<_>) = globs
        .into_iter()
        .partition(|g| g.starts_with(corpus::FOLDER));
    let mut found: Vec<Arc<Scenario>> = Vec::new();
    for name in &worlds {
        let world = worlds::named(name).map_err(Failure::usage)?;
        found.push(Arc::new(world));
    }
    found.extend(of_corpus(&inputs)?);
    for file in &files {
        let scenario = regressions::load_one(Path::new(file)).map_err(Failure::usage)?;
        about.files.insert(scenario.name.clone(), file.clone());
        found.push(Arc::new(scenario));
    }
    if !found.is_empty() && globs.is_empty() {
        return Ok(found);
    }
    let pool: Vec<Arc<Scenario>> = match &check.scenarios {
        Some(folder) => scenario::load_dir(folder)
            .map_err(Failure::usage)?
            .into_iter()
            .map(Arc::new)
            .collect(),
        None => {
            let built_in = scenario::embedded().iter().cloned();
            let saved = saved(check, &globs, about)?.into_iter();
            built_in.chain(saved).map(Arc::new).collect()
        }
    };
    if let Some(why) = matches_nothing("scenario", &globs, pool.iter().map(|s| s.name.as_str())) {
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    let by_rule = globs.is_empty() && !check.rule.is_empty();
    found.extend(
        pool.into_iter()
            .filter(|s| chosen(&globs, &s.name) && (!by_rule || meant(s, rules))),
    );
    if found.is_empty() {
        return Err(Failure::new(
            Exit::NothingSelected,
            "no scenario is meant for the rules selected; choose some with --scenario",
        ));
    }
    Ok(found)
}

/// The scenarios saved in the folder of regressions here, unless what was chosen is elsewhere.
fn saved(check: &Check, globs: &[String], about: &mut Chosen) -> Result<Vec<Scenario>, Failure> {
    let folder = Path::new(regressions::FOLDER);
    let in_folder = |glob: &String| {
        let first = glob.split('/').next().unwrap_or(glob);
        matches(first, regressions::FOLDER) || first.contains("**")
    };
    let asked = globs.is_empty() || globs.iter().any(in_folder);
    if check.no_regressions || !asked || !folder.is_dir() {
        return Ok(Vec::new());
    }
    let found = Regressions::load(folder).map_err(|e| {
        Failure::usage(format!(
            "{e}; mend or remove it, or leave saved scenarios out with --no-regressions"
        ))
    })?;
    let others = found.others.iter().map(|path| path.display().to_string());
    let others: Vec<String> = others.collect();
    match (found.scenarios.is_empty(), others.as_slice()) {
        (true, _) => about.notes.push(format!(
            "the folder {folder}/ holds no scenario, so nothing of it is run",
            folder = folder.display()
        )),
        (false, []) => {}
        (false, [one]) => about
            .notes
            .push(format!("{one} is no scenario and is left out")),
        (false, many) => about.notes.push(format!(
            "{} are no scenarios and are left out",
            many.join(", ")
        )),
    }
    Ok(found.scenarios)
}

/// The scenarios of inputs of the corpus, by globs of their names or paths.
fn of_corpus(globs: &[String]) -> Result<Vec<Arc<Scenario>>, Failure> {
    let spelt = |glob: &String| {
        let glob = glob.strip_suffix(".json").unwrap_or(glob);
        glob.replace('_', "-")
    };
    let globs: Vec<String> = globs.iter().map(spelt).collect();
    if globs.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<Scenario> = corpus::inputs().iter().map(|i| i.scenario()).collect();
    if let Some(why) = matches_nothing("scenario", &globs, all.iter().map(|s| s.name.as_str())) {
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    let chosen = all.into_iter().filter(|s| chosen(&globs, &s.name));
    Ok(chosen.map(Arc::new).collect())
}

/// Whether a scenario is meant for one of these rules.
pub(crate) fn meant(scenario: &Scenario, rules: &[Rule]) -> bool {
    let named = |e: &String| rules.iter().any(|r| r.id == e);
    scenario.exercises.iter().any(named)
}
