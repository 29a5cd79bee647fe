//! `curl`: its words to the request that it sends.

use sayso_core::Severity;
use sayso_core::reading::Verb;

use super::sending::{Piece, Sending, header, on_host, spread, uploaded, written};
use crate::commands::Call;
use crate::words::Word;
use crate::{Findings, http};

/// Letters of options that take a value.
const VALUED: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
/// Long options that take a value and change nothing of what is read.
const PLAIN: &[&str] = &[
    "proxy",
    "cacert",
    "capath",
    "cert-type",
    "key-type",
    "cookie-jar",
    "referer",
    "user-agent",
    "max-time",
    "connect-timeout",
    "retry",
    "retry-delay",
    "retry-max-time",
    "limit-rate",
    "resolve",
    "connect-to",
    "interface",
    "write-out",
    "range",
    "abstract-unix-socket",
    "aws-sigv4",
    "ciphers",
    "tls-max",
    "mail-from",
    "mail-auth",
    "stderr",
    "trace",
    "trace-ascii",
    "max-filesize",
    "speed-limit",
    "speed-time",
    "keepalive-time",
    "happy-eyeballs-timeout-ms",
    "expect100-timeout",
    "dns-servers",
    "doh-url",
    "proxy-user",
    "proxy-header",
    "noproxy",
    "socks5",
    "socks5-hostname",
    "socks4",
    "pinnedpubkey",
    "local-port",
    "continue-at",
    "time-cond",
    "proto",
    "proto-default",
    "proto-redir",
    "max-redirs",
    "telnet-option",
    "delegation",
    "krb",
    "etag-compare",
    "create-file-mode",
    "parallel-max",
    "rate",
    "tls13-ciphers",
    "curves",
    "unix-socket",
    "oauth2-bearer",
    "user",
    "pass",
    "login-options",
    "hostpubmd5",
    "ftp-port",
    "ftp-account",
    "service-name",
    "cookie",
    "netrc-file",
    "crlfile",
    "engine",
    "variable",
    "expand-url",
];

/// The words of one call.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of curl's")]
struct Words {
    urls: Vec<Word>,
    sending: Sending,
    upload: Option<Word>,
    forms: Vec<Word>,
    output: Option<Word>,
    folder: Option<Word>,
    config: Option<Word>,
    remote_name: bool,
    head: bool,
    mail: bool,
    quote: bool,
}

pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let words = Words::of(call.words);
    if let Some(config) = &words.config {
        findings.unread(&config.text, "it takes the whole request from a file", config.span.or(call.span));
    }
    if !words.urls.is_empty() {
        words.send(call, findings);
        words.keep(call, findings);
    } else if words.config.is_none() {
        findings.reads(call.name);
    }
}

