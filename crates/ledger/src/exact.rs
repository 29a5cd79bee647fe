//! An action as one short text, for the history.
//!
//! Invariant: this text stands in the tables and is checked against the leaf, so a change of its form takes a
//! migration that writes the old rows anew. The tests below pin it.

use sayso_core::Action;
use sayso_core::action::{Command, FileChange};
use sayso_core::canonical::canonical_bytes;

use crate::limits;

/// The action in one short text; what is left out is counted at its end.
pub(crate) fn short(action: &Action) -> String {
    match action {
        Action::Shell(shell) => match &shell.command {
            Command::Script(script) => cut(script),
            Command::Argv(argv) => cut(&argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
        },
        Action::FileEdit(edit) => {
            let verb = match &edit.change {
                FileChange::Content(_) => "write",
                FileChange::Patch(_) => "patch",
                FileChange::Replace { .. } => "replace text in",
                FileChange::Delete {} => "delete",
            };
            cut(&format!("{verb} {}", edit.path.as_str()))
        }
        Action::Sql(sql) => cut(&sql.statement),
        Action::Http(http) => cut(&format!("{} {}", http.method, http.url)),
        Action::Mcp(mcp) => cut(&format!("{} {} {}", mcp.server, mcp.tool, json(&mcp.arguments))),
        Action::Custom(custom) => cut(&format!("{} {}", custom.title, json(&custom.payload))),
    }
}

/// Canonical, so that it is the same text from an entry as it came and from one read back.
fn json(value: &impl serde::Serialize) -> String {
    canonical_bytes(value).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn cut(text: &str) -> String {
    if text.len() <= limits::EXACT_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limits::EXACT_BYTES);
    format!("{}… ({} more bytes)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        short(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_short_text_of_each_kind_is_as_the_stored_rows_have_it() {
        assert_eq!(of(r#"{"kind":"shell","script":"rm -rf 'a b'","cwd":"/"}"#), "rm -rf 'a b'");
        assert_eq!(
            of(r#"{"kind":"shell","argv":["git","commit","-m","it's","","--x=1"],"cwd":"/"}"#),
            r"git commit -m 'it'\''s' '' --x=1"
        );
        assert_eq!(of(r#"{"kind":"file_edit","path":"/p/a","change":{"content":"x"}}"#), "write /p/a");
        assert_eq!(of(r#"{"kind":"file_edit","path":"/p/a","change":{"patch":"x"}}"#), "patch /p/a");
        assert_eq!(of(r#"{"kind":"file_edit","path":"/p/a","change":{"delete":{}}}"#), "delete /p/a");
        assert_eq!(
            of(r#"{"kind":"file_edit","path":"/a","change":{"replace":{"old":"a","new":"b"}}}"#),
            "replace text in /a"
        );
        assert_eq!(of(r#"{"kind":"sql","statement":"drop table t"}"#), "drop table t");
        assert_eq!(of(r#"{"kind":"http","method":"GET","url":"http://h/"}"#), "GET http://h/");
        assert_eq!(of(r#"{"kind":"mcp","server":"s","tool":"t","arguments":{"x":[1]}}"#), r#"s t {"x":[1]}"#);
        assert_eq!(of(r#"{"kind":"custom","title":"t","payload":{"x":null}}"#), r#"t {"x":null}"#);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let text = cut(&"ä".repeat(1000));
        assert_eq!(text, format!("{}… (1000 more bytes)", "ä".repeat(500)));
    }
}
