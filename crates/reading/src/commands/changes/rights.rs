//! Who may do what with a file: `chmod`, `chown`, `chgrp`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Verb};

use super::Reader;
use super::targets::Where;
use crate::words::{Word, quoted};

impl Reader<'_, '_> {
    pub(super) fn rights(&mut self) {
        // `-x`, `-rwx`, `-w`: rights that are taken away, not options.
        let taken = |word: &&Word| {
            word.text
                .strip_prefix('-')
                .is_some_and(|m| !m.is_empty() && m.bytes().all(|b| b"rwxXst".contains(&b)))
        };
        let reference = self.call.words.iter().any(|word| word.text.starts_with("--reference"));
        let mode = self.call.words.iter().find(taken).filter(|_| self.call.name.ends_with("chmod"));
        let mut paths = std::mem::take(&mut self.args.operands);
        let all = self.args.has(&['R'], "recursive");
        let mode = match mode {
            Some(mode) => mode.text.clone(),
            None if reference => "the rights of another".to_owned(),
            None if paths.is_empty() => {
                return self.unnamed(Verb::Grant, Severity::High, "Change the rights of");
            }
            None => paths.remove(0).text.clone(),
        };
        if paths.is_empty() {
            let severity = if self.is_open(&mode) { Severity::High } else { Severity::Low };
            return self.unnamed(Verb::Grant, severity, "Change the rights of");
        }
        for word in paths {
            let below = if all { " and all below it" } else { "" };
            let phrase = format!("Give {} {}{below}", quoted(&word.text), quoted(&mode));
            let (severity, heavy) = self.weigh(word, &mode, all);
            let found = self.found(word, Verb::Grant, severity, Reversible::Unknown, phrase);
            if !word.literal {
                let why = "which path this is shows only when it runs";
                self.findings.unread_at(Severity::Low, &word.text, why, word.span);
            }
            if heavy {
                self.findings.effect(found);
            } else {
                self.findings.effect_as_weighed(found);
            }
        }
    }

    /// How much it weighs, and whether the path's own weight counts too.
    fn weigh(&self, word: &Word, mode: &str, all: bool) -> (Severity, bool) {
        let place = self.place(word);
        let owns = !self.call.name.ends_with("chmod");
        let open = !owns && self.is_open(mode);
        let root = owns && (mode == "root" || mode.starts_with("root:")) && open;
        let private = |mode: &str| match u32::from_str_radix(mode, 8) {
            Ok(bits) => bits.trailing_zeros() >= 6 && bits != 0,
            Err(_) => mode
                .split(',')
                .all(|part| part.starts_with(['u', '-']) || part.contains('-') || part.ends_with('=')),
        };
        if !owns && !private(mode) && crate::paths::secret(&word.text, word.glob).is_some() {
            return (Severity::High, true);
        }
        match place {
            Where::Whole(
                "everything in this folder" | "the whole project" | "a whole folder of a person's home",
            ) => (if open { Severity::High } else { Severity::Low }, open),
            Where::Whole(_) | Where::System if all => (Severity::Critical, true),
            Where::System if open => (Severity::Critical, true),
            Where::Whole(_) | Where::System => (Severity::High, true),
            Where::Unknown { rooted: true } if all => (Severity::High, true),
            _ if open || root => (Severity::High, true),
            _ if !owns && (tightens(mode) || mode.contains('x')) => (Severity::Low, false),
            _ if all && matches!(place, Where::Outside) && owns => (Severity::High, true),
            _ => (Severity::Low, !owns),
        }
    }

    /// Whether the mode lets everybody write, or runs as another user, or lets nobody in.
    fn is_open(&self, mode: &str) -> bool {
        if !self.call.name.ends_with("chmod") {
            return false;
        }
        let digits: Option<u32> = u32::from_str_radix(mode, 8).ok();
        if let Some(bits) = digits {
            return bits & 0o002 != 0 && bits & 0o1000 == 0 || bits & 0o6000 != 0 || bits == 0;
        }
        mode.split(',').any(|part| {
            let Some(at) = part.find(['+', '=']) else { return false };
            let (who, what) = part.split_at(at);
            let all = who.contains(['o', 'a']);
            let writes = what.contains('w');
            all && writes || what.contains('s') && !what.contains('X')
        })
    }
}

/// Whether the mode gives nobody but the owner anything more than to read.
fn tightens(mode: &str) -> bool {
    match u32::from_str_radix(mode, 8) {
        Ok(bits) => bits & 0o022 == 0 && bits & 0o6000 == 0,
        Err(_) => mode
            .split(',')
            .all(|part| !part.contains('+') && part.contains(['-', '=']) && !part.contains("=r")),
    }
}
