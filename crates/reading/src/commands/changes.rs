//! Programs that change files, with what they would do to which.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::Call;
use super::args::Args;
use crate::Findings;
use crate::findings::Found;
use crate::words::{Word, absolute, flat, quoted};

/// Programs that do harm whatever their words say: severity, what happens, and to which sort of thing.
const GRAVE: &[(&str, Severity, Verb, TargetKind, &str)] = &[
    (
        "mkfs",
        Severity::Critical,
        Verb::Delete,
        TargetKind::Volume,
        "Make a new file system over what is there",
    ),
    ("wipefs", Severity::Critical, Verb::Delete, TargetKind::Volume, "Wipe a file system's signature"),
    ("fdisk", Severity::Critical, Verb::Change, TargetKind::Volume, "Change a disk's partitions"),
    ("sfdisk", Severity::Critical, Verb::Change, TargetKind::Volume, "Change a disk's partitions"),
    ("parted", Severity::Critical, Verb::Change, TargetKind::Volume, "Change a disk's partitions"),
    ("blkdiscard", Severity::Critical, Verb::Delete, TargetKind::Volume, "Discard everything on a device"),
    ("lvremove", Severity::Critical, Verb::Delete, TargetKind::Volume, "Delete a logical volume"),
    ("vgremove", Severity::Critical, Verb::Delete, TargetKind::Volume, "Delete a volume group"),
    ("dropdb", Severity::Critical, Verb::Delete, TargetKind::Database, "Delete a database"),
    ("dropuser", Severity::Critical, Verb::Delete, TargetKind::Account, "Delete a database's user"),
    ("userdel", Severity::Critical, Verb::Delete, TargetKind::Account, "Delete a user"),
    ("shutdown", Severity::Critical, Verb::StopService, TargetKind::Host, "Shut this machine down"),
    ("reboot", Severity::Critical, Verb::StopService, TargetKind::Host, "Restart this machine"),
    ("poweroff", Severity::Critical, Verb::StopService, TargetKind::Host, "Switch this machine off"),
    ("halt", Severity::Critical, Verb::StopService, TargetKind::Host, "Halt this machine"),
    ("kill", Severity::High, Verb::StopService, TargetKind::Process, "Stop a process"),
    ("pkill", Severity::High, Verb::StopService, TargetKind::Process, "Stop processes by name"),
    ("killall", Severity::High, Verb::StopService, TargetKind::Process, "Stop processes by name"),
    ("crontab", Severity::Critical, Verb::Change, TargetKind::Account, "Change what runs by the clock"),
];

/// Short options whose value is the next word.
fn valued(program: &str) -> &'static str {
    match program {
        "truncate" => "sr",
        "shred" => "ns",
        "touch" => "dtr",
        "mkdir" => "m",
        "mv" | "cp" | "ln" => "St",
        "install" => "Stmog",
        "pkill" | "killall" | "kill" => "gsu",
        _ => "",
    }
}

/// Reads `call` if it is a program of this list. Whether it was.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let mut reader = Reader { call, args: Args::of(call.words, valued(call.name)), findings };
    match call.name {
        "rm" => reader.rm(),
        "rmdir" => reader.each(Verb::Delete, Severity::Low, Reversible::Yes, "Delete the empty folder"),
        "unlink" => reader.each(Verb::Delete, Severity::High, Reversible::No, "Delete"),
        "shred" => reader.each(Verb::Delete, Severity::Critical, Reversible::No, "Shred"),
        "truncate" => reader.each(Verb::Overwrite, Severity::High, Reversible::No, "Truncate"),
        "tee" if reader.args.has(&['a'], "append") => {
            reader.each(Verb::Change, Severity::Low, Reversible::Unknown, "Append to");
        }
        "tee" => reader.each(Verb::Overwrite, Severity::High, Reversible::Unknown, "Overwrite"),
        "touch" => reader.each(Verb::Create, Severity::Low, Reversible::Yes, "Touch"),
        "mkdir" => reader.each(Verb::Create, Severity::Low, Reversible::Yes, "Make the folder"),
        "mv" => reader.carry(true),
        "cp" | "install" | "ln" => reader.carry(false),
        "chmod" | "chown" | "chgrp" => reader.rights(),
        "dd" => reader.dd(),
        name => {
            let stem = if name.starts_with("mkfs.") { "mkfs" } else { name };
            let Some(row) = GRAVE.iter().find(|row| row.0 == stem) else { return false };
            let &(_, severity, verb, kind, phrase) = row;
            let name = reader.args.operands.last().map_or_else(|| name.to_owned(), |word| word.text.clone());
            let (phrase, reversible, span) = (phrase.to_owned(), Reversible::Unknown, call.span);
            reader.findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
        }
    }
    true
}

struct Reader<'a, 'c> {
    call: &'a Call<'c>,
    args: Args<'c>,
    findings: &'a mut Findings,
}

impl Reader<'_, '_> {
    fn path(&mut self, word: &Word, verb: Verb, severity: Severity, reversible: Reversible, phrase: String) {
        if !word.literal {
            self.findings.unread(&word.text, "which path this is shows only when it runs", word.span);
        }
        let name = absolute(&word.text, self.call.place.cwd);
        let span = word.span.or(self.call.span);
        self.findings.effect(Found {
            verb,
            kind: TargetKind::Path,
            name,
            reversible,
            severity,
            phrase,
            span,
        });
    }

