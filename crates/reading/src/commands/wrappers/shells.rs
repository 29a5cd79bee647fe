//! Shells and what hands a text to one: `sh -c`, `su -c`, `at`, `watch`, `tmux`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::super::{Call, Place, Stdin};
use super::{joined, script, table};
use crate::findings::Found;
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
fn text(call: &Call<'_>, script: &Word, arguments: &[Word], findings: &mut Findings) {
    let span = script.span.or(call.span);
    if !script.literal {
        if sets_up(&script.text) {
            let why = "what it prints sets up a shell";
            return findings.unread_program_at(Severity::Low, call.name, why, span);
        }
        if brings_download(&script.text) {
            downloaded(findings, span);
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
fn file(call: &Call<'_>, name: &Word, arguments: &[Word], findings: &mut Findings) {
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
                read_script_with(&text, arguments, &place, &mut inner);
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
                drop(words.next())
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

/// The others, each in its own way. Whether it was read in full.
pub(super) fn other(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "script" => option_or_nothing(call, &['c'], "--command", findings),
        "watch" | "viddy" => watch(call, findings),
        "hyperfine" => {
            let commands = operands(call.words, "wmMrLpPcusnj");
            commands.iter().for_each(|word| text(call, word, &[], findings));
            for letters in ["-p", "-s", "-c", "--prepare", "--setup", "--cleanup", "--conclude"] {
                values(call.words, letters).for_each(|word| text(call, word, &[], findings));
            }
        }
        "flock" | "lckdo" => flock(call, findings),
        "entr" => entr(call, findings),
        "at" | "batch" => later(call, findings),
        "expect" => expect(call, findings),
        "capsh" => {
            if let Some(at) = call.words.iter().position(|word| word.text == "--") {
                let words = call.words.get(at + 1..).unwrap_or_default();
                shell(&Call { name: "bash", words, ..*call }, findings);
            }
        }
        _ => return multiplexer(call, findings),
    }
    true
}

/// The values of an option, behind it or joined to it by `=`.
fn values<'w>(words: &'w [Word], option: &str) -> impl Iterator<Item = &'w Word> {
    let option = option.to_owned();
    words.windows(2).filter(move |pair| pair[0].text == option).map(|pair| &pair[1])
}

fn operands<'w>(words: &'w [Word], valued: &str) -> Vec<&'w Word> {
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text.starts_with("--") {
            if !text.contains('=') {
                words.next();
            }
        } else if let Some(letters) = text.strip_prefix('-') {
            if letters.len() == 1 && letters.chars().all(|c| valued.contains(c)) {
                words.next();
            }
        } else {
            out.push(word);
        }
    }
    out
}

fn option_or_nothing(call: &Call<'_>, letters: &[char], long: &str, findings: &mut Findings) {
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let value = word.text.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
        if let Some(line) = value {
            return script(line, word.span.or(call.span), call.place, findings);
        }
        let short =
            word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with(letters);
        if (short || word.text == long)
            && let Some(line) = words.next()
        {
            return text(call, line, &[], findings);
        }
    }
    if !matches!(call.place.stdin, Stdin::Inherited) {
        from_stdin(call, findings);
    }
}

fn watch(call: &Call<'_>, findings: &mut Findings) {
    let grammar = table::start(call.words, &table::WATCH);
    let (options, inner) = call.words.split_at(grammar.min(call.words.len()));
    let plain = options.iter().any(|word| word.text == "--exec" || word.text.starts_with("-x"));
    match inner {
        [] => findings.reads(call.name),
        [one] if !plain => text(call, one, &[], findings),
        many if plain => super::super::read(many, call.span, &call.place.inside(), findings),
        many => script(&joined(many), call.span, call.place, findings),
    }
}

/// `flock FILE -c CMD`, `flock FILE CMD`, `flock 9`.
fn flock(call: &Call<'_>, findings: &mut Findings) {
    let start = table::start(call.words, &table::FLOCK);
    let (own, inner) = call.words.split_at(start.min(call.words.len()));
    if own.iter().any(|word| matches!(word.text.as_str(), "-c" | "--command")) {
        inner.iter().take(1).for_each(|line| text(call, line, &[], findings));
    } else if inner.is_empty() {
        findings.reads(call.name);
    } else {
        super::super::read(inner, call.span, &call.place.inside(), findings);
    }
}

fn entr(call: &Call<'_>, findings: &mut Findings) {
    let start = table::start(call.words, &table::PLAIN);
    let (options, inner) = call.words.split_at(start.min(call.words.len()));
    let as_script = options.iter().any(|word| word.text.contains('s'));
    match inner {
        [first, ..] if as_script => text(call, first, &[], findings),
        [] => {}
        inner => super::super::read(inner, call.span, &call.place.inside(), findings),
    }
}

