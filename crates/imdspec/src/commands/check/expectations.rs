//! The expected verdicts of a check: where they come from, what came of them, and their update.

use crate::args::Check;
use crate::exit::{Exit, Failure};
use crate::show::paint::{DIM, GREEN, RED, YELLOW, paint};
use crate::show::wrap;
use imdspec_rules::Judgement;
use imdspec_suite::baseline::{Comparison, Day, Missed, Selection};
use imdspec_suite::runner::Done;
use imdspec_suite::{Baseline, Subject};
use std::path::Path;
use std::time::SystemTime;

/// Refuses an update that could not tell what is no longer true.
pub(super) fn refuse(check: &Check) -> Result<(), Failure> {
    if !check.update_baseline {
        return Ok(());
    }
    if check.under_test.cmd.is_empty() && check.under_test.subject.is_none() {
        return Err(Failure::usage(
            "--update-baseline needs a program: -- CMD, or --subject FILE",
        ));
    }
    let filters = [
        ("--rule", !check.rule.is_empty()),
        ("--scenario", !check.scenario.is_empty()),
        ("--scenarios", check.scenarios.is_some()),
    ];
    match filters.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((filter, _)) => Err(Failure::usage(format!(
            "--update-baseline cannot be used with {filter}: only a run of the whole suite shows \
             which expected verdicts are no longer true"
        ))),
    }
}

/// Gives the subject the entries of `--baseline`. What could only fail after the run is refused.
pub(super) fn settle(check: &Check, subject: &mut Subject) -> Result<(), Failure> {
    if let Some(file) = &check.baseline {
        let own = &subject.baseline;
        if let (Some(from), n @ 1..) = (own.file(), own.entries().len()) {
            return Err(Failure::usage(format!(
                "{} expects verdicts of its own ({n}): leave --baseline out, or move them to {}",
                from.display(),
                file.display()
            )));
        }
        subject.baseline = load(file, check.update_baseline)?;
    }
    if !check.update_baseline {
        return Ok(());
    }
    if subject.baseline.file().is_none() {
        return Err(Failure::usage(
            "--update-baseline needs a file to write: name it with --baseline FILE",
        ));
    }
    subject.baseline.can_update().map_err(Failure::usage)
}

fn load(file: &Path, may_be_new: bool) -> Result<Baseline, Failure> {
    if may_be_new {
        return Baseline::load_or_new(file).map_err(Failure::usage);
    }
    Baseline::load(file).map_err(|e| {
        if file.exists() {
            Failure::usage(e)
        } else {
            Failure::usage(format!("{e}; --update-baseline makes it"))
        }
    })
}

/// What the run made of the expected verdicts, on this machine's day.
pub(super) fn compare(check: &Check, done: &Done, judgements: &[Judgement<'_>]) -> Comparison {
    // With --rule alone, every scenario meant for those rules is run.
    let selection = if check.scenario.is_empty() && check.scenarios.is_none() {
        Selection::Whole
    } else {
        Selection::Part
    };
    Comparison::of(done, judgements, Day::of(SystemTime::now()), selection)
}

/// Shows what did not come true and what to know.
pub(super) fn show(check: &Check, comparison: &Comparison) {
    for note in &comparison.notes {
        lines(paint(YELLOW, "note"), "      ", note);
    }
    let Some(file) = &comparison.file else { return };
    let file = file.display();
    match comparison.failures.len() {
        0 => return,
        1 => {
            anstream::println!("\n1 expectation of {file} did not come true; bring it up to date:")
        }
        n => anstream::println!(
            "\n{n} expectations of {file} did not come true; bring it up to date:"
        ),
    }
    for missed in &comparison.failures {
        lines(
            format!("  {}", paint(RED, format!("{:<10}", missed.rule))),
            "  ",
            &missed.message,
        );
    }
    if !check.update_baseline && comparison.failures.iter().any(Missed::shown_wrong) {
        let by_itself =
            "--update-baseline, on a run of the whole suite, does what can be done by itself";
        anstream::println!("  {}", paint(DIM, by_itself));
    }
}

/// A sentence behind a painted head.
fn lines(head: String, gap: &str, text: &str) {
    let plain = anstream::adapter::strip_str(&head).to_string();
    let wrapped = wrap(&format!("{plain}{gap}"), text);
    for (i, line) in wrapped.iter().enumerate() {
        match (i, line.strip_prefix(&plain)) {
            (0, Some(rest)) => anstream::println!("{head}{rest}"),
            _ => anstream::println!("{line}"),
        }
    }
}

/// Brings the file up to date and says how; gives the run's exit status.
pub(super) fn update(
    done: &Done,
    comparison: &Comparison,
    judgements: &[Judgement<'_>],
) -> Result<Exit, Failure> {
    let baseline = &done.subject.baseline;
    let file = comparison
        .file
        .as_deref()
        .unwrap_or_else(|| Path::new(""))
        .display();
    if done.interrupted {
        anstream::println!("{file} was not updated: the run was interrupted");
        return Ok(Exit::Interrupted);
    }
    let updated = baseline
        .update(comparison, judgements)
        .map_err(Failure::usage)?;
    if updated.wrote() {
        anstream::println!("\n{}", paint(GREEN, format!("updated {file}")));
    } else {
        anstream::println!("\n{file} has nothing to add or remove");
    }
    for (what, rules) in [
        ("removed    ", &updated.removed),
        ("corrected  ", &updated.corrected),
        ("added      ", &updated.added),
    ] {
        if !rules.is_empty() {
            lines(format!("  {what}"), "", &rules.join(", "));
        }
    }
    if !updated.added.is_empty() {
        anstream::println!(
            "  write the reason of each that was added: without it the file is refused"
        );
    }
    for left in &updated.left {
        lines(format!("  {}", paint(YELLOW, "left")), "       ", left);
    }
    Ok(if updated.left.is_empty() {
        Exit::Fine
    } else {
        Exit::Violations
    })
}
