//! Cursor's hooks: their standard input to an [`Ask`], and a decision to their standard output.
//!
//! Four events ask before something happens, and all of them are answered in one shape. `preToolUse` alone is called for
//! every tool; the others are older and each for one sort. The format is Cursor's and grows with it.
//!
//! # Deliberately absent
//! The content of a file that is to be read: Cursor hands it to `beforeReadFile`. What is asked is whether it may be read,
//! and a record of requests is no place for what stands in it.

mod tools;

use sayso_core::action::AbsolutePath;
use sayso_core::{Action, Ask, Decision, Nonce, strict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::NotUnderstood;
use crate::claims::Claims;
use crate::input::{Fields, Input, custom};

/// The name that requests of this hook carry: the receipt's `aud`.
pub const AGENT: &str = "cursor";

/// The events that this hook answers, in the words of a sentence.
pub const EVENTS: &str = "preToolUse, beforeShellExecution, beforeMCPExecution and beforeReadFile";

/// Some builds of Cursor begin their JSON with this mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What Cursor writes to a hook, of all four events. Fields that are not here are passed over: they change no action.
#[derive(Debug, Deserialize)]
struct Call {
    hook_event_name: String,
    cwd: Option<String>,
    workspace_roots: Option<Vec<String>>,
    tool_name: Option<String>,
    tool_input: Option<Value>,
    command: Option<Value>,
    url: Option<String>,
    file_path: Option<Value>,
    attachments: Option<Value>,
    sandbox: Option<bool>,
    conversation_id: Option<String>,
    generation_id: Option<String>,
    model: Option<String>,
    tool_use_id: Option<String>,
    agent_message: Option<String>,
}

/// The folder that a call happens in.
#[derive(Debug, Clone)]
struct Folder {
    path: AbsolutePath,
    /// Whether it is one of several workspaces and nobody said which.
    one_of_several: bool,
}

/// The request in a hook's input.
///
/// # Errors
/// [`NotUnderstood`]; the caller denies.
pub fn ask(stdin: &[u8], nonce: Nonce, wait_ms: Option<u64>) -> Result<Ask, NotUnderstood> {
    let mut call: Call = strict::parse(stdin.strip_prefix(BYTE_ORDER_MARK).unwrap_or(stdin))?;
    let folder = folder(&call)?;
    let mut claims = Claims::default();
    claims.say("conversation_id", call.conversation_id.take());
    claims.say("generation_id", call.generation_id.take());
    claims.say("model", call.model.take());
    claims.say("tool_use_id", call.tool_use_id.take());
    claims.say("agent_message", call.agent_message.take());
    claims.say("sandbox", call.sandbox.map(|sandbox| sandbox.to_string()));
    let action = action(call, folder, &mut claims)?;
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

fn action(call: Call, folder: Folder, claims: &mut Claims) -> Result<Action, NotUnderstood> {
    let event = call.hook_event_name;
    match event.as_str() {
        "preToolUse" => {
            let tool = named(call.tool_name, &event)?;
            let input = object(call.tool_input, &tool)?;
            tools::action(&tool, input, folder, claims)
        }
        "beforeShellExecution" => {
            let input = call.command.map(|command| ("command".to_owned(), command)).into_iter().collect();
            tools::shell_call(Fields { tool: &event, input }, folder, claims)
        }
        "beforeMCPExecution" => {
            let tool = named(call.tool_name, &event)?;
            let arguments = object(call.tool_input, &tool)?;
            // Where the server is, is what Cursor tells of it: its URL, or the command that started it.
            let command = call.command.as_ref().and_then(Value::as_str);
            let server = call.url.as_deref().or(command).filter(|server| !server.is_empty());
            Ok(tools::mcp(server, &tool, arguments))
        }
        "beforeReadFile" => {
            let mut input = Fields { tool: &event, input: Input::new() };
            input.input.extend(call.file_path.map(|path| ("file_path".to_owned(), path)));
            let path = input.text("file_path")?;
            input.input.insert("file_path".to_owned(), Value::String(path));
            input.input.extend(call.attachments.map(|files| ("attachments".to_owned(), files)));
            Ok(custom("Read file", "Read", input.input, &folder.path))
        }
        _ => Err(NotUnderstood::Event { answers: EVENTS, called: event }),
    }
}

fn named(tool: Option<String>, event: &str) -> Result<String, NotUnderstood> {
    let missing = || NotUnderstood::Input {
        tool: event.to_owned(),
        field: "tool_name",
        problem: "is missing".to_owned(),
    };
    tool.filter(|tool| !tool.is_empty()).ok_or_else(missing)
}

/// A tool's input: an object, or the same written as a text.
fn object(input: Option<Value>, tool: &str) -> Result<Input, NotUnderstood> {
    let bad = |problem: String| NotUnderstood::Input { tool: tool.to_owned(), field: "tool_input", problem };
    match input {
        Some(Value::Object(input)) => Ok(input),
        Some(Value::String(text)) => {
            strict::parse(text.as_bytes()).map_err(|why| bad(format!("is no JSON object: {why}")))
        }
        Some(_) => Err(bad("must be an object".to_owned())),
        None => Err(bad("is missing".to_owned())),
    }
}

/// The folder that the call names, else the workspace's. Cursor's command line leaves `cwd` empty.
fn folder(call: &Call) -> Result<Folder, NotUnderstood> {
    let roots = call.workspace_roots.as_deref().unwrap_or_default();
    let (path, one_of_several) = match (call.cwd.as_deref().filter(|cwd| !cwd.is_empty()), roots) {
        (Some(cwd), _) => (cwd, false),
        (None, [only]) => (only.as_str(), false),
        (None, [first, ..]) => (first.as_str(), true),
        (None, []) => {
            return Err(NotUnderstood::Folder("is missing, and no workspace is named beside it".to_owned()));
        }
    };
    let path = AbsolutePath::try_from(path.to_owned()).map_err(|bad| NotUnderstood::Folder(bad.problem))?;
    Ok(Folder { path, one_of_several })
}

#[derive(Serialize)]
struct Output<'a> {
    permission: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_message: Option<&'a str>,
}

/// The denial that stands where no other can be written: nothing in it is computed.
pub const LAST_DENIAL: &str = concat!(
    r#"{"permission":"deny","user_message":"Sayso failed inside; what cannot be asked is denied. Try again, "#,
    r#"and look at `sayso status` if it stays so.","agent_message":"Sayso failed inside; what cannot be asked is "#,
    r#"denied."}"#
);

/// The hook's answer: one JSON object, allow or deny and never anything else. A denial's reason stands in both messages:
/// which of them reaches the model has changed between versions.
pub fn answer(decision: Decision, reason: &str) -> String {
    let output = match decision {
        Decision::Approved => Output { permission: "allow", user_message: None, agent_message: None },
        Decision::Denied => {
            Output { permission: "deny", user_message: Some(reason), agent_message: Some(reason) }
        }
    };
    serde_json::to_string(&output).unwrap_or_else(|_| LAST_DENIAL.to_owned())
}

#[cfg(test)]
mod tests;
