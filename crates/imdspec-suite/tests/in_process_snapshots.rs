//! The feature `insta`: the tests that `conformance!` makes keep the conversation, too.

use imdspec_suite::in_process::{Conformance, Given, Refusal};

/// Asks for a token and gives up, which is no way to get credentials.
fn __imdspec_conformance() -> Conformance {
    Conformance::new("half", |environment| {
        move || {
            let endpoint = environment.endpoint.clone().unwrap_or_default();
            async move {
                ask(endpoint.trim_start_matches("http://")).map_err(Refusal::error)?;
                Err::<Given, _>(Refusal::none("that will do"))
            }
        }
    })
}

fn ask(place: &str) -> std::io::Result<()> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(place)?;
    write!(
        stream,
        "PUT /latest/api/token HTTP/1.1\r\nhost: {place}\r\n\
         x-aws-ec2-metadata-token-ttl-seconds: 21600\r\nconnection: close\r\n\r\n"
    )?;
    stream.read_to_string(&mut String::new())?;
    Ok(())
}

#[test]
fn a_refused_token() {
    imdspec_suite::__imdspec_body! { a_refused_token "token/refused-and-no-other" [snapshots] }
}

#[test]
fn no_role() {
    imdspec_suite::__imdspec_body! { no_role "route/no-role" [snapshots] }
}
