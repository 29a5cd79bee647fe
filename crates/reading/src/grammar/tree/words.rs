//! Words and what they are made of.

use sayso_core::reading::Span;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{Element, Script};

/// The pieces of a word, in order. Most words are one.
pub(crate) type Pieces = SmallVec<[Piece; 1]>;

/// One word as written: after expansion it may be none, one or many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    /// In order. `""` is one empty quoted text; no piece at all is an absent value (`x=`).
    pub(crate) pieces: Pieces,
    /// All of it, quotes included.
    pub(crate) span: Span,
}

impl Word {
    /// Its whole text where nothing in it is expanded: quoted and unquoted texts only.
    pub(crate) fn literal(&self) -> Option<SmolStr> {
        literal(&self.pieces)
    }

    /// Its text where it is one text without any quotes: what may be an alias or a reserved word.
    pub(crate) fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }
}

/// The text of pieces that are texts only.
fn literal(pieces: &[Piece]) -> Option<SmolStr> {
    match pieces {
        [Piece::Text { text, .. }] => Some(text.clone()),
        [] => Some(SmolStr::default()),
        _ => {
            let mut all = String::new();
            for piece in pieces {
                let Piece::Text { text, .. } = piece else { return None };
                all.push_str(text);
            }
            Some(all.into())
        }
    }
}

/// One piece of a word. `quoted`: inside double quotes (or, for a text, in any quotes or behind a backslash), so that
/// it is neither split into fields nor matched against files.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// What it says.
    Text {
        /// Quotes taken off, escapes resolved.
        text: SmolStr,
        /// See [`Piece`].
        quoted: bool,
    },
    /// `$name`, `${…}`
    Parameter(Box<Parameter>),
    /// `$(…)`, backquotes, `${ …; }`: what it prints.
    CommandSubstitution {
        /// What runs.
        script: Box<Script>,
        /// See [`Piece`].
        quoted: bool,
        /// All of it.
        span: Span,
    },
    /// `<(…)`, `>(…)`: the name of a pipe.
    ProcessSubstitution {
        /// What runs.
        script: Box<Script>,
        /// Which end it has.
        direction: Direction,
        /// All of it.
        span: Span,
    },
    /// `$((…))`, `$[…]`: a number.
    Arithmetic {
        /// The expression.
        expression: Arithmetic,
        /// See [`Piece`].
        quoted: bool,
    },
    /// `{a,b}`, `{1..5}`: several words.
    Braces(Box<Braces>),
    /// `*`, `?`, and the `[` and `]` of a bracket expression; what stands between those two are pieces of their own.
    Glob(SmolStr),
    /// `?(…)`, `*(…)`, `+(…)`, `@(…)`, `!(…)`
    ExtendedGlob {
        /// `?`, `*`, `+`, `@` or `!`.
        sign: char,
        /// Separated by `|`.
        alternatives: Vec<Pieces>,
    },
    /// `~`, `~user`, `~+`, `~-` where the shell expands it; what follows begins with `/` or `:`, or is nothing.
    Tilde(SmolStr),
    /// The array of `declare a=(…)`: the last piece of an argument of a declaring builtin, after the text `a=`.
    Array(Vec<Element>),
}

/// Which end of the pipe the script of a process substitution has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// `<(…)`: the word is read, the script writes.
    Read,
    /// `>(…)`: the word is written, the script reads.
    Write,
}

/// `{…}` that becomes several words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Braces {
    /// `{a,b}`: at least two; any may be empty.
    Alternatives(Vec<Pieces>),
    /// `{from..to}`, `{from..to..step}`: whole numbers, or single letters.
    Range {
        /// The first.
        from: SmolStr,
        /// The last.
        to: SmolStr,
        /// By how much; one where it is absent.
        step: Option<SmolStr>,
    },
}

/// An expression of whole numbers, as written but for what is expanded in it first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arithmetic {
    /// Texts, parameters and substitutions.
    pub(crate) pieces: Vec<Piece>,
    /// The expression, without what encloses it.
    pub(crate) span: Span,
}

/// `$name` or `${…}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    /// A variable, a number, or one of `@ * # ? - $ !`.
    pub(crate) name: SmolStr,
    /// What stands in `[…]`: `@`, `*`, or an expression.
    pub(crate) index: Option<Word>,
    /// `${!name…}`: the value is the name of the parameter that is meant.
    pub(crate) indirect: bool,
    /// What is done with the value.
    pub(crate) operator: Operator,
    /// See [`Piece`].
    pub(crate) quoted: bool,
    /// All of it.
    pub(crate) span: Span,
}

/// What `${…}` does with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operator {
    /// Nothing.
    Plain,
    /// `${#x}`
    Length,
    /// `${!x*}`, `${!x@}`: the names that begin so; `${!x[@]}`: the keys.
    Names,
    /// `${x-word}`, `${x:-word}`: the word where it is not set.
    Default {
        /// With `:`: also where it is empty.
        or_empty: bool,
        /// The word.
        word: Word,
    },
    /// `${x=word}`, `${x:=word}`: the same, and it is set to that.
    Assign {
        /// With `:`: also where it is empty.
        or_empty: bool,
        /// The word.
        word: Word,
    },
    /// `${x?word}`, `${x:?word}`: the shell ends with the word as its message where it is not set.
    Demand {
        /// With `:`: also where it is empty.
        or_empty: bool,
        /// The word.
        word: Word,
    },
    /// `${x+word}`, `${x:+word}`: the word where it is set.
    Alternative {
        /// With `:`: and not empty.
        or_empty: bool,
        /// The word.
        word: Word,
    },
    /// `${x#pattern}`, `${x##pattern}`
    RemovePrefix {
        /// `##`
        longest: bool,
        /// What is taken off.
        pattern: Word,
    },
    /// `${x%pattern}`, `${x%%pattern}`
    RemoveSuffix {
        /// `%%`
        longest: bool,
        /// What is taken off.
        pattern: Word,
    },
    /// `${x/pattern/with}`
    Replace {
        /// Which matches.
        which: Which,
        /// What is looked for.
        pattern: Word,
        /// `None`: it is taken out.
        with: Option<Word>,
    },
    /// `${x:offset:length}`
    Substring {
        /// From where.
        offset: Arithmetic,
        /// How much.
        length: Option<Arithmetic>,
    },
    /// `${x^pattern}`, `^^`, `,`, `,,`, `~`, `~~`
    Case {
        /// `^`, `,` or `~`.
        sign: char,
        /// Doubled: every character and not the first alone.
        all: bool,
        /// Which characters; any where it is empty.
        pattern: Word,
    },
    /// `${x@Q}` and its like.
    Transform(char),
    /// What this grammar does not know; there is a fault for it. The words are what could be read.
    Unknown(Word),
}

/// Which matches `${x/…/…}` replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// `/`
    First,
    /// `//`
    All,
    /// `/#`
    Prefix,
    /// `/%`
    Suffix,
}
