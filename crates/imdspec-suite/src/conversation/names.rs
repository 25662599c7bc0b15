//! Stable names for what differs from run to run.

use imdspec_rules::{SecretKind, Server, Trace, What};

/// What stands for what.
pub(super) struct Names<'t> {
    /// Secrets, the longest first: one may begin like another.
    secrets: Vec<(String, String)>,
    /// Addresses of our servers.
    places: Vec<(&'t str, &'static str)>,
    /// Access key ids, in the order they are met.
    keys: Vec<String>,
    /// Other loopback addresses, in the order they are met.
    others: Vec<String>,
}

/// The name of a server of ours.
pub(super) const fn server(server: Server) -> &'static str {
    match server {
        Server::Imds => "<imds>",
        Server::Collector => "<collector>",
        Server::Proxy => "<proxy>",
        Server::Container => "<container>",
        Server::Sts => "<sts>",
        Server::Sso => "<sso>",
        Server::Oidc => "<oidc>",
        Server::Signin => "<signin>",
    }
}

impl<'t> Names<'t> {
    pub(super) fn of(trace: &'t Trace) -> Self {
        let mut secrets: Vec<(String, String)> = Vec::new();
        let mut counts = [0; 4];
        let mut places: Vec<(&str, &'static str)> = Vec::new();
        for event in &trace.events {
            match &event.what {
                What::Secret { kind, value } => {
                    let (i, name) = match kind {
                        SecretKind::SessionToken => (0, "session-token"),
                        SecretKind::SecretAccessKey => (1, "secret-key"),
                        SecretKind::SecurityToken => (2, "security-token"),
                        SecretKind::Authorization => (3, "authorization"),
                    };
                    counts[i] += 1;
                    let name = format!("<{name} {}>", counts[i]);
                    let spelled = spellings(value).map(|s| (s, name.clone()));
                    secrets.extend(spelled);
                }
                What::Connect { server: s, to, .. } => places.push((to, server(*s))),
                What::Request(r) => {
                    places.push((&r.to, server(r.server)));
                    let session = role_session(&r.body.text());
                    secrets.extend(session.map(|name| (name, "<role session>".to_owned())));
                }
                _ => {}
            }
        }
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self {
            secrets,
            places,
            keys: Vec::new(),
            others: Vec::new(),
        }
    }

    /// `text` with names in it.
    pub(super) fn replace(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in &self.secrets {
            text = text.replace(value, name);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let met = self.met(rest);
            let length = if let Some((length, name)) = met {
                out.push_str(&name);
                length
            } else {
                out.push(first);
                first.len_utf8()
            };
            rest = &rest[length..];
        }
        out
    }

    /// What `text` begins with, if that has a name: how long it is, and the name.
    fn met(&mut self, text: &str) -> Option<(usize, String)> {
        if let Some(length) = access_key(text) {
            let n = number(&mut self.keys, &text[..length]);
            return Some((length, format!("<access-key {n}>")));
        }
        if let Some(length) = date(text) {
            return Some((length, "<date>".into()));
        }
        if let Some(length) = pattern(text, "dddddddd/us-east-1/") {
            return Some((length, "<day>/us-east-1/".into()));
        }
        if let Some(length) = signature(text) {
            return Some((length, "Signature=<signature>".into()));
        }
        if let Some(length) = pattern(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") {
            return Some((length, "<id>".into()));
        }
        if let Some(length) = place(text) {
            let known = self.places.iter().find(|(p, _)| *p == &text[..length]);
            if let Some((_, name)) = known {
                return Some((length, (*name).to_owned()));
            }
            let n = number(&mut self.others, &text[..length]);
            return Some((length, format!("<place {n}>")));
        }
        None
    }
}

/// What a client calls the session of a role that it assumes: a number or a time is in it.
fn role_session(form: &str) -> Option<String> {
    let mut pairs = form.split('&');
    let name = pairs.find_map(|pair| pair.strip_prefix("RoleSessionName="))?;
    (name.len() > 8).then(|| name.to_owned())
}

/// A secret as it may stand in a request target: as it is, and with what base64 has besides letters
/// and digits percent-encoded, with or without the solidus.
fn spellings(secret: &str) -> impl Iterator<Item = String> {
    let but_solidus = secret.replace('+', "%2B").replace('=', "%3D");
    let whole = but_solidus.replace('/', "%2F");
    let mut all = vec![secret.to_owned(), but_solidus, whole];
    all.dedup();
    all.into_iter()
}

/// Which of the met ones it is, counted from 1.
fn number(met: &mut Vec<String>, text: &str) -> usize {
    let known = met.iter().position(|m| m == text);
    known.unwrap_or_else(|| {
        met.push(text.to_owned());
        met.len() - 1
    }) + 1
}

/// How long the access key id is that `text` begins with.
fn access_key(text: &str) -> Option<usize> {
    let upper = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let length = text.bytes().take_while(|b| upper(b)).count();
    let begins = text.starts_with("ASIA") || text.starts_with("AKIA");
    (length == 20 && begins).then_some(length)
}

/// How long the signature of version 4 is that `text` begins with.
pub(crate) fn signature(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("Signature=")?;
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    (digits == 64).then_some(text.len() - rest.len() + digits)
}

/// How long the date with time is that `text` begins with.
pub(crate) fn date(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(length) = pattern(text, "ddddddddTddddddZ") {
        return Some(length);
    }
    let mut length = pattern(text, "dddd-dd-ddTdd:dd:dd")?;
    if let Some(fraction) = text[length..].strip_prefix('.') {
        length += 1 + digits(fraction);
    }
    let zone = &text[length..];
    let zone = pattern(zone, "Z")
        .or_else(|| pattern(zone, "+dd:dd"))
        .or_else(|| pattern(zone, "-dd:dd"));
    Some(length + zone.unwrap_or(0))
}

/// How long the loopback address with a port is that `text` begins with.
fn place(text: &str) -> Option<usize> {
    let hosts = ["127.0.0.1:", "localhost:", "[::1]:", "127.0.0.1%3A"];
    let host = hosts.iter().find(|h| text.starts_with(**h))?;
    let digits = text[host.len()..]
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    (digits > 0).then_some(host.len() + digits)
}

/// Whether `text` begins like `pattern`, where `d` is a digit, `h` a hexadecimal one, and the rest
/// itself; gives its length.
pub(crate) fn pattern(text: &str, pattern: &str) -> Option<usize> {
    let begins = text.len() >= pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, like)| match like {
                b'd' => byte.is_ascii_digit(),
                b'h' => byte.is_ascii_hexdigit(),
                _ => byte == like,
            });
    begins.then_some(pattern.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> String {
        let mut names = Names {
            secrets: vec![("sécret".into(), "<session-token 1>".into())],
            places: vec![("127.0.0.1:1338", "<imds>")],
            keys: Vec::new(),
            others: Vec::new(),
        };
        names.replace(text)
    }

    #[test]
    fn what_differs_from_run_to_run_has_a_name() {
        for (text, name) in [
            ("ü sécret ü", "ü <session-token 1> ü"),
            ("http://127.0.0.1:1338/x", "http://<imds>/x"),
            ("127.0.0.1:13380", "<place 1>"),
            ("localhost:99, 127.0.0.1:98", "<place 1>, <place 2>"),
            ("2026-01-01T00:00:00Z", "<date>"),
            ("2026-01-01T00:00:00.123456+00:00.", "<date>."),
            ("ttl=20260101T000000Z", "ttl=<date>"),
            ("id 9f1c1d6a-0000-4abc-8abc-0123456789ab", "id <id>"),
            ("%222026-01-01T00:00:00Z%22", "%22<date>%22"),
            ("%22ASIAAAAAAAAAAAAAAAAA%22", "%22<access-key 1>%22"),
            (
                "Credential=AKIAAAAAAAAAAAAAAAAA/20260101/us-east-1/sts/aws4_request",
                "Credential=<access-key 1>/<day>/us-east-1/sts/aws4_request",
            ),
            (
                &format!("host, Signature={}", "0a".repeat(32)),
                "host, Signature=<signature>",
            ),
            (
                "ASIAAAAAAAAAAAAAAAAA ASIABBBBBBBBBBBBBBBB ASIAAAAAAAAAAAAAAAAA",
                "<access-key 1> <access-key 2> <access-key 1>",
            ),
        ] {
            assert_eq!(named(text), name);
        }
    }

    #[test]
    fn a_session_is_called_as_the_client_says() {
        let of = |form| role_session(form);
        let form = "Action=AssumeRole&RoleSessionName=imdspec-0000000000000001&Version=2011-06-15";
        assert_eq!(of(form).as_deref(), Some("imdspec-0000000000000001"));
        assert_eq!(of("RoleSessionName=short"), None);
        assert_eq!(of("Action=GetCallerIdentity"), None);
    }

    #[test]
    fn what_only_looks_so_stays() {
        for text in [
            "2026-01-01",
            "127.0.0.1",
            "ASIAshort",
            "ASIAAAAAAAAAAAAAAAAAA",
            "16:00",
            "Signature=abc",
            "20260101/x",
        ] {
            assert_eq!(named(text), text);
        }
    }
}
