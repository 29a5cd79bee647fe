//! The tree of a script: what a shell would run, before anything is expanded.
//!
//! # Invariants
//! - The tree owns its text and holds no lifetime: a function's body may be kept for as long as it is needed.
//! - Every part that a person may want to see has its [`Span`] in the bytes that were parsed. Inside backquotes that
//!   hold a backslash the text is unescaped first: there a span points at the whole backquoted part.
//! - Nothing is expanded but what is constant by the letter: quotes are gone, `$'…'` is decoded, line continuations
//!   are joined. Order of pieces is the order of the text.
//! - Nesting is at most `grammar::DEPTH` deep, so that walking (and dropping) it by recursion is safe.
//!
//! # Deliberately absent
//! Aliases, values, options of the shell (`extglob`, `braceexpand`): what a word could mean with any of them is there,
//! and the walk decides.

use std::cell::OnceCell;
use std::rc::Rc;

use sayso_core::reading::Span;
use smol_str::SmolStr;

mod words;

pub(crate) use words::{Arithmetic, Braces, Direction, Operator, Parameter, Piece, Pieces, Which, Word};

/// A list of commands: a whole script, or what stands in a group, a subshell, a substitution or a branch.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Script {
    /// Ended by `;`, `&` or a newline each.
    pub(crate) items: Vec<Item>,
}

/// Pipelines that `&&` and `||` connect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// The first; it runs in any case.
    pub(crate) first: Pipeline,
    /// The others, each with what connects it to the one before.
    pub(crate) rest: Vec<(Connector, Pipeline)>,
    /// Whether it ends with `&`.
    pub(crate) background: bool,
}

/// What stands between two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands that `|` connects. `a |& b` is `a 2>&1 | b` here, as the shell has it too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pipeline {
    /// Whether an odd number of `!` stands before it.
    pub(crate) negated: bool,
    /// Whether `time` stands before it.
    pub(crate) timed: bool,
    /// At least one, but for a lone `!` or `time`.
    pub(crate) commands: Vec<Command>,
}

/// One command with its redirections.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    /// What sort.
    pub(crate) kind: Kind,
    /// In the order of the text. Those of a compound command hold for all in it.
    pub(crate) redirects: Vec<Redirect>,
    /// From its first byte to its last, redirections included.
    pub(crate) span: Span,
}

/// The sorts of commands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// `A=1 program argument`
    Simple(Simple),
    /// `{ …; }`
    Group(Script),
    /// `( … )`
    Subshell(Script),
    /// `if …; then …; elif …; else …; fi`
    If {
        /// Each condition and what follows when it holds.
        branches: Vec<(Script, Script)>,
        /// `else`
        otherwise: Option<Script>,
    },
    /// `while …; do …; done`, and `until`.
    While {
        /// Whether it is `until`.
        until: bool,
        /// Runs before each round.
        condition: Script,
        /// What a round does.
        body: Script,
    },
    /// `for x in …; do …; done`
    For {
        /// `x`
        variable: SmolStr,
        /// `None`: over the positional parameters, `"$@"`.
        words: Option<Vec<Word>>,
        /// What a round does.
        body: Script,
    },
    /// `select x in …; do …; done`
    Select {
        /// `x`
        variable: SmolStr,
        /// `None`: from the positional parameters.
        words: Option<Vec<Word>>,
        /// What a choice does.
        body: Script,
    },
    /// `for ((…; …; …)); do …; done`
    ArithmeticFor {
        /// All three parts, with the semicolons in the text.
        head: Arithmetic,
        /// What a round does.
        body: Script,
    },
    /// `case … in … esac`
    Case {
        /// What is compared.
        subject: Word,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `name() …` or `function name …`: defines, runs nothing.
    Function {
        /// Its name.
        name: SmolStr,
        /// What a call runs.
        body: Rc<Command>,
    },
    /// `[[ … ]]`: its words and operators (`&&`, `||`, `(`, `)`, `!`, `<`, `=~` …) in order, the operators as words.
    Test(Vec<Word>),
    /// `(( … ))`
    Arithmetic(Arithmetic),
    /// `coproc NAME …`
    Coprocess {
        /// `NAME`, where one is given.
        name: Option<SmolStr>,
        /// Runs in the background.
        body: Box<Command>,
    },
}

