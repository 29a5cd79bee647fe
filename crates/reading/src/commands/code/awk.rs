//! awk: a program of its own language, which can run, write and read files.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::shell_text;
use super::tokens::{self, Language, Token};
use crate::Findings;
use crate::commands::Call;
use crate::commands::changes::targets;
use crate::commands::rows::disclose;
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};

/// Reads a call of awk.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words.iter();
    let (mut program, mut in_place, mut from_file) = (None, false, false);
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "--help" | "--version" | "-W" if word.literal => return findings.reads(call.name),
            "-v" | "-F" | "--assign" | "--field-separator" => {
                words.next();
            }
            "-i" | "--include" => in_place |= words.next().is_some_and(|value| value.text == "inplace"),
            "-f" | "--file" | "-E" | "--exec" => {
                from_file = true;
                words.next();
            }
            "-e" | "--source" => program = words.next(),
            "--" => {}
            text if text.starts_with('-') && text.len() > 1 => {
                in_place |= text == "-iinplace";
                from_file |= text.starts_with("-f") || text.starts_with("--file=");
            }
            _ if program.is_none() && !from_file => program = Some(word),
            text if text.contains('=') && !text.contains('/') => {}
            _ if in_place => {
                let name = absolute(&word.text, call.place.cwd);
                let severity = targets::place(word, call.place).written();
                write(
                    call,
                    word,
                    name,
                    Verb::Change,
                    severity,
                    format!("Change {}", quoted(&word.text)),
                    findings,
                );
            }
            _ => {
                disclose(call, word, findings);
            }
        }
    }
    findings.reads(call.name);
    if let Some(program) = program {
        source(call, program, findings);
        if !program.literal {
            let why = "what awk does shows only when it runs";
            findings.unread_at(Severity::Low, &program.text, why, program.span);
        }
    } else if from_file {
        findings.unread_at(Severity::Low, call.name, "its program stands in a file", call.span);
    }
}

fn write(
    call: &Call<'_>,
    word: &Word,
    name: String,
    verb: Verb,
    severity: Severity,
    phrase: String,
    findings: &mut Findings,
) {
    let span = word.span.or(call.span);
    let (kind, reversible) = (TargetKind::Path, Reversible::Unknown);
    findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
}

/// `sh`, `/bin/bash -s`.
fn is_shell(text: &str) -> bool {
    let first = text.split_ascii_whitespace().next().unwrap_or_default();
    matches!(first.rsplit('/').next().unwrap_or(first), "sh" | "bash" | "dash" | "zsh" | "ksh")
}

fn source(call: &Call<'_>, word: &Word, findings: &mut Findings) {
    let (tokens, whole) = tokens::of(&word.text, Language::Awk);
    if !whole {
        findings.unread(call.name, "its program is longer than is read", word.span);
    }
    let span = word.span.or(call.span);
    let text = |at: usize| match tokens.get(at) {
        Some(Token::Text { text, .. }) => Some(Word { text: text.clone(), literal: true, glob: false, span }),
        _ => None,
    };
    let mut prints = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Name("print" | "printf") => prints = true,
            Token::Line | Token::Sign(';' | '{' | '}') => prints = false,
            Token::Name("system") => match (text(at + 2), tokens.get(at + 3)) {
                // What is joined to a constant is not known: `system("rm " $1)`.
                (Some(script), Some(Token::Sign(')'))) => shell_text(call, &script, findings),
                (Some(script), _) => {
                    let script = Word { text: format!("{} \"$_\"", script.text), ..script };
                    shell_text(call, &script, findings);
                    findings.unread_at(Severity::Low, call.name, "it runs a command for what it reads", span);
                }
                (None, _) => findings.unread(call.name, "it runs commands that it works out", span),
            },
            Token::Sign('|')
                if tokens.get(at + 1) != Some(&Token::Sign('|'))
                    && at.checked_sub(1).and_then(|before| tokens.get(before)) != Some(&Token::Sign('|')) =>
            {
                let after = usize::from(tokens.get(at + 1) == Some(&Token::Sign('&')));
                match (tokens.get(at + 1 + after), text(at + 1 + after), at.checked_sub(1).and_then(text)) {
                    // `print "rm x" | "sh"`: what is printed is the script.
                    (_, Some(shell), Some(script)) if prints && is_shell(&shell.text) => {
                        shell_text(call, &script, findings);
                        shell_text(call, &shell, findings);
                    }
                    (Some(Token::Name("getline")), _, Some(script)) | (_, Some(script), _) => {
                        shell_text(call, &script, findings);
                    }
                    (Some(Token::Name("getline")), _, None) => {
                        findings.unread(call.name, "it runs commands that it works out", span);
                    }
                    _ if prints => findings.unread(call.name, "it runs commands that it works out", span),
                    _ => {}
                }
            }
            Token::Sign('>') if prints => {
                let at = if tokens.get(at + 1) == Some(&Token::Sign('>')) { at + 2 } else { at + 1 };
                if let Some(file) = text(at)
                    .filter(|file| !matches!(file.text.as_str(), "/dev/stdout" | "/dev/stderr" | "/dev/null"))
                {
                    let severity = targets::place(&file, call.place).written();
                    let name = absolute(&file.text, call.place.cwd);
                    write(
                        call,
                        &file,
                        name,
                        Verb::Overwrite,
                        severity,
                        format!("Overwrite {}", quoted(&file.text)),
                        findings,
                    );
                } else if matches!(tokens.get(at), Some(Token::Name(_) | Token::Sign('$' | '('))) {
                    findings.unread_at(
                        Severity::Low,
                        call.name,
                        "which file it writes shows only when it runs",
                        span,
                    );
                }
            }
            Token::Sign('<') if tokens[at.saturating_sub(2)..at].contains(&Token::Name("getline")) => {
                if let Some(file) = text(at + 1) {
                    disclose(call, &file, findings);
                }
            }
            Token::Text { text, .. } if text.starts_with("/inet/") => {
                findings.unread(call.name, "it opens a connection of its own", span);
            }
            Token::Name("ENVIRON") => {
                if let Some(name) = text(at + 2).filter(|name| super::scan::is_secret_name(&name.text)) {
                    findings.disclosed(name.text, "a secret of the environment", span);
                }
                findings.unread_at(Severity::Low, call.name, "it reads the environment", span);
            }
            _ => {}
        }
    }
}
