//! Made-up orders, with one of everything, for the renderers' tests.

use imdspec_suite::order::report::{
    Alone, Broken, Disagreement, Documented, Found, Pair, Report, SCHEMA, Then, Works,
};
use imdspec_wire::{Order, Source};
use std::collections::BTreeMap;

use Source::{
    AssumeRole, Boto2, Code, ConfigFile, Container, ContainerFull, Environment, Imds, Login,
    Process, SharedCredentials, Sso, SystemProperties, WebIdentity, WebIdentityProfile,
};

/// What botocore documents and does, more or less.
const BOTOCORE: [Source; 12] = [
    Environment,
    AssumeRole,
    WebIdentity,
    Sso,
    SharedCredentials,
    Login,
    Process,
    ConfigFile,
    Boto2,
    Container,
    ContainerFull,
    Imds,
];

/// Every sample, by name.
pub(super) fn all() -> [(&'static str, Report); 4] {
    [
        ("total", boto3()),
        ("moved", moved()),
        ("circle", circle()),
        ("six", six()),
    ]
}

fn report(subjects: Vec<Found>) -> Report {
    Report {
        imdspec: "0.1.0".into(),
        schema: SCHEMA,
        seed: "000000000000002a".into(),
        subjects,
    }
}

/// A total order of twelve, as documented.
pub(super) fn boto3() -> Report {
    let mut found = total("boto3", "1.40.1", &BOTOCORE);
    found.documented = Some(botocore());
    found.broken = vec![
        broken(Container, "denied", Imds, Then::Stops),
        broken(Process, "exit-1", Imds, Then::Stops),
        broken(WebIdentity, "denied", Environment, Then::GoesOn),
        broken(SharedCredentials, "partial", Process, Then::Stops),
    ];
    found.notes = vec!["container-full was asked over plain HTTP on 127.0.0.1".into()];
    report(vec![found])
}

/// Another order than documented: one source jumped forward, two changed places.
pub(super) fn moved() -> Report {
    let order = [
        Environment,
        Process,
        WebIdentity,
        AssumeRole,
        Sso,
        SharedCredentials,
        ConfigFile,
        Container,
        ContainerFull,
        Imds,
        WebIdentityProfile,
    ];
    let mut found = total("a-sdk", "2.0.0-beta.1", &order);
    found.documented = Some(botocore());
    hold(&mut found);
    leave_out(
        &mut found,
        Boto2,
        Works::No,
        "gave no credentials: no credentials found",
    );
    leave_out(
        &mut found,
        Login,
        Works::No,
        "gave no credentials: unknown property login_session in profile default, which the parser refuses as a whole",
    );
    found.broken = vec![broken(Process, "not-json", Imds, Then::Breaks)];
    report(vec![found])
}

/// No total order: a circle, and two that cannot be set up together. Its words are hostile.
pub(super) fn circle() -> Report {
    let mut found = total(
        "go <script>alert(1)</script>\u{1b}[31m",
        "v1.2|3",
        &[
            Environment,
            Sso,
            Process,
            SharedCredentials,
            Container,
            ContainerFull,
            Imds,
        ],
    );
    let steps = vec![
        vec![Environment],
        vec![Sso, Process, SharedCredentials],
        vec![Container, ContainerFull],
        vec![Imds],
    ];
    found.ladder = Order(steps);
    found.circles = vec![vec![Sso, Process, SharedCredentials]];
    for pair in &mut found.pairs {
        match pair.sources {
            [Sso, SharedCredentials] => {
                pair.winner = Some(SharedCredentials);
                pair.words = "gave ASIASHAREDCREDENTIALS".into();
            }
            [Container, ContainerFull] => {
                pair.winner = None;
                pair.asked.clear();
                pair.words = "not tried: both set the host's </title>variable".into();
            }
            _ => {}
        }
    }
    found.documented = Some(Documented {
        name: "sdk".into(),
        document: "A guide, \"Chapter <1>\"".into(),
        link: "javascript:alert(1)".into(),
        read: "2026-01".into(),
        order: Order(vec![
            vec![Environment, WebIdentity],
            vec![Sso, Process],
            vec![SharedCredentials],
            vec![Imds],
            vec![Container, ContainerFull],
        ]),
    });
    hold(&mut found);
    leave_out(
        &mut found,
        WebIdentity,
        Works::No,
        "gave \"><img src=x onerror=alert(2)>\n\n# no credentials",
    );
    leave_out(
        &mut found,
        SystemProperties,
        Works::NotSetUp,
        "the subject is no Java virtual machine",
    );
    found.broken = vec![Broken {
        words: "<b>gave</b> \u{202e}half".into(),
        ..broken(Environment, "partial", Imds, Then::Gives)
    }];
    found.notes = vec!["`code` | <i>x</i> **bold** [x](javascript:alert(3))".into()];
    report(vec![found])
}

/// Six that differ.
pub(super) fn six() -> Report {
    let mut boto3 = boto3().subjects.remove(0);
    boto3.notes.clear();
    let mut cli = total("aws-cli", "2.31.0", &BOTOCORE);
    cli.documented = Some(botocore());
    let java = total(
        "aws-sdk-java-v2",
        "2.33.4",
        &[
            SystemProperties,
            Environment,
            WebIdentity,
            AssumeRole,
            WebIdentityProfile,
            Sso,
            Process,
            SharedCredentials,
            ConfigFile,
            Container,
            ContainerFull,
            Imds,
        ],
    );
    let go = total(
        "aws-sdk-go-v2",
        "1.39.0",
        &[
            Environment,
            WebIdentity,
            SharedCredentials,
            AssumeRole,
            Sso,
            Process,
            ContainerFull,
            Container,
            Imds,
        ],
    );
    let mut rust = total(
        "aws-config",
        "1.8.6",
        &[
            Environment,
            AssumeRole,
            Sso,
            Login,
            Process,
            SharedCredentials,
            WebIdentity,
            Container,
            ContainerFull,
            Imds,
        ],
    );
    rust.documented = Some(Documented {
        name: "sdk-rust".into(),
        document: "AWS SDK for Rust Developer Guide, \"Credential providers\"".into(),
        link: "https://docs.example.com/sdk-for-rust/credproviders.html".into(),
        read: "2026-01".into(),
        order: Order(vec![
            vec![Environment],
            vec![
                AssumeRole,
                WebIdentityProfile,
                Sso,
                Process,
                SharedCredentials,
                ConfigFile,
            ],
            vec![WebIdentity],
            vec![Imds],
            vec![Container, ContainerFull],
        ]),
    });
    hold(&mut rust);
    rust.ladder.0[4] = vec![Process, SharedCredentials];
    rust.ladder.0.remove(5);
    for pair in &mut rust.pairs {
        if pair.sources == [SharedCredentials, Process] {
            pair.winner = None;
            pair.words = "no credentials: two sources in one profile".into();
        }
    }
    leave_out(&mut rust, ConfigFile, Works::No, "gave no credentials");
    leave_out(
        &mut rust,
        WebIdentityProfile,
        Works::No,
        "gave no credentials",
    );
    let mut js = total(
        "@aws-sdk/credential-provider-node",
        "3.890.0",
        &[
            Environment,
            Sso,
            AssumeRole,
            WebIdentityProfile,
            Process,
            SharedCredentials,
            ConfigFile,
            WebIdentity,
            ContainerFull,
            Container,
            Imds,
        ],
    );
    js.broken = vec![broken(Sso, "expired", Imds, Then::GoesOn)];
    let mut subjects = vec![boto3, cli, java, go, rust, js];
    for found in &mut subjects {
        leave_out(found, Code, Works::NotSetUp, "the subject is a program");
        leave_out(found, Boto2, Works::No, "gave no credentials");
        leave_out(
            found,
            SystemProperties,
            Works::NotSetUp,
            "it is no Java virtual machine",
        );
    }
    report(subjects)
}

fn botocore() -> Documented {
    Documented {
        name: "botocore".into(),
        document: "Boto3 documentation, \"Credentials\", Configuring credentials".into(),
        link: "https://boto3.example.com/guide/credentials.html".into(),
        read: "2026-01".into(),
        order: BOTOCORE.into_iter().collect(),
    }
}

fn scenario(a: Source, b: Source) -> String {
    format!("order/{a}+{b}")
}

/// A subject that looks in one order, whatever else is set up.
fn total(name: &str, version: &str, order: &[Source]) -> Found {
    let works = |s: &Source| {
        let words = format!("gave ASIA{}", s.as_str().to_uppercase().replace('-', ""));
        let alone = Alone {
            works: Works::Yes,
            words,
        };
        (*s, alone)
    };
    let mut found = Found {
        name: name.into(),
        version: version.into(),
        documented: None,
        ladder: order.iter().copied().collect(),
        alone: order.iter().map(works).collect::<BTreeMap<_, _>>(),
        pairs: Vec::new(),
        circles: Vec::new(),
        broken: Vec::new(),
        disagreements: Vec::new(),
        notes: Vec::new(),
    };
    for (i, first) in order.iter().copied().enumerate() {
        for second in order.iter().copied().skip(i + 1) {
            let mut sources = [first, second];
            sources.sort_unstable();
            found.pairs.push(Pair {
                sources,
                winner: Some(first),
                words: found.alone[&first].words.clone(),
                asked: match (first, second) {
                    (Process, _) => vec![Process],
                    (Imds | Container | ContainerFull, _) => vec![first],
                    (WebIdentity, AssumeRole) => vec![AssumeRole, WebIdentity],
                    _ => Vec::new(),
                },
                scenario: scenario(sources[0], sources[1]),
            });
        }
    }
    found.pairs.sort_by_key(|p| p.sources);
    found
}

/// Notes where a subject is not as documented.
fn hold(found: &mut Found) {
    let Some(documented) = &found.documented else {
        return;
    };
    found.disagreements = found
        .pairs
        .iter()
        .filter_map(|pair| {
            let found_first = pair.winner?;
            let documented_first = pair.sources.into_iter().find(|s| *s != found_first)?;
            let other = documented.order.puts_before(documented_first, found_first);
            (other == Some(true)).then(|| Disagreement {
                documented_first,
                found_first,
                scenario: pair.scenario.clone(),
            })
        })
        .collect();
}

fn leave_out(found: &mut Found, source: Source, works: Works, words: &str) {
    if found.ladder.rank(source).is_none() {
        let words = words.to_owned();
        found.alone.insert(source, Alone { works, words });
    }
}

fn broken(source: Source, how: &str, behind: Source, then: Then) -> Broken {
    Broken {
        source,
        how: how.into(),
        behind,
        then,
        words: match then {
            Then::Stops => format!("no credentials: {source} failed"),
            Then::GoesOn => format!("gave the keys of {behind}"),
            Then::Gives => format!("gave the keys of {source}"),
            Then::Breaks => "killed by signal 6".to_owned(),
        },
        scenario: format!("order/broken/{source}-{how}"),
    }
}
