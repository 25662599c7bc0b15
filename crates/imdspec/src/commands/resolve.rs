//! `imdspec resolve`: the reference client as a `credential_process`.

use super::runtime;
use crate::args::Resolve;
use crate::exit::{Exit, Failure};
use imdspec_client::Driver;

pub(crate) fn run(args: &Resolve) -> Result<Exit, Failure> {
    let driver = Driver::from_process();
    let resolved = runtime()?.block_on(driver.resolve());
    match resolved {
        Ok(credentials) => {
            if args.verbose {
                anstream::eprintln!("imdspec: credentials from {}", credentials.source.title());
            }
            // The one place where secrets are printed: that is what it is for.
            println!("{}", credentials.to_credential_process_json());
            Ok(Exit::Fine)
        }
        // Status 1 means no credentials, as for any credential_process.
        Err(error) => Err(Failure::new(Exit::Violations, error)),
    }
}
