//! SQL text into tokens, without a grammar: what is a text, what is a comment, and what is left.
//!
//! # Invariants
//! - Any text, one pass, linear: what was found open once (a quotation mark without its end) is not looked for again.
//! - Databases disagree on what ends a text and what begins a comment. A [`Mode`] is one answer; the caller reads in
//!   every mode that could be meant.
//! - What stands in a text or a comment that never ends is read as if it stood free, so that nothing hides in it.
//!
//! # Deliberately absent
//! Meaning. A token knows where it stands, how deep in parentheses, and of what sort it is.

use std::borrow::Cow;

use sayso_core::action::SqlDialect;

/// How many different dollar quotes may be found without their end. Each is looked for to the end of the text.
const OPEN_DOLLARS: usize = 8;

/// What one database takes for a text, a comment and a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one answer, and they come in every mixture")]
pub(super) struct Mode {
    /// A backslash in a text takes the next character with it.
    pub(super) backslash: bool,
    /// `#` begins a comment.
    hash: bool,
    /// A comment can stand in a comment.
    nested: bool,
    /// `$$ … $$` is a text.
    dollar: bool,
    /// `--` begins a comment only with white space behind it.
    spaced: bool,
    /// `[a b]` is a name.
    brackets: bool,
    /// `/*! … */` runs.
    runs: bool,
}

const PLAIN: Mode = Mode {
    backslash: false,
    hash: false,
    nested: false,
    dollar: false,
    spaced: false,
    brackets: false,
    runs: false,
};
const POSTGRES: Mode = Mode { nested: true, dollar: true, ..PLAIN };
const MYSQL: Mode = Mode { backslash: true, hash: true, spaced: true, runs: true, ..PLAIN };
const SQLITE: Mode = Mode { brackets: true, ..PLAIN };
const MSSQL: Mode = Mode { brackets: true, nested: true, ..PLAIN };

/// The modes that could be meant: one where the dialect is known, else each that reads this text in its own way.
pub(super) fn modes(text: &str, dialect: Option<SqlDialect>) -> Vec<Mode> {
    match dialect {
        Some(SqlDialect::Postgres) => return vec![POSTGRES],
        Some(SqlDialect::Mysql) => return vec![MYSQL],
        Some(SqlDialect::Sqlite) => return vec![SQLITE],
        Some(SqlDialect::Mssql) => return vec![MSSQL],
        None => {}
    }
    let mut modes = vec![POSTGRES];
    let bytes = text.as_bytes();
    let (mut mysql, mut bracket, mut quote, mut comments) = (false, false, false, 0);
    for (at, b) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match b {
            b'\\' | b'#' => mysql = true,
            b'-' if next == b'-' => mysql |= bytes.get(at + 2).is_some_and(|b| *b > b' '),
            b'/' if next == b'*' => {
                comments += 1;
                mysql |= matches!(bytes.get(at + 2), Some(b'!' | b'M'));
            }
            b'[' => bracket = true,
            b'\'' | b'"' | b'`' => quote = true,
            _ => {}
        }
    }
    if mysql || comments > 1 {
        modes.push(Mode { dollar: true, ..MYSQL });
    }
    if bracket && quote {
        modes.push(Mode { dollar: true, ..MSSQL });
    }
    modes
}

/// The sort of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A name in quotation marks, backticks or brackets.
    Quoted,
    /// A text: in single quotation marks or in dollars.
    Text,
    Number,
    /// `$1`, `?`, `:name`, `@name`.
    Param,
    /// Anything else, by its byte; of two bytes by a letter: `L` for `<=`, `G` for `>=`, `N` for `<>` and `!=`.
    Sign(u8),
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many parentheses stand around it.
    pub(super) depth: usize,
    /// Of an opening parenthesis: which token closes it.
    pub(super) pair: usize,
}

