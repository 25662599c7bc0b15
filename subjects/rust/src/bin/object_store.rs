//! object_store (Apache Arrow), as an application uses it: one AmazonS3 from the environment, whose
//! credentials are asked for before each request is signed. They come without their expiration.

use imdspec_subjects::{Credentials, Failure, answer, hello, install_ring};
use object_store::ClientConfigKey;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    hello("object_store", "object_store", 8);
    install_ring();
    // The machine's certificates take longer to read than all the rest, and are for HTTPS only.
    let certificates = AmazonS3ConfigKey::Client(ClientConfigKey::NoSystemCertificates);
    let builder = AmazonS3Builder::from_env().with_config(certificates, "true");
    let store = Arc::new(builder.with_bucket_name("imdspec").build());
    answer(|| {
        let store = Arc::clone(&store);
        async move {
            let store = store.as_ref().as_ref().map_err(|e| Failure::error(e))?;
            let credential = store.credentials().get_credential().await;
            let credential = credential.map_err(|e| Failure::error(&e))?;
            Ok(Credentials {
                version: 1,
                access_key_id: credential.key_id.clone(),
                secret_access_key: credential.secret_key.clone(),
                session_token: credential.token.clone(),
                expiration: None,
            })
        }
    })
    .await;
}
