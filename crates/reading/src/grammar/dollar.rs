//! What `$` begins: parameters, `${…}`, substitutions.

use smol_str::SmolStr;

use super::builder::Builder;
use super::cursor::{Closers, Cursor, name_length};
use super::pieces::Mode;
use super::tree::{Operator, Parameter, Piece, Which, Word};

impl<'t> Cursor<'t> {
    /// The expansion whose `$` stands here, or that sign as a letter.
    pub(super) fn dollar(&mut self, out: &mut Builder<'t>, quoted: bool) {
        let start = self.pos;
        self.pos += 1;
        // A line may be joined between the sign and what it expands.
        while self.take("\\\n") {
            self.step(2);
        }
        match self.peek(0) {
            b'(' => {
                let piece = self.dollar_parenthesis(start, quoted);
                out.push(piece);
            }
            b'{' => {
                let piece = self.dollar_brace(start, quoted);
                out.push(piece);
            }
            b'[' => {
                self.pos += 1;
                self.node();
                let expression = self.bracketed(start);
                out.push(Piece::Arithmetic { expression, quoted });
            }
            b'\'' if !quoted => self.ansi_quoted(out),
            b'"' if !quoted => self.double_quoted(out),
            _ => match self.plain_name() {
                0 => out.text("$", quoted),
                length => out.push(self.plain_parameter(start, length, quoted)),
            },
        }
    }

    /// `$name`, behind its sign.
    fn plain_parameter(&mut self, start: usize, length: usize, quoted: bool) -> Piece {
        let mut name = SmolStr::new(&self.text[self.pos..self.pos + length]);
        let longer = name_length(name.as_bytes()) > 0;
        self.pos += length;
        self.node();
        self.step(length);
        if longer && self.looks_at("\\\n") {
            name = self.joined_name(&name);
        }
        Piece::Parameter(Box::new(Parameter {
            name,
            index: None,
            indirect: false,
            operator: Operator::Plain,
            quoted,
            span: self.span(start),
        }))
    }

    /// A name that goes on behind the joined lines that stand here.
    fn joined_name(&mut self, begun: &str) -> SmolStr {
        let mut name = begun.to_owned();
        while self.take("\\\n") {
            let rest = &self.bytes[self.pos..self.end];
            let length =
                rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            name.push_str(&self.text[self.pos..self.pos + length]);
            self.pos += length;
            self.step(length + 2);
        }
        name.into()
    }

    /// The length of the parameter's name behind a bare `$`.
    fn plain_name(&self) -> usize {
        match self.peek(0) {
            b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => 1,
            _ => name_length(&self.bytes[self.pos..self.end]),
        }
    }

    /// `$(…)` or `$((…))`, behind its sign.
    fn dollar_parenthesis(&mut self, start: usize, quoted: bool) -> Piece {
        self.node();
        if self.is_arithmetic() {
            self.pos += 2;
            let expression = self.nested(|cursor| Some(cursor.arithmetic(start)));
            if let Some(expression) = expression {
                return Piece::Arithmetic { expression, quoted };
            }
        }
        self.pos = (self.pos + 1).min(self.end);
        let script = Box::new(self.inside(Closers::PAREN));
        if !self.take(")") {
            self.unclosed(start, "a substitution is not closed");
        }
        Piece::CommandSubstitution { script, quoted, span: self.span(start) }
    }

    /// `${…}`, behind its sign.
    fn dollar_brace(&mut self, start: usize, quoted: bool) -> Piece {
        self.node();
        self.pos += 1;
        if matches!(self.peek(0), b' ' | b'\t' | b'\n' | b'|') {
            if self.peek(0) == b'|' {
                self.pos += 1;
            }
            let script = Box::new(self.inside(Closers::SUBSTITUTION));
            if !self.take("}") {
                self.unclosed(start, "a substitution is not closed");
            }
            return Piece::CommandSubstitution { script, quoted, span: self.span(start) };
        }
        let nothing = Parameter {
            name: SmolStr::default(),
            index: None,
            indirect: false,
            operator: Operator::Plain,
            quoted,
            span: self.span(start),
        };
        let parameter = self.nested(|cursor| Some(cursor.parameter(start, quoted)));
        Piece::Parameter(Box::new(parameter.unwrap_or(nothing)))
    }

