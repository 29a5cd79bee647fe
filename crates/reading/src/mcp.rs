//! Calls of MCP tools: by the catalogue, by what their arguments are, else by the words of the tool's name.
//!
//! # Invariants
//! - Arguments that are commands, SQL, GraphQL, requests or paths are read by the rooms for these.
//! - A tool whose name begins with a word that looks reads, unless an argument says otherwise; a tool of which no word
//!   is known asks.
//! - What a server says of its own tool (`destructiveHint`) raises and never lowers.
//!
//! # Deliberately absent
//! The server's own word on what a tool does; a server can call anything anything.

mod arguments;
mod commands;
mod keys;

use std::collections::BTreeMap;

use sayso_core::action::Mcp;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use sayso_core::{Reading, Severity};
use serde_json::Value;

use crate::Findings;
use crate::catalogue::judge::{self, Act, Judged};
use crate::catalogue::judge_names;
use crate::catalogue::{self, Bindings};
use crate::findings::Found;
use crate::words::{quoted, short};
use arguments::Arguments;

pub(crate) fn read(mcp: &Mcp) -> Reading {
    let mut findings = Findings::default();
    read_call(&mcp.server, &mcp.tool, &mcp.arguments, None, &mut findings);
    let hints = mcp.annotations.as_ref();
    if hints.is_some_and(|hints| hints.destructive_hint == Some(true) && hints.read_only_hint != Some(true)) {
        let phrase = format!("Call {}, which its server calls destructive", quoted(&mcp.tool));
        found(Severity::High, Verb::Change, &mcp.server, &mcp.tool, phrase, None, &mut findings);
    }
    if findings.is_clean() {
        let sentence = format!("Only read, with {} of {}", quoted(&mcp.tool), quoted(&mcp.server));
        return findings.with_sentence(sentence);
    }
    findings.into_reading(true)
}

/// `server` and `tool` without what clients put in front: `mcp__github__create_issue`.
fn names<'a>(server: &'a str, tool: &'a str) -> (&'a str, &'a str) {
    match tool.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
        Some((own, tool)) => (if server.is_empty() { own } else { server }, tool),
        None => (server, tool),
    }
}

/// Reads one call.
pub(crate) fn read_call(
    server: &str,
    tool: &str,
    arguments: &BTreeMap<String, Value>,
    span: Option<Span>,
    findings: &mut Findings,
) {
    let (server, tool) = names(server, tool);
    let call = Arguments::of(server, tool, arguments, span);
    let judged = judge::name(tool);
    let provider = catalogue::of_server(server);
    let row = provider.and_then(|provider| provider.tool(tool, &call));
    let inner = call.read_inner(judged, findings);
    if let Some(row) = row {
        if row.severity > Severity::None {
            findings.effect(Found {
                verb: row.verb,
                kind: row.kind,
                name: row.name(&Bindings::default(), &call),
                reversible: row.reversible,
                severity: row.severity,
                phrase: row.sentence(&Bindings::default(), &call),
                span,
            });
            call.weigh(findings);
        }
        return;
    }
    by_words(&call, judged, inner, findings);
}

/// A call that no row knows. `inner`: what it runs was read as what it is.
fn by_words(call: &Arguments<'_>, judged: Judged, inner: bool, findings: &mut Findings) {
    let looks = judged.act == Some(Act::Look);
    if inner && (looks || matches!(judged.act, None | Some(Act::Run | Act::Make | Act::Send))) {
        if findings.is_clean() {
            findings.reads(call.tool);
        }
        return;
    }
    let lists = judged.act.is_none() && judge_names::lists(call.tool) && !call.says();
    if lists || looks && judged.severity == Severity::None || call.looks_into(judged) {
        findings.reads(call.tool);
        return;
    }
    if judged.act == Some(Act::Run) && judge_names::tests(call.tool) && !inner {
        let phrase = format!("Build or test with {} of {}", quoted(call.tool), quoted(call.server));
        return found(
            Severity::Low,
            Verb::ExecuteUnread,
            call.server,
            call.tool,
            phrase,
            call.span,
            findings,
        );
    }
    let phrase = match call.target() {
        Some(name) => format!("Call {} of {} on {}", quoted(call.tool), quoted(call.server), quoted(&name)),
        None => format!("Call {} of {}", quoted(call.tool), quoted(call.server)),
    };
    let (severity, verb) = call
        .operation()
        .filter(|inner| inner.severity > judged.severity)
        .map_or((judged.severity, judged.verb), |inner| (inner.severity, inner.verb));
    // What is made on a server that keeps doors is a door.
    let door = severity == Severity::Low && judged.act == Some(Act::Make) && call.keeps_doors();
    let (severity, verb) = if door { (Severity::High, Verb::Grant) } else { (severity, verb) };
    found(severity, verb, call.server, call.tool, phrase, call.span, findings);
    if !looks {
        call.weigh(findings);
    }
    if judged.act.is_none() {
        findings.unread("the call", "what the tool does is not known", call.span);
    }
}

fn found(
    severity: Severity,
    verb: Verb,
    server: &str,
    tool: &str,
    phrase: String,
    span: Option<Span>,
    findings: &mut Findings,
) {
    findings.effect(Found {
        verb,
        kind: TargetKind::Tool,
        name: format!("{}/{}", short(server), short(tool)),
        reversible: if verb == Verb::ExecuteUnread {
            Reversible::Unknown
        } else {
            catalogue::reversible(verb)
        },
        severity,
        phrase,
        span,
    });
}
