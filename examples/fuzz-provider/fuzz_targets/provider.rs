#![no_main]
//! The provider in worlds of chance, judged by every rule.

use imdspec_example_fuzz_provider::{known, sdk};
use imdspec_suite::fuzz::FuzzProvider;

imdspec_suite::fuzz_provider!(known(
    FuzzProvider::new("aws-config", sdk)
        .in_memory()
        .takes_clock()
));
