//! When newer credentials are asked for, and what is returned when there are none.

use crate::play::*;
use imdspec_client::{Environment, ErrorKind, Lost};
use imdspec_wire::{Mono, Timestamp, Wall};
use std::time::Duration;

/// A play that holds credentials "A" for `minutes`.
fn holding(minutes: i64) -> Play {
    let mut play = Play::new(&Environment::default());
    let end = play.after(60 * minutes);
    play.resolve(conversation("A", &end)).unwrap();
    play
}

#[track_caller]
fn assert_held(play: &mut Play) {
    assert_eq!(play.resolve([]).unwrap().access_key_id, "A");
}

#[track_caller]
fn assert_refreshed(play: &mut Play) {
    let end = play.after(6 * 3600);
    assert_eq!(play.resolve(refresh("B", &end)).unwrap().access_key_id, "B");
}

/// Minutes from now to the reported expiration.
fn minutes_left(outcome: &Outcome, play: &Play) -> f64 {
    let end = outcome.as_ref().unwrap().expiration.unwrap();
    end.wall().millis_since(play.now.wall) as f64 / 60_000.0
}

#[test]
fn they_are_returned_without_a_request_until_15_minutes_before_their_end() {
    let mut play = holding(60);
    assert_held(&mut play);
    play.advance(minutes(45));
    assert_held(&mut play);
    play.advance(Duration::from_secs(1));
    assert_refreshed(&mut play);
}

#[test]
fn their_own_expiration_is_reported() {
    for minutes in [1, 14, 60] {
        let mut play = Play::new(&Environment::default());
        let end = play.after(60 * minutes);
        let outcome = play.resolve(conversation("A", &end));
        assert_eq!(outcome.unwrap().expiration.unwrap().to_string(), end);
    }
}

#[test]
fn a_failed_early_refresh_keeps_them_and_waits_a_minute() {
    let mut play = holding(60);
    play.advance(minutes(46));
    let outcome = play.resolve(failing());
    assert_eq!(minutes_left(&outcome, &play), 14.0);
    play.advance(Duration::from_secs(59));
    assert_held(&mut play);
    play.advance(Duration::from_secs(1));
    assert_eq!(play.resolve(failing()).unwrap().access_key_id, "A");
    play.advance(minutes(1));
    assert_refreshed(&mut play);
}

#[test]
fn a_refresh_that_gives_the_same_ones_waits_a_minute() {
    let mut play = holding(14);
    let end = play.after(14 * 60);
    assert_held(&mut play);
    play.advance(minutes(1));
    assert_eq!(play.resolve(refresh("A", &end)).unwrap().access_key_id, "A");
    assert_held(&mut play);
    play.advance(minutes(1));
    assert_refreshed(&mut play);
}

#[test]
fn a_try_is_due_below_five_minutes_whatever_came_before() {
    let mut play = holding(60);
    play.advance(minutes(54) + Duration::from_secs(50));
    assert!(play.resolve(failing()).is_ok());
    play.advance(Duration::from_secs(11));
    assert!(play.resolve(failing()).is_ok());
    play.advance(Duration::from_secs(30));
    assert_held(&mut play);
    play.advance(Duration::from_secs(30));
    assert_refreshed(&mut play);
}

#[test]
fn a_try_is_due_after_their_end_whatever_came_before() {
    let mut play = holding(60);
    play.advance(minutes(59) + Duration::from_secs(50));
    assert!(play.resolve(failing()).is_ok());
    play.advance(Duration::from_secs(10));
    assert_refreshed(&mut play);
}

#[test]
fn expired_ones_are_extended_while_the_service_fails() {
    let expired = [
        status(500, ""),
        status(404, ""),
        ok(""),
        Line::Silence,
        Line::Lost(Lost::Refused),
        Line::Lost(Lost::NotHttp),
    ];
    for line in expired {
        let mut play = holding(60);
        play.advance(minutes(61));
        let outcome = play.resolve_with(|_| line.clone());
        assert_eq!(outcome.as_ref().unwrap().access_key_id, "A");
        let left = minutes_left(&outcome, &play);
        assert!((10.0..=15.0).contains(&left), "{left}");
    }
}

