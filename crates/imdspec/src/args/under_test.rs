//! What is put under test, and where: the same for every command that starts a program.

use crate::exit::Failure;
use clap::{Args as ClapArgs, ValueEnum};
use imdspec_model::Span;
use imdspec_suite::order::Document;
use imdspec_suite::program::{Network, Program, ProgramClock};
use imdspec_suite::{Descriptor, Driven, Subject};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The deadline that need not be said.
const DEADLINE: Duration = Duration::from_secs(65);

#[derive(Debug, ClapArgs)]
pub(crate) struct UnderTest {
    /// The command under test and its arguments
    #[arg(last = true, value_name = "CMD")]
    pub(crate) cmd: Vec<String>,
    /// The command speaks the session protocol (JSON Lines on stdin and stdout)
    #[arg(long, requires = "cmd")]
    pub(crate) session: bool,
    /// The command uses credentials and prints none: what it signs for {sink}, replaced in its
    /// arguments and set as AWS_ENDPOINT_URL, is its answer
    #[arg(long, requires = "cmd", conflicts_with = "session")]
    pub(crate) sink: bool,
    /// An exit status besides 1 by which a one-shot command says that there are no credentials,
    /// such as the AWS CLI's 253; repeatable
    #[arg(long, value_name = "STATUS", requires = "cmd", conflicts_with_all = ["session", "sink"],
        value_parser = clap::value_parser!(i32).range(2..=255))]
    pub(crate) refused_exit: Vec<i32>,
    /// A descriptor (subjects/NAME.toml) that says what to run and what to expect
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cmd", "session", "sink", "refused_exit"])]
    pub(crate) subject: Option<PathBuf>,
    /// The order in which the command says that it looks for credentials: a documented one, such as
    /// boto3 (see orders/), or a file that writes it
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) order: Option<String>,
    /// Where the command runs: in a sandbox in which the service is at its real addresses and
    /// nothing else is, or here, told by a variable where on the loopback the service is
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(crate) network: NetworkArg,
    /// Whose time the command lives on: with faketime, scenarios let hours pass
    #[arg(long, value_name = "CLOCK")]
    pub(crate) clock: Option<ClockArg>,
    /// How long a program may take to answer one resolve
    #[arg(long, value_name = "SPAN", default_value = "65s")]
    pub(crate) deadline: Span,
    /// A variable of this environment that the program keeps (PATH it always keeps); repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) keep_env: Vec<String>,
}

impl UnderTest {
    /// Who is under test: those that the files describe, or what the options name, or `reference`.
    pub(crate) fn subjects(
        &self,
        files: &[PathBuf],
        reference: impl FnOnce() -> Subject,
    ) -> Result<Vec<Subject>, Failure> {
        if files.is_empty() {
            return self.subject(reference).map(|subject| vec![subject]);
        }
        files.iter().map(|file| self.described(file)).collect()
    }

    /// What the options name, or `reference`.
    pub(crate) fn subject(&self, reference: impl FnOnce() -> Subject) -> Result<Subject, Failure> {
        match self.program()? {
            Some(program) => Ok(program),
            None => self.with_order(reference()),
        }
    }

    /// The program that a descriptor or a command line names, if one does.
    pub(crate) fn program(&self) -> Result<Option<Subject>, Failure> {
        if let Some(file) = &self.subject {
            return self.described(file).map(Some);
        }
        if self.cmd.is_empty() {
            return Ok(None);
        }
        let program = Program {
            keep_env: self.keep_env.clone(),
            refused_exit: self.refused_exit.clone(),
            network: self.network.into(),
            clock: self.clock.unwrap_or_default().into(),
            ..Program::new(self.cmd.clone(), self.deadline()?)
        };
        let driven = match (self.session, self.sink) {
            (true, _) => Driven::Session,
            (_, true) => Driven::Sink,
            _ => Driven::OneShot,
        };
        self.with_order(Subject::program(program, driven)).map(Some)
    }

    /// What a descriptor describes, with what the options say otherwise.
    fn described(&self, file: &Path) -> Result<Subject, Failure> {
        let descriptor = Descriptor::load(file).map_err(Failure::usage)?;
        let mut subject = descriptor.subject(self.deadline()?);
        subject.set_network(self.network.into());
        if let Some(clock) = self.clock {
            subject.set_clock(clock.into());
        }
        self.with_order(subject)
    }

    fn deadline(&self) -> Result<Duration, Failure> {
        Some(self.deadline.duration())
            .filter(|deadline| !deadline.is_zero())
            .ok_or_else(|| Failure::usage("--deadline must be longer than nothing"))
    }

    /// The subject, held against the order that was named.
    fn with_order(&self, mut subject: Subject) -> Result<Subject, Failure> {
        if let Some(name) = &self.order {
            subject.set_document(Document::named(name).map_err(Failure::usage)?);
        }
        Ok(subject)
    }

    /// These options again, as a shell takes them, each after a space. The network is the one that
    /// was settled on.
    pub(crate) fn options(&self, network: Network) -> String {
        let mut options = String::new();
        if self.session {
            options.push_str(" --session");
        }
        if self.sink {
            options.push_str(" --sink");
        }
        for status in &self.refused_exit {
            options.push_str(&format!(" --refused-exit {status}"));
        }
        if network == Network::Endpoint {
            options.push_str(" --network endpoint");
        }
        match self.clock {
            None => {}
            Some(ClockArg::Real) => options.push_str(" --clock real"),
            Some(ClockArg::Faketime) => options.push_str(" --clock faketime"),
        }
        if let Some(file) = &self.subject {
            options.push_str(&format!(" --subject {}", quote(&file.to_string_lossy())));
        }
        if let Some(order) = &self.order {
            options.push_str(&format!(" --order {}", quote(order)));
        }
        if self.deadline.duration() != DEADLINE {
            options.push_str(&format!(
                " --deadline {}",
                quote(&self.deadline.to_string())
            ));
        }
        for name in &self.keep_env {
            options.push_str(&format!(" --keep-env {}", quote(name)));
        }
        options
    }

    /// The command again, from ` --` on; empty without one.
    pub(crate) fn command(&self) -> String {
        if self.cmd.is_empty() {
            return String::new();
        }
        let words: Vec<String> = self.cmd.iter().map(|w| quote(w)).collect();
        format!(" -- {}", words.join(" "))
    }
}

/// A word as a shell takes it.
pub(crate) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkArg {
    /// The sandbox where this machine allows it, else the endpoint
    Auto,
    /// The sandbox or nothing
    Sandbox,
    /// The loopback endpoint
    Endpoint,
}

impl From<NetworkArg> for Network {
    fn from(arg: NetworkArg) -> Self {
        match arg {
            NetworkArg::Auto => Self::Auto,
            NetworkArg::Sandbox => Self::Sandbox,
            NetworkArg::Endpoint => Self::Endpoint,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ClockArg {
    /// The machine's
    #[default]
    Real,
    /// The machine's, moved by libfaketime
    Faketime,
}

impl From<ClockArg> for ProgramClock {
    fn from(arg: ClockArg) -> Self {
        match arg {
            ClockArg::Real => Self::Real,
            ClockArg::Faketime => Self::Faketime,
        }
    }
}
