//! HTTP requests: method, host and path against the catalogue, else by their words.
//!
//! # Invariants
//! - A request that only looks is [`Severity::None`] where nothing in it names a change, a secret or a place that
//!   takes secrets.
//! - What a body says raises (`deletion_protection: false`); nothing in it lowers.
//! - GraphQL, JSON-RPC and AWS's protocols are read as what they are, behind whatever host.
//!
//! # Deliberately absent
//! Whether the host's name leads where it says; whether the request would be allowed; redirects.

mod aws;
mod body;
mod graphql;
mod hosts;
mod rest;
mod secrets;
mod subject;
mod url;

use std::borrow::Cow;

use sayso_core::action::Http;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use sayso_core::{Reading, Severity, redact};
use serde_json::Value;

use crate::catalogue::{self, Bindings, Facts, judge};
use crate::findings::Found;
use crate::words::quoted;
use crate::{Findings, paths};
use body::Body;
pub(crate) use body::{Grave, gravest};
pub(crate) use secrets::token as secret_token;
use subject::Subject;
use url::Url;

/// The longest URL that is read, in bytes: what servers take at most.
const URL_BYTES: usize = 16 * 1024;
/// Calls in one JSON-RPC batch.
const CALLS: usize = 500;

/// A request, from wherever it comes.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: Option<&'a str>,
}

impl Request<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| have.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The headers that get in.
    fn keys(&self) -> Vec<(&'static str, &str)> {
        const KEYS: [&str; 2] = ["authorization", "project-access-token"];
        KEYS.into_iter().filter_map(|name| Some((name, self.header(name)?))).collect()
    }
}

pub(crate) fn read(http: &Http) -> Reading {
    let mut findings = Findings::default();
    let body = http.body.as_deref();
    let request = Request { method: &http.method, url: &http.url, headers: &http.headers, body };
    read_request(&request, None, &mut findings);
    if findings.is_clean() {
        let url = Url::of(&http.url);
        let sentence = format!("Read {}", quoted(&redact::text(&format!("{}{}", url.host, url.path))));
        return findings.with_sentence(sentence);
    }
    findings.into_reading(true)
}

/// No parts of a path.
fn no_bindings() -> Bindings<'static> {
    Bindings::default()
}

/// Whether a request to `host` stays on this machine.
pub(crate) fn is_local(url: &str) -> bool {
    hosts::local(&Url::of(url).host)
}

/// Whether a request goes to a provider that the catalogue knows by its host.
pub(crate) fn is_known(url: &str) -> bool {
    let host = Url::of(url).host;
    catalogue::at_host(&host).is_some() || hosts::local(&host)
}

/// What a request would do.
pub(crate) fn read_request(request: &Request<'_>, span: Option<Span>, findings: &mut Findings) {
    if request.url.len() > URL_BYTES {
        findings.unread("the address", format!("it is longer than {URL_BYTES} bytes"), span);
        return;
    }
    let url = Url::of(request.url);
    match url.scheme.as_str() {
        "http" | "https" | "ws" | "wss" | "unix" | "http+unix" => {}
        "file" => {
            if let Some(what) = paths::secret(&url.path, false) {
                findings.disclosed(url.path.into_owned(), what, span);
            }
            return;
        }
        other => {
            let gets = request.method.eq_ignore_ascii_case("GET")
                && matches!(other, "ftp" | "ftps" | "sftp" | "scp");
            if !gets {
                findings.unread(request.url, "this is no HTTP", span);
            }
            return;
        }
    }
    let kind = request.header("content-type").unwrap_or("").to_ascii_lowercase();
    let body = Body::of(request.body, &kind);
    let subject = Subject::of(request, url, body, span);
    if hosts::metadata(&subject.url.host) {
        metadata(&subject, findings);
        return;
    }
    rest::sends(&subject, request, findings);
    let read = graphql(&subject, request, &kind, findings)
        || calls(&subject, findings)
        || aws::read(&subject, request, findings)
        || rest::statement(&subject, findings)
        || by_row(&subject, findings);
    if !read {
        rest::read(&subject, findings);
    }
    if matches!(subject.body, Body::TooLong) && subject.writes() {
        findings.unread_at(Severity::Low, "the body", "it is too long to be read", span);
    }
}

/// A cloud machine's own credentials.
fn metadata(subject: &Subject<'_>, findings: &mut Findings) {
    let path = subject.url.path.to_ascii_lowercase();
    let credentials =
        ["credential", "token", "user-data", "identity", "attributes", "custom-data", "instance"];
    let severity =
        if credentials.iter().any(|word| path.contains(word)) { Severity::Critical } else { Severity::High };
    findings.effect(Found {
        verb: Verb::Disclose,
        kind: TargetKind::Account,
        name: format!("{}{}", subject.url.host, subject.url.path),
        reversible: Reversible::No,
        severity,
        phrase: "Read the cloud credentials of this machine".to_owned(),
        span: subject.span,
    });
}

