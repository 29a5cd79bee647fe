//! A request with everything that was worked out about it.

use sayso_core::Severity;
use sayso_core::reading::{Span, TargetKind, Verb};

use super::body::{self, Body, Grave};
use super::url::Url;
use super::{Request, hosts};
use crate::Findings;
use crate::catalogue::{self, Provider};
use crate::findings::Found;

/// Hosts that are made for trying requests out, and keep nothing.
const PLAYGROUNDS: &[&str] = &[
    "jsonplaceholder.typicode.com",
    "httpbin.org",
    "reqres.in",
    "postman-echo.com",
    "dummyjson.com",
    "fakestoreapi.com",
    "httpbingo.org",
    "api.example.test",
];

/// A request and where it goes.
pub(crate) struct Subject<'a> {
    pub(super) method: String,
    pub(super) url: Url<'a>,
    pub(super) body: Body<'a>,
    pub(super) span: Option<Span>,
    pub(super) provider: Option<&'static Provider>,
    /// Whether the host itself is known, and not only the form of the path.
    pub(super) known: bool,
    /// One's own machine, or a host made for trying.
    pub(super) local: bool,
}

impl<'a> Subject<'a> {
    pub(super) fn of(request: &Request<'_>, url: Url<'a>, body: Body<'a>, span: Option<Span>) -> Self {
        let method = method(request, &url, &body);
        let host = url.host.as_str();
        let at_host = catalogue::at_host(host);
        let at_home = hosts::local(host);
        let stand_in = || catalogue::stand_in(&url.path).filter(|_| at_home);
        let provider = at_host.or_else(stand_in).or_else(|| catalogue::by_form(url.port, &url.path));
        let local = at_home || PLAYGROUNDS.contains(&host);
        Self { method, url, body, span, provider, known: at_host.is_some(), local }
    }

    /// Whether the method says that it may change something.
    pub(super) fn writes(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }

    /// One effect.
    pub(super) fn found(
        &self,
        severity: Severity,
        verb: Verb,
        kind: TargetKind,
        name: &str,
        phrase: &str,
        findings: &mut Findings,
    ) {
        findings.effect(Found {
            verb,
            kind,
            name: name.to_owned(),
            reversible: catalogue::reversible(verb),
            severity,
            phrase: phrase.to_owned(),
            span: self.span,
        });
    }

    /// The gravest field of body and query, where the request changes something.
    pub(super) fn weigh(&self, findings: &mut Findings) {
        if self.writes() {
            self.weigh_always(findings);
        }
    }

    /// The same, where the method says nothing of it.
    pub(super) fn weigh_always(&self, findings: &mut Findings) {
        if self.local {
            return;
        }
        let mut gravest: Option<Grave> = None;
        let mut each = |name: &str, value: &str| {
            body::gravest(&mut gravest, name, value);
        };
        self.body.each(&mut each);
        self.url.pairs().for_each(|(name, value)| each(&name, &value));
        if let Some(grave) = gravest {
            let name = format!("{}{}", self.url.host, self.url.path);
            self.found(grave.severity, grave.verb, TargetKind::Url, &name, grave.why, findings);
        }
    }
}

/// The method that the server will take it for.
fn method(request: &Request<'_>, url: &Url<'_>, body: &Body<'_>) -> String {
    let own = request.method.trim();
    let own = if own.is_empty() { "GET" } else { own };
    let said = ["x-http-method-override", "x-http-method", "x-method-override"]
        .iter()
        .find_map(|name| request.header(name).map(str::to_owned))
        .or_else(|| url.pairs().find(|(key, _)| key == "_method").map(|(_, value)| value.into_owned()))
        .or_else(|| body.field("_method").map(std::borrow::Cow::into_owned));
    // An override raises: a `DELETE` that says it is a `GET` stays what it is.
    match said {
        Some(said) if !matches!(said.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS") => {
            said.to_ascii_uppercase()
        }
        _ => own.to_ascii_uppercase(),
    }
}
