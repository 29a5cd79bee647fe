//! Compound commands: groups, branches, loops.
//!
//! Invariant: every branch is walked, and behind it every value is possible that one of them leaves.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};
use smallvec::SmallVec;

use super::state::{ALTERNATIVES, Changes, Positional, Text, Value};
use super::stream::Stream;
use super::walk::{Endless, Walk};
use crate::findings::Found;
use crate::grammar::tree::{self, Command, Kind, Script};
use crate::words::Word;

/// Loops in one another whose body is walked a second time with what the first round left.
const SECOND_ROUNDS: usize = 2;

impl Walk<'_> {
    pub(super) fn compound(
        &mut self,
        kind: &Kind,
        command: &Command,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        let routed = self.routed(&command.redirects);
        let stdin = routed.stdin.as_ref().unwrap_or(stdin);
        let capture = capture || routed.stdout.is_some();
        let printed = match kind {
            Kind::Simple(_) => Stream::nothing(),
            Kind::Group(script) => self.script(script, stdin, capture),
            Kind::Subshell(script) => self.isolated(|walk| walk.script(script, stdin, capture)),
            Kind::If { branches, otherwise } => self.branches(branches, otherwise.as_ref(), stdin, capture),
            Kind::While { condition, body, .. } => {
                let forever = is_endless(condition);
                self.rounds(forever, capture, |walk| {
                    let said = walk.script(condition, stdin, capture);
                    said.then(walk.script(body, stdin, capture))
                })
            }
            Kind::For { variable, words, body } | Kind::Select { variable, words, body } => {
                let values = self.loop_values(words.as_deref());
                self.state.set(variable, values);
                self.rounds(false, capture, |walk| walk.script(body, stdin, capture))
            }
            Kind::ArithmeticFor { head, body } => {
                let text = self.text_of(&head.pieces);
                let mut parts = text.text.split(';');
                let forever = parts.nth(1).is_some_and(|condition| matches!(condition.trim(), "" | "1"));
                self.rounds(forever, capture, |walk| walk.script(body, stdin, capture))
            }
            Kind::Case { subject, arms } => {
                self.inside(subject);
                let mut changes = Vec::with_capacity(arms.len());
                let mut printed = Stream::nothing();
                for arm in arms {
                    for pattern in &arm.patterns {
                        self.inside(pattern);
                    }
                    let (set, part) = self.branch(|walk| walk.script(&arm.body, stdin, capture));
                    changes.push(set);
                    printed = either(printed, part);
                }
                self.state.merge(changes, true);
                printed
            }
            Kind::Function { name, body } => {
                self.define(name, body);
                Stream::nothing()
            }
            Kind::Test(words) => {
                for word in words {
                    self.inside(word);
                }
                // `[[ -v 'a[$(…)]' ]]` works an index out.
                if words.iter().any(|word| {
                    word.literal().is_some_and(|text| text.contains("[$(") || text.contains("[`"))
                }) {
                    let texts = words.iter().map(|word| Word::plain(&word.literal().unwrap_or_default()));
                    let texts: Vec<Word> = std::iter::once(Word::plain("test")).chain(texts).collect();
                    super::builtins::subscripts(self, &texts, self.at(command.span));
                }
                Stream::nothing()
            }
            Kind::Arithmetic(arithmetic) => {
                self.number(arithmetic);
                Stream::nothing()
            }
            Kind::Coprocess { body, .. } => {
                let unknown = Stream::Printed("what is written to it".to_owned());
                self.isolated(|walk| walk.command(body, &unknown, false))
            }
        };
        self.written(routed, printed)
    }

    fn branches(
        &mut self,
        branches: &[(Script, Script)],
        otherwise: Option<&Script>,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        let mut changes = Vec::with_capacity(branches.len() + 1);
        let mut printed = Stream::nothing();
        for (condition, body) in branches {
            self.script(condition, stdin, false);
            let (set, part) = self.branch(|walk| walk.script(body, stdin, capture));
            changes.push(set);
            printed = either(printed, part);
        }
        if let Some(body) = otherwise {
            let (set, part) = self.branch(|walk| walk.script(body, stdin, capture));
            changes.push(set);
            printed = either(printed, part);
        }
        self.state.merge(changes, otherwise.is_none());
        printed
    }

    /// Runs `what` and takes back what it set.
    fn branch(&mut self, what: impl FnOnce(&mut Self) -> Stream) -> (Changes, Stream) {
        let mark = self.state.mark();
        let (cwd, moved) = (self.cwd.clone(), self.moved);
        let printed = what(self);
        if self.cwd == cwd {
            self.moved = moved;
        } else {
            (self.cwd, self.moved) = (None, false);
        }
        (self.state.undo(mark), printed)
    }

    /// The rounds of a loop: what one leaves behind, the next one meets.
    fn rounds(&mut self, forever: bool, capture: bool, mut round: impl FnMut(&mut Self) -> Stream) -> Stream {
        if forever {
            self.endless.push(Endless::default());
        }
        self.loops += 1;
        let mark = self.state.mark();
        let mut printed = round(self);
        let again = self.loops <= SECOND_ROUNDS && self.state.changed_since(mark);
        self.perhaps(mark);
        if again {
            let first = std::mem::take(self.findings);
            let mark = self.state.mark();
            printed = printed.then(round(self));
            self.perhaps(mark);
            let second = std::mem::replace(self.findings, first);
            if second.adds_to(self.findings) {
                self.findings.absorb_as_is(second);
            }
        }
        self.loops -= 1;
        if let Some(endless) = forever.then(|| self.endless.pop()).flatten()
            && endless.works
            && !endless.pauses
        {
            self.findings.effect(Found {
                verb: Verb::StopService,
                kind: TargetKind::Host,
                name: "this machine".to_owned(),
                reversible: Reversible::Unknown,
                severity: Severity::High,
                phrase: "Go on without an end or a pause".to_owned(),
                span: None,
            });
        }
        if capture { repeated(printed) } else { Stream::nothing() }
    }

    /// What the variable of a `for` goes through.
    fn loop_values(&mut self, words: Option<&[tree::Word]>) -> SmallVec<[Value; 1]> {
        let mut values: SmallVec<[Value; 1]> = SmallVec::new();
        let Some(words) = words else {
            match &self.state.positional {
                Positional::Known(items) => values.extend(items.iter().cloned().map(Value::Scalar)),
                _ => values.push(Value::Scalar(Text::unknown("$1"))),
            }
            return values;
        };
        let expanded = self.in_every_choice(|walk| walk.words(words));
        for word in expanded.into_iter().flatten() {
            let text = Text { text: word.text.into(), literal: word.literal, glob: word.glob };
            let value = Value::Scalar(text);
            if !values.contains(&value) {
                values.push(value);
            }
            if values.len() == ALTERNATIVES {
                values.push(Value::Scalar(Text::unknown("what the loop goes on with")));
                break;
            }
        }
        if values.is_empty() {
            values.push(Value::Unset);
        }
        values
    }

    /// `what` once for each value that a variable in it can have. Effects are kept of the first alone.
    pub(super) fn in_every_choice<T>(&mut self, mut what: impl FnMut(&mut Self) -> T) -> SmallVec<[T; 1]> {
        let outer = std::mem::replace(&mut self.widest, 1);
        let mut all: SmallVec<[T; 1]> = SmallVec::new();
        all.push(what(self));
        if self.choice == 0 {
            let mut choice = 1;
            while choice < self.widest.min(ALTERNATIVES + 1) && self.session.spend(1) {
                let kept = std::mem::take(self.findings);
                self.choice = choice;
                all.push(what(self));
                *self.findings = kept;
                choice += 1;
            }
            self.choice = 0;
        }
        self.widest = self.widest.max(outer);
        all
    }
}

/// What one of two branches prints.
fn either(one: Stream, other: Stream) -> Stream {
    match (one, other) {
        (Stream::Text(text), other) if text.is_empty() => other,
        (one, Stream::Text(text)) if text.is_empty() => one,
        (one, other) if one == other => one,
        (Stream::Download, _) | (_, Stream::Download) => Stream::Download,
        _ => Stream::Printed("one of several commands".to_owned()),
    }
}

/// What the rounds of a loop print together is not known where one prints something.
fn repeated(printed: Stream) -> Stream {
    match printed {
        Stream::Text(text) if text.is_empty() => Stream::nothing(),
        Stream::Text(text) | Stream::Partly(text) => Stream::Partly(text),
        other => other,
    }
}

/// `true`, `:`.
fn is_endless(condition: &Script) -> bool {
    let [item] = condition.items.as_slice() else { return false };
    let [command] = item.first.commands.as_slice() else { return false };
    let Kind::Simple(simple) = &command.kind else { return false };
    let text = simple.words.first().and_then(tree::Word::literal);
    item.rest.is_empty() && text.is_some_and(|text| matches!(text.as_str(), "true" | ":" | "1"))
}
