//! `imdspec doctor`: is this machine fit, and does a program keep the contract?

use super::check::random_seed;
use super::runtime;
use crate::args::Doctor;
use crate::exit::{Exit, Failure};
use crate::show::checkup::{Waiting, conclusion, step, title};
use imdspec_suite::Subject;
use imdspec_suite::doctor::{self, Checkup, News};

pub(crate) fn run(args: &Doctor) -> Result<Exit, Failure> {
    let subject = args.under_test.program()?;
    anstream::println!("{}", title("machine", ""));
    let machine = doctor::machine();
    for found in &machine.steps {
        anstream::println!("{}", step(found));
    }
    let Some(subject) = subject else {
        anstream::println!("\n{}", conclusion(&machine, None, &again(args, None)));
        return Ok(Exit::Fine);
    };
    let how = format!("{} ({})", subject.name, subject.kind.as_str());
    anstream::println!("\n{}", title("program", &how));
    let Some(program) = look(&subject)? else {
        return Ok(Exit::Interrupted);
    };
    let next = again(args, Some(&subject));
    anstream::println!("\n{}", conclusion(&machine, Some(&program), &next));
    Ok(if program.is_good() {
        Exit::Fine
    } else {
        Exit::Subject
    })
}

/// Looks at the program and tells each step as it ends; none when it was interrupted.
fn look(subject: &Subject) -> Result<Option<Checkup>, Failure> {
    let waiting = Waiting::new();
    let tell = |news: News<'_>| match news {
        News::Begins(name) => waiting.begins(name),
        News::Ends(found) => {
            waiting.ends();
            anstream::println!("{}", step(found));
        }
    };
    let checkup = runtime()?.block_on(async {
        tokio::select! {
            checkup = doctor::program(subject, random_seed(), tell) => Some(checkup),
            // The program goes with what looked at it.
            Ok(()) = tokio::signal::ctrl_c() => None,
        }
    });
    if checkup.is_none() {
        waiting.ends();
        anstream::println!("interrupted: the other steps were not looked at");
    }
    Ok(checkup)
}

/// What to type next.
fn again(args: &Doctor, subject: Option<&Subject>) -> String {
    let Some(subject) = subject else {
        return "imdspec doctor [--session|--sink] -- CMD".into();
    };
    let under_test = &args.under_test;
    let network = subject
        .kind
        .program()
        .map_or_else(Default::default, |p| p.network);

    format!(
        "imdspec check{}{}",
        under_test.options(network),
        under_test.command()
    )
}
