//! Quotes, backquotes and the bodies of here-documents.

use super::builder::Builder;
use super::cursor::{Closers, Cursor};
use super::pieces::signs;
use super::tree::{Piece, Pieces};

/// Where a quoted text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// At `"`.
    Quote,
    /// At `}`: the word of `"${x:-word}"`.
    Brace,
    /// At the end of what is read: a here-document. `strip`: without tabs at the start of lines.
    Here { strip: bool },
}

impl<'t> Cursor<'t> {
    /// `'…'`
    pub(super) fn single_quoted(&mut self, out: &mut Builder<'t>) {
        let start = self.pos;
        let rest = &self.bytes[start + 1..self.end];
        let length = memchr::memchr(b'\'', rest);
        let text = &self.text[start + 1..start + 1 + length.unwrap_or(rest.len())];
        self.step(text.len() + 1);
        self.pos = start + 1 + text.len();
        out.text(text, true);
        if length.is_some() {
            self.pos += 1;
        } else {
            self.unclosed(start, "a quote is not closed");
        }
    }

    /// `"…"`
    pub(super) fn double_quoted(&mut self, out: &mut Builder<'t>) {
        let start = self.pos;
        self.pos += 1;
        if self.peek(0) == b'"' {
            out.text("", true);
        }
        self.quoted(out, Ends::Quote);
        if !self.take("\"") {
            self.unclosed(start, "a quote is not closed");
        }
    }

    /// The word of `"${x:-word}"`, up to its `}`.
    pub(super) fn quoted_argument(&mut self) -> Pieces {
        let mut out = Builder::default();
        self.quoted(&mut out, Ends::Brace);
        out.done()
    }

    /// A here-document's body, up to the end.
    pub(super) fn here_pieces(&mut self, strip: bool) -> Pieces {
        let mut out = Builder::default();
        if strip {
            self.tabs();
        }
        self.quoted(&mut out, Ends::Here { strip });
        out.done()
    }

    fn tabs(&mut self) {
        while self.peek(0) == b'\t' {
            self.pos += 1;
            self.step(1);
        }
    }

    fn quoted(&mut self, out: &mut Builder<'t>, ends: Ends) {
        let mask = match ends {
            Ends::Quote | Ends::Here { strip: false } => signs::QUOTED,
            Ends::Brace => signs::QUOTED | signs::BRACE,
            Ends::Here { strip: true } => signs::QUOTED | signs::LINE,
        };
        loop {
            let run = self.run(mask);
            if !run.is_empty() {
                out.text(run, true);
            }
            if self.at_end() {
                return;
            }
            match self.bytes[self.pos] {
                b'"' if ends == Ends::Quote => return,
                // Quotes in the word of a quoted `${…}` come off; what is between them is quoted either way.
                b'"' if ends == Ends::Brace => self.pos += 1,
                b'}' => return,
                b'\\' => self.quoted_escape(out, ends),
                b'$' => self.dollar(out, true),
                b'`' => self.backquoted(out, true),
                b'\n' => {
                    out.text(self.character(), true);
                    self.tabs();
                }
                _ => out.text(self.character(), true),
            }
        }
    }

    /// In quotes a backslash is one before few signs only.
    fn quoted_escape(&mut self, out: &mut Builder<'t>, ends: Ends) {
        match self.peek(1) {
            b'\n' => {
                self.pos += 2;
                if ends == (Ends::Here { strip: true }) {
                    self.tabs();
                }
            }
            b'$' | b'`' | b'\\' => {
                self.pos += 1;
                out.text(self.character(), true);
            }
            b'"' if !matches!(ends, Ends::Here { .. }) => {
                self.pos += 1;
                out.text(self.character(), true);
            }
            b'}' if ends == Ends::Brace => {
                self.pos += 1;
                out.text(self.character(), true);
            }
            _ => out.text(self.character(), true),
        }
    }

    /// `` `…` ``
    pub(super) fn backquoted(&mut self, out: &mut Builder<'t>, quoted: bool) {
        let start = self.pos;
        self.pos += 1;
        self.node();
        let from = self.pos;
        let mut escapes = false;
        while !self.at_end() && self.peek(0) != b'`' {
            if self.peek(0) == b'\\' {
                self.pos += 1;
                escapes |= matches!(self.peek(0), b'`' | b'\\' | b'$' | b'"');
            }
            self.pos += 1;
            self.step(1);
        }
        // A backslash at the very end leads one further.
        let to = self.pos.min(self.end);
        self.pos = to;
        if !self.take("`") {
            self.unclosed(start, "a backquote is not closed");
        }
        let script = if escapes {
            let text = unescaped(&self.text[from..to], quoted);
            let span = self.span(start);
            self.nested(|cursor| cursor.apart(&text, span))
        } else {
            self.within(from, to, |cursor| cursor.inside(Closers::NONE))
        };
        out.push(Piece::CommandSubstitution { script: Box::new(script), quoted, span: self.span(start) });
    }

