//! `gh api` and `glab api`: requests to GitHub and GitLab.

use serde_json::{Map, Value};

use super::sending::{Piece, Sending, header, uploaded};
use crate::Findings;
use crate::commands::Call;
use crate::words::Word;

/// Options that take a value in the next word.
const VALUED: &[&str] = &[
    "-X",
    "--method",
    "-f",
    "--raw-field",
    "-F",
    "--field",
    "-H",
    "--header",
    "--input",
    "--hostname",
    "-q",
    "--jq",
    "-t",
    "--template",
    "-p",
    "--preview",
    "--cache",
    "--form",
];

/// Reads `call`. Whether it is a request; the rest of these programs is another room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let Some((first, words)) = call.words.split_first() else { return false };
    if first.text != "api" {
        return false;
    }
    if words.iter().any(|word| matches!(word.text.as_str(), "--help" | "-h")) {
        findings.reads(call.name);
        return true;
    }
    let mut host =
        if call.name == "glab" { "gitlab.com/api/v4".to_owned() } else { "api.github.com".to_owned() };
    let mut sending =
        Sending { between: "&", method_alone: "GET", method_with: "POST", ..Sending::default() };
    let mut fields = Map::new();
    let mut path: Option<&Word> = None;
    let mut words = words.iter();
    let mut input = None;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let (name, own) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                (name, Some(Word { text: value.to_owned(), ..word.clone() }))
            }
            _ => match text.get(..2) {
                Some(letter @ ("-X" | "-f" | "-F" | "-H" | "-q")) if text.len() > 2 => {
                    (letter, Some(Word { text: text.get(2..).unwrap_or("").to_owned(), ..word.clone() }))
                }
                _ => (text, None),
            },
        };
        if !text.starts_with('-') {
            path = path.or(Some(word));
            continue;
        }
        let Some(value) = own.or_else(|| VALUED.contains(&name).then(|| words.next().cloned()).flatten())
        else {
            continue;
        };
        match name {
            "-X" | "--method" => {
                sending.method = Some(Word { text: value.text.to_ascii_uppercase(), ..value });
            }
            "-H" | "--header" => header(&value.text, &mut sending.headers),
            "-f" | "--raw-field" | "-F" | "--field" | "--form" => field(&value, &mut fields, call, findings),
            "--input" => input = Some(value),
            "--hostname" if call.name == "gh" => host = format!("{}/api/v3", value.text),
            "--hostname" => host = format!("{}/api/v4", value.text),
            _ => {}
        }
    }
    let Some(path) = path else {
        findings.reads(call.name);
        return true;
    };
    let full = path.text.contains("://");
    let url = if full {
        path.text.clone()
    } else {
        format!("https://{host}/{}", path.text.trim_start_matches('/'))
    };
    let get = sending.method.as_ref().is_some_and(|method| method.text == "GET");
    if path.text.trim_matches('/') == "graphql" {
        graphql(&mut fields);
    }
    if !fields.is_empty() && !get {
        sending.pieces.push(Piece::Text(Word::plain(&Value::Object(fields).to_string())));
    }
    match input {
        Some(name) if name.text == "-" => sending.pieces.push(Piece::Stdin),
        Some(name) => sending.pieces.push(Piece::File { name, raw: false }),
        None => {}
    }
    sending.read(&[Word { text: url, ..path.clone() }], call, findings);
    true
}

/// All fields but the document's own are its variables.
fn graphql(fields: &mut Map<String, Value>) {
    let names = ["query", "operationName"];
    let variables: Map<String, Value> = fields
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    fields.retain(|name, _| names.contains(&name.as_str()));
    fields.insert("variables".to_owned(), Value::Object(variables));
}

/// `key=value`, `key[sub]=value`, `key=@file`.
fn field(word: &Word, fields: &mut Map<String, Value>, call: &Call<'_>, findings: &mut Findings) {
    let Some((name, value)) = word.text.split_once('=') else { return };
    let name = name.trim_end_matches(']').rsplit('[').next().filter(|name| !name.is_empty()).unwrap_or(name);
    let value = match value.strip_prefix('@').filter(|_| !word.text.contains('\n')) {
        Some("-") => Value::String(String::new()),
        Some(file) => {
            let own = Word { text: file.to_owned(), ..word.clone() };
            let urls = [Word::plain("https://api.github.com")];
            let text = uploaded(&own, false, false, &urls, call, findings);
            Value::String(text.map(std::borrow::Cow::into_owned).unwrap_or_default())
        }
        None => match value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::String(value.to_owned()),
        },
    };
    fields.insert(name.to_owned(), value);
}
