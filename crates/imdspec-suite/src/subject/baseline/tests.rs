use super::*;
use crate::program::{Network, Program, ProgramClock};
use crate::subject::Driven;
use imdspec_rules::{Judgement, rules};
use std::path::Path;
use std::time::{Duration, SystemTime};

const ENDPOINT: When = When {
    network: Some(WhenNetwork::Endpoint),
    clock: Some(WhenClock::Real),
};

/// 2026-11-24 and so many days.
fn day(later: i64) -> Day {
    let seconds = 1_795_478_400 + later * 86_400;
    Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.cast_unsigned()))
}

fn entry(rule: &str, verdict: &str, more: &str) -> String {
    format!(
        "[[expected]]\nrule = \"{rule}\"\nverdict = \"{verdict}\"\nreason = \"known\"\n{more}\n"
    )
}

fn read(text: &str) -> Baseline {
    Baseline::parse(Path::new("b.toml"), text).expect("a baseline")
}

fn refused(text: &str) -> String {
    Baseline::parse(Path::new("b.toml"), text)
        .expect_err("it is refused")
        .to_string()
}

fn judged(verdicts: &[(&str, Verdict)]) -> Vec<Judgement<'static>> {
    verdicts
        .iter()
        .map(|(rule, verdict)| Judgement {
            rule: rules::get(rule).expect("it exists"),
            verdict: *verdict,
            exercised: 2,
            traces: Vec::new(),
            evidence: Vec::new(),
            observed: Vec::new(),
            reason: String::new(),
        })
        .collect()
}

