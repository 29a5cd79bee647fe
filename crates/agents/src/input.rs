//! A tool's input, and the actions that the tools of several agents are.

use sayso_core::Action;
use sayso_core::action::{AbsolutePath, Command, Custom, FileChange, FileEdit, Http, Shell};
use serde_json::{Map, Value};

use crate::NotUnderstood;
use crate::claims::Claims;

pub(crate) type Input = Map<String, Value>;

/// A tool's input, with errors that name the tool.
pub(crate) struct Fields<'a> {
    pub(crate) tool: &'a str,
    pub(crate) input: Input,
}

impl Fields<'_> {
    /// Whether the input has nothing beside these fields. What is missing of `needed` is refused when it is taken,
    /// so a tool that lacks its main field is malformed and not unknown.
    pub(crate) fn only(&self, needed: &[&str], more: &[&str]) -> bool {
        self.input.keys().all(|key| needed.contains(&key.as_str()) || more.contains(&key.as_str()))
    }

    pub(crate) fn bad(&self, field: &'static str, problem: impl Into<String>) -> NotUnderstood {
        NotUnderstood::Input { tool: self.tool.to_owned(), field, problem: problem.into() }
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, NotUnderstood> {
        match self.input.remove(field) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.bad(field, "must be a text")),
            None => Err(self.bad(field, "is missing")),
        }
    }

    pub(crate) fn flag(&mut self, field: &'static str) -> Result<bool, NotUnderstood> {
        match self.input.remove(field) {
            Some(Value::Bool(flag)) => Ok(flag),
            None | Some(Value::Null) => Ok(false),
            Some(_) => Err(self.bad(field, "must be true or false")),
        }
    }

    pub(crate) fn path(&mut self, field: &'static str) -> Result<AbsolutePath, NotUnderstood> {
        let text = self.text(field)?;
        AbsolutePath::try_from(text).map_err(|bad| self.bad(field, bad.problem))
    }

    /// Everything that was not taken becomes a claim of its own name.
    pub(crate) fn claim_the_rest(self, claims: &mut Claims) {
        for (key, value) in self.input {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            claims.say(&key, Some(text));
        }
    }
}

/// A command for a shell; what the agent says of it becomes claims.
pub(crate) fn shell(
    mut input: Fields<'_>,
    cwd: AbsolutePath,
    claims: &mut Claims,
) -> Result<Action, NotUnderstood> {
    let script = input.text("command")?;
    if script.contains('\0') {
        return Err(input.bad("command", "must not hold a NUL byte"));
    }
    input.claim_the_rest(claims);
    Ok(Action::Shell(Shell { command: Command::Script(script), cwd, env: Vec::new() }))
}

/// A whole new file, or an old one's whole new content.
pub(crate) fn write(
    mut input: Fields<'_>,
    path: AbsolutePath,
    content: &'static str,
    cwd: AbsolutePath,
) -> Result<Action, NotUnderstood> {
    let change = FileChange::Content(input.text(content)?);
    Ok(Action::FileEdit(FileEdit { path, before: None, change, cwd: Some(cwd) }))
}

/// One replacement in a file.
pub(crate) fn replacement(input: &mut Fields<'_>) -> Result<FileChange, NotUnderstood> {
    let old = input.text("old_string")?;
    let new = input.text("new_string")?;
    let all = input.flag("replace_all")?;
    // Agents make the file, or fill an empty one, where there is nothing to find.
    Ok(if old.is_empty() { FileChange::Content(new) } else { FileChange::Replace { old, new, all } })
}

/// A page that is fetched.
pub(crate) fn fetch(mut input: Fields<'_>, claims: &mut Claims) -> Result<Action, NotUnderstood> {
    let url = input.text("url")?;
    input.claim_the_rest(claims);
    Ok(Action::Http(Http { method: "GET".to_owned(), url, headers: Vec::new(), body: None }))
}

/// A tool that only looks, or changes nothing but the session's own memory.
pub(crate) struct Look {
    /// The agent's name for it.
    pub(crate) tool: &'static str,
    /// The custom action's title, one of [`Custom::ONLY_LOOKS`].
    pub(crate) title: &'static str,
    /// Fields of its input that make it more than a look: with one of them it is an unknown tool.
    pub(crate) unless: &'static [&'static str],
}

pub(crate) const fn look(tool: &'static str, title: &'static str) -> Look {
    Look { tool, title, unless: &[] }
}

/// A tool that is not among the typed ones: a known look, or all there is of an unknown one.
pub(crate) fn other(looks: &[Look], agent: &str, tool: &str, input: Input, cwd: &AbsolutePath) -> Action {
    let known = looks
        .iter()
        .find(|look| look.tool == tool && !look.unless.iter().any(|field| input.contains_key(*field)));
    match known {
        Some(look) => custom(look.title, tool, input, cwd),
        None => custom(&format!("{agent} tool {tool}"), tool, input, cwd),
    }
}

/// A tool that no typed action stands for: all there is of it.
pub(crate) fn custom(title: &str, tool: &str, input: Input, cwd: &AbsolutePath) -> Action {
    let mut payload = Input::new();
    payload.insert("tool".to_owned(), Value::String(tool.to_owned()));
    payload.insert("input".to_owned(), Value::Object(input));
    payload.insert("cwd".to_owned(), Value::String(cwd.as_str().to_owned()));
    Action::Custom(Custom { title: title.to_owned(), payload: Value::Object(payload) })
}
