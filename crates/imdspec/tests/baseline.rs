//! Expected verdicts, as users of the program meet them.
#![cfg(unix)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A program that refuses at once, whatever the service says.
const REFUSES: [&str; 2] = ["--", "false"];
/// A rule that such a program breaks.
const BROKEN: &str = "CONFIG-015";
/// A rule that it keeps.
const KEPT: &str = "CONFIG-013";
/// A rule that it never puts to the test.
const UNREACHED: &str = "TOKEN-007";
/// A rule behind a capability that it does not show.
const UNDECLARED: &str = "TOKEN-009";
/// A rule whose scenarios need more than one resolve of one process.
const UNRUN: &str = "CACHE-018";

fn imdspec(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_imdspec"))
        .args(args)
        .output()
        .expect("the program was built")
}

fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

fn entry(rule: &str, more: &str) -> String {
    format!("[[expected]]\nrule = \"{rule}\"\nverdict = \"violated\"\nreason = \"known\"\n{more}\n")
}

/// A folder with a baseline in it.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new(baseline: &str) -> Self {
        let files = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        files.write("baseline.toml", baseline);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn word(&self, name: &str) -> String {
        self.path(name).to_str().expect("plain").to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("written")
    }

    /// Checks the program against the baseline, with these options besides.
    fn check(&self, more: &[&str]) -> Output {
        let baseline = self.word("baseline.toml");
        let json = self.word("report.json");
        let ours = [
            "check",
            "--network",
            "endpoint",
            "--baseline",
            &baseline,
            "--json",
            &json,
        ];
        imdspec(&[&ours[..], more, &REFUSES].concat())
    }

    /// As [`check`](Self::check), with the status it must end with; gives what was shown.
    #[track_caller]
    fn ends(&self, status: i32, more: &[&str]) -> String {
        let out = self.check(more);
        assert_eq!(out.status.code(), Some(status), "{}", text(&out));
        text(&out)
    }

    fn report(&self) -> Value {
        let report = serde_json::from_str(&self.read("report.json")).expect("JSON");
        assert_valid(&report);
        report
    }
}

/// The report is in the shape that is published.
fn assert_valid(report: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("published")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn expected(report: &Value, rule: &str) -> bool {
    let rules = report["rules"].as_array().expect("a list");
    let part = rules.iter().find(|r| r["id"] == rule).expect("judged");
    part["expected"].as_bool().expect("yes or no")
}

#[test]
fn what_is_known_and_explained_does_not_fail() {
    let files = Files::new("");
    let shown = files.ends(1, &[]);
    assert!(shown.contains("baseline.toml, 0 entries"), "{shown}");
    assert!(!expected(&files.report(), BROKEN));
    files.write("baseline.toml", &entry(BROKEN, ""));
    let shown = files.ends(0, &[]);
    let line = format!("baseline  {}, 1 entry\n", files.word("baseline.toml"));
    assert!(shown.contains(&line), "{shown}");
    assert!(shown.contains("(expected)"), "{shown}");
    let report = files.report();
    assert!(expected(&report, BROKEN));
    assert_eq!(report["baseline"]["entries"], 1);
    assert_eq!(report["baseline"]["failures"], serde_json::json!([]));
}

#[test]
fn what_does_not_come_true_fails_in_words() {
    for (rule, got, says) in [
        (KEPT, Some("held"), "held: remove the entry"),
        (UNREACHED, Some("not-exercised"), "but it is not exercised"),
        (
            UNDECLARED,
            Some("not-applicable"),
            "but it is not applicable",
        ),
        (UNRUN, Some("not-run"), "but it is not run"),
        ("DOC-999", None, "no such rule"),
    ] {
        let files = Files::new(&(entry(BROKEN, "") + &entry(rule, "")));
        let shown = files.ends(1, &[]);
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("1 expectation of"), "{shown}");
        assert!(
            flat.contains(&format!("{rule} expected violated, but")),
            "{shown}"
        );
        assert!(flat.contains(says), "{shown}");
        let wrong = matches!(got, None | Some("held"));
        assert_eq!(flat.contains("--update-baseline"), wrong, "{shown}");
        let report = files.report();
        let failures = report["baseline"]["failures"].as_array().expect("a list");
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0]["rule"], rule);
        assert_eq!(failures[0]["got"].as_str(), got);
        if got.is_some() {
            assert!(!expected(&report, rule));
        }
    }
}

#[test]
fn part_of_the_suite_demands_only_what_it_can_show() {
    let files = Files::new(&(entry(BROKEN, "") + &entry(KEPT, "")));
    // Its own scenarios show it both ways.
    files.ends(1, &["--rule", KEPT]);
    files.ends(0, &["--rule", BROKEN]);
    // Some scenario or other shows nothing by silence.
    let shown = files.ends(0, &["--scenario", "doc/canonical"]);
    assert!(
        shown.contains("2 expected verdicts did not show"),
        "{shown}"
    );
}

#[test]
fn what_is_no_baseline_is_a_usage_error() {
    for (baseline, says) in [
        (entry(BROKEN, "").replace("known", ""), "write the reason"),
        (entry(BROKEN, "").repeat(2), "two entries for"),
        (entry(BROKEN, "expires = 2027"), "without quotes or time"),
        ("[[expected".into(), "baseline.toml"),
    ] {
        let shown = Files::new(&baseline).ends(2, &[]);
        assert!(shown.contains(says), "{shown}");
    }
    let files = Files::new("");
    std::fs::remove_file(files.path("baseline.toml")).expect("it was there");
    let shown = files.ends(2, &[]);
    assert!(shown.contains("--update-baseline makes it"), "{shown}");
}

