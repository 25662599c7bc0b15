//! The files a check writes.

use crate::exit::Failure;
use imdspec_rules::Judgement;
use imdspec_suite::baseline::Comparison;
use imdspec_suite::replay::written;
use imdspec_suite::report::Report;
use imdspec_suite::runner::Done;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Files that are open before the run and written after it.
pub(super) struct Outputs {
    json: Option<(PathBuf, File)>,
    traces: Option<PathBuf>,
}

impl Outputs {
    pub(super) fn open(json: Option<&Path>, traces: Option<&Path>) -> Result<Self, Failure> {
        let json = json
            .map(|path| match File::create(path) {
                Ok(file) => Ok((path.to_owned(), file)),
                Err(e) => Err(cannot(path, &e)),
            })
            .transpose()?;
        if let Some(folder) = traces {
            std::fs::create_dir_all(folder).map_err(|e| cannot(folder, &e))?;
        }
        Ok(Self {
            json,
            traces: traces.map(Path::to_owned),
        })
    }

    pub(super) fn write(
        self,
        done: &Done,
        judgements: &[Judgement<'_>],
        comparison: &Comparison,
    ) -> Result<(), Failure> {
        if let Some((path, file)) = self.json {
            let mut out = BufWriter::new(file);
            serde_json::to_writer_pretty(&mut out, &Report::of(done, judgements, comparison))
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(out))
                .and_then(|()| out.flush())
                .map_err(|e| cannot(&path, &e))?;
        }
        if let Some(folder) = self.traces {
            for ran in &done.ran {
                let Some(text) = written(ran) else { continue };
                let name = ran.scenario.name.replace('/', "--");
                let path = folder.join(format!("{name}.jsonl"));
                std::fs::write(&path, text).map_err(|e| cannot(&path, &e))?;
            }
        }
        Ok(())
    }
}

fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}
