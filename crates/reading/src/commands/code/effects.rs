//! What a known call does with its arguments: deletes, writes, opens, runs, sends.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::calls::Seen;
use super::scan::{Origin, Scan, nested};
use super::tokens::Language;
use super::values::Value;
use crate::commands;
use crate::commands::changes::targets::{self, Where};
use crate::paths;
use crate::words::{Word, absolute, quoted, short};

impl Scan<'_, '_> {
    /// A path that a value names; unknown where it is put together when it runs.
    pub(super) fn target(&self, value: &Value) -> Option<Word> {
        let span = self.span();
        match value {
            Value::Text { text, whole } => {
                Some(Word { text: text.clone(), literal: *whole, glob: text.contains('*'), span })
            }
            Value::List(values) => values.first().and_then(|value| self.target(value)),
            Value::Number(_) => None,
            Value::Open => Some(Word { text: "$_".to_owned(), literal: false, glob: false, span }),
        }
    }

    pub(super) fn delete(&mut self, target: Option<&Value>, recursive: bool) {
        let many: Vec<Option<Value>> = match target {
            Some(Value::List(values)) if !values.is_empty() => {
                values.iter().take(16).cloned().map(Some).collect()
            }
            target => vec![target.cloned()],
        };
        for value in many {
            let word = value.as_ref().and_then(|value| self.target(value));
            let Some(word) = word.filter(|word| word.literal || word.text.len() > 2) else {
                let severity = if self.origin == Origin::Text { Severity::High } else { Severity::Low };
                self.effect(
                    Verb::Delete,
                    TargetKind::Path,
                    "what it works out",
                    severity,
                    "Delete what it works out".to_owned(),
                );
                continue;
            };
            let place = targets::place(&word, self.call.place);
            let severity = match place {
                Where::Unknown { .. } | Where::Project if self.origin == Origin::File => Severity::Low,
                place => place.deleted(recursive),
            };
            let phrase = match place {
                Where::Whole(whole) => format!("Delete {}, {whole}", quoted(&word.text)),
                _ if recursive => format!("Delete the folder {}", quoted(word.text.trim_end_matches('/'))),
                _ => format!("Delete {}", quoted(&word.text)),
            };
            let name = absolute(&word.text, self.call.place.cwd);
            self.effect(Verb::Delete, TargetKind::Path, &name, severity, phrase);
        }
    }

    pub(super) fn write(&mut self, target: Option<&Value>) {
        let Some(word) = target.and_then(|value| self.target(value)) else { return };
        if !word.literal {
            return self.unread(&short(&word.text), "which file it writes shows only when it runs");
        }
        let device = word.text.starts_with("/dev/")
            && !matches!(word.text.as_str(), "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty");
        let severity =
            if device { Severity::Critical } else { targets::place(&word, self.call.place).written() };
        let name = absolute(&word.text, self.call.place.cwd);
        self.effect(
            Verb::Overwrite,
            TargetKind::Path,
            &name,
            severity,
            format!("Overwrite {}", quoted(&word.text)),
        );
    }

    /// `writeFileSync("x", "")`: what was in the file is gone.
    pub(super) fn empties(&mut self, target: Option<&Value>) {
        let Some(word) = target.and_then(|value| self.target(value)).filter(|word| word.literal) else {
            return;
        };
        let name = absolute(&word.text, self.call.place.cwd);
        let phrase = format!("Empty {}", quoted(&word.text));
        self.effect(Verb::Overwrite, TargetKind::Path, &name, Severity::High, phrase);
    }

