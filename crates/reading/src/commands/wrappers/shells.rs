//! Shells and what hands a text to one: `sh -c`, `su -c`, `at`, `watch`, `tmux`.

use sayso_core::Severity;

use super::super::{Call, Place, Stdin};
use super::script;
use crate::shell::{downloaded, read_script_with, sets_up, weight};
use crate::words::{Word, absolute, quoted};
use crate::{Findings, SCRIPT_BYTES};

const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "ash",
    "mksh",
    "rbash",
    "rzsh",
    "lksh",
    "pdksh",
    "ksh93",
    "yash",
    "fish",
    "tcsh",
    "csh",
    "hush",
    "busybox-sh",
    "elvish",
    "nu",
    "osh",
    "posh",
];

pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name) || name.strip_suffix(".exe").is_some_and(|stem| SHELLS.contains(&stem))
}

/// A shell's own words, sorted.
#[derive(Default)]
struct Given<'w> {
    script: Option<&'w Word>,
    /// The file, and what follows; behind `-c` what `$0` and the others are.
    operands: &'w [Word],
    stdin: bool,
    /// It only checks the grammar, or only prints.
    harmless: bool,
    /// What runs first: `--rcfile`.
    first: Option<&'w Word>,
}

fn given(words: &[Word]) -> Given<'_> {
    let mut given = Given::default();
    let mut at = 0;
    let mut command = false;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if text == "--" || text == "-" {
            at += 1;
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            given.harmless |= matches!(long, "version" | "help" | "dump-strings" | "dump-po-strings");
            match long {
                "rcfile" | "init-file" => {
                    given.first = words.get(at + 1);
                    at += 1;
                }
                "command" => command = true,
                _ => {}
            }
        } else if let Some(letters) = text.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) {
            let on = text.starts_with('-');
            command |= on && letters.contains('c') && word.literal;
            given.stdin |= on && letters.contains('s');
            given.harmless |= on && letters.contains('n') && !letters.contains('c');
            at += usize::from(letters.ends_with(['o', 'O']));
        } else {
            break;
        }
        at += 1;
    }
    let rest = words.get(at..).unwrap_or_default();
    if command {
        given.script = rest.first();
        given.operands = rest.get(1..).unwrap_or_default();
    } else {
        given.operands = rest;
    }
    given
}

/// `sh -c SCRIPT`, `sh FILE`, `… | sh`.
pub(super) fn shell(call: &Call<'_>, findings: &mut Findings) {
    let given = given(call.words);
    if given.harmless && given.script.is_none() {
        return findings.reads(call.name);
    }
    if let Some(first) = given.first {
        file(call, first, &[], findings);
    }
    if let Some(script) = given.script {
        return text(call, script, given.operands, findings);
    }
    match given.operands.split_first() {
        Some((name, arguments)) if !given.stdin => file(call, name, arguments, findings),
        _ => from_stdin(call, findings),
    }
}

/// A script as a word.
pub(super) fn text(call: &Call<'_>, script: &Word, arguments: &[Word], findings: &mut Findings) {
    let span = script.span.or(call.span);
    if !script.literal {
        if sets_up(&script.text) {
            let why = "what it prints sets up a shell";
            return findings.unread_program_at(Severity::Low, call.name, why, span);
        }
        if brings_download(&script.text) {
            downloaded(findings, span);
        }
        if !script.text.contains(['$', '`']) {
            return findings.unread_program(call.name, "the script that it runs shows only then", span);
        }
        findings.unread_at(Severity::Low, &script.text, "parts of this script show only when it runs", span);
    }
    let mut inner = Findings::default();
    let place = Place { depth: call.place.depth + 1, ..*call.place };
    read_script_with(&script.text, arguments, &place, &mut inner);
    findings.absorb(inner, span);
}

/// `$(curl …)` and its like.
fn brings_download(text: &str) -> bool {
    let inner = text.trim_start_matches(['$', '(', '`', '"', ' ']);
    let first = inner.split_whitespace().next().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or(first);
    matches!(name, "curl" | "wget" | "fetch" | "lynx" | "aria2c" | "http" | "nc")
        || text.contains("$(curl")
        || text.contains("$(wget")
        || text.contains("`curl")
        || text.contains("`wget")
}

