//! Secrets in an action, hidden before it is kept or shown.
//!
//! # Invariants
//! - What is hidden is replaced by a note of its length, `⟨hidden: 40 characters⟩`; of short ones (where the length
//!   alone would help to guess) just `⟨hidden⟩`.
//! - Hiding never hides what a shell would act upon: a hidden value ends at the first quote, `;`, `&`, `|`, `$`, `` ` ``,
//!   bracket or newline. Better a piece of a password on the card than a command that nobody saw.
//! - One pass, in time linear in the text's length; any text, no panic.
//!
//! # Deliberately absent
//! Guessing by entropy: digests, ids and hashes are what a person must be able to compare.
//! The original: [`crate::Action::digest`] is taken of that, before.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::action::{AbsolutePath, Action, Command, Custom, FileChange, FileEdit, Http, Mcp, Shell, Sql};
use crate::limits;

mod names;
mod scan;
mod tokens;

/// Up to this length a note says nothing of it.
const SHORT: usize = 8;
/// The longest of our own notes, in bytes: what is one already is not hidden again.
const NOTE_BYTES: usize = 32;

/// `text` with what is a secret by its form replaced by a note of its length.
pub fn text(text: &str) -> String {
    scan::hide(text)
}

/// `action` with what is a secret by its form or place replaced by a note of its length.
pub fn action(action: &Action) -> Action {
    match action {
        Action::Shell(shell) => Action::Shell(Shell {
            command: match &shell.command {
                Command::Script(script) => Command::Script(text(script)),
                Command::Argv(words) => Command::Argv(argv(words)),
            },
            cwd: path(&shell.cwd),
            env: shell.env.clone(),
        }),
        Action::FileEdit(edit) => Action::FileEdit(FileEdit {
            path: path(&edit.path),
            before: edit.before,
            change: change(&edit.change),
        }),
        Action::Sql(sql) => Action::Sql(Sql {
            statement: text(&sql.statement),
            dialect: sql.dialect,
            connection: sql.connection.as_deref().map(text),
        }),
        Action::Http(http) => Action::Http(Http {
            method: text(&http.method),
            url: text(&http.url),
            headers: http.headers.iter().map(|(name, value)| (text(name), header(name, value))).collect(),
            body: http.body.as_deref().map(text),
        }),
        Action::Mcp(mcp) => Action::Mcp(Mcp {
            server: text(&mcp.server),
            tool: text(&mcp.tool),
            arguments: members(&mcp.arguments, false, 0).collect::<BTreeMap<_, _>>(),
            annotations: mcp.annotations.clone(),
        }),
        Action::Custom(custom) => {
            Action::Custom(Custom { title: text(&custom.title), payload: value(&custom.payload, false, 0) })
        }
    }
}

/// The note that stands for `secret`.
fn note(secret: &str) -> String {
    if secret.len() <= NOTE_BYTES && secret.starts_with("⟨hidden") && secret.ends_with('⟩') {
        return secret.to_owned();
    }
    let length = secret.chars().count();
    if length <= SHORT { "⟨hidden⟩".to_owned() } else { format!("⟨hidden: {length} characters⟩") }
}

/// A path keeps its form: where hiding a part would break it, it stays as it is.
fn path(path: &AbsolutePath) -> AbsolutePath {
    AbsolutePath::try_from(text(path.as_str())).unwrap_or_else(|_| path.clone())
}

fn change(change: &FileChange) -> FileChange {
    match change {
        FileChange::Content(content) => FileChange::Content(text(content)),
        FileChange::Patch(patch) => FileChange::Patch(text(patch)),
        FileChange::Replace { old, new, all } => {
            FileChange::Replace { old: text(old), new: text(new), all: *all }
        }
        FileChange::Delete {} => FileChange::Delete {},
    }
}

/// The words of an argv. No shell stands between them, so the word after a secret's flag is hidden whole.
fn argv(words: &[String]) -> Vec<String> {
    let mut hidden = Vec::with_capacity(words.len());
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let mut before = "";
    for word in words {
        hidden.push(if names::is_flag_of_secret(before) && !word.starts_with('-') {
            note(word)
        } else if let Some(kept) = names::after_short_flag(program, before, word) {
            format!("{}{}", &word[..kept], note(&word[kept..]))
        } else if let Some((name, value)) = word.split_once('=').filter(|(name, value)| {
            !value.is_empty() && names::is_secret(name) && !names::is_plain_value(value)
        }) {
            format!("{name}={}", note(value))
        } else {
            text(word)
        });
        before = word;
    }
    hidden
}

/// A header's value: hidden whole where its name says that it is a secret, but for the scheme of an authorization.
fn header(name: &str, value: &str) -> String {
    if !names::is_secret_header(name) {
        return text(value);
    }
    match value.trim_start().split_once(' ') {
        Some((scheme, rest)) if names::is_scheme(scheme) => format!("{scheme} {}", note(rest.trim())),
        _ => note(value),
    }
}

fn value(json: &Value, secret: bool, depth: usize) -> Value {
    if depth > limits::JSON_DEPTH {
        return Value::String("⟨hidden: nested too deep⟩".to_owned());
    }
    match json {
        Value::String(text) if secret && !text.is_empty() => Value::String(note(text)),
        Value::Number(number) if secret => Value::String(note(&number.to_string())),
        Value::String(plain) => Value::String(text(plain)),
        Value::Array(list) => Value::Array(list.iter().map(|item| value(item, secret, depth + 1)).collect()),
        Value::Object(map) => Value::Object(members(map, secret, depth + 1).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => json.clone(),
    }
}

/// The members of an object. Keys that hide to the same note are told apart, so that none is lost.
fn members<'a>(
    map: impl IntoIterator<Item = (&'a String, &'a Value)> + 'a,
    secret: bool,
    depth: usize,
) -> impl Iterator<Item = (String, Value)> + 'a {
    let mut notes = 0_usize;
    map.into_iter().map(move |(key, item)| {
        let mut name = text(key);
        if name != *key {
            notes += 1;
            name = format!("{name} #{notes}");
        }
        (name, value(item, secret || names::is_secret(key), depth))
    })
}

#[cfg(test)]
mod tests;
