//! Words: runs of letters, and whatever a sign among them begins.
//!
//! Invariant: braces and brackets are recognised without looking ahead: their signs are kept as marks, and become what
//! they are when the closing one is met; marks that nothing closes are letters.

use smol_str::SmolStr;

use super::builder::Builder;
use super::cursor::{Closers, Cursor, is_meta, name_length};
use super::tree::{Braces, Direction, Piece, Pieces, Word};

/// Where a word ends that is not in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// At a blank, a line's end, or an operator.
    Word,
    /// As a word, but parentheses and bars belong to it: behind `=~`.
    Regular,
    /// At `}`.
    Brace,
    /// At `}` or `/`.
    Slash,
    /// At `|` or `)`.
    Bar,
}

/// How a word is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    ends: Ends,
    /// Whether `{a,b}` is expanded.
    braces: bool,
    /// Whether `~` is expanded behind a colon too.
    colons: bool,
}

impl Mode {
    /// An argument.
    pub(super) const WORD: Self = Self { ends: Ends::Word, braces: true, colons: false };
    /// What a variable is set to.
    pub(super) const VALUE: Self = Self { ends: Ends::Word, braces: false, colons: true };
    /// A pattern of a `case` or an operand of `[[ ]]`.
    pub(super) const PATTERN: Self = Self { ends: Ends::Word, braces: false, colons: false };
    /// A regular expression in `[[ ]]`.
    pub(super) const REGULAR: Self = Self { ends: Ends::Regular, braces: false, colons: false };
    /// The word of `${x:-word}`.
    pub(super) const ARGUMENT: Self = Self { ends: Ends::Brace, braces: false, colons: false };
    /// The pattern of `${x/pattern/…}`.
    pub(super) const REPLACED: Self = Self { ends: Ends::Slash, braces: false, colons: false };
    /// One alternative of an extended glob.
    const ALTERNATIVE: Self = Self { ends: Ends::Bar, braces: false, colons: false };
}

/// What may end a run of letters, as bits.
pub(super) mod signs {
    /// Outside of quotes.
    pub(in super::super) const BARE: u8 = 1;
    /// In double quotes.
    pub(in super::super) const QUOTED: u8 = 2;
    pub(in super::super) const SLASH: u8 = 4;
    pub(in super::super) const BRACE: u8 = 8;
    pub(in super::super) const LINE: u8 = 16;
    /// In an arithmetic expression.
    pub(in super::super) const EXPRESSION: u8 = 32;

    pub(super) const TABLE: [u8; 256] = table();

    const fn table() -> [u8; 256] {
        let mut table = [0; 256];
        mark(&mut table, b" \t\n;&|()<>\\'\"$`*?+@![]{,}~", BARE);
        mark(&mut table, b"\"\\$`", QUOTED);
        mark(&mut table, b"/", SLASH);
        mark(&mut table, b"}", BRACE);
        mark(&mut table, b"\n", LINE);
        mark(&mut table, b"()[]$`\\'\":?}", EXPRESSION);
        table
    }

    const fn mark(table: &mut [u8; 256], signs: &[u8], bit: u8) {
        let mut at = 0;
        while at < signs.len() {
            table[signs[at] as usize] |= bit;
            at += 1;
        }
    }
}

/// Signs whose closing ones have not been met.
#[derive(Default)]
struct Marks {
    braces: Vec<OpenBrace>,
    bracket: Option<usize>,
    /// Whether a mark turned out to be a letter, so that texts stand beside each other.
    loose: bool,
}

struct OpenBrace {
    at: usize,
    commas: Vec<usize>,
}

impl<'t> Cursor<'t> {
    /// The word that begins here, if one does.
    pub(super) fn word(&mut self, mode: Mode) -> Option<Word> {
        let start = self.pos;
        let pieces = self.pieces(mode);
        if self.pos == start {
            return None;
        }
        self.node();
        Some(Word { pieces, span: self.span(start) })
    }

