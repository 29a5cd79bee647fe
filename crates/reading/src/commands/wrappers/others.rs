//! Programs that run a command in their own time or place: `watch`, `flock`, `at`, `expect`, `tmux`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::super::{Call, Stdin};
use super::shells::{from_stdin, shell, text};
use super::{joined, script, table};
use crate::Findings;
use crate::findings::Found;
use crate::shell::weight;
use crate::words::Word;

/// The others, each in its own way. Whether it was read in full.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "script" => option_or_nothing(call, &['c'], "--command", findings),
        "watch" | "viddy" => watch(call, findings),
        "hyperfine" => {
            let commands = operands(call.words, "wmMrLpPcusnj");
            for word in commands {
                text(call, word, &[], findings);
            }
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
        (Some(name), _) => super::shells::file(call, name, &[], findings),
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
    for text in scripts.chain(stdin) {
        any = true;
        for command in text.split(['\n', ';', '{', '}', '[', ']']) {
            let (first, rest) = command.trim().split_once(char::is_whitespace).unwrap_or((command, ""));
            match first {
                "spawn" | "exec" | "system" => script(rest, call.span, call.place, findings),
                "file" if rest.trim_start().starts_with("delete") => {
                    script(
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
    if matches!(sub.text.as_str(), "if-shell" | "if") {
        // The first word is for a shell, what follows for tmux itself.
        let Some((test, rest)) = words.split_first() else { return };
        run(test.text.clone(), findings);
        for text in rest {
            let inner: Vec<Word> = text.text.split_once(char::is_whitespace).map_or_else(
                || vec![text.clone()],
                |(name, rest)| {
                    let rest = rest.trim().trim_matches(['"', '\'', '{', '}']);
                    vec![Word::plain(name), Word { text: rest.to_owned(), ..text.clone() }]
                },
            );
            if matches!(
                inner[0].text.as_str(),
                "run-shell" | "run" | "new-window" | "neww" | "split-window" | "popup" | "send-keys"
            ) {
                run(joined(inner.get(1..).unwrap_or_default()), findings);
            }
        }
        return;
    }
    run(joined(words), findings);
}
