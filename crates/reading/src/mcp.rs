//! Calls of MCP tools. What a tool does is not known here; a name that sounds grave raises, none lowers.

use sayso_core::action::Mcp;
use sayso_core::reading::{Reversible, TargetKind, Verb};
use sayso_core::{Reading, Severity};

use crate::Findings;
use crate::findings::Found;
use crate::words::{quoted, short};

const GRAVE: &[&str] =
    &["delete", "drop", "destroy", "remove", "purge", "wipe", "truncate", "terminate", "erase"];

pub(crate) fn read(mcp: &Mcp) -> Reading {
    let tool = mcp.tool.to_lowercase();
    let grave = GRAVE.iter().any(|word| tool.contains(word));
    let severity = if grave { Severity::Critical } else { Severity::High };
    let phrase = format!("Call the tool {} of the server {}", quoted(&mcp.tool), quoted(&mcp.server));
    let mut findings = Findings::default();
    findings.effect(Found {
        verb: Verb::ExecuteUnread,
        kind: TargetKind::Tool,
        name: format!("{}/{}", short(&mcp.server), short(&mcp.tool)),
        reversible: Reversible::Unknown,
        severity,
        phrase: phrase.clone(),
        span: None,
    });
    findings.unread("the call", "what the tool does is not known", None);
    findings.with_sentence(phrase)
}
