//! A word while it is read.

use smol_str::SmolStr;

use super::tree::{Piece, Pieces};

/// The pieces of a word while it is read. A text that is one run of the script is copied once, at its end.
#[derive(Default)]
pub(super) struct Builder<'t> {
    pub(super) pieces: Pieces,
    /// A run of the script that the text is so far, if it is no more.
    pub(super) run: &'t str,
    /// The text so far, where it is more than one run.
    text: String,
    pub(super) quoted: bool,
    /// Whether a text is being built; it may be empty.
    pub(super) open: bool,
}

impl<'t> Builder<'t> {
    pub(super) fn text(&mut self, run: &'t str, quoted: bool) {
        if self.begin(quoted) {
            self.run = run;
        } else {
            self.join(run);
        }
    }

    /// A text that is not in the script as it is.
    pub(super) fn made(&mut self, text: &str, quoted: bool) {
        self.begin(quoted);
        self.join(text);
    }

    /// Whether the text is new.
    fn begin(&mut self, quoted: bool) -> bool {
        if self.open && self.quoted == quoted {
            return false;
        }
        self.flush();
        self.open = true;
        self.quoted = quoted;
        true
    }

    fn join(&mut self, text: &str) {
        self.text.push_str(std::mem::take(&mut self.run));
        self.text.push_str(text);
    }

    pub(super) fn flush(&mut self) {
        if !self.open {
            return;
        }
        self.open = false;
        let run = std::mem::take(&mut self.run);
        let text = SmolStr::new(if self.text.is_empty() { run } else { &self.text });
        self.text.clear();
        if !text.is_empty() || self.pieces.is_empty() {
            self.pieces.push(Piece::Text { text, quoted: self.quoted });
        }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.flush();
        self.pieces.push(piece);
    }

    pub(super) fn done(mut self) -> Pieces {
        self.flush();
        self.pieces
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && !self.open
    }

    /// Whether the word begins here, or an expansion of braces ends.
    pub(super) fn is_behind_braces(&self) -> bool {
        !self.open && matches!(self.pieces.last(), None | Some(Piece::Braces(_)))
    }

    /// A text of its own, and its index.
    pub(super) fn mark(&mut self, sign: &'static str) -> usize {
        self.push(Piece::Text { text: SmolStr::new_static(sign), quoted: false });
        self.pieces.len() - 1
    }
}