/// GraphQL by its place or by its body. Whether it was that.
fn graphql(subject: &Subject<'_>, request: &Request<'_>, kind: &str, findings: &mut Findings) -> bool {
    let path = subject.url.path.trim_end_matches('/').to_ascii_lowercase();
    let by_path = path.split('/').any(|part| matches!(part, "graphql" | "gql" | "graphql.json" | "graphiql"));
    let endpoint = graphql::Endpoint {
        provider: subject.provider,
        place: &subject.url.host,
        local: subject.local,
        way_in: Some(graphql::WayIn { url: request.url, headers: request.keys() }),
        span: subject.span,
    };
    let starts = |text: &str| {
        let text = text.trim_start();
        ["query", "mutation", "subscription", "fragment", "{"].iter().any(|word| text.starts_with(word))
    };
    match &subject.body {
        Body::Json(json) => {
            let first = json.get(0).unwrap_or(json);
            let document = first.get("query").and_then(Value::as_str).is_some_and(starts);
            (by_path || document) && graphql::read_json(json, &endpoint, findings)
        }
        Body::Text(text) if kind.contains("application/graphql") || (by_path && starts(text)) => {
            graphql::read(text, None, &Value::Null, &endpoint, findings);
            true
        }
        Body::Form(_) if by_path => {
            let field = |name: &str| subject.body.field(name);
            let variables = field("variables").and_then(|text| serde_json::from_str(&text).ok());
            if let Some(operations) = field("operations").and_then(|text| serde_json::from_str(&text).ok()) {
                return graphql::read_json(&operations, &endpoint, findings);
            }
            let Some(text) = field("query") else { return false };
            let operation = field("operationName");
            graphql::read(
                &text,
                operation.as_deref(),
                &variables.unwrap_or(Value::Null),
                &endpoint,
                findings,
            );
            true
        }
        Body::Absent if by_path => {
            let value = |name: &str| subject.url.pairs().find(|(key, _)| key == name).map(|(_, value)| value);
            match value("query") {
                Some(text) => {
                    let variables = value("variables").and_then(|text| serde_json::from_str(&text).ok());
                    let operation = value("operationName");
                    let variables = variables.unwrap_or(Value::Null);
                    graphql::read(&text, operation.as_deref(), &variables, &endpoint, findings);
                }
                None if value("extensions").is_some() || subject.writes() => {
                    findings.unread(
                        "the document",
                        "the request does not say what it asks for",
                        subject.span,
                    );
                }
                None => {}
            }
            true
        }
        _ => false,
    }
}

/// JSON-RPC by the names of its methods. Whether it was that.
fn calls(subject: &Subject<'_>, findings: &mut Findings) -> bool {
    let Body::Json(json) = &subject.body else { return false };
    let batch = json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice);
    if batch.is_empty()
        || !batch.iter().all(|one| one.get("jsonrpc").is_some() && one.get("method").is_some())
    {
        return false;
    }
    if batch.len() > CALLS {
        findings.unread("the batch", format!("it holds more than {CALLS} calls"), subject.span);
    }
    for one in batch.iter().take(CALLS) {
        let method = one.get("method").and_then(Value::as_str).unwrap_or("");
        if method == "tools/call" {
            let tool = one.pointer("/params/name").and_then(Value::as_str).unwrap_or("");
            let arguments =
                one.pointer("/params/arguments").and_then(Value::as_object).cloned().unwrap_or_default();
            let arguments = arguments.into_iter().collect();
            crate::mcp::read_call(&subject.url.host, tool, &arguments, subject.span, findings);
            continue;
        }
        let mut judged = judge::name(method.rsplit('/').next().unwrap_or(method));
        if ["sendtransaction", "sendrawtransaction", "sign", "unlock"]
            .iter()
            .any(|word| method.to_ascii_lowercase().contains(word))
        {
            judged.severity = Severity::High;
            judged.verb = Verb::Spend;
        }
        let plain = [
            "eth_",
            "net_",
            "web3_",
            "initialize",
            "tools/",
            "resources/",
            "prompts/",
            "ping",
            "notifications/",
        ];
        let other = judged.severity < Severity::High || judged.verb == Verb::Spend || judged.sure;
        if !other && plain.iter().any(|begin| method.starts_with(begin)) {
            continue;
        }
        subject.found(
            judged.severity,
            judged.verb,
            TargetKind::Other,
            method,
            &format!("Call {}", quoted(method)),
            findings,
        );
    }
    true
}

/// The row that the catalogue has. Whether there is one.
fn by_row(subject: &Subject<'_>, findings: &mut Findings) -> bool {
    let Some(provider) = subject.provider else { return false };
    let Some((row, bindings)) =
        provider.request(&subject.method, &subject.url.host, &subject.url.path, subject)
    else {
        return false;
    };
    subject.weigh(findings);
    if row.severity == Severity::None {
        return true;
    }
    let phrase = row.sentence(&bindings, subject);
    findings.effect(Found {
        verb: row.verb,
        kind: row.kind,
        name: row.name(&bindings, subject),
        reversible: row.reversible,
        severity: row.severity,
        phrase,
        span: subject.span,
    });
    true
}

impl Facts for Subject<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "body" if matches!(self.body, Body::Absent) => None,
            "body" => Some(Cow::Borrowed("body")),
            "host" => Some(Cow::Borrowed(&self.url.host)),
            _ => self
                .url
                .pairs()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
                .or_else(|| self.body.field(name)),
        }
    }
}

/// A GraphQL document that a tool sends.
pub(crate) fn read_graphql(
    text: &str,
    variables: &Value,
    place: &str,
    span: Option<Span>,
    findings: &mut Findings,
) {
    let endpoint =
        graphql::Endpoint { provider: catalogue::of_server(place), place, local: false, way_in: None, span };
    graphql::read(text, None, variables, &endpoint, findings);
}
