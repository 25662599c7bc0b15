//! Reading a credential document, against serde_json into a plain struct.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imdspec_wire::CredentialDocument;
use serde::Deserialize;
use std::hint::black_box;

/// The least a client could do: no duplicates noticed, no raw text, no timestamp read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "only the reading is measured")]
struct Plain {
    code: String,
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

fn document(c: &mut Criterion) {
    let token = "IQoJb3JpZ2luX2VjEXAMPLE".repeat(40);
    let body = format!(
        "{{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"2026-01-01T00:00:00Z\",\n  \"Type\" : \"AWS-HMAC\",\n  \"AccessKeyId\" : \"ASIAEXAMPLE\",\n  \"SecretAccessKey\" : \"made/up/secret\",\n  \"Token\" : \"{token}\",\n  \"Expiration\" : \"2026-01-01T06:00:00Z\"\n}}"
    );
    let mut group = c.benchmark_group("credential document");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("imdspec, read and checked", |b| {
        b.iter(|| {
            CredentialDocument::parse(black_box(body.as_bytes()))
                .and_then(|d| d.credentials())
                .is_ok()
        });
    });
    group.bench_function("serde_json, plain struct", |b| {
        b.iter(|| serde_json::from_slice::<Plain>(black_box(body.as_bytes())).is_ok());
    });
    group.finish();
}

criterion_group!(benches, document);
criterion_main!(benches);