#[test]
fn a_document_that_says_failure_is_a_failed_refresh() {
    let mut play = holding(60);
    play.advance(minutes(61));
    let failed = r#"{"Code":"AssumeRoleUnauthorizedAccess"}"#;
    let outcome = play.resolve([
        (get(LIST, "T1"), ok("role")),
        (get(DOCUMENT, "T1"), ok(failed)),
    ]);
    assert_eq!(outcome.unwrap().access_key_id, "A");
}

#[test]
fn an_expired_document_is_accepted_and_extended() {
    let mut play = Play::new(&Environment::default());
    let past = play.after(-14 * 60);
    let outcome = play.resolve(conversation("A", &past));
    assert_eq!(outcome.as_ref().unwrap().access_key_id, "A");
    assert!((10.0..=15.0).contains(&minutes_left(&outcome, &play)));
    // At most one try in five minutes.
    for _ in 0..4 {
        play.advance(Duration::from_secs(74));
        assert_held(&mut play);
    }
    play.advance(Duration::from_secs(4));
    let outcome = play.resolve(failing());
    assert!((10.0..=15.0).contains(&minutes_left(&outcome, &play)));
    // And the first good document ends it.
    play.advance(minutes(5));
    assert_refreshed(&mut play);
}

#[test]
fn an_expired_document_does_not_replace_one_that_lives() {
    let mut play = holding(60);
    play.advance(minutes(50));
    let past = play.after(-1);
    let outcome = play.resolve(refresh("OLD", &past));
    assert_eq!(outcome.as_ref().unwrap().access_key_id, "A");
    assert_eq!(minutes_left(&outcome, &play), 10.0);
    // Nor one that ended later.
    play.advance(minutes(11));
    let outcome = play.resolve(refresh("OLD", &past));
    assert_eq!(outcome.unwrap().access_key_id, "A");
}

#[test]
fn without_any_held_the_error_is_the_outcome_and_not_remembered() {
    let mut play = Play::new(&Environment::default());
    let outcome = play.resolve([(put(), status(403, ""))]);
    assert_error(&outcome, ErrorKind::Error, "403");
    let end = play.after(3600);
    assert!(play.resolve(conversation("A", &end)).is_ok());
}

#[test]
fn a_wall_clock_that_jumps_past_the_end_makes_a_refresh_due() {
    let mut play = holding(360);
    play.jump(24 * 3600);
    assert_refreshed(&mut play);
}

#[test]
fn a_wall_clock_that_moved_makes_one_refresh_due() {
    for seconds in [61, -61, -86_400] {
        let mut play = holding(360);
        play.jump(seconds);
        assert!(play.resolve(failing()).is_ok());
        assert_held(&mut play);
    }
    for seconds in [60, -60] {
        let mut play = holding(360);
        play.jump(seconds);
        assert_held(&mut play);
    }
}

#[test]
fn the_clock_that_leaves_less_life_counts() {
    for seconds in [40, -40] {
        let mut play = holding(60);
        play.advance(minutes(45) - Duration::from_secs(30));
        play.jump(seconds);
        if seconds > 0 {
            assert_refreshed(&mut play);
        } else {
            play.advance(Duration::from_secs(31));
            assert_refreshed(&mut play);
        }
    }
}

#[test]
fn a_wall_clock_set_back_gives_no_second_life() {
    let mut play = holding(60);
    let end = play.after(3600);
    play.advance(minutes(30));
    play.jump(-86_400);
    // The same document again: its end seems a day away, and is half an hour away.
    assert!(play.resolve(refresh("A", &end)).is_ok());
    play.advance(minutes(14));
    assert_held(&mut play);
    play.advance(minutes(2));
    assert_refreshed(&mut play);
}

#[test]
fn clocks_at_the_ends_of_their_range_do_no_harm() {
    for wall in [i64::MIN, i64::MAX, 0] {
        let mut play = holding(60);
        play.now.wall = Wall(wall);
        assert!(play.resolve(failing()).is_ok());
        play.now.mono = Mono(u64::MAX);
        let _ = play.resolve_with(|_| Line::Lost(Lost::Closed));
    }
    for end in ["0000-01-01T00:00:00Z", "9999-12-30T22:00:00Z"] {
        let mut play = Play::new(&Environment::default());
        let outcome = play.resolve(conversation("A", end));
        assert!(Timestamp::parse(end).is_ok() && outcome.is_ok(), "{end}");
    }
}
