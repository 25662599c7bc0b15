//! The reference client, hearing something else than what was said.

use imdspec_client::{Action, Lost, Provider, Ran, Send, Unread};
use imdspec_rules::Trace;
use imdspec_suite::{Machine, Reference, Scenario, memory};
use imdspec_wire::{Now, Response};

/// Changes a reply to what was sent.
type Change = fn(&Send, &mut Response);

/// `Failed` reads like `Success`.
pub(super) fn failures_pass(_: &Send, reply: &mut Response) {
    let text = super::texts::replaced(&reply.body.0, "\"Failed\"", "\"Success\"");
    reply.body.0 = text.into_bytes();
}

/// Any status of the role list is 200.
pub(super) fn statuses_pass(send: &Send, reply: &mut Response) {
    if send.request.target.ends_with('/') {
        reply.status = 200;
    }
}

/// Runs scenarios on such a client.
pub(super) fn client(change: Change) -> impl Fn(&Scenario, &Reference, u64) -> Trace {
    move |scenario, reference, seed| {
        memory::run_with(scenario, "planted", reference, seed, |environment| {
            Altered {
                inner: reference.build(environment, seed),
                sent: None,
                change,
            }
        })
    }
}

struct Altered {
    inner: Provider,
    sent: Option<Send>,
    change: Change,
}

impl Machine for Altered {
    fn start(&mut self, now: Now) {
        self.inner.start(now);
    }

    fn poll(&mut self, now: Now) -> Action {
        let action = self.inner.poll(now);
        if let Action::Send(send) = &action {
            self.sent = Some(send.clone());
        }
        action
    }

    fn receive(&mut self, now: Now, mut reply: Result<Response, Lost>) {
        if let (Ok(reply), Some(sent)) = (&mut reply, &self.sent) {
            (self.change)(sent, reply);
        }
        self.inner.receive(now, reply);
    }

    fn receive_file(&mut self, now: Now, text: Result<String, Unread>) {
        self.inner.receive_file(now, text);
    }

    fn receive_output(&mut self, now: Now, ran: Ran) {
        self.inner.receive_output(now, ran);
    }

    fn shown(&self) -> String {
        format!("{:?}", self.inner)
    }
}
