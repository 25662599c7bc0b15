//! Worlds with some sources in them, as scenarios whose name says everything.
//!
//! `order/environment+process=exit-1+imds@work` has three sources, one of them broken, with
//! `AWS_PROFILE` naming the profile `work`. The name alone brings the scenario back.

use crate::scenario::{EndpointGiven, NetworkNeed, Scenario, Step};
use crate::sources::{Sources, State};
use imdspec_wire::Source;
use std::fmt::Write as _;

/// What such names begin with.
pub const FOLDER: &str = "order/";

/// The scenario in which these sources are set up and the subject is asked once.
#[must_use]
pub fn world(sources: Sources, profile: Option<&str>) -> Scenario {
    let name = name(&sources, profile);
    let broken = sources.0.values().any(|s| s.breakage().is_some());
    let mut exercises = vec!["CHAIN-009".to_owned(), "CHAIN-016".to_owned()];
    if sources.0.len() > 1 {
        exercises.push("CHAIN-017".to_owned());
        exercises.push("CHAIN-018".to_owned());
    }
    if broken {
        exercises.push("CHAIN-019".to_owned());
    }
    Scenario {
        title: title(&sources, profile),
        name,
        exercises,
        why: None,
        clock: Default::default(),
        network: NetworkNeed::Addresses,
        endpoint: EndpointGiven::None,
        links: Default::default(),
        world: Default::default(),
        sources,
        profile: profile.map(str::to_owned),
        env: Default::default(),
        config: Default::default(),
        code: Default::default(),
        files: Default::default(),
        steps: vec![Step::Resolve(1)],
    }
}

/// The scenario that such a name means.
///
/// # Errors
/// What is wrong with the name, in words.
pub fn named(name: &str) -> Result<Scenario, String> {
    let rest = name
        .strip_prefix(FOLDER)
        .ok_or_else(|| format!("{name:?} does not begin with {FOLDER}"))?;
    let (rest, profile) = match rest.split_once('@') {
        None => (rest, None),
        Some((rest, profile)) => (rest, Some(profile)),
    };
    let mut sources = Sources::default();
    for part in rest.split('+') {
        let (source, state) = part.split_once('=').unwrap_or((part, "works"));
        let known = Source::named(source).ok_or_else(|| {
            let all = Source::ALL.map(Source::as_str).join(", ");
            format!("{source:?} is no source; write one of {all}")
        })?;
        sources.0.insert(known, State::try_from(state.to_owned())?);
    }
    match sources.wrong() {
        Some(why) => Err(why),
        None => Ok(world(sources, profile)),
    }
}

fn name(sources: &Sources, profile: Option<&str>) -> String {
    let mut name = String::from(FOLDER);
    for (i, (source, state)) in sources.0.iter().enumerate() {
        let plus = if i == 0 { "" } else { "+" };
        let _ = match state {
            State::Works => write!(name, "{plus}{source}"),
            state => write!(name, "{plus}{source}={}", state.as_str()),
        };
    }
    if let Some(profile) = profile {
        let _ = write!(name, "@{profile}");
    }
    name
}

fn title(sources: &Sources, profile: Option<&str>) -> String {
    let each = sources
        .0
        .iter()
        .map(|(source, state)| match state.breakage() {
            None => source.title().to_owned(),
            Some(breakage) => format!("{} ({breakage})", source.title()),
        });
    let all: Vec<String> = each.collect();
    let profile = profile.map_or_else(String::new, |p| format!(", with AWS_PROFILE={p}"));
    format!("set up: {}{profile}", all.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Breakage;

    #[test]
    fn a_name_brings_its_world_back() {
        let sources = Sources(
            [
                (Source::Environment, State::Temporary),
                (Source::Process, State::Broken(Breakage::Exit1)),
                (Source::Imds, State::Works),
            ]
            .into(),
        );
        let world = world(sources, Some("work"));
        assert_eq!(
            world.name,
            "order/environment=temporary+process=exit-1+imds@work"
        );
        assert_eq!(named(&world.name), Ok(world.clone()));
        // It is a scenario as any other.
        let text = world.to_toml().unwrap();
        assert_eq!(Scenario::parse(&world.name, "x.toml", &text), Ok(world));
    }

    #[test]
    fn what_is_no_world_is_refused_in_words() {
        for (name, part) in [
            ("order/elsewhere", "no source"),
            ("order/imds=partial", "imds cannot be partial"),
            ("order/imds=broken", "no state"),
            ("order/code", "in code"),
            ("order/assume-role+assume-role-imds", "together"),
            ("doc/canonical", "does not begin"),
        ] {
            let why = named(name).unwrap_err();
            assert!(why.contains(part), "{name}: {why}");
        }
    }
}
