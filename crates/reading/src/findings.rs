//! What was found in an action so far, and how it becomes a reading: the room of severity.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use sayso_core::canonical::Digest;
use sayso_core::reading::{
    Effect, FileRead, Reach, Reason, Reversible, Rows, Span, Target, TargetKind, Unread, Verb,
};
use sayso_core::{Reading, Severity};

use crate::words::short;
use crate::{EFFECTS, paths};

/// One effect with what makes its sentence and its weight.
pub(crate) struct Found {
    pub(crate) verb: Verb,
    pub(crate) kind: TargetKind,
    /// The target's name, for a path absolute where the bytes allow it.
    pub(crate) name: String,
    pub(crate) reversible: Reversible,
    pub(crate) severity: Severity,
    /// For the card, without a full stop: "Delete the folder build".
    pub(crate) phrase: String,
    pub(crate) span: Option<Span>,
}

/// Effects, reasons and gaps, gathered while an action is read.
#[derive(Default)]
pub(crate) struct Findings {
    severity: Option<Severity>,
    effects: Vec<Effect>,
    reasons: Vec<Reason>,
    unread: Vec<Unread>,
    phrases: Vec<String>,
    /// Programs that were not read.
    unread_programs: Vec<String>,
    /// Programs that only read.
    readers: Vec<String>,
    uncounted: usize,
    disclosures: usize,
    files: Vec<FileRead>,
    reaches: Vec<Reach>,
    rows: Vec<Rows>,
}

impl Findings {
    /// Whether nothing but plain reads was found.
    pub(crate) fn is_clean(&self) -> bool {
        self.severity.is_none() && self.effects.is_empty() && self.unread.is_empty()
    }

    pub(crate) fn raise(&mut self, severity: Severity) {
        self.severity = self.severity.max(Some(severity));
    }

    /// How bad it is so far.
    pub(crate) const fn severity(&self) -> Option<Severity> {
        self.severity
    }

    /// An effect. On a path it weighs more where the path does.
    pub(crate) fn effect(&mut self, found: Found) {
        let special = (found.kind == TargetKind::Path).then(|| paths::special(&found.name)).flatten();
        if let Some(special) = special.filter(|_| self.effects.len() < EFFECTS) {
            self.raise(special.when_changed());
            self.reasons.push(Reason { why: special.why(&short(&found.name)), span: found.span });
        }
        self.effect_as_weighed(found);
    }

    /// An effect whose severity already says what its path means.
    pub(crate) fn effect_as_weighed(&mut self, found: Found) {
        self.raise(found.severity);
        if self.effects.len() >= EFFECTS {
            self.uncounted += 1;
            return;
        }
        self.reasons.push(Reason { why: found.phrase.clone(), span: found.span });
        self.phrases.push(found.phrase);
        let target = Target { kind: found.kind, name: found.name };
        self.effects.push(Effect { verb: found.verb, target, reversible: found.reversible });
    }

    /// A secret that is read.
    pub(crate) fn disclosed(&mut self, name: String, what: &str, span: Option<Span>) {
        self.raise(Severity::High);
        self.disclosures += 1;
        let phrase = format!("Read {}, {what}", crate::words::quoted(&name));
        self.reasons.push(Reason { why: phrase.clone(), span });
        self.phrases.push(phrase);
        let target = Target { kind: TargetKind::Path, name };
        self.effects.push(Effect { verb: Verb::Disclose, target, reversible: Reversible::No });
    }

    /// Something that could not be read.
    pub(crate) fn unread(&mut self, what: &str, why: impl Into<String>, span: Option<Span>) {
        self.unread_at(Severity::High, what, why, span);
    }

    /// Something that was not read and weighs no more than `severity`: the project's own business, plain words to a
    /// program that no row knows.
    pub(crate) fn unread_at(
        &mut self,
        severity: Severity,
        what: &str,
        why: impl Into<String>,
        span: Option<Span>,
    ) {
        self.raise(severity);
        if self.unread.len() < EFFECTS {
            self.unread.push(Unread { what: short(what), why: why.into(), span });
        }
    }

