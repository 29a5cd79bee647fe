//! git: which of its commands only read, and what those do that throw work away or send it out.
//!
//! git runs what its configuration names (pagers, drivers for diffs, hooks). The configuration that is there is trusted;
//! a change of it, on the command line too, is read as what it is.

mod config;
mod push;
mod reads;
mod writes;

use std::sync::LazyLock;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};

use super::Call;
use super::args::Args;
use super::code::shell_text;
use super::rows::Table;
use crate::Findings;
use crate::findings::Found;
use crate::words::{Word, absolute};

const TEXTS: &[&str] = &[include_str!("../../data/commands/vcs.txt")];

static OTHERS: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Options of git's own whose value is the next word.
const VALUED: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--super-prefix",
    "--config-env",
    "--attr-source",
];

/// Reads a call of git, or of another program that keeps versions.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "git" | "yadm" | "hub" => {}
        name if name.starts_with("git-") && !OTHERS.knows(name) => return false,
        _ => return OTHERS.read(call, findings),
    }
    let before = findings.severity();
    if reads::check(call, findings).is_ok() {
        findings.reads(call.name);
        return true;
    }
    let mut folder = call.place.cwd.map(str::to_owned);
    let mut words = call.words;
    while let [option, rest @ ..] = words {
        if !option.text.starts_with('-') {
            break;
        }
        let (name, own) = match option.text.split_once('=').filter(|_| option.text.starts_with("--")) {
            Some((name, value)) => (name, Some(Word { text: value.to_owned(), ..option.clone() })),
            None => (option.text.as_str(), None),
        };
        words = rest;
        let value = own.or_else(|| {
            let value = VALUED.contains(&name).then(|| words.first().cloned()).flatten();
            words = if value.is_some() { words.get(1..).unwrap_or_default() } else { words };
            value
        });
        match (name, value) {
            ("-C" | "--work-tree", Some(dir)) => folder = Some(absolute(&dir.text, folder.as_deref())),
            ("-c" | "--config-env", Some(setting)) => config::inline(call, &setting, findings),
            ("--exec-path", Some(path)) => {
                findings.unread(
                    "git",
                    "it takes its own programs from another folder",
                    path.span.or(call.span),
                );
            }
            (
                "--version" | "--help" | "-h" | "-v" | "--exec-path" | "--html-path" | "--man-path"
                | "--info-path",
                None,
            ) => {
                findings.reads("git");
                return true;
            }
            _ => {}
        }
    }
    let Some((command, words)) = words.split_first() else {
        findings.reads("git");
        return true;
    };
    let place = super::Place { cwd: folder.as_deref(), ..*call.place };
    let call = Call { place: &place, ..*call };
    let asks =
        words.iter().take_while(|word| word.text != "--").any(|word| word.literal && word.text == "--help");
    if asks {
        findings.reads("git");
        return true;
    }
    let mut git = Git { call: &call, args: Args::of(words, valued(&command.text)), words, findings };
    if !command.literal {
        let why = "which command of git this is shows only when it runs";
        git.findings.unread_at(Severity::Low, &command.text, why, command.span);
    } else if !git.read(&command.text) {
        git.unknown(&command.text, before);
    }
    true
}

/// Short options of a command whose value is the next word.
fn valued(command: &str) -> &'static str {
    match command {
        "commit" => "mFCct",
        "tag" => "mFu",
        "clone" => "obcu",
        "clean" => "e",
        "push" | "archive" => "o",
        "rebase" => "xsX",
        "merge" | "pull" | "cherry-pick" | "revert" => "msX",
        "checkout" | "switch" => "bBcC",
        "config" => "f",
        "worktree" => "bB",
        "remote" => "tm",
        "notes" => "mFCc",
        "grep" => "ABCefm",
        _ => "",
    }
}

struct Git<'a, 'c> {
    call: &'a Call<'c>,
    args: Args<'c>,
    /// The words behind the command.
    words: &'c [Word],
    findings: &'a mut Findings,
}

impl Git<'_, '_> {
    fn effect(
        &mut self,
        verb: Verb,
        kind: TargetKind,
        name: String,
        severity: Severity,
        phrase: String,
        reversible: Reversible,
    ) {
        let span = self.call.span;
        self.findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
    }

    fn path(&mut self, path: &str, verb: Verb, severity: Severity, reversible: Reversible, phrase: String) {
        let name = absolute(path, self.call.place.cwd);
        self.effect(verb, TargetKind::Path, name, severity, phrase, reversible);
    }

    fn repository(&mut self, verb: Verb, severity: Severity, phrase: &str) {
        let name = self.call.place.cwd.unwrap_or(".").to_owned();
        self.effect(verb, TargetKind::GitRepository, name, severity, phrase.to_owned(), Reversible::Unknown);
    }

    fn refs(&mut self, verb: Verb, severity: Severity, phrase: &str) {
        for name in self.args.operands.iter().map(|word| word.text.clone()).collect::<Vec<_>>() {
            let phrase = format!("{phrase} {}", crate::words::quoted(&name));
            self.effect(verb, TargetKind::GitRef, name, severity, phrase, Reversible::Unknown);
        }
    }

    /// A text that git hands to a shell.
    fn runs(&mut self, text: &Word) {
        shell_text(self.call, text, self.findings);
    }

    fn span(&self) -> Option<Span> {
        self.call.span
    }

    /// Whether a long option is there as it is written out, with or without a value.
    fn long(&self, name: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.text.strip_prefix("--").is_some_and(|text| text.split('=').next() == Some(name)))
    }

    /// The value of a long or short option.
    fn value(&self, short: &str, long: &str) -> Option<Word> {
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            if word.text == "--" {
                return None;
            }
            if word.text == long || !short.is_empty() && word.text == short {
                return words.next().cloned();
            }
            if let Some(value) = word.text.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
                return Some(Word { text: value.to_owned(), ..word.clone() });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
    }
}
