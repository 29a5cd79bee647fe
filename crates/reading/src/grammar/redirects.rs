//! Redirections and here-documents.

use std::cell::OnceCell;
use std::rc::Rc;

use smallvec::smallvec;
use smol_str::SmolStr;

use super::cursor::{Closers, Cursor, is_meta, name_length};
use super::pieces::Mode;
use super::tree::{Descriptor, Piece, Redirect, RedirectOperator, Target, Word};

/// A here-document whose body is still to come.
pub(super) struct Pending {
    body: Rc<OnceCell<Word>>,
    delimiter: String,
    /// `<<-`: tabs at the start of lines do not count.
    strip: bool,
    expanded: bool,
}

impl Cursor<'_> {
    /// The redirection that begins here, if one does.
    pub(super) fn redirect(&mut self) -> Option<Redirect> {
        let start = self.pos;
        let descriptor = match self.peek(0) {
            b'<' | b'>' => Descriptor::Usual,
            b'&' if self.peek(1) == b'>' => Descriptor::Usual,
            b'0'..=b'9' => self.numbered()?,
            b'{' => self.variable()?,
            _ => return None,
        };
        if matches!((self.peek(0), self.peek(1)), (b'<' | b'>', b'(')) {
            self.pos = start;
            return None;
        }
        let operator = self.redirect_operator();
        self.step(3);
        if let RedirectOperator::HereDocument { .. } = operator {
            return Some(self.here_document(start, descriptor));
        }
        self.blanks();
        let duplicates =
            matches!(operator, RedirectOperator::DuplicateRead | RedirectOperator::DuplicateWrite);
        let word = if duplicates && self.peek(0) == b'-' { Some(self.dash()) } else { self.word(Mode::WORD) };
        let word = word.unwrap_or_else(|| {
            self.unclosed(start, "a redirection leads nowhere");
            Word { pieces: smallvec![], span: self.span(start) }
        });
        let first = matches!(descriptor, Descriptor::Usual | Descriptor::Number(1));
        let operator = match operator {
            RedirectOperator::DuplicateWrite if first && names_file(&word) => RedirectOperator::WriteBoth,
            other => other,
        };
        Some(Redirect { descriptor, operator, target: Target::Word(word), span: self.span(start) })
    }

    /// The `-` that closes a descriptor. It is whole: in `>&-rm` the program is `rm`.
    fn dash(&mut self) -> Word {
        let start = self.pos;
        self.pos += 1;
        self.node();
        let piece = Piece::Text { text: SmolStr::new_static("-"), quoted: false };
        Word { pieces: smallvec![piece], span: self.span(start) }
    }

    /// The number before a redirection's sign.
    fn numbered(&mut self) -> Option<Descriptor> {
        let rest = &self.bytes[self.pos..self.end];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.step(length);
        if !matches!(rest.get(length), Some(b'<' | b'>')) {
            return None;
        }
        // More digits than a number has are no descriptor; the shell says so when it runs.
        let number = self.text[self.pos..self.pos + length].parse().unwrap_or(u32::MAX);
        self.pos += length;
        Some(Descriptor::Number(number))
    }

    /// The `{name}` before a redirection's sign.
    fn variable(&mut self) -> Option<Descriptor> {
        let rest = &self.bytes[self.pos + 1..self.end];
        let length = name_length(rest);
        self.step(length);
        if length == 0
            || rest.get(length) != Some(&b'}')
            || !matches!(rest.get(length + 1), Some(b'<' | b'>'))
        {
            return None;
        }
        let name = SmolStr::new(&self.text[self.pos + 1..=self.pos + length]);
        self.pos += length + 2;
        Some(Descriptor::Variable(name))
    }

    fn redirect_operator(&mut self) -> RedirectOperator {
        const OPERATORS: [(&str, RedirectOperator); 12] = [
            ("&>>", RedirectOperator::AppendBoth),
            ("&>", RedirectOperator::WriteBoth),
            ("<<<", RedirectOperator::HereString),
            ("<<", RedirectOperator::HereDocument { expanded: true }),
            ("<&", RedirectOperator::DuplicateRead),
            ("<>", RedirectOperator::ReadWrite),
            ("<", RedirectOperator::Read),
            (">>", RedirectOperator::Append),
            (">&", RedirectOperator::DuplicateWrite),
            (">|", RedirectOperator::Clobber),
            (">", RedirectOperator::Write),
            ("", RedirectOperator::Write),
        ];
        for (sign, operator) in OPERATORS {
            if self.take(sign) {
                return operator;
            }
        }
        RedirectOperator::Write
    }

    /// A here-document; the place is behind its `<<`.
    fn here_document(&mut self, start: usize, descriptor: Descriptor) -> Redirect {
        let strip = self.take("-");
        self.blanks();
        let (delimiter, expanded) = self.delimiter(start);
        let body = Rc::new(OnceCell::new());
        self.pending.push(Pending { body: Rc::clone(&body), delimiter, strip, expanded });
        self.node();
        Redirect {
            descriptor,
            operator: RedirectOperator::HereDocument { expanded },
            target: Target::Body(body),
            span: self.span(start),
        }
    }

    /// The word that ends a here-document, and whether it has no quotes.
    fn delimiter(&mut self, start: usize) -> (String, bool) {
        let from = self.pos;
        let mut delimiter = String::new();
        let mut bare = true;
        while !self.at_end() && !is_meta(self.bytes[self.pos]) {
            match self.bytes[self.pos] {
                b'\\' => {
                    bare = false;
                    self.pos += 1;
                    if self.peek(0) == b'\n' {
                        self.pos += 1;
                    } else {
                        delimiter.push_str(self.character());
                    }
                }
                quote @ (b'\'' | b'"') => {
                    bare = false;
                    self.pos += 1;
                    self.quoted_delimiter(quote, start, &mut delimiter);
                }
                b'$' if matches!(self.peek(1), b'\'' | b'"') => self.pos += 1,
                _ => delimiter.push_str(self.character()),
            }
        }
        if self.pos == from {
            self.unclosed(start, "a here-document has no delimiter");
        }
        (delimiter, bare)
    }

    fn quoted_delimiter(&mut self, quote: u8, start: usize, delimiter: &mut String) {
        loop {
            if self.at_end() {
                return self.unclosed(start, "a quote is not closed");
            }
            match self.bytes[self.pos] {
                byte if byte == quote => {
                    self.pos += 1;
                    return;
                }
                b'\\' if quote == b'"' && matches!(self.peek(1), b'"' | b'\\' | b'$' | b'`') => self.pos += 1,
                _ => {}
            }
            delimiter.push_str(self.character());
        }
    }

    /// The bodies of this line's here-documents; the place is behind the line's end.
    pub(super) fn bodies(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.pos;
            let end = self.body_end(&pending);
            let word = self.body(&pending, start, end);
            // Nobody else fills it.
            let _ = pending.body.set(word);
        }
    }

    /// Steps over a body and its delimiter; gives where the body ends. Without a delimiter that is the end, as for
    /// the shell.
    fn body_end(&mut self, pending: &Pending) -> usize {
        loop {
            let start = self.pos;
            let rest = &self.bytes[start..self.end];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.step(length + 1);
            let line = &self.text[start..start + length];
            let shown = if pending.strip { line.trim_start_matches('\t') } else { line };
            if shown == pending.delimiter {
                self.pos = (start + length + 1).min(self.end);
                return start;
            }
            // In `$(cat <<END … END)` bash takes the parenthesis for the substitution's end.
            if self.substituted
                && let Some(behind) = shown.strip_prefix(pending.delimiter.as_str())
                && behind.contains(')')
            {
                self.pos = start + length - behind.len();
                return start;
            }
            if start + length >= self.end {
                self.pos = self.end;
                return self.end;
            }
            self.pos = start + length + 1;
        }
    }

    fn body(&mut self, pending: &Pending, start: usize, end: usize) -> Word {
        let span = self.span_to(start, end);
        if pending.expanded {
            let strip = pending.strip;
            let pieces = self.within(start, end, |cursor| {
                let expected = std::mem::replace(&mut cursor.expected, Closers::NONE);
                let pieces = cursor.here_pieces(strip);
                cursor.expected = expected;
                pieces
            });
            return Word { pieces, span };
        }
        let body = &self.text[start..end];
        self.step(body.len());
        let text = if pending.strip {
            body.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect::<String>().into()
        } else {
            SmolStr::new(body)
        };
        Word { pieces: smallvec![Piece::Text { text, quoted: true }], span }
    }

    /// Here-documents that no line's end began: their bodies are empty.
    pub(super) fn end_of_bodies(&mut self) {
        let span = self.span(self.pos);
        for pending in std::mem::take(&mut self.pending) {
            let _ = pending.body.set(Word { pieces: smallvec![], span });
        }
    }
}

/// Whether the word behind `>&` is a file's: no number, no `-`.
fn names_file(word: &Word) -> bool {
    word.literal().is_some_and(|text| {
        let number = text.strip_suffix('-').unwrap_or(&text);
        !number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
