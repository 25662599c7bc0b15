//! Texts of lines.

use super::dice::Dice;

/// What stands in a response, a line each; the last are bodies.
pub(super) const HTTP: [&str; 22] = [
    "HTTP/1.1 200 OK\r",
    "HTTP/1.0 404 Not Found\r",
    "HTTP/1.1 100 Continue\r\n\r",
    "HTTP/1.1 204 \r",
    "Content-Length: 0\r",
    "Content-Length: 5\r",
    "Content-Length: 56\r",
    "content-length:\t5 \r",
    "Transfer-Encoding: chunked\r",
    "Transfer-Encoding: identity\r",
    "X-Aws-Ec2-Metadata-Token-Ttl-Seconds: 21600\r",
    "x-aws-ec2-metadata-token-ttl-seconds: 21601\r",
    "x-aws-ec2-metadata-token-ttl-seconds: 060\r",
    "x-aws-ec2-metadata-token-ttl-seconds: +60\r",
    "Connection: close\r",
    " folded\r",
    "\r",
    "",
    "AQAEAExample==",
    "5\r\nhello\r\n0\r\n\r",
    "5;x=y\r\nhello\r\n0\r\nTrailer: z\r\n\r",
    "hello",
];

/// Drops, doubles, swaps, replaces or adds a line.
pub(super) fn mutate<'t>(
    input: &[u8],
    other: impl Fn(&mut Dice) -> &'t [u8],
    dice: &mut Dice,
) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = input.split(|b| *b == b'\n').collect();
    let i = dice.below(lines.len());
    match dice.below(5) {
        0 => drop(lines.remove(i)),
        1 => lines.insert(i, lines[i]),
        2 => {
            let j = dice.below(lines.len());
            lines.swap(i, j);
        }
        3 => lines[i] = other(dice),
        _ => lines.insert(i, other(dice)),
    }
    lines.join(&b'\n')
}
