//! What carries files from one place to another: `mv`, `cp`, `install`, `ln`, `rsync`.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Verb};

use super::Reader;
use super::targets::Where;
use crate::commands::rows::disclose;
use crate::words::{Word, quoted};
use crate::{commands, paths};

/// How a file that is made to be copied ends, by the file that comes of it: `.env.example` to `.env`.
const TWINS: &[&str] = &[".example", ".sample", ".template", ".dist", ".defaults", ".test", ".ci"];

impl Reader<'_, '_> {
    /// Everything goes to the last operand, or to `--target-directory`.
    pub(super) fn carry(&mut self) {
        let given = self.args.value('t', "target-directory").map(Word::plain);
        let mut operands = std::mem::take(&mut self.args.operands);
        if self.call.name == "install" && self.args.has(&['d'], "directory") {
            self.args.operands = operands;
            return self.make("Make the folder");
        }
        let target = if given.is_some() || operands.len() < 2 { None } else { operands.pop() };
        let links = matches!(self.call.name, "ln" | "gln" | "link");
        let Some(target) = given.as_ref().or(target) else {
            if links && operands.len() == 1 {
                return self.quiet(Verb::Create, Severity::Low, "Make a link");
            }
            return self.unnamed(Verb::Overwrite, Severity::Low, "Copy or move");
        };
        let moves = matches!(self.call.name, "mv" | "gmv");
        let word = match self.call.name {
            "mv" | "gmv" => "Move",
            "ln" | "gln" | "link" => "Link",
            _ => "Copy",
        };
        let what = match operands.as_slice() {
            [one] => quoted(&one.text),
            many => format!("{} things", many.len()),
        };
        let phrase = format!("{word} {what} to {}", quoted(&target.text));
        for source in operands.iter().filter(|_| links) {
            // What is written through such a link is written there.
            let far =
                ["/etc/", "/root", "/boot", "/dev/sd", "/proc/"].iter().any(|at| source.text.starts_with(at))
                    || source.text == "/"
                    || paths::secret(&source.text, source.glob).is_some();
            if far {
                self.path(source, Verb::Grant, Severity::High, Reversible::Yes, phrase.clone());
            }
        }
        for source in &operands {
            if moves {
                self.moved(source, target, &phrase);
            } else if !links {
                disclose(self.call, source, self.findings);
            }
        }
        if let [source] = operands.as_slice()
            && is_twin(&source.text, &target.text)
        {
            let found = self.found(target, Verb::Create, Severity::Low, Reversible::Yes, phrase);
            return self.findings.effect_as_weighed(found);
        }
        if target.text == "/dev/null" {
            return;
        }
        if operands
            .iter()
            .any(|source| matches!(source.text.as_str(), "/dev/null" | "/dev/zero" | "/dev/urandom"))
            && !links
        {
            let phrase = format!("Empty {}", quoted(&target.text));
            return self.path(target, Verb::Overwrite, Severity::High, Reversible::No, phrase);
        }
        self.write(target, Verb::Overwrite, phrase);
    }

    fn moved(&mut self, source: &Word, target: &Word, phrase: &str) {
        if target.text == "/dev/null" {
            let severity = self.place(source).deleted(true).max(Severity::High);
            return self.path(source, Verb::Delete, severity, Reversible::No, phrase.to_owned());
        }
        let severity = match self.place(source) {
            Where::Whole("everything in this folder") => Severity::Low,
            Where::Whole(_) => Severity::Critical,
            Where::System => Severity::High,
            _ => Severity::Low,
        };
        let renamed = paths::special(&source.text).is_some() && severity == Severity::Low;
        let severity = if renamed { Severity::High } else { severity };
        self.path(source, Verb::Change, severity, Reversible::Yes, phrase.to_owned());
    }

    pub(super) fn rsync(&mut self) {
        let dry = self.args.has(&['n'], "dry-run");
        if dry || self.args.has(&[], "list-only") {
            return self.findings.reads("rsync");
        }
        let mut words = self.call.words.iter();
        let shell = words.find(|word| word.text == "-e" || word.text.starts_with("--rsh"));
        let runs = shell.and_then(|word| match word.text.split_once('=') {
            Some((_, value)) => Some(value),
            None => words.next().map(|word| word.text.as_str()),
        });
        if let Some(runs) = runs.filter(|text| !text.trim_start().starts_with("ssh")) {
            let script: Vec<Word> = runs.split_ascii_whitespace().map(Word::plain).collect();
            commands::read(&script, self.call.span, &self.call.place.inside(), self.findings);
        }
        let deletes = self.call.words.iter().any(|word| {
            word.text.starts_with("--delete") || word.text.starts_with("--del") && word.text.len() <= 5
        });
        let removes = self.args.has(&[], "remove-source-files");
        let mut operands = std::mem::take(&mut self.args.operands);
        let Some(target) = operands.pop() else {
            return self.quiet(Verb::Change, Severity::Low, "Copy files");
        };
        for source in &operands {
            disclose(self.call, source, self.findings);
        }
        let phrase = format!("Copy {} things to {}", operands.len().max(1), quoted(&target.text));
        let remote = is_remote(&target.text);
        if deletes {
            let phrase = format!("Make {} the same as its source, deleting the rest", quoted(&target.text));
            let severity = match self.place(target) {
                Where::Remade | Where::Temporary if !remote => Severity::Low,
                _ => Severity::High,
            };
            self.path(target, Verb::Delete, severity, Reversible::No, phrase);
        } else if remote {
            self.path(target, Verb::Publish, Severity::High, Reversible::No, phrase);
        } else {
            self.write(target, Verb::Overwrite, phrase);
        }
        if removes {
            for source in operands {
                let phrase = format!("Delete {} once it is copied", quoted(&source.text));
                self.path(source, Verb::Delete, Severity::High, Reversible::Unknown, phrase);
            }
        }
    }
}

/// `host:path`, `user@host:path`, `rsync://…`; not `./a:b` and not `C:\`.
pub(super) fn is_remote(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(host, _)| host.len() > 1 && !host.contains('/') && !host.starts_with('$'))
}

/// Whether `to` is the file that `from` was made to become.
fn is_twin(from: &str, to: &str) -> bool {
    let from = from.rsplit('/').next().unwrap_or(from);
    let to = to.rsplit('/').next().unwrap_or(to);
    to.starts_with(".env")
        && (from.strip_prefix(to).is_some_and(|rest| TWINS.contains(&rest))
            || TWINS.iter().any(|end| from.ends_with(end))
            || from.starts_with("example.")
            || from.starts_with("sample.")
            || from.starts_with("env."))
}
