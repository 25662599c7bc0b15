//! Scenarios and the corpus are embedded; a new file among them is a reason to build again. Each
//! scenario is also a test of its own for a Rust value (`conformance!`), and here these tests get
//! their names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=corpus");
    let mut root = Folder::default();
    read(Path::new("scenarios"), &mut root);
    let mut names = String::new();
    list(&root, "", &mut names);
    let mut tests = String::new();
    modules(&root, "", &mut tests);
    let text = format!(
        "/// Every built-in scenario: its name, and what a subject must take to be put through it.\n\
         pub const NAMES: &[(&str, &[&str])] = &[\n{names}];\n\n\
         /// The tests of every built-in scenario, in modules by topic.\n\
         #[doc(hidden)]\n#[macro_export]\nmacro_rules! __imdspec_scenarios {{\n\
         ($takes:tt $snapshots:tt) => {{\n{tests}}};\n}}\n"
    );
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("in_process.rs"), text).expect("OUT_DIR can be written to");
}

/// A folder of scenarios: what they need by their name, and the folders in it.
#[derive(Default)]
struct Folder {
    scenarios: BTreeMap<String, Vec<&'static str>>,
    folders: BTreeMap<String, Self>,
}

fn read(path: &Path, folder: &mut Folder) {
    let entries = std::fs::read_dir(path).expect("a folder of scenarios can be read");
    for entry in entries {
        let path = entry.expect("a folder of scenarios can be read").path();
        let stem = path.file_stem().unwrap_or_default();
        let name = stem.to_string_lossy().into_owned();
        if path.is_dir() {
            read(&path, folder.folders.entry(name).or_default());
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).expect("a scenario is text");
            // One that does not parse fails the tests of this crate, which say what is wrong.
            let needs = text.parse().map_or_else(|_| Vec::new(), |t| needs(&t));
            folder.scenarios.insert(name, needs);
        }
    }
}

/// What a subject must take, as `in_process::Takes` finds it in a scenario that is read; a test
/// compares them.
fn needs(scenario: &toml::Table) -> Vec<&'static str> {
    let is = |key: &str, value: &str| scenario.get(key).and_then(|v| v.as_str()) == Some(value);
    let names = |key: &str| {
        let table = scenario.get(key).and_then(toml::Value::as_table);
        table.map_or_else(Vec::new, |t| t.keys().map(|k| k.to_lowercase()).collect())
    };
    let steps = scenario.get("step").and_then(toml::Value::as_array);
    let moves = |step: &toml::Value| step.get("advance").or_else(|| step.get("jump")).is_some();
    let is_proxy = |name: &String| name.ends_with("_proxy");
    let env: Vec<String> = names("env");
    // More in the home than the config file, which variables point at.
    let has_home = ["sources", "profile", "files"]
        .iter()
        .any(|key| scenario.contains_key(*key));
    [
        ("addresses", is("network", "addresses")),
        ("virtual_clock", is("clock", "virtual")),
        (
            "clock",
            is("clock", "virtual") || steps.is_some_and(|s| s.iter().any(moves)),
        ),
        ("code", !names("code").is_empty()),
        ("config_file", has_home || !names("config").is_empty()),
        (
            "variables",
            has_home || env.iter().any(|name| !is_proxy(name)),
        ),
        ("proxy", env.iter().any(is_proxy)),
    ]
    .into_iter()
    .filter_map(|(need, needed)| needed.then_some(need))
    .collect()
}

/// The names in the order of their text, as the embedded scenarios are.
fn list(folder: &Folder, prefix: &str, out: &mut String) {
    let mut all = BTreeMap::new();
    collect(folder, prefix, &mut all);
    for (name, needs) in all {
        writeln!(out, "    ({name:?}, &{needs:?}),").expect("a String takes all");
    }
}

fn collect<'f>(folder: &'f Folder, prefix: &str, all: &mut BTreeMap<String, &'f [&'static str]>) {
    for (name, needs) in &folder.scenarios {
        all.insert(format!("{prefix}{name}"), needs);
    }
    for (name, below) in &folder.folders {
        collect(below, &format!("{prefix}{name}/"), all);
    }
}

fn modules(folder: &Folder, prefix: &str, out: &mut String) {
    for (name, needs) in &folder.scenarios {
        let (function, needs) = (identifier(name), needs.join(" "));
        writeln!(
            out,
            "$crate::__imdspec_test! {{ {function} \"{prefix}{name}\" [{needs}] $takes $snapshots }}"
        )
        .expect("a String takes all");
    }
    for (name, below) in &folder.folders {
        let module = identifier(name);
        writeln!(out, "mod {module} {{ use super::__imdspec_conformance;")
            .expect("a String takes all");
        modules(below, &format!("{prefix}{name}/"), out);
        out.push_str("}\n");
    }
}

/// `404-with-a-name` is `_404_with_a_name`.
fn identifier(name: &str) -> String {
    let name = name.replace('-', "_");
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}
