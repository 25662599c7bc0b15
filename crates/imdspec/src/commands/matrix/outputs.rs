//! The files a matrix writes.

use crate::args::Matrix as Args;
use crate::exit::Failure;
use crate::matrix::{Matrix, html, markdown};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Files that are there before the run and written after it.
pub(super) struct Outputs {
    json: Option<(PathBuf, File)>,
    html: Option<(PathBuf, File)>,
    markdown: Option<Markdown>,
}

struct Markdown {
    file: (PathBuf, File),
    /// Where the pages of the subjects go.
    folder: PathBuf,
}

impl Outputs {
    pub(super) fn open(args: &Args) -> Result<Self, Failure> {
        let markdown = match &args.markdown {
            None => None,
            Some(path) => {
                let folder = path.with_extension("");
                if folder == *path {
                    return Err(Failure::usage(format!(
                        "--markdown {}: give it an ending, such as .md; the name without it is \
                         the folder of the evidence",
                        path.display()
                    )));
                }
                let file = open(path)?;
                std::fs::create_dir_all(&folder).map_err(|e| cannot(&folder, &e))?;
                Some(Markdown { file, folder })
            }
        };
        Ok(Self {
            json: args.json.as_deref().map(open).transpose()?,
            html: args.html.as_deref().map(open).transpose()?,
            markdown,
        })
    }

    pub(super) fn write(self, matrix: &Matrix) -> Result<(), Failure> {
        if let Some(file) = self.json {
            let text = serde_json::to_string_pretty(matrix)
                .map_err(|e| cannot(&file.0, &std::io::Error::from(e)))?;
            put(file, &(text + "\n"))?;
        }
        if let Some(file) = self.html {
            put(file, &html::render(matrix))?;
        }
        if let Some(Markdown { file, folder }) = self.markdown {
            let name = |path: &Path| {
                let name = path.file_name().unwrap_or_default();
                name.to_string_lossy().into_owned()
            };
            let places = markdown::Places {
                table: name(&file.0),
                folder: name(&folder),
            };
            put(file, &markdown::table(matrix, &places))?;
            for column in matrix.ran() {
                let path = folder.join(format!("{}.md", column.id));
                put(open(&path)?, &markdown::page(matrix, column, &places))?;
            }
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<(PathBuf, File), Failure> {
    match File::create(path) {
        Ok(file) => Ok((path.to_owned(), file)),
        Err(e) => Err(cannot(path, &e)),
    }
}

fn put((path, mut file): (PathBuf, File), text: &str) -> Result<(), Failure> {
    file.write_all(text.as_bytes())
        .and_then(|()| file.flush())
        .map_err(|e| cannot(&path, &e))
}

fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}