    pub(super) fn open(&mut self, seen: &Seen<'_>) {
        let texts: Vec<&Value> = seen.values.iter().collect();
        let mode = seen.named.iter().find(|(name, _)| name == "mode").map(|(_, value)| value);
        let is_mode = |text: &str| {
            !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b"rwaxbt+c<>|- ".contains(&b))
                || text.starts_with(['<', '>', '+', '|'])
        };
        // Perl: `open(F, ">x")`, `open(my $f, '>', 'x')`, `open(F, "cmd |")`.
        let perl = self.language == Language::Perl;
        let (path, how) = if perl {
            match texts.as_slice() {
                [_, Value::Text { text, .. }, path, ..] if is_mode(text) => {
                    (Some((*path).clone()), text.clone())
                }
                [_, Value::Text { text, whole }, ..] => {
                    let path = text.trim_start_matches(['<', '>', '+', ' ', '|']).to_owned();
                    let how: String =
                        text.chars().take_while(|c| matches!(c, '<' | '>' | '+' | '|')).collect();
                    let how = if text.trim_end().ends_with('|') { "|".to_owned() } else { how };
                    (Some(Value::Text { text: path, whole: *whole }), how)
                }
                _ => (None, String::new()),
            }
        } else {
            let how = mode.or_else(|| texts.get(1).copied()).and_then(Value::text).unwrap_or("r").to_owned();
            (
                seen.on
                    .clone()
                    .filter(|_| seen.values.first().and_then(Value::text).is_some_and(is_mode))
                    .or_else(|| texts.first().map(|value| (*value).clone())),
                how,
            )
        };
        if how.contains('|') {
            if let Some(Value::Text { text, whole }) = &path {
                let text = text.trim_end_matches(['|', ' ']).to_owned();
                self.shell(&text, *whole);
            }
            return;
        }
        if how.contains(['w', 'a', 'x', '+', '>']) {
            self.write(path.as_ref());
        } else {
            self.reads(path.as_ref());
        }
    }

    pub(super) fn reads(&mut self, target: Option<&Value>) {
        let Some(Value::Text { text, .. }) = target else { return };
        if let Some(what) = paths::secret(text, false) {
            let span = self.span();
            self.findings.disclosed(absolute(text, self.call.place.cwd), what, span);
        }
    }

    /// A program that is run: a text for a shell, or a list of words.
    pub(super) fn run(&mut self, seen: &Seen<'_>, shell: bool) {
        let shell = shell || seen.named.iter().any(|(name, _)| name == "shell");
        let first = seen.values.iter().find(|value| !matches!(value, Value::Number(_)));
        let words: Vec<Value> = match (first, seen.values.get(1)) {
            (Some(Value::List(words)), _) => words.clone(),
            // `spawn("rm", ["-rf", "x"])`.
            (Some(program), Some(Value::List(words))) if !shell || seen.name.contains("pawn") => {
                std::iter::once(program.clone()).chain(words.iter().cloned()).collect()
            }
            // `execlp("rm", "rm", "-rf", "x")`: the second word is the name once more.
            (Some(_), Some(_)) if seen.name.contains("execl") || seen.name.contains("spawnl") => {
                let at = usize::from(seen.name.contains("spawnl"));
                seen.values.iter().skip(at + 1).cloned().collect()
            }
            // Ruby and Perl: `system("rm", "-rf", "x")`.
            (Some(_), Some(Value::Text { .. }))
                if matches!(self.language, Language::Ruby | Language::Perl) =>
            {
                seen.values.clone()
            }
            (Some(Value::Text { text, whole }), _) => {
                if text.trim() == "$_" {
                    return self.hides("which command it runs shows only when it runs");
                }
                return self.shell(text, *whole);
            }
            _ => {
                if seen.values.is_empty() && seen.named.is_empty() {
                    return;
                }
                return self.hides("which command it runs shows only when it runs");
            }
        };
        let span = self.span();
        let words: Vec<Word> = words
            .iter()
            .map(|value| match value {
                Value::Text { text, whole } => {
                    Word { text: text.clone(), literal: *whole, glob: false, span }
                }
                Value::Number(number) => Word { text: number.to_string(), literal: true, glob: false, span },
                _ => Word { text: "$_".to_owned(), literal: false, glob: false, span },
            })
            .collect();
        if self.origin == Origin::File && words.first().is_none_or(|word| !word.literal) {
            return self.unread(self.call.name, "which program it runs shows only when it runs");
        }
        if matches!(
            words.first().map(|word| word.text.rsplit('/').next().unwrap_or(&word.text)),
            Some("sh" | "bash" | "zsh")
        ) {
            self.hands = true;
        }
        commands::read(&words, span, &self.call.place.inside(), self.findings);
    }

    pub(super) fn eval(&mut self, seen: &Seen<'_>) {
        let text = seen.values.iter().rev().find_map(Value::text);
        match (text, self.depth.checked_sub(1)) {
            (Some(text), Some(depth)) => {
                let text = text.to_owned();
                nested(self.call, &text, self.language, self.origin, self.word, depth, self.findings);
            }
            (Some(_), None) => self.hides("texts that are run stand too deep in one another"),
            (None, _) if seen.values.is_empty() => {}
            (None, _) => self.hides("the text that it runs shows only when it runs"),
        }
    }

    pub(super) fn send(&mut self, seen: &Seen<'_>, sends: bool) {
        let url = seen.values.iter().filter_map(|value| match value {
            Value::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let url = url
            .into_iter()
            .find(|text| text.contains("://") || text.starts_with('/'))
            .unwrap_or("")
            .to_owned();
        let own = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal"]
            .iter()
            .any(|host| url.contains(host));
        if !sends {
            self.unread(&short(&url), "what a server answers is not known");
            return;
        }
        let severity = if own || self.origin == Origin::File { Severity::Low } else { Severity::High };
        let shown = if url.is_empty() { "a server".to_owned() } else { quoted(&url) };
        self.effect(Verb::Publish, TargetKind::Url, &url, severity, format!("Send something to {shown}"));
    }

    pub(super) fn moves(&mut self, seen: &Seen<'_>) {
        let first = seen.values.first();
        if let Some(word) = first.and_then(|value| self.target(value)) {
            let place = targets::place(&word, self.call.place);
            let severity =
                if matches!(place, Where::Whole(_) | Where::System) { Severity::High } else { Severity::Low };
            let name = absolute(&word.text, self.call.place.cwd);
            self.effect(
                Verb::Change,
                TargetKind::Path,
                &name,
                severity,
                format!("Move {}", quoted(&word.text)),
            );
        }
        self.write(seen.values.get(1));
    }

    pub(super) fn kill(&mut self, seen: &Seen<'_>) {
        let first = seen.values.first();
        let all = seen.values.iter().any(|value| matches!(value, Value::Text { text, .. } if text == "-1"));
        let one = matches!(first, Some(Value::Number(1)));
        let severity = if all || one { Severity::High } else { Severity::Low };
        self.effect(
            Verb::StopService,
            TargetKind::Process,
            "a process",
            severity,
            "Stop a process".to_owned(),
        );
    }

    pub(super) fn rights(&mut self, seen: &Seen<'_>) {
        let open =
            seen.values.iter().any(|value| matches!(value, Value::Number(777 | 0o777 | 4755 | 0o4755 | 666)));
        let severity = if open { Severity::High } else { Severity::Low };
        let name = seen.values.iter().find_map(Value::text).unwrap_or("a file").to_owned();
        let name = absolute(&name, self.call.place.cwd);
        self.effect(Verb::Grant, TargetKind::Path, &name, severity, "Change the rights of a file".to_owned());
    }
}

/// Whether a request that could only ask is told to send.
pub(super) fn sends_something(seen: &Seen<'_>) -> bool {
    let first = seen.values.first();
    let method = seen.named.iter().find(|(name, _)| name == "method").and_then(|(_, value)| value.text());
    method.is_some_and(|method| !matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS"))
        || seen.named.iter().any(|(name, value)| {
            matches!(name.as_str(), "data" | "body" | "json" | "files") && *value != Value::Open
        })
        || first.and_then(Value::text).is_some_and(|text| matches!(text, "POST" | "PUT" | "DELETE" | "PATCH"))
}
