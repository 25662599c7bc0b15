//! The clock of a program that knows nothing of it, moved by libfaketime.
//!
//! The program sees the machine's time plus an offset, which stands in a file that libfaketime reads
//! at every look at a clock. Writing the file moves the program through hours in no time.

mod watch;

use crate::hosted::machine;
use imdspec_wire::Now;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use watch::Watch;

/// A movable offset from the machine's clocks.
#[derive(Debug)]
pub(crate) struct Shift {
    start: Instant,
    /// How far the wall clock and the one that counts time passed are ahead, in milliseconds.
    ahead: Mutex<(i64, u64)>,
    /// Whether only the wall clock is moved.
    wall_only: bool,
    library: PathBuf,
    folder: TempDir,
    watch: Option<Watch>,
}

/// The file in the folder of a [`Shift`] that holds the offset.
const OFFSET: &str = "offset";

impl Shift {
    /// A clock that shows the machine's time until it is moved.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn new(library: &Path, wall_only: bool) -> io::Result<Self> {
        let shift = Self {
            start: Instant::now(),
            ahead: Mutex::new((0, 0)),
            wall_only,
            library: library.into(),
            folder: TempDir::with_prefix("imdspec-clock-")?,
            watch: None,
        };
        shift.write(0)?;
        Ok(shift)
    }

    pub(crate) fn now(&self) -> Now {
        let (wall, mono) = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = machine(self.start);
        now.wall.0 = now.wall.0.saturating_add(wall);
        now.mono = now.mono.plus(Duration::from_millis(mono));
        now
    }

    /// Moves both clocks forward.
    pub(crate) fn advance(&self, by: Duration) -> io::Result<()> {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.set(i64::try_from(millis).unwrap_or(i64::MAX), millis)
    }

    /// Sets the wall clock forward or back.
    pub(crate) fn jump(&self, millis: i64) -> io::Result<()> {
        self.set(millis, 0)
    }

    fn set(&self, wall: i64, mono: u64) -> io::Result<()> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead.0 = ahead.0.saturating_add(wall);
        ahead.1 = ahead.1.saturating_add(mono);
        self.write(ahead.0)
    }

    /// In one step, so that no reader finds half an offset.
    fn write(&self, millis: i64) -> io::Result<()> {
        let new = self.folder.path().join("next");
        let sign = if millis < 0 { '-' } else { '+' };
        let (seconds, rest) = (millis.unsigned_abs() / 1000, millis.unsigned_abs() % 1000);
        std::fs::write(&new, format!("{sign}{seconds}.{rest:03}\n"))?;
        std::fs::rename(new, self.folder.path().join(OFFSET))?;
        if let Some(watch) = &self.watch {
            // What was seen until here was a look at the clock before it moved.
            watch.take(OFFSET);
        }
        Ok(())
    }

    /// What a program is started with to live on this clock.
    pub(crate) fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let mut variables = vec![
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.folder.path().join(OFFSET)),
            ("FAKETIME_NO_CACHE", "1".into()),
        ];
        if self.wall_only {
            variables.push(("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()));
        }
        variables
    }

    /// As it is, and it notices when it is read.
    pub(crate) fn watched(mut self) -> io::Result<Self> {
        self.watch = Some(Watch::new(self.folder.path())?);
        Ok(self)
    }

    /// Whether anybody has looked at the offset since it was written.
    pub(crate) fn was_read_since_it_moved(&self) -> bool {
        self.watch.as_ref().is_some_and(|w| w.take(OFFSET))
    }
}

/// Where distributions put libfaketime. The one for programs with threads: every client has some.
const FOLDERS: [&str; 6] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
    "/usr/lib64/faketime",
    "/usr/local/lib/faketime",
    "/usr/local/lib/x86_64-linux-gnu/faketime",
];
const LIBRARY: &str = "libfaketimeMT.so.1";

/// The library on this machine, if it is installed.
pub(crate) fn library() -> Option<PathBuf> {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(LIBRARY))
        .find(|file| file.is_file())
}
