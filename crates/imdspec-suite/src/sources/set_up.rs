//! From the sources of a scenario to what a subject is given.

use super::home::{Home, Played};
use super::profile::ProfileFile;
use super::{Breakage, Sources, State};
use imdspec_model::{Failing, Grants, RoleGrant, Services, Shown, SourceKeys, Span, SsoGrant};
use imdspec_rules::Keys;
use imdspec_wire::{Now, Source, Timestamp, Wall};
use std::collections::BTreeMap;

/// The account of every role and every user here.
const ACCOUNT: &str = "123456789012";
/// The role that the active profile assumes, whatever it is assumed with.
const PROFILE_ROLE: &str = "arn:aws:iam::123456789012:role/imdspec-profile";
/// The role of the web identity in the environment.
const ENVIRONMENT_ROLE: &str = "arn:aws:iam::123456789012:role/imdspec-web-identity";
/// The profile whose keys assume a role.
const BASE_PROFILE: &str = "imdspec-base";
/// The session of IAM Identity Center, and where its token is cached: SHA-1 of its name.
const SSO_SESSION: &str = "imdspec";
const SSO_CACHE: &str = ".aws/sso/cache/1c894332dbf5fd88a7296e5248339c2ac8736433.json";
/// The console login, and where its credentials are cached: SHA-256 of its name.
const LOGIN_SESSION: &str = "arn:aws:iam::123456789012:user/imdspec";
const LOGIN_CACHE: &str =
    ".aws/login/cache/8787e6aad5df1da658453db45566ecc57bfd5d129734f3c4199d6cd0f299a87b.json";
/// Where the properties of a Java virtual machine are.
const JVM_OPTIONS: &str = ".imdspec-jvm-options";
/// The paths of the container endpoint.
const RELATIVE_PATH: &str = "/imdspec/relative";
const FULL_PATH: &str = "/imdspec/full";
/// Where a credential process notes that it was run, below the home.
pub(crate) const RUNS: &str = ".imdspec-process-runs";

/// What a scenario's sources are to a subject and to the servers.
#[derive(Debug)]
pub(crate) struct SetUp {
    /// Variables, with gaps for servers and the home.
    pub(crate) env: BTreeMap<String, String>,
    /// Files and commands.
    pub(crate) home: Home,
    /// Whose keys are whose, for those that exist from the beginning.
    pub(crate) keys: Vec<Keys>,
    /// Files of which rules want to know the text, by their names below the home.
    pub(crate) told: Vec<&'static str>,
    config: ProfileFile,
    credentials: ProfileFile,
    grants: Grants,
}

/// What is known while sources are set up.
struct Making<'a> {
    up: SetUp,
    services: &'a mut Services,
    now: Now,
    lifetime: Span,
    /// The active profile's headers in the config and in the credentials file.
    headers: (String, String),
}

impl SetUp {
    /// Sets `sources` up in the profile called `profile`, or the default one, with `config` in
    /// that profile besides. What the services are to give is written into them.
    pub(crate) fn new(
        sources: &Sources,
        profile: Option<&str>,
        config: &BTreeMap<String, String>,
        services: &mut Services,
        now: Now,
        lifetime: Span,
    ) -> Self {
        let headers = match profile {
            None => ("default".to_owned(), "default".to_owned()),
            Some(name) => (format!("profile {name}"), name.to_owned()),
        };
        let mut making = Making {
            up: Self {
                env: BTreeMap::new(),
                home: Home::default(),
                keys: Vec::new(),
                told: Vec::new(),
                config: ProfileFile::default(),
                credentials: ProfileFile::default(),
                grants: Grants {
                    account_id: Some(ACCOUNT.to_owned()),
                    ..Grants::default()
                },
            },
            services,
            now,
            lifetime,
            headers,
        };
        if !sources.is_empty() {
            making.surroundings();
        }
        if let Some(name) = profile {
            making.named(name);
        }
        for (source, state) in sources.all() {
            making.source(source, state);
        }
        for (key, value) in config {
            making.profile(key, value.clone());
        }
        let mut up = making.up;
        if let Some(text) = std::mem::take(&mut up.config).text() {
            up.home.text(".aws/config", text);
        }
        if let Some(text) = std::mem::take(&mut up.credentials).text() {
            up.home.text(".aws/credentials", text);
        }
        *services.grants() = std::mem::take(&mut up.grants);
        up
    }
}

