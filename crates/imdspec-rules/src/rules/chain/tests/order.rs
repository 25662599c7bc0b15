//! Whose credentials they are, in which order, and what a broken source does.

use super::{END, ORDER, asks_container, assumed, container, environment, gave, imds, says, used};
use crate::testing::{Build, document};
use crate::{End, Server, What};
use imdspec_wire::{Source, paths};

#[test]
fn chain_016_somebodys_as_they_are() {
    let says = |verdict, build| says("CHAIN-016", verdict, build);
    let set = || environment().resolve();
    says("held", gave(set(), "ENV"));
    says("held", used(set(), "ENV"));
    says("violated", gave(set(), "MADE-UP"));
    says("violated", set().gave_mixed("ENV", "MADE-UP", Some("ENV")));
    says("violated", set().gave_mixed("ENV", "ENV", Some("MADE-UP")));
    says("violated", set().gave_mixed("ENV", "ENV", None));
    let role = || {
        Build::new()
            .source(Source::AssumeRole, "works")
            .base_keys(Source::AssumeRole, "BASE")
            .resolve()
    };
    says("violated", gave(role(), "BASE"));
    says(
        "held",
        gave(assumed(role(), Source::AssumeRole, "BASE"), "ROLE"),
    );
    // The base of these is another source's own.
    let shared = Build::new()
        .source(Source::AssumeRoleEnvironment, "works")
        .base_keys(Source::AssumeRoleEnvironment, "ENV")
        .resolve();
    says("held", gave(shared, "ENV"));
    // Served in a way that no index takes up, or set where nobody announced it.
    let cut = asks_container(set()).reply_with(200, &[], &document("CUT", END), End::Short);
    says("vacuous", gave(cut, "CUT"));
    says("vacuous", gave(set().env("OWN_KEY", "OWN"), "OWN"));
    says("vacuous", set().refused());
    says("vacuous", gave(Build::new().resolve(), "ANY"));
}

#[test]
fn chain_017_the_first_that_works_wins() {
    let says = |verdict, build| says("CHAIN-017", verdict, build);
    let set = || {
        Build::new()
            .works(Source::SharedCredentials, "FILE")
            .source(Source::Container, "works")
            .order(&ORDER)
            .resolve()
    };
    says("held", gave(set(), "FILE"));
    says("violated", gave(container(set()), "CONT"));
    says("vacuous", set().refused());
    // With a broken one in front, both a refusal and the next are fine; one behind is not.
    let broken = || set().source(Source::Environment, "partial");
    says("held", gave(broken(), "FILE"));
    says("violated", gave(container(broken()), "CONT"));
    // A broken one that gives: tolerance, perhaps.
    let gives = broken().keys(Source::Environment, "ENV");
    says("vacuous", gave(gives, "ENV"));
    // A source that the order does not name.
    let other = set().keys(Source::Sso, "SSO");
    says("vacuous", gave(other, "SSO"));
    says("vacuous", gave(container(set().order(&[])), "CONT"));
    let remote = || {
        Build::new()
            .source(Source::Container, "works")
            .source(Source::Imds, "works")
            .order(&ORDER)
            .resolve()
    };
    says("violated", gave(imds(remote()), "IMDS"));
    // The one in front failed after all.
    let failed = asks_container(remote()).reply(500, "");
    says("vacuous", gave(imds(failed), "IMDS"));
    let encrypted = remote().push(What::Malformed {
        conn: 1,
        server: Server::Container,
        bytes: "\u{16}\u{3}".into(),
    });
    says("vacuous", gave(imds(encrypted), "IMDS"));
    // With a profile named, the environment may be passed by.
    let named = |b: Build| b.works(Source::Environment, "ENV").env("AWS_PROFILE", "a");
    says("held", gave(named(set()), "FILE"));
    says("vacuous", gave(named(set()), "ENV"));
    says("violated", gave(container(named(set())), "CONT"));
    // What a role rests on stands where it stands itself.
    let role = || {
        Build::new()
            .source(Source::AssumeRoleContainer, "works")
            .order(&ORDER)
            .resolve()
    };
    let both = || assumed(container(role()), Source::AssumeRoleContainer, "CONT");
    says("held", gave(both(), "ROLE"));
    says("violated", gave(container(role()), "CONT"));
}

#[test]
fn chain_018_nobody_behind_is_asked() {
    let says = |verdict, build| says("CHAIN-018", verdict, build);
    let set = || environment().order(&ORDER).resolve();
    says("held", gave(set(), "ENV"));
    says("violated", gave(imds(set()), "ENV"));
    says("violated", gave(set().ran(), "ENV"));
    let both = set().source(Source::Container, "works");
    says("violated", gave(container(both), "ENV"));
    let lookup = set()
        .token("t")
        .get(paths::REGION, "t")
        .reply(200, "eu-west-1");
    says("held", gave(lookup, "ENV"));
    let identity = set().assume("GetCallerIdentity", "ENV").reply(200, "<x/>");
    says("held", gave(identity, "ENV"));
    // The winner's own requests, and those of one in front.
    let role = || {
        Build::new()
            .source(Source::AssumeRoleContainer, "works")
            .source(Source::Process, "works")
            .order(&ORDER)
            .resolve()
    };
    let both = assumed(container(role()), Source::AssumeRoleContainer, "CONT");
    says("held", gave(both, "ROLE"));
    let denied = container(role())
        .assume("AssumeRole", "CONT")
        .reply(403, "");
    let last = denied.ran().keys(Source::Process, "PROC");
    says("vacuous", gave(last, "PROC"));
    // A source that the order does not name, or no order.
    let sso = set().ask_at(Server::Sso, "GET", "/federation/credentials", &[]);
    says("held", gave(sso, "ENV"));
    says("vacuous", gave(imds(environment().resolve()), "ENV"));
    says("vacuous", imds(set()).refused());
}

#[test]
fn chain_019_broken_with_one_behind() {
    let set = || {
        Build::new()
            .source(Source::Process, "exit-1")
            .source(Source::Container, "works")
            .resolve()
    };
    let observes = |build: Build, value| build.observes("CHAIN-019", value);
    observes(set().order(&ORDER).refused(), "process exit-1: stops");
    observes(
        gave(container(set().order(&ORDER)), "CONT"),
        "process exit-1: goes on",
    );
    observes(set().order(&ORDER).crashed(), "process exit-1: breaks");
    let gives = set().order(&ORDER).keys(Source::Process, "PROC");
    observes(gave(gives, "PROC"), "process exit-1: gives");
    // Without an order, only what was seen to be asked first.
    observes(set().ran().refused(), "process exit-1: stops");
    observes(
        gave(container(set().ran()), "CONT"),
        "process exit-1: goes on",
    );
    let says = |verdict, build| says("CHAIN-019", verdict, build);
    says("vacuous", set().refused());
    says("vacuous", gave(container(set()), "CONT"));
    // One that works in front, two that are broken, or the one behind broken too.
    let front = set().works(Source::Environment, "ENV").order(&ORDER);
    says("vacuous", gave(front, "ENV"));
    let two = set().source(Source::Environment, "partial").order(&ORDER);
    says("vacuous", two.refused());
    let failed = asks_container(set().order(&ORDER)).reply(500, "");
    says("vacuous", failed.refused());
    says("vacuous", gave(environment().resolve(), "ENV"));
    let partial = Build::new()
        .source(Source::Environment, "partial")
        .source(Source::Imds, "works")
        .resolve();
    observes(gave(imds(partial), "IMDS"), "environment partial: goes on");
}
