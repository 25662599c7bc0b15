//! Scenarios a second in memory: run, and run and judged by every rule.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use imdspec_rules::{Capabilities, judge, rules};
use imdspec_suite::{Reference, memory, scenario};
use std::hint::black_box;

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

criterion_group!(benches, scenarios);
criterion_main!(benches);
