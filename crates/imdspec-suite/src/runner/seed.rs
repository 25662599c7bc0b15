//! One seed for a run, and from it one for each scenario.

/// The seed of a scenario in a run: the same however many others are run beside it, so that a
/// failure is repeated by running it alone.
#[must_use]
pub fn scenario_seed(run: u64, name: &str) -> u64 {
    // FNV-1a over the name, then one round of SplitMix64: well spread and easy to repeat elsewhere.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ run;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
