//! One line of a batch: `{"id","kind","cwd","input"}` to an action.
//!
//! `input` is a text for `shell` and `sql` and an object for the others, which may also stand as JSON text.
//! `cwd` is the project's root; where there is none, the project has no name and stands in a folder of its own.

use sayso_core::Action;
use sayso_core::action::{AbsolutePath, Custom};
use sayso_core::action::{BadField, Command, FileChange, FileEdit, Http, Mcp, Shell, Sql, SqlDialect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The folder of a project that has no name.
const UNNAMED: &str = "/home/user/project";
/// The home folder of nobody in particular.
const HOME: &str = "/home/user";

/// A case that can be read.
pub(super) struct Case {
    pub(super) id: Value,
    pub(super) action: Action,
    /// The project's root.
    pub(super) root: Option<String>,
}

/// A line that is no case.
pub(super) struct NoCase {
    pub(super) id: Option<Value>,
    pub(super) why: String,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    kind: String,
    #[serde(default)]
    cwd: Option<String>,
    input: Value,
}

pub(super) fn parse(line: &[u8]) -> Result<Case, NoCase> {
    let line: Line = serde_json::from_slice(line)
        .map_err(|why| NoCase { id: None, why: format!("the line is no case: {why}") })?;
    let root = line.cwd.unwrap_or_else(|| UNNAMED.to_owned());
    match action(&line.kind, line.input, &root) {
        Ok(action) => Ok(Case { id: line.id, action, root: Some(root) }),
        Err(why) => Err(NoCase { id: Some(line.id), why }),
    }
}

fn action(kind: &str, input: Value, root: &str) -> Result<Action, String> {
    Ok(match kind {
        "shell" => Action::Shell(Shell {
            command: Command::Script(text(input, "shell")?),
            cwd: absolute(root, UNNAMED)?,
            env: Vec::new(),
        }),
        "sql" => sql(input)?,
        "http" => http(object(input)?)?,
        "graphql" => graphql(object(input)?)?,
        "mcp" => Action::Mcp(whole::<Mcp>(input)?),
        "file" => file(object(input)?, root)?,
        "custom" => Action::Custom(whole::<Custom>(input)?),
        other => return Err(format!("`kind` takes shell, sql, http, graphql, mcp or file, not {other:?}")),
    })
}

fn text(input: Value, kind: &str) -> Result<String, String> {
    match input {
        Value::String(text) => Ok(text),
        _ => Err(format!("`input` of {kind} takes a text")),
    }
}

fn object(input: Value) -> Result<Map<String, Value>, String> {
    whole(input)
}

/// A value that stands as itself or as JSON text.
fn whole<T: DeserializeOwned>(input: Value) -> Result<T, String> {
    match input {
        Value::String(text) => serde_json::from_str(&text),
        other => serde_json::from_value(other),
    }
    .map_err(|why| format!("`input` is not what its kind takes: {why}"))
}

fn sql(input: Value) -> Result<Action, String> {
    if let Value::String(statement) = input {
        return Ok(Action::Sql(Sql { statement, dialect: None::<SqlDialect>, connection: None }));
    }
    Ok(Action::Sql(whole(input)?))
}

fn http(mut input: Map<String, Value>) -> Result<Action, String> {
    Ok(Action::Http(Http {
        method: field(&mut input, "method")?.unwrap_or_else(|| "GET".to_owned()),
        url: field(&mut input, "url")?.ok_or("`url` is missing")?,
        headers: headers(input.remove("headers"))?,
        body: body(input.remove("body")),
    }))
}

fn graphql(mut input: Map<String, Value>) -> Result<Action, String> {
    let url = field(&mut input, "url")?.unwrap_or_else(|| "https://unknown.invalid/graphql".to_owned());
    let headers = headers(input.remove("headers"))?;
    input.retain(|_, value| !value.is_null());
    let body = Some(Value::Object(input).to_string());
    Ok(Action::Http(Http { method: "POST".to_owned(), url, headers, body }))
}

fn field(input: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match input.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` takes a text")),
    }
}

/// Headers as an object or as a list of pairs.
fn headers(value: Option<Value>) -> Result<Vec<(String, String)>, String> {
    let worded = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(headers)) => {
            Ok(headers.into_iter().map(|(name, value)| (name, worded(value))).collect())
        }
        Some(list) => {
            serde_json::from_value(list).map_err(|_| "`headers` takes an object or pairs".to_owned())
        }
    }
}

fn body(value: Option<Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    }
}

fn file(mut input: Map<String, Value>, root: &str) -> Result<Action, String> {
    let operation = field(&mut input, "operation")?.ok_or("`operation` is missing")?;
    let written = field(&mut input, "path")?.ok_or("`path` is missing")?;
    let content = body(input.remove("content")).unwrap_or_default();
    let path = absolute(&written, root)?;
    let change = match operation.as_str() {
        "read" => {
            let payload = json!({"tool": "Read", "input": {"file_path": path.as_str()}, "cwd": root});
            return Ok(Action::Custom(Custom { title: "Read file".to_owned(), payload }));
        }
        "write" => FileChange::Content(content),
        "edit" => FileChange::Replace { old: String::new(), new: content, all: false },
        "delete" => FileChange::Delete {},
        other => return Err(format!("`operation` takes read, write, edit or delete, not {other:?}")),
    };
    Ok(Action::FileEdit(FileEdit { path, before: None, change, cwd: None }))
}

/// `path` by itself where it begins at the root or at home, else below `root`.
fn absolute(path: &str, root: &str) -> Result<AbsolutePath, String> {
    let windows = path.as_bytes().get(1) == Some(&b':') || path.starts_with(r"\\");
    let whole = match path.strip_prefix('~').or_else(|| path.strip_prefix("$HOME")) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{HOME}{rest}"),
        _ if path.starts_with('/') || windows => path.to_owned(),
        _ => format!("{}/{}", root.trim_end_matches('/'), path.trim_start_matches("./")),
    };
    AbsolutePath::try_from(whole).map_err(|why: BadField| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action_of(line: &str) -> Action {
        parse(line.as_bytes()).map_err(|no| no.why).unwrap().action
    }

    #[test]
    fn every_kind_becomes_an_action_from_an_object_and_from_json_text() {
        let shell = action_of(r#"{"id":1,"kind":"shell","cwd":"/p","input":"ls"}"#);
        assert!(matches!(shell, Action::Shell(shell) if shell.cwd.as_str() == "/p"));
        assert!(matches!(action_of(r#"{"kind":"sql","input":"select 1"}"#), Action::Sql(_)));
        let object = r#"{"kind":"http","input":{"method":"POST","url":"https://h/","headers":{"a":"b"},"body":{"x":1}}}"#;
        let as_text = r#"{"kind":"http","input":"{\"method\":\"POST\",\"url\":\"https://h/\",\"headers\":[[\"a\",\"b\"]],\"body\":\"{\\\"x\\\":1}\"}"}"#;
        assert_eq!(action_of(object), action_of(as_text));
        let graphql =
            action_of(r#"{"kind":"graphql","input":{"url":"https://h/","query":"{a}","variables":null}}"#);
        assert!(matches!(graphql, Action::Http(http) if http.body.as_deref() == Some(r#"{"query":"{a}"}"#)));
        assert!(matches!(action_of(r#"{"kind":"mcp","input":{"server":"s","tool":"t"}}"#), Action::Mcp(_)));
    }

    #[test]
    fn a_files_path_stands_in_the_project_unless_it_says_otherwise() {
        for (path, whole) in [("a/b", "/p/a/b"), ("/etc/x", "/etc/x"), ("~/.bashrc", "/home/user/.bashrc")] {
            let line =
                format!(r#"{{"kind":"file","cwd":"/p","input":{{"operation":"delete","path":"{path}"}}}}"#);
            assert!(matches!(action_of(&line), Action::FileEdit(edit) if edit.path.as_str() == whole));
        }
    }

    #[test]
    fn a_line_that_is_no_case_says_why_and_keeps_its_id() {
        let no = |line: &str| parse(line.as_bytes()).err().unwrap();
        assert!(no("[").why.contains("no case"));
        let unknown = no(r#"{"id":"x","kind":"smoke","input":""}"#);
        assert_eq!(unknown.id, Some(json!("x")));
        assert!(unknown.why.contains("`kind`"));
        assert!(no(r#"{"kind":"file","input":{"operation":"read"}}"#).why.contains("`path`"));
    }
}
