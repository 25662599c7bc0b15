use super::load::parse_embedded;
use super::*;
use imdspec_model::{Fault, Mode, Span};
use std::collections::BTreeSet;

/// Every rule there is.
fn core() -> BTreeSet<String> {
    imdspec_rules::rules::all()
        .iter()
        .map(|r| r.id.to_owned())
        .collect()
}

const HEAD: &str = "title = \"a test\"\nexercises = [\"TOKEN-001\"]\n";

fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse("token/test", "scenarios/token/test.toml", text)
}

/// The error for a scenario with this after its title and rules, which stand on lines 1 and 2.
fn error(rest: &str) -> String {
    parse(&format!("{HEAD}{rest}")).unwrap_err().to_string()
}

fn assert_error(rest: &str, line: usize, parts: &[&str]) {
    let error = error(rest);
    let place = format!("scenarios/token/test.toml:{line}: ");
    assert!(error.starts_with(&place), "{place} is not where {error}");
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    assert!(!error.contains('`'), "{error}");
    assert!(!error.ends_with('\n'), "{error}");
}

#[test]
fn every_embedded_scenario_parses() {
    let all: Vec<_> = parse_embedded().collect();
    let broken: Vec<String> = all
        .iter()
        .filter_map(|s| s.as_ref().err().map(ToString::to_string))
        .collect();
    assert_eq!(broken, [""; 0]);
    assert_eq!(embedded().len(), all.len());
}

