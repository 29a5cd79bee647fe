//! Programs that change files, with what they would do to which.

mod archives;
mod carry;
mod names;
mod rights;
pub(super) mod sed;
mod sizes;
pub(super) mod targets;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::args::Args;
use super::{Call, Stdin};
use crate::Findings;
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};
use targets::Where;

/// The programs of this room, sorted.
const THEIRS: &[&str] = &[
    "7z",
    "7za",
    "7zz",
    "bsdtar",
    "chgrp",
    "chmod",
    "chown",
    "chown.sh",
    "cp",
    "cpio",
    "csplit",
    "dc3dd",
    "dcfldd",
    "dd",
    "ddrescue",
    "del-cli",
    "ditto",
    "fallocate",
    "file-rename",
    "gchmod",
    "gchown",
    "gcp",
    "gcsplit",
    "gdd",
    "ginstall",
    "gln",
    "gmkdir",
    "gmv",
    "grm",
    "grmdir",
    "gsed",
    "gsort",
    "gsplit",
    "gtar",
    "gtee",
    "gtouch",
    "gtrash",
    "gtruncate",
    "guniq",
    "install",
    "link",
    "ln",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mmv",
    "mv",
    "nwipe",
    "patch",
    "perl-rename",
    "prename",
    "qmv",
    "rar",
    "rename",
    "renameutils",
    "rimraf",
    "rm",
    "rmdir",
    "rmtrash",
    "rsync",
    "safe-rm",
    "scrub",
    "sdelete",
    "sdelete64",
    "sed",
    "sfill",
    "shred",
    "sort",
    "split",
    "sponge",
    "srm",
    "tar",
    "tee",
    "tmpreaper",
    "tmpwatch",
    "touch",
    "trash",
    "trash-empty",
    "trash-put",
    "trash-rm",
    "tree",
    "truncate",
    "uniq",
    "unlink",
    "unrar",
    "unzip",
    "wipe",
    "zip",
    "zmv",
];

/// Short options whose value is the next word.
fn valued(program: &str) -> &'static str {
    match program {
        "truncate" => "sr",
        "shred" => "ns",
        "touch" => "dtr",
        "mkdir" | "mkfifo" | "mknod" => "m",
        "mv" | "cp" | "ln" => "St",
        "install" => "Stmog",
        "fallocate" => "lop",
        "split" => "abCln",
        "csplit" => "fbn",
        "patch" => "pidBDForVzY",
        "rsync" => "eBTfM",
        _ => "",
    }
}

/// Reads `call` if it is a program of this list. Whether it was.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    if THEIRS.binary_search(&call.name).is_err() {
        return false;
    }
    let mut reader = Reader { call, args: Args::of(call.words, valued(call.name)), findings };
    if reader.asks_for_help() {
        reader.findings.reads(call.name);
        return true;
    }
    match call.name {
        "rm" | "grm" | "rimraf" | "del-cli" | "srm" | "safe-rm" => reader.rm(),
        "rmdir" | "grmdir" if call.words.iter().any(|word| word.text.eq_ignore_ascii_case("/s")) => {
            return false;
        }
        "rmdir" | "grmdir" => reader.rmdir(),
        "unlink" => reader.delete("Delete", false),
        "shred" | "wipe" | "scrub" | "sfill" | "nwipe" | "sdelete" | "sdelete64" => reader.shred(),
        "trash" | "trash-put" | "rmtrash" | "gtrash" => {
            reader.each(Verb::Delete, Severity::Low, Reversible::Yes, "Put into the trash");
        }
        "trash-empty" | "trash-rm" | "tmpreaper" | "tmpwatch" => {
            reader.each(Verb::Delete, Severity::High, Reversible::No, "Delete what is in");
        }
        "truncate" | "gtruncate" => reader.truncate(),
        "fallocate" => reader.fallocate(),
        "tee" | "gtee" | "sponge" => reader.tee(),
        "touch" | "gtouch" => reader.make("Touch"),
        "mkdir" | "gmkdir" => reader.make("Make the folder"),
        "mkfifo" => reader.make("Make the pipe"),
        "mktemp" => reader.findings.reads("mktemp"),
        "mknod" => reader.each(Verb::Create, Severity::High, Reversible::Yes, "Make the device"),
        "mv" | "gmv" | "cp" | "gcp" | "install" | "ginstall" | "ln" | "gln" | "link" | "ditto" => {
            reader.carry();
        }
        "rsync" => reader.rsync(),
        "rename" | "mmv" | "prename" | "perl-rename" | "file-rename" | "zmv" | "renameutils" | "qmv" => {
            reader.quiet(Verb::Change, Severity::Low, "Rename files");
        }
        "split" | "gsplit" | "csplit" | "gcsplit" => reader.split(),
        "patch" => reader.patch(),
        "chmod" | "chown" | "chgrp" | "gchmod" | "gchown" | "chown.sh" => reader.rights(),
        "dd" | "gdd" | "dcfldd" | "ddrescue" | "dc3dd" => reader.dd(),
        "tar" | "gtar" | "bsdtar" | "zip" | "unzip" | "cpio" | "7z" | "7za" | "7zz" | "rar" | "unrar" => {
            return reader.archive();
        }
        "sed" | "gsed" => reader.sed(),
        "sort" | "gsort" | "tree" => return reader.output_option('o', "output"),
        "uniq" | "guniq" => return reader.second_operand(),
        _ => return false,
    }
    true
}