/// `at TIME`: what it reads runs later, when nobody looks.
fn later(call: &Call<'_>, findings: &mut Findings) {
    let has = |options: &[&str]| call.words.iter().any(|word| options.contains(&word.text.as_str()));
    if has(&["-l", "-c", "-V"]) {
        return findings.reads(call.name);
    }
    let phrase =
        if has(&["-d", "-r"]) { "Take commands out that would run later" } else { "Run commands later" };
    findings.effect(Found {
        verb: Verb::Change,
        kind: TargetKind::Account,
        name: "what runs by the clock".to_owned(),
        reversible: Reversible::Yes,
        severity: Severity::High,
        phrase: phrase.to_owned(),
        span: call.span,
    });
    let file = values(call.words, "-f").next();
    match (file, call.place.stdin) {
        (Some(name), _) => self::file(call, name, &[], findings),
        (None, Stdin::Text(text)) => script(text, call.span, call.place, findings),
        _ => {}
    }
}

/// `expect -c 'spawn CMD'`.
fn expect(call: &Call<'_>, findings: &mut Findings) {
    let stdin = match call.place.stdin {
        Stdin::Text(text) => Some(text),
        _ => None,
    };
    let scripts = values(call.words, "-c").map(|word| word.text.as_str());
    let mut any = false;
    for script in scripts.chain(stdin) {
        any = true;
        for command in script.split(['\n', ';', '{', '}', '[', ']']) {
            let (first, rest) = command.trim().split_once(char::is_whitespace).unwrap_or((command, ""));
            match first {
                "spawn" | "exec" | "system" => self::script(rest, call.span, call.place, findings),
                "file" if rest.trim_start().starts_with("delete") => {
                    self::script(
                        &format!("rm -rf {}", rest.trim_start().trim_start_matches("delete")),
                        call.span,
                        call.place,
                        findings,
                    );
                }
                _ => {}
            }
        }
    }
    if !any {
        let files = call.words.iter().find(|word| !word.text.starts_with('-'));
        let severity = files.map_or(Severity::High, |word| weight(&word.text, word.literal));
        findings.unread_program_at(severity, call.name, "what its script does was not read", call.span);
    }
}

/// `tmux new-session -d CMD`, `tmux send-keys CMD Enter`, `screen -dm CMD`, `screen -X stuff TEXT`.
fn multiplexer(call: &Call<'_>, findings: &mut Findings) -> bool {
    let run = |line: String, findings: &mut Findings| {
        if !line.trim().is_empty() {
            script(line.trim(), call.span, call.place, findings);
        }
    };
    if call.name == "screen" {
        if let Some(at) = call.words.iter().position(|word| matches!(word.text.as_str(), "stuff" | "exec")) {
            let text = joined(call.words.get(at + 1..).unwrap_or_default());
            run(text.replace("\\n", "\n").replace("^M", "\n").replace('\r', "\n"), findings);
            return true;
        }
        let start = table::start(call.words, &table::SCREEN);
        if let Some(inner) = call.words.get(start..).filter(|inner| !inner.is_empty()) {
            super::super::read(inner, call.span, &call.place.inside(), findings);
        } else {
            findings.reads(call.name);
        }
        return true;
    }
    for words in call.words.split(|word| matches!(word.text.as_str(), ";" | "\\;")) {
        tmux(call, words, &run, findings);
    }
    true
}

fn tmux(call: &Call<'_>, words: &[Word], run: &dyn Fn(String, &mut Findings), findings: &mut Findings) {
    let start = table::start(words, &table::TMUX);
    let Some((sub, rest)) = words.get(start..).and_then(<[Word]>::split_first) else { return };
    let keys = matches!(sub.text.as_str(), "send-keys" | "send");
    let runs = matches!(
        sub.text.as_str(),
        "new-session"
            | "new"
            | "new-window"
            | "neww"
            | "split-window"
            | "splitw"
            | "respawn-pane"
            | "respawn-window"
            | "run-shell"
            | "run"
            | "if-shell"
            | "if"
            | "pipe-pane"
            | "pipep"
            | "display-popup"
            | "popup"
            | "confirm-before"
    );
    let kills = sub.text.starts_with("kill-server") || sub.text.starts_with("kill-session");
    if kills {
        findings.unread_at(Severity::Low, &sub.text, "what runs in there ends", call.span);
    }
    if !keys && !runs {
        return findings.reads(call.name);
    }
    let start = table::start(rest, if keys { &table::TMUX_KEYS } else { &table::TMUX_NEW });
    let words = rest.get(start..).unwrap_or_default();
    if keys {
        let named = |text: &str| {
            matches!(
                text,
                "Enter"
                    | "C-m"
                    | "C-j"
                    | "KPEnter"
                    | "Escape"
                    | "Space"
                    | "Tab"
                    | "Up"
                    | "Down"
                    | "C-c"
                    | "C-d"
                    | "C-l"
                    | "C-u"
                    | "q"
            )
        };
        let line: Vec<&str> =
            words.iter().map(|word| if named(&word.text) { "\n" } else { word.text.as_str() }).collect();
        return run(line.concat(), findings);
    }
    run(joined(words), findings);
}
