//! Requests without a row, by method and the words of path, query and body.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};
use sayso_core::redact;

use super::body::Body;
use super::hosts;
use super::subject::Subject;
use super::{Request, secrets};
use crate::Findings;
use crate::catalogue::judge::{self, Act, Judged};
use crate::words::quoted;

/// Reads it. Nothing is found only where it looks.
pub(super) fn read(subject: &Subject<'_>, findings: &mut Findings) {
    match subject.method.as_str() {
        "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PROPFIND" | "REPORT" | "SEARCH" | "CONNECT" => {
            looks(subject, findings);
        }
        "DELETE" | "PURGE" => deletes(subject, findings),
        _ => writes(subject, findings),
    }
}

/// The parts of the path that are words of the API and not names in it.
fn parts<'a>(subject: &'a Subject<'_>) -> Vec<&'a str> {
    subject.url.path.split('/').filter(|part| !part.is_empty()).collect()
}

/// Whether a part is a number, an id or a place for one.
fn is_id(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let version = part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    version
        || part.starts_with(['{', '<', '$', '%'])
        || part.contains('@')
        || digits == part.len()
        || (digits >= 3 && part.len() >= 5)
}

/// `delete.php` to `delete`.
fn without_ending(part: &str) -> &str {
    const ENDINGS: &[&str] =
        &[".php", ".asp", ".aspx", ".jsp", ".do", ".cgi", ".pl", ".action", ".py", ".ashx"];
    ENDINGS.iter().find_map(|ending| part.strip_suffix(ending)).unwrap_or(part)
}

/// What a request names, for sentences: path and host.
fn place(subject: &Subject<'_>) -> String {
    let path = redact::text(&subject.url.path);
    format!("{} at {}", quoted(if path.is_empty() { "/" } else { &path }), quoted(&subject.url.host))
}

fn target(subject: &Subject<'_>) -> String {
    redact::text(&format!("{}{}", subject.url.host, subject.url.path))
}

fn lighter(subject: &Subject<'_>, severity: Severity) -> Severity {
    if subject.local { severity.min(Severity::Low) } else { severity }
}

fn report(subject: &Subject<'_>, judged: Judged, phrase: &str, findings: &mut Findings) {
    let severity = lighter(subject, judged.severity);
    subject.found(severity, judged.verb, judged.kind, &target(subject), phrase, findings);
}

/// Requests that should only look; some act all the same.
fn looks(subject: &Subject<'_>, findings: &mut Findings) {
    let parts = parts(subject);
    let calls = subject.provider.is_some_and(|provider| provider.header.calls);
    let acts = |judged: &Judged| {
        matches!(judged.act, Some(Act::Destroy | Act::Stop | Act::Turn | Act::Send | Act::Spend | Act::Grant))
    };
    if calls {
        if let Some(judged) =
            parts.last().map(|part| judge::name(part)).filter(|j| j.severity > Severity::None)
        {
            report(subject, judged, &format!("Call {}", place(subject)), findings);
        }
        return;
    }
    // A known provider's requests that look are what they say; its rows name those that do not.
    if !subject.known {
        let order = parts.last().map_or("", |part| without_ending(part));
        let last = (!order.is_empty() && !is_id(order)).then(|| judge::name(order));
        // `/delete`, `/delete-account`, and no `/drop-shipping`.
        let words = judge::words(order);
        let is_order = words.len() == 1 || (words.len() == 2 && judge::of_thing(order).known);
        let takes = |judged: &Judged| matches!(judged.act, Some(Act::Destroy | Act::Stop));
        if let Some(judged) = last.filter(|judged| takes(judged) && is_order) {
            report(subject, judged, &format!("Call {}", place(subject)), findings);
            return;
        }
    }
    for (name, value) in subject.url.pairs() {
        let names = [
            "action",
            "cmd",
            "command",
            "op",
            "operation",
            "do",
            "act",
            "method",
            "task",
            "func",
            "function",
        ];
        if names.iter().any(|known| name.eq_ignore_ascii_case(known)) && value.len() < 60 {
            let judged = judge::name(&value);
            if acts(&judged) {
                report(subject, judged, &format!("Call {} of {}", quoted(&value), place(subject)), findings);
            }
        }
        // Databases that take their language in the query.
        let sql = ["query", "q", "sql", "db_query"].iter().any(|known| name.eq_ignore_ascii_case(known));
        if sql && is_statement(&value) {
            crate::sql::read_text(&value, None, Some(&subject.url.host), subject.span, findings);
        }
    }
}