struct Reader<'a, 'c> {
    call: &'a Call<'c>,
    args: Args<'c>,
    findings: &'a mut Findings,
}

impl Reader<'_, '_> {
    fn asks_for_help(&self) -> bool {
        self.call
            .words
            .iter()
            .take_while(|word| word.text != "--")
            .any(|word| word.literal && matches!(word.text.as_str(), "--help" | "--version"))
    }

    fn place(&self, word: &Word) -> Where {
        targets::place(word, self.call.place)
    }

    fn path(&mut self, word: &Word, verb: Verb, severity: Severity, reversible: Reversible, phrase: String) {
        if !word.literal {
            let why = "which path this is shows only when it runs";
            self.findings.unread_at(severity, &word.text, why, word.span);
        }
        let found = self.found(word, verb, severity, reversible, phrase);
        self.findings.effect(found);
    }

    fn found(
        &self,
        word: &Word,
        verb: Verb,
        severity: Severity,
        reversible: Reversible,
        phrase: String,
    ) -> Found {
        let name = absolute(&word.text, self.call.place.cwd);
        let span = word.span.or(self.call.span);
        Found { verb, kind: TargetKind::Path, name, reversible, severity, phrase, span }
    }

    /// A program without a target takes it from elsewhere: from a list, from its standard input.
    fn unnamed(&mut self, verb: Verb, severity: Severity, phrase: &str) {
        let why = "what it works on is not in its words";
        self.findings.unread_at(severity, self.call.name, why, self.call.span);
        self.quiet(verb, severity, &format!("{phrase} what a list names"));
    }

