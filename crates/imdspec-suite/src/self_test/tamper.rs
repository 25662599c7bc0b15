//! A defect put into the reference client from the outside.
//!
//! ```text
//!   memory ──poll──► Tampered ──poll──► reference client
//!                       │  on_send: change what is sent, or answer it without sending
//!                       │  on_reply: change what is heard, or send something else first
//!                       │  on_file: change what is read
//!                       │  on_done: change the outcome, or send something else first
//!                       │  on_ran: change what a command printed
//! ```
//!
//! A defect may also be of how it is built: with other settings than it was given, or with other
//! options than it says.

use crate::Reference;
use crate::machine::Machine;
use imdspec_client::{
    Action, Environment, Lost, Options, Provider, ProviderError, Ran, ResolvedCredentials, Send,
    Unread,
};
use imdspec_wire::{Mono, Now, Response};

/// What is heard of a request.
pub(super) type Heard = Result<Response, Lost>;
/// What is read of a file.
pub(super) type Read = Result<String, Unread>;
/// How a resolve ends.
pub(super) type Ending = Result<ResolvedCredentials, ProviderError>;

/// What becomes of something the reference client wants to send.
pub(super) enum Sending {
    /// It is sent.
    Go,
    /// It is not sent; this is heard at once.
    Answer(Heard),
}

/// What becomes of something that was heard or decided.
pub(super) enum Passing<T> {
    /// It is passed on.
    On(T),
    /// This is sent first.
    First(Box<Send>, Option<T>),
}

type OnSend = Box<dyn FnMut(Now, &mut Send) -> Sending>;
type OnReply = Box<dyn FnMut(Now, &Send, Heard) -> Passing<Heard>>;
type OnFile = Box<dyn FnMut(Read) -> Read>;
type OnDone = Box<dyn FnMut(Now, Ending) -> Passing<Ending>>;
type OnRan = fn(Ran) -> Ran;

/// One defect. The default has none.
pub(super) struct Tamper {
    /// Whether it begins anew at each resolve, with an empty cache.
    pub(super) forgets: bool,
    /// Whether it gives what it once gave without asking again.
    pub(super) frozen: bool,
    /// Whether it does not pause between tries.
    pub(super) impatient: bool,
    /// How long it waits for a reply, if not as the reference does.
    pub(super) patience: Option<std::time::Duration>,
    /// Whether it shows secrets when shown.
    pub(super) leaks: bool,
    /// Whether its HTTP library takes an interim reply for the final one.
    pub(super) takes_interim: bool,
    /// Whether it dies when the wall clock is moved.
    pub(super) dies_on_jumps: bool,
    pub(super) environment: Option<Environment>,
    /// What it is built with and does not say.
    pub(super) options: fn(&mut Options),
    /// What it is built with once more after it has given credentials.
    pub(super) second_life: Option<fn(&mut Options)>,
    pub(super) on_ran: OnRan,
    pub(super) on_send: OnSend,
    pub(super) on_reply: OnReply,
    pub(super) on_file: OnFile,
    pub(super) on_done: OnDone,
}

impl Default for Tamper {
    fn default() -> Self {
        Self {
            forgets: false,
            frozen: false,
            impatient: false,
            patience: None,
            leaks: false,
            takes_interim: false,
            dies_on_jumps: false,
            environment: None,
            options: |_| {},
            second_life: None,
            on_ran: |ran| ran,
            on_send: Box::new(|_, _| Sending::Go),
            on_reply: Box::new(|_, _, heard| Passing::On(heard)),
            on_file: Box::new(|read| read),
            on_done: Box::new(|_, ending| Passing::On(ending)),
        }
    }
}

impl Tamper {
    /// Sees other settings than it was given.
    pub(super) fn sees(given: &Environment, change: impl FnOnce(&mut Environment)) -> Self {
        let mut environment = given.clone();
        change(&mut environment);
        Self {
            environment: Some(environment),
            ..Self::default()
        }
    }

