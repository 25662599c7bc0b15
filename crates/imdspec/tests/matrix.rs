//! `imdspec matrix` as its users meet it, and the matrix that is published.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn matrix(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .arg("matrix")
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program was built")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A folder with the descriptors of three tiny subjects: one gives up, one is not installed, and
/// one does not speak the protocol.
fn subjects() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write(
        "quitter.toml",
        "name = \"quitter\"\ncommand = [\"false\"]\nkind = \"one-shot\"\n\
         homepage = \"https://example.com/quitter\"\n",
    );
    write(
        "absent.toml",
        "name = \"absent\"\ncommand = [\"imdspec-no-such-program\"]\nkind = \"session\"\n\
         install = [\"cargo install imdspec-no-such-program\"]\n",
    );
    write(
        "mute.toml",
        "name = \"mute\"\ncommand = [\"true\"]\nkind = \"session\"\n",
    );
    folder
}

const RULES: [&str; 4] = ["--rule", "CONFIG-013", "--rule", "DOC-003"];

#[test]
fn who_is_installed_is_run_and_who_is_not_is_named() {
    let folder = subjects();
    let files = [
        "--seed",
        "2a",
        "--twice",
        "--json",
        "m.json",
        "--html",
        "m.html",
        "--markdown",
        "m.md",
        "quitter.toml",
        "absent.toml",
    ];
    let out = matrix(folder.path(), &[&RULES[..], &files].concat());
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{shown}{}", text(&out.stderr));
    assert!(shown.contains("  -  absent   not installed\n"), "{shown}");
    assert!(
        shown.contains("to install it: cargo install imdspec-no-such-program"),
        "{shown}"
    );
    assert!(shown.contains("no verdict differs"), "{shown}");
    assert!(shown.contains("\n  CONFIG-013 MUST   ✓"), "{shown}");

    let json: Value = serde_json::from_str(&read(folder.path().join("m.json"))).expect("JSON");
    assert_eq!(json["seed"], "000000000000002a");
    assert_eq!(json["subjects"][1]["state"], "not-installed");
    assert_eq!(json["rules"].as_array().map(Vec::len), Some(2));
    let html = read(folder.path().join("m.html"));
    assert!(html.contains("cargo install imdspec-no-such-program"));
    let table = read(folder.path().join("m.md"));
    assert!(table.contains("[✓](m/quitter.md#held)"), "{table}");
    assert!(read(folder.path().join("m/quitter.md")).contains("\n## Held\n"));
    assert!(!folder.path().join("m/absent.md").exists());
}