impl Making<'_> {
    /// What every client of these services is told: where they are, and a region.
    fn surroundings(&mut self) {
        for (name, value) in [
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL_STS", "${sts}"),
            ("AWS_ENDPOINT_URL_SSO", "${sso}"),
            ("AWS_ENDPOINT_URL_SSO_OIDC", "${oidc}"),
            ("AWS_ENDPOINT_URL_SIGNIN", "${signin}"),
        ] {
            self.env(name, value);
        }
        // Versions of botocore before AWS_ENDPOINT_URL_… read where services are from here.
        for (service, gap) in [
            ("sts/2011-06-15", "${sts}"),
            ("sso/2019-06-10", "${sso}"),
            ("sso-oidc/2019-06-10", "${oidc}"),
        ] {
            let path = format!(".aws/models/{service}/endpoint-rule-set-1.json");
            self.up.home.text(&path, endpoint_rules(gap));
        }
    }

    /// The active profile has a name.
    fn named(&mut self, name: &str) {
        self.env("AWS_PROFILE", name);
        // A profile that is named must be there, whatever is in it.
        self.profile("region", "us-east-1");
    }

    fn source(&mut self, source: Source, state: State) {
        let broken = state.breakage();
        match source {
            Source::Code | Source::Imds => {}
            Source::SystemProperties => self.system_properties(broken),
            Source::Environment => self.environment(state),
            Source::AssumeRole => self.assume_role(broken),
            Source::AssumeRoleEnvironment => self.assume_from(source, "Environment", broken),
            Source::AssumeRoleContainer => self.assume_from(source, "EcsContainer", broken),
            Source::AssumeRoleImds => self.assume_from(source, "Ec2InstanceMetadata", broken),
            Source::WebIdentity => self.web_identity(broken),
            Source::WebIdentityProfile => self.web_identity_profile(broken),
            Source::Sso => self.sso(state),
            Source::Login => self.login(broken),
            Source::SharedCredentials => self.shared_credentials(state),
            Source::ConfigFile => self.config_file(state),
            Source::Process => self.process(broken),
            Source::Boto2 => self.boto2(broken),
            Source::Container => self.container(broken),
            Source::ContainerFull => self.container_full(broken),
        }
    }

    fn env(&mut self, name: &str, value: impl Into<String>) {
        self.up.env.insert(name.to_owned(), value.into());
    }

    /// Sets a key of the active profile in the config file.
    fn profile(&mut self, key: &str, value: impl Into<String>) {
        self.up.config.set(&self.headers.0, key, value);
    }

    /// New keys, noted as the source's.
    fn keys(&mut self, source: Source, base: bool, temporary: bool) -> SourceKeys {
        let keys = self.services.keys_of(source, base, temporary);
        self.up.keys.push(noted(&keys, base, None));
        keys
    }

    /// Until when what is set up now is good.
    fn end(&self) -> String {
        let end = self.now.wall.0.saturating_add(self.lifetime.millis());
        Timestamp::from_wall(Wall(end)).to_seconds_text()
    }

    /// Until when what was signed in to is good: longer than the credentials that are had for it.
    fn end_of_session(&self) -> String {
        let a_day = Span::seconds(86_400).millis();
        let end = (self.now.wall.0).saturating_add(self.lifetime.millis().max(0));
        Timestamp::from_wall(Wall(end.saturating_add(a_day))).to_seconds_text()
    }

    fn system_properties(&mut self, broken: Option<Breakage>) {
        let keys = self.keys(Source::SystemProperties, false, false);
        let mut options = format!("-Daws.accessKeyId={}\n", keys.access_key_id);
        if broken.is_none() {
            let secret = keys.secret_access_key;
            options.push_str(&format!("-Daws.secretAccessKey={secret}\n"));
        }
        // In a file, for a JVM repeats on stderr what the variable holds.
        self.up.home.text(JVM_OPTIONS, options);
        let file = format!("-XX:VMOptionsFile=${{home}}/{JVM_OPTIONS}");
        self.env("JAVA_TOOL_OPTIONS", file);
    }

    fn environment(&mut self, state: State) {
        let temporary = state == State::Temporary;
        let keys = self.keys(Source::Environment, false, temporary);
        let (mut id, mut secret) = (keys.access_key_id, Some(keys.secret_access_key));
        match state.breakage() {
            Some(Breakage::Blank) => (id, secret) = (String::new(), Some(String::new())),
            Some(_) => secret = None,
            None => {}
        }
        self.env("AWS_ACCESS_KEY_ID", id);
        if let Some(secret) = secret {
            self.env("AWS_SECRET_ACCESS_KEY", secret);
        }
        if let Some(token) = keys.security_token {
            self.env("AWS_SESSION_TOKEN", token);
        }
    }

    fn assume_role(&mut self, broken: Option<Breakage>) {
        let base = self.keys(Source::AssumeRole, true, false);
        let header = format!("profile {BASE_PROFILE}");
        let config = &mut self.up.config;
        config.set(&header, "aws_access_key_id", &base.access_key_id);
        config.set(&header, "aws_secret_access_key", base.secret_access_key);
        self.profile("role_arn", PROFILE_ROLE);
        self.profile("source_profile", BASE_PROFILE);
        let shown = Shown::Signature(Some(base.access_key_id));
        self.grant(Source::AssumeRole, PROFILE_ROLE, shown, broken);
    }

    fn assume_from(&mut self, source: Source, from: &str, broken: Option<Breakage>) {
        self.profile("role_arn", PROFILE_ROLE);
        self.profile("credential_source", from);
        // Whose signature it is, the judge sees.
        self.grant(source, PROFILE_ROLE, Shown::Signature(None), broken);
    }

    fn grant(&mut self, source: Source, arn: &str, shown: Shown, broken: Option<Breakage>) {
        if broken != Some(Breakage::Denied) {
            self.up.grants.roles.push(RoleGrant {
                arn: arn.to_owned(),
                shown,
                source,
            });
        }
    }

    /// Writes a file with what is to be shown for a source, and gives its text.
    fn shown(&mut self, source: Source, path: &'static str, broken: Option<Breakage>) -> String {
        let text = self.services.authorization_of(source);
        if broken != Some(Breakage::Missing) {
            self.up.home.text(path, text.clone());
            self.up.told.push(path);
        }
        text
    }

    fn web_identity(&mut self, broken: Option<Breakage>) {
        let token = self.shown(Source::WebIdentity, "web-identity-token", broken);
        self.env("AWS_ROLE_ARN", ENVIRONMENT_ROLE);
        self.env("AWS_WEB_IDENTITY_TOKEN_FILE", "${home}/web-identity-token");
        let shown = Shown::WebIdentity(token);
        self.grant(Source::WebIdentity, ENVIRONMENT_ROLE, shown, broken);
    }

    fn web_identity_profile(&mut self, broken: Option<Breakage>) {
        let token = self.shown(
            Source::WebIdentityProfile,
            "web-identity-token-profile",
            broken,
        );
        self.profile("role_arn", PROFILE_ROLE);
        self.profile(
            "web_identity_token_file",
            "${home}/web-identity-token-profile",
        );
        let shown = Shown::WebIdentity(token);
        self.grant(Source::WebIdentityProfile, PROFILE_ROLE, shown, broken);
    }

    fn sso(&mut self, state: State) {
        let broken = state.breakage();
        let token = self.services.authorization_of(Source::Sso);
        self.profile("sso_session", SSO_SESSION);
        self.profile("sso_account_id", ACCOUNT);
        self.profile("sso_role_name", "imdspec-sso");
        let header = format!("sso-session {SSO_SESSION}");
        let url = "https://imdspec.awsapps.com/start";
        self.up.config.set(&header, "sso_region", "us-east-1");
        self.up.config.set(&header, "sso_start_url", url);
        let scopes = "sso:account:access";
        (self.up.config).set(&header, "sso_registration_scopes", scopes);
        let is_over = matches!(state, State::Renews | State::Broken(Breakage::Expired));
        let mut cached = serde_json::json!({
            "startUrl": url, "region": "us-east-1", "accessToken": token,
            "expiresAt": self.end_of_session(),
        });
        if is_over {
            cached["expiresAt"] = "2020-01-01T00:00:00Z".into();
        }
        let refresh_token = (state == State::Renews).then(|| format!("again-{token}"));
        if let Some(again) = &refresh_token {
            // The one that is over is another one.
            cached["accessToken"] = format!("over-{token}").into();
            cached["refreshToken"] = again.as_str().into();
            cached["clientId"] = "imdspec-client".into();
            cached["clientSecret"] = "imdspec-client-secret".into();
            cached["registrationExpiresAt"] = self.end_of_session().into();
        }
        if broken != Some(Breakage::Missing) {
            self.up.home.text(SSO_CACHE, cached.to_string());
        }
        if broken.is_none() {
            self.up.grants.sso = Some(SsoGrant {
                account_id: ACCOUNT.to_owned(),
                role: "imdspec-sso".to_owned(),
                token,
                refresh_token,
            });
        }
    }

    fn login(&mut self, broken: Option<Breakage>) {
        self.profile("login_session", LOGIN_SESSION);
        let keys = self.keys(Source::Login, false, true);
        let cached = serde_json::json!({
            "accessToken": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.security_token,
                "accountId": ACCOUNT,
                "expiresAt": self.end(),
            },
            "tokenType": "aws_sigv4",
            "clientId": "arn:aws:signin:::devtools/same-device",
            "refreshToken": "imdspec-login-refresh",
            "idToken": "eyJhbGciOiJub25lIn0.e30.",
            "dpopKey": "imdspec",
        });
        if broken.is_none() {
            self.up.home.text(LOGIN_CACHE, cached.to_string());
        }
    }

    fn static_keys(&mut self, source: Source, state: State) -> Vec<(&'static str, String)> {
        let keys = self.keys(source, false, state == State::Temporary);
        let mut settings = vec![("aws_access_key_id", keys.access_key_id)];
        if state.breakage() != Some(Breakage::Partial) {
            settings.push(("aws_secret_access_key", keys.secret_access_key));
        }
        settings.extend(keys.security_token.map(|t| ("aws_session_token", t)));
        settings
    }

    fn shared_credentials(&mut self, state: State) {
        let settings = self.static_keys(Source::SharedCredentials, state);
        if state.breakage() == Some(Breakage::Malformed) {
            return self.up.credentials.malform(malformed(&settings));
        }
        for (key, value) in settings {
            self.up.credentials.set(&self.headers.1, key, value);
        }
    }

    fn config_file(&mut self, state: State) {
        let settings = self.static_keys(Source::ConfigFile, state);
        if state.breakage() == Some(Breakage::Malformed) {
            return self.up.config.malform(malformed(&settings));
        }
        for (key, value) in settings {
            self.profile(key, value);
        }
    }

    fn process(&mut self, broken: Option<Breakage>) {
        let keys = self.keys(Source::Process, false, true);
        let line = "${home}/imdspec-process";
        self.profile("credential_process", line);
        let printed = match broken {
            Some(Breakage::NotJson) => "these are no credentials".to_owned(),
            _ => serde_json::json!({
                "Version": 1,
                "AccessKeyId": keys.access_key_id,
                "SecretAccessKey": keys.secret_access_key,
                "SessionToken": keys.security_token,
                "Expiration": self.end(),
            })
            .to_string(),
        };
        let home = &mut self.up.home;
        let note = format!("#!/bin/sh\necho run >>\"${{0%/*}}/{RUNS}\"\n");
        let played = match broken {
            Some(Breakage::Missing) => return,
            Some(Breakage::Exit1) => {
                let text = format!("{note}echo 'imdspec: no credentials today' >&2\nexit 1\n");
                home.script("imdspec-process", text);
                Played::Ended {
                    status: 1,
                    stdout: Vec::new(),
                }
            }
            Some(Breakage::Silent) => {
                home.script("imdspec-process", format!("{note}exec sleep 600\n"));
                Played::Hangs
            }
            _ => {
                let text = format!("{note}cat <<'END'\n{printed}\nEND\n");
                home.script("imdspec-process", text);
                Played::Ended {
                    status: 0,
                    stdout: printed.into_bytes(),
                }
            }
        };
        home.commands.insert(line.to_owned(), played);
    }

    fn boto2(&mut self, broken: Option<Breakage>) {
        let keys = self.keys(Source::Boto2, false, false);
        let mut text = format!(
            "[Credentials]\naws_access_key_id = {}\n",
            keys.access_key_id
        );
        if broken.is_none() {
            let secret = keys.secret_access_key;
            text.push_str(&format!("aws_secret_access_key = {secret}\n"));
        }
        self.up.home.text(".boto", text);
    }

    /// The endpoint of a task of ECS, opened by a variable.
    fn container(&mut self, broken: Option<Breakage>) {
        self.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", RELATIVE_PATH);
        let token = self.services.authorization_of(Source::Container);
        self.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", token.clone());
        self.path(Source::Container, RELATIVE_PATH, token, broken);
    }

    /// The endpoint of a pod of EKS, opened by a file.
    fn container_full(&mut self, broken: Option<Breakage>) {
        let url = format!("${{container}}{FULL_PATH}");
        self.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        self.env(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "${home}/container-token",
        );
        let token = self.shown(Source::ContainerFull, "container-token", None);
        self.path(Source::ContainerFull, FULL_PATH, token, broken);
    }

    fn path(&mut self, source: Source, path: &str, token: String, broken: Option<Breakage>) {
        let grants = &mut self.up.grants;
        grants.paths.insert(path.to_owned(), source);
        grants.authorizations.push(token);
        let failing = match broken {
            None => return,
            Some(Breakage::Status403) => Failing::Status(403),
            Some(Breakage::Status404) => Failing::Status(404),
            Some(Breakage::Silent) => Failing::Silent,
            Some(_) => Failing::Status(500),
        };
        grants.failing.insert(source, failing);
    }
}

