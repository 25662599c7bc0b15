//! What a child does between fork and exec: from an ordinary process to one in a sandbox.
//!
//! Nothing here allocates, locks or panics: the process was forked from one with threads, and any
//! lock may be held for ever by a thread that was not copied.
#![expect(
    unsafe_code,
    reason = "namespaces are made by system calls that std does not have"
)]

use super::netlink::Netlink;
use super::{channel, init};
use crate::{Link, Sandbox, Step};
use std::ffi::{CStr, CString};
use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Where name services of the machine listen on sockets in the file system, which a network
/// namespace does not close.
const NAME_SERVICES: [&str; 4] = [
    "/run/nscd",
    "/run/systemd/resolve",
    "/run/dbus",
    "/run/avahi-daemon",
];

/// Memory shared by name: programs of two sandboxes have the same process numbers, and with them the
/// same names (libfaketime's are made of them).
const SHARED_MEMORY: &CStr = c"/dev/shm";

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Everything a child needs, prepared before the fork.
pub(super) struct Birth {
    listen: Vec<SocketAddr>,
    carry: Vec<IpAddr>,
    lose: Vec<IpAddr>,
    hide: Vec<CString>,
    root: bool,
    uid_map: Vec<u8>,
    gid_map: Vec<u8>,
    channel: OwnedFd,
    lifeline: OwnedFd,
}

/// A step that failed.
type Failed = (Step, io::Error);

fn at(step: Step) -> impl Fn(io::Error) -> Failed {
    move |error| (step, error)
}

/// A system call's result: negative is an error.
pub(super) fn checked(result: i32) -> io::Result<i32> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

