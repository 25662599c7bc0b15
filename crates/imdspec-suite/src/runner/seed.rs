//! One seed for a run, and from it one for each scenario.

/// What FNV-1a begins with.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
/// What it multiplies with, and what undoes that.
const PRIME: u64 = 0x0000_0100_0000_01b3;
const UNDO_PRIME: u64 = inverse(PRIME);
/// What SplitMix64 multiplies with.
const MIX: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];
const UNDO_MIX: [u64; 2] = [inverse(MIX[0]), inverse(MIX[1])];

/// The seed of a scenario in a run: the same however many others are run beside it, so that a
/// failure is repeated by running it alone.
#[must_use]
pub fn scenario_seed(run: u64, name: &str) -> u64 {
    // FNV-1a over the name, then one round of SplitMix64: well spread and easy to repeat elsewhere.
    let mut hash = BASIS ^ run;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(MIX[0]);
    hash = (hash ^ (hash >> 27)).wrapping_mul(MIX[1]);
    hash ^ (hash >> 31)
}

/// The seed of the run in which a scenario has this seed. A trace knows the scenario's, and whoever
/// repeats it is told the run's, as it was printed.
///
/// ```
/// use imdspec_suite::runner::{run_seed, scenario_seed};
///
/// assert_eq!(run_seed(scenario_seed(42, "doc/canonical"), "doc/canonical"), 42);
/// ```
#[must_use]
pub fn run_seed(scenario: u64, name: &str) -> u64 {
    // Each step of the other way can be undone, the last first.
    let mut hash = unshift(scenario, 31);
    hash = unshift(hash.wrapping_mul(UNDO_MIX[1]), 27);
    hash = unshift(hash.wrapping_mul(UNDO_MIX[0]), 30);
    for byte in name.bytes().rev() {
        hash = hash.wrapping_mul(UNDO_PRIME) ^ u64::from(byte);
    }
    hash ^ BASIS
}

/// The number that is `hash` once its upper bits are laid over its lower ones.
const fn unshift(hash: u64, by: u32) -> u64 {
    let mut found = hash;
    let mut known = by;
    while known < u64::BITS {
        found = hash ^ (found >> by);
        known += by;
    }
    found
}

/// What undoes a multiplication with an odd number, by Newton's method: each round doubles the bits
/// that are right.
const fn inverse(odd: u64) -> u64 {
    let mut found = odd;
    let mut bits = 3;
    while bits < u64::BITS {
        found = found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found)));
        bits *= 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_seed_of_a_run_is_found_again(run: u64, name in ".{0,40}") {
            prop_assert_eq!(run_seed(scenario_seed(run, &name), &name), run);
            prop_assert_eq!(scenario_seed(run_seed(run, &name), &name), run);
        }
    }
}