/// A text, cut into tokens.
pub(super) struct Tokens<'a> {
    pub(super) text: &'a str,
    upper: String,
    pub(super) list: Vec<Token>,
    pub(super) mode: Mode,
    /// Whether every text and comment has its end.
    pub(super) closed: bool,
    pub(super) deepest: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str, mode: Mode) -> Self {
        let lexer = Lexer {
            bytes: text.as_bytes(),
            text,
            mode,
            // What some editors put before a text.
            at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            list: Vec::with_capacity(text.len() / 4 + 4),
            open: Vec::new(),
            closed: true,
            deepest: 0,
            never: [false; 5],
            dollars: 0,
            running: false,
        };
        lexer.run()
    }

    /// The word at `at` in capitals; empty where there is none.
    pub(super) fn word(&self, at: usize) -> &str {
        self.list.get(at).filter(|token| token.kind == Kind::Word).map_or("", |token| self.upper_of(*token))
    }

    pub(super) fn upper_of(&self, token: Token) -> &str {
        self.upper.get(token.start..token.end).unwrap_or_default()
    }

    pub(super) fn written(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// Whether a token is the first of its line.
    pub(super) fn starts_line(&self, at: usize) -> bool {
        let Some(token) = self.list.get(at) else { return true };
        let before =
            at.checked_sub(1).and_then(|before| self.list.get(before)).map_or(0, |before| before.end);
        before == 0 || self.text.get(before..token.start).is_some_and(|gap| gap.contains('\n'))
    }

    /// What a text or a quoted name says without its marks.
    pub(super) fn content(&self, token: Token) -> Cow<'a, str> {
        let written = self.written(token);
        let Some(first) = written.find(['\'', '"', '`', '$', '[']) else { return Cow::Borrowed(written) };
        let prefix = written.get(..first).unwrap_or_default();
        let rest = written.get(first..).unwrap_or_default();
        if rest.starts_with('$') {
            let tag = rest.get(1..).and_then(|rest| rest.find('$')).map_or(0, |at| at + 2);
            return Cow::Borrowed(rest.get(tag..rest.len().saturating_sub(tag)).unwrap_or_default());
        }
        let inner = rest.get(1..rest.len().saturating_sub(1)).unwrap_or_default();
        let mark = rest.chars().next().map_or('\'', |mark| if mark == '[' { ']' } else { mark });
        let backslash = (self.mode.backslash || prefix.eq_ignore_ascii_case("e")) && inner.contains('\\');
        if !backslash && !inner.contains(mark) {
            return Cow::Borrowed(inner);
        }
        Cow::Owned(unescaped(inner, mark, backslash))
    }
}

fn unescaped(inner: &str, mark: char, backslash: bool) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c == mark && chars.peek() == Some(&mark) {
            chars.next();
        }
        if c != '\\' || !backslash {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'r' | 't' | '0') | None => out.push(' '),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).map_or('?', char::from));
            }
            Some(other) => out.push(other),
        }
    }
    out
}

struct Lexer<'a> {
    bytes: &'a [u8],
    text: &'a str,
    mode: Mode,
    at: usize,
    list: Vec<Token>,
    /// Opening parentheses that wait for their end.
    open: Vec<usize>,
    closed: bool,
    deepest: usize,
    /// Marks of which no end is left: `'`, `"`, `` ` ``, `[`, and the comment's.
    never: [bool; 5],
    /// Dollar quotes without their end.
    dollars: usize,
    /// Whether a comment that runs is open.
    running: bool,
}

const fn in_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 128
}

const fn starts_word(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b >= 128
}

