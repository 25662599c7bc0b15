//! The macro that makes each scenario a test, and what it expands to.

/// A test for every built-in scenario, in modules by topic: `doc::code_failed_with_keys`.
///
/// ```text
/// imdspec_suite::conformance! {
///     takes: [variables, clock],           // what the factory takes besides the endpoint
///     snapshots: true,                     // keep the conversations, too (feature `insta`)
///     Conformance::new("mine", |environment| MyProvider::new(environment))
/// }
/// ```
///
/// Both settings may be left out. A scenario that gives what the factory does not take becomes an
/// ignored test with its reason; [`Take`](crate::in_process::Take) lists what there is. One more
/// test, `expectations`, looks at the expected violations themselves.
#[macro_export]
macro_rules! conformance {
    (takes: [$($take:ident),* $(,)?], snapshots: true, $conformance:expr $(,)?) => {
        $crate::__imdspec_conformance! { [$($take)*] [snapshots] $conformance }
    };
    (takes: [$($take:ident),* $(,)?], $conformance:expr $(,)?) => {
        $crate::__imdspec_conformance! { [$($take)*] [] $conformance }
    };
    (snapshots: true, $conformance:expr $(,)?) => {
        $crate::__imdspec_conformance! { [] [snapshots] $conformance }
    };
    ($conformance:expr $(,)?) => {
        $crate::__imdspec_conformance! { [] [] $conformance }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_conformance {
    ([$($take:ident)*] $snapshots:tt $conformance:expr) => {
        fn __imdspec_conformance() -> $crate::in_process::Conformance {
            $(const _: () = $crate::__imdspec_known!($take);)*
            let conformance: $crate::in_process::Conformance = $conformance;
            conformance.takes([$(stringify!($take)),*].into_iter().filter_map($crate::in_process::Take::named))
        }

        #[test]
        fn expectations() {
            __imdspec_conformance().check_expectations();
        }

        $crate::__imdspec_scenarios! { [$($take)*] $snapshots }
    };
}

/// A word in `takes` that means nothing does not compile.
#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_known {
    (variables) => {
        ()
    };
    (config_file) => {
        ()
    };
    (code) => {
        ()
    };
    (clock) => {
        ()
    };
    (proxy) => {
        ()
    };
    ($other:ident) => {
        compile_error!(concat!(
            "takes: `",
            stringify!($other),
            "` is none of variables, config_file, code, clock, proxy"
        ))
    };
}

/// One test: run, or ignored for the first thing it needs and does not get.
#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_test {
    ($name:ident $scenario:literal [] $takes:tt $snapshots:tt) => {
        #[test]
        fn $name() {
            $crate::__imdspec_body! { $name $scenario $snapshots }
        }
    };
    ($name:ident $scenario:literal [addresses $($needs:ident)*] $takes:tt $snapshots:tt) => {
        $crate::__imdspec_ignored! {
            $name $scenario
            "not run: needs the service's real addresses, which the loopback endpoint has not"
        }
    };
    ($name:ident $scenario:literal [virtual_clock $($needs:ident)*] $takes:tt $snapshots:tt) => {
        $crate::__imdspec_ignored! {
            $name $scenario
            "not run: needs a clock that stands still: seconds decide"
        }
    };
    ($name:ident $scenario:literal [$need:ident $($needs:ident)*] $takes:tt $snapshots:tt) => {
        $crate::__imdspec_need! {
            $need $takes
            { $crate::__imdspec_test! { $name $scenario [$($needs)*] $takes $snapshots } }
            { $crate::__imdspec_unmet! { $need $name $scenario } }
        }
    };
}

/// The first block if `takes` has the need, or the second.
#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_need {
    (clock [clock $($more:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (code [code $($more:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (config_file [config_file $($more:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (variables [variables $($more:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (proxy [proxy $($more:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    ($need:ident [] $yes:tt { $($no:tt)* }) => { $($no)* };
    ($need:ident [$other:ident $($more:ident)*] $yes:tt $no:tt) => {
        $crate::__imdspec_need! { $need [$($more)*] $yes $no }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_unmet {
    (clock $name:ident $scenario:literal) => {
        $crate::__imdspec_ignored! { $name $scenario "not run: needs a clock that can be moved" }
    };
    (code $name:ident $scenario:literal) => {
        $crate::__imdspec_ignored! { $name $scenario "not run: gives settings in code" }
    };
    (config_file $name:ident $scenario:literal) => {
        $crate::__imdspec_ignored! { $name $scenario "not run: gives a config file" }
    };
    (variables $name:ident $scenario:literal) => {
        $crate::__imdspec_ignored! { $name $scenario "not run: gives environment variables" }
    };
    (proxy $name:ident $scenario:literal) => {
        $crate::__imdspec_ignored! { $name $scenario "not run: gives proxy variables" }
    };
}

/// A test that is not run; asked for all the same, it fails with the reason.
#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_ignored {
    ($name:ident $scenario:literal $reason:literal) => {
        #[test]
        #[ignore = $reason]
        fn $name() {
            $crate::__imdspec_body! { $name $scenario [] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_body {
    ($name:ident $scenario:literal []) => {
        __imdspec_conformance().test($scenario, &$crate::__imdspec_place!($name));
    };
    ($name:ident $scenario:literal [snapshots]) => {
        let report = __imdspec_conformance().test($scenario, &$crate::__imdspec_place!($name));
        $crate::__imdspec_snapshot! { $scenario report }
    };
}

/// The conversation as a snapshot, named after the test, so that `cargo insta review` finds it.
#[cfg(feature = "insta")]
#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_snapshot {
    ($scenario:literal $report:ident) => {
        $crate::in_process::insta::with_settings!({
            description => $scenario,
            omit_expression => true,
        }, {
            $crate::in_process::insta::assert_snapshot!($report.conversation());
        });
    };
}

#[cfg(not(feature = "insta"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_snapshot {
    ($scenario:literal $report:ident) => {
        compile_error!("snapshots need the feature `insta` of imdspec-suite")
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __imdspec_place {
    ($name:ident) => {
        $crate::in_process::Place {
            package: env!("CARGO_PKG_NAME"),
            module: module_path!(),
            function: stringify!($name),
        }
    };
}

/// Where a test stands, to say how it is run again.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub package: &'static str,
    pub module: &'static str,
    pub function: &'static str,
}

impl Place {
    /// The command that runs this test alone.
    pub(super) fn again(&self) -> String {
        // The first part of a module's path is the crate, which libtest leaves out.
        let modules = self.module.split_once("::").map_or("", |(_, rest)| rest);
        let separator = if modules.is_empty() { "" } else { "::" };
        format!(
            "cargo test -p {} -- --exact {modules}{separator}{}",
            self.package, self.function
        )
    }
}
