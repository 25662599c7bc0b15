//! Simpler bodies: a document nearer to the healthy one, or a shorter text.

use serde_json::{Map, Value};

/// The healthy document; its gaps stand in strings, so it is JSON as it is.
const HEALTHY: &str = r#"{"Code":"Success","LastUpdated":"${last-updated}","Type":"AWS-HMAC","AccessKeyId":"${access-key-id}","SecretAccessKey":"${secret-access-key}","Token":"${token}","Expiration":"${expiration}"}"#;

/// Members of it that no client needs.
const LEFT_OUT: [&str; 2] = ["LastUpdated", "Type"];

/// Bodies simpler than this one by one thing.
pub(super) fn simpler(body: &str) -> Vec<String> {
    match serde_json::from_str::<Map<String, Value>>(body) {
        Ok(members) => documents(body, &members),
        Err(_) => texts(body),
    }
}

/// One member as it should be; and all on one line, in one order.
fn documents(body: &str, members: &Map<String, Value>) -> Vec<String> {
    let healthy: Map<String, Value> = serde_json::from_str(HEALTHY).unwrap_or_default();
    let mut all = vec![Value::Object(members.clone()).to_string()];
    // Nothing that can be left out is put back in: each offer is nearer to the end.
    let there = |name: &&String| members.contains_key(*name) || !LEFT_OUT.contains(&name.as_str());
    for name in healthy.keys().filter(there).chain(members.keys()) {
        let mut better = members.clone();
        match healthy.get(name) {
            Some(value) => better.insert(name.clone(), value.clone()),
            None => better.remove(name),
        };
        if better != *members {
            all.push(Value::Object(better).to_string());
        }
    }
    for name in LEFT_OUT {
        let mut without = members.clone();
        if without.remove(name).is_some() {
            all.push(Value::Object(without).to_string());
        }
    }
    all.retain(|text| text != body);
    all
}

/// Halves, and without either end.
fn texts(body: &str) -> Vec<String> {
    let characters: Vec<char> = body.chars().collect();
    let n = characters.len();
    let some = |range: std::ops::Range<usize>| characters[range].iter().collect::<String>();
    let mut all = Vec::new();
    if n > 1 {
        all.push(some(0..n / 2));
        all.push(some(n / 2..n));
        all.push(some(1..n));
        all.push(some(0..n - 1));
    }
    // A gap cut in two is no gap.
    all.retain(|text| text.matches("${").count() == text.matches('}').count());
    all
}