/// Assignments, a program and its arguments.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Simple {
    /// Before the first word. Without any word they last.
    pub(crate) assignments: Vec<Assignment>,
    /// The program first. Empty when only assignments or redirections are there.
    pub(crate) words: Vec<Word>,
}

/// One arm of a `case`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arm {
    /// Any of them.
    pub(crate) patterns: Vec<Word>,
    /// What it runs.
    pub(crate) body: Script,
    /// How it ends.
    pub(crate) end: ArmEnd,
}

/// How an arm of a `case` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArmEnd {
    /// `;;` or `esac`
    Done,
    /// `;&`: the next arm's body runs too.
    FallThrough,
    /// `;;&`: the next patterns are tried too.
    Continue,
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(…)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    /// The variable.
    pub(crate) name: SmolStr,
    /// What stands in `[…]`.
    pub(crate) index: Option<Word>,
    /// Whether it is `+=`.
    pub(crate) append: bool,
    /// What it is set to.
    pub(crate) value: Value,
    /// All of it.
    pub(crate) span: Span,
}

/// What a variable is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// One word; neither split nor matched against files. Empty for `x=`.
    Scalar(Word),
    /// `( … )`
    Array(Vec<Element>),
}

/// One element of an array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    /// What stands in `[…]=`.
    pub(crate) index: Option<Word>,
    /// Its word; split and matched like an argument when there is no index.
    pub(crate) value: Word,
}

/// One redirection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Redirect {
    /// What is redirected.
    pub(crate) descriptor: Descriptor,
    /// How.
    pub(crate) operator: RedirectOperator,
    pub(super) target: Target,
    /// All of it; for a here-document without its body.
    pub(crate) span: Span,
}

impl Redirect {
    /// The file, the number of a descriptor (`-` closes), the here-string's text, or the here-document's body.
    /// `None` only for a here-document whose body is not there.
    pub(crate) fn word(&self) -> Option<&Word> {
        match &self.target {
            Target::Word(word) => Some(word),
            Target::Body(body) => body.get(),
        }
    }
}

/// The body of a here-document stands behind the line's end: it is filled in when that is reached.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    Word(Word),
    Body(Rc<OnceCell<Word>>),
}

/// What a redirection redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Descriptor {
    /// Nothing is written: 0 for what reads, 1 for what writes.
    Usual,
    /// `2>`
    Number(u32),
    /// `{name}>`: a new one, whose number goes to the variable.
    Variable(SmolStr),
}

/// How something is redirected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectOperator {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateRead,
    /// `>&` with a number, `-`, or a word that is not known before it is expanded.
    DuplicateWrite,
    /// `&>`, and `>&` with a file: standard output and standard error.
    WriteBoth,
    /// `&>>`
    AppendBoth,
    /// `<<`, `<<-`. The body is a word whose texts are all quoted.
    HereDocument {
        /// Whether parameters and substitutions in it are expanded: the delimiter had no quotes.
        expanded: bool,
    },
    /// `<<<`
    HereString,
}

/// What a script was read as.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parsed {
    /// Every command that could be seen, also behind a fault.
    pub(crate) script: Script,
    /// What was not understood; empty when all was.
    pub(crate) faults: Vec<Fault>,
    /// The first line end with a carriage return. For a shell that sign is a letter of the line's last word, and so
    /// it is here; a shell of Windows may drop it.
    pub(crate) carriage_return: Option<Span>,
}

/// Something that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where.
    pub(crate) span: Span,
    /// Why: a sentence without its full stop.
    pub(crate) why: &'static str,
}