impl<'a> Lexer<'a> {
    fn run(mut self) -> Tokens<'a> {
        while let Some(b) = self.bytes.get(self.at).copied() {
            let next = self.peek(1);
            match b {
                0..=b' ' | 127 => self.at += 1,
                b'-' if next == b'-' && (!self.mode.spaced || self.peek(2) <= b' ') => self.line(),
                b'#' if self.mode.hash => self.line(),
                b'/' if next == b'*' => self.comment(),
                b'*' if next == b'/' && self.running => {
                    self.running = false;
                    self.at += 2;
                }
                b'\'' => self.quoted(b, 0, Kind::Text),
                b'"' => self.quoted(b, 1, Kind::Quoted),
                b'`' => self.quoted(b, 2, Kind::Quoted),
                b'[' if self.mode.brackets => self.quoted(b']', 3, Kind::Quoted),
                b'$' => self.dollar(),
                b'#' if starts_word(next) || next == b'#' => {
                    self.push_while(Kind::Word, 1, |b| in_word(b) || b == b'#');
                }
                b'@' | b':' if next == b'@' || starts_word(next) => {
                    self.push_while(Kind::Param, 1, |b| in_word(b) || b == b'@');
                }
                b'?' => self.push(Kind::Param, 1),
                b'0'..=b'9' => self.number(),
                b'.' if next.is_ascii_digit() && self.list.last().is_none_or(|last| last.end < self.at) => {
                    self.number();
                }
                _ if starts_word(b) => self.push_while(Kind::Word, 1, in_word),
                _ => self.sign(b, next),
            }
        }
        let count = self.list.len();
        for open in std::mem::take(&mut self.open) {
            if let Some(token) = self.list.get_mut(open) {
                token.pair = count;
            }
        }
        Tokens {
            text: self.text,
            upper: self.text.to_ascii_uppercase(),
            list: self.list,
            mode: self.mode,
            closed: self.closed,
            deepest: self.deepest,
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, long: usize) {
        let (start, end) = (self.at, (self.at + long).min(self.bytes.len()));
        let pair = self.list.len();
        self.list.push(Token { kind, start, end, depth: self.open.len(), pair });
        self.at = end;
    }

