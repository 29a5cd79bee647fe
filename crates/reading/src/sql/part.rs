//! A part of the tokens: one statement, or a piece of one. Every look outside of it finds nothing.

use std::borrow::Cow;

use sayso_core::reading::Span;

use super::lexer::{Kind, Token, Tokens};

/// How many words of a name are joined (`server.database.schema.table`).
const NAME_PARTS: usize = 6;

/// The tokens `from..to`.
#[derive(Clone, Copy)]
pub(super) struct Part<'t> {
    pub(super) tokens: &'t Tokens<'t>,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'t> Part<'t> {
    pub(super) const fn of(self, from: usize, to: usize) -> Self {
        let to = if to < self.to { to } else { self.to };
        Self { from: if from < to { from } else { to }, to, ..self }
    }

    pub(super) const fn is_empty(self) -> bool {
        self.from >= self.to
    }

    pub(super) fn token(self, at: usize) -> Option<Token> {
        if at < self.to { self.tokens.list.get(at).copied() } else { None }
    }

    /// The word at `at` in capitals, or nothing.
    pub(super) fn word(self, at: usize) -> &'t str {
        if at < self.to { self.tokens.word(at) } else { "" }
    }

    pub(super) fn sign(self, at: usize) -> u8 {
        match self.token(at).map(|token| token.kind) {
            Some(Kind::Sign(sign)) => sign,
            _ => 0,
        }
    }

    pub(super) fn kind(self, at: usize) -> Option<Kind> {
        self.token(at).map(|token| token.kind)
    }

    pub(super) fn depth(self, at: usize) -> usize {
        self.token(at).map_or(0, |token| token.depth)
    }

    /// Where the parenthesis that opens at `at` is closed.
    pub(super) fn pair(self, at: usize) -> usize {
        self.token(at).map_or(self.to, |token| token.pair.min(self.to))
    }

    /// What the text at `at` says.
    pub(super) fn text(self, at: usize) -> Option<Cow<'t, str>> {
        let token = self.token(at)?;
        let is_text = token.kind == Kind::Text
            || (token.kind == Kind::Quoted
                && self.tokens.mode.backslash
                && self.written(at).starts_with('"'));
        is_text.then(|| self.tokens.content(token))
    }

    pub(super) fn written(self, at: usize) -> &'t str {
        self.token(at).map_or("", |token| self.tokens.written(token))
    }

    /// All of it as written.
    pub(super) fn all(self) -> &'t str {
        match (self.token(self.from), self.to.checked_sub(1).and_then(|last| self.token(last))) {
            (Some(first), Some(last)) => self.tokens.text.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        }
    }

    pub(super) fn span(self) -> Option<Span> {
        let first = self.token(self.from)?;
        let last = self.to.checked_sub(1).and_then(|last| self.token(last))?;
        Some(Span { start: first.start, end: last.end.max(first.end) })
    }

    /// Whether these words stand at `at`, one after the other.
    pub(super) fn are(self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.word(at + ahead) == *word)
    }

    pub(super) fn one_of(self, at: usize, words: &[&str]) -> bool {
        let word = self.word(at);
        !word.is_empty() && words.contains(&word)
    }

    /// Behind any of these words.
    pub(super) fn skip(self, mut at: usize, words: &[&str]) -> usize {
        while self.one_of(at, words) {
            at += 1;
        }
        at
    }

    /// Behind `IF [NOT] EXISTS`.
    pub(super) fn skip_if_exists(self, at: usize) -> usize {
        if self.word(at) == "IF" { self.skip(at + 1, &["NOT", "EXISTS"]) } else { at }
    }

    /// The first of these words at the depth of the part's own start.
    pub(super) fn find(self, from: usize, words: &[&str]) -> Option<usize> {
        let depth = self.depth(self.from);
        (from..self.to).find(|at| self.depth(*at) == depth && self.one_of(*at, words))
    }

    /// Whether one of these words stands anywhere in it, as a word.
    pub(super) fn has(self, words: &[&str]) -> bool {
        (self.from..self.to).any(|at| self.one_of(at, words))
    }

    /// Whether these words stand anywhere in it, one after the other.
    pub(super) fn has_row(self, words: &[&str]) -> bool {
        (self.from..self.to).any(|at| self.are(at, words))
    }

    /// Whether `at` can be a name: a word or a quoted name, or what stands for one.
    pub(super) fn is_name(self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Word | Kind::Quoted | Kind::Param | Kind::Text))
            || (matches!(self.sign(at), b'[' | b'*' | b'@' | b'{' | b'%' | b'<')
                && self.kind(at + 1).is_some())
    }

    /// The name that begins at `at`, and where it ends. Quotation marks that change nothing are taken off.
    pub(super) fn name(self, at: usize) -> (String, usize) {
        let mut name = String::new();
        let mut at = at;
        for _ in 0..NAME_PARTS {
            let Some(token) = self.token(at) else { break };
            match token.kind {
                Kind::Text => {
                    name.push_str(&self.tokens.content(token));
                    at += 1;
                }
                Kind::Quoted => {
                    let content = self.tokens.content(token);
                    let plain = content.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
                    name.push_str(if plain { &content } else { self.written(at) });
                    at += 1;
                }
                // `[a]` where brackets are signs.
                Kind::Sign(b'[') => {
                    let close = (at + 1..self.to).take(8).find(|k| self.sign(*k) == b']').unwrap_or(at);
                    name.push_str(self.of(at + 1, close).all());
                    at = close + 1;
                }
                Kind::Word | Kind::Param | Kind::Number | Kind::Sign(b'*') => {
                    name.push_str(self.written(at));
                    at += 1;
                }
                // What a template puts in (`{{ x }}`, `%s`, `<x>`), a stage.
                Kind::Sign(b'{' | b'%' | b'<' | b'@') => {
                    let long = (at..self.to).take(8).take_while(|k| self.glued(*k)).count() + 1;
                    name.push_str(self.of(at, at + long).all());
                    at += long;
                }
                Kind::Sign(_) => break,
            }
            if self.sign(at) == b'-' && self.glued(at) && self.touches(at) {
                name.push('-');
                at += 1;
                continue;
            }
            if self.sign(at) != b'.' {
                break;
            }
            while self.sign(at) == b'.' {
                name.push('.');
                at += 1;
            }
        }
        (name, at)
    }

    /// Whether the next token stands right behind this one.
    fn glued(self, at: usize) -> bool {
        matches!((self.token(at), self.token(at + 1)), (Some(this), Some(next)) if this.end == next.start)
    }

    fn touches(self, at: usize) -> bool {
        at > 0 && self.glued(at - 1)
    }

    /// The names that begin at `at`, between commas. A screen's worth; the rest is counted.
    pub(super) fn names(self, at: usize) -> (Vec<String>, usize) {
        let mut names = Vec::new();
        let mut at = at;
        loop {
            at = self.skip(at, &["ONLY"]);
            if !self.is_name(at) {
                break;
            }
            let (name, next) = self.name(at);
            if next == at {
                break;
            }
            names.push(name);
            at = next;
            if self.sign(at) == b'(' {
                at = self.pair(at) + 1;
            }
            if self.sign(at) == b'*' {
                at += 1;
            }
            if self.sign(at) != b',' {
                break;
            }
            at += 1;
        }
        (names, at)
    }
}
