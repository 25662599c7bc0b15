//! `imdspec self-test`: the suite on trial.

use crate::args::SelfTest;
use crate::exit::{Exit, Failure};
use crate::select::{chosen, matches_nothing};
use crate::show::paint::{DIM, GREEN, RED, paint};
use imdspec_rules::rules;
use imdspec_suite::self_test::{self, Kill, Raised};

pub(crate) fn run(args: &SelfTest) -> Result<Exit, Failure> {
    let names = rules::all().iter().map(|r| r.id);
    if let Some(why) = matches_nothing("rule", &args.glob, names) {
        return Err(Failure::new(Exit::NothingSelected, why));
    }
    let kills: Vec<Kill> = self_test::mutants()
        .iter()
        .filter(|m| chosen(&args.glob, m.rule))
        .map(|m| self_test::hunt(m, SEED))
        .collect();
    for kill in &kills {
        anstream::println!("{}", kill_line(kill));
    }
    let raised: Vec<Raised> = self_test::variants()
        .iter()
        .flat_map(|v| self_test::raise(v, SEED))
        .collect();
    for raised in &raised {
        anstream::println!("{}", paint(RED, format!("FALSE ALARM {raised}")));
    }
    let survived = kills.iter().filter(|k| !k.killed()).count();
    anstream::println!(
        "\n{} of {} mutants caught by their rule; {} legal variants raised {} alarms",
        kills.len() - survived,
        kills.len(),
        self_test::variants().len(),
        raised.len()
    );
    Ok(if survived == 0 && raised.is_empty() {
        Exit::Fine
    } else {
        Exit::Violations
    })
}

/// The seed of the self-test: its matrix is the same every time.
const SEED: u64 = 1;

/// One line of the kill matrix.
fn kill_line(kill: &Kill) -> String {
    let verdict = if kill.killed() {
        paint(GREEN, "killed  ")
    } else {
        paint(RED, "SURVIVED")
    };
    let mut line = format!("{verdict} {:<10} {}", kill.mutant.rule, kill.mutant.defect);
    if let Some(first) = kill.scenarios.first() {
        line.push_str(&paint(DIM, format!(" [{first}]")));
    }
    if !kill.also.is_empty() {
        line.push_str(&paint(DIM, format!(" also {}", kill.also.join(" "))));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kill_matrix_is_as_accepted() {
        let lines: Vec<String> = self_test::mutants()
            .iter()
            .map(|m| kill_line(&self_test::hunt(m, SEED)))
            .collect();
        insta::with_settings!({snapshot_path => "../../../../snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("kill-matrix", anstream::adapter::strip_str(&lines.join("\n")).to_string());
        });
    }
}
