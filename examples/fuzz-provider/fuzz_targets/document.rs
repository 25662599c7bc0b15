#![no_main]
//! What the provider makes of a document, held against what the rules demand.

use imdspec_example_fuzz_provider::{document, known_document};

imdspec_suite::fuzz_document!(|bytes| document(bytes), known: known_document);
