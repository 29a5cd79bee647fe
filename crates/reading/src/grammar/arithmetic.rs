//! Arithmetic: `((…))`, `$((…))`, `$[…]`, subscripts, substrings.
//!
//! Invariant: a text that could be commands in another shell is a fault: what is called arithmetic holds nothing but
//! operands with operators between them.

use super::builder::Builder;
use super::cursor::Cursor;
use super::pieces::signs;
use super::tree::{Arithmetic, Operator, Piece};

/// Where an expression ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// At `))`.
    Parens,
    /// At `]`.
    Bracket,
    /// At `:` or `}`.
    Colon,
    /// At the end of what is read.
    End,
}

/// What is open while a closing `))` is looked for.
enum Open {
    Paren(usize),
    Brace,
    Quote,
}

impl Cursor<'_> {
    /// Whether `((` stands here and `))` closes it, as bash decides it: by counting what is open, quotes aside.
    /// Each is looked at once: what stands in it is decided on the way.
    pub(super) fn is_arithmetic(&mut self) -> bool {
        if !self.looks_at("((") {
            return false;
        }
        if let Some(known) = self.double_parens.get(&self.pos) {
            return *known;
        }
        if self.allowance() < self.end - self.pos {
            self.fault(self.pos, self.pos + 2, "it has more parentheses than are looked through");
            return false;
        }
        let from = self.pos;
        let to = self.look_through(from);
        self.allow(to - from);
        self.double_parens.get(&from).copied().unwrap_or(false)
    }

    /// Notes for each `((` from `from` on whether `))` closes it, up to where the first is closed; gives that place.
    fn look_through(&mut self, from: usize) -> usize {
        let mut open = Vec::new();
        let mut at = from;
        while at < self.end {
            let byte = self.bytes[at];
            let quoted = matches!(open.last(), Some(Open::Quote));
            match byte {
                b'\\' => at += 1,
                b'"' if quoted => {
                    open.pop();
                }
                b'"' => open.push(Open::Quote),
                b'\'' if !quoted => {
                    let rest = &self.bytes[at + 1..self.end];
                    at += 1 + memchr::memchr(b'\'', rest).unwrap_or(rest.len());
                }
                b'$' if self.bytes[at + 1..self.end].first() == Some(&b'{') => {
                    open.push(Open::Brace);
                    at += 1;
                }
                b'$' if self.bytes[at + 1..self.end].first() == Some(&b'(') => {
                    open.push(Open::Paren(at + 1));
                    at += 1;
                }
                b'}' if matches!(open.last(), Some(Open::Brace)) => {
                    open.pop();
                }
                b'(' if !quoted => open.push(Open::Paren(at)),
                b')' if let Some(Open::Paren(opened)) = open.last() => {
                    let opened = *opened;
                    open.pop();
                    if let Some(Open::Paren(outer)) = open.last()
                        && outer + 1 == opened
                    {
                        let closes = self.bytes[at + 1..self.end].first() == Some(&b')');
                        self.double_parens.insert(*outer, closes);
                    }
                    if open.is_empty() {
                        return at + 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        for pair in open.windows(2) {
            if let [Open::Paren(outer), Open::Paren(inner)] = pair
                && outer + 1 == *inner
            {
                self.double_parens.insert(*outer, false);
            }
        }
        self.end
    }

    /// The expression behind `((`, with its `))`.
    pub(super) fn arithmetic(&mut self, start: usize) -> Arithmetic {
        let from = self.pos;
        let pieces = self.expression(Ends::Parens);
        let expression = Arithmetic { pieces, span: self.span(from) };
        if !is_expression(&expression.pieces) {
            self.fault(start, self.pos, "an arithmetic expression is not understood");
        }
        if !self.take("))") {
            self.unclosed(start, "a parenthesis is not closed");
        }
        expression
    }

    /// The expression behind `[`, with its `]`.
    pub(super) fn bracketed(&mut self, start: usize) -> Arithmetic {
        let from = self.pos;
        let expression = self.nested(|cursor| {
            let pieces = cursor.expression(Ends::Bracket);
            Some(Arithmetic { pieces, span: cursor.span(from) })
        });
        if !self.take("]") {
            self.unclosed(start, "a bracket is not closed");
        }
        expression.unwrap_or_else(|| Arithmetic { pieces: Vec::new(), span: self.span(from) })
    }

    /// `${x:offset:length}`, behind its first colon.
    pub(super) fn substring(&mut self) -> Operator {
        let from = self.pos;
        let offset = Arithmetic { pieces: self.expression(Ends::Colon), span: self.span(from) };
        let length = self.take(":").then(|| {
            let from = self.pos;
            let mut pieces = self.expression(Ends::Colon);
            while self.peek(0) == b':' {
                self.pos += 1;
                pieces.extend(self.expression(Ends::Colon));
            }
            Arithmetic { pieces, span: self.span(from) }
        });
        Operator::Substring { offset, length }
    }

    /// The rest of what is read, as the pieces of an expression.
    pub(super) fn expression_pieces(&mut self) -> Vec<Piece> {
        self.expression(Ends::End)
    }

    fn expression(&mut self, ends: Ends) -> Vec<Piece> {
        let mut out = Builder::default();
        let (mut open, mut questions) = (0_usize, 0_usize);
        loop {
            let run = self.run(signs::EXPRESSION);
            if !run.is_empty() {
                out.text(run, false);
            }
            if self.at_end() {
                break;
            }
            match (self.bytes[self.pos], ends) {
                (b'$', _) => {
                    let quotes = matches!(self.peek(1), b'\'' | b'"');
                    self.dollar(&mut out, !quotes);
                    continue;
                }
                (b'`', _) => {
                    self.backquoted(&mut out, true);
                    continue;
                }
                (b'\'', _) => {
                    self.single_quoted(&mut out);
                    continue;
                }
                (b'"', _) => {
                    self.double_quoted(&mut out);
                    continue;
                }
                (b'\\', _) if self.peek(1) == b'\n' => {
                    self.pos += 2;
                    continue;
                }
                (b'\\', _) => {
                    self.pos += 1;
                    out.text(self.character(), true);
                    continue;
                }
                (b')', Ends::Parens) if open == 0 && self.peek(1) == b')' => break,
                (b']', Ends::Bracket) if open == 0 => break,
                (b'}', Ends::Colon) => break,
                (b':', Ends::Colon) if open == 0 && questions == 0 => break,
                (b'?', Ends::Colon) => questions += 1,
                (b':', Ends::Colon) => questions = questions.saturating_sub(1),
                (b'(', _) | (b'[', Ends::Bracket | Ends::Colon) => open += 1,
                (b')', _) | (b']', Ends::Bracket | Ends::Colon) => open = open.saturating_sub(1),
                _ => {}
            }
            out.text(self.character(), false);
        }
        out.done().into_vec()
    }
}

/// Whether pieces are operands with operators between them, as far as their texts tell.
fn is_expression(pieces: &[Piece]) -> bool {
    /// What stands before the place.
    #[derive(PartialEq)]
    enum Last {
        /// Nothing, or what has to be followed by an operand.
        Open,
        Operator(u8),
        Operand,
        /// An expansion: it may be any of them.
        Any,
    }
    let mut last = Last::Open;
    for piece in pieces {
        let Piece::Text { text, .. } = piece else {
            last = Last::Any;
            continue;
        };
        let text = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            at += 1;
            last = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => continue,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'#' | b'@' | b'.' | b'$' => {
                    let rest = &text[at..];
                    at += rest
                        .iter()
                        .take_while(|byte| {
                            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#' | b'@' | b'.')
                        })
                        .count();
                    match last {
                        Last::Operand => return false,
                        Last::Any => Last::Any,
                        _ => Last::Operand,
                    }
                }
                b'(' | b'[' | b';' => Last::Open,
                b')' | b']' => Last::Operand,
                b'+' | b'-' if last == Last::Operator(*byte) && at > 1 && text[at - 2] == *byte => Last::Any,
                b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'&' | b'|' | b'^' | b'!' | b'~'
                | b'?' | b':' | b',' => Last::Operator(*byte),
                _ => return false,
            };
        }
    }
    !matches!(last, Last::Operator(_))
}