impl Birth {
    pub(super) fn new(sandbox: &Sandbox, channel: OwnedFd, lifeline: OwnedFd) -> Self {
        let broken = |link: Link| {
            let of = move |(address, l): &(IpAddr, Link)| (*l == link).then_some(*address);
            sandbox.links.iter().filter_map(of)
        };
        let mut carry: Vec<IpAddr> = sandbox
            .listen
            .iter()
            .map(SocketAddr::ip)
            .chain(broken(Link::Refused))
            .filter(|address| !address.is_loopback())
            .collect();
        carry.sort_unstable();
        carry.dedup();
        // SAFETY: these two only read.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        Self {
            listen: sandbox.listen.clone(),
            carry,
            lose: broken(Link::Silent).collect(),
            hide: NAME_SERVICES
                .iter()
                .filter(|folder| std::path::Path::new(folder).is_dir())
                .filter_map(|folder| CString::new(*folder).ok())
                .collect(),
            root: uid == 0,
            // The program keeps the user and group it would have had.
            uid_map: format!("{uid} {uid} 1\n").into_bytes(),
            gid_map: format!("{gid} {gid} 1\n").into_bytes(),
            channel,
            lifeline,
        }
    }

    /// Has `command` be born in the sandbox.
    pub(super) fn attend(self, command: &mut Command) {
        // SAFETY: `enter` keeps to what is allowed after a fork: system calls on memory that was
        // made before it.
        unsafe {
            command.pre_exec(move || {
                self.enter().map_err(|(step, error)| {
                    channel::failed(&self.channel, step, &error);
                    error
                })
            });
        }
    }

    fn enter(&self) -> Result<(), Failed> {
        self.namespaces()?;
        self.loopback()?;
        self.mounts().map_err(at(Step::Mounts))?;
        // Returns in the program's process only.
        init::split(&self.lifeline).map_err(at(Step::Processes))
    }

    fn namespaces(&self) -> Result<(), Failed> {
        let others = libc::CLONE_NEWNET | libc::CLONE_NEWNS | libc::CLONE_NEWPID;
        // SAFETY: no pointers.
        let with_user = checked(unsafe { libc::unshare(libc::CLONE_NEWUSER | others) });
        match with_user {
            Ok(_) => {
                let users = at(Step::Users);
                // Without this a group map may not be written by an ordinary user.
                write(c"/proc/self/setgroups", b"deny").map_err(&users)?;
                write(c"/proc/self/uid_map", &self.uid_map).map_err(&users)?;
                write(c"/proc/self/gid_map", &self.gid_map).map_err(&users)
            }
            // Root may do without a user namespace where those are forbidden.
            Err(_) if self.root => {
                // SAFETY: no pointers.
                checked(unsafe { libc::unshare(others) })
                    .map(drop)
                    .map_err(at(Step::Namespaces))
            }
            Err(error) => Err((Step::Namespaces, error)),
        }
    }

    fn loopback(&self) -> Result<(), Failed> {
        let netlink = Netlink::open().map_err(at(Step::Loopback))?;
        netlink.up().map_err(at(Step::Loopback))?;
        for address in &self.carry {
            match netlink.carry(*address) {
                Ok(()) => {}
                // A kernel without IPv6 is no reason to do without IPv4.
                Err(_) if address.is_ipv6() => {}
                Err(error) => return Err((Step::Loopback, error)),
            }
        }
        for address in &self.lose {
            netlink.lose(*address).map_err(at(Step::Loopback))?;
        }
        for (index, address) in (0..).zip(&self.listen) {
            let told = match listen(address) {
                Ok(listener) => channel::listens(&self.channel, index, listener.as_raw_fd()),
                Err(error) if address.is_ipv6() => channel::misses(&self.channel, index, &error),
                Err(error) => return Err((Step::Listen, error)),
            };
            told.map_err(at(Step::HandOut))?;
        }
        Ok(())
    }

    fn mounts(&self) -> io::Result<()> {
        // What is mounted here is seen here only.
        mount(None, c"/", None, libc::MS_REC | libc::MS_PRIVATE)?;
        for folder in &self.hide {
            mount(Some(c"none"), folder, Some(c"tmpfs"), libc::MS_RDONLY)?;
        }
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        match mount(Some(c"shm"), SHARED_MEMORY, Some(c"tmpfs"), flags) {
            // Where the machine has none there is nothing to share.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// Has the process that `command` becomes die with the thread that starts it.
pub(crate) fn leash(command: &mut Command) {
    let caller = std::process::id();
    // SAFETY: system calls only.
    unsafe {
        command.pre_exec(move || {
            checked(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
            // The caller may have died before the call above.
            if u32::try_from(libc::getppid()) != Ok(caller) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        });
    }
}

pub(super) fn mount(
    source: Option<&CStr>,
    target: &CStr,
    kind: Option<&CStr>,
    flags: libc::c_ulong,
) -> io::Result<()> {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: null or a C string that outlives the call, each.
    checked(unsafe {
        libc::mount(
            pointer(source),
            target.as_ptr(),
            pointer(kind),
            flags,
            std::ptr::null(),
        )
    })
    .map(drop)
}

fn write(file: &CStr, text: &[u8]) -> io::Result<()> {
    // SAFETY: a C string that outlives the call.
    let raw = checked(unsafe { libc::open(file.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) })?;
    // SAFETY: the call has just given it to us.
    let file = unsafe { OwnedFd::from_raw_fd(raw) };
    // SAFETY: the buffer is alive and as long as said.
    let written = unsafe { libc::write(file.as_raw_fd(), text.as_ptr().cast(), text.len()) };
    if written < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn listen(address: &SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    // Not blocking, because an asynchronous runtime will accept on it.
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: no pointers.
    let raw = checked(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: the call has just given it to us.
    let socket = unsafe { OwnedFd::from_raw_fd(raw) };
    let bound = match address {
        SocketAddr::V4(v4) => {
            // SAFETY: all zeroes is an address.
            let mut name: libc::sockaddr_in = unsafe { mem::zeroed() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = v4.port().to_be();
            name.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            let length = mem::size_of_val(&name) as libc::socklen_t;
            // SAFETY: the address is alive and as long as said.
            unsafe { libc::bind(raw, (&raw const name).cast(), length) }
        }
        SocketAddr::V6(v6) => {
            // SAFETY: all zeroes is an address.
            let mut name: libc::sockaddr_in6 = unsafe { mem::zeroed() };
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = v6.port().to_be();
            name.sin6_addr.s6_addr = v6.ip().octets();
            let length = mem::size_of_val(&name) as libc::socklen_t;
            // SAFETY: the address is alive and as long as said.
            unsafe { libc::bind(raw, (&raw const name).cast(), length) }
        }
    };
    checked(bound)?;
    // SAFETY: no pointers.
    checked(unsafe { libc::listen(raw, BACKLOG) })?;
    Ok(socket)
}
