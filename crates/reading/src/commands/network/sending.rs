//! What clients of HTTP have in common: a request as its words give it, what its body comes from, and where the answer
//! goes.

use std::borrow::Cow;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};

use crate::commands::{Call, Stdin};
use crate::findings::Found;
use crate::http::{self, Request};
use crate::words::{Word, absolute, quoted};
use crate::{Findings, file, paths};

/// A part of a body.
#[derive(Clone)]
pub(super) enum Piece {
    Text(Word),
    /// A file; `raw` where its bytes go as they are and no form is expected of them.
    File {
        name: Word,
        raw: bool,
    },
    Stdin,
}

/// A request as it is put together from words.
#[derive(Default)]
pub(super) struct Sending {
    pub(super) method: Option<Word>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) pieces: Vec<Piece>,
    /// What stands between the pieces.
    pub(super) between: &'static str,
    /// The method where none is said and nothing is sent.
    pub(super) method_alone: &'static str,
    /// The method where none is said and something is sent.
    pub(super) method_with: &'static str,
    /// The pieces go into the query.
    pub(super) in_query: bool,
}

/// `words` with every option and its value in a word of their own: `-sXPUT` as `-s`, `-X`, `PUT`. `valued` are the
/// letters that take a value.
pub(super) fn spread(words: &[Word], valued: &str) -> Vec<Word> {
    let mut out = Vec::with_capacity(words.len() + 4);
    let mut only_operands = false;
    for word in words {
        let text = word.text.as_str();
        let part = |text: &str| Word { text: text.to_owned(), ..word.clone() };
        if only_operands || text.len() < 2 || !text.starts_with('-') {
            out.push(word.clone());
        } else if text == "--" {
            only_operands = true;
            out.push(word.clone());
        } else if text.starts_with("--") {
            match text.split_once('=') {
                Some((name, value)) => out.extend([part(name), part(value)]),
                None => out.push(word.clone()),
            }
        } else {
            for (at, letter) in text.char_indices().skip(1) {
                out.push(part(&format!("-{letter}")));
                let rest = text.get(at + letter.len_utf8()..).unwrap_or("");
                if valued.contains(letter) {
                    if !rest.is_empty() {
                        out.push(part(rest.strip_prefix('=').unwrap_or(rest)));
                    }
                    break;
                }
            }
        }
    }
    out
}

/// `Name: value` into headers.
pub(super) fn header(text: &str, headers: &mut Vec<(String, String)>) {
    if let Some((name, value)) = text.split_once(':') {
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
}

impl Sending {
    /// Reads it for every one of `urls`.
    pub(super) fn read(&self, urls: &[Word], call: &Call<'_>, findings: &mut Findings) {
        let local = urls.iter().all(|url| http::is_local(&url.text));
        let body = self.body(local, urls, call, findings);
        let method = match &self.method {
            Some(word) if !word.literal => {
                let why = "the method shows only when it runs";
                findings.unread(&word.text, why, word.span.or(call.span));
                return;
            }
            Some(word) => word.text.as_str(),
            None if self.in_query => "GET",
            None if self.pieces.is_empty() => self.method_alone,
            None => self.method_with,
        };
        if !local && !urls.iter().all(|url| http::is_known(&url.text)) {
            let texts = self.pieces.iter().filter_map(|piece| match piece {
                Piece::Text(word) => Some(word),
                _ => None,
            });
            for word in urls.iter().chain(texts) {
                if let Some(name) = secret_variable(&word.text) {
                    let span = word.span.or(call.span);
                    findings.disclosed(name.to_owned(), "a secret of the environment", span);
                    findings.reason(Severity::Critical, format!("it is sent to {}", hosts(urls)), span);
                }
            }
        }
        for url in urls {
            let whole = match body.as_deref().filter(|_| self.in_query) {
                Some(query) => {
                    let sign = if url.text.contains('?') { '&' } else { '?' };
                    Cow::Owned(format!("{}{sign}{query}", url.text))
                }
                None => Cow::Borrowed(url.text.as_str()),
            };
            let body = body.as_deref().filter(|_| !self.in_query);
            let request = Request { method, url: &whole, headers: &self.headers, body };
            let mut inner = Findings::default();
            http::read_request(&request, url.span.or(call.span), &mut inner);
            findings.absorb(inner, url.span.or(call.span));
        }
        if findings.is_clean() {
            findings.reads(call.name);
        }
    }

    /// The body's text, where every piece of it is known.
    fn body(&self, local: bool, urls: &[Word], call: &Call<'_>, findings: &mut Findings) -> Option<String> {
        let mut known = !self.pieces.is_empty();
        let mut body = String::new();
        for piece in &self.pieces {
            let text = match piece {
                Piece::Text(word) => Some(Cow::Borrowed(word.text.as_str())),
                Piece::File { name, raw } => uploaded(name, *raw, local, urls, call, findings),
                Piece::Stdin => stdin(local, urls, call, findings),
            };
            match text {
                Some(text) => {
                    if !body.is_empty() {
                        body.push_str(self.between);
                    }
                    body.push_str(&text);
                }
                None => known = false,
            }
        }
        known.then_some(body)
    }
}

/// Variables that hold what opens other people's doors. What an interface's own key is called is not among them: that
/// one goes to the interface.
fn secret_variable(text: &str) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GITLAB_TOKEN",
        "NPM_TOKEN",
        "NODE_AUTH_TOKEN",
        "PYPI_TOKEN",
        "CARGO_REGISTRY_TOKEN",
        "DATABASE_URL",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "STRIPE_SECRET_KEY",
        "SSH_PRIVATE_KEY",
        "PRIVATE_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "AZURE_CLIENT_SECRET",
        "KUBECONFIG",
        "VAULT_TOKEN",
        "HF_TOKEN",
        "SLACK_BOT_TOKEN",
        "JWT_SECRET",
        "SECRET_KEY",
    ];
    if [
        "$(env)",
        "$(printenv)",
        "`env`",
        "`printenv`",
        "$(env|",
        "$(env |",
        "$(printenv|",
        "$(printenv |",
        "$(set)",
        "$(export -p)",
    ]
    .iter()
    .any(|all| text.contains(all))
    {
        return Some("the environment");
    }
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = rest[at + 1..].trim_start_matches('{');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let own = &rest[..end];
        if let Some(name) = NAMES.iter().find(|name| **name == own) {
            return Some(name);
        }
    }
    None
}

