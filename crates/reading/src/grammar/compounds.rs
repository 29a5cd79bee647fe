//! Groups, subshells, `if`, loops, `case`, functions, coprocesses.
//!
//! Invariant: where a part is missing there is a fault, and what could be read of the others is kept.

use std::rc::Rc;

use smol_str::SmolStr;

use super::cursor::{Closers, Cursor};
use super::pieces::Mode;
use super::tree::{Arm, ArmEnd, Command, Kind, Pieces, Script, Word};

impl Cursor<'_> {
    /// A compound command without its redirections; `None` where a simple one stands, or none.
    pub(super) fn compound(&mut self) -> Option<Kind> {
        let start = self.pos;
        if self.peek(0) == b'(' {
            return Some(self.parenthesis(start));
        }
        // Most commands begin with a word that is none of these; this says so at once.
        if !matches!(self.peek(0), b'{' | b'[' | b'i' | b'w' | b'u' | b'f' | b's' | b'c') {
            return None;
        }
        let word = self.reserved();
        if !matches!(
            word,
            "{" | "[[" | "if" | "while" | "until" | "for" | "select" | "case" | "function" | "coproc"
        ) {
            return None;
        }
        self.pos += word.len();
        self.step(word.len());
        self.nested(|cursor| {
            Some(match word {
                "{" => Kind::Group(cursor.closed_by(start, Closers::BRACE)),
                "[[" => Kind::Test(cursor.condition(start)),
                "if" => cursor.branches(start),
                "while" | "until" => {
                    let condition = cursor.script(Closers::DO);
                    Kind::While { until: word == "until", condition, body: cursor.round(start) }
                }
                "for" | "select" => cursor.each(start, word == "select"),
                "case" => cursor.case(start),
                "function" => cursor.named_function(start),
                _ => cursor.coprocess(start),
            })
        })
    }

    fn parenthesis(&mut self, start: usize) -> Kind {
        self.nested(|cursor| {
            if cursor.is_arithmetic() {
                cursor.pos += 2;
                let expression = cursor.arithmetic(start);
                return Some(Kind::Arithmetic(expression));
            }
            cursor.pos += 1;
            let outer = std::mem::replace(&mut cursor.expected, Closers::NONE);
            let script = cursor.script(Closers::PAREN);
            cursor.expected = outer;
            if !cursor.take(")") {
                cursor.unclosed(start, "a parenthesis is not closed");
            }
            Some(Kind::Subshell(script))
        })
        .unwrap_or(Kind::Subshell(Script::default()))
    }

    /// Commands up to a `}`, `done` or the like, which is stepped over.
    fn closed_by(&mut self, start: usize, closer: Closers) -> Script {
        let script = self.script(closer);
        if Closers::of_word(self.reserved()) == Some(closer) {
            self.pos += self.reserved().len();
        } else {
            self.unclosed(start, "a compound command has no end");
        }
        script
    }

    /// `then`, `do` or `in`, which must stand here.
    fn demand(&mut self, start: usize, word: &str) -> bool {
        let there = self.take_reserved(word);
        if !there {
            self.unclosed(start, "a compound command lacks a part");
        }
        there
    }

    fn branches(&mut self, start: usize) -> Kind {
        let ends = Closers::ELIF | Closers::ELSE | Closers::FI;
        let mut branches = Vec::with_capacity(1);
        let mut otherwise = None;
        loop {
            let condition = self.script(Closers::THEN | ends);
            self.demand(start, "then");
            let body = self.script(ends);
            branches.push((condition, body));
            if !self.take_reserved("elif") {
                break;
            }
        }
        if self.take_reserved("else") {
            otherwise = Some(self.closed_by(start, Closers::FI));
        } else if !self.take_reserved("fi") {
            self.unclosed(start, "a compound command has no end");
        }
        Kind::If { branches, otherwise }
    }

    /// `do … done`, or the `{ … }` that bash takes in its place.
    fn round(&mut self, start: usize) -> Script {
        self.lines();
        if self.take_reserved("do") {
            return self.closed_by(start, Closers::DONE);
        }
        if self.take_reserved("{") {
            return self.closed_by(start, Closers::BRACE);
        }
        self.unclosed(start, "a compound command lacks a part");
        Script::default()
    }

    fn each(&mut self, start: usize, select: bool) -> Kind {
        self.blanks();
        if !select && self.looks_at("((") {
            self.pos += 2;
            let head = self.arithmetic(start);
            self.blanks();
            self.take(";");
            return Kind::ArithmeticFor { head, body: self.round(start) };
        }
        let variable = self.name(start);
        self.lines();
        let words = self.take_reserved("in").then(|| self.list_of_words());
        self.blanks();
        if self.peek(0) == b';' && self.peek(1) != b';' {
            self.pos += 1;
        }
        let body = self.round(start);
        if select { Kind::Select { variable, words, body } } else { Kind::For { variable, words, body } }
    }

    /// A literal name.
    fn name(&mut self, start: usize) -> SmolStr {
        self.blanks();
        let name = self.word(Mode::VALUE).and_then(|word| word.literal()).unwrap_or_default();
        if name.is_empty() {
            self.unclosed(start, "a name is missing");
        }
        name
    }

    fn list_of_words(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.word(Mode::WORD) {
                Some(word) => words.push(word),
                None => return words,
            }
        }
    }

    fn case(&mut self, start: usize) -> Kind {
        self.blanks();
        let subject = self.word(Mode::VALUE);
        if subject.is_none() {
            self.unclosed(start, "a case has nothing to compare");
        }
        let subject = subject.unwrap_or_else(|| Word { pieces: Pieces::new(), span: self.span(start) });
        self.lines();
        let mut arms = Vec::new();
        if self.demand(start, "in") {
            while let Some(arm) = self.arm(start) {
                arms.push(arm);
            }
        }
        Kind::Case { subject, arms }
    }

    /// One arm; `None` behind `esac`, which is stepped over, or where none begins.
    fn arm(&mut self, start: usize) -> Option<Arm> {
        self.lines();
        if self.take_reserved("esac") {
            return None;
        }
        let from = self.pos;
        self.take("(");
        let mut patterns = Vec::with_capacity(1);
        loop {
            self.blanks();
            patterns.extend(self.word(Mode::PATTERN));
            self.blanks();
            if self.peek(0) != b'|' {
                break;
            }
            self.pos += 1;
        }
        if !self.take(")") {
            self.unclosed(start, "a case's pattern has no end");
            if self.pos == from || self.at_end() {
                return None;
            }
        }
        let body = self.script(Closers::ARM | Closers::ESAC);
        let end = if self.take(";;&") {
            ArmEnd::Continue
        } else if self.take(";&") {
            ArmEnd::FallThrough
        } else {
            if !self.take(";;") && self.reserved() != "esac" {
                self.unclosed(start, "a case has no end");
            }
            ArmEnd::Done
        };
        Some(Arm { patterns, body, end })
    }

    fn named_function(&mut self, start: usize) -> Kind {
        let name = self.name(start);
        self.blanks();
        if self.take("(") {
            self.blanks();
            if !self.take(")") {
                self.unclosed(start, "a parenthesis is not closed");
            }
        }
        self.function_body(name, start)
    }

    pub(super) fn function_body(&mut self, name: SmolStr, start: usize) -> Kind {
        self.lines();
        let body = self.nested(Self::command);
        Kind::Function { name, body: Rc::new(self.or_nothing(body, start)) }
    }

    fn coprocess(&mut self, start: usize) -> Kind {
        self.blanks();
        let before = self.pos;
        let named = super::cursor::name_length(&self.bytes[before..self.end]);
        self.step(named);
        self.pos += named;
        self.blanks();
        let compound = named > 0
            && self.reserved_before(before).is_empty()
            && (self.peek(0) == b'('
                || matches!(
                    self.reserved(),
                    "{" | "[[" | "if" | "while" | "until" | "for" | "select" | "case"
                ));
        let name = compound.then(|| SmolStr::new(&self.text[before..before + named]));
        if !compound {
            self.pos = before;
        }
        let body = self.command();
        Kind::Coprocess { name, body: Box::new(self.or_nothing(body, start)) }
    }

    /// The reserved word that begins a compound command at `at`, or nothing.
    fn reserved_before(&self, at: usize) -> &str {
        let rest = &self.text[at..self.end];
        let word = &rest[..super::cursor::name_length(rest.as_bytes())];
        if matches!(word, "if" | "while" | "until" | "for" | "select" | "case" | "function" | "coproc") {
            word
        } else {
            ""
        }
    }

    /// A command that has to be there.
    fn or_nothing(&mut self, command: Option<Command>, start: usize) -> Command {
        command.unwrap_or_else(|| {
            self.unclosed(start, "a compound command lacks a part");
            Command { kind: Kind::Group(Script::default()), redirects: Vec::new(), span: self.span(start) }
        })
    }
}
