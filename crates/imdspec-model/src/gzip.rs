//! The gzip container (RFC 1952) around stored deflate blocks (RFC 1951, section 3.2.4): what
//! every decoder reads, made without a compressor.

/// The most a stored block holds, in bytes.
const BLOCK: usize = 0xFFFF;

/// `body` as a gzip member.
pub(crate) fn stored(body: &[u8]) -> Vec<u8> {
    // Magic, method 8 (deflate), no flags, no time, no extra flags, unknown system.
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    let mut blocks = body.chunks(BLOCK).peekable();
    loop {
        let block = blocks.next().unwrap_or_default();
        let last = blocks.peek().is_none();
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
        if last {
            break;
        }
    }
    out.extend(crc32(body).to_le_bytes());
    let length = body.len() as u64 & u64::from(u32::MAX);
    out.extend(&length.to_le_bytes()[..4]);
    out
}

/// CRC-32 as gzip wants it, a bit at a time: bodies here are small.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
            crc = crc >> 1 ^ carry;
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_specification_says() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(
            stored(b"ab"),
            [
                &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF][..],
                &[1, 2, 0, 0xFD, 0xFF],
                b"ab",
                &0x9E83_486D_u32.to_le_bytes(),
                &[2, 0, 0, 0],
            ]
            .concat()
        );
        assert_eq!(stored(b"").len(), 10 + 5 + 8);
        let two_blocks = stored(&vec![7; BLOCK + 1]);
        assert_eq!(two_blocks.len(), 10 + 5 + BLOCK + 5 + 1 + 8);
        assert_eq!((two_blocks[10], two_blocks[15 + BLOCK]), (0, 1));
    }
}
