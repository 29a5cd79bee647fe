//! Editors, debuggers and the like, that run commands when they are told to on their command line.

use sayso_core::Severity;

use super::shell_text;
use super::tokens::Language;
use crate::Findings;
use crate::commands::rows::disclose;
use crate::commands::{Call, changes};
use crate::words::Word;

/// Reads a call of an editor or a debugger. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "vim" | "vi" | "nvim" | "view" | "ex" | "vimdiff" | "gvim" | "rvim" | "nano" | "pico" | "emacs"
        | "ed" | "micro" | "hx" | "code" | "subl" | "kak" | "joe" | "gedit" | "kate" | "cursor" | "zed"
        | "less" | "more" | "most" => editor(call, findings),
        "gdb" | "lldb" => debugger(call, findings),
        _ => return false,
    }
    true
}

fn editor(call: &Call<'_>, findings: &mut Findings) {
    let pager = matches!(call.name, "less" | "more" | "most" | "view");
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let command =
            if matches!(text, "-c" | "--cmd" | "--eval" | "-eval" | "--execute" | "-S" | "-s") && !pager {
                words.next().map(|word| (word, word.text.as_str()))
            } else {
                text.strip_prefix('+').map(|command| (word, command))
            };
        if let Some((word, command)) = command {
            self::command(call, word, command, findings);
        } else if !text.starts_with('-') {
            disclose(call, word, findings);
        }
    }
    let why = if pager { "a person looks at it" } else { "a person edits it" };
    if pager && call.words.iter().all(Word::is_known) && findings.severity().is_none() {
        findings.reads(call.name);
    } else {
        findings.unread_at(Severity::Low, call.name, why, call.span);
    }
}

/// A command of vi's: `:!rm x`, `:call system('rm x')`, `:py import os`, `:w! /etc/x`.
fn command(call: &Call<'_>, word: &Word, text: &str, findings: &mut Findings) {
    let text = text.trim_start_matches([':', ' ']);
    if let Some(at) = text.find('!') {
        let before =
            text[..at].trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '%' | ',' | '.' | '$'));
        let own = matches!(
            before.trim(),
            "q" | "wq" | "x" | "w" | "e" | "qa" | "wqa" | "qall" | "set" | "colorscheme" | "bd"
        ) && !text[at + 1..].contains('!');
        if !own {
            let script = Word { text: text[at + 1..].to_owned(), span: word.span, ..Word::plain("") };
            return shell_text(call, &script, findings);
        }
        if before.trim() == "w" && !text[at + 1..].trim().is_empty() {
            let file = Word { text: text[at + 1..].trim().to_owned(), span: word.span, ..Word::plain("") };
            let words = [Word::plain("tee"), file];
            let program = Word::plain("tee");
            let call = Call { name: "tee", program: &program, words: &words[1..], ..*call };
            changes::read(&call, findings);
        }
        return;
    }
    let lower = text.to_ascii_lowercase();
    for (sign, language) in
        [("py", Language::Python), ("lua", Language::Lua), ("ruby", Language::Ruby), ("perl", Language::Perl)]
    {
        if lower.starts_with(sign) && text.contains(['(', '.']) {
            let script = Word {
                text: text.split_once(' ').map_or("", |(_, rest)| rest).to_owned(),
                span: word.span,
                ..Word::plain("")
            };
            return super::interpreters::text(call, &script, language, findings);
        }
    }
    for call_of in [
        "system",
        "shell-command",
        "call-process",
        "delete-file",
        "delete-directory",
        "delete(",
        "libcall",
        "jobstart",
        "termopen",
        "start-process",
    ] {
        if lower.contains(call_of) {
            let script = Word { span: word.span, ..Word::plain(text) };
            super::interpreters::text(call, &script, Language::Other, findings);
            return findings.unread(
                call.name,
                "it is told to run a command or to delete",
                word.span.or(call.span),
            );
        }
    }
}

fn debugger(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-p" | "--pid" | "--attach-pid" => {
                findings.unread(call.name, "it takes hold of another process", call.span);
                words.next();
            }
            "-ex" | "-iex" | "--eval-command" | "-o" | "--one-line" | "-eval-command" => {
                let Some(word) = words.next() else { break };
                let text = word.text.trim_start();
                if let Some(script) = text
                    .strip_prefix('!')
                    .or_else(|| text.strip_prefix("shell "))
                    .or_else(|| text.strip_prefix("platform shell "))
                {
                    shell_text(
                        call,
                        &Word { text: script.to_owned(), span: word.span, ..Word::plain("") },
                        findings,
                    );
                } else if let Some(script) = text
                    .strip_prefix("python ")
                    .or_else(|| text.strip_prefix("py "))
                    .or_else(|| text.strip_prefix("script "))
                {
                    let script = Word { text: script.to_owned(), span: word.span, ..Word::plain("") };
                    super::interpreters::text(call, &script, Language::Python, findings);
                }
            }
            _ => {}
        }
    }
    findings.unread_at(Severity::Low, call.name, "a debugger runs a program", call.span);
}