    /// What stands behind `${`, with its `}`.
    fn parameter(&mut self, start: usize, quoted: bool) -> Parameter {
        let length = self.is_prefix(b'#');
        let indirect = !length && self.is_prefix(b'!');
        if length || indirect {
            self.pos += 1;
        }
        let name = self.parameter_name();
        let index =
            if self.peek(0) == b'[' && !name.is_empty() { Some(self.parameter_index(start)) } else { None };
        let operator = if name.is_empty() {
            self.unknown(start, quoted)
        } else if length && self.peek(0) == b'}' {
            Operator::Length
        } else if indirect && matches!((self.peek(0), self.peek(1)), (b'*' | b'@', b'}')) {
            self.pos += 1;
            Operator::Names
        } else if length {
            self.unknown(start, quoted)
        } else {
            self.operator(start, quoted)
        };
        let keys = index.as_ref().is_some_and(|index| matches!(index.bare(), Some("@" | "*")));
        let operator =
            if indirect && keys && operator == Operator::Plain { Operator::Names } else { operator };
        if !self.take("}") {
            self.unclosed(start, "an expansion is not closed");
        }
        Parameter { name, index, indirect, operator, quoted, span: self.span(start) }
    }

    /// Whether `#` or `!` here stands before a name and is not one itself.
    fn is_prefix(&self, sign: u8) -> bool {
        if self.peek(0) != sign {
            return false;
        }
        match self.peek(1) {
            b'0'..=b'9' | b'_' | b'a'..=b'z' | b'A'..=b'Z' => true,
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => self.peek(2) == b'}',
            _ => false,
        }
    }

    fn parameter_name(&mut self) -> SmolStr {
        let rest = &self.bytes[self.pos..self.end];
        let length = match rest.first() {
            Some(b'0'..=b'9') => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => self.plain_name(),
        };
        let name = SmolStr::new(&self.text[self.pos..self.pos + length]);
        self.pos += length;
        self.step(length);
        name
    }

    fn parameter_index(&mut self, start: usize) -> Word {
        self.pos += 1;
        let expression = self.bracketed(start);
        Word { pieces: expression.pieces.into(), span: expression.span }
    }

    /// What this grammar does not know between `${` and `}`.
    fn unknown(&mut self, start: usize, quoted: bool) -> Operator {
        let word = self.argument(quoted);
        self.unclosed(start, "an expansion is not known");
        Operator::Unknown(word)
    }

    /// The word up to `}`.
    fn argument(&mut self, quoted: bool) -> Word {
        let start = self.pos;
        let pieces = if quoted { self.quoted_argument() } else { self.pieces(Mode::ARGUMENT) };
        Word { pieces, span: self.span(start) }
    }

    /// A pattern up to `}`. Quotes in it are quotes, also in quotes.
    fn pattern(&mut self, mode: Mode) -> Word {
        let start = self.pos;
        let pieces = self.pieces(mode);
        Word { pieces, span: self.span(start) }
    }

    fn operator(&mut self, start: usize, quoted: bool) -> Operator {
        let sign = self.peek(0);
        match sign {
            b'}' => return Operator::Plain,
            b':' if !matches!(self.peek(1), b'-' | b'=' | b'?' | b'+') => {
                self.pos += 1;
                return self.substring();
            }
            _ => {}
        }
        let or_empty = self.take(":");
        let sign = if or_empty { self.peek(0) } else { sign };
        let at = self.pos;
        self.pos = (at + 1).min(self.end);
        match sign {
            b'-' => Operator::Default { or_empty, word: self.argument(quoted) },
            b'=' => Operator::Assign { or_empty, word: self.argument(quoted) },
            b'?' => Operator::Demand { or_empty, word: self.argument(quoted) },
            b'+' => Operator::Alternative { or_empty, word: self.argument(quoted) },
            b'#' => {
                let longest = self.take("#");
                Operator::RemovePrefix { longest, pattern: self.pattern(Mode::ARGUMENT) }
            }
            b'%' => {
                let longest = self.take("%");
                Operator::RemoveSuffix { longest, pattern: self.pattern(Mode::ARGUMENT) }
            }
            b'/' => self.replace(quoted),
            b'^' | b',' | b'~' => {
                let all = self.peek(0) == sign;
                if all {
                    self.pos += 1;
                }
                Operator::Case { sign: char::from(sign), all, pattern: self.pattern(Mode::ARGUMENT) }
            }
            b'@' if self.peek(0).is_ascii_alphabetic() && self.peek(1) == b'}' => {
                let letter = char::from(self.peek(0));
                self.pos += 1;
                Operator::Transform(letter)
            }
            _ => {
                self.pos = at;
                self.unknown(start, quoted)
            }
        }
    }

    /// `${x/pattern/with}`, behind its first slash.
    fn replace(&mut self, quoted: bool) -> Operator {
        let which = match self.peek(0) {
            b'/' => Which::All,
            b'#' => Which::Prefix,
            b'%' => Which::Suffix,
            _ => Which::First,
        };
        if which != Which::First {
            self.pos += 1;
        }
        let pattern = self.pattern(Mode::REPLACED);
        let with = self.take("/").then(|| {
            let start = self.pos;
            let pieces = if quoted { self.quoted_argument() } else { self.pieces(Mode::ARGUMENT) };
            Word { pieces, span: self.span(start) }
        });
        Operator::Replace { which, pattern, with }
    }
}
