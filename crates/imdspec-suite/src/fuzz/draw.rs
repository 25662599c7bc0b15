//! Choices made by bytes.
//!
//! A fuzzer, a seed and a person all have bytes to give; what is made of them here is always a
//! whole, meaningful thing. Where the bytes are at an end, every choice falls on its first
//! alternative, which is therefore always the plainest: a short input is a plain scenario.

use arbitrary::Unstructured;
use imdspec_model::Span;

/// Bytes, read as choices from front to back.
#[derive(Debug)]
pub(crate) struct Draw<'b>(Unstructured<'b>);

impl<'b> Draw<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// A number from 0 up to `most`, both included.
    pub(crate) fn up_to(&mut self, most: u32) -> u32 {
        // It fails for ranges without a number only.
        self.0.int_in_range(0..=most).unwrap_or(0)
    }

    /// One of some things, of which there is at least one.
    pub(crate) fn of<T: Copy>(&mut self, things: &[T]) -> T {
        let last = u32::try_from(things.len().saturating_sub(1)).unwrap_or(u32::MAX);
        things[self.up_to(last) as usize]
    }

    /// True once in `times` times.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        let drawn = self.up_to(times.saturating_sub(1));
        drawn == times.saturating_sub(1)
    }

    /// A span, of those written down here as people write them.
    pub(crate) fn span(&mut self, texts: &[&str]) -> Span {
        self.of(texts).parse().unwrap_or_default()
    }

    /// The next bytes as they are, at most so many.
    pub(crate) fn bytes(&mut self, most: u32) -> Vec<u8> {
        let wanted = self.up_to(most) as usize;
        let there = wanted.min(self.0.len());
        self.0.bytes(there).map(<[u8]>::to_vec).unwrap_or_default()
    }

    /// Whether nothing is left, so that what follows is plain.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_draw_the_first_of_everything() {
        let mut draw = Draw::new(&[]);
        assert_eq!(draw.up_to(9), 0);
        assert_eq!(draw.of(&["plain", "odd"]), "plain");
        assert!(!draw.once_in(2));
        assert!(draw.bytes(8).is_empty());
        assert_eq!(draw.span(&["1m 30s"]), Span::seconds(90));
    }

    #[test]
    fn every_alternative_can_be_drawn() {
        let seen: std::collections::BTreeSet<_> = (0..=u8::MAX)
            .map(|b| Draw::new(&[b]).of(&["a", "b", "c"]))
            .collect();
        assert_eq!(seen.len(), 3);
        assert!((0..=u8::MAX).any(|b| Draw::new(&[b]).once_in(64)));
    }
}
