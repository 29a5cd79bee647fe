//! Archives: `tar`, `zip`, `unzip`, `cpio`, `7z`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Verb};

use super::Reader;
use super::targets::Where;
use crate::commands;
use crate::commands::rows::disclose;
use crate::words::{Word, quoted};

/// Programs that pack; to name one is no danger.
const PACKERS: &[&str] = &[
    "gzip", "pigz", "bzip2", "pbzip2", "lbzip2", "xz", "pixz", "zstd", "zstdmt", "lz4", "lzip", "lzop",
    "brotli", "compress", "unzstd", "gunzip", "unxz", "zcat",
];

impl Reader<'_, '_> {
    /// Whether the call was read here.
    pub(super) fn archive(&mut self) -> bool {
        match self.call.name {
            "zip" => self.zip(),
            "unzip" => return self.unzip(),
            "cpio" => self.cpio(),
            "tar" | "gtar" | "bsdtar" => self.tar(),
            _ => return self.seven(),
        }
        true
    }

    fn tar(&mut self) {
        let (letters, words) = tar_letters(self.call.words);
        let long = |name: &str| self.call.words.iter().any(|word| word.text == name);
        for word in self.call.words {
            self.tar_runs(word);
        }
        let lists = letters.contains('t') || long("--list") || letters.contains('d') || long("--diff");
        let extracts = letters.contains('x') || long("--extract") || long("--get");
        if long("--remove-files") {
            self.quiet(Verb::Delete, Severity::High, "Delete files once they are packed");
        }
        if letters.contains('O') && extracts || long("--to-stdout") || lists && !extracts {
            return self.findings.reads("tar");
        }
        let folder = value_of(words, "-C", "--directory");
        if extracts {
            let target = folder.unwrap_or_else(|| Word::plain("."));
            let severity = self.extracted(&target);
            let phrase = format!("Unpack into {}", quoted(&target.text));
            let phrase = if target.text == "." { "Unpack an archive".to_owned() } else { phrase };
            return self.path(&target, Verb::Overwrite, severity, Reversible::Unknown, phrase);
        }
        if long("--delete") {
            return self.quiet(Verb::Change, Severity::Low, "Delete from an archive");
        }
        for word in words.iter().filter(|word| word.text == "-" || !word.text.starts_with('-')).skip(1) {
            disclose(self.call, word, self.findings);
        }
        self.quiet(Verb::Create, Severity::Low, "Pack an archive");
    }

    fn tar_runs(&mut self, word: &Word) {
        let Some((name, value)) = word.text.strip_prefix("--").and_then(|text| text.split_once('=')) else {
            return;
        };
        let program = match name {
            "to-command" | "info-script" | "new-volume-script" | "rsh-command" | "rmt-command" => Some(value),
            "checkpoint-action" => value.strip_prefix("exec="),
            "use-compress-program" => {
                let first = value.split_ascii_whitespace().next().unwrap_or(value);
                (!PACKERS.contains(&first)).then_some(value)
            }
            _ => None,
        };
        let Some(program) = program else { return };
        let words = [Word::plain("sh"), Word::plain("-c"), Word::plain(program)];
        self.findings.unread("tar", "it runs a program on what it packs", word.span);
        commands::read(&words, self.call.span, &self.call.place.inside(), self.findings);
    }

    fn extracted(&self, target: &Word) -> Severity {
        match self.place(target) {
            Where::Whole("everything on this machine" | "a whole folder of the system") | Where::System => {
                Severity::High
            }
            _ => Severity::Low,
        }
    }

    fn zip(&mut self) {
        let command =
            self.call.words.iter().position(|word| matches!(word.text.as_str(), "-TT" | "--unzip-command"));
        if let Some(command) = command.and_then(|at| self.call.words.get(at + 1)) {
            let words = [Word::plain("sh"), Word::plain("-c"), command.clone()];
            self.findings.unread("zip", "it runs a program to test what it packs", command.span);
            commands::read(&words, self.call.span, &self.call.place.inside(), self.findings);
        }
        if self.args.has(&['m'], "move") {
            return self.quiet(Verb::Delete, Severity::High, "Delete files once they are packed");
        }
        if self.args.has(&['d'], "delete") {
            return self.quiet(Verb::Change, Severity::Low, "Delete from an archive");
        }
        for word in std::mem::take(&mut self.args.operands).into_iter().skip(1) {
            disclose(self.call, word, self.findings);
        }
        self.quiet(Verb::Create, Severity::Low, "Pack an archive");
    }

    fn unzip(&mut self) -> bool {
        if self.args.has(&['l', 'Z', 't', 'v', 'z', 'p'], "list") {
            return false;
        }
        let target = value_of(self.call.words, "-d", "--directory").unwrap_or_else(|| Word::plain("."));
        let severity = self.extracted(&target);
        self.path(&target, Verb::Overwrite, severity, Reversible::Unknown, "Unpack an archive".to_owned());
        true
    }

    fn cpio(&mut self) {
        let lists = self.args.has(&['t'], "list");
        let phrase = if lists { "List an archive" } else { "Pack or unpack an archive" };
        let severity = if lists { Severity::None } else { Severity::Low };
        if lists {
            return self.findings.reads("cpio");
        }
        self.quiet(Verb::Overwrite, severity, phrase);
    }

    /// `7z` and `rar`: whether it was more than a look.
    fn seven(&mut self) -> bool {
        let Some(command) = self.call.words.first() else { return false };
        if self.call.words.iter().any(|word| word.text == "-sdel" || word.text == "-df") {
            self.quiet(Verb::Delete, Severity::High, "Delete files once they are packed");
        }
        match command.text.as_str() {
            "l" | "t" | "h" | "i" | "lb" | "v" | "vb" | "lt" | "vt" | "p" => false,
            "a" | "u" | "m" => {
                for word in self.args.operands.iter().skip(2).map(|word| (*word).clone()).collect::<Vec<_>>()
                {
                    disclose(self.call, &word, self.findings);
                }
                self.quiet(Verb::Create, Severity::Low, "Pack an archive");
                true
            }
            _ => {
                self.quiet(Verb::Overwrite, Severity::Low, "Unpack or change an archive");
                true
            }
        }
    }
}

/// The letters of tar's short options, and the words behind the first cluster.
fn tar_letters(words: &[Word]) -> (String, &[Word]) {
    let mut letters = String::new();
    for (at, word) in words.iter().enumerate() {
        let cluster = word.text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        match cluster {
            Some(cluster) => letters.push_str(cluster),
            None if at == 0 && !word.text.starts_with('-') => letters.push_str(&word.text),
            None => {}
        }
    }
    (letters, words.get(1..).unwrap_or_default())
}

/// The value of an option, in the next word or behind `=`.
fn value_of(words: &[Word], short: &str, long: &str) -> Option<Word> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word.text == short || word.text == long {
            return words.next().cloned();
        }
        if let Some(value) = word.text.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(Word { text: value.to_owned(), ..word.clone() });
        }
        if let Some(value) = word.text.strip_prefix(short).filter(|value| !value.is_empty()) {
            return Some(Word { text: value.to_owned(), ..word.clone() });
        }
    }
    None
}
