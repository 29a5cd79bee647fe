//! Programs that run another program: what they run is read, and they themselves add nothing bad.
//!
//! # Invariants
//! - Whatever stands where a command can stand is read as one; where that is not constant it is unread.
//! - A wrapper makes nothing better: what is asked about by itself is asked about behind any of them.

mod each;
mod embedded;
mod mounts;
mod others;
mod remote;
mod shells;
mod table;

use sayso_core::Severity;
use sayso_core::reading::{Span, TargetKind, Verb};

use super::{Call, Place, Stdin};
use crate::Findings;
use crate::shell::read_script;
use crate::words::{Word, flat};

pub(super) use embedded::read as embedded;
pub(super) use remote::ELSEWHERE;

/// Words that one wrapper is taken apart into.
const SPLIT: usize = 512;

/// Reads what stands behind a wrapper. Whether `call` is one and nothing else.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    if let [only] = call.words
        && matches!(only.text.as_str(), "--help" | "--version")
        && (shells::is_shell(call.name) || behind_help(call))
    {
        findings.reads(call.name);
        return true;
    }
    match call.name {
        "find" | "gfind" | "bfs" => return each::find(call, findings),
        "fd" | "fdfind" => each::fd(call, findings),
        "xargs" | "gxargs" => each::xargs(call, findings),
        "parallel" | "rush" => each::parallel(call, findings),
        "sudo" | "doas" | "pkexec" | "sudoedit" => sudo(call, findings),
        "env" | "genv" => env(call, findings),
        "time" if call.words.is_empty() => findings.reads("time"),
        name if shells::is_shell(name) => shells::shell(call, findings),
        "su" | "runuser" | "sg" => shells::su(call, findings),
        "script" | "at" | "batch" | "watch" | "viddy" | "hyperfine" | "flock" | "lckdo" | "entr"
        | "expect" | "tmux" | "screen" | "capsh" => return others::read(call, findings),
        "newgrp" if !matches!(call.place.stdin, Stdin::Inherited) => shells::from_stdin(call, findings),
        _ => {
            if call.name == "systemd-run" {
                later(call, findings);
            }
            if let Some(inner) = table::behind(call.name, call.words) {
                if inner.is_empty() {
                    return alone(call, findings);
                }
                super::read(inner, call.span, &call.place.inside(), findings);
                return true;
            }
            return remote::read(call, findings);
        }
    }
    true
}

/// Whether it is a wrapper, which is asked what it is.
fn behind_help(call: &Call<'_>) -> bool {
    matches!(
        call.name,
        "su" | "runuser" | "sudo" | "doas" | "env" | "xargs" | "find" | "parallel" | "watch" | "flock"
    ) || table::behind(call.name, call.words).is_some()
}

/// The words of the command behind a wrapper that does nothing but run it; `None` where there is none.
pub(crate) fn behind(words: &[Word]) -> Option<&[Word]> {
    let (program, words) = words.split_first()?;
    let name = program.text.rsplit('/').next().unwrap_or(&program.text);
    let inner = match name {
        "sudo" | "doas" | "pkexec" => words.get(table::start(words, &table::SUDO)..)?,
        "env" => words.get(table::start(words, &table::ENV)..)?,
        "xargs" => words.get(table::start(words, &table::XARGS)..)?,
        _ => table::behind(name, words)?,
    };
    Some(inner).filter(|inner| !inner.is_empty())
}

/// A wrapper without a command: some only print, some begin a shell.
fn alone(call: &Call<'_>, findings: &mut Findings) -> bool {
    if matches!(call.name, "chroot" | "unshare" | "nsenter" | "fakeroot" | "setpriv" | "systemd-run") {
        shells::from_stdin(call, findings);
        return true;
    }
    false
}

/// `systemd-run --on-calendar=…`: it runs when nobody looks.
fn later(call: &Call<'_>, findings: &mut Findings) {
    let timed = |word: &&Word| word.text.starts_with("--on-") || word.text.starts_with("--timer-property");
    if let Some(word) = call.words.iter().find(timed) {
        findings.effect(crate::findings::Found {
            verb: Verb::Change,
            kind: TargetKind::Account,
            name: "what runs by the clock".to_owned(),
            reversible: sayso_core::reading::Reversible::Yes,
            severity: Severity::High,
            phrase: "Run a command later".to_owned(),
            span: word.span.or(call.span),
        });
    }
}

