//! Worlds nobody thought of: random faults and clock moves, in virtual time, judged by every rule.

use imdspec_client::Options;
use imdspec_model::{Fault, Framing, Instead, Mode, Nth, On, Profile, Span, World};
use imdspec_rules::{Capabilities, Capability, judge, rules};
use imdspec_suite::scenario::Yes;
use imdspec_suite::{Reference, Scenario, Step, memory};
use proptest::prelude::*;

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    prop::collection::vec(fault(), 0..4)
}

fn fault() -> impl Strategy<Value = Fault> {
    let on = prop::sample::select(vec![
        On::Any,
        On::Token,
        On::Metadata,
        On::Roles,
        On::Document,
    ]);
    let nth = (1..4_u32, prop::option::of(0..3_u32)).prop_map(|(first, more)| Nth {
        first,
        last: more.map(|m| first + m),
    });
    let what = prop_oneof![
        4 => prop::sample::select(vec![200, 204, 301, 307, 400, 401, 403, 404, 405, 429, 500, 503])
            .prop_map(|status| Fault { status: Some(status), ..Fault::default() }),
        3 => prop::sample::select(vec![
            "", "null", "5", "[]", "{}", "role\n", "a\nb", "../../x", "evil\r\nX-Y: z",
            r#"{"Code":"Failed","Message":"no"}"#,
            r#"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"${expiration+4m}"}"#,
            r#"{"AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"${expiration-10m}"}"#,
            r#"{"Code":"Success","AccessKeyId":1,"SecretAccessKey":"","Token":null,"Expiration":"x"}"#,
        ]).prop_map(|body| Fault { body: Some(body.into()), ..Fault::default() }),
        2 => prop::sample::select(vec![Instead::Silence, Instead::Close, Instead::Reset, Instead::Garbage])
            .prop_map(|instead| Fault { instead: Some(instead), ..Fault::default() }),
        1 => (0..300_u64).prop_map(|cut| Fault { cut: Some(cut), ..Fault::default() }),
        1 => prop::sample::select(vec![Framing::Chunked, Framing::Close])
            .prop_map(|framing| Fault { framing: Some(framing), ..Fault::default() }),
        1 => Just(Fault { interim: vec![100, 103], ..Fault::default() }),
        1 => prop::sample::select(vec!["300ms", "1500ms"])
            .prop_map(|d| Fault { delay: d.parse().ok(), ..Fault::default() }),
        1 => Just(Fault { drip: "500ms".parse().ok(), ..Fault::default() }),
        1 => Just(Fault { header_flood: Some(500), ..Fault::default() }),
        1 => prop::sample::select(vec!["", "abc", "-1", "1", "18446744073709551615"]).prop_map(|ttl| Fault {
            on: On::Token,
            headers: vec![("X-aws-ec2-metadata-token-ttl-seconds".into(), ttl.into())],
            ..Fault::default()
        }),
    ];
    (on, nth, what).prop_map(|(on, nth, fault)| Fault { on, nth, ..fault })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let span = |texts: &[&str]| {
        let spans: Vec<Span> = texts.iter().filter_map(|t| t.parse().ok()).collect();
        prop::sample::select(spans)
    };
    let step = prop_oneof![
        5 => (1..4_u32).prop_map(Step::Resolve),
        3 => span(&["1s", "59s", "4m", "5m 30s", "16m", "59m", "5h 50m", "6h", "24h"]).prop_map(Step::Advance),
        1 => span(&["-24h", "-90s", "61s", "8760h"]).prop_map(Step::Jump),
        1 => Just(Step::RevokeTokens(Yes)),
        1 => Just(Step::Rotate(Yes)),
        1 => prop::sample::select(vec!["other-role", "", "imdspec-role"]).prop_map(|r| Step::Role(r.into())),
        1 => prop::sample::select(vec![Mode::V2Required, Mode::V2Optional, Mode::V1Only, Mode::Off]).prop_map(Step::Mode),
        2 => faults().prop_map(Step::Faults),
    ];
    prop::collection::vec(step, 1..10).prop_map(|mut steps| {
        steps.push(Step::Resolve(1));
        steps
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let mode = prop::sample::select(vec![
        Mode::V2Required,
        Mode::V2Required,
        Mode::V2Optional,
        Mode::V1Only,
    ]);
    let profile = prop::sample::select(vec![
        Profile::Http11,
        Profile::Http11Close,
        Profile::Http10,
        Profile::TtlOnGets,
    ]);
    let token = prop::sample::select(vec![1, 60, 121, 600, 21_600]).prop_map(Span::seconds);
    let life = prop::sample::select(vec![60, 600, 3600, 21_600]).prop_map(Span::seconds);
    (mode, profile, token, life, faults()).prop_map(|(mode, profile, token, life, faults)| World {
        mode,
        profile,
        longest_token: token,
        credential_lifetime: life,
        faults,
        ..World::default()
    })
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    (worlds(), steps()).prop_map(|(world, steps)| Scenario {
        name: "random".into(),
        title: "random".into(),
        exercises: Vec::new(),
        why: None,
        clock: Default::default(),
        network: Default::default(),
        endpoint: Default::default(),
        links: Default::default(),
        sources: Default::default(),
        profile: None,
        world,
        env: Default::default(),
        config: Default::default(),
        code: Default::default(),
        files: Default::default(),
        steps,
    })
}

fn broken_rules(scenario: &Scenario, v1_fallback: bool, seed: u64) -> Vec<String> {
    let reference = Reference {
        options: Options {
            v1_fallback,
            ..Options::default()
        },
    };
    let trace = memory::run(scenario, &reference, seed);
    let mut has = Capabilities::default();
    for capability in Capability::ALL {
        let v1 = matches!(
            capability,
            Capability::V1Fallback | Capability::V1DisableSetting
        );
        has.declare(capability, !v1 || v1_fallback);
    }
    judge(rules::all(), &[trace], &has)
        .iter()
        .flat_map(|j| {
            j.evidence
                .iter()
                .map(|e| format!("{}: {:?}", j.rule.id, e.evidence))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn the_reference_client_holds_every_rule(scenario in scenarios(), v1: bool, seed: u64) {
        prop_assert_eq!(broken_rules(&scenario, v1, seed), Vec::<String>::new());
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes(scenario in scenarios(), seed: u64) {
        let run = || memory::run(&scenario, &Reference::default(), seed).to_string();
        prop_assert_eq!(run(), run());
    }
}