#[test]
fn an_entry_ends_with_its_last_day() {
    let files = Files::new(&entry(BROKEN, "expires = 2020-02-29"));
    let shown = files.ends(1, &[]);
    assert!(shown.contains("1 entry, 1 expired"), "{shown}");
    assert!(
        shown.contains("expired on 2020-02-29 and no longer counts"),
        "{shown}"
    );
    let report = files.report();
    assert!(
        report["baseline"]["notes"][0]
            .as_str()
            .is_some_and(|n| n.contains("2020-02-29"))
    );
    files.write("baseline.toml", &entry(BROKEN, "expires = 9000-01-01"));
    files.ends(0, &[]);
    assert_eq!(files.report()["baseline"]["notes"], serde_json::json!([]));
}

#[test]
fn an_entry_can_be_for_some_runs_only() {
    let files = Files::new(&entry(BROKEN, "when = { clock = \"faketime\" }"));
    let shown = files.ends(1, &[]);
    assert!(shown.contains("1 entry, 1 for other runs"), "{shown}");
    files.write(
        "baseline.toml",
        &entry(BROKEN, "when = { clock = \"real\" }"),
    );
    files.ends(0, &[]);
}

#[test]
fn a_baseline_is_made_explained_and_kept_up() {
    let files = Files::new("");
    std::fs::remove_file(files.path("baseline.toml")).expect("it was there");
    let shown = files.ends(0, &["--update-baseline"]);
    assert!(shown.contains(&format!("added      {BROKEN}")), "{shown}");
    assert!(shown.contains("write the reason"), "{shown}");
    let shown = files.ends(2, &[]);
    assert!(
        shown.contains(&format!("write the reason of what is expected of {BROKEN}")),
        "{shown}"
    );
    let made = files.read("baseline.toml");
    let explained = made.replace("reason = \"\"", "reason = \"it never asks\" # ever");
    files.write("baseline.toml", &explained);
    files.ends(0, &[]);
    // Nothing to do is nothing done.
    files.ends(0, &["--update-baseline"]);
    assert_eq!(files.read("baseline.toml"), explained);
    // What is not true goes; the rest stays as it was written.
    let stale = format!("{explained}\n# once\n{}", entry(KEPT, ""));
    files.write("baseline.toml", &stale);
    let shown = files.ends(0, &["--update-baseline"]);
    assert!(shown.contains(&format!("removed    {KEPT}")), "{shown}");
    assert_eq!(files.read("baseline.toml"), explained);
    // What nothing put to the test is for people to decide.
    let unknown = format!("{explained}\n{}", entry(UNREACHED, ""));
    files.write("baseline.toml", &unknown);
    let shown = files.ends(1, &["--update-baseline"]);
    assert!(
        shown.contains("was not put to the test, so its entry stays"),
        "{shown}"
    );
    assert_eq!(files.read("baseline.toml"), unknown);
}

const DESCRIPTOR: &str = "name = \"false\" # no\ncommand = [\"false\"]\nkind = \"one-shot\"\n\n";

#[test]
fn a_descriptor_has_its_baseline_in_it_or_beside_it() {
    let files = Files::new(&entry(BROKEN, ""));
    files.write("own.toml", &format!("{DESCRIPTOR}{}", entry(KEPT, "")));
    files.write("bare.toml", DESCRIPTOR);
    let check = |descriptor: &str, more: &[&str]| {
        let descriptor = files.word(descriptor);
        let out = imdspec(
            &[
                &["check", "--network", "endpoint", "--subject", &descriptor],
                more,
            ]
            .concat(),
        );
        (out.status.code(), text(&out))
    };
    let beside = files.word("baseline.toml");
    let (status, shown) = check("own.toml", &["--baseline", &beside]);
    assert_eq!(status, Some(2), "{shown}");
    assert!(
        shown.contains("leave --baseline out, or move them to"),
        "{shown}"
    );
    let (status, shown) = check("bare.toml", &["--baseline", &beside]);
    assert_eq!(status, Some(0), "{shown}");
    // Alone, it is the descriptor that is brought up to date.
    let (status, shown) = check("own.toml", &[]);
    assert_eq!(status, Some(1), "{shown}");
    let (status, shown) = check("own.toml", &["--update-baseline"]);
    assert_eq!(status, Some(0), "{shown}");
    let own = files.read("own.toml");
    let new = entry(BROKEN, "").replace("known", "");
    assert_eq!(own.trim_end(), format!("{DESCRIPTOR}{new}").trim_end());
}

#[test]
fn an_update_that_would_lie_is_refused_before_the_run() {
    let files = Files::new(&entry(KEPT, ""));
    for filter in [
        ["--rule", KEPT],
        ["--scenario", "doc/*"],
        ["--scenarios", "."],
    ] {
        let shown = files.ends(2, &[&["--update-baseline"], &filter[..]].concat());
        assert!(
            shown.contains(&format!("cannot be used with {}", filter[0])),
            "{shown}"
        );
        assert!(shown.contains("only a run of the whole suite"), "{shown}");
    }
    assert_eq!(files.read("baseline.toml"), entry(KEPT, ""));
    let refused = |args: &[&str]| {
        let out = imdspec(args);
        assert_eq!(out.status.code(), Some(2), "{}", text(&out));
        text(&out)
    };
    let shown = refused(&["check", "--update-baseline", "--", "false"]);
    assert!(shown.contains("name it with --baseline FILE"), "{shown}");
    let baseline = files.word("baseline.toml");
    let shown = refused(&["check", "--update-baseline", "--baseline", &baseline]);
    assert!(shown.contains("needs a program"), "{shown}");
    let nowhere = files.word("no/such/b.toml");
    let shown = refused(&[
        "check",
        "--update-baseline",
        "--baseline",
        &nowhere,
        "--",
        "false",
    ]);
    assert!(shown.contains("there is no such folder"), "{shown}");
}
