//! Where the next input comes from: fresh chance, or a change to one that showed something new.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The longest input, in bytes: a few faults with their bodies, and a script.
const LONGEST: usize = 256;

/// The inputs that showed something new, and a source of chance.
#[derive(Debug)]
pub struct Pool {
    kept: Vec<Vec<u8>>,
    chance: ChaCha8Rng,
}

impl Pool {
    /// A source of chance that is the same for the same seed, and nothing kept yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            kept: Vec::new(),
            chance: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Keeps an input that showed something new.
    pub fn keep(&mut self, input: Vec<u8>) {
        self.kept.push(input);
    }

    /// The next input: fresh chance, or a change to one that was kept.
    pub fn draw(&mut self) -> Vec<u8> {
        if self.kept.is_empty() || self.below(3) == 0 {
            return self.fresh();
        }
        let mut input = self.one().clone();
        for _ in 0..=self.below(3) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn fresh(&mut self) -> Vec<u8> {
        // Short ones are plain scenarios with one thing wrong, and show most for the least.
        let most = if self.below(2) == 0 { LONGEST } else { 24 };
        let length = self.below(most);
        (0..length).map(|_| self.byte()).collect()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len().max(1));
        match self.below(6) {
            0 | 1 if !input.is_empty() => input[at] = self.byte(),
            2 if !input.is_empty() => input[at] = input[at].wrapping_add(1),
            3 if !input.is_empty() => {
                input.remove(at);
            }
            4 => {
                // The head of one, the tail of another.
                let other = self.one().clone();
                let from = self.below(other.len().max(1));
                input.truncate(at);
                input.extend(other.into_iter().skip(from));
            }
            _ => {
                let byte = self.byte();
                input.insert(at.min(input.len()), byte);
            }
        }
    }

    fn one(&mut self) -> &Vec<u8> {
        let at = self.below(self.kept.len());
        &self.kept[at]
    }

    fn byte(&mut self) -> u8 {
        self.chance.next_u32().to_le_bytes()[0]
    }

    fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.chance.next_u64() % n).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_inputs() {
        let draw = |seed| {
            let mut pool = Pool::new(seed);
            pool.keep(vec![1, 2, 3]);
            (0..200).map(|_| pool.draw()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|input| input.len() <= LONGEST));
    }
}
