//! `imdspec order`: in which order does an implementation look for credentials?

mod random;

use super::check::random_seed;
use super::{interruption, not_started, runtime};
use crate::args::{Order as Args, OrderFormat};
use crate::exit::{Exit, Failure};
use crate::order_picture::{html, markdown, svg, terminal};
use crate::show::progress::Live;
use imdspec_rules::Trace;
use imdspec_suite::order::report::{Found, Report, SCHEMA, Works};
use imdspec_suite::order::{Search, Searched, differences, discover};
use imdspec_suite::{Kind, Subject};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if !args.from.is_empty() {
        let report = read(&args.from)?;
        show(args.format, &report);
        return Ok(exit(&report.subjects, false));
    }
    // Before the run, so that a mistyped path costs no time.
    let expected = args.expect.as_deref().map(read_one).transpose()?;
    let reference = || Subject::reference(false);
    let subjects = args.under_test.subjects(&args.subjects, reference)?;
    let seed = args.seed.unwrap_or_else(random_seed);
    let mut report = report(seed);
    let mut interrupted = false;
    let mut broken = Exit::Fine;
    let many = subjects.len() > 1;
    for subject in subjects {
        if interrupted {
            break;
        }
        let name = subject.name.clone();
        let searched = match search(args, subject.clone(), seed) {
            Ok(searched) => searched,
            // One of several that will not start does not hide the others.
            Err(failure) if many => {
                anstream::eprintln!("imdspec: {name}: {failure}");
                broken = Exit::Subject;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        interrupted |= searched.interrupted;
        if let Some(folder) = &args.traces {
            write_traces(folder, many.then_some(name.as_str()), &searched.traces)?;
        }
        if args.cases > 0 && !interrupted {
            let differs = random::explore(args, subject, &searched.found, seed)?;
            if differs {
                broken = Exit::Violations;
            }
        }
        report.subjects.push(searched.found);
    }
    if let Some(path) = &args.json {
        write_json(path, &report)?;
    }
    show(args.format, &report);
    let mut exit = exit(&report.subjects, interrupted);
    if let Some(expected) = expected
        && matches!(exit, Exit::Fine | Exit::Violations)
    {
        exit = meets(&expected, &report);
    }
    Ok(match exit {
        Exit::Fine => broken,
        other => other,
    })
}

/// Says where a result is not the one expected.
fn meets(expected: &Report, found: &Report) -> Exit {
    let differences = differences(expected, found);
    for difference in &differences {
        anstream::eprintln!("imdspec: not as expected: {difference}");
    }
    if differences.is_empty() {
        anstream::eprintln!("imdspec: all as expected");
        Exit::Fine
    } else {
        Exit::Violations
    }
}

fn report(seed: u64) -> Report {
    Report {
        imdspec: env!("CARGO_PKG_VERSION").into(),
        schema: SCHEMA,
        seed: format!("{seed:016x}"),
        subjects: Vec::new(),
    }
}

fn search(args: &Args, subject: Subject, seed: u64) -> Result<Searched, Failure> {
    let install = subject.install.clone();
    let is_program = matches!(subject.kind, Kind::Program(..));
    let search = Search {
        document: subject.document.clone(),
        subject,
        only: args.only.clone(),
        broken: !args.whole,
        seed,
    };
    let mut live = Live::new(0, true);
    let searched = runtime()?.block_on(async {
        // Before anything is begun, so that no moment is left in which it would end us unheard.
        let stopped = interruption()?;
        discover(&search, stopped, |p| live.take(&p))
            .await
            .map_err(|e| not_started(&e, &install))
    });
    live.clear();
    let searched = searched?;
    let nothing_ran = searched.traces.is_empty() && !searched.interrupted;
    if is_program && nothing_ran {
        let why = searched
            .found
            .alone
            .values()
            .map(|a| a.words.as_str())
            .next_back();
        return Err(Failure::new(
            Exit::Subject,
            format!(
                "no world of sources could be run: {}; orders are found in the sandbox only, and \
                 imdspec doctor says what to change",
                why.unwrap_or("nothing was tried")
            ),
        ));
    }
    Ok(searched)
}

fn exit(found: &[Found], interrupted: bool) -> Exit {
    let works = |f: &Found| f.alone.values().any(|a| a.works == Works::Yes);
    if interrupted {
        Exit::Interrupted
    } else if !found.iter().any(works) {
        Exit::NothingSelected
    } else if found.iter().any(|f| !f.disagreements.is_empty()) {
        Exit::Violations
    } else {
        Exit::Fine
    }
}

fn show(format: OrderFormat, report: &Report) {
    let text = match format {
        OrderFormat::Terminal => terminal::render(report),
        OrderFormat::Md => markdown::render(report),
        OrderFormat::Svg => svg::render(report),
        OrderFormat::Html => html::render(report),
    };
    anstream::print!("{text}");
}

/// Several results as one; a subject that stands in several is taken from the last.
fn read(files: &[std::path::PathBuf]) -> Result<Report, Failure> {
    let mut all = report(0);
    for file in files {
        let read = read_one(file)?;
        all.seed = read.seed;
        for found in read.subjects {
            all.subjects.retain(|f| f.name != found.name);
            all.subjects.push(found);
        }
    }
    Ok(all)
}

fn read_one(file: &Path) -> Result<Report, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failure::usage(format!("could not read {name}: {e}")))?;
    let wrong = |why: String| Failure::usage(format!("{name} is no result of order: {why}"));
    // The shape's version first: what a newer one has would only be called unknown.
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    if value["schema"] != SCHEMA {
        return Err(wrong(format!(
            "its schema is {}, and this imdspec reads {SCHEMA}; run order again",
            value["schema"]
        )));
    }
    serde_json::from_value(value).map_err(|e| wrong(e.to_string()))
}

fn write_json(path: &Path, report: &Report) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report).map_err(|e| cannot(path, &e.into()))?;
    std::fs::write(path, text + "\n").map_err(|e| cannot(path, &e))
}

fn write_traces(
    folder: &Path,
    below: Option<&str>,
    traces: &BTreeMap<String, Trace>,
) -> Result<(), Failure> {
    let folder = below.map_or_else(|| folder.to_owned(), |name| folder.join(name));
    std::fs::create_dir_all(&folder).map_err(|e| cannot(&folder, &e))?;
    for (name, trace) in traces {
        let path = folder.join(format!("{}.jsonl", name.replace('/', "--")));
        std::fs::write(&path, trace.to_string()).map_err(|e| cannot(&path, &e))?;
    }
    Ok(())
}

fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}