    fn push_while(&mut self, kind: Kind, first: usize, belongs: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at + first..).unwrap_or_default();
        let long = first + rest.iter().take_while(|b| belongs(**b)).count();
        self.push(kind, long);
    }

    /// A comment to the end of its line. Databases differ on whether a carriage return ends one; here it does.
    fn line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count();
    }

    fn comment(&mut self) {
        let mark = if self.peek(2) == b'M' { 3 } else { 2 };
        if self.mode.runs && self.peek(mark) == b'!' {
            self.running = true;
            let rest = self.bytes.get(self.at + mark + 1..).unwrap_or_default();
            self.at += mark + 1 + rest.iter().take_while(|b| b.is_ascii_digit()).count();
            return;
        }
        let end = if self.never[4] { None } else { self.comment_end() };
        if let Some(end) = end {
            self.at = end;
        } else {
            self.never[4] = true;
            self.closed = false;
            self.push(Kind::Sign(b'/'), 2);
        }
    }

    fn comment_end(&self) -> Option<usize> {
        let mut depth = 0_usize;
        let mut at = self.at;
        while at + 1 < self.bytes.len() {
            match (self.bytes[at], self.bytes[at + 1]) {
                (b'/', b'*') if depth == 0 || self.mode.nested => {
                    depth += 1;
                    at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => at += 1,
            }
        }
        None
    }

    /// A text or a name in `mark`s. One without an end leaves its mark as a sign.
    fn quoted(&mut self, mark: u8, which: usize, kind: Kind) {
        let mut start = self.at;
        let mut backslash = self.mode.backslash && matches!(mark, b'\'' | b'"');
        // `E'…'`, `N'…'`, `X'…'`, `_utf8'…'`: the letter belongs to the text.
        let prefix = self.list.last().copied().filter(|last| {
            last.kind == Kind::Word && last.end == start && which < 2 && {
                let word = &self.bytes[last.start..last.end];
                word.len() == 1 || word.starts_with(b"_")
            }
        });
        if let Some(prefix) = prefix.filter(|prefix| {
            b"EeNnXxBbRr_".contains(&self.bytes[prefix.start]) && (which == 0 || self.mode.backslash)
        }) {
            match self.bytes[prefix.start] {
                b'e' | b'E' => backslash = true,
                b'r' | b'R' => backslash = false,
                _ => {}
            }
            start = prefix.start;
        }
        let end = if self.never[which] { None } else { self.quoted_end(mark, backslash) };
        let Some(end) = end else {
            self.never[which] = true;
            self.closed = false;
            let sign = self.bytes[self.at];
            return self.push(Kind::Sign(sign), 1);
        };
        if start < self.at {
            self.list.pop();
        }
        self.at = start;
        self.push(kind, end - start);
    }

    fn quoted_end(&self, mark: u8, backslash: bool) -> Option<usize> {
        let mut at = self.at + 1;
        while let Some(b) = self.bytes.get(at) {
            if *b == b'\\' && backslash {
                at += 2;
            } else if *b == mark {
                if self.bytes.get(at + 1) != Some(&mark) {
                    return Some(at + 1);
                }
                at += 2;
            } else {
                at += 1;
            }
        }
        None
    }

    fn dollar(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let tag = rest.bytes().skip(1).take_while(|b| *b != b'$' && in_word(*b)).count();
        let is_tag = self.peek(tag + 1) == b'$' && !self.peek(1).is_ascii_digit();
        if self.mode.dollar && is_tag && self.dollars < OPEN_DOLLARS {
            let (mark, inner) = rest.split_at(tag + 2);
            if let Some(end) = inner.find(mark) {
                return self.push(Kind::Text, mark.len() + end + mark.len());
            }
            self.dollars += 1;
            self.closed = false;
        }
        if self.peek(1) == b'{' {
            return self.push_while(Kind::Param, 2, |b| in_word(b) || b == b'}');
        }
        if tag > 0 { self.push(Kind::Param, tag + 1) } else { self.push(Kind::Sign(b'$'), 1) }
    }

    fn number(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.len() > 2 && rest[0] == b'0' && matches!(rest[1], b'x' | b'X') && rest[2].is_ascii_hexdigit()
        {
            return self.push_while(Kind::Number, 2, |b| b.is_ascii_hexdigit());
        }
        let digits = |from: usize| {
            rest.get(from..)
                .unwrap_or_default()
                .iter()
                .take_while(|b| b.is_ascii_digit() || **b == b'_')
                .count()
        };
        let mut long = digits(0);
        if rest.get(long) == Some(&b'.') && rest.get(long + 1) != Some(&b'.') {
            long += 1 + digits(long + 1);
        }
        if matches!(rest.get(long), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(long + 1), Some(b'+' | b'-')));
            let exponent = digits(long + 1 + sign);
            if exponent > 0 {
                long += 1 + sign + exponent;
            }
        }
        self.push(Kind::Number, long.max(1));
    }

    fn sign(&mut self, b: u8, next: u8) {
        match (b, next) {
            (b'(', _) => {
                let at = self.list.len();
                self.push(Kind::Sign(b), 1);
                self.open.push(at);
                self.deepest = self.deepest.max(self.open.len());
            }
            (b')', _) => {
                let at = self.list.len();
                if let Some(token) = self.open.pop().and_then(|open| self.list.get_mut(open)) {
                    token.pair = at;
                }
                self.push(Kind::Sign(b), 1);
            }
            (b'<', b'=') if self.peek(2) == b'>' => self.push(Kind::Sign(b'='), 3),
            (b'<', b'=') => self.push(Kind::Sign(b'L'), 2),
            (b'>', b'=') => self.push(Kind::Sign(b'G'), 2),
            (b'<', b'>') | (b'!', b'=') => self.push(Kind::Sign(b'N'), 2),
            (b'=' | b':', b'=') => self.push(Kind::Sign(b'='), 2),
            (b'|', b'|') | (b'&', b'&') | (b':', b':') => self.push(Kind::Sign(b), 2),
            (b'|', _) => self.push(Kind::Sign(b'v'), 1),
            (b'&', _) => self.push(Kind::Sign(b'a'), 1),
            _ => self.push(Kind::Sign(b), 1),
        }
    }
}
