//! Clients of databases: `psql`, `mysql`, `sqlite3`, `redis-cli`, `mongosh` and their kin.
//!
//! # Invariants
//! - The text that a client is handed, by option, by standard input or in a file, is read in its own language; what
//!   is not to be had is unread.
//! - What a client does besides (`\!`, `.shell`, `\copy … program`) is read by the shell's own reader.
//!
//! # The rooms
//! `known` says which words of a call are SQL and `clients` reads them; `lines` the clients' own commands between the
//! statements; `redis` and `mongo` those languages. What words alone tell stands as rows in
//! `data/commands/databases.txt`.

mod clients;
mod consoles;
mod known;
mod lines;
mod mongo;
mod redis;

use std::borrow::Cow;
use std::sync::LazyLock;

use sayso_core::Severity;
use sayso_core::reading::Span;

use super::rows::Table;
use super::{Call, Place, Stdin};
use crate::Findings;
use crate::shell::read_script;
use crate::words::{Word, absolute, flat};

const TEXTS: &[&str] = &[include_str!("../../data/commands/databases.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

pub(super) use consoles::called;

/// Programs that print what stands in a file as it is.
const PRINTERS: &[&str] =
    &["cat", "envsubst", "sed", "awk", "head", "tail", "printf", "echo", "tee", "pv", "jq"];

/// Reads a framework's console, before the room that knows the framework does.
pub(super) fn console(call: &Call<'_>, findings: &mut Findings) -> bool {
    // Its own room would take it for a change of the project's tables, whatever it is told.
    if call.name == "prisma" && clients::read(call, findings) {
        return true;
    }
    consoles::read(call, findings)
}

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "redis-cli" | "valkey-cli" | "keydb-cli" | "iredis" => redis::read(call, findings),
        "mongosh" | "mongo" => mongo::read(call, findings),
        _ => {
            clients::reach_of_tool(call, findings);
            return clients::read(call, findings) || TABLE.read(call, findings);
        }
    }
    true
}

/// That a call runs on another machine or in a container, for whoever would ask what it reaches for.
fn away(call: &Call<'_>) -> Option<(String, zeroize::Zeroizing<String>)> {
    call.place.is_away().then(|| ("elsewhere".to_owned(), "1".to_owned().into()))
}

/// A text that a client is handed, and where it comes from.
pub(super) struct Handed<'a> {
    text: Cow<'a, str>,
    span: Option<Span>,
}

impl<'a> Handed<'a> {
    /// What a word of the call says. `None`, and unread, where that shows only when it runs.
    fn word(call: &Call<'_>, word: &'a Word, findings: &mut Findings) -> Option<Self> {
        let span = word.span.or(call.span);
        if word.literal {
            return Some(Self { text: Cow::Borrowed(&word.text), span });
        }
        let text = word.text.trim();
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        // Nothing but a variable or a substitution: it could be anything.
        if text.starts_with(['$', '`', '<']) && !text.contains(char::is_whitespace) || text.starts_with("$(")
        {
            findings.unread(text, "what the database is told shows only when it runs", span);
            return None;
        }
        findings.unread_at(Severity::Low, text, "a part of it shows only when it runs", span);
        Some(Self { text: Cow::Owned(text.replace("\\\"", "\"")), span })
    }

    /// What stands on the standard input.
    fn stdin(call: &Call<'a>, findings: &mut Findings) -> Option<Self> {
        Self::stream(call, call.place.stdin, findings)
    }

    fn stream(call: &Call<'a>, stdin: Stdin<'a>, findings: &mut Findings) -> Option<Self> {
        match stdin {
            Stdin::Text(text) => Some(Self { text: Cow::Borrowed(text), span: call.span }),
            Stdin::File(name) => Self::file(call, name, true, call.span, findings),
            Stdin::Download => {
                findings.unread(call.name, "the database is told what a download brings", call.span);
                None
            }
            Stdin::Printed(name) => {
                let severity = if PRINTERS.contains(&name) { Severity::Low } else { Severity::High };
                let why = format!("the database is told what {} prints", crate::words::quoted(name));
                findings.unread_at(severity, call.name, why, call.span);
                None
            }
            Stdin::Inherited => {
                let why = "what it is told at its own prompt is not seen here";
                findings.unread_at(Severity::Low, call.name, why, call.span);
                None
            }
        }
    }

    /// What stands in a file: read through where the caller gives files, else the project's own business.
    fn file(
        call: &Call<'a>,
        name: &str,
        literal: bool,
        span: Option<Span>,
        findings: &mut Findings,
    ) -> Option<Self> {
        if literal && name.contains("://") {
            findings.unread(name, "the database is told what a download brings", span);
            return None;
        }
        match call.place.content(name) {
            // A file that stands on its own standard input is that file.
            Some(Stdin::File(file)) if file == name => {}
            Some(Stdin::Inherited) | None => {}
            Some(stdin) => return Self::stream(call, stdin, findings),
        }
        let path = absolute(name, call.place.cwd);
        let path = flat(&path);
        if !literal || !path.starts_with('/') {
            findings.unread_at(Severity::Low, name, "which file it is shows only when it runs", span);
            return None;
        }
        match call.place.files.text(&path) {
            Ok(text) => {
                findings.read_through(&path, &text);
                Some(Self { text: Cow::Owned(text), span })
            }
            Err(why) => {
                findings.unread_at(Severity::Low, name, why.why(), span);
                None
            }
        }
    }
}

/// A command that a client hands to a shell.
fn shell(call: &Call<'_>, command: &str, stdin: Stdin<'_>, span: Option<Span>, findings: &mut Findings) {
    let command = command.trim();
    if command.is_empty() {
        return findings.unread_at(Severity::Low, call.name, "it opens a shell", span);
    }
    let mut inner = Findings::default();
    let place = Place { depth: call.place.depth + 1, stdin, ..*call.place };
    read_script(command, &place, &mut inner);
    findings.absorb(inner, span);
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
    }
}
