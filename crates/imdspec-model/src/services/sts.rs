//! The Security Token Service: roles assumed with a signature or a web identity.
//!
//! The query protocol with replies in XML, as in the AWS STS API Reference.

use super::{Given, RoleGrant, Services, Shown, SourceKeys, form};
use crate::answer::Answer;
use crate::credentials::seconds_text;
use imdspec_wire::{Now, Request, Wall};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";
const XML: &str = "text/xml";

impl Services {
    pub(super) fn sts(&mut self, now: Now, request: &Request) -> Given {
        let form = match request.method.as_str() {
            "POST" => request.body.text().into_owned(),
            "GET" => (request.target.split_once('?'))
                .map_or_else(String::new, |(_, query)| query.to_owned()),
            _ => return (Answer::method_not_allowed("GET, POST"), None),
        };
        match form::value(&form, "Action").as_deref() {
            Some("AssumeRole") => {
                let signed_by = signed_by(request);
                let is_shown = |shown: &Shown| match shown {
                    Shown::Signature(None) => signed_by.is_some(),
                    Shown::Signature(Some(id)) => signed_by.as_deref() == Some(id),
                    Shown::WebIdentity(_) => false,
                };
                let denied = (
                    "AccessDenied",
                    403,
                    "is not authorized to perform: sts:AssumeRole",
                );
                self.assume(now, &form, "AssumeRole", is_shown, denied)
            }
            Some("AssumeRoleWithWebIdentity") => {
                let token = form::value(&form, "WebIdentityToken");
                let is_shown = |shown: &Shown| match shown {
                    Shown::WebIdentity(text) => token.as_deref() == Some(text),
                    Shown::Signature(_) => false,
                };
                let denied = (
                    "InvalidIdentityToken",
                    400,
                    "the web identity token is not known",
                );
                self.assume(now, &form, "AssumeRoleWithWebIdentity", is_shown, denied)
            }
            Some("GetCallerIdentity") => (caller_identity(), None),
            _ => (error("InvalidAction", 400, "no such action"), None),
        }
    }

    fn assume(
        &mut self,
        now: Now,
        form: &str,
        action: &str,
        is_shown: impl Fn(&Shown) -> bool,
        (code, status, why): (&str, u16, &str),
    ) -> Given {
        let arn = form::value(form, "RoleArn").unwrap_or_default();
        let fits = |grant: &&RoleGrant| grant.arn == arn && is_shown(&grant.shown);
        let Some(source) = self.grants.roles.iter().find(fits).map(|g| g.source) else {
            return (error(code, status, why), None);
        };
        let keys = self.served(source);
        let session = form::value(form, "RoleSessionName").unwrap_or_default();
        let end = seconds_text(Wall(self.end(now)));
        let body = reply(action, &arn, &session, &keys, &end);
        (Answer::of(XML, 200, body), Some(keys))
    }
}

/// The access key id in a signature of version 4.
fn signed_by(request: &Request) -> Option<String> {
    let authorization = request.headers.get("authorization")?;
    let (_, rest) = authorization.split_once("Credential=")?;
    let id = rest.split('/').next()?;
    (!id.is_empty()).then(|| id.to_owned())
}

fn reply(action: &str, arn: &str, session: &str, keys: &SourceKeys, end: &str) -> String {
    let assumed = arn
        .replacen(":iam:", ":sts:", 1)
        .replacen(":role/", ":assumed-role/", 1);
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>\
         <AssumedRoleUser><AssumedRoleId>AROAIMDSPECEXAMPLE23:{session}</AssumedRoleId>\
         <Arn>{assumed}/{session}</Arn></AssumedRoleUser>\
         <Credentials><AccessKeyId>{id}</AccessKeyId>\
         <SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{end}</Expiration></Credentials>\
         </{action}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId>\
         </ResponseMetadata></{action}Response>\n",
        session = escaped(session),
        assumed = escaped(&assumed),
        id = keys.access_key_id,
        secret = keys.secret_access_key,
        token = keys.security_token.as_deref().unwrap_or_default(),
    )
}

fn caller_identity() -> Answer {
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>arn:aws:sts::123456789012:assumed-role/imdspec/imdspec</Arn>\
         <UserId>AROAIMDSPECEXAMPLE23:imdspec</UserId><Account>123456789012</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>\n"
    );
    Answer::of(XML, 200, body)
}

fn error(code: &str, status: u16, why: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{why}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>\n"
    );
    Answer::of(XML, status, body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
