//! Words as the shell expands them, as far as the bytes tell: one word as written becomes none, one or many.
//!
//! # Invariants
//! - Every command that stands in a word is walked, also where its text is not used.
//! - A word is literal only where each of its pieces is constant in this line.

use sayso_core::reading::Span;
use smol_str::{SmolStr, format_smolstr};

use super::state::Text;
use super::stream::Stream;
use super::walk::Walk;
use crate::grammar::tree::{self, Braces, Direction, Element, Piece, Pieces};
use crate::words::Word;

/// Words that one word with braces becomes. Nobody writes more by hand.
const BRACED: usize = 128;
/// Words that one command has after expansion.
const WORDS: usize = 4096;
/// Bytes of one word. Longer ones are there and no more is said of them.
const WORD_BYTES: usize = 16 * 1024;
/// Bytes of a value that are put into a word in the time of one step.
const BYTES_A_STEP: usize = 64;
/// What separates fields where the line says nothing of it.
const USUAL_SEPARATORS: &str = " \t\n";

/// What a parameter is.
pub(super) enum Got {
    One(Text),
    /// `$@`, `${a[@]}`; `star`: `$*`, which quotes make one.
    Many {
        items: Vec<Text>,
        star: bool,
    },
}

/// Words while they are put together.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the word that is being put together"
)]
pub(super) struct Fields<'o> {
    out: &'o mut Vec<Word>,
    text: String,
    literal: bool,
    glob: bool,
    open: bool,
    span: Option<Span>,
    /// Whether the last piece was unknown and stood right behind a letter.
    inner: bool,
}

impl<'o> Fields<'o> {
    fn new(out: &'o mut Vec<Word>, span: Option<Span>) -> Self {
        Self { out, text: String::new(), literal: true, glob: false, open: false, span, inner: false }
    }

    fn end(&mut self) {
        if self.open && self.out.len() < WORDS {
            self.out.push(Word {
                text: std::mem::take(&mut self.text),
                literal: self.literal,
                glob: self.glob,
                span: self.span,
            });
        }
        self.text.clear();
        (self.literal, self.glob, self.open) = (true, false, false);
    }

    fn push(&mut self, text: &Text) {
        self.grow(&text.text);
        self.literal &= text.literal;
        self.glob |= text.glob;
        self.open = true;
    }

    fn grow(&mut self, text: &str) {
        if self.text.len() + text.len() > WORD_BYTES {
            self.literal = false;
        } else {
            self.text.push_str(text);
        }
    }

    /// A text whose separators end words.
    fn split(&mut self, text: &Text, separators: &str) {
        if !text.literal {
            return self.push(text);
        }
        let mut rest = text.text.as_str();
        while let Some(at) = rest.find(|c| separators.contains(c)) {
            if at > 0 {
                self.grow(&rest[..at]);
                self.glob |= text.glob || rest[..at].contains(['*', '?', '[']);
                self.open = true;
            }
            self.end();
            rest = rest[at..].trim_start_matches(|c| separators.contains(c));
        }
        if !rest.is_empty() {
            self.grow(rest);
            self.glob |= text.glob || rest.contains(['*', '?', '[']);
            self.open = true;
        }
    }
}

