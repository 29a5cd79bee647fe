//! Plain connections: `nc`, `socat`, `telnet`, and what names can carry out.

use sayso_core::Severity;
use sayso_core::reading::Verb;

use super::sending::{on_host, spread, uploaded};
use crate::Findings;
use crate::catalogue::judge;
use crate::commands::{Call, Stdin};
use crate::http;
use crate::words::{Word, quoted};

/// `nc`: a connection, and what is joined to it.
pub(super) fn netcat(call: &Call<'_>, findings: &mut Findings) {
    let words = spread(call.words, "ecgGiIkKmMnopPqsTVwWxXO");
    let words: Vec<Word> = if call.name == "ncat" { ncat(call.words) } else { words };
    let has = |letters: &[&str]| words.iter().any(|word| letters.contains(&word.text.as_str()));
    let operands: Vec<&Word> = operands(&words);
    let host = operands.first().map_or("another machine", |word| word.text.as_str()).to_owned();
    // What one of these options names is run with the connection as its hands.
    if let Some(at) = words
        .iter()
        .position(|word| matches!(word.text.as_str(), "-e" | "-c" | "--exec" | "--sh-exec" | "--lua-exec"))
    {
        let program = words.get(at + 1).map_or("a program", |word| word.text.as_str());
        let phrase = format!("Hand {} to whoever is at the other end, {}", quoted(program), quoted(&host));
        on_host(Severity::Critical, Verb::Grant, &host, phrase, call.span, findings);
        return;
    }
    if has(&["-z"]) || has(&["-h", "--help", "--version"]) {
        findings.reads(call.name);
        return;
    }
    let listens = has(&["-l", "--listen", "-L", "-k", "--keep-open"]);
    carried(call, &host, findings);
    if findings.is_clean() {
        let (verb, phrase) = if listens {
            (Verb::Grant, "Listen for a connection".to_owned())
        } else {
            (Verb::Change, format!("Connect to {}", quoted(&host)))
        };
        on_host(Severity::Low, verb, &host, phrase, call.span, findings);
    }
}

/// `ncat` has long options with values of their own.
fn ncat(words: &[Word]) -> Vec<Word> {
    spread(words, "ecgGimdopqsTwx")
}

fn operands(words: &[Word]) -> Vec<&Word> {
    const VALUED: &[&str] =
        &["-p", "-w", "-s", "-i", "-q", "-x", "-X", "-T", "-o", "-g", "-G", "-I", "-O", "-m", "-W"];
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if VALUED.contains(&word.text.as_str()) {
            words.next();
        } else if !word.text.starts_with('-') {
            out.push(word);
        }
    }
    out
}

/// What stands on standard input goes to `host`.
fn carried(call: &Call<'_>, host: &str, findings: &mut Findings) {
    let local = http::is_local(host);
    let urls = [Word::plain(host)];
    match call.place.stdin {
        Stdin::Inherited | Stdin::Download => {}
        Stdin::File(name) => {
            uploaded(&Word::plain(name), true, local, &urls, call, findings);
        }
        Stdin::Text(text) => {
            // A protocol's own words, such as `GET / HTTP/1.0` or `stats`, are short.
            let severity = if local || text.len() < 400 { Severity::Low } else { Severity::High };
            let phrase = format!("Send a text to {}", quoted(host));
            on_host(severity, Verb::Publish, host, phrase, call.span, findings);
            if !local && http::secret_token(text).is_some() {
                findings.reason(Severity::Critical, "a secret stands in it", call.span);
            }
        }
        Stdin::Printed(program) => {
            let plain = matches!(program, "echo" | "printf");
            let severity = if local || plain { Severity::Low } else { Severity::High };
            let phrase = format!("Send what {} prints to {}", quoted(program), quoted(host));
            on_host(severity, Verb::Disclose, host, phrase, call.span, findings);
        }
    }
}

