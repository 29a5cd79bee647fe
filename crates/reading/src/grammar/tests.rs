//! Claims about the grammar.

#![allow(clippy::needless_for_each, clippy::wildcard_imports, reason = "each branch of a tree is one line")]

mod claims;
mod differential;
mod faults;
mod oracles;
mod properties;
mod sketch;
