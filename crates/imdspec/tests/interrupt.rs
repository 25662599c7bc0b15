//! Ctrl-C: what is known is written, and nothing is left behind.
#![cfg(unix)]

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// Nothing here takes as long; a test that waits for this has failed.
const FOREVER: Duration = Duration::from_secs(120);

/// What a subject does that hangs: it says so through the pipe, which it then holds open for as long
/// as it lives.
fn hang(pipe: &Path) -> String {
    format!(
        "exec 3>'{}'; echo hanging >&3; exec sleep 1000",
        pipe.display()
    )
}

/// A run on a subject that will hang, and what it is heard by.
struct Run {
    program: Child,
    news: Receiver<&'static str>,
    folder: TempDir,
}

impl Run {
    /// `script` is given the path of the pipe.
    fn start(script: impl Fn(&Path) -> String, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        std::fs::write(folder.path().join("baseline.toml"), "# Mine.\n").expect("written");
        let script = script(&pipe);
        let (say, news) = channel();
        std::thread::spawn(move || {
            let mut pipe = File::open(pipe).expect("there");
            let mut word = [0; 8];
            pipe.read_exact(&mut word).expect("a word");
            say.send("hangs").expect("heard");
            // Until nobody holds the other end.
            pipe.read_to_end(&mut Vec::new()).expect("the end");
            say.send("is gone").expect("heard");
        });
        let program = Command::new(env!("CARGO_BIN_EXE_imdspec"))
            .args(["check", "--deadline", "10m", "--json", "report.json"])
            .args(["--traces", "traces", "--baseline", "baseline.toml"])
            .args(more)
            .args(["--session", "--", "sh", "-c", &script])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        Self {
            program,
            news,
            folder,
        }
    }

    fn hears(&mut self, what: &str) {
        match self.news.recv_timeout(FOREVER) {
            Ok(heard) => assert_eq!(heard, what),
            Err(e) => {
                // Not to leave it behind.
                let _ = self.program.kill();
                panic!("the subject never {what}: {e}");
            }
        }
    }

    /// Kills the run as the kernel does when memory is short: it has no say in it.
    fn kill(mut self) {
        self.program.kill().expect("it runs");
        self.hears("is gone");
        let status = self.program.wait().expect("it ends");
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(9)
        );
    }

    /// Interrupts the run; gives what it showed and its report.
    fn interrupt(mut self) -> (String, Value, PathBuf, TempDir) {
        kill_process(Pid::from_child(&self.program), Signal::INT).expect("it runs");
        self.hears("is gone");
        let out = self.program.wait_with_output().expect("it ends");
        let shown = String::from_utf8_lossy(&out.stdout).into_owned();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(130), "{shown}{said}");
        let json = std::fs::read_to_string(self.folder.path().join("report.json"));
        let report = serde_json::from_str(&json.expect("written")).expect("JSON");
        let traces = self.folder.path().join("traces");
        (shown, report, traces, self.folder)
    }
}

fn assert_valid(report: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("published")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_run_that_is_interrupted_reports_what_is_known() {
    let refuses_or_hangs = |pipe: &Path| {
        format!(
            r#"echo '{{"imdspec":1,"name":"sh"}}'
            if [ "$AWS_EC2_METADATA_DISABLED" = true ]; then {}; fi
            while read q; do id=${{q#*:}}; id=${{id%%,*}}; echo "{{\"id\":$id,\"error\":{{}}}}"; done"#,
            hang(pipe)
        )
    };
    let only = [
        "--scenario",
        "config/disabled",
        "--scenario",
        "doc/canonical",
    ];
    let mut run = Run::start(refuses_or_hangs, &only);
    let progress = run.program.stderr.take().expect("piped");
    let mut lines = BufReader::new(progress).lines();
    assert!(
        lines.any(|line| line.expect("text") == "ran doc/canonical"),
        "it ended first"
    );
    run.hears("hangs");
    let (shown, report, traces, _folder) = run.interrupt();
    assert!(
        shown.contains("interrupted: what was not run is not judged"),
        "{shown}"
    );
    assert_valid(&report);
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["summary"]["scenarios"], 1);
    let names: Vec<_> = std::fs::read_dir(traces)
        .expect("made")
        .map(|e| e.expect("there").file_name())
        .collect();
    assert_eq!(names, ["doc--canonical.jsonl"]);
}

#[test]
fn a_run_that_is_interrupted_before_its_first_scenario_reports_that() {
    let mut run = Run::start(hang, &["--update-baseline"]);
    run.hears("hangs");
    let (shown, report, _traces, folder) = run.interrupt();
    assert!(
        shown.contains("baseline.toml was not updated: the run was interrupted"),
        "{shown}"
    );
    assert_valid(&report);
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["summary"]["scenarios"], 0);
    assert_eq!(report["summary"]["held"], 0);
    let baseline = std::fs::read_to_string(folder.path().join("baseline.toml")).expect("there");
    assert_eq!(baseline, "# Mine.\n");
}

/// The pipe ends only when the last process that holds it is gone.
#[test]
fn a_run_that_is_killed_leaves_nobody_behind() {
    // What hangs is a grandchild in a session of its own, which no process group reaches.
    let deep = |pipe: &Path| {
        format!(
            "exec 3>{0}; setsid sh -c 'echo hanging >&3; sleep 1000' & sleep 1000",
            pipe.display()
        )
    };
    let mut run = Run::start(deep, &["--network", "sandbox"]);
    run.hears("hangs");
    run.kill();
    // Without a sandbox only the program itself is on a leash.
    let mut run = Run::start(hang, &["--network", "endpoint"]);
    run.hears("hangs");
    run.kill();
}
