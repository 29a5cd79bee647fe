//! The exact thing an agent wants to do, of every kind, validated once.
//!
//! Invariants: a path is absolute and holds no NUL; a shell action holds a script or an argv, never both;
//! every list and text is within [`limits`]. The canonical bytes of an action ([`Action::digest`]) are what a
//! receipt is bound to, so every field that could change what happens is part of it.
//!
//! Deliberately absent: what the action *would do*. That is the `reading` crate's word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::canonical::{Digest, NotCanonical};
use crate::limits;

/// One action. On the wire an object whose `kind` names the variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// A command line or an argv.
    Shell(Shell),
    /// A file made, changed, replaced or deleted.
    FileEdit(FileEdit),
    /// One or several SQL statements.
    Sql(Sql),
    /// An HTTP request.
    Http(Http),
    /// A tool of an MCP server.
    Mcp(Mcp),
    /// Anything else: a title and a payload to show.
    Custom(Custom),
}

impl Action {
    /// The SHA-256 of this action's canonical JSON: the `action` of a receipt.
    ///
    /// # Errors
    /// If a payload holds a number that JSON cannot (none that came in by [`crate::strict`] does).
    pub fn digest(&self) -> Result<Digest, NotCanonical> {
        Digest::of(self)
    }

    /// Whether its JSON is longer than this. Takes no longer to find out than that many bytes take to write.
    pub fn is_over(&self, bytes: usize) -> bool {
        serde_json::to_writer(Room(bytes), self).is_err()
    }

    /// The kind's one word, as on the wire.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Shell(_) => "shell",
            Self::FileEdit(_) => "file_edit",
            Self::Sql(_) => "sql",
            Self::Http(_) => "http",
            Self::Mcp(_) => "mcp",
            Self::Custom(_) => "custom",
        }
    }

    /// The folder that the action starts in, where its kind has one.
    pub fn cwd(&self) -> Option<&str> {
        match self {
            Self::Shell(shell) => Some(shell.cwd.as_str()),
            Self::FileEdit(edit) => edit.path.parent(),
            Self::Sql(_) | Self::Http(_) | Self::Mcp(_) | Self::Custom(_) => None,
        }
    }
}

/// Takes this many bytes, then no more.
struct Room(usize);

impl std::io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::WriteZero)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A field that is not what it must be. The message names the field and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct BadField {
    /// The field's name as on the wire.
    pub field: &'static str,
    /// What is wrong and what it takes instead.
    pub problem: String,
}

impl BadField {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// An absolute path without NUL, at most [`limits::PATH_BYTES`] long. Not resolved: `..` and links stay as sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AbsolutePath(String);

impl AbsolutePath {
    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path above, by text alone.
    pub fn parent(&self) -> Option<&str> {
        std::path::Path::new(&self.0).parent().and_then(|p| p.to_str())
    }

