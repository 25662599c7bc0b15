//! Each reader on files made here, any bytes at all, and every scenario told again as packets.

mod build;
mod files;
mod parity;
mod total;
