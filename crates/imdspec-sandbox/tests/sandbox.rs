//! Sandboxes as a program sees them. Where this machine forbids them, the tests say so and fail:
//! a suite that quietly proves nothing would be worse.
#![cfg(target_os = "linux")]

use imdspec_sandbox::{Inside, Link, Sandbox, Step};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Output, Stdio};

const IMDS: &str = "169.254.169.254:80";

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

fn bash(script: &str) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(sandbox: &Sandbox, script: &str) -> Inside<Child> {
    sandbox.spawn(bash(script)).expect("a sandbox")
}

fn run(sandbox: &Sandbox, script: &str) -> Output {
    let inside = start(sandbox, script);
    inside.child.wait_with_output().expect("an end")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_services_addresses_are_ours() {
    for address in [IMDS, "[fd00:ec2::254]:80", "169.254.170.2:80"] {
        let host = at(address).ip();
        let sandbox = Sandbox::default()
            .listen(at("127.0.0.1:1339"))
            .listen(at(address));
        let inside = start(
            &sandbox,
            &format!("exec 3<>/dev/tcp/{host}/80; echo hello >&3; cat <&3"),
        );
        assert!(inside.missing.is_empty(), "{:?}", inside.missing);
        let (_, listener) = inside
            .listeners
            .iter()
            .find(|(a, _)| *a == at(address))
            .expect("a listener");
        listener.set_nonblocking(false).expect("blocking");
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut line = [0; 6];
        stream.read_exact(&mut line).expect("a line");
        assert_eq!(&line, b"hello\n");
        stream.write_all(b"and back").expect("written");
        drop(stream);
        let output = inside.child.wait_with_output().expect("an end");
        assert_eq!(text(&output.stdout), "and back");
    }
}

#[test]
fn elsewhere_is_nowhere() {
    // Something of this machine that must not be reached, on the loopback outside.
    let outside = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = outside.local_addr().expect("an address").port();
    let script = format!(
        "for place in 1.1.1.1/80 10.0.0.1/80 192.168.0.1/80 169.254.169.123/80 2606:4700::1111/80 127.0.0.1/{port}; do
           (exec 3<>/dev/tcp/$place) 2>/dev/null && echo reached $place
         done; exit 0"
    );
    let output = run(&Sandbox::default().listen(at(IMDS)), &script);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "", "{}", text(&output.stderr));
}

#[test]
fn failing_elsewhere_is_immediate() {
    let output = run(
        &Sandbox::default().listen(at(IMDS)),
        "exec 3<>/dev/tcp/1.1.1.1/80",
    );
    let said = text(&output.stderr);
    assert!(said.contains("Network is unreachable"), "{said}");
}

#[test]
fn no_name_can_be_looked_up() {
    let output = run(
        &Sandbox::default().listen(at(IMDS)),
        "getent hosts example.com || echo none",
    );
    assert_eq!(text(&output.stdout), "none\n");
}

#[test]
fn broken_links() {
    let host = at(IMDS).ip();
    let connect = "exec 3<>/dev/tcp/169.254.169.254/80";
    for (link, word) in [
        (Link::NoRoute, "Network is unreachable"),
        (Link::Refused, "Connection refused"),
    ] {
        let sandbox = Sandbox::default().listen(at(IMDS)).link(host, link);
        let inside = start(&sandbox, connect);
        assert!(inside.listeners.is_empty());
        let output = inside.child.wait_with_output().expect("an end");
        let said = text(&output.stderr);
        assert!(said.contains(word), "{link:?}: {said}");
    }
}

#[test]
fn a_silent_address_leaves_a_connection_waiting() {
    let sandbox = Sandbox::default()
        .listen(at(IMDS))
        .link(at(IMDS).ip(), Link::Silent);
    // State 02 is SYN_SENT: neither refused nor answered. The loop ends when it is seen.
    let inside = start(
        &sandbox,
        "(exec 3<>/dev/tcp/169.254.169.254/80) & \
         until grep -q ' FEA9FEA9:0050 02 ' /proc/net/tcp; do :; done; echo waiting",
    );
    let mut child = inside.child;
    let mut line = [0; 8];
    child
        .stdout
        .take()
        .expect("piped")
        .read_exact(&mut line)
        .expect("a line");
    assert_eq!(&line, b"waiting\n");
    drop(inside.lifeline);
    child.wait().expect("an end");
}

