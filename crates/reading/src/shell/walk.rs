//! The walk over a script's tree: every command that may run, in every branch.
//!
//! # Invariants
//! - No command in the tree is left out, whatever stands before it; over the budget the rest is unread, and grave words
//!   in it weigh.
//! - Commands of a pipeline, a subshell or a substitution leave nothing of what they set behind.

use std::rc::Rc;

use sayso_core::reading::Span;
use smol_str::SmolStr;

use super::state::{Anchor, Function, Positional, Session, State};
use super::stream::Stream;
use crate::Findings;
use crate::commands::Place;
use crate::grammar::tree::{self, Command, Connector, Item, Kind, Pipeline, Script};

/// What is known of a loop that has no end of its own.
#[derive(Default)]
pub(super) struct Endless {
    /// Whether anything in it waits or leaves it.
    pub(super) pauses: bool,
    /// Whether it uses the network, a disk, or starts processes.
    pub(super) works: bool,
}

/// See the module.
#[allow(clippy::struct_excessive_bools, reason = "each says one thing of the present command")]
pub(super) struct Walk<'w> {
    pub(super) session: &'w Session,
    /// Where the script began to run.
    pub(super) place: Place<'w>,
    pub(super) findings: &'w mut Findings,
    pub(super) state: State,
    /// The folder that the next command runs in, where it is known.
    pub(super) cwd: Option<String>,
    /// Whether a `cd` set it that may have failed.
    pub(super) moved: bool,
    /// The text of the present script, where spans are of it.
    pub(super) source: Option<&'w str>,
    /// Where the present text stands in the outermost one.
    pub(super) anchor: Anchor,
    /// Aliases that are being run.
    pub(super) running: Vec<SmolStr>,
    /// Bodies of functions that are being run.
    pub(super) bodies: Vec<Rc<Command>>,
    /// Which of its values every variable has at the moment.
    pub(super) choice: usize,
    /// How many values a variable has that was met.
    pub(super) widest: usize,
    /// Whether what is not known is taken for empty.
    pub(super) as_empty: bool,
    /// Whether something unknown stood within a word.
    pub(super) inner_unknown: bool,
    /// Pipes that have a name.
    pub(super) pipes: usize,
    /// Scripts of `trap`, for the end.
    pub(super) traps: Vec<(SmolStr, Option<Span>)>,
    /// Functions that nothing called yet.
    pub(super) uncalled: Vec<(SmolStr, Function)>,
    /// Whether the present command runs beside others: in a pipeline or in the background.
    pub(super) beside: bool,
    /// How many secrets were read before the present pipeline.
    pub(super) secrets: usize,
    /// Endless loops around the present command.
    pub(super) endless: Vec<Endless>,
    /// Loops around it.
    pub(super) loops: usize,
    over: bool,
}

impl<'w> Walk<'w> {
    pub(super) fn new(
        source: &'w str,
        state: State,
        place: Place<'w>,
        session: &'w Session,
        findings: &'w mut Findings,
    ) -> Self {
        Self {
            session,
            cwd: place.cwd.map(str::to_owned),
            place,
            findings,
            state,
            moved: false,
            source: Some(source),
            anchor: Anchor::Itself,
            running: Vec::new(),
            bodies: Vec::new(),
            choice: 0,
            widest: 1,
            as_empty: false,
            inner_unknown: false,
            pipes: 0,
            traps: Vec::new(),
            uncalled: Vec::new(),
            beside: false,
            secrets: 0,
            endless: Vec::new(),
            loops: 0,
            over: false,
        }
    }

    /// Where a part of the present text stands in the outermost one.
    pub(super) fn at(&self, span: Span) -> Option<Span> {
        match self.anchor {
            Anchor::Itself => Some(span),
            Anchor::Within(outer) => outer,
        }
    }

    /// A whole script, its traps, and the functions that it only defines.
    pub(super) fn whole(&mut self, script: &Script) {
        let stdin = Stream::from(self.place.stdin);
        self.script(script, &stdin, false);
        while let Some((text, span)) = self.traps.pop() {
            self.inner(&text, span, &Stream::Inherited, false);
        }
        while let Some((_, function)) = self.uncalled.pop() {
            self.state.positional = Positional::Unknown;
            self.call_body(&function, &Stream::Inherited, false);
        }
    }

    /// A text that runs in this shell: of `eval`, of `source`, of a trap.
    pub(super) fn inner(&mut self, text: &str, span: Option<Span>, stdin: &Stream, capture: bool) -> Stream {
        if !self.session.enter() {
            self.give_up();
            return Stream::nothing();
        }
        let parsed = match super::parsed(text, self.session) {
            Ok(parsed) => parsed,
            Err(why) => {
                self.session.leave();
                super::given_up(text, why, span, self.findings);
                return Stream::nothing();
            }
        };
        let source = self.source.take();
        let anchor = std::mem::replace(&mut self.anchor, Anchor::Within(span));
        super::faults(&parsed, text, span, self.findings);
        let printed = self.script(&parsed.script, stdin, capture);
        (self.source, self.anchor) = (source, anchor);
        self.session.leave();
        printed
    }

    /// A list of commands; what it prints, where `capture` asks for it.
    pub(super) fn script(&mut self, script: &Script, stdin: &Stream, capture: bool) -> Stream {
        let mut printed = Stream::nothing();
        for item in &script.items {
            let part = self.item(item, stdin, capture);
            if capture {
                printed = printed.then(part);
            }
        }
        printed
    }

