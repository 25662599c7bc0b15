//! The few words of rtnetlink that set up a loopback. Runs between fork and exec: no allocation.
#![expect(unsafe_code, reason = "std has no netlink sockets")]

use std::io;
use std::mem;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The loopback's index: the first interface of every network namespace.
const LOOPBACK: u32 = 1;

/// A netlink socket that speaks of addresses and routes.
pub(super) struct Netlink(OwnedFd);

/// A request under construction.
struct Message {
    bytes: [u8; 128],
    length: usize,
}

impl Message {
    fn new(kind: u16, flags: i32) -> Self {
        let mut message = Self {
            bytes: [0; 128],
            length: mem::size_of::<libc::nlmsghdr>(),
        };
        let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags) as u16;
        message.bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        message.bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        message
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len().next_multiple_of(4);
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = (4 + value.len()) as u16;
        self.put(&length.to_ne_bytes());
        // Lengths and kinds are two bytes each, and only their pair is aligned.
        self.length -= 2;
        self.put(&kind.to_ne_bytes());
        self.length -= 2;
        self.put(value);
    }

    fn finish(&mut self) -> &[u8] {
        let length = self.length as u32;
        self.bytes[..4].copy_from_slice(&length.to_ne_bytes());
        &self.bytes[..self.length]
    }
}

/// An address's family, its length in bits, and its bytes.
fn with_octets<T>(address: IpAddr, f: impl FnOnce(u8, u8, &[u8]) -> T) -> T {
    match address {
        IpAddr::V4(v4) => f(libc::AF_INET as u8, 32, &v4.octets()),
        IpAddr::V6(v6) => f(libc::AF_INET6 as u8, 128, &v6.octets()),
    }
}

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        // SAFETY: no pointers.
        let raw = unsafe {
            libc::socket(
                libc::AF_NETLINK,
                libc::SOCK_RAW | libc::SOCK_CLOEXEC,
                libc::NETLINK_ROUTE,
            )
        };
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has just given it to us.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(raw) }))
    }

    /// Switches the loopback on.
    pub(super) fn up(&self) -> io::Result<()> {
        let mut message = Message::new(libc::RTM_NEWLINK, 0);
        // struct ifinfomsg: family, padding, type, index, flags, which flags are meant.
        message.put(&[0; 4]);
        message.put(&LOOPBACK.to_ne_bytes());
        message.put(&(libc::IFF_UP as u32).to_ne_bytes());
        message.put(&(libc::IFF_UP as u32).to_ne_bytes());
        self.ask(&mut message)
    }

    /// Carries an address on the loopback, alone of its network.
    ///
    /// The kernel is not asked whether another host has an IPv6 address (there is none), and its
    /// route is made here: it would come by itself, but only some moments after the answer, and a
    /// program must not be faster.
    pub(super) fn carry(&self, address: IpAddr) -> io::Result<()> {
        let mut message = Message::new(libc::RTM_NEWADDR, libc::NLM_F_CREATE);
        with_octets(address, |family, bits, octets| {
            // struct ifaddrmsg: family, prefix length, flags, scope, index.
            message.put(&[family, bits, libc::IFA_F_NODAD as u8, 0]);
            message.put(&LOOPBACK.to_ne_bytes());
            message.attribute(libc::IFA_LOCAL, octets);
            message.attribute(libc::IFA_ADDRESS, octets);
        });
        self.ask(&mut message)?;
        if address.is_ipv6() {
            return self.route(
                address,
                libc::RT_TABLE_LOCAL,
                libc::RT_SCOPE_HOST,
                libc::RTN_LOCAL,
            );
        }
        Ok(())
    }

    /// Sends packets for an address to the loopback without carrying it there: they come back in,
    /// are nobody's, and are dropped without a word.
    pub(super) fn lose(&self, address: IpAddr) -> io::Result<()> {
        self.route(
            address,
            libc::RT_TABLE_MAIN,
            libc::RT_SCOPE_LINK,
            libc::RTN_UNICAST,
        )
    }

    /// A route over the loopback to one address.
    fn route(&self, address: IpAddr, table: u8, scope: u8, kind: u8) -> io::Result<()> {
        let mut message = Message::new(libc::RTM_NEWROUTE, libc::NLM_F_CREATE);
        with_octets(address, |family, bits, octets| {
            // struct rtmsg: family, both prefix lengths, type of service, table, protocol, scope,
            // type, flags.
            message.put(&[family, bits, 0, 0, table, libc::RTPROT_STATIC, scope, kind]);
            message.put(&[0; 4]);
            message.attribute(libc::RTA_DST, octets);
            message.attribute(libc::RTA_OIF, &LOOPBACK.to_ne_bytes());
        });
        self.ask(&mut message)
    }

    fn ask(&self, message: &mut Message) -> io::Result<()> {
        let bytes = message.finish();
        // SAFETY: the buffer is alive and as long as said.
        let sent = unsafe { libc::send(self.0.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut answer = [0_u8; 512];
        // SAFETY: the buffer is alive and as long as said.
        let got = unsafe {
            libc::recv(
                self.0.as_raw_fd(),
                answer.as_mut_ptr().cast(),
                answer.len(),
                0,
            )
        };
        if got < 20 {
            return Err(io::Error::last_os_error());
        }
        // struct nlmsghdr, then struct nlmsgerr: a negative error number, or 0 for done.
        match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(-code)),
        }
    }
}