    /// A program without a target takes it from elsewhere: from a list, from its standard input.
    fn unnamed(&mut self, verb: Verb, severity: Severity, phrase: &str) {
        self.findings.unread(self.call.name, "what it works on is not in its words", self.call.span);
        self.findings.effect(Found {
            verb,
            kind: TargetKind::Other,
            name: "what a list names".to_owned(),
            reversible: Reversible::Unknown,
            severity,
            phrase: format!("{phrase} what a list names"),
            span: self.call.span,
        });
    }

    fn each(&mut self, verb: Verb, severity: Severity, reversible: Reversible, phrase: &str) {
        if self.args.operands.is_empty() {
            return self.unnamed(verb, severity, phrase);
        }
        for word in std::mem::take(&mut self.args.operands) {
            let phrase = format!("{phrase} {}", quoted(&word.text));
            self.path(word, verb, severity, reversible, phrase);
        }
    }

    fn rm(&mut self) {
        let recursive = self.args.has(&['r', 'R'], "recursive");
        let severity = if recursive { Severity::Critical } else { Severity::High };
        if self.args.operands.is_empty() {
            return self.unnamed(Verb::Delete, severity, "Delete");
        }
        for word in std::mem::take(&mut self.args.operands) {
            let severity = if self.is_outside(word) { Severity::Critical } else { severity };
            let phrase = match (whole(&word.text), recursive) {
                (Some(whole), true) => format!("Delete {whole}"),
                (None, true) if !word.glob => {
                    format!("Delete the folder {}", quoted(word.text.trim_end_matches('/')))
                }
                _ => format!("Delete {}", quoted(&word.text)),
            };
            self.path(word, Verb::Delete, severity, Reversible::No, phrase);
        }
    }

    /// Whether the path lies outside the folder that the action starts in and outside the folders for what is
    /// temporary. What is not known lies outside.
    fn is_outside(&self, word: &Word) -> bool {
        let path = absolute(&word.text, self.call.place.cwd);
        let path = flat(&path);
        let within = |folder: &str| {
            path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|p| p.starts_with('/'))
        };
        !(word.literal && (within(self.call.place.start) || within("/tmp") || within("/var/tmp")))
    }

    /// `mv` and `cp`: everything goes to the last operand, or to `--target-directory`.
    fn carry(&mut self, moves: bool) {
        let given = self.args.value('t', "target-directory").map(Word::plain);
        let mut operands = std::mem::take(&mut self.args.operands);
        let target = if given.is_some() { None } else { operands.pop() };
        let Some(target) = given.as_ref().or(target) else {
            return self.unnamed(Verb::Overwrite, Severity::High, "Copy or move");
        };
        if operands.is_empty() {
            return self.unnamed(Verb::Overwrite, Severity::High, "Copy or move");
        }
        let word = match self.call.name {
            "mv" => "Move",
            "ln" => "Link",
            _ => "Copy",
        };
        let what = match operands.as_slice() {
            [one] => quoted(&one.text),
            many => format!("{} things", many.len()),
        };
        let phrase = format!("{word} {what} to {}", quoted(&target.text));
        if moves {
            for source in operands {
                let severity = if self.is_outside(source) { Severity::Critical } else { Severity::High };
                self.path(source, Verb::Change, severity, Reversible::Yes, phrase.clone());
            }
        }
        self.path(target, Verb::Overwrite, Severity::High, Reversible::Unknown, phrase);
    }

    fn rights(&mut self) {
        let operands = std::mem::take(&mut self.args.operands);
        let all = self.args.has(&['R'], "recursive");
        let severity = if all { Severity::High } else { Severity::Low };
        let Some((mode, paths)) = operands.split_first().filter(|(_, paths)| !paths.is_empty()) else {
            return self.unnamed(Verb::Grant, Severity::High, "Change the rights of");
        };
        for word in paths {
            let below = if all { " and all below it" } else { "" };
            let phrase = format!("Give {} {}{below}", quoted(&word.text), quoted(&mode.text));
            self.path(word, Verb::Grant, severity, Reversible::Unknown, phrase);
        }
    }

    fn dd(&mut self) {
        let out = self.call.words.iter().find_map(|word| Some((word, word.text.strip_prefix("of=")?)));
        let Some((word, path)) = out else {
            return self.findings.unread_program("dd", "it copies to where its output goes", self.call.span);
        };
        let device = path.starts_with("/dev/") && path != "/dev/null";
        let severity = if device { Severity::Critical } else { Severity::High };
        let target = Word { text: path.to_owned(), ..word.clone() };
        self.path(&target, Verb::Overwrite, severity, Reversible::No, format!("Overwrite {}", quoted(path)));
    }
}

/// Names for what is more than a folder.
fn whole(path: &str) -> Option<&'static str> {
    match path.trim_end_matches('*').trim_end_matches('/') {
        "" if path.starts_with('/') => Some("everything on this machine"),
        "" | "." if path.contains(['*', '.']) => Some("everything in this folder"),
        "~" | "$HOME" | "${HOME}" | "\"$HOME\"" => Some("the whole home folder"),
        ".." => Some("everything in the folder above"),
        _ => None,
    }
}