#[test]
fn the_end_of_the_program_is_passed_on() {
    let sandbox = Sandbox::default();
    assert_eq!(run(&sandbox, "exit 7").status.code(), Some(7));
    let killed = run(&sandbox, "kill -SEGV $$");
    assert_eq!(killed.status.signal(), Some(11));
}

#[test]
fn a_program_that_is_not_there_is_said_to_be() {
    let mut command = Command::new("imdspec-no-such-program");
    // A folder that may not be looked into would be the error instead.
    command.env("PATH", "/usr/bin");
    let error = Sandbox::default().spawn(command).expect_err("no program");
    assert_eq!(error.step, Step::Start);
    assert_eq!(error.error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn whatever_was_started_ends_with_the_program() {
    // Its output stays open as long as anybody inside holds it.
    let output = run(
        &Sandbox::default(),
        "setsid bash -c 'while :; do read -t 1 <> <(:); done' & echo started",
    );
    assert_eq!(text(&output.stdout), "started\n");
}

#[test]
fn whatever_was_started_ends_with_the_lifeline() {
    let inside = start(
        &Sandbox::default(),
        "setsid sleep infinity & echo started; sleep infinity",
    );
    let mut child = inside.child;
    let mut stdout = child.stdout.take().expect("piped");
    let mut line = [0; 8];
    stdout.read_exact(&mut line).expect("a line");
    drop(inside.lifeline);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("an end");
    assert_eq!(rest, "");
    assert_eq!(child.wait().expect("an end").signal(), Some(9));
}

#[test]
fn dozens_side_by_side_are_worlds_of_their_own() {
    let sandbox = Sandbox::default().listen(at(IMDS));
    let inside: Vec<_> = (0..24)
        .map(|i| {
            start(
                &sandbox,
                &format!("exec 3<>/dev/tcp/169.254.169.254/80; echo {i} >&3; cat <&3"),
            )
        })
        .collect();
    for (i, inside) in inside.into_iter().enumerate() {
        let (_, listener) = &inside.listeners[0];
        listener.set_nonblocking(false).expect("blocking");
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut said = [0; 8];
        let n = stream.read(&mut said).expect("a number");
        assert_eq!(text(&said[..n]).trim(), i.to_string());
        drop(stream);
        assert!(
            inside
                .child
                .wait_with_output()
                .expect("an end")
                .status
                .success()
        );
    }
}

#[test]
fn shared_memory_is_not_shared_with_the_machine() {
    let file = format!("/dev/shm/imdspec-test-{}", std::process::id());
    std::fs::write(&file, "outside").expect("written");
    let script = format!("test -e {file} || echo hidden; echo 1 > {file} && echo private");
    let output = run(&Sandbox::default(), &script);
    let after = std::fs::read_to_string(&file).expect("still there");
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(text(&output.stdout), "hidden\nprivate\n");
    assert_eq!(after, "outside");
}

#[test]
fn the_program_keeps_its_user() {
    let inside = text(&run(&Sandbox::default(), "id -u").stdout);
    let outside = Command::new("id").arg("-u").output().expect("id").stdout;
    assert_eq!(inside, text(&outside));
}

/// As root, everything above once more as `nobody`.
#[test]
fn an_ordinary_user_can_too() {
    if !std::path::Path::new("/proc/self").exists()
        || text(&Command::new("id").arg("-u").output().expect("id").stdout) != "0\n"
    {
        // Then all the other tests were that proof already.
        return;
    }
    // Where everybody can read it.
    let folder = std::env::temp_dir().join(format!("imdspec-sandbox-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    let copy = folder.join("tests");
    // By a process of its own: a file that this one held open to write could not be executed while
    // a child forked in between still had it.
    let copied = Command::new("cp")
        .arg(std::env::current_exe().expect("this program"))
        .arg(&copy)
        .status();
    assert!(copied.expect("cp").success());
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    std::fs::set_permissions(&folder, mode(0o755)).expect("permissions");
    std::fs::set_permissions(&copy, mode(0o755)).expect("permissions");
    let output = Command::new(&copy)
        .args(["--skip", "an_ordinary_user_can_too"])
        .current_dir("/")
        .uid(65534)
        .gid(65534)
        .output()
        .expect("a run");
    std::fs::remove_dir_all(&folder).expect("removed");
    assert!(output.status.success(), "{}", text(&output.stdout));
}
