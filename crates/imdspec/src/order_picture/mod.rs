//! The order in which subjects look for credentials, as a picture: on a terminal, in Markdown, as
//! SVG, and as a page.
//!
//! [`facts`] works out of a report what every picture says, in words; the renderers set it. What
//! comes from a subject is only text in all of them ([`text`]).

mod facts;
pub(crate) mod html;
pub(crate) mod markdown;
#[cfg(test)]
mod sample;
pub(crate) mod svg;
pub(crate) mod terminal;
pub(crate) mod text;

#[cfg(test)]
mod tests {
    use super::sample;
    use imdspec_suite::order::report::Report;
    use serde_json::Value;

    fn published() -> Value {
        let text = include_str!("../../../../docs/order.schema.json");
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn the_schema_that_is_published_is_the_shape_that_is_written() {
        let schema = jsonschema::validator_for(&published()).expect("a schema");
        for (name, report) in sample::all() {
            let mut written = serde_json::to_value(&report).expect("JSON");
            let errors: Vec<String> = schema
                .iter_errors(&written)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            let read: Report = serde_json::from_value(written.clone()).expect("a report");
            assert_eq!(read, report, "{name}");
            written["subjects"][0]["ladder"][0][0] = "somewhere".into();
            assert!(!schema.is_valid(&written), "{name}");
        }
    }

    #[test]
    fn the_schema_knows_every_source() {
        let named: Vec<&str> = imdspec_wire::Source::ALL.map(|s| s.as_str()).to_vec();
        assert_eq!(published()["$defs"]["source"]["enum"], Value::from(named));
    }
}