impl Words {
    fn of(words: &[Word]) -> Self {
        let sending =
            Sending { between: "&", method_alone: "GET", method_with: "POST", ..Sending::default() };
        let mut own = Self { sending, ..Self::default() };
        let mut words = spread(words, VALUED).into_iter();
        let mut only_operands = false;
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            if only_operands || !text.starts_with('-') || text == "-" {
                own.urls.push(word);
            } else if text == "--" {
                only_operands = true;
            } else {
                let name = text.trim_start_matches('-').to_owned();
                if !own.switch(&name)
                    && takes(&name)
                    && let Some(value) = words.next()
                {
                    own.valued(&name, value);
                }
            }
        }
        own
    }

    /// Options without a value. Whether it was one.
    fn switch(&mut self, name: &str) -> bool {
        match name {
            "G" | "get" => self.sending.in_query = true,
            "I" | "head" => self.head = true,
            "O" | "J" | "remote-name" | "remote-name-all" => self.remote_name = true,
            _ => return false,
        }
        true
    }

    fn valued(&mut self, name: &str, value: Word) {
        match name {
            "X" | "request" => self.sending.method = Some(value),
            "H" | "header" => header(&value.text, &mut self.sending.headers),
            "url" => self.urls.push(value),
            "json" => {
                self.sending.headers.push(("content-type".to_owned(), "application/json".to_owned()));
                self.data(value, false);
            }
            "data-raw" | "data-urlencode" | "url-query" | "form-string" => {
                self.sending.pieces.push(Piece::Text(value));
            }
            "data-binary" => self.data(value, true),
            "d" | "data" | "data-ascii" => self.data(value, false),
            "F" | "form" => self.forms.push(value),
            "T" | "upload-file" => self.upload = Some(value),
            "o" | "D" | "output" | "dump-header" => self.output = Some(value),
            "output-dir" => self.folder = Some(value),
            "K" | "config" => self.config = Some(value),
            "Q" | "quote" | "prequote" | "postquote" => self.quote = true,
            "mail-rcpt" => self.mail = true,
            _ => {}
        }
    }

    fn data(&mut self, value: Word, raw: bool) {
        self.sending.pieces.push(match value.text.strip_prefix('@') {
            Some("-" | "/dev/stdin") => Piece::Stdin,
            Some(name) => Piece::File { name: Word { text: name.to_owned(), ..value }, raw },
            None => Piece::Text(value),
        });
    }

    fn send(&self, call: &Call<'_>, findings: &mut Findings) {
        let local = self.urls.iter().all(|url| http::is_local(&url.text));
        if self.quote {
            let phrase = "Send commands to a file server".to_owned();
            on_host(Severity::High, Verb::Change, "ftp", phrase, call.span, findings);
        }
        if self.mail {
            on_host(Severity::High, Verb::Publish, "mail", "Send mail".to_owned(), call.span, findings);
        }
        for form in &self.forms {
            self.form(form, local, call, findings);
        }
        let mut sending = Sending { in_query: self.sending.in_query, ..Sending::default() };
        sending.between = self.sending.between;
        sending.headers.clone_from(&self.sending.headers);
        sending.method_alone = match () {
            () if self.upload.is_some() => "PUT",
            () if !self.forms.is_empty() => "POST",
            () if self.head => "HEAD",
            () => "GET",
        };
        sending.method_with = if self.upload.is_some() { "PUT" } else { "POST" };
        sending.method.clone_from(&self.sending.method);
        sending.pieces.clone_from(&self.sending.pieces);
        if let Some(file) = &self.upload {
            if matches!(file.text.as_str(), "-" | ".") {
                sending.pieces.push(Piece::Stdin);
            } else {
                uploaded(file, true, local, &self.urls, call, findings);
            }
        }
        sending.read(&self.urls, call, findings);
    }

    /// `name=@file`, `name=<file`.
    fn form(&self, word: &Word, local: bool, call: &Call<'_>, findings: &mut Findings) {
        let value = word.text.split_once('=').map_or("", |(_, value)| value);
        let Some(file) = value.strip_prefix(['@', '<']) else { return };
        let file = file.split(';').next().unwrap_or(file).trim_matches('"');
        let own = Word { text: file.to_owned(), ..word.clone() };
        uploaded(&own, true, local, &self.urls, call, findings);
    }

    /// Files that the answer goes to.
    fn keep(&self, call: &Call<'_>, findings: &mut Findings) {
        if let Some(output) = &self.output {
            let folder = self.folder.as_ref().map(|folder| format!("{}/", folder.text)).unwrap_or_default();
            let text = format!("{folder}{}", output.text);
            written(&Word { text, ..output.clone() }, "Download to", call, findings);
        } else if self.remote_name {
            for url in &self.urls {
                let name =
                    url.text.split(['?', '#']).next().and_then(|url| url.rsplit('/').next()).unwrap_or("");
                let text = if name.is_empty() { "a file".to_owned() } else { name.to_owned() };
                written(&Word { text, ..url.clone() }, "Download to", call, findings);
            }
        }
    }
}

/// Whether an option takes a value, by its letter or its long name.
fn takes(name: &str) -> bool {
    if name.chars().count() == 1 {
        return name.chars().all(|letter| VALUED.contains(letter));
    }
    PLAIN.contains(&name)
        || name.starts_with("data")
        || matches!(
            name,
            "json"
                | "form"
                | "form-string"
                | "header"
                | "url"
                | "output"
                | "output-dir"
                | "request"
                | "cert"
                | "key"
                | "upload-file"
                | "config"
                | "dump-header"
                | "quote"
                | "prequote"
                | "postquote"
                | "mail-rcpt"
                | "url-query"
        )
}
