//! One direction of a TCP connection: its segments in order, each byte once.

use std::collections::BTreeMap;

/// The most that is kept of what came before its turn, in bytes. A window is smaller.
const MOST_AHEAD: usize = 8 << 20;

/// What one segment adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Added {
    /// Bytes whose turn has come.
    pub(super) bytes: Vec<u8>,
    /// Whether the direction has come to its orderly end.
    pub(super) is_over: bool,
    /// Whether the segment held nothing but bytes that were there already.
    pub(super) is_repeated: bool,
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The sequence number of the byte that comes next; none before the first segment.
    next: Option<u32>,
    /// How many bytes had their turn.
    position: u64,
    /// What came before its turn, by position.
    ahead: BTreeMap<u64, Vec<u8>>,
    ahead_bytes: usize,
    /// The position of the orderly end.
    end: Option<u64>,
    is_lost: bool,
}

impl Stream {
    /// Takes the first sequence number of a connection: that of its SYN.
    pub(super) const fn begin(&mut self, syn: u32) {
        self.next = Some(syn.wrapping_add(1));
    }

    /// Whether the first sequence number is known.
    pub(super) const fn has_begun(&self) -> bool {
        self.next.is_some()
    }

    /// Whether a SYN with this number begins another connection than this one.
    pub(super) const fn is_of_another(&self, syn: u32) -> bool {
        match self.next {
            None => false,
            Some(next) => self.position > 0 || syn.wrapping_add(1) != next,
        }
    }

    /// Takes a segment. One that ends the direction has `finishes`.
    pub(super) fn take(&mut self, sequence: u32, bytes: &[u8], finishes: bool) -> Added {
        let mut added = Added::default();
        if self.is_lost {
            return added;
        }
        let next = *self.next.get_or_insert(sequence);
        // Numbers wrap around; what is more than half of them ahead is behind.
        let distance = i64::from(sequence.wrapping_sub(next).cast_signed());
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if finishes {
            let after = distance.saturating_add(length);
            let end = self.position.checked_add_signed(after);
            self.end = self.end.or(end);
        }
        if distance > 0 {
            let at = self.position.saturating_add(distance.unsigned_abs());
            self.keep(at, bytes);
        } else {
            let known = usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX);
            let fresh = bytes.get(known..).unwrap_or_default();
            added.is_repeated = fresh.is_empty() && !bytes.is_empty();
            self.append(fresh, &mut added.bytes);
            self.catch_up(&mut added.bytes);
        }
        added.is_over = self.end.is_some_and(|end| end <= self.position);
        added
    }

    /// Whether bytes are missing: later ones came, and these never did.
    pub(super) fn has_gap(&self) -> bool {
        self.is_lost || !self.ahead.is_empty() || self.end.is_some_and(|end| end > self.position)
    }

    fn keep(&mut self, at: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let kept = self.ahead.entry(at).or_default();
        if kept.len() < bytes.len() {
            self.ahead_bytes += bytes.len() - kept.len();
            *kept = bytes.to_vec();
        }
        if self.ahead_bytes > MOST_AHEAD {
            self.ahead.clear();
            self.is_lost = true;
        }
    }

    fn append(&mut self, fresh: &[u8], to: &mut Vec<u8>) {
        to.extend_from_slice(fresh);
        self.position = self.position.saturating_add(fresh.len() as u64);
        let length = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        self.next = self.next.map(|n| n.wrapping_add(length));
    }

    /// Takes what was waiting for the bytes just added.
    fn catch_up(&mut self, to: &mut Vec<u8>) {
        while let Some(entry) = self.ahead.first_entry() {
            if *entry.key() > self.position {
                return;
            }
            let (at, bytes) = entry.remove_entry();
            self.ahead_bytes -= bytes.len();
            let known = usize::try_from(self.position - at).unwrap_or(usize::MAX);
            let fresh = bytes.get(known..).unwrap_or_default();
            self.append(fresh, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Stream {
        let mut stream = Stream::default();
        stream.begin(u32::MAX - 3);
        stream
    }

    #[test]
    fn segments_are_put_in_order_across_the_end_of_the_numbers() {
        let mut stream = begun();
        // The SYN has number -4, so that the first byte has -3.
        assert_eq!(stream.take(0, b"def", false).bytes, b"");
        assert!(stream.has_gap());
        assert_eq!(stream.take(u32::MAX - 2, b"abc", false).bytes, b"abcdef");
        assert!(!stream.has_gap());
    }

    #[test]
    fn what_comes_twice_counts_once() {
        let mut stream = begun();
        let first = u32::MAX - 2;
        assert_eq!(stream.take(first, b"abc", false).bytes, b"abc");
        let again = stream.take(first, b"abc", false);
        assert!(again.is_repeated && again.bytes.is_empty());
        // A probe that keeps the connection alive.
        assert!(stream.take(u32::MAX, b"c", false).is_repeated);
        assert_eq!(stream.take(u32::MAX, b"cde", false).bytes, b"de");
        // Ahead, twice, the second time more of it.
        assert_eq!(stream.take(4, b"h", false).bytes, b"");
        assert_eq!(stream.take(4, b"hi", false).bytes, b"");
        assert_eq!(stream.take(2, b"fg", false).bytes, b"fghi");
    }

    #[test]
    fn the_end_waits_for_what_is_before_it() {
        let mut stream = begun();
        assert!(!stream.take(1, b"ef", true).is_over);
        assert!(stream.has_gap());
        let added = stream.take(u32::MAX - 2, b"abcd", false);
        assert!(added.is_over);
        assert_eq!(added.bytes, b"abcdef");
    }

    #[test]
    fn without_a_beginning_the_first_segment_is_one() {
        let mut stream = Stream::default();
        assert_eq!(stream.take(77, b"abc", false).bytes, b"abc");
        assert_eq!(stream.take(80, b"d", false).bytes, b"d");
    }
}
