//! Nothing that a service answers or a setting says takes the program with it.

use crate::rules::sight::differs;
use crate::{Applies, Case, Docket, Exchange, Level, Outcome, Provenance, Rule, Server};

pub(super) const SEC_019: Rule = Rule {
    id: "SEC-019",
    level: Level::Must,
    applies: Applies::Always,
    statement: "Whatever the services answer and the settings say, a resolve ends in credentials or in an error: the subject does not die, and what it answers is an answer.",
    source: "boto/botocore#1049 (2016-10-12): what answered at the metadata address ended in an exception nobody caught, and a locked application; RFC 8259 section 9: a text is taken or refused, within limits of size and depth",
    provenance: Provenance::Observed,
    rationale: "Credentials are fetched in the middle of everything else; anything may answer at the metadata address, and no reply is worth the process.",
    differs: &[
        differs(
            "aws-c-auth",
            "aborts the process on an error status of the role list or the document",
        ),
        differs(
            "botocore",
            "lets a ValueError, KeyError, TypeError or RecursionError escape from some documents, those of the container endpoint among them",
        ),
    ],
    monitor: nothing_kills,
};

fn nothing_kills(case: &Case<'_>, docket: &mut Docket) {
    for call in &case.calls {
        match call.outcome {
            Some(Outcome::Credentials(_) | Outcome::Refused { .. }) => {
                // Who asked nobody, or the wrong service, was put to no test.
                let meant =
                    |x: &Exchange<'_>| x.request.server == Server::Imds || !x.is_token_put();
                if case.of_call(call).iter().any(meant) {
                    docket.held();
                }
            }
            Some(Outcome::Crash { .. } | Outcome::BadOutput { .. }) => {
                let served = case.of_call(call).last().into_iter();
                let mut events: Vec<u32> = served.flat_map(|x| x.events()).collect();
                events.push(call.last_number());
                docket.violated(events, "credentials or an error", call.in_words());
                // Who is dead is not asked again.
                return;
            }
            // How long a resolve may take is the matter of RETRY.
            Some(Outcome::Deadline { .. }) | None => {}
        }
    }
}
