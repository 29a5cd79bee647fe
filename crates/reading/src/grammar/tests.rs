//! Claims about the grammar.

mod claims;
mod differential;
mod faults;
mod oracles;
mod properties;
mod sketch;