fn compared(text: &str, judgements: &[Judgement<'_>]) -> Comparison {
    read(text).compare(judgements, ENDPOINT, day(0), Selection::Whole)
}

fn said(comparison: &Comparison) -> String {
    let messages: Vec<&str> = comparison
        .failures
        .iter()
        .map(|m| m.message.as_str())
        .collect();
    messages.join("\n")
}

/// The file's text after an update, and what was done.
fn updated(text: &str, judgements: &[Judgement<'_>]) -> (String, Updated) {
    let baseline = read(text);
    let comparison = baseline.compare(judgements, ENDPOINT, day(0), Selection::Whole);
    let mut document = text.parse().expect("it was read before");
    let updated = baseline.edit(&mut document, &comparison, judgements);
    (document.to_string(), updated)
}

#[test]
fn what_happens_as_expected_is_expected_and_nothing_else_is() {
    let judgements = judged(&[
        ("DOC-003", Verdict::Violated),
        ("DOC-009", Verdict::Violated),
        ("SEC-004", Verdict::Warned),
        ("SEC-008", Verdict::Warned),
        ("TOKEN-001", Verdict::Held),
    ]);
    let text = entry("DOC-003", "violated", "") + &entry("SEC-004", "warned", "");
    let comparison = compared(&text, &judgements);
    let expected: Vec<bool> = judgements.iter().map(|j| comparison.expects(j)).collect();
    assert_eq!(expected, [true, false, true, false, true]);
    assert_eq!(comparison.failures, []);
    assert_eq!(comparison.headline().as_deref(), Some("b.toml, 2 entries"));
}

#[test]
fn an_expectation_fails_in_words_whichever_way_it_fails() {
    for (verdict, says) in [
        (
            Verdict::Held,
            "put to the test 2 times and held: remove the entry",
        ),
        (Verdict::Warned, "but it is warned"),
        (Verdict::Observed, "only observes"),
        (Verdict::NotExercised, "but it is not exercised"),
        (Verdict::NotApplicable, "but it is not applicable"),
        (Verdict::NotRun, "but it is not run"),
    ] {
        let judgements = judged(&[("DOC-003", verdict)]);
        let comparison = compared(&entry("DOC-003", "violated", ""), &judgements);
        assert!(said(&comparison).contains(says), "{}", said(&comparison));
        assert_eq!(comparison.failures[0].got, Some(verdict));
        assert!(!comparison.expects(&judgements[0]), "{verdict:?}");
    }
    let comparison = compared(&entry("DOC-999", "violated", ""), &judged(&[]));
    assert!(said(&comparison).contains("no such rule"));
    assert_eq!(comparison.failures[0].got, None);
}

#[test]
fn a_rule_that_was_not_selected_is_not_demanded() {
    let comparison = compared(&entry("DOC-003", "violated", ""), &judged(&[]));
    assert_eq!(comparison.failures, []);
}

#[test]
fn part_of_a_run_does_not_prove_an_absence() {
    let text = entry("DOC-003", "violated", "") + &entry("DOC-009", "warned", "");
    let baseline = read(&(text + &entry("DOC-999", "violated", "")));
    let judgements = judged(&[("DOC-003", Verdict::Held), ("DOC-009", Verdict::Violated)]);
    let comparison = baseline.compare(&judgements, ENDPOINT, day(0), Selection::Part);
    assert!(comparison.expects(&judgements[0]));
    assert!(!comparison.expects(&judgements[1]));
    let rules: Vec<_> = comparison.failures.iter().map(|m| &m.rule).collect();
    assert_eq!(rules, ["DOC-009", "DOC-999"]);
    assert!(comparison.notes[0].starts_with("1 expected verdict did not show"));
    assert!(matches!(
        baseline.update(&comparison, &judgements),
        Err(BaselineError::Update { .. })
    ));
}

#[test]
fn an_entry_counts_through_its_last_day() {
    let text = entry("DOC-003", "violated", "expires = 2026-11-24");
    let judgements = judged(&[("DOC-003", Verdict::Violated)]);
    let on = |later| read(&text).compare(&judgements, ENDPOINT, day(later), Selection::Whole);
    for (later, counts, note) in [
        (-15, true, ""),
        (-14, true, "expires in 14 days, on 2026-11-24"),
        (-1, true, "expires tomorrow"),
        (0, true, "expires today, 2026-11-24"),
        (1, false, "expired on 2026-11-24 and no longer counts"),
    ] {
        let comparison = on(later);
        assert_eq!(comparison.expects(&judgements[0]), counts, "{later}");
        let notes = comparison.notes.join("\n");
        assert_eq!(notes.is_empty(), note.is_empty(), "{later}: {notes}");
        assert!(notes.contains(note), "{later}: {notes}");
        assert_eq!(comparison.failures, []);
    }
    let headline = on(1).headline();
    assert_eq!(headline.as_deref(), Some("b.toml, 1 entry, 1 expired"));
    // Once it is mended, an entry past its end demands nothing.
    let held = judged(&[("DOC-003", Verdict::Held)]);
    let late = read(&text).compare(&held, ENDPOINT, day(1), Selection::Whole);
    assert_eq!(late.failures, []);
    assert!(late.expects(&held[0]));
}

#[test]
fn an_entry_for_other_runs_is_neither_demanded_nor_accepted() {
    for (when, counts) in [
        ("{}", true),
        ("{ network = \"endpoint\" }", true),
        ("{ clock = \"real\" }", true),
        ("{ network = \"endpoint\", clock = \"real\" }", true),
        ("{ network = \"sandbox\" }", false),
        ("{ network = \"endpoint\", clock = \"faketime\" }", false),
    ] {
        let text = entry("DOC-003", "violated", &format!("when = {when}"));
        let bad = judged(&[("DOC-003", Verdict::Violated)]);
        assert_eq!(compared(&text, &bad).expects(&bad[0]), counts, "{when}");
        let good = judged(&[("DOC-003", Verdict::Held)]);
        let comparison = compared(&text, &good);
        assert_eq!(comparison.failures.len(), usize::from(counts), "{when}");
        assert_eq!(comparison.elsewhere, usize::from(!counts), "{when}");
    }
}

#[test]
fn the_run_is_told_by_the_subject() {
    assert_eq!(When::of(&Subject::reference(false)), When::default());
    let program = Program::new(vec!["true".into()], Duration::from_secs(1));
    let mut subject = Subject::program(program, Driven::Session);
    subject.set_network(Network::Endpoint);
    assert_eq!(When::of(&subject), ENDPOINT);
    subject.set_network(Network::Sandbox);
    subject.set_clock(ProgramClock::Faketime);
    let sandbox = When {
        network: Some(WhenNetwork::Sandbox),
        clock: Some(WhenClock::Faketime),
    };
    assert_eq!(When::of(&subject), sandbox);
}

#[test]
fn what_is_no_baseline_is_refused_with_what_to_write() {
    let unexplained = entry("DOC-003", "violated", "").replace("known", " ");
    assert_eq!(
        refused(&unexplained),
        "b.toml: write the reason of what is expected of DOC-003: it is empty"
    );
    for (text, says) in [
        (entry("DOC-003", "held", ""), "`violated` or `warned`"),
        (
            entry("DOC-003", "violated", "expires = \"2027-01-31\""),
            "without quotes",
        ),
        (
            entry("DOC-003", "violated", "expires = 2027-01-31T00:00:00Z"),
            "without quotes or time",
        ),
        (
            entry("DOC-003", "violated", "expires = 2027-02-30"),
            "line 5",
        ),
        (
            entry("DOC-003", "violated", "when = { network = \"vpn\" }"),
            "`sandbox` or `endpoint`",
        ),
        (
            entry("DOC-003", "violated", "until = 2027-01-31"),
            "`until`",
        ),
        ("name = \"boto3\"\n".into(), "expected `expected`"),
        (
            entry("DOC-003", "violated", "") + &entry("DOC-003", "warned", ""),
            "two entries for DOC-003",
        ),
        (
            entry("DOC-003", "violated", "when = { network = \"sandbox\" }")
                + &entry("DOC-003", "warned", "when = { clock = \"real\" }"),
            "two entries for DOC-003",
        ),
    ] {
        assert!(refused(&text).contains(says), "{}", refused(&text));
    }
    // Told apart, they are two expectations.
    read(
        &(entry("DOC-003", "violated", "when = { network = \"sandbox\" }")
            + &entry("DOC-003", "warned", "when = { network = \"endpoint\" }")),
    );
}

/// A descriptor as people write them.
const WRITTEN: &str = r#"# What this is.
name = "x"   # short

[[expected]]
rule = 'DOC-003' # the code
verdict = "violated"  # since 1.0
reason = """
two
lines"""
link = "https://example.com/1"
expires = 2027-03-01

# The rest is explained elsewhere.

# only DOC-009
[[expected]]
rule = "DOC-009"
verdict = "violated"
reason = "b"
[expected.when]
network = "endpoint"

[[expected]]
reason = "c"
rule = "SEC-004"
verdict = "warned"

# What it can do.
[capabilities]
chain = [ "imds" ]
# The end.
"#;

const AS_WRITTEN: [(&str, Verdict); 3] = [
    ("DOC-003", Verdict::Violated),
    ("DOC-009", Verdict::Violated),
    ("SEC-004", Verdict::Warned),
];

/// As [`updated`], for a text that is no baseline on its own.
fn updated_descriptor(judgements: &[Judgement<'_>]) -> (String, Updated) {
    let entries =
        &WRITTEN[WRITTEN.find("[[").expect("one")..WRITTEN.find("# What it can").expect("one")];
    let baseline = read(entries);
    let comparison = baseline.compare(judgements, ENDPOINT, day(0), Selection::Whole);
    let mut document = WRITTEN.parse().expect("TOML");
    let updated = baseline.edit(&mut document, &comparison, judgements);
    (document.to_string(), updated)
}

#[test]
fn an_update_leaves_what_is_true_to_the_byte() {
    let (text, done) = updated_descriptor(&judged(&AS_WRITTEN));
    assert_eq!(text, WRITTEN);
    assert!(!done.wrote() && done.left.is_empty());
}

#[test]
fn an_update_takes_out_what_is_no_longer_true_and_only_that() {
    let mut verdicts = AS_WRITTEN;
    verdicts[1].1 = Verdict::Held;
    let (text, done) = updated_descriptor(&judged(&verdicts));
    assert_eq!(done.removed, ["DOC-009"]);
    let from = WRITTEN.find("# only DOC-009").expect("one");
    let to = WRITTEN.find("[[expected]]\nreason").expect("one");
    assert_eq!(text, format!("{}{}", &WRITTEN[..from], &WRITTEN[to..]));
    // The first and the last.
    for (gone, left) in [
        (0, "# What this is.\nname = \"x\"   # short\n\n# The rest"),
        (2, "network = \"endpoint\"\n\n# What it can do.\n"),
    ] {
        let mut verdicts = AS_WRITTEN;
        verdicts[gone].1 = Verdict::Held;
        let (text, _) = updated_descriptor(&judged(&verdicts));
        assert!(text.contains(left), "{text}");
        assert_eq!(
            text.matches('#').count(),
            WRITTEN.matches('#').count() - [2, 1, 0][gone]
        );
    }
    let (text, done) = updated_descriptor(&judged(&AS_WRITTEN.map(|(r, _)| (r, Verdict::Held))));
    assert_eq!(done.removed, ["DOC-003", "DOC-009", "SEC-004"]);
    assert_eq!(
        text,
        "# What this is.\nname = \"x\"   # short\n\n# The rest is explained elsewhere.\n\n\
         # What it can do.\n[capabilities]\nchain = [ \"imds\" ]\n# The end.\n"
    );
}

#[test]
fn a_file_whose_first_entry_goes_begins_with_the_next() {
    let rest = entry("DOC-009", "violated", "");
    let text = entry("DOC-003", "violated", "") + &rest;
    let judgements = judged(&[("DOC-003", Verdict::Held), ("DOC-009", Verdict::Violated)]);
    assert_eq!(updated(&text, &judgements).0, rest);
}

#[test]
fn a_comment_set_apart_outlives_the_last_entry() {
    let text = format!("# All.\n\n{}", entry("DOC-003", "violated", ""));
    let (text, _) = updated(&text, &judged(&[("DOC-003", Verdict::Held)]));
    assert_eq!(text, "# All.\n");
}

#[test]
fn an_update_adds_what_was_unexpected_without_a_reason() {
    let mut verdicts = AS_WRITTEN.to_vec();
    verdicts.push(("TOKEN-010", Verdict::Violated));
    verdicts.push(("TOKEN-015", Verdict::Warned));
    let (text, done) = updated_descriptor(&judged(&verdicts));
    assert_eq!(done.added, ["TOKEN-010", "TOKEN-015"]);
    let new = "\n[[expected]]\nrule = \"TOKEN-010\"\nverdict = \"violated\"\nreason = \"\"\n\
        \n[[expected]]\nrule = \"TOKEN-015\"\nverdict = \"warned\"\nreason = \"\"\n";
    let (before, after) = WRITTEN.split_once("\n# What it can").expect("one");
    assert_eq!(text, format!("{before}{new}\n# What it can{after}"));

    let (text, _) = updated("# Mine.\n", &judged(&[("DOC-003", Verdict::Violated)]));
    assert_eq!(
        text,
        "# Mine.\n\n[[expected]]\nrule = \"DOC-003\"\nverdict = \"violated\"\nreason = \"\"\n"
    );
    let said = refused(&text);
    assert!(said.contains("write the reason"), "{said}");

    let text = entry("DOC-003", "violated", "") + "# The end.\n";
    let more = judged(&[
        ("DOC-003", Verdict::Violated),
        ("DOC-009", Verdict::Violated),
    ]);
    let (longer, _) = updated(&text, &more);
    assert!(longer.starts_with(&text), "{longer}");
}

#[test]
fn an_update_corrects_a_verdict_and_keeps_the_rest() {
    let mut verdicts = AS_WRITTEN;
    verdicts[0].1 = Verdict::Warned;
    let (text, done) = updated_descriptor(&judged(&verdicts));
    assert_eq!(done.corrected, ["DOC-003"]);
    let corrected = WRITTEN.replace("\"violated\"  # since 1.0", "\"warned\"  # since 1.0");
    assert_eq!(text, corrected);
}

#[test]
fn an_update_decides_nothing_that_is_the_users_to_decide() {
    let text = entry("DOC-003", "violated", "expires = 2026-11-23")
        + &entry("DOC-009", "violated", "")
        + &entry("DOC-020", "violated", "when = { network = \"sandbox\" }");
    let judgements = judged(&[
        ("DOC-003", Verdict::Violated),
        ("DOC-009", Verdict::NotRun),
        ("DOC-020", Verdict::Held),
    ]);
    let (after, done) = updated(&text, &judgements);
    assert_eq!(after, text);
    assert!(done.left[0].contains("decide on a new day"));
    assert!(done.left[1].contains("not put to the test"));
    assert_eq!(done.left.len(), 2);
    // An expired entry of what was mended goes, and so does one for a rule that never was.
    let mended = judged(&[("DOC-003", Verdict::Held)]);
    let text =
        entry("DOC-003", "violated", "expires = 2026-11-23") + &entry("DOC-999", "warned", "");
    let (after, done) = updated(&text, &mended);
    assert_eq!((after.trim(), done.removed.len()), ("", 2));
}

#[test]
fn beside_an_entry_for_other_runs_a_new_one_is_for_runs_like_this() {
    let text = entry("DOC-003", "warned", "when = { network = \"sandbox\" }");
    let (after, _) = updated(&text, &judged(&[("DOC-003", Verdict::Violated)]));
    let new = "when = { network = \"endpoint\", clock = \"real\" }\n";
    assert!(after.starts_with(&text) && after.ends_with(new), "{after}");
    read(&after.replace("reason = \"\"", "reason = \"now known\""));
}

#[test]
fn the_file_is_replaced_whole_and_only_if_nobody_else_changed_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.toml");
    let text = entry("DOC-003", "violated", "");
    std::fs::write(&file, &text).unwrap();
    let held = judged(&[("DOC-003", Verdict::Held)]);
    let update = |baseline: &Baseline| {
        baseline.can_update()?;
        let comparison = baseline.compare(&held, ENDPOINT, day(0), Selection::Whole);
        baseline.update(&comparison, &held)
    };
    let baseline = Baseline::load(&file).unwrap();
    std::fs::write(&file, format!("# mine\n\n{text}")).unwrap();
    let why = update(&baseline).unwrap_err().to_string();
    assert!(why.contains("it was changed during the run"), "{why}");
    assert!(update(&Baseline::load(&file).unwrap()).unwrap().wrote());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");

    let inline = folder.path().join("inline.toml");
    let line = "expected = [{ rule = \"DOC-003\", verdict = \"violated\", reason = \"r\" }]\n";
    std::fs::write(&inline, line).unwrap();
    let why = update(&Baseline::load(&inline).unwrap()).unwrap_err();
    assert!(why.to_string().contains("[[expected]] tables"), "{why}");

    let new = folder.path().join("new.toml");
    update(&Baseline::load_or_new(&new).unwrap()).unwrap();
    assert_eq!(Baseline::load(&new).unwrap().entries(), []);
    let nowhere = Baseline::load_or_new(&folder.path().join("no/b.toml")).unwrap();
    assert!(
        update(&nowhere)
            .unwrap_err()
            .to_string()
            .contains("no such folder")
    );
    assert_eq!(update(&Baseline::default()), Err(BaselineError::NoFile));
}
