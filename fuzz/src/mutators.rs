//! Mutations that know where the parts of an input are, for targets whose inputs plain bytes seldom
//! get past the first check.
//!
//! Each works on some part of the input every other time, and leaves it to libFuzzer otherwise; what
//! each gains stands in `docs/fuzzing.md`.

mod dice;
mod json;
mod lines;

use dice::Dice;
use imdspec_suite::scenario;
use std::sync::LazyLock;

/// A credential document: member by member.
pub fn document(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate(data, size, max_size, seed, |input, dice| {
        json::mutate(input, &json::DOCUMENT, dice)
    })
}

/// The lines of a session program: one line, and of it member by member.
pub fn session(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate(data, size, max_size, seed, |input, dice| {
        let mut lines: Vec<Vec<u8>> = input.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let i = dice.below(lines.len());
        let words = *dice.choose(&[&json::HELLO, &json::ANSWER, &json::ANSWER]);
        lines[i] = json::mutate(&lines[i], words, dice);
        if dice.below(4) == 0 {
            let more = lines[i].clone();
            lines.push(more);
        }
        lines.join(&b'\n')
    })
}

/// An HTTP response: line by line.
pub fn http(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate(data, size, max_size, seed, |input, dice| {
        lines::mutate(input, |dice| dice.choose(&lines::HTTP).as_bytes(), dice)
    })
}

/// A scenario: line by line, the lines being those of the scenarios that there are.
pub fn scenario(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let all = scenario::embedded().iter();
        all.filter_map(|s| s.to_toml().ok()).collect()
    });
    mutate(data, size, max_size, seed, |input, dice| {
        if dice.below(16) == 0 {
            return dice.choose(&TEXTS).clone().into_bytes();
        }
        let line_of_another = |dice: &mut Dice| {
            let lines: Vec<&[u8]> = dice
                .choose(&TEXTS)
                .as_bytes()
                .split(|b| *b == b'\n')
                .collect();
            lines[dice.below(lines.len())]
        };
        lines::mutate(input, line_of_another, dice)
    })
}

/// Changes an input in place, by `change` or as libFuzzer would; gives its new size.
fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    change: impl Fn(&[u8], &mut Dice) -> Vec<u8>,
) -> usize {
    let mut dice = Dice::new(seed);
    // To see what a mutator gains, it can be left out.
    static PLAIN: LazyLock<bool> = LazyLock::new(|| std::env::var_os("IMDSPEC_PLAIN").is_some());
    if *PLAIN || dice.below(2) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let changed = change(&data[..size], &mut dice);
    let size = changed.len().min(max_size);
    data[..size].copy_from_slice(&changed[..size]);
    size
}
