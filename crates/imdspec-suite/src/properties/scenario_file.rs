//! Scenarios: from text, to text, and back.

use crate::{Scenario, ScenarioError};
use toml::{Table, Value};

/// A scenario file reads as [`scenario_file_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn scenario_file(bytes: &[u8]) {
    scenario_file_by(
        |text| Scenario::parse("fuzz", "fuzz.toml", text),
        Scenario::to_toml,
        bytes,
    );
}

/// Any text is a scenario, or wrong at a place that is in it; a scenario says what the table says
/// that stands in the text; and written as TOML and read back it is the same scenario, which is
/// written the same.
///
/// # Panics
/// When that does not hold.
pub fn scenario_file_by(
    parse: impl Fn(&str) -> Result<Scenario, ScenarioError>,
    write: impl Fn(&Scenario) -> Result<String, ScenarioError>,
    bytes: &[u8],
) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match parse(text) {
        Ok(scenario) => {
            says_what_stands_there(&scenario, text);
            let written = write(&scenario);
            let Ok(written) = written else {
                panic!("not written: {written:?}");
            };
            let again = parse(&written);
            assert_eq!(again.as_ref(), Ok(&scenario), "read back from\n{written}");
            let twice = again.and_then(|again| write(&again));
            assert_eq!(twice, Ok(written), "written twice");
        }
        Err(ScenarioError::Text {
            line, column, what, ..
        }) => {
            assert!(!what.is_empty(), "a reason");
            let wrong = line.checked_sub(1).and_then(|n| text.split('\n').nth(n));
            let Some(wrong) = wrong else {
                panic!("line {line} is not in the text: {what}");
            };
            let columns = 1..=wrong.chars().count() + 1;
            assert!(
                columns.contains(&column),
                "column {column} of line {line} is not in the text: {what}"
            );
        }
        Err(other) => panic!("not about a text: {other:?}"),
    }
}

fn says_what_stands_there(scenario: &Scenario, text: &str) {
    let table = text.parse::<Table>();
    let Ok(table) = table else {
        panic!("a scenario that is no TOML: {table:?}");
    };
    let text_of = |key: &str| table.get(key).and_then(Value::as_str);
    assert_eq!(text_of("title"), Some(scenario.title.as_str()));
    assert_eq!(text_of("why"), scenario.why.as_deref());
    assert_eq!(text_of("profile"), scenario.profile.as_deref());
    let array = |key: &str| table.get(key).and_then(Value::as_array);
    let exercises: Vec<&str> = array("exercises")
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(exercises, scenario.exercises);
    assert_eq!(
        array("step").map_or(0, Vec::len),
        scenario.steps.len(),
        "its steps"
    );
    for (key, settings) in [
        ("env", &scenario.env),
        ("config", &scenario.config),
        ("code", &scenario.code),
        ("files", &scenario.files),
    ] {
        let found = table.get(key).and_then(Value::as_table);
        let found = found.into_iter().flatten();
        let found = found.map(|(name, value)| (name.as_str(), value.as_str()));
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        let expected = settings.iter();
        let expected: Vec<_> = expected
            .map(|(name, value)| (name.as_str(), Some(value.as_str())))
            .collect();
        assert_eq!(found, expected, "{key}");
    }
    let asked = array("step").into_iter().flatten();
    let asked = asked.filter_map(|step| step.get("resolve").and_then(Value::as_integer));
    assert_eq!(
        asked.sum::<i64>(),
        i64::from(scenario.resolves()),
        "askings"
    );
}
