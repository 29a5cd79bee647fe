//! What overwrites a file, empties it or fills the disk: `shred`, `truncate`, `fallocate`, `dd`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Verb};

use super::Reader;
use super::targets::Where;
use crate::commands::rows::disclose;
use crate::words::{Word, quoted};

impl Reader<'_, '_> {
    pub(super) fn shred(&mut self) {
        if self.args.operands.is_empty() {
            return self.unnamed(Verb::Delete, Severity::High, "Shred");
        }
        for word in std::mem::take(&mut self.args.operands) {
            let device = word.text.starts_with("/dev/");
            let severity =
                if device { Severity::Critical } else { self.place(word).deleted(true).max(Severity::High) };
            self.path(word, Verb::Delete, severity, Reversible::No, format!("Shred {}", quoted(&word.text)));
        }
    }

    pub(super) fn truncate(&mut self) {
        let grows = self
            .args
            .value('s', "size")
            .is_some_and(|size| size.starts_with(['+', '<', '%', '/']) || big(size));
        let severity = if grows { Severity::Low } else { Severity::High };
        if grows && self.args.value('s', "size").is_some_and(too_big) {
            return self.each(Verb::Create, Severity::High, Reversible::Yes, "Fill the disk with");
        }
        if self.args.operands.is_empty() {
            return self.unnamed(Verb::Overwrite, Severity::High, "Truncate");
        }
        for word in std::mem::take(&mut self.args.operands) {
            let severity = match self.place(word) {
                Where::Temporary | Where::Remade => Severity::Low,
                _ => severity,
            };
            let phrase = format!("Truncate {}", quoted(&word.text));
            self.path(word, Verb::Overwrite, severity, Reversible::No, phrase);
        }
    }

    pub(super) fn fallocate(&mut self) {
        let large = self.args.value('l', "length").is_some_and(too_big);
        let digs = self.args.has(&['p', 'c', 'z'], "punch-hole");
        let severity = if large || digs { Severity::High } else { Severity::Low };
        let phrase = if large { "Fill the disk with" } else { "Give room to" };
        self.each(Verb::Create, severity, Reversible::Yes, phrase);
    }

    pub(super) fn dd(&mut self) {
        let out = self.call.words.iter().find_map(|word| Some((word, word.text.strip_prefix("of=")?)));
        let source = self.call.words.iter().find_map(|word| Some((word, word.text.strip_prefix("if=")?)));
        if let Some((word, path)) = source {
            let source = Word { text: path.to_owned(), ..word.clone() };
            disclose(self.call, &source, self.findings);
            if path.starts_with("/dev/mem")
                || path.starts_with("/dev/kmem")
                || path.starts_with("/proc/kcore")
            {
                self.findings.disclosed(path.to_owned(), "the memory of this machine", word.span);
            }
        }
        if matches!(self.call.name, "ddrescue") {
            let target = self.args.operands.get(1).map(|word| (*word).clone());
            if let Some(target) = target {
                self.write(&target, Verb::Overwrite, format!("Overwrite {}", quoted(&target.text)));
            }
            return;
        }
        let Some((word, path)) = out else {
            return self.findings.unread_program_at(
                Severity::Low,
                "dd",
                "it copies to where its output goes",
                self.call.span,
            );
        };
        let target = Word { text: path.to_owned(), ..word.clone() };
        let endless = source.is_some_and(|(_, path)| path.starts_with("/dev/")) && !self.is_bounded();
        if endless && !path.starts_with("/dev/") {
            let phrase = format!("Fill the disk with {}", quoted(path));
            return self.path(&target, Verb::Overwrite, Severity::High, Reversible::No, phrase);
        }
        self.write(&target, Verb::Overwrite, format!("Overwrite {}", quoted(path)));
    }

    /// Whether `dd` stops by itself before the disk is full.
    fn is_bounded(&self) -> bool {
        let of = |name: &str| self.call.words.iter().find_map(|word| word.text.strip_prefix(name));
        let Some(count) = of("count=") else { return false };
        let size = of("bs=").map_or(Some(512), bytes);
        let total = bytes(count).zip(size).map(|(count, size)| count.saturating_mul(size));
        total.is_none_or(|total| total < TOO_BIG)
    }
}

/// From how many bytes on a file is said to fill the disk. Tests rarely make one of 20 GB.
const TOO_BIG: u64 = 20_000_000_000;

fn too_big(size: &str) -> bool {
    bytes(size.trim_start_matches('+')).is_some_and(|bytes| bytes >= TOO_BIG)
}

/// Whether a file of that size is one that is made, not one that is emptied.
fn big(size: &str) -> bool {
    bytes(size).is_some_and(|bytes| bytes > 0)
}

/// `10G`, `5MB`, `1024`.
fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text.get(..end)?.parse().ok()?;
    let unit: u64 = match text[end..].chars().next().map(|c| c.to_ascii_lowercase()) {
        None | Some('b' | 'c') => 1,
        Some('k') => 1 << 10,
        Some('m') => 1 << 20,
        Some('g') => 1 << 30,
        Some('t') => 1 << 40,
        Some('p') => 1 << 50,
        Some(_) => return None,
    };
    Some(count.saturating_mul(unit))
}