/// `socat`: two addresses joined.
pub(super) fn socat(call: &Call<'_>, findings: &mut Findings) {
    let addresses: Vec<String> = call
        .words
        .iter()
        .filter(|word| !word.text.starts_with('-') || word.text == "-")
        .map(|word| word.text.to_ascii_lowercase())
        .collect();
    let kind = |address: &String| address.split(':').next().unwrap_or("").to_owned();
    let runs =
        addresses.iter().any(|address| matches!(kind(address).as_str(), "exec" | "system" | "shell" | "sh"));
    let net = |address: &&String| {
        let kind = kind(address);
        ["tcp", "udp", "openssl", "ssl", "sctp", "socks", "proxy", "vsock", "ip"]
            .iter()
            .any(|begin| kind.starts_with(begin))
    };
    let outside = addresses.iter().find(|address| net(address));
    let file = addresses.iter().any(|address| {
        ["file", "open", "gopen", "create", "rdonly"].contains(&kind(address).as_str())
            || address.starts_with('/')
    });
    let host = outside.and_then(|address| address.split(':').nth(1)).unwrap_or("another machine").to_owned();
    let span = call.span;
    match (runs, outside) {
        (true, Some(_)) => {
            let phrase = format!("Hand a program to whoever is at the other end, {}", quoted(&host));
            on_host(Severity::Critical, Verb::Grant, &host, phrase, span, findings);
        }
        (true, None) => {
            findings.unread_program("socat", "it runs a program", span);
        }
        (false, Some(address)) if file && !http::is_local(&host) && !address.contains("listen") => {
            let phrase = format!("Send a file to {}", quoted(&host));
            on_host(Severity::High, Verb::Disclose, &host, phrase, span, findings);
        }
        (false, Some(address)) => {
            let opens = address.contains("listen");
            let severity = if opens && addresses.len() > 1 && addresses.iter().all(|a| net(&a)) {
                Severity::High
            } else {
                Severity::Low
            };
            if !opens {
                carried(call, &host, findings);
            }
            let phrase = format!("Connect {} with something here", quoted(&host));
            on_host(severity, Verb::Change, &host, phrase, span, findings);
        }
        (false, None) if addresses.is_empty() => findings.reads("socat"),
        (false, None) => on_host(
            Severity::Low,
            Verb::Change,
            "this machine",
            "Join two streams".to_owned(),
            span,
            findings,
        ),
    }
}

/// `telnet`, `websocat`: a connection to type into.
pub(super) fn line(call: &Call<'_>, findings: &mut Findings) {
    let host = call
        .words
        .iter()
        .find(|word| !word.text.starts_with('-'))
        .map_or("another machine", |word| word.text.as_str());
    let runs = call.words.iter().any(|word| {
        word.text.starts_with("sh-c:")
            || word.text.starts_with("cmd:")
            || word.text.starts_with("exec:")
            || word.text == "--exec"
    });
    if runs {
        let phrase = format!("Hand a program to whoever is at the other end, {}", quoted(host));
        on_host(Severity::Critical, Verb::Grant, host, phrase, call.span, findings);
        return;
    }
    carried(call, host, findings);
    if findings.is_clean() {
        on_host(
            Severity::Low,
            Verb::Change,
            host,
            format!("Connect to {}", quoted(host)),
            call.span,
            findings,
        );
    }
}

/// `grpcurl host:port package.Service/Method`.
pub(super) fn grpc(call: &Call<'_>, findings: &mut Findings) {
    let operation =
        call.words.iter().rev().find(|word| !word.text.starts_with('-') && word.text.contains('/'));
    let looks = call.words.iter().any(|word| matches!(word.text.as_str(), "list" | "describe" | "ls"));
    let Some(operation) = operation.filter(|_| !looks) else {
        findings.reads(call.name);
        return;
    };
    let name = operation.text.rsplit('/').next().unwrap_or("");
    let judged = judge::name(name);
    let local = call.words.iter().any(|word| http::is_local(&word.text));
    let severity = if local { judged.severity.min(Severity::Low) } else { judged.severity };
    if severity == Severity::None {
        findings.reads(call.name);
        return;
    }
    let phrase = format!("Call {}", quoted(&operation.text));
    on_host(severity, judged.verb, &operation.text, phrase, operation.span.or(call.span), findings);
}

/// `dig $(secret).example.org`: a name that carries something out. Whether it was that.
pub(super) fn names(call: &Call<'_>, findings: &mut Findings) -> bool {
    let carries = |word: &&Word| {
        let substituted = word.text.contains("$(") || word.text.contains('`');
        let behind = word.text.rsplit([')', '`']).next().unwrap_or("");
        !word.literal && substituted && behind.len() > 3 && behind.starts_with('.')
    };
    let Some(word) = call.words.iter().find(carries) else { return false };
    let phrase = format!("Send something out in the name {}", quoted(&word.text));
    on_host(Severity::High, Verb::Disclose, &word.text, phrase, word.span.or(call.span), findings);
    true
}
