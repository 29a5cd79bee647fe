//! Windows: `cmd /c`, `powershell -Command`, `-EncodedCommand`, and their programs by rows.
//!
//! Deliberately absent: a grammar of PowerShell. A text is cut at `;`, `|`, `&`, braces and line ends, and the first
//! words of each piece are held against the rows; what takes its commands from a variable or a download is unread.

use std::sync::LazyLock;

use sayso_core::Severity;

use super::note;
use crate::Findings;
use crate::commands::Call;
use crate::commands::code::base64;
use crate::commands::rows::Table;
use crate::words::Word;

pub(super) const TEXTS: &[&str] = &[include_str!("../../../data/commands/windows.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Verbs of cmdlets that only look.
const LOOKS: &[&str] = &[
    "test-",
    "select-",
    "measure-",
    "compare-",
    "sort-",
    "where-",
    "foreach-",
    "format-t",
    "format-l",
    "write-",
    "convertto-",
    "out-null",
    "out-string",
    "resolve-",
    "join-path",
    "split-path",
];

/// How deep `cmd /c powershell -c cmd /c …` is followed.
const DEPTH: usize = 3;

/// Names that mean something else where the shell is not PowerShell.
const OTHERS: &[&str] = &["ls", "cat", "echo", "dir", "kill", "whoami", "foreach"];

pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    !OTHERS.contains(&call.name) && at(call, DEPTH, findings)
}

fn at(call: &Call<'_>, depth: usize, findings: &mut Findings) -> bool {
    let name = call.name.rsplit('\\').next().unwrap_or(call.name).to_ascii_lowercase();
    let name =
        [".exe", ".com", ".cmd", ".bat"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    match name {
        "cmd" => {
            let at = call
                .words
                .iter()
                .position(|word| matches!(word.text.to_ascii_lowercase().as_str(), "/c" | "/k" | "/r"));
            let Some(at) = at else { return false };
            text(&joined(&call.words[at + 1..]), call, depth, findings);
            note(call, "a command line of Windows, read by its words", None, findings);
            true
        }
        "powershell" | "pwsh" => {
            powershell(call, depth, findings);
            true
        }
        _ if LOOKS.iter().any(|verb| name.starts_with(verb)) => {
            findings.reads(name);
            true
        }
        _ => {
            if !TABLE.knows(name) {
                return false;
            }
            let words: Vec<Word> =
                call.words.iter().map(|word| Word { text: lowered(&word.text), ..word.clone() }).collect();
            TABLE.read(&Call { name, words: &words, ..*call }, findings)
        }
    }
}

/// Options in small letters; paths as they are.
fn lowered(text: &str) -> String {
    if text.starts_with(['-', '/']) || text.len() <= 24 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        text.to_ascii_lowercase()
    } else {
        text.to_owned()
    }
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn powershell(call: &Call<'_>, depth: usize, findings: &mut Findings) {
    let mut words = call.words.iter().enumerate();
    while let Some((at, word)) = words.next() {
        let Some(option) = word.text.strip_prefix(['-', '/']) else {
            // Without an option it is a file for pwsh, and a command for Windows' own.
            let rest = joined(&call.words[at..]);
            text(&rest, call, depth, findings);
            return note(call, "a command of PowerShell, read by its words", word.span, findings);
        };
        let option = option.to_ascii_lowercase();
        let is = |name: &str, least: usize| option.len() >= least && name.starts_with(&option);
        if is("encodedcommand", 1) || option == "ec" || option == "enc" {
            let decoded =
                call.words.get(at + 1).filter(|word| word.literal).and_then(|word| utf16(&word.text));
            match decoded {
                Some(decoded) => text(&decoded, call, depth, findings),
                None => {
                    findings.unread(call.name, "its command is encoded and could not be decoded", call.span);
                }
            }
            return note(call, "an encoded command of PowerShell", word.span, findings);
        }
        if is("command", 1) {
            text(&joined(&call.words[at + 1..]), call, depth, findings);
            return note(call, "a command of PowerShell, read by its words", word.span, findings);
        }
        if is("file", 1) {
            return note(call, "what stands in the file was not looked at", word.span, findings);
        }
        if is("executionpolicy", 2)
            || option == "ep"
            || is("windowstyle", 1)
            || is("version", 1)
            || is("inputformat", 3)
        {
            words.next();
        }
    }
    note(call, "a shell of PowerShell", None, findings);
}

/// Base64 of UTF-16, as `-EncodedCommand` takes it.
fn utf16(text: &str) -> Option<String> {
    let bytes = base64::decode(text)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

/// Reads a text of cmd or PowerShell.
fn text(source: &str, call: &Call<'_>, depth: usize, findings: &mut Findings) {
    let Some(depth) = depth.checked_sub(1) else {
        return findings.unread(
            call.name,
            "command lines of Windows stand too deep in one another",
            call.span,
        );
    };
    let lower = source.to_ascii_lowercase();
    let downloads = [
        "downloadstring",
        "downloaddata",
        "downloadfile",
        "invoke-webrequest",
        "iwr ",
        "invoke-restmethod",
        "irm ",
        "webclient",
        "curl ",
    ];
    let runs = [
        "iex",
        "invoke-expression",
        "[scriptblock]::create",
        "frombase64string",
        "start-process",
        "| cmd",
        "-enc",
    ];
    if downloads.iter().any(|word| lower.contains(word)) && runs.iter().any(|word| lower.contains(word)) {
        findings.unread(call.name, "it runs what a download brings", call.span);
    }
    if lower.contains("frombase64string") || lower.contains("[char]") && lower.contains("-join") {
        findings.unread(call.name, "it takes its commands from an encoded text", call.span);
    }
    for (bad, what) in [
        ("[io.file]::delete", "it deletes files"),
        ("[system.io.file]::delete", "it deletes files"),
        ("[io.directory]::delete", "it deletes folders"),
        ("[system.io.directory]::delete", "it deletes folders"),
        ("net.sockets.tcpclient", "it opens a connection of its own"),
        (".delete()", "it deletes something"),
        ("amsiutils", "it switches the protection against malware off"),
    ] {
        if lower.contains(bad) {
            findings.unread(call.name, what, call.span);
        }
    }
    for piece in pieces(source) {
        let words: Vec<Word> =
            words_of(piece).into_iter().map(|word| Word { span: call.span, ..Word::plain(&word) }).collect();
        let Some((program, rest)) = words.split_first() else { continue };
        if program.text.starts_with('$')
            && program.text.len() > 1
            && !rest.first().is_some_and(|word| word.text.starts_with('='))
        {
            continue;
        }
        let inner = Call { name: &program.text, program, words: rest, span: call.span, place: call.place };
        if !at(&inner, depth, findings) && call.place.wrapped < 3 {
            let name = program.text.to_ascii_lowercase();
            if matches!(
                name.as_str(),
                "rm" | "rmdir"
                    | "del"
                    | "git"
                    | "npm"
                    | "docker"
                    | "kubectl"
                    | "terraform"
                    | "aws"
                    | "az"
                    | "gcloud"
                    | "curl"
            ) {
                crate::commands::read(&words, call.span, &call.place.inside(), findings);
            }
        }
    }
    if findings.severity().is_none() {
        findings.raise(Severity::Low);
    }
}

/// The commands of a text, outside of quotes.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ';' | '|' | '&' | '{' | '}' | '(' | ')' | '\n' | '\r') => {
                out.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    // A whole command in quotes: `"Remove-Item x"`.
    out.into_iter()
        .map(|piece| piece.trim().trim_matches(['"', '\'']))
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut open) = (String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (None, '"' | '\'') => (quote, open) = (Some(c), true),
            (Some(q), c) if c == q => quote = None,
            (None, '`') => {}
            (None, c) if c.is_whitespace() || c == ',' => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (_, c) => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}