fn sudo(call: &Call<'_>, findings: &mut Findings) {
    let start = table::start(call.words, &table::SUDO);
    let (options, inner) = call.words.split_at(start.min(call.words.len()));
    let has = |letters: &[char], long: &[&str]| {
        options.iter().any(|word| match word.text.strip_prefix("--") {
            Some(name) => long.contains(&name),
            None => word.text.starts_with('-') && word.text.contains(letters),
        })
    };
    if call.name == "sudoedit" || has(&['e'], &["edit"]) && call.name == "sudo" {
        for word in call.words.iter().filter(|word| !word.text.starts_with('-')) {
            findings.effect(crate::findings::Found {
                verb: Verb::Change,
                kind: TargetKind::Path,
                name: word.text.clone(),
                reversible: sayso_core::reading::Reversible::Unknown,
                severity: Severity::High,
                phrase: format!("Change {} as another user", crate::words::quoted(&word.text)),
                span: word.span.or(call.span),
            });
        }
        return;
    }
    if inner.is_empty() {
        if has(&['i', 's'], &["login", "shell"]) {
            shells::from_stdin(call, findings);
        } else if options.iter().all(|word| !word.text.contains('=') || word.text.starts_with('-')) {
            // `sudo -v`, `sudo -l`, `sudo -k` say or ask who one is.
            findings.reads(call.name);
        }
        return;
    }
    let mut found = Findings::default();
    super::read(inner, call.span, &call.place.inside(), &mut found);
    let own = |path: &str| {
        let path = flat(path);
        let within = |folder: &str| {
            path.strip_prefix(folder.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        within(call.place.start) || within("/tmp") || within("/var/tmp") || !path.starts_with(['/', '~'])
    };
    let outside = found.effects().iter().any(|effect| {
        effect.target.kind == TargetKind::Path
            && matches!(effect.verb, Verb::Change | Verb::Overwrite | Verb::Delete | Verb::Grant)
            && !own(&effect.target.name)
    });
    findings.absorb_as_is(found);
    if outside {
        findings.reason(
            Severity::High,
            "it changes files of the machine with the rights of another user",
            call.span,
        );
    }
}

/// `env A=1 program`, `env -S "program words"`.
fn env(call: &Call<'_>, findings: &mut Findings) {
    for (at, word) in call.words.iter().enumerate() {
        let rest = match word.text.as_str() {
            "--split-string" => call.words.get(at + 1).map(|word| (word.text.as_str(), at + 2)),
            text => match (
                text.strip_prefix("--split-string="),
                text.strip_prefix('-').and_then(|letters| letters.split_once('S')),
            ) {
                (Some(value), _) => Some((value, at + 1)),
                (None, Some((before, ""))) if is_flags(before) => {
                    call.words.get(at + 1).map(|word| (word.text.as_str(), at + 2))
                }
                (None, Some((before, value))) if is_flags(before) => Some((value, at + 1)),
                _ => None,
            },
        };
        if let Some((text, next)) = rest {
            let more = crate::shell::line(call.words.get(next..).unwrap_or_default());
            return script(&format!("{text} {more}"), word.span.or(call.span), call.place, findings);
        }
        if !word.text.starts_with('-') && !word.text.contains('=') {
            break;
        }
    }
    let start = table::start(call.words, &table::ENV);
    let (options, inner) = call.words.split_at(start.min(call.words.len()));
    for word in options {
        if let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| !name.starts_with('-')) {
            crate::shell::variable(name, value, word.literal, word.span.or(call.span), call.place, findings);
        }
    }
    if inner.is_empty() {
        return findings.reads("env");
    }
    super::read(inner, call.span, &call.place.inside(), findings);
}

/// Letters of env's options that take no value.
fn is_flags(letters: &str) -> bool {
    letters.chars().all(|c| matches!(c, 'i' | 'v' | '0'))
}

/// A text that a shell runs which this program starts.
fn script(text: &str, span: Option<Span>, place: &Place<'_>, findings: &mut Findings) {
    let mut inner = Findings::default();
    let place = Place { depth: place.depth + 1, ..*place };
    read_script(text, &place, &mut inner);
    findings.absorb(inner, span);
}

/// Words that a program joins with spaces and hands to a shell.
fn joined(words: &[Word]) -> String {
    let texts: Vec<&str> = words.iter().take(SPLIT).map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// A program or a script that this line wrote itself: `curl -o x …; ./x`.
pub(super) fn written(call: &Call<'_>, content: Stdin<'_>, findings: &mut Findings) {
    shells::content(call, content, call.program, findings);
}
