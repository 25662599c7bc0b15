//! reqsign, as an application uses it: one default signer, and a request to S3 to sign for each
//! question. The signer keeps its credentials to itself, so its last step notes what it signed with.

use http::Request;
use http::request::Parts;
use imdspec_subjects::{Credentials, Failure, Resolved, answer, hello, install_ring};
use reqsign::aws::{Credential, RequestSigner, default_signer};
use reqsign::{Context, SignRequest, Signer};
use std::cell::RefCell;
use std::time::Duration;

tokio::task_local! {
    static USED: RefCell<Option<Credential>>;
}

/// reqsign's own last step, and the note.
#[derive(Debug)]
struct Noting(RequestSigner);

impl SignRequest for Noting {
    type Credential = Credential;

    fn required_valid_until(
        &self,
        credential: &Credential,
        expires_in: Option<Duration>,
    ) -> reqsign::time::Timestamp {
        self.0.required_valid_until(credential, expires_in)
    }

    async fn sign_request(
        &self,
        context: &Context,
        request: &mut Parts,
        credential: Option<&Credential>,
        expires_in: Option<Duration>,
    ) -> reqsign::Result<()> {
        USED.with(|used| *used.borrow_mut() = credential.cloned());
        let signing = self
            .0
            .sign_request(context, request, credential, expires_in);
        signing.await
    }
}

async fn resolve(signer: Signer<Credential>) -> Resolved {
    let request = Request::get("https://imdspec.s3.us-east-1.amazonaws.com/").body(());
    let (mut request, ()) = request.expect("a plain request").into_parts();
    let signed = signer.sign(&mut request, None).await;
    signed.map_err(|e| Failure::error(&e))?;
    let used = USED.with(RefCell::take).expect("what is signed was noted");
    Ok(Credentials {
        version: 1,
        access_key_id: used.access_key_id,
        secret_access_key: used.secret_access_key,
        session_token: used.session_token,
        expiration: used.expires_in.map(|at| at.format_rfc3339_zulu()),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    hello("reqsign", "reqsign", 8);
    install_ring();
    let signer = default_signer("s3", "us-east-1");
    let signer = signer.with_request_signer(Noting(RequestSigner::new("s3", "us-east-1")));
    answer(|| USED.scope(RefCell::default(), resolve(signer.clone()))).await;
}
