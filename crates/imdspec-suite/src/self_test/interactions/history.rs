//! What a client has lived through, as a defect that needs two causes looks at it.

use crate::self_test::fixes::{is_put, is_roles, status, text};
use crate::self_test::tamper::{Ending, Heard, Passing, Sending, Tamper};
use imdspec_client::{ResolvedCredentials, Send};
use imdspec_wire::Now;
use std::cell::RefCell;
use std::rc::Rc;

/// What happened so far. Counts without another word are of the resolve under way.
#[derive(Default)]
pub(super) struct History {
    /// Replies of 401.
    pub(super) refusals: u32,
    /// Replies of 429.
    pub(super) throttled: u32,
    /// Whether there were some in the resolve before.
    pub(super) was_throttled: bool,
    /// Replies of 5xx, and no replies.
    pub(super) broken: u32,
    /// Resolves before this one, in a row, in which something was broken.
    pub(super) lapses: u32,
    /// How far the wall clock was set, in milliseconds, since the last resolve ended.
    pub(super) set: i64,
    /// Session tokens granted in all, the last of them, and the one before.
    pub(super) tokens: u32,
    pub(super) token: String,
    pub(super) former_token: String,
    /// The role listed last.
    pub(super) role: String,
    /// Whether another role was listed in this resolve than in the one before.
    pub(super) is_new_role: bool,
    /// What was given last.
    pub(super) given: Option<ResolvedCredentials>,
    /// Wall time less monotonic time.
    offset: Option<i64>,
    is_over: bool,
}

impl History {
    /// Whether what was given last is over.
    pub(super) fn is_stale(&self, now: Now) -> bool {
        let end = self.given.as_ref().and_then(|given| given.expiration);
        end.is_some_and(|end| end.wall() <= now.wall)
    }

    /// Whether the credentials of this ending are others than those given last.
    pub(super) fn is_rotated(&self, ending: &Ending) -> bool {
        match (&self.given, ending) {
            (Some(before), Ok(now)) => before.access_key_id != now.access_key_id,
            _ => false,
        }
    }

    fn begin(&mut self, now: Now) {
        let offset = now.wall.0 - i64::try_from(now.mono.0).unwrap_or(i64::MAX);
        let before = *self.offset.get_or_insert(offset);
        self.offset = Some(offset);
        if !std::mem::take(&mut self.is_over) {
            return;
        }
        self.set = offset - before;
        self.lapses = if self.broken > 0 { self.lapses + 1 } else { 0 };
        self.was_throttled = self.throttled > 0;
        (self.refusals, self.throttled, self.broken) = (0, 0, 0);
        self.is_new_role = false;
    }

    fn hear(&mut self, send: &Send, heard: &Heard) {
        match status(heard) {
            Some(401) => self.refusals += 1,
            Some(429) => self.throttled += 1,
            None | Some(500..) => self.broken += 1,
            Some(200) if is_put(send) => {
                self.tokens += 1;
                self.former_token = std::mem::replace(&mut self.token, text(heard));
            }
            Some(200) if is_roles(send) => {
                let role = text(heard);
                if role != self.role {
                    self.is_new_role = !self.role.is_empty();
                    self.role = role;
                }
            }
            _ => {}
        }
    }
}

/// A defect in what is sent.
pub(super) type OnSend = fn(&History, Now, &mut Send) -> Sending;
/// A defect in how a resolve ends.
pub(super) type OnEnd = fn(&History, Now, Ending) -> Ending;

pub(super) fn goes(_: &History, _: Now, _: &mut Send) -> Sending {
    Sending::Go
}

pub(super) fn ends(_: &History, _: Now, ending: Ending) -> Ending {
    ending
}

/// A client with a defect that looks back.
pub(super) fn looking_back(on_send: OnSend, on_end: OnEnd) -> Tamper {
    let history = Rc::new(RefCell::new(History::default()));
    let (sent, heard) = (Rc::clone(&history), Rc::clone(&history));
    Tamper::default()
        .on_send(move |now, send| {
            let mut history = sent.borrow_mut();
            history.begin(now);
            on_send(&history, now, send)
        })
        .on_reply(move |_, send, reply| {
            heard.borrow_mut().hear(send, &reply);
            Passing::On(reply)
        })
        .on_done(move |now, ending| {
            let mut history = history.borrow_mut();
            history.begin(now);
            let ending = on_end(&history, now, ending);
            if let Ok(given) = &ending {
                history.given = Some(given.clone());
            }
            history.is_over = true;
            Passing::On(ending)
        })
}
