//! The clock of a scenario as the SDK's time source: with it the scenarios that let hours pass are
//! run, too.

use aws_smithy_async::time::TimeSource;
use imdspec_suite::in_process::Clock;
use std::time::SystemTime;

#[derive(Debug)]
pub struct Time(pub Clock);

impl TimeSource for Time {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}
