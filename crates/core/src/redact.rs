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
use zeroize::Zeroizing;

use crate::action::{AbsolutePath, Action, Command, Custom, FileChange, FileEdit, Http, Mcp, Shell, Sql};
use crate::limits;

mod names;
mod scan;
mod tokens;

/// Up to this length a note says nothing of it.
const SHORT: usize = 8;
/// The longest of our own notes, in bytes: what is one already is not hidden again.
const NOTE_BYTES: usize = 32;

/// Is told of each secret as it is hidden.
type Seen<'a> = &'a mut dyn FnMut(&str);

/// `text` with what is a secret by its form replaced by a note of its length.
pub fn text(text: &str) -> String {
    scan::hide(text, &mut |_| {})
}

/// `action` with what is a secret by its form or place replaced by a note of its length.
pub fn action(action: &Action) -> Action {
    hide(action, &mut |_| {})
}

/// What [`action`] hides, each once, in the order in which it stands. For comparing, and for nothing else.
pub fn secrets(action: &Action) -> Vec<Zeroizing<String>> {
    let mut found: Vec<Zeroizing<String>> = Vec::new();
    hide(action, &mut |secret| {
        if !is_note(secret) && !found.iter().any(|known| known.as_str() == secret) {
            found.push(Zeroizing::new(secret.to_owned()));
        }
    });
    found
}

fn hide(action: &Action, seen: Seen<'_>) -> Action {
    match action {
        Action::Shell(shell) => Action::Shell(Shell {
            command: match &shell.command {
                Command::Script(script) => Command::Script(scan::hide(script, seen)),
                Command::Argv(words) => Command::Argv(argv(words, seen)),
            },
            cwd: path(&shell.cwd),
            env: shell.env.clone(),
        }),
        Action::FileEdit(edit) => Action::FileEdit(FileEdit {
            path: path(&edit.path),
            before: edit.before,
            change: change(&edit.change, seen),
            cwd: edit.cwd.as_ref().map(path),
        }),
        Action::Sql(sql) => Action::Sql(Sql {
            statement: scan::hide(&sql.statement, seen),
            dialect: sql.dialect,
            connection: sql.connection.as_deref().map(|connection| scan::hide(connection, seen)),
        }),
        Action::Http(http) => Action::Http(Http {
            method: scan::hide(&http.method, seen),
            url: scan::hide(&http.url, seen),
            headers: http
                .headers
                .iter()
                .map(|(name, value)| (scan::hide(name, seen), header(name, value, seen)))
                .collect(),
            body: http.body.as_deref().map(|body| scan::hide(body, seen)),
        }),
        Action::Mcp(mcp) => Action::Mcp(Mcp {
            server: scan::hide(&mcp.server, seen),
            tool: scan::hide(&mcp.tool, seen),
            arguments: members(&mcp.arguments, false, 0, seen).into_iter().collect::<BTreeMap<_, _>>(),
            annotations: mcp.annotations.clone(),
        }),
        Action::Custom(custom) => Action::Custom(Custom {
            title: scan::hide(&custom.title, seen),
            payload: value(&custom.payload, false, 0, seen),
        }),
    }
}

fn is_note(text: &str) -> bool {
    text.len() <= NOTE_BYTES && text.starts_with("⟨hidden") && text.ends_with('⟩')
}

/// The note that stands for `secret`.
fn note(secret: &str, seen: Seen<'_>) -> String {
    seen(secret);
    if is_note(secret) {
        return secret.to_owned();
    }
    let length = secret.chars().count();
    if length <= SHORT { "⟨hidden⟩".to_owned() } else { format!("⟨hidden: {length} characters⟩") }
}

/// A path keeps its form: where hiding a part would break it, it stays as it is.
fn path(path: &AbsolutePath) -> AbsolutePath {
    AbsolutePath::try_from(text(path.as_str())).unwrap_or_else(|_| path.clone())
}

fn change(change: &FileChange, seen: Seen<'_>) -> FileChange {
    match change {
        FileChange::Content(content) => FileChange::Content(scan::hide(content, seen)),
        FileChange::Patch(patch) => FileChange::Patch(scan::hide(patch, seen)),
        FileChange::Replace { old, new, all } => {
            FileChange::Replace { old: scan::hide(old, seen), new: scan::hide(new, seen), all: *all }
        }
        FileChange::Delete {} => FileChange::Delete {},
    }
}

/// The words of an argv. No shell stands between them, so the word after a secret's flag is hidden whole.
fn argv(words: &[String], seen: Seen<'_>) -> Vec<String> {
    let mut hidden = Vec::with_capacity(words.len());
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let mut before = "";
    for word in words {
        hidden.push(if names::is_flag_of_secret(before) && !word.starts_with('-') {
            note(word, seen)
        } else if let Some(kept) = names::after_short_flag(program, before, word) {
            format!("{}{}", &word[..kept], note(&word[kept..], seen))
        } else if let Some((name, value)) = word.split_once('=').filter(|(name, value)| {
            !value.is_empty() && names::is_secret(name) && !names::is_plain_value(value)
        }) {
            format!("{name}={}", note(value, seen))
        } else {
            scan::hide(word, seen)
        });
        before = word;
    }
    hidden
}

/// A header's value: hidden whole where its name says that it is a secret, but for the scheme of an authorization.
fn header(name: &str, value: &str, seen: Seen<'_>) -> String {
    if !names::is_secret_header(name) {
        return scan::hide(value, seen);
    }
    match value.trim_start().split_once(' ') {
        Some((scheme, rest)) if names::is_scheme(scheme) => format!("{scheme} {}", note(rest.trim(), seen)),
        _ => note(value, seen),
    }
}

fn value(json: &Value, secret: bool, depth: usize, seen: Seen<'_>) -> Value {
    if depth > limits::JSON_DEPTH {
        return Value::String("⟨hidden: nested too deep⟩".to_owned());
    }
    match json {
        Value::String(text) if secret && !text.is_empty() => Value::String(note(text, seen)),
        Value::Number(number) if secret => Value::String(note(&number.to_string(), seen)),
        Value::String(plain) => Value::String(scan::hide(plain, seen)),
        Value::Array(list) => {
            Value::Array(list.iter().map(|item| value(item, secret, depth + 1, seen)).collect())
        }
        Value::Object(map) => Value::Object(members(map, secret, depth + 1, seen).into_iter().collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) => json.clone(),
    }
}

/// The members of an object. Keys that hide to the same note are told apart, so that none is lost.
fn members<'a>(
    map: impl IntoIterator<Item = (&'a String, &'a Value)>,
    secret: bool,
    depth: usize,
    seen: Seen<'_>,
) -> Vec<(String, Value)> {
    let mut notes = 0_usize;
    let member = |(key, item): (&String, &Value)| {
        let mut name = scan::hide(key, seen);
        if name != *key {
            notes += 1;
            name = format!("{name} #{notes}");
        }
        (name, value(item, secret || names::is_secret(key), depth, seen))
    };
    map.into_iter().map(member).collect()
}

#[cfg(test)]
mod tests;