    /// The rest of a run in which no sign of `mask` is.
    #[inline]
    pub(super) fn run(&mut self, mask: u8) -> &'t str {
        let start = self.pos;
        let rest = &self.bytes[start..self.end];
        let length =
            rest.iter().position(|byte| signs::TABLE[usize::from(*byte)] & mask != 0).unwrap_or(rest.len());
        self.pos += length;
        self.step(length + 1);
        &self.text[start..self.pos]
    }

    /// Pieces up to where `mode` ends; that sign is left standing.
    pub(super) fn pieces(&mut self, mode: Mode) -> Pieces {
        let mask = if mode.ends == Ends::Slash { signs::BARE | signs::SLASH } else { signs::BARE };
        let start = self.pos;
        let mut out = Builder::default();
        let mut marks = Marks::default();
        let mut parens = 0;
        loop {
            let run = self.run(mask);
            if !run.is_empty() {
                out.text(run, false);
            }
            if self.at_end() {
                break;
            }
            let byte = self.bytes[self.pos];
            match byte {
                b'\\' => self.escape(&mut out),
                b'\'' => self.single_quoted(&mut out),
                b'"' => self.double_quoted(&mut out),
                b'$' => self.dollar(&mut out, false),
                b'`' => self.backquoted(&mut out, false),
                b'*' | b'?' | b'+' | b'@' | b'!' => self.glob(&mut out, mode, byte),
                b'[' | b']' => self.bracket(&mut out, &mut marks, byte),
                b'{' | b',' | b'}' if mode.braces => self.brace(&mut out, &mut marks, byte),
                b'}' | b'/' if matches!(mode.ends, Ends::Brace | Ends::Slash) => break,
                b'~' => self.tilde(&mut out, &marks, mode, start),
                b'<' | b'>' if self.peek(1) == b'(' && mode.ends != Ends::Regular => self.process(&mut out),
                _ if is_meta(byte) && ends_at(mode.ends, byte, &mut parens) => break,
                _ => out.text(self.character(), false),
            }
        }
        settle(out, &marks)
    }

    /// What stands behind a backslash.
    fn escape(&mut self, out: &mut Builder<'t>) {
        self.pos += 1;
        self.step(1);
        if self.at_end() {
            out.text(&self.text[self.pos - 1..self.pos], false);
        } else if self.peek(0) == b'\n' {
            self.pos += 1;
        } else {
            out.text(self.character(), true);
        }
    }

    fn glob(&mut self, out: &mut Builder<'t>, mode: Mode, sign: u8) {
        if self.peek(1) == b'(' && mode.ends != Ends::Regular {
            return self.extended(out, sign);
        }
        let text = self.character();
        if matches!(sign, b'*' | b'?') {
            self.node();
            out.push(Piece::Glob(SmolStr::new(text)));
        } else {
            out.text(text, false);
        }
    }

    /// `@(a|b)` and its like.
    fn extended(&mut self, out: &mut Builder<'t>, sign: u8) {
        let start = self.pos;
        self.node();
        let alternatives = self.nested(|cursor| {
            let mut alternatives = Vec::new();
            cursor.pos += 2;
            loop {
                alternatives.push(cursor.pieces(Mode::ALTERNATIVE));
                cursor.node();
                if !cursor.take("|") {
                    break;
                }
            }
            if !cursor.take(")") {
                cursor.unclosed(start, "a parenthesis is not closed");
            }
            alternatives
        });
        out.push(Piece::ExtendedGlob { sign: char::from(sign), alternatives });
    }

    /// `<(…)`, `>(…)`
    fn process(&mut self, out: &mut Builder<'t>) {
        let start = self.pos;
        let direction = if self.peek(0) == b'<' { Direction::Read } else { Direction::Write };
        self.pos += 2;
        self.node();
        let script = Box::new(self.inside(Closers::PAREN));
        if !self.take(")") {
            self.unclosed(start, "a substitution is not closed");
        }
        out.push(Piece::ProcessSubstitution { script, direction, span: self.span(start) });
    }

    fn tilde(&mut self, out: &mut Builder<'t>, marks: &Marks, mode: Mode, start: usize) {
        let at = self.pos;
        let before = if at > start { self.bytes[at - 1] } else { 0 };
        // `NAME=~` is expanded in an argument too.
        let assigns = || {
            let name = &out.run.as_bytes()[..at.saturating_sub(start + 1)];
            before == b'=' && !name.is_empty() && out.pieces.is_empty() && name_length(name) == name.len()
        };
        let may = match mode.ends {
            Ends::Word => {
                out.is_empty()
                    || (mode.colons && before == b':' && out.open && !out.quoted)
                    || (matches!(before, b'{' | b',')
                        && marks.braces.first().is_some_and(|open| open.at == 0))
                    || (out.run.len() == at - start && !mode.colons && out.open && !out.quoted && assigns())
            }
            Ends::Brace => out.is_empty(),
            _ => false,
        };
        let rest = &self.bytes[at + 1..self.end];
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.'))
            .count();
        let ends = rest
            .get(length)
            .is_none_or(|byte| is_meta(*byte) || matches!(byte, b'/' | b':' | b'}' | b',' | b'\r'));
        self.step(length);
        if may && ends {
            self.pos += 1 + length;
            out.push(Piece::Tilde(SmolStr::new(&self.text[at + 1..self.pos])));
        } else {
            out.text(self.character(), false);
        }
    }

    /// `[` or `]`: a bracket expression once both are there and something stands between them.
    fn bracket(&mut self, out: &mut Builder<'t>, marks: &mut Marks, byte: u8) {
        match marks.bracket {
            None if byte == b'[' => {
                self.pos += 1;
                marks.bracket = Some(out.mark("["));
            }
            Some(at) if byte == b']' => {
                out.flush();
                let empty = match &out.pieces[at + 1..] {
                    [] => true,
                    [Piece::Text { text, quoted: false }] => matches!(text.as_str(), "!" | "^"),
                    _ => false,
                };
                if empty {
                    marks.loose = true;
                    return out.text(self.character(), false);
                }
                self.pos += 1;
                self.node();
                marks.bracket = None;
                out.pieces[at] = Piece::Glob(SmolStr::new_static("["));
                out.push(Piece::Glob(SmolStr::new_static("]")));
            }
            _ => out.text(self.character(), false),
        }
    }

    /// `{`, `,` or `}`
    fn brace(&mut self, out: &mut Builder<'t>, marks: &mut Marks, byte: u8) {
        match byte {
            // `{}` that nothing or an expansion stands before is never one: `find -exec rm {}`.
            b'{' if self.peek(1) == b'}' && marks.braces.is_empty() && out.is_behind_braces() => {
                self.pos += 2;
                out.text("{}", false);
            }
            b'{' => {
                if marks.braces.len() >= self.room() {
                    return self.give_up("it is nested deeper than is read");
                }
                self.pos += 1;
                self.node();
                marks.braces.push(OpenBrace { at: out.mark("{"), commas: Vec::new() });
            }
            b',' if let Some(open) = marks.braces.last_mut() => {
                self.pos += 1;
                open.commas.push(out.mark(","));
                // What a bracket encloses does not reach over an alternative's end.
                marks.loose |= marks.bracket.take().is_some();
                self.node();
            }
            b'}' if let Some(open) = marks.braces.pop() => {
                out.flush();
                if open.commas.is_empty() {
                    let Some(range) = range(&out.pieces[open.at + 1..]) else {
                        marks.loose = true;
                        // The outermost brace is not closed before a comma: `{a},b}` is `a}` and `b`.
                        if marks.braces.is_empty() && !has_dots(out.pieces.last()) {
                            marks.braces.push(open);
                        }
                        return out.text(self.character(), false);
                    };
                    out.pieces.truncate(open.at);
                    out.push(Piece::Braces(Box::new(range)));
                } else {
                    let alternatives = alternatives(&mut out.pieces, &open, marks.loose);
                    out.push(Piece::Braces(Box::new(Braces::Alternatives(alternatives))));
                }
                marks.loose |= marks.bracket.take_if(|at| *at >= open.at).is_some();
                self.pos += 1;
            }
            _ => out.text(self.character(), false),
        }
        self.step(1);
    }
}

