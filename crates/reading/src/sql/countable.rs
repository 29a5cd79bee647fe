//! Conditions that can be run in a `SELECT` to count the rows they pick out.
//!
//! Invariant: no call, no subquery, no variable: what passes does nothing but compare.

use super::lexer::Kind;
use super::part::Part;

/// Whether `part` merely compares columns with constants, so that to run it as a condition does nothing but read.
pub(super) fn only_compares(part: Part<'_>) -> bool {
    const OPENS: &[&str] = &["IN", "AND", "OR", "NOT", ""];
    const TAKES: &[&str] =
        &["SELECT", "WITH", "CASE", "CURRENT", "ARRAY", "ROW", "EXISTS", "COLLATE", "INTERVAL"];
    (part.from..part.to).all(|at| match part.kind(at) {
        Some(Kind::Word) => !part.one_of(at, TAKES),
        Some(Kind::Quoted | Kind::Text | Kind::Number) => true,
        Some(Kind::Sign(b'(')) => {
            let before = at.checked_sub(1).filter(|before| *before >= part.from);
            before.is_none_or(|before| match part.kind(before) {
                Some(Kind::Word) => part.one_of(before, OPENS),
                Some(Kind::Sign(sign)) => matches!(sign, b'(' | b'=' | b'<' | b'>' | b'L' | b'G' | b'N'),
                _ => false,
            })
        }
        Some(Kind::Sign(sign)) => {
            matches!(sign, b')' | b'=' | b'<' | b'>' | b'L' | b'G' | b'N' | b',' | b'.' | b'-')
        }
        Some(Kind::Param) | None => false,
    })
}