#[test]
fn embedded_scenarios_are_sorted_by_a_unique_name() {
    assert!(embedded().is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn embedded_scenarios_stand_in_the_folder_of_a_group() {
    let folders: BTreeSet<_> = embedded()
        .iter()
        .map(|s| s.name.split_once('/').unwrap().0.to_uppercase())
        .collect();
    assert_eq!(
        folders,
        imdspec_rules::rules::all()
            .iter()
            .map(|r| r.group().to_owned())
            .collect()
    );
}

#[test]
fn the_embedded_scenarios_exercise_every_rule_and_no_other() {
    let exercised: BTreeSet<_> = embedded()
        .iter()
        .flat_map(|s| s.exercises.iter().cloned())
        .collect();
    assert!(core().len() >= 92);
    assert_eq!(
        core().difference(&exercised).collect::<Vec<_>>(),
        [""; 0],
        "not exercised"
    );
    assert_eq!(
        exercised.difference(&core()).collect::<Vec<_>>(),
        [""; 0],
        "not in the core set"
    );
}

#[test]
fn no_two_embedded_scenarios_are_the_same_stimulus() {
    for (i, a) in embedded().iter().enumerate() {
        for b in &embedded()[..i] {
            let like_b = Scenario {
                name: b.name.clone(),
                title: b.title.clone(),
                exercises: b.exercises.clone(),
                why: b.why.clone(),
                ..a.clone()
            };
            assert_ne!(&like_b, b, "{} is {} once more", a.name, b.name);
            assert_ne!(a.title, b.title, "{} and {}", a.name, b.name);
        }
    }
}

#[test]
fn a_scenario_takes_what_is_left_out_from_the_healthy_world() {
    let scenario = parse(&format!("{HEAD}[[step]]\nresolve = 1\n")).unwrap();
    assert_eq!(
        scenario,
        Scenario {
            name: "token/test".into(),
            title: "a test".into(),
            exercises: vec!["TOKEN-001".into()],
            why: None,
            clock: ClockNeed::Any,
            network: NetworkNeed::Any,
            endpoint: EndpointGiven::Default,
            sources: Default::default(),
            profile: None,
            links: BTreeMap::new(),
            world: World::default(),
            env: BTreeMap::new(),
            config: BTreeMap::new(),
            code: BTreeMap::new(),
            files: BTreeMap::new(),
            steps: vec![Step::Resolve(1)],
        }
    );
}

#[test]
fn every_kind_of_step_is_read() {
    let scenario = parse(&format!(
        "{HEAD}clock = \"movable\"\n\
         [[step]]\nresolve = 3\n\
         [[step]]\nadvance = \"6h\"\n\
         [[step]]\njump = \"-24h\"\n\
         [[step]]\nrevoke-tokens = true\n\
         [[step]]\nrotate = true\n\
         [[step]]\nrole = \"\"\n\
         [[step]]\nmode = \"v2-optional\"\n\
         [[step]]\nfaults = [{{ on = \"token\", nth = \"2..\", status = 503 }}]\n"
    ))
    .unwrap();
    let fault = Fault {
        on: imdspec_model::On::Token,
        nth: "2..".to_owned().try_into().unwrap(),
        status: Some(503),
        ..Fault::default()
    };
    assert_eq!(
        scenario.steps,
        [
            Step::Resolve(3),
            Step::Advance(Span::seconds(6 * 3600)),
            Step::Jump(Span::seconds(-24 * 3600)),
            Step::RevokeTokens(Yes),
            Step::Rotate(Yes),
            Step::Role(String::new()),
            Step::Mode(Mode::V2Optional),
            Step::Faults(vec![fault]),
        ]
    );
}

#[test]
fn what_a_scenario_needs_follows_from_what_it_does() {
    let needs = |rest: &str| {
        let s = parse(&format!("{HEAD}{rest}")).unwrap();
        (s.needs_session(), s.clock > ClockNeed::Any, s.resolves())
    };
    let ask = "[[step]]\nresolve = 1\n";
    assert_eq!(needs(ask), (false, false, 1));
    assert_eq!(
        needs(&format!("[[step]]\nrotate = true\n{ask}")),
        (false, false, 1)
    );
    assert_eq!(needs(&format!("{ask}{ask}")), (true, false, 2));
    assert_eq!(needs("[[step]]\nresolve = 4\n"), (true, false, 4));
    let moved = format!("clock = \"movable\"\n{ask}[[step]]\nadvance = \"1h\"\n{ask}");
    assert_eq!(needs(&moved), (true, true, 2));
}

#[test]
fn a_misspelt_key_is_shown_with_its_line_and_the_right_ones() {
    assert_error(
        "\n[[world.faults]]\non = \"token\"\n\nstauts = 503\n[[step]]\nresolve = 1\n",
        7,
        &["unknown key \"stauts\", expected one of", "\"status\""],
    );
    assert_error(
        "clok = \"virtual\"\n[[step]]\nresolve = 1\n",
        3,
        &["unknown key \"clok\"", "\"clock\""],
    );
    assert_error(
        "[[step]]\nreslove = 1\n",
        4,
        &["unknown key \"reslove\"", "\"resolve\""],
    );
}

#[test]
fn text_that_is_no_toml_is_shown_with_its_line() {
    assert_error("\nworld = [\n", 4, &["unclosed array"]);
}

#[test]
fn columns_count_characters() {
    let text = "title = \"é\"; \n";
    let Err(ScenarioError::Text { line, column, .. }) = parse(text) else {
        panic!("parsed")
    };
    assert_eq!((line, column), (1, 12));
}

#[test]
fn a_bad_span_or_count_or_name_is_shown_with_its_line() {
    let step = "[[step]]\nresolve = 1\n";
    assert_error(
        &format!("{step}[[step]]\nadvance = \"six hours\"\n"),
        6,
        &["\"six hours\" is no span", "\"1h 30m\""],
    );
    assert_error(
        &format!("[world]\nlongest-token = \"\"\n{step}"),
        4,
        &["is no span"],
    );
    for nth in ["0", "3..1", "x", ""] {
        assert_error(
            &format!("[[world.faults]]\nnth = \"{nth}\"\nstatus = 500\n{step}"),
            4,
            &["is no count", "\"1..3\""],
        );
    }
    assert_error(
        &format!("[world]\nmode = \"v3\"\n{step}"),
        4,
        &["unknown value \"v3\"", "\"v2-required\""],
    );
    assert_error(
        "[[step]]\nresolve = \"once\"\n",
        4,
        &["invalid type", "u32"],
    );
}

#[test]
fn a_scenario_must_ask_for_credentials() {
    assert_error("", 1, &["no step asks", "resolve = 1"]);
    assert_error("step = []\n", 1, &["no step asks"]);
    assert_error("\n[[step]]\nrotate = true\n", 4, &["no step asks"]);
    assert_error("[[step]]\nresolve = 0\n", 3, &["1 to 64"]);
    assert_error("[[step]]\nresolve = 65\n", 3, &["1 to 64"]);
}

#[test]
fn a_step_is_one_thing() {
    assert_error("[[step]]\n", 3, &["an empty step"]);
    assert_error("[[step]]\nresolve = 1\nrotate = true\n", 3, &["two keys"]);
    assert_error(
        "[[step]]\nresolve = 1\n[[step]]\nrotate = false\n",
        6,
        &["only be true"],
    );
}

#[test]
fn time_goes_forward_unless_it_jumps_and_only_on_a_clock_that_can() {
    let ask = "[[step]]\nresolve = 1\n";
    for span in ["0s", "-1h"] {
        assert_error(
            &format!("clock = \"movable\"\n{ask}[[step]]\nadvance = \"{span}\"\n"),
            6,
            &["advance goes forward"],
        );
    }
    assert_error(
        &format!("clock = \"movable\"\n{ask}[[step]]\njump = \"0s\"\n"),
        6,
        &["a jump by nothing"],
    );
    assert_error(
        &format!("{ask}[[step]]\nadvance = \"1h\"\n"),
        5,
        &["clock = \"movable\""],
    );
    assert_error(
        &format!("clock = \"movable\"\n{ask}"),
        3,
        &["no step moves the clock"],
    );
    assert_error(
        &format!("clock = \"virtual\"\n{ask}"),
        3,
        &["few subjects have a virtual clock"],
    );
    let reason = format!("{HEAD}why = \"three seconds are few\"\nclock = \"virtual\"\n{ask}");
    assert_eq!(parse(&reason).unwrap().clock, ClockNeed::Virtual);
}

#[test]
fn links_are_broken_at_the_real_addresses_only() {
    let ask = "[[step]]\nresolve = 1\n";
    let links =
        |rest: &str, address: &str| format!("{rest}[links]\n\"{address}\" = \"silent\"\n{ask}");
    let real = "network = \"addresses\"\nendpoint = \"none\"\n";
    assert_error(
        &links("", "169.254.169.254"),
        4,
        &["expected network = \"addresses\""],
    );
    assert_error(
        &links(real, "10.0.0.1"),
        6,
        &["169.254.169.254 or fd00:ec2::254"],
    );
    let scenario = parse(&format!("{HEAD}{}", links(real, "169.254.169.254"))).unwrap();
    let address = "169.254.169.254".parse().unwrap();
    assert_eq!(scenario.links, BTreeMap::from([(address, Link::Silent)]));
    let again = parse(&scenario.to_toml().unwrap()).unwrap();
    assert_eq!(again, scenario);
}

#[test]
fn somebody_names_the_endpoint_or_the_real_addresses_are_needed() {
    let ask = "[[step]]\nresolve = 1\n";
    let own = "[env]\nAWS_EC2_METADATA_SERVICE_ENDPOINT = \"${imds}\"\n";
    assert_error(
        &format!("endpoint = \"none\"\n{ask}"),
        3,
        &["nothing names an endpoint"],
    );
    assert_error(
        &format!("network = \"addresses\"\n{ask}"),
        3,
        &["endpoint = \"none\""],
    );
    assert_error(&format!("{own}{ask}"), 4, &["endpoint = \"none\""]);
    for good in [
        format!("endpoint = \"none\"\nnetwork = \"addresses\"\n{ask}"),
        format!("endpoint = \"none\"\n{own}{ask}"),
        format!("endpoint = \"none\"\n{ask}[config]\nec2_metadata_service_endpoint = \"x\"\n"),
        format!("endpoint = \"none\"\ncode = {{ ec2_metadata_service_endpoint = \"x\" }}\n{ask}"),
    ] {
        let scenario = parse(&format!("{HEAD}{good}")).unwrap();
        assert!(!scenario.sets_endpoint());
        assert_eq!(scenario.needs_addresses(), good.contains("addresses"));
    }
}

#[test]
fn a_rule_id_has_a_known_shape_and_stands_once() {
    let with = |ids: &str| {
        parse(&format!(
            "title = \"x\"\n\nexercises = [{ids}]\n[[step]]\nresolve = 1\n"
        ))
        .unwrap_err()
        .to_string()
    };
    for id in ["TOKEN-1", "TOKNE-001", "token-001", "TOKEN-0001", "TOKEN"] {
        let error = with(&format!("\"DOC-001\", \"{id}\""));
        let expected = format!("scenarios/token/test.toml:3: \"{id}\" is no rule id");
        assert!(error.starts_with(&expected), "{error}");
    }
    assert!(with("\"DOC-001\", \"DOC-001\"").ends_with("DOC-001 stands here twice"));
    assert!(with("").contains("no rule to exercise"));
}

#[test]
fn a_title_is_a_clause() {
    for title in ["", "  ", "a sentence.", "two\\nlines"] {
        let text =
            format!("title = \"{title}\"\nexercises = [\"DOC-001\"]\n[[step]]\nresolve = 1\n");
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains(":1: the title is no clause"), "{error}");
    }
}

#[test]
fn a_setting_is_one_line_with_blanks_that_are_filled_in() {
    let ask = "[[step]]\nresolve = 1\n";
    assert_error(
        &format!("[env]\nA_NAME = \"x\"\nHTTP_PROXY = \"${{prox}}\"\n{ask}"),
        5,
        &["nothing fills ${prox}", "${imds}, ${collector}, ${proxy}"],
    );
    assert_error(
        &format!("[config]\nec2_x = \"a\\nb\"\n{ask}"),
        4,
        &["one line"],
    );
    assert_error(
        &format!("[env]\n\"A-B\" = \"x\"\n{ask}"),
        4,
        &["\"A-B\" is no name"],
    );
}

#[test]
fn a_fault_that_makes_no_sense_is_shown_with_its_line() {
    let fault = |text: &str| format!("[[world.faults]]\n{text}\n[[step]]\nresolve = 1\n");
    for (text, what) in [
        ("on = \"token\"\nnth = \"2\"", "changes nothing"),
        ("body = \"\"\nbody-base64 = \"\"", "leave one out"),
        ("body-base64 = \"AA\"", "not base64"),
        ("status = 103", "no final status"),
        ("status = 1000", "status 1000"),
        ("interim = [200]", "interim status 200"),
        ("delay = \"-1s\"", "less than nothing"),
        ("drip = \"-1s\"", "less than nothing"),
        ("body = \"${access-key}\"", "nothing fills ${access-key}"),
        ("body = \"${expiration+soon}\"", "nothing fills"),
        ("headers = [[\"X\", \"${imds}\"]]", "nothing fills ${imds}"),
    ] {
        assert_error(&fault(text), 3, &[what]);
    }
    let in_step = "[[world.faults]]\nstatus = 500\n[[step]]\nresolve = 1\n\
                   [[step]]\nfaults = [\n  { status = 500 },\n  { status = 99 },\n]\n";
    assert_error(in_step, 10, &["no final status"]);
    let good = fault(
        "body = \"${role} ${token} ${expiration} ${expiration+1h 30m} ${expiration-14m}\"\n\
         headers = [[\"Location\", \"${collector}/${role}\"]]",
    );
    assert!(parse(&format!("{HEAD}{good}")).is_ok());
}

#[test]
fn the_example_in_the_guide_is_a_scenario() {
    let guide = include_str!("../../../../docs/writing-a-scenario.md");
    let example = guide.split("```").find_map(|b| b.strip_prefix("toml\n"));
    let scenario = parse(example.unwrap()).unwrap();
    assert!(scenario.needs_session() && scenario.clock == ClockNeed::Any);
}

#[test]
fn sources_are_set_up_as_they_can_be() {
    let step = "[[step]]\nresolve = 1\n";
    let good = format!(
        "{HEAD}profile = \"work\"\n[sources]\nprocess = \"exit-1\"\nimds = \"works\"\n\
         [files]\nnotes = \"a\"\n{step}[[step]]\nfile = {{ name = \"notes\", text = \"b\" }}\n"
    );
    let scenario = parse(&good).unwrap();
    assert_eq!(scenario.profile.as_deref(), Some("work"));
    assert_eq!(scenario.sources.all().count(), 2);
    assert_error(
        &format!("[sources]\nimds = \"partial\"\n{step}"),
        4,
        &["imds cannot be partial", "status-403"],
    );
    assert_error(
        &format!("[files]\n\"../x\" = \"a\"\n{step}"),
        4,
        &["no path below the home"],
    );
    assert_error(
        &format!("profile = \"[x]\"\n{step}"),
        3,
        &["no name of a profile"],
    );
}

#[test]
fn a_relative_uri_needs_the_real_addresses() {
    let step = "[[step]]\nresolve = 1\n";
    let parts = ["real address", "container-full"];
    for source in ["container", "assume-role-container"] {
        assert_error(
            &format!("[sources]\n{source} = \"works\"\n{step}"),
            4,
            &parts,
        );
    }
    let by_variable = "[env]\nAWS_CONTAINER_CREDENTIALS_RELATIVE_URI = \"/x\"\n";
    assert_error(&format!("{by_variable}{step}"), 4, &parts);
    let on_addresses = "network = \"addresses\"\nendpoint = \"none\"\n";
    assert!(parse(&format!("{HEAD}{on_addresses}{by_variable}{step}")).is_ok());
}

#[test]
fn what_is_written_is_read_back() {
    for scenario in embedded() {
        let text = scenario.to_toml().unwrap();
        let again = Scenario::parse(&scenario.name, "written.toml", &text);
        assert_eq!(again.as_ref(), Ok(scenario), "{text}");
    }
}

#[test]
fn what_goes_without_saying_is_not_written() {
    let text = format!(
        "{HEAD}\n[world]\nrole = \"x\"\n\n[[world.faults]]\non = \"token\"\nstatus = 503\n\n\
         [[step]]\nresolve = 1\n"
    );
    assert_eq!(parse(&text).unwrap().to_toml().unwrap(), text);
}

#[test]
fn a_number_that_toml_cannot_hold_is_an_error() {
    let mut scenario = embedded()[0].clone();
    scenario.world.faults = vec![Fault {
        content_length: Some(u64::MAX),
        ..Fault::default()
    }];
    let error = scenario.to_toml().unwrap_err().to_string();
    assert!(error.contains(&scenario.name), "{error}");
}

#[test]
fn a_folder_is_read_with_the_folders_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{HEAD}[[step]]\nresolve = 1\n");
    std::fs::create_dir(folder.path().join("token")).unwrap();
    for file in ["token/b.toml", "token/a.toml", "z-9.toml", "notes.md"] {
        std::fs::write(folder.path().join(file), &text).unwrap();
    }
    let names = |scenarios: Vec<Scenario>| -> Vec<String> {
        scenarios.into_iter().map(|s| s.name).collect()
    };
    assert_eq!(
        names(load_dir(folder.path()).unwrap()),
        ["token/a", "token/b", "z-9"]
    );
    assert_eq!(
        load_file(&folder.path().join("token/a.toml")).unwrap().name,
        "a"
    );
}

#[test]
fn what_cannot_be_loaded_is_said_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().display();
    let error = load_dir(folder.path()).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{shown}: no scenario")),
        "{error}"
    );

    let missing = folder.path().join("missing.toml");
    let error = load_file(&missing).unwrap_err().to_string();
    assert!(error.contains("missing.toml: cannot be read"), "{error}");
    assert!(matches!(
        load_dir(&missing),
        Err(ScenarioError::Read { .. })
    ));

    std::fs::write(folder.path().join("Bad name.toml"), HEAD).unwrap();
    let error = load_dir(folder.path()).unwrap_err().to_string();
    assert!(error.contains("Bad name.toml: the path is"), "{error}");

    std::fs::remove_file(folder.path().join("Bad name.toml")).unwrap();
    std::fs::write(folder.path().join("bad.toml"), "title = 1\n").unwrap();
    let error = load_dir(folder.path()).unwrap_err().to_string();
    assert!(error.contains("bad.toml:1: invalid type"), "{error}");
}