    /// The last part, by text alone; the whole where there is none.
    pub fn name(&self) -> &str {
        std::path::Path::new(&self.0).file_name().and_then(|n| n.to_str()).unwrap_or(&self.0)
    }
}

impl TryFrom<String> for AbsolutePath {
    type Error = BadField;
    fn try_from(text: String) -> Result<Self, BadField> {
        let windows = text.as_bytes().get(1) == Some(&b':') || text.starts_with(r"\\");
        if !(text.starts_with('/') || windows) {
            return Err(BadField::new("path", "must be absolute; the asker knows its own folder"));
        }
        if text.contains('\0') {
            return Err(BadField::new("path", "must not hold a NUL byte"));
        }
        if text.len() > limits::PATH_BYTES {
            return Err(BadField::new("path", format!("must be at most {} bytes", limits::PATH_BYTES)));
        }
        Ok(Self(text))
    }
}

impl From<AbsolutePath> for String {
    fn from(path: AbsolutePath) -> Self {
        path.0
    }
}

/// A command, where it runs, and which environment variables the asker changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ShellOnTheWire", into = "ShellOnTheWire")]
pub struct Shell {
    /// What runs.
    pub command: Command,
    /// The folder it starts in.
    pub cwd: AbsolutePath,
    /// Names of the environment variables that the asker changed for it, sorted. Values are not sent: they may
    /// be secrets.
    pub env: Vec<String>,
}

/// What a shell action runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A text for a shell to read.
    Script(String),
    /// Words for the kernel, with no shell between; never empty.
    Argv(Vec<String>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShellOnTheWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    argv: Option<Vec<String>>,
    cwd: AbsolutePath,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
}

impl TryFrom<ShellOnTheWire> for Shell {
    type Error = BadField;
    fn try_from(wire: ShellOnTheWire) -> Result<Self, BadField> {
        let command = match (wire.script, wire.argv) {
            (Some(script), None) if script.contains('\0') => {
                return Err(BadField::new("script", "must not hold a NUL byte"));
            }
            (Some(script), None) => Command::Script(script),
            (None, Some(argv)) => Command::Argv(checked_argv(argv)?),
            (Some(_), Some(_)) => return Err(BadField::new("argv", "and `script` exclude each other")),
            (None, None) => return Err(BadField::new("script", "or `argv` is missing")),
        };
        let mut env = wire.env;
        if env.len() > limits::ENV_NAMES {
            return Err(BadField::new("env", format!("must name at most {} variables", limits::ENV_NAMES)));
        }
        if env.iter().any(|name| name.is_empty() || name.contains(['=', '\0'])) {
            return Err(BadField::new("env", "takes names of variables alone, without `=` or a value"));
        }
        env.sort();
        env.dedup();
        Ok(Self { command, cwd: wire.cwd, env })
    }
}

fn checked_argv(argv: Vec<String>) -> Result<Vec<String>, BadField> {
    if argv.first().is_none_or(String::is_empty) {
        return Err(BadField::new("argv", "must name a program first"));
    }
    if argv.len() > limits::ARGV_WORDS {
        return Err(BadField::new("argv", format!("must have at most {} words", limits::ARGV_WORDS)));
    }
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(BadField::new("argv", "must not hold a NUL byte"));
    }
    Ok(argv)
}

impl From<Shell> for ShellOnTheWire {
    fn from(shell: Shell) -> Self {
        let (script, argv) = match shell.command {
            Command::Script(script) => (Some(script), None),
            Command::Argv(argv) => (None, Some(argv)),
        };
        Self { script, argv, cwd: shell.cwd, env: shell.env }
    }
}

/// A change of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEdit {
    /// Which file.
    pub path: AbsolutePath,
    /// The digest of what the asker believes is there now. Absent: it said nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Digest>,
    /// What becomes of it.
    pub change: FileChange,
    /// The folder that the asker works in, where it says so. What lies outside of its project weighs more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<AbsolutePath>,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FileChange {
    /// The whole new content.
    Content(String),
    /// A unified diff against what is there.
    Patch(String),
    /// One text in it replaced by another.
    Replace {
        /// The text to find.
        old: String,
        /// What stands there afterwards.
        new: String,
        /// Every occurrence, or the only one.
        #[serde(default)]
        all: bool,
    },
    /// The file goes.
    Delete {},
}

/// SQL for a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The text, one statement or several.
    pub statement: String,
    /// Whose SQL it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<SqlDialect>,
    /// Where it goes: a connection's name or its string. Passwords in it are hidden before it is kept or shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// The SQL dialects that Sayso tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlDialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
    /// SQL Server.
    Mssql,
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The method, in capitals as sent.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Headers in order, names as sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The body as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A call of an MCP server's tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// The server's name as the agent has it.
    pub server: String,
    /// The tool's name.
    pub tool: String,
    /// Its arguments as sent.
    #[serde(default)]
    pub arguments: BTreeMap<String, serde_json::Value>,
    /// What the server says of its own tool. It may raise what is thought of the call, and never lowers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<ToolAnnotations>,
}

