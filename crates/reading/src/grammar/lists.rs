//! Scripts, lists, pipelines and simple commands.

use smallvec::smallvec;
use smol_str::SmolStr;

use super::cursor::{Closers, Cursor, is_meta, name_length};
use super::pieces::Mode;
use super::tree::{
    Assignment, Command, Connector, Descriptor, Element, Item, Kind, Piece, Pipeline, Redirect,
    RedirectOperator, Script, Simple, Target, Value, Word,
};

/// Builtins whose arguments may be assignments of arrays.
const DECLARING: &[&str] = &["declare", "typeset", "local", "export", "readonly"];

impl Cursor<'_> {
    /// Commands up to something in `until`, which is left standing, or to the end.
    pub(super) fn script(&mut self, until: Closers) -> Script {
        let outer = self.expected;
        self.expected = outer | until;
        let mut items = Vec::new();
        while self.is_before_command() {
            let start = self.pos;
            if let Some(item) = self.item() {
                items.push(item);
            }
            if self.pos == start {
                self.character();
                self.fault(start, self.pos, "a sign stands where a command should");
            }
        }
        self.expected = outer;
        Script { items }
    }

    /// Steps to the next command of a list; `false` at the list's end. What is neither is a fault.
    fn is_before_command(&mut self) -> bool {
        loop {
            self.lines();
            if self.at_end() {
                return false;
            }
            let start = self.pos;
            let why = match self.bytes[start] {
                b')' if self.expected.has(Closers::PAREN) => return false,
                b')' => {
                    self.pos += 1;
                    "a parenthesis is closed that was never opened"
                }
                b';' if matches!(self.peek(1), b';' | b'&') => {
                    if self.expected.has(Closers::ARM) {
                        return false;
                    }
                    self.pos += 2;
                    "an arm of a case ends where there is none"
                }
                b'&' if self.peek(1) == b'>' => return true,
                b'}' if self.expected.has(Closers::SUBSTITUTION) => return false,
                b';' | b'&' | b'|' => {
                    self.pos += 1;
                    "no command stands before this sign"
                }
                _ => {
                    let word = self.reserved();
                    let Some(closer) = Closers::of_word(word) else { return true };
                    if self.expected.has(closer) {
                        return false;
                    }
                    self.pos += word.len();
                    "a reserved word ends what was never begun"
                }
            };
            self.step(1);
            self.fault(start, self.pos, why);
        }
    }

    /// Pipelines up to the end of the line or `;` or `&`, which is stepped over.
    fn item(&mut self) -> Option<Item> {
        let first = self.pipeline()?;
        let mut item = Item { first, rest: Vec::new(), background: false };
        loop {
            self.blanks();
            let start = self.pos;
            let connector = match (self.peek(0), self.peek(1)) {
                (b'&', b'&') => Connector::And,
                (b'|', b'|') => Connector::Or,
                _ => break,
            };
            self.pos += 2;
            self.step(2);
            self.lines();
            match self.pipeline() {
                Some(pipeline) => item.rest.push((connector, pipeline)),
                None => self.unclosed(start, "no command follows this sign"),
            }
        }
        match (self.peek(0), self.peek(1)) {
            (b';', b';' | b'&') | (b'\n' | b')', _) => {}
            (b';', _) => self.pos += 1,
            (b'&', _) => {
                self.pos += 1;
                item.background = true;
            }
            _ if self.at_end() || Closers::of_word(self.reserved()).is_some() => {}
            _ => {
                let end =
                    self.text[self.pos..].chars().next().map_or(self.pos, |sign| self.pos + sign.len_utf8());
                self.fault(self.pos, end, "a sign stands where a command should end");
            }
        }
        Some(item)
    }

    fn pipeline(&mut self) -> Option<Pipeline> {
        let start = self.pos;
        let mut pipeline = Pipeline { negated: false, timed: false, commands: Vec::with_capacity(1) };
        loop {
            match self.reserved() {
                "!" => {
                    self.pos += 1;
                    pipeline.negated = !pipeline.negated;
                }
                "time" => {
                    self.pos += 4;
                    pipeline.timed = true;
                    self.blanks();
                    for option in ["-p", "--"] {
                        if self.looks_at(option) && (self.pos + 2 >= self.end || is_meta(self.peek(2))) {
                            self.pos += 2;
                            self.blanks();
                        }
                    }
                }
                _ => break,
            }
            self.step(1);
            self.blanks();
        }
        let prefixed = self.pos > start;
        loop {
            let Some(command) = self.command() else { break };
            pipeline.commands.push(command);
            self.blanks();
            let sign = self.pos;
            if self.peek(0) != b'|' || self.peek(1) == b'|' {
                return Some(pipeline);
            }
            self.pos += 1;
            if self.peek(0) == b'&' {
                self.pos += 1;
                let both = self.errors_too(sign);
                pipeline.commands.last_mut()?.redirects.push(both);
            }
            self.lines();
        }
        if !pipeline.commands.is_empty() {
            self.unclosed(start, "no command follows a pipe");
        }
        (prefixed || !pipeline.commands.is_empty()).then_some(pipeline)
    }

    /// What `|&` means: `2>&1`.
    fn errors_too(&self, sign: usize) -> Redirect {
        let span = self.span(sign);
        let one = Piece::Text { text: SmolStr::new_static("1"), quoted: false };
        Redirect {
            descriptor: Descriptor::Number(2),
            operator: RedirectOperator::DuplicateWrite,
            target: Target::Word(Word { pieces: smallvec![one], span }),
            span,
        }
    }

    /// One command with its redirections; `None` where none begins.
    pub(super) fn command(&mut self) -> Option<Command> {
        let start = self.pos;
        let mut redirects = Vec::new();
        let (kind, end) = match self.compound() {
            Some(kind @ (Kind::Function { .. } | Kind::Coprocess { .. })) => (kind, self.pos),
            Some(kind) => (kind, self.trailing_redirects(&mut redirects)),
            None => self.simple(&mut redirects)?,
        };
        Some(Command { kind, redirects, span: self.span_to(start, end) })
    }

    /// The redirections behind a compound command, and where it ends.
    fn trailing_redirects(&mut self, redirects: &mut Vec<Redirect>) -> usize {
        loop {
            let end = self.pos;
            self.blanks();
            match self.redirect() {
                Some(redirect) => redirects.push(redirect),
                None => return end,
            }
        }
    }

    /// Assignments, words and redirections, in any order that a shell takes. A function's definition begins like it.
    /// With it comes where it ends.
    fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Option<(Kind, usize)> {
        let start = self.pos;
        let mut end = start;
        let mut simple = Simple::default();
        loop {
            let from = self.pos;
            if let Some(redirect) = self.redirect() {
                redirects.push(redirect);
            } else if let Some(assignment) = self.assignment(simple.words.is_empty()) {
                simple.assignments.push(assignment);
            } else if let Some(word) = self.word(Mode::WORD) {
                if simple.words.is_empty() {
                    self.joined_sign(from, &word);
                }
                simple.words.push(word);
            } else if self.peek(0) == b'(' && simple.words.len() == 1 && self.is_definition() {
                if !simple.assignments.is_empty() || !redirects.is_empty() {
                    self.fault(
                        start,
                        self.pos,
                        "a function is defined behind an assignment or a redirection",
                    );
                }
                let name = simple.words.pop()?;
                return Some((self.definition(&name), self.pos));
            } else if self.peek(0) != b'(' || !self.array_argument(&mut simple) {
                break;
            }
            end = self.pos;
            self.blanks();
            let ends = matches!(self.peek(0), b'\n' | b';' | b'|' | b')') || self.at_end();
            if ends || (self.peek(0) == b'&' && self.peek(1) != b'>') {
                break;
            }
        }
        let empty = simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty();
        (!empty).then_some((Kind::Simple(simple), end))
    }

    /// A reserved word or an assignment that is joined from two lines: for the shell it is one, here it is a program.
    fn joined_sign(&mut self, start: usize, word: &Word) {
        if !self.since(start).contains("\\\n") {
            return;
        }
        let Some(Piece::Text { text, quoted: false }) = word.pieces.first() else { return };
        let behind = &text.as_bytes()[name_length(text.as_bytes())..];
        let subscript =
            behind.is_empty() && matches!(word.pieces.get(1), Some(Piece::Glob(sign)) if sign == "[");
        let sets = subscript || matches!(behind, [b'=' | b'[', ..] | [b'+', b'=', ..]);
        let assigns = behind.len() < text.len() && sets;
        if assigns || is_reserved(text) {
            self.fault(start, self.pos, "a line is joined within a sign");
        }
    }

    /// Whether `()` stands here; the first of them does.
    fn is_definition(&mut self) -> bool {
        let rest = &self.bytes[self.pos + 1..self.end];
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.step(blanks);
        rest.get(blanks) == Some(&b')')
    }

    /// The body of a function; `()` stands here.
    fn definition(&mut self, name: &Word) -> Kind {
        let start = self.pos;
        let shown = name.literal().unwrap_or_default();
        if shown.is_empty() {
            self.fault(name.span.start, name.span.end, "a function's name is not known");
        }
        self.pos += 1;
        self.blanks();
        if !self.take(")") {
            self.fault(start, self.pos, "a parenthesis is not closed");
        }
        self.function_body(shown, start)
    }

    /// `name=value` and its like, where an assignment may stand.
    fn assignment(&mut self, may: bool) -> Option<Assignment> {
        if !may {
            return None;
        }
        let start = self.pos;
        let length = name_length(&self.bytes[start..self.end]);
        if length == 0 {
            return None;
        }
        self.step(length);
        let mut index = None;
        let mut after = start + length;
        if self.peek(length) == b'[' {
            let close = self.subscript_end(after);
            let sets =
                |close: &usize| matches!(self.bytes[close + 1..self.end], [b'=', ..] | [b'+', b'=', ..]);
            let Some(to) = close.filter(sets) else {
                self.unclear_subscript(after, close);
                return None;
            };
            index = Some((after + 1, to));
            after = to + 1;
        }
        let append = self.bytes[after..self.end].starts_with(b"+=");
        if !append && self.bytes[after..self.end].first() != Some(&b'=') {
            return None;
        }
        let index = index.map(|(from, to)| self.subscript(from, to));
        self.pos = after + if append { 2 } else { 1 };
        let value =
            if self.peek(0) == b'(' { Value::Array(self.elements()) } else { Value::Scalar(self.value()) };
        self.node();
        Some(Assignment {
            name: SmolStr::new(&self.text[start..start + length]),
            index,
            append,
            value,
            span: self.span(start),
        })
    }

    /// What a variable is set to: a word, or nothing.
    fn value(&mut self) -> Word {
        let start = self.pos;
        self.word(Mode::VALUE).unwrap_or_else(|| Word { pieces: smallvec![], span: self.span(start) })
    }

    /// What stands between the brackets of a subscript.
    fn subscript(&mut self, from: usize, to: usize) -> Word {
        self.within(from, to, |cursor| {
            let pieces = cursor.expression_pieces();
            Word { pieces: pieces.into(), span: cursor.span(from) }
        })
    }

    /// `(…)`: the elements of an array.
    fn elements(&mut self) -> Vec<Element> {
        let start = self.pos;
        self.pos += 1;
        let mut elements = Vec::new();
        loop {
            self.lines();
            if self.take(")") {
                return elements;
            }
            let index = match self.peek(0) {
                b'[' => self.subscript_end(self.pos).filter(|close| {
                    let rest = &self.bytes[close + 1..self.end];
                    rest.starts_with(b"=") || rest.starts_with(b"+=")
                }),
                _ => None,
            };
            let index = index.map(|close| {
                let word = self.subscript(self.pos + 1, close);
                self.pos = close + if self.bytes[close + 1] == b'+' { 3 } else { 2 };
                word
            });
            let value = if index.is_some() { Some(self.value()) } else { self.word(Mode::WORD) };
            let Some(value) = value else {
                self.unclosed(start, "an array is not closed");
                return elements;
            };
            elements.push(Element { index, value });
        }
    }

    /// `declare a=(…)`: the array behind the last word, if it is one.
    fn array_argument(&mut self, simple: &mut Simple) -> bool {
        let Some(last) = simple.words.last_mut() else { return false };
        let touches = last.bare().is_some_and(|text| text.ends_with('=')) && self.bytes[self.pos - 1] == b'=';
        if !touches {
            return false;
        }
        let start = last.span.start;
        let Some(word) = simple.words.pop() else { return false };
        let declares =
            simple.words.iter().any(|word| word.bare().is_some_and(|text| DECLARING.contains(&text)));
        if !declares {
            self.fault(self.pos, self.pos + 1, "an array stands where only a word can");
        }
        let elements = self.nested(Self::elements);
        let mut word = word;
        word.pieces.push(Piece::Array(elements));
        word.span = self.span(start);
        simple.words.push(word);
        true
    }

    /// Where the bracket that opens at `open` closes, blanks and line ends being part of what it holds.
    fn subscript_end(&mut self, open: usize) -> Option<usize> {
        let (mut brackets, mut quote) = (0_usize, 0_u8);
        let mut at = open;
        while at < self.end {
            let byte = self.bytes[at];
            if !self.allow(1) {
                self.give_up("it has more subscripts than are looked through");
                return None;
            }
            match byte {
                b'\\' if quote != b'\'' => at += 1,
                b'\'' | b'"' if quote == 0 => quote = byte,
                _ if quote == byte => quote = 0,
                _ if quote != 0 => {}
                b'[' => brackets += 1,
                b']' => {
                    brackets -= 1;
                    if brackets == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// What looks like `name[…]=` and is none. bash takes a bracket behind a name for a subscript in any case, with
    /// the blanks in it; other shells do not.
    fn unclear_subscript(&mut self, open: usize, close: Option<usize>) {
        let holds_blanks =
            close.is_none_or(|close| self.bytes[open..close].iter().any(|byte| is_meta(*byte)));
        if holds_blanks {
            self.fault(open, open + 1, "a subscript is not closed, or sets nothing");
        }
    }
}

/// Whether a word is a reserved one where a command may begin.
fn is_reserved(word: &str) -> bool {
    Closers::of_word(word).is_some()
        || matches!(
            word,
            "!" | "{"
                | "[["
                | "if"
                | "while"
                | "until"
                | "for"
                | "select"
                | "case"
                | "function"
                | "coproc"
                | "time"
        )
}