#[test]
fn a_table_is_shown_again_without_a_run() {
    let folder = subjects();
    let first = matrix(
        folder.path(),
        &[&RULES[..], &["--json", "m.json", "quitter.toml"]].concat(),
    );
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    // Nothing to run is left.
    std::fs::remove_file(folder.path().join("quitter.toml")).expect("it was there");
    let again = matrix(folder.path(), &["--from", "m.json", "--json", "n.json"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
    assert_eq!(text(&first.stdout), text(&again.stdout));
    assert_eq!(
        read(folder.path().join("m.json")),
        read(folder.path().join("n.json"))
    );

    let newer = read(folder.path().join("m.json")).replace("\"schema\": 1", "\"schema\": 2");
    std::fs::write(folder.path().join("newer.json"), newer).expect("written");
    let out = matrix(folder.path(), &["--from", "newer.json"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        text(&out.stderr).contains("its schema is 2, and this imdspec reads 1"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn who_breaks_the_contract_does_not_stop_the_others() {
    let folder = subjects();
    let both = [&RULES[..], &["mute.toml", "quitter.toml"]].concat();
    let out = matrix(folder.path(), &both);
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(3), "{shown}{}", text(&out.stderr));
    assert!(shown.contains("  -  mute     would not start\n"), "{shown}");
    assert!(shown.contains("first line must be"), "{shown}");
    assert!(shown.contains("\n  CONFIG-013 MUST   ✓"), "{shown}");
}

#[test]
fn a_verdict_that_is_not_expected_is_1_and_shown_with_its_command() {
    let folder = subjects();
    let file = folder.path().join("quitter.toml");
    let text_of = read(&file)
        + "[[expected]]\nrule = \"CONFIG-013\"\nverdict = \"violated\"\nreason = \"once\"\n";
    std::fs::write(&file, text_of).expect("written");
    let out = matrix(folder.path(), &[&RULES[..], &["quitter.toml"]].concat());
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{shown}{}", text(&out.stderr));
    assert!(shown.contains("quitter CONFIG-013"), "{shown}");
    assert!(shown.contains("expected violated"), "{shown}");
    assert!(
        shown.contains("--subject quitter.toml --rule CONFIG-013"),
        "{shown}"
    );
}

#[test]
fn usage_is_2_and_nobody_to_run_is_4() {
    let folder = subjects();
    let status = |args: &[&str]| matrix(folder.path(), args).status.code();
    assert_eq!(status(&[]), Some(2));
    assert_eq!(status(&["no-such-file.toml"]), Some(2));
    assert_eq!(status(&["--from", "quitter.toml"]), Some(2));
    assert_eq!(status(&["quitter.toml", "quitter.toml"]), Some(2));
    assert_eq!(
        status(&["--json", "no/such/m.json", "quitter.toml"]),
        Some(2)
    );
    assert_eq!(status(&["--markdown", "m", "quitter.toml"]), Some(2));
    assert_eq!(status(&["--rule", "NOPE-*", "quitter.toml"]), Some(4));
    assert_eq!(status(&["absent.toml"]), Some(4));
    assert_eq!(status(&["absent.toml", "mute.toml"]), Some(4));
}

#[test]
fn the_schema_that_is_published_is_the_shape_that_is_written() {
    let folder = subjects();
    let args = [
        "--json",
        "m.json",
        "quitter.toml",
        "absent.toml",
        "mute.toml",
    ];
    let out = matrix(folder.path(), &[&RULES[..], &args].concat());
    assert_eq!(out.status.code(), Some(3), "{}", text(&out.stderr));
    let schema: Value = serde_json::from_str(&read(docs("matrix.schema.json"))).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let mut written: Value =
        serde_json::from_str(&read(folder.path().join("m.json"))).expect("JSON");
    let errors: Vec<String> = schema
        .iter_errors(&written)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    written["rules"][0]["cells"][0]["verdict"] = "passed".into();
    assert!(!schema.is_valid(&written));
}

/// What is published.
mod published {
    use super::{docs, read};
    use imdspec_rules::rules;

    /// Read when this is built, so that a table that is taken away is noticed.
    const TABLE: &str = include_str!("../../../docs/matrix.md");

    /// Everything in `text` that reads like a rule's id.
    fn ids(text: &str) -> Vec<&str> {
        let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        let is_id = |word: &&str| {
            word.split_once('-').is_some_and(|(group, number)| {
                group.len() > 2
                    && group.chars().all(|c| c.is_ascii_uppercase())
                    && number.len() == 3
                    && number.chars().all(|c| c.is_ascii_digit())
            })
        };
        text.split(|c| !part(c)).filter(is_id).collect()
    }

    #[test]
    fn every_rule_named_exists() {
        let named = ids(TABLE);
        assert!(named.len() >= 50, "{} rules", named.len());
        let mut pages = 0;
        for entry in std::fs::read_dir(docs("matrix")).expect("pages of evidence") {
            let path = entry.expect("there").path();
            let page = read(&path);
            for id in ids(&page).into_iter().chain(named.iter().copied()) {
                assert!(
                    rules::get(id).is_some(),
                    "{id} in {} is no rule any more; run the matrix again",
                    path.display()
                );
            }
            pages += 1;
        }
        assert!(pages > 0);
    }

    #[test]
    fn every_sign_leads_to_its_evidence() {
        let mut links = 0;
        for part in TABLE.split("](matrix/").skip(1) {
            let target = part.split(')').next().expect("a beginning");
            let (page, anchor) = target.split_once('#').unwrap_or((target, ""));
            let text = read(docs("matrix").join(page));
            let leads = anchor.is_empty()
                || text
                    .lines()
                    .filter_map(|l| l.strip_prefix("## ").or_else(|| l.strip_prefix("### ")))
                    .any(|title| title.to_lowercase().replace(' ', "-") == anchor);
            assert!(leads, "{target}");
            links += 1;
        }
        assert!(links >= 50, "{links}");
    }

    #[test]
    fn no_page_is_left_over() {
        for entry in std::fs::read_dir(docs("matrix")).expect("pages of evidence") {
            let name = entry.expect("there").file_name();
            let link = format!("](matrix/{}", name.to_string_lossy());
            assert!(
                TABLE.contains(&link),
                "docs/{link} is of a subject that is gone"
            );
        }
    }
}

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name)
}
