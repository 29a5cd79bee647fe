//! Script files: read through where the caller gives files, else the project's own business.

use sayso_core::Severity;

use super::scan::{self, Origin};
use super::tokens::Language;
use crate::commands::{Call, Place, Stdin};
use crate::shell::read_script;
use crate::words::{Word, absolute, flat};
use crate::{Findings, NotRead, SCRIPT_BYTES};

/// Reads the script that `call` runs by its path (`./build.sh`). Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let path = &call.program.text;
    let named = path.contains('/')
        && !path.starts_with("/usr/")
        && !path.starts_with("/bin/")
        && !path.starts_with("/sbin/")
        && !path.starts_with("/opt/");
    if !named || !call.program.literal {
        return false;
    }
    let Some(text) = text_of(call, call.program, findings) else { return false };
    script(call, &text, by_first_line(&text).or_else(|| by_ending(path)), findings);
    true
}

/// What a script is written in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written {
    Shell,
    In(Language),
}

/// The text of the file that `word` names, if the caller gives it; its digest then stands in the reading.
pub(in crate::commands) fn text_of(call: &Call<'_>, word: &Word, findings: &mut Findings) -> Option<String> {
    let path = absolute(&word.text, call.place.cwd);
    if !path.starts_with('/') || !word.literal {
        return None;
    }
    let path = flat(&path);
    let text = call.place.files.text(&path).ok()?;
    findings.read_through(&path, &text);
    Some(text)
}

/// Reads a file that is run as `written`; where its text is not given, it is the project's own business.
pub(super) fn file(call: &Call<'_>, word: &Word, written: Written, findings: &mut Findings) {
    let path = absolute(&word.text, call.place.cwd);
    if !word.literal {
        let why = "which file it runs shows only when it runs";
        return findings.unread_at(Severity::Low, &word.text, why, word.span.or(call.span));
    }
    if let Some(Stdin::Text(text)) = call.place.content(&word.text) {
        let text = text.to_owned();
        return script_with(call, &text, Some(written), Origin::Text, findings);
    }
    if matches!(call.place.content(&word.text), Some(Stdin::Download)) {
        return findings.unread(&word.text, "it runs what a download brings", word.span.or(call.span));
    }
    if word.text.contains("://") {
        return findings.unread(&word.text, "it runs what a download brings", word.span.or(call.span));
    }
    match call.place.files.text(&flat(&path)) {
        Ok(text) => {
            findings.read_through(&flat(&path), &text);
            script(call, &text, Some(written), findings);
        }
        Err(why) => not_read(call, word, why, findings),
    }
}

fn not_read(call: &Call<'_>, word: &Word, why: NotRead, findings: &mut Findings) {
    let severity = crate::shell::weight(&word.text, word.literal);
    findings.unread_at(severity, &word.text, why.why(), word.span.or(call.span));
}

fn script(call: &Call<'_>, text: &str, written: Option<Written>, findings: &mut Findings) {
    script_with(call, text, written, Origin::File, findings);
}

fn script_with(
    call: &Call<'_>,
    text: &str,
    written: Option<Written>,
    origin: Origin,
    findings: &mut Findings,
) {
    let span = call.program.span.or(call.span);
    findings.unread_at(
        Severity::Low,
        call.name,
        "a script, of which the calls that do harm are looked for",
        span,
    );
    match written {
        Some(Written::In(language)) => {
            let word = Word { span, ..Word::plain(call.name) };
            scan::read(call, text, language, origin, &word, findings);
        }
        Some(Written::Shell) if text.len() <= SCRIPT_BYTES => {
            let mut inner = Findings::default();
            let place = Place { depth: call.place.depth + 1, ..*call.place };
            read_script(text, &place, &mut inner);
            findings.absorb(inner, span);
        }
        _ => findings.unread_at(
            Severity::Low,
            call.name,
            "it is in no language that is read, or too long",
            span,
        ),
    }
}

fn by_first_line(text: &str) -> Option<Written> {
    let line = text.lines().next()?.strip_prefix("#!")?;
    let mut words = line.split_ascii_whitespace();
    let program = words.next()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    let name = if program == "env" { words.find(|word| !word.starts_with('-'))? } else { program };
    written_for(name)
}

pub(super) fn written_for(name: &str) -> Option<Written> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match stem {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "bats" => Written::Shell,
        "python" | "pypy" | "python-" => Written::In(Language::Python),
        "node" | "deno" | "bun" | "tsx" | "ts-node" | "zx" => Written::In(Language::JavaScript),
        "perl" => Written::In(Language::Perl),
        "ruby" => Written::In(Language::Ruby),
        "php" => Written::In(Language::Php),
        "lua" | "luajit" => Written::In(Language::Lua),
        "tclsh" | "expect" | "wish" => Written::In(Language::Tcl),
        "Rscript" | "julia" | "elixir" | "groovy" => Written::In(Language::Other),
        _ => return None,
    })
}

fn by_ending(path: &str) -> Option<Written> {
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(match ending {
        "sh" | "bash" => Written::Shell,
        "py" => Written::In(Language::Python),
        "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" => Written::In(Language::JavaScript),
        "pl" => Written::In(Language::Perl),
        "rb" => Written::In(Language::Ruby),
        "php" => Written::In(Language::Php),
        "lua" => Written::In(Language::Lua),
        _ => return None,
    })
}