    /// Is built with other options than it says.
    pub(super) fn built(options: fn(&mut Options)) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Changes what is sent.
    pub(super) fn sends(change: impl FnMut(&mut Send) + 'static) -> Self {
        let mut change = change;
        Self::default().on_send(move |_, send| {
            change(send);
            Sending::Go
        })
    }

    /// Changes what is heard.
    pub(super) fn hears(change: impl FnMut(&Send, Heard) -> Heard + 'static) -> Self {
        let mut change = change;
        Self::default().on_reply(move |_, send, heard| Passing::On(change(send, heard)))
    }

    /// Changes how resolves end.
    pub(super) fn ends(change: impl FnMut(Now, Ending) -> Ending + 'static) -> Self {
        let mut change = change;
        Self::default().on_done(move |now, ending| Passing::On(change(now, ending)))
    }

    pub(super) fn on_send(mut self, f: impl FnMut(Now, &mut Send) -> Sending + 'static) -> Self {
        self.on_send = Box::new(f);
        self
    }

    pub(super) fn on_reply(
        mut self,
        f: impl FnMut(Now, &Send, Heard) -> Passing<Heard> + 'static,
    ) -> Self {
        self.on_reply = Box::new(f);
        self
    }

    pub(super) fn on_file(mut self, f: impl FnMut(Read) -> Read + 'static) -> Self {
        self.on_file = Box::new(f);
        self
    }

    pub(super) fn on_done(
        mut self,
        f: impl FnMut(Now, Ending) -> Passing<Ending> + 'static,
    ) -> Self {
        self.on_done = Box::new(f);
        self
    }
}

/// The reference client with a defect.
pub(super) struct Tampered {
    tamper: Tamper,
    environment: Environment,
    reference: Reference,
    seed: u64,
    inner: Provider,
    /// What was sent last, as sent.
    sent: Option<Send>,
    /// Whether its reply is awaited.
    in_flight: Option<Mono>,
    /// What is to be sent before anything else.
    first: Option<Box<Send>>,
    /// What is to be heard once that was answered.
    then_heard: Option<Heard>,
    /// How the resolve ends once that was answered.
    then_ends: Option<Ending>,
    /// What it once gave, for one that is frozen.
    gave: Option<ResolvedCredentials>,
    /// How far its inner time is ahead, for one that is impatient.
    skew: std::time::Duration,
    /// Wall time less monotonic time, when it was first told.
    offset: Option<i64>,
}

impl Tampered {
    pub(super) fn new(
        mut tamper: Tamper,
        given: &Environment,
        reference: &Reference,
        seed: u64,
    ) -> Self {
        let environment = tamper.environment.take().unwrap_or_else(|| given.clone());
        let mut reference = reference.clone();
        (tamper.options)(&mut reference.options);
        Self {
            inner: reference.build(&environment, seed),
            reference,
            environment,
            tamper,
            seed,
            sent: None,
            in_flight: None,
            first: None,
            then_heard: None,
            then_ends: None,
            gave: None,
            skew: std::time::Duration::ZERO,
            offset: None,
        }
    }

    fn depart(&mut self, now: Now, send: Send) -> Action {
        self.sent = Some(send.clone());
        self.in_flight = Some(now.mono);
        Action::Send(send)
    }

