//! `wget`, and clients that only load.

use sayso_core::Severity;
use sayso_core::reading::Verb;

use super::sending::{Piece, Sending, header, on_host, spread, written};
use crate::Findings;
use crate::commands::Call;
use crate::words::{Word, quoted};

/// Letters of options that take a value.
const VALUED: &str = "oaeitTOPUwQAlRDBIXn";
/// Long options that take a value.
const LONG: &[&str] = &[
    "output-document",
    "output-file",
    "append-output",
    "directory-prefix",
    "header",
    "post-data",
    "post-file",
    "method",
    "body-data",
    "body-file",
    "input-file",
    "user",
    "password",
    "user-agent",
    "referer",
    "tries",
    "timeout",
    "wait",
    "load-cookies",
    "save-cookies",
    "use-askpass",
    "execute",
    "accept",
    "reject",
    "level",
    "domains",
    "base",
    "limit-rate",
    "ca-certificate",
    "certificate",
    "private-key",
    "http-user",
    "http-password",
    "ftp-user",
    "ftp-password",
    "quota",
    "exclude-directories",
    "include-directories",
    "cut-dirs",
    "waitretry",
    "bind-address",
    "config",
    "progress",
    "restrict-file-names",
];

pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let mut urls = Vec::new();
    let mut sending =
        Sending { between: "&", method_alone: "GET", method_with: "POST", ..Sending::default() };
    let (mut output, mut folder, mut to_stdout) = (None, String::new(), false);
    let mut words = spread(call.words, VALUED).into_iter();
    while let Some(word) = words.next() {
        let text = word.text.clone();
        if !text.starts_with('-') || text == "-" {
            urls.push(word);
            continue;
        }
        let name = text.trim_start_matches('-');
        let takes = if text.starts_with("--") {
            LONG.contains(&name)
        } else {
            name.chars().all(|c| VALUED.contains(c))
        };
        let Some(value) = takes.then(|| words.next()).flatten() else { continue };
        match name {
            "O" | "output-document" => {
                to_stdout = value.text == "-";
                output = Some(value);
            }
            "P" | "directory-prefix" => folder = format!("{}/", value.text.trim_end_matches('/')),
            "header" => header(&value.text, &mut sending.headers),
            "method" => sending.method = Some(value),
            "post-data" | "body-data" => sending.pieces.push(Piece::Text(value)),
            "post-file" | "body-file" => sending.pieces.push(Piece::File { name: value, raw: true }),
            "use-askpass" => {
                let why = "it runs this program to ask for a password";
                findings.unread_program(&value.text, why, value.span.or(call.span));
            }
            "e" | "execute" if value.text.contains("askpass") || value.text.contains("_file") => {
                findings.unread(
                    &value.text,
                    "a setting by which it runs or sends something",
                    value.span.or(call.span),
                );
            }
            "o" | "a" | "output-file" | "append-output" => {
                written(&value, "Write the log to", call, findings);
            }
            "i" | "input-file" => {
                if let Some(what) = crate::paths::secret(&value.text, false) {
                    findings.disclosed(value.text.clone(), what, value.span.or(call.span));
                }
                let severity = Severity::Low;
                findings.unread_at(
                    severity,
                    &value.text,
                    "what it loads stands in a file",
                    value.span.or(call.span),
                );
            }
            _ => {}
        }
    }
    if urls.is_empty() {
        findings.reads(call.name);
        return;
    }
    let spider = call.words.iter().any(|word| word.text == "--spider");
    if let Some(output) = &output {
        written(output, "Download to", call, findings);
    } else if !to_stdout && !spider {
        for url in &urls {
            let name = url.text.split(['?', '#']).next().and_then(|url| url.rsplit('/').next()).unwrap_or("");
            let text = format!("{folder}{}", if name.is_empty() { "index.html" } else { name });
            written(&Word { text, ..url.clone() }, "Download to", call, findings);
        }
    }
    sending.read(&urls, call, findings);
}

/// Browsers in a terminal and loaders: they read, and loaders write a file.
pub(super) fn others(call: &Call<'_>, findings: &mut Findings) {
    let loads = matches!(call.name, "axel" | "fetch" | "youtube-dl" | "yt-dlp");
    let runs = call.words.iter().find(|word| word.text == "--exec" || word.text == "--exec-before-download");
    if let Some(word) = runs {
        findings.unread_program(&word.text, "it runs a command on what it loaded", word.span.or(call.span));
    }
    let urls: Vec<Word> = call.words.iter().filter(|word| !word.text.starts_with('-')).cloned().collect();
    if loads && !urls.is_empty() {
        let phrase = format!("Download with {}", quoted(call.name));
        on_host(Severity::Low, Verb::Create, call.name, phrase, call.span, findings);
        return;
    }
    let posts = call.words.iter().any(|word| word.text == "-post_data" || word.text == "-post-data");
    if posts {
        findings.unread_at(
            Severity::High,
            call.name,
            "what it sends comes from its standard input",
            call.span,
        );
        return;
    }
    let urls: Vec<Word> = urls.into_iter().filter(|word| word.text.contains("://")).collect();
    Sending { method_alone: "GET", method_with: "POST", ..Sending::default() }.read(&urls, call, findings);
}
