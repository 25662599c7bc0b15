//! `--snapshots DIR`: the conversations, compared with those that were accepted.

use crate::args::Check;
use crate::exit::{Exit, Failure};
use imdspec_suite::conversation::{Accepted, Difference};
use imdspec_suite::runner::Done;

/// How many differences are shown with their lines; the others are named.
const MOST_SHOWN: usize = 5;

/// Compares or accepts, as asked, and says what came of it.
pub(super) fn look(check: &Check, done: &Done) -> Result<Exit, Failure> {
    let Some(folder) = &check.snapshots else {
        return Ok(Exit::Fine);
    };
    if done.interrupted {
        let what = if check.update_snapshots {
            "the run was interrupted, so nothing is accepted"
        } else {
            "the run was interrupted, so the conversations are not compared"
        };
        anstream::println!("snapshots {what}");
        return Ok(Exit::Interrupted);
    }
    let accepted = Accepted::new(folder);
    let shown = folder.display();
    // What was selected says nothing of the rest of the folder.
    let whole = check.rule.is_empty() && check.scenario.is_empty();
    if check.update_snapshots {
        let updated = accepted.update(&done.ran, whole).map_err(Failure::usage)?;
        anstream::println!(
            "snapshots {} written, {} removed, {} unchanged in {shown}",
            updated.written,
            updated.removed,
            updated.unchanged
        );
        return Ok(Exit::Fine);
    }
    let differences = accepted.compare(&done.ran, whole).map_err(Failure::usage)?;
    if differences.is_empty() {
        anstream::println!("snapshots as accepted in {shown}");
        return Ok(Exit::Fine);
    }
    // Those that are missing say all by their name.
    let (missing, others): (Vec<_>, Vec<_>) = differences
        .iter()
        .partition(|d| matches!(d, Difference::Missing { .. }));
    for difference in others.iter().take(MOST_SHOWN) {
        anstream::println!("\n{difference}");
    }
    anstream::println!();
    list("also not as accepted", others.iter().skip(MOST_SHOWN));
    list("nothing accepted for", missing.iter());
    anstream::println!(
        "snapshots {} not as accepted in {shown}; to accept this run, repeat it with \
         --update-snapshots",
        differences.len()
    );
    Ok(Exit::Violations)
}

fn list<'a>(head: &str, differences: impl ExactSizeIterator<Item = &'a &'a Difference>) {
    let count = differences.len();
    if count == 0 {
        return;
    }
    let names: Vec<String> = differences.take(MOST_SHOWN).map(|d| d.name()).collect();
    let more = if count > MOST_SHOWN {
        format!(" and {} more", count - MOST_SHOWN)
    } else {
        String::new()
    };
    anstream::println!("{head} {}{more}", names.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser as _;
    use imdspec_suite::Subject;

    #[test]
    fn nothing_is_accepted_of_a_run_that_was_interrupted() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("accepted");
        let name = place.to_str().expect("text");
        let args = [
            "imdspec",
            "check",
            "--snapshots",
            name,
            "--update-snapshots",
        ];
        let Command::Check(check) = Args::parse_from(args).command else {
            panic!("check");
        };
        let done = Done {
            subject: Subject::reference(false),
            ran: Vec::new(),
            seed: 1,
            took: std::time::Duration::ZERO,
            interrupted: true,
            notes: Vec::new(),
        };
        let exit = look(&check, &done).map_err(|e| e.to_string());
        assert_eq!(exit, Ok(Exit::Interrupted));
        assert!(!place.exists());
    }
}