/// A script in a file: what this line wrote into it, or what the caller hands in.
pub(super) fn file(call: &Call<'_>, name: &Word, arguments: &[Word], findings: &mut Findings) {
    let span = name.span.or(call.span);
    if name.literal
        && let Some(found) = call.place.content(&name.text)
    {
        return content(call, found, name, findings);
    }
    let path = absolute(&name.text, call.place.cwd);
    let why = if name.literal && !name.glob && path.starts_with('/') {
        match call.place.files.text(&path) {
            Ok(text) if text.len() <= SCRIPT_BYTES => {
                findings.read_through(&path, &text);
                let mut inner = Findings::default();
                let place = Place { depth: call.place.depth + 1, ..*call.place };
                let mut given = vec![name.clone()];
                given.extend(arguments.iter().cloned());
                read_script_with(&text, &given, &place, &mut inner);
                return findings.absorb(inner, span);
            }
            Ok(text) => {
                findings.read_through(&path, &text);
                "the file is too large to be read through"
            }
            Err(why) => why.why(),
        }
    } else {
        "which file it is shows only when it runs"
    };
    findings.unread_program_at(
        weight(&name.text, name.literal),
        &name.text,
        format!("it is a script, and {why}"),
        span,
    );
}

/// A script that comes by standard input.
pub(super) fn from_stdin(call: &Call<'_>, findings: &mut Findings) {
    let program = Word { text: call.name.to_owned(), literal: true, glob: false, span: call.program.span };
    content(call, call.place.stdin, &program, findings);
}

/// A script of which is known where it comes from.
pub(super) fn content(call: &Call<'_>, content: Stdin<'_>, name: &Word, findings: &mut Findings) {
    let span = name.span.or(call.span);
    match content {
        Stdin::Text(text) if is_for_another(text) => {
            findings.unread_program(&name.text, "it is a script of another language", span);
        }
        Stdin::Text(text) => {
            let place = Place { stdin: Stdin::Inherited, ..*call.place };
            script(text, span, &place, findings);
        }
        Stdin::Download => downloaded(findings, span),
        Stdin::File(path) => {
            let word = Word { text: path.to_owned(), literal: !path.contains(['$', '`']), glob: false, span };
            let place = Place { stdin: Stdin::Inherited, shell: None, ..*call.place };
            let call = Call { place: &place, ..*call };
            file(&call, &word, &[], findings);
        }
        Stdin::Printed(tool) => {
            let why = format!("it runs what {} prints", quoted(tool));
            findings.unread_program(&name.text, why, span);
        }
        Stdin::Inherited => {
            findings.unread_program(&name.text, "it runs whatever its standard input says", span);
        }
    }
}

/// `#!/usr/bin/python`.
fn is_for_another(text: &str) -> bool {
    let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) else { return false };
    let mut words = line.split(|c: char| c.is_whitespace() || c == '/').filter(|word| !word.is_empty());
    !words.any(is_shell)
}

/// `su -c CMD user`, `runuser -u user -- CMD`.
pub(super) fn su(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words.iter().enumerate();
    let mut behind = None;
    while let Some((at, word)) = words.next() {
        let text = word.text.as_str();
        if let Some(line) =
            text.strip_prefix("--command=").or_else(|| text.strip_prefix("--session-command="))
        {
            return script(line, word.span.or(call.span), call.place, findings);
        }
        match text {
            "-c" | "--command" | "--session-command" => {
                if let Some((_, line)) = words.next() {
                    return self::text(call, line, &[], findings);
                }
            }
            "-u" | "-g" | "-G" | "-s" | "-w" | "--user" | "--group" | "--shell" | "--supp-group" => {
                words.next();
            }
            "--" => {
                behind = call.words.get(at + 1..);
                break;
            }
            _ if text.starts_with('-')
                && text.len() > 2
                && !text.starts_with("--")
                && text.ends_with('c') =>
            {
                if let Some((_, line)) = words.next() {
                    return self::text(call, line, &[], findings);
                }
            }
            _ if call.name == "runuser"
                && !text.starts_with('-')
                && call.words.iter().any(|word| word.text == "-u") =>
            {
                behind = call.words.get(at..);
                break;
            }
            _ => {}
        }
    }
    match behind.filter(|inner| !inner.is_empty()) {
        Some(inner) if call.name == "runuser" => {
            super::super::read(inner, call.span, &call.place.inside(), findings);
        }
        _ => from_stdin(call, findings),
    }
}
