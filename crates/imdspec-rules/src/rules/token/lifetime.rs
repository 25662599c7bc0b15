//! How long a cached token is used.

use crate::rules::sight::differs;
use crate::{Applies, Capability, Case, ClockKind, Docket, Exchange, Level, Provenance, Rule};
use std::time::Duration;

/// A token overdue by less than this may have been alive when the GET was sent.
const MARGIN: Duration = Duration::from_secs(5);

/// "A little before its end" is at least this long before it.
const LAST_MOMENT: Duration = Duration::from_secs(3);

pub(super) const TOKEN_009: Rule = Rule {
    id: "TOKEN-009",
    level: Level::Must,
    applies: Applies::With(Capability::CachesToken),
    statement: "A token is not sent in a GET that starts later than the lifetime stated in its \
                reply; a new PUT comes first.",
    source: "EC2 User Guide, \"How Instance Metadata Service Version 2 works\"; smithy-rs \
             aws-config/src/imds/client.rs `token_can_expire`; aws-sdk-kotlin ImdsClientTest \
             `testTokensCanExpire`; aws-c-auth tests/aws_imds_client_test.c \
             `imds_client_cache_token_refresh`; aws-sdk-go-v2 \
             feature/ec2/imds/request_middleware_test.go `TestRequestGetToken`",
    provenance: Provenance::Documented,
    rationale: "An expired token gets 401. A client that never renews works for six hours and then \
                loses its credentials until restart (aws-node-termination-handler#229, 2020-08).",
    differs: &[differs(
        "aws-c-auth",
        "counts 21595 s whatever the reply says, so a shorter lifetime is overrun (by reading)",
    )],
    monitor: no_token_outlives_its_lifetime,
};

fn no_token_outlives_its_lifetime(case: &Case<'_>, docket: &mut Docket) {
    for sight in tokens_in_use(case) {
        let (Some(age), Some(life)) = (sight.age, sight.granted) else {
            continue;
        };
        if sight.is_renewed {
            if age >= life {
                docket.held();
            }
        } else if age > life + MARGIN {
            docket.violated(
                sight.events(),
                "a PUT before this GET",
                format!(
                    "a token of {} s in its {}th second",
                    life.as_secs(),
                    age.as_secs()
                ),
            );
        }
    }
}

pub(super) const TOKEN_011: Rule = Rule {
    id: "TOKEN-011",
    level: Level::Should,
    applies: Applies::With(Capability::CachesToken),
    statement: "The life of a cached token follows the TTL header of its reply, not the value that \
                was asked for.",
    source: "smithy-rs aws-config/src/imds/client.rs `retry_metadata_401` (asked 21600, granted 0: \
             a new token for the next attempt); aws-sdk-go-v2 \
             feature/ec2/imds/api_op_GetToken_test.go `TestGetToken`",
    provenance: Provenance::Tested,
    rationale: "A server may grant less than was asked; a client that trusts its own number sends \
                a dead token and gets 401.",
    differs: &[differs("aws-c-auth", "assumes 21595 s (by reading)")],
    monitor: granted_lifetime_counts,
};

fn granted_lifetime_counts(case: &Case<'_>, docket: &mut Docket) {
    for sight in tokens_in_use(case) {
        let (Some(age), Some(life), Some(asked)) = (sight.age, sight.granted, sight.asked) else {
            continue;
        };
        if age >= asked {
            continue;
        }
        if sight.is_renewed {
            if age >= life {
                docket.held();
            }
        } else if age > life + MARGIN {
            docket.violated(
                sight.events(),
                format!("a PUT after the {} s granted", life.as_secs()),
                format!(
                    "the token {} s later, {} s asked",
                    age.as_secs(),
                    asked.as_secs()
                ),
            );
        }
    }
}

