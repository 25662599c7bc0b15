//! A model that is asked, changed and aged in any order.

use super::books::Books;
use super::table::{self, Shown, Step};
use crate::{Change, Model, Reply, World};
use arbitrary::Unstructured;
use imdspec_wire::properties::has_turn;
use imdspec_wire::{Mono, Now, Request, TOKEN_HEADER, Wall};
use std::time::Duration;

/// The most steps of one life.
const MOST_STEPS: usize = 40;

/// A service that is asked and changed, as a [`Model`] is.
pub trait Imds {
    /// Answers a request.
    fn handle(&mut self, now: Now, request: &Request) -> Reply;
    /// Changes the world.
    fn change(&mut self, now: Now, change: Change);
}

impl Imds for Model {
    fn handle(&mut self, now: Now, request: &Request) -> Reply {
        Self::handle(self, now, request)
    }

    fn change(&mut self, now: Now, change: Change) {
        Self::change(self, now, change);
    }
}

/// A model keeps what [`model_requests_by`] says.
///
/// # Panics
/// When that does not hold.
pub fn model_requests(bytes: &[u8]) {
    model_requests_by(|world| Model::new(world, 1), bytes);
}

/// Whatever requests, changes and clock moves come, each healthy reply is the one that separate
/// books say it must be: who has shown a session token that was granted, has not expired and was
/// not revoked, and nobody else, reads where tokens are required; a token is granted for as long as
/// asked and no longer than the longest; the role list is the current role and the document is that
/// role's, whole, of one minting, and fresh; and the same life lived again, which one input in four has to, is the same to the byte.
///
/// # Panics
/// When that does not hold.
pub fn model_requests_by<M: Imds>(make: impl Fn(World) -> M, bytes: &[u8]) {
    let first = live(&make, bytes);
    if has_turn(bytes, 4) {
        assert_eq!(first, live(&make, bytes), "the same life again");
    }
}

/// Lives a life and gives every reply as it was.
fn live<M: Imds>(make: impl Fn(World) -> M, bytes: &[u8]) -> Vec<Reply> {
    let mut from = Unstructured::new(bytes);
    let mut replies = Vec::new();
    let Ok(world) = table::world(&mut from) else {
        return replies;
    };
    let mut books = Books::new(&world);
    let mut model = make(world);
    let mut now = Now {
        wall: Wall(1_767_225_600_000),
        mono: Mono(0),
    };
    for _ in 0..MOST_STEPS {
        if from.is_empty() {
            break;
        }
        match table::step(&mut from) {
            Err(_) => break,
            Ok(Step::Ask(mut request, shown)) => {
                for shown in shown {
                    let token = match shown {
                        Shown::Given(number, more) => books.given(number) + more,
                        Shown::Bogus(token) => token.to_owned(),
                    };
                    request.headers.push(TOKEN_HEADER, token);
                }
                let reply = model.handle(now, &request);
                books.check(now, &request, &reply);
                // How it goes on the wire is put to the test too, and is not to panic.
                assert!(reply.pieces().len() < 100_000);
                replies.push(reply);
            }
            Ok(Step::Advance(millis)) => now = now.plus(Duration::from_millis(millis)),
            Ok(Step::Jump(seconds)) => now.wall = now.wall.plus_seconds(seconds),
            Ok(Step::Change(change)) => {
                books.note(&change);
                model.change(now, change);
            }
        }
    }
    replies
}
