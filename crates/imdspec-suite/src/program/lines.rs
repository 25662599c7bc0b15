//! Lines of bounded length from a pipe.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// The longest line taken, in bytes; an answer is a few kilobytes.
const LONGEST: usize = 1 << 20;
/// The most blank lines skipped before an answer.
const MOST_BLANK: usize = 1000;

/// What came down the pipe.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line, without its end.
    Text(Vec<u8>),
    /// The pipe closed.
    End,
    /// More than a line may hold.
    Flood,
}

/// The next line that is not blank.
pub(crate) async fn next(reader: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Line> {
    for _ in 0..MOST_BLANK {
        let mut line = Vec::new();
        loop {
            let buffer = reader.fill_buf().await?;
            if buffer.is_empty() {
                // Blank lines are skipped also where the last one has no end.
                return Ok(if line.trim_ascii().is_empty() {
                    Line::End
                } else {
                    Line::Text(line)
                });
            }
            let end = buffer.iter().position(|b| *b == b'\n');
            let taken = end.unwrap_or(buffer.len());
            line.extend_from_slice(&buffer[..taken]);
            reader.consume(end.map_or(taken, |e| e + 1));
            if line.len() > LONGEST {
                return Ok(Line::Flood);
            }
            if end.is_some() {
                break;
            }
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Line::Text(line));
        }
    }
    Ok(Line::Flood)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_blank_lines_floods_and_the_end() {
        let mut pipe: &[u8] = b"\n \none\ntwo";
        assert_eq!(next(&mut pipe).await.unwrap(), Line::Text(b"one".to_vec()));
        assert_eq!(next(&mut pipe).await.unwrap(), Line::Text(b"two".to_vec()));
        assert_eq!(next(&mut pipe).await.unwrap(), Line::End);
        let mut pipe: &[u8] = b"one\n \r";
        assert_eq!(next(&mut pipe).await.unwrap(), Line::Text(b"one".to_vec()));
        assert_eq!(next(&mut pipe).await.unwrap(), Line::End);
        let flood = vec![b'y'; LONGEST + 2];
        assert_eq!(next(&mut flood.as_slice()).await.unwrap(), Line::Flood);
        let blank = vec![b'\n'; MOST_BLANK + 1];
        assert_eq!(next(&mut blank.as_slice()).await.unwrap(), Line::Flood);
    }
}
