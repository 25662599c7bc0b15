//! Scenarios a second in memory: run, and run and judged by every rule; those we wrote, and those of
//! chance.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imdspec_rules::{Capabilities, judge, rules};
use imdspec_suite::fuzz::Reach;
use imdspec_suite::{Reference, Scenario, explore, memory, scenario};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn scenarios(c: &mut Criterion) {
    let reference = Reference::default();
    let all = scenario::embedded();
    // Endless bodies are tens of megabytes each: a test of bounds, not of speed.
    let usual: Vec<_> = all
        .iter()
        .filter(|s| !s.world.faults.iter().any(|f| f.endless || f.drip.is_some()))
        .collect();
    let mut group = c.benchmark_group("in memory");
    group.throughput(Throughput::Elements(usual.len() as u64));
    group.bench_function("run", |b| {
        b.iter(|| {
            for scenario in &usual {
                black_box(memory::run(scenario, &reference, 1));
            }
        });
    });
    group.bench_function("run and judged by every rule", |b| {
        b.iter(|| {
            for scenario in &usual {
                let trace = memory::run(scenario, &reference, 1);
                black_box(judge(rules::all(), &[trace], &Capabilities::default()));
            }
        });
    });
    group.finish();
}

/// Lives as `imdspec explore` draws them.
fn lives(c: &mut Criterion) {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut bytes = || {
        let mut bytes = vec![0; (chance.next_u32() % 128) as usize];
        chance.fill_bytes(&mut bytes);
        bytes
    };
    let all: Vec<Scenario> = (0..2000)
        .map(|_| explore::life(&bytes(), Reach::ALL))
        .collect();
    let reference = Reference::default();
    let mut group = c.benchmark_group("lives in memory");
    group.throughput(Throughput::Elements(all.len() as u64));
    group.bench_function("run", |b| {
        b.iter(|| {
            for scenario in &all {
                black_box(memory::run(scenario, &reference, 1));
            }
        });
    });
    let has = Capabilities::default();
    group.bench_function("run and judged by every rule", |b| {
        b.iter(|| {
            for scenario in &all {
                let trace = memory::run(scenario, &reference, 1);
                black_box(imdspec_suite::fuzz::broken(&trace, &has));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, scenarios, lives);
criterion_main!(benches);