pub(super) const TOKEN_014: Rule = Rule {
    id: "TOKEN-014",
    level: Level::Should,
    applies: Applies::With(Capability::CachesToken),
    statement: "A client that caches the token renews it a little before its end: none is sent in \
                the last three seconds of its life.",
    source: "smithy-rs aws-config/src/imds/client.rs `token_refresh_buffer` (120 s); \
             aws-sdk-kotlin ImdsClientTest `testTokenRefreshBuffer`; aws/aws-sdk-java-v2#5764 \
             (2024-12): 401 from the service 75 ms before the computed end. The figure is ours",
    provenance: Provenance::Tested,
    rationale: "Clocks and round trips differ: without a margin a long running process gets an \
                occasional 401 exactly at renewal.",
    differs: &[
        differs("aws-c-auth", "its margin is 5 s (by reading)"),
        differs("aws-sdk-go-v2", "no margin (by reading)"),
    ],
    monitor: tokens_are_renewed_early,
};

fn tokens_are_renewed_early(case: &Case<'_>, docket: &mut Docket) {
    if case.trace.header.clock != ClockKind::Virtual {
        return;
    }
    for sight in tokens_in_use(case) {
        let (Some(age), Some(life)) = (sight.age, sight.granted) else {
            continue;
        };
        // Shorter lives leave little room for a margin, and the end is TOKEN-009's matter.
        if life < 20 * LAST_MOMENT || age >= life {
            continue;
        }
        let is_late = age + LAST_MOMENT >= life;
        if sight.is_renewed {
            // Renewed while young, the token was refused or not cached.
            if age * 3 >= life * 2 {
                docket.held();
            }
        } else if is_late && sight.is_of_the_last_put {
            docket.violated(
                sight.events(),
                "a new token some seconds before the end",
                format!(
                    "a token of {} s in its {}th second",
                    life.as_secs(),
                    age.as_secs()
                ),
            );
        }
    }
}

/// A GET, and the age of the token that it carries or that it has just replaced.
struct TokenInUse<'c, 't> {
    put: &'c Exchange<'t>,
    get: &'c Exchange<'t>,
    /// Time since the token came; none when the two clocks disagree.
    age: Option<Duration>,
    granted: Option<Duration>,
    asked: Option<Duration>,
    /// Whether this is the first GET with the next token instead.
    is_renewed: bool,
    /// Whether no other PUT was tried since, as when a renewal fails while the token still lives.
    is_of_the_last_put: bool,
}

impl TokenInUse<'_, '_> {
    fn events(&self) -> [u32; 3] {
        [self.put.number, self.put.reply_number, self.get.number]
    }
}

/// Every GET with a token twice over: once for the token it carries and, if it is the first to
/// carry it, once for the token before.
fn tokens_in_use<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = TokenInUse<'c, 't>> {
    let mut newest = 0;
    case.imds()
        .filter(|(_, x)| x.is_metadata_get())
        .filter_map(|(i, x)| Some((i, case.token_carried(i)?, x)))
        .flat_map(move |(i, token, get)| {
            let before = (token > newest).then(|| of_token(case, token - 1, i, get, true));
            newest = newest.max(token);
            [Some(of_token(case, token, i, get, false)), before]
        })
        .flatten()
}

fn of_token<'c, 't>(
    case: &'c Case<'t>,
    token: usize,
    index: usize,
    get: &'c Exchange<'t>,
    is_renewed: bool,
) -> TokenInUse<'c, 't> {
    let token = &case.tokens[token];
    let seconds = |s: Option<u32>| s.map(|s| Duration::from_secs(s.into()));
    // A subject may count on either clock; a jump of one proves nothing about the other.
    // Where there is only one, nothing tells a jump from time gone by.
    let is_known = case.trace.header.clock != ClockKind::Wall;
    let mono = get.at.mono.since(token.at.mono);
    let wall = get.at.wall.millis_since(token.at.wall);
    let wall = Duration::from_millis(u64::try_from(wall).unwrap_or(0));
    let put = &case.exchanges[token.exchange];
    let last_put = case.last_token_put_before(index);
    TokenInUse {
        put,
        get,
        age: (is_known && mono.abs_diff(wall) < MARGIN).then_some(mono),
        granted: seconds(token.granted),
        asked: seconds(token.asked),
        is_renewed,
        is_of_the_last_put: last_put.is_some_and(|p| p.number == put.number),
    }
}