    /// A program that runs and is not read.
    pub(crate) fn unread_program(&mut self, name: &str, why: impl Into<String>, span: Option<Span>) {
        self.unread_program_at(Severity::High, name, why, span);
    }

    /// A program that runs and is not read, and weighs no more than `severity`.
    pub(crate) fn unread_program_at(
        &mut self,
        severity: Severity,
        name: &str,
        why: impl Into<String>,
        span: Option<Span>,
    ) {
        self.unread_at(severity, name, why, span);
        let name = short(name);
        if !self.unread_programs.contains(&name) && self.unread_programs.len() < EFFECTS {
            let target = Target { kind: TargetKind::Process, name: name.clone() };
            self.effects.push(Effect { verb: Verb::ExecuteUnread, target, reversible: Reversible::Unknown });
            self.unread_programs.push(name);
        }
    }

    /// A system that the action talks to.
    pub(crate) fn reach(&mut self, reach: Reach) {
        if self.reaches.len() < EFFECTS && !self.reaches.contains(&reach) {
            self.reaches.push(reach);
        }
    }

    /// Rows that a statement changes or deletes.
    pub(crate) fn rows(&mut self, rows: Rows) {
        if self.rows.len() < EFFECTS {
            self.rows.push(rows);
        }
    }

    /// A file that was read through. Once each.
    pub(crate) fn read_through(&mut self, path: &str, text: &str) {
        if !self.files.iter().any(|file| file.path == path) {
            self.files.push(FileRead { path: path.to_owned(), digest: Digest::of_bytes(text.as_bytes()) });
        }
    }

    /// A program that only reads, for the sentence.
    pub(crate) fn reads(&mut self, name: &str) {
        if !self.readers.iter().any(|known| known == name) {
            self.readers.push(name.to_owned());
        }
    }

    /// What was found in a text that stands inside this one; all of it points at `span`.
    pub(crate) fn absorb(&mut self, inner: Self, span: Option<Span>) {
        self.severity = self.severity.max(inner.severity);
        self.uncounted += inner.uncounted;
        self.disclosures += inner.disclosures;
        let room = EFFECTS.saturating_sub(self.effects.len());
        self.uncounted += inner.effects.len().saturating_sub(room);
        self.effects.extend(inner.effects.into_iter().take(room));
        self.reasons.extend(inner.reasons.into_iter().take(EFFECTS).map(|reason| Reason { span, ..reason }));
        self.unread.extend(inner.unread.into_iter().take(EFFECTS).map(|unread| Unread { span, ..unread }));
        self.phrases.extend(inner.phrases);
        inner.readers.iter().for_each(|name| self.reads(name));
        self.unread_programs.extend(inner.unread_programs);
        self.files.extend(inner.files);
        self.reaches.extend(inner.reaches);
        self.rows.extend(inner.rows);
    }

    /// The effects so far.
    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// How many secrets were read so far.
    pub(crate) const fn disclosures(&self) -> usize {
        self.disclosures
    }

    /// Why it is as bad as it is, where no effect says so.
    pub(crate) fn reason(&mut self, severity: Severity, why: impl Into<String>, span: Option<Span>) {
        self.raise(severity);
        if self.reasons.len() < EFFECTS {
            self.reasons.push(Reason { why: why.into(), span });
        }
    }

    /// Whether anything was found here that `before` does not have.
    pub(crate) fn adds_to(&self, before: &Self) -> bool {
        self.severity > before.severity || self.effects.iter().any(|effect| !before.effects.contains(effect))
    }

    /// What was found in the same text at another time.
    pub(crate) fn absorb_as_is(&mut self, inner: Self) {
        let reasons: Vec<Option<Span>> = inner.reasons.iter().map(|reason| reason.span).collect();
        let unread: Vec<Option<Span>> = inner.unread.iter().map(|unread| unread.span).collect();
        let (first_reason, first_unread) = (self.reasons.len(), self.unread.len());
        self.absorb(inner, None);
        for (reason, span) in self.reasons.iter_mut().skip(first_reason).zip(reasons) {
            reason.span = span;
        }
        for (unread, span) in self.unread.iter_mut().skip(first_unread).zip(unread) {
            unread.span = span;
        }
    }