impl Walk<'_> {
    /// All words of a command.
    pub(super) fn words(&mut self, words: &[tree::Word]) -> Vec<Word> {
        let mut out = Vec::with_capacity(words.len());
        for word in words {
            self.word(word, &mut out);
        }
        out
    }

    /// What `word` becomes.
    pub(super) fn word(&mut self, word: &tree::Word, out: &mut Vec<Word>) {
        let span = self.at(word.span);
        if let [Piece::Text { text, .. }] = word.pieces.as_slice() {
            out.push(Word { text: text.to_string(), literal: true, glob: false, span });
            return;
        }
        let mut fields = Fields::new(out, span);
        if !word.pieces.iter().any(|piece| matches!(piece, Piece::Braces(_))) {
            let mut fields = Fields::new(out, span);
            self.pieces(&word.pieces, &mut fields, true);
            return fields.end();
        }
        match braced(&word.pieces) {
            Some(all) => {
                for pieces in all {
                    self.pieces(&pieces, &mut fields, true);
                    fields.end();
                }
            }
            None => fields.out.push(Word {
                text: self.shown(word.span, "{…}").to_string(),
                literal: false,
                glob: false,
                span,
            }),
        }
    }

    /// `word` as one text: neither split nor braced, as in an assignment or between `[[` and `]]`.
    pub(super) fn text(&mut self, word: &tree::Word) -> Text {
        match word.pieces.as_slice() {
            [] => Text::known(""),
            [Piece::Text { text, .. }] => Text::known(text.clone()),
            pieces => self.text_of(pieces),
        }
    }

    pub(super) fn text_of(&mut self, pieces: &[Piece]) -> Text {
        if !self.session.enter() {
            self.give_up();
            return Text::unknown("…");
        }
        let mut out = Vec::new();
        let mut fields = Fields::new(&mut out, None);
        self.pieces(pieces, &mut fields, false);
        self.session.leave();
        Text { text: SmolStr::new(&fields.text), literal: fields.literal, glob: fields.glob }
    }

    /// Walks the commands in `word`, whose text is not used.
    pub(super) fn inside(&mut self, word: &tree::Word) {
        if !matches!(word.pieces.as_slice(), [] | [Piece::Text { .. }]) {
            self.text_of(&word.pieces);
        }
    }

    pub(super) fn pieces(&mut self, pieces: &[Piece], fields: &mut Fields<'_>, split: bool) {
        for piece in pieces {
            match piece {
                Piece::Text { text, quoted } => {
                    self.inner_unknown |= fields.inner && text.starts_with(is_name);
                    fields.grow(text);
                    fields.open |= *quoted || !text.is_empty();
                }
                Piece::Parameter(parameter) => {
                    let got = self.parameter(parameter, pieces.len() == 1);
                    let separators = self.separators();
                    self.put(got, parameter.quoted || !split, &separators, fields);
                    continue;
                }
                Piece::CommandSubstitution { script, quoted, span } => {
                    let text = self.substitution(script, *span);
                    let separators = self.separators();
                    self.put(Got::One(text), *quoted || !split, &separators, fields);
                    continue;
                }
                Piece::ProcessSubstitution { script, direction, .. } => {
                    let name = self.pipe(script, *direction);
                    fields.push(&Text::known(name));
                }
                Piece::Arithmetic { expression, .. } => {
                    let text = self.arithmetic(expression);
                    fields.push(&text);
                }
                Piece::Braces(braces) => fields.push(&Text::known(as_written(braces))),
                Piece::Glob(sign) => {
                    fields.push(&Text { text: sign.clone(), literal: true, glob: true });
                }
                Piece::ExtendedGlob { sign, alternatives } => self.extended(*sign, alternatives, fields),
                Piece::Tilde(whose) => {
                    let text = self.tilde(whose);
                    fields.push(&text);
                }
                Piece::Array(elements) => {
                    self.elements(elements);
                    fields.text.push_str("(…)");
                }
            }
            fields.inner = false;
        }
    }

    fn extended(&mut self, sign: char, alternatives: &[Pieces], fields: &mut Fields<'_>) {
        fields.text.push(sign);
        for (at, pieces) in alternatives.iter().enumerate() {
            fields.text.push(if at == 0 { '(' } else { '|' });
            let text = self.text_of(pieces);
            fields.push(&text);
        }
        fields.text.push(')');
        fields.glob = true;
    }

    fn put(&mut self, got: Got, quoted: bool, separators: &str, fields: &mut Fields<'_>) {
        let bytes = match &got {
            Got::One(text) => text.text.len(),
            Got::Many { items, .. } => items.iter().map(|item| item.text.len() + BYTES_A_STEP / 8).sum(),
        };
        if !self.session.spend(bytes / BYTES_A_STEP) {
            self.give_up();
            return fields.push(&Text::unknown("…"));
        }
        match got {
            Got::One(text) => {
                if !text.literal && self.as_empty {
                    fields.open |= quoted;
                    return;
                }
                fields.inner = !text.literal && fields.text.ends_with(is_name);
                if quoted { fields.push(&text) } else { fields.split(&text, separators) }
            }
            Got::Many { items, star } if star && quoted => {
                let between = separators.chars().next().map_or_else(String::new, String::from);
                let literal = items.iter().all(|item| item.literal);
                let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
                fields.push(&Text { text: texts.join(&between).into(), literal, glob: false });
            }
            Got::Many { items, .. } => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        fields.end();
                    }
                    if quoted { fields.push(item) } else { fields.split(item, separators) }
                }
            }
        }
    }

    fn separators(&self) -> SmolStr {
        self.state.known("IFS").map_or(SmolStr::new_static(USUAL_SEPARATORS), SmolStr::new)
    }

    /// What `$(…)` becomes.
    fn substitution(&mut self, script: &tree::Script, span: Span) -> Text {
        match self.apart(script, &Stream::Inherited, true) {
            Stream::Text(text) => Text::known(text.trim_end_matches('\n')),
            Stream::Partly(text) => Text::unknown(text.trim_end_matches('\n')),
            Stream::File(name) => Text::unknown(format_smolstr!("$(<{name})")),
            _ => Text::unknown(self.shown(span, "$(…)")),
        }
    }

    /// The name of the pipe that `<(…)` or `>(…)` is.
    fn pipe(&mut self, script: &tree::Script, direction: Direction) -> String {
        let name = format!("/dev/fd/{}", 63_usize.saturating_sub(self.pipes));
        self.pipes += 1;
        let stream = match direction {
            Direction::Read => self.apart(script, &Stream::Inherited, true),
            Direction::Write => {
                let unknown = Stream::Printed("what is written to it".to_owned());
                self.apart(script, &unknown, false)
            }
        };
        self.state.contents.insert(name.clone(), stream);
        name
    }

    fn tilde(&self, whose: &str) -> Text {
        match whose.trim_start_matches('~') {
            "" => Text::known(self.state.known("HOME").unwrap_or("~")),
            "+" => self.folder(),
            "-" => Text::unknown("~-"),
            user => Text::known(format_smolstr!("~{user}")),
        }
    }

    /// The folder that the next command runs in.
    pub(super) fn folder(&self) -> Text {
        self.cwd.as_deref().map_or_else(|| Text::unknown("$PWD"), Text::known)
    }

    /// The elements of `(…)`, each split and matched like an argument where it has no index of its own.
    pub(super) fn elements(&mut self, elements: &[Element]) -> Vec<Text> {
        let mut out = Vec::new();
        for element in elements {
            if let Some(index) = &element.index {
                self.inside(index);
                out.push(self.text(&element.value));
            } else {
                let mut words = Vec::new();
                self.word(&element.value, &mut words);
                out.extend(words.into_iter().map(|word| Text {
                    text: word.text.into(),
                    literal: word.literal,
                    glob: word.glob,
                }));
            }
        }
        out.truncate(WORDS);
        out
    }

    /// The bytes at `span` as they stand there, or `otherwise` where they are of another text.
    pub(super) fn shown(&self, span: Span, otherwise: &str) -> SmolStr {
        let shown = self.source.and_then(|source| source.get(span.start..span.end));
        shown.map_or_else(|| SmolStr::new(otherwise), SmolStr::new)
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// The words that braces make of `pieces`; `None` where they are too many.
fn braced(pieces: &[Piece]) -> Option<Vec<Pieces>> {
    let mut all: Vec<Pieces> = vec![Pieces::new()];
    for piece in pieces {
        let options: Vec<Pieces> = match piece {
            Piece::Braces(braces) => options(braces)?,
            other => {
                for pieces in &mut all {
                    pieces.push(other.clone());
                }
                continue;
            }
        };
        if all.len().saturating_mul(options.len()) > BRACED {
            return None;
        }
        let with = |before: &Pieces| -> Vec<Pieces> {
            options.iter().map(|option| before.iter().chain(option).cloned().collect()).collect()
        };
        all = all.iter().flat_map(with).collect();
    }
    Some(all)
}

fn options(braces: &Braces) -> Option<Vec<Pieces>> {
    match braces {
        Braces::Alternatives(alternatives) => {
            let mut all = Vec::new();
            for pieces in alternatives {
                all.extend(braced(pieces)?);
                if all.len() > BRACED {
                    return None;
                }
            }
            Some(all)
        }
        Braces::Range { from, to, step } => {
            let step = step.as_deref().map_or(Some(1), |step| step.parse::<i64>().ok())?;
            let step = step.unsigned_abs().max(1);
            let one = |text: String| Pieces::from_buf([Piece::Text { text: text.into(), quoted: false }]);
            let letter = |text: &str| text.parse::<char>().ok().filter(char::is_ascii_alphabetic);
            let (first, last, letters) = match (from.parse::<i64>(), to.parse::<i64>()) {
                (Ok(first), Ok(last)) => (first, last, false),
                _ => (i64::from(u32::from(letter(from)?)), i64::from(u32::from(letter(to)?)), true),
            };
            let count = first.abs_diff(last) / step + 1;
            let count = u16::try_from(count).ok().filter(|count| usize::from(*count) <= BRACED)?;
            let show = |at: i64| match u32::try_from(at).ok().and_then(char::from_u32).filter(|_| letters) {
                Some(letter) => letter.to_string(),
                None => at.to_string(),
            };
            let step = i64::try_from(step).ok()?;
            let sign = if first <= last { step } else { step.checked_neg()? };
            Some((0..i64::from(count)).map(|at| one(show(first + at * sign))).collect())
        }
    }
}

/// Braces where they are nothing but letters.
fn as_written(braces: &Braces) -> SmolStr {
    let text = |pieces: &Pieces| -> String {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text { text, .. } | Piece::Glob(text) | Piece::Tilde(text) => text.to_string(),
                Piece::Braces(inner) => as_written(inner).to_string(),
                _ => "…".to_owned(),
            })
            .collect()
    };
    match braces {
        Braces::Alternatives(all) => {
            let all: Vec<String> = all.iter().map(text).collect();
            format_smolstr!("{{{}}}", all.join(","))
        }
        Braces::Range { from, to, step: None } => format_smolstr!("{{{from}..{to}}}"),
        Braces::Range { from, to, step: Some(step) } => format_smolstr!("{{{from}..{to}..{step}}}"),
    }
}