/// Statements and orders in the query, whatever the method is. Whether there were any.
fn in_query(subject: &Subject<'_>, findings: &mut Findings) -> bool {
    let mut found = false;
    for (name, value) in subject.url.pairs() {
        let sql = ["query", "q", "sql", "db_query"].iter().any(|known| name.eq_ignore_ascii_case(known));
        if sql && is_statement(&value) {
            crate::sql::read_text(&value, None, Some(&subject.url.host), subject.span, findings);
            found = true;
        }
        let order = ["action", "cmd", "command", "op", "operation"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        if order && value.len() < 60 {
            let judged = judge::name(value.rsplit('.').next().unwrap_or(&value));
            if judged.sure
                && judged.severity >= Severity::High
                && judged.act != Some(Act::Run)
                && judged.act.is_some()
            {
                report(subject, judged, &format!("Call {} of {}", quoted(&value), place(subject)), findings);
                found = true;
            }
        }
    }
    found
}

/// `{"delete": {"query": "*"}}`: what a body tells a server to take away.
fn orders(subject: &Subject<'_>) -> Option<Judged> {
    let Body::Json(serde_json::Value::Object(fields)) = &subject.body else { return None };
    let takes = fields.iter().any(|(name, value)| {
        let named = matches!(
            name.to_ascii_lowercase().as_str(),
            "delete" | "deletes" | "drop" | "purge" | "destroy" | "truncate"
        );
        let empty = match value {
            serde_json::Value::Null | serde_json::Value::Bool(false) => true,
            serde_json::Value::Array(list) => list.is_empty(),
            serde_json::Value::String(text) => text.is_empty() || text.contains(' '),
            _ => false,
        };
        named && !empty
    });
    takes.then_some(Judged {
        act: Some(Act::Destroy),
        sure: true,
        severity: Severity::High,
        verb: Verb::Delete,
        kind: TargetKind::Url,
    })
}

/// Whether a value is a statement that changes something, and no search for its words.
fn is_statement(value: &str) -> bool {
    const BEGIN: &[&str] = &[
        "drop table",
        "drop database",
        "drop schema",
        "drop view",
        "drop user",
        "drop measurement",
        "drop series",
        "delete from",
        "truncate table",
        "truncate ",
        "alter table",
        "alter user",
        "insert into",
        "update ",
        "grant ",
        "revoke ",
        "create user",
        "create table",
        "kill ",
    ];
    let text = value.trim_start().to_ascii_lowercase();
    let set = !text.starts_with("update ") || text.contains(" set ");
    let more = text.split_ascii_whitespace().count() > 1;
    more && set && BEGIN.iter().any(|begin| text.starts_with(begin))
}

/// A statement of SQL that a body hands to a database: `{"query": "drop table a"}`. Whether there is one.
pub(super) fn statement(subject: &Subject<'_>, findings: &mut Findings) -> bool {
    const PLACES: &[&str] = &[
        "query",
        "queries",
        "sql",
        "statement",
        "statements",
        "execute",
        "exec",
        "database",
        "pg",
        "jobs",
        "run_sql",
        "query_history",
        "_sql",
        "raw",
        "batch",
    ];
    if !subject.writes()
        || !parts(subject).iter().any(|part| PLACES.contains(&part.rsplit(':').next().unwrap_or(part)))
    {
        return false;
    }
    let mut read = false;
    for name in ["query", "sql", "statement", "stmt", "q"] {
        let Some(text) = subject.body.field(name) else { continue };
        let small = text.trim_start().to_ascii_lowercase();
        let looks = ["select ", "with ", "show ", "explain ", "describe ", "values ", "pragma "];
        if is_statement(&text)
            || looks.iter().any(|begin| small.starts_with(begin))
            || small.starts_with("create ")
            || small.starts_with("drop ")
        {
            crate::sql::read_text(&text, None, Some(&subject.url.host), subject.span, findings);
            read = true;
        }
    }
    read
}

fn deletes(subject: &Subject<'_>, findings: &mut Findings) {
    let parts = parts(subject);
    // What is deleted is the collection in front of the name, else what stands last.
    let mut tail = parts.iter().rev();
    let (last, before) = (tail.next(), tail.next());
    let thing = |part: Option<&&str>| {
        let part = part.filter(|part| !is_id(part))?;
        let judged = judge::of_thing(part);
        judged.known.then_some(judged.severity)
    };
    let severity = thing(before).or_else(|| thing(last)).unwrap_or(Severity::High);
    let judged =
        Judged { act: Some(Act::Destroy), sure: true, severity, verb: Verb::Delete, kind: TargetKind::Url };
    report(subject, judged, &format!("Delete {}", place(subject)), findings);
}

fn writes(subject: &Subject<'_>, findings: &mut Findings) {
    let parts = parts(subject);
    let last = parts.last().copied().unwrap_or("");
    let operation = last.rsplit(':').next().unwrap_or(last);
    let word = |part: &str| (!part.is_empty() && !is_id(part)).then(|| judge::name(part));
    // `/merge_requests` is a collection of things, whatever its first word does.
    let names = judge::words(operation);
    let things = names.len() > 1 && names.last().is_some_and(|word| word.text().ends_with('s'));
    let own = word(operation).filter(|judged| judged.act.is_some() && !things);
    // `/validations/email`, `/refunds/calculate`, `/deployments/plan`: what is worked out for whoever asks.
    if !is_put(subject)
        && (asks(operation) || parts.iter().rev().nth(1).is_some_and(|part| part.ends_with("validations")))
    {
        subject.weigh(findings);
        return;
    }
    // `/members`, `/members/ann`: things that weigh by being made.
    let mut tail = parts.iter().rev().filter(|part| !is_id(part)).take(2);
    let thing = [tail.next(), tail.next()].into_iter().flatten().find_map(|part| judge::when_made(part));
    let entry =
        matches!(last, "token" | "login" | "signin" | "session" | "sessions" | "authenticate" | "refresh")
            && !subject.known;
    let phrase = |verb: &str| format!("{verb} {}", place(subject));
    in_query(subject, findings);
    // An article on a page of somebody's own is no message to others.
    let article =
        |part: &&&str| matches!(**part, "posts" | "post" | "articles" | "replies") && !subject.known;
    let thing = thing
        .filter(|(_, verb)| *verb != Verb::Publish || !parts.iter().rev().take(2).any(|part| article(&part)));
    let judged = match own {
        _ if orders(subject).is_some() => orders(subject),
        Some(judged)
            if judged.verb == Verb::Publish
                && judged.act == Some(Act::Send)
                && parts.last().is_some_and(|part| article(&part)) =>
        {
            thing.map(|(severity, verb)| made(severity, verb))
        }
        _ if entry => Some(made(Severity::Low, Verb::Create)),
        Some(judged) if judged.act == Some(Act::Look) && judged.sure && !is_put(subject) => {
            subject.weigh(findings);
            return;
        }
        Some(judged) if judged.severity >= Severity::High => Some(judged),
        _ => thing.map(|(severity, verb)| made(severity, verb)),
    };
    if let Some(judged) = judged {
        let phrase = phrase(&format!("Send {} to", quoted(&subject.method)));
        report(subject, judged, &phrase, findings);
    } else {
        let (verb, says) = match subject.method.as_str() {
            "PUT" => (Verb::Overwrite, "Set"),
            "PATCH" => (Verb::Change, "Change"),
            _ => (Verb::Create, "Post to"),
        };
        let judged = made(Severity::Low, verb);
        report(subject, judged, &phrase(says), findings);
        if !subject.known && !subject.local {
            let why = "what this server does with it is not known";
            findings.unread_at(Severity::Low, &subject.url.host, why, subject.span);
        }
    }
    subject.weigh(findings);
}

/// Whether an operation works something out and keeps nothing.
fn asks(operation: &str) -> bool {
    const LEADS: &[&str] = &[
        "check",
        "validate",
        "preview",
        "search",
        "query",
        "calculate",
        "estimate",
        "simulate",
        "lookup",
        "verify",
        "analyze",
        "test",
        "explain",
        "compute",
    ];
    const ENDS: &[&str] = &[
        "plan",
        "preview",
        "previews",
        "dry-run",
        "dryrun",
        "dry_run",
        "quote",
        "quotes",
        "estimate",
        "estimates",
        "validation",
        "validations",
        "simulation",
        "simulations",
        "calculation",
        "calculations",
        "diff",
        "lint",
    ];
    let words = judge::words(operation);
    let leads = words.first().is_some_and(|word| LEADS.contains(&word.text()));
    let plain = words.iter().all(|word| !takes(word.text()));
    plain
        && (leads && words.len() > 1
            || ENDS.contains(&operation)
            || words.last().is_some_and(|word| word.text() == "preview"))
}

/// Whether a word takes something away or sends it, so that no other one makes it harmless.
fn takes(word: &str) -> bool {
    let judged = judge::name(word);
    judged.sure
        && matches!(
            judged.act,
            Some(Act::Destroy | Act::Send | Act::Spend | Act::Grant | Act::Turn | Act::Stop)
        )
}

fn is_put(subject: &Subject<'_>) -> bool {
    matches!(subject.method.as_str(), "PUT" | "PATCH")
}

const fn made(severity: Severity, verb: Verb) -> Judged {
    Judged { act: Some(Act::Make), sure: true, severity, verb, kind: TargetKind::Url }
}

/// Secrets that leave, and places that take whatever they get.
pub(super) fn sends(subject: &Subject<'_>, request: &Request<'_>, findings: &mut Findings) {
    if subject.local {
        return;
    }
    let host = quoted(&subject.url.host);
    let secret = |text: &str| (!subject.known).then(|| secrets::token(text)).flatten();
    let found = secret(request.url).or_else(|| request.body.and_then(secret));
    if let Some(what) = found {
        let phrase = format!("Send {what} to {host}");
        subject.found(
            Severity::Critical,
            Verb::Disclose,
            TargetKind::Host,
            &subject.url.host,
            &phrase,
            findings,
        );
    }
    let carries = subject.writes() || !subject.url.query.is_empty();
    if hosts::sink(&subject.url.host) && carries {
        let phrase = format!("Send data to {host}, which takes anything from anybody");
        subject.found(Severity::High, Verb::Disclose, TargetKind::Host, &subject.url.host, &phrase, findings);
    }
    let nobody = hosts::bare_address(&subject.url.host) && !hosts::private(&subject.url.host);
    if nobody && subject.writes() && !matches!(subject.body, Body::Absent) {
        let phrase = format!("Send data to {host}, an address without a name");
        subject.found(Severity::High, Verb::Disclose, TargetKind::Host, &subject.url.host, &phrase, findings);
    }
}