    /// The reading of a command line.
    pub(crate) fn into_reading(mut self, plain: bool) -> Reading {
        if self.uncounted > 0 {
            let more = format!("{} more effects", self.uncounted);
            self.unread(&more, format!("a reading lists at most {EFFECTS} effects"), None);
        }
        if self.is_clean() && !plain {
            self.unread("the whole", "it is more than plain words that only read", None);
        }
        let sentence = self.sentence();
        self.once_each();
        Reading {
            severity: self.severity.unwrap_or(Severity::None),
            sentence,
            effects: self.effects,
            reasons: self.reasons,
            unread: self.unread,
            files: self.files,
            reaches: self.reaches,
            rows: self.rows,
        }
    }

    /// One effect for each verb on each target, whichever rooms found it; the graver word on whether it can be had
    /// back stays.
    fn once_each(&mut self) {
        if self.effects.len() > 1 {
            let mut kept: Vec<Effect> = Vec::with_capacity(self.effects.len());
            let mut at: HashMap<(Verb, Target), usize> = HashMap::new();
            for effect in self.effects.drain(..) {
                match at.entry((effect.verb, effect.target.clone())) {
                    Entry::Occupied(known) => {
                        if let Some(known) = kept.get_mut(*known.get()) {
                            known.reversible = graver(known.reversible, effect.reversible);
                        }
                    }
                    Entry::Vacant(place) => {
                        place.insert(kept.len());
                        kept.push(effect);
                    }
                }
            }
            self.effects = kept;
        }
        if self.reasons.len() > 1 {
            let mut seen = HashSet::new();
            let span = |span: Option<Span>| span.map(|span| (span.start, span.end));
            self.reasons.retain(|reason| seen.insert((reason.why.clone(), span(reason.span))));
        }
    }

    /// The reading of an action whose sentence is fixed by its kind.
    pub(crate) fn with_sentence(self, sentence: String) -> Reading {
        Reading { sentence, ..self.into_reading(true) }
    }

    fn sentence(&mut self) -> String {
        let mut seen = HashSet::new();
        self.phrases.retain(|phrase| seen.insert(phrase.clone()));
        let met = if self.unread.is_empty() { &self.readers } else { &self.unread_programs };
        let names: Vec<String> = met.iter().take(3).map(|name| crate::words::quoted(name)).collect();
        let names = in_a_row(names, met.len().saturating_sub(3));
        match (self.phrases.is_empty(), self.unread.is_empty(), names.is_empty()) {
            (true, true, true) => "Do nothing".to_owned(),
            (true, true, false) => format!("Only read, with {names}"),
            (true, false, true) => "Run a command that was not read in full".to_owned(),
            (true, false, false) => format!("Run {names}, not read in full"),
            (false, whole, _) => {
                let said =
                    joined(&self.phrases[..self.phrases.len().min(2)], self.phrases.len().saturating_sub(2));
                let rest = if whole { "" } else { ", and more that was not read" };
                format!("{said}{rest}")
            }
        }
    }
}

/// Of two words on one effect: what cannot be had back cannot.
const fn graver(one: Reversible, other: Reversible) -> Reversible {
    match (one, other) {
        (Reversible::No, _) | (_, Reversible::No) => Reversible::No,
        (Reversible::Unknown, _) | (_, Reversible::Unknown) => Reversible::Unknown,
        _ => Reversible::Yes,
    }
}

/// "Delete a", "Delete a and delete b", "Delete a, delete b and 3 more".
fn joined(phrases: &[String], more: usize) -> String {
    let mut parts: Vec<String> = phrases.iter().take(1).cloned().collect();
    for phrase in phrases.iter().skip(1) {
        let mut chars = phrase.chars();
        let first = chars.next().map(|c| c.to_ascii_lowercase());
        parts.push(first.into_iter().chain(chars).collect());
    }
    in_a_row(parts, more)
}

fn in_a_row(mut parts: Vec<String>, more: usize) -> String {
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
