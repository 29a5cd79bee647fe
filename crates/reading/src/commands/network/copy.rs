//! Files from machine to machine: `scp`, `sftp`, `ftp`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::sending::{on_host, spread};
use crate::commands::{Call, Stdin};
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};
use crate::{Findings, file, http, paths};

/// `host:path`, `scp://…`; not `./a:b` and not `C:\`.
fn remote(text: &str) -> bool {
    text.split_once(':').is_some_and(|(host, _)| host.len() > 1 && !host.contains('/'))
}

pub(super) fn scp(call: &Call<'_>, findings: &mut Findings) {
    let words = spread(call.words, "cDFiJloPSX");
    let mut operands: Vec<&Word> = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            "-S" | "-D" => {
                if let Some(program) = rest.next() {
                    findings.unread_program(
                        &program.text,
                        "it runs this in place of ssh",
                        program.span.or(call.span),
                    );
                }
            }
            "-o" => {
                let runs = rest.next().filter(|value| {
                    let value = value.text.to_ascii_lowercase();
                    value.contains("command") && !value.contains("none")
                });
                if let Some(value) = runs {
                    findings.unread_program(&value.text, "it runs this command", value.span.or(call.span));
                }
            }
            "-c" | "-F" | "-i" | "-J" | "-l" | "-P" | "-X" => drop(rest.next()),
            "-b" if call.name == "sftp" => drop(rest.next()),
            text if text.starts_with('-') && text.len() > 1 => {}
            _ => operands.push(word),
        }
    }
    if call.name == "sftp" {
        return sftp(call, &operands, findings);
    }
    let Some((target, sources)) = operands.split_last() else {
        findings.reads(call.name);
        return;
    };
    let away = remote(&target.text);
    let local = target
        .text
        .split(':')
        .next()
        .map(|host| host.rsplit('@').next().unwrap_or(host))
        .is_some_and(http::is_local);
    for source in sources.iter().filter(|source| !remote(&source.text)) {
        if let Some(what) = paths::secret(&source.text, source.glob) {
            findings.disclosed(absolute(&source.text, call.place.cwd), what, source.span.or(call.span));
            if away && !local {
                findings.reason(
                    Severity::Critical,
                    format!("it is sent to {}", quoted(&target.text)),
                    source.span,
                );
            }
        }
    }
    let many = sources.iter().map(|source| quoted(&source.text)).collect::<Vec<_>>().join(", ");
    let phrase = format!("Copy {many} to {}", quoted(&target.text));
    let severity = match () {
        () if away && !local => Severity::High,
        () if !away && file::is_system(&absolute(&target.text, call.place.cwd)) => Severity::High,
        () => Severity::Low,
    };
    let (verb, kind) =
        if away { (Verb::Publish, TargetKind::Host) } else { (Verb::Overwrite, TargetKind::Path) };
    let name = if away { target.text.clone() } else { absolute(&target.text, call.place.cwd) };
    let span = target.span.or(call.span);
    findings.effect(Found { verb, kind, name, reversible: Reversible::Unknown, severity, phrase, span });
}

fn sftp(call: &Call<'_>, operands: &[&Word], findings: &mut Findings) {
    let host = operands.first().map_or("another machine", |word| word.text.as_str());
    commands(call, host, findings);
}

/// Commands of a file client, from its words or its standard input.
fn commands(call: &Call<'_>, host: &str, findings: &mut Findings) {
    let mut text: String = call.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    if let Stdin::Text(typed) = call.place.stdin {
        text.push(' ');
        text.push_str(typed);
    }
    let has = |words: &[&str]| {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| words.contains(&word))
    };
    let deletes =
        has(&["rm", "mrm", "delete", "mdelete", "rmdir", "--delete", "--Remove-source-files", "glob-rm"]);
    let sends = has(&["put", "mput", "reput", "send", "append", "-R", "--reverse", "ncftpput"])
        || call.name == "ncftpput";
    let (severity, verb, phrase) = if deletes {
        (Severity::High, Verb::Delete, format!("Delete files at {}", quoted(host)))
    } else if sends {
        (Severity::High, Verb::Publish, format!("Send files to {}", quoted(host)))
    } else {
        (Severity::Low, Verb::Create, format!("Get files from {}", quoted(host)))
    };
    let severity = if http::is_local(host) { severity.min(Severity::Low) } else { severity };
    on_host(severity, verb, host, phrase, call.span, findings);
    let secret =
        text.split_ascii_whitespace().find_map(|word| paths::secret(word, false).map(|what| (word, what)));
    if let Some((word, what)) = secret.filter(|_| sends) {
        findings.disclosed(word.to_owned(), what, call.span);
        findings.reason(Severity::Critical, format!("it is sent to {}", quoted(host)), call.span);
    }
}

pub(super) fn ftp(call: &Call<'_>, findings: &mut Findings) {
    let shell = call.words.iter().any(|word| word.text.contains("!/bin/") || word.text.contains("!sh"));
    if shell {
        findings.unread_program("sh", "it starts a shell", call.span);
    }
    let host = call
        .words
        .iter()
        .find(|word| !word.text.starts_with('-'))
        .map_or("another machine", |word| word.text.as_str());
    if call.words.is_empty() {
        findings.reads(call.name);
        return;
    }
    commands(call, host, findings);
}
