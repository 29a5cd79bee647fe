//! Our own grammar of shell scripts: the text of a script to a tree, in one pass forward.
//!
//! # Invariants
//! - Total: any text, any nesting; what is not understood is a [`tree::Fault`], and the commands around it are kept.
//! - Linear: no sign is gone back to but within a named allowance; nesting is bounded by a depth.
//! - What bash runs is in the tree. Where bash would refuse the whole, the commands that can be seen are in it too:
//!   another shell may see more in a text than bash does.
//!
//! # The rooms
//! `cursor` (where the reading stands, blanks, faults, limits), `lists` (scripts, pipelines, simple commands),
//! `compounds` (`if`, `case` …), `conditions` (`[[ ]]`), `redirects` (and here-documents), `pieces` and `builder`
//! (words), `quotes`, `dollar` (expansions), `arithmetic`.
//!
//! # Deliberately absent
//! Aliases and options of the shell; what only zsh or ksh know, unless it costs nothing: that is a fault.

mod arithmetic;
mod builder;
mod compounds;
mod conditions;
mod cursor;
mod dollar;
mod lists;
mod pieces;
mod quotes;
mod redirects;
pub(crate) mod tree;

#[cfg(test)]
mod tests;

use cursor::Cursor;
use sayso_core::reading::Span;
use tree::{Fault, Parsed, Script};

/// The longest script that is parsed, in bytes. The kernel takes no argument longer than 128 KiB; files that are read
/// through may be longer, and time and memory grow with the length and no faster.
pub(crate) const SCRIPT_BYTES: usize = 512 * 1024;
/// How deep scripts, substitutions, expansions, braces and extended globs may stand in one another. People stop at
/// six; with this many the parser and whoever walks the tree stay within half of a thread's 2 MiB in a debug build.
pub(crate) const DEPTH: usize = 64;
/// Words and expansions of one script. It bounds the memory of a tree to some tens of megabytes.
const NODES: usize = 100_000;
/// Faults that are listed. One is enough to call a script unread; a screen does not show more.
const FAULTS: usize = 32;

/// The tree of `text`, and what in it was not understood.
pub(crate) fn parse(text: &str) -> Parsed {
    if text.len() > SCRIPT_BYTES {
        let span = Span { start: 0, end: text.len() };
        let fault = Fault { span, why: "it is longer than a script that is read" };
        return Parsed { script: Script::default(), faults: vec![fault], carriage_return: None };
    }
    let mut cursor = Cursor::new(text);
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        cursor.fault(at, at + 1, "no shell takes a NUL");
    }
    let script = cursor.whole();
    Parsed { script, faults: cursor.faults, carriage_return: cursor.carriage_return }
}
