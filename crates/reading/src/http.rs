//! HTTP requests. What a server does with one is not known here; the method raises, nothing lowers.

use sayso_core::action::Http;
use sayso_core::reading::{Reversible, TargetKind, Verb};
use sayso_core::{Reading, Severity, redact};

use crate::Findings;
use crate::findings::Found;
use crate::words::quoted;

pub(crate) fn read(http: &Http) -> Reading {
    let (verb, severity) = match http.method.to_ascii_uppercase().as_str() {
        "GET" | "HEAD" | "OPTIONS" => (Verb::Read, Severity::High),
        "DELETE" => (Verb::Delete, Severity::Critical),
        "PUT" => (Verb::Overwrite, Severity::High),
        _ => (Verb::Change, Severity::High),
    };
    let phrase = format!("Send {} to {}", quoted(&http.method), quoted(host(&http.url)));
    let mut findings = Findings::default();
    let (kind, reversible, span) = (TargetKind::Url, Reversible::Unknown, None);
    let name = redact::text(&http.url);
    findings.effect(Found { verb, kind, name, reversible, severity, phrase: phrase.clone(), span });
    findings.unread("the request", "what the server does with it is not known", None);
    findings.with_sentence(phrase)
}

/// The host in a URL, with its port and without a user.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}
