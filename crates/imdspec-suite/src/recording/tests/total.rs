//! Any bytes are a recording or no recording, and a recording can always be judged.

use super::build::told_again;
use crate::recording::read;
use crate::{Reference, memory, scenario};
use imdspec_rules::{Capabilities, judge, rules};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Files that are fine, of each format.
static FINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let names = [
        "doc/chunked",
        "err/cut-list",
        "token/revoked-between-resolves",
    ];
    let such = scenario::embedded()
        .iter()
        .filter(|s| names.contains(&s.name.as_str()));
    let har = br#"{"log":{"entries":[{"startedDateTime":"2026-01-01T00:00:00Z","time":1,"request":
        {"method":"GET","url":"http://h:1/latest/meta-data/iam/info","headers":[]},"response":
        {"status":200,"headers":[],"content":{"size":1,"text":"x"}}}]}}"#;
    let mut files = vec![har.to_vec()];
    for scenario in such {
        let trace = memory::run(scenario, &Reference::default(), 1);
        let capture = told_again(&trace);
        files.extend([
            capture.pcap(),
            capture.pcapng(),
            trace.to_string().into_bytes(),
        ]);
    }
    files
});

/// What becomes of any bytes is what is said here: nothing that panics.
fn takes(bytes: &[u8]) {
    let Ok(recording) = read(bytes, &[]) else {
        return;
    };
    for mut part in recording.parts {
        assert_eq!(part.places.len(), part.trace.events.len());
        part.set_one_resolve();
        assert_eq!(part.places.len(), part.trace.events.len());
        let judged = judge(rules::all(), &[&part.trace], &Capabilities::default());
        assert_eq!(judged.len(), rules::all().len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..512), magic in 0_usize..6) {
        let magics: [&[u8]; 6] = [
            b"", b"{", b"{\"imdspec_trace\":1", &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0],
            &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a], &[0xa1, 0xb2, 0xcd, 0x34],
        ];
        takes(&[magics[magic], &bytes].concat());
    }

    #[test]
    fn damaged_files_are_taken(
        file in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..12),
    ) {
        let mut bytes = FINE[file.index(FINE.len())].clone();
        for (at, value, how) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = value,
                1 => bytes.insert(at, value),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(24)),
            }
        }
        takes(&bytes);
    }
}
