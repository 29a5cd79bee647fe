//! Words of a command line, and how agents' texts are quoted in sentences.

use std::borrow::Cow;

use sayso_core::reading::Span;

use crate::QUOTED_CHARS;

/// One word as a program would get it, as far as the bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The text with its quotes taken off; as written where it is not `literal`.
    pub(crate) text: String,
    /// Whether the program gets exactly `text`: no variable, no substitution, no braces.
    pub(crate) literal: bool,
    /// Whether the shell matches it against files: it may become any number of words.
    pub(crate) glob: bool,
    /// Where it stands in the script; `None` in an argv.
    pub(crate) span: Option<Span>,
}

impl Word {
    /// A word of an argv: what the kernel hands over as it is.
    pub(crate) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), literal: true, glob: false, span: None }
    }

    /// Whether it can only be itself, or files whose names begin with a text that is no option's.
    pub(crate) fn is_known(&self) -> bool {
        let begins_open = || match self.text.strip_prefix("--").and_then(|option| option.split_once('=')) {
            // Whatever `--include=*.rs` matches begins with `--include=` too.
            Some((name, _)) => name.contains(['*', '?', '[']),
            None => self.text.starts_with(['*', '?', '[', '-']),
        };
        self.literal && !(self.glob && begins_open())
    }
}

/// `text` as it stands in a sentence: in quotation marks where it could be taken for a part of the sentence.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '_' | '.' | '/' | '~' | '+' | '-' | '@' | '%' | '*' | '?' | ':' | '$')
    };
    if !text.is_empty() && text.chars().all(plain) && text.chars().nth(QUOTED_CHARS).is_none() {
        text.to_owned()
    } else {
        format!("“{}”", short(text).replace(['“', '”'], "\""))
    }
}

/// The beginning of `text`, with a sign where it goes on.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `path` made absolute against `cwd` by text alone. As written where it begins with what only the shell knows, or
/// where the folder is not known.
pub(crate) fn absolute(path: &str, cwd: Option<&str>) -> String {
    let Some(cwd) = cwd.filter(|_| !path.starts_with(['/', '~', '$', '`'])) else { return path.to_owned() };
    let path = path.trim_start_matches("./");
    if path.is_empty() || path == "." {
        return cwd.to_owned();
    }
    format!("{}/{path}", cwd.trim_end_matches('/'))
}

/// `path` without `.` and `..`, by text alone; links are not followed.
pub(crate) fn flat(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(|part| matches!(part, "." | "..")) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    Cow::Owned(format!("/{}", parts.join("/")))
}
