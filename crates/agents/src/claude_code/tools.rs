//! Claude Code's tools: which action each of them is.

use sayso_core::Action;
use sayso_core::action::{AbsolutePath, Command, Custom, FileChange, FileEdit, Http, Mcp, Shell};
use serde_json::{Map, Value};

use super::{Claims, NotUnderstood};

type Input = Map<String, Value>;

/// A tool that only looks, or changes nothing but the session's own memory.
struct Look {
    /// Its name in Claude Code.
    tool: &'static str,
    /// The custom action's title, one of [`Custom::ONLY_LOOKS`].
    title: &'static str,
    /// Fields of its input that make it more than a look: with one of them it is an unknown tool.
    unless: &'static [&'static str],
}

const fn look(tool: &'static str, title: &'static str) -> Look {
    Look { tool, title, unless: &[] }
}

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
    input: Input,
    cwd: AbsolutePath,
    server: Option<&str>,
    claims: &mut Claims,
) -> Result<Action, NotUnderstood> {
    let input = Fields { tool, input };
    match tool {
        "Bash" if input.only(&["command"], &["description", "timeout", "run_in_background", UNBOXED]) => {
            shell(input, cwd, claims)
        }
        "Monitor" if input.only(&["command"], &["description", "timeout_ms", "persistent"]) => {
            shell(input, cwd, claims)
        }
        "Write" if input.only(&["file_path", "content"], &[]) => write(input),
        "Edit" if input.only(&["file_path", "old_string", "new_string"], &["replace_all"]) => edit(input),
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
            None => other(tool, input.input, &cwd),
        }),
    }
}

/// The field by which Bash asks to run outside its sandbox.
const UNBOXED: &str = "dangerouslyDisableSandbox";

/// A tool's input, with errors that name the tool.
struct Fields<'a> {
    tool: &'a str,
    input: Input,
}

impl Fields<'_> {
    /// Whether the input has nothing beside these fields. What is missing of `needed` is refused when it is taken,
    /// so a tool that lacks its main field is malformed and not unknown.
    fn only(&self, needed: &[&str], more: &[&str]) -> bool {
        self.input.keys().all(|key| needed.contains(&key.as_str()) || more.contains(&key.as_str()))
    }

    fn bad(&self, field: &'static str, problem: impl Into<String>) -> NotUnderstood {
        NotUnderstood::Input { tool: self.tool.to_owned(), field, problem: problem.into() }
    }

    fn text(&mut self, field: &'static str) -> Result<String, NotUnderstood> {
        match self.input.remove(field) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.bad(field, "must be a text")),
            None => Err(self.bad(field, "is missing")),
        }
    }

    fn flag(&mut self, field: &'static str) -> Result<bool, NotUnderstood> {
        match self.input.remove(field) {
            Some(Value::Bool(flag)) => Ok(flag),
            None | Some(Value::Null) => Ok(false),
            Some(_) => Err(self.bad(field, "must be true or false")),
        }
    }

    fn path(&mut self, field: &'static str) -> Result<AbsolutePath, NotUnderstood> {
        let text = self.text(field)?;
        AbsolutePath::try_from(text).map_err(|bad| self.bad(field, bad.problem))
    }

    /// Everything that was not taken becomes a claim of its own name.
    fn claim_the_rest(self, claims: &mut Claims) {
        for (key, value) in self.input {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            claims.say(&key, Some(text));
        }
    }
}

fn shell(mut input: Fields<'_>, cwd: AbsolutePath, claims: &mut Claims) -> Result<Action, NotUnderstood> {
    let script = input.text("command")?;
    if script.contains('\0') {
        return Err(input.bad("command", "must not hold a NUL byte"));
    }
    input.claim_the_rest(claims);
    Ok(Action::Shell(Shell { command: Command::Script(script), cwd, env: Vec::new() }))
}

fn write(mut input: Fields<'_>) -> Result<Action, NotUnderstood> {
    let path = input.path("file_path")?;
    let change = FileChange::Content(input.text("content")?);
    Ok(Action::FileEdit(FileEdit { path, before: None, change }))
}

fn edit(mut input: Fields<'_>) -> Result<Action, NotUnderstood> {
    let path = input.path("file_path")?;
    let change = replacement(&mut input)?;
    Ok(Action::FileEdit(FileEdit { path, before: None, change }))
}

fn replacement(input: &mut Fields<'_>) -> Result<FileChange, NotUnderstood> {
    let old = input.text("old_string")?;
    let new = input.text("new_string")?;
    let all = input.flag("replace_all")?;
    // Claude Code makes the file, or fills an empty one, where there is nothing to find.
    Ok(if old.is_empty() { FileChange::Content(new) } else { FileChange::Replace { old, new, all } })
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
            return Ok(Action::FileEdit(FileEdit { path, before: None, change }));
        }
    }
    input.input.insert("file_path".to_owned(), Value::String(path.into()));
    Ok(custom("Edit file in several places", input.tool, input.input, cwd))
}

fn fetch(mut input: Fields<'_>, claims: &mut Claims) -> Result<Action, NotUnderstood> {
    let url = input.text("url")?;
    input.claim_the_rest(claims);
    Ok(Action::Http(Http { method: "GET".to_owned(), url, headers: Vec::new(), body: None }))
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

/// A tool that is not among the typed ones: a known look, or all there is of an unknown one.
fn other(tool: &str, input: Input, cwd: &AbsolutePath) -> Action {
    let known = LOOKS
        .iter()
        .find(|look| look.tool == tool && !look.unless.iter().any(|field| input.contains_key(*field)));
    match known {
        Some(look) => custom(look.title, tool, input, cwd),
        None => custom(&format!("Claude Code tool {tool}"), tool, input, cwd),
    }
}

fn custom(title: &str, tool: &str, input: Input, cwd: &AbsolutePath) -> Action {
    let mut payload = Input::new();
    payload.insert("tool".to_owned(), Value::String(tool.to_owned()));
    payload.insert("input".to_owned(), Value::Object(input));
    payload.insert("cwd".to_owned(), Value::String(cwd.as_str().to_owned()));
    Action::Custom(Custom { title: title.to_owned(), payload: Value::Object(payload) })
}

#[cfg(test)]
mod tests {
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
