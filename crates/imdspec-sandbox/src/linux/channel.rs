//! News from inside: sockets handed out, and what went wrong.
//!
//! One packet an item. The sending half runs between fork and exec and so allocates nothing.
#![expect(
    unsafe_code,
    reason = "descriptors travel in control messages, which std cannot send"
)]

use crate::Step;
use std::io;
use std::mem;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// What the inside says.
pub(super) enum News {
    /// A step failed; there is no sandbox.
    Failed(Step, io::Error),
    /// The address of this index is listened to.
    Listens(usize, TcpListener),
    /// The address of this index cannot be had.
    Misses(usize, io::Error),
}

const FAILED: u8 = 1;
const LISTENS: u8 = 2;
const MISSES: u8 = 3;

/// A packet: what, which, and an error number.
type Packet = [u8; 6];

/// Both ends.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` is room for two descriptors.
    let made = unsafe {
        libc::socketpair(
            libc::AF_UNIX,
            libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC,
            0,
            ends.as_mut_ptr(),
        )
    };
    if made != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just given us both, and nobody else has them.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Says that a step failed. If that cannot be said either, the start fails without a reason.
pub(super) fn failed(end: &OwnedFd, step: Step, error: &io::Error) {
    let _ = send(end, packet(FAILED, step as u8, error), None);
}

/// Says that an address cannot be had.
pub(super) fn misses(end: &OwnedFd, index: u8, error: &io::Error) -> io::Result<()> {
    send(end, packet(MISSES, index, error), None)
}

/// Hands a listening socket out.
pub(super) fn listens(end: &OwnedFd, index: u8, listener: RawFd) -> io::Result<()> {
    send(end, [LISTENS, index, 0, 0, 0, 0], Some(listener))
}

fn packet(what: u8, which: u8, error: &io::Error) -> Packet {
    let [a, b, c, d] = error.raw_os_error().unwrap_or(0).to_ne_bytes();
    [what, which, a, b, c, d]
}

/// Room for a control message of one descriptor, aligned as the kernel wants it.
#[repr(C, align(8))]
struct Control([u8; 64]);

fn message(packet: &mut libc::iovec, control: &mut Control, length: usize) -> libc::msghdr {
    // SAFETY: all zeroes is a message without name, data and control.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = packet;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = length as _;
    message
}

const fn one_descriptor() -> u32 {
    mem::size_of::<RawFd>() as u32
}

fn send(end: &OwnedFd, mut packet: Packet, descriptor: Option<RawFd>) -> io::Result<()> {
    let mut data = libc::iovec {
        iov_base: packet.as_mut_ptr().cast(),
        iov_len: packet.len(),
    };
    let mut control = Control([0; 64]);
    // SAFETY: only computes a size.
    let space = unsafe { libc::CMSG_SPACE(one_descriptor()) } as usize;
    let length = if descriptor.is_some() { space } else { 0 };
    let message = message(&mut data, &mut control, length);
    if let Some(descriptor) = descriptor {
        // SAFETY: the control buffer has room for a header and one descriptor.
        unsafe {
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(one_descriptor()) as _;
            libc::CMSG_DATA(header)
                .cast::<RawFd>()
                .write_unaligned(descriptor);
        }
    }
    // SAFETY: everything the message points at is alive.
    let sent = unsafe { libc::sendmsg(end.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) };
    if sent < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// All that has been said so far. The inside has said everything once the program runs.
pub(super) fn heard(end: &OwnedFd) -> Vec<News> {
    let mut news = Vec::new();
    while let Some((packet, descriptor)) = receive(end) {
        let [what, which, a, b, c, d] = packet;
        let error = io::Error::from_raw_os_error(i32::from_ne_bytes([a, b, c, d]));
        match (what, descriptor) {
            (LISTENS, Some(listener)) => {
                news.push(News::Listens(which.into(), listener.into()));
            }
            (MISSES, _) => news.push(News::Misses(which.into(), error)),
            _ => {
                let step = Step::ALL.into_iter().find(|s| *s as u8 == which);
                news.push(News::Failed(step.unwrap_or(Step::HandOut), error));
            }
        }
    }
    news
}

fn receive(end: &OwnedFd) -> Option<(Packet, Option<OwnedFd>)> {
    let mut packet: Packet = [0; 6];
    let mut data = libc::iovec {
        iov_base: packet.as_mut_ptr().cast(),
        iov_len: packet.len(),
    };
    let mut control = Control([0; 64]);
    let length = control.0.len();
    let mut message = message(&mut data, &mut control, length);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: everything the message points at is alive and as large as it says.
    let got = unsafe { libc::recvmsg(end.as_raw_fd(), &raw mut message, flags) };
    if got != 6 {
        return None;
    }
    // SAFETY: the kernel has filled in the control buffer and its length.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    let descriptor = (!header.is_null()).then(|| {
        // SAFETY: only descriptors are ever sent here, one a packet; this one is ours from now on.
        unsafe {
            let raw = libc::CMSG_DATA(header).cast::<RawFd>().read_unaligned();
            OwnedFd::from_raw_fd(raw)
        }
    });
    Some((packet, descriptor))
}