    /// An effect on what is not told apart.
    fn quiet(&mut self, verb: Verb, severity: Severity, phrase: &str) {
        self.findings.effect(Found {
            verb,
            kind: TargetKind::Other,
            name: "what a list names".to_owned(),
            reversible: Reversible::Unknown,
            severity,
            phrase: phrase.to_owned(),
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

    /// What is made new does nothing by being there: its path weighs nothing more, but in the system.
    fn make(&mut self, phrase: &str) {
        for word in std::mem::take(&mut self.args.operands) {
            let phrase = format!("{phrase} {}", quoted(&word.text));
            let found = self.found(word, Verb::Create, Severity::Low, Reversible::Yes, phrase);
            self.findings.effect_as_weighed(found);
        }
    }

    fn rm(&mut self) {
        let recursive =
            self.args.has(&['r', 'R'], "recursive") || matches!(self.call.name, "rimraf" | "del-cli");
        self.delete("Delete", recursive);
    }

    /// An empty folder can be made again; one by one from a list, nobody knows which.
    fn rmdir(&mut self) {
        for word in &self.args.operands {
            if !word.literal || word.text.contains("{}") {
                let why = "which folder this is shows only when it runs";
                self.findings.unread(&word.text, why, word.span);
            }
        }
        if self.args.operands.is_empty() {
            return self.unnamed(Verb::Delete, Severity::High, "Delete the empty folders that");
        }
        self.each(Verb::Delete, Severity::Low, Reversible::Yes, "Delete the empty folder");
    }

    fn delete(&mut self, phrase: &str, recursive: bool) {
        if self.args.operands.is_empty() {
            return self.unnamed(Verb::Delete, Severity::High, phrase);
        }
        for word in std::mem::take(&mut self.args.operands) {
            let place = self.place(word);
            let severity = match place {
                Where::Whole("everything in this folder") if !recursive => Severity::High,
                place => place.deleted(recursive),
            };
            let phrase = match (place, recursive) {
                (Where::Whole(whole), true) => format!("{phrase} {}", name_of_whole(whole, &word.text)),
                (_, true) if !word.glob => {
                    format!("{phrase} the folder {}", quoted(word.text.trim_end_matches('/')))
                }
                _ => format!("{phrase} {}", quoted(&word.text)),
            };
            let reversible = if severity <= Severity::Low { Reversible::Yes } else { Reversible::No };
            if severity <= Severity::Low {
                // What a tool makes again weighs nothing more by its name: it is in no folder of settings.
                self.path(word, Verb::Delete, severity, reversible, phrase);
            } else {
                self.path(word, Verb::Delete, severity, reversible, phrase);
            }
        }
    }

    fn tee(&mut self) {
        let appends = self.args.has(&['a'], "append");
        let (verb, phrase) =
            if appends { (Verb::Change, "Append to") } else { (Verb::Overwrite, "Overwrite") };
        let empty = matches!(self.call.place.stdin, Stdin::Text(""))
            || matches!(self.call.place.stdin, Stdin::File("/dev/null"));
        for word in std::mem::take(&mut self.args.operands) {
            if empty && !appends && !matches!(word.text.as_str(), "-" | "/dev/null") {
                let severity = self.place(word).written().max(Severity::High);
                let phrase = format!("Empty {}", quoted(&word.text));
                self.path(word, Verb::Overwrite, severity, Reversible::No, phrase);
                continue;
            }
            self.write(word, verb, format!("{phrase} {}", quoted(&word.text)));
        }
    }

    /// A file that is written to.
    fn write(&mut self, word: &Word, verb: Verb, phrase: String) {
        let path = word.text.as_str();
        if matches!(path, "-" | "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty")
            || path.starts_with("/dev/fd/")
        {
            return;
        }
        let severity = if path.starts_with("/dev/") && !path.starts_with("/dev/shm/") {
            Severity::Critical
        } else {
            self.place(word).written()
        };
        self.path(word, verb, severity, Reversible::Unknown, phrase);
    }

    /// `sort -o FILE`: whether it is given.
    fn output_option(&mut self, short: char, long: &str) -> bool {
        let mut target = None;
        let mut words = self.call.words.iter();
        while let Some(word) = words.next() {
            if let Some(rest) = word.text.strip_prefix("--") {
                let (name, value) = rest.split_once('=').map_or((rest, None), |(n, v)| (n, Some(v)));
                if name.len() >= 2 && long.starts_with(name) {
                    target = value.map(Word::plain).or_else(|| words.next().cloned());
                }
            } else if let Some(cluster) = word.text.strip_prefix('-')
                && let Some(at) = cluster.find(short)
                && cluster[..at].bytes().all(|b| b.is_ascii_alphabetic() && !b"ktST".contains(&b))
            {
                let rest = &cluster[at + short.len_utf8()..];
                target = if rest.is_empty() { words.next().cloned() } else { Some(Word::plain(rest)) };
            }
        }
        let Some(target) = target else { return false };
        self.write(&target, Verb::Overwrite, format!("Overwrite {}", quoted(&target.text)));
        true
    }

    /// `uniq IN OUT`: whether a second file is named.
    fn second_operand(&mut self) -> bool {
        let operands = Args::of(self.call.words, "fsw").operands;
        let [_, target] = operands.as_slice() else { return false };
        self.write(target, Verb::Overwrite, format!("Overwrite {}", quoted(&target.text)));
        true
    }

    fn split(&mut self) {
        if let Some(filter) = self.args.value('\0', "filter") {
            let words = [Word::plain("sh"), Word::plain("-c"), Word::plain(filter)];
            super::read(&words, self.call.span, &self.call.place.inside(), self.findings);
        }
        self.quiet(Verb::Create, Severity::Low, "Write the parts of a file");
    }

    fn patch(&mut self) {
        if self.args.has(&[], "dry-run") {
            return self.findings.reads("patch");
        }
        self.quiet(Verb::Change, Severity::Low, "Change files by a patch");
    }

    fn sed(&mut self) {
        sed::read(self.call, self.findings);
    }
}

/// How a sentence calls what is more than a folder.
fn name_of_whole(whole: &str, text: &str) -> String {
    match whole {
        "a whole folder of the system"
        | "a whole home folder"
        | "a whole folder of a person's home"
        | "a whole disk"
        | "the history of the project"
        | "the folder above the project" => {
            format!("{}, {whole}", quoted(text))
        }
        "the whole project" if text.trim_end_matches('/') == "." => "everything in this folder".to_owned(),
        whole => whole.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_programs_of_this_room_are_sorted() {
        assert!(super::THEIRS.is_sorted());
    }
}
