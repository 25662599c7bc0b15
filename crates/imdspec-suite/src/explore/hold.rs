//! Anybody's Rust value in lives of chance, under `cargo test`.

use super::lives;
use crate::fuzz::FuzzProvider;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

/// The seed of every test that is not told another, so that two runs are the same.
const SEED: u64 = 1;
/// The variable that tells another, hexadecimal.
const SEED_VARIABLE: &str = "IMDSPEC_SEED";

/// Puts a provider through lives of chance: as many as `PROPTEST_CASES` says, or 256, drawn from
/// `IMDSPEC_SEED`, or from the same seed each time. The macro [`explore!`](crate::explore!) makes a
/// test of it.
///
/// # Panics
/// With the failure block and the least scenario that shows it, when a rule is broken that is not
/// known to be; when `IMDSPEC_SEED` is no hexadecimal number.
pub fn hold(provider: &FuzzProvider) {
    let seed = std::env::var(SEED_VARIABLE).map_or(SEED, |text| {
        u64::from_str_radix(&text, 16)
            .unwrap_or_else(|_| panic!("{SEED_VARIABLE} must be hexadecimal, not {text:?}"))
    });
    // Proptest keeps bytes; a scenario can be kept, and read.
    let config = Config {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let ended = TestRunner::new(config).run(&lives(provider.reach()), |life| {
        provider.live(&life).map_err(TestCaseError::fail)
    });
    match ended {
        Ok(()) => {}
        Err(TestError::Fail(why, _)) => panic!("{}", why.message()),
        Err(TestError::Abort(why)) => panic!("not run: {}", why.message()),
    }
}

/// A test that puts a provider through lives of chance, judged by every rule.
///
/// ```text
/// // In tests/explore.rs. Over sockets: any provider that can be told an endpoint.
/// imdspec_suite::explore!(|environment| MyProvider::new(environment));
///
/// // In memory, with what is known of it.
/// imdspec_suite::explore!(
///     FuzzProvider::new("mine", |environment| MyProvider::new(environment))
///         .in_memory()
///         .takes_clock()
///         .known("DOC-003", "does not look at Code; reported")
/// );
/// ```
///
/// What is given is what [`FuzzProvider::new`](crate::fuzz::FuzzProvider::new) takes, or a
/// [`FuzzProvider`](crate::fuzz::FuzzProvider). See [`explore::hold`](crate::explore::hold).
#[macro_export]
macro_rules! explore {
    (|$environment:pat_param| $body:expr $(,)?) => {
        $crate::explore!($crate::fuzz::FuzzProvider::new(
            env!("CARGO_PKG_NAME"),
            |$environment| $body
        ));
    };
    ($provider:expr $(,)?) => {
        #[test]
        fn explore() {
            $crate::explore::hold(&$provider);
        }
    };
}
