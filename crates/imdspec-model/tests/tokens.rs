//! The model's session tokens against a map from tokens to the moments they end.

use imdspec_model::{Change, Model, World};
use imdspec_wire::{Mono, Now, Request, TOKEN_HEADER, TTL_HEADER, Wall, paths};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use std::time::Duration;

/// The simpler machine: when each token issued so far ends, in milliseconds.
#[derive(Debug, Clone, Default)]
struct Map {
    now: u64,
    ends: Vec<u64>,
}

#[derive(Debug, Clone)]
enum Step {
    Issue(u64),
    Advance(u64),
    Revoke,
    Use(Index),
    UseUnknown(String),
}

impl ReferenceStateMachine for Map {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        prop_oneof![
            4 => prop_oneof![1..=5_u64, 1..=21_600_u64].prop_map(Step::Issue),
            // Short and long steps, and steps that end on the very millisecond a token does.
            4 => prop_oneof![
                0..3_000_u64,
                0..22_000_000_u64,
                (1..=5_u64).prop_map(|s| s * 1000),
                (1..=5_u64).prop_map(|s| s * 1000 - 1),
            ]
            .prop_map(Step::Advance),
            1 => Just(Step::Revoke),
            8 => any::<Index>().prop_map(Step::Use),
            1 => "[!-~]{0,56}".prop_map(Step::UseUnknown),
        ]
        .boxed()
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match step {
            Step::Issue(ttl) => state.ends.push(state.now + ttl * 1000),
            Step::Advance(by) => state.now += by,
            Step::Revoke => state.ends.iter_mut().for_each(|end| *end = 0),
            Step::Use(_) | Step::UseUnknown(_) => {}
        }
        state
    }
}

struct Served {
    model: Model,
    tokens: Vec<String>,
}

impl StateMachineTest for Served {
    type SystemUnderTest = Self;
    type Reference = Map;

    fn init_test(_: &Map) -> Self {
        Self {
            model: Model::new(World::default(), 11),
            tokens: Vec::new(),
        }
    }

    fn apply(mut served: Self, map: &Map, step: Step) -> Self {
        let now = Now {
            // The date has no say in this.
            wall: Wall(0),
            mono: Mono::default().plus(Duration::from_millis(map.now)),
        };
        match step {
            Step::Issue(ttl) => {
                let put = Request::new("PUT", paths::TOKEN).with(TTL_HEADER, ttl.to_string());
                let reply = served.model.handle(now, &put);
                assert_eq!(reply.headers.get(TTL_HEADER), Some(&*ttl.to_string()));
                let token = reply.body.text().into_owned();
                assert!(!served.tokens.contains(&token));
                served.tokens.push(token);
            }
            Step::Advance(_) => {}
            Step::Revoke => served.model.change(now, Change::RevokeTokens),
            Step::Use(_) if served.tokens.is_empty() => {}
            Step::Use(index) => {
                let i = index.index(served.tokens.len());
                let get = Request::new("GET", "/").with(TOKEN_HEADER, served.tokens[i].as_str());
                let expected = if map.now < map.ends[i] { 200 } else { 401 };
                assert_eq!(served.model.handle(now, &get).status, expected);
            }
            Step::UseUnknown(token) => {
                let get = Request::new("GET", "/").with(TOKEN_HEADER, token);
                assert_eq!(served.model.handle(now, &get).status, 401);
            }
        }
        served
    }
}

prop_state_machine! {
    #[test]
    fn tokens_live_as_the_map_says(sequential 1..80 => Served);
}
