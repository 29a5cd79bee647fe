//! Claude Code's tools: which action each of them is.

use sayso_core::Action;
use sayso_core::action::{AbsolutePath, FileEdit, Mcp};
use serde_json::Value;

use crate::NotUnderstood;
use crate::claims::Claims;
use crate::input::{Fields, Look, custom, fetch, look, other, replacement, shell, write};

/// Every tool that is known to do no more than look. They are asked and recorded like all others; the title lets
/// the reading know them.
const LOOKS: &[Look] = &[
    // They read one file or list a folder.
    look("Read", "Read file"),
    look("NotebookRead", "Read file"),
    look("LS", "List folder"),
    look("Glob", "Find files"),
    look("Grep", "Search in files"),
    // They read what a command that was asked for has printed since.
    look("BashOutput", "Read command output"),
    look("TaskOutput", "Read command output"),
    // The list of things to do lives in the session alone.
    look("TodoRead", "Keep to-do list"),
    look("TodoWrite", "Keep to-do list"),
    look("TaskCreate", "Keep to-do list"),
    look("TaskGet", "Keep to-do list"),
    look("TaskList", "Keep to-do list"),
    look("TaskUpdate", "Keep to-do list"),
    // It loads the descriptions of tools; using one comes through this hook.
    look("ToolSearch", "Look up tools"),
    // Claude Code puts these before the person itself, whatever a hook says.
    look("AskUserQuestion", "Talk with the person"),
    look("ExitPlanMode", "Talk with the person"),
    // It takes rights away.
    look("EnterPlanMode", "Talk with the person"),
    // Each call of a subagent comes through this hook by itself. One in another place, or with other rights, may not.
    Look { tool: "Agent", title: "Start subagent", unless: &["isolation", "mode"] },
    Look { tool: "Task", title: "Start subagent", unless: &["isolation", "mode"] },
];

/// The action that a call of `tool` is.
pub(super) fn action(
    tool: &str,
    input: crate::input::Input,
    cwd: AbsolutePath,
    server: Option<&str>,
    claims: &mut Claims,
) -> Result<Action, NotUnderstood> {
    let mut input = Fields { tool, input };
    match tool {
        "Bash" if input.only(&["command"], &["description", "timeout", "run_in_background", UNBOXED]) => {
            shell(input, cwd, claims)
        }
        "Monitor" if input.only(&["command"], &["description", "timeout_ms", "persistent"]) => {
            shell(input, cwd, claims)
        }
        "Write" if input.only(&["file_path", "content"], &[]) => {
            let path = input.path("file_path")?;
            write(input, path, "content", cwd)
        }
        "Edit" if input.only(&["file_path", "old_string", "new_string"], &["replace_all"]) => {
            edit(input, cwd)
        }
        "MultiEdit" if input.only(&["file_path", "edits"], &[]) => multi_edit(input, &cwd),
        "WebFetch" if input.only(&["url"], &["prompt"]) => fetch(input, claims),
        "NotebookEdit" => Ok(custom("Edit notebook", tool, input.input, &cwd)),
        "WebSearch" => Ok(custom("Search the web", tool, input.input, &cwd)),
        _ => Ok(match mcp_names(tool, server) {
            Some((server, name)) => Action::Mcp(Mcp {
                server: server.to_owned(),
                tool: name.to_owned(),
                arguments: input.input.into_iter().collect(),
                annotations: None,
            }),
            None => other(LOOKS, "Claude Code", tool, input.input, &cwd),
        }),
    }
}

/// The field by which Bash asks to run outside its sandbox.
const UNBOXED: &str = "dangerouslyDisableSandbox";

fn edit(mut input: Fields<'_>, cwd: AbsolutePath) -> Result<Action, NotUnderstood> {
    let path = input.path("file_path")?;
    let change = replacement(&mut input)?;
    Ok(Action::FileEdit(FileEdit { path, before: None, change, cwd: Some(cwd) }))
}

/// Several replacements in one file. One is an edit; more have no typed form, as each works on what the one before
/// left.
fn multi_edit(mut input: Fields<'_>, cwd: &AbsolutePath) -> Result<Action, NotUnderstood> {
    let only_one = match input.input.get("edits") {
        Some(Value::Array(edits)) if edits.is_empty() => return Err(input.bad("edits", "must not be empty")),
        Some(Value::Array(edits)) => match edits.as_slice() {
            [Value::Object(edit)] => Some(edit.clone()),
            _ => None,
        },
        Some(_) => return Err(input.bad("edits", "must be a list")),
        None => return Err(input.bad("edits", "is missing")),
    };
    let path = input.path("file_path")?;
    if let Some(edit) = only_one {
        let mut one = Fields { tool: input.tool, input: edit };
        if one.only(&["old_string", "new_string"], &["replace_all"]) {
            let change = replacement(&mut one)?;
            return Ok(Action::FileEdit(FileEdit { path, before: None, change, cwd: Some(cwd.clone()) }));
        }
    }
    input.input.insert("file_path".to_owned(), Value::String(path.into()));
    Ok(custom("Edit file in several places", input.tool, input.input, cwd))
}

/// `mcp__server__tool` in its two parts. A server's name may hold `__` too; where Claude Code names the server
/// beside the tool, and the tool's name begins with it, that says where it ends.
fn mcp_names<'t>(tool: &'t str, server: Option<&str>) -> Option<(&'t str, &'t str)> {
    let rest = tool.strip_prefix("mcp__")?;
    let told = server.and_then(|server| {
        let end = server.len();
        let same = rest.get(..end).is_some_and(|start| start.bytes().eq(server.bytes().map(plain)));
        (same && rest[end..].starts_with("__")).then_some(end)
    });
    let end = told.or_else(|| rest.find("__"))?;
    let (server, tool) = (&rest[..end], &rest[end + 2..]);
    (!server.is_empty() && !tool.is_empty()).then_some((server, tool))
}

/// Claude Code writes what a tool's name cannot hold as `_`.
fn plain(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() || byte == b'-' { byte } else { b'_' }
}

#[cfg(test)]
mod tests {
    use sayso_core::action::Custom;

    use super::*;

    #[test]
    fn every_look_has_a_title_that_the_reading_knows() {
        for look in LOOKS {
            assert!(Custom::ONLY_LOOKS.contains(&look.title), "{}", look.title);
        }
    }

    #[test]
    fn no_unknown_tool_can_take_the_title_of_a_look() {
        for title in Custom::ONLY_LOOKS {
            assert!(!title.starts_with("Claude Code tool "), "{title}");
        }
    }

    #[test]
    fn a_server_that_is_named_beside_the_tool_says_where_its_name_ends() {
        assert_eq!(mcp_names("mcp__a__b", None), Some(("a", "b")));
        assert_eq!(mcp_names("mcp__a__b__c", None), Some(("a", "b__c")));
        assert_eq!(mcp_names("mcp__a__b__c", Some("a__b")), Some(("a__b", "c")));
        assert_eq!(mcp_names("mcp__my_db__drop", Some("my db")), Some(("my_db", "drop")));
        assert_eq!(mcp_names("mcp__a__b", Some("other")), Some(("a", "b")));
        assert_eq!(mcp_names("mcp__a__b", Some("é")), Some(("a", "b")));
        for name in ["mcp__", "mcp____x", "mcp__a__", "mcp__a", "mcp_a__b"] {
            assert_eq!(mcp_names(name, None), None, "{name}");
        }
    }
}