/// Where a file goes: "api.example.org".
fn hosts(urls: &[Word]) -> String {
    let name = urls.first().map_or("another machine", |url| {
        let rest = url.text.split_once("://").map_or(url.text.as_str(), |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or(rest)
    });
    quoted(&sayso_core::redact::text(name))
}

/// A file that is sent. Its text, where the caller gives it.
pub(super) fn uploaded(
    word: &Word,
    raw: bool,
    local: bool,
    urls: &[Word],
    call: &Call<'_>,
    findings: &mut Findings,
) -> Option<Cow<'static, str>> {
    let span = word.span.or(call.span);
    let path = absolute(&word.text, call.place.cwd);
    if let Some(what) = paths::secret(&word.text, word.glob) {
        findings.disclosed(path, what, span);
        if !local {
            let why = format!("it is sent to {}", hosts(urls));
            findings.reason(Severity::Critical, why, span);
        }
        return None;
    }
    if let Some(Stdin::Text(text)) = call.place.content(&word.text) {
        return Some(Cow::Owned(text.to_owned()));
    }
    if let Ok(text) = call.place.files.text(&path) {
        findings.read_through(&path, &text);
        if !raw {
            return Some(Cow::Owned(text));
        }
    }
    // A request's own fields in a file are the project's business; whole files go to somebody.
    let known = urls.iter().all(|url| http::is_known(&url.text));
    let fields =
        !raw && [".json", ".xml", ".yaml", ".yml", ".graphql"].iter().any(|end| word.text.ends_with(end));
    let severity = if local || fields || (known && !raw) { Severity::Low } else { Severity::High };
    findings.effect_as_weighed(Found {
        verb: Verb::Disclose,
        kind: TargetKind::Path,
        name: path,
        reversible: Reversible::No,
        severity,
        phrase: format!("Send {} to {}", quoted(&word.text), hosts(urls)),
        span,
    });
    None
}

/// Standard input that is sent.
fn stdin<'a>(local: bool, urls: &[Word], call: &Call<'a>, findings: &mut Findings) -> Option<Cow<'a, str>> {
    match call.place.stdin {
        Stdin::Text(text) => Some(Cow::Borrowed(text)),
        Stdin::File(name) => uploaded(&Word::plain(name), false, local, urls, call, findings),
        Stdin::Inherited => None,
        Stdin::Download | Stdin::Printed(_) => {
            let printed = match call.place.stdin {
                Stdin::Printed(program) => quoted(program),
                _ => "a download".to_owned(),
            };
            // What `jq` or `echo` makes of the project's own is a request's fields; anything else may be anything.
            let fields = matches!(
                call.place.stdin,
                Stdin::Printed("jq" | "echo" | "printf" | "envsubst" | "yq" | "cat")
            );
            let known = urls.iter().all(|url| http::is_known(&url.text));
            let severity = if local || (fields && known) { Severity::Low } else { Severity::High };
            let phrase = format!("Send what {printed} prints to {}", hosts(urls));
            findings.effect(Found {
                verb: Verb::Disclose,
                kind: TargetKind::Host,
                name: hosts(urls),
                reversible: Reversible::No,
                severity,
                phrase,
                span: call.span,
            });
            None
        }
    }
}

/// An answer that is written to a file.
pub(super) fn written(word: &Word, what: &str, call: &Call<'_>, findings: &mut Findings) {
    if matches!(word.text.as_str(), "-" | "/dev/null" | "/dev/stdout" | "/dev/stderr" | "NUL") {
        return;
    }
    let name = absolute(&word.text, call.place.cwd);
    let severity = if file::is_system(&name) { Severity::High } else { Severity::Low };
    findings.effect(Found {
        verb: Verb::Overwrite,
        kind: TargetKind::Path,
        name,
        reversible: Reversible::Unknown,
        severity,
        phrase: format!("{what} {}", quoted(&word.text)),
        span: word.span.or(call.span),
    });
}

/// One effect on a host.
pub(super) fn on_host(
    severity: Severity,
    verb: Verb,
    host: &str,
    phrase: String,
    span: Option<Span>,
    findings: &mut Findings,
) {
    findings.effect(Found {
        verb,
        kind: TargetKind::Host,
        name: host.to_owned(),
        reversible: crate::catalogue::reversible(verb),
        severity,
        phrase,
        span,
    });
}
