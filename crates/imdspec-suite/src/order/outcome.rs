//! What one asking in a world of sources came to.

use imdspec_rules::{Case, Outcome, Server, Trace, What};
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
            (Some(Outcome::Refused { message, .. }), _) if message.is_empty() => {
                "no credentials".into()
            }
            (Some(Outcome::Refused { message, .. }), _) => {
                format!("no credentials: {}", short(message))
            }
            _ => call.in_words(),
        };
        Self {
            winner: owner.filter(|(_, base)| !base).map(|(source, _)| source),
            broke: call.is_broken() || call.outcome.is_none(),
            words,
            asked: asked(trace, &case),
        }
    }
}

fn short(message: &str) -> String {
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_WORDS) {
        None => line,
        Some((at, _)) => format!("{} …", &line[..at]),
    }
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
