//! Which rules and scenarios a check is about.

use super::Selected;
use crate::args::Check;
use crate::exit::{Exit, Failure};
use crate::select::{chosen, matches_nothing};
use imdspec_rules::{Rule, rules};
use imdspec_suite::Scenario;
use imdspec_suite::corpus;
use imdspec_suite::order::worlds;
use imdspec_suite::scenario;
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

/// The scenarios chosen by globs; when only rules were chosen, those meant for one of them.
pub(super) fn scenarios(check: &Check, rules: &Selected) -> Result<Vec<Arc<Scenario>>, Failure> {
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
        let scenario = scenario::load_file(Path::new(file)).map_err(Failure::usage)?;
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
        None => scenario::embedded().iter().cloned().map(Arc::new).collect(),
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
