//! Every input of the corpus, read as its name says it must be, and put through the property that
//! the fuzz target of the same name puts to the test.

use imdspec_wire::{
    CredentialDocument, Limits, Received, Response, ResponseReader, RoleList, Timestamp,
    TokenReply, WireError, properties,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One folder: its name, the property, and whether an input is accepted.
struct Folder {
    name: &'static str,
    property: fn(&[u8]),
    read: fn(&[u8]) -> Result<(), WireError>,
}

const FOLDERS: [Folder; 5] = [
    Folder {
        name: "credential_document",
        property: properties::credential_document,
        read: |bytes| {
            CredentialDocument::parse(bytes)?.credentials()?;
            Ok(())
        },
    },
    Folder {
        name: "role_list",
        property: properties::role_list,
        read: |bytes| RoleList::parse(bytes).map(drop),
    },
    Folder {
        name: "token_reply",
        property: |bytes| {
            let _ = token_reply(bytes);
        },
        read: token_reply,
    },
    Folder {
        name: "timestamp",
        property: |bytes| properties::timestamp(text(bytes)),
        read: |bytes| Timestamp::parse(text(bytes)).map(drop),
    },
    Folder {
        name: "http_response",
        property: properties::http_response,
        read: |bytes| response("GET", bytes).map(drop),
    },
];

fn token_reply(bytes: &[u8]) -> Result<(), WireError> {
    TokenReply::parse(&response("PUT", bytes)?).map(drop)
}

/// The reply that `bytes` are when the connection closes after them.
fn response(method: &str, bytes: &[u8]) -> Result<Response, WireError> {
    let limits = Limits {
        head: 64 * 1024,
        body: 1024 * 1024,
    };
    let mut reader = ResponseReader::new(method, limits);
    match reader.feed(bytes)? {
        Received::Done(response) => Ok(response),
        Received::More => reader.end(),
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the texts of this folder are UTF-8")
}

fn path(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../corpus")
        .join(folder)
}

/// The inputs of a folder, by name; its manifest is none.
fn inputs(folder: &str) -> BTreeSet<String> {
    std::fs::read_dir(path(folder))
        .expect("a folder of the corpus")
        .map(|entry| entry.expect("readable").file_name())
        .map(|name| name.into_string().expect("plain"))
        .filter(|name| name != "MANIFEST.toml")
        .collect()
}

/// What is wrong with an input, if anything.
fn wrong(folder: &Folder, name: &str, manifest: &toml::Table) -> Option<String> {
    let bytes = std::fs::read(path(folder.name).join(name)).expect("readable");
    (folder.property)(&bytes);
    // A past crash says no more than that it must not come back.
    if name.starts_with("crash-") {
        return None;
    }
    let Some(entry) = manifest.get(name) else {
        return Some("is not in the manifest".into());
    };
    let said = |key: &str| entry.get(key).and_then(toml::Value::as_str).unwrap_or("");
    if said("why").is_empty() || said("source").is_empty() {
        return Some("has no why, or no source".into());
    }
    let result = (folder.read)(&bytes);
    let found = if result.is_ok() {
        "accepted"
    } else {
        "refused"
    };
    let expected = match name.get(..2) {
        Some("y_") => "accepted",
        Some("n_") => "refused",
        Some("i_") => said("reference"),
        _ => return Some("bears no verdict in its name".into()),
    };
    let words = format!("is {found} ({result:?}), and ought to be {expected:?}");
    (found != expected).then_some(words)
}

#[test]
fn the_corpus_holds() {
    let mut all = Vec::new();
    let mut replayed = 0;
    for folder in &FOLDERS {
        let file = std::fs::read_to_string(path(folder.name).join("MANIFEST.toml"));
        let manifest: toml::Table = file.expect("a manifest").parse().expect("TOML");
        let inputs = inputs(folder.name);
        for name in &inputs {
            let wrong = wrong(folder, name, &manifest);
            all.extend(wrong.map(|w| format!("{}/{name} {w}", folder.name)));
        }
        let gone = manifest.keys().filter(|name| !inputs.contains(*name));
        all.extend(gone.map(|name| format!("{}/{name} is in the manifest only", folder.name)));
        replayed += inputs.len();
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(replayed >= 400, "{replayed} inputs");
}
