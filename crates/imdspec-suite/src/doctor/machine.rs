//! What this machine can and cannot do.

use super::{Checkup, Step};
use crate::runner::MOST_AT_ONCE;
use crate::shift;
use imdspec_sandbox::{Sandbox, Unavailable};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::process::Stdio;

/// The loopback ports a scenario takes where there is no sandbox.
const PORTS_EACH: usize = 4;
/// Open files of ours that a scenario in a sandbox takes: 13 for listeners and pipes, as measured
/// on 32 at once, and one for each connection of its program, which are few.
const FILES_EACH: u64 = 20;
/// Open files of ours besides: the runtime, the report, the terminal.
const FILES_BESIDES: u64 = 64;

/// Looks at this machine. Nothing it lacks is a fault of any program, so nothing is ever bad.
#[must_use]
pub fn machine() -> Checkup {
    let mut steps = sandbox();
    steps.push(faketime());
    steps.push(ports());
    steps.extend(open_files());
    Checkup { steps }
}

fn sandbox() -> Vec<Step> {
    const NAME: &str = "sandbox";
    let v6 = SocketAddr::from((Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 80));
    let sandbox = Sandbox::default()
        .listen(([169, 254, 169, 254], 80).into())
        .listen(v6);
    let mut nothing = std::process::Command::new("true");
    nothing.stdin(Stdio::null()).stdout(Stdio::null());
    match sandbox.spawn(nothing) {
        Ok(mut inside) => {
            // Reaps it; how it ended does not matter.
            let _ = inside.child.wait();
            let works = "programs can be given 169.254.169.254 without any privilege";
            let missing = inside.missing.iter().find(|(at, _)| *at == v6);
            vec![Step::good(NAME, works), ipv6(missing.map(|(_, why)| why))]
        }
        Err(why) => vec![no_sandbox(NAME, &why)],
    }
}

fn ipv6(missing: Option<&std::io::Error>) -> Step {
    const NAME: &str = "IPv6";
    match missing {
        None => Step::good(NAME, "the sandbox carries [fd00:ec2::254] too"),
        Some(why) => Step::note(
            NAME,
            format!(
                "the sandbox cannot carry [fd00:ec2::254]: {why}; scenarios about it are not run"
            ),
        )
        .advise(
            "switch IPv6 on: sysctl net.ipv6.conf.default.disable_ipv6=0, and no ipv6.disable=1 on \
             the kernel's command line",
        ),
    }
}

fn no_sandbox(name: &'static str, why: &Unavailable) -> Step {
    let words = format!(
        "no sandbox can be had: {why}. Programs run here instead, told by a variable where the \
         service is, and scenarios about its real addresses are not run"
    );
    let mut step = Step::note(name, words);
    step.advice = why.advice();
    if step.advice.is_empty() {
        step = step.advise(
            "nothing is known here that forbids it: try `unshare --user --net true`, whose words \
             may tell more",
        );
    }
    step
}

fn faketime() -> Step {
    const NAME: &str = "libfaketime";
    match shift::library() {
        Some(library) => Step::good(NAME, format!("{}", library.display())),
        None => Step::note(
            NAME,
            "not installed: scenarios that let hours pass are not run on programs",
        )
        .advise("Debian, Ubuntu: apt install faketime")
        .advise("Fedora: dnf install faketime"),
    }
}

fn ports() -> Step {
    const NAME: &str = "ports";
    let wanted = MOST_AT_ONCE * PORTS_EACH;
    let mut held = Vec::with_capacity(wanted);
    while held.len() < wanted {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
            Ok(port) => held.push(port),
            Err(why) => {
                let words = format!(
                    "only {} of the {wanted} loopback ports that {MOST_AT_ONCE} scenarios take \
                     without a sandbox could be had: {why}",
                    held.len()
                );
                return Step::note(NAME, words)
                    .advise("look at net.ipv4.ip_local_port_range, and at ulimit -n");
            }
        }
    }
    Step::good(NAME, format!("{wanted} loopback ports at once"))
}

fn open_files() -> Option<Step> {
    const NAME: &str = "open files";
    let wanted = MOST_AT_ONCE as u64 * FILES_EACH + FILES_BESIDES;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    if limit >= wanted {
        return Some(Step::good(NAME, format!("{limit} at once")));
    }
    let words = format!(
        "{limit} at once are few: {MOST_AT_ONCE} scenarios side by side may take {wanted}, and \
         those that find none left are not run"
    );
    Some(Step::note(NAME, words).advise(format!("ulimit -n {}", wanted.next_power_of_two())))
}
