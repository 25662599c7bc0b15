//! What one asking in a world of sources came to.

use imdspec_rules::{Case, Outcome, Server, Stream, Trace, What};
use imdspec_wire::{Route, Source};

/// What one asking came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Came {
    /// Whose credentials were given, wholly or not; none for nobody's.
    pub(super) winner: Option<Source>,
    /// Whether it ended without an answer.
    pub(super) broke: bool,
    /// In words, without secrets.
    pub(super) words: String,
    /// Who was asked on the way, in order of first contact.
    pub(super) asked: Vec<Source>,
}

/// How much of a subject's own words is kept, in characters.
const MOST_WORDS: usize = 160;

impl Came {
    /// Reads the first asking of a trace.
    pub(super) fn of(trace: &Trace) -> Self {
        let case = Case::new(trace);
        let Some(call) = case.calls.first() else {
            return Self {
                winner: None,
                broke: true,
                words: "it was never asked".into(),
                asked: Vec::new(),
            };
        };
        let owner = call.given().and_then(|given| {
            let minted = case.owners(given, call.last_number()).access_key_id?;
            Some((minted.source(), minted.is_base_only()))
        });
        let words = match (call.outcome, owner) {
            (Some(Outcome::Credentials(given)), Some((source, base))) => {
                let id = &given.access_key_id;
                let only = if base { ", the keys to begin with" } else { "" };
                format!("gave {id} of {}{only}", source.title())
            }
            (Some(Outcome::Credentials(given)), None) => {
                format!("gave {}, which is nobody's", given.access_key_id)
            }
            // A program that is run once says why on stderr.
            (Some(Outcome::Refused { message, .. }), _) if message.is_empty() => {
                match last_line(trace) {
                    None => "no credentials".into(),
                    Some(line) => format!("no credentials: {}", short(line)),
                }
            }
            (Some(Outcome::Refused { message, .. }), _) => {
                format!("no credentials: {}", short(message))
            }
            _ => match last_line(trace) {
                None => call.in_words(),
                Some(line) => format!("{}: {}", call.in_words(), short(line)),
            },
        };
        Self {
            winner: owner.filter(|(_, base)| !base).map(|(source, _)| source),
            broke: call.is_broken() || call.outcome.is_none(),
            words,
            asked: asked(trace, &case),
        }
    }
}

/// The last line of what the subject wrote to stderr, which is where a traceback says what happened.
fn last_line(trace: &Trace) -> Option<&str> {
    let stderr = trace
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.what {
            What::Output {
                stream: Stream::Stderr,
                text,
            } => Some(text),
            _ => None,
        })?;
    stderr.lines().map(str::trim).rfind(|line| !line.is_empty())
}

/// On one line, not too long, and without what differs from run to run.
fn short(message: &str) -> String {
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = at_home(&line);
    match line.char_indices().nth(MOST_WORDS) {
        None => line,
        Some((at, _)) => format!("{} …", &line[..at]),
    }
}

/// `text` with each home that a program was given called `~`.
fn at_home(text: &str) -> String {
    let homes = std::env::temp_dir().join("imdspec-");
    let homes = homes.to_string_lossy();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&*homes) {
        out.push_str(before);
        out.push('~');
        rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    }
    out.push_str(rest);
    out
}

/// Who was asked: by a request for credentials, or by running a command.
fn asked(trace: &Trace, case: &Case<'_>) -> Vec<Source> {
    let set_up = |source: Source| trace.header.sources.contains_key(&source);
    let first = |sources: &[Source]| sources.iter().copied().find(|s| set_up(*s));
    let mut asked = Vec::new();
    let mut exchanges = case.exchanges.iter();
    for event in &trace.events {
        let source = match &event.what {
            What::Ran { source } => Some(*source),
            What::Request(request) => {
                let route = exchanges.next().map(|x| &x.route);
                let form = request.body.text();
                match request.server {
                    Server::Imds => {
                        matches!(route, Some(Route::Roles { .. } | Route::Document { .. }))
                            .then_some(Source::Imds)
                    }
                    Server::Container => {
                        let relative = trace
                            .header
                            .env
                            .get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
                        let is_relative = relative.is_some_and(|path| *path == request.target);
                        Some(if is_relative {
                            Source::Container
                        } else {
                            Source::ContainerFull
                        })
                    }
                    Server::Sts if form.contains("Action=AssumeRoleWithWebIdentity") => {
                        let env = trace.header.env.get("AWS_ROLE_ARN");
                        let arn = env.map(|a| a.replace(':', "%3A").replace('/', "%2F"));
                        let by_env = arn.is_some_and(|arn| form.contains(&arn));
                        Some(if by_env {
                            Source::WebIdentity
                        } else {
                            Source::WebIdentityProfile
                        })
                    }
                    Server::Sts if form.contains("Action=AssumeRole") => first(&[
                        Source::AssumeRole,
                        Source::AssumeRoleEnvironment,
                        Source::AssumeRoleContainer,
                        Source::AssumeRoleImds,
                    ]),
                    Server::Sso | Server::Oidc => Some(Source::Sso),
                    Server::Signin => Some(Source::Login),
                    Server::Sts | Server::Collector | Server::Proxy => None,
                }
            }
            _ => None,
        };
        if let Some(source) = source
            && !asked.contains(&source)
        {
            asked.push(source);
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_two_runs() {
        let temp = std::env::temp_dir();
        let said = |home: &str| {
            let path = temp.join(home).join("token");
            short(&format!("no such\n file: '{}'", path.display()))
        };
        assert_eq!(said("imdspec-aB3xY9"), "no such file: '~/token'");
        assert_eq!(said("imdspec-aB3xY9"), said("imdspec-Zq81kk"));
        assert_eq!(short(&"x ".repeat(200)).chars().count(), MOST_WORDS + 2);
    }
}
