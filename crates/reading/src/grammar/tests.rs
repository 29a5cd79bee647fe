//! Claims about the grammar.

mod sketch;