    fn item(&mut self, item: &Item, stdin: &Stream, capture: bool) -> Stream {
        if item.background {
            if let Some(endless) = self.endless.last_mut() {
                endless.works = true;
            }
            let beside = std::mem::replace(&mut self.beside, true);
            let printed = self.isolated(|walk| walk.list(item, &Stream::nothing(), capture));
            self.beside = beside;
            return printed;
        }
        self.list(item, stdin, capture)
    }

    fn list(&mut self, item: &Item, stdin: &Stream, capture: bool) -> Stream {
        let mut printed = self.pipeline(&item.first, stdin, capture);
        let mut open: Option<usize> = None;
        for (connector, pipeline) in &item.rest {
            let part = match connector {
                Connector::And => {
                    open.get_or_insert_with(|| self.state.mark());
                    self.pipeline(pipeline, stdin, capture)
                }
                Connector::Or => {
                    if let Some(mark) = open.take() {
                        self.perhaps(mark);
                    }
                    let there = self.cwd.clone();
                    let moved = self.moved;
                    if moved {
                        self.cwd = None;
                    }
                    let mark = self.state.mark();
                    let part = self.pipeline(pipeline, stdin, capture);
                    self.perhaps(mark);
                    self.moved = moved;
                    if moved && leaves(pipeline) {
                        (self.cwd, self.moved) = (there, false);
                    }
                    part
                }
            };
            if capture {
                printed = printed.then(part);
            }
        }
        if let Some(mark) = open {
            self.perhaps(mark);
        }
        if self.moved && !self.state.errexit {
            // The `cd` before may have failed: from here on nobody knows the folder.
            self.cwd = None;
        }
        self.moved = false;
        printed
    }

    /// What was set since `mark` was perhaps not set.
    pub(super) fn perhaps(&mut self, mark: usize) {
        let changes = self.state.undo(mark);
        self.state.merge(vec![changes], true);
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &Stream, capture: bool) -> Stream {
        let before = self.findings.disclosures();
        let outer = std::mem::replace(&mut self.secrets, before);
        let printed = match pipeline.commands.as_slice() {
            [command] => self.command(command, stdin, capture),
            commands => {
                let beside = std::mem::replace(&mut self.beside, true);
                let mut stream = stdin.clone();
                for (at, command) in commands.iter().enumerate() {
                    let last = at + 1 == commands.len();
                    stream = self.isolated(|walk| walk.command(command, &stream, capture || !last));
                }
                self.beside = beside;
                stream
            }
        };
        self.secrets = outer;
        printed
    }

    /// Runs `what` in a shell of its own.
    pub(super) fn isolated<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.state.mark();
        let (cwd, moved) = (self.cwd.clone(), self.moved);
        let positional = self.state.positional.clone();
        let out = what(self);
        self.state.undo(mark);
        self.state.positional = positional;
        (self.cwd, self.moved) = (cwd, moved);
        out
    }

    /// A script in a shell of its own: of a subshell or a substitution.
    pub(super) fn apart(&mut self, script: &Script, stdin: &Stream, capture: bool) -> Stream {
        if !self.session.enter() {
            self.give_up();
            return Stream::Printed("a command that was not read".to_owned());
        }
        let widest = self.widest;
        let printed = self.isolated(|walk| walk.script(script, stdin, capture));
        self.widest = self.widest.max(widest);
        self.session.leave();
        printed
    }

    /// Over the budget: the rest is unread.
    pub(super) fn give_up(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            let text = self.source.unwrap_or_default();
            super::given_up(text, "it takes too many steps to read".to_owned(), None, self.findings);
        }
    }

    pub(super) fn command(&mut self, command: &Command, stdin: &Stream, capture: bool) -> Stream {
        if !self.session.spend(1) || !self.session.enter() {
            self.give_up();
            return Stream::Printed("a command that was not read".to_owned());
        }
        let printed = match &command.kind {
            Kind::Simple(simple) => self.simple(simple, command, stdin, capture),
            kind => self.compound(kind, command, stdin, capture),
        };
        self.session.leave();
        printed
    }

    pub(super) fn define(&mut self, name: &SmolStr, body: &Rc<Command>) {
        let function = Function { body: Rc::clone(body), anchor: self.anchor };
        self.uncalled.push((name.clone(), function.clone()));
        self.state.define(name, function);
    }

    /// Runs a function's body in this shell.
    pub(super) fn call_body(&mut self, function: &Function, stdin: &Stream, capture: bool) -> Stream {
        if !self.session.enter() {
            self.give_up();
            return Stream::nothing();
        }
        let same = self.anchor == function.anchor;
        let source = if same { self.source } else { None };
        let source = std::mem::replace(&mut self.source, source);
        let anchor = std::mem::replace(&mut self.anchor, function.anchor);
        let beside = std::mem::replace(&mut self.beside, false);
        let body = Rc::clone(&function.body);
        self.bodies.push(Rc::clone(&body));
        let printed = self.command(&body, stdin, capture);
        self.bodies.pop();
        (self.source, self.anchor, self.beside) = (source, anchor, beside);
        self.session.leave();
        printed
    }
}

/// Whether nothing behind it runs: `exit`, `return`, `{ echo; exit 1; }`.
fn leaves(pipeline: &Pipeline) -> bool {
    let [command] = pipeline.commands.as_slice() else { return false };
    match &command.kind {
        Kind::Simple(simple) => simple.words.first().and_then(tree::Word::bare).is_some_and(|word| {
            matches!(word, "exit" | "return" | "break" | "continue" | "die" | "fail" | "abort")
        }),
        Kind::Group(script) => {
            script.items.last().is_some_and(|item| item.rest.is_empty() && leaves(&item.first))
        }
        _ => false,
    }
}