/// A server's hints about its tool, as MCP names them. Nobody checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolAnnotations {
    /// The tool's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// It changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// It may destroy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Calling it twice does no more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// It reaches out into the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

/// An action of a kind that Sayso does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// What it is, in the asker's words; quoted on the card.
    pub title: String,
    /// Whatever describes it.
    pub payload: serde_json::Value,
}

impl Custom {
    /// The titles that the adapters of agents give to tools of an agent that only look: reading a file or what
    /// a command printed, searching, the session's own list of things to do. What was looked at is in the payload
    /// as `{"tool":…,"input":…,"cwd":…}`. An asker could put such a title on anything; but what it then does is
    /// not what it asked for, and no title can help against that.
    pub const ONLY_LOOKS: &'static [&'static str] = &[
        "Read file",
        "List folder",
        "Find files",
        "Search in files",
        "Read command output",
        "Keep to-do list",
        "Look up tools",
        "Talk with the person",
        "Start subagent",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict;

    fn parse(text: &str) -> Result<Action, String> {
        strict::parse(text.as_bytes()).map_err(|e| e.message)
    }

    #[test]
    fn every_kind_reads_back_as_written() {
        for text in [
            r#"{"kind":"shell","script":"rm -rf build","cwd":"/p","env":["A"]}"#,
            r#"{"kind":"shell","argv":["ls","-l"],"cwd":"/p"}"#,
            r#"{"kind":"file_edit","path":"/p/a","change":{"content":"x"}}"#,
            r#"{"kind":"file_edit","path":"/p/a","change":{"replace":{"old":"a","new":"b","all":false}}}"#,
            r#"{"kind":"file_edit","path":"/p/a","change":{"delete":{}}}"#,
            r#"{"kind":"sql","statement":"select 1","dialect":"postgres"}"#,
            r#"{"kind":"http","method":"GET","url":"http://h/","headers":[["A","b"]]}"#,
            r#"{"kind":"mcp","server":"s","tool":"t","arguments":{"x":[1]}}"#,
            r#"{"kind":"mcp","server":"s","tool":"t","arguments":{},"annotations":{"destructiveHint":true}}"#,
            r#"{"kind":"custom","title":"t","payload":{"x":null}}"#,
        ] {
            let action = parse(text).unwrap();
            assert_eq!(
                serde_json::to_value(&action).unwrap(),
                serde_json::from_str::<serde_json::Value>(text).unwrap()
            );
        }
    }

    #[test]
    fn an_action_is_over_every_size_below_its_own_and_no_other() {
        let text = r#"{"kind":"sql","statement":"select 1"}"#;
        let action = parse(text).unwrap();
        assert_eq!(serde_json::to_string(&action).unwrap(), text);
        assert!(action.is_over(text.len() - 1));
        assert!(!action.is_over(text.len()));
    }

    #[test]
    fn an_unknown_field_is_refused_by_its_name() {
        let refusal = parse(r#"{"kind":"sql","statement":"x","sudo":true}"#).unwrap_err();
        assert!(refusal.contains("`sudo`"), "{refusal}");
        let refusal = parse(r#"{"kind":"shell","script":"x","cwd":"/","shell":"zsh"}"#).unwrap_err();
        assert!(refusal.contains("`shell`"), "{refusal}");
    }

    #[test]
    fn a_shell_action_is_a_script_or_an_argv_and_in_an_absolute_folder() {
        for text in [
            r#"{"kind":"shell","cwd":"/"}"#,
            r#"{"kind":"shell","script":"x","argv":["x"],"cwd":"/"}"#,
            r#"{"kind":"shell","argv":[],"cwd":"/"}"#,
            r#"{"kind":"shell","script":"x","cwd":"p"}"#,
            r#"{"kind":"shell","script":"x","cwd":"/","env":["A=b"]}"#,
            "{\"kind\":\"shell\",\"script\":\"x\\u0000\",\"cwd\":\"/\"}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