/// A rule set of botocore that puts a service at one URL.
fn endpoint_rules(url: &str) -> String {
    let parameter = |built_in: &str, kind: &str| {
        serde_json::json!({
            "builtIn": built_in, "required": false, "documentation": "", "type": kind,
        })
    };
    serde_json::json!({
        "version": "1.0",
        "parameters": {
            "Region": parameter("AWS::Region", "String"),
            "UseDualStack": parameter("AWS::UseDualStack", "Boolean"),
            "UseFIPS": parameter("AWS::UseFIPS", "Boolean"),
            "Endpoint": parameter("SDK::Endpoint", "String"),
            "UseGlobalEndpoint": parameter("AWS::STS::UseGlobalEndpoint", "Boolean"),
        },
        "rules": [{
            "conditions": [],
            "endpoint": { "url": url, "properties": {}, "headers": {} },
            "type": "endpoint",
        }],
    })
    .to_string()
}

/// Keys as a trace has them.
pub(crate) fn noted(keys: &SourceKeys, base: bool, account_id: Option<String>) -> Keys {
    Keys {
        source: keys.source,
        base,
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: keys.secret_access_key.clone(),
        session_token: keys.security_token.clone(),
        account_id,
    }
}

/// A text with these settings in it that is no file of profiles: a section that does not end, and
/// settings without an equals sign.
fn malformed(settings: &[(&str, String)]) -> String {
    let mut text = String::from("[default\n");
    for (key, value) in settings {
        text.push_str(&format!("{key} {value}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use imdspec_wire::Mono;

    fn set_up(source: Source) -> SetUp {
        let now = Now {
            wall: Wall(1_767_225_600_000),
            mono: Mono(0),
        };
        let mut services = Services::new(Grants::default(), Vec::new(), 1);
        let sources = Sources::working([source]);
        let life = Span::seconds(6 * 3600);
        SetUp::new(&sources, None, &BTreeMap::new(), &mut services, now, life)
    }

    #[test]
    fn properties_of_a_jvm_are_not_where_it_repeats_them() {
        let up = set_up(Source::SystemProperties);
        let secret = &up.keys[0].secret_access_key;
        assert!(up.home.text_of(JVM_OPTIONS).contains(secret.as_str()));
        assert!(!up.env.values().any(|value| value.contains(secret.as_str())));
    }

    #[test]
    fn a_token_of_identity_center_is_good_for_a_second_life_of_credentials() {
        let up = set_up(Source::Sso);
        let cached = up.home.text_of(SSO_CACHE);
        assert!(
            cached.contains("\"expiresAt\":\"2026-01-02T06:00:00Z\""),
            "{cached}"
        );
    }
}
