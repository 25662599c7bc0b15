//! A client as a machine, and the reference client as the machine under test.

use crate::order::{Document, OnFailure};
use imdspec_client::{Action, Environment, Lost, Options, Provider, Ran, Unread};
use imdspec_rules::Capabilities;
use imdspec_wire::{Now, Order, Response, Source};

/// A client that neither sleeps nor speaks: it says what to do next.
pub trait Machine {
    /// Begins one resolve.
    fn start(&mut self, now: Now);
    /// What to do next.
    fn poll(&mut self, now: Now) -> Action;
    /// Takes the reply to the last request, or the news that there will be none.
    fn receive(&mut self, now: Now, reply: Result<Response, Lost>);
    /// Takes the text of the file that was to be read.
    fn receive_file(&mut self, now: Now, text: Result<String, Unread>);
    /// Takes what became of the command that was to be run.
    fn receive_output(&mut self, now: Now, ran: Ran);
    /// Whether the HTTP library under it takes an interim reply (1xx) for the final one, as some do.
    fn takes_interim(&self) -> bool {
        false
    }
    /// How its public values look in a log at the default level (Debug).
    fn shown(&self) -> String;
}

impl Machine for Provider {
    fn start(&mut self, now: Now) {
        Self::start(self, now);
    }

    fn poll(&mut self, now: Now) -> Action {
        Self::poll(self, now)
    }

    fn receive(&mut self, now: Now, reply: Result<Response, Lost>) {
        Self::receive(self, now, reply);
    }

    fn receive_file(&mut self, now: Now, text: Result<String, Unread>) {
        Self::receive_file(self, now, text);
    }

    fn receive_output(&mut self, now: Now, ran: Ran) {
        Self::receive_output(self, now, ran);
    }

    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// The reference client as a subject: how to build one for a scenario.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    /// How it differs from its defaults.
    pub options: Options,
}

/// The sources that the reference client never has.
const NEVER: [Source; 4] = [
    Source::Code,
    Source::SystemProperties,
    Source::Boto2,
    Source::Login,
];

impl Reference {
    /// The reference client in the order of a document, as far as it knows its sources, and going
    /// on after a failure where the document says so.
    #[must_use]
    pub fn playing(document: &Document) -> Self {
        let known = |step: Vec<Source>| -> Vec<Source> {
            step.into_iter().filter(|s| !NEVER.contains(s)).collect()
        };
        let steps = document.order().0.into_iter().map(known);
        Self {
            options: Options {
                order: Order(steps.filter(|step| !step.is_empty()).collect()),
                goes_on: document.on_failure == OnFailure::GoesOn,
                ..Options::default()
            },
        }
    }

    /// What it is able to do: which rules apply to it.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        crate::subject::reference_capabilities(self)
    }

    /// A provider for one scenario.
    #[must_use]
    pub fn build(&self, environment: &Environment, seed: u64) -> Provider {
        Provider::new(environment, &self.options, seed)
    }
}
