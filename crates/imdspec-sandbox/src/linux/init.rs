//! The two small processes above the program: one waits, one is process 1 inside.
//!
//! They are copies of the caller that never execute anything else; so they close all it had open,
//! and keep to system calls. See the picture in the crate's documentation.
#![expect(
    unsafe_code,
    reason = "fork, wait and signals are system calls that std does not have"
)]

use super::birth::{checked, mount};
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Splits off the waiter and init. Returns in the process that is to become the program.
pub(super) fn split(lifeline: &OwnedFd) -> io::Result<()> {
    let (ended, end) = super::pipe()?;
    // SAFETY: the child keeps to what is allowed after a fork, here and below.
    if checked(unsafe { libc::fork() })? != 0 {
        wait(ended.as_raw_fd());
    }
    // A process list of the namespace's own, where the machine allows it: programs that look
    // themselves up by number would find somebody else.
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    let _ = mount(Some(c"proc"), c"/proc", Some(c"proc"), flags);
    // SAFETY: a set of signals is filled in before it is used; no other pointers.
    unsafe {
        let mut children: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&raw mut children);
        libc::sigaddset(&raw mut children, libc::SIGCHLD);
        let mut before: libc::sigset_t = mem::zeroed();
        // Held back before the fork, so that no end is missed.
        checked(libc::sigprocmask(
            libc::SIG_BLOCK,
            &raw const children,
            &raw mut before,
        ))?;
        let news = checked(libc::signalfd(-1, &raw const children, libc::SFD_CLOEXEC))?;
        let program = checked(libc::fork())?;
        if program != 0 {
            rule(program, news, lifeline.as_raw_fd(), end.as_raw_fd());
        }
        libc::close(news);
        checked(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const before,
            std::ptr::null_mut(),
        ))?;
    }
    Ok(())
}

/// The waiter: ends as the program ended.
fn wait(ended: RawFd) -> ! {
    let mut status = [0_u8; 4];
    // SAFETY: buffers are alive and as long as said; the rest are plain numbers.
    unsafe {
        ordinary_signals();
        close_all_but(&mut [ended]);
        // Whatever comes instead of a status, such as nothing, means that init was killed.
        let whole = libc::read(ended, status.as_mut_ptr().cast(), status.len()) == 4;
        let status = if whole {
            i32::from_ne_bytes(status)
        } else {
            libc::SIGKILL
        };
        if libc::WIFEXITED(status) {
            libc::_exit(libc::WEXITSTATUS(status));
        }
        let signal = libc::WTERMSIG(status);
        // The program has left its core, if any; this process has none worth keeping.
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        // The caller may have handled it, as Rust does with SIGSEGV.
        libc::signal(signal, libc::SIG_DFL);
        libc::kill(libc::getpid(), signal);
        libc::_exit(128 + signal)
    }
}

/// Process 1: reaps, and ends when the program has ended or the caller is gone. With it ends
/// everything inside: the kernel sees to that.
fn rule(program: i32, news: RawFd, lifeline: RawFd, end: RawFd) -> ! {
    // SAFETY: buffers are alive and as long as said; the rest are plain numbers.
    unsafe {
        ordinary_signals();
        close_all_but(&mut [news, lifeline, end]);
        let watch = |fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        loop {
            // Before the first wait too: the program may be gone already, and the signal that said
            // so was dropped with the old handlers.
            reap(program, end);
            let mut watched = [watch(news), watch(lifeline)];
            if libc::poll(watched.as_mut_ptr(), 2, -1) < 0 {
                continue;
            }
            if watched[1].revents != 0 {
                libc::_exit(0);
            }
            let mut which: libc::signalfd_siginfo = mem::zeroed();
            let size = mem::size_of_val(&which);
            libc::read(news, (&raw mut which).cast(), size);
        }
    }
}

/// Takes note of everybody who has ended; with the program's end, passes it on and ends.
unsafe fn reap(program: i32, end: RawFd) {
    loop {
        let mut status = 0;
        // SAFETY: the status is alive; the rest are plain numbers.
        unsafe {
            let gone = libc::waitpid(-1, &raw mut status, libc::WNOHANG);
            if gone <= 0 {
                return;
            }
            if gone == program {
                let bytes = status.to_ne_bytes();
                libc::write(end, bytes.as_ptr().cast(), bytes.len());
                libc::_exit(0);
            }
        }
    }
}

/// Forgets the handlers of the process this one was copied from.
unsafe fn ordinary_signals() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGCHLD] {
        // SAFETY: no pointers.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Closes every descriptor but these.
unsafe fn close_all_but(kept: &mut [RawFd]) {
    kept.sort_unstable();
    let mut from = 0_u32;
    for fd in kept {
        let fd = *fd as u32;
        if from < fd {
            // SAFETY: no pointers.
            unsafe { libc::syscall(libc::SYS_close_range, from, fd - 1, 0) };
        }
        from = fd + 1;
    }
    // SAFETY: no pointers.
    unsafe { libc::syscall(libc::SYS_close_range, from, u32::MAX, 0) };
}
