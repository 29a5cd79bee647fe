//! `http`, `https`, `xh`: method, URL and items.

use super::sending::{Piece, Sending, header, uploaded, written};
use crate::commands::Call;
use crate::words::Word;
use crate::{Findings, http};

/// Options that take a value in the next word.
const VALUED: &[&str] = &[
    "-a",
    "--auth",
    "-A",
    "--auth-type",
    "-o",
    "--output",
    "--session",
    "--session-read-only",
    "--timeout",
    "--proxy",
    "--verify",
    "--cert",
    "--cert-key",
    "-s",
    "--style",
    "-p",
    "--print",
    "--pretty",
    "--max-redirects",
    "--raw",
    "--default-scheme",
    "--ssl",
    "--boundary",
    "--format-options",
    "--chunked-size",
    "--bearer",
    "--http-version",
    "--resolve",
];
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];

pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let mut sending =
        Sending { between: "&", method_alone: "GET", method_with: "POST", ..Sending::default() };
    let mut operands = Vec::new();
    let mut words = call.words.iter();
    let mut output = None;
    let mut form = false;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if !text.starts_with('-') {
            operands.push(word);
        } else if let Some(value) = text.strip_prefix("--raw=") {
            sending.pieces.push(Piece::Text(Word { text: value.to_owned(), ..word.clone() }));
        } else if VALUED.contains(&text) {
            let Some(value) = words.next() else { break };
            match text {
                "--raw" => sending.pieces.push(Piece::Text(value.clone())),
                "-o" | "--output" => output = Some(value),
                _ => {}
            }
        } else {
            form |= matches!(text, "-f" | "--form" | "--multipart" | "-m");
        }
    }
    if call.name == "httpie"
        && operands.first().is_some_and(|word| {
            METHODS.iter().all(|m| *m != word.text) && !word.text.contains(['.', ':', '/'])
        })
    {
        findings.reads(call.name);
        return;
    }
    let named = |word: &&Word| {
        let upper = word.text.to_ascii_uppercase();
        METHODS.contains(&upper.as_str())
            || (word.text.chars().all(|c| c.is_ascii_uppercase()) && word.text.len() > 2)
    };
    let mut operands = operands.into_iter().peekable();
    if let Some(method) = operands.next_if(named) {
        sending.method = Some(Word { text: method.text.to_ascii_uppercase(), ..method.clone() });
    }
    let Some(url) = operands.next() else {
        findings.reads(call.name);
        return;
    };
    let text = match url.text.as_str() {
        text if text.starts_with(':') => {
            format!("localhost{}", if text.starts_with(":/") { &text[1..] } else { text })
        }
        text => text.to_owned(),
    };
    let urls = [Word { text, ..url.clone() }];
    let local = http::is_local(&urls[0].text);
    let mut fields = serde_json::Map::new();
    for item in operands {
        item_of(item, &mut sending, &mut fields, (local, &urls), call, findings);
    }
    if !fields.is_empty() {
        let text = if form { form_of(&fields) } else { serde_json::Value::Object(fields).to_string() };
        sending.pieces.push(Piece::Text(Word::plain(&text)));
    }
    sending.read(&urls, call, findings);
    if let Some(output) = output {
        written(output, "Download to", call, findings);
    }
}

fn form_of(fields: &serde_json::Map<String, serde_json::Value>) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("")));
    pairs.collect::<Vec<_>>().join("&")
}

/// `name=value`, `name:=json`, `name==query`, `Name:header`, `name@file`.
fn item_of(
    item: &Word,
    sending: &mut Sending,
    fields: &mut serde_json::Map<String, serde_json::Value>,
    (local, urls): (bool, &[Word]),
    call: &Call<'_>,
    findings: &mut Findings,
) {
    let text = item.text.as_str();
    let Some(at) = text.find(['=', ':', '@']) else { return };
    let (name, rest) = text.split_at(at);
    if rest.starts_with("==") {
        return;
    }
    if let Some(json) = rest.strip_prefix(":=") {
        if let Some(file) = json.strip_prefix('@') {
            uploaded(&Word { text: file.to_owned(), ..item.clone() }, false, local, urls, call, findings);
        }
        let value = serde_json::from_str(json).unwrap_or(serde_json::Value::Null);
        fields.insert(name.to_owned(), value);
    } else if let Some(value) = rest.strip_prefix('=') {
        if let Some(file) = value.strip_prefix('@') {
            uploaded(&Word { text: file.to_owned(), ..item.clone() }, false, local, urls, call, findings);
        }
        fields.insert(name.to_owned(), serde_json::Value::String(value.to_owned()));
    } else if let Some(file) = rest.strip_prefix('@') {
        let file = file.split(';').next().unwrap_or(file);
        uploaded(&Word { text: file.to_owned(), ..item.clone() }, true, local, urls, call, findings);
        fields.insert(name.to_owned(), serde_json::Value::String(String::new()));
    } else {
        header(text, &mut sending.headers);
    }
}
