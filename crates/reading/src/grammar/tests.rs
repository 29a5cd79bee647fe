//! Claims about the grammar.

mod differential;
mod oracles;
mod sketch;
