//! Cursor's tools: which action each of them is.
//!
//! Cursor writes the same field by several names in its versions (`path` and `file_path`). Exactly one of them may be
//! there: of two, nobody knows which one counts, and the call becomes an unknown one with all of it.

use sayso_core::Action;
use sayso_core::action::{AbsolutePath, FileChange, FileEdit, Mcp};
use serde_json::Value;

use super::Folder;
use crate::NotUnderstood;
use crate::claims::Claims;
use crate::input::{Fields, Input, Look, custom, fetch, look, other, replacement, shell, write};

/// Every tool that is known to do no more than look. A subagent is none: whether each of its calls comes through a hook is
/// not known for every version.
const LOOKS: &[Look] = &[
    look("LS", "List folder"),
    look("Glob", "Find files"),
    look("Grep", "Search in files"),
    look("TodoWrite", "Keep to-do list"),
];

/// The names of a file's path.
const PATHS: &[&str] = &["file_path", "path", "target_file"];

/// The names of a file's new content.
const CONTENTS: &[&str] = &["content", "contents"];

/// The names of the folder that a command runs in.
const FOLDERS: &[&str] = &["working_directory", "cwd"];

/// What Cursor says of a command beside it: how long to wait for it, what for, and the rights that its sandbox gives.
const OF_A_COMMAND: &[&str] = &[
    "description",
    "explanation",
    "timeout",
    "timeout_ms",
    "block_until_ms",
    "is_background",
    "run_in_background",
    "required_permissions",
];

/// The server of an MCP tool whose server Cursor does not name.
const UNNAMED: &str = "unnamed";

/// The action that a call of `tool` is.
pub(super) fn action(
    tool: &str,
    input: Input,
    folder: Folder,
    claims: &mut Claims,
) -> Result<Action, NotUnderstood> {
    if let Some(name) = tool.strip_prefix("MCP:").filter(|name| !name.is_empty()) {
        return Ok(mcp(None, name, input));
    }
    let mut input = Fields { tool, input };
    let only = |needed: &[&str], more: &[&[&str]]| input.only(needed, &more.concat());
    let path = spelled(&input, PATHS);
    match (tool, path) {
        ("Shell", _)
            if only(&["command"], &[FOLDERS, OF_A_COMMAND]) && spelled(&input, FOLDERS).is_some() =>
        {
            shell_call(input, folder, claims)
        }
        ("Write", Some(path)) if only(CONTENTS, &[&[path]]) => match spelled(&input, CONTENTS) {
            Some(content) => {
                let path = file(&mut input, path, &folder)?;
                write(input, path, content, folder.path)
            }
            None => Ok(unknown(input, &folder)),
        },
        ("Write" | "StrReplace" | "Edit", Some(path))
            if only(&["old_string", "new_string"], &[&["replace_all", path]]) =>
        {
            let path = file(&mut input, path, &folder)?;
            let change = replacement(&mut input)?;
            Ok(Action::FileEdit(FileEdit { path, before: None, change, cwd: Some(folder.path) }))
        }
        ("Delete", Some(path)) if only(&[path], &[]) => {
            let path = file(&mut input, path, &folder)?;
            Ok(Action::FileEdit(FileEdit {
                path,
                before: None,
                change: FileChange::Delete {},
                cwd: Some(folder.path),
            }))
        }
        ("Read", Some(path)) => {
            let text = input.text(path)?;
            input.input.insert("file_path".to_owned(), Value::String(text));
            Ok(custom("Read file", tool, input.input, &folder.path))
        }
        ("WebFetch", _) if only(&["url"], &[&["explanation"]]) => fetch(input, claims),
        ("WebSearch", _) => Ok(custom("Search the web", tool, input.input, &folder.path)),
        _ => Ok(unknown(input, &folder)),
    }
}

fn unknown(input: Fields<'_>, folder: &Folder) -> Action {
    other(LOOKS, "Cursor", input.tool, input.input, &folder.path)
}

/// A command, in the folder that its own input names, else in the call's.
pub(super) fn shell_call(
    mut input: Fields<'_>,
    folder: Folder,
    claims: &mut Claims,
) -> Result<Action, NotUnderstood> {
    let own = match spelled(&input, FOLDERS) {
        Some(name) if input.input.contains_key(name) => Some(name),
        _ => None,
    };
    let cwd = match own {
        Some(name) if input.input.get(name).is_some_and(|value| value.as_str() != Some("")) => {
            file(&mut input, name, &folder)?
        }
        _ => {
            own.map(|name| input.input.remove(name));
            if folder.one_of_several {
                let problem = "is missing, and there are several workspaces; name the folder to run it in";
                return Err(input.bad("working_directory", problem));
            }
            folder.path
        }
    };
    shell(input, cwd, claims)
}

/// A call of an MCP tool.
pub(super) fn mcp(server: Option<&str>, tool: &str, arguments: Input) -> Action {
    Action::Mcp(Mcp {
        server: server.unwrap_or(UNNAMED).to_owned(),
        tool: tool.to_owned(),
        arguments: arguments.into_iter().collect(),
        annotations: None,
    })
}

/// Which of these names the input uses: the first where it uses none, none where it uses several.
fn spelled(input: &Fields<'_>, names: &[&'static str]) -> Option<&'static str> {
    let mut used = names.iter().filter(|name| input.input.contains_key(**name));
    match (used.next(), used.next()) {
        (Some(name), None) => Some(name),
        (None, _) => names.first().copied(),
        (Some(_), Some(_)) => None,
    }
}

/// A path of the input; one that is not absolute is taken from the call's folder.
fn file(input: &mut Fields<'_>, field: &'static str, folder: &Folder) -> Result<AbsolutePath, NotUnderstood> {
    let text = input.text(field)?;
    let relative =
        !text.is_empty() && AbsolutePath::try_from(text.clone()).is_err() && !text.starts_with('~');
    let whole = if relative && !folder.one_of_several {
        format!("{}/{text}", folder.path.as_str().trim_end_matches('/'))
    } else {
        text
    };
    AbsolutePath::try_from(whole).map_err(|bad| input.bad(field, bad.problem))
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
            assert!(!title.starts_with("Cursor tool "), "{title}");
        }
    }
}
