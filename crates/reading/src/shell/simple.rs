//! Simple commands: assignments, then words that name a function, a builtin, or a program.

use std::rc::Rc;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::called::SENDERS;
use super::printed::printed;
use super::redirect::Routed;
use super::state::{ALTERNATIVES, Defined, Positional, Text, Value};
use super::stream::Stream;
use super::walk::Walk;
use super::{builtins, variables};
use crate::commands::{self, Around, Place};
use crate::findings::Found;
use crate::grammar::tree::{self, Assignment, Command, Simple};
use crate::words::Word;

/// Bytes that a variable is followed to when it is added to.
const APPENDED: usize = 16 * 1024;
/// Programs by which a loop lets others have a turn, or ends.
const PAUSES: &[&str] = &[
    "sleep",
    "read",
    "break",
    "exit",
    "return",
    "wait",
    "inotifywait",
    "fswatch",
    "usleep",
    "select",
    "tail",
    "journalctl",
];
impl Walk<'_> {
    pub(super) fn simple(
        &mut self,
        simple: &Simple,
        command: &Command,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        let outer = std::mem::replace(&mut self.widest, 1);
        self.inner_unknown = false;
        let first = self.once(simple, command, stdin, capture);
        let inner = std::mem::take(&mut self.inner_unknown);
        if self.choice == 0 {
            let mut choice = 1;
            while choice < self.widest.min(ALTERNATIVES + 1) && self.session.spend(1) {
                self.choice = choice;
                self.once(simple, command, stdin, false);
                choice += 1;
            }
            self.choice = 0;
            if inner && !self.as_empty && self.session.spend(1) {
                self.worse_when_empty(simple, command, stdin);
            }
        }
        self.widest = self.widest.max(outer);
        first
    }

    /// Something unknown stands within a word, between letters (`r${x}m`). A variable that nobody set is empty.
    fn worse_when_empty(&mut self, simple: &Simple, command: &Command, stdin: &Stream) {
        let first = std::mem::take(self.findings);
        self.as_empty = true;
        self.once(simple, command, stdin, false);
        self.as_empty = false;
        let second = std::mem::replace(self.findings, first);
        if second.severity() >= Some(Severity::High) {
            self.findings.absorb_as_is(second);
        }
    }

    /// The command with the values of the present choice.
    fn once(&mut self, simple: &Simple, command: &Command, stdin: &Stream, capture: bool) -> Stream {
        let again = self.choice > 0;
        let declares =
            simple.words.first().and_then(tree::Word::literal).is_some_and(|name| builtins::declares(&name));
        // What stands in the words was walked at the first choice.
        let kept = again.then(|| std::mem::take(self.findings));
        let mut words = if declares { self.words(&simple.words[..1]) } else { self.words(&simple.words) };
        if let Some(kept) = kept {
            *self.findings = kept;
        }
        if simple.words.is_empty() {
            self.assign_all(&simple.assignments, false);
        }
        let routed = self.routed(&command.redirects);
        let stdin = routed.stdin.as_ref().unwrap_or(stdin);
        let capture = capture || routed.stdout.is_some();
        let span = self.at(command.span);
        let printed = if declares {
            builtins::declare(self, &simple.words, span);
            Stream::nothing()
        } else if words.is_empty() {
            // `$(<file)`, and `> file` alone.
            if routed.stdin.is_some() { stdin.clone() } else { Stream::nothing() }
        } else {
            let mark = (!simple.assignments.is_empty()).then(|| {
                let mark = self.state.mark();
                self.assign_all(&simple.assignments, true);
                mark
            });
            self.alias(simple, &words, span, stdin);
            let printed = self.run(&mut words, span, stdin, capture);
            if !capture {
                self.shows(&words, span);
            }
            if let Some(mark) = mark {
                // The assignments end with the command; what it set itself stays: `IFS=, read -ra a`.
                let names: Vec<SmolStr> =
                    simple.assignments.iter().map(|set| SmolStr::new(&set.name)).collect();
                let changes = self.state.undo(mark).without(&names);
                self.state.merge(vec![changes], false);
            }
            printed
        };
        self.written(routed, printed)
    }

    /// Assignments before a word are in the environment of that one program.
    fn assign_all(&mut self, assignments: &[Assignment], for_one: bool) {
        for assignment in assignments {
            let values = self.assigned(assignment);
            let span = self.at(assignment.span);
            for value in &values {
                if let Value::Scalar(text) = value {
                    variables::check(self, &assignment.name, text, span);
                }
            }
            self.state.set(&assignment.name, values);
            if for_one {
                self.state.export(&assignment.name, true);
            }
        }
    }

    /// What an assignment sets, in every choice.
    pub(super) fn assigned(&mut self, assignment: &Assignment) -> SmallVec<[Value; 1]> {
        if let Some(index) = &assignment.index {
            self.inside(index);
        }
        let every = self.in_every_choice(|walk| match &assignment.value {
            tree::Value::Scalar(word) => Value::Scalar(walk.text(word)),
            tree::Value::Array(elements) => Value::Array(walk.elements(elements).into()),
        });
        let mut values: SmallVec<[Value; 1]> = SmallVec::new();
        for value in every {
            if assignment.append && !self.session.spend(1) {
                break;
            }
            let value = match (assignment.append, &assignment.index) {
                (true, None) => self.appended(&assignment.name, value),
                (_, None) => value,
                (_, Some(_)) => self.element(assignment, value),
            };
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// `x+=…`
    fn appended(&self, name: &str, value: Value) -> Value {
        let old = self.state.variable(name).map(|variable| variable.values.as_slice());
        match (old, value) {
            (Some([Value::Scalar(old)]), Value::Scalar(new))
                if old.text.len() + new.text.len() <= APPENDED =>
            {
                Value::Scalar(Text {
                    text: smol_str::format_smolstr!("{}{}", old.text, new.text),
                    literal: old.literal && new.literal,
                    glob: old.glob || new.glob,
                })
            }
            (Some([Value::Array(old)]), Value::Array(new)) if old.len() + new.len() <= APPENDED / 16 => {
                Value::Array(old.iter().chain(new.iter()).cloned().collect())
            }
            (Some([Value::Unset]) | None, Value::Array(new)) => Value::Array(new),
            (Some([Value::Unset]), new) => new,
            _ => Value::Scalar(Text::unknown(smol_str::format_smolstr!("${name}"))),
        }
    }

    /// `a[1]=…`
    fn element(&self, assignment: &Assignment, value: Value) -> Value {
        let Value::Scalar(new) = value else { return value };
        let mut items = match self.state.variable(&assignment.name).map(|variable| variable.values.as_slice())
        {
            Some([Value::Array(items)]) => items.to_vec(),
            _ => Vec::new(),
        };
        let index =
            assignment.index.as_ref().and_then(tree::Word::literal).and_then(|at| at.parse::<usize>().ok());
        match index.and_then(|index| items.get_mut(index)) {
            Some(item) => *item = new,
            None => items.push(new),
        }
        Value::Array(items.into())
    }

    /// An alias that this line set. Whether the shell expands it is its own matter: both are read.
    fn alias(&mut self, simple: &Simple, words: &[Word], span: Option<Span>, stdin: &Stream) {
        if self.state.aliases.is_empty() {
            return;
        }
        let Some(name) = simple.words.first().and_then(tree::Word::bare).map(SmolStr::new) else { return };
        let Some(text) = self.state.aliases.get(&name).cloned() else { return };
        if self.running.contains(&name) {
            return;
        }
        self.running.push(name);
        let mut line = text.to_string();
        for word in words.get(1..).unwrap_or_default() {
            line.push(' ');
            line.push_str(&if word.literal { shell_quoted(&word.text) } else { word.text.clone() });
        }
        self.inner(&line, span, stdin, false);
        self.running.pop();
    }

    /// Runs words: a function, a builtin or a program. What it prints, where `capture` asks for it.
    pub(super) fn run(
        &mut self,
        words: &mut Vec<Word>,
        span: Option<Span>,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        let Some(program) = words.first() else { return Stream::nothing() };
        if !program.literal || program.glob {
            return self.run_unknown(words, span, stdin, capture);
        }
        // zsh: `=rm` is the path of rm, and `zf_rm` is rm as a builtin.
        let own = program.text.strip_prefix('=').or_else(|| program.text.strip_prefix("zf_"));
        if let Some(plain) =
            own.filter(|plain| !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            let plain = Word { text: plain.to_owned(), ..program.clone() };
            words.splice(..1, [plain]);
        }
        let Some(program) = words.first() else { return Stream::nothing() };
        let name = SmolStr::new(&program.text);
        if let Some(endless) = self.endless.last_mut() {
            endless.pauses |= PAUSES.contains(&name.as_str());
            endless.works |= SENDERS.contains(&name.as_str());
        }
        if let Some(defined) = self.state.function(&name).cloned() {
            let printed = self.call(&name, &defined, words, stdin, capture, span);
            if defined.certain {
                return printed;
            }
        }
        if let Some(printed) = builtins::run(self, &name, words, span, stdin, capture) {
            return printed;
        }
        self.program(words, span, stdin);
        if name.as_str() == "git" {
            self.git_alias(words, span, stdin);
        }
        self.sends(words, span);
        self.downloads(words);
        self.copies(words, stdin);
        if capture { printed(words, stdin, self.cwd.as_deref()) } else { Stream::nothing() }
    }

    /// Hands a call to the catalogue.
    pub(super) fn program(&mut self, words: &[Word], span: Option<Span>, stdin: &Stream) {
        let place = Place {
            cwd: self.cwd.as_deref(),
            wrapped: 0,
            stdin: stdin.stdin(),
            shell: Some(Around { session: self.session, state: Some(&self.state) }),
            ..self.place
        };
        commands::read(words, span, &place, self.findings);
    }

    fn call(
        &mut self,
        name: &SmolStr,
        defined: &Defined,
        words: &[Word],
        stdin: &Stream,
        capture: bool,
        span: Option<Span>,
    ) -> Stream {
        self.uncalled.retain(|(known, _)| known != name);
        let items = words.iter().skip(1).map(|word| Text {
            text: SmolStr::new(&word.text),
            literal: word.literal,
            glob: word.glob,
        });
        let given = Positional::Known(items.collect());
        let mut printed = Stream::nothing();
        for body in &defined.bodies {
            if self.bodies.iter().any(|running| Rc::ptr_eq(running, &body.body)) {
                self.recursion(span);
                printed = Stream::Printed(name.to_string());
                continue;
            }
            let before = std::mem::replace(&mut self.state.positional, given.clone());
            printed = self.call_body(body, stdin, capture);
            self.state.positional = before;
        }
        printed
    }

    /// A function that runs itself beside itself.
    fn recursion(&mut self, span: Option<Span>) {
        if self.beside {
            self.findings.effect(Found {
                verb: Verb::StopService,
                kind: TargetKind::Host,
                name: "this machine".to_owned(),
                reversible: Reversible::Unknown,
                severity: Severity::Critical,
                phrase: "Start itself again and again until nothing else runs".to_owned(),
                span,
            });
        }
    }

    /// The effects of what was written, and what stands in the file now.
    pub(super) fn written(&mut self, routed: Routed, printed: Stream) -> Stream {
        match routed.stdout {
            None => printed,
            Some(sink) => {
                self.sink(sink, printed);
                Stream::nothing()
            }
        }
    }
}

/// `text` as one word of a line.
pub(super) fn shell_quoted(text: &str) -> String {
    let plain = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b'-' | b'.' | b'/' | b',' | b':' | b'=' | b'@' | b'+' | b'%' | b'~')
    };
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
