//! Where the reading of a script stands: the text, what is open, what was not understood.
//!
//! Invariant: `pos` never passes `end` and, but for the allowance, never goes back.

use std::collections::HashMap;
use std::ops::BitOr;

use sayso_core::reading::Span;

use super::redirects::Pending;
use super::tree::{Fault, Script};
use super::{DEPTH, FAULTS, NODES};

/// What may end a list of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closers(u16);

impl Closers {
    pub(super) const NONE: Self = Self(0);
    /// `)`
    pub(super) const PAREN: Self = Self(1);
    /// `}`
    pub(super) const BRACE: Self = Self(2);
    pub(super) const THEN: Self = Self(4);
    pub(super) const ELIF: Self = Self(8);
    pub(super) const ELSE: Self = Self(16);
    pub(super) const FI: Self = Self(32);
    pub(super) const DO: Self = Self(64);
    pub(super) const DONE: Self = Self(128);
    pub(super) const ESAC: Self = Self(256);
    /// `;;` and its like.
    pub(super) const ARM: Self = Self(512);
    /// `}` whatever follows it: of `${ …; }`.
    pub(super) const SUBSTITUTION: Self = Self(1024);

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The closer that a reserved word is.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "}" => Self::BRACE,
            "then" => Self::THEN,
            "elif" => Self::ELIF,
            "else" => Self::ELSE,
            "fi" => Self::FI,
            "do" => Self::DO,
            "done" => Self::DONE,
            "esac" => Self::ESAC,
            _ => return None,
        })
    }
}