    /// `$'…'`; the place is at its quote.
    pub(super) fn ansi_quoted(&mut self, out: &mut Builder<'t>) {
        let start = self.pos;
        self.pos += 1;
        let mut text = Vec::new();
        // A NUL ends the text for the shell; what follows up to the quote is nothing.
        let mut ended = false;
        loop {
            if self.at_end() {
                self.unclosed(start, "a quote is not closed");
                break;
            }
            let from = self.pos;
            match self.bytes[from] {
                b'\'' => {
                    self.pos += 1;
                    break;
                }
                b'\\' => {
                    let length = text.len();
                    self.pos += 1;
                    ended |= !self.ansi_escape(&mut text);
                    if ended {
                        text.truncate(length);
                    }
                }
                _ => {
                    let character = self.character();
                    if !ended {
                        text.extend_from_slice(character.as_bytes());
                    }
                }
            }
        }
        out.made(&String::from_utf8_lossy(&text), true);
    }

    /// One escape of `$'…'`, its backslash being behind; `false` for a NUL.
    fn ansi_escape(&mut self, text: &mut Vec<u8>) -> bool {
        let sign = self.peek(0);
        if self.at_end() {
            text.push(b'\\');
            return true;
        }
        if !sign.is_ascii() {
            text.push(b'\\');
            text.extend_from_slice(self.character().as_bytes());
            return true;
        }
        self.pos += 1;
        self.step(1);
        let byte = match sign {
            b'a' => 0x07,
            b'b' => 0x08,
            b'e' | b'E' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' | b'?' => sign,
            b'0'..=b'7' => {
                self.pos -= 1;
                // Three digits of eight make up to 511; the shell keeps the low byte.
                let value = self.digits(8, 3).unwrap_or(0);
                return push_byte(text, value);
            }
            b'x' => {
                let braced = self.take("{");
                let value = self.digits(16, if braced { usize::MAX } else { 2 });
                if braced {
                    self.take("}");
                }
                if let Some(value) = value {
                    return push_byte(text, value);
                }
                text.extend_from_slice(b"\\x");
                return true;
            }
            b'u' | b'U' => {
                if let Some(value) = self.digits(16, if sign == b'u' { 4 } else { 8 }) {
                    return push_character(text, value);
                }
                text.extend_from_slice(&[b'\\', sign]);
                return true;
            }
            b'c' => {
                let control = self.peek(0);
                if control.is_ascii() && !self.at_end() {
                    self.pos += 1;
                }
                return push_byte(text, u32::from(control & 0x1f));
            }
            _ => {
                text.extend_from_slice(&[b'\\', sign]);
                return true;
            }
        };
        text.push(byte);
        true
    }

    /// A number of at most `most` digits; `None` where there is none.
    fn digits(&mut self, base: u32, most: usize) -> Option<u32> {
        let mut value = None;
        let mut count = 0;
        while count < most
            && let Some(digit) = char::from(self.peek(0)).to_digit(base)
        {
            value = Some(value.unwrap_or(0_u32).wrapping_mul(base).wrapping_add(digit));
            self.pos += 1;
            self.step(1);
            count += 1;
        }
        value
    }
}

fn push_byte(text: &mut Vec<u8>, value: u32) -> bool {
    let byte = value.to_le_bytes()[0];
    text.push(byte);
    byte != 0
}

fn push_character(text: &mut Vec<u8>, value: u32) -> bool {
    let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    value != 0
}

/// What stands in backquotes, as the inner shell gets it.
fn unescaped(text: &str, quoted: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let goes = match rest.as_bytes().get(at + 1) {
            Some(b'`' | b'\\' | b'$') => true,
            Some(b'"') => quoted,
            _ => false,
        };
        result.push_str(&rest[..at]);
        let mut after = rest[at + 1..].chars();
        if !goes {
            result.push('\\');
        }
        result.extend(after.next());
        rest = after.as_str();
    }
    result.push_str(rest);
    result
}
