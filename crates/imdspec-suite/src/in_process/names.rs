//! The names of the built-in scenarios as Rust has them; `build.rs` writes them.

include!(concat!(env!("OUT_DIR"), "/in_process.rs"));

#[cfg(test)]
mod tests {
    use crate::scenario::embedded;

    #[test]
    fn every_embedded_scenario_has_a_test_and_no_other() {
        let embedded: Vec<&str> = embedded().iter().map(|s| s.name.as_str()).collect();
        let named: Vec<&str> = super::NAMES.iter().map(|(name, _)| *name).collect();
        assert_eq!(named, embedded);
    }

    #[test]
    fn a_test_is_ignored_at_build_time_for_the_reason_it_would_not_run() {
        use crate::in_process::{Take, Takes};
        use crate::scenario::ClockNeed;
        for (name, needs) in super::NAMES {
            let scenario = embedded().iter().find(|s| s.name == *name).unwrap();
            let takes = needs
                .iter()
                .filter_map(|n| Take::named(n))
                .collect::<Takes>();
            let addresses = needs.contains(&"addresses");
            assert_eq!(addresses, scenario.needs_addresses(), "{name}");
            let still = needs.contains(&"virtual_clock");
            assert_eq!(still, scenario.clock == ClockNeed::Virtual, "{name}");
            let never = addresses || still;
            assert_eq!(takes.why_not(scenario).is_some(), never, "{name}");
            for need in needs.iter().filter(|n| Take::named(n).is_some()) {
                let others = needs.iter().filter(|n| *n != need);
                let takes = others.filter_map(|n| Take::named(n)).collect::<Takes>();
                assert!(takes.why_not(scenario).is_some(), "{name} without {need}");
            }
        }
    }
}