impl BitOr for Closers {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The state of one pass over a text.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) pos: usize,
    /// Nothing from here on is seen: the end of the text, of backquotes, of a here-document.
    pub(super) end: usize,
    depth: usize,
    nodes: usize,
    /// What any list around this one may end with, up to the nearest parenthesis.
    pub(super) expected: Closers,
    /// Whether the nearest parenthesis is a substitution's.
    pub(super) substituted: bool,
    /// Here-documents of this line.
    pub(super) pending: Vec<Pending>,
    pub(super) faults: Vec<Fault>,
    /// Whether a limit was met: what is open then is not a fault of its own.
    gave_up: bool,
    /// What every span is, inside backquotes that had to be unescaped.
    fixed: Option<Span>,
    pub(super) carriage_return: Option<Span>,
    /// Bytes that may still be looked at twice.
    allowance: usize,
    /// For `((` at a place: whether `))` closes it.
    pub(super) double_parens: HashMap<usize, bool>,
    /// How much work was done, in signs looked at.
    #[cfg(test)]
    pub(super) steps: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            end: text.len(),
            depth: 0,
            nodes: 0,
            expected: Closers::NONE,
            substituted: false,
            pending: Vec::new(),
            faults: Vec::new(),
            gave_up: false,
            fixed: None,
            carriage_return: None,
            // Each `((` is looked through once to see what closes it, and each subscript; nested ones share a look.
            allowance: 4 * text.len() + 64,
            double_parens: HashMap::new(),
            #[cfg(test)]
            steps: 0,
        }
    }

    /// The whole text as a script.
    pub(super) fn whole(&mut self) -> Script {
        let script = self.script(Closers::NONE);
        self.end_of_bodies();
        script
    }

    /// A script in `text` that stands at `span` in what this one reads.
    pub(super) fn apart(&mut self, text: &str, span: Span) -> Script {
        let mut inner = Cursor::new(text);
        inner.depth = self.depth;
        inner.nodes = self.nodes;
        inner.fixed = Some(self.fixed.unwrap_or(span));
        let script = inner.whole();
        self.nodes = inner.nodes;
        for fault in inner.faults {
            self.list(fault);
        }
        #[cfg(test)]
        self.step(inner.steps);
        script
    }

    /// The sign `ahead` of the place; 0 behind the end.
    #[inline]
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        if self.pos + ahead < self.end { self.bytes[self.pos + ahead] } else { 0 }
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.end
    }

    pub(super) fn looks_at(&self, sign: &str) -> bool {
        self.bytes[self.pos..self.end].starts_with(sign.as_bytes())
    }

    /// Steps over `sign` if it stands here.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let there = self.looks_at(sign);
        if there {
            self.pos += sign.len();
        }
        there
    }

    /// Steps over one character, and gives it.
    pub(super) fn character(&mut self) -> &'t str {
        let start = self.pos;
        let length = self.text[start..self.end].chars().next().map_or(0, char::len_utf8);
        self.pos += length;
        self.step(1);
        &self.text[start..self.pos]
    }

    /// The text from `start` to the place.
    pub(super) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.pos]
    }

    /// The span from `start` to the place.
    #[inline]
    pub(super) fn span(&self, start: usize) -> Span {
        self.fixed.unwrap_or(Span { start, end: self.pos })
    }

    #[inline]
    pub(super) fn span_to(&self, start: usize, end: usize) -> Span {
        self.fixed.unwrap_or(Span { start, end })
    }

    #[inline]
    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "tests count")
    )]
    pub(super) fn step(&mut self, signs: usize) {
        #[cfg(test)]
        {
            self.steps += signs;
        }
        #[cfg(not(test))]
        let _ = signs;
    }

    pub(super) fn fault(&mut self, start: usize, end: usize, why: &'static str) {
        let span = self.fixed.unwrap_or(Span { start, end });
        self.list(Fault { span, why });
    }

    fn list(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS {
            self.faults.push(fault);
        }
    }

    /// Something that began at `start` has no end. Behind a limit that says nothing new.
    pub(super) fn unclosed(&mut self, start: usize, why: &'static str) {
        if !self.gave_up {
            self.fault(start, self.pos, why);
        }
    }

    /// Reads no further than to here.
    pub(super) fn give_up(&mut self, why: &'static str) {
        if !self.gave_up {
            self.fault(self.pos, self.end, why);
        }
        self.gave_up = true;
        self.pos = self.end;
    }

    /// Counts a word or an expansion.
    #[inline]
    pub(super) fn node(&mut self) {
        self.nodes += 1;
        if self.nodes > NODES {
            self.give_up("it has more words than are read");
        }
    }

    /// What stands one level deeper. Nothing of it is read where that is too deep.
    pub(super) fn nested<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEPTH {
            self.give_up("it is nested deeper than is read");
            return T::default();
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// How much deeper something may go without [`Self::nested`].
    pub(super) fn room(&self) -> usize {
        DEPTH - self.depth
    }

    /// The commands of a substitution that ends with `closer`; here-documents outside of it wait.
    pub(super) fn inside(&mut self, closer: Closers) -> Script {
        self.nested(|cursor| {
            let outside = std::mem::take(&mut cursor.pending);
            let expected = std::mem::replace(&mut cursor.expected, Closers::NONE);
            let substituted = std::mem::replace(&mut cursor.substituted, closer == Closers::PAREN);
            let script = cursor.script(closer);
            if !cursor.pending.is_empty() {
                cursor.fault(
                    cursor.pos,
                    cursor.pos,
                    "a here-document begins in a substitution that ends before it",
                );
                cursor.end_of_bodies();
            }
            cursor.pending = outside;
            cursor.expected = expected;
            cursor.substituted = substituted;
            script
        })
    }

    /// Reads the bytes up to `end` as if nothing were behind them; the place is then where it was.
    pub(super) fn within<T>(&mut self, start: usize, end: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (self.pos, self.end);
        self.pos = start;
        self.end = end;
        let result = read(self);
        (self.pos, self.end) = outer;
        if self.nodes > NODES {
            self.pos = self.end;
        }
        result
    }

    /// Takes `bytes` from what may be looked at twice; `false` when nothing is left.
    pub(super) fn allow(&mut self, bytes: usize) -> bool {
        self.step(bytes);
        let enough = self.allowance >= bytes;
        self.allowance = self.allowance.saturating_sub(bytes);
        enough
    }

    pub(super) fn allowance(&self) -> usize {
        self.allowance
    }

    /// Steps over blanks, joined lines and a comment, up to the line's end.
    pub(super) fn blanks(&mut self) {
        while !self.at_end() {
            match self.bytes[self.pos] {
                b' ' | b'\t' => self.pos += 1,
                b'\\' if self.peek(1) == b'\n' => self.pos += 2,
                b'\r' if self.peek(1) == b'\n' => self.pos += 1,
                b'#' => {
                    let rest = &self.bytes[self.pos..self.end];
                    let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    self.step(length);
                    self.pos += length;
                }
                _ => return,
            }
            self.step(1);
        }
    }

    /// Steps over blanks, comments and line ends.
    pub(super) fn lines(&mut self) {
        loop {
            self.blanks();
            if self.peek(0) != b'\n' {
                return;
            }
            self.line_end();
        }
    }

    /// Steps over one line end, and over the here-documents that it begins.
    fn line_end(&mut self) {
        if self.carriage_return.is_none() && self.pos > 0 && self.bytes[self.pos - 1] == b'\r' {
            self.carriage_return =
                Some(self.fixed.unwrap_or(Span { start: self.pos - 1, end: self.pos + 1 }));
        }
        self.pos += 1;
        self.step(1);
        if !self.pending.is_empty() {
            self.bodies();
        }
    }

    /// The word that stands here, if it could be a reserved one: in command position, without quotes, and whole.
    pub(super) fn reserved(&self) -> &'t str {
        /// Of `function`, the longest.
        const LONGEST: usize = 8;
        let rest = &self.bytes[self.pos..self.end];
        let length = rest
            .iter()
            .take(LONGEST + 1)
            .take_while(|byte| byte.is_ascii_lowercase() || matches!(byte, b'{' | b'}' | b'[' | b']' | b'!'))
            .count();
        let ends = match rest.get(length) {
            None => true,
            Some(b'\r') => rest.get(length + 1) == Some(&b'\n'),
            Some(byte) => is_meta(*byte),
        };
        if ends { &self.text[self.pos..self.pos + length] } else { "" }
    }

    /// Steps over the reserved word `word` if it stands here.
    pub(super) fn take_reserved(&mut self, word: &str) -> bool {
        let there = self.reserved() == word;
        if there {
            self.pos += word.len();
        }
        there
    }
}

/// Whether a sign ends a word where it has no quotes.
pub(super) const fn is_meta(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

/// The length of the variable's name at the start of `bytes`; 0 where none is.
pub(super) fn name_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(first) if first.is_ascii_alphabetic() || *first == b'_' => {
            bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
        }
        _ => 0,
    }
}
