//! The macros that make fuzz targets of other people's providers.

/// A fuzz target that puts a provider through worlds of chance, judged by every rule.
///
/// ```text
/// #![no_main]
/// // Over sockets: any provider that can be told an endpoint.
/// imdspec_suite::fuzz_provider!(|environment| MyProvider::new(environment));
///
/// // In memory, with what is known of it.
/// imdspec_suite::fuzz_provider!(
///     FuzzProvider::new("mine", |environment| MyProvider::new(environment))
///         .in_memory()
///         .known("DOC-003", "does not look at Code; reported")
///         .known_panic("valid request", "a role list that makes no URI; reported")
/// );
/// ```
///
/// The crate that uses it has `libfuzzer-sys` among its dependencies, as `cargo fuzz init` makes it.
/// What is given is what [`FuzzProvider::new`](crate::fuzz::FuzzProvider::new) takes, or a
/// [`FuzzProvider`](crate::fuzz::FuzzProvider).
#[macro_export]
macro_rules! fuzz_provider {
    (|$environment:pat_param| $body:expr $(,)?) => {
        $crate::fuzz_provider!($crate::fuzz::FuzzProvider::new(
            env!("CARGO_PKG_NAME"),
            |$environment| $body
        ));
    };
    ($provider:expr $(,)?) => {
        ::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            static PROVIDER: ::std::sync::LazyLock<$crate::fuzz::FuzzProvider> =
                ::std::sync::LazyLock::new(|| $provider);
            PROVIDER.put_through(bytes);
        });
    };
}

/// A fuzz target that hands a document's bytes to a parser, and holds what comes of them against
/// what the rules demand.
///
/// ```text
/// #![no_main]
/// use imdspec_suite::in_process::credentials;
///
/// imdspec_suite::fuzz_document!(|bytes| {
///     let parsed = my_crate::parse(bytes).ok()?;
///     Some(credentials(parsed.id, parsed.secret, Some(&parsed.token), parsed.expiration))
/// });
/// ```
///
/// The closure gives [`Given`](crate::in_process::Given) for a document it takes, and none for one
/// it refuses. What is known of the parser may follow, as a function that is told the document and
/// what is [`Wrong`](crate::fuzz::document::Wrong): `|bytes| …, known: |bytes, wrong| …`.
#[macro_export]
macro_rules! fuzz_document {
    (|$bytes:ident| $body:expr $(,)?) => {
        $crate::fuzz_document!(|$bytes| $body, known: |_, _| false);
    };
    (|$bytes:ident| $body:expr, known: $known:expr $(,)?) => {
        ::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            let parse = |$bytes: &[u8]| -> Option<$crate::in_process::Given> { $body };
            $crate::fuzz::hold_document_but(bytes, parse(bytes).as_ref(), $known);
        });
    };
}
