//! Claude Code's `PreToolUse` hook: its standard input to an [`Ask`], and a decision to its standard output.
//!
//! The format is Claude Code's and grows with it; what was seen of it up to 2.1.330 is read here.

mod tools;

use sayso_core::action::AbsolutePath;
use sayso_core::{Ask, Decision, Nonce, strict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::NotUnderstood;
use crate::claims::Claims;

/// The name that requests of this hook carry: the receipt's `aud`.
pub const AGENT: &str = "claude-code";

/// The one event that this hook answers.
pub const EVENT: &str = "PreToolUse";

/// What Claude Code writes to the hook. Fields that are not here are passed over: they change no action.
#[derive(Debug, Deserialize)]
struct Call {
    hook_event_name: String,
    tool_name: String,
    tool_input: Map<String, Value>,
    cwd: String,
    session_id: Option<String>,
    permission_mode: Option<String>,
    tool_use_id: Option<String>,
    agent_id: Option<String>,
    agent_type: Option<String>,
    mcp_server: Option<Server>,
}

/// The MCP server that a tool is from, where Claude Code says so.
#[derive(Debug, Deserialize)]
struct Server {
    name: Option<String>,
    source: Option<String>,
}

/// The request in a hook's input.
///
/// # Errors
/// [`NotUnderstood`]; the caller denies.
pub fn ask(stdin: &[u8], nonce: Nonce, wait_ms: Option<u64>) -> Result<Ask, NotUnderstood> {
    let call: Call = strict::parse(stdin)?;
    if call.hook_event_name != EVENT {
        return Err(NotUnderstood::Event { answers: EVENT, called: call.hook_event_name });
    }
    let cwd = AbsolutePath::try_from(call.cwd).map_err(|bad| NotUnderstood::Folder(bad.problem))?;
    let mut claims = Claims::default();
    claims.say("session_id", call.session_id);
    claims.say("permission_mode", call.permission_mode);
    claims.say("tool_use_id", call.tool_use_id);
    claims.say("agent_id", call.agent_id);
    claims.say("agent_type", call.agent_type);
    let server = call.mcp_server.unwrap_or(Server { name: None, source: None });
    claims.say("mcp_source", server.source);
    let action = tools::action(&call.tool_name, call.tool_input, cwd, server.name.as_deref(), &mut claims)?;
    Ok(Ask {
        nonce,
        agent: AGENT.to_owned(),
        action,
        claims: claims.0,
        reason: None,
        wait_ms,
        use_at_once: false,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    hook_specific_output: Specific<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Specific<'a> {
    hook_event_name: &'static str,
    permission_decision: &'static str,
    permission_decision_reason: &'a str,
}

/// The denial that stands where no other can be written: nothing in it is computed.
pub const LAST_DENIAL: &str = concat!(
    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","#,
    r#""permissionDecisionReason":"Sayso failed inside; what cannot be asked is denied. Try again, "#,
    r#"and look at `sayso status` if it stays so."}}"#
);

/// The hook's answer: one JSON object, allow or deny and never anything else. `reason` reaches the agent.
pub fn answer(decision: Decision, reason: &str) -> String {
    let permission_decision = match decision {
        Decision::Approved => "allow",
        Decision::Denied => "deny",
    };
    let output = Output {
        hook_specific_output: Specific {
            hook_event_name: EVENT,
            permission_decision,
            permission_decision_reason: reason,
        },
    };
    serde_json::to_string(&output).unwrap_or_else(|_| LAST_DENIAL.to_owned())
}

#[cfg(test)]
mod tests;
