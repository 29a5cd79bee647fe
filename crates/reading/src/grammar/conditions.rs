//! `[[ … ]]`: its words and operators, in order.

use smallvec::smallvec;
use smol_str::SmolStr;

use super::cursor::{Cursor, is_meta};
use super::pieces::Mode;
use super::tree::{Piece, Word};

impl Cursor<'_> {
    /// The words up to `]]`, which is stepped over.
    pub(super) fn condition(&mut self, start: usize) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.lines();
            if self.looks_at("]]")
                && (self.pos + 2 >= self.end || is_meta(self.peek(2)) || self.peek(2) == b'\r')
            {
                self.pos += 2;
                return words;
            }
            let regular = words.last().is_some_and(|word| word.bare() == Some("=~"));
            let word = if regular { self.word(Mode::REGULAR) } else { self.test_operator() };
            let Some(word) = word.or_else(|| self.word(Mode::PATTERN)) else {
                self.unclosed(start, "a test has no end");
                return words;
            };
            words.push(word);
        }
    }

    fn test_operator(&mut self) -> Option<Word> {
        let start = self.pos;
        let text = match (self.peek(0), self.peek(1)) {
            (b'&', b'&') => "&&",
            (b'|', b'|') => "||",
            (b'(', _) => "(",
            (b')', _) => ")",
            (b'<', second) if second != b'(' => "<",
            (b'>', second) if second != b'(' => ">",
            _ => return None,
        };
        self.pos += text.len();
        self.step(text.len());
        self.node();
        let piece = Piece::Text { text: SmolStr::new_static(text), quoted: false };
        Some(Word { pieces: smallvec![piece], span: self.span(start) })
    }
}
