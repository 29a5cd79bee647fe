//! Claims about the grammar.