/// Whether a sign that ends words ends this one; `parens` counts those that are open in it.
fn ends_at(ends: Ends, byte: u8, parens: &mut usize) -> bool {
    match (ends, byte) {
        (Ends::Word, _) | (Ends::Regular | Ends::Bar, b'\n') => true,
        (Ends::Brace | Ends::Slash, _) => false,
        (_, b'(') => {
            *parens += 1;
            false
        }
        (_, b')') if *parens > 0 => {
            *parens -= 1;
            false
        }
        (_, b')') => true,
        (Ends::Bar, b'|') | (Ends::Regular, b' ' | b'\t' | b';' | b'&') => *parens == 0,
        _ => false,
    }
}

/// The pieces of a word, its marks that nothing closed being letters.
fn settle(out: Builder<'_>, marks: &Marks) -> Pieces {
    let pieces = out.done();
    if pieces.len() > 1 && (marks.loose || marks.bracket.is_some() || !marks.braces.is_empty()) {
        joined(pieces.into_iter())
    } else {
        pieces
    }
}

/// Texts of one sort that stand beside each other become one.
fn joined(pieces: impl Iterator<Item = Piece>) -> Pieces {
    let mut out = Builder::default();
    for piece in pieces {
        match piece {
            Piece::Text { text, quoted } => out.made(&text, quoted),
            other => out.push(other),
        }
    }
    out.done()
}

/// Takes the alternatives of a brace that closes out of `pieces`, with its marks.
fn alternatives(pieces: &mut Pieces, open: &OpenBrace, loose: bool) -> Vec<Pieces> {
    let mut commas = open.commas.iter().copied().peekable();
    let mut alternatives = vec![Pieces::new()];
    for (at, piece) in (open.at..).zip(pieces.drain(open.at..)) {
        if at == open.at {
            continue;
        }
        if commas.next_if_eq(&at).is_some() {
            alternatives.push(Pieces::new());
        } else if let Some(last) = alternatives.last_mut() {
            last.push(piece);
        }
    }
    if loose {
        alternatives = alternatives.into_iter().map(|pieces| joined(pieces.into_iter())).collect();
    }
    alternatives
}

/// Whether a text has the dots of a range that is none.
fn has_dots(piece: Option<&Piece>) -> bool {
    matches!(piece, Some(Piece::Text { text, quoted: false }) if text.trim_end_matches("..").contains(".."))
}

/// The range that stands between braces, if one does.
fn range(pieces: &[Piece]) -> Option<Braces> {
    let [Piece::Text { text, quoted: false }] = pieces else { return None };
    let mut parts = text.split("..");
    let (from, to, step) = (parts.next()?, parts.next()?, parts.next());
    let number = |part: &str| {
        let digits = part.strip_prefix(['-', '+']).unwrap_or(part);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let letter = |part: &str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let sound = (number(from) && number(to)) || (letter(from) && letter(to));
    (sound && step.is_none_or(number) && parts.next().is_none()).then(|| Braces::Range {
        from: from.into(),
        to: to.into(),
        step: step.map(SmolStr::from),
    })
}