    /// One action of the inner machine; none when there is another to ask for.
    fn step(&mut self, now: Now) -> Option<Action> {
        let inner_now = now.plus(self.skew);
        match self.inner.poll(inner_now) {
            Action::Send(mut send) => match (self.tamper.on_send)(now, &mut send) {
                Sending::Go => Some(self.depart(now, send)),
                Sending::Answer(heard) => {
                    self.inner.receive(inner_now, heard);
                    None
                }
            },
            Action::Wait(until) => {
                let until = Mono(until.0.saturating_sub(ms(self.skew)));
                match (self.in_flight, self.tamper.patience) {
                    (Some(since), Some(patience)) if now.mono < since.plus(patience) => {
                        Some(Action::Wait(since.plus(patience)))
                    }
                    (None, _) if self.tamper.impatient => {
                        self.skew += until.since(now.mono);
                        None
                    }
                    _ => Some(Action::Wait(until)),
                }
            }
            beside @ (Action::Read(_) | Action::Run(_)) => Some(beside),
            Action::Done(ending) => match (self.tamper.on_done)(now, ending) {
                Passing::On(ending) => Some(self.end(ending)),
                Passing::First(send, ending) => {
                    self.then_ends = ending;
                    Some(self.depart(now, *send))
                }
            },
        }
    }

    fn end(&mut self, ending: Ending) -> Action {
        if let Ok(credentials) = &ending {
            self.gave = Some(credentials.clone());
        }
        Action::Done(ending)
    }
}

/// How long the reply to something sent on the side is waited for.
const FIRST_PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

fn ms(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Dies as a client does that panics, without a word on our stderr.
pub(super) fn die() -> ! {
    std::panic::resume_unwind(Box::new("a planted defect"))
}

impl Machine for Tampered {
    fn start(&mut self, now: Now) {
        let offset = now.wall.0 - i64::try_from(now.mono.0).unwrap_or(i64::MAX);
        if self.tamper.dies_on_jumps && offset != *self.offset.get_or_insert(offset) {
            die();
        }
        let mut reborn = self.tamper.forgets;
        if self.gave.is_some()
            && let Some(change) = self.tamper.second_life.take()
        {
            change(&mut self.reference.options);
            reborn = true;
        }
        if reborn {
            self.inner = self.reference.build(&self.environment, self.seed);
        }
        self.in_flight = None;
        self.inner.start(now.plus(self.skew));
    }

    fn poll(&mut self, now: Now) -> Action {
        if self.tamper.frozen
            && let Some(gave) = &self.gave
        {
            return Action::Done(Ok(gave.clone()));
        }
        if let Some(send) = self.first.take() {
            return self.depart(now, *send);
        }
        if self.then_ends.is_some() {
            // What was sent first may never be answered.
            let until = self.in_flight.map(|since| since.plus(FIRST_PATIENCE));
            if let Some(until) = until.filter(|until| *until > now.mono) {
                return Action::Wait(until);
            }
            if let Some(ending) = self.then_ends.take() {
                return self.end(ending);
            }
        }
        loop {
            if let Some(action) = self.step(now) {
                return action;
            }
        }
    }

    fn receive(&mut self, now: Now, reply: Heard) {
        self.in_flight = None;
        if self.then_ends.is_some() {
            return;
        }
        let inner_now = now.plus(self.skew);
        if let Some(heard) = self.then_heard.take() {
            self.inner.receive(inner_now, heard);
            return;
        }
        let Some(sent) = &self.sent else {
            return;
        };
        match (self.tamper.on_reply)(now, sent, reply) {
            Passing::On(heard) => self.inner.receive(inner_now, heard),
            Passing::First(send, heard) => {
                self.first = Some(send);
                self.then_heard = heard;
            }
        }
    }

    fn receive_file(&mut self, now: Now, text: Read) {
        let text = (self.tamper.on_file)(text);
        self.inner.receive_file(now.plus(self.skew), text);
    }

    fn receive_output(&mut self, now: Now, ran: Ran) {
        let ran = (self.tamper.on_ran)(ran);
        self.inner.receive_output(now.plus(self.skew), ran);
    }

    fn takes_interim(&self) -> bool {
        self.tamper.takes_interim
    }

    fn shown(&self) -> String {
        match (&self.gave, self.tamper.leaks) {
            (Some(gave), true) => format!("secret_access_key: {:?}", gave.secret_access_key),
            _ => self.inner.shown(),
        }
    }
}
