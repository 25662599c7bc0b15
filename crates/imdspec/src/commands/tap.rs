//! `imdspec tap`: a recording proxy in front of an emulator of the service.

use super::{interruption, runtime};
use crate::args::Tap;
use crate::exit::{Exit, Failure};
use imdspec_suite::recording::{Writer, tap};
use std::fs::File;
use std::path::Path;
use tokio::net::TcpListener;

pub(crate) fn run(args: &Tap) -> Result<Exit, Failure> {
    if let Some(why) = tap::why_refused(args.upstream, args.anywhere) {
        return Err(Failure::usage(format!("--upstream: {why}")));
    }
    if !args.anywhere && !args.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "--listen: others could reach {}; --anywhere listens there all the same",
            args.listen
        )));
    }
    let writer = writer(&args.record)?;
    runtime()?.block_on(async {
        let stopped = interruption()?;
        let listener = TcpListener::bind(args.listen).await;
        let bound = listener.and_then(|l| Ok((l.local_addr()?, l)));
        let (address, listener) = bound.map_err(|e| {
            let why = format!(
                "could not listen on {}: {e}; choose another --listen",
                args.listen
            );
            Failure::new(Exit::Subject, why)
        })?;
        // One line a program can wait for, then one a person can copy.
        println!("ready {{\"endpoint\":\"http://{address}\"}}");
        anstream::eprintln!(
            "try: AWS_EC2_METADATA_SERVICE_ENDPOINT=http://{address} imdspec resolve"
        );
        let requests = tap::run(listener, args.upstream, writer, stopped)
            .await
            .map_err(|e| cannot(&args.record, &e))?;
        let file = args.record.display();
        anstream::eprintln!("{requests} requests recorded; next: imdspec judge {file}");
        Ok(Exit::Interrupted)
    })
}

/// A trace that is begun in this file. Only its owner may read it: secrets will be in it.
pub(super) fn writer(path: &Path) -> Result<Writer, Failure> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| cannot(path, &e))?;
    Writer::begin(Box::new(file)).map_err(|e| cannot(path, &e))
}

pub(super) fn cannot(path: &Path, e: &std::io::Error) -> Failure {
    Failure::usage(format!("could not write {}: {e}", path.display()))
}
