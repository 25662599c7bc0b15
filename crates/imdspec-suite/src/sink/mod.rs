//! The sink: an endpoint for programs that use credentials and never print them.
//!
//! ```text
//!   request ─► signed? ──no──► 403, and nothing is learnt
//!                 │ yes
//!                 ▼
//!   the access key id and the security token in its signature are the outcome;
//!   the answer only has to let the program end quietly
//! ```
//!
//! It takes any signature for good: it has no secret to check one with, and whoever can sign was
//! given credentials. It keeps nothing: the bucket it shows is empty, whatever was put there.

mod parameters;
mod responder;
mod s3;
mod signature;

use imdspec_model::Reply;
use imdspec_rules::Given;
use imdspec_wire::Request;
use signature::Signer;

/// What the sink makes of one request.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The credentials it was signed with, as far as a signature shows them; none if it was not.
    pub(crate) given: Option<Given>,
    /// The answer.
    pub(crate) reply: Reply,
}

/// Takes a request to any service of AWS.
pub(crate) fn take(request: &Request) -> Taken {
    let signer = signature::signer(request);
    Taken {
        reply: responder::respond(request, signer.as_ref()),
        given: signer.map(Given::from),
    }
}

impl From<Signer> for Given {
    fn from(signer: Signer) -> Self {
        Self {
            access_key_id: signer.access_key_id,
            secret_access_key: None,
            session_token: signer.security_token,
            expiration: None,
            account_id: None,
        }
    }
}

#[cfg(test)]
mod tests;
